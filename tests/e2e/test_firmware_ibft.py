# SPDX-License-Identifier: BSD-2-Clause
"""
firmware-ibft=yes: tables that QEMU places, as an option ROM or another loader would have left them. Good ones are used; of broken ones the
wrong field is named, and nothing is taken from them.
"""
import pytest

from tests.lab import efi_disk, ibft, ibft_broken, ovmf, qemu
from tests.lab.boots import FAILURE, as_a_bios_would, entered, fails_with, hello_disk
from tests.lab.ibft_boot import ACPI, ADDRESS, LOW_MEMORY, placed, target_of
from tests.lab.lab import LKRN, ROOT
from tests.lab.network import PREFIX, SERVER
from tests.lab.target import Chap

MUTUAL = Chap("lab-user", "twelve-bytes-at-least", "lab-target", "another-secret-of-it")
INITIATOR = "iqn.2026-11.org.sanstrap.lab:by-table"
ORIGIN = r"\(firmware's iBFT\)$"


def good_table(served, chap=None):
    return ibft.Table(INITIATOR, [ibft.Nic(f"{PREFIX}.50", qemu.MAC, gateway=SERVER)], [target_of(served, SERVER, chap)])


def says_where_values_came_from(machine):
    machine.expect(rf"^Address +{PREFIX}\.50/24, gateway {SERVER} {ORIGIN}", 60, or_fail=FAILURE)
    machine.expect(rf"^Initiator {INITIATOR} {ORIGIN}", 10, or_fail=FAILURE)
    machine.expect(rf"^Target +\S+ {ORIGIN}", 10, or_fail=FAILURE)


@pytest.mark.parametrize("where", [LOW_MEMORY, ACPI])
def test_good_under_a_bios(lab, where):
    """No DHCP server, nothing on the command line: address, target and CHAP are the table's."""
    served = lab.target(hello_disk(lab), chap=MUTUAL)
    extra = placed(lab, ibft.build(good_table(served, MUTUAL)), where)
    machine = lab.machine(kernel=LKRN, rom="", append="firmware-ibft=yes", extra=extra)
    says_where_values_came_from(machine)
    machine.expect(rf"^CHAP +as lab-user, mutual {ORIGIN}", 10, or_fail=FAILURE)
    as_a_bios_would(entered(machine))


def test_good_under_uefi(lab):
    served = lab.target(efi_disk.grub_disk(lab.path("disk.img"), lab.folder, "echo GRUB-RUNS\n"))
    machine = ovmf.boot_from_stick(lab, "firmware-ibft=yes", extra=placed(lab, ibft.build(good_table(served)), ACPI))
    says_where_values_came_from(machine)
    machine.expect("GRUB-RUNS", 60, or_fail=FAILURE)


def test_not_read_unless_asked(lab):
    served = lab.target(hello_disk(lab))
    machine = lab.machine(kernel=LKRN, rom="", append="ip=192.168.77.50/24 retry=0",
                          extra=placed(lab, ibft.build(good_table(served)), LOW_MEMORY))
    fails_with(machine, "E_ROOT_PATH_MISSING")


# One for each field, the first; all of them are held against the validator itself in tests/handoff.
FIELDS = {(case.structure, case.field): case for case in reversed(ibft_broken.BROKEN)}


@pytest.mark.parametrize("case", FIELDS.values(), ids=[f"{structure}-{field}" for structure, field in FIELDS])
def test_broken(lab, case):
    """The field is named, and the root path is missing as if there had been no table."""
    table = case.break_table(ibft.build(ibft_broken.GOOD))
    machine = lab.machine(kernel=LKRN, rom="", append=f"firmware-ibft=yes ip={PREFIX}.50/24 retry=0",
                          extra=placed(lab, table, LOW_MEMORY))
    machine.expect(rf"^ +iBFT, {case.structure}: {case.field} at", 30, or_fail=FAILURE)
    fails_with(machine, "E_ROOT_PATH_MISSING")


BAD_VLAN = next(case for case in ibft_broken.BROKEN if (case.structure, case.field) == ("NIC 0", "VLAN"))


@pytest.mark.parametrize("firmware", ["bios", "efi"])
def test_broken_by_acpi(lab, firmware):
    """QEMU makes such a table's sum right, whatever it was."""
    extra = placed(lab, BAD_VLAN.break_table(ibft.build(ibft_broken.GOOD)), ACPI)
    words = f"firmware-ibft=yes ip={PREFIX}.50/24 retry=0"
    machine = (lab.machine(kernel=LKRN, rom="", append=words, extra=extra) if firmware == "bios" else
               ovmf.boot_from_stick(lab, words, extra=extra))
    machine.expect(r"^ +iBFT, NIC 0: VLAN at", 90, or_fail=FAILURE)
    ovmf.fails_with(machine, "E_ROOT_PATH_MISSING")


@pytest.mark.parametrize("where", [LOW_MEMORY, ACPI])
def test_a_valid_one_behind_a_wrong_one(lab, where):
    """What looks like a table, in a ROM for one, does not keep the loader from the table."""
    served = lab.target(hello_disk(lab))
    wrong = lab.file("wrong", BAD_VLAN.break_table(ibft.build(ibft_broken.GOOD)))
    extra = ["-device", f"loader,file={wrong},addr=0x90000,force-raw=on", *placed(lab, ibft.build(good_table(served)), where)]
    machine = lab.machine(kernel=LKRN, rom="", append="firmware-ibft=yes", extra=extra)
    says_where_values_came_from(machine)
    entered(machine)


def test_there_are_enough_broken_ones():
    assert len(FIELDS) >= 40


def golden(name):
    """A table of the loader's own making, from the unit tests' golden files."""
    with open(f"{ROOT}/tests/unit/golden/{name}.hex", encoding="ascii") as file:
        return bytes.fromhex(file.read())


def test_stale_tables_give_way(lab):
    """
    An iBFT below ours is what Linux would take, and an ISDH of an earlier start what a dump driver might: both lose their signature, and our
    ISDH's generation is the next one.
    """
    stale, isdh = 0x90000, 0x9E000  # golden tables say that they lie there
    broken = 0x94000  # its length leads out of base memory: Linux takes it all the same
    served = lab.target(hello_disk(lab))
    lab.dhcp(root_path=served.root_path)
    extra = [*placed(lab, ibft.build(ibft_broken.GOOD), LOW_MEMORY),
             "-device", f"loader,file={lab.file('bift', b'BIFT' + ibft.build(ibft_broken.GOOD)[4:])},addr={stale:#x},force-raw=on",
             "-device", f"loader,file={lab.file('broken', b'iBFT' + (0x20000).to_bytes(4, 'little') + bytes(56))},addr={broken:#x},force-raw=on",
             "-device", f"loader,file={lab.file('isdh', golden('isdh-plain'))},addr={isdh:#x},force-raw=on"]
    machine = lab.machine(kernel=LKRN, rom="", extra=extra)
    boot = entered(machine)
    memory = machine.memory(0, 1 << 20)
    for place in (ADDRESS, stale, broken):
        assert memory[place:place + 4] == bytes(4)
    tables = [place for place in range(0x80000, 0xA0000, 16) if memory[place:place + 4] in (b"iBFT", b"BIFT", b"IBFT")]
    assert len(tables) == 1 and tables[0] >= boot.base_memory
    ours = memory.find(b"ISDH", tables[0])
    assert ours % 16 == 0 and memory.count(b"Sanstrap-ISDH", boot.base_memory, 0xA0000) == 1
    assert int.from_bytes(memory[ours + 64:ours + 72], "little") == ours
    assert int.from_bytes(memory[ours + 72:ours + 80], "little") == 3 + 1
