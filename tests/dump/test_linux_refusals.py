# SPDX-License-Identifier: BSD-2-Clause
"""What the module refuses when a machine is not, or not any more, as its table says. The table is altered in memory."""
import re
import struct

from tests.dump import crash, kernel_modules
from tests.dump.test_linux_dump import more
from tests.handoff import tables
from tests.lab import dump_area
from tests.lab.boots import code
from tests.lab.disks import MIB

LOW, LOW_END = 0x80000, 0xA0000
NIC = 4  # type of the record
BUS, SEGMENT, DEVICE_ID, SUBSYSTEM, MAC, REGISTERS = 5, 8, 12, 16, 18, 24

ALTERED = [
    (SEGMENT, b"\1\0", r"refused the card is in PCI segment 1, which"),
    (BUS, b"\x5f", r"refused there is no card at PCI location 5f:"),
    (DEVICE_ID, b"\x34\x12", r"refused card \S+ is 8086:\w+ \(\w+:\w+\), by the table 8086:1234 "),
    (SUBSYSTEM, b"\x34\x12", r"refused card \S+ is 8086:\w+ \(\w+:\w+\), by the table 8086:\w+ \(\w+:1234\)"),
    (MAC, bytes.fromhex("525400beef01"), r"refused card \S+ has another MAC address than the table's 52:54:00:be:ef:01"),
    (REGISTERS, struct.pack("<Q", 0xD0000000), r"refused card \S+ has its registers at 0x\w+, by the table at 0xd0000000: its "),
]


class Table:
    """The ISDH in low memory."""

    def __init__(self, debian):
        self.debian = debian
        with open(debian.machine.save_memory(LOW, LOW_END - LOW, debian.lab.path("low")), "rb") as file:
            low = file.read()
        found = {LOW + at: low[at:at + struct.unpack_from("<I", low, at + 4)[0]] for at in range(0, len(low), 16)
                 if low[at:at + 4] == b"ISDH"}
        (self.address, self.bytes), = [(at, table) for at, table in found.items() if tables.sealed(table) == table]
        self.nic = tables.records(self.bytes)[NIC][0]

    def put(self, table):
        for at in range(0, len(table), 512):
            self.debian.machine.poke(self.address + at, table[at:at + 512])

    def armed_with(self, offset, new):
        """The state that the module takes with this change in the card's record."""
        self.put(tables.changed(self.bytes, self.nic + offset, new))
        state = arm(self.debian)
        self.put(self.bytes)
        return state


def arm(debian):
    debian.run("echo 1 > /sys/kernel/sanstrap_dump/arm")
    return debian.state()


def set_extent(debian, blocks):
    """Marks so many blocks and tells the module."""
    dump_area.mark(debian.disk, debian.first, blocks)
    debian.run(f"echo {debian.first}:{blocks} > /sys/module/sanstrap_dump/parameters/extent")


def move_registers(debian):
    """Of the card, by its configuration space: BAR 0 says another address than Linux knows. Nobody uses it."""
    place = re.search(r"^CARD (\S+)", debian.run("for d in /sys/bus/pci/drivers/e1000*/0*; do echo CARD $d; done"), re.M).group(1)
    debian.run(rf"printf '\000\000\000\320' | dd of={place}/config bs=4 seek=4 conv=notrunc 2> /dev/null")


def test_a_machine_that_is_not_as_its_table_says(lab):
    debian = crash.boot(lab)
    table = Table(debian)
    debian.arms(f"isdh={table.address:#x}")
    for offset, new, wanted in ALTERED:
        state = table.armed_with(offset, new)
        assert re.match(wanted, state), (wanted, state)
    assert arm(debian).startswith("armed ")

    blocks = 200 * MIB // 512
    set_extent(debian, blocks)
    assert re.match(r"refused the extent holds 199 MiB, and a dump has \d+$", arm(debian))
    debian.run("echo 1 > /sys/module/sanstrap_dump/parameters/level")
    state = arm(debian)
    assert state.startswith("armed ")
    found = re.search(r"holds a dump as long as (\d+) MiB of memory are zeros, which (\d+) are now", state)
    zeros, now = map(int, found.groups())
    assert 0 < zeros <= now + 1 <= crash.MEMORY
    set_extent(debian, 16 * MIB // 512)
    assert re.match(r"refused the extent holds 15 MiB, and a dump has \d+ without what is zeros now$", arm(debian))

    set_extent(debian, debian.blocks)
    assert arm(debian).startswith("armed ") and "zeros" not in debian.state()
    debian.run("mount -t securityfs none /sys/kernel/security; echo confidentiality > /sys/kernel/security/lockdown")
    assert arm(debian).startswith("refused the kernel is locked down")


@more
def test_registers_that_have_moved_since(lab):
    debian = crash.boot(lab, early=True)
    debian.arms("reboot=now")
    move_registers(debian)
    debian.panic()
    debian.expect_failure(code("E_NIC_REGISTERS"))
    debian.machine.wait_end(60)
    assert debian.untouched()


@more
def test_an_iommu_that_somebody_else_has_set_up(lab):
    debian = crash.boot(lab, board="q35", early=True, kernel=["intel_iommu=on"], extra=["-device", "intel-iommu"])
    module = kernel_modules.send(debian, "iommu_owner")
    debian.arms("reboot=now")
    card = re.search(r"^CARD (\S+)", debian.run("for d in /sys/bus/pci/drivers/e1000*/0*; do echo CARD ${d##*/}; done"), re.M)
    debian.run(f"insmod {module} card={card.group(1)}")
    assert re.match(r"refused card \S+ is behind an IOMMU that somebody else has set up", arm(debian))
    debian.run("rmmod iommu_owner")
    assert arm(debian).startswith("armed ")
