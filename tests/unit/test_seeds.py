# SPDX-License-Identifier: BSD-2-Clause
"""The fuzzers of the tables begin with tables that are valid today: those of the golden files are among their seeds."""
import pathlib

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = HERE.parent / "fuzz" / "seeds"


@pytest.mark.parametrize("golden", sorted((HERE / "golden").glob("*.hex")), ids=lambda path: path.stem)
def test_golden_tables_are_seeds(golden):
    table, machine = golden.stem.split("-", 1)
    assert (SEEDS / table / machine).read_bytes() == bytes.fromhex(golden.read_text(encoding="ascii"))
