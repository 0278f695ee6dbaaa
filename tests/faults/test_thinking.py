# SPDX-License-Identifier: BSD-2-Clause
"""
A caller that thinks between its reads, while something is on its way that nobody acknowledges: the target sends again only what
TCP's patience asks for, the session lives on, and what was received meanwhile is right.
"""
import math

import pytest

from tests.lab import disks
from tests.lab.boots import FAILURE, flood
from tests.lab.settings import STATIC

from . import lun
from .lab import FaultyTarget

SECTORS = 64  # of a call
TICK = 0.055
RTO = 0.2     # Linux's least, which doubles each time
PATIENCE = 3  # segments more in each pause: a probe for the tail's loss, and what comes before a call is served


def retransmissions(lab):
    """Of all TCP connections of the servers' side."""
    with open(f"/proc/{lab.network.holder.pid}/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith("Tcp:")]
    return int(values[names.index("RetransSegs")])


def at_most(ticks, calls):
    return calls * (math.log2(1 + ticks * TICK / RTO) + PATIENCE)


def read_ahead(target):
    """How many blocks were asked for beyond what a call is."""
    reads = [entry["extent"] for entry in target.control.journal()
             if entry["what"] == "command" and entry["opcode"] in lun.READS]
    return sum(count for _, count in reads)


@pytest.mark.parametrize("nic,ticks,calls,floods", [
    ("e1000e", 2, 40, 0),
    ("e1000", 2, 40, 1),
    ("e1000e", 18, 6, 4),
    pytest.param("e1000", 18, 6, 4, marks=pytest.mark.long_fault),
    pytest.param("e1000e", 182, 6, 0, marks=pytest.mark.long_fault),
    pytest.param("e1000", 182, 6, 0, marks=pytest.mark.long_fault),
])
def test_caller_that_thinks(lab, nic, ticks, calls, floods):
    """Floods meanwhile may fill the ring, for which the target has to send again more."""
    disk = disks.sector_disk(lab.path("disk.img"), disks.reader(SECTORS, calls, pause_ticks=ticks, dot_every=1, sums=True))
    target = lab.target(disk, FaultyTarget)
    machine = lab.boot_directly(f"{STATIC} root={target.root_path}", nic=nic)
    machine.expect("^B$", 90, or_fail=FAILURE)
    before = retransmissions(lab)
    for _ in range(floods):
        flood(lab, machine)
    told = machine.expect("^D([0-9a-f]{8})$", 30 + 2 * calls * ticks * TICK, or_fail="^E|^S[0-9]{3}").group(1)
    again = retransmissions(lab) - before

    assert int(told, 16) == disks.reader_sum(disk, calls * SECTORS * 512)
    journal = target.control.journal()
    assert [entry["what"] for entry in journal if entry["what"] in ("login", "end", "replaced")] == ["login"], journal[-20:]
    assert floods or again <= at_most(ticks, calls), f"{again} segments were sent again"
    assert read_ahead(target) > calls * SECTORS, "nothing was read ahead"
