# SPDX-License-Identifier: BSD-2-Clause
"""
A run keeps a row of what happened for each case and place, from which report.py writes docs/faults.md. FAULTS=all runs every
case; without it those that take long are left to `make test-faults`.
"""
import json
import os
import pathlib

import pytest

ROWS = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "faults"


def pytest_collection_modifyitems(config, items):
    if os.environ.get("FAULTS") == "all":
        return
    long = [item for item in items if item.get_closest_marker("long_fault")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_configure(config):
    config.addinivalue_line("markers", "long_fault: runs in make test-faults alone")


@pytest.fixture
def row():
    """row(case, place, outcome): keeps what happened."""
    def keep(case, place, outcome):
        ROWS.mkdir(parents=True, exist_ok=True)
        name = "".join(letter if letter.isalnum() else "-" for letter in f"{case}-{place}")
        (ROWS / f"{name}.json").write_text(json.dumps({"fault": case, "place": place, "outcome": outcome}), encoding="utf-8")
    return keep
