# SPDX-License-Identifier: BSD-2-Clause
"""
A drawing of build/bench.json and its like: how many times as fast as the fastest peer we are, a group of bars a work, a bar a
network, on a logarithmic scale that begins at the peer. python3 -m tests.bench.plot PICTURE.svg JSON...
"""
import json
import math
import sys
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 860, 110, 60
TOP, BAR, GAP, FOOT = 66, 11, 9, 26
COLOURS = ("#1f4e79", "#2e75b6", "#9dc3e6", "#c55a11", "#7f6000", "#548235", "#7030a0", "#a6a6a6")
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def _text(x, y, words, anchor="start", size=11, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def _box(x, y, width, height, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _line(x, top, bottom, colour):
    return f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="{colour}"/>'


def groups_of(found):
    """[(work, [(network, ratio)])], without what has no peer."""
    works = dict.fromkeys(work for rows in found["networks"].values() for work in rows)
    groups = [(work, [(network, rows[work]["ratio"]) for network, rows in found["networks"].items()
                      if work in rows and rows[work]["ratio"]]) for work in works]
    return [(work, bars) for work, bars in groups if bars]


class Scale:
    """From a ratio to an x, for ratios that `values` lie between."""

    def __init__(self, values):
        self.low = max(tick for tick in TICKS if tick <= max(min([1, *values]), TICKS[0]))
        self.high = min((tick for tick in TICKS if tick >= max([2, *values])), default=TICKS[-1])
        self.ticks = [tick for tick in TICKS if self.low <= tick <= self.high]

    def x(self, ratio):
        ratio = min(max(ratio, self.low), self.high)
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(ratio / self.low) / math.log(self.high / self.low)


def _panel(found, top, colours):
    """The lines of one interface's drawing, and where it ends."""
    groups = groups_of(found)
    scale = Scale([ratio for _, bars in groups for _, ratio in bars])
    bottom = top + 28 + sum(len(bars) * BAR + GAP for _, bars in groups)
    title = f"{found['interface']}: times as fast as the fastest peer (medians of {found['boots']} boots each)"
    lines = [_text(10, top + 4, title, size=13)]
    for tick in scale.ticks:
        lines.append(_line(scale.x(tick), top + 18, bottom, "#404040" if tick == 1 else "#d0d0d0"))
        lines.append(_text(scale.x(tick), bottom + 13, f"{tick:g}×", "middle"))

    y = top + 24
    for work, bars in groups:
        lines.append(_text(LEFT - 8, y + len(bars) * BAR / 2 + 4, work, "end"))
        for network, ratio in bars:
            begin, end = sorted((scale.x(1), scale.x(ratio)))
            lines.append(_box(begin, y, max(end - begin, 1), BAR - 1, colours[network]))
            lines.append(_text(max(end, scale.x(1)) + 4, y + BAR - 2, f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0f}", size=9))
            y += BAR
        y += GAP
    return lines, bottom + FOOT


def svg(results):
    """The picture's text, a panel for each of the results."""
    networks = list(dict.fromkeys(network for found in results for network in found["networks"]))
    colours = {network: COLOURS[index % len(COLOURS)] for index, network in enumerate(networks)}
    lines, x = [], 10
    for network in networks:
        lines += [_box(x, 14, 12, 12, colours[network]), _text(x + 16, 24, network)]
        x += 32 + 7 * len(network)

    top = TOP
    for found in results:
        panel, top = _panel(found, top, colours)
        lines += panel
        top += 24
    height = top
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}" '
            'font-family="sans-serif">')
    return "\n".join([head, _box(0, 0, WIDTH, height, "#ffffff"), *lines, "</svg>", ""])


def write(path, results):
    with open(path, "w", encoding="utf-8") as file:
        file.write(svg(results))


def main():
    results = []
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            results.append(json.load(file))
    write(sys.argv[1], results)


if __name__ == "__main__":
    main()
