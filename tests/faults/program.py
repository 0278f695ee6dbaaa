# SPDX-License-Identifier: BSD-2-Clause
"""
The program of the cases that write: GRUB writes a file of ENVIRONMENT bytes, a cluster at a time (1024 bytes under BIOS, 2048
under UEFI), reads a large and a small one, and goes on when the disk fails it. What then stands in the LUN's file is compared
with all that it may be.
"""
import hashlib
import os

from tests.lab import disks, efi_disk
from tests.lab.disks import FIRST_SECTOR, MIB

from .machine import Bios

SECTOR = 512
ENVIRONMENT = 65536
HEADER = b"# GRUB Environment Block\n"
TOKEN = 7900  # characters: GRUB takes 8 KiB
WORDS = {name: hashlib.shake_256(name.encode()).hexdigest(TOKEN // 2) for name in "abcdefgh"}
SETS = "\n".join(f"set {name}={word}" for name, word in WORDS.items())
LARGE, SMALL = disks.pattern(4 * MIB), disks.pattern(MIB, b"small")
SCRIPT = f"""insmod loadenv
{SETS}
if save_env -f /grubenv {' '.join(WORDS)}; then echo SAVED; else echo NOT-SAVED; fi
if sha256sum /data.bin; then echo READ; else echo NOT-READ; fi
if sha256sum /small.bin; then echo READ; else echo NOT-READ; fi
echo OVER
"""
BOUND = 90  # seconds, for each of its steps


def environment(*words):
    return (HEADER + b"".join(word.encode() + b"\n" for word in words)).ljust(ENVIRONMENT, b"#")


class Program:
    """Its disk for a firmware, and where on it what is."""

    def __init__(self, firmware):
        def build(folder):
            platform, prefix = ("i386-pc", "") if firmware is Bios else ("x86_64-efi", "EFI/BOOT/")
            files = {"grubenv": environment(), "data.bin": LARGE, "small.bin": SMALL, f"{prefix}grub.cfg": SCRIPT.encode()}
            paths = {f"{prefix}{platform}/{name}.mod": f"/usr/lib/grub/{platform}/{name}.mod" for name in ("loadenv", "disk")}
            for name, data in files.items():
                paths[name] = f"{folder}/{os.path.basename(name)}"
                with open(paths[name], "wb") as file:
                    file.write(data)
            make = disks.grub_disk if firmware is Bios else efi_disk.grub_disk
            return make(f"{folder}/disk", "echo GRUB-RUNS\n", paths, size=46 * MIB)

        self.image = disks.kept(f"writes-{firmware.name}", [__file__, disks.__file__, efi_disk.__file__], build)
        with open(self.image, "rb") as file:
            self.before = file.read()
        self.environment_at = self.before.index(environment(), FIRST_SECTOR * SECTOR)
        self.large_at = self.before.index(LARGE)

    def assert_disk(self, path, saved):
        """Nothing but the file was written to; it is whole, or each of its sectors is the old or the new one."""
        with open(path, "rb") as file:
            after = file.read()
        at, end = self.environment_at, self.environment_at + ENVIRONMENT
        wanted = environment(*(f"{name}={word}" for name, word in WORDS.items()))
        assert after[:at] == self.before[:at] and after[end:] == self.before[end:], "something else was written to"
        if saved:
            assert after[at:end] == wanted, "what was written is not what stands there"
        for begin in range(0, ENVIRONMENT, SECTOR):
            sector = slice(begin, begin + SECTOR)
            assert after[at:end][sector] in (wanted[sector], environment()[sector]), "a sector is neither the old nor the new one"

    @staticmethod
    def saves(machine):
        return not machine.expect("^(NOT-)?SAVED", BOUND, or_fail="^OVER").group(1)

    @staticmethod
    def reads(machine, data):
        """True when it read this; None when it was told that it cannot; False when it read something else."""
        match = machine.expect(r"^([0-9a-f]{64})  /|^NOT-READ", BOUND, or_fail="^OVER")
        return match.group(1) and match.group(1) == hashlib.sha256(data).hexdigest()
