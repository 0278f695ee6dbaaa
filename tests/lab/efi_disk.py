# SPDX-License-Identifier: BSD-2-Clause
"""Disks that UEFI boots: a GPT with an EFI system partition, on blocks of any size; GRUB and Debian's kernel on it."""
import hashlib
import os
import struct
import uuid
import zlib

from . import cpio, linux_disk, process
from .disks import FIRST_SECTOR, MIB, MTOOLS, grub_image, kept, pattern, pattern_file
from .linux_disk import ROOT_MIB, ROOT_SECTOR

SYSTEM_PARTITION = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
LINUX_DATA = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
ENTRIES, ENTRY_SIZE = 128, 128
BOOT_FILE = "EFI/BOOT/BOOTX64.EFI"
GRUB_MODULES = ["part_gpt", "fat", "serial", "terminal", "hashsum", "gcry_sha256", "linux", "normal", "echo", "test", "sleep",
                "configfile", "halt", "ls", "read", "minicmd", "search"]


def _header(current, other, first, last, entries_at, entries):
    def packed(checksum):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, 0, current, other, first, last,
                           uuid.uuid5(uuid.NAMESPACE_DNS, "disk").bytes_le, entries_at, ENTRIES, ENTRY_SIZE, zlib.crc32(entries))
    return packed(zlib.crc32(packed(0)))


def partition_uuid(number):
    """The PARTUUID of the partition with this number, counted from 0."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"part{number}")


def write_gpt(image, size, partitions, block=512):
    """
    Writes both tables and the protective MBR. `partitions`: (type, first byte, bytes). The last MiB of the disk is the backup's.
    """
    entries = b""
    for number, (kind, begin, length) in enumerate(partitions):
        name = f"part{number}".encode("utf-16-le").ljust(72, b"\0")
        unique = partition_uuid(number).bytes_le
        entries += struct.pack("<16s16sQQQ", kind.bytes_le, unique, begin // block, (begin + length) // block - 1, 0) + name
    entries = entries.ljust(ENTRIES * ENTRY_SIZE, b"\0")

    blocks, table = size // block, -(-len(entries) // block)
    first, last = 2 + table, blocks - table - 2
    protective = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, min(blocks - 1, 0xFFFFFFFF))

    with open(image, "r+b") as file:
        file.write(bytes(446) + protective.ljust(64, b"\0") + b"\x55\xaa")
        for at, other, entries_at in ((1, blocks - 1, 2), (blocks - 1, 1, blocks - 1 - table)):
            file.seek(at * block)
            file.write(_header(at, other, first, last, entries_at, entries))
            file.seek(entries_at * block)
            file.write(entries)


def fill_system_partition(image, begin, length, files, block=512):
    """Makes a FAT file system there and copies files {name inside: path outside} to it."""
    part = image + ".esp"
    with open(part, "wb") as file:
        file.truncate(length)
    process.run(["mkfs.vfat", "-S", block, "-h", begin // block, part])

    folders = {name.rsplit("/", depth)[0] for name in files for depth in range(1, name.count("/") + 1)}
    for folder in sorted(folders):
        process.run(["mmd", "-i", part, f"::/{folder}"], env=MTOOLS)
    for name, path in files.items():
        process.run(["mcopy", "-i", part, path, f"::/{name}"], env=MTOOLS)

    process.run(["dd", f"if={part}", f"of={image}", "bs=1M", f"seek={begin // MIB}", "conv=notrunc,sparse", "status=none"])
    os.unlink(part)


def system_disk(image, files, size=48 * MIB, block=512):
    """A disk with nothing but an EFI system partition that holds `files`."""
    with open(image, "wb") as file:
        file.truncate(size)
    begin, length = MIB, size - 2 * MIB
    write_gpt(image, size, [(SYSTEM_PARTITION, begin, length)], block)
    fill_system_partition(image, begin, length, files, block)
    return image


def grub(path, script):
    """
    GRUB as one EFI program that runs `script`; $root is then the partition that it was loaded from. Its keys come by the
    firmware's console, which is on the serial line, too, and would take them from a GRUB that reads the port itself.
    """
    return grub_image(path, "x86_64-efi", "/EFI/BOOT", "terminal_input console\n" + script, GRUB_MODULES)


def grub_disk(image, script, files=(), block=512, size=48 * MIB):
    return system_disk(image, {BOOT_FILE: grub(image + ".grub", script), **dict(files)}, size, block)


def hashing_disk(megabytes=32, block=512):
    """A GRUB disk with a file of that size; returns (path, its SHA-256). GRUB says GRUB-RUNS and prints the sum it computed."""
    def build(folder):
        data = pattern_file(f"{folder}/data", megabytes * MIB)
        script = "echo GRUB-RUNS\nsha256sum /data.bin\n"
        return grub_disk(f"{folder}/disk", script, {"data.bin": data}, block, (megabytes + 40) * MIB)

    return kept(f"efi-grub-{megabytes}-{block}", [__file__], build), hashlib.sha256(pattern(megabytes * MIB)).hexdigest()


def linux_base(say=lambda text: None, name="efi-linux", more=(), behind=(), made_of=()):
    """
    linux_disk's Debian with GRUB for UEFI, the partitions at the same places; from the cache or built now. `name`, `more` and
    `made_of` as in linux_disk.base_disk(); `behind` is a third partition's type and bytes.
    """
    def build(folder):
        kernel = linux_disk.parts(folder, say, more)
        say("building the disk")
        image = f"{folder}/disk"
        boot, root = (FIRST_SECTOR * 512, (ROOT_SECTOR - FIRST_SECTOR) * 512), (ROOT_SECTOR * 512, ROOT_MIB * MIB)
        third = [(behind[0], sum(root), behind[1])] if behind else []
        size = sum(root) + sum(length for _, _, length in third) + MIB
        with open(image, "wb") as file:
            file.truncate(size)
        write_gpt(image, size, [(SYSTEM_PARTITION, *boot), (LINUX_DATA, *root), *third])

        program = grub(f"{folder}/grub.efi", "configfile ($root)/grub.cfg\n")
        files = {BOOT_FILE: program, "vmlinuz": kernel, "initrd.gz": f"{folder}/initrd.gz"}
        fill_system_partition(image, *boot, files)
        linux_disk.make_root(image, folder)
        return image

    return kept(name, [__file__, linux_disk.__file__, cpio.__file__, *linux_disk.sources(), *made_of], build)


def linux_configure(image, folder, target_settings, nonce, keep=False, **how):
    """As linux_disk.configure()."""
    words = linux_disk.kernel_words(target_settings, nonce, keep, **how)
    script = f"echo GRUB-RUNS\nlinux ($root)/vmlinuz {' '.join(words)}\ninitrd ($root)/initrd.gz\nboot\n"
    linux_disk.replace_text(image, FIRST_SECTOR, "grub.cfg", script, folder)
