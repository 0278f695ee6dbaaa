# SPDX-License-Identifier: BSD-2-Clause
"""Who may know whom (docs/architecture.md), held by the undefined symbols of the objects: the layers see the world through
platform/platform.h and nothing else."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OBJECTS = ROOT / "build" / "bios"
# What a compiler may ask of its libc and libgcc (platform/freestanding/).
COMPILER = {"memcpy", "memmove", "memset", "memcmp", "memchr", "strlen", "strnlen", "strcmp", "strncmp", "strchr", "atoi",
            "__udivdi3", "__umoddi3", "__divdi3", "__moddi3", "__udivmoddi4"}


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
    ("handoff", ["iscsi"]),
    ("loader", ["nicdrv", "net", "iscsi", "handoff"]),
    ("lwip", ["net"]),
    ("bearssl", []),
])
def test_a_layer_uses_only_what_lies_below(layer, may_use):
    known = symbols(layer, "--defined-only") | symbols("platform", "--defined-only") | services() | COMPILER
    for other in may_use:
        known |= symbols(other, "--defined-only")
    assert symbols(layer, "--undefined-only") - known == set()
