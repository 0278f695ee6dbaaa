# SPDX-License-Identifier: BSD-2-Clause
"""Debian, booted from the LUN by sanstrap, crashes and writes its memory there."""
import pytest

from tests.dump import crash


@pytest.mark.parametrize("efi,nic", [(False, "e1000"), (True, "e1000e")])
def test_sysrq(lab, efi, nic):
    machine = crash.boot(lab, efi, nic=nic)
    print(machine.arms("reboot=never"))
    machine.panic()
    print(machine.expect_dump())
    machine.machine.expect("Halted", 30)
    crash.is_whole(machine)
