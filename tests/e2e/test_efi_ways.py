# SPDX-License-Identifier: BSD-2-Clause
"""Ways into the application beside PXE and a stick, and boot programs beside GRUB."""
import secrets

import pytest

from tests.lab import efi_disk, efi_linux, linux_disk, ovmf
from tests.lab.boots import FAILURE, grub_hashes, hashing_target
from tests.lab.network import SERVER
from tests.lab.qemu import MAC
from tests.lab.settings import STATIC
from tests.lab.target import NAME

# ---- HTTP ----

def boot_by_http(lab, root_path=None, **options):
    """The firmware's own HTTP client loads us."""
    server = lab.dhcp(boot_file=f"tag:http,http://{SERVER}/sanstrap.efi", root_path=root_path)
    server.publish(ovmf.APPLICATION)
    server.serve_http()
    machine = ovmf.start(lab, extra=ovmf.without_pxe(4, 6), **options)
    machine.expect(">>Start HTTP Boot over IPv4", 60)
    return machine


@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_http_boot(lab, nic):
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    grub_hashes(boot_by_http(lab, target.root_path, nic=nic), expected)


def test_http_boot_gives_up(lab):
    """The firmware has its card back, though it is not a PXE client that loaded us."""
    machine = boot_by_http(lab)
    ovmf.fails_with(machine, "E_ROOT_PATH_MISSING")
    machine.type("n")
    machine.expect(">>Start HTTP Boot over IPv6", 60)


# ---- two cards ----

def takes_card(machine, mac, timeout=90):
    assert machine.expect("^NIC .* MAC (.{17})", timeout).group(1) == mac


def test_the_card_that_loaded_us(lab):
    """It is the second one, and the first would do, too."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    lab.dhcp(boot_file="sanstrap.efi", root_path=target.root_path).publish(ovmf.APPLICATION)
    cards = ovmf.second_card(lab, f"e1000,romfile={ovmf.ROMS}/efi-e1000.rom,bootindex=0")
    machine = ovmf.start(lab, nic="e1000e", rom="", boot="c", extra=cards)
    takes_card(machine, ovmf.SECOND_MAC)
    grub_hashes(machine, expected)


def test_every_card_in_its_turn(lab):
    """Nobody knows which card it is to be: the first has no link, the second reaches the target."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    lab.dhcp()
    settings = f"link-timeout=3 root={target.root_path}"
    machine = ovmf.boot_from_stick(lab, settings, nic="e1000e", extra=ovmf.second_card(lab, "e1000,romfile="))
    machine.set_link(False)
    takes_card(machine, MAC)
    machine.expect("trying the next card", 20)
    takes_card(machine, ovmf.SECOND_MAC, 20)
    grub_hashes(machine, expected)


# ---- the shell, and Linux without GRUB ----

def test_shell_with_load_options(lab):
    """What stands behind the program's name are its settings; they count more than those of the file beside it."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    texts = {"sanstrap.conf": "ip=192.0.2.9/24 root=iscsi:192.0.2.1::::iqn.2026-11.org.sanstrap.lab:nowhere\n",
             "startup.nsh": f"fs0:\nsanstrap.efi {STATIC} root={target.root_path}\n"}
    grub_hashes(ovmf.boot_from_disk(lab, {"sanstrap.efi": ovmf.APPLICATION}, texts), expected)


@pytest.mark.parametrize("put_program", [efi_linux.systemd_boot, efi_linux.unified_kernel])
def test_linux_by_its_efi_stub(lab, put_program):
    """The kernel is started as an EFI program, by systemd-boot or as the disk's boot program itself."""
    disk = lab.copy_disk(efi_disk.linux_base())
    target = lab.target(disk)
    nonce = secrets.token_hex(8)
    put_program(disk, lab.folder, linux_disk.kernel_words((SERVER, target.port, NAME, target.lun), nonce))
    lab.dhcp()

    machine = ovmf.boot_from_stick(lab, f"root={target.root_path}", memory=512, timeout=240)
    linux_disk.passes(machine, nonce, 200, or_fail=f"{FAILURE}|{linux_disk.UNWANTED}")
    assert linux_disk.holds(disk, nonce, lab.folder)
