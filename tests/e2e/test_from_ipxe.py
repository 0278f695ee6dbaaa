# SPDX-License-Identifier: BSD-2-Clause
"""docs/from-ipxe.md: its script's lines as they stand there, run by iPXE; and its table beside loader/settings.def."""
import os
import re

import pytest

from tests.lab import efi_disk, ovmf
from tests.lab.boots import FAILURE, enters_boot_sector, grub_hashes, hashing_target, hello_target
from tests.lab.lab import NBP, ROOT
from tests.lab.qemu import MAC
from tests.lab.target import Chap

NAME = "iqn.2026-01.org.example:machine1"
WORDS = " initiator=${initiator-iqn} hostname=${hostname} nic=${net0/mac}"


def page():
    with open(os.path.join(ROOT, "docs", "from-ipxe.md"), encoding="utf-8") as file:
        return file.read()


def chain(target):
    """The page's two lines that chain us in a script with what it tells firmware apart by; the root path is the target's."""
    lines = re.findall(r"^(chain sanstrap\.\w+ root=)iscsi:\S+ +# (BIOS|UEFI)$", page(), re.M)
    assert [firmware for _, firmware in lines] == ["BIOS", "UEFI"]
    bios, uefi = [line + target.root_path + WORDS for line, _ in lines]
    is_uefi, = re.findall(r"^`(iseq \$\{platform\} efi)`", page(), re.M)
    return f"{is_uefi} && goto uefi ||\n{bios}\nexit\n:uefi\n{uefi}\n"


def served(lab, target):
    assert all(f"`{word}`" in page().replace("netX", "net0") for word in WORDS.split())
    return lab.ipxe(chain(target), NBP, ovmf.APPLICATION, options=[f"203,{NAME}", "12,box1"])


def is_called_as_ipxe_was(machine):
    machine.expect(rf"^NIC .*MAC {MAC}", 90, or_fail=FAILURE)
    machine.expect(rf"^Initiator {NAME} \(command line\)", 60, or_fail=FAILURE)


def test_the_script_under_a_bios(lab):
    target = hello_target(lab)
    served(lab, target)
    machine = lab.machine()
    is_called_as_ipxe_was(machine)
    enters_boot_sector(machine)


def test_the_script_under_uefi(lab):
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    served(lab, target)
    machine = ovmf.start(lab)
    is_called_as_ipxe_was(machine)
    grub_hashes(machine, expected)


def test_nothing_but_the_name(lab):
    """With root path and account in the answer; iPXE has logged in by them before its script runs."""
    target = hello_target(lab, chap=Chap("machine1", "a-secret-of-20-bytes"))
    options = [f"203,{NAME}", "encap:175,190,machine1", "encap:175,191,a-secret-of-20-bytes"]
    lab.ipxe("chain sanstrap.pxe\n", NBP, root_path=target.root_path, root_path_for_all=True, options=options)
    machine = lab.machine()
    machine.expect(rf"^Initiator {NAME} \(DHCP\)", 60, or_fail=FAILURE)
    enters_boot_sector(machine)


@pytest.mark.parametrize("column", ["name", "DHCP"])
def test_the_table(column):
    with open(os.path.join(ROOT, "docs", "settings.md"), encoding="utf-8") as file:
        options = {name: {*re.findall(r"[\d.]+", codes)}
                   for name, codes in re.findall(r"^\| `([a-z0-9-]+)=` \|([^|]*)\|", file.read(), re.M)}
    rows = re.findall(r"^\| (`.+?) \|([^|]*)\|([^|]*)\|([^|]*)\|$", page(), re.M)
    assert len(rows) > 10
    for row in rows:
        codes, names = re.findall(r"[\d.]+", row[1]), re.findall(r"`([a-z0-9]+)=", row[2])
        assert names and set(names) <= set(options), row
        known = set().union(*[options[name] for name in names])
        assert column == "name" or set(codes) <= known, row
