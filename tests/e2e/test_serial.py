# SPDX-License-Identifier: BSD-2-Clause
"""What goes over a serial line, when the firmware uses it as its console, too, and which keys count."""
import pytest

from tests.lab import disks, ovmf
from tests.lab.boots import code, fails_with, tells
from tests.lab.lab import LKRN
from tests.lab.settings import STATIC, UNTIL_KEY

BANNER = "sanstrap  "
ROOTLESS = "E_ROOT_PATH_MISSING"
PROMPT = r"^ *Press R to retry, N for the next boot device"
LEAVES = r"Going to the next boot device\."


def says_it_once(machine):
    assert machine.text.count(BANNER) == 1, machine.text
    assert machine.text.count(f"\nS{code(ROOTLESS)} ") == 1, machine.text


def test_console_redirection_of_a_bios(lab):
    """SeaBIOS without graphics sends to COM1 what INT 10h prints: every letter is there once."""
    machine = lab.boot_directly(f"{STATIC} {UNTIL_KEY}", board="pc,graphics=off")
    machine.expect("SeaBIOS", 30)
    tells(machine, ROOTLESS, 60)
    machine.expect(PROMPT, 10)
    says_it_once(machine)


def test_console_redirection_under_uefi(lab):
    machine = ovmf.boot_from_stick(lab, f"{STATIC} {UNTIL_KEY}")
    tells(machine, ROOTLESS, 90)
    machine.expect(PROMPT, 10)
    says_it_once(machine)


def test_a_countdown_is_two_lines(lab):
    machine = lab.boot_directly(f"dhcp-timeout=6 {UNTIL_KEY}")
    fails_with(machine, "E_DHCP_TIMEOUT")
    waits = [line for line in machine.text.split("\n") if "asking for one by DHCP" in line]
    assert waits == ["Address   asking for one by DHCP, 6 s", "Address   asking for one by DHCP, 6 s gone"]


def test_serial_keys_count_when_serial_was_asked_for(lab):
    machine = lab.boot_directly(f"{STATIC} {UNTIL_KEY} serial=1")
    fails_with(machine, ROOTLESS)
    machine.expect(PROMPT, 10)
    machine.type("n")
    machine.expect(LEAVES, 20)


def test_serial_keys_do_not_count_otherwise(lab):
    machine = lab.boot_directly(f"{STATIC} {UNTIL_KEY}")
    fails_with(machine, ROOTLESS)
    machine.expect(PROMPT, 10)
    machine.type("nnnn")
    machine.key("r")
    machine.expect(r"Trying again\.", 20, or_fail=LEAVES)


# The first port's registers: the divisor stands in place of two others while the line's has its highest bit.
DATA, INTERRUPTS, LINE = 0x3F8, 0x3F9, 0x3FB
DIVISOR_LOW, DIVISOR_HIGH, DIVISOR_OPEN = DATA, INTERRUPTS, 0x80
EVEN_PARITY, PLAIN = 0x1B, 0x03  # eight bits, one stop bit


def set_format(machine, divisor, line):
    """GRUB may be at the end of a line: a byte that it sends meanwhile would become the divisor."""
    with machine.held():
        machine.set_port(LINE, line | DIVISOR_OPEN)
        machine.set_port(DIVISOR_LOW, divisor)
        machine.set_port(DIVISOR_HIGH, 0)
        machine.set_port(LINE, line)


def format_of(machine):
    """(divisor, line control) as they are now."""
    with machine.held():
        line = machine.port(LINE)
        machine.set_port(LINE, line | DIVISOR_OPEN)
        divisor = machine.port(DIVISOR_HIGH) << 8 | machine.port(DIVISOR_LOW)
        machine.set_port(LINE, line)
    return divisor, line


@pytest.mark.parametrize("word,divisor,line", [("", 6, EVEN_PARITY), ("serial=1,9600", 12, PLAIN)], ids=["found", "set"])
def test_speed_and_format(lab, word, divisor, line):
    """Somebody has set 19,200 bit/s with parity: they stay, unless serial= has a speed."""
    script = f"echo GRUB-RUNS\nsleep --interruptible 600\nlinux16 /sanstrap.lkrn {STATIC} {UNTIL_KEY} {word}\nboot\n"
    local = disks.grub_disk(lab.path("grub.img"), script, {"sanstrap.lkrn": LKRN}, size=32 * disks.MIB)
    machine = lab.machine(drives=[local], boot="c", rom="")
    machine.expect("GRUB-RUNS", 60)
    set_format(machine, 6, EVEN_PARITY)
    machine.key("esc")
    fails_with(machine, ROOTLESS)
    machine.expect(PROMPT, 10)
    assert format_of(machine) == (divisor, line)


def test_a_key_typed_ahead_is_no_answer(lab):
    """The firmware's key for a network boot is often N or F12. GRUB leaves the keyboard alone, and goes on by the serial line."""
    script = ("terminal_input serial\necho GRUB-RUNS\nsleep --interruptible 600\n"
              f"linux16 /sanstrap.lkrn {STATIC} {UNTIL_KEY}\nboot\n")
    local = disks.grub_disk(lab.path("grub.img"), script, {"sanstrap.lkrn": LKRN}, size=32 * disks.MIB)
    machine = lab.machine(drives=[local], boot="c", rom="")
    machine.expect("GRUB-RUNS", 60)
    machine.key("f12", "n", "n")
    machine.type("\x1b")
    fails_with(machine, ROOTLESS)
    machine.expect(PROMPT, 10)
    machine.key("r")
    machine.expect(r"Trying again\.", 20, or_fail=LEAVES)
