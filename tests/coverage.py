#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Adds gcovr's files up to rooms: coverage.py JSON LEAST ROOM…; fails when a room has less than LEAST per cent of its lines."""
import json
import sys


def main():
    path, least, *rooms = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        files = json.load(file)["files"]
    failed = False
    for room in rooms:
        of_room = [entry for entry in files if entry["filename"].startswith(room + "/")]
        total, covered = (sum(entry[key] for entry in of_room) for key in ("line_total", "line_covered"))
        if not total:
            sys.exit(f"{room}/: nothing was counted")
        share = 100 * covered / total
        failed |= share < float(least)
        print(f"{room}/: {covered} of {total} lines, {share:.1f} %")
        for entry in sorted(of_room, key=lambda entry: entry["line_percent"])[:3]:
            print(f"    {entry['filename']}: {entry['line_percent']} %")
    if failed:
        sys.exit(f"less than {least} %")


if __name__ == "__main__":
    main()
