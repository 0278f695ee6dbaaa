# SPDX-License-Identifier: BSD-2-Clause
"""docs/handoff.md is a specification: a reader that knows nothing else reads what the tool reads, and refuses what it refuses."""
import json

import pytest

from tests.handoff import isdh_reader
from tests.handoff.tables import VALID, changed, image, isdh, isdh_values, log, run, sealed

MIB = 0x100000
FACTS = ("plain", "chap", "ipv6", "large")


def tool_reads(tmp_path, memory, base):
    """The tables of an image by their addresses; None for one that is not valid."""
    (tmp_path / "image").write_bytes(memory)
    tables = json.loads(run("--json", "--show-secrets", "--base", base, tmp_path / "image")[1])["tables"]
    return {table["address"]: isdh_values(table) if table["valid"] else None for table in tables}


def document_reads(content, address):
    try:
        return isdh_reader.read(content, address)
    except isdh_reader.Wrong:
        return None


@pytest.mark.parametrize("options", ((), ("secrets",), ("acpi",)), ids=("without secrets", "with secrets", "ACPI"))
@pytest.mark.parametrize("facts", FACTS)
def test_the_same_values(tmp_path, facts, options):
    content = isdh(facts, 0x9D000, *options)
    found = tool_reads(tmp_path, content, 0x9D000)[0x9D000]
    assert found is not None
    assert isdh_reader.read(content, 0x9D000) == found


@pytest.mark.parametrize("minor", (0, 1))
@pytest.mark.parametrize("facts", FACTS[:3])
def test_every_bit_turned_under_good_sums_has_the_same_outcome(tmp_path, facts, minor):
    """Refused by both, or taken by both with the same values."""
    good = changed(isdh(facts, 0, "acpi", "secrets"), 54, bytes([minor]))
    step, base = (len(good) + 15) // 16 * 16, 0x10000000
    tables = []
    for bit in range(8 * 4, 8 * len(good)):
        turned = bytearray(good)
        turned[bit // 8] ^= 1 << bit % 8
        tables.append(sealed(turned))
    found = tool_reads(tmp_path, b"".join(table.ljust(step, b"\0") for table in tables), base)
    outcomes = [document_reads(table, base + step * i) for i, table in enumerate(tables)]
    for i, outcome in enumerate(outcomes):
        assert outcome == found.get(base + step * i), f"bit {i % 8} of byte {4 + i // 8}"
    assert 1000 < sum(outcome is not None for outcome in outcomes) < len(outcomes) - 1000


@pytest.mark.parametrize("spoil", ((), ((64 + 3 * 64 + 8, bytes(4)),), ((24, b"\x61"),), ((64 + 5 * 64 + 14, b"\xff"),)),
                         ids=("whole", "torn", "behind", "too long"))
def test_the_same_lines_of_a_log_that_has_wrapped(tmp_path, spoil):
    content = bytearray(log([f"{i % 4} line {i} {'and more ' * (i % 13)}" for i in range(60)]))
    for at, new in spoil:
        content[at:at + len(new)] = new
    file = tmp_path / "image"
    file.write_bytes(image(MIB, (0x9D000, isdh("plain", log=(0x9E000, 0x400))), (0x9E000, content)))
    status, out, _ = run("--json", "--log", file)
    found = json.loads(out)["log"]["lines"]
    assert status == VALID and found
    for line in found:
        del line["milliseconds"]
    assert isdh_reader.read_log(content) == found
