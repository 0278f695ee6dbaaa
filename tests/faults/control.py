# SPDX-License-Identifier: BSD-2-Clause
"""How a test steers the target of target.py while it runs."""
import json
import socket
import struct
import threading

from . import lun


class Control:
    """{"do": "fault", "name": …, "options": {…}} · {"do": "heal"} · {"do": "become", "disk": FILE, "identity": {…}} ·
    {"do": "attention", "sense": [6, 41, 0]} · {"do": "plan", …} · {"do": "ready", "yes": false} · {"do": "drop", "reset": true} ·
    {"do": "journal"}. Each is answered with {"ok": true, …} or {"error": text}."""

    def __init__(self, target, path):
        self.target = target
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(4)

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer):
        with peer, peer.makefile("rw", encoding="utf-8") as file:
            for line in file:
                wanted = json.loads(line)
                try:
                    answer = {"ok": True, **(getattr(self, "do_" + wanted.pop("do"))(**wanted) or {})}
                except Exception as error:  # the test is told, whatever it was
                    answer = {"error": f"{type(error).__name__}: {error}"}
                file.write(json.dumps(answer) + "\n")
                file.flush()

    def do_fault(self, name, options=None):
        self.target.faults.add(name, options or {})

    def do_heal(self):
        self.target.faults.clear()

    def do_become(self, disk, block_size=512, identity=None):
        identity = lun.Identity(**identity) if identity else lun.OTHER
        self.target.lun.become(lun.Lun(disk, self.target.lun.number, block_size, identity))

    def do_attention(self, sense):
        with self.target.lock:
            for nexus in self.target.sessions:
                self.target.lun.attentions[nexus].append(tuple(sense))

    def do_plan(self, status=lun.CHECK_CONDITION, sense=None, times=1, opcodes=(), lba=None):
        result = lun.check(tuple(sense)) if sense else lun.Result(status)
        self.target.lun.plan(result, times, opcodes, lba)

    def do_ready(self, yes):
        self.target.lun.ready = yes

    def do_read_only(self, yes):
        self.target.lun.read_only = yes

    def do_drop(self, reset=True):
        for connection in list(self.target.connections):
            if reset:
                connection.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.closing = True
            try:
                connection.peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is gone already

    def do_journal(self):
        with self.target.lock:
            return {"journal": list(self.target.journal)}
