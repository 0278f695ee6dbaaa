# SPDX-License-Identifier: BSD-2-Clause
"""
The examples of docs/dhcp.md, README.md and docs/targets.md, as they stand there, in the servers that they are for: taken without
a complaint, and each kind of client is told what the page says. Windows's is only looked at.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from tests.lab import process
from tests.lab.dhcp_servers import Dnsmasq, IscDhcpd, Kea
from tests.lab.network import BRIDGE, Network
from tests.lab.network import SERVER as LAB
from tests.lab.target import Tgt

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBE = ROOT / "build" / "host" / "disk-probe"
ASKER = os.path.join(os.path.dirname(__file__), "dhcp_asker.py")
SERVER = "10.0.0.1"
MACHINE, OTHER = "52:54:00:12:34:56", "52:54:00:12:34:57"
ROOT_PATH = "iscsi:10.0.0.1:::1:iqn.2026-01.org.example:disk0"
TARGET = "iqn.2026-01.org.example:disk0"
NAME, USER, SECRET = "iqn.2026-01.org.example:machine1", "machine1", "a secret of 12 or more"

ASKED = [int(code) for code in re.findall(r"^DHCP_OPTION\(\w+, (\d+), ASKED",
                                          (ROOT / "net" / "dhcp_options.def").read_text(encoding="utf-8"), re.MULTILINE)]


def examples(document, language):
    """The text of the page's ```language blocks."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def only(document, language):
    example, = examples(document, language)
    return example


# ---- servers ----

SERVERS = {"dnsmasq": (Dnsmasq, "docs/dhcp.md", "dnsmasq"), "ISC dhcpd": (IscDhcpd, "docs/dhcp.md", "dhcpd"),
           "Kea": (Kea, "docs/dhcp.md", "kea"), "README's dnsmasq": (Dnsmasq, "README.md", "dnsmasq")}
SETTINGS = {"dnsmasq's 224": (Dnsmasq, "docs/settings.md", "dnsmasq"), "ISC dhcpd's 224": (IscDhcpd, "docs/settings.md", "dhcpd"),
            "Kea's 224": (Kea, "docs/settings.md", "kea")}


class Wire:
    def __init__(self, folder):
        self.folder = str(folder)
        self.server = None
        self.network = Network(self.folder)
        self.network.ip("address", "delete", f"{LAB}/24", "dev", BRIDGE)  # Kea serves an interface's first address alone
        self.network.ip("address", "add", f"{SERVER}/24", "dev", BRIDGE)

    def serve(self, name, around="{}"):
        kind, document, language = {**SERVERS, **SETTINGS}[name]
        self.server = kind(self.network, self.folder, around.format(only(document, language)))
        self.server.start()

    def said(self):
        """By the server."""
        return self.server.said() if self.server else ""

    def ask(self, mac, options):
        tap = self.network.add_tap()
        words = [f"{code}={value.hex()}" for code, value in options.items()]
        done = subprocess.run(self.network.inside([sys.executable, ASKER, tap, mac, *words]), capture_output=True,
                              timeout=process.bound(90), check=False)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)


@pytest.fixture(name="wire")
def made_wire(tmp_path):
    made = Wire(tmp_path)
    yield made
    print(made.said())
    made.network.close()


# ---- clients ----

def rom(architecture, vendor="PXEClient:Arch:{:05}:UNDI:002001", **more):
    """What firmware sends, as (code, bytes); more options by `_code`."""
    wanted = [1, 3, 6, 12, 15, 17, 43, 54, 60, 66, 67, 175, 203]
    return {55: bytes(wanted), 57: b"\x05\xc0", 60: vendor.format(architecture).encode(), 93: bytes([0, architecture]),
            94: b"\x01\x02\x01", 97: bytes(17), **{int(code[1:]): value for code, value in more.items()}}


OURS = {**rom(0), 55: bytes(ASKED)}
CLIENTS = {
    "BIOS": (rom(0), "sanstrap.pxe"),
    "UEFI": (rom(7), "sanstrap.efi"),
    "UEFI, older": (rom(9), "sanstrap.efi"),
    "HTTP": (rom(16, "HTTPClient:Arch:{:05}:UNDI:003001"), f"http://{SERVER}/sanstrap.efi"),
    "sanstrap": (OURS, "sanstrap.pxe"),
}


def text_of(answer, code):
    value = answer["options"].get(str(code))
    return None if value is None else bytes.fromhex(value).rstrip(b"\0").decode()


def account_of(answer):
    data, found = bytes.fromhex(answer["options"].get("175", "")), {}
    while data and data[0] != 255:
        found[data[0]] = data[2:2 + data[1]].decode()
        data = data[2 + data[1]:]
    return found


@pytest.mark.parametrize("name", SERVERS)
def test_every_client_is_told_its_file_and_disk(wire, name):
    wire.serve(name)
    for client, (options, file) in CLIENTS.items():
        answer = wire.ask(OTHER, options)
        assert (client, answer["file"]) == (client, file)
        assert (client, text_of(answer, 17)) == (client, ROOT_PATH)
        assert text_of(answer, 60) == ("HTTPClient" if client == "HTTP" else None)
        assert (text_of(answer, 203), account_of(answer)) == (None, {})
        assert client == "HTTP" or answer["server"] == SERVER


@pytest.mark.parametrize("name", SERVERS)
def test_an_ipxe_is_not_told_the_disk(wire, name):
    wire.serve(name)
    answer = wire.ask(OTHER, rom(0, _175=bytes.fromhex("b105018086100e"), _77=b"iPXE"))
    assert (answer["file"], text_of(answer, 17)) == ("sanstrap.pxe", None)


@pytest.mark.parametrize("name", [name for name in SERVERS if name != "README's dnsmasq"])
def test_one_machine_has_a_name_and_an_account(wire, name):
    wire.serve(name)
    answer = wire.ask(MACHINE, OURS)
    assert (text_of(answer, 17), text_of(answer, 203)) == (ROOT_PATH, NAME)
    assert account_of(answer) == {190: USER, 191: SECRET}


TEXTS = {  # docs/settings.md's examples of option 224, and what a server wants beside them
    "dnsmasq's 224": "dhcp-range=10.0.0.100,10.0.0.200\n{}",
    "ISC dhcpd's 224": "{}\nsubnet 10.0.0.0 netmask 255.255.255.0 {{ range 10.0.0.100 10.0.0.200; }}\n",
    "Kea's 224": '{}, "subnet4": [ {{ "id": 1, "subnet": "10.0.0.0/24", "pools": [ {{ "pool": "10.0.0.100-10.0.0.200" }} ] }} ]',
}


@pytest.mark.parametrize("name", TEXTS)
def test_settings_as_text_reach_everybody(wire, name):
    """Who does not ask for them, too."""
    wire.serve(name, TEXTS[name])
    for options in (OURS, rom(0)):
        assert text_of(wire.ask(OTHER, options), 224) == "retry=3,5 boot=auto"


# ---- targets ----

class ByFile(Tgt):
    """tgtd with the page's file, as tgt-admin reads it when the machine starts."""

    def start(self):
        example = only("docs/targets.md", "tgt")
        path = os.path.join(self.folder, "disk0.conf")
        assert "/srv/disk0.img" in example
        pathlib.Path(path).write_text(example.replace("/srv/disk0.img", self.disk), encoding="utf-8")
        self.host = SERVER
        with open(os.path.join(self.folder, "tgtd.log"), "ab") as log:
            self.child = self.network.start(["tgtd", "-f", "-t", "1", "--iscsi", f"portal={SERVER}:3260"],
                                            env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        ipc = os.path.join(self.folder, "tgt.0")
        process.wait_until(lambda: process.answers(ipc), 15, "tgtd", self.child)
        process.run(["tgt-admin", "--execute", "--conf", path], env=self._environment())
        process.wait_until(self.listening, 10, "tgtd's port", self.child)


@pytest.mark.parametrize("name", ["dnsmasq", "ISC dhcpd", "Kea"])
def test_our_own_client_reaches_the_disk(wire, name):
    """net/'s DHCP and TCP and iscsi/, with the server's example and tgt's."""
    disk = os.path.join(wire.folder, "disk.img")
    with open(disk, "wb") as image:
        image.truncate(16 << 20)
    target = ByFile(wire.network, wire.folder, disk)
    target.start()
    wire.serve(name)
    words = [f"tap={wire.network.add_tap()}", "address=dhcp", f"host={SERVER}", f"target={TARGET}", "lun=1", "reads=10"]
    done = subprocess.run(wire.network.inside([PROBE, *words]), capture_output=True, timeout=process.bound(120), check=False)
    target.stop()
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output + done.stderr.decode(errors="replace")
    assert re.search(r"^address=10\.0\.0\.\d+$", output, re.MULTILINE) and "ready=1" in output


# ---- Windows ----

def test_windows_example_says_the_same():
    """No PowerShell and no such server is to be had here: the values, and that what is opened is closed."""
    example = only("docs/dhcp.md", "powershell")
    for value in ("sanstrap.pxe", "sanstrap.efi", f"http://{SERVER}/sanstrap.efi", "HTTPClient", NAME, USER, SECRET):
        assert f'"{value}"' in example
    for first, last in ("()", "{}", '""'):
        assert example.count(first) == example.count(last) and (first != last or example.count(first) % 2 == 0)
    commands = set(re.findall(r"\b(?:Add|Set)-\w+", example))
    assert commands == {"Set-DhcpServerv4OptionValue", "Add-DhcpServerv4Class", "Add-DhcpServerv4Policy",
                        "Add-DhcpServerv4OptionDefinition", "Add-DhcpServerv4Reservation"}
