# SPDX-License-Identifier: BSD-2-Clause
"""Real DHCP servers with a configuration of their own language: what administrators have, dhcp.py's own dnsmasq apart."""
import os
import pathlib
import subprocess

from . import process
from .network import BRIDGE


class Server:
    """
    `check` is the command by which it looks at its configuration, `command` that which serves, and then says `ready` to `log`.
    """
    check = command = ()
    ready = ""

    def __init__(self, network, folder):
        self.network = network
        self.log = pathlib.Path(folder) / "server.log"
        self.environment = {**os.environ, "KEA_PIDFILE_DIR": str(folder), "KEA_LOCKFILE_DIR": str(folder)}
        self.child = None

    def start(self):
        process.run(self.network.inside(self.check), env=self.environment)
        with open(self.log, "wb") as file:
            self.child = self.network.start(self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=file,
                                            stderr=file)
        process.wait_until(lambda: self.ready in self.said(), 30, type(self).__name__, self.child)

    def stop(self):
        process.stop(self.child)

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


class Dnsmasq(Server):
    ready = "started"

    def __init__(self, network, folder, text):
        super().__init__(network, folder)
        path, tftp = os.path.join(folder, "dnsmasq.conf"), os.path.join(folder, "tftp")
        os.makedirs(tftp, exist_ok=True)
        pathlib.Path(path).write_text(text.replace("/srv/tftp", tftp), encoding="utf-8")
        self.command = ["dnsmasq", "--keep-in-foreground", f"--conf-file={path}", "--user=root", "--pid-file=", "--port=0",
                        f"--interface={BRIDGE}", "--bind-interfaces", "--log-facility=-", "--log-dhcp", "--no-ping",
                        f"--dhcp-leasefile={folder}/leases"]
        self.check = ["dnsmasq", "--test", f"--conf-file={path}"]


class IscDhcpd(Server):
    ready = "Server starting service"

    def __init__(self, network, folder, text):
        super().__init__(network, folder)
        path, leases = os.path.join(folder, "dhcpd.conf"), os.path.join(folder, "dhcpd.leases")
        pathlib.Path(path).write_text(text, encoding="utf-8")
        pathlib.Path(leases).write_text("", encoding="utf-8")
        self.check = ["/usr/sbin/dhcpd", "-t", "-4", "-cf", path, "-lf", leases]
        self.command = ["/usr/sbin/dhcpd", "-4", "-f", "-d", "--no-pid", "-cf", path, "-lf", leases, BRIDGE]


class Kea(Server):
    """The text is what stands inside of `"Dhcp4": { … }`. It serves the bridge's first address alone."""
    ready = "DHCP4_STARTED"

    def __init__(self, network, folder, text):
        super().__init__(network, folder)
        path = os.path.join(folder, "kea.conf")
        pathlib.Path(path).write_text(
            '{ "Dhcp4": { "interfaces-config": { "interfaces": [ "%s" ] },'
            '"lease-database": { "type": "memfile", "persist": false },'
            '"loggers": [ { "name": "kea-dhcp4", "severity": "INFO", "output_options": [ { "output": "stdout" } ] } ],\n%s } }'
            % (BRIDGE, text), encoding="utf-8")
        self.check = ["/usr/sbin/kea-dhcp4", "-t", path]
        self.command = ["/usr/sbin/kea-dhcp4", "-c", path]
