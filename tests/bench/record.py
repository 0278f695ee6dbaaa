# SPDX-License-Identifier: BSD-2-Clause
"""
Makes the files of traces/ anew: `linux` is recorded from a machine, `dos` and `ntfs` are made by rule (made_traces.py).
"""
import re

from tests.lab import disks, linux_disk, process
from tests.lab.lab import Lab

from . import made_traces, trace

EVENT = re.compile(r"^\d+@(\d+\.\d+):virtio_blk_(handle_read|handle_write|rw_complete) (.*)$", re.MULTILINE)
PLACE = re.compile(r"sector (\d+) nsectors (\d+)")
EVENTS = ("virtio_blk_handle_read", "virtio_blk_handle_write", "virtio_blk_rw_complete")
LINUX = """GRUB boots Debian's kernel and an initramfs from a FAT partition: every call of the BIOS's, seen by QEMU.
SeaBIOS's virtio disk, -trace of requests with the times of their start and end: what lies between an end and the next
start is the caller's computing, in QEMU's TCG. Stretches that nobody reads are cut to 1 MiB.
Recorded by: make bench-traces"""


def rows_of(log):
    """Of QEMU's log; a request's think time is counted from the end of the one before."""
    rows, ended = [], None
    for match in EVENT.finditer(log):
        when = float(match[1])
        if match[2] == "rw_complete":
            ended = when
            continue
        place, count = PLACE.search(match[3]).groups()
        think = 0 if ended is None else max(0, round((when - ended) * 1e6))
        rows.append((match[2] == "handle_write", int(place), int(count), min(think, trace.THINK_MAX)))
    return rows


def joined(rows):
    """SeaBIOS may divide a call: what follows at once and without a gap belongs to the call before."""
    result = []
    for row in rows:
        follows = result and row[3] < 15 and not row[0] and result[-1][1] + result[-1][2] == row[1]
        if follows and result[-1][2] + row[2] <= 127:
            writes, place, count, think = result.pop()
            row = (writes, place, count + row[2], think)
        result.append(row)
    return result


def record_linux():
    with Lab("record") as lab:
        kernel, initrd = linux_disk.kernel_and_initramfs(lab.folder)
        script = "linux16 /vmlinuz console=ttyS0,115200 panic=1\ninitrd16 /initrd.gz\nboot\n"
        disk = disks.grub_disk(lab.path("disk.img"), script, {"vmlinuz": kernel, "initrd.gz": initrd})
        log = lab.path("events.txt")
        extra = ["-drive", f"if=none,id=disk,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=disk,bootindex=0"]
        extra += [word for event in EVENTS for word in ("-trace", event)]
        machine = lab.machine(rom="", boot="c", memory=512, extra=[*extra, "-D", log, "-msg", "timestamp=on"])
        machine.expect(r"Linux version", 120)
        machine.stop()
        with open(log, encoding="ascii", errors="replace") as file:
            return joined(rows_of(file.read()))


def main():
    process.run(["mkdir", "-p", trace.FOLDER])
    made = {"linux": (LINUX, trace.compact(record_linux())), "dos": (made_traces.DOS, made_traces.dos()),
            "ntfs": (made_traces.NTFS, made_traces.ntfs())}
    for name, (comment, rows) in made.items():
        disks.text_file(trace.path(name), trace.text_of(comment, rows))
        sectors = sum(count for _, _, count, _ in rows)
        print(f"{name}: {len(rows)} operations, {sectors / 2048:.1f} MiB, {sum(row[3] for row in rows) / 1e6:.1f} s of "
              f"computing, up to sector {max(place + count for _, place, count, _ in rows)}")


if __name__ == "__main__":
    main()
