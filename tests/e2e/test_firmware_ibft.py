# SPDX-License-Identifier: BSD-2-Clause
"""
firmware-ibft=yes: tables that QEMU places, as an option ROM or another loader would have left them. Good ones are used; of broken
ones the wrong field is named, and nothing is taken from them.
"""
import pytest

from tests.lab import disks, efi_disk, ibft, ibft_broken, ovmf, qemu
from tests.lab.boots import FAILURE, entered, enters_boot_sector, fails_with, hello_target
from tests.lab.ibft_boot import ACPI, ADDRESS, LOW_MEMORY, placed, placed_at, target_of
from tests.lab.lab import ROOT
from tests.lab.network import SERVER
from tests.lab.settings import ADDRESS as OUR_ADDRESS
from tests.lab.settings import STATIC
from tests.lab.target import MUTUAL

INITIATOR = "iqn.2026-11.org.sanstrap.lab:by-table"
ORIGIN = r"\(firmware's iBFT\)$"


def good_table(served, chap=None):
    nic = ibft.Nic(OUR_ADDRESS, qemu.MAC, gateway=SERVER)
    return ibft.build(ibft.Table(INITIATOR, [nic], [target_of(served, SERVER, chap)]))


def says_where_values_came_from(machine):
    machine.expect(rf"^Address +{OUR_ADDRESS}/24, gateway {SERVER} {ORIGIN}", 60, or_fail=FAILURE)
    machine.expect(rf"^Initiator {INITIATOR} {ORIGIN}", 10, or_fail=FAILURE)
    machine.expect(rf"^Target +\S+ {ORIGIN}", 10, or_fail=FAILURE)


# ---- good tables ----

@pytest.mark.parametrize("where", [LOW_MEMORY, ACPI])
def test_good_under_a_bios(lab, where):
    """No DHCP server, nothing on the command line: address, target and CHAP are the table's."""
    served = hello_target(lab, chap=MUTUAL)
    machine = lab.boot_directly("firmware-ibft=yes", extra=placed(lab, good_table(served, MUTUAL), where))
    says_where_values_came_from(machine)
    machine.expect(rf"^CHAP +as {MUTUAL.name}, mutual {ORIGIN}", 10, or_fail=FAILURE)
    enters_boot_sector(machine)


def test_good_under_uefi(lab):
    served = lab.target(efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\n"))
    machine = ovmf.boot_from_stick(lab, "firmware-ibft=yes", extra=placed(lab, good_table(served), ACPI))
    says_where_values_came_from(machine)
    machine.expect("GRUB-RUNS", 60, or_fail=FAILURE)


def test_not_read_unless_asked(lab):
    served = hello_target(lab)
    machine = lab.boot_directly(f"{STATIC} retry=0", extra=placed(lab, good_table(served), LOW_MEMORY))
    fails_with(machine, "E_ROOT_PATH_MISSING")


# ---- broken tables ----

# One for each field, the first; all of them are held against the validator itself in tests/handoff.
FIELDS = {(case.structure, case.field): case for case in reversed(ibft_broken.BROKEN)}
REFUSED = {key: case for key, case in FIELDS.items() if not ibft_broken.is_beside_the_path(case)}
WORDS = f"firmware-ibft=yes {STATIC} retry=0"


def broken_table(case):
    return case.break_table(ibft.build(ibft_broken.GOOD))


@pytest.mark.parametrize("case", REFUSED.values(), ids=[f"{structure}-{field}" for structure, field in REFUSED])
def test_broken(lab, case):
    """The field is named, and the root path is missing as if there had been no table."""
    machine = lab.boot_directly(WORDS, extra=placed(lab, broken_table(case), LOW_MEMORY))
    machine.expect(rf"^ +iBFT, {case.structure}: {case.field} at", 30, or_fail=FAILURE)
    fails_with(machine, "E_ROOT_PATH_MISSING")


@pytest.mark.parametrize("key", [("NIC 0", "origin"), ("target 1", "address")], ids=" ".join)
def test_broken_beside_the_path(lab, key):
    """The field is named, and the target is the table's."""
    machine = lab.boot_directly(WORDS, extra=placed(lab, broken_table(FIELDS[key]), LOW_MEMORY))
    machine.expect("The firmware's iBFT is used, though not all of it is right", 30, or_fail=FAILURE)
    machine.expect(rf"^ +iBFT, {key[0]}: {key[1]} at", 10, or_fail=FAILURE)
    machine.expect(rf"^Target +\S*{ibft_broken.GOOD.targets[0].name} {ORIGIN}", 10, or_fail=FAILURE)


BAD_VLAN = FIELDS["NIC 0", "VLAN"]


@pytest.mark.parametrize("firmware", ["bios", "efi"])
def test_broken_by_acpi(lab, firmware):
    """QEMU makes such a table's sum right, whatever it was."""
    extra = placed(lab, broken_table(BAD_VLAN), ACPI)
    machine = lab.boot_directly(WORDS, extra=extra) if firmware == "bios" else ovmf.boot_from_stick(lab, WORDS, extra=extra)
    machine.expect(r"^ +iBFT, NIC 0: VLAN at", 90, or_fail=FAILURE)
    ovmf.fails_with(machine, "E_ROOT_PATH_MISSING")


@pytest.mark.parametrize("where", [LOW_MEMORY, ACPI])
def test_a_valid_one_behind_a_wrong_one(lab, where):
    """What looks like a table, in a ROM for one, does not keep the loader from the table."""
    served = hello_target(lab)
    extra = [*placed_at(lab, broken_table(BAD_VLAN), 0x90000), *placed(lab, good_table(served), where)]
    machine = lab.boot_directly("firmware-ibft=yes", extra=extra)
    says_where_values_came_from(machine)
    entered(machine)


def test_there_are_enough_broken_ones():
    assert len(FIELDS) >= 40


# ---- tables that were there before ours ----

STALE, STALE_ISDH = 0x90000, 0x9E000  # golden tables say that they lie there
TOO_LONG = 0x94000  # its length leads out of base memory: Linux takes it all the same
BASE_MEMORY_END = 0xA0000
GOLDEN_GENERATION = 3
# Of an ISDH: where it says that it lies, and which generation it is (handoff/isdh.h).
ISDH_ADDRESS, ISDH_GENERATION = 64, 72


def golden(name):
    """A table of the loader's own making, from the unit tests' golden files."""
    with open(f"{ROOT}/tests/unit/golden/{name}.hex", encoding="ascii") as file:
        return bytes.fromhex(file.read())


def quadword(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def test_stale_tables_give_way(lab):
    """
    An iBFT below ours is what Linux would take, and an ISDH of an earlier start what a dump driver might: both lose their
    signature, and our ISDH's generation is the next one.
    """
    good = ibft.build(ibft_broken.GOOD)
    served = hello_target(lab)
    lab.dhcp(root_path=served.root_path)
    extra = [*placed_at(lab, good, ADDRESS),
             *placed_at(lab, b"BIFT" + good[4:], STALE),
             *placed_at(lab, b"iBFT" + (0x20000).to_bytes(4, "little") + bytes(56), TOO_LONG),
             *placed_at(lab, golden("isdh-plain"), STALE_ISDH)]
    machine = lab.boot_directly(extra=extra)
    boot = entered(machine)

    memory = machine.memory(0, disks.MIB)
    for place in (ADDRESS, STALE, TOO_LONG):
        assert memory[place:place + 4] == bytes(4)
    tables = [place for place in range(0x80000, BASE_MEMORY_END, 16) if memory[place:place + 4] in (b"iBFT", b"BIFT", b"IBFT")]
    assert len(tables) == 1 and tables[0] >= boot.base_memory

    ours = memory.find(b"ISDH", tables[0])
    assert ours % 16 == 0 and memory.count(b"Sanstrap-ISDH", boot.base_memory, BASE_MEMORY_END) == 1
    assert quadword(memory, ours + ISDH_ADDRESS) == ours
    assert quadword(memory, ours + ISDH_GENERATION) == GOLDEN_GENERATION + 1
