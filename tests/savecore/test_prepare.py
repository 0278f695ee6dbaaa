# SPDX-License-Identifier: BSD-2-Clause
"""sanstrap-savecore --prepare: what is marked, byte for byte, and everything that it leaves alone."""
import struct
import uuid

import pytest

from tests.savecore import disks
from tests.savecore.disks import (AREA_TYPE, Area, Disk, DONE, FREE, LINUX_TYPE, MIB, NOTHING, TROUBLE, areas, disk_with_area,
                                  gpt, partition_id, run)

REACH = 256 * 1024


def refused(disk, *arguments, because):
    """Nothing is written, and it says why."""
    before = disk.content()
    status, out, err = run("--prepare", *disk.options, *arguments)
    assert (status, out) == (TROUBLE, "")
    assert because in err
    assert disk.content() == before
    return err


# ---- what is marked ----

@pytest.mark.parametrize("block_size", (512, 4096))
@pytest.mark.parametrize("named", ("2", str(partition_id(2)), str(partition_id(2)).upper()))
def test_a_partition(tmp_path, block_size, named):
    disk, area = disk_with_area(tmp_path, block_size)
    before = disk.content()
    status, out, _ = run("--prepare", f"--partition={named}", *disk.options, disk)
    assert status == DONE
    assert f"partition={partition_id(2)}" in out

    assert disk.read(area.offset, 512) == area.head(FREE, area.area_id())
    assert area.area_id() != bytes(16)
    after = disk.content()
    assert after[area.offset + 512:area.offset + area.length] == bytes(area.length - 512)
    assert after[:area.offset] == before[:area.offset]
    assert after[area.offset + area.length:] == before[area.offset + area.length:]


@pytest.mark.parametrize("block_size", (512, 4096))
def test_an_extent_beside_the_partitions(tmp_path, block_size):
    disk = gpt(Disk(tmp_path / "disk.img", 16 * MIB, block_size), (LINUX_TYPE, MIB // block_size, MIB // block_size))
    first, blocks = 4 * MIB // block_size, 4 * MIB // block_size
    status, out, _ = run("--prepare", f"--extent={first}:{blocks}", *disk.options, disk)
    assert status == DONE and f"extent={first}:{blocks}" in out
    area = Area(disk, 4 * MIB, 4 * MIB)
    assert disk.read(area.offset, 512) == area.head(FREE, area.area_id())


def test_an_extent_at_the_disks_end_without_a_partition_table(tmp_path):
    disk = Disk(tmp_path / "disk.img")
    status, _, _ = run("--prepare", f"--extent={8 * MIB // 512}:{8 * MIB // 512}", disk)
    assert status == DONE
    assert areas("--list", f"--extent={8 * MIB // 512}:{8 * MIB // 512}", disk)[1][0]["state"] == "free"


def test_a_place_that_was_named_twice_is_one_area(tmp_path):
    disk, _ = disk_with_area(tmp_path)
    file = tmp_path / "savecore.conf"
    file.write_text(f"partition=2 {disk}\ndisk={disk}\nextent=4096:16384 {disk}\n")
    for _ in range(2):
        assert [area["partition"] for area in areas(f"--config={file}", "--list")[1] if area["disk"] == str(disk)] == [2]
        assert areas("--prepare", "--partition=2", disk)[1][0]["state"] == "free"


def test_marking_again_gives_another_id(tmp_path):
    disk, area = disk_with_area(tmp_path)
    seen = set()
    for _ in range(3):
        assert run("--prepare", "--partition=2", disk)[0] == DONE
        seen.add(area.area_id())
    assert len(seen) == 3


def test_the_backup_of_a_gpt_serves(tmp_path):
    disk, _ = disk_with_area(tmp_path)
    disk.flip(512 + 40)
    assert run("--prepare", "--partition=2", disk)[0] == DONE
    assert areas("--list", disk)[1][0]["state"] == "free"


def test_a_gpt_of_which_nothing_is_whole_is_not_used(tmp_path):
    disk, _ = disk_with_area(tmp_path)
    disk.flip(512 + 40)
    disk.flip(disk.size - 512 + 40)
    refused(disk, "--partition=2", disk, because="neither copy of its GPT is whole")
    refused(disk, "--extent=20480:8192", disk, because="neither copy of the GPT")


def test_a_gpt_of_which_the_beginning_was_made_zero(tmp_path):
    disk, _ = disk_with_area(tmp_path)
    disk.write(0, bytes(MIB))
    refused(disk, "--extent=20480:8192", disk, because="holds a partition table (GPT), on the whole disk")


# ---- partitions that are not ----

def test_a_partition_of_another_type(tmp_path):
    disk, _ = disk_with_area(tmp_path)
    err = refused(disk, "--partition=1", disk, because=f"has the type {LINUX_TYPE}")
    assert f"sfdisk --part-type {disk} 1 {AREA_TYPE}" in err
    assert f"sgdisk --typecode=1:{AREA_TYPE} {disk}" in err
    refused(disk, "--partition=1", "--force", disk, because="has the type")


def test_a_partition_that_is_not_there(tmp_path):
    disk, _ = disk_with_area(tmp_path)
    refused(disk, "--partition=3", disk, because="has none of that number")
    refused(disk, f"--partition={partition_id(9)}", disk, because="no partition")
    refused(disk, "--partition=two", disk, because="it takes a partition's device, a PARTUUID, or a number")
    refused(disk, "--partition=2", because="it takes a partition's device")
    refused(disk, "--partition=/dev/null", because="is no partition")
    refused(disk, "--partition=/dev/nowhere", because="No such file")
    refused(Disk(tmp_path / "empty.img"), "--partition=1", tmp_path / "empty.img", because="there is no partition table")


def test_a_partition_that_is_too_small(tmp_path):
    disk, _ = disk_with_area(tmp_path, length=MIB)
    refused(disk, "--partition=2", disk, because="too small")


SIGNATURES = {
    "ext2, ext3 or ext4": (0x438, b"\x53\xef"), "XFS": (0, b"XFSB"), "Btrfs": (0x10040, b"_BHRfS_M"),
    "swap": (4086, b"SWAPSPACE2"), "LVM": (0x218, b"LVM2 001"), "RAID (md)": (4096, b"\xfc\x4e\x2b\xa9"),
    "LUKS": (0, b"LUKS\xba\xbe"), "FAT": (0x52, b"FAT32   "), "NTFS": (3, b"NTFS    "),
    "partition table": (512, b"EFI PART"), "of 64 KiB: swap": (65526, b"SWAPSPACE2"),
    "at the end: RAID (md)": (8 * MIB - 8192, b"\xfc\x4e\x2b\xa9"), "0.90: RAID (md)": (8 * MIB - 65536, b"\xfc\x4e\x2b\xa9"),
    "ZFS": (8 * MIB - 64 * 1024, struct.pack("<Q", 0xBAB10C)), "at the start: ZFS": (133 * 1024, struct.pack("<Q", 0xBAB10C)),
    "in odd sectors: RAID (md)": (8 * MIB - 8192 - 1536, b"\xfc\x4e\x2b\xa9"),
    "a disk's end: partition table": (8 * MIB - 512, b"EFI PART"),
}


@pytest.mark.parametrize("what", SIGNATURES)
def test_a_partition_with_something_in_it(tmp_path, what):
    disk, area = disk_with_area(tmp_path)
    offset, signature = SIGNATURES[what]
    disk.write(area.offset + offset, signature)
    refused(disk, "--partition=2", disk, because=what.split(": ")[-1])

    assert run("--prepare", "--partition=2", "--force", disk)[0] == DONE
    if offset >= 512:
        assert disk.read(area.offset + offset, len(signature)) == bytes(len(signature)), "whoever looks finds it still"


@pytest.mark.parametrize("steps,state", ((1, "incomplete"), (3, "incomplete"), (4, "complete")))
def test_a_partition_with_a_dump_in_it(tmp_path, steps, state):
    disk, area = disk_with_area(tmp_path)
    assert run("--prepare", "--partition=2", disk)[0] == DONE
    area.dump(b"x" * 5000, steps)
    refused(disk, "--partition=2", disk, because=f"holds a dump ({state})")
    assert run("--prepare", "--partition=2", "--force", disk)[0] == DONE
    assert areas("--list", disk)[1][0]["state"] == "free"


# ---- extents that are not ----

def test_a_partuuid_that_two_partitions_have(tmp_path, monkeypatch):
    disk = disks.Disk(tmp_path / "disk.img")
    monkeypatch.setattr(disks, "partition_id", lambda number: uuid.UUID(int=9))
    disks.gpt(disk, (AREA_TYPE, 2048, 8192), (AREA_TYPE, 16384, 8192))
    refused(disk, f"--partition={uuid.UUID(int=9)}", disk, because="none of that number or PARTUUID, or several")
    assert run("--prepare", "--partition=2", disk)[0] == DONE


@pytest.mark.parametrize("first,blocks,because", (
    (32768 - 8192, 8193, "behind the disk"),
    (32768, 8192, "behind the disk"),
    (2**64 - 8192, 8192, "--extent is"),
    (2**63, 2**63 - 1, "behind the disk"),
    (20480, 2**63, "behind the disk"),
    (2048 + 1024, 8192, "reaches into partition 1, blocks 2048 to 4095"),
    (20479, 8192, "reaches into partition 2"),
    (20480, 8192 + 4096, "partition table"),
    (1, 2000, "partition table"),
    (34 - 1, 2015, "partition table"),
    (20480, 1024, "too small"),
    (20480, 0, "--extent is"),
))
def test_an_extent_over_something(tmp_path, first, blocks, because):
    disk, _ = disk_with_area(tmp_path)
    refused(disk, f"--extent={first}:{blocks}", disk, because=because)
    if "partition" in because:
        refused(disk, "--force", f"--extent={first}:{blocks}", disk, because=because)


def test_an_extent_in_a_partition_of_its_type_tells_of_the_other_way(tmp_path):
    disk, _ = disk_with_area(tmp_path)
    refused(disk, "--extent=8192:8192", disk, because="name it with --partition")


def mbr(disk, *entries):
    sector = bytearray(512)
    for index, (kind, first, blocks) in enumerate(entries):
        sector[446 + 16 * index:462 + 16 * index] = struct.pack("<B3sB3sII", 0, bytes(3), kind, bytes(3), first, blocks)
    sector[510:] = b"\x55\xaa"
    disk.write(0, bytes(sector))
    return disk


def test_extents_on_a_disk_with_an_mbr(tmp_path):
    disk = mbr(Disk(tmp_path / "disk.img"), (0x83, 4096, 4096), (0x05, 8192, 8192))
    refused(disk, "--extent=8191:4096", disk, because="reaches into partition 1")
    refused(disk, "--extent=12288:8192", disk, because="reaches into partition 2")
    refused(disk, "--extent=1:3000", disk, because="boot loaders")
    refused(disk, "--partition=1", disk, because="its partition table is an MBR")
    assert run("--prepare", "--extent=16384:8192", disk)[0] == DONE


def test_an_extent_on_a_disk_that_is_one_file_system(tmp_path):
    disk = Disk(tmp_path / "disk.img")
    disk.write(0x438, b"\x53\xef")
    refused(disk, "--extent=16384:8192", disk, because="on the whole disk")
    assert run("--prepare", "--force", "--extent=16384:8192", disk)[0] == DONE


def test_an_extent_with_something_in_it(tmp_path):
    disk = gpt(Disk(tmp_path / "disk.img"))
    disk.write(16384 * 512 + 0x438, b"\x53\xef")
    refused(disk, "--extent=16384:8192", disk, because="ext2")


# ---- the command line ----

@pytest.mark.parametrize("arguments,because", (
    (["--prepare"], "--prepare takes"),
    (["--prepare", "--extent=1:2"], "goes with a disk"),
    (["--prepare", "--extent=1:2", "--partition=2", "disk"], "one place at a time"),
    (["--prepare", "--partition=/dev/sda1", "disk"], "one too many"),
    (["--prepare", "--list", "--partition=2", "disk"], "one thing at a time"),
    (["--list", "one", "two"], "one disk at a time"),
    (["--clear"], "--clear takes"),
    (["--force"], "--force goes with --prepare"),
    (["--block-size=520", "--list", "/dev/null"], "neither a disk nor a file"),
    (["--block-size=0", "--list", "disk"], "--block-size is"),
    (["--block-size=-1", "--list", "disk"], "--block-size is"),
    (["--extent=1:2:3", "--list", "disk"], "--extent is"),
    (["--extent=-1:2", "--list", "disk"], "--extent is"),
    (["--list", "/nowhere/disk"], "No such file"),
    (["--nonsense"], "usage:"),
))
def test_command_lines_that_are_refused(arguments, because):
    status, out, err = run(*arguments)
    assert (status, out) == (TROUBLE, "")
    assert because in err


def test_blocks_of_no_power_of_two(tmp_path):
    disk = Disk(tmp_path / "disk.img")
    status, _, err = run("--list", "--block-size=520", disk)
    assert status == TROUBLE and "powers of two" in err


def test_a_disk_without_areas_is_nothing(tmp_path):
    disk = gpt(Disk(tmp_path / "disk.img"), (LINUX_TYPE, 2048, 2048))
    assert areas("--list", disk)[:2] == (NOTHING, [])
    assert areas("--save", disk)[:2] == (NOTHING, [])

