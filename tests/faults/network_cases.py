# SPDX-License-Identifier: BSD-2-Clause
"""
Networks with somebody on them who means it ill or is broken, as a table: what is sent (attack.py), and how it ends. They are run
over net/ by the host's initiator, and in whole machines, in which nothing but the loader touches the network. Behind them what
happens to a machine's cable and target, whom nobody means ill.
"""
from dataclasses import dataclass, field

from tests.lab import network
from tests.lab.settings import ADDRESS, ADDRESS6

from . import lun
from .attack_dhcp import NONSENSE, ODD, UNREADABLE
from .cases import DIGESTS, DISK_WORK, READS, Case, keys, stops

RIVAL = {"server": f"{network.PREFIX}.2", "address": f"{network.PREFIX}.180", "mac": "02:00:00:00:00:02"}
STATIC, DHCP, STATIC6, AUTO6 = "static", "dhcp", "static6", "auto6"
WORDS = {STATIC: f"ip={ADDRESS}/24", DHCP: "", STATIC6: f"ip=off ip6={ADDRESS6}/64", AUTO6: "ip=off ip6=auto"}


@dataclass
class NetworkCase(Case):
    """`codes` are names. A case that may end well and has codes, too, may end with either."""
    attacks: list = field(default_factory=list)  # (name, options) of attack.py; {root} is the root path
    address: str = STATIC
    words: str = ""        # of the loader's settings
    mtu: int = 1500        # of the network; the machine's stays 1500
    places: tuple = ("host", "BIOS", "UEFI")
    seconds: float = 3     # that the host's initiator reads
    host_ok: bool = False  # the host's initiator is told where its target is, and works nevertheless
    events: list = field(default_factory=list)  # (after so many commands, what, seconds) of events.py
    tries_again: bool = False                   # a failure may be shown before it boots
    megabytes: int = 4                          # that a machine reads

    @property
    def ipv6(self):
        return self.address in (STATIC6, AUTO6)


def leases(**options):
    return ("dhcp", {"root": "{root}", **options})


def dhcp(name, *attacks, **options):
    return NetworkCase(name, attacks=list(attacks), address=DHCP, **options)


def attacked(name, attack, options=None, **more):
    return NetworkCase(name, attacks=[(attack, options or {})], **more)


ONE_ODD = [dhcp(f"DHCP answer with {name}", leases(edits=[name]), places=("host",), seconds=0) for name in ODD]

NETWORKS = [
    dhcp("a rival DHCP server, faster and without boot data", ("dhcp", RIVAL), leases(wait=0.3), sample="BIOS"),
    dhcp("a DHCP server without boot data, alone", leases(root=""), host_ok=True, **stops("E_ROOT_PATH_MISSING")),
    dhcp("a rival DHCP server that offers nonsense", ("dhcp", {**RIVAL, "edits": list(NONSENSE)}), leases(wait=0.3)),
    dhcp("a rival DHCP server that refuses all requests in its own name", ("dhcp", {**RIVAL, "refuses": "own"}), leases()),
    dhcp("every DHCP request is refused", leases(refuses="all"), long=True, **stops("E_DHCP_TIMEOUT")),
    dhcp("every address that DHCP offers is in use", leases(), ("has-every-address", {}), long=True, **stops("E_DHCP_TIMEOUT")),
    dhcp("every option of DHCP odd but the root path", leases(edits=list(ODD), each=True), sample="UEFI"),
    dhcp("DHCP answers that cannot be read before each right one", leases(edits=list(UNREADABLE), both=True)),
    dhcp("no DHCP answer can be read", leases(edits=list(UNREADABLE)), long=True, **stops("E_DHCP_TIMEOUT")),
    dhcp("DHCP answers that nobody asked for, 200 a second", leases(wait=0.5), ("dhcp-flood", {})),
    dhcp("a lease of 10 s whose renewal is refused", leases(lease=10, refuses="renewals"), seconds=15, megabytes=24, long=True),
    *ONE_ODD,

    attacked("garbage frames, 200 a second", "garbage", sample="BIOS", no_reconnect=True),
    attacked("garbage frames longer than the MTU", "garbage", mtu=4000, no_reconnect=True),
    attacked("segments with bad checksums", "bad-sums", no_reconnect=True),
    attacked("segments with bad checksums over IPv6", "bad-sums", address=STATIC6, no_reconnect=True),
    attacked("ARP flood, 300 a second", "arp-flood", no_reconnect=True),
    attacked("ARP lies about the target for 5 s", "arp-lies", {"per_second": 2, "times": 10}),
    attacked("ARP lies about the target every second", "arp-lies"),
    attacked("somebody claims our address", "claims-ours", no_reconnect=True),
    attacked("pings of strangers, 300 a second", "ping-flood", no_reconnect=True),
    attacked("RA flood, 300 a second", "router-flood", no_reconnect=True),
    attacked("RA flood over IPv6, 300 a second", "router-flood", address=STATIC6, sample="UEFI"),
    attacked("RA flood before an address is formed, 300 a second", "router-flood", address=AUTO6, long=True),
    attacked("a router that takes everything back", "router-lies", address=AUTO6),
    attacked("neighbour flood over IPv6, 300 a second", "neighbour-flood", address=STATIC6),
    attacked("neighbour lies about the target for 5 s", "neighbour-lies", {"per_second": 2, "times": 10}, address=STATIC6),
    attacked("somebody claims our IPv6 address", "claims-ours", address=STATIC6, no_reconnect=True),

    attacked("forged resets outside the window", "reset", {"where": "outside"}, no_reconnect=True),
    attacked("forged resets in the window", "reset", {"where": "window"}, sample="BIOS", no_reconnect=True),
    attacked("forged resets at the next byte", "reset", {"where": "next", "per_second": 2, "times": 6}),
    attacked("forged segments", "segments", no_reconnect=True),
    attacked("forged segments over IPv6", "segments", address=STATIC6, no_reconnect=True),
    attacked("forged Fragmentation Needed", "too-big", no_reconnect=True),
    attacked("forged Packet Too Big", "too-big", address=STATIC6, no_reconnect=True, sample="UEFI"),
    attacked("Packet Too Big that may be true", "too-big", {"mtus": [1280]}, address=STATIC6),
    attacked("forged unreachables", "unreachables", no_reconnect=True),
    attacked("forged unreachables over IPv6", "unreachables", address=STATIC6, no_reconnect=True),
    attacked("the first SYNs are said to be unreachable", "no-way", {"times": 3}),
    attacked("ICMP redirects", "redirects", no_reconnect=True),
    attacked("ICMPv6 redirects for 5 s", "redirects", {"per_second": 4, "times": 20}, address=STATIC6),
    attacked("ICMPv6 redirects", "redirects", address=STATIC6),

    attacked("stray and overlapping fragments, 200 a second", "fragments", no_reconnect=True),
    attacked("stray and overlapping fragments over IPv6", "fragments", address=STATIC6, no_reconnect=True),
    attacked("right segments in overlapping fragments", "odd-fragments", no_reconnect=True),
    attacked("30 % of the packets in fragments, and stray ones", "fragments", wire={"fragment": 0.3}, sample="BIOS"),
]


def machine(name, *faults, **options):
    return NetworkCase(name, list(faults), places=("BIOS", "UEFI"), **options)


MACHINES = [
    machine("the link is down for 30 s", events=[(40, "link-down", 30)]),
    machine("the target is gone for 60 s", events=[(40, "target-gone", 60)]),
    machine("the target is gone for 60 s in the login", events=[(0, "target-gone", 60)], tries_again=True,
            words="retry=99,5"),
    machine("the target moves to another MAC address", events=[(40, "other-mac", 0)]),
    machine("the switch's port is deaf for 50 s at the start", wire={"cuts": [[0, 50]]}, tries_again=True),
    machine("a slow line", wire={"rate": 500000}),
    machine("a long line", wire={"delay": 0.05}),
    machine("bits flip behind TCP's checksum, digests on", settings=keys(**DIGESTS), wire={"corrupt": 0.005}),
    machine("tiny sizes", settings=keys(MaxRecvDataSegmentLength=512, MaxBurstLength=512, FirstBurstLength=512)),
    machine("huge sizes", settings=keys(MaxRecvDataSegmentLength=16777215, MaxBurstLength=16777215, FirstBurstLength=16777215,
                                        InitialR2T="No")),
    machine("a read of 20 s among others", ("slow", {"seconds": 20, "opcodes": READS, "times": 1, "after": 40})),
    machine("the window closed for ever", ("window-closed", {"commands": 60, "seconds": 0, "times": 1})),
    machine("Data-Ins out of order", ("data-in-order", {"times": 2, "after": 40})),
    machine("data beyond the request", ("beyond", {"times": 2, "after": 40})),
    machine("an offset that wraps", ("wrap-offset", {"times": 2, "after": 40})),
    machine("GOOD with underflow for a read",
            ("residual", {"flags": 2, "count": 512, "opcodes": READS, "times": 2, "after": 40})),
    machine("commands rejected", ("reject", {"opcodes": DISK_WORK, "times": 2, "after": 40})),
    machine("a drop announced", ("async", {"event": 2, "parameters": [0, 1, 1], "times": 2, "after": 40})),
    machine("QUEUE FULL", ("scsi-status", {"status": lun.TASK_SET_FULL, "opcodes": DISK_WORK, "times": 10, "after": 40})),
    machine("reserved by another", ("scsi-status", {"status": lun.RESERVATION_CONFLICT, "opcodes": DISK_WORK}),
            **stops("E_SCSI_RESERVED")),
    machine("UNIT ATTENTION: capacity changed, but it has not", ("attention", {"sense": lun.CAPACITY_CHANGED})),
    machine("unknown keys of the target", ("login-keys", {"add": [["X-org.example.key", "7"], ["Fancy", "yes"]]})),
    machine("a login that never ends", ("login-endless", {}), **stops("E_LOGIN_TEXT", "E_LOGIN_TIMEOUT")),
    machine("a key of 64 KiB", ("login-keys", {"add": [["X-" + "k" * 65536, "1"]]}), **stops("E_ISCSI_SEGMENT")),
    machine("redirected twice", ("redirect", {"addresses": [network.SERVER], "times": 2})),
    machine("redirected in a circle", ("redirect", {"addresses": [network.SERVER]}), **stops("E_LOGIN_REDIRECT")),
    machine("redirected to rubbish", ("redirect", {"addresses": ["[::1:99999,x"]}), **stops("E_LOGIN_ADDRESS")),
]
