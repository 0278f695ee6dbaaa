# SPDX-License-Identifier: BSD-2-Clause
"""make profile's reckoning, on a small image; and that the image which make builds has the functions that it goes by."""
import pytest

from . import profile

SYMBOLS = """00000000 t serve_hooked_call
00000010 t e1000_poll
00000020 t receive_frame
00000028 T e1000_tx_send
00000030 d card
"""
LISTING = "".join(f"   {at:x}:\t90 \t{'rdtsc' if at == 0x12 else 'nop'}\n" for at in range(0, 0x30, 2))
SOURCES = ((0x28, "e1000_tx_send", "nicdrv/e1000_tx"), (0x20, "receive_frame", "net/link"), (0x10, "e1000_poll", "nicdrv/e1000"),
           (0, "serve_hooked_call", "bios/int13_hook"))
BASE = 0x7E54000
CALL, TURN, RECEIVED, SENT = (BASE + at for at in (0, 0x10, 0x20, 0x28))


def source(addresses):
    return [next((name, file) for begin, name, file in SOURCES if address >= begin) for address in addresses]


@pytest.fixture
def image():
    return profile.Image(SYMBOLS, LISTING, source)


def test_places(image):
    found = profile.places(image, BASE, {CALL + 7, SENT + 6, 0x7C00, 0x9F000, 0xF1000})
    assert found == {CALL + 7: ("serve_hooked_call", "bios/int13_hook"), SENT + 6: ("e1000_tx_send", "nicdrv/e1000_tx"),
                     0x9F000: ("block", "bios/realmode"), 0xF1000: ("BIOS", "the BIOS")}
    assert image.base({CALL + 2, TURN + 4, SENT + 6}) == BASE


def test_whole_calls_are_counted_and_turns_in_vain_apart(image):
    vain = [TURN, TURN + 2, TURN + 4]
    call = [CALL, SENT, "write", *vain, TURN, TURN + 2, RECEIVED, "read", CALL + 8, 0x7C00, 0x9F000, 0xF1000]
    steps = [SENT, *call, *call, CALL, SENT]
    found = profile.counted(image, steps)
    assert (found["calls"], found["idle_turn"]) == (2, 3)
    assert found["instructions"] == 8
    assert (found["frames_in"], found["frames_out"], found["registers_read"], found["registers_written"]) == (1, 1, 1, 1)
    assert found["clock_reads"] == 1
    assert found["rooms"] == {"bios": 3, "nicdrv": 3, "net": 1, "the BIOS": 1}
    assert "| 8.00 |" in profile.text({"read-512": found}, {"read-512": 512})


def test_what_is_looked_up():
    listing = "   0:\tc3 \tret\n   2:\tff e0 \tjmp    *%eax\n   4:\teb fe \tjmp    4\n"
    image = profile.Image(SYMBOLS, listing, source)
    assert image.leaves == {0, 2}
    steps = [BASE, BASE + 4, "read", BASE + 2, BASE + 4, BASE + 4, BASE + profile.PAGE, 0x7C00]
    assert profile.looked_up(image, BASE, steps) == 4


def test_a_short_log_is_refused(image):
    with pytest.raises(ValueError, match="1 calls in the log"):
        profile.counted(image, [CALL, TURN, SENT])


def test_the_log_is_read():
    lines = ["Trace 0: 0x7f10c0 [00000000/0000000007e54010/000000b3/ff010001] \n", "linking tbs\n",
             "1234@1700000000.1:memory_region_ops_write cpu 0 mr 0x55 addr 0xfebc3818 value 0x1 size 4 name 'e1000-mmio'\n",
             "memory_region_ops_read cpu 0 mr 0x55 addr 0x3f8 value 0x1 size 1 name 'serial'\n"]
    assert list(profile.read(lines)) == [0x7E54010, "write"]


def test_what_make_built_has_the_landmarks():
    image = profile.of_build()
    assert {profile.CALL, profile.TURN, profile.RECEIVED, profile.SENT} <= set(image.entry)
    assert image.clock_reads
    assert image.source([image.entry[profile.SENT]]) == [(profile.SENT, "nicdrv/e1000_tx")]


def test_what_a_call_runs_lies_together():
    """bios/image.ld: another order costs an emulated CPU a search for each page."""
    entries = [profile.of_build().entry[name] for name in (profile.CALL, profile.TURN, profile.RECEIVED, profile.SENT)]
    assert max(entries) - min(entries) < 80 * 1024
