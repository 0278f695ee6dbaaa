# SPDX-License-Identifier: BSD-2-Clause
"""dnsmasq: DHCP and TFTP for one lab."""
import os
import subprocess

from . import process
from .network import NETMASK, UNTAGGED


class Dhcp:
    """
    QEMU's PXE ROMs are iPXE, which hooks a LUN itself when it is given a root path with a boot file. The root path therefore goes
    only to clients that do not send option 175, unless `root_path_for_all`. Router advertisements are sent because iPXE waits ten
    seconds for one.
    """

    def __init__(self, network, folder, boot_file=None, root_path=None, options=(), root_path_for_all=False,
                 segment=UNTAGGED):
        self.network = network
        self.tftp = os.path.join(folder, "tftp")
        self.log = os.path.join(folder, f"dnsmasq-{segment.interface}.log")
        self.child = None
        os.makedirs(self.tftp, exist_ok=True)
        self.command = [
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--port=0", "--pid-file=",
            "--no-ping", "--dhcp-authoritative", f"--interface={segment.interface}", "--bind-interfaces",
            f"--dhcp-range={segment.prefix}.100,{segment.prefix}.150,{NETMASK},1h",
            f"--dhcp-leasefile={os.path.join(folder, f'leases-{segment.interface}')}", f"--log-facility={self.log}", "--log-dhcp",
            "--enable-ra", f"--dhcp-range={segment.prefix6},ra-only",
            "--enable-tftp", f"--tftp-root={self.tftp}", "--dhcp-match=set:ipxe,175"]
        if boot_file:
            self.command.append(f"--dhcp-boot={boot_file}")
        if root_path is not None:
            self.command.append(f"--dhcp-option={'' if root_path_for_all else 'tag:!ipxe,'}17,{root_path}")
        self.command += [f"--dhcp-option={option}" for option in options]

    def start(self):
        open(self.log, "wb").close()
        self.child = self.network.start(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            process.wait_until(lambda: "started" in self.read_log(), 10, "dnsmasq", self.child)
        except process.LabError as error:
            self.stop()
            raise process.LabError(f"{error}\n{self.child.stderr.read().decode()}") from error

    def stop(self):
        process.stop(self.child)

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def publish(self, path, name=None):
        """Offers a file by TFTP."""
        destination = os.path.join(self.tftp, name or os.path.basename(path))
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        with open(path, "rb") as source, open(destination, "wb") as copy:
            copy.write(source.read())

    def publish_text(self, name, text):
        destination = os.path.join(self.tftp, name)
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        with open(destination, "w", encoding="ascii") as file:
            file.write(text)
