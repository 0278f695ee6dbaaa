# SPDX-License-Identifier: BSD-2-Clause
"""
The exerciser and the conformance application while connections are lost, commands refused and frames of odd sizes come: every
promise is kept, and the row of reads and writes in all orders (tests/exerciser/mixed.h) leaves what it has written. OPERATIONS is
how many.
"""
import os

import pytest

from tests.efi import image as efi_image
from tests.exerciser import image
from tests.lab import exercised, ovmf
from tests.lab.settings import STATIC

from . import lun
from .cases import DISK_WORK, WRITES, Case
from .lab import Cable, FaultyTarget
from .machine import assert_fired, connections

OPERATIONS = int(os.environ.get("OPERATIONS", 1500))
TROUBLE = Case("trouble", [
    ("drop-every", {"kilobytes": 4096}),
    ("drop-at-write", {"times": 5, "after": 100}),
    ("odd-data-in", {}),
    ("scsi-status", {"status": lun.BUSY, "opcodes": DISK_WORK, "times": 20, "after": 300}),
    ("data-in-hole", {"renumber": True, "times": 3, "after": 300}),
    ("statsn-gap", {"opcodes": WRITES, "times": 3, "after": 100}),
    ("async", {"event": 1, "times": 3, "after": 400}),
    ("attention", {}),
])
WIRE = Case("a wire that errs", wire={"loss": 0.003, "double": 0.02, "reorder": 0.05})
MORE = {"reads": 500, "writes": 200, "mixed": OPERATIONS}
PATIENCE = 400 + OPERATIONS // 10  # seconds


def boot_exerciser(lab, root_path, **options):
    return lab.boot_directly(f"{STATIC} root={root_path}", extra=exercised.DEBUG_EXIT, timeout=PATIENCE + 60, **options)


def boot_conformance(lab, root_path, **options):
    return ovmf.boot_from_stick(lab, f"{STATIC} root={root_path}", timeout=PATIENCE + 60, **options)


PROGRAMS = pytest.mark.parametrize("made,options,boot", [
    pytest.param(image, {"size": 32 << 20}, boot_exerciser, id="BIOS"),
    pytest.param(efi_image, {"strict": True}, boot_conformance, id="UEFI"),
])


def all_is_right(lab, made, options, boot, case, nic):
    """Returns how many connections there were."""
    cable = Cable(lab.network, **case.wire) if case.wire else None
    path = lab.path("disk.img")
    image.build()
    made.make_image(path, **options, **MORE)
    target = lab.target(path, FaultyTarget, faults=case.faults, settings={"identity": {"product": "LAB DISK"}})
    machine = boot(lab, target.root_path, nic=nic)
    exercised.all_pass(machine, PATIENCE)
    assert made.verify_image(path) > 0
    assert_fired(case, target)
    assert not cable or any(count for name, count in cable.counts().items() if name != "frames"), "the wire did nothing"
    return connections(target)


@PROGRAMS
def test_mixed(lab, made, options, boot):
    connected = all_is_right(lab, made, options, boot, TROUBLE, "e1000")
    print(f"{OPERATIONS} operations, {connected} connections")
    assert connected > 10


@pytest.mark.long_fault
@PROGRAMS
def test_mixed_on_a_wire_that_errs(lab, made, options, boot):
    all_is_right(lab, made, options, boot, WIRE, "e1000e")
