# SPDX-License-Identifier: BSD-2-Clause
"""Every promise of INT 13h, held by the exerciser from the LUN's own boot sector; what it wrote must stand in the LUN's file."""
import pytest

from tests.exerciser import image
from tests.lab.boots import FAILURE
from tests.lab.target import Istgt, Tgt

DIGESTS = {"by table": "qemu64", "by instruction": "max"}  # CPUs without SSE4.2 and with it
DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]


@pytest.mark.parametrize("kind,block_size", [(Tgt, 512), (Tgt, 4096), (Istgt, 512)])
def test_every_promise(lab, kind, block_size):
    image.build()
    path = lab.path("disk.img")
    image.make_image(path, size=64 << 20)
    target = lab.target(path, kind, block_size=block_size)
    machine = lab.boot_by_rom(target.root_path, extra=DEBUG_EXIT, timeout=300)
    machine.expect(r"exerciser: \d+ passed, \d+ failed", 240, or_fail=FAILURE)
    machine.wait_end(20)
    passed, failures = image.check_transcript(machine.text)
    assert failures == []
    assert passed >= 100
    assert image.verify_image(path) > 900


@pytest.mark.parametrize("cpu", DIGESTS.values(), ids=DIGESTS)
def test_promises_over_digests_that_the_target_demands(lab, cpu):
    image.build()
    path = lab.path("disk.img")
    image.make_image(path, size=64 << 20)
    target = lab.target(path, Istgt, digests=True)
    machine = lab.boot_by_rom(target.root_path, extra=[*DEBUG_EXIT, "-cpu", cpu], timeout=300)
    machine.expect(r"exerciser: \d+ passed, \d+ failed", 240, or_fail=FAILURE)
    machine.wait_end(20)
    assert image.check_transcript(machine.text)[1] == []
    assert "lost" not in machine.text
    assert image.verify_image(path) > 900
