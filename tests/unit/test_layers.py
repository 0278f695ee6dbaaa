# SPDX-License-Identifier: BSD-2-Clause
"""
Who may know whom (docs/architecture.md, the table of rooms), held by what files include, of other rooms their doors alone, and by
the undefined symbols of the objects: the layers see the world through platform/platform.h and nothing else.
"""
import functools
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OBJECTS = ROOT / "build" / "bios"
RESOURCES = subprocess.run(["clang", "-print-resource-dir"], stdout=subprocess.PIPE, check=True,
                           timeout=60).stdout.decode().strip() + "/include"
# What a compiler may ask of its libc and libgcc (platform/freestanding/).
COMPILER = {"memcpy", "memmove", "memset", "memcmp", "memchr", "strlen", "strnlen", "strcmp", "strncmp", "strchr", "atoi",
            "__udivdi3", "__umoddi3", "__divdi3", "__moddi3", "__udivmoddi4"}


ROW = re.compile(r"^\| `([\w/]+)/` \|[^|]*\|([^|]*)\|([^|]*)\|", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


@functools.cache
def rooms():
    """(doors, what it knows) of each room: headers, and rooms with a slash at the end."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    quoted = re.compile(r"`([\w./]+)`")
    found = {room: (set(quoted.findall(doors)), set(quoted.findall(known)) | {"platform/"})
             for room, doors, known in ROW.findall(text.split("\n## ")[1])}
    headers = {str(path.relative_to(ROOT)) for pattern in ("*.h", "*.def") for path in (ROOT / "platform").glob(pattern)}
    found["platform"] = (headers, found["platform"][1])
    return found


def room_of(name):
    return next((room for room in sorted(rooms(), reverse=True) if name.startswith(room + "/")), None)


def includes(room):
    """(file, header of another room) of each line."""
    for path in sorted((ROOT / room).rglob("*.[ch]")):
        if room_of(str(path.relative_to(ROOT))) not in (None, room):
            continue
        for header in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if room_of(header) not in (None, room):
                yield f"{path.relative_to(ROOT)} includes {header}", header


def test_the_table_names_every_room():
    assert set(rooms()) == {"platform", "nicdrv", "net", "iscsi", "cache", "handoff", "dump", "dump/linux", "loader", "bios",
                            "efi", "tools/common", "tools/handoff", "tools/savecore"}


@pytest.mark.parametrize("room", rooms())
def test_only_doors_of_rooms_that_are_known_are_included(room):
    known = rooms()[room][1]
    wrong = [line for line, header in includes(room)
             if header not in rooms()[room_of(header)][0] or not {header, room_of(header) + "/"} & known]
    assert wrong == []


@pytest.mark.parametrize("room", rooms())
def test_every_door_is_there_and_used(room):
    doors = rooms()[room][0] if room != "platform" else set()
    used = {header for other in rooms() for _, header in includes(other)}
    used |= {header for _, header in includes("tests/dump")}  # a home of the dump core's
    used |= {header for _, header in includes("tests/unit") if header.startswith("cache/")}
    assert [door for door in sorted(doors) if not (ROOT / door).is_file() or door not in used] == []


def symbols(folder, which):
    objects = sorted((OBJECTS / folder).rglob("*.o"))
    assert objects, f"build/bios/{folder} holds no object: make"
    text = subprocess.run(["nm", "-P", which, *objects], stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    return {line.split()[0] for line in text.splitlines() if " " in line and not line.endswith(":")}


def services():
    """The functions that platform.h declares."""
    text = (ROOT / "platform" / "platform.h").read_text(encoding="utf-8")
    return set(re.findall(r"\b(platform_\w+|arena_take)\(", text))


@pytest.mark.parametrize("layer,may_use", [
    ("nicdrv", []),
    ("net", ["lwip", "nicdrv"]),
    ("iscsi", ["bearssl"]),
    ("cache", ["iscsi"]),
    ("handoff", ["iscsi"]),
    ("dump", ["handoff", "nicdrv", "net", "iscsi"]),
    ("loader", ["nicdrv", "net", "iscsi", "cache", "handoff"]),
    ("lwip", ["net"]),
    ("bearssl", []),
])
def test_a_layer_uses_only_what_lies_below(layer, may_use):
    known = symbols(layer, "--defined-only") | symbols("platform", "--defined-only") | services() | COMPILER
    for other in may_use:
        known |= symbols(other, "--defined-only")
    assert symbols(layer, "--undefined-only") - known == set()


def test_the_dump_core_wants_services_of_the_platform_and_nothing_else():
    core = ROOT / "build" / "dump" / "core.o"
    text = subprocess.run(["nm", "-P", "--undefined-only", core], stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    wanted = {line.split()[0] for line in text.splitlines()}
    assert wanted and wanted - services() == set()
    text = subprocess.run(["readelf", "-SW", core], stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    assert not re.search(r"\.(init_array|ctors|tdata|tbss)\b", text)


def test_the_dump_core_needs_no_long():
    """Compiled for Windows, where a long has 32 bits, and for a 32-bit machine; nothing is cut off silently."""
    for target in ("x86_64-unknown-windows", "i686-unknown-windows"):
        for source in sorted((ROOT / "dump").glob("*.c")):
            subprocess.run(["clang", f"--target={target}", "-std=gnu11", "-ffreestanding", "-fsyntax-only", "-Wall", "-Wextra",
                            "-Wshorten-64-to-32", "-Werror", "-nostdinc", "-isystem", RESOURCES, "-isystem",
                            ROOT / "platform" / "freestanding" / "include", "-I", ROOT, source], check=True, timeout=60)
