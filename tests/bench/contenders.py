# SPDX-License-Identifier: BSD-2-Clause
"""
Who is measured: a name, and a function that boots the machine from a root path in a lab. A new one is a row.
"""
import os
from dataclasses import dataclass
from typing import Callable

from tests.lab import efi_disk, iscsidxe, ovmf, process
from tests.lab.lab import NBP, ROOT
from tests.lab.settings import STATIC

OURS = "sanstrap"
LOCAL = "own disk"  # a disk of the machine's own: not a peer
CARD = "bare card"  # the bound
DEBIAN_PXE = "/usr/lib/ipxe/ipxe.pxe"
DEBIAN_EFI = "/usr/lib/ipxe/ipxe.efi"
TIMEOUT = 900


@dataclass
class Contender:
    name: str
    boot: Callable  # (lab, root path, disk) → machine
    peer: bool = True
    plain_only: bool = False  # a network makes no difference to it
    program: str = ""         # what the card's ROM loads: from its last block the time to the boot sector counts
    start_only: bool = False  # nothing else of it is measured


def _known(setting):
    """Whether this loader has the setting."""
    with open(os.path.join(ROOT, "loader", "settings.def"), encoding="ascii") as file:
        return f'"{setting}"' in file.read()


# ---- BIOS ----

def _ours(words=""):
    def boot(lab, root_path, _):
        server = lab.dhcp(boot_file="sanstrap.pxe", root_path=root_path)
        server.publish(NBP)
        if words:
            server.publish_text("sanstrap.conf", words + "\n")
        return lab.machine(timeout=TIMEOUT)
    return boot


def _rom(path=None):
    """The iPXE in a ROM: Debian's, that of QEMU's e1000, unless another is given."""
    def boot(lab, root_path, _):
        lab.ipxe(f"sanboot {root_path}\n")
        return lab.machine(rom=path, timeout=TIMEOUT)
    return boot


def _kernel(path):
    """An iPXE that QEMU starts as a kernel."""
    def boot(lab, root_path, _):
        lab.dhcp()
        return lab.machine(kernel=path, rom="", append=f"dhcp && sanboot {root_path}", timeout=TIMEOUT)
    return boot


def _chained(path):
    """An iPXE that the ROM's loads. Both ask for the same script: it is another one once the second is on its way."""
    def boot(lab, root_path, _):
        name = os.path.basename(path)
        server = lab.ipxe(f"chain {name}\n", path)
        machine = lab.machine(timeout=TIMEOUT)
        process.wait_until(lambda: f"/{name} to " in server.read_log(), 60, name, machine.child)
        server.publish_text("boot.ipxe", f"#!ipxe\nsanboot {root_path}\n")
        return machine
    return boot


def _own_disk(lab, _, disk):
    return lab.machine(rom="", drives=[disk], boot="c", timeout=TIMEOUT)


def _peer(path):
    name, way = os.path.basename(path), {".rom": _rom, ".lkrn": _kernel}.get(os.path.splitext(path)[1], _chained)
    return Contender(name, way(path), program=name if way is _chained else "")


def of_bios(peers=()):
    result = [Contender(OURS, _ours(), peer=False, program=os.path.basename(NBP))]
    if _known("read-ahead"):
        result.append(Contender("read-ahead=off", _ours("read-ahead=off"), peer=False))
    result.append(Contender("Debian's iPXE", _rom()))
    if os.path.exists(DEBIAN_PXE):
        result.append(Contender("Debian's ipxe.pxe", _chained(DEBIAN_PXE), program=os.path.basename(DEBIAN_PXE), start_only=True))
    result += [_peer(path) for path in peers if not path.endswith(".efi")]
    return [*result, Contender(LOCAL, _own_disk, peer=False, plain_only=True)]


# ---- UEFI ----

def _ours_efi(words=""):
    def boot(lab, root_path, _):
        return ovmf.boot_from_stick(lab, f"{STATIC} root={root_path}\n{words}", timeout=TIMEOUT)
    return boot


def _ipxe_efi(path):
    def boot(lab, root_path, _):
        lab.ipxe(f"sanboot {root_path}\n")  # Debian's knows no autoexec.ipxe
        return ovmf.boot_from_disk(lab, {efi_disk.BOOT_FILE: path}, {}, timeout=TIMEOUT)
    return boot


def _firmware(lab, root_path, _):
    return iscsidxe.boot(lab, root_path, timeout=TIMEOUT)


def _own_disk_efi(lab, _, disk):
    return ovmf.start(lab, rom="", boot="c", drives=[disk], timeout=TIMEOUT)


def of_uefi(peers=()):
    result = [Contender(OURS, _ours_efi(), peer=False)]
    if _known("read-ahead"):
        result.append(Contender("read-ahead=off", _ours_efi("read-ahead=off"), peer=False))
    result.append(Contender("IScsiDxe", _firmware))
    result += [Contender("Debian's iPXE", _ipxe_efi(DEBIAN_EFI))] if os.path.exists(DEBIAN_EFI) else []
    result += [Contender(os.path.basename(path), _ipxe_efi(path)) for path in peers if path.endswith(".efi")]
    return [*result, Contender(LOCAL, _own_disk_efi, peer=False, plain_only=True)]
