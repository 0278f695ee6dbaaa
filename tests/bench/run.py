# SPDX-License-Identifier: BSD-2-Clause
"""
One run: rounds, in each of which every contender boots once over every network, one after the other, so that what else the
machine does hits all of them.
"""
import functools
import json
import os
import struct
import subprocess
import time

from tests.lab import network, process
from tests.lab.lab import Lab
from tests.lab.qemu import MAC
from tests.lab.settings import ADDRESS

from . import contenders, report, setups
from .plan import CHECK, Disk
from .report import START

NIC = "e1000"
BEGINS = r"^units per second"
ENDS = r"^exerciser: \d+ passed, (\d+) failed$"
FAILURE = r"^S\d{3} |FAIL boot sector|^no plan|No more network devices"

# Ethernet II, RFC 791, RFC 768, RFC 1350: offsets in a frame, and what stands there.
ETHERTYPE, ETHERTYPE_IPV4 = 12, 0x0800
IP = 14
IP_PROTOCOL, IPPROTO_UDP = IP + 9, 17
UDP_SIZE = 8
TFTP_PORT, TFTP_RRQ, TFTP_ACK = 69, 1, 4


def _tftp(frame):
    """(source port, destination port, opcode, what follows) of what may be TFTP's; None."""
    if len(frame) < IP + 20 + UDP_SIZE + 4 or struct.unpack_from(">H", frame, ETHERTYPE)[0] != ETHERTYPE_IPV4:
        return None
    if frame[IP_PROTOCOL] != IPPROTO_UDP:
        return None
    udp = IP + (frame[IP] & 15) * 4
    source, destination = struct.unpack_from(">HH", frame, udp)
    return source, destination, *struct.unpack_from(">H", frame, udp + UDP_SIZE), frame[udp + UDP_SIZE + 2:]


def last_ack_of(frames, file):
    """When the client acknowledged the last block of this file."""
    port, when = None, None
    for time, frame in frames:
        found = _tftp(frame)
        if found and found[1:3] == (TFTP_PORT, TFTP_RRQ) and found[3].split(b"\0")[0].decode().lstrip("/") == file:
            port = found[0]
        elif found and found[0] == port and found[2] == TFTP_ACK:
            when = time
    if when is None:
        raise ValueError(f"{file} was not loaded")
    return when


def _lab(nic):
    """One whose machines have that card of QEMU's."""
    lab = Lab("bench")
    lab.machine = functools.partial(lab.machine, nic=nic)
    return lab


def boot(contender, over, efi, plan, ms, nic):
    """One boot: {work: figure}. What was read has been looked at by the machine, what was written is looked at here."""
    with _lab(nic) as lab:
        disk = Disk(lab.path("disk.img"), efi, plan, over.ms(ms))
        timed = over.plain and contender.program
        root_path = "" if contender.plain_only else setups.target(lab, over, disk.path)
        setups.lay_cable(lab.network, over)
        wire = lab.network.capture() if timed else None
        machine = contender.boot(lab, root_path, disk.path)
        begun = machine.expect("^bench: begins", 200, FAILURE) if not efi else None
        if timed:
            lab.network.stop_capture()
        machine.expect(BEGINS, 200, FAILURE)
        failed = machine.expect(ENDS, contenders.TIMEOUT)[1]
        machine.wait_end(60)

        figures = disk.figures(machine.text)
        assert failed == "0", machine.text[-2000:]
        disk.check(machine.text)
        if timed:
            figures[START] = machine.wall_time(begun.start()) - last_ack_of(network.read_pcap(wire), contender.program)
        return figures


def bare_card(over, ms, nic):
    """The bound, by the names of the works that it bounds."""
    with _lab(nic) as lab:
        setups.lay_cable(lab.network, over)
        machine = lab.machine(kernel=os.path.join(setups.PROGRAMS, "card.elf"), rom="",
                              extra=["-device", "isa-debug-exit,iobase=0x501,iosize=4"])
        machine.expect("^ready", 60)
        lab.network.ip("neigh", "add", ADDRESS, "lladdr", MAC, "dev", network.BRIDGE)  # it has no ARP
        command = lab.network.inside([os.path.join(setups.PROGRAMS, "feeder"), network.BRIDGE, MAC, ADDRESS, ms])
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=process.bound(120), check=True)
        said = json.loads(done.stdout)
    reads, writes = said["receive"] / 1e6, said["send"] / 1e6
    bounds = {"read-1M": reads, "read-64K": reads, "write-64K": writes}
    return {**bounds, **dict.fromkeys(setups.AT_RANDOM, said["round_trips"])}


def bounds_of(over, ms, nic):
    """
    The bare card's, where that is known. Where time passes on the way, a call at a random place is bound by that: the card's own
    round trip is of no weight then, and of more noise.
    """
    measured = {} if over.loss or over.disk_ms else bare_card(over, ms, nic)
    waiting = over.rtt_ms + over.disk_ms
    return {**measured, **dict.fromkeys(setups.AT_RANDOM, 1000 / waiting)} if waiting else measured


class Run:
    """
    `boots` rounds over `networks` (setups.py), of all works or those named, `ms` each; `only` these contenders, if any are
    named, with that card of QEMU's.
    self.figures[network][work][contender] = [one a round]; self.failures are what went wrong, in words.
    """

    def __init__(self, efi, networks, boots, ms, works=(), peers=(), only=(), nic=NIC):
        self.efi, self.boots, self.ms, self.works, self.nic = efi, boots, ms, works, nic
        self.setups = [setups.setup(name) for name in networks]
        everyone = contenders.of_uefi(peers) if efi else contenders.of_bios(peers)
        self.contenders = [one for one in everyone if not only or one.name in only]
        self.card = not only or contenders.CARD in only
        self.figures = {name: {} for name in networks}
        self.failures = []
        self.load = 0  # of the host, at most; the machine and the target make some 2 of it

    def _note(self, over, name, measure):
        begun = time.monotonic()
        try:
            measured = measure()
            self.load = max(self.load, os.getloadavg()[0])
        except (AssertionError, process.LabError, ValueError, OSError, subprocess.SubprocessError) as error:
            self.failures.append(f"{name}, {over.name}: {error}")
            print(f"{over.name}, {name}: FAILED: {str(error)[:300]}", flush=True)
            return
        if not measured:
            return
        for work, value in measured.items():
            self.figures[over.name].setdefault(work, {}).setdefault(name, []).append(value)
        said = ", ".join(f"{work} {report.number(value)}" for work, value in measured.items())
        print(f"{over.name}, {name} ({time.monotonic() - begun:.0f} s): {said}", flush=True)

    def _plan(self, over, contender):
        return [CHECK] if contender.start_only else over.plan(self.efi, self.works)

    def _card_bounds(self, over):
        known = {work.name for work in over.plan(self.efi, self.works)}
        return {work: value for work, value in bounds_of(over, over.ms(self.ms), self.nic).items() if work in known}

    def round(self):
        for over in self.setups:
            for contender in self.contenders:
                if over.plain or not (contender.plain_only or contender.start_only):
                    plan = self._plan(over, contender)
                    self._note(over, contender.name, lambda one=contender: boot(one, over, self.efi, plan, self.ms, self.nic))
            if self.card:
                self._note(over, contenders.CARD, lambda: self._card_bounds(over))

    def result(self):
        """What build/bench.json holds."""
        names = [one.name for one in self.contenders] + ([contenders.CARD] if self.card else [])
        peers = [one.name for one in self.contenders if one.peer]
        return {"interface": "BlockIo" if self.efi else "INT 13h", "boots": self.boots, "ms": self.ms, "nic": self.nic,
                "load": round(self.load, 1), "contenders": names, "peers": peers,
                "networks": report.summary(self.figures, peers), "runs": self.figures, "failures": self.failures}

    def go(self, after_round=lambda: None):
        for number in range(self.boots):
            print(f"round {number + 1} of {self.boots}", flush=True)
            self.round()
            after_round()
        return self
