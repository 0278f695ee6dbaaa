# SPDX-License-Identifier: BSD-2-Clause
"""Networks and disks that are measured over: how long a cable is, what it loses, and how long the target's disk takes."""
import json
import os
import subprocess
from dataclasses import dataclass

from tests.lab import process
from tests.lab.lab import BUILD
from tests.lab.network import SERVER
from tests.lab.target import PORT

from .plan import CHECK, TRACE, works

PROGRAMS = os.path.join(BUILD, "bench")
BEHIND = PORT + 1  # the target's port when something stands before it


@dataclass
class Setup:
    name: str
    rtt_ms: float = 0
    loss: float = 0     # share of the frames, each way
    disk_ms: float = 0  # of a command
    only: tuple = ()    # names of works, or all
    traces: bool = False

    @property
    def plain(self):
        return not (self.rtt_ms or self.loss or self.disk_ms)

    def plan(self, efi, quick=False):
        """The works, and a look at every word of some sectors behind them."""
        wanted = [work for work in works(efi) if (self.traces if work.kind == TRACE else not self.only or work.name in self.only)]
        if quick:
            wanted = [work for work in wanted if work.kind != TRACE or work.name == "linux"]
        return [*wanted, CHECK]


STREAMS = ("read-1M", "read-64K", "read-4K", "write-64K")
BEHIND_A_DISK = (*STREAMS, "random-512")
SETUPS = [
    Setup("RTT 0", traces=True),
    Setup("RTT 1 ms", rtt_ms=1, traces=True),
    Setup("RTT 5 ms", rtt_ms=5),
    Setup("1 ms, 0.1 % lost", rtt_ms=1, loss=0.001, only=STREAMS),
    Setup("1 ms, 1 % lost", rtt_ms=1, loss=0.01, only=STREAMS),
    Setup("disk 1 ms", disk_ms=1, only=BEHIND_A_DISK),
    Setup("disk 8 ms", disk_ms=8, only=BEHIND_A_DISK),
]
QUICK = ("RTT 0", "RTT 1 ms", "disk 8 ms")


def _started(network, program, *arguments):
    """One of our programs, once it says that it is ready."""
    child = network.start([os.path.join(PROGRAMS, program), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if child.stdout.readline().strip() != b"ready":
        raise process.LabError(f"{program} did not start")
    return child


class Cable:
    """Taps made by `network` from now on hang on a cable; nothing is made when it does nothing."""

    def __init__(self, network, setup, seed=1):
        self.network, self.setup, self.seed = network, setup, seed
        self.bridged = network.add_tap
        self.wires = []
        if setup.rtt_ms or setup.loss:
            network.add_tap = self.add_tap

    def add_tap(self):
        outside = self.bridged()
        inside = f"m{outside}"
        self.network.ip("tuntap", "add", inside, "mode", "tap")
        self.network.ip("link", "set", inside, "mtu", self.network.mtu, "up")
        delay, loss = round(self.setup.rtt_ms * 500), round(self.setup.loss * 1e6)
        self.wires.append(_started(self.network, "wire", inside, outside, delay, loss, self.seed))
        return inside

    def counts(self):
        """What it carried; it ends with this."""
        child, = self.wires
        child.terminate()
        return json.loads(child.communicate(timeout=process.bound(10))[0])


def target(lab, setup, disk):
    """The root path of a target with that disk, slow or not."""
    if not setup.disk_ms:
        return lab.target(disk).root_path
    behind = lab.target(disk, port=BEHIND)
    _started(lab.network, "slow", SERVER, PORT, BEHIND, round(setup.disk_ms * 1000))
    return behind.root_path.replace(f":{BEHIND}:", "::")
