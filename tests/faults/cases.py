# SPDX-License-Identifier: BSD-2-Clause
"""
Every situation that is shown, as a table: what the target does wrong, and how an initiator ends right. `ok`: the work is done and
every byte is verified; else the codes with one of which it must stop. `within` bounds either, in seconds.
"""
from dataclasses import dataclass, field

from . import lun

READS = [lun.READ_10, lun.READ_16]
WRITES = [lun.WRITE_10, lun.WRITE_16]
DISK_WORK = [*READS, *WRITES]
FLUSH = [lun.SYNCHRONIZE_CACHE_10, lun.SYNCHRONIZE_CACHE_16]
DIGESTS = {"HeaderDigest": "CRC32C", "DataDigest": "CRC32C"}
CHAP = {"user": "joe", "secret": "secret-of-joe-1"}


@dataclass
class Case:
    name: str
    faults: list = field(default_factory=list)      # (name, options), in force from the start
    settings: dict = field(default_factory=dict)    # target.py's
    probe: dict = field(default_factory=dict)       # disk_probe's
    ok: bool = True
    codes: tuple = ()                               # of MACHINES: names; the last one is UEFI's, where it differs
    within: int = 60
    other_disk: bool = False                        # it comes into force with "other-disk", and must stay as it is
    no_reconnect: bool = False                      # the connection has to survive
    wire: dict = field(default_factory=dict)        # wire.py's
    documented: bool = False                        # nothing can notice it: a changed bit is read, and that is all
    long: bool = False                              # in make test-faults alone
    sample: str = ""                                # of MACHINES: the firmware with which make test runs it

    @property
    def id(self):
        return self.name.replace(" ", "-")


def keys(**pairs):
    return {"keys": pairs}


def chap_malformed(key, value):
    return f"CHAP malformed: {key}={value[:12]}" + (f"… of {len(value)}" if len(value) > 12 else "")


def stops(*codes):
    return {"ok": False, "codes": codes}


SIZES = [
    Case("tiny sizes", settings=keys(MaxRecvDataSegmentLength=512, MaxBurstLength=512, FirstBurstLength=512)),
    Case("huge sizes", settings=keys(MaxRecvDataSegmentLength=16777215, MaxBurstLength=16777215, FirstBurstLength=16777215,
                                     InitialR2T="No")),
    Case("no immediate data", settings=keys(ImmediateData="No", InitialR2T="Yes")),
    Case("unsolicited data alone", settings=keys(ImmediateData="No", InitialR2T="No")),
    Case("segments smaller than the first burst", settings=keys(MaxRecvDataSegmentLength=1024, FirstBurstLength=65536,
         InitialR2T="No")),
    Case("bursts that are no multiple of a block", settings=keys(MaxBurstLength=3000, FirstBurstLength=1000,
         MaxRecvDataSegmentLength=700)),
]

DATA_IN = [
    Case("Data-Ins of odd sizes", [("odd-data-in", {})], no_reconnect=True),
    Case("ten empty Data-Ins", [("empty-data-ins", {"times": 5})], no_reconnect=True),
    Case("empty Data-Ins for ever", [("empty-data-ins", {"count": 0, "times": 1, "after": 5})],
         probe={"command_ms": 1000, "stall_ms": 5000}),
    Case("Data-Ins out of order", [("data-in-order", {"times": 2, "after": 5})]),
    Case("a Data-In with a wrong offset", [("data-in-fields", {"offset": 512, "times": 2, "after": 5})]),
    Case("a Data-In with a wrong DataSN", [("data-in-fields", {"datasn": 1, "times": 2, "after": 5})]),
    Case("data beyond the request", [("beyond", {"times": 2, "after": 5})]),
    Case("an offset that wraps", [("wrap-offset", {"times": 2, "after": 5})]),
    Case("phase collapse", [("phase-collapse", {})], no_reconnect=True),
    Case("a hole, and GOOD", [("data-in-hole", {"times": 2, "after": 5})]),
    Case("a hole with DataSNs that hide it", [("data-in-hole", {"renumber": True, "times": 2, "after": 5})]),
    Case("a hole at the end, and GOOD", [("data-in-hole", {"index": 0, "renumber": True, "times": 2, "after": 5})]),
    Case("GOOD with underflow for a read", [("residual", {"flags": 2, "count": 512, "opcodes": READS, "times": 2, "after": 5})]),
    Case("GOOD with overflow for a read", [("residual", {"flags": 4, "count": 512, "opcodes": READS, "times": 2, "after": 5})]),
    Case("GOOD with overflow and underflow", [("residual", {"flags": 6, "count": 512, "opcodes": READS, "times": 2,
         "after": 5})]),
    Case("an underflow larger than the command", [("residual", {"flags": 2, "count": 0x7FFFFFFF, "opcodes": READS, "times": 2,
         "after": 5})]),
]

WRITING = [
    Case("R2Ts of a block", [("r2t-sizes", {"size": 512})], keys(FirstBurstLength=512), no_reconnect=True),
    Case("R2Ts of half a block", [("r2t-sizes", {"size": 256})], keys(FirstBurstLength=512), no_reconnect=True),
    Case("R2T while unsolicited data is under way", [("r2t-while-unsolicited", {})],
         keys(InitialR2T="No", FirstBurstLength=16384, MaxRecvDataSegmentLength=4096), no_reconnect=True),
    Case("R2T with a gap, then GOOD", [("r2t-gap", {"times": 2})], keys(FirstBurstLength=512)),
    Case("the same R2T twice", [("r2t-odd", {"kind": "twice", "times": 2})], keys(FirstBurstLength=512)),
    Case("R2T beyond the command", [("r2t-odd", {"kind": "beyond", "times": 2})], keys(FirstBurstLength=512)),
    Case("R2T of nothing", [("r2t-odd", {"kind": "zero", "times": 2})], keys(FirstBurstLength=512)),
    Case("R2T that wraps", [("r2t-odd", {"kind": "wrap", "times": 2})], keys(FirstBurstLength=512)),
    Case("R2T for nothing asked", [("r2t-odd", {"kind": "nothing", "times": 2})], keys(FirstBurstLength=512)),
    Case("R2T for the beginning again", [("r2t-odd", {"kind": "again", "times": 2})], keys(FirstBurstLength=512)),
    Case("R2Ts for two halves at once", [("r2t-odd", {"kind": "several", "times": 2})], keys(FirstBurstLength=512)),
    Case("R2Ts out of order", [("r2t-odd", {"kind": "order", "times": 2})], keys(FirstBurstLength=512)),
    Case("a jump of StatSN in answers to writes", [("statsn-gap", {"opcodes": WRITES, "times": 3, "after": 2})]),
    Case("GOOD with underflow for a write", [("residual", {"flags": 2, "count": 512, "opcodes": WRITES, "times": 2})]),
    Case("GOOD with overflow for a write", [("residual", {"flags": 4, "count": 512, "opcodes": WRITES, "times": 2})]),
    Case("dropped in the midst of writes", [("drop-at-write", {"times": 5, "after": 3})]),
]

CONTROL = [
    Case("pings at any moment", [("ping-every", {"every": 2})], no_reconnect=True),
    Case("pings of ours unanswered", [("slow", {"seconds": 4, "opcodes": READS, "times": 1}), ("no-pong", {})],
         probe={"command_ms": 1500}),
    Case("asked to log out", [("async", {"event": 1, "times": 2, "after": 10})]),
    Case("asked to log out in the midst of a burst", [("logout-at-r2t", {})], keys(FirstBurstLength=512)),
    Case("asked to negotiate anew", [("async", {"event": 4, "times": 1, "after": 10})]),
    Case("a drop announced", [("async", {"event": 2, "parameters": [0, 1, 1], "times": 2, "after": 10})]),
    Case("a drop announced that never comes", [("async", {"event": 2, "parameters": [0, 1, 1], "close": False, "times": 1,
         "after": 10})]),
    Case("a drop announced for an hour", [("async", {"event": 3, "parameters": [0, 3600, 1], "times": 1, "after": 10})],
         within=100),
    Case("an unknown asynchronous event", [("async", {"event": 200, "times": 2, "after": 10})], no_reconnect=True),
    Case("commands rejected", [("reject", {"opcodes": DISK_WORK, "times": 2, "after": 10})]),
    Case("a jump of StatSN", [("statsn-gap", {"times": 3, "after": 10})]),
    Case("the window closed for a while", [("window-closed", {"seconds": 4})], no_reconnect=True, probe={"command_ms": 10000}),
    Case("the window closed for ever", [("window-closed", {"seconds": 0, "times": 1})], probe={"command_ms": 3000}),
    Case("the window closed for ever, pings unanswered", [("window-closed", {"seconds": 0, "times": 1, "pings": False})],
         probe={"command_ms": 3000}),
    Case("a stray Data-In", [("stray", {"opcode": 0x25, "length": 512, "times": 1, "after": 10})]),
    Case("a stray response", [("stray", {"opcode": 0x21, "times": 1, "after": 10})]),
    Case("a stray R2T", [("stray", {"opcode": 0x31, "times": 1, "after": 10})]),
    Case("a text response for nothing", [("stray", {"opcode": 0x24, "times": 1, "after": 10})]),
    Case("an unknown opcode", [("stray", {"opcode": 0x3C, "times": 1, "after": 10})]),
    Case("garbage", [("garbage", {"times": 2, "after": 10})]),
    Case("a response with an iSCSI failure", [("response-code", {"code": 1, "opcodes": DISK_WORK, "times": 2, "after": 10})]),
]

CONTROL += [
    Case("a storm of pings", [("ping-storm", {"count": 2000, "times": 2, "after": 10})], no_reconnect=True),
    Case("a storm of NOP-Ins that want no answer", [("ping-storm", {"count": 5000, "wants": False, "times": 2, "after": 10})],
         no_reconnect=True),
    Case("a task management response for nothing, of a tag of ours", [("stray", {"opcode": 0x22, "itt": 0x123F3, "times": 2,
         "after": 10})], no_reconnect=True),
    Case("a task management response for nothing", [("stray", {"opcode": 0x22, "times": 1, "after": 10})]),
]

FORGOTTEN = ("forgotten", {"opcodes": READS, "times": 1, "after": 10})
STALLS = {"command_ms": 2500, "stall_ms": 2000}
MANAGEMENT = [
    Case("ABORT TASK is refused", [FORGOTTEN, ("management", {"code": 5, "functions": [1]})], probe=STALLS, no_reconnect=True),
    Case("ABORT TASK is not answered", [FORGOTTEN, ("management", {"code": None, "functions": [1]})], probe=STALLS,
         no_reconnect=True),
    Case("nor is LOGICAL UNIT RESET", [FORGOTTEN, ("management", {"code": None})], probe=STALLS),
    Case("ABORT TASK is answered late", [FORGOTTEN, ("late-management", {"functions": [1], "seconds": 3.5, "times": 1})],
         probe=STALLS, no_reconnect=True),
    Case("ABORT TASK is refused, the reset answered late among others", [
        FORGOTTEN, ("management", {"code": 5, "functions": [1]}),
        ("late-management", {"functions": [5], "seconds": 0.7, "times": 1}),
        ("slow", {"seconds": 0.5, "opcodes": READS, "times": 12, "after": 11})], probe={**STALLS, "reads": 30},
        no_reconnect=True),
    Case("the answer crosses the ABORT TASK", [FORGOTTEN, ("answered-after-abort", {"times": 1})], probe=STALLS,
         no_reconnect=True),
    Case("an answer for a task that was aborted", [FORGOTTEN, ("answered-after-abort", {"seconds": 0.001, "times": 1})],
         probe=STALLS),
    Case("commands that are answered twice", [("answered-twice", {"times": 3, "after": 15})]),
    Case("a command that is forgotten for ever", [("forgotten", {"opcodes": READS})], probe=STALLS, **stops("S501")),
]

# A burst of which the kernels, or the stream, cannot hold all.
SMALL = {**keys(MaxRecvDataSegmentLength=1048576, MaxBurstLength=1048576, FirstBurstLength=4096, InitialR2T="Yes"),
         "block_size": 4096, "receive_buffer": 65536}
FEW = {"command_ms": 1000, "stall_ms": 3000, "reads": 6, "writes": 6}

OUTAGES = [
    Case("reads nothing any more, and talks", [("not-reading", {"seconds": 0, "times": 1})], SMALL, FEW),
    Case("reads nothing any more, and is silent", [("not-reading", {"seconds": 0, "pings": False, "times": 1})], SMALL, FEW),
    Case("refuses logins after an outage", [("drop-every", {"kilobytes": 1024, "times": 1}),
         ("login-status", {"code": 0x203, "after": 2})], probe={"recovery_ms": 3000}, **stops("S403")),
    Case("a slow flush", [("slow", {"seconds": 8, "opcodes": FLUSH, "times": 1})], probe={"command_ms": 2000, "stall_ms": 30000},
         no_reconnect=True),
    Case("one slow read among others", [("slow", {"seconds": 8, "opcodes": READS, "times": 1, "after": 10})],
         probe={"command_ms": 2000, "stall_ms": 30000}, no_reconnect=True),
    Case("large reads on a slow line", [("trickle", {"size": 8192, "seconds": 0.05, "times": 6})],
         probe={"command_ms": 2000, "reads": 6, "writes": 0, "depth": 4}, no_reconnect=True),
    Case("a command that is forgotten", [("forgotten", {"opcodes": READS, "times": 1, "after": 10})],
         probe={"command_ms": 1000, "stall_ms": 3000}),
    Case("reset every megabyte", [("drop-every", {"kilobytes": 1024})]),
    Case("closed every megabyte", [("drop-every", {"kilobytes": 1024, "reset": False})]),
    Case("silent for a while", [("silent", {"seconds": 5, "times": 1, "after": 30})], probe={"command_ms": 1500}),
    Case("half open", [("dead", {"times": 1, "after": 30})], probe={"command_ms": 1500}),
    Case("half open in login", [("dead", {"login": True, "times": 1})], probe={"login_ms": 3000}, **stops("S418")),
    Case("reset at the first connects", [("reset-on-connect", {"times": 1})], **stops("S305", "S306")),
]

RUBBISH = "ffff" + "aa" * 400
SCSI = [
    Case("no sense data", [("sense", {"opcodes": DISK_WORK, "times": 3, "after": 10})], no_reconnect=True),
    Case("sense data of a byte", [("sense", {"sense": "70", "opcodes": DISK_WORK, "times": 3, "after": 10})], no_reconnect=True),
    Case("NO SENSE", [("sense", {"sense": "70" + "00" * 17, "opcodes": DISK_WORK, "times": 3, "after": 10})],
         no_reconnect=True),
    Case("sense data in no known format", [("sense", {"sense": "7f03" + "11" * 30, "opcodes": DISK_WORK, "times": 3,
         "after": 10})], no_reconnect=True),
    Case("no sense data for ever", [("sense", {"opcodes": READS})], **stops("S614")),
    Case("UNIT ATTENTION in descriptors, 252 bytes", [("sense", {"sense": "7206290000000000" + "00" * 244, "opcodes": DISK_WORK,
         "times": 2, "after": 10})], no_reconnect=True),
    Case("a medium error in descriptors", [("sense", {"sense": "7203110000000000", "opcodes": READS})], **stops("S608")),
    Case("deferred errors of writes", [("sense", {"sense": "71000300000000" + "0a00000000110000000000", "opcodes": WRITES,
         "times": 3})], no_reconnect=True),
    Case("deferred errors in descriptors", [("sense", {"sense": "7304440000000000", "opcodes": DISK_WORK, "times": 3,
         "after": 10})], no_reconnect=True),
    Case("sense data longer than its segment", [("response-fields", {"bytes": {"3": 2}, "data": "00ff7000", "times": 2,
         "after": 20})]),
    Case("GOOD with a data segment of rubbish", [("response-data", {"data": RUBBISH, "times": 8, "after": 10})],
         no_reconnect=True),
    Case("READ CAPACITY(16) says more than (10)", [("answer", {"opcode": 0x9E, "data": "0000000000005000" + "00000200" +
         "00" * 20}), ("drop-every", {"kilobytes": 512, "times": 2})]),
    Case("READ CAPACITY(16) says less than (10)", [("answer", {"opcode": 0x9E, "data": "0000000000003000" + "00000200" +
         "00" * 20}), ("drop-every", {"kilobytes": 512, "times": 2})]),
    Case("MODE SENSE busy for ever", [("scsi-status", {"status": lun.BUSY, "opcodes": [lun.MODE_SENSE_6]})], no_reconnect=True,
         long=True),
    Case("no such LUN, REPORT LUNS busy for ever", [("scsi-status", {"status": lun.BUSY, "opcodes": [lun.REPORT_LUNS]})],
         probe={"lun": 5}, long=True, **stops("S604")),
    Case("UNIT ATTENTION after each login", [("attention", {})]),
    Case("UNIT ATTENTION: capacity changed, but it has not", [("attention", {"sense": lun.CAPACITY_CHANGED})]),
    Case("UNIT ATTENTION: LUNs changed, but it is the same",
         [("scsi-status", {"sense": lun.LUNS_CHANGED, "opcodes": DISK_WORK, "times": 3, "after": 10})]),
    Case("BUSY five times", [("scsi-status", {"status": lun.BUSY, "opcodes": DISK_WORK, "times": 5, "after": 10})],
         no_reconnect=True),
    Case("QUEUE FULL", [("scsi-status", {"status": lun.TASK_SET_FULL, "opcodes": DISK_WORK, "times": 10, "after": 10})],
         no_reconnect=True),
    Case("TASK ABORTED", [("scsi-status", {"status": lun.TASK_ABORTED, "opcodes": DISK_WORK, "times": 2, "after": 10})],
         no_reconnect=True),
    Case("reserved by another", [("scsi-status", {"status": lun.RESERVATION_CONFLICT, "opcodes": DISK_WORK})], **stops("S611")),
    Case("not ready for a while", [("scsi-status", {"sense": lun.NOT_READY_BECOMING, "times": 8})], no_reconnect=True),
    Case("a block that cannot be read", [("scsi-status", {"sense": lun.MEDIUM_READ_ERROR, "opcodes": READS})], **stops("S608")),
    Case("one block that cannot be read", [("scsi-status", {"sense": lun.MEDIUM_READ_ERROR, "opcodes": READS, "lba": 9000})],
         probe={"reads": 2000}, **stops("S608")),
    Case("capacity changed: it has grown", [("resize", {"blocks": 2048, "times": 1, "after": 15})], no_reconnect=True),
    Case("capacity changed: it has shrunk", [("resize", {"blocks": -2048, "times": 1, "after": 15})], **stops("S615")),
    Case("thin pool full", [("scsi-status", {"sense": lun.SPACE_ALLOCATION_FAILED, "opcodes": WRITES})], **stops("S616")),
    Case("write-protected meanwhile", [("scsi-status", {"sense": lun.WRITE_PROTECTED, "opcodes": WRITES})], **stops("S602")),
    Case("another disk for three commands", [("swap-live", {"back": 3, "after": 25, "times": 1})], other_disk=True,
         probe={"depth": 16, "reads": 200, "writes": 5}),
    Case("another disk after a reconnect", [("other-disk", {"times": 1, "after": 5})], other_disk=True, **stops("S615")),
]

# What a terminal would obey, and what may be shown of it.
ESCAPES = {"vendor": "\x1b[7mEV", "product": "\x1b]0;x\x07DISK\x1b[2J", "serial": "\x1bcSERIAL\r"}
ALIAS = "\x1b[31malias"

LOGIN = [
    Case("ESC in what the target says", [
        ("login-keys", {"add": [["TargetAlias", ALIAS], [ALIAS, "1"]]}),
        ("redirect", {"addresses": ["127.0.0.1:{port}"], "keys": [["TargetAddress", ALIAS]], "times": 1})],
        {"identity": ESCAPES}),
    Case("ESC in the address that it redirects to", [("redirect", {"addresses": ["[::1:99999," + ALIAS]})], **stops("S414")),
    Case("login in pieces of 7 bytes", [("login-pieces", {"size": 7})]),
    Case("a login that never ends", [("login-endless", {})], probe={"login_ms": 4000}, **stops("S415", "S416", "S418")),
    Case("a login that makes no progress", [("login-no-progress", {})], probe={"login_ms": 4000}, **stops("S415", "S418")),
    Case("login text that is garbage", [("login-bytes", {})], **stops("S414", "S415", "S416", "S417")),
    Case("PDUs of garbage", [("login-bytes", {"whole": True})], **stops("S415", "S416", "S503", "S504", "S506", "S305", "S306")),
    Case("unknown keys of the target", [("login-keys", {"add": [["X-org.example.key", "7"], ["Fancy", "yes"]], "times": 2})]),
    Case("a key twice with the same value", [("login-keys", {"add": [["TargetAlias", "disk"], ["TargetAlias", "disk"]],
         "times": 1})]),
    Case("Yes in small letters", [("login-keys", {"change": {"ImmediateData": "yes", "InitialR2T": "yes"}})]),
    Case("NotUnderstood for a standard key", [("login-keys", {"change": {"DefaultTime2Retain": "NotUnderstood"}})]),
    Case("DefaultTime2Retain above ours", [("login-keys", {"change": {"DefaultTime2Retain": "3600"}})]),
    Case("MaxOutstandingR2T above ours", [("login-keys", {"change": {"MaxOutstandingR2T": "16"}})]),
    Case("a burst of nothing", [("login-keys", {"change": {"MaxBurstLength": "0"}})], **stops("S415", "S416", "S417")),
    Case("a burst that is a word", [("login-keys", {"change": {"MaxBurstLength": "much"}})], **stops("S415", "S416", "S417")),
    Case("a key of 64 KiB", [("login-keys", {"add": [["X-" + "k" * 65536, "1"]], "times": 1})],
         **stops("S414", "S415", "S416", "S503", "S504")),
    Case("another ISID in the answer", [("login-header", {"bytes": {"8": 0x55}})], **stops("S415")),
    Case("an unknown version", [("login-header", {"bytes": {"3": 9}})], **stops("S405")),
] + [Case(f"login status {code:04x}", [("login-status", {"code": code})], **stops(*codes)) for code, codes in [
    (0x0200, ["S412"]), (0x0201, ["S401", "S420"]), (0x0202, ["S402"]), (0x0203, ["S403"]), (0x0204, ["S404"]),
    (0x0205, ["S405"]),
    (0x0206, ["S406"]), (0x0207, ["S407"]), (0x0208, ["S408"]), (0x0300, ["S409"]), (0x0301, ["S410"]), (0x0302, ["S411"]),
    (0x0900, ["S412"])]] + [
    Case("redirected in a circle", [("redirect", {"addresses": ["127.0.0.1:{port}"]})], **stops("S413")),
    Case("redirected to nowhere", [("redirect", {"addresses": [""]})], **stops("S414")),
    Case("redirected to rubbish", [("redirect", {"addresses": ["[::1:99999,x"]})], **stops("S414")),
    Case("redirected twice", [("redirect", {"addresses": ["127.0.0.1:{port},1"], "times": 2})]),
    Case("redirected in pieces of 7 bytes", [("redirect", {"addresses": ["127.0.0.1:{port},1"], "times": 1}),
         ("login-pieces", {"size": 7})]),
    Case("two TargetAddress keys", [
        ("redirect", {"addresses": ["127.0.0.1:{port}"], "keys": [["TargetAddress", "127.0.0.1:{port}"]], "times": 1})]),
]

CHAP_MALFORMED = [("AuthMethod", "KRB5"), ("CHAP_A", "99"), ("CHAP_I", "256"), ("CHAP_C", "0x"), ("CHAP_C", "0xzz"),
                  ("CHAP_C", "0x" + "ab" * 2000)]

AUTHENTICATION = [
    Case(f"CHAP with a list is answered by {how}", [("one-chap-algorithm", {"how": how})], {"chap": CHAP},
         {"chap": "joe/secret-of-joe-1", "login_ms": 5000}) for how in ("status", "reject", "close", "reset", "silence")
] + [Case(f"CHAP with algorithm {number}", settings={"chap": {**CHAP, "algorithms": [number]}},
     probe={"chap": "joe/secret-of-joe-1"})
     for number in (5, 6, 7, 8)] + [
    Case("mutual CHAP", settings={"chap": {**CHAP, "reverse_user": "disk", "reverse_secret": "secret-of-disk-2"}},
         probe={"chap": "joe/secret-of-joe-1", "mutual": "disk/secret-of-disk-2"}),
    Case("the target proves another secret",
         settings={"chap": {**CHAP, "reverse_user": "disk", "reverse_secret": "secret-of-disk-3"}},
         probe={"chap": "joe/secret-of-joe-1", "mutual": "disk/secret-of-disk-2"}, **stops("S424")),
    *(Case(chap_malformed("CHAP_R", value), [("login-keys", {"change": {"CHAP_R": value}, "stage": 0})],
           {"chap": {**CHAP, "reverse_user": "disk", "reverse_secret": "secret-of-disk-2"}},
           {"chap": "joe/secret-of-joe-1", "mutual": "disk/secret-of-disk-2"}, **stops("S424"))
      for value in ("0x", "0xzz", "0x" + "ab" * 2000)),
] + [Case(chap_malformed(key, value), [("login-keys", {"change": {key: value}, "stage": 0})], {"chap": CHAP},
          {"chap": "joe/secret-of-joe-1"}, **stops("S401", "S420", "S421", "S422", "S423", "S415", "S416", "S417"))
     for key, value in CHAP_MALFORMED]

DIGEST = [
    Case("digests demanded", settings=keys(**DIGESTS)),
    Case("header digest alone", settings=keys(HeaderDigest="CRC32C")),
    Case("data digest alone", settings=keys(DataDigest="CRC32C")),
    Case("a bit flips in data, digests on", [("flip-bit", {"times": 3, "after": 10})], keys(**DIGESTS)),
    Case("a bit flips in data, digests off", [("flip-bit", {"times": 1, "after": 60})], documented=True),
    Case("a bit flips in a header, digests on", [("flip-bit", {"header": True, "times": 3, "after": 10})], keys(**DIGESTS)),
]

CASES = [*SIZES, *DATA_IN, *WRITING, *CONTROL, *MANAGEMENT, *OUTAGES, *SCSI, *LOGIN, *AUTHENTICATION, *DIGEST]

WIRES = [
    Case("reads nothing any more, and talks, on a wire", [("not-reading", {"seconds": 0, "times": 1})], SMALL,
         {**FEW, "command_ms": 10000}, wire={"delay": 0.001}),
    Case("reads nothing any more, and is silent, on a wire", [("not-reading", {"seconds": 0, "pings": False, "times": 1})], SMALL,
         FEW, wire={"delay": 0.001}),
    Case("reads nothing for a while, on a wire", [("not-reading", {"seconds": 2, "times": 1})], SMALL,
         {**FEW, "command_ms": 10000, "stall_ms": 20000}, wire={"delay": 0.001}, no_reconnect=True),
    Case("a storm of pings, on a wire", [("ping-storm", {"count": 1000, "times": 1, "after": 12})], {"receive_buffer": 65536},
         wire={"delay": 0.001}, no_reconnect=True),
    Case("loss, doubles and reordering", wire={"loss": 0.01, "double": 0.02, "reorder": 0.05}, probe={"reads": 200}),
    Case("fragments", wire={"fragment": 0.3}, probe={"reads": 200}, no_reconnect=True),
    Case("bits flip behind TCP's checksum, digests on", settings=keys(**DIGESTS), wire={"corrupt": 0.01}),
    Case("a slow line", wire={"rate": 190000}, probe={"reads": 12, "writes": 2, "depth": 4}, no_reconnect=True, within=120,
         long=True),
    Case("a long line", wire={"delay": 0.05}, no_reconnect=True),
    Case("the wire is cut for 5 s", wire={"cuts": [[1.0, 6.0]], "delay": 0.005}, probe={"reads": 2000}),
    Case("the wire is cut for 30 s", wire={"cuts": [[1.0, 31.0]], "delay": 0.005},
         probe={"reads": 2000, "recovery_ms": 120000}, within=150, long=True),
]

MACHINES = [
    Case("phase collapse", [("phase-collapse", {})], sample="BIOS"),
    Case("Data-Ins of odd sizes", [("odd-data-in", {})], sample="UEFI"),
    Case("reset every megabyte", [("drop-every", {"kilobytes": 1024})], sample="both"),
    Case("a hole with DataSNs that hide it", [("data-in-hole", {"renumber": True, "times": 2, "after": 40})], sample="BIOS"),
    Case("digests demanded", settings=keys(**DIGESTS), sample="both"),
    Case("a bit flips in data, digests on", [("flip-bit", {"times": 3, "after": 40})], keys(**DIGESTS), sample="UEFI"),
    Case("pings at any moment", [("ping-every", {"every": 3})]),
    Case("login in pieces of 7 bytes", [("login-pieces", {"size": 7})]),
    Case("UNIT ATTENTION after each login", [("attention", {})]),
    Case("not ready for a while", [("scsi-status", {"sense": lun.NOT_READY_BECOMING, "times": 20})]),
    Case("BUSY five times", [("scsi-status", {"status": lun.BUSY, "opcodes": DISK_WORK, "times": 5, "after": 20})]),
    Case("a command that is forgotten", [("forgotten", {"opcodes": READS, "times": 1, "after": 40})]),
    Case("the window closed for a while", [("window-closed", {"commands": 60, "seconds": 10})]),
    Case("silent for a while", [("silent", {"seconds": 20, "times": 1, "after": 80})]),
    Case("half open", [("dead", {"times": 1, "after": 80})]),
    Case("asked to log out", [("async", {"event": 1, "times": 2, "after": 40})]),
    Case("garbage", [("garbage", {"times": 2, "after": 40})]),
    Case("a jump of StatSN", [("statsn-gap", {"times": 3, "after": 40})]),
    Case("loss, doubles and reordering", wire={"loss": 0.01, "double": 0.02, "reorder": 0.05}, sample="BIOS"),
    Case("fragments", wire={"fragment": 0.3}),
    Case("the wire is cut for 30 s", wire={"cut_after": 1500, "cut_for": 30}),
    Case("the target answers garbage", [("login-bytes", {})], ok=False, codes=("E_LOGIN_TEXT",)),
    Case("a block that cannot be read", [("scsi-status", {"sense": lun.MEDIUM_READ_ERROR, "opcodes": READS})], ok=False,
         codes=("E_SCSI_MEDIUM",)),
]
