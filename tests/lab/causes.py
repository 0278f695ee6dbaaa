# SPDX-License-Identifier: BSD-2-Clause
"""What is wrong in the failure tests of both firmwares."""
from .network import SERVER
from .target import NAME

ROOT_PATH = f"iscsi:{SERVER}:::1:{NAME}"  # where tgt's disk is, when there is one
WRONG_SECRET = "not-the-right-secret"
BAD_ROOT_PATHS = [
    f"iscsi:{SERVER}",
    f"iscsi:{SERVER}::99999::{NAME}",
    f"iscsi:{SERVER}:::zz:{NAME}",
    f"iscsi:[fe80::1:::1:{NAME}",
    f"iscsi:{SERVER}:::1:",
]
