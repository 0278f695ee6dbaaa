# SPDX-License-Identifier: BSD-2-Clause
"""
A network namespace with a bridge and one tap per machine. It is held by a process instead of a name in /run/netns, so that it
vanishes with the test run even when that is killed.
"""
import os
import signal
import struct
import subprocess
import sys
from dataclasses import dataclass

from . import process

BRIDGE = "br0"
PREFIX = "192.168.77"
PREFIX6 = "fd00:77::"
NETMASK = "255.255.255.0"
NOBODY, CAPTURE_ENDS = "02:00:00:00:00:02", "sanstrap-capture-ends/"  # the last frame of a capture: to whom, and of what


@dataclass
class Segment:
    """A piece of network as a server sees it: the interface to it, and its addresses; the server's own has number `host`."""
    interface: str
    prefix: str
    prefix6: str
    host: int = 1

    @property
    def server(self):
        return f"{self.prefix}.{self.host}"

    @property
    def server6(self):
        return f"{self.prefix6}{self.host}"


UNTAGGED = Segment(BRIDGE, PREFIX, PREFIX6)
SERVER = UNTAGGED.server
SERVER6 = UNTAGGED.server6


class Network:
    def __init__(self, folder, mtu=1500):
        self.folder = folder
        self.mtu = mtu
        self.taps = 0
        self.tap_options = ""  # of QEMU's -netdev tap
        self.children = []
        self.capture_process = None
        self.holder = process.start(["unshare", "--net", "sleep", "infinity"])
        process.wait_until(self._separated, 5, "a network namespace", self.holder)
        self.ip("link", "set", "lo", "up")
        self.ip("link", "add", BRIDGE, "type", "bridge")
        self.ip("link", "set", BRIDGE, "mtu", mtu, "up")
        self._add_addresses(UNTAGGED)

    def _add_addresses(self, segment):
        self.ip("address", "add", f"{segment.server}/24", "dev", segment.interface)
        self.ip("address", "add", f"{segment.server6}/64", "dev", segment.interface, "nodad")

    def add_vlan(self, vlan):
        """
        The servers' part in an 802.1Q VLAN of the same wire; one a lab. Not every kernel has VLANs: a program does the tagging.
        """
        return self._add_segment(Segment(f"{BRIDGE}.{vlan}", "192.168.78", "fd00:78::"), "vlan", vlan)

    def add_neighbour(self):
        """Another server's card on the same wire, with an address of its own; one a lab."""
        return self._add_segment(Segment("neighbour0", PREFIX, PREFIX6, host=2), "cable")

    def _add_segment(self, segment, helper, *arguments):
        """Its interface is a tap, whose other end the helper joins to the bridge."""
        self.ip("tuntap", "add", segment.interface, "mode", "tap")
        self.ip("link", "set", segment.interface, "mtu", self.mtu, "up")
        self._add_addresses(segment)
        self.helper(helper, segment.interface, self.add_tap(), *arguments)
        return segment

    def _separated(self):
        ours = os.stat("/proc/self/ns/net").st_ino
        try:
            return os.stat(f"/proc/{self.holder.pid}/ns/net").st_ino != ours
        except FileNotFoundError:
            return False

    def inside(self, command):
        """The command that runs `command` inside the namespace. The process id stays the command's own."""
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--"] + [str(word) for word in command]

    def ip(self, *words):
        return process.run(self.inside(["ip", *words]))

    def start(self, command, **options):
        child = process.start(self.inside(command), **options)
        self.children.append(child)
        return child

    def add_tap(self):
        """A new tap on the bridge; returns its name."""
        name = f"tap{self.taps}"
        self.taps += 1
        self.ip("tuntap", "add", name, "mode", "tap")
        self.ip("link", "set", name, "mtu", self.mtu, "master", BRIDGE, "up")
        return name

    def capture(self):
        """Records the wire to wire.pcap in the lab's folder, from now to stop_capture() or close()."""
        path = os.path.join(self.folder, "wire.pcap")
        log = open(os.path.join(self.folder, "tcpdump.log"), "w+b")
        command = ["tcpdump", "-i", BRIDGE, "-B", "16384", "-U", "--immediate-mode", "-n", "-s", "0", "-Z", "root", "-w", path]
        self.capture_process = self.start(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        process.wait_until(lambda: os.path.exists(path) and os.path.getsize(path) >= 24, 10, "tcpdump", self.capture_process)
        return path

    def stop_capture(self):
        """All that was on the wire is in the file then: tcpdump, which may be slow, has come to a frame that ends it."""
        path = os.path.join(self.folder, "wire.pcap")
        read = os.path.getsize(path)
        self.helper("flood", BRIDGE, NOBODY, 1, CAPTURE_ENDS)
        process.wait_until(lambda: CAPTURE_ENDS.encode() in _tail(path, read), 20, "the capture's end", self.capture_process)
        self._end_capture()

    def _end_capture(self):
        if self.capture_process and self.capture_process.poll() is None:
            self.capture_process.send_signal(signal.SIGINT)
            self.capture_process.wait(process.bound(10))

    def start_ready(self, program, *arguments):
        """Runs one of the lab's programs inside the namespace; returns once it says that it is ready."""
        child = self.start([*program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        process.await_ready(child, program[-1])
        return child

    def helper(self, name, *arguments):
        """Runs one of the small programs of helpers.py inside the namespace; returns once it says that it is ready."""
        script = os.path.join(os.path.dirname(__file__), "helpers.py")
        return self.start_ready([sys.executable, script, name], *arguments)

    def close(self):
        self._end_capture()
        for child in reversed(self.children):
            process.stop(child)
        process.stop(self.holder)


def _tail(path, begin):
    with open(path, "rb") as file:
        file.seek(begin)
        return file.read()


def read_pcap(path):
    """The frames of a little-endian microsecond pcap file: (seconds, bytes)."""
    with open(path, "rb") as file:
        data = file.read()
    frames, at = [], 24
    while at + 16 <= len(data):
        seconds, micro, length, _ = struct.unpack_from("<IIII", data, at)
        frames.append((seconds + micro / 1e6, data[at + 16:at + 16 + length]))
        at += 16 + length
    return frames
