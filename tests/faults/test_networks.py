# SPDX-License-Identifier: BSD-2-Clause
"""The table of network_cases.py: on the host over net/, and in machines that boot GRUB, which reads a file and sums it."""
import dataclasses
import json
import os
import subprocess
import sys
import threading
import time

import pytest

from tests.lab import network, process
from tests.lab.boots import FAILURE, code, hashing_target, prints_sum
from tests.lab.lab import ROOT
from tests.lab.settings import ADDRESS, ADDRESS6

from . import bench
from .events import Events
from .lab import NAME, Cable, FaultyTarget
from .machine import Bios, Uefi, assert_fired, connections
from .network_cases import AUTO6, DHCP, MACHINES, NETWORKS, STATIC, STATIC6, WORDS

PROBE_ADDRESS = {STATIC: ADDRESS, DHCP: "dhcp", STATIC6: ADDRESS6, AUTO6: "slaac"}


class Attacker:
    """attack.py on the network's bridge."""

    def __init__(self, lan, attacks, root_path=""):
        attacks = json.loads(json.dumps(attacks).replace("{root}", root_path))
        program = [sys.executable, os.path.join(ROOT, "tests", "faults", "attack.py")]
        self.child = lan.start_ready(program, network.BRIDGE, json.dumps({"attacks": attacks}))

    def end(self):
        """It must have had something to do."""
        self.child.terminate()
        done = json.loads(self.child.communicate(timeout=process.bound(10))[0])
        assert all(count for _, count in done), f"the case shows nothing: {done}"


def set_mtu(lan, mtu):
    lan.mtu = mtu
    lan.ip("link", "set", network.BRIDGE, "mtu", mtu)


def cases(place):
    for case in NETWORKS + MACHINES:
        if place in case.places:
            marks = [] if place == "host" and not case.long or case.sample == place else [pytest.mark.long_fault]
            yield pytest.param(case, id=case.id, marks=marks)


# ---- the host ----

def run_probe(lan, target, tap, case):
    """It writes, and then reads as long as the attack needs."""
    settings = {"host": network.SERVER6 if case.ipv6 else network.SERVER, "target": NAME, "tap": tap,
                "address": PROBE_ADDRESS[case.address], "image": target.disk, **bench.DEFAULTS, "reads": 0, "until_told": 1,
                **case.probe}
    command = lan.inside([bench.PROBE, *(f"{key}={value}" for key, value in settings.items())])
    began = time.monotonic()
    child = process.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    done = begins_to_work(child, process.bound(case.within + 60))
    if child.poll() is None:
        time.sleep(case.seconds)
    out, log = child.communicate(timeout=process.bound(case.within + 60))
    outcome = subprocess.CompletedProcess(command, child.returncode, done + out, log)
    return bench.Outcome(outcome, time.monotonic() - began, target.control.journal(), True)


def begins_to_work(child, seconds):
    """What it says up to that it is ready; or all that it says, at the latest until it is killed."""
    late = threading.Timer(seconds, child.kill)
    late.start()
    said = b""
    for line in child.stdout:
        said += line
        if line == b"ready=1\n":
            break
    late.cancel()
    return said


def host_verdict(case, outcome):
    if outcome.error in [f"S{code(name)}" for name in case.codes]:
        return ""
    return bench.verdict(dataclasses.replace(case, ok=case.ok or case.host_ok), outcome)


@pytest.mark.parametrize("case", cases("host"))
def test_host(lab, case, row):
    cable = Cable(lab.network, **case.wire) if case.wire else None
    set_mtu(lab.network, case.mtu)
    if case.ipv6:
        lab.dhcp()
    target = lab.target(bench.make_disk(lab.path("disk.img"), 1), FaultyTarget, ipv6=case.ipv6)
    attacker = Attacker(lab.network, case.attacks)
    outcome = run_probe(lab.network, target, lab.network.add_tap(), case)
    row(case.name, "host", outcome.text())
    wrong = host_verdict(case, outcome)
    assert not wrong, f"{wrong}\n{outcome.log[-4000:]}"
    attacker.end()
    assert not cable or cable.counts()["fragmented"], "the wire did nothing"


# ---- machines ----

def ends(machine, case, expected):
    """How it ended, as a table's cell has it."""
    codes = "|".join(f"{code(name)}" for name in case.codes)
    if codes:
        match = machine.expect("GRUB-RUNS" + rf"|^S({codes}) .+$" if case.ok else rf"^S({codes}) .+$", 200,
                               or_fail=None if case.ok else "GRUB-RUNS")
        if match.group(1):
            machine.expect(r"^Why: .+", 10)
            return f"stopped with S{match.group(1)} in {time.monotonic() - machine.started:.0f} s"
    else:
        machine.expect("GRUB-RUNS", 200, or_fail=None if case.tries_again else FAILURE)
    prints_sum(machine, expected, 200)
    return f"booted, every byte verified, {time.monotonic() - machine.started:.0f} s"


def run_machine(lab, firmware, case, row):
    cable = Cable(lab.network, **case.wire) if case.wire else None
    set_mtu(lab.network, case.mtu)
    if case.ipv6:
        lab.dhcp()
    target, expected = hashing_target(lab, firmware.hashing_disk(case.megabytes), FaultyTarget, ipv6=case.ipv6,
                                      faults=case.faults, settings=case.settings)
    attacker = Attacker(lab.network, case.attacks, target.root_path)
    root = "" if case.address == DHCP else f"root={target.root_path}"
    machine = firmware.directly(lab, f"{WORDS[case.address]} {root} {case.words}")
    events = Events(lab, target, machine, case.events)
    outcome = ends(machine, case, expected)
    row(case.name, firmware.name, outcome)

    connected = connections(target)
    assert_fired(case, target)
    events.end()
    attacker.end()
    assert not case.no_reconnect or connected == 1, f"{connected} connections"
    counts = cable.counts() if cable else {}
    assert not cable or any(count for name, count in counts.items() if name != "frames") or {"rate", "delay"} & set(case.wire), \
        "the wire did nothing"


@pytest.mark.parametrize("case", cases("BIOS"))
def test_bios(lab, case, row):
    run_machine(lab, Bios, case, row)


@pytest.mark.parametrize("case", cases("UEFI"))
def test_uefi(lab, case, row):
    run_machine(lab, Uefi, case, row)
