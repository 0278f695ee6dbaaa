# SPDX-License-Identifier: BSD-2-Clause
"""
The lab checks itself, without the loader: QEMU places tables of tests/lab/ibft.py, and a Debian that knows nothing else finds its root
by them, with the values that were put in.

What open-iscsi 2.1.8, Debian 12's, takes (its source, and what is seen here):
- `iscsistart -b` takes IPv4 and IPv6 alike, one-way and mutual CHAP. It wants bit 1 of the flags on one NIC and on one target, and logs
  in to every target with flags other than 0 whose NIC index is a NIC's index.
- `iscsistart -N`, its own setting up of interfaces, is IPv4 only, wants a VLAN's interface to be there already, routes by the gateway
  only to a target outside the subnet, and looks for the card at the table's PCI address: nothing there and it fails, another device
  there and it goes by the MAC address. The lab's initramfs therefore sets up interfaces from the table itself, unless told otherwise.
"""
import secrets
import subprocess
import sys

import pytest

from tests.lab import ibft, ibft_broken, linux_disk, ovmf, qemu
from tests.lab.network import PREFIX, PREFIX6, SERVER, SERVER6
from tests.lab.target import NAME, Chap

VLAN, VLAN_PREFIX = 5, "192.168.78"
LOW_MEMORY = 0x98000
CARD_OF_PC, CARD_OF_Q35 = 0x18, 0x10  # PCI 0:3.0 and 0:2.0
ONE_WAY = Chap("lab-user", "one-way-secret")
MUTUAL = Chap("lab-user", "one-way-secret", "lab-target", "reverse-secret")
UNWANTED = r"LINUX FAIL.*|Kernel panic.*"
# Between the untagged tap and the tap on the bridge: not every kernel has VLANs.
TAGGER = """
import fcntl, os, select, struct, sys
def tap(name):
    cable = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(cable, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1002))  # TUNSETIFF, IFF_TAP | IFF_NO_PI
    return cable
inside, outside = tap(sys.argv[1]), tap(sys.argv[2])
tag = b"\\x81\\x00" + struct.pack("!H", int(sys.argv[3]))
print("ready", flush=True)
while True:
    for ready in select.select([inside, outside], [], [])[0]:
        frame = os.read(ready, 65536)
        if ready == inside:
            os.write(outside, frame[:12] + tag + frame[12:])
        elif frame[12:16] == tag:
            os.write(inside, frame[:12] + frame[16:])
"""


def target_of(served, ip, chap=None):
    """The target as a table's structure."""
    target = ibft.Target(ip, NAME, port=served.port, lun=ibft.flat_lun(served.lun))
    if chap:
        target.chap_type = ibft.MUTUAL if chap.reverse_name else ibft.ONE_WAY
        target.chap_name, target.secret = chap.name, chap.secret
        target.reverse_name, target.reverse_secret = chap.reverse_name, chap.reverse_secret
    return target


def placed(lab, table, where):
    """QEMU's words that put the table there."""
    path = lab.file("ibft.bin", ibft.build(table))
    return {"low memory": ["-device", f"loader,file={path},addr={LOW_MEMORY:#x},force-raw=on"],
            "ACPI": ["-acpitable", f"file={path}"]}[where]


def boot(lab, table, nonce, where="ACPI", start=None, network=""):
    """Starts the lab's Debian with nothing but a table to tell it where its root is."""
    kernel, initramfs = linux_disk.kernel_and_initramfs(lab.folder)
    words = " ".join(linux_disk.kernel_words(None, nonce, network=network))
    return (start or lab.machine)(kernel=kernel, initrd=initramfs, append=words, rom="", memory=512, extra=placed(lab, table, where))


def runs(machine, table, nonce):
    """Linux has the table's values and its root on the LUN; returns the serial text until then."""
    machine.expect(f"LINUX PASS {nonce}", 150, or_fail=UNWANTED)
    machine.wait_end(30)
    assert ibft.printed_sysfs(machine.text) == ibft.expected_sysfs(table)
    return machine.text


def test_low_memory_one_way_chap_and_a_reboot(lab):
    """Every field is used; a second structure of each kind is there and invalid. What the first boot wrote, the second one finds."""
    disk = lab.copy_disk(linux_disk.base_disk())
    served = lab.target(disk, chap=ONE_WAY)
    absent = ibft.Nic(f"{PREFIX6}51", "52:54:00:12:34:57", prefix=64, origin=ibft.ROUTER, flags=0)
    table = ibft.Table(
        "iqn.2026-11.org.sanstrap.lab:by-table",
        [ibft.Nic(f"{PREFIX}.50", qemu.MAC, origin=ibft.DHCP, gateway=SERVER, dns=(SERVER, f"{PREFIX}.2"), dhcp=SERVER, pci=CARD_OF_PC,
                  host_name="diskless"), absent],
        [target_of(served, SERVER, ONE_WAY), ibft.Target(SERVER6, f"{NAME}-other", port=3261, nic=1, flags=0)],
        isns=f"{PREFIX}.3", slp=f"{PREFIX}.4", radius=(f"{PREFIX}.5", f"{PREFIX}.6"))
    nonces = [secrets.token_hex(8), secrets.token_hex(8)]
    first = runs(boot(lab, table, nonces[0], "low memory"), table, nonces[0])
    assert f"IOMEM iBFT found at 0x{LOW_MEMORY:016x}." in first
    assert "LINUX FOUND" not in first
    second = runs(boot(lab, table, nonces[1], "low memory"), table, nonces[1])
    assert f"LINUX FOUND {nonces[0]}\n" in second
    assert linux_disk.root_file(disk, "/var/nonce", lab.folder).decode().strip() == nonces[1]


def in_a_vlan(lab):
    """Gives the server an address in the VLAN on the machine's wire, and returns it."""
    lab.network.ip("tuntap", "add", "vlan", "mode", "tap")
    lab.network.ip("address", "add", f"{VLAN_PREFIX}.1/24", "dev", "vlan")
    lab.network.ip("link", "set", "vlan", "up")
    tagger = lab.network.start([sys.executable, "-c", TAGGER, "vlan", lab.network.add_tap(), VLAN], stdout=subprocess.PIPE)
    assert tagger.stdout.readline() == b"ready\n"
    return f"{VLAN_PREFIX}.1"


@pytest.mark.parametrize("network", ["", "iscsistart"])
def test_acpi_vlan_and_mutual_chap(lab, network):
    """The only way to the target is the VLAN, whose interface open-iscsi can set up when it is there."""
    server = in_a_vlan(lab)
    served = lab.target(lab.copy_disk(linux_disk.base_disk()), chap=MUTUAL)
    served.listen_at(server)
    table = ibft.Table("iqn.2026-11.org.sanstrap.lab:by-table",
                       [ibft.Nic(f"{VLAN_PREFIX}.50", qemu.MAC, vlan=VLAN, pci=CARD_OF_PC)],
                       [target_of(served, server, MUTUAL)])
    nonce = secrets.token_hex(8)
    assert f"at {server}\n" in runs(boot(lab, table, nonce, network=network), table, nonce)


def test_uefi_ipv6_and_mutual_chap(lab):
    served = lab.target(lab.copy_disk(linux_disk.base_disk()), chap=MUTUAL)
    served.listen_at(f"[{SERVER6}]")
    table = ibft.Table("iqn.2026-11.org.sanstrap.lab:by-table",
                       [ibft.Nic(f"{PREFIX6}50", qemu.MAC, prefix=64, gateway=SERVER6, pci=CARD_OF_Q35)],
                       [target_of(served, SERVER6, MUTUAL)])
    nonce = secrets.token_hex(8)
    runs(boot(lab, table, nonce, start=lambda **options: ovmf.start(lab, **options)), table, nonce)


def test_broken_tables():
    """None is good, none is another one over again, and the sum is right in all but one."""
    good = ibft.build(ibft_broken.GOOD)
    tables = [case.break_table(good) for case in ibft_broken.BROKEN]
    assert len(tables) == len({case.name for case in ibft_broken.BROKEN}) == len({*tables, good}) - 1
    assert [case.name for case, table in zip(ibft_broken.BROKEN, tables) if sum(table) & 0xFF] == ["header, checksum: 1 too many"]
