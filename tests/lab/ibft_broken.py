# SPDX-License-Identifier: BSD-2-Clause
"""
One good iBFT and the ways to break it. Each leaves exactly one thing wrong, with the checksum right again unless that is the
thing, and says in which structure and field, so that a validator can be held to naming it.
"""
import struct
from dataclasses import dataclass
from typing import Callable

from . import ibft

GOOD = ibft.Table(
    "iqn.2026-11.org.sanstrap.lab:good",
    [ibft.Nic("192.168.77.50", "52:54:00:12:34:56", gateway="192.168.77.1", dns=("192.168.77.2", "192.168.77.3"),
              dhcp="192.168.77.1", origin=ibft.DHCP, vlan=5, pci=0x18, host_name="diskless"),
     ibft.Nic("fd00:77::50", "52:54:00:12:34:57", prefix=64, gateway="fd00:77::1", pci=0x20, flags=ibft.VALID)],
    [ibft.Target("192.168.77.1", "iqn.2026-11.org.sanstrap.lab:first", lun=ibft.flat_lun(1), chap_type=ibft.MUTUAL,
                 chap_name="us", secret="one-way-secret", reverse_name="them", reverse_secret="reverse-secret"),
     ibft.Target("fd00:77::1", "eui.0123456789abcdef", nic=1, chap_type=ibft.ONE_WAY, chap_name="us", secret="one-way-secret",
                 flags=ibft.VALID)],
    isns="192.168.77.4")

COMMON = {"id": 0, "version": 1, "length": 2, "index": 4, "flags": 5}
FIELDS = {
    "header": {"length": 4, "revision": 8, "checksum": 9},
    "control": {**COMMON, "extensions offset": 6, "initiator offset": 8, "NIC offset": 10, "target offset": 12},
    "initiator": {**COMMON, "iSNS server": 6, "SLP server": 22, "first RADIUS server": 38, "second RADIUS server": 54,
                  "name": 70},
    "NIC": {**COMMON, "address": 6, "prefix length": 22, "origin": 23, "gateway": 24, "first DNS server": 40,
            "second DNS server": 56, "DHCP server": 72, "VLAN": 88, "MAC address": 90, "host name": 98},
    "target": {**COMMON, "address": 6, "port": 22, "CHAP type": 32, "NIC index": 33, "name": 34, "CHAP name": 38,
               "CHAP secret": 42, "reverse CHAP name": 46, "reverse CHAP secret": 50},
}
SIZES = {"initiator": ibft.INITIATOR, "NIC": ibft.NIC, "target": ibft.TARGET}
PAIR = 4  # bytes of a NIC's and a target's offset


@dataclass
class Broken:
    """`break_table` takes a good table like GOOD's and returns the broken one. `structure` and `field` are what is wrong."""
    name: str
    structure: str
    field: str
    break_table: Callable


def _offset_word(structure):
    """Where the control structure says where a structure is."""
    kind, _, index = structure.partition(" ")
    return ibft.CONTROL + FIELDS["control"][f"{kind} offset"] + PAIR * int(index or 0)


def _begin(data, structure):
    if structure in ("header", "control"):
        return {"header": 0, "control": ibft.CONTROL}[structure]
    return int.from_bytes(data[_offset_word(structure):][:2], "little")


def _place(data, structure, field):
    return _begin(data, structure) + FIELDS[structure.split(" ")[0]][field]


def _broken(what, structure, field, change):
    """`change` is given the bytes to change in place."""
    def break_table(table):
        data = bytearray(table)
        change(data)
        return ibft.summed(data)
    return Broken(f"{structure}, {field}: {what}", structure, field, break_table)


def _number(structure, field, layout, *values):
    def broken(value):
        def change(data):
            struct.pack_into(layout, data, _place(data, structure, field), value)
        return _broken(str(value), structure, field, change)
    return [broken(value) for value in values]


def _bytes(what, structure, field, value):
    def change(data):
        at = _place(data, structure, field)
        data[at:at + len(value)] = value
    return _broken(what, structure, field, change)


def _addresses(structure, field, *texts):
    return [_bytes(text or "none", structure, field, ibft.address(text)) for text in texts]


def _move(structure, place, what):
    """The control structure says that the structure is elsewhere: at `place`, which may be told from the table's bytes."""
    def change(data):
        struct.pack_into("<H", data, _offset_word(structure), place(data) if callable(place) else place)
    return _broken(f"{structure} {what}", "control", f"{structure.split(' ')[0]} offset", change)


def _shift(structure):
    """The whole structure stands four bytes further on, in the gap behind it."""
    def change(data):
        begin, size = _begin(data, structure), SIZES[structure.split(" ")[0]]
        data[begin:begin + size + 4] = bytes(4) + data[begin:begin + size]
        struct.pack_into("<H", data, _offset_word(structure), begin + 4)
    return _broken(f"{structure} unaligned", "control", f"{structure.split(' ')[0]} offset", change)


def _text(what, structure, field, string, ending=b"\0"):
    """Another string, at the table's end."""
    def change(data):
        struct.pack_into("<HH", data, _place(data, structure, field), len(string), len(data))
        data += string + ending
        struct.pack_into("<I", data, 4, len(data))
    return _broken(what, structure, field, change)


def _text_at(what, structure, field, offset, length=None):
    """The string is said to be elsewhere: `offset` is told from the table's bytes."""
    def change(data):
        at = _place(data, structure, field)
        old = int.from_bytes(data[at:at + 2], "little")
        struct.pack_into("<HH", data, at, old if length is None else length, offset(data))
    return _broken(what, structure, field, change)


def _no_nul(structure, field):
    def change(data):
        length, offset = struct.unpack_from("<HH", data, _place(data, structure, field))
        data[offset + length] = ord("x")
    return _broken("no NUL behind it", structure, field, change)


def _strings(structure, field):
    """What any string can have wrong."""
    return [
        _text_at("beyond the table", structure, field, len),
        _text_at("longer than the table", structure, field, lambda data: len(data) - 4, 8),
        _text_at("inside the header", structure, field, lambda data: 10, 6),
        _text_at("inside a structure", structure, field, lambda data: _begin(data, "initiator") + 22, 8),
        _no_nul(structure, field),
        _text("NUL inside", structure, field, b"iqn.2026-11.org\0sanstrap"),
        _text("the table ends without its NUL", structure, field, b"iqn.2026-11.org.sanstrap:last", b""),
    ]


def _iscsi_names(structure):
    names = {"224 characters": b"iqn.2026-11.org.sanstrap:" + b"x" * 199, "blank inside": b"iqn.2026-11.org.sanstrap:a b",
             "control character inside": b"iqn.2026-11.org.sanstrap:\x07"}
    return _strings(structure, "name") + [_text(what, structure, "name", name) for what, name in names.items()] + [
        _text_at("missing", structure, "name", lambda data: 0, 0)]


def _common(structure, other_id, size):
    """What every structure begins with."""
    return [*_number(structure, "id", "<B", 0, other_id), *_number(structure, "version", "<B", 0, 2),
            *_number(structure, "length", "<H", 0, size - 1, size + 1, 0xFFFF), *_number(structure, "index", "<B", 7),
            *_number(structure, "flags", "<B", 0x83)]


def _missing(structure, *fields):
    return [_text_at("missing", structure, field, lambda data: 0, 0) for field in fields]


def _checksum(table):
    return table[:ibft.CHECKSUM] + bytes([table[ibft.CHECKSUM] + 1 & 0xFF]) + table[ibft.CHECKSUM + 1:]


def _no_nic(data):
    struct.pack_into("<H", data, _offset_word("NIC 0"), 0)


def _invalid_nic(data):
    data[_place(data, "NIC 0", "flags")] = 0


def _places(structure):
    """Where no structure can be."""
    return [_shift(structure), _move(structure, lambda data: -(-len(data) // 8) * 8, "beyond the table"),
            _move(structure, lambda data: (len(data) - 24) // 8 * 8, "half beyond the table"),
            _move(structure, 16, "inside the header"), _move(structure, ibft.CONTROL + 8, "inside the control structure")]


# What is wrong there is told by the loader, which takes the table all the same.
PASSED_OVER = {"index", "flags", "extensions offset", "NIC offset", "target offset", "iSNS server", "SLP server",
               "first RADIUS server", "second RADIUS server", "origin", "gateway", "first DNS server", "second DNS server",
               "DHCP server", "host name"}


def is_beside_the_path(case):
    """Of the first case of each structure and field: whether the path that is booted over can do without what is wrong."""
    return case.field in PASSED_OVER or case.structure in ("NIC 1", "target 1")


BROKEN = [
    *_number("header", "length", "<I", 0, ibft.HEADER, 65, 0x11000, 0xFFFFFFFF),
    *_number("header", "revision", "<B", 0, 2),
    Broken("header, checksum: 1 too many", "header", "checksum", _checksum),
    *_common("control", 2, 18), *_number("control", "length", "<H", 20),
    *_number("control", "extensions offset", "<H", 16, ibft.CONTROL + 4, 0xFFF8),
    _move("initiator", 0, "missing"), *_places("initiator"),
    *_places("NIC 0"), _move("NIC 1", lambda data: _begin(data, "NIC 0"), "where the first is"),
    *_places("target 1"), _move("target 1", lambda data: _begin(data, "target 0"), "where the first is"),
    _move("target 0", lambda data: _begin(data, "initiator"), "where the initiator is"),
    *_common("initiator", 3, ibft.INITIATOR), *_number("initiator", "flags", "<B", 0),
    *_addresses("initiator", "iSNS server", "224.0.0.1"), *_addresses("initiator", "SLP server", "ff02::1"),
    *_addresses("initiator", "first RADIUS server", "255.255.255.255"),
    *_addresses("initiator", "second RADIUS server", "239.1.1.1"),
    *_iscsi_names("initiator"),
    *_common("NIC 0", 4, ibft.NIC),
    *_addresses("NIC 0", "address", "", "0.0.0.0", "224.0.0.1", "255.255.255.255"), *_addresses("NIC 1", "address", "ff02::1"),
    *_number("NIC 0", "prefix length", "<B", 33, 255), *_number("NIC 1", "prefix length", "<B", 129),
    *_number("NIC 0", "origin", "<B", 5, 255),
    *_addresses("NIC 0", "gateway", "fd00:77::1", "224.0.0.1"), *_addresses("NIC 1", "gateway", "192.168.77.1", "ff02::2"),
    *_addresses("NIC 0", "first DNS server", "224.0.0.1"), *_addresses("NIC 0", "second DNS server", "ff02::1"),
    *_addresses("NIC 0", "DHCP server", "255.255.255.255"),
    *_number("NIC 0", "VLAN", "<H", 4095, 5000, 0x2005),
    _bytes("all zero", "NIC 0", "MAC address", bytes(6)), _bytes("broadcast", "NIC 0", "MAC address", b"\xff" * 6),
    _bytes("multicast", "NIC 0", "MAC address", bytes.fromhex("01005e000001")),
    *_strings("NIC 0", "host name"), _text("control character inside", "NIC 0", "host name", b"disk\x1bless"),
    *_common("target 0", 3, ibft.TARGET),
    *_addresses("target 0", "address", "", "0.0.0.0", "224.0.0.1", "fd00:77::1"),
    *_addresses("target 1", "address", "ff02::1", "192.168.77.1"),
    *_number("target 0", "port", "<H", 0), *_number("target 0", "CHAP type", "<B", 3, 255),
    *_number("target 0", "NIC index", "<B", 2, 255),
    _broken("there is no such NIC", "target 0", "NIC index", _no_nic),
    _broken("that NIC is not valid", "target 0", "NIC index", _invalid_nic),
    *_iscsi_names("target 0"), *_strings("target 0", "CHAP secret"),
    *_missing("target 1", "CHAP name", "CHAP secret"), *_missing("target 0", "reverse CHAP name", "reverse CHAP secret"),
]
