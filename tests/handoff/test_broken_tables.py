# SPDX-License-Identifier: BSD-2-Clause
"""The lab's broken iBFTs, made without sharing anything with the validator: each is refused, the wrong field named first."""
import pytest

from tests.handoff.tables import INVALID, VALID, report
from tests.lab import ibft, ibft_broken

GOOD = ibft.build(ibft_broken.GOOD)


def read(tmp_path, table):
    status, found = report(tmp_path, table, kind="table")
    return status, found["tables"][0]


def test_the_good_one(tmp_path):
    status, table = read(tmp_path, GOOD)
    assert (status, table["faults"]) == (VALID, [])


@pytest.mark.parametrize("case", ibft_broken.BROKEN, ids=lambda case: case.name)
def test_refused(tmp_path, case):
    status, table = read(tmp_path, case.break_table(GOOD))
    assert status == INVALID
    assert (table["faults"][0]["structure"], table["faults"][0]["field"]) == (case.structure, case.field)
