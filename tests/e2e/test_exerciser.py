# SPDX-License-Identifier: BSD-2-Clause
"""Every promise of INT 13h, held by the exerciser from the LUN's own boot sector; what it wrote must stand in the LUN's file."""
import pytest

from tests.exerciser import image
from tests.lab import exercised
from tests.lab.target import Istgt, Tgt


@pytest.mark.parametrize("kind,block_size", [(Tgt, 512), (Tgt, 4096), (Istgt, 512)])
def test_every_promise(lab, kind, block_size):
    disk = exercised.disk(lab)
    target = lab.target(disk, kind, block_size=block_size)
    machine = lab.boot_by_rom(target.root_path, extra=exercised.DEBUG_EXIT, timeout=300)
    assert exercised.all_pass(machine) >= 100
    assert image.verify_image(disk) > 900
