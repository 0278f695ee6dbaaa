# SPDX-License-Identifier: BSD-2-Clause
"""sanstrap-handoff over single tables and directories of them: every value that it shows, and every way in which it refuses."""
import json
import pathlib
import re
import struct
import subprocess

import pytest

from tests.handoff.tables import INVALID, TOOL, TROUBLE, VALID, changed, ibft, isdh, records, report, run, sealed

HERE = pathlib.Path(__file__).parent
MAN_PAGE = HERE.parent.parent / "tools" / "handoff" / "sanstrap-handoff.8"
SECRETS = ("one-secret-of-20-bytes", "another-secret-of-it")


def read(tmp_path, content, *options):
    """The status, and the one table of a file with this content."""
    status, found = report(tmp_path, content, *options, kind="table")
    table, = found["tables"]
    return status, table


def faults(table):
    assert not table["valid"] and "targets" not in table
    return [(fault["structure"], fault["field"], fault["offset"]) for fault in table["faults"]]


# ---- good ones ----

HEADER = {"signature": "iBFT", "revision": 1, "oem_id": "SNSTRP", "oem_table_id": "SANSTRAP"}
PCI = {"segment": 0, "bus": 2, "device": 3, "function": 1}
ADDRESS = {"address": "192.0.2.50", "prefix": 24, "origin": "dhcp", "gateway": None, "dns": ["192.0.2.2", "192.0.2.3"],
           "dhcp_server": "192.0.2.4", "hostname": "machine", "vlan": 0}
TARGET = {"index": 0, "name": "iqn.2001-04.com.example:storage", "address": "192.0.2.10", "port": 3260, "lun": "1",
          "lun_bytes": "0001000000000000", "chap": "none"}
IPV6 = {"address": "2001:db8::50", "prefix": 64, "origin": "manual", "dns": [], "dhcp_server": None, "hostname": None}
HIDDEN = {"chap": "mutual", "chap_name": "machine", "chap_secret": {"length": 22, "hidden": True},
          "reverse_name": "storage", "reverse_secret": {"length": 20, "hidden": True}}


def expected(content, table, **more):
    return {"table": table, "address": None, "length": len(content), "valid": True, "role": "counts", "linux_choice": False,
            "faults": [], "fault_count": 0, **HEADER, "signature": table, **more}


def test_a_plain_ibft_value_by_value(tmp_path):
    content = ibft("plain")
    status, table = read(tmp_path, content)
    assert status == VALID
    assert table == expected(
        content, "iBFT", file=str(tmp_path / "table"), flags=[],
        initiator={"flags": ["valid", "boot-selected"], "name": "iqn.2026-11.com.example:machine", "isns_server": None,
                   "slp_server": None, "radius_servers": []},
        nics=[{"index": 0, "flags": ["valid", "boot-selected", "global"], "pci": PCI, "mac": "52:54:00:12:34:56", **ADDRESS}],
        targets=[{**TARGET, "flags": ["valid", "boot-selected"], "nic": 0}])


def test_a_plain_isdh_value_by_value(tmp_path):
    content = isdh("plain")
    status, table = read(tmp_path, content)
    assert status == VALID
    assert table == expected(
        content, "ISDH", file=str(tmp_path / "table"), version={"major": 1, "minor": 0}, flags=[], self=0x9D000, generation=3,
        boot_id="b0071d" + "00" * 13, producer="sanstrap 0.1", initiator="iqn.2026-11.com.example:machine",
        clock={"ticks_per_ms": 2000000, "now": 123456789}, log={"address": 0x9E000, "size": 0x400},
        nics=[{"index": 0, "pci": PCI, "vendor_id": 0x8086, "device_id": 0x100E, "subsystem_vendor_id": 0x1AF4,
               "subsystem_id": 0x1100, "registers": 0xFEBC0000, "mac": "52:54:00:12:34:56", "link_megabits": 1000,
               "driver": "82540EM"}],
        addresses=[{**ADDRESS, "index": 0, "nic": 0, "gateway": "192.0.2.1", "vlan_priority": 0, "mtu": 1500,
                    "next_hop": "52:54:00:aa:bb:cc", "lease_seconds": 3600, "lease_acquired": 1000000}],
        targets=[{**TARGET, "flags": ["boot"], "ip": 0, "portal_group": 1, "block_size": 512, "block_count": 0x1400000,
                  "wwid_type": 3, "wwid": "6001405d00000aff", "serial": "0001", "vendor": "EXAMPLE", "product": "DISK",
                  "revision": "0.1",
                  "session": {"isid": "800102030405", "tsih": 7, "flags": ["immediate-data"], "max_burst": 262144,
                              "first_burst": 65536, "max_send_segment": 8192, "max_receive_segment": 262144}}],
        dump_area=None)


@pytest.mark.parametrize("make", (ibft, isdh))
def test_ipv6(tmp_path, make):
    status, table = read(tmp_path, make("ipv6"))
    address = (table.get("addresses") or table["nics"])[0]
    assert status == VALID
    assert {name: address[name] for name in IPV6} == IPV6
    assert table["targets"][0]["address"] == "2001:db8::10"


@pytest.mark.parametrize("make", (ibft, isdh))
def test_four_paths_with_the_longest_names(tmp_path, make):
    status, table = read(tmp_path, make("large"))
    assert status == VALID
    assert [nic["mac"][-2:] for nic in table["nics"]] == ["00", "01", "02", "03"]
    assert [nic["pci"]["function"] for nic in table["nics"]] == [0, 1, 2, 3]
    assert [target.get("ip", target.get("nic")) for target in table["targets"]] == [0, 1, 2, 3]
    assert [len(target["name"]) for target in table["targets"]] == [223] * 4
    assert [bool({"boot", "boot-selected"} & set(target["flags"])) for target in table["targets"]] == [True, False, False, False]
    assert table["flags"] == (["failover"] if make is ibft else [])


def test_vlan_gateway_and_dump_area(tmp_path):
    _, of_ibft = read(tmp_path, ibft("chap"))
    _, of_isdh = read(tmp_path, isdh("chap"))
    assert (of_ibft["nics"][0]["vlan"], of_ibft["nics"][0]["gateway"]) == (5, "192.0.2.1")
    assert (of_isdh["addresses"][0]["vlan"], of_isdh["addresses"][0]["vlan_priority"]) == (5, 3)
    assert of_isdh["dump_area"] == {"target": 0, "signature": b"free".hex() + "00" * 12,
                                    "extents": [{"lba": 2048, "blocks": 4096}, {"lba": 0x13FFFFF, "blocks": 1}]}


def test_servers_and_failover_that_only_an_ibft_has(tmp_path):
    content = ibft("plain")
    initiator = struct.unpack_from("<H", content, 48 + 8)[0]
    content = changed(content, initiator + 6, bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 7]))
    content = changed(content, initiator + 54, bytes.fromhex("20010db8000000000000000000000009"))
    content = changed(content, 48 + 5, b"\1")
    status, table = read(tmp_path, content)
    assert (status, table["flags"]) == (VALID, ["failover"])
    assert (table["initiator"]["isns_server"], table["initiator"]["radius_servers"]) == ("192.0.2.7", ["2001:db8::9"])


def test_an_isdh_without_log_clock_and_lease(tmp_path):
    content = isdh("ipv6")
    at = records(content)
    for kind in (2, 3):  # clock and log become records that nobody knows, and that are not critical
        content = changed(content, at[kind][0], struct.pack("<H", 0x7000 + kind))
    status, table = read(tmp_path, content)
    assert (status, table["clock"], table["log"]) == (VALID, None, None)
    assert (table["addresses"][0]["lease_seconds"], table["addresses"][0]["lease_acquired"]) == (None, None)
    assert run(tmp_path / "table")[0] == VALID


def test_numbers_of_64_bits(tmp_path):
    content = isdh("plain")
    at = records(content)[2][0]
    content = changed(content, 72, b"\xff" * 8)
    content = changed(content, at + 8, b"\xff" * 16)
    content = changed(content, records(content)[6][0] + 40, b"\xff" * 8)
    status, table = read(tmp_path, content)
    assert (status, table["generation"], table["clock"]["now"]) == (VALID, 2**64 - 1, 2**64 - 1)
    assert table["targets"][0]["block_count"] == 2**64 - 1
    assert run(tmp_path / "table")[0] == VALID


# ---- secrets, texts ----

@pytest.mark.parametrize("content", (ibft("chap"), isdh("chap", 0x9D000, "secrets")), ids=("iBFT", "ISDH"))
def test_secrets_are_hidden_unless_asked_for(tmp_path, content):
    assert all(secret.encode() in content for secret in SECRETS)
    file = tmp_path / "table"
    file.write_bytes(content)
    for options in ((), ("--json",)):
        out = run(*options, file)[1]
        assert not any(secret in out or secret.encode().hex() in out for secret in SECRETS)
        shown = run(*options, "--show-secrets", file)[1]
        assert all(secret in shown for secret in SECRETS)
    target = read(tmp_path, content)[1]["targets"][0]
    assert {name: target[name] for name in HIDDEN} == HIDDEN
    target = read(tmp_path, content, "--show-secrets")[1]["targets"][0]
    assert target["chap_secret"] == {"length": 22, "hidden": False, "text": SECRETS[0], "hex": SECRETS[0].encode().hex()}
    assert target["reverse_secret"]["text"] == SECRETS[1]


@pytest.mark.parametrize("content", (ibft("chap"), isdh("chap", 0x9D000, "secrets")), ids=("iBFT", "ISDH"))
def test_no_byte_of_a_secret_is_in_a_fault(tmp_path, content):
    """Of a secret's length that is one too small, what stands where the NUL should be is the secret's last byte."""
    lengths = [at for at in range(0, len(content) - 1) if struct.unpack_from("<H", content, at)[0] == len(SECRETS[0])]
    shortened = [read(tmp_path, changed(content, at, bytes([len(SECRETS[0]) - 1])))[1]["faults"] for at in lengths]
    of_secret, = [listed for listed in shortened if listed and listed[0]["field"] == "CHAP secret"]
    assert [fault["found"] for fault in of_secret] == ["another byte"]


def test_an_isdh_that_leaves_its_secrets_out(tmp_path):
    status, table = read(tmp_path, isdh("chap"))
    target = table["targets"][0]
    assert (status, table["flags"], target["chap"]) == (VALID, [], "mutual")
    assert (target["chap_secret"], target["reverse_secret"]) == (None, None)


def test_bytes_that_a_terminal_would_obey(tmp_path):
    content = ibft("chap")
    host = content.index(b"machine\0", content.index(b"iqn.2026-11.com.example:machine") + 32)
    evil = changed(content, host, "ö\x9b2J\\".encode("latin-1") + b"\xc3\xb6")
    secret = content.index(SECRETS[0].encode())
    evil = changed(evil, secret, b"\x1b]0;\x07\xff")
    status, table = read(tmp_path, evil, "--show-secrets")
    assert (status, table["nics"][0]["hostname"]) == (VALID, "\ufffd\ufffd2J\\ö")
    assert bytes.fromhex(table["targets"][0]["chap_secret"]["hex"])[:6] == b"\x1b]0;\x07\xff"
    assert table["targets"][0]["chap_secret"]["text"].startswith("\x1b]0;\x07\ufffd")
    text = run("--show-secrets", tmp_path / "table")[1]
    assert "\\xf6\\x9b2J\\\\\\xc3\\xb6" in text and "\\x1b]0;\\x07\\xff" in text


@pytest.mark.parametrize("raw,text", [
    (b"\xc3\xb6\xe2\x82\xac..", "\u00f6\u20ac.."),
    (b"\xf0\x9f\x98\x80...", "\U0001f600..."),
    (b"\xc0\xaf\xe0\x80\xaf..", "\ufffd" * 5 + ".."),  # not the shortest form
    (b"\xed\xa0\x80....", "\ufffd" * 3 + "...."),  # a surrogate
    (b"\xf4\x90\x80\x80...", "\ufffd" * 4 + "..."),  # beyond the last code point
    (b"......\xc3", "......\ufffd"),
    (b'"\\/<>&\'', '"\\/<>&\''),
])
def test_strings_that_are_utf_8_and_such_that_are_not(tmp_path, raw, text):
    content = ibft("chap")
    host = content.index(b"machine\0", content.index(b"iqn.2026-11.com.example:machine") + 32)
    status, table = read(tmp_path, changed(content, host, raw))
    assert (status, table["nics"][0]["hostname"]) == (VALID, text)


@pytest.mark.parametrize("name,content", (("chap.ibft", ibft("chap")), ("chap.isdh", isdh("chap", 0x9D000, "secrets"))),
                         ids=("iBFT", "ISDH"))
def test_text_is_what_it_was(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    status, out, err = run(tmp_path / name)
    assert (status, err) == (VALID, "")
    assert out.replace(f"{tmp_path}/", "") == (HERE / "golden" / f"{name}.txt").read_text(encoding="ascii")


# ---- bad ones ----

def structure(content, pair, target):
    return struct.unpack_from("<H", content, 48 + 10 + 4 * pair + 2 * target)[0]


IBFT = ibft("chap")
NIC, TARGET_AT = structure(IBFT, 0, 0), structure(IBFT, 0, 1)
ISDH = isdh("chap", 0x9D000, "secrets")
AT = {kind: places[0] for kind, places in records(ISDH).items()}


@pytest.mark.parametrize("content,fault", [
    (IBFT[:9] + bytes([IBFT[9] ^ 1]) + IBFT[10:], ("header", "checksum", 9)),
    (changed(IBFT, 8, b"\2"), ("header", "revision", 8)),
    (changed(IBFT, 48 + 8, b"\xff\xff"), ("control", "initiator offset", 56)),
    (changed(IBFT, NIC + 88, b"\xff\xff"), ("NIC 0", "VLAN", NIC + 88)),
    (changed(IBFT, NIC + 90, b"\1"), ("NIC 0", "MAC address", NIC + 90)),
    (changed(IBFT, NIC + 22, b"\x21"), ("NIC 0", "prefix length", NIC + 22)),
    (changed(IBFT, TARGET_AT + 22, b"\0\0"), ("target 0", "port", TARGET_AT + 22)),
    (changed(IBFT, TARGET_AT + 32, b"\3"), ("target 0", "CHAP type", TARGET_AT + 32)),
    (changed(IBFT, TARGET_AT + 36, b"\xff\xff"), ("target 0", "name", TARGET_AT + 34)),
    (ISDH[:60] + bytes([ISDH[60] ^ 1]) + ISDH[61:], ("header", "CRC-32", 60)),
    (changed(ISDH, 36, b"x"), ("header", "magic", 36)),
    (changed(ISDH, 52, b"\2"), ("header", "major version", 52)),
    (changed(ISDH, 72, bytes(8)), ("header", "generation", 72)),
    (changed(ISDH, AT[4] + 4, b"\3"), ("NIC 0", "index", AT[4] + 4)),
    (changed(ISDH, AT[5] + 88, b"\xff\xff"), ("address 0", "VLAN", AT[5] + 88)),
    (changed(ISDH, AT[6] + 36, b"\1"), ("target 0", "block size", AT[6] + 36)),
    (changed(ISDH, AT[9] + 24, b"\xff" * 8), ("dump area", "extent", AT[9] + 24)),
    (changed(ISDH, AT[1], b"\x77\x80"), ("record 0", "type", AT[1])),
])
def test_a_wrong_field_is_named(tmp_path, content, fault):
    status, table = read(tmp_path, content)
    assert status == INVALID
    assert fault in faults(table)
    status, out, _ = run(tmp_path / "table")
    assert status == INVALID
    assert "INVALID" in out and f"{fault[0]}: {fault[1]} at {fault[2]:02x}h is " in out and "; allowed: " in out
    assert "\\" not in out, "the tool's own words need no escapes"


def test_a_fault_says_what_came_and_what_is_allowed(tmp_path):
    _, table = read(tmp_path, changed(IBFT, NIC + 88, struct.pack("<H", 5000)))
    assert table["faults"] == [{"table": "iBFT", "structure": "NIC 0", "field": "VLAN", "offset": NIC + 88, "found": "5000",
                                "allowed": "0 to 4094"}]


def test_more_faults_than_are_listed(tmp_path):
    content = changed(ibft("large"), 8, b"\7")
    for pair in range(4):
        at = structure(content, pair, 0)
        content = changed(content, at + 88, b"\xff\xff")
        content = changed(content, at + 90, b"\1")
        content = changed(content, at + 23, b"\x63")
    _, table = read(tmp_path, content)
    assert (table["fault_count"], len(table["faults"])) == (13, 8)
    assert "5 more" in run(tmp_path / "table")[1]


@pytest.mark.parametrize("content", (IBFT, ISDH), ids=("iBFT", "ISDH"))
def test_cut_short_anywhere(tmp_path, content):
    file = tmp_path / "table"
    for length in [*range(4, 130), *range(130, len(content), 37), len(content) - 1]:
        file.write_bytes(content[:length])
        status, out, _ = run("--json", file)
        table = json.loads(out)["tables"][0]
        assert status == INVALID
        assert faults(table)[0][:2] == ("header", "length"), length


def test_bytes_behind_a_table_are_no_matter(tmp_path):
    assert read(tmp_path, IBFT + bytes(1000))[0] == VALID
    assert read(tmp_path, ISDH + b"\xff" * 1000)[0] == VALID


@pytest.mark.parametrize("content", (b"", b"i", b"iBF", bytes(47), b"text that is no table\n" * 10))
def test_no_table_at_all(tmp_path, content):
    file = tmp_path / "file"
    file.write_bytes(content)
    for options in ((), ("--json",)):
        status, out, err = run(*options, file)
        assert status == INVALID
        assert err.count("\n") == 1 and "no iBFT and no ISDH in" in err
    assert json.loads(out)["tables"] == [] and json.loads(out)["valid"] is False


def test_standard_input():
    status, out, _ = run("--json", "-", given=IBFT)
    assert (status, json.loads(out)["input"], json.loads(out)["tables"][0]["length"]) == (VALID, "-", len(IBFT))


def test_what_a_file_is_called_cannot_command_the_terminal(tmp_path):
    file = tmp_path / "\x1b[2J"
    assert f"cannot open {tmp_path}/\\x1b[2J: " in run(file)[2]
    file.write_bytes(b"")
    assert f"no iBFT and no ISDH in {tmp_path}/\\x1b[2J: " in run(file)[2]


def test_a_file_whose_size_nobody_knows():
    status, out, _ = run("--json", "/dev/stdin", given=IBFT)
    assert (status, json.loads(out)["tables"][0]["length"]) == (VALID, len(IBFT))


# ---- directories ----

def acpi_tables(tmp_path, **files):
    (tmp_path / "dynamic").mkdir()
    for name, content in {"APIC": b"APIC" + bytes(100), "iBFTs": b"no table's name", **files}.items():
        (tmp_path / name.replace("__", "/")).write_bytes(content)
    status, out, err = run("--json", tmp_path)
    found = json.loads(out)
    assert (found["kind"], found["valid"]) == ("directory", status == VALID)
    return status, [(str(pathlib.Path(table["file"]).relative_to(tmp_path)), table["valid"], table["role"])
                    for table in found["tables"]], err


def test_a_directory_as_of_sysfs(tmp_path):
    older, newer = isdh("plain", 0, "acpi", generation=3), isdh("plain", 0, "acpi", generation=4)
    assert acpi_tables(tmp_path, iBFT=IBFT, ISDH1=older, ISDH2=newer, dynamic__ISDH3=older) == (
        VALID, [("ISDH1", True, "superseded"), ("ISDH2", True, "counts"), ("iBFT", True, "counts"),
                ("dynamic/ISDH3", True, "superseded")], "")


def test_a_directory_with_a_slash_behind_it(tmp_path):
    (tmp_path / "iBFT").write_bytes(IBFT)
    assert json.loads(run("--json", f"{tmp_path}/")[1])["tables"][0]["file"] == f"{tmp_path}/iBFT"


def test_a_directory_without_dynamic_and_with_other_spellings(tmp_path):
    for name in ("IBFT", "BIFT"):
        (tmp_path / name).write_bytes(sealed(name.encode() + IBFT[4:]))
    status, out, _ = run(tmp_path)
    assert (status, out.count(": valid")) == (VALID, 2)


def test_one_bad_file_of_a_directory(tmp_path):
    status, tables, _ = acpi_tables(tmp_path, iBFT=IBFT[:100], ISDH=ISDH)
    assert (status, tables) == (INVALID, [("ISDH", True, "counts"), ("iBFT", False, "counts")])


def test_an_empty_file_and_another_table_under_the_name(tmp_path):
    (tmp_path / "iBFT1").write_bytes(b"")
    (tmp_path / "iBFT2").write_bytes(b"FACP" + IBFT[4:])
    (tmp_path / "ISDH").write_bytes(IBFT)
    status, out, _ = run("--json", tmp_path)
    assert status == INVALID
    assert [faults(table)[0] for table in json.loads(out)["tables"]] == [
        ("header", "signature", 0), ("header", "length", 4), ("header", "signature", 0)]
    assert json.loads(out)["tables"][2]["faults"][0]["found"] == "the bytes 46 41 43 50"


def test_a_directory_without_tables(tmp_path):
    status, tables, err = acpi_tables(tmp_path)
    assert (status, tables) == (INVALID, [])
    assert "it has no files of these names" in err


# ---- the command line ----

@pytest.mark.parametrize("arguments,says", [
    (("--frobnicate", "x"), "usage: "),
    (("--base",), "usage: "),
    (("--base", "here", "x"), "--base is 'here'"),
    (("--base", "0x", "x"), "--base is '0x'"),
    (("--base", "-1", "x"), "--base is '-1'"),
    (("--base", "0x10000000000000000", "x"), "--base is '0x10000000000000000'"),
    (("one", "two"), "there is 'two' after 'one'"),
    (("/nowhere/at/all",), "cannot open /nowhere/at/all: No such file or directory"),
    (("/proc/self/mem",), "cannot read /proc/self/mem: Input/output error"),
    (("/dev/zero",), "/dev/zero has more than 256 MiB"),
    (("--log", "/"), "/ is a directory: --log goes with a memory image"),
    (("--base", "0", "/"), "/ is a directory: --base goes with a memory image"),
])
def test_what_cannot_be_done(arguments, says):
    status, out, err = run(*arguments)
    assert (status, out) == (TROUBLE, "")
    assert says in err


def test_a_log_of_a_table_by_itself(tmp_path):
    file = tmp_path / "table"
    file.write_bytes(ISDH)
    status, out, err = run("--log", file)
    assert (status, out) == (TROUBLE, "")
    assert "a table by itself: --log goes with a memory image" in err


def test_a_base_that_leaves_no_room(tmp_path):
    file = tmp_path / "image"
    file.write_bytes(bytes(0x1000))
    status, _, err = run("--base", "0xfffffffffffff800", file)
    assert status == TROUBLE and "leaves no room" in err


@pytest.mark.parametrize("options", ((), ("--json",), ("--help",), ("--version",)))
def test_a_full_disk(tmp_path, options):
    file = tmp_path / "table"
    file.write_bytes(IBFT)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([TOOL, *options, file], stdout=full, stderr=subprocess.PIPE, timeout=240, check=False)
    assert (done.returncode, b"cannot write" in done.stderr) == (TROUBLE, True)


# In the order of the man page and of --help.
OPTIONS = ("base", "json", "log", "show-secrets", "help", "version")


def test_help_and_version():
    status, out, _ = run("--help")
    assert status == VALID and out.startswith("usage: sanstrap-handoff")
    assert [line.split()[0] for line in out.splitlines() if line.startswith("  --")] == [f"--{option}" for option in OPTIONS]
    assert run("--version")[0] == VALID and run("--version")[1].startswith("sanstrap-handoff ")


def test_the_man_page_is_sound_and_tells_of_every_option():
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", MAN_PAGE], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=240, check=False)
    assert done.returncode == 0, done.stdout.decode()
    assert re.findall(r"^\.It Fl -(\S+)", MAN_PAGE.read_text(encoding="ascii"), re.MULTILINE) == list(OPTIONS)


def test_the_man_page_tells_of_every_member(tmp_path):
    page = MAN_PAGE.read_text(encoding="ascii")
    names = set()

    def collect(value):
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            collect(item)
        names.update(value if isinstance(value, dict) else ())

    for content in (IBFT, ISDH, changed(IBFT, 8, b"\2")):
        collect(read(tmp_path, content, "--show-secrets")[1])
    words = set(page.replace("\n", " ").replace(",", " ").split())
    assert names - words == set()
