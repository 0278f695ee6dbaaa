# SPDX-License-Identifier: BSD-2-Clause
"""sanstrap.conf from the boot server, and settings as text in a DHCP option."""
import pytest

from tests.lab import disks, efi_disk, ovmf
from tests.lab.boots import FAILURE, code, enters_boot_sector, fails_with, grub_hashes, hashing_target, hello_target
from tests.lab.lab import NBP
from tests.lab.network import PREFIX6, SERVER, SERVER6, read_pcap
from tests.lab.qemu import MAC
from tests.lab.settings import STATIC

UUID = "3f9b6c1e-7a52-4d08-9e11-0242ac130003"
WITH_UUID = ("-uuid", UUID)
UDP_SOURCE = slice(34, 36)  # in a frame: a port for each file
NAMES = [f"sanstrap.cfg/{UUID}", f"sanstrap.cfg/01-{MAC.replace(':', '-')}", "sanstrap.cfg/C0A84D", "sanstrap.cfg/default",
         "sanstrap.conf"]
STRANGER = "root=iscsi:192.0.2.1::::iqn.2026-11.org.sanstrap.lab:nowhere retry=0\n"


def served(lab, texts, folder="", program=NBP, **options):
    """A server of the NBP in `folder`, and of the texts {name: text} there."""
    server = lab.dhcp(boot_file=f"{folder}sanstrap.pxe", **options)
    server.publish(program, f"{folder}sanstrap.pxe")
    for name, text in texts.items():
        server.publish_text(folder + name, text)
    return server


def boots_by(machine, name):
    machine.expect(f"^Settings +{name}$", 60, or_fail=FAILURE)
    machine.expect(r"^Target .*\(sanstrap.conf\)", 60, or_fail=FAILURE)
    enters_boot_sector(machine)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_of_pxelinuxs_order(lab, name):
    """It is taken, whatever stands in those behind it."""
    target = hello_target(lab)
    texts = {other: STRANGER for other in NAMES[NAMES.index(name) + 1:]}
    served(lab, {**texts, name: f"# this one\r\nroot={target.root_path}\r\n"})
    boots_by(lab.machine(extra=WITH_UUID), name)


def plain_rom(lab):
    """The NBP behind what hides iPXE's functions from it: then the ROM's TFTP is all that there is."""
    with open(NBP, "rb") as file:
        return lab.file("plain.pxe", disks.assemble("plain") + file.read())


def test_by_the_roms_tftp(lab):
    """In the boot file's folder; of more than one packet, the last of them empty."""
    target = hello_target(lab)
    text = f"root={target.root_path}\n"
    text += "#" * (1024 - len(text))
    served(lab, {"sanstrap.conf": text}, "boot/x86/", plain_rom(lab))
    boots_by(lab.machine(), "boot/x86/sanstrap.conf")


def test_by_the_roms_tftp_too_long(lab):
    served(lab, {"sanstrap.conf": "#" * 9000}, program=plain_rom(lab))
    assert "sanstrap.conf, line 1: it is longer than 8192 bytes" in fails_with(lab.machine(), "E_SETTINGS_FILE")


def test_without_a_file(lab):
    """Every name is asked for once, and the root path of DHCP is taken. The ROM says it again when the server is slow."""
    target = hello_target(lab)
    wire = lab.network.capture()
    served(lab, {}, root_path=target.root_path, root_path_for_all=False, program=plain_rom(lab))
    enters_boot_sector(lab.machine())
    lab.network.stop_capture()
    ports = [frame[UDP_SOURCE] for _, frame in read_pcap(wire) if b"\0\1sanstrap.cfg/default\0" in frame]
    assert len(set(ports)) == 1, ports


def test_by_ipxe_over_http(lab):
    target = hello_target(lab)
    server = lab.ipxe(f"chain http://{SERVER}/boot/sanstrap.pxe\n")
    server.publish(NBP, "boot/sanstrap.pxe")
    server.publish_text("boot/sanstrap.conf", f"root={target.root_path}\n")
    server.serve_http()
    boots_by(lab.machine(), "sanstrap.conf")


WRONG = {
    "value": ("retry=0\nmtu=12\n", "sanstrap.conf, line 2: mtu= takes a number of 576 to 9000"),
    "name": ("mtv=1500\n", "sanstrap.conf, line 1: mtv= is no setting"),
    "no-text": ("\n\x7fELF\n", "sanstrap.conf, line 2: this is no text"),
    "too-long": ("#" * 8193, "sanstrap.conf, line 1: it is longer than 8192 bytes"),
}


@pytest.mark.parametrize("text,why", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_stops_the_boot(lab, text, why):
    target = hello_target(lab)
    served(lab, {"sanstrap.conf": text}, root_path=target.root_path)
    assert why in fails_with(lab.machine(), "E_SETTINGS_FILE")


def test_what_rfc_5071_names(lab):
    target = hello_target(lab)
    served(lab, {"there/mine": f"root={target.root_path}\n", "sanstrap.cfg/default": STRANGER},
           forced=["209,mine", "210,there/"])
    boots_by(lab.machine(), "there/mine")


# ---- by DHCP ----

def test_settings_as_text(lab):
    """Option 224, asked for by an exchange of our own."""
    target = hello_target(lab)
    lab.dhcp(options=[f"224,root={target.root_path} retry=0 nic=00:1f.0"])
    machine = lab.boot_directly("log=info")
    machine.expect(r"^Target .*\(DHCP option 224\)", 60, or_fail=FAILURE)
    enters_boot_sector(machine)


def test_the_roms_lease_with_settings_as_text(lab):
    """It has the root path there, and so it serves."""
    target = hello_target(lab)
    server = served(lab, {}, forced=[f"224,root={target.root_path}"])
    enters_boot_sector(lab.machine())
    assert "DHCP" not in server.read_log().partition("sanstrap.conf not found")[2]


# ---- under UEFI ----

@pytest.mark.parametrize("pxe", ["firmware", "rom"])
def test_uefi(lab, pxe):
    """By the firmware's own PXE client, and by a ROM that is iPXE."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    machine = ovmf.boot_by_network(lab, None, pxe, texts={"sanstrap.cfg/default": f"root={target.root_path}\n"})
    machine.expect("^Settings +sanstrap.cfg/default", 90, or_fail=FAILURE)
    grub_hashes(machine, expected)


@pytest.mark.parametrize("name", ["sanstrap.cfg/01-52-54-00-12-34-56", "sanstrap.conf"])
def test_uefi_http_boot(lab, name):
    """From the URL's folder, by the firmware's own HTTP."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    server = lab.dhcp(boot_file=f"tag:http,http://{SERVER}/boot/sanstrap.efi")
    server.publish(ovmf.APPLICATION, "boot/sanstrap.efi")
    server.publish_text("boot/" + name, f"root={target.root_path}\n" + "#" * 3000 + "\n")
    server.serve_http()
    machine = ovmf.start(lab, extra=ovmf.without_pxe(4, 6))
    machine.expect(f"^Settings +{name}", 120, or_fail=FAILURE)
    grub_hashes(machine, expected)


def test_uefi_by_ipv6(lab):
    """By the firmware's PXE client, for which the firmware's own driver of another card serves: iPXE's has no IPv6 for it."""
    target, expected = hashing_target(lab, efi_disk.hashing_disk())
    server = lab.dhcp(ipv4=False, ipv6=False, words=["--enable-ra", f"--dhcp-range={PREFIX6}100,{PREFIX6}1ff,64",
                                                     f"--dhcp-option=option6:59,tftp://[{SERVER6}]/boot/sanstrap.efi"])
    server.publish(ovmf.APPLICATION, "boot/sanstrap.efi")
    server.publish_text("boot/sanstrap.cfg/01-52-54-00-12-34-57", f"{STATIC} root={target.root_path}\n")
    card = ovmf.second_card(lab, "virtio-net-pci,romfile=,bootindex=0")
    machine = ovmf.start(lab, rom="", boot="c", extra=[*card, *ovmf.without_pxe(4)])
    machine.expect("^Settings +boot/sanstrap.cfg/01-52-54-00-12-34-57$", 120, or_fail=FAILURE)
    grub_hashes(machine, expected)


def test_uefi_wrong_file(lab):
    machine = ovmf.boot_by_network(lab, None, texts={"sanstrap.conf": "mtu=12\n"})
    assert "sanstrap.conf, line 1: mtu= takes" in ovmf.fails_with(machine, "E_SETTINGS_FILE")


@pytest.mark.parametrize("pxe", ["firmware", "rom"])
def test_uefi_too_long_a_file(lab, pxe):
    machine = ovmf.boot_by_network(lab, None, pxe, texts={"sanstrap.conf": "#" * 9000})
    assert "longer than 8192 bytes" in ovmf.fails_with(machine, "E_SETTINGS_FILE")


# ---- boot=auto ----

def blank_target(lab):
    return lab.target(disks.sector_disk(lab.path("disk.img"), bytes(512)))


def local_grub(lab):
    """The machine's own disk, which looks for the LUN beside itself."""
    return disks.grub_disk(lab.path("grub.img"), "echo GRUB-RUNS\nls\n", size=32 * disks.MIB)


def test_a_blank_lun_is_kept(lab):
    """boot=auto: what cannot be booted stays, and the BIOS goes on."""
    target = blank_target(lab)
    served(lab, {"sanstrap.conf": f"root={target.root_path} boot=auto drive=0x81\n"})
    machine = lab.machine(drives=[local_grub(lab)], boot="nc")
    machine.expect(rf"\(S{code('E_BOOT_SIGNATURE')}\):\s+the\s+disk\s+is\s+kept", 60)
    machine.expect("GRUB-RUNS", 60)
    machine.expect(r"\(hd1\)", 30)
