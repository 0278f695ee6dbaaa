# SPDX-License-Identifier: BSD-2-Clause
"""
What the loader leaves in a machine, as sanstrap-handoff finds it in the machine's memory: both tables, and the flight recorder.
"""
import json

import pytest

from tests.handoff import isdh_reader, tables
from tests.lab import disks, efi_disk, ovmf, qemu
from tests.lab.boots import FAILURE, PAGE, RESERVED, entered, fails_with, hello_disk, hello_target
from tests.lab.ibft_boot import ACPI, placed
from tests.lab.network import SERVER
from tests.lab.settings import ADDRESS, STATIC, UNTIL_KEY, credentials
from tests.lab.target import MUTUAL, NAME

MEMORY = 256  # MiB
LOWEST_PLACE = 0x85208  # where FreeBSD begins to look
INITIATOR = "iqn.2026-11.org.sanstrap.lab:handed-off"


# ---- a machine, and what the tool finds in it ----

def settings(served, *more):
    words = f"{STATIC} gateway={SERVER} dns={SERVER} initiator={INITIATOR} root={served.root_path} {credentials(MUTUAL)}"
    return " ".join([words, *more])


def disk_for(lab, firmware):
    if firmware == "bios":
        return hello_disk(lab)
    return efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\nread key\n")


def started(lab, firmware, words, **options):
    """A machine in which the disk's boot program runs and rests, and under a BIOS the memory map that it was told."""
    if firmware == "bios":
        machine = lab.boot_directly(words, memory=MEMORY, **options)
        return machine, entered(machine).memory_map
    machine = ovmf.boot_from_stick(lab, words, memory=MEMORY, **options)
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    return machine, None


def found(machine, lab, *options):
    """The tool's verdict over all of the machine's memory, and what it found."""
    path = machine.save_memory(0, MEMORY * disks.MIB, lab.path("memory.img"))
    status, out, _ = tables.run("--json", *options, path)
    return status, json.loads(out)


def counting(seen, kind, **how):
    """The tables of a kind that an operating system takes; `how` are values that they have, too."""
    wanted = {"table": kind, "role": "counts", **how}
    return [table for table in seen["tables"] if all(table[name] == value for name, value in wanted.items())]


def has_no_table(machine):
    low = machine.memory(0x80000, 0x20000)
    assert b"iBFT" not in low and b"ISDH" not in low


# ---- what has to be true of them ----

def is_reserved(memory_map, first, size):
    """One entry of E820's, a reserved one in whole pages, holds all of it, and no two entries overlap."""
    covering = [(base, length, kind) for base, length, kind in memory_map if base < first + size and first < base + length]
    assert len(covering) == 1 and covering[0][2] == RESERVED, f"{first:#x}, {size} bytes: {covering}"
    base, length, _ = covering[0]
    assert base <= first and first + size <= base + length and base % PAGE == 0

    ends = sorted((base, base + length) for base, length, _ in memory_map)
    assert all(before[1] <= behind[0] for before, behind in zip(ends, ends[1:])), ends


def has(structure, **values):
    assert {name: structure[name] for name in values} == values


def is_what_was_set(ibft, isdh, served):
    """Both tables tell of the same machine."""
    has(ibft["initiator"], name=INITIATOR)
    has(isdh, initiator=INITIATOR)

    has(ibft["nics"][0], mac=qemu.MAC, address=ADDRESS, prefix=24, gateway=None, origin="manual")
    has(isdh["nics"][0], mac=qemu.MAC, vendor_id=0x8086, device_id=0x100E)
    has(isdh["addresses"][0], address=ADDRESS, prefix=24, gateway=SERVER, mtu=1500)
    assert isdh["addresses"][0]["next_hop"]

    disk = isdh["targets"][0]
    for target in (ibft["targets"][0], disk):
        has(target, name=NAME, address=SERVER, port=3260, chap="mutual", chap_name=MUTUAL.name, reverse_name=MUTUAL.reverse_name)
        assert target["lun_bytes"].replace(" ", "").startswith(f"00{served.lun:02x}")
    has(disk, vendor="SANSTRAP", product="LAB DISK", serial="LAB0001", block_size=512)
    assert disk["wwid"] and disk["session"]["tsih"]


def is_in_reserved_memory(memory_map, ibft, isdh):
    assert ibft["linux_choice"] and ibft["address"] >= LOWEST_PLACE
    for table in (ibft, isdh):
        is_reserved(memory_map, table["address"], table["length"])
    is_reserved(memory_map, isdh["log"]["address"], isdh["log"]["size"])


BEGINNINGS = ("sanstrap ", "NIC ", "Link ", "TCP: connecting to", "TCP: connected", "iSCSI: login stage",
              "iSCSI: full feature phase", "Disk ", "Boot ")


def tells_the_story(lines):
    """The flight recorder has a line of every step, in the order of time."""
    texts = [line["text"] for line in lines]
    for beginning in BEGINNINGS:
        assert any(text.startswith(beginning) for text in texts), f"no line begins with {beginning!r}: {texts}"
    times = [line["milliseconds"] for line in lines]
    assert times == sorted(times)


# ---- tests ----

@pytest.mark.parametrize("firmware", ["bios", "efi"])
def test_both_tables_and_the_flight_recorder(lab, firmware):
    served = lab.target(disk_for(lab, firmware), chap=MUTUAL)
    machine, memory_map = started(lab, firmware, settings(served))
    machine.qmp("stop")  # what is looked at more than once stays the same
    status, seen = found(machine, lab)
    assert status == tables.VALID, seen
    isdh, = counting(seen, "ISDH", oem_id="SNSTRP")
    ibft = counting(seen, "iBFT", oem_id="SNSTRP")[0]

    is_what_was_set(ibft, isdh, served)
    assert isdh["nics"][0]["registers"] == machine.card_registers()
    assert isdh["flags"] == ([] if firmware == "bios" else ["acpi"])  # without secrets
    if firmware == "bios":
        is_in_reserved_memory(memory_map, ibft, isdh)

    content = machine.memory(isdh["address"], isdh["length"])
    assert isdh_reader.read(content, isdh["address"]) == tables.isdh_values(isdh)

    status, recorded = found(machine, lab, "--log")
    assert status == tables.VALID
    lines = recorded["log"]["lines"]
    by_the_document = isdh_reader.read_log(machine.memory(isdh["log"]["address"], isdh["log"]["size"]))
    assert [line["text"] for line in by_the_document] == [line["text"] for line in lines]
    tells_the_story(lines)


def test_of_two_isdh_tables_in_acpi_ours_counts(lab):
    """Another one, of a sanstrap that stayed as a driver, does not lead a dump driver to another disk."""
    served = lab.target(disk_for(lab, "efi"), chap=MUTUAL)
    other = tables.isdh("plain", 0, "acpi", generation=9)
    machine, _ = started(lab, "efi", settings(served), extra=placed(lab, other, ACPI))
    _, seen = found(machine, lab)

    valid = [table for table in seen["tables"] if table["table"] == "ISDH" and table["valid"]]
    assert {table["role"] for table in valid if table["generation"] == 9} == {"superseded"}
    ours, = [table for table in valid if table["role"] == "counts"]
    has(ours, generation=10, initiator=INITIATOR)


def test_secrets_on_demand(lab):
    served = hello_target(lab, chap=MUTUAL)
    machine, _ = started(lab, "bios", settings(served, "handoff=secrets"))
    _, seen = found(machine, lab, "--show-secrets")
    isdh, = counting(seen, "ISDH")
    assert isdh["flags"] == ["secrets"]
    assert isdh["targets"][0]["chap_secret"]["text"] == MUTUAL.secret
    assert isdh["targets"][0]["reverse_secret"]["text"] == MUTUAL.reverse_secret


def test_nothing_on_demand(lab):
    served = hello_target(lab, chap=MUTUAL)
    machine, _ = started(lab, "bios", settings(served, "handoff=no"))
    has_no_table(machine)


def test_a_failure_is_recorded_and_leaves_no_table(lab):
    """The tables go when the disk cannot be booted, and the log tells why; they come back with the next attempt."""
    disk = lab.file("disk.img", bytes(disks.MIB))
    served = lab.target(disk, chap=MUTUAL)
    machine = lab.boot_directly(settings(served, UNTIL_KEY), memory=MEMORY)
    fails_with(machine, "E_BOOT_SIGNATURE")
    has_no_table(machine)
    _, recorded = found(machine, lab, "--log")
    errors = [line["text"] for line in recorded["log"]["lines"] if line["level"] == "error"]
    assert len(errors) == 1 and errors[0].startswith("S801 The disk has no boot sector: ")

    with open(disk, "r+b") as file:
        file.write(disks.assemble("hello"))
    machine.key("r")
    entered(machine)
    status, seen = found(machine, lab)
    assert status == tables.VALID
    isdh, = counting(seen, "ISDH")
    assert isdh["generation"] == 2
