# SPDX-License-Identifier: BSD-2-Clause
"""docs/settings.md says what loader/settings.def says: the settings in their order, DHCP options, defaults."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = r'"((?:[^"\\]|\\.)*)"'
ROW = re.compile(rf"^SETTING\((\w+), {TEXT}, (\w+), (AT\([\w.]+\)|WHOLE), {TEXT}, {TEXT}, (\w+(?:\([^)]*\))?), {TEXT}\)$", re.M)
PAGE_ROW = re.compile(r"^\| `([a-z0-9-]+)=` \|([^|]*)\| ([^|]*) \| (.*) \|$", re.M)
YIADDR = "yiaddr, "  # a field of every message, not an option


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def option_codes():
    rows = re.findall(r"^DHCP_OPTION\((\w+), (\d+),", text("net/dhcp_options.def"), re.M)
    codes = {f"DHCP_{name}": code for name, code in rows}
    codes |= {name: f"175.{code}" for name, code in re.findall(r"(IPXE_\w+) = (\d+),", text("net/dhcp_options.h"))}
    return codes


def table():
    """(name, DHCP options as on the page, default) of each row."""
    source, codes = text("loader/settings.def"), option_codes()
    rows = ROW.findall(source)
    assert rows and len(rows) == len(re.findall(r"^SETTING\(", source, re.M))

    def options(dhcp):
        return ", ".join(codes[option] for option in re.findall(r"\b(?:DHCP|IPXE)_[A-Z_]+\b", dhcp) if option in codes)

    return [(name, options(dhcp), preset) for _, name, _, _, preset, _, dhcp, _ in rows]


def page():
    rows = PAGE_ROW.findall(text("docs/settings.md"))
    return [(name, dhcp.strip().removeprefix(YIADDR), default) for name, dhcp, default, _ in rows]


def test_names_and_order():
    assert [row[0] for row in page()] == [row[0] for row in table()]
    assert len({row[0] for row in table()}) == len(table())


def test_dhcp_options():
    assert [row[:2] for row in page()] == [row[:2] for row in table()]


def test_order_of_origins():
    """The page's list begins with what counts most, the enumeration with what counts least."""
    members, = re.findall(r"^enum origin \{ (.*) \};$", text("loader/settings.h"), re.M)
    wanted = {"FROM_COMMAND_LINE": "command line", "FROM_FILE": "sanstrap.conf", "FROM_FIRMWARE_IBFT": "iBFT",
              "FROM_BOOT_PATH": "boot path", "FROM_DHCP_TEXT": "option 224", "FROM_DHCP": "other options",
              "FROM_DEFAULT": "default"}
    order = [wanted[member] for member in reversed(members.split(", "))]
    lines = re.findall(r"^\d\. (.*)$", text("docs/settings.md"), re.M)
    assert len(lines) == len(order)
    assert [word for word, line in zip(order, lines) if word not in line] == []


def test_every_option_that_is_a_setting_is_one():
    named = {code for _, codes, _ in table() for code in codes.split(", ") if code}
    read = re.findall(r"^DHCP_OPTION\((\w+), (\d+), \w+, SETTING\)", text("net/dhcp_options.def"), re.M)
    assert {code for name, code in read if name != "IPXE"} <= named
    assert {code for name, code in option_codes().items() if name.startswith("IPXE_")} <= named


def test_defaults():
    """A default stands first, as it would be typed; what is in words there is none."""
    for (name, _, shown), (_, _, preset) in zip(page(), table()):
        typed = re.match(r"`([^`]*)`", shown)
        assert (typed[1] if typed else "") == preset, name


def test_every_row_has_its_help():
    for *_, form, _, words in ROW.findall(text("loader/settings.def")):
        assert form and words
        assert len(words) <= 40
