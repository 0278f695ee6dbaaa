# SPDX-License-Identifier: BSD-2-Clause
"""
A second reader of the ISDH and of the flight recorder, written from docs/handoff.md alone: it shares neither code nor constants
with the C one. What it takes it returns by the names that `sanstrap-handoff --json` has; what it does not take is Wrong.
"""
import ipaddress
import re
import struct
import zlib

MAGIC = bytes.fromhex("93D653616E73747261702D495344481A")
PRODUCER, CLOCK, LOG, NIC, ADDRESS, TARGET, SESSION, AUTHENTICATION, DUMP_AREA = 1, 2, 3, *range(0x8004, 0x800A)
SIZES = {PRODUCER: 8, CLOCK: 24, LOG: 16, NIC: 40, ADDRESS: 120, TARGET: 72, SESSION: 36, AUTHENTICATION: 24, DUMP_AREA: 24}
AT_MOST = {PRODUCER: 1, CLOCK: 1, LOG: 1, DUMP_AREA: 1}
NO_LEASE, UNKNOWN_GROUP = 0xFFFFFFFF, 0xFFFF
ORIGINS = ("other", "manual", "well-known", "dhcp", "router")
LEVELS = ("error", "warning", "info", "detail")
NAME = re.compile(rb"iqn\.\d{4}-(0[1-9]|1[0-2])\.[a-z0-9-][a-z0-9.-]*(:[a-z0-9.:_\x80-\xff-]*)?"
                  rb"|eui\.[0-9a-f]{16}|naa\.[0-9a-f]{16}([0-9a-f]{16})?", re.IGNORECASE)


class Wrong(Exception):
    pass


def need(what, why):
    if not what:
        raise Wrong(why)


class Part:
    """The header or a record, of which version 1.0 knows the first `size` bytes."""

    def __init__(self, data, size, minor):
        need(len(data) >= size, "too short")
        self.data, self.size, self.minor = data, size, minor

    def get(self, form, at):
        found = struct.unpack_from("<" + form, self.data, at)
        return found[0] if len(found) == 1 else found

    def named(self, form, at, *names):
        return dict(zip(names, self.get(form, at)))

    def flags(self, form, at, *names):
        value = self.get(form, at)
        need(self.minor or value >> len(names) == 0, f"flags at {at}")
        return [name for bit, name in enumerate(names) if value >> bit & 1]

    def reserved(self, at, count):
        need(self.minor or not any(self.data[at:at + count]), f"reserved at {at}")

    def some(self, at, most, behind):
        """The bytes that offset and length at `at` tell of, and those behind them."""
        offset, length = self.get("HH", at)
        if (offset, length) == (0, 0):
            return b"", b""
        need(0 < length <= most and self.size <= offset and offset + length + behind <= len(self.data),
             f"place of what {at} tells of")
        return self.data[offset:offset + length], self.data[offset + length:offset + length + behind]

    def secret(self, at, most=255):
        text, end = self.some(at, most, 1)
        need(0 not in text and end in (b"", b"\0"), f"zeros of what {at} tells of")
        return text

    def text(self, at):
        text = self.secret(at)
        need(all(byte >= 0x20 and byte != 0x7F for byte in text), f"text at {at}")
        return text.decode(errors="replace") or None

    def name(self, at):
        text = self.secret(at, 223)
        need(NAME.fullmatch(text), f"iSCSI name at {at}")
        return text.decode(errors="replace")

    def address(self, at, like=None, needed=False):
        found = ipaddress.IPv6Address(self.data[at:at + 16])
        found = found.ipv4_mapped or found
        if int(found) == 0:
            need(not needed, f"no address at {at}")
            return None
        if found.version == 4:
            need(1 <= found.packed[0] <= 223 and found.packed[0] != 127, f"address at {at}")
        else:
            need(found.packed[0] != 0xFF and any(found.packed[:12]), f"address at {at}")
        need(like is None or found.version == ipaddress.ip_address(like).version, f"IP version at {at}")
        return str(found)

    def mac(self, at, needed=False):
        found = self.data[at:at + 6]
        need(not found[0] & 1 and (any(found) or not needed), f"MAC address at {at}")
        return found.hex(":") if any(found) else None


# ---- records, in the order of the document ----

def producer(part, table):
    table["producer"] = part.text(4)


def clock(part, table):
    part.reserved(4, 4)
    table["clock"] = part.named("QQ", 8, "ticks_per_ms", "now")
    need(table["clock"]["ticks_per_ms"], "no clock")


def log(part, table):
    table["log"] = part.named("IQ", 4, "size", "address")
    need(table["log"]["address"] and table["log"]["size"] >= 128 and table["log"]["size"] % 64 == 0, "log")


def nic(part, table):
    pci = {"segment": part.get("H", 8), **part.named("BBB", 5, "bus", "device", "function")}
    need(pci["device"] < 32 and pci["function"] < 8, "PCI location")
    number(part, table["nics"], {
        "pci": pci, **part.named("HHHH", 10, "vendor_id", "device_id", "subsystem_vendor_id", "subsystem_id"),
        "mac": part.mac(18, needed=True), "registers": part.get("Q", 24) or None, "link_megabits": part.get("I", 32) or None,
        "driver": part.text(36)})


def address(part, table):
    own = part.address(8, needed=True)
    found = {**part.named("BB", 5, "nic", "prefix"), "address": own, "gateway": part.address(24, own),
             "dns": [server for server in (part.address(40), part.address(56)) if server], "dhcp_server": part.address(72),
             **part.named("HB", 88, "vlan", "vlan_priority"), **part.named("IQ", 92, "lease_seconds", "lease_acquired"),
             "mtu": part.get("H", 104), "next_hop": part.mac(106), "hostname": part.text(112)}
    part.reserved(91, 1)
    part.reserved(116, 4)
    need(part.get("B", 7) < len(ORIGINS) and found["prefix"] <= (32 if "." in own else 128), "origin or prefix length")
    need(found["vlan"] <= 4094 and found["vlan_priority"] <= 7 and found["mtu"] >= 576, "VLAN or MTU")
    need(found["nic"] < len(table["nics"]), "NIC")
    if found["lease_seconds"] == NO_LEASE:
        found["lease_seconds"] = found["lease_acquired"] = None
    number(part, table["addresses"], {**found, "origin": ORIGINS[part.get("B", 7)]})


def target(part, table):
    found = {"ip": part.get("B", 5), "flags": part.flags("B", 6, "boot", "read-only"), "wwid_type": part.get("B", 7),
             **part.named("HH", 24, "port", "portal_group"), "lun_bytes": part.data[28:36].hex(),
             **part.named("IQ", 36, "block_size", "block_count"), "name": part.name(48),
             "wwid": part.some(52, 64, 0)[0].hex() or None, "chap": "none",
             **{name: part.text(56 + 4 * i) for i, name in enumerate(("serial", "vendor", "product", "revision"))}}
    if found["portal_group"] == UNKNOWN_GROUP:
        found["portal_group"] = None
    need(found["ip"] < len(table["addresses"]), "address")
    found["address"] = part.address(8, table["addresses"][found["ip"]]["address"], needed=True)
    need(found["wwid_type"] in ((1, 2, 3, 8) if found["wwid"] else (0,)), "WWID type")
    need(found["port"] and found["block_count"] and found["block_size"] in (1 << shift for shift in range(9, 17)), "port or size")
    number(part, table["targets"], found)


def number(part, into, found):
    need(part.get("B", 4) == len(into), "index")
    into.append({"index": len(into), **found})


def target_of(part, table):
    need(part.get("B", 4) < len(table["targets"]), "target")
    return table["targets"][part.get("B", 4)]


def session(part, table):
    limits = part.named("IIII", 16, "max_burst", "first_burst", "max_send_segment", "max_receive_segment")
    part.reserved(14, 2)
    need(all(512 <= limit <= 16777215 for limit in limits.values()) and limits["first_burst"] <= limits["max_burst"], "limits")
    need("session" not in target_of(part, table), "a second one")
    need(table["initiator"] in (None, part.name(32)), "another initiator")
    table["initiator"] = part.name(32)
    target_of(part, table)["session"] = {
        "flags": part.flags("B", 5, "immediate-data", "initial-r2t", "header-digest", "data-digest"),
        "isid": part.data[6:12].hex(), "tsih": part.get("H", 12), **limits}


def authentication(part, table):
    part.reserved(6, 2)
    kind, secrets = part.get("B", 5), "secrets" in table["flags"]
    own, reverse = (part.text(8), part.secret(12)), (part.text(16), part.secret(20))
    need(kind in (1, 2) and target_of(part, table)["chap"] == "none", "type, or a second one")
    need(own[0] and bool(own[1]) == secrets, "name or secret")
    need(bool(reverse[0]) == (kind == 2) and bool(reverse[1]) == (kind == 2 and secrets), "reverse name or secret")
    found = {"chap": ("one-way", "mutual")[kind - 1], "chap_name": own[0], "chap_secret": own[1].hex() or None}
    if kind == 2:
        found.update(reverse_name=reverse[0], reverse_secret=reverse[1].hex() or None)
    target_of(part, table).update(found)


def dump_area(part, table):
    part.reserved(5, 1)
    count, of = part.get("H", 6), target_of(part, table)
    need(1 <= count <= 32 and 24 + 16 * count <= len(part.data) and "read-only" not in of["flags"], "extents or target")
    extents = [part.named("QQ", 24 + 16 * i, "lba", "blocks") for i in range(count)]
    places = sorted((extent["lba"], extent["lba"] + extent["blocks"]) for extent in extents)
    need(all(first < end <= of["block_count"] for first, end in places), "blocks of the disk")
    need(all(before[1] <= behind[0] for before, behind in zip(places, places[1:])), "blocks in two extents")
    table["dump_area"] = {"target": part.get("B", 4), "signature": part.data[8:24].hex(), "extents": extents}


READERS = {PRODUCER: producer, CLOCK: clock, LOG: log, NIC: nic, ADDRESS: address, TARGET: target, SESSION: session,
           AUTHENTICATION: authentication, DUMP_AREA: dump_area}


# ---- the table ----

def header_of(data, found_at):
    need(len(data) >= 112 and data[:4] == b"ISDH" and data[36:52] == MAGIC, "no ISDH")
    length = struct.unpack_from("<I", data, 4)[0]
    need(112 <= length <= min(65536, len(data)) and length % 8 == 0, "length")
    data = data[:length]
    part = Part(data, 112, struct.unpack_from("<H", data, 54)[0])
    need((part.get("B", 8), part.get("H", 52), part.get("I", 56)) == (1, 1, length), "revision, major or whole length")
    need(sum(data) & 0xFF == 0 and zlib.crc32(data[:9] + b"\0" + data[10:60] + bytes(4) + data[64:]) == part.get("I", 60), "sums")
    flags, own = part.flags("I", 96, "secrets", "acpi"), part.get("Q", 64)
    need(own == (0 if "acpi" in flags else found_at), "own address")
    need(part.get("Q", 72) and 112 <= part.get("I", 100) <= length and part.get("I", 100) % 8 == 0, "generation or header length")
    part.reserved(104, 8)
    return data, {"length": length, "version": {"major": 1, "minor": part.minor}, "flags": flags, "self": own or None,
                  "generation": part.get("Q", 72), "boot_id": data[80:96].hex(), "producer": None, "initiator": None,
                  "clock": None, "log": None, "nics": [], "addresses": [], "targets": [], "dump_area": None}


def read(data, found_at):
    """The table that begins `data`, which was found at this physical address."""
    data, table = header_of(data, found_at)
    at, seen = struct.unpack_from("<I", data, 100)[0], []
    while at < len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        end = (at + size + 7) & ~7
        need(4 <= size <= len(data) - at and not any(data[at + size:end]), "length of a record, or what is behind it")
        need(kind in READERS or (not kind & 0x8000 and kind ^ 0x8000 not in READERS), "type")
        seen.append(kind)
        if kind in READERS:
            need(seen.count(kind) <= AT_MOST.get(kind, 4), "too many of a kind")
            READERS[kind](Part(data[at:at + size], SIZES[kind], table["version"]["minor"]), table)
        at = end
    need(table["targets"] and all("session" in one for one in table["targets"]), "no target, or one without a session")
    return table


# ---- the flight recorder ----

def read_log(memory):
    """Its lines: ticks, level, text, and whether beginning or end are missing."""
    need(len(memory) >= 64 and memory[:8] == b"SNSTLOG\1", "no log")
    size, slots, rate, last = struct.unpack_from("<IIQQ", memory, 8)
    need(size == 64 and slots and rate and 64 + 64 * slots <= len(memory), "header")
    lines, open_until = [], None  # the number that the last line goes on in
    for one in range(max(1, last - slots + 1), last + 1):
        at = 64 + 64 * ((one - 1) % slots)
        ticks, low, level, flags, length = struct.unpack_from("<QIBBB", memory, at)
        if low != one & 0xFFFFFFFF or length > 48:
            continue
        if open_until != one:
            lines.append({"ticks": ticks, "level": LEVELS[level] if level < 4 else "unknown", "text": "",
                          "headless": bool(flags & 2)})
        lines[-1].update(text=lines[-1]["text"] + memory[at + 16:at + 16 + length].decode("ascii"), cut=bool(flags & 1))
        open_until = one + 1 if flags & 1 else None
    return lines
