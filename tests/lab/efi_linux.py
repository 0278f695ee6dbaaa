# SPDX-License-Identifier: BSD-2-Clause
"""Linux on efi_disk's Debian without GRUB: its kernel is started as an EFI program, by systemd-boot or as the boot program itself."""
import os

from . import efi_disk, linux_disk, packages, process
from .disks import CACHE, FIRST_SECTOR, MTOOLS


def _where(image):
    return f"{image}@@{FIRST_SECTOR * 512}"


def _put(image, name, path):
    process.run(["mcopy", "-o", "-i", _where(image), path, f"::/{name}"], env=MTOOLS)


def _systemd(name):
    """The path of one of systemd's EFI programs."""
    root = packages.unpack(["systemd-boot-efi"], os.path.join(CACHE, "debian"))
    return os.path.join(root, "usr/lib/systemd/boot/efi", name)


def systemd_boot(image, folder, words):
    """Puts systemd-boot in GRUB's place; it gives `words` to the kernel's EFI stub, which reads the initramfs by itself."""
    process.run(["mmd", "-i", _where(image), "::/loader", "::/loader/entries"], env=MTOOLS)
    entry = f"title Linux\nlinux /vmlinuz\ninitrd /initrd.gz\noptions {' '.join(words)}\n"
    _put(image, "loader/loader.conf", efi_disk.text_file(folder, "loader.conf", "timeout 0\ndefault linux.conf\n"))
    _put(image, "loader/entries/linux.conf", efi_disk.text_file(folder, "linux.conf", entry))
    _put(image, efi_disk.BOOT_FILE, _systemd("systemd-bootx64.efi"))


def unified_kernel(image, folder, words):
    """Puts kernel, initramfs and `words` in GRUB's place, as one EFI program behind systemd's stub; nothing else is left there."""
    kernel, initramfs = linux_disk.kernel_and_initramfs(folder)
    path = os.path.join(folder, "linux.efi")
    sections = [(".cmdline", efi_disk.text_file(folder, "cmdline", " ".join(words)), 0x30000), (".linux", kernel, 0x2000000),
                (".initrd", initramfs, 0x3000000)]
    arguments = []
    for name, source, address in sections:
        arguments += ["--add-section", f"{name}={source}", "--change-section-vma", f"{name}={address:#x}"]
    process.run(["objcopy", *arguments, _systemd("linuxx64.efi.stub"), path])
    process.run(["mdel", "-i", _where(image), "::/vmlinuz", "::/initrd.gz"], env=MTOOLS)
    _put(image, efi_disk.BOOT_FILE, path)
