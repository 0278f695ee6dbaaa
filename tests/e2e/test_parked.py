# SPDX-License-Identifier: BSD-2-Clause
"""
A card that is parked, as something is read ahead when a call of INT 13h returns: it receives into reserved memory alone; who
gives up, and who starts anew without a reset, is left with no card that writes to memory.
"""
import pytest

from tests.faults import lun
from tests.faults.lab import FaultyTarget
from tests.lab import disks
from tests.lab.boots import FAILURE, FLOOD_FRAMES, FLOOD_MARKER, PAGE, entered, fails_with, flood
from tests.lab.lab import NBP
from tests.lab.network import BRIDGE
from tests.lab.process import bound
from tests.lab.qemu import MAC, RECEIVE_CONTROL, RECEIVER_ENABLED
from tests.lab.settings import STATIC

MEMORY = 64 << 20
READS = 12  # of 32 KiB, one after the other: the last ones have others in flight
BROADCAST_ACCEPT = 1 << 15  # RCTL.BAM
OTHERS_MAC = "52:54:00:12:34:77"
BUS_MASTER = 4


def marked(memory, destination):
    """How many of the flood's frames to there lie in memory."""
    return memory.count(bytes.fromhex(destination.replace(":", "")) + b"\x02\x00\x00\x00\x00\x01\x88\xb5" + FLOOD_MARKER.encode())


def changed(boot, before, after):
    """Pages that a system may use and that are not as they were."""
    return [hex(page) for page in range(0, len(before), PAGE)
            if before[page:page + PAGE] != after[page:page + PAGE] and boot.usable(page)]


def reading_disk(lab, program="hello", name="disk.img", **defines):
    return disks.sector_disk(lab.path(name), disks.assemble(program, READS=READS, **defines))


def slow_ahead(seconds):
    """A target that is slow with all that nobody asks for."""
    return [("slow", {"seconds": seconds, "opcodes": list(lun.READS), "first": READS * 64})]


@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_a_parked_card_writes_to_reserved_memory_alone(lab, nic):
    target = lab.target(reading_disk(lab), FaultyTarget, faults=slow_ahead(600))
    machine = lab.boot_directly(f"{STATIC} root={target.root_path}", memory=MEMORY >> 20, nic=nic)
    boot = entered(machine)
    control = machine.word(machine.card_registers() + RECEIVE_CONTROL)
    assert control & RECEIVER_ENABLED, "nothing was in flight, and the card is stopped"
    assert nic == "e1000" or not control & BROADCAST_ACCEPT

    before = machine.memory(0, MEMORY)
    flood(lab, machine)
    after = machine.memory(0, MEMORY)
    assert not changed(boot, before, after)
    assert marked(after, MAC) > 0, "the card did not receive"
    if nic != "e1000":  # goes on hearing all that it did
        assert marked(after, "ff:ff:ff:ff:ff:ff") == marked(after, "33:33:00:00:00:01") == 0


@pytest.mark.parametrize("number", [0x18, 0x19])
@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_a_boot_sector_that_gives_up_while_the_card_is_parked(lab, nic, number):
    """What is in flight is waited for a while, or given up; the next device finds a card that is silent, and all memory."""
    target = lab.target(reading_disk(lab, "gives_up", NUMBER=number), FaultyTarget, faults=slow_ahead(3))
    local = disks.sector_disk(lab.path("local.img"), disks.assemble("hello"))
    machine = lab.boot_directly(f"{STATIC} root={target.root_path}", memory=MEMORY >> 20, nic=nic, drives=[local], boot="c")
    fails_with(machine, "E_BOOT_GAVE_UP", 90)
    machine.key("n")
    boot = entered(machine, 60, or_fail=None)
    assert "slow" in [entry["name"] for entry in target.control.journal() if entry["what"] == "fault"]
    assert not machine.receiver_is_on()

    before = machine.memory(0, MEMORY)
    flood(lab, machine)
    after = machine.memory(0, MEMORY)
    assert not changed(boot, before, after)
    assert after.count(FLOOD_MARKER.encode()) == before.count(FLOOD_MARKER.encode())


def test_a_second_start_on_another_card_silences_the_first_ones(lab):
    """
    boot=no over a card; the next device reads ahead, the card is parked, and INT 19h begins the boot order anew, in which another
    card's ROM loads us. The memory that the first one writes to is given back: from then on it writes to none. Nor does it when a
    system's driver switches bus mastering on, as Linux's do before they reset the card.
    """
    disk = reading_disk(lab, "gives_up", NUMBER=0x19, WAITS=1)  # the BIOS's next device has the number that is the LUN's
    published = lab.target(disk)
    local = disks.sector_disk(lab.path("local.img"), disks.assemble("hello"))
    first = ["-netdev", f"tap,id=second,ifname={lab.network.add_tap()},script=no,downscript=no",
             "-device", f"e1000e,netdev=second,mac={OTHERS_MAC},romfile=,addr=0x10"]
    script = f"chain sanstrap.pxe {STATIC} root={published.root_path}"
    server = lab.ipxe(f"{script} nic={OTHERS_MAC} boot=no\n", NBP)
    machine = lab.machine(drives=[local], boot="nc", memory=MEMORY >> 20, extra=first)
    machine.expect("GIVES-UP", 90, or_fail=FAILURE)
    assert machine.pci_command(0, 0x10) & BUS_MASTER

    with open(disk, "r+b") as file:
        file.write(disks.assemble("hello"))
    server.publish_text("boot.ipxe", f"#!ipxe\n{script}\n")
    machine.type("x")
    machine.expect("an earlier start's disk is withdrawn", 60)
    boot = entered(machine)
    command = machine.pci_command(0, 0x10)
    assert not command & BUS_MASTER

    before = machine.memory(0, MEMORY)
    machine.pci_command(0, 0x10, command | BUS_MASTER)
    child = lab.network.helper("flood", BRIDGE, OTHERS_MAC, FLOOD_FRAMES, FLOOD_MARKER)
    assert child.wait(bound(60)) == 0
    machine.take_frames()
    after = machine.memory(0, MEMORY)
    assert not changed(boot, before, after)
    assert marked(after, OTHERS_MAC) == 0
