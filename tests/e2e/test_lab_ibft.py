# SPDX-License-Identifier: BSD-2-Clause
"""
The lab checks itself, without the loader: QEMU places tables of tests/lab/ibft.py, and a Debian that knows nothing else finds
its root by them, with the values that were put in.

What open-iscsi 2.1.8, Debian 12's, takes (its source, and what is seen here):
- `iscsistart -b` takes IPv4 and IPv6 alike, one-way and mutual CHAP. It wants bit 1 of the flags on one NIC and on one
  target, and logs in to every target with flags other than 0 whose NIC index is a NIC's index. A link-local IPv6 target it
  cannot reach: that takes a scope, for which the table has no place.
- `iscsistart -N`, its own setting up of interfaces, is IPv4 only, wants a VLAN's interface to be there already, routes by the
  gateway only to a target outside the subnet, and looks for the card at the table's PCI address: nothing there and it fails,
  another device there and it goes by the MAC address. The lab's initramfs therefore sets up interfaces from the table itself,
  unless told otherwise.
"""
import secrets

import pytest

from tests.lab import ibft, ibft_broken, linux_disk, ovmf, qemu
from tests.lab.ibft_boot import ACPI, ADDRESS, LOW_MEMORY, placed, reaches_root, target_of
from tests.lab.network import PREFIX, PREFIX6, SERVER, SERVER6
from tests.lab.target import MUTUAL, NAME, ONE_WAY

INITIATOR = "iqn.2026-11.org.sanstrap.lab:by-table"
LONGEST_NAME = 223
VLAN = 5
CARD_OF_PC, CARD_OF_Q35 = 0x18, 0x10  # PCI 0:3.0 and 0:2.0


def boot(lab, table, nonce, where=ACPI, efi=False, network=""):
    """Starts the lab's Debian with nothing but a table to tell it where its root is."""
    kernel, initramfs = linux_disk.kernel_and_initramfs(lab.folder)
    words = " ".join(linux_disk.kernel_words(None, nonce, network=network))
    return lab.machine(kind=ovmf.EfiMachine if efi else qemu.Machine, kernel=kernel, initrd=initramfs, append=words, rom="",
                       memory=512, extra=placed(lab, ibft.build(table), where))


def absent(index):
    """A NIC and a target that are there and not valid."""
    return (ibft.Nic(f"{PREFIX6}{index}", f"52:54:00:12:34:6{index}", prefix=64, origin=ibft.ROUTER, flags=0),
            ibft.Target(SERVER6, f"{NAME}-{index}", port=3260 + index, nic=index, flags=0))


def test_low_memory_one_way_chap_and_a_reboot(lab):
    """Every field is used, and the control structure has room for four paths. What the first boot wrote, the second one finds."""
    disk = lab.copy_disk(linux_disk.base_disk())
    served = lab.target(disk, chap=ONE_WAY)
    nic = ibft.Nic(f"{PREFIX}.50", qemu.MAC, origin=ibft.DHCP, gateway=SERVER, dns=(SERVER, f"{PREFIX}.2"), dhcp=SERVER,
                   pci=CARD_OF_PC, host_name="diskless")
    nics, targets = zip((nic, target_of(served, SERVER, ONE_WAY)), *[absent(index) for index in (1, 2, 3)])
    table = ibft.Table(INITIATOR, nics, targets, isns=f"{PREFIX}.3", slp=f"{PREFIX}.4", radius=(f"{PREFIX}.5", f"{PREFIX}.6"))

    nonces = [secrets.token_hex(8), secrets.token_hex(8)]
    first = reaches_root(boot(lab, table, nonces[0], LOW_MEMORY), table, nonces[0])
    assert f"IOMEM iBFT found at 0x{ADDRESS:016x}." in first
    assert "LINUX FOUND" not in first

    second = reaches_root(boot(lab, table, nonces[1], LOW_MEMORY), table, nonces[1])
    assert f"LINUX FOUND {nonces[0]}\n" in second
    assert linux_disk.holds(disk, nonces[1], lab.folder)


@pytest.mark.parametrize("network", ["", "iscsistart"])
def test_acpi_vlan_and_mutual_chap(lab, network):
    """The only way to the target is the VLAN, whose interface open-iscsi can set up when it is there."""
    vlan = lab.network.add_vlan(VLAN)
    served = lab.target(lab.copy_disk(linux_disk.base_disk()), chap=MUTUAL, segment=vlan)
    table = ibft.Table(INITIATOR,
                       [ibft.Nic(f"{vlan.prefix}.50", qemu.MAC, vlan=VLAN, pci=CARD_OF_PC)],
                       [target_of(served, vlan.server, MUTUAL)])
    nonce = secrets.token_hex(8)
    assert f"at {vlan.server}\n" in reaches_root(boot(lab, table, nonce, network=network), table, nonce)


def test_uefi_ipv6_mutual_chap_and_a_long_name(lab):
    served = lab.target(lab.copy_disk(linux_disk.base_disk()), chap=MUTUAL, ipv6=True)
    table = ibft.Table(INITIATOR.ljust(LONGEST_NAME, "x"),
                       [ibft.Nic(f"{PREFIX6}50", qemu.MAC, prefix=64, gateway=SERVER6, pci=CARD_OF_Q35)],
                       [target_of(served, SERVER6, MUTUAL)])
    nonce = secrets.token_hex(8)
    reaches_root(boot(lab, table, nonce, efi=True), table, nonce)


def test_broken_tables():
    """None is good, none is another one over again, and the sum is right in all but one."""
    good = ibft.build(ibft_broken.GOOD)
    tables = [case.break_table(good) for case in ibft_broken.BROKEN]
    assert len(tables) == len({case.name for case in ibft_broken.BROKEN}) == len({*tables, good}) - 1
    assert [case.name for case, table in zip(ibft_broken.BROKEN, tables) if sum(table) & 0xFF] == ["header, checksum: 1 too many"]
