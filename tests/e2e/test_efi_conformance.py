# SPDX-License-Identifier: BSD-2-Clause
"""Every promise of BlockIo and BlockIo2, held by the conformance application from the LUN; what it wrote must stand in the LUN's file."""
import pytest

from tests.efi import image
from tests.lab import ovmf
from tests.lab.boots import FAILURE
from tests.lab.network import PREFIX
from tests.lab.target import Istgt, Tgt


@pytest.mark.parametrize("kind,block_size,nic", [(Tgt, 512, "e1000"), (Tgt, 4096, "e1000e"), (Istgt, 512, "e1000e")])
def test_every_promise(lab, kind, block_size, nic):
    path = image.make_image(lab.path("disk.img"), strict=True, block=block_size)
    target = lab.target(path, kind, block_size=block_size)
    machine = ovmf.boot_from_stick(lab, f"ip={PREFIX}.50/24 root={target.root_path}", nic=nic, timeout=240)
    machine.expect(r"exerciser: \d+ passed, \d+ failed", 200, or_fail=FAILURE)
    machine.wait_end(20)
    passed, failures = image.check_transcript(machine.text)
    assert failures == []
    assert passed >= 80
    assert image.verify_image(path, block_size) > 5000
