# SPDX-License-Identifier: BSD-2-Clause
"""
Memory of machines in which other loaders left their iBFT, as files.

iPXE (Debian's ROM of QEMU's card) puts its table at 9E620h, above the end of base memory; structures are 16-aligned, every
index is 0, unused addresses are all zero, the gateway stands there even for a target on the same subnet. IPv6 it does not
know: of an IPv6 target's address it writes the first four bytes as an IPv4 one.
OVMF's IScsiDxe has an ACPI table of always 2048 bytes, on a page of its own; structures are 8-aligned, strings grow down
from the end, the NIC's flags have bit 2 (global), DNS servers that are not known are ::ffff:0.0.0.0.
"""
from . import boots, disks, efi_disk, iscsidxe

LOW_MEMORY = disks.MIB
EFI_MEMORY = 256  # MiB


def _account(chap):
    """The lines of iPXE's script for it."""
    lines = f"set username {chap.name}\nset password {chap.secret}\n"
    if chap.reverse_name:
        lines += f"set reverse-username {chap.reverse_name}\nset reverse-password {chap.reverse_secret}\n"
    return lines


def ipxe_memory(lab, chap=None, settings=""):
    """
    The first MiB once hello.asm, on the LUN, has been entered. `chap` is Tgt's and iPXE's; `settings` are lines of its script.
    """
    target = boots.hello_target(lab, chap=chap)
    account = _account(chap) if chap else ""
    lab.ipxe(f"{settings}{account}sanboot {target.root_path}\n")
    machine = lab.machine()
    boots.entered(machine)
    return machine.save_memory(0, LOW_MEMORY, lab.path("ipxe-memory.bin"))


def iscsidxe_memory(lab):
    """All of it while GRUB, from the LUN, runs on OVMF."""
    target = lab.target(efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\nread key\n"))
    machine = iscsidxe.boot(lab, target.root_path, memory=EFI_MEMORY)
    machine.expect("GRUB-RUNS", 90)
    return machine.save_memory(0, EFI_MEMORY * disks.MIB, lab.path("iscsidxe-memory.bin"))
