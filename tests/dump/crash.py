# SPDX-License-Identifier: BSD-2-Clause
"""
A Debian that was booted from a LUN by sanstrap, with sanstrap_dump.ko in its initramfs, which takes commands by its serial line;
and what a dump of it has to be.
"""
import glob
import hashlib
import mmap
import os
import re
import secrets
import struct
import uuid
from dataclasses import dataclass

from tests.lab import disks, dump_area, dump_module, efi_disk, linux_disk, ovmf, packages, process
from tests.lab.boots import FAILURE
from tests.lab.lab import BUILD
from tests.lab.network import SERVER
from tests.lab.settings import STATIC6
from tests.lab.target import NAME

PAGE = 4096
MEMORY, EFI_MEMORY = 256, 384  # MiB: what a kernel and its initramfs need while they are loaded
DIFFERENT = 0.005  # of all pages: those that were being written
ENDED = r"The dump is complete: .* reconnects"
FAILED = r"The dump failed after .*|Kernel panic.*Fatal|BUG: .*"
OWN = 4 * disks.MIB  # memory of the module's, which a dump has as zeros
MAKEDUMPFILE = ["makedumpfile", "libdw1|libdw1t64", "libelf1t64|libelf1", "liblzo2-2", "libsnappy1v5", "libbz2-1.0", "liblzma5",
                "libzstd1", "zlib1g"]
SAVECORE = os.path.join(BUILD, "sanstrap-savecore")
SCRIPT = os.path.join(linux_disk.HERE, "initramfs-dump")


@dataclass
class Crash:
    """A machine that is up, its disk, and where on it a dump goes."""
    lab: object
    machine: object
    target: object
    disk: str
    nonce: str
    first: int  # block of the area
    blocks: int
    efi: bool

    @property
    def place(self):
        """The module's parameter."""
        return f"partition={efi_disk.partition_uuid(2)}" if self.efi else f"extent={self.first}:{self.blocks}"

    def run(self, command, timeout=60):
        """A shell command that ends well; returns what it printed."""
        begin = self.machine.position
        self.machine.type(command + "\n")
        match = self.machine.expect(r"^DUMP DONE (\d+)\n", timeout, or_fail=FAILED)
        assert match.group(1) == "0", self.machine.text[begin:]
        return self.machine.text[begin:match.start()]

    def state(self):
        return re.search(r"^STATE (.+)$", self.run("state"), re.M).group(1)

    def load(self, parameters=""):
        """Loads the module; returns its state."""
        self.run(f"insmod /modules/sanstrap_dump.ko {parameters}")
        return self.state()

    def arms(self, parameters=""):
        state = self.load(f"{self.place} {parameters}")
        assert state.startswith("armed "), state
        return state

    def panic(self, command="echo c > /proc/sysrq-trigger"):
        self.outside = self.outside_sum()
        self.machine.type(command + "\n")

    def untouched(self):
        """Not one byte of the LUN has changed since the panic, the area's included."""
        dump = dump_area.read(self.disk, self.first)
        return dump.signature == dump_area.FREE and not dump.ended and self.outside_sum() == self.outside

    def outside_sum(self):
        """Of every byte of the LUN that is not the area's."""
        digest = hashlib.sha256()
        for data in dump_area.outside(self.disk, self.first, self.blocks):
            digest.update(data)
        return digest.hexdigest()

    def expect_failure(self, code, timeout=120):
        """Waits until the module says that the dump failed with this status; returns the line."""
        return self.machine.expect(rf"The dump failed after .* S{code} .*\n", timeout, or_fail=ENDED).group(0)

    def expect_dump(self, timeout=240):
        """Waits until the module says that the dump is complete; returns the line."""
        return self.machine.expect(ENDED, timeout, or_fail=FAILED).group(0)


def disk_of(lab, efi, area_bytes):
    """A copy of the disk, and where on it the area begins."""
    module = dump_module.built()
    with open(module, "rb") as file, open(SCRIPT, "rb") as script:
        more = {"modules/sanstrap_dump.ko": (file.read(), 0o644), "dump": (script.read(), 0o644)}
    kept = {"more": more, "made_of": [module]}
    if efi:
        third = (uuid.UUID(dump_area.PARTITION_TYPE), area_bytes)
        image = efi_disk.linux_base(name=f"efi-linux-dump-{area_bytes >> 20}", behind=third, **kept)
    else:
        image = linux_disk.base_disk(name=f"linux-dump-{area_bytes >> 20}", behind=area_bytes, **kept)
    return lab.copy_disk(image), linux_disk.ROOT_SECTOR + linux_disk.ROOT_MIB * disks.MIB // 512


def boot(lab, efi=False, memory=0, area=0, words="", kernel=(), early=False, by_rom=False, chap=None, target=(), files=(),
         **options):
    """
    Until the shell is there. `area`: MiB of the place for the dump, as much as the memory and more if left out. `words` are the
    loader's, which has a fixed address unless it comes `by_rom`; `kernel` Linux's, which does not log in if it is `early`;
    `target` the target's options; `files`, {name: path}, are put on the LUN's root, which is /newroot.
    """
    memory = memory or (EFI_MEMORY if efi else MEMORY)
    area_bytes = (area or memory + 16) * disks.MIB
    disk, first = disk_of(lab, efi, area_bytes)
    dump_area.mark(disk, first, area_bytes // 512)
    for name, path in dict(files).items():
        process.run(["debugfs", "-w", "-R", f"write {path} {name}", f"{disk}?offset={linux_disk.ROOT_SECTOR * 512}"])
    server = lab.target(disk, chap=chap, **dict(target))

    nonce = secrets.token_hex(8)
    configure = efi_disk.linux_configure if efi else linux_disk.configure
    how = {"user": chap.name, "password": chap.secret} if chap else {}
    configure(disk, lab.folder, (SERVER, server.port, NAME, server.lun), nonce, **how,
              more=["no_timer_check", *kernel, *(["lab.dump=early"] if early else [])])
    machine = start(lab, efi, server, words, by_rom, {"memory": memory, "timeout": 900, **options})
    machine.expect("^DUMP READY", 240, or_fail=f"{FAILURE}|{linux_disk.UNWANTED}|^error: (out of memory|you need)")
    debian = Crash(lab, machine, server, disk, nonce, first, area_bytes // 512, efi)
    if efi and not early:  # udev's part
        debian.run(f"mkdir -p /dev/disk/by-partuuid && ln -s /dev/sda3 /dev/disk/by-partuuid/{efi_disk.partition_uuid(2)}")
    return debian


def start(lab, efi, server, words, by_rom, options):
    if efi:
        return ovmf.boot_by_network(lab, server.root_path, "rom", **options)
    if by_rom:
        return lab.boot_by_rom(server.root_path, **options)
    lab.dhcp()
    address = STATIC6 if server.host.startswith("[") else f"ip={server.host.rsplit('.', 1)[0]}.50/24"
    return lab.boot_directly(f"{address} root={server.root_path} {words}", **options)


# ---- what was written ----

def segments(data, kind):
    """(offset, physical address, bytes) of each program header of this kind."""
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for number in range(count):
        p_type, _, p_offset, _, p_paddr, p_filesz = struct.unpack_from("<IIQQQQ", data, offset + number * size)
        if p_type == kind:
            yield p_offset, p_paddr, p_filesz


def mapped(path):
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def compare(runs, page_at, oracle):
    """(pages, addresses of those that differ, how many of them are zero in ours); QEMU has every page of ours."""
    loads = list(segments(oracle, 1))

    def place(address):
        for offset, begin, size in loads:
            if begin <= address < begin + size:
                return offset + address - begin
        raise AssertionError(f"QEMU has no page {address:#x}")

    pages, different, zero = 0, [], 0
    for offset, begin, size in runs:
        for at in range(0, size, PAGE):
            pages += 1
            mine, other = page_at(offset + at), place(begin + at)
            if mine != oracle[other:other + PAGE]:
                different.append(begin + at)
                zero += mine == bytes(PAGE)
    return pages, different, zero


def oracle_of(crash):
    """The machine's memory as QEMU has it, in a file; how long that takes is the disk's affair, not the monitor's."""
    oracle = crash.lab.path("oracle")
    crash.machine.qmp("dump-guest-memory", paging=False, protocol=f"file:{oracle}", detach=True)
    process.wait_until(lambda: crash.machine.qmp("query-dump")["status"] != "active", 300, "QEMU's dump", crash.machine.child)
    assert crash.machine.qmp("query-dump")["status"] == "completed"
    return oracle


def is_whole(crash):
    """The area holds a complete dump, which is the machine's memory as QEMU has it; returns the ELF core's path."""
    return holds(crash, oracle_of(crash))


def fetched(crash):
    """The file of a complete dump as sanstrap-savecore saves it, and what the area says of it."""
    dump = dump_area.read(crash.disk, crash.first)
    assert dump.signature == dump_area.COMPLETE and dump.ended and dump.status == 0, dump
    assert crash.outside_sum() == crash.outside, "the LUN changed outside the area"

    place = [f"--extent={crash.first}:{crash.blocks}", crash.disk]
    process.run([SAVECORE, "--check", *place])
    process.run([SAVECORE, "--save", "--directory", crash.lab.path("crash"), *place])
    core, = glob.glob(crash.lab.path("crash/*/vmcore"))
    assert os.path.getsize(core) == dump.length
    assert dump_area.read(crash.disk, crash.first).signature == dump_area.FREE
    return core, dump


def holds(crash, oracle=None):
    """Likewise, without a comparison where the machine has gone."""
    core, dump = fetched(crash)

    text = process.run(["readelf", "-hln", core]).decode()
    assert "CORE (Core file)" in text and "NT_PRSTATUS" in text and "VMCOREINFO" in text, text
    ours = mapped(core)
    assert ours.find(f"DUMP-PATTERN-{crash.nonce}\n".encode() * 100) >= 0, "the pattern in memory is not in the dump"
    assert sum(size for _, _, size in segments(ours, 1)) == dump.memory
    shows_log(crash, core)
    if oracle:
        few_differ(*compare(segments(ours, 1), lambda at: ours[at:at + PAGE], mapped(oracle)))
    return core, dump


def few_differ(pages, different, zero):
    print(f"{len(different)} of {pages} pages differ, {zero} of them left out")
    assert len(different) - zero <= pages * DIFFERENT and zero * PAGE <= OWN, [hex(page) for page in different]


def shows_log(crash, core):
    """makedumpfile finds the kernel's log in it, and there the panic."""
    root = packages.unpack(MAKEDUMPFILE, os.path.join(disks.CACHE, "debian"))
    log = crash.lab.path("dmesg")
    libraries = {**os.environ, "LD_LIBRARY_PATH": f"{root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu"}
    process.run([f"{root}/usr/bin/makedumpfile", "--dump-dmesg", "-f", core, log], env=libraries)
    with open(log, encoding="latin-1") as file:
        assert "Kernel panic" in file.read()


# ---- the compact form ----

def compact_pages(data):
    """(runs of pages as segments() has them, a function from a place in a run to the page), by the format's description."""
    assert data[:8] == b"KDUMP   " and struct.unpack_from("<i", data, 8)[0] == 6
    block, sub_blocks, bitmap_blocks = struct.unpack_from("<iiI", data, 428)
    assert block == PAGE
    bitmap = data[(1 + sub_blocks) * PAGE:(1 + sub_blocks) * PAGE + bitmap_blocks // 2 * PAGE]
    numbers = [8 * at + bit for at, byte in enumerate(bitmap) for bit in range(8) if byte >> bit & 1]
    table = (1 + sub_blocks + bitmap_blocks) * PAGE

    runs = []
    for number, page in enumerate(numbers):
        if runs and runs[-1][1] + runs[-1][2] == page * PAGE:
            runs[-1][2] += PAGE
        else:
            runs.append([number * PAGE, page * PAGE, PAGE])

    def page_at(place):
        offset, size, flags = struct.unpack_from("<QII", data, table + place // PAGE * 24)
        assert size == PAGE and flags == 0
        return data[offset:offset + PAGE]
    return runs, page_at


def compact_is_whole(crash):
    """As is_whole() for a dump in the compact form, which is smaller."""
    oracle = oracle_of(crash)
    core, dump = fetched(crash)
    assert dump.format == 2 and dump.length < dump.memory
    runs, page_at = compact_pages(mapped(core))
    assert sum(size for _, _, size in runs) == dump.memory
    few_differ(*compare(runs, page_at, mapped(oracle)))
    shows_log(crash, core)
