# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's log out of a saved core: printk's ring as Linux 5.10 and later have it, made here, and spoilt."""
import struct

import pytest

from tests.savecore.disks import DONE, disk_with_area, run

DIRECT, KERNEL, PHYS_BASE = 0xFFFF888000000000, 0xFFFFFFFF80000000, 0x1200000
PRB = KERNEL + 0x2000            # in the kernel's image, which is in the second segment
RING, DESCS, INFOS = PRB + 0x100, DIRECT + 0x1000, DIRECT + 0x8000
TEXT = DIRECT + 0x10000
COUNT_BITS, SIZE_BITS = 3, 9
COMMITTED, FINALIZED, REUSABLE = 1, 2, 3
LAYOUT = {
    "SIZE(printk_ringbuffer)": 80, "OFFSET(printk_ringbuffer.desc_ring)": 0, "OFFSET(printk_ringbuffer.text_data_ring)": 40,
    "OFFSET(prb_desc_ring.count_bits)": 0, "OFFSET(prb_desc_ring.descs)": 8, "OFFSET(prb_desc_ring.infos)": 16,
    "OFFSET(prb_desc_ring.head_id)": 24, "OFFSET(prb_desc_ring.tail_id)": 32, "SIZE(prb_desc)": 24,
    "OFFSET(prb_desc.state_var)": 0, "OFFSET(prb_desc.text_blk_lpos)": 8, "OFFSET(prb_data_blk_lpos.begin)": 0,
    "OFFSET(prb_data_blk_lpos.next)": 8, "SIZE(printk_info)": 88, "OFFSET(printk_info.ts_nsec)": 8,
    "OFFSET(printk_info.text_len)": 16, "OFFSET(prb_data_ring.size_bits)": 0, "OFFSET(prb_data_ring.data)": 8,
    "OFFSET(atomic_long_t.counter)": 0,
}
RECORDS = [(0, b"Linux version 6.1.0"), (1_234_567_890, b"two\nlines"), (2_000_000_000, b""),
           (3_000_000_000, b"bell \x07 and \xc3\xa9"),
           (12345_678_901_234, b"Kernel panic - not syncing: sysrq triggered crash")]


class Kernel:
    """Two pieces of memory: low memory by the direct map, the kernel's image by its physical address."""

    def __init__(self):
        self.low, self.image = bytearray(0x12000), bytearray(0x4000)
        self.layout = {**LAYOUT, "NUMBER(phys_base)": PHYS_BASE, "SYMBOL(prb)": f"{PRB:x}"}

    def put(self, address, content):
        memory, base = (self.image, KERNEL) if address >= KERNEL else (self.low, DIRECT)
        memory[address - base:address - base + len(content)] = content

    def ring(self, tail, head, count_bits=COUNT_BITS, size_bits=SIZE_BITS):
        self.put(PRB, struct.pack("<Q", RING))
        self.put(RING, struct.pack("<IxxxxQQQQ", count_bits, DESCS, INFOS, head, tail))
        self.put(RING + 40, struct.pack("<IxxxxQQQ", size_bits, TEXT, 0, 0))

    def record(self, number, begin, following, time, length, state=FINALIZED):
        index = number % (1 << COUNT_BITS)
        self.put(DESCS + 24 * index, struct.pack("<QQQ", state << 62 | number, begin, following))
        self.put(INFOS + 88 * index, struct.pack("<QQH", number, time, length))

    def log(self, records, first=0, at=0):
        """Texts as the kernel lays them out: one that does not fit before the ring's end begins at its start."""
        size = 1 << SIZE_BITS
        for number, (time, text) in enumerate(records, first):
            whole = (8 + len(text) + 7) // 8 * 8
            begin, following = at, at + whole
            if begin // size != following // size:
                following = following // size * size + whole
                place = 0
            else:
                place = begin % size
            if text:
                self.put(TEXT + place, struct.pack("<Q", number) + text)
                at = following
            else:
                begin = following = 3
            self.record(number, begin, following, time, len(text))
        self.ring(first, first + len(records) - 1)

    def core(self):
        info = "".join(f"{key}={value}\n" for key, value in self.layout.items()).encode()
        note = struct.pack("<III", 11, len(info), 0) + b"VMCOREINFO\0\0" + info + bytes(-len(info) % 4)
        other = struct.pack("<III", 5, 8, 1) + b"CORE\0\0\0\0" + bytes(8)
        notes = other + note
        pieces = [(4, 0, 0, notes), (1, DIRECT, 0, self.low), (1, 0, PHYS_BASE, self.image)]
        header = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 4, 62, 1, 0, 64, 0, 0, 64, 56, len(pieces),
                             0, 0, 0)
        at, body = 4096, b""
        for kind, virtual, physical, content in pieces:
            header += struct.pack("<IIQQQQQQ", kind, 7, at + len(body), virtual, physical, len(content), len(content), 0)
            body += bytes(content)
        return header.ljust(4096, b"\0") + body


def dmesg(folder, core, **members):
    """The log that was saved beside a core, None when there is none; and the complaints."""
    disk, area = disk_with_area(folder)
    assert run("--prepare", "--partition=2", disk)[0] == DONE
    area.dump(core, **members)
    status, _, err = run("--save", f"--directory={folder}/crash", disk)
    assert status == DONE, "a dump without its log is a dump"
    saved, = (folder / "crash").iterdir()
    assert (saved / "vmcore").read_bytes() == core
    file = saved / "dmesg"
    return (file.read_text() if file.exists() else None), err


def test_lines_as_dmesg_has_them(tmp_path):
    kernel = Kernel()
    kernel.log(RECORDS)
    assert dmesg(tmp_path, kernel.core())[0] == ("[    0.000000] Linux version 6.1.0\n"
                                                 "[    1.234567] two\n"
                                                 "               lines\n"
                                                 "[    2.000000] \n"
                                                 "[    3.000000] bell \\x07 and \\xc3\\xa9\n"
                                                 "[12345.678901] Kernel panic - not syncing: sysrq triggered crash\n")


@pytest.mark.parametrize("first,at", ((5, 0), (2**62 - 3, 0), (1000, 480), (1000, 2**40 + 472), (7, 512 - 32), (7, 512 - 24)))
def test_rings_that_have_gone_round(tmp_path, first, at):
    kernel = Kernel()
    records = [(number * 10**9, f"record {number} ".encode() * 3) for number in range(8)]
    kernel.log([(time, text) for time, text in records if first + 7 < 2**62] or records[:3], first, at)
    log, _ = dmesg(tmp_path, kernel.core())
    texts = [line.split("] ")[1] for line in log.splitlines()]
    assert texts == [text.decode() for _, text in records][:len(texts)]
    assert len(texts) == (8 if first + 7 < 2**62 else 3)


def test_records_that_are_not_there_are_passed_over(tmp_path):
    kernel = Kernel()
    kernel.log(RECORDS)
    kernel.record(1, 0, 32, 0, 10, REUSABLE)
    kernel.record(3, 0, 32, 0, 10, COMMITTED)
    kernel.put(DESCS + 24 * 4, struct.pack("<Q", FINALIZED << 62 | 12))  # of another round
    log, _ = dmesg(tmp_path, kernel.core())
    assert [line[15:] for line in log.splitlines()] == ["Linux version 6.1.0", "", "Linux vers"]


def spoil(kernel, how):
    if how == "no note":
        return kernel.core().replace(b"VMCOREINFO", b"VMCOREINFA"), {}
    if how == "no ring":
        del kernel.layout["OFFSET(prb_desc_ring.descs)"]
    elif how == "an offset beyond any":
        kernel.layout["SIZE(prb_desc)"] = 1 << 40
    elif how == "the symbol is elsewhere":
        kernel.layout["SYMBOL(prb)"] = "ffffffffc0000000"
    elif how == "the ring is elsewhere":
        kernel.put(PRB, b"\xff" * 8)
    elif how == "the descriptors are elsewhere":
        kernel.put(RING + 8, b"\xff" * 7)
    elif how == "too many records":
        kernel.ring(0, 4, count_bits=40)
    elif how == "too much text":
        kernel.ring(0, 4, size_bits=64)
    elif how == "empty":
        kernel.ring(100, 4)
    elif how == "no core":
        return b"no ELF core" * 1000, {}
    elif how == "kdump":
        return kernel.core(), {"format": 2}
    elif how == "another machine":
        return kernel.core()[:18] + b"\xb7\0" + kernel.core()[20:], {}
    elif how == "short":
        return kernel.core()[:40], {}
    elif how == "program headers elsewhere":
        return kernel.core()[:32] + b"\xff" * 8 + kernel.core()[40:], {}
    elif how == "a note without end":
        core = kernel.core()
        return core[:4096] + b"\xff" * 8 + core[4104:], {}
    return kernel.core(), {}


@pytest.mark.parametrize("how", ("no note", "no ring", "an offset beyond any", "the symbol is elsewhere", "the ring is elsewhere",
                                 "the descriptors are elsewhere", "too many records", "too much text", "empty", "no core",
                                 "kdump", "another machine", "short", "program headers elsewhere", "a note without end"))
def test_cores_without_a_log(tmp_path, how):
    kernel = Kernel()
    kernel.log(RECORDS)
    core, members = spoil(kernel, how)
    log, err = dmesg(tmp_path, core, **members)
    assert log is None
    assert "no kernel log was taken out of the dump" in err


@pytest.mark.parametrize("begin,following,length", ((0, 2**64 - 2, 65535), (2**64 - 16, 8, 40), (0, 4, 40), (504, 512, 40),
                                                    (0, 512, 65535), (8, 0, 9)))
def test_positions_that_cannot_be(tmp_path, begin, following, length):
    """Whatever comes of that record, the others are there and the tool is well."""
    kernel = Kernel()
    kernel.log(RECORDS)
    kernel.record(2, begin, following, 2_000_000_000, length)
    log, _ = dmesg(tmp_path, kernel.core())
    assert "Linux version 6.1.0\n" in log and "sysrq triggered crash\n" in log
