# SPDX-License-Identifier: BSD-2-Clause
"""Every way in which the loader can be loaded ends in the LUN's boot sector, entered as a BIOS would."""
import hashlib
import re

import pytest

from tests.lab import disks, qemu
from tests.lab.boots import FAILURE, enters_boot_sector, hello_target, only_ours_is_kept, prints_sum
from tests.lab.lab import LKRN, NBP
from tests.lab.network import PREFIX, SERVER
from tests.lab.settings import STATIC
from tests.lab.target import Chap

IPXE = "/usr/lib/ipxe"


def test_pxe_from_the_cards_rom(lab, loader):
    target = hello_target(lab)
    enters_boot_sector(lab.boot_by_rom(target.root_path, loader))


PXELINUX = {
    "KERNEL sanstrap.0": "KERNEL sanstrap.0\n",
    "pxechn.c32": "COM32 pxechn.c32\nAPPEND sanstrap.0\n",
    "KERNEL sanstrap.lkrn": "KERNEL sanstrap.lkrn\n",
    "LINUX sanstrap.lkrn": "LINUX sanstrap.lkrn\nAPPEND log=info\n",
    "LINUX sanstrap.lkrn keeppxe": "LINUX sanstrap.lkrn\nAPPEND keeppxe\n",
    "LINUX sanstrap.lkrn with IPAPPEND": "LINUX sanstrap.lkrn\nIPAPPEND 3\n",
    "LINUX sanstrap.lkrn with SYSAPPEND": "LINUX sanstrap.lkrn\nSYSAPPEND 0x3ffff\n",
}


@pytest.mark.parametrize("lines", PXELINUX.values(), ids=PXELINUX.keys())
def test_pxelinux(lab, lines):
    """Who unloads the ROM differs: pxelinux for a Linux kernel, we otherwise, and when it was told to keep it."""
    target = hello_target(lab)
    lab.pxelinux(lines, root_path=target.root_path)
    only_ours_is_kept(enters_boot_sector(lab.machine()), 256 << 20)


def test_pxelinux_goes_by_the_name(lab):
    """What README says of it: only .0 is a network boot program."""
    target = hello_target(lab)
    server = lab.pxelinux("KERNEL sanstrap.pxe\n", root_path=target.root_path)
    server.publish(NBP)
    lab.machine().expect("Booting kernel failed", 60)


@pytest.mark.parametrize("command", ["linux16", "linux"])
def test_grub_over_pxe(lab, command):
    """GRUB stops the card and leaves the ROM where it is, INT 1Ah hooked."""
    target = hello_target(lab)
    server = lab.dhcp(boot_file="grub.0", root_path=target.root_path)
    server.publish(disks.grub_nbp(lab.path("grub.0"), f"echo GRUB-RUNS\n{command} (pxe)/sanstrap.lkrn\nboot\n"))
    server.publish(LKRN)

    machine = lab.machine()
    machine.expect("GRUB-RUNS", 60)
    only_ours_is_kept(enters_boot_sector(machine), 256 << 20)


# ---- iPXE ----

CHAINS = {  # what the lease's root path is, iPXE's script, and the file of ours
    "the NBP": ("{root}", "chain sanstrap.pxe\n", NBP),
    # The ROM is off INT 1Ah and its memory free, though a !PXE of it is left with a right sum.
    "a kernel": ("{root}", "chain sanstrap.lkrn\n", LKRN),
    "a command line": (None, "chain sanstrap.pxe root={root}\n", NBP),
}


@pytest.mark.parametrize("lease,script,program", CHAINS.values(), ids=CHAINS.keys())
def test_ipxe_chain(lab, lease, script, program):
    target = hello_target(lab)
    lab.ipxe(script.format(root=target.root_path), program, root_path=lease and lease.format(root=target.root_path))
    enters_boot_sector(lab.machine())


def test_ipxe_lkrn_chain(lab):
    """Debian's ipxe.lkrn with its own driver, no PXE ROM below it."""
    target = hello_target(lab)
    lab.dhcp(root_path=target.root_path).publish(NBP)
    script = lab.text("script", f"#!ipxe\ndhcp\nchain tftp://{SERVER}/sanstrap.pxe\n")
    enters_boot_sector(lab.machine(kernel=f"{IPXE}/ipxe.lkrn", initrd=script, rom=""))


def test_ipxe_over_undi_chain(lab):
    """undionly.kpxe drives the card through the ROM's UNDI; the loader must send both home."""
    target = hello_target(lab)
    script = "iseq ${net0/chip} 82540em && chain undionly.kpxe ||\nchain sanstrap.pxe\n"
    server = lab.ipxe(script, NBP, f"{IPXE}/undionly.kpxe", root_path=target.root_path)
    enters_boot_sector(lab.machine())
    assert "sent " in server.read_log() and "undionly.kpxe to" in server.read_log()


def test_the_roms_lease_is_reused(lab):
    """A ROM that got a root path keeps it in its cached DHCPACK: then there is no second exchange."""
    target = hello_target(lab)
    server = lab.ipxe(f"set net0/root-path {target.root_path}\nchain sanstrap.pxe\n", NBP)
    enters_boot_sector(lab.machine())

    by_the_rom, _, by_us = server.read_log().partition("sanstrap.pxe to ")
    assert f"DHCPACK(br0) {PREFIX}." in by_the_rom and qemu.MAC in by_the_rom
    assert by_us and "DHCP" not in by_us


# ---- without a ROM ----

def test_qemu_kernel(lab):
    target = hello_target(lab)
    lab.dhcp(root_path=target.root_path)
    enters_boot_sector(lab.boot_directly())


def test_qemu_kernel_with_static_address(lab):
    target = hello_target(lab)
    enters_boot_sector(lab.boot_directly(f"{STATIC} root={target.root_path}"))


def test_grub_linux16(lab):
    """From a local disk that GRUB started on: the LUN takes the number 80h from it."""
    target = hello_target(lab)
    lab.dhcp()
    script = f"echo GRUB-RUNS\nlinux16 /sanstrap.lkrn root={target.root_path}\nboot\n"
    local = disks.grub_disk(lab.path("grub.img"), script, {"sanstrap.lkrn": LKRN}, size=32 * disks.MIB)

    machine = lab.machine(drives=[local], boot="c", rom="")
    machine.expect("GRUB-RUNS", 60)
    enters_boot_sector(machine)


@pytest.mark.parametrize("command", ["linux16", "linux"])
def test_grubs_escapes(lab, command):
    """It writes a backslash before some characters; the secret is the one that was typed all the same."""
    chap = Chap("lab", "it's a\\b \"c\" d")
    target = hello_target(lab, chap=chap)
    typed = re.sub(r"([ '\"\\\\])", r"\\\1", f"chap={chap.name}:{chap.secret}")
    script = f"{command} /sanstrap.lkrn {STATIC} root={target.root_path} {typed}\nboot\n"
    local = disks.grub_disk(lab.path("grub.img"), script, {"sanstrap.lkrn": LKRN}, size=32 * disks.MIB)
    enters_boot_sector(lab.machine(drives=[local], boot="c", rom=""))


# ---- beside a disk of the BIOS ----

NEIGHBOUR = 8192  # sectors of the other disk that GRUB hashes


def grub_and_neighbour(lab):
    """A disk with a GRUB that hashes the start of the BIOS's second hard disk, such a disk, and the sum."""
    script = f"echo GRUB-RUNS\nsha256sum (hd1)0+{NEIGHBOUR}\n"
    grub = disks.grub_disk(lab.path("grub.img"), script, size=32 * disks.MIB)
    data = disks.pattern(NEIGHBOUR * 512, b"neighbour")
    neighbour = lab.file("neighbour.img", data + bytes(16 * disks.MIB - len(data)))
    return grub, neighbour, hashlib.sha256(data).hexdigest()


def test_the_bioss_disk_goes_on_as_81h(lab):
    """The LUN takes the number 80h; what the BIOS had there answers under its new one."""
    grub, neighbour, expected = grub_and_neighbour(lab)
    target = lab.target(grub)
    machine = lab.boot_directly(f"{STATIC} root={target.root_path}", drives=[neighbour])
    machine.expect("GRUB-RUNS", 60, or_fail=FAILURE)
    prints_sum(machine, expected, 60, behind="  ")


def test_published_only(lab):
    """boot=no: the BIOS boots its own disk, and finds the LUN beside it."""
    grub, neighbour, expected = grub_and_neighbour(lab)
    target = lab.target(neighbour)
    machine = lab.boot_directly(f"{STATIC} root={target.root_path} boot=no drive=0x81", drives=[grub], boot="c")
    machine.expect("disk published as drive 81h", 60, or_fail=FAILURE)
    machine.expect("GRUB-RUNS", 60)
    prints_sum(machine, expected, 60, behind="  ")


def test_published_only_as_the_first_disk(lab):
    """boot=no with the number 80h: what the BIOS then boots by itself is the LUN."""
    target = hello_target(lab)
    local = lab.file("local.img", bytes(disks.MIB))
    machine = lab.boot_directly(f"{STATIC} root={target.root_path} boot=no", drives=[local], boot="c")
    machine.expect("disk published as drive 80h", 60, or_fail=FAILURE)
    enters_boot_sector(machine)
