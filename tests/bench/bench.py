# SPDX-License-Identifier: BSD-2-Clause
"""
INT 13h read throughput and the time to the boot sector, for sanstrap and for the iPXE in the e1000's ROM (Debian's), turn by
turn: the machine's own noise hits both. Ratios count, figures do not.
"""
import argparse
import json
import os
import statistics
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.lab import disks, network  # noqa: E402
from tests.lab.boots import FAILURE  # noqa: E402
from tests.lab.lab import BUILD, NBP, Lab  # noqa: E402

LOADERS = ("sanstrap", "ipxe")
WORKS = {  # name: how the boot sector goes about it; iPXE refuses calls of 128 sectors
    "reads, 63.5 KiB": {"call_sectors": 127, "total_calls": 1024},
    "reads, 4 KiB": {"call_sectors": 8, "total_calls": 4096},
    "reads, 512 B, scattered": {"call_sectors": 1, "total_calls": 4096, "scattered": 0x1ffff},
    "writes, 63.5 KiB": {"call_sectors": 127, "total_calls": 512, "writes": True},
}
SECONDS_TO_BOOT_SECTOR = "last TFTP block to boot sector, s"

# Ethernet II, RFC 791, RFC 768, RFC 1350: offsets in a frame, and what stands there.
ETHERTYPE, ETHERTYPE_IPV4 = 12, 0x0800
IP = 14
IP_PROTOCOL, IPPROTO_UDP = IP + 9, 17
IP_SOURCE = IP + 12
UDP_SIZE = 8
TFTP_ACK = 4
SHORTEST_ACK = 46


def boot(lab, loader, **work):
    """A machine whose boot sector says B before it reads and D after it."""
    sector = disks.reader(**work)
    target = lab.target(disks.sector_disk(lab.path("disk.img"), sector, size=128 * disks.MIB))
    return lab.boot_by_rom(target.root_path, loader, timeout=300)


def throughput(loader, work):
    """MB/s."""
    with Lab("bench") as lab:
        machine = boot(lab, loader, **work)
        begin = machine.seconds_at(machine.expect("^B$", 90, or_fail=FAILURE).start())
        end = machine.seconds_at(machine.expect("^D$", 200, or_fail="^E").start())
        return work["call_sectors"] * 512 * work["total_calls"] / (end - begin) / 1e6


def is_tftp_ack(frame):
    """One of the client's: the server sends none."""
    if len(frame) < SHORTEST_ACK or struct.unpack_from(">H", frame, ETHERTYPE)[0] != ETHERTYPE_IPV4:
        return False
    if frame[IP_PROTOCOL] != IPPROTO_UDP or frame[IP_SOURCE:IP_SOURCE + 4] == bytes(map(int, network.SERVER.split("."))):
        return False
    header_words = frame[IP] & 15
    return struct.unpack_from(">H", frame, IP + header_words * 4 + UDP_SIZE)[0] == TFTP_ACK


def last_tftp_ack(frames):
    """When the client acknowledged the last block of what it loaded."""
    return max(when for when, frame in frames if is_tftp_ack(frame))


def seconds_to_boot_sector(loader):
    """From the last block of the NBP (iPXE is in the ROM already: of its script) to the boot sector's first character."""
    with Lab("bench") as lab:
        wire = lab.network.capture()
        machine = boot(lab, loader, call_sectors=1, total_calls=1)
        begun = machine.wall_time(machine.expect("^B$", 90, or_fail=FAILURE).start())
        lab.network.stop_capture()
        return begun - last_tftp_ack(network.read_pcap(wire))


def measure(loader):
    """One turn: figures by their names."""
    figures = {f"{name}, MB/s": throughput(loader, work) for name, work in WORKS.items()}
    figures[SECONDS_TO_BOOT_SECTOR] = seconds_to_boot_sector(loader)
    return figures


def print_medians(medians, turns):
    print(f"\n{'median of ' + str(turns):40}" + "".join(f"{loader:>12}" for loader in medians))
    for name in next(iter(medians.values())):
        print(f"{name:40}" + "".join(f"{row[name]:12.2f}" for row in medians.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--loader", choices=LOADERS, action="append", help="only this one")
    options = parser.parse_args()

    figures = {loader: {} for loader in options.loader or LOADERS}
    for turn in range(options.turns):
        for loader, row in figures.items():
            measured = measure(loader)
            for name, value in measured.items():
                row.setdefault(name, []).append(value)
            said = ", ".join(f"{name} {value:.2f}" for name, value in measured.items())
            print(f"turn {turn + 1}, {loader}: {said}", flush=True)

    medians = {loader: {name: round(statistics.median(values), 3) for name, values in row.items()}
               for loader, row in figures.items()}
    print_medians(medians, options.turns)
    if os.path.exists(NBP):
        medians["sanstrap.pxe bytes"] = os.path.getsize(NBP)
    with open(os.path.join(BUILD, "bench.json"), "w", encoding="ascii") as file:
        json.dump({"medians": medians, "all": figures}, file, indent=2)


if __name__ == "__main__":
    main()
