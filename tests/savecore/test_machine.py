# SPDX-License-Identifier: BSD-2-Clause
"""
sanstrap-savecore in a machine, on disks and partitions as Linux has them: with blocks of 512 and of 4096 bytes, in use, and with
a page cache that knows nothing of the dump that another system wrote.
"""
import glob
import gzip
import hashlib
import os
import re

import pytest

from tests.lab import cpio, linux_disk, packages, process
from tests.lab.lab import Lab
from tests.savecore.disks import AREA_TYPE, Area, Disk, DONE, LINUX_TYPE, MIB, TROUBLE, gpt, partition_id

HERE = os.path.dirname(__file__)
TOOL = os.path.join(HERE, "..", "..", "build", "sanstrap-savecore")
MODULES = ["crc32c_generic", "crct10dif_generic", "virtio_pci", "virtio_scsi", "sd_mod", "ext4"]
CONTENT = bytes(range(256)) * 8000 + bytes(5 * MIB) + b"the end"


def initramfs(root):
    files = {"init": (linux_disk.read(f"{HERE}/machine-init"), 0o755),
             "bin/busybox": (linux_disk.read(f"{root}/bin/busybox"), 0o755),
             "sbin/sanstrap-savecore": (linux_disk.read(TOOL), 0o755)}
    for name, path in linux_disk.library_closure(root, TOOL).items():
        files[f"lib64/{name}" if name.startswith("ld-linux") else f"lib/x86_64-linux-gnu/{name}"] = (linux_disk.read(path), 0o755)
    order = linux_disk.modules_in_order(root, MODULES)
    for path in order:
        files[f"modules/{linux_disk.module_name(path)}"] = (linux_disk.module(path), 0o644)
    files["modules/order"] = ("".join(linux_disk.module_name(path) + "\n" for path in order).encode(), 0o644)
    return gzip.compress(cpio.archive(files), 6)


class Linux:
    """The machine; both disks have an area's type on their second partition, the first disk a file system on its third."""

    def __init__(self, lab):
        root = packages.unpack([packages.kernel_package(), *linux_disk.PACKAGES], os.path.join(linux_disk.CACHE, "debian"))
        kernel, = glob.glob(f"{root}/boot/vmlinuz-*")
        self.disk, self.large = Disk(lab.path("sda"), 64 * MIB), Disk(lab.path("sdb"), 64 * MIB, 4096)
        for disk in (self.disk, self.large):
            size = disk.block_size
            gpt(disk, (LINUX_TYPE, MIB // size, MIB // size), (AREA_TYPE, 2 * MIB // size, 16 * MIB // size),
                (AREA_TYPE, 32 * MIB // size, 16 * MIB // size))
        process.run(["mke2fs", "-q", "-F", "-t", "ext4", "-E", f"offset={32 * MIB}", self.disk.path, "16M"])

        extra = ["-device", "virtio-scsi-pci"]
        for number, disk in enumerate((self.disk, self.large)):
            extra += ["-drive", f"file={disk.path},format=raw,if=none,id=disk{number},cache=writeback", "-device",
                      f"scsi-hd,drive=disk{number},logical_block_size={disk.block_size},physical_block_size={disk.block_size}"]
        self.machine = lab.machine(kernel=kernel, initrd=lab.file("initrd.gz", initramfs(root)), rom="", memory=256, timeout=600,
                                   append="console=ttyS0,115200 loglevel=4 panic=1 no_timer_check", extra=extra)
        self.machine.expect("^MACHINE READY", 300, or_fail="MACHINE FAIL.*|Kernel panic.*")
        # Linux looks for disks side by side, and which one is sda is another each time.
        is_first = "512" in self.run("cat /sys/block/sda/queue/logical_block_size")[1].split()
        self.names = {512: "sda", 4096: "sdb"} if is_first else {512: "sdb", 4096: "sda"}

    def run(self, command):
        """A shell command's exit status, and what it printed."""
        begin = self.machine.position
        self.machine.type(command + "\n")
        match = self.machine.expect(r"^MACHINE DONE (\d+)\n", 120, or_fail="Kernel panic.*")
        return int(match.group(1)), self.machine.text[begin:match.start()]


@pytest.fixture(scope="module")
def linux():
    with Lab("savecore") as lab:
        yield Linux(lab)


def test_partitions_that_are_refused(linux):
    name = linux.names[512]
    assert linux.run(f"mount -t ext4 /dev/{name}3 /mnt")[0] == 0
    before = linux.disk.read(0, 32 * MIB)
    for device, because in ((f"{name}1", f"sfdisk --part-type /dev/{name} 1 {AREA_TYPE}"),
                            (f"{name}3", f"/dev/{name}3 is in use: mounted"), (name, "is no partition"),
                            ("sdz1", "No such file")):
        for force in ("", "--force"):
            status, text = linux.run(f"sanstrap-savecore --prepare {force} --partition=/dev/{device}")
            assert status == TROUBLE and because in text
    status, text = linux.run(f"sanstrap-savecore --prepare --extent=4096:8192 /dev/{name}")
    assert status == TROUBLE and "reaches into partition 2" in text
    assert linux.disk.read(0, 32 * MIB) == before
    assert linux.run(f"touch /mnt/file && sync && umount /mnt && mount -t ext4 /dev/{name}3 /mnt && ls /mnt/file")[0] == 0


@pytest.mark.parametrize("block_size", (512, 4096))
def test_a_dump_that_another_system_wrote(linux, block_size):
    """The page cache has the area's blocks of before, by the disk and by the partition, which are held open."""
    disk, name = linux.disk if block_size == 512 else linux.large, linux.names[block_size]
    area = Area(disk, 2 * MIB, 16 * MIB)
    status, text = linux.run(f"sanstrap-savecore --prepare --partition=/dev/{name}2")
    assert status == DONE and f"/dev/{name}2 is an area" in text and str(partition_id(2)) in text
    assert linux.run(f"exec 5< /dev/{name} 6< /dev/{name}2; dd if=/dev/{name} of=/dev/null bs=1M 2> /dev/null; "
                     f"dd if=/dev/{name}2 of=/dev/null bs=1M 2> /dev/null")[0] == 0
    area.dump(CONTENT)
    outside = disk.read(0, area.offset) + disk.read(area.offset + area.length, disk.size - area.offset - area.length)

    status, text = linux.run("sanstrap-savecore --list")
    assert status == DONE and re.search(rf"^/dev/{name}2\n+  State: +complete", text, re.M), text
    status, text = linux.run("sanstrap-savecore --directory=/tmp/crash")
    assert status == DONE, text
    folder = re.search(rf"^/dev/{name}2: saved to (\S+)$", text, re.M).group(1)
    _, text = linux.run(f"sha256sum {folder}/vmcore")
    assert text.split()[0] == hashlib.sha256(CONTENT).hexdigest()

    status, text = linux.run(f"sanstrap-savecore --list --partition={partition_id(2)} /dev/{name}")
    assert status == DONE and re.search("State: +free", text)
    assert linux.run("sanstrap-savecore --directory=/tmp/crash")[0] == 1
    if block_size == 4096:  # on the other one a file system is mounted
        assert disk.read(0, area.offset) + disk.read(area.offset + area.length, disk.size - area.offset - area.length) == outside


def test_both_disks_have_the_partuuid(linux):
    """Both are shown, and neither is touched."""
    status, text = linux.run(f"sanstrap-savecore --list --partition={partition_id(2)}")
    assert status == DONE and text.count("State:") == 2
    before = [disk.read(2 * MIB, 16 * MIB) for disk in (linux.disk, linux.large)]
    for how in ("--prepare --force", "--clear"):
        status, text = linux.run(f"sanstrap-savecore {how} --partition={partition_id(2)}")
        assert status == TROUBLE and "/dev/sda2" in text and "/dev/sdb2" in text, text
    assert [disk.read(2 * MIB, 16 * MIB) for disk in (linux.disk, linux.large)] == before


def test_a_table_that_the_kernel_has_not_read(linux):
    """The mounted third partition is half as large in it, and a fourth one, or nothing, is behind."""
    name, sectors = linux.names[512], MIB // 512
    assert linux.run(f"umount /mnt; mount -t ext4 /dev/{name}3 /mnt && sync")[0] == 0
    gpt(linux.disk, (LINUX_TYPE, sectors, sectors), (AREA_TYPE, 2 * sectors, 16 * sectors),
        (AREA_TYPE, 32 * sectors, 8 * sectors), (AREA_TYPE, 40 * sectors, 4 * sectors))
    gone = [f"--extent={first * sectors}:{length * sectors}" for first, length in ((45, 2), (44, 6))]
    for place in ("--partition=4", "--partition=3", f"--partition={partition_id(4)}", *gone):
        status, text = linux.run(f"sanstrap-savecore --prepare --force {place} /dev/{name}")
        assert status == TROUBLE and f"the kernel has /dev/{name}3 where" in text
    assert b"Sanstrap-" not in linux.disk.read(32 * MIB, 30 * MIB)

    assert linux.run(f"umount /mnt && blockdev --rereadpt /dev/{name}")[0] == 0
    assert linux.run(f"sanstrap-savecore --prepare --force --extent={45 * sectors}:{2 * sectors} /dev/{name}")[0] == DONE


def test_a_disk_that_is_mounted_whole(linux):
    name = linux.names[4096]
    process.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", linux.large.path])
    linux.large.write(linux.large.size - MIB, bytes(MIB))
    assert linux.run(f"exec 5<&- 6<&-; blockdev --rereadpt /dev/{name} && echo 3 > /proc/sys/vm/drop_caches && "
                     f"mount -t ext4 /dev/{name} /mnt")[0] == 0
    prepare = f"sanstrap-savecore --prepare --force --extent=8192:4096 /dev/{name}"
    status, text = linux.run(prepare)
    assert status == TROUBLE and f"/dev/{name} is in use: mounted" in text
    assert linux.run(f"umount /mnt && {prepare}")[0] == DONE
