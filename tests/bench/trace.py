# SPDX-License-Identifier: BSD-2-Clause
"""
Boot traces: traces/NAME.txt, a line an operation:

    r PLACE SECTORS THINK    or w: sectors of 512 bytes from the data's start; microseconds that the caller computes before it

Lines that begin with # say where it comes from. PLACE is +N for N sectors behind the end of the operation before; a
THINK of 0 may be left out.
"""
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "traces")
NAMES = ("linux", "dos", "ntfs")
THINK_MAX = 1000000  # works.h


def path(name):
    return os.path.join(FOLDER, f"{name}.txt")


def parse(text):
    """[(writes, place, sectors, think)]"""
    result, end = [], 0
    for line in text.splitlines():
        words = line.split()
        if not words or line.startswith("#"):
            continue
        place = end + int(words[1]) if words[1].startswith("+") else int(words[1])
        count, think = int(words[2]), int(words[3]) if len(words) > 3 else 0
        assert words[0] in "rw" and count > 0 and think <= THINK_MAX, line
        result.append((words[0] == "w", place, count, think))
        end = place + count
    return result


def operations(name, call_max):
    """As parse(), operations that are larger than a call may be divided."""
    result = []
    with open(path(name), encoding="ascii") as file:
        for writes, place, count, think in parse(file.read()):
            while count:
                piece = min(count, call_max)
                result.append((writes, place, piece, think))
                place, count, think = place + piece, count - piece, 0
    return result


def text_of(comment, rows):
    """The file's text of what parse() gives."""
    lines, end = [f"# {line}" for line in comment.strip().splitlines()], 0
    for writes, place, count, think in rows:
        at = f"+{place - end}" if end <= place < end + 1000 else str(place)
        lines.append(f"{'w' if writes else 'r'} {at} {count}" + (f" {min(think, THINK_MAX)}" if think else ""))
        end = place + count
    return "\n".join(lines) + "\n"


def compact(rows, gap=2048):
    """Places anew, from 0: in their order, with stretches that nobody touches cut to `gap` sectors."""
    touched = sorted({(place, place + count) for _, place, count, _ in rows})
    moves, end, shift = [], 0, 0  # (from this place on, so far down)
    for begin, until in touched:
        if begin > end + gap or not moves:
            shift += begin - end - (gap if moves else 0)
            moves.append((begin, shift))
        end = max(end, until)

    def moved(place):
        return place - next(by for begin, by in reversed(moves) if begin <= place)

    return [(writes, moved(place), count, think) for writes, place, count, think in rows]
