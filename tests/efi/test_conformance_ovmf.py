# SPDX-License-Identifier: BSD-2-Clause
"""The conformance application against drivers that are known good: OVMF's own. What fails here is wrong in the application."""
import pytest

from tests.efi import image
from tests.lab import ovmf
from tests.lab.disks import MIB

# Its virtio-blk driver is none of them: it looks neither at MediaId nor at a buffer that is NULL.
DISKS = {
    "ahci": ["-device", "ide-hd,drive=own,bus=ide.0,bootindex=0"],
    "nvme": ["-device", "nvme,drive=own,serial=1,bootindex=0"],
}


def run(lab, path, disk, timeout=120):
    extra = ["-drive", f"if=none,id=own,format=raw,file={path},cache=unsafe", *DISKS[disk]]
    machine = ovmf.start(lab, rom="", boot="c", extra=extra, timeout=timeout)
    machine.expect(r"exerciser: \d+ passed, \d+ failed", timeout)
    machine.wait_end(30)
    return machine.text


@pytest.mark.parametrize("disk", DISKS)
def test_every_promise_that_ovmf_makes(lab, disk):
    path = image.make_image(lab.path("disk.img"))
    passed, failures = image.check_transcript(run(lab, path, disk))
    assert failures == []
    assert passed >= 80
    assert image.verify_image(path) > 5000


def test_verification_notices_a_wrong_sector(tmp_path):
    path = image.make_image(str(tmp_path / "disk.img"), writes=0, mixed=0)
    assert image.verify_image(path) == 0
    with open(path, "r+b") as file:
        file.seek(image.DATA_START + 3 * MIB + 17)
        file.write(b"\0")
    with pytest.raises(AssertionError, match="sector 106496"):
        image.verify_image(path)


def test_speed_mode(lab):
    path = image.make_image(lab.path("disk.img"), mode=image.SPEED, seconds=1)
    text = run(lab, path, "ahci")
    assert image.check_transcript(text)[1] == []
    assert set(image.speeds(text)) == {"sequential-1m", "sequential-64k", "sequential-4k", "random-4k"}
