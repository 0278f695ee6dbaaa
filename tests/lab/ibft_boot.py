# SPDX-License-Identifier: BSD-2-Clause
"""Machines that are given an iBFT by QEMU, and the lab's Linux that finds its root by one, whoever made it."""
from . import ibft
from .linux_disk import UNWANTED, passes
from .target import NAME

LOW_MEMORY, ACPI = "low memory", "ACPI"
ADDRESS = 0x98000  # in low memory: neither SeaBIOS nor a Linux that QEMU loads puts anything there


def target_of(served, ip, chap=None):
    """A target of the lab's as a table's structure."""
    target = ibft.Target(ip, NAME, port=served.port, lun=ibft.flat_lun(served.lun))
    if chap:
        target.chap_type = ibft.MUTUAL if chap.reverse_name else ibft.ONE_WAY
        target.chap_name, target.secret = chap.name, chap.secret
        target.reverse_name, target.reverse_secret = chap.reverse_name, chap.reverse_secret
    return target


def placed_at(lab, data, address):
    """QEMU's words that put bytes into memory as they are."""
    path = lab.file(f"at-{address:x}.bin", data)
    return ["-device", f"loader,file={path},addr={address:#x},force-raw=on"]


def placed(lab, data, where):
    """
    QEMU's words that put a table's bytes there. In low memory they stay as they are; of an ACPI table QEMU puts length and
    checksum right, and SeaBIOS leaves it at any address, odd ones too.
    """
    if where == LOW_MEMORY:
        return placed_at(lab, data, ADDRESS)
    return ["-acpitable", f"file={lab.file('acpi-table.bin', data)}"]


def reaches_root(machine, table, nonce, or_fail=UNWANTED):
    """Linux has exactly this table's values and its root on the LUN, and ends; returns the serial line's text."""
    passes(machine, nonce, 150, or_fail)
    assert ibft.printed_sysfs(machine.text) == ibft.expected_sysfs(table)
    return machine.text
