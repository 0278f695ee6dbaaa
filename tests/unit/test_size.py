# SPDX-License-Identifier: BSD-2-Clause
"""make size: what was built keeps its budgets, and what does not is told."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def test_the_budgets_are_kept():
    done = subprocess.run([ROOT / "tools" / "size.py"], stdout=subprocess.PIPE, timeout=120)
    text = done.stdout.decode()
    assert done.returncode == 0, text
    sums = [int(size.replace(",", "")) for size in re.findall(r"^  sum\s+([\d,]+) of", text, re.M)]
    rows = [int(row.split()[-1].replace(",", "")) for row in re.findall(r"^  (?:card|net|iscsi|dump): .*$", text, re.M)]
    assert len(sums) == 2 and sum(sums) == sum(rows), text


def test_growth_beyond_them_is_told(tmp_path):
    tool = (ROOT / "tools" / "size.py").read_text(encoding="utf-8")
    stingy = tmp_path / "size.py"
    stingy.write_text(tool.replace("parent.parent\n", f"parent.parent\nROOT = pathlib.Path({str(ROOT)!r})\n", 1)
                      .replace("RESIDENT_LIMIT = 4096", "RESIDENT_LIMIT = 1024"), encoding="utf-8")
    done = subprocess.run(["/usr/bin/python3", stingy], stdout=subprocess.PIPE, timeout=120)
    assert done.returncode == 1 and done.stdout.decode().count("TOO MUCH") == 1, done.stdout.decode()
