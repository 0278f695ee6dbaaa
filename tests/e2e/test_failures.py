# SPDX-License-Identifier: BSD-2-Clause
"""Whatever is wrong has a stable number on the screen and on serial, says why and what to do."""
import pytest

from tests.lab import disks
from tests.lab.boots import BASE_MEMORY, code, enters_boot_sector, fails_with, hello_target, hidden
from tests.lab.causes import BAD_ROOT_PATHS, ROOT_PATH, WRONG_SECRET
from tests.lab.lab import NBP
from tests.lab.network import PREFIX, SERVER
from tests.lab.settings import STATIC, UNTIL_KEY, credentials
from tests.lab.target import MUTUAL, NAME, ONE_WAY, PORT, Istgt, Tgt

BIOS_HIDES = 1 << 20  # the BIOS's own tables at the top of RAM, and the hole below 1 MiB


# ---- the file ----

def damaged_at(place):
    def damage(data):
        data[place(data)] ^= 0x10
    return damage


ENTRY = 28  # in struct core_header (bios/core.h), which LZMA knows nothing of
BLOCK = b"SNSTBLK1"  # lies before the core, and begins with the same letters

ACCIDENTS = {
    "where the image is entered": damaged_at(lambda data: data.index(b"SNST", data.index(BLOCK) + len(BLOCK)) + ENTRY),
    "early in the packed image": damaged_at(lambda data: len(data) // 4),
    "late in the packed image": damaged_at(lambda data: len(data) - 256),
    "cut short": lambda data: data.__delitem__(slice(len(data) // 512 * 512 - 512, None)),
}


@pytest.mark.parametrize("accident", ACCIDENTS.values(), ids=ACCIDENTS.keys())
def test_damaged_file(lab, accident):
    """The stub has one letter for it (bios/stub/stub.c)."""
    with open(NBP, "rb") as file:
        data = bytearray(file.read())
    accident(data)
    lab.dhcp(boot_file="damaged.pxe").publish(lab.file("damaged.pxe", data))
    lab.machine().expect_screen("S:D", 60)


# ---- the card and the lease ----

def test_no_card(lab):
    assert "without a driver: 10ec:8139 at 00:0" in fails_with(lab.boot_directly(nic="rtl8139"), "E_NIC_NONE")


def test_no_link(lab):
    machine = lab.boot_directly("link-timeout=4", extra=["-S"])
    machine.set_link(False)
    machine.qmp("cont")
    fails_with(machine, "E_LINK_DOWN")


def test_no_lease(lab):
    fails_with(lab.boot_directly("dhcp-timeout=6"), "E_DHCP_TIMEOUT")


def test_lease_without_root_path(lab):
    lab.dhcp(boot_file="sanstrap.pxe").publish(NBP)
    fails_with(lab.machine(), "E_ROOT_PATH_MISSING")


@pytest.mark.parametrize("path", BAD_ROOT_PATHS)
def test_unreadable_root_path(lab, path):
    """By DHCP; the mark points into the text."""
    lab.dhcp(root_path=path)
    shown = fails_with(lab.boot_directly(), "E_ROOT_PATH_SYNTAX")
    assert "^" in shown


# ---- the target ----

def test_target_refuses(lab):
    fails_with(lab.boot_directly(f"{STATIC} root={ROOT_PATH}"), "E_CONNECT_REFUSED")


def test_target_is_silent(lab):
    lab.network.helper("silent", PORT)
    fails_with(lab.boot_directly(f"{STATIC} timeout=5 root={ROOT_PATH}"), "E_CONNECT_TIMEOUT")


def test_target_is_nowhere(lab):
    """An address of our own subnet that nobody holds."""
    machine = lab.boot_directly(f"{STATIC} timeout=5 root=iscsi:{PREFIX}.77:::1:{NAME}")
    match = machine.expect(r"^S(\d{3}) ", 60)
    assert int(match.group(1)) in (code("E_UNREACHABLE"), code("E_CONNECT_TIMEOUT"))


def test_target_name_unknown(lab):
    target = hello_target(lab)
    fails_with(lab.boot_directly(f"{STATIC} root={target.root_path}-other"), "E_LOGIN_NOT_FOUND")


def test_lun_missing(lab):
    target = hello_target(lab)
    fails_with(lab.boot_directly(f"{STATIC} root=iscsi:{SERVER}:::7:{NAME}"), "E_LUN_MISSING")
    assert target.child.poll() is None


@pytest.mark.parametrize("end", [b"", b"\xee\xfe\xff\xff\1\0\0\0\xff\7\0\0" + bytes(48) + b"\x55\xaa"],
                         ids=["zeros", "partitions without code"])
def test_no_boot_sector(lab, end):
    """Nothing; and what tools for GPT leave there."""
    target = lab.target(lab.file("disk.img", bytes(512 - len(end)) + end + bytes((1 << 20) - 512)))
    fails_with(lab.boot_directly(f"{STATIC} root={target.root_path}"), "E_BOOT_SIGNATURE")


# ---- the keys ----

def test_retry_key_after_the_cause_is_gone(lab):
    machine = lab.boot_directly(f"{STATIC} {UNTIL_KEY} root={ROOT_PATH}")
    fails_with(machine, "E_CONNECT_REFUSED")
    hello_target(lab)
    machine.key("r")
    enters_boot_sector(machine)


def next_boot_device(lab, name, **machine_options):
    """
    The ROM loads us or our loader, we fail with `name` and are told to give up; returns how the BIOS's own disk was entered.
    """
    local = disks.sector_disk(lab.path("local.img"), disks.assemble("hello"))
    machine = lab.machine(drives=[local], boot="nc", **machine_options)
    fails_with(machine, name)
    machine.key("n")
    return enters_boot_sector(machine, 60, or_fail=None)  # a late key ends the next pause, behind another failure


def loaded_by_rom(lab):
    lab.dhcp(boot_file="sanstrap.pxe", root_path=ROOT_PATH).publish(NBP)


def has_all_memory(boot):
    assert boot.base_memory == BASE_MEMORY
    assert hidden(boot, 256 << 20) <= BIOS_HIDES


NOTHING_HOOKED = [("E_CONNECT_REFUSED", {}), ("E_NIC_NONE", {"nic": "rtl8139"})]


@pytest.mark.parametrize("name,machine_options", NOTHING_HOOKED, ids=["after-the-rom-was-unloaded", "back-into-the-rom"])
def test_next_boot_device_key(lab, name, machine_options):
    """The BIOS's own disk starts when the SAN cannot be booted, and finds the memory that it has without any network boot."""
    loaded_by_rom(lab)
    has_all_memory(next_boot_device(lab, name, **machine_options))


def test_next_boot_device_key_with_the_rom_left_by_pxelinux(lab):
    """There is no way back into a ROM that did not call us: it is unloaded before the BIOS goes on."""
    lab.pxelinux("LINUX sanstrap.lkrn\nAPPEND keeppxe\n")
    has_all_memory(next_boot_device(lab, "E_NIC_NONE", nic="rtl8139"))


def test_next_boot_device_key_after_the_disk_was_hooked(lab):
    """INT 13h was ours by then; the BIOS's own disk has its number back, and all memory."""
    lab.target(lab.file("disk.img", bytes(1 << 20)))
    loaded_by_rom(lab)
    has_all_memory(next_boot_device(lab, "E_BOOT_SIGNATURE"))


# ---- CHAP ----

@pytest.mark.parametrize("kind", [Tgt, Istgt])
@pytest.mark.parametrize("chap", [ONE_WAY, MUTUAL], ids=["one-way", "mutual"])
def test_right_secrets(lab, kind, chap):
    target = hello_target(lab, kind, chap=chap)
    enters_boot_sector(lab.boot_directly(f"{STATIC} root={target.root_path} {credentials(chap)}"))


def test_secrets_from_dhcp_as_ipxe_takes_them(lab):
    target = hello_target(lab, chap=MUTUAL)
    values = {190: MUTUAL.name, 191: MUTUAL.secret, 192: MUTUAL.reverse_name, 193: MUTUAL.reverse_secret}
    lab.dhcp(root_path=target.root_path, options=[f"encap:175,{number},{value}" for number, value in values.items()])
    enters_boot_sector(lab.boot_directly())


WRONG = {
    "wrong": (Tgt, ONE_WAY, credentials(ONE_WAY, secret=WRONG_SECRET), "E_LOGIN_AUTHENTICATION"),
    "wrong-istgt": (Istgt, ONE_WAY, credentials(ONE_WAY, secret=WRONG_SECRET), "E_LOGIN_AUTHENTICATION"),
    "missing": (Tgt, ONE_WAY, "", "E_CHAP_REQUIRED"),
    "the-targets-is-wrong": (Tgt, MUTUAL, credentials(MUTUAL, reverse_secret="quite-another-secret"), "E_CHAP_TARGET"),
}


@pytest.mark.parametrize("kind,chap,words,name", WRONG.values(), ids=WRONG.keys())
def test_wrong_secrets(lab, kind, chap, words, name):
    target = hello_target(lab, kind, chap=chap)
    fails_with(lab.boot_directly(f"{STATIC} root={target.root_path} {words}"), name)
