# SPDX-License-Identifier: BSD-2-Clause
"""
Debian boots from the LUN and finds its root by the iBFT that the loader left, which Linux shows value by value. What was written,
the next boot finds. On the kernel's command line stands nothing of the network.
"""
import json
import os
import re
import secrets
from dataclasses import dataclass

import pytest

from tests.handoff import tables
from tests.lab import efi_disk, ibft, ibft_broken, linux_disk, ovmf, qemu
from tests.lab.boots import FAILURE, PAGE
from tests.lab.ibft_boot import ACPI, placed, reaches_root, target_of
from tests.lab.lab import Lab
from tests.lab.network import SERVER, SERVER6
from tests.lab.settings import ADDRESS, ADDRESS6, STATIC, STATIC6, credentials
from tests.lab.target import MUTUAL, ONE_WAY, Chap, Istgt, Tgt

INITIATOR = "iqn.2026-11.invalid.sanstrap:diskless"
LOWEST_PLACE = 0x85208  # where FreeBSD begins to look
CARD = {"bios": 0x18, "efi": 0x10}  # PCI 0:3.0 on QEMU's pc, 0:2.0 on its q35
VLAN = 5
GLOBAL = 4  # flag of a NIC whose address is no link-local one


@dataclass
class Case:
    """How the machine comes to its disk."""
    firmware: str
    kind: type = Tgt
    chap: Chap = None
    vlan: bool = False
    ipv6: bool = False
    static: bool = False
    nic: str = "e1000"
    boots: int = 1
    stale: bool = False  # ACPI has an iBFT of somebody else's already


CASES = {
    "bios-dhcp-no-chap": Case("bios", boots=2),
    "bios-by-hand-one-way-chap": Case("bios", Istgt, ONE_WAY, static=True, nic="e1000e", stale=True),
    "bios-vlan-mutual-chap": Case("bios", chap=MUTUAL, vlan=True),
    "bios-ipv6": Case("bios", ipv6=True, static=True),
    "efi-dhcp-mutual-chap": Case("efi", chap=MUTUAL, boots=2, stale=True),
    "efi-vlan": Case("efi", vlan=True, nic="e1000e"),
    "efi-ipv6-one-way-chap": Case("efi", chap=ONE_WAY, ipv6=True, static=True),
}


def settings(case, served, segment):
    """The loader's command line."""
    words = [f"root={served.root_path}", "hostname=diskless", credentials(case.chap)]
    if case.static:
        words.append(f"{STATIC6} gateway={SERVER6}" if case.ipv6 else f"{STATIC} gateway={SERVER} dns={SERVER}")
    if segment:
        words.append(f"vlan={VLAN},3")
    return " ".join(words)


def described(case, served, segment, text):
    """The table that is to be there. An address by DHCP is known from what the loader said."""
    nic = ibft.Nic("", qemu.MAC, pci=CARD[case.firmware], host_name="diskless", flags=ibft.VALID | ibft.BOOT | GLOBAL)
    server = segment.server if segment else SERVER
    if case.ipv6:
        # The gateway stays out: the target is on the card's own subnet.
        nic.ip, nic.prefix, server = ADDRESS6, 64, SERVER6
    elif case.static:
        nic.ip, nic.dns = ADDRESS, (SERVER,)
    else:
        nic.ip = re.search(r"^Address +(\S+)/24, gateway \S+ \(DHCP\)", text, re.MULTILINE).group(1)
        nic.origin, nic.dhcp = ibft.DHCP, server
    if segment:
        nic.vlan = VLAN
    return ibft.Table(INITIATOR, [nic], [target_of(served, server, case.chap)], oem_id=b"SNSTRP", oem_table_id=b"SANSTRAP")


def start(lab, case, words):
    options = {"nic": case.nic, "memory": 512, "timeout": 300}
    if case.stale:
        options["extra"] = placed(lab, ibft.build(ibft_broken.GOOD), ACPI)
    boot = ovmf.boot_from_stick if case.firmware == "efi" else Lab.boot_directly
    return boot(lab, words, **options)


def iomem(text, line):
    """(first, last, what) of each line of that form in what Linux says of its memory."""
    found = re.findall(rf"^IOMEM {line}", text, re.MULTILINE)
    return [(int(first, 16), int(last, 16), what) for first, last, what in found]


def is_reserved_in_base_memory(text):
    """Linux found the table below 1 MiB, in pages that E820 reports as reserved."""
    place = int(re.search(r"^IOMEM iBFT found at 0x([0-9a-f]+)", text, re.MULTILINE).group(1), 16)
    assert place >= LOWEST_PLACE and place % 16 == 0

    ranges = iomem(text, r"BIOS-e820: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\] (\S+)")
    covering = [(first, kind) for first, last, kind in ranges if first <= place <= last]
    assert [kind for _, kind in covering] == ["reserved"], f"{place:#x} lies in {covering} of {ranges}"
    assert covering[0][0] % PAGE == 0

    listed = iomem(text, r"([0-9a-f]+)-([0-9a-f]+) : (\S+)")
    assert any(first <= place <= last and kind in ("Reserved", "reserved") for first, last, kind in listed)


def is_in_acpi(text, folder):
    """Both tables are among Linux's ACPI tables, as the tool reads them there, and the flight recorder is in reserved memory."""
    os.makedirs(f"{folder}/tables", exist_ok=True)
    for name, digits in re.findall(r"^ACPI (\w+)=([0-9a-f]+)$", text, re.MULTILINE):
        with open(f"{folder}/tables/{name}", "wb") as file:
            file.write(bytes.fromhex(digits))
    status, out, errors = tables.run("--json", f"{folder}/tables")
    assert status == tables.VALID, out + errors

    found = {table["table"]: table for table in json.loads(out)["tables"]}
    assert set(found) == {"iBFT", "ISDH"} and found["ISDH"]["flags"] == ["acpi"]
    log = found["ISDH"]["log"]
    listed = iomem(text, r"([0-9a-f]+)-([0-9a-f]+) : (Reserved)")
    assert any(first <= log["address"] and log["address"] + log["size"] - 1 <= last for first, last, _ in listed), (log, listed)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_root_by_the_ibft_alone(lab, case):
    base, configure = ((linux_disk.base_disk, linux_disk.configure) if case.firmware == "bios" else
                       (efi_disk.linux_base, efi_disk.linux_configure))
    disk = lab.copy_disk(base())
    segment = lab.network.add_vlan(VLAN) if case.vlan else None
    where = {"segment": segment} if segment else {}
    served = lab.target(disk, case.kind, chap=case.chap, ipv6=case.ipv6, **where)
    if not case.static:
        lab.dhcp(**where)

    nonces = [secrets.token_hex(8) for _ in range(case.boots)]
    for turn, nonce in enumerate(nonces):
        configure(disk, lab.folder, None, nonce)
        machine = start(lab, case, settings(case, served, segment))
        machine.expect("LINUX the iBFT's card", 150, or_fail=f"{FAILURE}|{linux_disk.UNWANTED}")
        text = reaches_root(machine, described(case, served, segment, machine.text), nonce)
        if case.firmware == "bios":
            is_reserved_in_base_memory(text)
        else:
            is_in_acpi(text, lab.folder)
        assert re.findall(r"LINUX FOUND (\S+)", text) == nonces[:turn]
    assert linux_disk.holds(disk, nonces[-1], lab.folder)
