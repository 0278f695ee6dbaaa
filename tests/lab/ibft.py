# SPDX-License-Identifier: BSD-2-Clause
"""
iBFTs made from a description, and what Linux shows of one. Written from the table's layout alone and sharing nothing with the
loader's own producer, so that it can judge it. Little-endian, IPv4 as ::ffff:a.b.c.d, offsets from the table's first byte; a
string ends with a NUL that its length leaves out.
"""
import ipaddress
import re
import struct
from dataclasses import dataclass, field

SIGNATURE = b"iBFT"
HEADER, INITIATOR, NIC, TARGET = 48, 74, 102, 54  # bytes
CONTROL = HEADER  # where it stands
PAIRS = 2  # of NIC and target offsets, which every control structure has
ALIGNMENT = 16
VALID, BOOT = 1, 2  # flags
OTHER, MANUAL, WELL_KNOWN, DHCP, ROUTER = range(5)  # origins of an address
NO_CHAP, ONE_WAY, MUTUAL = range(3)
CHECKSUM = 9


@dataclass
class Nic:
    """`pci` is bus << 8 | device << 3 | function. Empty addresses stay all zero."""
    ip: str
    mac: str
    prefix: int = 24
    origin: int = MANUAL
    gateway: str = ""
    dns: tuple = ()
    dhcp: str = ""
    vlan: int = 0
    pci: int = 0
    host_name: str = ""
    flags: int = VALID | BOOT


@dataclass
class Target:
    """`nic` is the index of the NIC that leads to it."""
    ip: str
    name: str
    port: int = 3260
    lun: bytes = bytes(8)
    nic: int = 0
    chap_type: int = NO_CHAP
    chap_name: str = ""
    secret: str = ""
    reverse_name: str = ""
    reverse_secret: str = ""
    flags: int = VALID | BOOT


@dataclass
class Table:
    """A structure's index is its place in its list."""
    initiator: str
    nics: list = field(default_factory=list)
    targets: list = field(default_factory=list)
    isns: str = ""
    slp: str = ""
    radius: tuple = ()
    initiator_flags: int = VALID | BOOT
    control_flags: int = 0
    oem_id: bytes = b"LABLAB"
    oem_table_id: bytes = b"LABIBFT"


def flat_lun(number):
    """A LUN below 256 as the eight bytes that SCSI makes of it."""
    return bytes([0, number]) + bytes(6)


def address(text):
    """16 bytes."""
    if not text:
        return bytes(16)
    parsed = ipaddress.ip_address(text)
    return parsed.packed if parsed.version == 6 else bytes(10) + b"\xff\xff" + parsed.packed


def summed(data):
    """The same table with the checksum that makes all bytes add up to 0."""
    data = bytearray(data)
    data[CHECKSUM] = 0
    data[CHECKSUM] = -sum(data) & 0xFF
    return bytes(data)


def _aligned(offset):
    return -(-offset // ALIGNMENT) * ALIGNMENT


class _Strings:
    """The strings behind the structures."""

    def __init__(self, begin):
        self.begin = begin
        self.data = b""

    def add(self, text):
        """Length and offset of a string as a structure holds them."""
        if not text:
            return struct.pack("<HH", 0, 0)
        where = self.begin + len(self.data)
        self.data += text.encode() + b"\0"
        return struct.pack("<HH", len(text.encode()), where)


def _structure(number, size, index, flags):
    return struct.pack("<BBHBB", number, 1, size, index, flags)


def _padded(texts, count):
    return [*texts, *[""] * (count - len(texts))]


def _initiator(table, strings):
    servers = [table.isns, table.slp, *_padded(table.radius, 2)]
    return _structure(2, INITIATOR, 0, table.initiator_flags) + b"".join(map(address, servers)) + strings.add(table.initiator)


def _nic(nic, index, strings):
    servers = [nic.gateway, *_padded(nic.dns, 2), nic.dhcp]
    return (_structure(3, NIC, index, nic.flags) + address(nic.ip) + bytes([nic.prefix, nic.origin]) +
            b"".join(map(address, servers)) + struct.pack("<H", nic.vlan) + bytes.fromhex(nic.mac.replace(":", "")) +
            struct.pack("<H", nic.pci) + strings.add(nic.host_name))


def _target(target, index, strings):
    texts = (target.name, target.chap_name, target.secret, target.reverse_name, target.reverse_secret)
    return (_structure(4, TARGET, index, target.flags) + address(target.ip) + struct.pack("<H", target.port) + target.lun +
            bytes([target.chap_type, target.nic]) + b"".join(strings.add(text) for text in texts))


def build(table):
    """The table's bytes: header, control, initiator, NICs, targets, strings."""
    pairs = max(PAIRS, len(table.nics), len(table.targets))
    control_size = 10 + 4 * pairs
    sizes = [INITIATOR] + [NIC] * len(table.nics) + [TARGET] * len(table.targets)
    offsets, at = [], _aligned(CONTROL + control_size)
    for size in sizes:
        offsets.append(at)
        at = _aligned(at + size)

    strings = _Strings(at)
    bodies = [_initiator(table, strings), *[_nic(nic, index, strings) for index, nic in enumerate(table.nics)],
              *[_target(target, index, strings) for index, target in enumerate(table.targets)]]

    words = [0, offsets[0]]
    nics, targets = offsets[1:1 + len(table.nics)], offsets[1 + len(table.nics):]
    for index in range(pairs):
        words += [of[index] if index < len(of) else 0 for of in (nics, targets)]
    control = _structure(1, control_size, 0, table.control_flags) + struct.pack(f"<{len(words)}H", *words)

    data = bytearray(at)
    for offset, body in zip([CONTROL, *offsets], [control, *bodies]):
        data[offset:offset + len(body)] = body
    data += strings.data
    data[:HEADER] = struct.pack("<4sIBB6s8s24x", SIGNATURE, len(data), 1, 0, table.oem_id, table.oem_table_id)
    return summed(data)


def _shown(text):
    """As Linux prints an address: an IPv6 one in full."""
    return ipaddress.ip_address(text).exploded


def _shown_addresses(folder, named):
    return {f"{folder}/{name}": _shown(text) for name, text in named.items()
            if text and not ipaddress.ip_address(text).is_unspecified}


def _sysfs_nic(folder, index, nic):
    dns = _padded(nic.dns, 2)
    shown = {"index": index, "flags": nic.flags, "origin": nic.origin, "vlan": nic.vlan, "mac": nic.mac.lower()}
    if nic.prefix:
        bits = min(nic.prefix, 32)  # Linux makes an IPv4 mask of every prefix
        shown |= {"prefix-len": nic.prefix, "subnet-mask": ipaddress.ip_network(f"0.0.0.0/{bits}").netmask}
    if nic.host_name:
        shown["hostname"] = nic.host_name
    addresses = {"ip-addr": nic.ip, "gateway": nic.gateway, "primary-dns": dns[0], "secondary-dns": dns[1], "dhcp": nic.dhcp}
    return {f"{folder}/{name}": str(value) for name, value in shown.items()} | _shown_addresses(folder, addresses)


def _sysfs_target(folder, index, target):
    shown = {"index": index, "flags": target.flags, "ip-addr": _shown(target.ip), "port": target.port, "target-name": target.name,
             "lun": "".join(f"{byte:x}" for byte in target.lun), "chap-type": target.chap_type, "nic-assoc": target.nic}
    if target.chap_name:
        shown |= {"chap-name": target.chap_name, "chap-secret": target.secret}
    if target.reverse_name:
        shown |= {"rev-chap-name": target.reverse_name, "rev-chap-name-secret": target.reverse_secret}
    return {f"{folder}/{name}": str(value) for name, value in shown.items()}


def expected_sysfs(table):
    """What Linux 6.1 has below /sys/firmware/ibft for this table: path → value, whole and with nothing beside it."""
    radius = _padded(table.radius, 2)
    shown = {"acpi_header/signature": SIGNATURE.decode(), "acpi_header/oem_id": table.oem_id.decode(),
             "acpi_header/oem_table_id": table.oem_table_id.decode(), "initiator/index": "0",
             "initiator/flags": str(table.initiator_flags), "initiator/initiator-name": table.initiator}
    shown |= _shown_addresses("initiator", {"isns-server": table.isns, "slp-server": table.slp, "pri-radius-server": radius[0],
                                            "sec-radius-server": radius[1]})
    for index, nic in enumerate(table.nics):
        shown |= _sysfs_nic(f"ethernet{index}", index, nic)
    for index, target in enumerate(table.targets):
        shown |= _sysfs_target(f"target{index}", index, target)
    return shown


def printed_sysfs(text):
    """The same from a serial line's text, where the lab's initramfs prints it."""
    return dict(re.findall(r"^IBFT ([^=\n]+)=(.*)$", text, re.MULTILINE))
