# SPDX-License-Identifier: BSD-2-Clause
"""UEFI machines without a disk boot from the LUN, however the application was loaded."""
import hashlib
import secrets
import time

import pytest

from tests.lab import disks, efi_disk, linux_disk, ovmf
from tests.lab.boots import FAILURE, FLOOD_MARKER, code, flood, grub_hashes, hashing_target, prints_sum
from tests.lab.lab import ROOT
from tests.lab.network import SERVER
from tests.lab.settings import STATIC, UNTIL_KEY
from tests.lab.target import NAME, Istgt, Tgt

IPXE = "/usr/lib/ipxe"
HAS_ADDRESS = r"^Address .*\(DHCP\)"  # firmware does not ask for all that there is, and iPXE is given no root path
MEMORY = 256  # MiB


@pytest.mark.parametrize("nic,kind,pxe", [("e1000", Tgt, "firmware"), ("e1000e", Istgt, "rom")])
def test_debian_with_its_root_on_the_lun(lab, nic, kind, pxe):
    """PXE, GRUB, Linux's EFI entry, and what Linux wrote."""
    disk = lab.copy_disk(efi_disk.linux_base())
    target = lab.target(disk, kind)
    nonce = secrets.token_hex(8)
    efi_disk.linux_configure(disk, lab.folder, (SERVER, target.port, NAME, target.lun), nonce)

    machine = ovmf.boot_by_network(lab, target.root_path, pxe, nic=nic, memory=512, timeout=240)
    machine.expect(HAS_ADDRESS, 90, or_fail=FAILURE)
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    linux_disk.passes(machine, nonce)
    assert linux_disk.holds(disk, nonce, lab.folder)


@pytest.mark.parametrize("board,nic", [("q35", "e1000"), ("pc", "e1000e")])
def test_stick_and_a_card_without_rom(lab, board, nic):
    """The firmware has no driver for the card; the settings stand beside the application."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    lab.dhcp()
    grub_hashes(ovmf.boot_from_stick(lab, f"root={target.root_path}", board=board, nic=nic), expected)


def test_a_root_port_that_nobody_opened(lab):
    """OVMF opens it: it is undone while the loader waits for a key after a failure. Nothing reaches the card then."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    lab.dhcp()
    port = ["-device", "pcie-root-port,id=above,addr=0x10,chassis=1"]
    words = f"root={target.root_path} link-timeout=4 {UNTIL_KEY}"
    machine = ovmf.boot_from_stick(lab, words, nic="e1000e,bus=above", bridges=port, extra=["-S"])
    machine.set_link(False)
    machine.qmp("cont")
    machine.expect(f"^S{code('E_LINK_DOWN')} ", 120)

    assert machine.pci_command(0, 0x10, 0) == 0
    machine.set_link(True)
    machine.type("r")
    grub_hashes(machine, expected)
    assert machine.pci_command(0, 0x10) & 7 == 7


SCRIPTS = {
    "rom": "chain sanstrap.efi root={root}\n",
    "snponly.efi": "iseq ${{net0/chip}} SNP || chain snponly.efi ||\nchain sanstrap.efi root={root}\n",
    "ipxe.efi": "chain sanstrap.efi root={root}\n",
}


@pytest.mark.parametrize("ipxe", SCRIPTS)
def test_ipxe_chain(lab, ipxe):
    """iPXE's ROM, iPXE over the firmware's driver, iPXE with its own driver: the command line comes along as load options."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    lab.ipxe(SCRIPTS[ipxe].format(root=target.root_path), ovmf.APPLICATION, f"{IPXE}/snponly.efi")
    machine = ovmf.boot_from_stick(lab, "", program=f"{IPXE}/ipxe.efi") if ipxe == "ipxe.efi" else ovmf.start(lab)
    grub_hashes(machine, expected)


def test_4096_byte_blocks(lab):
    target, expected = hashing_target(lab, efi_disk.hashing_disk(block=4096), block_size=4096)
    grub_hashes(ovmf.boot_from_stick(lab, f"{STATIC} root={target.root_path}"), expected)


# ---- a target that goes away ----

def grub_that_waits(lab, script, settings=""):
    """
    A machine whose GRUB says GRUB-WAITS, rests until a key comes, and goes on with `script`, which may read data.bin. Returns
    it, its target, and the sum of data.bin.
    """
    data = disks.pattern(8 * disks.MIB)
    image = efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-WAITS\nread key\n" + script, {"data.bin": lab.file("data", data)})
    target = lab.target(image)
    machine = ovmf.boot_from_stick(lab, f"{STATIC} {settings} root={target.root_path}")
    machine.expect("GRUB-WAITS", 90, or_fail=FAILURE)
    return machine, target, hashlib.sha256(data).hexdigest()


def test_target_restarted_while_grub_waits(lab):
    """GRUB rests for longer than the target lives, and then reads."""
    machine, target, expected = grub_that_waits(lab, "echo GRUB-READS\nsha256sum /data.bin\n")
    target.kill()
    time.sleep(4)
    target.start()
    machine.expect("GRUB-READS", 30, say="\r")
    prints_sum(machine, expected, 90)


def test_target_gone_for_longer_than_recovery(lab):
    """A read fails when the target does not come back in time; when it does later, the disk works again."""
    script = "sha256sum /data.bin\necho GRUB-GOES-ON\nread key\nsha256sum /data.bin\n"
    machine, target, expected = grub_that_waits(lab, script, "recovery=5")
    target.kill()
    machine.type("x\r")
    machine.expect("error: ", 60)
    machine.expect("GRUB-GOES-ON", 90)

    target.start()
    machine.type("x\r")
    prints_sum(machine, expected, 60)


# ---- after boot services ----

def flooded(lab, program, nic):
    """The LUN's boot program halts; traffic comes on the wire. Returns whether the receiver is on, and RAM before and after."""
    disk = efi_disk.system_disk(lab.path("disk.img"), {efi_disk.BOOT_FILE: f"{ROOT}/build/lab/{program}.efi"})
    target = lab.target(disk)
    machine = ovmf.boot_from_stick(lab, f"{STATIC} root={target.root_path}", nic=nic, memory=MEMORY)
    machine.expect(r"^HALTS\n\n", 90, or_fail=FAILURE)  # CR and LF: nothing is sent after

    enabled = machine.receiver_is_on()
    before = machine.memory(0, MEMORY * disks.MIB)
    flood(lab, machine)
    return enabled, before, machine.memory(0, MEMORY * disks.MIB)


@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_no_dma_after_boot_services_end(lab, nic):
    """The system has ended boot services and halted: the receiver is off, and traffic on the wire changes no byte of RAM."""
    enabled, before, after = flooded(lab, "halts", nic)
    assert not enabled
    assert before == after, f"first byte that changed: {next(at for at, byte in enumerate(before) if byte != after[at]):#x}"


@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_dma_would_be_seen(lab, nic):
    """The same with boot services left on: the receiver is on, and the frames are found in RAM, a ring full of them."""
    enabled, before, after = flooded(lab, "halts-with-boot-services", nic)
    assert enabled
    frame = (FLOOD_MARKER * 2).encode()
    assert frame not in before
    assert after.count(frame) > 100
