# SPDX-License-Identifier: BSD-2-Clause
"""The exerciser against a BIOS that is known good: SeaBIOS with its own IDE disk. What fails here is wrong in the exerciser."""
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import image  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def built():
    image.build()


def run_seabios(path, timeout=960):
    command = ["qemu-system-x86_64", "-M", "pc", "-accel", "tcg", "-m", "128", "-display", "none", "-nodefaults", "-no-reboot",
               "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
               "-drive", f"file={path},format=raw,if=ide,cache=unsafe"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=timeout, check=False)
    return done.stdout.decode(errors="replace")


def test_every_promise_that_seabios_makes(tmp_path):
    path = tmp_path / "disk.img"
    image.make_image(path, size=64 << 20, profile=image.SEABIOS)
    text = run_seabios(path)
    passed, failures = image.check_transcript(text)
    assert failures == []
    assert passed >= 100
    assert image.verify_image(path) > 5000


def test_verification_notices_a_wrong_sector(tmp_path):
    path = tmp_path / "disk.img"
    image.make_image(path, size=4 << 20, writes=0, mixed=0)
    assert image.verify_image(path) == 0
    with open(path, "r+b") as file:
        file.seek(3000 * 512 + 17)
        file.write(b"\0")
    with pytest.raises(AssertionError, match="LBA 3000"):
        image.verify_image(path)


def test_speed_mode(tmp_path):
    path = tmp_path / "disk.img"
    image.make_image(path, size=16 << 20, mode=image.SPEED, profile=image.SEABIOS, seconds=1)
    text = run_seabios(path)
    assert image.check_transcript(text)[1] == []
    assert set(image.speeds(text)) == {"sequential-64k", "sequential-4k", "random-512"}
    assert all(kib > 0 for kib, _ in image.speeds(text).values())
