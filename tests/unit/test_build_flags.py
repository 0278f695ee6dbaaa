# SPDX-License-Identifier: BSD-2-Clause
"""What was compiled with other flags than those of this call of make is compiled anew, and nothing else is."""
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FETCHED = ("lwip", "lwip.ready", "bearssl", "bearssl.ready")
OBJECT = "build/bios/bios/console.o"


@pytest.fixture
def tree(tmp_path):
    """The project with a build folder of its own that holds no object."""
    for path in ROOT.iterdir():
        if path.name != "build" and not path.name.startswith("."):
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "build").mkdir()
    for name in FETCHED:
        (tmp_path / "build" / name).symlink_to(ROOT / "build" / name)
    return tmp_path


def compiled(tree, *words):
    """Makes the object; returns its bytes, and whether the compiler ran."""
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(["make", OBJECT, *words], cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, check=False)
    text = done.stdout.decode()
    assert done.returncode == 0, text
    return (tree / OBJECT).read_bytes(), f"CC {OBJECT}" in text


def test_other_flags_compile_anew(tree):
    plain, ran = compiled(tree)
    assert ran
    assert compiled(tree) == (plain, False)
    for words in (["DEBUGCON=1"], ["BARE_CFLAGS=-m32 -O2 -ffreestanding -DTEXT='\"two words\"'"]):
        other, ran = compiled(tree, *words)
        assert ran and other != plain
        assert compiled(tree, *words) == (other, False)
        assert compiled(tree) == (plain, True)


def test_flags_of_one_target_are_no_other_flags(tree):
    """string.o is compiled with more than the others: it must not matter which of them is made first."""
    compiled(tree, "build/bios/platform/freestanding/string.o")
    flags = (tree / "build/bios/flags").read_bytes()
    (tree / OBJECT).unlink()
    assert compiled(tree)[1]
    (tree / "build/bios/flags").unlink()
    assert compiled(tree)[1]
    assert (tree / "build/bios/flags").read_bytes() == flags
