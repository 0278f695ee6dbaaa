# SPDX-License-Identifier: BSD-2-Clause
"""The tables of program_cases.py, in machines of both kinds; and a slow flush, which UEFI alone has a call for."""
import json
import os
import re
import time

import pytest

from tests.efi import image
from tests.lab import exercised
from tests.lab.boots import FAILURE, code, hashing_target, prints_sum, tells

from . import bench, lun
from .lab import FaultyTarget
from .machine import Bios, Uefi, assert_fired, connections
from .network_cases import STATIC, WORDS
from .program import BOUND, LARGE, SECTOR, SMALL, Program
from .program_cases import PROGRAMS, REFUSED

MEGABYTES = 4


def parameters(table):
    for firmware in (Bios, Uefi):
        for case in table:
            marks = [] if case.sample == firmware.name else [pytest.mark.long_fault]
            yield pytest.param(firmware, case, id=f"{firmware.name}-{case.id}", marks=marks)


def seconds(machine):
    return f"{time.monotonic() - machine.started:.0f} s"


# ---- programs ----

def faults_of(case, program, other):
    """The table cannot know where the large file is, nor the other disk's."""
    bad = program.large_at // SECTOR + len(LARGE) // SECTOR // 2
    faults = json.loads(json.dumps(case.faults).replace('"{in data.bin}"', str(bad)))
    return [(name, {**options, "disk": other} if name == "other-disk" else options) for name, options in faults]


def ending(case, machine):
    if case.code:
        return f"booted; the disk ends with S{code(case.code)}, both are shown, nothing wrong is written, {seconds(machine)}"
    if case.large is False:
        return bench.DOCUMENTED
    if case.large is None or not case.saves:
        return f"booted; the program is told, every other byte verified, {seconds(machine)}"
    return f"booted, every byte verified, {seconds(machine)}"


@pytest.mark.parametrize("firmware,case", parameters(PROGRAMS))
def test_program(lab, firmware, case, row):
    program = Program(firmware)
    other = bench.make_disk(lab.path("other.img"), 2)
    untouched = bench.digest(other)
    target = lab.target(lab.copy_disk(program.image), FaultyTarget, faults=faults_of(case, program, other),
                        settings=case.settings)
    machine = firmware.directly(lab, f"{WORDS[STATIC]} root={target.root_path}")
    machine.expect("GRUB-RUNS", BOUND, or_fail=FAILURE)
    began = machine.position

    assert program.saves(machine) == case.saves
    assert program.reads(machine, LARGE) is case.large
    assert program.reads(machine, SMALL) is case.small
    machine.expect("^OVER", BOUND)
    outcome = ending(case, machine)
    program.assert_disk(target.disk, case.saves)
    assert bench.digest(other) == untouched, "the other disk was written to"
    for text in case.tells:
        assert re.search(text, machine.text[began:]), f"{text!r} is not in:\n{machine.text[began:]}"
    assert_fired(case, target)
    assert not case.no_reconnect or connections(target) == 1, "the connection was given up"
    for name in case.rows:
        row(name, firmware.name, outcome)


# ---- logins ----

def printable(text):
    return text.replace("\x1b", "?")


def shows_printable(lab, texts):
    """On the serial line nothing of them but what a terminal shows."""
    with open(os.path.join(lab.folder, "serial.log"), "rb") as file:
        raw = file.read()
    for text in texts:
        assert text.encode() not in raw, f"{text!r} is there raw"
        assert printable(text).encode() in raw, f"{text!r} is not shown"


@pytest.mark.parametrize("firmware,case", parameters(REFUSED))
def test_logins_refused(lab, firmware, case, row):
    target, expected = hashing_target(lab, firmware.hashing_disk(MEGABYTES), FaultyTarget, faults=case.faults,
                                      settings=case.settings)
    machine = firmware.directly(lab, f"{WORDS[STATIC]} root={target.root_path} {case.words}")
    for _, wanted in case.steps:
        tells(machine, wanted, BOUND)
    if case.texts and firmware is Bios:
        machine.expect_screen(re.escape(printable(case.texts[0])), 10)
    machine.expect("GRUB-RUNS", BOUND, or_fail=FAILURE)
    prints_sum(machine, expected, BOUND)
    assert_fired(case, target)
    shows_printable(lab, case.texts)
    for name, wanted in case.steps:
        row(name, firmware.name, f"stopped with S{code(wanted)}; tried again, and booted when it was over")
    for name in case.boots:
        row(name, firmware.name, f"booted, every byte verified, and only what is printable is shown, {seconds(machine)}")


# ---- flushes ----

FLUSH_SECONDS = 20


@pytest.mark.long_fault
def test_slow_flush(lab, row):
    """INT 13h has no call that flushes. The conformance application flushes, and looks at all that it wrote."""
    path = image.make_image(lab.path("disk.img"), strict=True, reads=500, writes=200, mixed=500)
    slow = ("slow", {"seconds": FLUSH_SECONDS, "opcodes": [lun.SYNCHRONIZE_CACHE_10, lun.SYNCHRONIZE_CACHE_16], "times": 1})
    target = lab.target(path, FaultyTarget, faults=[slow], settings={"identity": {"product": "LAB DISK"}})
    machine = Uefi.directly(lab, f"{WORDS[STATIC]} root={target.root_path}")
    exercised.all_pass(machine, BOUND)
    assert image.verify_image(path) > 0
    journal = target.control.journal()
    assert [entry["name"] for entry in journal if entry["what"] == "fault"] == ["slow"]
    assert connections(target) == 1, "the connection was given up"
    row("a slow flush", Uefi.name, f"booted, every byte verified, {seconds(machine)}")
