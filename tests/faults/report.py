#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes docs/faults.md and build/faults.json from the rows that a run of tests/faults left."""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLACES = ("host", "BIOS", "UEFI")
HEAD = """# Faults

What was done to the loader, and how it ended: `make test-faults` runs every row and writes this page and `build/faults.json`.
"host" is the initiator of the same sources as a program, against `tests/faults/target.py`; BIOS and UEFI are whole machines that
boot GRUB from it and sum a file, or write one. Every byte that was read or written is compared with the file behind the LUN.
Forged frames and floods come from `tests/faults/attack.py`, from before the machine starts until it is done. Machines read ahead,
as is the default; the targets' rows on the host are run once more through the cache, and have to end the same way.

"documented" stands for data that changed on its way or in the target while TCP's checksum agrees, on a connection without
digests: nothing can notice, and what comes is what is read. `digests=auto`, the default, uses CRC32C with every target that takes
it. A cell is empty where that place was not tried: INT 13h has no call that flushes, the host has no card whose link is lost.

| fault | host | BIOS | UEFI |
|---|---|---|---|
"""


def main():
    table = {}
    for path in sorted((ROOT / "build" / "faults").glob("*.json")):
        row = json.loads(path.read_text(encoding="utf-8"))
        table.setdefault(row["fault"], {})[row["place"]] = row["outcome"]
    if not table:
        sys.exit("build/faults holds no row: make test-faults")
    (ROOT / "build" / "faults.json").write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    lines = [f"| {fault} | {' | '.join(places.get(place, '') for place in PLACES)} |" for fault, places in sorted(table.items())]
    (ROOT / "docs" / "faults.md").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(table)} faults in docs/faults.md")


if __name__ == "__main__":
    main()
