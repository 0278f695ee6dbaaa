# SPDX-License-Identifier: BSD-2-Clause
"""
One run: rounds, in each of which every contender boots once over every network, one after the other, so that what else the
machine does hits all of them.
"""
import json
import os
import struct
import subprocess

from tests.lab import network, process
from tests.lab.lab import Lab
from tests.lab.qemu import MAC

from . import contenders, setups
from .plan import Disk

BEGINS = r"^units per second"
ENDS = r"^exerciser: \d+ passed, (\d+) failed$"
FAILURE = r"^S\d{3} |FAIL boot sector|^no plan"
START = "start"

# Ethernet II, RFC 791, RFC 768, RFC 1350: offsets in a frame, and what stands there.
ETHERTYPE, ETHERTYPE_IPV4 = 12, 0x0800
IP = 14
IP_PROTOCOL, IPPROTO_UDP = IP + 9, 17
IP_SOURCE = IP + 12
UDP_SIZE = 8
TFTP_ACK = 4
SHORTEST_ACK = 46


def _is_tftp_ack(frame):
    """One of the client's: the server sends none."""
    if len(frame) < SHORTEST_ACK or struct.unpack_from(">H", frame, ETHERTYPE)[0] != ETHERTYPE_IPV4:
        return False
    if frame[IP_PROTOCOL] != IPPROTO_UDP or frame[IP_SOURCE:IP_SOURCE + 4] == bytes(map(int, network.SERVER.split("."))):
        return False
    header_words = frame[IP] & 15
    return struct.unpack_from(">H", frame, IP + header_words * 4 + UDP_SIZE)[0] == TFTP_ACK


def last_tftp_ack(frames):
    """When the client acknowledged the last block of what it loaded."""
    return max(when for when, frame in frames if _is_tftp_ack(frame))


def boot(contender, setup, efi, plan, ms):
    """One boot: {work: figure}. What was read has been looked at by the machine, what was written is looked at here."""
    with Lab("bench") as lab:
        disk = Disk(lab.path("disk.img"), efi, plan, ms)
        timed = setup.plain and contender.start and not efi
        root_path = "" if contender.plain_only else setups.target(lab, setup, disk.path)
        setups.Cable(lab.network, setup)
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
            figures[START] = machine.wall_time(begun.start()) - last_tftp_ack(network.read_pcap(wire))
        return figures


def bare_card(setup, ms):
    """The bound, by the names of the works that it bounds."""
    with Lab("bench") as lab:
        setups.Cable(lab.network, setup)
        machine = lab.machine(kernel=os.path.join(setups.PROGRAMS, "card.elf"), rom="",
                              extra=["-device", "isa-debug-exit,iobase=0x501,iosize=4"])
        machine.expect("^ready", 60)
        command = lab.network.inside([os.path.join(setups.PROGRAMS, "feeder"), network.BRIDGE, MAC, ms])
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=process.bound(120), check=True)
        said = json.loads(done.stdout)
    reads, writes = said["receive"] / 1e6, said["send"] / 1e6
    return {"read-1M": reads, "read-64K": reads, "write-64K": writes, "random-4K": said["round_trips"],
            "random-512": said["round_trips"]}


class Run:
    """Figures: self.figures[setup][work][contender] = [one a round]; self.failures are what went wrong, in words."""

    def __init__(self, efi, chosen_setups, rounds, ms, quick=False, peers=(), only=()):
        self.efi, self.setups, self.rounds, self.ms, self.quick = efi, chosen_setups, rounds, ms, quick
        everyone = contenders.of_uefi(peers) if efi else contenders.of_bios(peers)
        self.contenders = [one for one in everyone if not only or one.name in only]
        self.card = not only or contenders.CARD in only
        self.figures = {setup.name: {} for setup in chosen_setups}
        self.failures = []

    def _note(self, setup, name, measure):
        try:
            measured = measure()
        except (AssertionError, process.LabError, ValueError, subprocess.SubprocessError) as error:
            self.failures.append(f"{name}, {setup.name}: {error}")
            print(f"{setup.name}, {name}: FAILED: {str(error)[:300]}", flush=True)
            return
        for work, value in measured.items():
            self.figures[setup.name].setdefault(work, {}).setdefault(name, []).append(value)
        print(f"{setup.name}, {name}: " + ", ".join(f"{work} {value:.4g}" for work, value in measured.items()), flush=True)

    def _card_bounds(self, setup):
        known = {work.name for work in setup.plan(self.efi)}
        return {work: value for work, value in bare_card(setup, self.ms).items() if work in known}

    def round(self):
        for setup in self.setups:
            plan = setup.plan(self.efi, self.quick)
            for contender in self.contenders:
                if setup.plain or not contender.plain_only:
                    self._note(setup, contender.name, lambda one=contender: boot(one, setup, self.efi, plan, self.ms))
            if self.card and not setup.loss and not setup.disk_ms:
                self._note(setup, contenders.CARD, lambda: self._card_bounds(setup))

    def go(self):
        for number in range(self.rounds):
            print(f"round {number + 1} of {self.rounds}", flush=True)
            self.round()
        return self

    @property
    def names(self):
        return [one.name for one in self.contenders] + ([contenders.CARD] if self.card else [])

    @property
    def peers(self):
        return [one.name for one in self.contenders if one.peer]
