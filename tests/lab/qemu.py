# SPDX-License-Identifier: BSD-2-Clause
"""One QEMU machine: its serial line read live, its screen, memory and keys by the monitor, its end always certain."""
import contextlib
import json
import os
import re
import socket
import subprocess
import threading
import time

from . import process

MAC = "52:54:00:12:34:56"
RECEIVE_CONTROL, RECEIVER_ENABLED = 0x0100, 1 << 1  # 8254x: RCTL.EN
PCI_ADDRESS, PCI_DATA = 0xCF8, 0xCFC  # ports


class Machine:
    """
    A PC under TCG with one network card and, unless drives are given, no disk. It ends at a reset, unless it `reboots`.

    Serial text arrives in self.text as it is printed, a carriage return as a line's end; expect() reads on from where
    the last expect() ended. Seconds to wait are process.bound()'s.
    """

    def __init__(self, network, folder, nic="e1000", memory=256, rom=None, kernel=None, append="", initrd=None, drives=(),
                 boot="n", board="pc", bridges=(), extra=(), echo=None, timeout=180, reboots=False):
        self.network = network
        self.folder = folder
        self.echo = echo
        self.deadline = time.monotonic() + process.bound(timeout)
        self.text = ""
        self.ended = False  # no more text comes
        self.stamps = []  # (seconds since power on, length of text by then)
        self.position = 0
        self.child = None
        self.changed = threading.Condition()

        card = f"{nic},netdev=wire,mac={MAC}" + (f",romfile={rom}" if rom is not None else "")
        self.command = ["qemu-system-x86_64", "-M", board, "-accel", "tcg", "-m", str(memory), "-boot", boot,
                        "-nodefaults", "-no-user-config", "-vga", "std", "-display", "none",
                        "-serial", "stdio", "-debugcon", f"file:{folder}/debugcon.log",
                        "-qmp", f"unix:{folder}/qmp,server=on,wait=off", *bridges,
                        "-netdev", f"tap,id=wire,ifname={network.add_tap()},script=no,downscript=no{network.tap_options}",
                        "-device", card]

        if not reboots:
            self.command.append("-no-reboot")
        if kernel:
            self.command += ["-kernel", str(kernel), "-append", append]
        if initrd:
            self.command += ["-initrd", str(initrd)]
        for path in drives:
            self.command += ["-drive", f"file={path},format=raw,if=ide"]
        self.command += list(extra)

    def start(self):
        with open(os.path.join(self.folder, "qemu.log"), "ab") as log:
            self.child = self.network.start(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.started = time.monotonic()
        self.started_wall = time.time()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        process.wait_until(lambda: process.answers(os.path.join(self.folder, "qmp")), 20, "QEMU's monitor", self.child)
        return self

    def plain(self, data):
        """Serial bytes as the text that tests look at."""
        return data.decode("latin-1").replace("\r", "\n")

    def _read(self):
        with open(os.path.join(self.folder, "serial.log"), "ab") as log:
            while True:
                data = os.read(self.child.stdout.fileno(), 4096)
                if not data:
                    break
                log.write(data)
                log.flush()
                if self.echo:
                    self.echo(data)
                with self.changed:
                    self.text += self.plain(data)
                    self.stamps.append((time.monotonic() - self.started, len(self.text)))
                    self.changed.notify_all()
        self.child.wait()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def expect(self, pattern, timeout=60, or_fail=None, say=""):
        """
        Waits for a regular expression in the serial text; returns the match. `or_fail` is one that ends the wait at once. `say`
        is typed again each second until the match comes: what shares the serial line with firmware that polls it, too, may miss
        a character.
        """
        wanted = re.compile(pattern, re.MULTILINE)
        unwanted = re.compile(or_fail, re.MULTILINE) if or_fail else None
        said = time.monotonic() - 1
        limit = min(time.monotonic() + process.bound(timeout), self.deadline)
        with self.changed:
            while True:
                match = wanted.search(self.text, self.position)
                if match:
                    self.position = match.end()
                    return match

                why = self._why_it_cannot_come(unwanted, limit)
                if why:
                    came = self.text[self.position:][-6000:]
                    raise AssertionError(f"serial: waited for {pattern!r}, {why}. Serial text from there:\n{came}")

                if say and time.monotonic() >= said + 1:
                    said = time.monotonic()
                    self.type(say)
                self.changed.wait(0.2)

    def _why_it_cannot_come(self, unwanted, limit):
        failure = unwanted.search(self.text, self.position) if unwanted else None
        if failure:
            return f"{failure.group(0)!r} came first"
        if self.ended:
            return "the machine stopped"
        return "time is up" if time.monotonic() > limit else None

    def seconds_at(self, offset):
        """When the character at this offset of the serial text had arrived, in seconds since power on."""
        return next(seconds for seconds, length in self.stamps if length > offset)

    def wall_time(self, offset):
        """The same as a time of day, to compare with the wire's."""
        return self.started_wall + self.seconds_at(offset)

    def type(self, text):
        """Sends text to the machine's serial line."""
        self.child.stdin.write(text.encode())
        self.child.stdin.flush()

    def wait_end(self, timeout):
        """Waits until the machine has switched itself off."""
        limit = min(process.bound(timeout), max(self.deadline - time.monotonic(), 0.1))
        with self.changed:
            if not self.changed.wait_for(lambda: self.ended, limit):
                raise AssertionError(f"the machine still runs after {limit:.0f} s. Serial text:\n{self.text[-4000:]}")

    def qmp(self, command, /, **arguments):
        """One monitor command; returns its result."""
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(process.bound(30))
        link.connect(os.path.join(self.folder, "qmp"))
        with link, link.makefile("rw") as stream:
            stream.readline()  # QEMU's greeting
            for request in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                stream.write(json.dumps(request) + "\n")
                stream.flush()
                answer = self._qmp_answer(stream, command)
        if "error" in answer:
            raise process.LabError(f"{command}: {answer['error']}")
        return answer["return"]

    @staticmethod
    def _qmp_answer(stream, command):
        """The next line that is an answer; those between are events."""
        for line in stream:
            answer = json.loads(line)
            if "return" in answer or "error" in answer:
                return answer
        raise process.LabError(f"qemu closed its monitor during {command}")

    def key(self, *names):
        """Presses keys on the machine's keyboard, one after the other (QEMU's key names)."""
        for name in names:
            self.qmp("send-key", keys=[{"type": "qcode", "data": name}])
            time.sleep(0.1)

    def take_frames(self):
        """
        Returns when QEMU has offered the card what waits on its tap: up to 500 frames, at most 50 at each turn of the main
        loop, of which a monitor command takes two.
        """
        for _ in range(10):
            self.qmp("query-status")

    def save_memory(self, address, size, path):
        """Physical memory, read from outside, into a file."""
        self.qmp("pmemsave", val=address, size=size, filename=path)
        return path

    def monitor(self, line):
        """A command of the human monitor's; returns what it prints."""
        return self.qmp("human-monitor-command", **{"command-line": line})

    @contextlib.contextmanager
    def held(self):
        """The machine stands still meanwhile: what takes several steps of the monitor's is one to it."""
        self.qmp("stop")
        yield
        self.qmp("cont")

    def set_port(self, port, value, width="b"):
        """Writes to an I/O port; `width` is the monitor's letter for 1, 2 or 4 bytes, b, h or w."""
        self.monitor(f"o /{width} {port:#x} {value:#x}")

    def port(self, port, width="b"):
        """What an I/O port reads as."""
        return int(self.monitor(f"i /{width}x {port:#x}").split("=")[1], 16)

    def pci_command(self, bus, device, value=None):
        """The command register of a PCI device; written before, if there is a value."""
        with self.held():
            before = self.port(PCI_ADDRESS, "w")
            self.set_port(PCI_ADDRESS, 0x80000004 | bus << 16 | device << 11, "w")
            if value is not None:
                self.set_port(PCI_DATA, value, "h")
            command = self.port(PCI_DATA, "h")
            self.set_port(PCI_ADDRESS, before, "w")
        return command

    def poke(self, address, data):
        """Writes to physical memory, by QEMU's stub for debuggers, which stops the machine meanwhile."""
        path = os.path.join(self.folder, "gdb")
        self.monitor(f"gdbserver unix:{path},server=on,wait=off")
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(process.bound(30))
            link.connect(path)
            for text in ("Qqemu.PhyMemMode:1", f"M{address:x},{len(data):x}:{data.hex()}", "D"):
                link.sendall(f"${text}#{sum(text.encode()) & 0xFF:02x}".encode())
                answer = b""
                while b"$OK#" not in answer:
                    more = link.recv(4096)
                    if not more or b"$E" in answer:
                        raise process.LabError(f"{text}: {answer!r}")
                    answer += more
                link.sendall(b"+")

    def memory(self, address, size):
        """The same as bytes."""
        path = self.save_memory(address, size, os.path.join(self.folder, "memory.bin"))
        with open(path, "rb") as file:
            data = file.read()
        os.unlink(path)
        return data

    def card_registers(self):
        """Where the network card's registers are in physical memory."""
        devices = [device for bus in self.qmp("query-pci") for device in bus["devices"]]
        card, = [device for device in devices if device["class_info"].get("desc") == "Ethernet controller"]
        return next(region["address"] for region in card["regions"] if region["type"] == "memory" and region["bar"] == 0)

    def word(self, address):
        return int.from_bytes(self.memory(address, 4), "little")

    def receiver_is_on(self):
        return self.word(self.card_registers() + RECEIVE_CONTROL) & RECEIVER_ENABLED != 0

    def screen(self):
        """The VGA text screen as 25 lines."""
        cells = self.memory(0xB8000, 4000)[::2].decode("cp437").replace("\0", " ")
        return "\n".join(cells[row * 80:row * 80 + 80].rstrip() for row in range(25))

    def expect_screen(self, pattern, timeout=60):
        wanted = re.compile(pattern, re.MULTILINE)
        limit = min(time.monotonic() + process.bound(timeout), self.deadline)
        while True:
            shown = self.screen()
            match = wanted.search(shown)
            if match:
                return match
            if time.monotonic() > limit:
                raise AssertionError(f"screen: waited for {pattern!r}. Screen:\n{shown}\nSerial text:\n{self.text[-4000:]}")
            time.sleep(0.25)

    def set_link(self, up):
        self.qmp("set_link", name="wire", up=up)

    def stop(self):
        if self.child is None or self.child.poll() is not None:
            return
        process.stop(self.child, patience=3)
        self.reader.join(process.bound(5))
