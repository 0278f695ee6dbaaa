# SPDX-License-Identifier: BSD-2-Clause
"""Debian from the LUN: boot loader, kernel, root file system, and what it wrote."""
import secrets

import pytest

from tests.lab import linux_disk
from tests.lab.boots import FAILURE
from tests.lab.network import SERVER
from tests.lab.target import NAME, Istgt, Tgt


@pytest.mark.parametrize("kind", [Tgt, Istgt])
def test_debian_with_its_root_on_the_lun(lab, loader, kind):
    disk = lab.copy_disk(linux_disk.base_disk())
    target = lab.target(disk, kind)
    nonce = secrets.token_hex(8)
    linux_disk.configure(disk, lab.folder, (SERVER, target.port, NAME, target.lun), nonce)

    machine = lab.boot_by_rom(target.root_path, loader, memory=512, timeout=240)
    machine.expect("SYSLINUX", 90, or_fail=FAILURE)
    linux_disk.passes(machine, nonce)
    assert linux_disk.holds(disk, nonce, lab.folder)
