# SPDX-License-Identifier: BSD-2-Clause
"""What is wrong in the failure tests of both firmwares."""
from .network import PREFIX, SERVER
from .target import NAME, Chap

# A failure stays until a key is pressed, however long it takes to have its cause removed.
UNTIL_KEY = "retry=99,3600"
STATIC = f"ip={PREFIX}.50/24"
ROOT_PATH = f"iscsi:{SERVER}:::1:{NAME}"  # where tgt's disk is, when there is one
ONE_WAY = Chap("lab-user", "twelve-bytes-at-least")
MUTUAL = Chap("lab-user", "twelve-bytes-at-least", "lab-target", "another-secret-of-it")
WRONG_SECRET = "not-the-right-secret"
BAD_ROOT_PATHS = [
    f"iscsi:{SERVER}", f"iscsi:{SERVER}::99999::{NAME}", f"iscsi:{SERVER}:::zz:{NAME}", f"iscsi:[fe80::1:::1:{NAME}",
    f"iscsi:{SERVER}:::1:"]
