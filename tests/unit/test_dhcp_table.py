# SPDX-License-Identifier: BSD-2-Clause
"""net/dhcp_options.def is true: what is read is asked for, or comes in every message; what says that it is read is."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^DHCP_OPTION\((\w+), (\d+), (ASKED|UNASKED), (LEASE|SETTING|MESSAGE|FILE|SENT|NOBODY), "
                 r"(?:EXACTLY\((?:1|2|4)\)|LIST_OF\(4\)|ANY)\)", re.M)
USE = re.compile(r"\bDHCP_([A-Z_]+)\b")
IN_EVERY_MESSAGE = {"LEASE_TIME", "OVERLOAD", "MESSAGE_TYPE", "RENEWAL_TIME", "REBINDING_TIME"}  # RFC 2131 table 3
SAID_AGAIN = {"CLIENT_ID", "RAPID_COMMIT"}  # of what we send (RFC 6842, RFC 4039)
OF_THE_ROM = {"REQUEST_LIST"}  # in what the boot ROM has sent


def text(*names):
    return "".join((ROOT / name).read_text(encoding="utf-8") for name in names)


def rows():
    table = text("net/dhcp_options.def")
    found = {name: (int(code), asked, used_by) for name, code, asked, used_by in ROW.findall(table)}
    assert len(found) == len(re.findall(r"^DHCP_OPTION\(", table, re.M)) > 20
    return found


def options_in(*names):
    return set(USE.findall(text(*names))) & set(rows())


def read():
    """Those that some reader takes out of a message: dhcp_option_get() and what is built on it, and the settings' table."""
    sources = [*(ROOT / "loader").glob("*.c"), ROOT / "net" / "lease.c", ROOT / "net" / "dhcp_options.c"]
    calls = re.findall(r"\b(?:dhcp_option_get|read_four|read_seconds)\([^;]*;", text(*sources, "net/dhcp.c"))
    in_calls = {name for call in calls for name in USE.findall(call)}
    return ((in_calls & set(rows())) | options_in("loader/settings.def")) - SAID_AGAIN - OF_THE_ROM


def test_codes_rise():
    first, *codes = [code for code, _, _ in rows().values()]
    assert first == 121  # RFC 3442: before option 3
    assert codes == sorted(set(codes))


def test_what_is_read_is_asked_for():
    table = rows()
    assert {"ROOT_PATH", "SUBNET_MASK", "DNS", "MTU", "IPXE", "MESSAGE_TYPE"} <= read()
    assert [name for name in sorted(read()) if table[name][1] != "ASKED" and name not in IN_EVERY_MESSAGE] == []


def test_the_table_says_who_reads():
    used_by = {name: row[2] for name, row in rows().items()}
    assert {name for name, who in used_by.items() if who in ("LEASE", "SETTING", "MESSAGE")} == read()
    assert {name for name, who in used_by.items() if who == "LEASE"} == options_in("net/lease.c") - IN_EVERY_MESSAGE
    assert {name for name, who in used_by.items() if who == "MESSAGE"} == IN_EVERY_MESSAGE


def test_where_the_file_is_looked_for():
    """Beside those that tell of it alone: the DHCP server is asked where no other is named."""
    assert {name for name, row in rows().items() if row[2] == "FILE"} == options_in("loader/settings_file.c") - {"SERVER_ID"}


def test_what_is_sent_is_sent():
    sent = {name for name, row in rows().items() if row[2] == "SENT"}
    assert set(re.findall(r"put_option\(&?message, DHCP_([A-Z_]+)", text("net/dhcp_build.c"))) - read() == sent


def test_numbers_stand_in_the_table_alone():
    """No second list of bare codes."""
    for source in (*(ROOT / "loader").glob("*.c"), *(ROOT / "net").glob("*.c")):
        assert not re.search(r"dhcp_(?:ipxe_)?option_get\(\w+, \d", text(source)), source
