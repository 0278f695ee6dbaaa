# SPDX-License-Identifier: BSD-2-Clause
"""
make profile: where a call's instructions go. QEMU logs every instruction that the machine executes while a work runs; turns in
which nothing came and nothing left are counted apart, and what is left is the same on every machine, busy or not.

Writes build/profile.md and build/profile.json. WORKS=, as for make bench; MB=: how much log of each work.
"""
import argparse
import json
import os
import re
import statistics
import time
from collections import Counter

from tests.lab import process
from tests.lab.lab import BUILD, NBP, ROOT, Lab

from . import report, setups
from .bench import words
from .plan import INT13, Disk, works
from .run import BEGINS, FAILURE

IMAGE = os.path.join(BUILD, "bios", "image.elf")
USUAL = ("read-64K", "read-4K", "read-512", "random-512", "write-64K", "write-4K")
SETTINGS = "read-ahead=off\n"
HOUR_MS = 600000
WARM_SECONDS = 3
LIMIT_SECONDS = 120
PAGE = 4096
BLOCK, BIOS, HIGH = 0x90000, 0xC0000, 0x100000  # from here on the real-mode block, the BIOS, our image; before, the caller
MMIO = ("memory_region_ops_read", "memory_region_ops_write")
EXECUTED = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
ACCESSED = re.compile(r"^(?:\d+@[\d.]+:)?memory_region_ops_(read|write) .* name 'e1000")
CALL, TURN, RECEIVED, SENT = "serve_hooked_call", "e1000_poll", "receive_frame", "e1000_tx_send"


class Image:
    """
    Our image by its addresses in the link. `symbols` and `listing` are nm's and objdump's; `source` tells (function, file) of
    each of a list of addresses, inlined functions by their own names. `leaves`: returns, and calls and jumps by a pointer.
    """

    def __init__(self, symbols, listing, source):
        self.entry = {name: int(at, 16) for at, name in re.findall(r"^([0-9a-f]+) [tT] (\S+)$", symbols, re.MULTILINE)}
        code = re.findall(r"^ *([0-9a-f]+):\t\S.*?\t(\S+)(.*)$", listing, re.MULTILINE)
        self.instructions = {int(at, 16) for at, *_ in code}
        self.clock_reads = {int(at, 16) for at, mnemonic, _ in code if mnemonic == "rdtsc"}
        self.leaves = {int(at, 16) for at, mnemonic, operands in code if mnemonic.startswith("ret") or "*" in operands}
        self.source = source

    def base(self, addresses):
        """Where it was when these were executed: the page from which all of them are instructions."""
        first, last = min(addresses), max(addresses)
        lowest = max(0, last - max(self.instructions)) // PAGE * PAGE
        candidates = range(lowest, first + 1, PAGE)
        return max(candidates, key=lambda base: sum(address - base in self.instructions for address in addresses), default=0)


def _source(addresses):
    """By the image's lines of source; lwIP and BearSSL are rooms, too."""
    said = process.run(["addr2line", "-f", "-e", IMAGE, *map(hex, addresses)]).decode().split("\n")
    files = [os.path.relpath(line.split(":")[0], ROOT).removeprefix("build/").removesuffix(".c") for line in said[1::2]]
    return list(zip(said[0::2], files))


def of_build():
    return Image(process.run(["nm", IMAGE]).decode(), process.run(["objdump", "-d", IMAGE]).decode(), _source)


# ---- the machine ----

def one_by_one(machine, on):
    """Each instruction is a line of its own; QEMU's name for it has changed."""
    word = "on" if on else "off"
    if "unknown" in machine.monitor(f"one-insn-per-tb {word}"):
        machine.monitor(f"singlestep {word}")


def record(lab, work, size, nic="e1000", settings=SETTINGS):
    """The log of `size` bytes while the work goes on."""
    log = lab.path("executed.txt")
    disk = Disk(lab.path("disk.img"), False, [work], HOUR_MS)
    root_path = setups.target(lab, setups.setup("0ms"), disk.path)
    server = lab.dhcp(boot_file="sanstrap.pxe", root_path=root_path)
    server.publish(NBP)
    server.publish_text("sanstrap.conf", settings)
    machine = lab.machine(timeout=600, nic=nic, extra=("-D", log))
    machine.expect(BEGINS, 200, FAILURE)
    machine.expect("^begins", 60, FAILURE)
    time.sleep(WARM_SECONDS)

    one_by_one(machine, True)
    for event in MMIO:
        machine.monitor(f"trace-event {event} on")
    machine.monitor("log exec,nochain")
    limit = time.monotonic() + LIMIT_SECONDS
    while os.path.getsize(log) < size and time.monotonic() < limit:
        time.sleep(0.1)
    machine.stop()
    return log


# ---- what it says ----

def read(lines):
    """Addresses as they were executed, and "read" or "write" of a register among them."""
    for line in lines:
        executed = EXECUTED.match(line)
        if executed:
            yield int(executed[1], 16)
        else:
            accessed = ACCESSED.match(line)
            if accessed:
                yield accessed[1]


def whole_calls(image, base, steps):
    """From the first call's beginning to the last's; how many there are between."""
    call = base + image.entry[CALL]
    at = [index for index, step in enumerate(steps) if step == call]
    if len(at) < 2:
        raise ValueError(f"{len(at)} calls in the log: MB= is too little")
    return steps[at[0]:at[-1]], len(at) - 1


def room(file):
    return file.split("/")[0]


def places(image, base, steps):
    """{address: (function, file)}, without the caller's own."""
    ours = sorted(step for step in steps if step >= HIGH)
    found = dict(zip(ours, image.source([step - base for step in ours])))
    for step in steps:
        if BLOCK <= step < HIGH:
            found[step] = ("block", "bios/realmode") if step < BIOS else ("BIOS", "the BIOS")
    return found


def turns(image, base, steps):
    """Pieces that begin with a turn, but for the first."""
    begin, turn = 0, base + image.entry[TURN]
    for index, step in enumerate(steps):
        if step == turn:
            yield steps[begin:index]
            begin = index
    yield steps[begin:]


def looked_up(image, base, steps):
    """How often an emulated CPU asks for the block of code that comes next: behind `leaves`, and in another page."""
    addresses = [step for step in steps if isinstance(step, int)]
    return sum(step - base in image.leaves or step // PAGE != following // PAGE
               for step, following in zip(addresses, addresses[1:]) if step >= HIGH)


def counted(image, steps):
    """What stands in the tables, of one work."""
    addresses = {step for step in steps if isinstance(step, int) and step >= HIGH}
    base = image.base(addresses)
    steps, calls = whole_calls(image, base, steps)
    moved = {base + image.entry[name] for name in (CALL, RECEIVED, SENT)}
    executed, vain, registers, searches = Counter(), [], Counter(), 0
    for turn in turns(image, base, steps):
        if moved.isdisjoint(turn):
            vain.append(sum(isinstance(step, int) for step in turn))
            continue
        executed.update(step for step in turn if isinstance(step, int))
        registers.update(step for step in turn if isinstance(step, str))
        searches += looked_up(image, base, turn)

    functions = Counter()
    for step, place in places(image, base, executed).items():
        functions[place] += executed[step]
    rooms = Counter()
    for (_, file), count in functions.items():
        rooms[room(file)] += count
    return {"calls": calls, "instructions": sum(functions.values()) / calls, "idle_turn": statistics.median(vain or [0]),
            "frames_in": executed[base + image.entry[RECEIVED]] / calls, "frames_out": executed[base + image.entry[SENT]] / calls,
            "registers_read": registers["read"] / calls, "registers_written": registers["write"] / calls,
            "looked_up": searches / calls,
            "clock_reads": sum(executed[base + at] for at in image.clock_reads) / calls,
            "rooms": {name: count / calls for name, count in rooms.most_common()},
            "functions": {f"{name} ({file})": count / calls for (name, file), count in functions.most_common(25)}}


# ---- for the reader ----

FACTS = (("instructions a call", "instructions"), ("frames received", "frames_in"), ("frames sent", "frames_out"),
         ("registers written", "registers_written"), ("registers read", "registers_read"), ("TSC reads", "clock_reads"),
         ("blocks looked up", "looked_up"), ("a turn in vain, instructions", "idle_turn"))


def _rows(title, names, found):
    """A table: a row for each (label, function of counted()), a column for each work."""
    head = ["| " + " | ".join([title, *found]) + " |", "| " + " | ".join(["---", *["---:"] * len(found)]) + " |"]
    return head + ["| " + " | ".join([label, *[report.number(value(one)) for one in found.values()]]) + " |"
                   for label, value in names]


def text(found, sizes):
    """The tables of {work: counted()}; `sizes` are bytes a call."""
    per_kib = ("instructions a KiB", lambda one: one["instructions"] / one["kib"])
    found = {name: {**one, "kib": sizes[name] / 1024} for name, one in found.items()}
    facts = [(label, lambda one, key=key: one[key]) for label, key in FACTS]
    rooms = dict.fromkeys(name for one in found.values() for name in one["rooms"])
    lines = _rows("a call", [facts[0], per_kib, *facts[1:]], found)
    by_room = [(name, lambda one, name=name: one["rooms"].get(name, 0)) for name in rooms]
    lines += ["", *_rows("instructions by room", by_room, found)]
    for work, one in found.items():
        top = [f"{name} {report.number(count)}" for name, count in list(one["functions"].items())[:12]]
        lines += ["", f"{work}: " + ", ".join(top)]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="tests.bench.profile", description=__doc__)
    parser.add_argument("--works", type=words, default=())
    parser.add_argument("--mb", type=int, default=200)
    parser.add_argument("--nic", default="e1000", help="another card of QEMU's")
    options = parser.parse_args()

    image, found, sizes = of_build(), {}, {}
    for work in works(False):
        if work.name in (options.works or USUAL) and not work.trace:
            with Lab("profile") as lab, open(record(lab, work, options.mb * 1000000, options.nic), encoding="latin-1") as file:
                found[work.name] = counted(image, list(read(file)))
            sizes[work.name] = work.sectors(INT13) * 512
            one = found[work.name]
            print(f"{work.name}: {one['calls']} calls, {report.number(one['instructions'])} instructions each", flush=True)
    with open(os.path.join(BUILD, "profile.json"), "w", encoding="ascii") as file:
        json.dump(found, file, indent=1)
    with open(os.path.join(BUILD, "profile.md"), "w", encoding="utf-8") as file:
        file.write(text(found, sizes))
    print("\n" + text(found, sizes))


if __name__ == "__main__":
    main()
