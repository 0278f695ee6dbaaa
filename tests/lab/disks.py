# SPDX-License-Identifier: BSD-2-Clause
"""Disks that a boot test needs, built without mounting anything. What takes long is kept in build/lab."""
import fcntl
import hashlib
import os
import shutil
import struct
import tempfile

from . import process

ASM = os.path.join(os.path.dirname(__file__), "asm")
CACHE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "build", "lab")
SYSLINUX = "/usr/lib/syslinux"
MTOOLS = {**os.environ, "MTOOLS_SKIP_CHECK": "1"}
MIB = 1 << 20
FIRST_SECTOR = 2048
FAT16_LBA = 0x0E
LINUX = 0x83
GRUB_MODULES = ["biosdisk", "part_msdos", "fat", "serial", "sleep", "terminal", "hashsum", "gcry_md5", "gcry_sha256", "linux16",
                "linux", "normal", "echo", "ls", "halt", "test", "true"]
GRUB_NBP_MODULES = ["pxe", "tftp", "serial", "terminal", "linux16", "linux", "normal", "echo"]


def kept(name, sources, build):
    """
    The path of `name` in the cache. When it is not there, or was made of other `sources` (files), build(folder) makes it inside
    an empty folder and returns where. Parallel test runs wait for each other.
    """
    os.makedirs(CACHE, exist_ok=True)
    digest = hashlib.sha256()
    for source in sources:
        with open(source, "rb") as file:
            digest.update(file.read())
    path = os.path.join(CACHE, f"{name}-{digest.hexdigest()[:8]}.img")

    with open(path + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            folder = path + ".tmp"
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            os.rename(build(folder), path)
            shutil.rmtree(folder)
    return path


def text_file(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def pattern_file(path, size):
    with open(path, "wb") as file:
        file.write(pattern(size))
    return path


def assemble(name, **defines):
    """A boot sector from asm/NAME.asm, as 512 bytes."""
    words = [f"-D{key}={value}" for key, value in defines.items()]
    with tempfile.NamedTemporaryFile(suffix=".bin") as output:
        process.run(["nasm", "-f", "bin", "-I", ASM + "/", "-o", output.name, *words, os.path.join(ASM, f"{name}.asm")])
        data = output.read()
    if len(data) != 512:
        raise process.LabError(f"{name}.asm gives {len(data)} bytes, not a sector")
    return data


def pattern(size, seed=b"sanstrap"):
    """`size` bytes, no sector like another."""
    return hashlib.shake_256(seed).digest(size)


def partition_table(*partitions):
    """The 64 bytes of an MBR's table from (first sector, sectors, type) entries; the first one is active."""
    table = b""
    for number, (first, count, kind) in enumerate(partitions):
        table += struct.pack("<B3sB3sII", 0x80 if number == 0 else 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", first, count)
    return table.ljust(64, b"\0")


def reader(call_sectors, total_calls, pause_ticks=0, dot_every=0, until_told=False, writes=False, scattered=0, sums=False):
    """The boot sector that asm/reader.asm tells of."""
    return assemble("reader", CALL_SECTORS=call_sectors, TOTAL_CALLS=total_calls, PAUSE_TICKS=pause_ticks, DOT_EVERY=dot_every,
                    UNTIL_TOLD=int(until_told), WRITES=int(writes), SCATTERED=scattered, SUM=int(sums))


def reader_sum(path, length):
    """What it tells of the first bytes of a disk."""
    total = 0
    with open(path, "rb") as file:
        for word, in struct.iter_unpack("<I", file.read(length)):
            total = (total << 1 | total >> 31) + word & 0xFFFFFFFF
    return total


def sector_disk(path, boot_sector, size=16 * MIB):
    """A disk that is this boot sector and a pattern."""
    with open(path, "wb") as file:
        file.write(boot_sector)
        file.write(pattern(min(size, 4 * MIB) - len(boot_sector)))
        file.truncate(size)
    return path


def fat_partition(image, first_sector, sectors, files):
    """Makes a FAT file system inside the image and copies files {name inside: path outside} to it."""
    where = f"{image}@@{first_sector * 512}"
    process.run(["mformat", "-i", where, "-T", str(sectors), "-h", "255", "-s", "63", "-H", str(first_sector), "::"], env=MTOOLS)
    folders = sorted({os.path.dirname(name) for name in files} - {""})
    for folder in folders:
        process.run(["mmd", "-i", where, f"::/{folder}"], env=MTOOLS)
    for name, path in files.items():
        process.run(["mcopy", "-i", where, path, f"::/{name}"], env=MTOOLS)


def replace_text(image, first_sector, name, text, folder):
    """Writes a text file anew inside a FAT partition of an image."""
    path = text_file(os.path.join(folder, "text"), text)
    process.run(["mcopy", "-o", "-i", f"{image}@@{first_sector * 512}", path, f"::/{name}"], env=MTOOLS)


def grub_image(path, platform, prefix, script, modules):
    """One of GRUB's images. It runs `script`, and prints to the serial line; `prefix` is where it looks for its files."""
    early = text_file(path + ".cfg", "serial --unit=0 --speed=115200\nterminal_output serial\n" + script)
    process.run(["grub-mkimage", "-O", platform, "-o", path, "-c", early, "-p", prefix, *modules])
    return path


def grub_disk(path, script, files=(), size=128 * MIB):
    """
    A disk that GRUB boots from: boot.img in the MBR, core.img with `script` inside behind it, and a FAT partition with `files`
    {name inside: path outside}. Both images come with the addresses that this layout needs.
    """
    core = grub_image(path + ".core", "i386-pc", "(hd0,msdos1)/", "set root=hd0,msdos1\n" + script, GRUB_MODULES)
    with open("/usr/lib/grub/i386-pc/boot.img", "rb") as file:
        boot = file.read()
    with open(core, "rb") as file:
        core_bytes = file.read()
    if len(core_bytes) > (FIRST_SECTOR - 1) * 512:
        raise process.LabError(f"GRUB's core.img of {len(core_bytes)} bytes does not fit before the first partition")

    sectors = size // 512 - FIRST_SECTOR
    with open(path, "wb") as file:
        file.truncate(size)
        file.write(boot[:446] + partition_table((FIRST_SECTOR, sectors, FAT16_LBA)) + b"\x55\xaa" + core_bytes)
    fat_partition(path, FIRST_SECTOR, sectors, dict(files))
    return path


def grub_nbp(path, script):
    """A GRUB that a PXE ROM loads, with `script` inside; (pxe) is the server that it came from."""
    return grub_image(path, "i386-pc-pxe", "(pxe)/", script, GRUB_NBP_MODULES)


def hashing_disk(megabytes=64):
    """A GRUB disk with a file of that size; returns (path, its SHA-256). GRUB prints the sum it computed, then HASHED."""
    def build(folder):
        data = pattern_file(f"{folder}/data", megabytes * MIB)
        script = "echo GRUB-RUNS\nsha256sum /data.bin\necho HASHED\n"
        return grub_disk(f"{folder}/disk", script, {"data.bin": data}, size=(megabytes + 40) * MIB)

    return kept(f"grub-{megabytes}", [__file__], build), hashlib.sha256(pattern(megabytes * MIB)).hexdigest()
