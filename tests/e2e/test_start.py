# SPDX-License-Identifier: BSD-2-Clause
"""What goes over the wire between the loader's first packet and the boot sector: as few round trips as there can be."""
import itertools
import struct

from tests.lab import disks, network
from tests.lab.boots import FAILURE
from tests.lab.lab import NBP

# Ethernet II, RFC 791, RFC 9293, RFC 7143: offsets, and what stands there.
IP, IP_PROTOCOL, TCP = 14, 23, 6
ISCSI_PORT, BHS = 3260, 48
OPCODE, AHS_WORDS, DATA_LENGTH, EXPSTATSN, CDB = 0, 4, 5, 28, 32
OPCODE_MASK, SCSI_COMMAND = 0x3F, 0x01
READ_10 = 0x28
OUR_USER_CLASS = b"\x4d\x08sanstrap"  # option 77: no other client's
XID, MESSAGE_TYPE = slice(46, 50), b"\x35\x01"  # of DHCP: where it is in a frame, and how option 53 begins


def sent_to_target(frames):
    """The bytes of the one connection, in order, however often they were sent."""
    pieces, first = {}, None
    for _, frame in frames:
        if len(frame) < IP + 40 or frame[12:14] != b"\x08\x00" or frame[IP_PROTOCOL] != TCP:
            continue
        at = IP + (frame[IP] & 15) * 4
        _, port, sequence = struct.unpack_from(">HHI", frame, at)
        length = struct.unpack_from(">H", frame, IP + 2)[0]
        payload = frame[at + (frame[at + 12] >> 4) * 4:IP + length]
        if port == ISCSI_PORT and payload:
            first = sequence if first is None else first
            offset = (sequence - first) & 0xFFFFFFFF
            pieces[offset] = max(pieces.get(offset, b""), payload, key=len)

    stream = bytearray()
    for offset in sorted(pieces):
        stream[offset:] = pieces[offset]
    return bytes(stream)


def scsi_commands(stream):
    """(CDB, ExpStatSN) of each: those that were sent before any answer to one of them came have the same number."""
    found, at = [], 0
    while at + BHS <= len(stream):
        header = stream[at:at + BHS]
        if header[OPCODE] & OPCODE_MASK == SCSI_COMMAND:
            found.append((header[CDB:CDB + 16], struct.unpack_from(">I", header, EXPSTATSN)[0]))
        data = int.from_bytes(header[DATA_LENGTH:DATA_LENGTH + 3], "big")
        at += BHS + header[AHS_WORDS] * 4 + (data + 3) // 4 * 4
    return found


def dhcp_messages(frames):
    """(transaction, type) of ours, however often each was sent."""
    return {(frame[XID], frame.partition(MESSAGE_TYPE)[2][:1]) for _, frame in frames if OUR_USER_CLASS in frame}


def is_read(command):
    return command[0][0] == READ_10


def is_first_block(command):
    return is_read(command) and command[0][2:6] == bytes(4)


def test_as_few_round_trips_as_there_can_be(lab):
    """
    tgt begins each session with a UNIT ATTENTION, after which all is asked once more, and lets a new one send two commands at
    first. dnsmasq leases in one exchange.
    """
    target = lab.target(disks.sector_disk(lab.path("disk.img"), disks.reader(call_sectors=1, total_calls=1), 16 * disks.MIB))
    lab.dhcp(boot_file="sanstrap.pxe", root_path=target.root_path, words=["--dhcp-rapid-commit"]).publish(NBP)
    wire = lab.network.capture()
    lab.machine(nic="e1000e").expect("^D$", 90, or_fail=FAILURE)

    lab.network.stop_capture()

    frames = network.read_pcap(wire)
    assert len(dhcp_messages(frames)) == 1, dhcp_messages(frames)
    commands = scsi_commands(sent_to_target(frames))
    questions = list(itertools.takewhile(lambda command: not is_read(command), commands))
    assert len({number for _, number in questions}) <= 3, questions
    assert sum(map(is_first_block, commands)) == 1, "the first block has come with a read of the cache's"
