# SPDX-License-Identifier: BSD-2-Clause
"""
INT 13h read throughput and the time to the boot sector, for sanstrap and for the iPXE in the e1000's ROM (Debian's), turn by turn:
the machine's own noise hits both. Ratios count, figures do not.
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
WORKS = {  # name: (sectors a call, calls)
    "sequential, 63.5 KiB calls": (127, 1024),  # iPXE refuses 128 sectors
    "sequential, 4 KiB calls": (8, 4096),
}
TFTP_ACK = 4
ETHERTYPE_IPV4, IPPROTO_UDP = 0x0800, 17


def boot(lab, loader, sectors, calls):
    """A machine whose boot sector says B before it reads and D after it."""
    sector = disks.reader(lab.folder, sectors, calls)
    target = lab.target(disks.sector_disk(lab.path("disk.img"), sector, size=128 * disks.MIB))
    return lab.boot_by_rom(target.root_path, loader, timeout=300)


def throughput(loader, sectors, calls):
    """MB/s."""
    with Lab("bench") as lab:
        machine = boot(lab, loader, sectors, calls)
        begin = machine.seconds_at(machine.expect("^B$", 90, or_fail=FAILURE).start())
        end = machine.seconds_at(machine.expect("^D$", 200, or_fail="^E").start())
        return sectors * 512 * calls / (end - begin) / 1e6


def last_tftp_ack(frames):
    """When the client acknowledged the last block of what it loaded."""
    times = []
    for when, frame in frames:
        if len(frame) < 46 or struct.unpack_from(">H", frame, 12)[0] != ETHERTYPE_IPV4 or frame[23] != IPPROTO_UDP:
            continue
        udp = 14 + (frame[14] & 15) * 4
        if frame[26:30] != bytes(map(int, network.SERVER.split("."))) and struct.unpack_from(">H", frame, udp + 8)[0] == TFTP_ACK:
            times.append(when)
    return max(times)


def seconds_to_boot_sector(loader):
    """From the last block of the NBP (iPXE is in the ROM already: of its script) to the boot sector's first character."""
    with Lab("bench") as lab:
        wire = lab.network.capture()
        machine = boot(lab, loader, 1, 1)
        begun = machine.wall_time(machine.expect("^B$", 90, or_fail=FAILURE).start())
        lab.network.stop_capture()
        return begun - last_tftp_ack(network.read_pcap(wire))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--loader", choices=LOADERS, action="append", help="only this one")
    options = parser.parse_args()
    loaders = options.loader or LOADERS
    figures = {}
    for turn in range(options.turns):
        for loader in loaders:
            row = figures.setdefault(loader, {})
            for name, (sectors, calls) in WORKS.items():
                row.setdefault(f"{name}, MB/s", []).append(throughput(loader, sectors, calls))
            row.setdefault("last TFTP block to boot sector, s", []).append(seconds_to_boot_sector(loader))
            said = ", ".join(f"{name} {values[-1]:.2f}" for name, values in row.items())
            print(f"turn {turn + 1}, {loader}: {said}", flush=True)
    medians = {loader: {name: round(statistics.median(values), 3) for name, values in row.items()}
               for loader, row in figures.items()}
    print(f"\n{'median of ' + str(options.turns):40}" + "".join(f"{loader:>12}" for loader in loaders))
    for name in medians[loaders[0]]:
        print(f"{name:40}" + "".join(f"{medians[loader][name]:12.2f}" for loader in loaders))
    if os.path.exists(NBP):
        medians["sanstrap.pxe bytes"] = os.path.getsize(NBP)
    with open(os.path.join(BUILD, "bench.json"), "w", encoding="ascii") as file:
        json.dump({"medians": medians, "all": figures}, file, indent=2)


if __name__ == "__main__":
    main()
