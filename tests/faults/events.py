# SPDX-License-Identifier: BSD-2-Clause
"""What happens to a machine's cable and target while it boots, once the target has had so many commands."""
import threading
import time

from tests.lab import network, process

LOOK_SECONDS = 0.1
WITHIN = 120  # seconds, in which the commands come


class Events(threading.Thread):
    """
    `events`: (after so many commands, what, seconds). end() waits for the last of them. What is started here lives as long as the
    thread does (process.start()).
    """

    def __init__(self, lab, target, machine, events):
        super().__init__(daemon=True)
        self.lab, self.target, self.machine, self.events = lab, target, machine, events
        self.happened = 0
        self.over = threading.Event()
        self.start()

    def run(self):
        for after, what, seconds in self.events:
            deadline = time.monotonic() + process.bound(WITHIN)
            while self.commands() < after and time.monotonic() < deadline:
                time.sleep(LOOK_SECONDS)
            {"link-down": self.link_down, "target-gone": self.target_gone, "other-mac": self.other_mac}[what](seconds)
            self.happened += 1
        self.over.wait()

    def commands(self):
        return sum(entry["what"] == "command" for entry in self.target.control.journal())

    def link_down(self, seconds):
        self.machine.set_link(False)
        time.sleep(seconds)
        self.machine.set_link(True)

    def target_gone(self, seconds):
        self.target.kill()
        time.sleep(seconds)
        self.target.start()

    def other_mac(self, _):
        """As after a failover whose announcement was lost."""
        self.lab.network.ip("link", "set", network.BRIDGE, "address", "02:00:00:00:00:77")

    def end(self):
        assert self.happened == len(self.events), "the case shows nothing: not everything happened"
        self.over.set()
        self.join()
