# SPDX-License-Identifier: BSD-2-Clause
"""
The lab: one folder, one network, and what a test puts on it. Use it in a `with`; everything ends with it. LAB_KEEP=1 keeps the
folder with its logs.
"""
import os
import re
import shutil
import tempfile

from . import dhcp, disks, network, process, qemu, target

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
NBP = os.path.join(BUILD, "sanstrap.pxe")
LKRN = os.path.join(BUILD, "sanstrap.lkrn")


class Lab:
    def __init__(self, name="lab", mtu=1500):
        self.name = name
        self.mtu = mtu
        self.closing = []

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix=f"sanstrap-{self.name[:20]}-")
        try:
            self.network = network.Network(self.folder, self.mtu)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, kind, value, trace):
        for item in reversed(self.closing):
            item.stop()
        self.network.close()
        if not os.environ.get("LAB_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
        return False

    def logs(self):
        """The end of every log, and the screen of machines that still run: what a failing test's report needs."""
        parts = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".log"):
                with open(self.path(name), encoding="latin-1") as file:
                    parts.append(f"--- {name}, its end:\n{file.read()[-3000:]}")
        for item in self.closing:
            if isinstance(item, qemu.Machine) and item.child.poll() is None:
                parts.append(f"--- screen:\n{item.screen()}")
        return "\n".join(parts)

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def text(self, name, text):
        return disks.text_file(self.path(name), text)

    def copy_disk(self, source):
        """A private copy of an image, sparse where it is, so that runs do not see each other's writes."""
        destination = self.path("disk.img")
        process.run(["cp", "--reflink=auto", "--sparse=always", source, destination])
        return destination

    def dhcp(self, **options):
        server = dhcp.Dhcp(self.network, self.folder, **options)
        self.closing.append(server)
        server.start()
        return server

    def serve(self, kind, text):
        """A server of dhcp_servers.py with this configuration."""
        server = kind(self.network, self.folder, text)
        self.closing.append(server)
        server.start()
        return server

    def pxelinux(self, lines, **options):
        """
        The card's ROM gets pxelinux, and that one entry of these lines; our files are there as sanstrap.0 and sanstrap.lkrn.
        """
        server = self.dhcp(boot_file="pxelinux.0", **options)
        server.publish("/usr/lib/PXELINUX/pxelinux.0")
        for name in ("ldlinux.c32", "libcom32.c32", "libutil.c32", "pxechn.c32"):
            server.publish(os.path.join(disks.SYSLINUX, "modules", "bios", name))
        server.publish(NBP, "sanstrap.0")
        server.publish(LKRN)
        server.publish_text("pxelinux.cfg/default", f"SERIAL 0 115200\nPROMPT 0\nDEFAULT boot\nLABEL boot\n{lines}")
        return server

    def ipxe(self, script, *files, **options):
        """A ROM that is iPXE gets this script, and by it the files."""
        server = self.dhcp(boot_file="boot.ipxe", **options)
        server.publish_text("boot.ipxe", "#!ipxe\n" + script)
        for path in files:
            server.publish(path)
        return server

    def target(self, disk, kind=target.Tgt, **options):
        server = kind(self.network, self.folder, disk, **options)
        self.closing.append(server)
        server.start()
        return server

    def machine(self, kind=qemu.Machine, **options):
        machine = kind(self.network, self.folder, **options)
        self.closing.append(machine)
        return machine.start()

    def boot_directly(self, words="", **options):
        """Straight into the loader with a command line, by a card without a ROM: whatever the card sends is the loader's."""
        return self.machine(kernel=LKRN, rom="", append=words, **options)

    def boot_by_rom(self, root_path, loader="sanstrap", dhcp_options=(), **machine_options):
        """
        The plain case: a machine without a disk that its card's PXE ROM boots. `loader` is sanstrap, or ipxe for the ROM's own
        iSCSI driver, our peer.
        """
        if loader == "sanstrap":
            self.dhcp(boot_file="sanstrap.pxe", root_path=root_path, options=dhcp_options).publish(NBP)
        else:
            self.ipxe(f"sanboot {root_path}\n", options=dhcp_options)
        return self.machine(**machine_options)


def safe_name(text):
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
