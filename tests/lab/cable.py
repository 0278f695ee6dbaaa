# SPDX-License-Identifier: BSD-2-Clause
"""A cable between a machine and its network, which may be long, and lose what it carries."""
import json

from . import process


class Cable:
    """
    Taps that `network` makes from now on hang on it: one of the lab's programs, which passes frames on between two taps,
    `program` INSIDE OUTSIDE `settings`, and prints what it has done, as JSON, when it is told to end.
    """

    def __init__(self, network, program, *settings):
        self.network, self.program, self.settings = network, program, settings
        self.bridged = network.add_tap
        self.wires = []
        network.add_tap = self.add_tap
        network.tap_options = ",vnet_hdr=off"  # else frames that the card is to sum come without a sum

    def add_tap(self):
        outside = self.bridged()
        inside = f"m{outside}"
        self.network.ip("tuntap", "add", inside, "mode", "tap")
        self.network.ip("link", "set", inside, "mtu", self.network.mtu, "up")
        self.wires.append(self.network.start_ready(self.program, inside, outside, *self.settings))
        return inside

    def counts(self):
        """What it did, once all is over; it ends with this."""
        child, = self.wires
        child.terminate()
        return json.loads(child.communicate(timeout=process.bound(10))[0])
