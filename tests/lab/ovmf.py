# SPDX-License-Identifier: BSD-2-Clause
"""QEMU machines whose firmware is OVMF, with and without Secure Boot, and what UEFI firmware prints on their serial line."""
import os
import re
import shutil

from . import efi_disk, process, qemu
from .boots import tells
from .lab import BUILD

APPLICATION = os.path.join(BUILD, "sanstrap.efi")
DRIVER = os.path.join(BUILD, "sanstrap-driver.efi")
FIRMWARE = "/usr/share/OVMF"
PLAIN = ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd")
SECURE = ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd")  # Secure Boot is on, and trusts one key that Debian publishes
SNAKEOIL_KEY = "/usr/share/ovmf/PkKek-1-snakeoil.key"
SNAKEOIL_CERTIFICATE = "/usr/share/ovmf/PkKek-1-snakeoil.pem"
SNAKEOIL_PASSPHRASE = "snakeoil"
ROMS = "/usr/lib/ipxe/qemu" if os.path.isdir("/usr/lib/ipxe/qemu") else "/usr/share/qemu"  # Debian 12, Debian 13
SECOND_MAC = "52:54:00:12:34:57"
LEFT_US = "Exception Type|^S70"  # what must not come once the firmware goes on without us
TERMINAL = re.compile(r"\x1b\[(\d+;\d+H)|\x1b\[[0-9;=?]*[A-Za-z]")  # a new cursor position; any other control sequence
UNFINISHED = re.compile(r"\x1b(\[[0-9;=?]*)?$")


class EfiMachine(qemu.Machine):
    """
    A PC with OVMF. Its first boot option is its network card, or the first of `drives` with boot="c". `rom` defaults to the
    card's UEFI ROM; "" takes it away, and with it every network driver the firmware has. `variables` are settings of the
    firmware's that were kept.
    """

    def __init__(self, network, folder, nic="e1000", rom=None, boot="n", board="q35", secure=False, drives=(), extra=(),
                 variables=None, **options):
        program, fresh = SECURE if secure else PLAIN
        settings = os.path.join(folder, "vars.fd")
        shutil.copy(variables or os.path.join(FIRMWARE, fresh), settings)
        flash = ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={FIRMWARE}/{program}",
                 "-drive", f"if=pflash,unit=1,format=raw,file={settings}"]
        if secure:
            board += ",smm=on"
            flash += ["-global", "driver=cfi.pflash01,property=secure,value=on"]

        devices = []
        for number, path in enumerate(drives):
            order = number + (2 if boot == "n" else 0)
            devices += ["-drive", f"if=none,id=disk{number},format=raw,file={path}",
                           "-device", f"virtio-blk-pci,drive=disk{number},bootindex={order}"]
        devices += ["-device", "virtio-rng-pci,addr=0x1e"]  # Debian 13's OVMF has no network without

        card = nic if rom == "" or boot == "c" else f"{nic},bootindex=1"
        if rom is None:
            rom = f"{ROMS}/efi-{nic}.rom"
        self.unread = ""
        super().__init__(network, folder, nic=card, rom=rom, board=board, extra=[*flash, *devices, *extra], **options)

    def screen(self):
        return "(graphics: see the serial text)"

    def plain(self, data):
        text = self.unread + data.decode("latin-1")
        unfinished = UNFINISHED.search(text)
        self.unread = unfinished.group(0) if unfinished else ""
        text = text[:len(text) - len(self.unread)]
        return TERMINAL.sub(lambda match: "\n" if match.group(1) else "", text).replace("\r", "\n")


def start(lab, **options):
    """A machine with OVMF in the lab."""
    return lab.machine(kind=EfiMachine, **options)


def without_pxe(*versions):
    """The firmware's own PXE client does not boot by these versions of IP."""
    return [word for version in versions for word in ("-fw_cfg", f"name=opt/org.tianocore/IPv{version}PXESupport,string=n")]


def second_card(lab, device):
    """A second card, behind the machine's own in PCI order: QEMU's model and its properties."""
    return ["-netdev", f"tap,id=second,ifname={lab.network.add_tap()},script=no,downscript=no",
            "-device", f"{device},netdev=second,mac={SECOND_MAC}"]


def boot_by_network(lab, root_path, pxe="firmware", application=APPLICATION, texts=(), **options):
    """
    The application comes by PXE, with files of these `texts` {name: text} beside it; the root path by DHCP. The card's ROM is
    iPXE and tries first; with `pxe` "firmware" it is told no boot file, and OVMF's own PXE client then has its turn.
    """
    boot_file = {"rom": "sanstrap.efi", "firmware": "tag:!ipxe,sanstrap.efi"}[pxe]
    server = lab.dhcp(boot_file=boot_file, root_path=root_path)
    server.publish(application, "sanstrap.efi")
    for name, text in dict(texts).items():
        server.publish_text(name, text)
    return start(lab, **options)


def boot_from_stick(lab, settings, local=None, program=APPLICATION, rom="", extra=(), **options):
    """
    The application (or `program`) is what a USB stick boots, and `settings` stand in the file beside it. `local`, a disk's image,
    is what the firmware boots when the stick gives up.
    """
    files = {efi_disk.BOOT_FILE: program, "EFI/BOOT/sanstrap.conf": lab.text("settings", settings + "\n")}
    stick = efi_disk.system_disk(lab.path("stick.img"), files)
    usb = ["-device", "qemu-xhci", "-drive", f"if=none,id=stick,format=raw,file={stick}",
           "-device", "usb-storage,drive=stick,removable=on,bootindex=0"]
    return start(lab, rom=rom, drives=[local] if local else [], extra=[*usb, *extra], **options)


def boot_from_disk(lab, files, texts, rom="", **options):
    """
    The machine boots a disk of its own with `files` {name inside: path outside} and `texts` {name inside: text}: the boot file,
    or the firmware's shell, which runs startup.nsh.
    """
    written = {name: lab.text(os.path.basename(name), text) for name, text in texts.items()}
    local = efi_disk.system_disk(lab.path("local.img"), {**files, **written})
    return start(lab, rom=rom, boot="c", drives=[local], **options)


def local_disk(lab, more=""):
    """A disk of the machine's own, whose GRUB says that it runs and does `more`."""
    return efi_disk.grub_disk(lab.path("local.img"), "echo LOCAL-GRUB-RUNS\n" + more)


def signing_key(path):
    """The key that SECURE firmware trusts, as a file that asks for no passphrase."""
    process.run(["openssl", "rsa", "-in", SNAKEOIL_KEY, "-passin", f"pass:{SNAKEOIL_PASSPHRASE}", "-out", path])
    return path


def sign(source, destination):
    """Signs an image with that key."""
    key = signing_key(destination + ".key")
    process.run(["sbsign", "--key", key, "--cert", SNAKEOIL_CERTIFICATE, "--output", destination, source])
    return destination


def fails_with(machine, name, timeout=90):
    """The console is on the serial line."""
    return tells(machine, name, timeout)
