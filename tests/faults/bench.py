# SPDX-License-Identifier: BSD-2-Clause
"""One case, run by the host's initiator against the target of target.py, over sockets on loopback."""
import hashlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import time

from tests.lab import network, process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROBE = os.path.join(ROOT, os.environ.get("DISK_PROBE", "build/host/disk-probe"))
TARGET = os.path.join(ROOT, "tests", "faults", "target.py")
SIZE = 8 << 20
DOCUMENTED = "documented: nothing can notice, the flipped bit is read"
DEFAULTS = {"reads": 60, "writes": 20, "depth": 4, "recovery_ms": 20000, "backoff_ms": 50}


class Control:
    def __init__(self, path):
        self.peer = socket.socket(socket.AF_UNIX)
        self.peer.settimeout(process.bound(30))
        self.peer.connect(path)
        self.file = self.peer.makefile("rw", encoding="utf-8")

    def do(self, what, **options):
        self.file.write(json.dumps({"do": what, **options}) + "\n")
        self.file.flush()
        answer = json.loads(self.file.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer

    def journal(self):
        return self.do("journal")["journal"]

    def close(self):
        self.file.close()
        self.peer.close()


def with_port(value, port):
    """The case's table cannot know the port."""
    return json.loads(json.dumps(value).replace("{port}", str(port)))


def make_disk(path, seed):
    with open(path, "wb") as file:
        file.write(random.Random(seed).randbytes(SIZE))
    return path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Outcome:
    def __init__(self, done, seconds, journal, other_is_untouched):
        self.code, self.seconds, self.journal, self.other_is_untouched = done.returncode, seconds, journal, other_is_untouched
        self.log = done.stderr.decode(errors="replace")
        self.said = dict(line.split("=", 1) for line in done.stdout.decode(errors="replace").splitlines() if "=" in line)

    @property
    def error(self):
        return self.said.get("error", "")

    def text(self):
        """As a table's cell has it."""
        if self.error == "mismatch":
            return DOCUMENTED
        if self.code == 0:
            return f"every byte verified, {self.said.get('reconnects', '?')} reconnects, {self.seconds:.1f} s"
        return f"stopped with {self.error or f'exit {self.code}'} in {self.seconds:.1f} s"


class Running:
    """A target with its disk, while a `with` lasts."""

    def __init__(self, folder, case):
        self.folder, self.case = str(folder), case
        self.disk = make_disk(os.path.join(self.folder, "disk.img"), 1)
        self.other = make_disk(os.path.join(self.folder, "other.img"), 2) if case.other_disk else None
        self.port = 0  # known once it listens

    def __enter__(self):
        path = os.path.join(self.folder, "control")
        command = [sys.executable, TARGET, "--disk", self.disk, "--listen", "127.0.0.1:0", "--control", path,
                   "--settings", json.dumps(self.case.settings)]
        self.log = open(os.path.join(self.folder, "target.log"), "w+b")
        self.child = process.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        try:
            self.port, = map(int, process.await_ready(self.child, "target.py"))
        except process.LabError as error:
            raise process.LabError(f"{error}:\n{self.target_log()}") from error
        self.control = Control(path)
        for name, options in with_port(self.case.faults, self.port):
            other = {"disk": self.other} if name in ("other-disk", "swap-live") else {}
            self.control.do("fault", name=name, options={**options, **other})
        return self

    def __exit__(self, kind, value, trace):
        self.control.close()
        process.stop(self.child)
        self.log.close()

    def target_log(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def probe(self):
        settings = {"host": "127.0.0.1", "port": self.port, "target": "iqn.2026-11.org.sanstrap.lab:disk",
                    "image": self.disk, **DEFAULTS, **self.case.probe}
        before = digest(self.other) if self.other else None
        began = time.monotonic()
        done = subprocess.run([PROBE, *(f"{key}={value}" for key, value in settings.items())], capture_output=True,
                              timeout=process.bound(self.case.within + 60), check=False)
        return Outcome(done, time.monotonic() - began, self.control.journal(), not self.other or digest(self.other) == before)


def run(folder, case):
    with Running(folder, case) as running:
        return running.probe()


def run_over_wire(folder, case):
    """The same over net/ and a tap, which hangs on a cable of wire.py's."""
    from . import lab  # it wants this file
    lan = network.Network(str(folder))
    try:
        cable = lab.Cable(lan, **case.wire)
        disk = make_disk(os.path.join(folder, "disk.img"), 1)
        target = lab.FaultyTarget(lan, str(folder), disk, faults=case.faults, settings=case.settings)
        target.start()
        settings = {"host": network.SERVER, "target": lab.NAME, "tap": lan.add_tap(), "address": f"{network.PREFIX}.2",
                    "image": disk, **DEFAULTS, **case.probe}
        began = time.monotonic()
        done = subprocess.run(lan.inside([PROBE, *(f"{key}={value}" for key, value in settings.items())]), capture_output=True,
                              timeout=process.bound(case.within + 60), check=False)
        outcome = Outcome(done, time.monotonic() - began, target.control.journal(), True)
        did = [name for name, count in cable.counts().items() if count and name != "frames"]
        if not did and not {"rate", "delay"} & set(case.wire):
            raise AssertionError("the case shows nothing: the wire did nothing")
        target.stop()
        return outcome
    finally:
        lan.close()


def verdict(case, outcome):
    """What is wrong with how it ended; "" when nothing is."""
    if outcome.code not in (0, 1):
        return f"the initiator ended with {outcome.code}: {outcome.log[-2000:]}"
    if outcome.error == "mismatch" and not case.documented:
        return f"wrong data: {outcome.said}"
    if unprintable := re.search(r"[^\n -~]", outcome.log):
        return f"{unprintable.group(0)!r} in the log"
    if not outcome.other_is_untouched:
        return "the other disk was written to"
    fired = {entry["name"] for entry in outcome.journal if entry["what"] == "fault"}
    if missing := {name for name, _ in case.faults} - fired:
        return f"the case shows nothing: {', '.join(sorted(missing))} had no occasion"
    if case.documented:
        return "" if outcome.error == "mismatch" else "nobody read the bit that was flipped"
    if case.ok and outcome.code != 0:
        return f"{outcome.error} {outcome.said.get('what')} ({outcome.said.get('detail')}), expected success"
    if not case.ok and outcome.error not in case.codes:
        return f"{outcome.error or 'success'} ({outcome.said.get('detail')}), expected {' or '.join(case.codes)}"
    if case.no_reconnect and outcome.said.get("reconnects") != "0":
        return f"{outcome.said.get('reconnects')} reconnects, expected none"
    return ""
