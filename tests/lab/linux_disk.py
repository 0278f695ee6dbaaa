# SPDX-License-Identifier: BSD-2-Clause
"""
A small Debian Linux disk: syslinux, Debian's kernel and an initramfs on a FAT partition, the root file system on an ext4 one.
Everything comes from Debian's packages, which are unpacked into build/lab/debian and not installed.
"""
import glob
import gzip
import lzma
import os
import re
import shutil

from . import cpio, packages, process
from .disks import (CACHE, FAT16_LBA, FIRST_SECTOR, LINUX, MIB, MTOOLS, SYSLINUX, fat_partition, kept, partition_table,
                    replace_text, text_file)

HERE = os.path.join(os.path.dirname(__file__), "linux")
PACKAGES = ["open-iscsi", "libopeniscsiusr", "busybox-static", "libssl3t64|libssl3", "libkmod2", "libzstd1", "liblzma5", "zlib1g",
            "libc6"]
MODULES = ["crc32c_generic", "crct10dif_generic", "e1000", "e1000e", "iscsi_tcp", "sd_mod", "ext4"]
IBFT_MODULES = ["iscsi_ibft", "8021q"]  # loaded where the iBFT is to say where the root is
BOOT_MIB, ROOT_MIB = 40, 48
ROOT_SECTOR = FIRST_SECTOR + BOOT_MIB * MIB // 512
INITIATOR = "iqn.2026-11.org.sanstrap.lab:linux"
UNWANTED = r"LINUX FAIL.*|Kernel panic.*"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def module_name(path):
    """Its file's name where the initramfs has it: Debian 13 compresses modules, insmod wants them plain."""
    return os.path.basename(path).removesuffix(".xz")


def module(path):
    data = read(path)
    return lzma.decompress(data) if path.endswith(".xz") else data


def modules_in_order(root, wanted):
    """The module files that `wanted` need, each after what it depends on (by the .modinfo section, since depmod has not run)."""
    paths = [path for end in ("", ".xz") for path in glob.glob(f"{root}/lib/modules/*/kernel/**/*.ko{end}", recursive=True)]
    files = {module_name(path)[:-3].replace("-", "_"): path for path in paths}
    order = []

    def add(name):
        name = name.replace("-", "_")
        path = files.get(name)
        if path is None or path in order:
            return  # None: built into the kernel
        depends = re.search(rb"\0depends=([^\0]*)\0", module(path))
        for needed in depends.group(1).decode().split(",") if depends else []:
            if needed:
                add(needed)
        order.append(path)

    for name in wanted:
        add(name)
    return order


def library_closure(root, program):
    """The shared libraries a program needs, found in the unpacked packages, by their NEEDED entries."""
    found, waiting = {}, [program]
    while waiting:
        text = process.run(["readelf", "-d", "-l", waiting.pop()]).decode()
        for name in re.findall(r"\(NEEDED\).*\[(.+)\]", text):
            if name in found:
                continue
            places = [path for folder in ("lib", "usr/lib") for path in glob.glob(f"{root}/{folder}/x86_64-linux-gnu/{name}")]
            if not places:
                raise process.LabError(f"{program} needs {name}, which no unpacked package holds")
            found[name] = places[0]
            waiting.append(places[0])
    return found


def initramfs(root, more=()):
    """`more`: further files {name: (bytes, permissions)}."""
    files = {
        "init": (read(f"{HERE}/initramfs-init"), 0o755),
        "udhcpc-script": (read(f"{HERE}/udhcpc-script"), 0o755),
        "ibft": (read(f"{HERE}/initramfs-ibft"), 0o644),
        "bin/busybox": (read(f"{root}/bin/busybox"), 0o755),
        "sbin/iscsistart": (read(f"{root}/sbin/iscsistart"), 0o755),
    }
    for name, path in library_closure(root, f"{root}/sbin/iscsistart").items():
        files[f"lib64/{name}" if name.startswith("ld-linux") else f"lib/x86_64-linux-gnu/{name}"] = (read(path), 0o755)

    order = modules_in_order(root, [*MODULES, *IBFT_MODULES])
    always = len(modules_in_order(root, MODULES))
    for path in order:
        files[f"modules/{module_name(path)}"] = (module(path), 0o644)
    for name, part in (("order", order[:always]), ("ibft-order", order[always:])):
        files[f"modules/{name}"] = ("".join(module_name(path) + "\n" for path in part).encode(), 0o644)
    files.update(more)
    return gzip.compress(cpio.archive(files), 6)


def root_tree(root, folder):
    """What / on the LUN holds."""
    for name in ("bin", "sbin", "dev", "proc", "sys", "var", "etc", "root", "tmp"):
        os.makedirs(os.path.join(folder, name))
    shutil.copy(f"{root}/bin/busybox", f"{folder}/bin/busybox")
    for applet in process.run([f"{root}/bin/busybox", "--list"]).decode().split():
        if applet != "busybox":
            os.symlink("busybox", f"{folder}/bin/{applet}")
    shutil.copy(f"{HERE}/root-init", f"{folder}/sbin/init")
    os.chmod(f"{folder}/sbin/init", 0o755)
    with open(f"{folder}/etc/hostname", "w", encoding="ascii") as file:
        file.write("diskless\n")


def sources():
    """What the disk is made of, besides Debian's packages."""
    return sorted(glob.glob(f"{HERE}/*"))


def parts(folder, say, more=()):
    """Puts initrd.gz, with `more` files, and the tree root/ into the folder; returns the kernel's path."""
    root = packages.unpack([packages.kernel_package(), *PACKAGES], os.path.join(CACHE, "debian"), say)
    say("building the initramfs")
    with open(f"{folder}/initrd.gz", "wb") as file:
        file.write(initramfs(root, more))
    root_tree(root, f"{folder}/root")
    kernel, = glob.glob(f"{root}/boot/vmlinuz-*")
    return kernel


def make_root(image, folder):
    """Makes the second partition's file system from the tree."""
    process.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", f"{folder}/root",
                 "-E", f"root_owner=0:0,offset={ROOT_SECTOR * 512}", "-L", "sanstrap-root", image, f"{ROOT_MIB}M"])


def base_disk(say=lambda text: None, name="linux", more=(), behind=0, made_of=()):
    """
    The disk as it is before any run, from the cache or built now. Other disks than "linux" have `more` files in their initramfs
    and `behind` bytes behind the partitions; `made_of` are the files that they are made of besides.
    """
    def build(folder):
        kernel = parts(folder, say, more)
        say("building the disk")
        image = f"{folder}/disk"
        boot_sectors, root_sectors = ROOT_SECTOR - FIRST_SECTOR, ROOT_MIB * MIB // 512
        with open(image, "wb") as file:
            file.truncate((ROOT_SECTOR + root_sectors) * 512 + behind)
            file.write(read(f"{SYSLINUX}/mbr/mbr.bin")[:440].ljust(440, b"\0") + b"SSTR\0\0")
            file.write(partition_table((FIRST_SECTOR, boot_sectors, FAT16_LBA), (ROOT_SECTOR, root_sectors, LINUX)) + b"\x55\xaa")

        menu = text_file(f"{folder}/syslinux.cfg", "DEFAULT linux\n")
        boot_files = {"vmlinuz": kernel, "initrd.gz": f"{folder}/initrd.gz", "syslinux.cfg": menu}
        fat_partition(image, FIRST_SECTOR, boot_sectors, boot_files)
        process.run(["syslinux", "--offset", str(FIRST_SECTOR * 512), "--install", image])
        make_root(image, folder)
        return image

    return kept(name, [__file__, cpio.__file__, *sources(), *made_of], build)


def kernel_words(target_settings, nonce, keep=False, user="", password="", network="", more=()):
    """
    The kernel's parameters: where the root is and what to prove. `target_settings`: (address, port, name, lun), or None: then the
    iBFT alone tells, and `network` "iscsistart" has open-iscsi set up the interface, too.
    """
    words = ["console=ttyS0,115200", "loglevel=4", "panic=5", f"lab.nonce={nonce}", f"lab.keep={int(keep)}"]

    if target_settings:
        address, port, name, lun = target_settings
        words += [f"lab.address={address}", f"lab.port={port}", f"lab.target={name}", f"lab.lun={lun}",
                  f"lab.initiator={INITIATOR}"]
    if user:
        words += [f"lab.user={user}", f"lab.password={password}"]
    if network:
        words += [f"lab.network={network}"]
    return [*words, *more]


def configure(image, folder, target_settings, nonce, keep=False, **how):
    """Tells a copy of the disk its kernel's parameters."""
    words = kernel_words(target_settings, nonce, keep, **how)
    menu = f"""SERIAL 0 115200
SAY syslinux runs from the LUN
DEFAULT linux
PROMPT 0
LABEL linux
  LINUX /vmlinuz
  INITRD /initrd.gz
  APPEND {' '.join(words)}
"""
    replace_text(image, FIRST_SECTOR, "syslinux.cfg", menu, folder)


def kernel_and_initramfs(folder):
    """Both as files, for a machine that is given its kernel directly."""
    paths = []
    for name in ("vmlinuz", "initrd.gz"):
        paths.append(os.path.join(folder, name))
        process.run(["mcopy", "-n", "-i", f"{base_disk()}@@{FIRST_SECTOR * 512}", f"::/{name}", paths[-1]], env=MTOOLS)
    return paths


def root_file(image, name, folder):
    """A file of the root partition as it stands on the LUN, read without mounting it."""
    part = os.path.join(folder, "root-partition")
    process.run(["dd", f"if={image}", f"of={part}", "bs=512", f"skip={ROOT_SECTOR}", f"count={ROOT_MIB * MIB // 512}",
                 "status=none", "conv=sparse"])
    return process.run(["debugfs", "-R", f"cat {name}", part]).split(b"\n", 1)[-1]


def passes(machine, nonce, timeout=180, or_fail=UNWANTED):
    """Linux has its root on the LUN, says so with this start's `nonce`, and switches the machine off."""
    machine.expect(f"LINUX PASS {nonce}", timeout, or_fail=or_fail)
    machine.wait_end(30)


def holds(image, nonce, folder):
    """What Linux wrote stands on the LUN."""
    return root_file(image, "/var/nonce", folder).decode().strip() == nonce
