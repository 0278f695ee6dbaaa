# SPDX-License-Identifier: BSD-2-Clause
"""What the loader leaves in a machine, as sanstrap-handoff finds it in the machine's memory: both tables, and the flight recorder."""
import json

import pytest

from tests.handoff import isdh_reader, tables
from tests.lab import disks, efi_disk, ovmf, qemu
from tests.lab.boots import FAILURE, entered, fails_with, hello_disk
from tests.lab.causes import UNTIL_KEY
from tests.lab.ibft_boot import ACPI, placed
from tests.lab.lab import LKRN
from tests.lab.network import PREFIX, SERVER
from tests.lab.target import NAME, Chap

MEMORY = 256  # MiB
RESERVED = 2  # of E820
PAGE = 4096
MUTUAL = Chap("lab-user", "twelve-bytes-at-least", "lab-target", "another-secret-of-it")
INITIATOR = "iqn.2026-11.org.sanstrap.lab:handed-off"


def settings(served, *more):
    return " ".join([f"ip={PREFIX}.50/24 gateway={SERVER} dns={SERVER} initiator={INITIATOR} root={served.root_path}",
                     f"chap={MUTUAL.name}:{MUTUAL.secret} mutual={MUTUAL.reverse_name}:{MUTUAL.reverse_secret}", *more])


def found(machine, lab, *options):
    """The tool's verdict over all of the machine's memory, and what it found."""
    path = machine.save_memory(0, MEMORY * disks.MIB, lab.path("memory.img"))
    status, out, _ = tables.run("--json", *options, path)
    return status, json.loads(out)


def started(lab, firmware, words):
    """A machine in which the disk's boot program runs and rests, and under a BIOS the memory map that it was told."""
    if firmware == "bios":
        machine = lab.machine(kernel=LKRN, rom="", append=words, memory=MEMORY)
        return machine, entered(machine).memory_map
    machine = ovmf.boot_from_stick(lab, words, memory=MEMORY)
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    return machine, None


def is_reserved(memory_map, first, size):
    """One entry of E820's, a reserved one in whole pages, holds all of it, and no two entries overlap."""
    covering = [(base, length, kind) for base, length, kind in memory_map if base < first + size and first < base + length]
    assert len(covering) == 1 and covering[0][2] == RESERVED, f"{first:#x}, {size} bytes: {covering}"
    base, length, _ = covering[0]
    assert base <= first and first + size <= base + length and base % PAGE == 0
    ends = sorted((base, base + length) for base, length, _ in memory_map)
    assert all(before[1] <= behind[0] for before, behind in zip(ends, ends[1:])), ends


def disk_for(lab, firmware):
    return hello_disk(lab) if firmware == "bios" else efi_disk.grub_disk(lab.path("disk.img"), lab.folder, "echo GRUB-RUNS\nread key\n")


def is_what_was_set(ibft, isdh, served):
    """Both tables tell of the same machine."""
    nic, target = ibft["nics"][0], ibft["targets"][0]
    assert (ibft["initiator"]["name"], isdh["initiator"]) == (INITIATOR, INITIATOR)
    assert (nic["address"], nic["prefix"], nic["gateway"], nic["origin"]) == (f"{PREFIX}.50", 24, None, "manual")
    assert (nic["mac"], isdh["nics"][0]["mac"]) == (qemu.MAC, qemu.MAC)
    address = isdh["addresses"][0]
    assert (address["address"], address["prefix"], address["gateway"]) == (f"{PREFIX}.50", 24, SERVER)
    assert address["next_hop"] and address["mtu"] == 1500
    for one in (target, isdh["targets"][0]):
        assert (one["name"], one["address"], one["port"], one["chap"]) == (NAME, SERVER, 3260, "mutual")
        assert one["lun_bytes"].replace(" ", "").startswith(f"00{served.lun:02x}")
        assert one["chap_name"] == MUTUAL.name and one["reverse_name"] == MUTUAL.reverse_name
    disk = isdh["targets"][0]
    assert (disk["vendor"], disk["product"], disk["serial"]) == ("SANSTRAP", "LAB DISK", "LAB0001")
    assert disk["block_size"] == 512 and disk["wwid"] and disk["session"]["tsih"]
    assert (isdh["nics"][0]["vendor_id"], isdh["nics"][0]["device_id"]) == (0x8086, 0x100E)


@pytest.mark.parametrize("firmware", ["bios", "efi"])
def test_both_tables_and_the_flight_recorder(lab, firmware):
    served = lab.target(disk_for(lab, firmware), chap=MUTUAL)
    machine, memory_map = started(lab, firmware, settings(served))
    status, seen = found(machine, lab)
    assert status == tables.VALID, seen
    counting = [table for table in seen["tables"] if table["role"] == "counts" and table["oem_id"] == "SNSTRP"]
    isdh, = [table for table in counting if table["table"] == "ISDH"]
    ibfts = [table for table in counting if table["table"] == "iBFT"]
    is_what_was_set(ibfts[0], isdh, served)
    assert isdh["nics"][0]["registers"] == machine.card_registers()
    assert isdh["flags"] == ([] if firmware == "bios" else ["acpi"])  # without secrets
    if firmware == "bios":
        assert ibfts[0]["linux_choice"] and ibfts[0]["address"] >= 0x85208
        for place in (ibfts[0], isdh):
            is_reserved(memory_map, place["address"], place["length"])
        is_reserved(memory_map, isdh["log"]["address"], isdh["log"]["size"])
    content = machine.memory(isdh["address"], isdh["length"])
    assert isdh_reader.read(content, isdh["address"]) == tables.isdh_values(isdh)
    status, recorded = found(machine, lab, "--log")
    assert status == tables.VALID
    by_the_document = isdh_reader.read_log(machine.memory(isdh["log"]["address"], isdh["log"]["size"]))
    assert [line["text"] for line in by_the_document] == [line["text"] for line in recorded["log"]["lines"]]
    lines = [line["text"] for line in recorded["log"]["lines"]]
    for begins in ("sanstrap ", "NIC ", "Link ", "TCP: connecting to", "TCP: connected", "iSCSI: login stage", "iSCSI: full feature phase",
                   "Disk ", "Boot "):
        assert any(line.startswith(begins) for line in lines), f"no line begins with {begins!r}: {lines}"
    times = [line["milliseconds"] for line in recorded["log"]["lines"]]
    assert times == sorted(times)


def test_of_two_isdh_tables_in_acpi_ours_counts(lab):
    """Another one, of a sanstrap that stayed as a driver, does not lead a dump driver to another disk."""
    served = lab.target(disk_for(lab, "efi"), chap=MUTUAL)
    extra = placed(lab, tables.isdh("plain", 0, "acpi", generation=9), ACPI)
    machine = ovmf.boot_from_stick(lab, settings(served), memory=MEMORY, extra=extra)
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    _, seen = found(machine, lab)
    valid = [table for table in seen["tables"] if table["table"] == "ISDH" and table["valid"]]
    assert {table["role"] for table in valid if table["generation"] == 9} == {"superseded"}
    counting, = [table for table in valid if table["role"] == "counts"]
    assert (counting["generation"], counting["initiator"]) == (10, INITIATOR)


def test_secrets_on_demand(lab):
    served = lab.target(hello_disk(lab), chap=MUTUAL)
    machine, _ = started(lab, "bios", settings(served, "handoff=secrets"))
    _, seen = found(machine, lab, "--show-secrets")
    isdh, = [table for table in seen["tables"] if table["table"] == "ISDH" and table["role"] == "counts"]
    assert isdh["flags"] == ["secrets"]
    assert isdh["targets"][0]["chap_secret"]["text"] == MUTUAL.secret
    assert isdh["targets"][0]["reverse_secret"]["text"] == MUTUAL.reverse_secret


def test_nothing_on_demand(lab):
    served = lab.target(hello_disk(lab), chap=MUTUAL)
    machine, _ = started(lab, "bios", settings(served, "handoff=no"))
    low = machine.memory(0x80000, 0x20000)
    assert b"iBFT" not in low and b"ISDH" not in low


def test_a_failure_is_recorded_and_leaves_no_table(lab):
    """The tables go when the disk cannot be booted, and the log tells why; they come back with the next attempt."""
    disk = lab.file("disk.img", bytes(1 << 20))
    served = lab.target(disk, chap=MUTUAL)
    machine = lab.machine(kernel=LKRN, rom="", append=settings(served, UNTIL_KEY), memory=MEMORY)
    fails_with(machine, "E_BOOT_SIGNATURE")
    low = machine.memory(0x80000, 0x20000)
    assert b"iBFT" not in low and b"ISDH" not in low
    _, recorded = found(machine, lab, "--log")
    errors = [line["text"] for line in recorded["log"]["lines"] if line["level"] == "error"]
    assert len(errors) == 1 and errors[0].startswith("S801 The disk has no boot sector: ")
    with open(disk, "r+b") as file:
        file.write(disks.assemble("hello", lab.folder))
    machine.key("r")
    entered(machine)
    status, seen = found(machine, lab)
    assert status == tables.VALID
    isdh, = [table for table in seen["tables"] if table["table"] == "ISDH" and table["role"] == "counts"]
    assert isdh["generation"] == 2
