# SPDX-License-Identifier: BSD-2-Clause
"""
Debian, booted from the LUN by sanstrap, crashes and writes its memory there. DUMP=all has every case, not the chief ones alone.
"""
import os
import re
import time

import pytest

from tests.dump import crash
from tests.faults.lab import Cable
from tests.lab import dump_area
from tests.lab.boots import FLOOD_MARKER, code
from tests.lab.disks import MIB
from tests.lab.network import BRIDGE, SERVER, read_pcap
from tests.lab.process import bound, run
from tests.lab.qemu import MAC
from tests.lab.settings import credentials
from tests.lab.target import MUTUAL, NAME, ONE_WAY, Istgt

more = pytest.mark.skipif(os.environ.get("DUMP") != "all", reason="one of many: DUMP=all")
FLOOD_FRAMES = 1 << 20


@pytest.mark.parametrize("efi,nic,parameters", [
    (False, "e1000", "reboot=never profile=small"),
    (True, "e1000e", "reboot=never"),
    pytest.param(False, "e1000e", "reboot=never profile=small", marks=more),
    pytest.param(True, "e1000", "reboot=never", marks=more),
])
def test_sysrq(lab, efi, nic, parameters):
    """What stands on the LUN is the memory that QEMU shows of the halted machine."""
    debian = crash.boot(lab, efi, by_rom=not efi, nic=nic)
    debian.arms(parameters)
    debian.panic()
    print(debian.expect_dump())
    debian.machine.expect("Halted", 30)
    crash.is_whole(debian)


REFUSALS = [
    ("", r"refused S1004 "),
    ("extent=5", r"refused extent=5 is not"),
    ("extent=100:400000", r"refused .*there is no mark at block 100"),
    ("{inside}", r"refused .*there is no mark at block"),
    ("{beginning}", r"refused .*the mark at block \d+ is of another place"),
    ("extent=1:9000000000", r"refused S1005 "),
    ("partition=12345678-1234-1234-1234-123456789abc", r"refused there is no partition"),
    ("{place} isdh=0x90000", r"refused there is no valid ISDH at isdh=0x90000"),
    ("{place} ibft=1", r"refused S1006 "),
    ("{place} chap=somebody", r"refused S1003 "),
    ("{place} level=7", r"refused level=7"),
    ("{place} profile=huge", r"refused profile=huge"),
    ("{place} isid=123", r"refused isid=123"),
]


def test_what_cannot_be_armed_says_why_and_an_nmi_under_load_is_dumped(lab):
    """The module outlives every refusal, and is armed in the end: two CPUs, the driver bound, traffic in and out."""
    debian = crash.boot(lab, extra=["-smp", "2"])
    places = {"place": debian.place, "inside": f"extent={debian.first + 8}:{debian.blocks - 8}",
              "beginning": f"extent={debian.first}:{debian.blocks - 8}"}
    for parameters, wanted in REFUSALS:
        state = debian.load(parameters.format(**places))
        assert re.match(wanted, state), (parameters, state)
        debian.run("rmmod sanstrap_dump")

    debian.arms("reboot=now")
    assert debian.run("cat /sys/module/sanstrap_dump/parameters/chap_secret || true").count("ermission denied")
    debian.run("echo 0 > /sys/kernel/sanstrap_dump/arm")
    assert debian.state().startswith("off ")
    debian.run("echo 1 > /sys/kernel/sanstrap_dump/arm; echo 1 > /proc/sys/kernel/unknown_nmi_panic")
    assert debian.state().startswith("armed ")

    lab.network.helper("flood", BRIDGE, MAC, FLOOD_FRAMES, FLOOD_MARKER)
    debian.run(f"(ping -q -s 1400 -A {SERVER} > /dev/null 2>&1 &)")
    debian.panic("echo PANIC")
    debian.machine.qmp("inject-nmi")
    debian.expect_dump()
    debian.machine.wait_end(60)
    crash.holds(debian)


def test_target_killed_and_back(lab):
    debian = crash.boot(lab)
    debian.arms("reboot=never")
    debian.panic()
    debian.machine.expect("10 % written", 120)
    debian.target.kill()
    time.sleep(3)
    debian.target.start()
    assert not debian.expect_dump().endswith(" 0 reconnects")
    debian.machine.expect("Halted", 30)
    crash.is_whole(debian)


def test_target_gone_for_good(lab):
    """It is over within timeout=, and the machine reboots."""
    debian = crash.boot(lab)
    debian.arms("reboot=now timeout=20")
    debian.panic()
    debian.machine.expect("5 % written", 120)
    debian.target.kill()
    gone = time.monotonic()
    print(debian.machine.expect("The dump failed after .*", 60).group(0))
    debian.machine.wait_end(30)
    assert time.monotonic() - gone < bound(25)
    dump = dump_area.read(debian.disk, debian.first)
    assert dump.signature == dump_area.INCOMPLETE and not dump.ended


def another_name(debian):
    debian.target.number = "2"


def smaller(debian):
    os.truncate(debian.disk, os.path.getsize(debian.disk) - MIB)


@pytest.mark.parametrize("change,told", [(another_name, "WWID"), pytest.param(smaller, "blocks of 512", marks=more)])
def test_another_disk_answers(lab, change, told):
    """It has the mark, the target's name and all else, but for one thing: it is not written to."""
    debian = crash.boot(lab)
    debian.arms("reboot=now")
    debian.target.kill()
    change(debian)
    debian.target.start()
    debian.panic()
    assert told in debian.expect_failure(code("E_DISK_OTHER"))
    debian.machine.wait_end(30)
    assert debian.untouched()


@pytest.mark.parametrize("efi", [False, pytest.param(True, marks=more)])
def test_compact(lab, efi):
    """Pages of zeros are left out, and Debian's makedumpfile reads the rest."""
    debian = crash.boot(lab, efi)
    debian.arms("reboot=never level=1")
    debian.panic()
    print(debian.expect_dump())
    debian.machine.expect("Halted", 30)
    crash.compact_is_whole(debian)


@more
def test_panic_inside_the_dump(lab):
    """A machine check: the dump is given up, and the machine reboots, whatever it was to do after a dump."""
    debian = crash.boot(lab)
    debian.arms("reboot=never")
    debian.panic()
    debian.machine.expect("5 % written", 120)
    debian.machine.monitor("mce 0 9 0xbd00000000000000 0x5 0 0")
    debian.machine.expect("A panic inside the dump: it is given up", 60)
    debian.machine.wait_end(60)
    dump = dump_area.read(debian.disk, debian.first)
    assert dump.signature == dump_area.INCOMPLETE and not dump.ended
    assert debian.outside_sum() == debian.outside


@more
def test_what_was_armed_has_changed(lab):
    """One bit of it: nothing is sent."""
    debian = crash.boot(lab)
    debian.arms("reboot=now")
    place = f"{SERVER}:{debian.target.port}".encode().ljust(64, b"\0") + NAME.encode()
    with open(debian.machine.save_memory(0, crash.MEMORY * MIB, lab.path("memory")), "rb") as file:
        at = file.read().index(place)
    debian.machine.poke(at, bytes([place[0] ^ 1]))
    wire = lab.network.capture()

    debian.panic()
    begun = debian.machine.expect("Dumping ", 60)
    debian.expect_failure(code("E_DUMP_CHANGED"))
    debian.machine.wait_end(30)
    lab.network.stop_capture()
    began = debian.machine.wall_time(begun.start())
    card = bytes.fromhex(MAC.replace(":", ""))
    assert [seconds for seconds, frame in read_pcap(wire) if seconds > began and frame[6:12] == card] == []
    assert debian.untouched()


@more
def test_mark_gone_since(lab):
    debian = crash.boot(lab)
    debian.arms("reboot=now")
    with open(debian.disk, "r+b") as file:
        file.seek(debian.first * 512)
        file.write(bytes(512))
    debian.panic()
    debian.expect_failure(code("E_DUMP_UNMARKED"))
    debian.machine.wait_end(30)
    assert debian.outside_sum() == debian.outside


@more
@pytest.mark.parametrize("chap,parameters", [
    (ONE_WAY, ""),
    (MUTUAL, ""),
    (ONE_WAY, f"chap={ONE_WAY.name} chap_secret={ONE_WAY.secret}"),
])
def test_chap(lab, chap, parameters):
    """The secrets come with the table, or as parameters where the table leaves them out."""
    words = credentials(chap) + ("" if parameters else " handoff=secrets")
    debian = crash.boot(lab, chap=chap, words=words)
    if parameters:
        assert debian.load(debian.place).startswith(f"refused S{code('E_DUMP_SECRET')} ")
        debian.run("rmmod sanstrap_dump")
    debian.arms(f"reboot=now {parameters}")
    debian.panic()
    debian.expect_dump()
    debian.machine.wait_end(60)
    core, _ = crash.holds(debian)
    if parameters:
        return
    with open(core, "rb") as file:
        assert f"{chap.name}\0{chap.secret}".encode() not in file.read()


@more
def test_ipv6(lab):
    debian = crash.boot(lab, early=True, target={"ipv6": True})
    assert "was not looked for" in debian.arms("reboot=now")
    debian.panic()
    debian.expect_dump()
    debian.machine.wait_end(60)
    crash.holds(debian)


@more
def test_vlan(lab):
    segment = lab.network.add_vlan(6)
    debian = crash.boot(lab, early=True, words="vlan=6", target={"segment": segment})
    debian.arms("reboot=now")
    debian.panic()
    debian.expect_dump()
    debian.machine.wait_end(60)
    crash.holds(debian)


@more
@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_behind_an_iommu(lab, nic):
    """The card reaches what Linux has mapped for it and nothing else."""
    debian = crash.boot(lab, board="q35", nic=nic, kernel=["intel_iommu=on"], extra=["-device", "intel-iommu"])
    assert "DMAR: Intel(R) Virtualization Technology" in debian.run("dmesg | grep DMAR")
    debian.arms("reboot=never")
    debian.panic()
    debian.expect_dump()
    debian.machine.expect("Halted", 30)
    crash.is_whole(debian)


@more
def test_four_processors(lab):
    """Each has its note, and what the others did is in memory as they left it."""
    debian = crash.boot(lab, extra=["-smp", "4"])
    debian.arms("reboot=never")
    debian.run("for at in 1 2 3; do (while :; do :; done) & done")
    debian.panic()
    debian.expect_dump()
    debian.machine.expect("Halted", 30)
    core, _ = crash.is_whole(debian)
    assert run(["readelf", "-n", core]).count(b"NT_PRSTATUS") == 4


@more
def test_five_gib(lab):
    """Of which a part lies above 4 GiB, where neither the card nor the module's own memory is."""
    debian = crash.boot(lab, memory=5 << 10)
    debian.arms("reboot=never timeout=3600")
    debian.panic()
    print(debian.expect_dump(timeout=600))
    debian.machine.expect("Halted", 30)
    core, _ = crash.is_whole(debian)
    above = [size for _, begin, size in crash.segments(crash.mapped(core), 1) if begin >= 4 << 30]
    assert sum(above) >= 1 << 30


@more
def test_lost_frames(lab):
    """One of a hundred, both ways."""
    cable = Cable(lab.network, loss=0.01)
    debian = crash.boot(lab, early=True)
    debian.arms("reboot=never")
    debian.panic()
    print(debian.expect_dump())
    debian.machine.expect("Halted", 30)
    crash.is_whole(debian)
    assert cable.counts()["lost"] > 1000


@more
def test_link_flaps(lab):
    debian = crash.boot(lab, target={"kind": Istgt})
    debian.arms("reboot=never")
    debian.panic()
    debian.machine.expect("10 % written", 120)
    debian.machine.set_link(False)
    time.sleep(2)
    debian.machine.set_link(True)
    debian.expect_dump()
    debian.machine.expect("Halted", 30)
    crash.is_whole(debian)


@more
def test_ibft_and_a_partition(lab):
    """The disk is the one that Linux knows."""
    debian = crash.boot(lab, True, nic="e1000e")
    debian.arms("reboot=now ibft=1")
    debian.panic()
    debian.expect_dump()
    debian.machine.wait_end(60)
    crash.holds(debian)
