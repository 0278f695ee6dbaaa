# SPDX-License-Identifier: BSD-2-Clause
"""The table of cases.py, run by the host's build of the initiator: over sockets, and over net/ where the wire errs."""
import pytest

from . import bench, cases


def parameters(table):
    return [pytest.param(case, id=case.id, marks=[pytest.mark.long_fault] if case.long else []) for case in table]


@pytest.mark.parametrize("case", parameters(cases.CASES))
def test_target(case, tmp_path, row):
    outcome = bench.run(tmp_path, case)
    row(case.name, "host", outcome.text())
    wrong = bench.verdict(case, outcome)
    assert not wrong, f"{wrong}\n{outcome.log[-4000:]}"


@pytest.mark.parametrize("case", parameters(cases.WIRES))
def test_wire(case, tmp_path, row):
    outcome = bench.run_over_wire(tmp_path, case)
    row(case.name, "host", outcome.text())
    wrong = bench.verdict(case, outcome)
    assert not wrong, f"{wrong}\n{outcome.log[-4000:]}"
