# SPDX-License-Identifier: BSD-2-Clause
"""Linux on efi_disk's Debian without GRUB: the kernel is an EFI program that systemd-boot starts, or the boot program itself."""
import os

from . import efi_disk, linux_disk, packages, process
from .disks import CACHE, FIRST_SECTOR, MTOOLS, text_file


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
    texts = {
        "loader/loader.conf": "timeout 0\ndefault linux.conf\n",
        "loader/entries/linux.conf": f"title Linux\nlinux /vmlinuz\ninitrd /initrd.gz\noptions {' '.join(words)}\n",
    }
    for name, text in texts.items():
        _put(image, name, text_file(os.path.join(folder, os.path.basename(name)), text))
    _put(image, efi_disk.BOOT_FILE, _systemd("systemd-bootx64.efi"))


def unified_kernel(image, folder, words):
    """Puts kernel, initramfs and `words` in GRUB's place, as one EFI program behind systemd's stub, and nothing beside it."""
    kernel, initramfs = linux_disk.kernel_and_initramfs(folder)
    sections = [
        (".cmdline", text_file(os.path.join(folder, "cmdline"), " ".join(words)), 0x30000),
        (".linux", kernel, 0x2000000),
        (".initrd", initramfs, 0x3000000),
    ]
    arguments = []
    for name, source, address in sections:
        arguments += ["--add-section", f"{name}={source}", "--change-section-vma", f"{name}={address:#x}"]

    path = os.path.join(folder, "linux.efi")
    process.run(["objcopy", *arguments, _systemd("linuxx64.efi.stub"), path])
    process.run(["mdel", "-i", _where(image), "::/vmlinuz", "::/initrd.gz"], env=MTOOLS)
    _put(image, efi_disk.BOOT_FILE, path)
