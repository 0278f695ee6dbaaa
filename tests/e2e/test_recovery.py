# SPDX-License-Identifier: BSD-2-Clause
"""A target that dies and comes back is a delay to who reads the disk, never an error and never wrong data."""
import re
import time

import pytest

from tests.lab import disks
from tests.lab.boots import FAILURE, hashing_target, prints_sum
from tests.lab.target import Istgt, Tgt

OUTAGE = 4.0  # seconds
CALLS = 2000  # of 32 KiB: nearly all of the disk
CALL_SECTORS = 64
FAILED_CALL = "^E"  # what asm/reader.asm prints


def boot_reader(lab, calls=CALLS, **how):
    """A target, and a machine whose boot sector begins to read its disk."""
    sector = disks.reader(CALL_SECTORS, calls, **how)
    target = lab.target(disks.sector_disk(lab.path("disk.img"), sector, size=64 * disks.MIB))
    machine = lab.boot_by_rom(target.root_path)
    machine.expect("^B$", 90, or_fail=FAILURE)
    return target, machine


def restart(target, seconds):
    target.kill()
    time.sleep(seconds)
    target.start()


def reads_on(machine):
    machine.expect(r"^\.", 60, or_fail=FAILED_CALL)


def comes_to_its_end(machine):
    machine.expect("^D$", 60, or_fail=FAILED_CALL, say="x")


@pytest.mark.parametrize("kind", [Tgt, Istgt])
def test_target_killed_while_grub_reads(lab, kind):
    """GRUB reads a file that its cache does not hold, again and again: whenever the target dies, it is in the midst of it."""
    target, expected = hashing_target(lab, disks.hashing_disk(64), kind)
    disks.replace_text(target.disk, disks.FIRST_SECTOR, "grub.cfg", "while true; do sha256sum /data.bin; done\n", lab.folder)
    machine = lab.boot_by_rom(target.root_path)
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)

    time.sleep(0.7)
    restart(target, OUTAGE)
    machine.expect("Connected again to .*$", 60)
    prints_sum(machine, expected)


def test_target_killed_three_times(lab):
    """A boot sector reads through three outages; no call fails."""
    target, machine = boot_reader(lab, dot_every=50, until_told=True)
    for _ in range(3):
        reads_on(machine)
        restart(target, 1.5)
        machine.expect("^Connected again to .*$", 60, or_fail=FAILED_CALL)
    reads_on(machine)
    comes_to_its_end(machine)


def test_cable_pulled_for_a_while(lab):
    _, machine = boot_reader(lab, dot_every=50, until_told=True)
    machine.expect(r"\.", 60, or_fail=FAILED_CALL)

    machine.set_link(False)
    machine.expect("Link: lost$", 60, or_fail=FAILED_CALL)
    time.sleep(OUTAGE)
    machine.set_link(True)
    machine.expect("Link: up again, 1000 Mbit/s$", 60, or_fail=FAILED_CALL)

    reads_on(machine)
    comes_to_its_end(machine)
    assert re.findall(r"Link: (.*)$", machine.text, re.MULTILINE) == ["lost", "up again, 1000 Mbit/s"]


def test_pauses_are_nobodys_fault(lab):
    """A menu that waits for its user is no reason to log in again."""
    _, machine = boot_reader(lab, 4, pause_ticks=37)
    began = machine.position
    end = machine.expect("^D$", 60, or_fail=FAILED_CALL).start()
    assert "lost" not in machine.text[began:end], machine.text[began:end]
