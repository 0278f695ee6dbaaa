# SPDX-License-Identifier: BSD-2-Clause
"""Set-ups of DHCP that people have, and the exchange of our own: but for the last the card has no ROM."""
import re

import pytest

from tests.lab import efi_disk, ovmf
from tests.lab.boots import FAILURE, enters_boot_sector, grub_hashes, hashing_target, hello_target
from tests.lab.dhcp_servers import IscDhcpd, Kea
from tests.lab.lab import NBP
from tests.lab.network import BRIDGE, NETMASK, PREFIX, SERVER, read_pcap
from tests.lab.target import Chap, Tgt

AFAR = "198.51.100.1"  # the target's address behind a route


class Everywhere(Tgt):
    """Listens at every address."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.host = "0.0.0.0"


def test_pxe_clients_alone_are_served(lab):
    """Others are not answered; and the root path is for the user class sanstrap, so that no ROM takes it."""
    target = hello_target(lab)
    lab.dhcp(words=["--dhcp-vendorclass=set:pxe,PXEClient", "--dhcp-ignore=tag:!pxe", "--dhcp-userclass=set:ours,sanstrap"],
             options=[f"tag:ours,17,{target.root_path}"])
    enters_boot_sector(lab.boot_directly())


def test_one_of_two_servers_has_the_root_path(lab):
    """Somebody else's answers as fast, knows of another system alone, and refuses what is asked of ours."""
    target = hello_target(lab)
    lab.dhcp(root_path="192.0.2.1:/srv/nfs")
    lab.dhcp(segment=lab.network.add_neighbour(), ipv4=False, ipv6=False, root_path=target.root_path,
             words=[f"--dhcp-range={PREFIX}.200,{PREFIX}.220,{NETMASK},1h"])
    machine = lab.boot_directly()
    enters_boot_sector(machine)
    assert re.search(rf"Address   {PREFIX}\.2[012]\d/24", machine.text)


def test_a_route_leads_to_the_target(lab):
    """Option 3 names nobody; 121 goes before."""
    target = hello_target(lab, kind=Everywhere)
    lab.network.ip("address", "add", f"{AFAR}/32", "dev", BRIDGE)
    lab.dhcp(root_path=target.root_path.replace("0.0.0.0", AFAR), options=[f"3,{PREFIX}.9", f"121,{AFAR}/32,{SERVER}"])
    machine = lab.boot_directly()
    enters_boot_sector(machine)
    assert "gateway none and routes" in machine.text


def test_an_answer_whose_options_overflow(lab):
    """Into the fields for server and file name (option 52), as dnsmasq has it: the root path is there, and ends elsewhere."""
    target = hello_target(lab)
    wire = lab.network.capture()
    lab.dhcp(root_path=target.root_path, forced=[f"{code},{'x' * 243}" for code in range(230, 234)] + [f"234,{'y' * 160}"])
    enters_boot_sector(lab.boot_directly())
    lab.network.stop_capture()
    assert any(b"\x34\x01" + bytes([fields]) in frame for _, frame in read_pcap(wire) for fields in (1, 2, 3))


def test_the_roms_lease_leads_nowhere(lab):
    """The ROM was told of a target that is gone: our own exchange is told of the right one."""
    target = hello_target(lab)
    lab.ipxe("set net0/root-path iscsi:192.0.2.1::::iqn.2001-04.com.example:gone\nchain sanstrap.pxe\n", NBP,
             root_path=target.root_path)
    machine = lab.machine()
    enters_boot_sector(machine)
    assert "the boot ROM's DHCP" in machine.text and "asking DHCP anew" in machine.text


# ---- servers that are not told of a next-server: their answers' siaddr is zero ----

KEA = """
"option-def": [ { "name": "ipxe-options", "code": 175, "type": "empty", "encapsulate": "ipxe" } ],
"client-classes": [ { "name": "not-ipxe", "test": "not option[175].exists", %s "option-data": [
    { "name": "root-path", "data": "%s" }%s ] } ],
"subnet4": [ { "id": 1, "subnet": "192.168.77.0/24", "pools": [ { "pool": "192.168.77.100-192.168.77.150" } ] } ]
"""
DHCPD = """
option ipxe-options code 175 = string;
subnet 192.168.77.0 netmask 255.255.255.0 {
  range 192.168.77.100 192.168.77.150;
  if not exists ipxe-options { %s option root-path "%s"; %s }
}
"""
STRANGER = "iscsi:192.0.2.1::::iqn.2026-11.org.sanstrap.lab:nowhere"
NAMELESS = {
    "Kea": (Kea, KEA % ('"boot-file-name": "boot/sanstrap.efi",', STRANGER, "")),
    "Kea by options": (Kea, KEA % ("", STRANGER, ', { "name": "boot-file-name", "data": "boot/sanstrap.efi" }')),
    "dhcpd": (IscDhcpd, DHCPD % ('filename "boot/sanstrap.efi";', STRANGER, "")),
}


@pytest.mark.parametrize("name", NAMELESS)
def test_the_files_are_where_the_server_is(lab, name):
    """UEFI's own PXE client loads us from there, and the settings lie beside: they say another disk than the server does."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    kind, text = NAMELESS[name]
    lab.serve(kind, text)
    files = lab.dhcp(ipv4=False)
    files.publish(ovmf.APPLICATION, "boot/sanstrap.efi")
    files.publish_text("boot/sanstrap.conf", f"root={target.root_path}\n")
    machine = ovmf.start(lab, extra=ovmf.without_pxe(6))
    machine.expect("^Settings +boot/sanstrap.conf", 90, or_fail=FAILURE)
    grub_hashes(machine, expected)


# ---- PXE's own boot servers: option 43, and port 4011 ----

SERVICE = ["--pxe-prompt=,0", "--pxe-service=x86PC,sanstrap,sanstrap"]  # sanstrap.0


def test_a_boot_server_beside_the_dhcp_server(lab):
    """A ProxyDHCP server names it. The settings are looked for there, and the disk is what the other one says."""
    target = hello_target(lab)
    lab.dhcp(root_path=target.root_path, words=[f"--tftp-root={lab.folder},{BRIDGE}"])  # where no such file is
    proxy = lab.dhcp(segment=lab.network.add_neighbour(), ipv4=False,
                     words=[f"--dhcp-range={PREFIX}.0,proxy,{NETMASK}", *SERVICE])
    boots_with_its_settings(lab, proxy)


def test_a_boot_server_on_the_dhcp_server(lab):
    target = hello_target(lab)
    boots_with_its_settings(lab, lab.dhcp(root_path=target.root_path, words=SERVICE))


@pytest.mark.parametrize("asker", ["tag:ipxe,", "tag:!ipxe,"], ids=["iPXE", "firmware"])
def test_a_boot_server_under_uefi(lab, asker):
    """Beside the DHCP server; asked for by the card's ROM, or by the firmware's own PXE client."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    lab.dhcp(root_path=target.root_path, words=[f"--tftp-root={lab.folder},{BRIDGE}"])
    proxy = lab.dhcp(segment=lab.network.add_neighbour(), ipv4=False,
                     words=[f"--dhcp-range={PREFIX}.0,proxy,{NETMASK}", f"--pxe-service={asker}X86-64_EFI,sanstrap,sanstrap.efi"])
    proxy.publish(ovmf.APPLICATION, "sanstrap.efi")
    proxy.publish_text("sanstrap.cfg/default", "retry=0\n")
    machine = ovmf.start(lab, extra=ovmf.without_pxe(6))
    machine.expect("^Settings +sanstrap.cfg/default", 90, or_fail=FAILURE)
    grub_hashes(machine, expected)


def boots_with_its_settings(lab, server):
    server.publish(NBP, "sanstrap.0")
    server.publish_text("sanstrap.cfg/default", "retry=0\n")
    machine = lab.machine()
    machine.expect("^Settings +sanstrap.cfg/default", 60, or_fail=FAILURE)
    enters_boot_sector(machine)


# ---- ROMs that ask for less than we do ----

def test_a_rom_that_does_not_ask_for_the_account(lab):
    """UEFI's own PXE client has a root path, and no word of options 175 and 203, without which the target lets nobody in."""
    image, expected = efi_disk.hashing_disk()
    target = lab.target(lab.copy_disk(image), chap=Chap("machine1", "a-secret-of-20-bytes"))
    server = lab.dhcp(boot_file="tag:!ipxe,sanstrap.efi", root_path=target.root_path,
                      options=["203,iqn.2026-01.org.example:machine1", "encap:175,190,machine1",
                               "encap:175,191,a-secret-of-20-bytes"])
    server.publish(ovmf.APPLICATION, "sanstrap.efi")
    machine = ovmf.start(lab, extra=ovmf.without_pxe(6))
    machine.expect(r"^Initiator iqn.2026-01.org.example:machine1 \(DHCP\)", 90, or_fail=FAILURE)
    grub_hashes(machine, expected)
