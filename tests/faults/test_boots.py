# SPDX-License-Identifier: BSD-2-Clause
"""Whole machines, BIOS and UEFI, that boot GRUB from a target or over a wire that errs; GRUB reads a file and sums it."""
import time

import pytest

from tests.lab.boots import code, grub_hashes, hashing_target, tells

from . import cases
from .lab import Cable, FaultyTarget
from .machine import Bios, Uefi, assert_fired

MEGABYTES = 4


def parameters():
    for firmware in (Bios, Uefi):
        for case in cases.MACHINES:
            marks = [] if (case.sample == firmware.name or case.sample == "both") else [pytest.mark.long_fault]
            yield pytest.param(firmware, case, id=f"{firmware.name}-{case.id}", marks=marks)


@pytest.mark.parametrize("firmware,case", parameters())
def test_boot(lab, firmware, case, row):
    cable = Cable(lab.network, **case.wire) if case.wire else None
    target, expected = hashing_target(lab, firmware.hashing_disk(MEGABYTES), FaultyTarget, faults=case.faults,
                                      settings=case.settings)
    began = time.monotonic()
    machine = firmware.by_network(lab, target.root_path)
    if case.ok:
        grub_hashes(machine, expected, timeout=200)
        assert_fired(case, target)
        if cable:
            assert any(count for name, count in cable.counts().items() if name != "frames"), "the wire did nothing"
        row(case.name, firmware.name, f"booted, every byte verified, {time.monotonic() - began:.0f} s")
    else:
        name = case.codes[0] if firmware is Bios else case.codes[-1]
        tells(machine, name, 200)
        row(case.name, firmware.name, f"stopped with S{code(name)} in {time.monotonic() - began:.0f} s")
