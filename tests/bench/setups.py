# SPDX-License-Identifier: BSD-2-Clause
"""
Networks and disks that are measured over. A name says how long the cable is, what it loses, and how long the target's disk takes:
"5ms", "1ms-0.1%", "disk8ms", "1ms-1%-disk8ms".
"""
import os
import re
from dataclasses import dataclass

from tests.lab import process
from tests.lab.cable import Cable
from tests.lab.lab import BUILD
from tests.lab.network import SERVER
from tests.lab.target import PORT

from .plan import CHECK, TRACE, works

PROGRAMS = os.path.join(BUILD, "bench")
BEHIND = PORT + 1  # the target's port when something stands before it

NUMBER = r"(\d+(?:\.\d+)?)"
NAME = re.compile(rf"(?:{NUMBER}ms)?(?:(?:^|(?<=s)-){NUMBER}%)?(?:(?:^|(?<=[s%])-)disk{NUMBER}ms)?")
DEFAULT = ("0ms", "1ms", "5ms", "1ms-1%", "disk8ms")
DEFAULT_EFI = ("0ms", "1ms", "disk8ms")  # its firmware takes its time to boot
FULL = ("0ms", "1ms", "5ms", "0ms-0.1%", "1ms-0.1%", "5ms-0.1%", "0ms-1%", "1ms-1%", "5ms-1%",
        "disk1ms", "disk8ms", "1ms-disk8ms")
STREAMS = ("read-1M", "read-64K", "read-4K", "write-64K")
AT_RANDOM = ("random-4K", "random-512")
BEHIND_A_DISK = (*STREAMS, "random-512")
TRACES_UP_TO_MS = 1  # of round trip, unless they are asked for
LOSSY = 4            # times as long: what a loss costs comes in lumps


@dataclass
class Setup:
    name: str
    rtt_ms: float = 0
    loss: float = 0     # share of the frames, each way
    disk_ms: float = 0  # of a command

    @property
    def plain(self):
        return not (self.rtt_ms or self.loss or self.disk_ms)

    def _is_usual(self, work):
        if work.kind == TRACE:
            return not self.loss and not self.disk_ms and self.rtt_ms <= TRACES_UP_TO_MS
        chosen = BEHIND_A_DISK if self.disk_ms else STREAMS if self.loss else ()
        return not chosen or work.name in chosen

    def plan(self, efi, names=()):
        """The works, those that are usual here or those named, and a look at every word of some sectors behind them."""
        wanted = [work for work in works(efi) if (work.name in names if names else self._is_usual(work))]
        return [*wanted, CHECK]

    def ms(self, ms):
        return ms * LOSSY if self.loss else ms


def setup(name):
    match = NAME.fullmatch(name)
    if not match or not name:
        raise ValueError(f"{name!r} is no network: e.g. 5ms, 1ms-0.1%, disk8ms")
    rtt, loss, disk = (float(number or 0) for number in match.groups())
    return Setup(name, rtt, loss / 100, disk)


def lay_cable(network, over, seed=1):
    """Where it does something. The target's kernel sends as every kernel can, as what it makes of losses differs."""
    process.run(network.inside(["sysctl", "-q", "-w", "net.ipv4.tcp_congestion_control=reno"]))
    if over.rtt_ms or over.loss:
        Cable(network, [os.path.join(PROGRAMS, "wire")], round(over.rtt_ms * 500), round(over.loss * 1e6), seed)


def target(lab, over, disk):
    """The root path of a target with that disk, slow or not."""
    if not over.disk_ms:
        return lab.target(disk).root_path
    behind = lab.target(disk, port=BEHIND)
    lab.network.start_ready([os.path.join(PROGRAMS, "slow")], SERVER, PORT, BEHIND, round(over.disk_ms * 1000))
    return behind.root_path.replace(f":{BEHIND}:", "::")
