# SPDX-License-Identifier: BSD-2-Clause
"""
make order: bios/order.ld anew, by which functions of a call that jump to each other lie in one page. For each jump into another
page an emulated CPU looks for the block of code behind it, and for each page where it is: profile.py says how often.

The image that was built runs some works; what is searched is a row of the functions that a call runs in which the fewest jumps
are far, wherever pages begin.
"""
import math
import os
import random
import re
from bisect import bisect_right
from collections import Counter

from tests.lab import process
from tests.lab.lab import ROOT, Lab

from . import profile
from .plan import works

ORDER = os.path.join(ROOT, "bios", "order.ld")
WORKS = {"random-512": ("", 1.0), "read-4K": ("", 0.3), "write-4K": ("read-ahead=off\n", 0.2)}
LOG = 100000000
SELDOM = 0.2   # of the calls: such a jump does not count
ANYWAY = 0.05  # what a return counts, or a call by a pointer, which is looked up in any case
STEPS = 300000
HOT, COLD = 3.0, 0.006  # what is put up with, at first and at last
PIECES = (1, 1, 1, 2, 3, 5, 8, 13)  # functions that are moved together
WIDTH = 130
HEAD = """/* SPDX-License-Identifier: BSD-2-Clause */
/* Made by `make order`: those that jump to each other lie together. A name that is no more, or not yet here, costs speed only. */
"""


class Functions:
    """Where each is in the link, by nm -S."""

    def __init__(self, symbols):
        found = re.findall(r"^([0-9a-f]+) ([0-9a-f]+) [tT] (\S+)$", symbols, re.MULTILINE)
        self.size = {name: int(size, 16) for _, size, name in found}
        self._sorted = sorted((int(at, 16), name) for at, _, name in found)
        self._starts = [at for at, _ in self._sorted]

    def of(self, address):
        """(function, offset in it)"""
        at, name = self._sorted[max(0, bisect_right(self._starts, address) - 1)]
        return name, address - at


def jumps(image, functions, base, steps):
    """{(function, offset, function, offset): share of the calls in which it is taken}; little of it behind image.leaves."""
    steps, calls = profile.whole_calls(image, base, [step for step in steps if isinstance(step, int)])
    call, taken, found = base + image.entry[profile.CALL], set(), Counter()
    for step, following in zip(steps, steps[1:]):
        if following == call:
            taken = set()
        if min(step, following) < profile.HIGH or (step, following) in taken:
            continue
        taken.add((step, following))
        (source, begin), (target, end) = functions.of(step - base), functions.of(following - base)
        if source != target:
            found[source, begin, target, end] += (ANYWAY if step - base in image.leaves else 1) / calls
    return found


def far(order, size, wanted):
    """How many of the jumps lead into another page, on average over where pages begin."""
    start, at = {}, 0
    for name in order:
        start[name] = at
        at += size[name]
    return sum(weight * min(1, abs(start[source] + begin - start[target] - end) / profile.PAGE)
               for (source, begin, target, end), weight in wanted.items())


def arranged(size, wanted, steps=STEPS):
    """Simulated annealing: pieces of the row are moved, often beside what they jump to."""
    chance, pairs = random.Random(1), [(source, target) for source, _, target, _ in wanted]
    order = sorted({name for pair in pairs for name in pair})
    cost = far(order, size, wanted)
    best, least = order, cost
    for step in range(steps):
        first = chance.randrange(len(order))
        piece = order[first:first + chance.choice(PIECES)]
        rest = order[:first] + order[first + len(piece):]
        beside = chance.choice(chance.choice(pairs))
        at = rest.index(beside) + chance.randrange(2) if beside in rest else chance.randrange(len(rest) + 1)
        moved = rest[:at] + (piece if chance.random() < 0.6 else piece[::-1]) + rest[at:]
        now = far(moved, size, wanted)
        if now < cost or chance.random() < math.exp((cost - now) / (HOT * (COLD / HOT) ** (step / steps))):
            order, cost = moved, now
            if cost < least:
                best, least = order, cost
    return best


def text(order):
    """Statements of a linker script. What the compiler has split or cloned goes by the function's own name."""
    names = dict.fromkeys(re.sub(r"\..*", "", name) for name in order)
    lines = [""]
    for name in names:
        statement = f"*(.text.{name} .text.{name}.*)"
        if len(lines[-1]) + 1 + len(statement) > WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + statement
    return HEAD + "\n".join(lines) + "\n"


def main():
    image, functions = profile.of_build(), Functions(process.run(["nm", "-S", profile.IMAGE]).decode())
    wanted = Counter()
    for work in works(False):
        settings, weight = WORKS.get(work.name, ("", 0))
        if not weight:
            continue
        with Lab("order") as lab, open(profile.record(lab, work, LOG, settings=settings), encoding="latin-1") as file:
            steps = list(profile.read(file))
        base = image.base({step for step in steps if isinstance(step, int) and step >= profile.HIGH})
        for jump, share in jumps(image, functions, base, steps).items():
            if share >= SELDOM * ANYWAY:
                wanted[jump] += weight * share

    best = arranged(functions.size, wanted)
    size = sum(functions.size[name] for name in best)
    print(f"{len(best)} functions, {size} bytes; {far(best, functions.size, wanted):.0f} of {sum(wanted.values()):.0f} are far")
    with open(ORDER, "w", encoding="ascii") as file:
        file.write(text(best))


if __name__ == "__main__":
    main()
