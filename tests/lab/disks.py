# SPDX-License-Identifier: BSD-2-Clause
"""Disks that a boot test needs, built without mounting anything. What takes long is kept in build/lab."""
import contextlib
import fcntl
import hashlib
import os
import struct

from . import process

ASM = os.path.join(os.path.dirname(__file__), "asm")
CACHE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "build", "lab")
SYSLINUX = "/usr/lib/syslinux"
MTOOLS = {**os.environ, "MTOOLS_SKIP_CHECK": "1"}
MIB = 1 << 20
FIRST_SECTOR = 2048
FAT16_LBA = 0x0E
LINUX = 0x83


@contextlib.contextmanager
def building(name, *sources):
    """
    Holds the right to build `name` in the cache; parallel test runs wait for each other. Yields (path, already there). What was
    built from other `sources` (files) is not there.
    """
    os.makedirs(CACHE, exist_ok=True)
    digest = hashlib.sha256()
    for source in sources:
        with open(source, "rb") as file:
            digest.update(file.read())
    path = os.path.join(CACHE, f"{name}-{digest.hexdigest()[:8]}.img")
    with open(path + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path, os.path.exists(path)


def assemble(name, folder, **defines):
    """A boot sector from asm/NAME.asm, as 512 bytes."""
    output = os.path.join(folder, f"{name}.bin")
    words = [f"-D{key}={value}" for key, value in defines.items()]
    process.run(["nasm", "-f", "bin", "-I", ASM + "/", "-o", output, *words, os.path.join(ASM, f"{name}.asm")])
    with open(output, "rb") as file:
        data = file.read()
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


def reader(folder, call_sectors, total_calls, pause_ticks=0, dot_every=0, until_told=False):
    """The boot sector that asm/reader.asm tells of."""
    return assemble("reader", folder, CALL_SECTORS=call_sectors, TOTAL_CALLS=total_calls, PAUSE_TICKS=pause_ticks, DOT_EVERY=dot_every,
                    UNTIL_TOLD=int(until_told))


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
    path = os.path.join(folder, "text")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    process.run(["mcopy", "-o", "-i", f"{image}@@{first_sector * 512}", path, f"::/{name}"], env=MTOOLS)


def grub_disk(path, folder, script, files, size=128 * MIB):
    """
    A disk that GRUB boots from: boot.img in the MBR, core.img with `script` inside behind it, and a FAT partition with `files`.
    Both images come with the addresses that this layout needs.
    """
    early = os.path.join(folder, "grub.cfg")
    core = os.path.join(folder, "core.img")
    with open(early, "w", encoding="ascii") as file:
        file.write("serial --unit=0 --speed=115200\nterminal_output serial\nset root=hd0,msdos1\n" + script)
    process.run(["grub-mkimage", "-O", "i386-pc", "-o", core, "-c", early, "-p", "(hd0,msdos1)/",
                 "biosdisk", "part_msdos", "fat", "serial", "terminal", "hashsum", "gcry_md5", "gcry_sha256", "linux16", "linux", "normal",
                 "echo", "ls", "halt", "test", "true"])
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
    fat_partition(path, FIRST_SECTOR, sectors, files)
    return path


def grub_nbp(path, folder, script):
    """A GRUB that a PXE ROM loads, with `script` inside; (pxe) is the server that it came from."""
    early = os.path.join(folder, "grub.cfg")
    with open(early, "w", encoding="ascii") as file:
        file.write("serial --unit=0 --speed=115200\nterminal_output serial\n" + script)
    process.run(["grub-mkimage", "-O", "i386-pc-pxe", "-o", path, "-c", early, "-p", "(pxe)/",
                 "pxe", "tftp", "serial", "terminal", "linux16", "linux", "normal", "echo"])
    return path


def hashing_disk(megabytes=64):
    """A GRUB disk with a file of that size; returns (path, its SHA-256). GRUB prints the sum it computed, then HASHED."""
    with building(f"grub-{megabytes}", __file__) as (path, there):
        data = pattern(megabytes * MIB)
        if not there:
            folder = path + ".tmp"
            os.makedirs(folder, exist_ok=True)
            content = os.path.join(folder, "data")
            with open(content, "wb") as file:
                file.write(data)
            script = "echo GRUB-RUNS\nsha256sum /data.bin\necho HASHED\n"
            grub_disk(os.path.join(folder, "disk"), folder, script, {"data.bin": content}, size=(megabytes + 40) * MIB)
            os.rename(os.path.join(folder, "disk"), path)
            process.run(["rm", "-r", folder])
        return path, hashlib.sha256(data).hexdigest()
