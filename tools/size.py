#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Says what the loader and a crash dump take of what they may, and fails where that is too much.

    tools/size.py    after make all unit-programs

A dump's figures are those of tests/unit/test_dump_profile.c, which holds the same limits. The variables of build/dump/core.o are
a part of the driver's own image, which no system limits: they are told beside the two pieces.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PROFILE = BUILD / "host" / "tests" / "unit" / "test_dump_profile"
RESIDENT_LIMIT = 4096  # base memory is kept in whole pages
IMAGE_SHARE = 4  # of its region the image takes this part at most
CORE = BUILD / "dump" / "core.o"


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=120).stdout.decode()


def defined(path, name):
    """The value of a #define like (28 * KIB), or of a variable of make's."""
    text = (ROOT / path).read_text(encoding="utf-8")
    value = re.search(rf"^(?:#define )?{name}\s+(?::= )?(.*?)\s*(?:/\*.*)?$", text, re.M).group(1)
    product = 1
    for factor in value.strip("()").split("*"):
        product *= {"KIB": 1 << 10, "MIB": 1 << 20}.get(factor.strip()) or int(factor)
    return product


def variables(path):
    """Bytes of .data and .bss in an object."""
    return sum(int(size) for size in re.findall(r"^\.(?:data|bss)\S*\s+(\d+)", output("size", "-A", path), re.M))


def loader():
    """(what, bytes, limit) of each row."""
    image = sum(int(size) for size in re.findall(r"^\.(?:text|rodata|data|bss)\s+(\d+)",
                                                 output("size", "-A", BUILD / "bios" / "image.elf"), re.M))
    yield "sanstrap.pxe", (BUILD / "sanstrap.pxe").stat().st_size, defined("bios/bios.mk", "IMAGE_LIMIT")
    yield "resident in base memory", (BUILD / "bios" / "realmode.bin").stat().st_size, RESIDENT_LIMIT
    yield "image in its region, the rest is arena", image, defined("bios/core.h", "REGION_SIZE") // IMAGE_SHARE


def dump():
    """(what, bytes) of DMA memory, and of plain memory."""
    figures = dict(re.findall(r"^size of (\w+): (\d+)$", output(PROFILE), re.M))
    dma = [("card: rings and buffers", int(figures["card"]))]
    plain = [("card: struct nic", int(figures["nic"])), ("net: network and heap", int(figures["network"])),
             ("iscsi: session", int(figures["session"])), ("iscsi: disk", int(figures["disk"])),
             ("dump: what was armed, its texts, staging", int(figures["core"]))]
    return dma, plain


def show(what, size, limit=None):
    """True when it is too much."""
    beyond = limit is not None and size > limit
    print(f"  {what:46}{size:9,}" + (f" of {limit:9,}" if limit is not None else "") + ("  TOO MUCH" if beyond else ""))
    return beyond


def main():
    print("loader")
    beyond = [show(*row) for row in loader()]
    for title, rows, limit in zip(("DMA", "plain"), dump(), ("DMA_LIMIT", "PLAIN_LIMIT")):
        print(f"crash dump, {title} memory")
        for row in rows:
            show(*row)
        whole = sum(size for _, size in rows)
        beyond.append(show("sum", whole, defined("tests/unit/test_dump_profile.c", limit)))
    show("beside them: variables of the core's image", variables(CORE))
    return 1 if any(beyond) else 0


if __name__ == "__main__":
    sys.exit(main())
