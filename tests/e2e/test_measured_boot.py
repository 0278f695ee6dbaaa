# SPDX-License-Identifier: BSD-2-Clause
"""Under a BIOS that has a TPM the boot sector is measured as the BIOS measures that of a disk of its own."""
import hashlib

from tests.lab import disks, tpm
from tests.lab.boots import FAILURE
from tests.lab.lab import NBP
from tests.lab.settings import STATIC

CODE = 440  # then come the disk's number and the partitions
ZEROS = bytes(20)
REGISTER = r"^PCR%d (\S{40})$"


def sha1(*pieces):
    return hashlib.sha1(b"".join(pieces)).digest()


def measured_disk(lab, version):
    return disks.sector_disk(lab.path("disk.img"), disks.assemble("pcrs", TPM2=int(version == "2.0")))


def registers(machine):
    """PCR 4 and 5, as the boot sector finds them."""
    return [bytes.fromhex(machine.expect(REGISTER % number, 90, f"^NOTCG|{FAILURE}").group(1)) for number in (4, 5)]


def boot(lab, disk, version):
    target = lab.target(disk)
    lab.dhcp(boot_file="sanstrap.pxe", root_path=target.root_path).publish(NBP)
    return lab.machine(extra=tpm.start(lab, version))


def test_as_a_disk_of_the_bios(lab):
    disk = measured_disk(lab, "1.2")
    local = lab.machine(drives=[disk], boot="c", extra=tpm.start(lab, "1.2", "local"))
    _, partitions = registers(local)
    local.stop()

    boot_code, boot_partitions = registers(boot(lab, disk, "1.2"))
    assert boot_partitions == partitions
    # Before it: that the BIOS begins to boot, and the border between it and what it boots.
    register = ZEROS
    with open(disk, "rb") as file:
        for event in (b"Calling INT 19h", b"\xff" * 4, file.read(CODE)):
            register = sha1(register, sha1(event))
    assert boot_code == register


def test_only_what_is_booted_is_measured(lab):
    """boot=no: the BIOS boots a disk of its own, and the LUN beside it leaves no trace."""
    disk = measured_disk(lab, "1.2")
    local = lab.machine(drives=[disk], boot="c", extra=tpm.start(lab, "1.2", "local"))
    expected = registers(local)
    local.stop()

    target = lab.target(disks.sector_disk(lab.path("lun.img"), disks.assemble("hello")))
    machine = lab.boot_directly(f"{STATIC} root={target.root_path} boot=no drive=0x81", drives=[disk], boot="c",
                                extra=tpm.start(lab, "1.2"))
    machine.expect("disk published as drive 81h", 60, FAILURE)
    assert registers(machine) == expected


def test_what_the_tpm_does_not_take(lab):
    """SeaBIOS 1.16 takes a TPM 2.0's measures of its own, not others' (error 1Ah): that is told once, and boots."""
    machine = boot(lab, measured_disk(lab, "2.0"), "2.0")
    _, partitions = registers(machine)
    told = machine.text.count("the TPM has not taken the boot sector into PCR")
    assert told == (1 if partitions == sha1(ZEROS, sha1(b"\xff" * 4)) else 0)


def test_without_a_tpm_nothing_is_said(lab):
    target = lab.target(measured_disk(lab, "1.2"))
    machine = lab.boot_directly(f"{STATIC} root={target.root_path}")
    machine.expect("^NOTCG$", 90, FAILURE)
    assert "TPM" not in machine.text
