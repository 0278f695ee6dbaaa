# SPDX-License-Identifier: BSD-2-Clause
"""target.py and wire.py as parts of the lab (tests/lab): a target that a machine boots from, and a cable that it hangs on."""
import json
import os
import subprocess
import sys

from tests.lab import process
from tests.lab.lab import ROOT
from tests.lab.target import NAME, Target

from .bench import Control, with_port


class FaultyTarget(Target):
    """`faults` are in force from the start; .control changes them and reads the journal."""

    def __init__(self, *arguments, faults=(), settings=None, **options):
        super().__init__(*arguments, **options)
        self.faults, self.settings = faults, settings or {}
        self.control = None

    def start(self):
        path = os.path.join(self.folder, "faulty")
        settings = {"lun": self.lun, "name": NAME, "block_size": self.block_size, **self.settings}
        command = [sys.executable, os.path.join(ROOT, "tests", "faults", "target.py"), "--disk", self.disk,
                   "--listen", f"{self.host}:{self.port}", "--control", path, "--settings", json.dumps(settings)]
        with open(os.path.join(self.folder, "target.log"), "ab") as log:
            self.child = self.network.start(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        process.await_ready(self.child, "target.py")
        self.control = Control(path)
        for name, options in with_port(self.faults, self.port):
            self.control.do("fault", name=name, options=options)

    def kill(self):
        super().kill()
        os.unlink(os.path.join(self.folder, "faulty"))

    def stop(self):
        if self.control:
            self.control.close()
        super().stop()


class Cable:
    """Taps made by `network` while it is in place hang on a wire.py of these settings."""

    def __init__(self, network, **settings):
        self.network, self.settings = network, settings
        self.bridged = network.add_tap
        self.wires = []
        network.add_tap = self.add_tap
        network.tap_options = ",vnet_hdr=off"  # else frames that the card is to sum come to wire.py without a sum

    def add_tap(self):
        outside = self.bridged()
        inside = f"m{outside}"
        self.network.ip("tuntap", "add", inside, "mode", "tap")
        self.network.ip("link", "set", inside, "mtu", self.network.mtu, "up")
        child = self.network.start([sys.executable, os.path.join(ROOT, "tests", "faults", "wire.py"), inside, outside,
                                    json.dumps(self.settings)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        process.await_ready(child, "wire.py")
        self.wires.append(child)
        return inside

    def counts(self):
        """What the wire did, once all is over; it ends with this."""
        child, = self.wires
        child.terminate()
        return json.loads(child.communicate(timeout=process.bound(10))[0])
