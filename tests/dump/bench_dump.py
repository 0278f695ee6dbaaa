# SPDX-License-Identifier: BSD-2-Clause
"""
A dump of a crashed Linux beside the writes of the loader's that booted it, turn by turn: the machine's own noise hits both.
Ratios count, figures do not.
"""
import argparse
import json
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.bench import bench  # noqa: E402
from tests.dump import crash  # noqa: E402
from tests.lab import dump_area  # noqa: E402
from tests.lab.lab import BUILD, Lab  # noqa: E402

LOADER = "writes, 63.5 KiB"
PROFILES = ("large", "small")


def dump(memory, profile):
    """(MB/s, seconds): from the head to the trailer, and of all of it."""
    with Lab("bench-dump") as lab:
        debian = crash.boot(lab, memory=memory)
        debian.arms(f"reboot=now timeout=3600 profile={profile}")
        debian.machine.type("echo c > /proc/sysrq-trigger\n")
        begun = debian.machine.seconds_at(debian.machine.expect("Dumping ", 60).start())
        debian.expect_dump(timeout=600)
        seconds = debian.machine.seconds_at(debian.machine.position - 1) - begun
        written = dump_area.read(debian.disk, debian.first)
        return written.length / written.milliseconds / 1000, seconds


def turn(memory):
    """Figures by their names."""
    loader = bench.throughput("sanstrap", bench.WORKS[LOADER])
    figures = {f"loader, {LOADER}, MB/s": loader}
    for profile in PROFILES:
        rate, seconds = dump(memory, profile)
        figures[f"dump, {profile}, MB/s"] = rate
        figures[f"dump, {profile}, {memory} MiB, s"] = seconds
        figures[f"dump, {profile} : loader"] = rate / loader
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--memory", type=int, default=512, help="MiB of the machine that crashes")
    options = parser.parse_args()

    figures = {}
    for number in range(options.turns):
        measured = turn(options.memory)
        for name, value in measured.items():
            figures.setdefault(name, []).append(value)
        print(f"turn {number + 1}: " + ", ".join(f"{name} {value:.2f}" for name, value in measured.items()), flush=True)

    medians = {name: round(statistics.median(values), 2) for name, values in figures.items()}
    print(f"\nmedian of {options.turns}")
    for name, value in medians.items():
        print(f"{name:40}{value:12.2f}")
    with open(os.path.join(BUILD, "bench-dump.json"), "w", encoding="ascii") as file:
        json.dump({"medians": medians, "all": figures}, file, indent=2)


if __name__ == "__main__":
    main()
