# SPDX-License-Identifier: BSD-2-Clause
"""The tool, and what it is shown: tables, logs, memory images, and ways to spoil them."""
import json
import pathlib
import struct
import subprocess
import zlib

BUILD = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "host"
TOOL = BUILD / "sanstrap-handoff"
VALID, INVALID, TROUBLE = 0, 1, 2


def run(*arguments, given=None):
    """The tool's exit status, output and errors, which are sane whatever it was given."""
    done = subprocess.run([TOOL, *map(str, arguments)], input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=480,
                          check=False)
    assert done.returncode in (VALID, INVALID, TROUBLE), done.stderr.decode(errors="replace")
    assert b"anitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr.decode(errors="replace")
    assert all(byte == 10 or 32 <= byte < 127 for byte in done.stdout), "control characters"
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def report(folder, content, *options, kind):
    """The tool's status and what it says in JSON of a file with this content, FOLDER/KIND, which it takes for that kind."""
    file = folder / kind
    file.write_bytes(content)
    status, out, err = run("--json", *options, file)
    found = json.loads(out)
    assert (found["kind"], found["input"], found["valid"]) == (kind, str(file), status == VALID), err
    return status, found


def make(*arguments, text=""):
    done = subprocess.run([BUILD / "make-tables", *map(str, arguments)], input=text.encode(), stdout=subprocess.PIPE, timeout=240,
                          check=True)
    return done.stdout


def ibft(facts):
    return make("ibft", facts)


def isdh(facts, address=0x9D000, *options, generation=3, log=(0x9E000, 0x400)):
    return make("isdh", facts, address, generation, *log, *options)


def log(lines, size=0x400):
    return make("log", size, text="".join(line + "\n" for line in lines))


def sealed(table):
    """With its sums made right again."""
    table = bytearray(table)
    table[9] = 0
    if table[:4] == b"ISDH":
        table[60:64] = bytes(4)
        table[60:64] = struct.pack("<I", zlib.crc32(table))
    table[9] = -sum(table) & 0xFF
    return bytes(table)


def changed(table, offset, new):
    """Other bytes at an offset; the sums stay right."""
    return sealed(table[:offset] + new + table[offset + len(new):])


def image(size, *parts):
    """Zeros with (offset, bytes) put in."""
    memory = bytearray(size)
    for offset, content in parts:
        memory[offset:offset + len(content)] = content
        assert len(memory) == size
    return bytes(memory)


def records(table):
    """Offsets of an ISDH's records by their types; critical or not."""
    found = {}
    at = struct.unpack_from("<I", table, 100)[0]
    while at < len(table):
        kind, length = struct.unpack_from("<HH", table, at)
        found.setdefault(kind & 0x7FFF, []).append(at)
        at += (length + 7) & ~7
    return found


# Of the tool, or what it says of every table's place and outcome.
NOT_OF_THE_FORMAT = {"table", "file", "address", "valid", "role", "linux_choice", "signature", "revision", "oem_id",
                     "oem_table_id", "faults", "fault_count"}


def isdh_values(table):
    """Of an ISDH as the tool shows it what the format has: the LUN in one form, secrets as their bytes."""
    values = {name: value for name, value in table.items() if name not in NOT_OF_THE_FORMAT}
    for target in values["targets"]:
        del target["lun"]
        target.update({name: target[name]["hex"] for name in ("chap_secret", "reverse_secret") if target.get(name)})
    return values
