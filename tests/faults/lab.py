# SPDX-License-Identifier: BSD-2-Clause
"""target.py and wire.py as parts of the lab (tests/lab): a target that a machine boots from, and a cable that it hangs on."""
import json
import os
import subprocess
import sys

from tests.lab import cable, process
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


class Cable(cable.Cable):
    """One of wire.py's, with these settings."""

    def __init__(self, network, **settings):
        super().__init__(network, [sys.executable, os.path.join(ROOT, "tests", "faults", "wire.py")], json.dumps(settings))
