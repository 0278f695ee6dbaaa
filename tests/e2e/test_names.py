# SPDX-License-Identifier: BSD-2-Clause
"""
A target that is known by its name: with A records, with AAAA records or with both, on networks of IPv4, of IPv6 or of both; one
of several addresses that nobody answers at; targets that redirect to an address of the other kind; and what the operating system
is told of a name that redirects.
"""
import json
import re

import pytest

from tests.faults.lab import FaultyTarget
from tests.handoff import tables
from tests.lab import disks, efi_disk, ovmf, process
from tests.lab.boots import FAILURE, enters_boot_sector, entered, fails_with, hello_disk, hello_target
from tests.lab.dhcp import ZONE
from tests.lab.network import BRIDGE, PREFIX, SERVER, SERVER6
from tests.lab.settings import STATIC
from tests.lab.target import NAME, PORT, Tgt

HOST = f"san.{ZONE}"
A, AAAA = (HOST, SERVER), (HOST, SERVER6)
NOBODY, NOBODY6 = (HOST, f"{PREFIX}.77"), (HOST, "fd00:77::77")
ROOT = f"iscsi:{HOST}:::{Tgt.lun}:{NAME}"
WAITS_FOR_ROUTER = "waiting for an IPv6 router"


# ---- names and networks ----

@pytest.mark.parametrize("names,ipv6_network,ipv6_target", [
    pytest.param([A], False, False, id="A-on-ipv4"),
    pytest.param([A], True, False, id="A-on-both"),
    pytest.param([AAAA], True, True, id="AAAA-on-both"),
    pytest.param([A, AAAA], False, False, id="both-on-ipv4"),
    pytest.param([A, AAAA], True, False, id="both-on-both"),
])
def test_with_a_lease(lab, names, ipv6_network, ipv6_target):
    """The root path comes with it. A router is waited for when the name has no A record, and only then."""
    target = hello_target(lab, ipv6=ipv6_target)
    lab.dhcp(root_path=ROOT, names=names, ipv6=ipv6_network)
    machine = lab.boot_directly()
    enters_boot_sector(machine)
    assert (WAITS_FOR_ROUTER in machine.text) == ipv6_target
    assert target.sessions() == 1


@pytest.mark.parametrize("names", [[AAAA], [A, AAAA], [NOBODY6, AAAA]], ids=["AAAA", "both", "one-of-two-AAAA"])
@pytest.mark.parametrize("words", ["ip=off", "dhcp-timeout=4"])
def test_without_ipv4(lab, names, words):
    """Nobody leases addresses; the router names itself as DNS server."""
    hello_target(lab, ipv6=True)
    lab.dhcp(names=names, ipv4=False)
    enters_boot_sector(lab.boot_directly(f"{words} root={ROOT}"))


def test_dns_servers_by_dhcpv6(lab):
    """The router forms addresses, and leaves the rest to DHCPv6."""
    hello_target(lab, ipv6=True)
    server = lab.dhcp(names=[AAAA], ipv4=False, dns_by_dhcp6=True)
    enters_boot_sector(lab.boot_directly(f"ip=off root={ROOT}"))
    assert "DHCPINFORMATION-REQUEST" in server.read_log()


def test_under_uefi(lab):
    lab.target(efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\nread key\n"), ipv6=True)
    lab.dhcp(root_path=ROOT, names=[AAAA])
    ovmf.boot_from_stick(lab, "").expect("GRUB-RUNS", 90, or_fail=FAILURE)


def test_a_name_that_this_network_cannot_reach(lab):
    lab.dhcp(root_path=ROOT, names=[AAAA], ipv6=False)
    assert f'"{HOST}" has no IPv4 address' in fails_with(lab.boot_directly(), "E_IPV6_NO_ROUTER")


def test_no_such_name(lab):
    """Nothing is waited for."""
    lab.dhcp(root_path=ROOT.replace("san", "nas"), names=[A])
    machine = lab.boot_directly()
    fails_with(machine, "E_RESOLVE")
    assert WAITS_FOR_ROUTER not in machine.text


# ---- several addresses ----

def test_one_of_several_is_dead(lab):
    """In whichever order the server tells them."""
    hello_target(lab)
    lab.dhcp(root_path=ROOT, names=[NOBODY, A])
    enters_boot_sector(lab.boot_directly())


def test_ipv4_is_dead(lab):
    hello_target(lab, ipv6=True)
    lab.dhcp(root_path=ROOT, names=[NOBODY, AAAA])
    enters_boot_sector(lab.boot_directly("ip6=auto"))


class Everywhere(Tgt):
    """Listens at every address."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.host = "0.0.0.0"


def test_more_addresses_than_a_message_holds(lab):
    """The server cuts its answer at 512 bytes and says so: what is in it serves."""
    addresses = [f"{PREFIX}.{number}" for number in range(60, 100)]
    for address in addresses:
        lab.network.ip("address", "add", f"{address}/32", "dev", BRIDGE)
    lab.target(hello_disk(lab), Everywhere)
    lab.dhcp(root_path=ROOT, names=[(HOST, address) for address in addresses])
    enters_boot_sector(lab.boot_directly())


def test_the_portal_in_use_goes_away(lab):
    """The next login is at the other one, even if the DNS server was at the address that is gone."""
    other = f"{PREFIX}.2"
    lab.network.ip("address", "add", f"{other}/32", "dev", BRIDGE)
    lab.network.ip("route", "add", f"{PREFIX}.0/24", "dev", BRIDGE, "metric", 50)
    sector = disks.reader(64, 2000, dot_every=50, until_told=True)
    lab.target(disks.sector_disk(lab.path("disk.img"), sector, size=64 * disks.MIB), Everywhere)
    lab.dhcp(root_path=ROOT, names=[A, (HOST, other)])
    machine = lab.boot_directly()
    machine.expect("^B$", 90, or_fail=FAILURE)

    connections = process.run(lab.network.inside(["ss", "-Htn", "state", "established"])).decode()
    used, = re.findall(rf"({re.escape(PREFIX)}\.[12]):{PORT} ", connections)
    lab.network.ip("address", "del", f"{used}/{24 if used == SERVER else 32}", "dev", BRIDGE)
    machine.expect("^Connected again to .*$", 120, or_fail="^E")
    machine.expect(r"^\.", 60, or_fail="^E")
    machine.expect("^D$", 120, or_fail="^E", say="x")


# ---- redirected ----

@pytest.mark.parametrize("first,then,words", [
    (SERVER, f"[{SERVER6}]", ""),
    (f"[{SERVER6}]", SERVER, "ip6=auto "),
], ids=["to-ipv6", "to-ipv4"])
def test_redirected_to_the_other_kind_of_address(lab, first, then, words):
    """The machine has had no use for one of its own up to then."""
    disk = hello_disk(lab)
    lab.target(disk, FaultyTarget, ipv6=first != SERVER, faults=[("redirect", {"addresses": [f"{then}:3261,1"], "times": 9})])
    lab.target(disk, port=3261, ipv6=then != SERVER)
    lab.dhcp()
    machine = lab.boot_directly(f"{words}root=iscsi:{first}:::{Tgt.lun}:{NAME}")
    enters_boot_sector(machine)
    assert f"{then}:3261" in machine.text


# ---- what is told ----

def test_the_tables_name_the_portal_that_was_set(lab):
    """The name leads to a portal that redirects to another; tomorrow it may be a third."""
    memory = 256
    disk = hello_disk(lab)
    lab.target(disk, FaultyTarget, faults=[("redirect", {"addresses": [f"{SERVER}:3261,1"], "times": 9})])
    lab.target(disk, port=3261)
    lab.dhcp(names=[A])
    machine = lab.boot_directly(f"{STATIC} dns={SERVER} root={ROOT}", memory=memory)
    entered(machine)
    assert f"{SERVER}:3261" in machine.text

    _, out, _ = tables.run("--json", machine.save_memory(0, memory * disks.MIB, lab.path("memory.img")))
    seen = [table for table in json.loads(out)["tables"] if table["valid"]]
    for kind in ("iBFT", "ISDH"):
        told = next(table for table in seen if table["table"] == kind)["targets"][0]
        assert (told["address"], told["port"]) == (SERVER, PORT)
