#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes docs/errors.md from platform/status.def.

    tools/errors.py          prints it
    tools/errors.py --write  writes docs/errors.md
    tools/errors.py --check  fails when docs/errors.md is not what it would write
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "platform" / "status.def"
PAGE = ROOT / "docs" / "errors.md"

HEAD = """\
# Error codes

When sanstrap cannot go on it says what happened with a code, why (with the values that caused it), and what to do:

```
S304 The target refuses the connection
Why: 192.0.2.1:3260
Do:  Check the port and that the iSCSI service runs
```

The codes never change their meaning. A word with `=` is a setting; [settings.md](settings.md) says where it can stand. This page
is made by tools/errors.py from platform/status.def.
"""

TEXT = r'"((?:[^"\\]|\\.)*)"'
ENTRY = re.compile(rf"STATUS\((\w+),\s*(\d+),\s*(?:AGAIN|FINAL),\s*\w+,\s*\w+,\s*{TEXT},\s*{TEXT}\)")
BLOCK = re.compile(r"/\* (\d+xx): (.*?) \(.*\) \*/|/\* (\d+xx): (.*?) \*/")


def unescape(text):
    return text.replace('\\"', '"').replace("\\\\", "\\").replace("|", "\\|")


def entries():
    """Yields (block title, name, code, what, advice) in the table's order. Blocks begin with a comment."""
    title = ""
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        block = BLOCK.match(line)
        if block:
            title = block[2] or block[4]
        elif line.startswith("STATUS("):
            entry = ENTRY.fullmatch(line.strip())
            if not entry:
                raise SystemExit(f"{TABLE}:{number}: an entry that is not of the form that the table's head says")
            yield title, entry[1], int(entry[2]), unescape(entry[3]), unescape(entry[4])


def page():
    lines = [HEAD]
    shown = None
    codes = {}
    for title, name, code, what, advice in entries():
        if code in codes:
            raise SystemExit(f"{TABLE}: {name} and {codes[code]} have the same code {code}")
        codes[code] = name
        if title != shown:
            lines.append(f"\n## {code // 100}xx: {title}\n\n| code | what happened | what to do |\n|---|---|---|\n")
            shown = title
        lines.append(f"| S{code} | {what} | {advice} |\n")
    return "".join(lines)


def main(arguments):
    if arguments == ["--write"]:
        PAGE.write_text(page(), encoding="utf-8")
    elif arguments == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
            raise SystemExit("docs/errors.md is not made from today's platform/status.def: run tools/errors.py --write")
    elif not arguments:
        sys.stdout.write(page())
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
