# SPDX-License-Identifier: BSD-2-Clause
"""sanstrap-handoff over raw memory images: which tables it finds there and which of them count, and the flight recorder."""
import json
import struct

import pytest

from tests.handoff.tables import INVALID, TROUBLE, VALID, changed, ibft, image, isdh, log, report, run, sealed

MIB = 0x100000
COUNTS, SUPERSEDED, PASSED_OVER = "counts", "superseded", "passed-over"
IBFT = ibft("plain")
FORGED = IBFT[:9] + bytes([IBFT[9] ^ 1]) + IBFT[10:]  # does not add up
BIFT = sealed(b"BIFT" + IBFT[4:])


def scan(tmp_path, memory, *options):
    status, found = report(tmp_path, memory, *options, kind="image")
    assert found["size"] == len(memory)
    assert run(*options, tmp_path / "image")[0] == status
    return status, [(table["table"], table["address"], table["valid"], table["role"]) for table in found["tables"]]


def choices(tmp_path):
    return [table["address"] for table in json.loads(run("--json", tmp_path / "image")[1])["tables"] if table["linux_choice"]]


# ---- ISDH ----

def test_of_two_generations_the_higher_one_counts(tmp_path):
    memory = image(MIB, (0x9A000, isdh("plain", 0x9A000, generation=9)), (0x9D000, isdh("plain", 0x9D000, generation=8)))
    assert scan(tmp_path, memory) == (VALID, [("ISDH", 0x9A000, True, COUNTS), ("ISDH", 0x9D000, True, SUPERSEDED)])


def test_a_table_that_is_not_where_it_says_is_passed_over(tmp_path):
    memory = image(MIB, (0x8000, isdh("plain", 0x9D000, generation=9)), (0x9D000, isdh("plain", 0x9D000)))
    assert scan(tmp_path, memory) == (VALID, [("ISDH", 0x8000, False, PASSED_OVER), ("ISDH", 0x9D000, True, COUNTS)])


def test_nothing_but_a_table_that_is_not_where_it_says(tmp_path):
    status, tables = scan(tmp_path, image(MIB, (0x8000, isdh("plain", 0x9D000))))
    assert (status, tables) == (INVALID, [("ISDH", 0x8000, False, COUNTS)])
    assert "own address at 40h is 9d000h; allowed: where the table lies" in run(tmp_path / "image")[1]


def test_the_base_moves_where_a_table_has_to_be(tmp_path):
    memory = image(0x20000, (0x1D000, isdh("plain", 0x9D000)))
    assert scan(tmp_path, memory, "--base", "0x80000") == (VALID, [("ISDH", 0x9D000, True, COUNTS)])
    assert scan(tmp_path, memory, "--base", "524288")[0] == VALID
    assert scan(tmp_path, memory, "--base", "0x70000")[0] == INVALID


def test_steps_are_multiples_of_16_of_the_address_and_not_of_the_file(tmp_path):
    memory = image(0x1000, (0x108, isdh("plain", 0x9D100)))
    assert scan(tmp_path, memory, "--base", "0x9cff8") == (VALID, [("ISDH", 0x9D100, True, COUNTS)])
    assert scan(tmp_path, memory, "--base", "0x9d000") == (INVALID, [])


def test_a_copy_that_went_to_acpi_is_taken_wherever_it_lies(tmp_path):
    memory = image(MIB, (0x12340, isdh("plain", 0, "acpi")))
    assert scan(tmp_path, memory) == (VALID, [("ISDH", 0x12340, True, COUNTS)])


def test_with_a_base_even_a_table_by_itself_is_an_image(tmp_path):
    assert scan(tmp_path, isdh("plain", 0x9D000), "--base", "0x9D000") == (VALID, [("ISDH", 0x9D000, True, COUNTS)])


def test_broken_tables_do_not_end_the_search(tmp_path):
    good = isdh("plain", 0xF000)
    memory = image(MIB, (0x1000, good[:300]), (0x2000, changed(good, 4, b"\xff\xff\xff\x7f")),
                   (0x3000, changed(good, 100, b"\xff\xff")), (0xF000, good))
    assert scan(tmp_path, memory) == (VALID, [("ISDH", 0x1000, False, PASSED_OVER), ("ISDH", 0x3000, False, PASSED_OVER),
                                              ("ISDH", 0xF000, True, COUNTS)])


# ---- iBFT ----

def test_in_low_memory_a_forged_one_counts_as_linux_takes_it(tmp_path):
    memory = image(MIB, (0x85000, FORGED), (0x9D000, IBFT))
    assert scan(tmp_path, memory) == (INVALID, [("iBFT", 0x85000, False, COUNTS), ("iBFT", 0x9D000, True, COUNTS)])
    assert choices(tmp_path) == [0x85000]
    text = run(tmp_path / "image")[1]
    assert "finds this one first" in text
    assert text.count("\n\n") == 1 and "\n\niBFT at 0x9d000, " in text


def test_elsewhere_only_what_adds_up_is_a_table(tmp_path):
    wrong = changed(IBFT, 8, b"\2")
    memory = image(4 * MIB, (0x7FFF0 - 0x1000, FORGED), (0x85000, IBFT), (0xA8000, FORGED), (0xC8000, BIFT), (0x100000, FORGED),
                   (0x200000, wrong))
    assert scan(tmp_path, memory) == (INVALID, [("iBFT", 0x85000, True, COUNTS), ("iBFT", 0xC8000, True, COUNTS),
                                                ("iBFT", 0x200000, False, COUNTS)])
    assert choices(tmp_path) == [0x85000]


def test_what_reaches_beyond_1_mib_is_not_for_linux(tmp_path):
    memory = image(2 * MIB, (0xFFFF0, IBFT), (0xFFE00, BIFT))
    assert scan(tmp_path, memory)[1] == [("iBFT", 0xFFE00, True, COUNTS), ("iBFT", 0xFFFF0, True, COUNTS)]
    assert choices(tmp_path) == [0xFFE00]


def test_the_signature_alone_is_no_table(tmp_path):
    lengths = {0x1000: 0, 0x2000: 64, 0x3000: 65536, 0x4000: 0xFFFFFFFF, 0xA8000: 0, 0x98000: 0xFFFFFFFF, 0xFFFE0: 48}
    memory = image(MIB, *((at, b"iBFT" + struct.pack("<I", length)) for at, length in lengths.items()), (0xFFFF0, b"ISDH"))
    assert scan(tmp_path, memory) == (INVALID, [])


@pytest.mark.parametrize("length", (0, 47, 48, 65, 0x6FFFF))
def test_a_signature_in_low_memory_keeps_linux_from_the_table_behind(tmp_path, length):
    memory = image(MIB, (0x90000, b"iBFT" + struct.pack("<I", length)), (0x98000, b"iBFT" + bytes(4)), (0x9D000, IBFT))
    assert scan(tmp_path, memory) == (INVALID, [("iBFT", 0x90000, False, COUNTS), ("iBFT", 0x9D000, True, COUNTS)])
    assert choices(tmp_path) == [0x90000]
    assert "header: length at 04h is " in run(tmp_path / "image")[1]


@pytest.mark.parametrize("cut", (1, 4, 16, 47, 100, 389))
def test_an_image_that_ends_within_a_table(tmp_path, cut):
    for table in (IBFT, isdh("plain", 0x8F000)):
        memory = (bytes(0x1000) + table)[:0x1000 + cut]
        assert scan(tmp_path, memory, "--base", "0x8E000")[0] == INVALID


def test_a_large_image_is_mapped(tmp_path):
    """2 GiB with holes: read into memory, or a byte at a time, it would not end in time."""
    file = tmp_path / "image"
    with open(file, "wb") as to:
        to.truncate(2 << 30)
        for at, table in ((0x9D000, isdh("plain")), ((2 << 30) - len(IBFT) // 16 * 16 - 16, IBFT)):
            to.seek(at)
            to.write(table)
    status, out, _ = run("--json", file)
    assert status == VALID
    assert [table["table"] for table in json.loads(out)["tables"]] == ["ISDH", "iBFT"]
    file.unlink()


# ---- the flight recorder ----

LONG = "a line of more than one slot: " + "0123456789" * 10
LOG_AT, LOG_SIZE = 0x9E000, 0x400


def with_log(content, **more):
    return image(MIB, (0x9D000, isdh("plain", 0x9D000, log=(LOG_AT, LOG_SIZE), **more)), (LOG_AT, content))


def read_log(tmp_path, memory, *options, status=VALID):
    ended, found = report(tmp_path, memory, "--log", *options, kind="image")
    assert ended == status
    assert run("--log", *options, tmp_path / "image")[0] == status
    return found["log"]


def texts(found):
    return [(line["level"], line["text"], line["cut"]) for line in found["lines"]]


def test_lines_with_levels_and_times(tmp_path):
    found = read_log(tmp_path, with_log(log(["2 link is up", f"3 {LONG}", "1 no answer", "0 gone"])))
    assert texts(found) == [("info", "link is up", False), ("detail", LONG, False), ("warning", "no answer", False),
                            ("error", "gone", False)]
    assert [line["milliseconds"] for line in found["lines"]] == [0, 1, 2, 3]
    assert [line["ticks"] - found["lines"][0]["ticks"] for line in found["lines"]] == [0, 1000000, 2000000, 3000000]
    assert (found["address"], found["ticks_per_ms"], found["slots"], found["written"]) == (LOG_AT, 1000000, 15, 6)
    assert (found["boot_id"], found["of_another_boot"]) == ("b0071d" + "00" * 13, False)


def test_the_log_as_text(tmp_path):
    file = tmp_path / "image"
    file.write_bytes(with_log(log(["2 link is up", "1 no answer"])))
    assert run("--log", file) == (VALID, """\
Flight recorder at 0x9e000
  Boot id:  b0071d00000000000000000000000000
  Clock:    1000000 ticks per millisecond
  Slots:    15, 2 written
       0.000  info     link is up
       0.001  warning  no answer
""", "")


def test_a_ring_that_has_wrapped(tmp_path):
    found = read_log(tmp_path, with_log(log([f"2 line {i}" for i in range(100)] + [f"2 {LONG}"])))
    assert texts(found) == [("info", f"line {i}", False) for i in range(88, 100)] + [("info", LONG, False)]
    assert found["written"] == 103


def test_a_torn_slot_cuts_its_line(tmp_path):
    content = bytearray(log(["2 before", f"2 {LONG}", "2 after"]))
    struct.pack_into("<I", content, 64 + 2 * 64 + 8, 0)  # the number of the third slot, the second of the long line
    found = read_log(tmp_path, with_log(bytes(content)))
    assert texts(found) == [("info", "before", False), ("info", LONG[:48], True), ("info", LONG[96:], False),
                            ("info", "after", False)]
    assert [line["headless"] for line in found["lines"]] == [False, False, True, False]
    text = run("--log", tmp_path / "image")[1]
    assert f"{LONG[:48]} [...]\n" in text and f"  [...] {LONG[96:]}\n" in text


def test_a_ring_that_begins_within_a_line(tmp_path):
    found = read_log(tmp_path, with_log(log([f"2 {LONG}"] + [f"2 line {i}" for i in range(14)])))
    first, second = found["lines"][:2]
    assert (first["text"], first["headless"], first["cut"]) == (LONG[96:], True, False)
    assert (second["text"], second["headless"], second["cut"]) == ("line 0", False, False)


def test_a_line_that_was_being_written(tmp_path):
    content = bytearray(log([f"2 {LONG}"]))
    struct.pack_into("<Q", content, 24, 2)
    assert texts(read_log(tmp_path, with_log(bytes(content)))) == [("info", LONG[:96], True)]


def test_slots_of_any_bytes(tmp_path):
    content = bytearray(log(["2 one", "2 two", "2 three"]))
    content[64 + 16:64 + 20] = b"\x1b[2J"
    content[128 + 12] = 200  # level
    struct.pack_into("<Q", content, 192, 5)  # earlier than the first
    content[192 + 14] = 255  # longer than a slot: passed over
    struct.pack_into("<Q", content, 128, 5)
    found = read_log(tmp_path, with_log(bytes(content)))
    assert texts(found) == [("info", "?[2", False), ("unknown", "two", False)]
    assert found["lines"][1]["milliseconds"] is None


def test_a_line_that_never_ends(tmp_path):
    size = 64 + 64 * 1000
    content = bytearray(log(["2 " + "x" * 48] * 1000, size))
    for slot in range(1000):
        content[64 + 64 * slot + 13] = 1
    found = read_log(tmp_path, image(2 * MIB, (MIB, content)))
    assert "".join(line["text"] for line in found["lines"]) == "x" * 48000
    assert all(line["cut"] and len(line["text"]) < 5000 for line in found["lines"])


def test_a_log_that_no_table_tells_of(tmp_path):
    found = read_log(tmp_path, image(MIB, (0x5550, b"SNSTLOG\x01" + bytes(56)), (0x77770, log(["2 alone"]))))
    assert (found["address"], texts(found)) == (0x77770, [("info", "alone", False)])


def test_the_log_is_that_of_the_highest_generation(tmp_path):
    memory = image(MIB, (0x8000, isdh("plain", 0x8000, generation=1, log=(0x10000, LOG_SIZE))), (0x10000, log(["2 old"])),
                   (0x9000, isdh("plain", 0x9000, generation=2, log=(0x20000, LOG_SIZE))), (0x20000, log(["2 new"])))
    assert texts(read_log(tmp_path, memory)) == [("info", "new", False)]


def test_a_log_of_another_boot_is_shown_and_told(tmp_path):
    content = bytearray(log(["2 text"]))
    content[32] ^= 1
    found = read_log(tmp_path, with_log(bytes(content)), status=INVALID)
    assert (found["of_another_boot"], texts(found)) == (True, [("info", "text", False)])
    assert "Of another boot than ISDH:  yes" in run("--log", tmp_path / "image")[1]


@pytest.mark.parametrize("place,says", [
    ((2 * MIB, LOG_SIZE), "the log is at 0x200000, 1024 bytes, but the image has 0x0 and 1048576 bytes from there"),
    ((MIB - 512, LOG_SIZE), "but the image has"),
    ((0xFFFFFFFFFFFF0000, LOG_SIZE), "but the image has"),
    ((0x50000, LOG_SIZE), "at 0x50000, where ISDH says that the log is, there is none"),
])
def test_no_log_where_it_should_be(tmp_path, place, says):
    memory = image(MIB, (0x9D000, isdh("plain", 0x9D000, log=place)))
    assert read_log(tmp_path, memory, status=INVALID) is None
    assert says in run("--log", tmp_path / "image")[2]


def test_no_log_at_all(tmp_path):
    assert read_log(tmp_path, bytes(0x1000), status=INVALID) is None
    assert "no ISDH that tells of a log, and no log" in run("--log", tmp_path / "image")[2]


@pytest.mark.parametrize("offset,new", [(8, b"\x41"), (12, bytes(4)), (12, b"\xff" * 4), (16, bytes(8))],
                         ids=("slot size", "no slots", "too many slots", "no clock"))
def test_a_log_whose_header_is_wrong(tmp_path, offset, new):
    content = bytearray(log(["2 text"]))
    content[offset:offset + len(new)] = new
    assert read_log(tmp_path, with_log(bytes(content)), status=INVALID) is None


def test_a_log_that_has_counted_far(tmp_path):
    content = bytearray(log(["2 text"] * 15))
    struct.pack_into("<Q", content, 24, 2**64 - 1)
    assert read_log(tmp_path, with_log(bytes(content)))["lines"] == []


def test_a_base_that_leaves_no_room_for_the_log(tmp_path):
    (tmp_path / "image").write_bytes(bytes(64))
    assert run("--log", "--base", "0xffffffffffffffff", tmp_path / "image")[0] == TROUBLE
