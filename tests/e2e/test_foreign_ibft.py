# SPDX-License-Identifier: BSD-2-Clause
"""The iBFTs that other loaders leave in memory."""
from tests.lab import foreign, ibft


def table_in(path):
    """The one table that the memory holds, and where."""
    with open(path, "rb") as file:
        return ibft.find(file.read())


def test_ipxe(lab):
    where, table = table_in(foreign.ipxe_memory(lab))
    assert 0x80000 <= where < 0xA0000
    assert table[10:16] == b"FENSYS"


def test_ipxe_mutual_chap(lab):
    settings = "set hostname diskless\nset initiator-iqn iqn.2026-11.org.sanstrap.lab:foreign\n"
    _, table = table_in(foreign.ipxe_memory(lab, foreign.MUTUAL, settings))
    texts = ("diskless", "iqn.2026-11.org.sanstrap.lab:foreign", foreign.MUTUAL.secret, foreign.MUTUAL.reverse_secret)
    assert [text for text in texts if text.encode() + b"\0" not in table] == []


def test_iscsidxe(lab):
    where, table = table_in(foreign.iscsidxe_memory(lab))
    assert where >= 1 << 20
    assert table[10:16] == b"BOCHS "
