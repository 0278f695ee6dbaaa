# SPDX-License-Identifier: BSD-2-Clause
"""
Reads and writes in all orders through the read-ahead cache, over the initiator, while connections are lost, others write, the
disk grows or is another for a while: no block is read that was not there (tests/stack/disk_walk.h). OPERATIONS is how many.
"""
import dataclasses
import os

import pytest

from . import bench, cases, lun
from .cases import Case, stops

OPERATIONS = int(os.environ.get("OPERATIONS", 1500))
CACHED = {"cache": 2 << 20}
WALK = {**CACHED, "walk": OPERATIONS, "reads": 0, "writes": 0}
SECONDS = 60 + OPERATIONS // 50

LOST = ("drop-every", {"kilobytes": 1024})
OTHERS = ("somebody-writes", {})
WALKS = [
    Case("nothing happens", no_reconnect=True),
    Case("lost every megabyte, and somebody writes meanwhile", [LOST, OTHERS]),
    Case("somebody writes, and an attention tells", [OTHERS], no_reconnect=True),
    Case("somebody writes, and the attention is a power-on", [("somebody-writes", {"sense": lun.POWER_ON})], no_reconnect=True),
    Case("a smaller cache, less often", [("drop-every", {"kilobytes": 3000}), OTHERS], probe={"cache": 256 << 10}),
    Case("digests, and a bit flips", [("flip-bit", {"times": 3, "after": 100}), OTHERS], cases.keys(**cases.DIGESTS)),
    Case("it grows", [("resize", {"blocks": 2048, "times": 3, "after": 200})], no_reconnect=True),
    Case("another disk for three commands", [("swap-live", {"back": 3, "after": 300, "times": 1})], other_disk=True),
    Case("another disk after a reconnect", [("other-disk", {"times": 1, "after": 50})], other_disk=True, **stops("S615")),
]


def walked(case, outcome, least=OPERATIONS):
    wrong = bench.verdict(case, outcome)
    assert not wrong, f"{wrong}\n{outcome.said}\n{outcome.log[-4000:]}"
    assert "error" not in outcome.said or not case.ok, outcome.said
    assert int(outcome.said["walked"]) >= least
    return outcome


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in WALKS])
def test_walk(case, tmp_path):
    case = dataclasses.replace(case, probe={**WALK, **case.probe}, within=SECONDS)
    outcome = walked(case, bench.run(tmp_path, case), OPERATIONS if case.ok else 50)
    assert int(outcome.said["used"]) > 100 << 10, "nothing was read ahead"
    if OTHERS in case.faults:
        assert int(outcome.said["changes"]) > 0


def test_walk_on_a_wire_that_errs(tmp_path):
    case = Case("loss, doubles and reordering", [OTHERS], probe={**WALK, "walk": OPERATIONS // 3}, within=SECONDS,
                wire={"loss": 0.005, "double": 0.02, "reorder": 0.05})
    walked(case, bench.run_over_wire(tmp_path, case), OPERATIONS // 3)


@pytest.mark.long_fault
@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases.CASES])
def test_target_through_the_cache(case, tmp_path):
    case = dataclasses.replace(case, probe={**CACHED, **case.probe})
    wrong = bench.verdict(case, bench.run(tmp_path, case))
    assert not wrong, wrong
