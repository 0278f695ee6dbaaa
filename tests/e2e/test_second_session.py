# SPDX-License-Identifier: BSD-2-Clause
"""
A start that could not end its session is followed by another: its login, with the same ISID, ends what the target still holds of
the first (RFC 7143, 6.3.5), which would keep a target of one session, or a reservation, from us.
"""
from tests.lab import efi_disk, ovmf, process
from tests.lab.boots import FAILURE, hello_target
from tests.lab.settings import STATIC

ROUNDS = 3


def has_sessions(target, number):
    process.wait_until(lambda: target.sessions() == number, 10, "the end of a session")


def test_reset_under_uefi(lab):
    target = lab.target(efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\n"))
    machine = ovmf.boot_from_stick(lab, f"{STATIC} root={target.root_path}", reboots=True, timeout=240)
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    assert target.sessions() == 1
    machine.qmp("system_reset")
    machine.expect("^Portal .*, LUN 1$", 90, or_fail=FAILURE)
    assert target.sessions() == 1  # at once: the new stack resets the dead connection in the end
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)


def test_reset_under_a_bios(lab):
    target = hello_target(lab)
    machine = lab.boot_directly(f"{STATIC} root={target.root_path}", reboots=True)
    machine.expect("^BOOT dl=80", 60, or_fail=FAILURE)
    assert target.sessions() == 1
    machine.qmp("system_reset")
    machine.expect("^BOOT dl=80", 60, or_fail=FAILURE)
    has_sessions(target, 1)


def test_started_anew_from_the_shell(lab):
    """
    Without a reset: the boot program comes back, the user gives up, and starts us again. No memory is missing after a round, but
    what the firmware's drivers and the shell keep once.
    """
    target = lab.target(efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\nls\necho LISTED\nexit\n"))
    texts = {"startup.nsh": f"fs0:\nfor %a run (1 {ROUNDS})\nsanstrap.efi {STATIC} retry=0 root={target.root_path}\n"
                            "memmap -sfo\nendfor\n"
                            "echo ROUNDS-ARE-OVER\n"}
    machine = ovmf.boot_from_disk(lab, {"sanstrap.efi": ovmf.APPLICATION}, texts, timeout=240)
    summaries = []
    for _ in range(ROUNDS):
        listed = machine.expect(r"(?s)GRUB-RUNS(.*)LISTED", 90, or_fail=FAILURE).group(1)
        assert "(hd1)" in listed and "(hd2)" not in listed
        ovmf.fails_with(machine, "E_BOOT_RETURNED")
        assert target.sessions() <= 1
        machine.type("n")
        summaries.append(machine.expect(r"MemoryMapSummary,(.*)[\r\n]", 60).group(1))
    assert summaries[-1] == summaries[-2]
    machine.expect("ROUNDS-ARE-OVER", 30, or_fail=FAILURE)
    has_sessions(target, 0)
