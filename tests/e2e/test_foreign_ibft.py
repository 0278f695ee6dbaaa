# SPDX-License-Identifier: BSD-2-Clause
"""The iBFTs that other loaders leave in memory decode, and say what was set."""
import json

from tests.handoff import tables
from tests.lab import foreign
from tests.lab.network import SERVER
from tests.lab.qemu import MAC
from tests.lab.target import MUTUAL, NAME


def decoded(path):
    """The one table that the tool finds in the memory."""
    status, out, errors = tables.run("--json", "--show-secrets", path)
    assert status == tables.VALID, out + errors
    table, = json.loads(out)["tables"]
    assert table["table"] == "iBFT"
    return table


def leads_to_the_target(table):
    target, = table["targets"]
    nic, = table["nics"]
    assert (target["name"], target["address"], target["port"], target["nic"]) == (NAME, SERVER, 3260, 0)
    assert nic["mac"] == MAC
    return nic, target


def test_ipxe(lab):
    table = decoded(foreign.ipxe_memory(lab))
    assert 0x80000 <= table["address"] < 0xA0000 and table["linux_choice"]
    assert table["oem_id"] == "FENSYS"
    nic, target = leads_to_the_target(table)
    assert (nic["origin"], target["chap"]) == ("dhcp", "none")


def test_ipxe_mutual_chap(lab):
    settings = "set hostname diskless\nset initiator-iqn iqn.2026-11.org.sanstrap.lab:foreign\n"
    table = decoded(foreign.ipxe_memory(lab, MUTUAL, settings))
    nic, target = leads_to_the_target(table)
    assert table["initiator"]["name"] == "iqn.2026-11.org.sanstrap.lab:foreign"
    assert nic["hostname"] == "diskless"
    assert (target["chap"], target["chap_name"], target["reverse_name"]) == ("mutual", MUTUAL.name, MUTUAL.reverse_name)
    assert target["chap_secret"]["text"] == MUTUAL.secret
    assert target["reverse_secret"]["text"] == MUTUAL.reverse_secret


def test_iscsidxe(lab):
    table = decoded(foreign.iscsidxe_memory(lab))
    assert table["address"] >= 1 << 20
    assert table["oem_id"] == "BOCHS"
    nic, _ = leads_to_the_target(table)
    assert (nic["origin"], nic["flags"]) == ("dhcp", ["valid", "boot-selected", "global"])
