# SPDX-License-Identifier: BSD-2-Clause
"""A target that dies and comes back is a delay to who reads the disk, never an error and never wrong data."""
import re
import time

import pytest

from tests.lab import disks
from tests.lab.boots import FAILURE
from tests.lab.target import Istgt, Tgt

OUTAGE = 4.0
CALLS = 2000  # of 32 KiB: nearly all of the disk


def reader_disk(lab, calls, **how):
    return disks.sector_disk(lab.path("disk.img"), disks.reader(lab.folder, 64, calls, **how), size=64 * disks.MIB)


@pytest.mark.parametrize("kind", [Tgt, Istgt])
def test_target_killed_while_grub_reads(lab, kind):
    """GRUB reads a file that its cache does not hold, again and again: whenever the target dies, it is in the midst of it."""
    image, expected = disks.hashing_disk(64)
    disk = lab.copy_disk(image)
    disks.replace_text(disk, disks.FIRST_SECTOR, "grub.cfg", "while true; do sha256sum /data.bin; done\n", lab.folder)
    target = lab.target(disk, kind)
    machine = lab.boot_by_rom(target.root_path)
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    time.sleep(0.7)
    target.kill()
    time.sleep(OUTAGE)
    target.start()
    machine.expect("Connected again to .*$", 60)
    assert machine.expect(r"([0-9a-f]{64})  /data.bin", 120).group(1) == expected


def test_target_killed_three_times(lab):
    """A boot sector reads through three outages; no call fails."""
    target = lab.target(reader_disk(lab, CALLS, dot_every=50, until_told=True))
    machine = lab.boot_by_rom(target.root_path)
    machine.expect("^B$", 90, or_fail=FAILURE)
    for _ in range(3):
        machine.expect(r"^\.", 60, or_fail="^E")
        target.kill()
        time.sleep(1.5)
        target.start()
        machine.expect("^Connected again to .*$", 60, or_fail="^E")
    machine.expect(r"^\.", 60, or_fail="^E")
    machine.expect("^D$", 60, or_fail="^E", say="x")


def test_cable_pulled_for_a_while(lab):
    target = lab.target(reader_disk(lab, CALLS, dot_every=50, until_told=True))
    machine = lab.boot_by_rom(target.root_path)
    machine.expect("^B$", 90, or_fail=FAILURE)
    machine.expect(r"\.", 60, or_fail="^E")
    machine.set_link(False)
    machine.expect("Link: lost$", 60, or_fail="^E")
    time.sleep(OUTAGE)
    machine.set_link(True)
    machine.expect("Link: up again, 1000 Mbit/s$", 60, or_fail="^E")
    machine.expect(r"^\.", 60, or_fail="^E")
    machine.expect("^D$", 60, or_fail="^E", say="x")
    assert re.findall(r"Link: (.*)$", machine.text, re.MULTILINE) == ["lost", "up again, 1000 Mbit/s"]


def test_pauses_are_nobodys_fault(lab):
    """A menu that waits for its user is no reason to log in again."""
    target = lab.target(reader_disk(lab, 4, pause_ticks=37))
    machine = lab.boot_by_rom(target.root_path)
    began = machine.expect("^B$", 90, or_fail=FAILURE).start()
    end = machine.expect("^D$", 60, or_fail="^E").start()
    assert "lost" not in machine.text[began:end], machine.text[began:end]
