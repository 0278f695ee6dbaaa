# SPDX-License-Identifier: BSD-2-Clause
"""dnsmasq: DHCP, TFTP and DNS for one lab; and the same files by HTTP."""
import os
import shutil
import subprocess
import sys

from . import process
from .network import NETMASK, UNTAGGED

ZONE = "lab.example"
X64_HTTP = 16  # RFC 5970's client architecture of such firmware


class Dhcp:
    """
    QEMU's PXE ROMs are iPXE, which hooks a LUN itself when it is given a root path with a boot file. The root path therefore goes
    only to clients that do not send option 175, unless `root_path_for_all`. Router advertisements are sent because iPXE waits ten
    seconds for one. A UEFI firmware that would boot by HTTP has the tag `http`, and the answer that it takes.

    With `names` of the ZONE, (name, address) each, it is the DNS server, too, and says so: by DHCP and in router advertisements,
    or by DHCPv6 alone (`dns_by_dhcp6`). Without `ipv4` or `ipv6` the network has the other one alone. Options that are `forced`
    are sent to those, too, that do not ask for them; `words` are dnsmasq's own.
    """

    def __init__(self, network, folder, boot_file=None, root_path=None, options=(), root_path_for_all=False,
                 segment=UNTAGGED, names=(), dns_by_dhcp6=False, ipv4=True, ipv6=True, forced=(), words=()):
        self.network = network
        self.tftp = os.path.join(folder, "tftp")
        self.log = os.path.join(folder, f"dnsmasq-{segment.interface}.log")
        self.child = None
        os.makedirs(self.tftp, exist_ok=True)

        leases = os.path.join(folder, f"dnsmasq-leases-{segment.interface}")
        plain = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file=",
                 f"--interface={segment.interface}", "--bind-interfaces", f"--log-facility={self.log}"]
        dns = ["--no-resolv", "--no-hosts", f"--local=/{ZONE}/", *[f"--host-record={name},{address}" for name, address in names]]
        self.dns_command = [*plain, *dns] if dns_by_dhcp6 else None
        self.command = [
            *plain, "--log-dhcp", "--no-ping", "--dhcp-authoritative", f"--dhcp-leasefile={leases}",
            "--enable-tftp", f"--tftp-root={self.tftp}",
            "--dhcp-match=set:ipxe,175",
            f"--dhcp-match=set:http,option:client-arch,{X64_HTTP}", "--dhcp-option-force=tag:http,60,HTTPClient"]

        if ipv4:
            self.command.append(f"--dhcp-range={segment.prefix}.100,{segment.prefix}.150,{NETMASK},1h")
        if ipv6:
            self.command += ["--enable-ra", f"--dhcp-range={segment.prefix6},{'ra-stateless' if dns_by_dhcp6 else 'ra-only'}"]
        if dns_by_dhcp6:  # said to who asks for options, not to who hears an advertisement
            self.command += ["--dhcp-match=set:asked,option6:6",
                             f"--dhcp-option=tag:asked,option6:dns-server,[{segment.server6}]"]
        self.command += dns if names and not dns_by_dhcp6 else ["--port=0"]
        if boot_file:
            self.command.append(f"--dhcp-boot={boot_file}")
        if root_path is not None:
            self.command.append(f"--dhcp-option={'' if root_path_for_all else 'tag:!ipxe,'}17,{root_path}")
        self.command += [f"--dhcp-option={option}" for option in options]
        self.command += [f"--dhcp-option-force={option}" for option in forced]
        self.command += words

    def start(self):
        open(self.log, "wb").close()
        servers = 2 if self.dns_command else 1  # of one log
        if self.dns_command:
            self.network.start(self.dns_command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.child = self.network.start(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            process.wait_until(lambda: self.read_log().count(": started, ") == servers, 10, "dnsmasq", self.child)
        except process.LabError as error:
            self.stop()
            raise process.LabError(f"{error}\n{self.child.stderr.read().decode()}") from error

    def stop(self):
        process.stop(self.child)

    def serve_http(self):
        """What is published can be had by HTTP, too. The server ends with the network."""
        log_path = os.path.join(os.path.dirname(self.log), "http.log")
        with open(log_path, "wb") as log:
            child = self.network.start([sys.executable, "-u", "-m", "http.server", "--directory", self.tftp, "80"],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        process.wait_until(lambda: os.path.getsize(log_path) > 0, 10, "the HTTP server", child)

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def publish(self, path, name=None):
        """Offers a file by TFTP."""
        shutil.copyfile(path, self._place(name or os.path.basename(path)))

    def publish_text(self, name, text):
        with open(self._place(name), "w", encoding="ascii") as file:
            file.write(text)

    def _place(self, name):
        place = os.path.join(self.tftp, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        return place
