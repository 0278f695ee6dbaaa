# SPDX-License-Identifier: BSD-2-Clause
"""
Situations of a program that writes and reads while it runs in a machine (program.py), and of logins that are refused one after
the other. A machine shows many of them; their rows have the names of the host's (cases.py).
"""
from dataclasses import dataclass

from tests.lab import network

from . import lun
from .cases import ALIAS, CHAP, CHAP_MALFORMED, ESCAPES, READS, WRITES, chap_malformed, keys
from .network_cases import NetworkCase


@dataclass
class ProgramCase(NetworkCase):
    saves: bool = True           # what it writes arrives
    large: bool | None = True    # what it reads is right, or it knows that it is not (None), or nobody can (False)
    small: bool | None = True
    tells: tuple = ()            # regular expressions: what the loader says
    code: str = ""               # with which the disk ended
    shows: tuple = ()            # rows

    @property
    def rows(self):
        return self.shows or (self.name,)


def odd_r2ts(*kinds):
    """One each, with an undisturbed write between, which takes eight of a block's half."""
    return [("r2t-odd", {"kind": kind, "times": 1, "after": 12 * number}) for number, kind in enumerate(kinds)]


ANOTHER = r"Another disk: was WWID (\w+), (\d+) blocks of 512; is WWID (\w+), (\d+) blocks of 512"

PROGRAMS = [
    ProgramCase("writes", [
        ("r2t-sizes", {"size": 256}), ("resize", {"blocks": 2048, "opcodes": WRITES, "times": 1, "after": 5}),
        *odd_r2ts("twice", "beyond", "zero", "wrap", "nothing", "again", "several", "order"),
        ("r2t-gap", {"gap": 128, "times": 1, "after": 100}), ("statsn-gap", {"opcodes": WRITES, "times": 3, "after": 8}),
        ("residual", {"flags": 2, "count": 256, "opcodes": WRITES, "times": 2, "after": 14}),
        ("residual", {"flags": 4, "count": 256, "opcodes": WRITES, "times": 2, "after": 18}),
        ("drop-at-write", {"times": 3, "after": 22})],
        keys(ImmediateData="No", InitialR2T="Yes"), tells=("The disk has grown to",), sample="BIOS",
        shows=("R2Ts of half a block", "the same R2T twice", "R2T beyond the command", "R2T of nothing", "R2T that wraps",
               "R2T for nothing asked", "R2T for the beginning again", "R2Ts for two halves at once", "R2Ts out of order",
               "R2T with a gap, then GOOD", "a jump of StatSN in answers to writes", "GOOD with underflow for a write",
               "GOOD with overflow for a write", "dropped in the midst of writes", "capacity changed: it has grown")),
    ProgramCase("R2T while unsolicited data is under way", [("r2t-while-unsolicited", {})],
                keys(ImmediateData="No", InitialR2T="No", FirstBurstLength=512), no_reconnect=True),
    ProgramCase("another disk after a reconnect", [("other-disk", {"times": 1, "after": 5})], other_disk=True, saves=False,
                large=None, small=None, tells=(ANOTHER,), code="E_DISK_OTHER", sample="UEFI"),
    ProgramCase("capacity changed: it has shrunk", [("resize", {"blocks": -2048, "opcodes": WRITES, "times": 1, "after": 5})],
                saves=False, large=None, small=None, tells=(ANOTHER,), code="E_DISK_OTHER"),
    ProgramCase("no room and a bad block", [
        ("scsi-status", {"sense": lun.SPACE_ALLOCATION_FAILED, "opcodes": WRITES}),
        ("scsi-status", {"sense": lun.MEDIUM_READ_ERROR, "opcodes": READS, "lba": "{in data.bin}"})],
        saves=False, large=None, shows=("thin pool full", "one block that cannot be read")),
    ProgramCase("a bit flips in data, digests off", [("flip-bit", {"times": 1, "after": 250})], large=False),
]


@dataclass
class RefusedCase(NetworkCase):
    """Logins that end with each of these, tried again at once; then one that does not, and it boots."""
    steps: tuple = ()    # (row, name of the code)
    boots: tuple = ()    # rows, beside those
    texts: tuple = ()    # the target's, which are shown, and never raw


STATUSES = [(0x0200, "E_LOGIN_STATUS"), (0x0201, "E_CHAP_REQUIRED"), (0x0202, "E_LOGIN_FORBIDDEN"),
            (0x0203, "E_LOGIN_NOT_FOUND"), (0x0204, "E_LOGIN_REMOVED"), (0x0205, "E_LOGIN_VERSION"),
            (0x0206, "E_LOGIN_CONNECTIONS"), (0x0207, "E_LOGIN_PARAMETER"), (0x0208, "E_LOGIN_SESSION"),
            (0x0300, "E_LOGIN_TARGET_ERROR"), (0x0301, "E_LOGIN_UNAVAILABLE"), (0x0302, "E_LOGIN_RESOURCES"),
            (0x0900, "E_LOGIN_STATUS")]
CHAP_CODES = {"AuthMethod": "E_CHAP_METHOD", "CHAP_A": "E_CHAP_ALGORITHM", "CHAP_I": "E_CHAP_CHALLENGE",
              "CHAP_C": "E_CHAP_CHALLENGE"}
AGAIN = "retry=99,1"


def malformed_in_turn():
    """Each in two connections, of which the second offers less. The keys of a challenge come together."""
    of_challenges = 0
    for key, value in CHAP_MALFORMED:
        yield ("login-keys", {"change": {key: value}, "stage": 0, "times": 2, "after": of_challenges})
        of_challenges += 2 * (key != "AuthMethod")


REFUSED = [
    RefusedCase("logins refused", [
        *(("login-status", {"code": code, "times": 1}) for code, _ in STATUSES),
        ("redirect", {"addresses": ["[::1:99999," + ALIAS], "times": 1}),
        ("redirect", {"addresses": [network.SERVER], "keys": [["TargetAddress", ALIAS]], "times": 1}),
        ("login-keys", {"add": [["TargetAlias", ALIAS], [ALIAS, "1"]]})], {"identity": ESCAPES}, words=AGAIN,
        steps=(*((f"login status {code:04x}", name) for code, name in STATUSES),
               ("ESC in the address that it redirects to", "E_LOGIN_ADDRESS")),
        boots=("ESC in what the target says",), texts=(ALIAS, ESCAPES["vendor"])),
    RefusedCase("challenges refused", list(malformed_in_turn()), {"chap": CHAP},
                words=f"chap={CHAP['user']}:{CHAP['secret']} {AGAIN}",
                steps=tuple((chap_malformed(key, value), CHAP_CODES[key]) for key, value in CHAP_MALFORMED)),
]
