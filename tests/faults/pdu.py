# SPDX-License-Identifier: BSD-2-Clause
"""iSCSI PDUs as bytes (RFC 7143 section 11), both digests, and the CRC32C that these are (section 13.1)."""
import struct

BHS_LENGTH = 48
RESERVED = 0xFFFFFFFF

# Initiator's opcodes.
NOP_OUT, SCSI_COMMAND, TASK_MANAGEMENT, LOGIN, TEXT, DATA_OUT, LOGOUT = 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
# Target's opcodes.
NOP_IN, SCSI_RESPONSE, TASK_MANAGEMENT_RESPONSE, LOGIN_RESPONSE, TEXT_RESPONSE = 0x20, 0x21, 0x22, 0x23, 0x24
DATA_IN, LOGOUT_RESPONSE, R2T, ASYNC, REJECT = 0x25, 0x26, 0x31, 0x32, 0x3F
IMMEDIATE = 0x40

FINAL = 0x80
READ, WRITE = 0x40, 0x20                 # SCSI Command
OVERFLOW, UNDERFLOW, STATUS = 4, 2, 1    # SCSI Response and Data-In; STATUS in Data-In alone
TRANSIT, CONTINUE = 0x80, 0x40           # Login


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc_table()


def crc32c(data):
    table, crc = _TABLE, 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def padded(data):
    return bytes(data) + bytes(-len(data) % 4)


class Pdu:
    """Header fields by offset; the data segment apart from it."""

    def __init__(self, opcode=0, flags=FINAL, header=None, data=b""):
        self.header = bytearray(header if header is not None else BHS_LENGTH)
        self.data = data
        if header is None:
            self.header[0], self.header[1] = opcode, flags

    @property
    def opcode(self):
        return self.header[0] & 0x3F

    @property
    def immediate(self):
        return bool(self.header[0] & IMMEDIATE)

    @property
    def flags(self):
        return self.header[1]

    @property
    def lun(self):
        return bytes(self.header[8:16])

    def get(self, offset):
        """A 32-bit field."""
        return struct.unpack_from(">I", self.header, offset)[0]

    def put(self, *pairs):
        """put(offset, value, offset, value, …) of 32-bit fields; returns itself."""
        for offset, value in zip(pairs[::2], pairs[1::2]):
            struct.pack_into(">I", self.header, offset, value & 0xFFFFFFFF)
        return self

    def encode(self, header_digest=False, data_digest=False):
        self.header[5:8] = len(self.data).to_bytes(3, "big")
        out = bytes(self.header)
        if header_digest:
            out += crc32c(out).to_bytes(4, "little")
        if self.data:
            body = padded(self.data)
            out += body
            if data_digest:
                out += crc32c(body).to_bytes(4, "little")
        return out


ITT, TTT, CMDSN, EXPSTATSN = 16, 20, 24, 28          # what an initiator sends
STATSN, EXPCMDSN, MAXCMDSN = 24, 28, 32              # what a target sends
EDTL = 20                                            # SCSI Command, in TTT's place
DATASN, OFFSET, RESIDUAL = 36, 40, 44                # Data-In, Data-Out, R2T; RESIDUAL is R2T's desired length
CDB = 32


def set_residual(response, expected, moved):
    response.header[1] &= ~(OVERFLOW | UNDERFLOW)
    if moved < expected:
        response.header[1] |= UNDERFLOW
    elif moved > expected:
        response.header[1] |= OVERFLOW
    return response.put(RESIDUAL, abs(expected - moved))


def collapse(last_data_in, response):
    """The final Data-In with the status of the response in it (section 11.7.3)."""
    last_data_in.header[1] |= STATUS | response.header[1] & (OVERFLOW | UNDERFLOW)
    last_data_in.header[3] = response.header[3]
    return last_data_in.put(STATSN, response.get(STATSN), RESIDUAL, response.get(RESIDUAL))


class DigestError(Exception):
    pass


def read_exactly(stream, length):
    parts = bytearray()
    while len(parts) < length:
        piece = stream.recv(length - len(parts))
        if not piece:
            raise EOFError
        parts += piece
    return bytes(parts)


def read_pdu(stream, header_digest=False, data_digest=False):
    header = read_exactly(stream, BHS_LENGTH)
    ahs = read_exactly(stream, header[4] * 4)
    if header_digest and read_exactly(stream, 4) != crc32c(header + ahs).to_bytes(4, "little"):
        raise DigestError("header digest")
    length = int.from_bytes(header[5:8], "big")
    data = read_exactly(stream, (length + 3) & ~3) if length else b""
    if length and data_digest and read_exactly(stream, 4) != crc32c(data).to_bytes(4, "little"):
        raise DigestError("data digest")
    return Pdu(header=header, data=data[:length])
