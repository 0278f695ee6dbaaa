# SPDX-License-Identifier: BSD-2-Clause
"""A target that dies and comes back is a delay to who reads the disk, never an error and never wrong data."""
import re
import time

import pytest

from tests.lab import disks
from tests.lab.boots import FAILURE
from tests.lab.target import Istgt, Tgt

OUTAGE = 4.0


def reader_disk(lab, calls, **defines):
    sector = disks.assemble("reader", lab.folder, CALL_SECTORS=64, TOTAL_CALLS=calls, **defines)
    return disks.sector_disk(lab.path("disk.img"), sector, size=64 * disks.MIB)


@pytest.mark.parametrize("kind", [Tgt, Istgt])
def test_target_killed_while_grub_reads(lab, kind):
    image, expected = disks.hashing_disk(64)
    target = lab.target(lab.copy_disk(image), kind)
    machine = lab.boot_by_rom(target.root_path)
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    time.sleep(0.7)
    target.kill()
    time.sleep(OUTAGE)
    assert "/data.bin" not in machine.text[machine.position:], "GRUB was done before the target died: the test proves nothing"
    target.start()
    assert machine.expect(r"([0-9a-f]{64})  /data.bin", 120).group(1) == expected


def test_target_killed_three_times(lab):
    """A boot sector reads slowly through three outages; no call fails."""
    target = lab.target(reader_disk(lab, 2000, PAUSE_LOOPS=2000, DOT_EVERY=50))
    machine = lab.boot_by_rom(target.root_path)
    machine.expect("^B$", 90, or_fail=FAILURE)
    for _ in range(3):
        machine.expect(r"^\.", 60, or_fail="^E")
        target.kill()
        time.sleep(1.5)
        target.start()
        machine.expect("^Connected again to .*$", 60, or_fail="^E")
    machine.expect("^D$", 120, or_fail="^E")


def test_cable_pulled_for_a_while(lab):
    target = lab.target(reader_disk(lab, 2000, PAUSE_LOOPS=10000, DOT_EVERY=50))
    machine = lab.boot_by_rom(target.root_path)
    machine.expect("^B$", 90, or_fail=FAILURE)
    machine.expect(r"\.", 60, or_fail="^E")
    machine.set_link(False)
    time.sleep(OUTAGE)
    assert "\nD\n" not in machine.text, "the reader was done before the cable was pulled: the test proves nothing"
    machine.set_link(True)
    machine.expect("^D$", 120, or_fail="^E")
    assert re.findall(r"Link: (.*)$", machine.text, re.MULTILINE) == ["lost", "up again, 1000 Mbit/s"]


def test_pauses_are_nobodys_fault(lab):
    """A menu that waits for its user is no reason to log in again."""
    target = lab.target(reader_disk(lab, 4, PAUSE_LOOPS=30000000, DOT_EVERY=0))
    machine = lab.boot_by_rom(target.root_path)
    began = machine.expect("^B$", 90, or_fail=FAILURE).start()
    end = machine.expect("^D$", 60, or_fail="^E").start()
    assert machine.seconds_at(end) - machine.seconds_at(began) > 3, "the pauses were too short to be seen"
    assert "lost" not in machine.text[began:end], machine.text[began:end]
