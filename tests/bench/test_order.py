# SPDX-License-Identifier: BSD-2-Clause
"""make order's reckoning, on a small image; and that what the linker reads has the functions of a call."""
from . import order, profile

SYMBOLS = """00000000 00000800 t serve_hooked_call
00000800 00000c00 t cold
00001400 00000100 t e1000_poll.isra.0
00001500 00000100 T e1000_tx_send
"""
LISTING = "   0:\te8 \tcall\n   1504:\tc3 \tret\n"
BASE = 0x7E54000
CALL, COLD, TURN, SENT = (BASE + at for at in (0, 0x800, 0x1400, 0x1500))


def test_jumps_are_counted_once_a_call():
    image, functions = profile.Image(SYMBOLS.replace(" 00000800 t", " t"), LISTING, None), order.Functions(SYMBOLS)
    call = [CALL, SENT, SENT + 4, CALL + 2, CALL, SENT, "write", 0x7C00]
    image.entry[profile.CALL] = 2  # so that 0 is a jump's place only
    found = order.jumps(image, functions, BASE, [CALL + 2, *call, CALL + 2, *call, CALL + 2])
    name, sent = "serve_hooked_call", "e1000_tx_send"
    assert found[name, 0, sent, 0] == 1
    assert found[sent, 4, name, 2] < 0.2


def test_what_jumps_to_each_other_lies_together():
    size = {"a": 4000, "b": 100, "c": 4000, "d": 100}
    wanted = {("a", 0, "b", 0): 1, ("c", 0, "d", 0): 1, ("b", 0, "d", 0): 5}
    best = order.arranged(size, wanted, 2000)
    assert sorted(best) == sorted(size) and abs(best.index("b") - best.index("d")) == 1
    assert order.far(best, size, wanted) <= order.far(sorted(size), size, wanted)


def test_the_script_goes_by_names_without_the_compilers_endings():
    said = order.text(["one", "two.isra.0", "two.cold", "x" * 80]).split("\n")
    assert said[2] == "*(.text.one .text.one.*) *(.text.two .text.two.*)"
    assert max(map(len, said)) <= 200 and said[-1] == ""


def test_what_make_built_was_laid_out():
    with open(order.ORDER, encoding="ascii") as file:
        said = file.read()
    assert f"*(.text.{profile.CALL} " in said and "*(.text.net_poll " in said
