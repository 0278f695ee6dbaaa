# SPDX-License-Identifier: BSD-2-Clause
"""
What a run found, as medians and ratios: a summary for build/bench.json, tables for the reader.

A figure is MB/s of a sequence, calls a second at random places, or seconds of a trace and of the start. A ratio above 1 means
that ours is faster, whatever the unit.
"""
import statistics

from . import contenders, trace

START = "start"
UNITS = {"random-4K": "calls/s", "random-512": "calls/s", START: "s", **{name: "s" for name in trace.NAMES}}


def unit_of(work):
    return UNITS.get(work, "MB/s")


def faster(work, one, other):
    """How many times `one` is as fast as `other`."""
    if not one or not other:
        return None
    return other / one if unit_of(work) == "s" else one / other


def row(work, runs, peers):
    """Of one work over one network; `runs` is {contender: [a figure a round]}."""
    medians = {name: statistics.median(figures) for name, figures in runs.items() if figures}
    ours, bound = medians.get(contenders.OURS), medians.get(contenders.CARD)
    found = [name for name in peers if name in medians]
    fastest = max(found, key=lambda name: faster(work, medians[name], 1), default=None)
    return {"unit": unit_of(work), "medians": medians, "fastest_peer": fastest,
            "ratio": faster(work, ours, medians.get(fastest)), "of_bound": faster(work, ours, bound)}


def summary(figures, peers):
    """{network: {work: row()}} of Run.figures."""
    return {network: {work: row(work, runs, peers) for work, runs in works.items()} for network, works in figures.items()}


# ---- as text ----

def number(value):
    """Three digits that mean something."""
    if value is None:
        return "–"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{digits}f}"


def _cells(words):
    return "| " + " | ".join(words) + " |"


def _table(network, rows, names):
    present = [name for name in names if any(name in one["medians"] for one in rows.values())]
    head = [network, "", *present, "ours : fastest peer", "of the bound"]
    lines = [_cells(head), _cells(["---", "---", *["---:"] * (len(present) + 2)])]
    for work, one in rows.items():
        share = "–" if one["of_bound"] is None else f"{one['of_bound']:.0%}"
        figures = [number(one["medians"].get(name)) for name in present]
        lines.append(_cells([work, one["unit"], *figures, number(one["ratio"]), share]))
    return "\n".join(lines)


def text(found):
    """The tables of what Run.result() gives."""
    load = f"load of the host up to {found['load']:g}"
    title = f"{found['interface']}, {found['nic']}: medians of {found['boots']} boots each, turn by turn; {load}"
    tables = [_table(network, rows, found["contenders"]) for network, rows in found["networks"].items() if rows]
    failures = [f"- failed: {failure.splitlines()[0]}" for failure in found["failures"]]
    return "\n\n".join([title, *tables, *(["\n".join(failures)] if failures else [])]) + "\n"
