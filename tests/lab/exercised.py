# SPDX-License-Identifier: BSD-2-Clause
"""A machine that runs the INT 13h exerciser or the BlockIo conformance application from the LUN."""
from tests.exerciser import image

from .boots import FAILURE

DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]  # by which the exerciser ends its machine
PATIENCE = 240 + image.MIXED // 20  # seconds
DONE = r"exerciser: \d+ passed, \d+ failed"


def disk(lab):
    """One that boots the exerciser."""
    image.build()
    image.make_image(lab.path("disk.img"), size=64 << 20)
    return lab.path("disk.img")


def all_pass(machine, timeout=PATIENCE):
    """The program comes to its end and finds nothing wrong; returns how many of its checks passed."""
    machine.expect(DONE, timeout, or_fail=FAILURE)
    machine.wait_end(20)
    passed, failures = image.check_transcript(machine.text)
    assert failures == []
    return passed
