# SPDX-License-Identifier: BSD-2-Clause
"""iSCSI targets: tgtd and istgt, each serving one file as one LUN."""
import os
import subprocess
from dataclasses import dataclass

from . import process
from .network import UNTAGGED

NAME = "iqn.2026-11.org.sanstrap.lab:disk"
PORT = 3260


@dataclass
class Chap:
    """`name`/`secret` prove the initiator; `reverse_name`/`reverse_secret`, when given, prove the target to it."""
    name: str
    secret: str
    reverse_name: str = ""
    reverse_secret: str = ""


ONE_WAY = Chap("lab-user", "twelve-bytes-at-least")
MUTUAL = Chap("lab-user", "twelve-bytes-at-least", "lab-target", "another-secret-of-it")


class Target:
    """
    What both servers have in common: one file, one name, one LUN number. tgtd takes more `parameters` of the LUN: ",readonly=1".
    """

    lun = 0

    def __init__(self, network, folder, disk, chap=None, block_size=512, port=PORT, segment=UNTAGGED, ipv6=False,
                 parameters="", digests=False):
        self.network = network
        self.folder = folder
        self.disk = disk
        self.chap = chap
        self.block_size = block_size
        self.port = port
        self.parameters = parameters
        self.digests = digests  # demanded, of headers and data
        self.host = f"[{segment.server6}]" if ipv6 else segment.server
        self.child = None

    @property
    def root_path(self):
        return f"iscsi:{self.host}::{'' if self.port == PORT else self.port}:{self.lun:x}:{NAME}"

    def listening(self):
        """True once the port is bound: read from the kernel's table, so that no connection is made."""
        wanted = f":{self.port:04X}"
        rows = []
        for table in ("tcp", "tcp6"):
            with open(f"/proc/{self.network.holder.pid}/net/{table}", encoding="ascii") as file:
                rows += [line.split() for line in file.readlines()[1:]]
        return any(row[1].endswith(wanted) and row[3] == "0A" for row in rows)

    def kill(self):
        """As a crash would: no logout, no FIN from the target's own code."""
        self.child.kill()
        self.child.wait()

    def stop(self):
        process.stop(self.child, patience=0.5)  # tgtd waits for its initiators, which are gone


class Tgt(Target):
    lun = 1  # tgt's LUN 0 is its controller
    number = "1"  # the target's: the LUN's WWID is made of both

    def _admin(self, *words):
        return process.run(["tgtadm", "--lld", "iscsi", *words], env=self._environment())

    def sessions(self):
        """How many initiators are logged in."""
        return self._admin("--mode", "conn", "--op", "show", "--tid", self.number).decode().count("Session:")

    def _environment(self):
        return {**os.environ, "TGT_IPC_SOCKET": os.path.join(self.folder, "tgt")}

    def start(self):
        with open(os.path.join(self.folder, "tgtd.log"), "ab") as log:
            command = ["tgtd", "-f", "-t", "1", "--iscsi", f"portal={self.host}:{self.port}"]
            self.child = self.network.start(command, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        ipc = os.path.join(self.folder, "tgt.0")
        process.wait_until(lambda: process.answers(ipc), 15, "tgtd", self.child)

        self._admin("--mode", "target", "--op", "new", "--tid", self.number, "--targetname", NAME)
        if self.disk:
            self._add_lun()
        for key in ("HeaderDigest", "DataDigest") if self.digests else ():
            self._admin("--mode", "target", "--op", "update", "--tid", self.number, "--name", key, "--value", "CRC32C")
        if self.chap:
            self._account(self.chap.name, self.chap.secret)
            if self.chap.reverse_name:
                self._account(self.chap.reverse_name, self.chap.reverse_secret, "--outgoing")
        self._admin("--mode", "target", "--op", "bind", "--tid", self.number, "--initiator-address", "ALL")
        process.wait_until(self.listening, 10, "tgtd's port", self.child)

    def _add_lun(self):
        lun = ["--mode", "logicalunit", "--tid", self.number, "--lun", str(self.lun)]
        identity = f"vendor_id=SANSTRAP,product_id=LAB DISK,scsi_sn=LAB0001{self.parameters}"
        self._admin(*lun, "--op", "new", "--backing-store", self.disk, "--blocksize", str(self.block_size))
        self._admin(*lun, "--op", "update", "--params", identity)

    def _account(self, name, secret, *direction):
        self._admin("--mode", "account", "--op", "new", "--user", name, "--password", secret)
        self._admin("--mode", "account", "--op", "bind", "--tid", self.number, "--user", name, *direction)

    def kill(self):
        super().kill()
        for name in ("tgt.0", "tgt.0.lock"):
            if os.path.exists(os.path.join(self.folder, name)):
                os.unlink(os.path.join(self.folder, name))


class Istgt(Target):
    lun = 0

    def start(self):
        configuration = self._write("istgt.conf", self._configuration(self._write("istgt-auth.conf", self._accounts())))
        with open(os.path.join(self.folder, "istgt.log"), "ab") as log:
            command = ["istgt", "-D", "-c", configuration]
            self.child = self.network.start(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        process.wait_until(self.listening, 15, "istgt", self.child)

    def _write(self, name, text):
        """A file that istgt accepts as one with secrets in it."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def _accounts(self):
        if not self.chap:
            return ""
        mutual = f'"{self.chap.reverse_name}" "{self.chap.reverse_secret}"' if self.chap.reverse_name else ""
        return f'[AuthGroup1]\n  Auth "{self.chap.name}" "{self.chap.secret}" {mutual}\n'

    def _configuration(self, accounts):
        method = "None" if not self.chap else "CHAP Mutual" if self.chap.reverse_name else "CHAP"
        base, short = NAME.rsplit(":", 1)
        return f"""[Global]
  NodeBase "{base}"
  PidFile {self.folder}/istgt.pid
  AuthFile {accounts}
  LogFacility "local7"
  Timeout 30
  NopInInterval 20
  DiscoveryAuthMethod None
  MaxSessions 16
  MaxConnections 4
  MaxR2T 32
  MaxOutstandingR2T 16
  DefaultTime2Wait 2
  DefaultTime2Retain 60
  FirstBurstLength 262144
  MaxBurstLength 1048576
  MaxRecvDataSegmentLength 262144
[UnitControl]
  AuthMethod None
[PortalGroup1]
  Portal DA1 {self.host}:{self.port}
[InitiatorGroup1]
  InitiatorName "ALL"
  Netmask ALL
[LogicalUnit1]
  TargetName {short}
  TargetAlias "lab disk"
  Mapping PortalGroup1 InitiatorGroup1
  AuthMethod {method}
  AuthGroup {'AuthGroup1' if self.chap else 'None'}
  UseDigest {'Header Data' if self.digests else 'Auto'}
  UnitType Disk
  UnitInquiry "SANSTRAP" "LAB DISK" "0" "LAB0001"
  BlockLength {self.block_size}
  QueueDepth 32
  LUN0 Storage {self.disk} {os.path.getsize(self.disk)}
"""
