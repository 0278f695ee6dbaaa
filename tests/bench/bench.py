# SPDX-License-Identifier: BSD-2-Clause
"""
make bench and make bench-efi: one interleaved run, its tables, build/bench.json and build/bench.svg (build/bench-efi.…). The
knobs are those of bench.mk.
"""
import argparse
import json
import os
import sys

from tests.lab.lab import BUILD

from . import plot, report, setups
from .plan import works
from .run import NIC, Run

BOOTS, FULL_BOOTS = 3, 5


def words(text):
    return tuple(text.replace(",", " ").split())


def options_of(arguments):
    parser = argparse.ArgumentParser(prog="tests.bench.bench", description=__doc__)
    parser.add_argument("--efi", action="store_true", help="BlockIo; otherwise INT 13h")
    parser.add_argument("--full", action="store_true", help="every network, and the boots that a closing figure wants")
    parser.add_argument("--boots", type=int, default=0)
    parser.add_argument("--ms", type=int, default=1500, help="of each work that is not a trace")
    parser.add_argument("--networks", type=words, default=())
    parser.add_argument("--works", type=words, default=())
    parser.add_argument("--peers", type=words, default=())
    parser.add_argument("--only", type=lambda text: tuple(text.split(",")), default=(), help="these contenders, with commas")
    parser.add_argument("--nic", default=NIC, help="another card of QEMU's")
    options = parser.parse_args(arguments)

    options.boots = options.boots or (FULL_BOOTS if options.full else BOOTS)
    usual = setups.DEFAULT_EFI if options.efi else setups.DEFAULT
    options.networks = options.networks or (setups.FULL if options.full else usual)
    for name in options.networks:
        setups.setup(name)
    known = [work.name for work in works(options.efi)]
    unknown = set(options.works) - set(known)
    if unknown:
        parser.error(f"no such works: {' '.join(sorted(unknown))}; there are {' '.join(known)}")
    for path in options.peers:
        if not os.path.exists(path):
            parser.error(f"{path} is not there")
    return options


def keep(found, name):
    """The result's files; returns the tables."""
    path = os.path.join(BUILD, name)
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
    plot.write(path + ".svg", [found])
    with open(path + ".md", "w", encoding="utf-8") as file:
        file.write(report.text(found))
    return report.text(found)


def main():
    options = options_of(sys.argv[1:])
    name = "bench-efi" if options.efi else "bench"
    run = Run(options.efi, options.networks, options.boots, options.ms, options.works, options.peers, options.only,
              options.nic)
    run.go(after_round=lambda: keep(run.result(), name))
    print("\n" + keep(run.result(), name))
    sys.exit(1 if run.failures else 0)


if __name__ == "__main__":
    main()
