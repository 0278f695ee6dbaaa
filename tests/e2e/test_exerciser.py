# SPDX-License-Identifier: BSD-2-Clause
"""Every promise of INT 13h, held by the exerciser from the LUN's own boot sector; what it wrote must stand in the LUN's file."""
import pytest

from tests.exerciser import image
from tests.lab import exercised
from tests.lab.settings import STATIC
from tests.lab.target import Istgt, Tgt

DIGESTS = {"by table": "qemu64", "by instruction": "max"}  # CPUs without SSE4.2 and with it


def exercise(lab, kind, extra=(), settings="", **options):
    """Runs the exerciser on a disk of that target; returns how many promises were kept, all of them, and the machine."""
    disk = exercised.disk(lab)
    target = lab.target(disk, kind, **options)
    machine_options = {"extra": [*exercised.DEBUG_EXIT, *extra], "timeout": exercised.PATIENCE + 60}
    if settings:
        machine = lab.boot_directly(f"{STATIC} root={target.root_path} {settings}", **machine_options)
    else:
        machine = lab.boot_by_rom(target.root_path, **machine_options)
    passed = exercised.all_pass(machine)
    assert image.verify_image(disk) > 900
    return passed, machine


@pytest.mark.parametrize("kind,block_size,settings", [(Tgt, 512, ""), (Tgt, 4096, ""), (Istgt, 512, "read-ahead=off")])
def test_every_promise(lab, kind, block_size, settings):
    passed, _ = exercise(lab, kind, block_size=block_size, settings=settings)
    assert passed >= 100


@pytest.mark.parametrize("cpu", DIGESTS.values(), ids=DIGESTS)
def test_promises_over_digests_that_the_target_demands(lab, cpu):
    _, machine = exercise(lab, Istgt, ["-cpu", cpu], digests=True)
    assert "lost" not in machine.text
