# SPDX-License-Identifier: BSD-2-Clause
"""A boot program that comes back: the disk can be booted again, and when the firmware goes on, nothing of it is left."""
from tests.lab import efi_disk, ovmf
from tests.lab.boots import FAILURE
from tests.lab.lab import ROOT
from tests.lab.settings import STATIC, UNTIL_KEY

SEARCH = "search --file --set=lun /only-on-the-lun.txt\necho LUN-AT=$lun.\n"


def test_again_and_then_gone(lab):
    marker = {"only-on-the-lun.txt": lab.text("marker", "here\n")}
    target = lab.target(efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\n" + SEARCH + "exit\n", marker))
    local = ovmf.local_disk(lab, SEARCH)
    machine = ovmf.boot_from_stick(lab, f"{STATIC} {UNTIL_KEY} root={target.root_path}", local=local)
    for key in ("r", "n"):
        machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
        assert machine.expect(r"LUN-AT=(\S*)\.", 30).group(1)
        ovmf.fails_with(machine, "E_BOOT_RETURNED")
        machine.type(key)

    machine.expect("LOCAL-GRUB-RUNS", 90)
    assert not machine.expect(r"LUN-AT=(\S*)\.", 60).group(1)


def test_disk_that_is_held(lab):
    """The boot program has come back and not let go of the disk, whose functions are in our image: nothing may return then."""
    program = f"{ROOT}/build/lab/clings.efi"
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), {efi_disk.BOOT_FILE: program}))
    local = ovmf.local_disk(lab, SEARCH)
    machine = ovmf.boot_from_stick(lab, f"{STATIC} retry=0 root={target.root_path}", local=local, reboots=True)
    machine.expect("^CLINGS$", 90, or_fail=FAILURE)
    ovmf.fails_with(machine, "E_BOOT_RETURNED")

    machine.type("r")
    ovmf.fails_with(machine, "E_BOOT_PUBLISH")

    machine.type("n")
    machine.expect('holds the disk: restarting into "UEFI Misc Device"', 20)
    machine.expect("LOCAL-GRUB-RUNS", 60, or_fail=ovmf.LEFT_US)
