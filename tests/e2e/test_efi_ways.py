# SPDX-License-Identifier: BSD-2-Clause
"""Ways into the application beside PXE and a stick, and boot programs beside GRUB."""
import secrets

import pytest

from tests.lab import efi_disk, efi_linux, linux_disk, ovmf
from tests.lab.boots import FAILURE
from tests.lab.network import PREFIX, SERVER
from tests.lab.qemu import MAC
from tests.lab.target import NAME

STATIC = f"ip={PREFIX}.50/24"


def hashes(machine, expected, timeout=90):
    machine.expect("GRUB-RUNS", timeout, or_fail=FAILURE)
    assert machine.expect(r"([0-9a-f]{64})  /data.bin", 120).group(1) == expected


NO_PXE = [word for version in (4, 6) for word in ("-fw_cfg", f"name=opt/org.tianocore/IPv{version}PXESupport,string=n")]


@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_http_boot(lab, nic):
    """The firmware's own HTTP client loads us."""
    image, expected = efi_disk.hashing_disk()
    target = lab.target(lab.copy_disk(image))
    server = lab.dhcp(boot_file=f"tag:http,http://{SERVER}/sanstrap.efi", root_path=target.root_path)
    server.publish(ovmf.APPLICATION)
    server.serve_http()
    machine = ovmf.start(lab, nic=nic, extra=NO_PXE)
    machine.expect(">>Start HTTP Boot over IPv4", 60)
    hashes(machine, expected)


SECOND_MAC = "52:54:00:12:34:57"


def second_card(lab, rom, order=""):
    """A second card, behind the machine's own in PCI order."""
    return ["-netdev", f"tap,id=second,ifname={lab.network.add_tap()},script=no,downscript=no",
            "-device", f"e1000,netdev=second,mac={SECOND_MAC},romfile={rom}{order}"]


def test_the_card_that_loaded_us(lab):
    """It is the second one, and the first would do, too."""
    image, expected = efi_disk.hashing_disk()
    target = lab.target(lab.copy_disk(image))
    lab.dhcp(boot_file="sanstrap.efi", root_path=target.root_path).publish(ovmf.APPLICATION)
    cards = second_card(lab, f"{ovmf.ROMS}/efi-e1000.rom", ",bootindex=0")
    machine = ovmf.start(lab, nic="e1000e", rom="", boot="c", extra=cards)
    assert machine.expect("^NIC .* MAC (.{17})", 90).group(1) == SECOND_MAC
    hashes(machine, expected)


def test_every_card_in_its_turn(lab):
    """Nobody knows which card it is to be: the first has no link, the second reaches the target."""
    image, expected = efi_disk.hashing_disk()
    target = lab.target(lab.copy_disk(image))
    lab.dhcp()
    settings = f"link-timeout=3 root={target.root_path}"
    machine = ovmf.boot_from_stick(lab, settings, nic="e1000e", extra=second_card(lab, ""))
    machine.set_link(False)
    assert machine.expect("^NIC .* MAC (.{17})", 90).group(1) == MAC
    machine.expect("trying the next card", 20)
    assert machine.expect("^NIC .* MAC (.{17})", 20).group(1) == SECOND_MAC
    hashes(machine, expected)


def test_http_boot_gives_up(lab):
    """The firmware has its card back, though it is not a PXE client that loaded us."""
    server = lab.dhcp(boot_file=f"tag:http,http://{SERVER}/sanstrap.efi")
    server.publish(ovmf.APPLICATION)
    server.serve_http()
    machine = ovmf.start(lab, extra=NO_PXE)
    machine.expect(">>Start HTTP Boot over IPv4", 60)
    ovmf.fails_with(machine, "E_ROOT_PATH_MISSING")
    machine.type("n")
    machine.expect(">>Start HTTP Boot over IPv6", 60)


def test_shell_with_load_options(lab):
    """What stands behind the program's name are its settings; they count more than those of the file beside it."""
    image, expected = efi_disk.hashing_disk()
    target = lab.target(lab.copy_disk(image))
    texts = {"sanstrap.conf": "ip=192.0.2.9/24 root=iscsi:192.0.2.1::::iqn.2026-11.org.sanstrap.lab:nowhere\n",
             "startup.nsh": f"fs0:\nsanstrap.efi {STATIC} root={target.root_path}\n"}
    files = {name: efi_disk.text_file(lab.folder, name, text) for name, text in texts.items()}
    local = efi_disk.system_disk(lab.path("local.img"), {**files, "sanstrap.efi": ovmf.APPLICATION})
    hashes(ovmf.start(lab, rom="", boot="c", drives=[local]), expected)


@pytest.mark.parametrize("put_program", [efi_linux.systemd_boot, efi_linux.unified_kernel])
def test_linux_by_its_efi_stub(lab, put_program):
    """The kernel is started as an EFI program, by systemd-boot or as the disk's boot program itself."""
    disk = lab.copy_disk(efi_disk.linux_base())
    target = lab.target(disk)
    nonce = secrets.token_hex(8)
    put_program(disk, lab.folder, linux_disk.kernel_words((SERVER, target.port, NAME, target.lun), nonce))
    lab.dhcp()
    machine = ovmf.boot_from_stick(lab, f"root={target.root_path}", memory=512, timeout=240)
    machine.expect(f"LINUX PASS {nonce}", 200, or_fail=rf"{FAILURE}|LINUX FAIL.*|Kernel panic.*")
    machine.wait_end(30)
    assert linux_disk.root_file(disk, "/var/nonce", lab.folder).decode().strip() == nonce
