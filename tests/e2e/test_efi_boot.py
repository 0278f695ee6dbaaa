# SPDX-License-Identifier: BSD-2-Clause
"""UEFI machines without a disk boot from the LUN, however the application was loaded."""
import hashlib
import secrets
import time

import pytest

from tests.lab import disks, efi_disk, linux_disk, ovmf, process
from tests.lab.boots import FAILURE
from tests.lab.lab import ROOT
from tests.lab.network import PREFIX, SERVER
from tests.lab.qemu import MAC
from tests.lab.target import NAME, Istgt, Tgt

STATIC = f"ip={PREFIX}.50/24"
IPXE = "/usr/lib/ipxe"
LEASE_OF = {"firmware": "^Address .*the boot ROM's DHCP lease", "rom": "^Address .*DHCP"}  # iPXE's has no root path
MEMORY = 256
MARKER = "sanstrap-flood-marker/"


def hashes(machine, expected):
    """GRUB, loaded from the LUN, reads a large file from it, and its sum is right."""
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    assert machine.expect(r"([0-9a-f]{64})  /data.bin", 120).group(1) == expected


@pytest.mark.parametrize("nic,kind,pxe", [("e1000", Tgt, "firmware"), ("e1000e", Istgt, "rom")])
def test_debian_with_its_root_on_the_lun(lab, nic, kind, pxe):
    """PXE, GRUB, Linux's EFI entry, and what Linux wrote."""
    disk = lab.copy_disk(efi_disk.linux_base())
    target = lab.target(disk, kind)
    nonce = secrets.token_hex(8)
    efi_disk.linux_configure(disk, lab.folder, (SERVER, target.port, NAME, target.lun), nonce)
    machine = ovmf.boot_by_network(lab, target.root_path, pxe, nic=nic, memory=512, timeout=240)
    machine.expect(LEASE_OF[pxe], 90, or_fail=FAILURE)
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    machine.expect(f"LINUX PASS {nonce}", 180, or_fail=r"LINUX FAIL.*|Kernel panic.*")
    machine.wait_end(30)
    assert linux_disk.root_file(disk, "/var/nonce", lab.folder).decode().strip() == nonce


@pytest.mark.parametrize("board,nic", [("q35", "e1000"), ("pc", "e1000e")])
def test_stick_and_a_card_without_rom(lab, board, nic):
    """The firmware has no driver for the card; the settings stand beside the application."""
    image, expected = efi_disk.hashing_disk()
    target = lab.target(lab.copy_disk(image))
    lab.dhcp()
    hashes(ovmf.boot_from_stick(lab, f"root={target.root_path}", board=board, nic=nic), expected)


SCRIPTS = {
    "rom": "chain sanstrap.efi root={root}\n",
    "snponly.efi": "iseq ${{net0/chip}} SNP || chain snponly.efi ||\nchain sanstrap.efi root={root}\n",
    "ipxe.efi": "chain sanstrap.efi root={root}\n",
}


@pytest.mark.parametrize("ipxe", SCRIPTS)
def test_ipxe_chain(lab, ipxe):
    """iPXE's ROM, iPXE over the firmware's driver, iPXE with its own driver: the command line comes along as load options."""
    image, expected = efi_disk.hashing_disk()
    target = lab.target(lab.copy_disk(image))
    server = lab.dhcp(boot_file="boot.ipxe")
    server.publish(ovmf.APPLICATION)
    server.publish(f"{IPXE}/snponly.efi")
    server.publish_text("boot.ipxe", "#!ipxe\n" + SCRIPTS[ipxe].format(root=target.root_path))
    machine = ovmf.boot_from_stick(lab, "", program=f"{IPXE}/ipxe.efi") if ipxe == "ipxe.efi" else ovmf.start(lab)
    hashes(machine, expected)


def test_4096_byte_blocks(lab):
    image, expected = efi_disk.hashing_disk(block=4096)
    target = lab.target(lab.copy_disk(image), block_size=4096)
    hashes(ovmf.boot_from_stick(lab, f"{STATIC} root={target.root_path}"), expected)


def test_target_restarted_while_grub_waits(lab):
    """GRUB rests for longer than the target lives, and then reads."""
    data = disks.pattern(8 * disks.MIB)
    script = "echo GRUB-WAITS\nread key\necho GRUB-READS\nsha256sum /data.bin\n"
    disk = efi_disk.grub_disk(lab.path("disk.img"), lab.folder, script, {"data.bin": lab.file("data", data)})
    target = lab.target(disk)
    machine = ovmf.boot_from_stick(lab, f"{STATIC} root={target.root_path}")
    machine.expect("GRUB-WAITS", 90, or_fail=FAILURE)
    target.kill()
    time.sleep(4)
    target.start()
    machine.expect("GRUB-READS", 30, say="\r")
    assert machine.expect(r"([0-9a-f]{64})  /data.bin", 90).group(1) == hashlib.sha256(data).hexdigest()


def test_target_gone_for_longer_than_recovery(lab):
    """A read fails when the target does not come back in time; when it does later, the disk works again."""
    data = disks.pattern(8 * disks.MIB)
    script = "echo GRUB-WAITS\nread key\nsha256sum /data.bin\necho GRUB-GOES-ON\nread key\nsha256sum /data.bin\n"
    disk = efi_disk.grub_disk(lab.path("disk.img"), lab.folder, script, {"data.bin": lab.file("data", data)})
    target = lab.target(disk)
    machine = ovmf.boot_from_stick(lab, f"{STATIC} recovery=5 root={target.root_path}")
    machine.expect("GRUB-WAITS", 90, or_fail=FAILURE)
    target.kill()
    machine.type("x\r")
    machine.expect("error: ", 60)
    machine.expect("GRUB-GOES-ON", 90)
    target.start()
    machine.type("x\r")
    assert machine.expect(r"([0-9a-f]{64})  /data.bin", 60).group(1) == hashlib.sha256(data).hexdigest()


def flooded(lab, program, nic):
    """The LUN's boot program rests; traffic comes on the wire. Returns whether the receiver is on, and RAM before and after."""
    disk = efi_disk.system_disk(lab.path("disk.img"), {efi_disk.BOOT_FILE: f"{ROOT}/build/lab/{program}.efi"})
    target = lab.target(disk)
    machine = ovmf.boot_from_stick(lab, f"{STATIC} root={target.root_path}", nic=nic, memory=MEMORY)
    machine.expect(r"^REST\n", 90, or_fail=FAILURE)
    enabled = machine.receiver_is_on()
    before = machine.memory(0, MEMORY * disks.MIB)
    flood = lab.network.helper("flood", "br0", MAC, 3000, MARKER)
    assert flood.wait(process.bound(60)) == 0
    machine.take_frames()
    return enabled, before, machine.memory(0, MEMORY * disks.MIB)


@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_no_dma_after_boot_services_end(lab, nic):
    """The system has ended boot services and halted: the receiver is off, and traffic on the wire changes no byte of RAM."""
    enabled, before, after = flooded(lab, "rest", nic)
    assert not enabled
    assert before == after, f"first byte that changed: {next(at for at, byte in enumerate(before) if byte != after[at]):#x}"


@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_dma_would_be_seen(lab, nic):
    """The same with boot services left on: the receiver is on, and the frames are found in RAM, a ring full of them."""
    enabled, before, after = flooded(lab, "rest-with-boot-services", nic)
    assert enabled
    frame = (MARKER * 2).encode()
    assert frame not in before
    assert after.count(frame) > 100
