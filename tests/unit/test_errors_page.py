# SPDX-License-Identifier: BSD-2-Clause
"""docs/errors.md is made from platform/status.def."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_errors_page_is_up_to_date():
    subprocess.run([sys.executable, ROOT / "tools" / "errors.py", "--check"], check=True)


def test_nobody_is_sent_to_a_command_line_that_he_may_not_have():
    """Whoever was loaded by a PXE ROM has none. Where settings can stand is said once, in docs/settings.md."""
    table = (ROOT / "platform" / "status.def").read_text(encoding="utf-8")
    rows = re.findall(r'^STATUS\(\w+, (\d+),.*, "([^"]*)"\)$', table, re.M)
    assert len(rows) > 20
    assert [code for code, cure in rows if "command line" in cure] == ["703"]  # the word stood there


def test_every_status_is_on_the_page():
    codes = re.findall(r"^STATUS\(\w+, (\d+),", (ROOT / "platform" / "status.def").read_text(encoding="utf-8"), re.M)
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert len(codes) > 20
    assert [code for code in codes if f"| S{code} |" not in page] == []
