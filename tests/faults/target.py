#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
An iSCSI target that obeys RFC 7143 until it is told otherwise: one LUN over a file, faults from faults.py.

    target.py --disk FILE [--lun N] [--listen HOST:PORT]… [--control SOCKET] [--settings JSON] [--fault NAME[:JSON]]…

It prints "ready" once it listens. Over the control socket (a Unix stream, one JSON object a line each way) faults are added and
taken away, the LUN is changed, and the journal of what happened is read: control.py.
"""
import argparse
import heapq
import itertools
import json
import os
import select
import socket
import struct
import sys
import threading
import time

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.faults import faults as fault_table  # noqa: E402  the path above comes first
from tests.faults import control, login, lun, pdu  # noqa: E402
from tests.faults.fault import Drop  # noqa: E402
from tests.faults.pdu import (ASYNC, CDB, CMDSN, DATA_IN, DATA_OUT, DATASN, EDTL, EXPCMDSN, FINAL, ITT, LOGOUT,  # noqa: E402
                              LOGOUT_RESPONSE, MAXCMDSN, NOP_IN, NOP_OUT, OFFSET, R2T, READ, REJECT, RESERVED, RESIDUAL,
                              SCSI_COMMAND, SCSI_RESPONSE, STATSN, TASK_MANAGEMENT, TASK_MANAGEMENT_RESPONSE, TTT,
                              WRITE, Pdu, set_residual)

NAME = "iqn.2026-11.org.sanstrap.lab:disk"
WINDOW = 32  # commands
BACKLOG = 16


class Task:
    """A SCSI command and its data so far."""

    def __init__(self, request):
        self.request = request
        self.itt = request.get(ITT)
        self.lun = request.lun
        self.cdb = bytes(request.header[CDB:CDB + 16])
        self.expected = request.get(EDTL)
        self.is_read, self.is_write = bool(request.flags & READ), bool(request.flags & WRITE)
        self.written = bytearray(self.expected if self.is_write else 0)
        self.got = 0          # bytes of it, in order
        self.unsolicited = self.is_write and not request.flags & FINAL
        self.r2tsn = 0
        self.burst_end = 0    # where the burst that is being sent to us ends
        self.executed = False


class Connection:
    """One TCP connection, one thread."""

    def __init__(self, target, peer, address):
        self.target = target
        self.peer = peer
        self.address = address
        self.faults = target.faults
        self.number = next(target.connection_numbers)
        self.tsih = 0
        self.nexus = None
        self.statsn = 1
        self.expcmdsn = self.max_granted = 0
        self.agreed = dict(login.DEFAULTS)
        self.full = False
        self.tasks = {}
        self.due = []          # (time, order, function)
        self.order = itertools.count()
        self.ttts = itertools.count(1)
        self.closing = False
        self.logged_out = False

    # ---- sending and receiving ----

    def next_statsn(self):
        self.statsn += 1
        return self.statsn - 1

    def window(self):
        """MaxCmdSN, which never shrinks (RFC 7143 section 4.2.2.1)."""
        wanted = self.faults.max_cmdsn(self, self.expcmdsn + WINDOW - 1)
        if (wanted - self.max_granted) & 0xFFFFFFFF < 1 << 31:
            self.max_granted = wanted
        return self.max_granted

    def numbered(self, response, status=True):
        """Fills StatSN and the window in."""
        return response.put(STATSN, self.next_statsn() if status else self.statsn, EXPCMDSN, self.expcmdsn, MAXCMDSN,
                            self.window())

    def send(self, response):
        for out in self.faults.outgoing(self, response):
            digests = self.full and response.opcode != pdu.LOGIN_RESPONSE
            data = out.encode(digests and self.agreed["HeaderDigest"] == "CRC32C",
                              digests and self.agreed["DataDigest"] == "CRC32C")
            self.send_bytes(self.faults.raw(self, out, data))

    def send_bytes(self, data):
        self.peer.sendall(data)

    def receive(self):
        request = pdu.read_pdu(self.peer, self.full and self.agreed["HeaderDigest"] == "CRC32C",
                               self.full and self.agreed["DataDigest"] == "CRC32C")
        self.faults.on_pdu(self, request)
        return request

    def later(self, seconds, function):
        heapq.heappush(self.due, (time.monotonic() + seconds, next(self.order), function))

    def reply_login(self, request, stage, following, code, data):
        usual = login.login_response(request, self, stage, following, code, data)
        for response in self.faults.login_responses(self, request, usual):
            self.send(response)

    def enter_session(self, done):
        """The last answer of a login is about to go out: a session of the same name and ISID is replaced (section 6.3.5)."""
        isid = self.isid
        self.nexus = (done.said["InitiatorName"], isid)
        self.agreed = done.agreed
        self.tsih = self.target.replace_session(self, self.nexus)
        self.target.note("login", connection=self.number, initiator=self.nexus[0], isid=isid.hex(), tsih=self.tsih,
                         digests=[self.agreed["HeaderDigest"], self.agreed["DataDigest"]])

    @property
    def isid(self):
        return self._isid

    # ---- life ----

    def run(self):
        try:
            self.faults.on_connect(self)
            self._log_in()
            self._serve()
        except (Drop, login.LoginRefused, EOFError, OSError, pdu.DigestError) as end:
            self.target.note("end", connection=self.number, why=f"{type(end).__name__} {end}", full=self.full)
            if isinstance(end, (Drop, pdu.DigestError)) and getattr(end, "reset", True):
                self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            self.target.forget(self)
            self.peer.close()

    def _log_in(self):
        first = self.peer.recv(pdu.BHS_LENGTH, socket.MSG_PEEK | socket.MSG_WAITALL)
        self._isid = first[8:14]
        self.expcmdsn = struct.unpack_from(">I", first, CMDSN)[0] if len(first) >= CMDSN + 4 else 0
        self.max_granted = self.expcmdsn
        login.Login(self).run()
        self.full = True
        self.faults.on_full(self)

    def _serve(self):
        while not self.closing:
            wait = max(0.0, self.due[0][0] - time.monotonic()) if self.due else None
            readable, _, _ = select.select([self.peer], [], [], wait)
            while self.due and self.due[0][0] <= time.monotonic():
                heapq.heappop(self.due)[2]()
            if readable:
                self._take(self.receive())

    def _take(self, request):
        if not request.immediate and request.opcode in (SCSI_COMMAND, TASK_MANAGEMENT, LOGOUT, NOP_OUT, pdu.TEXT):
            self.expcmdsn = self.expcmdsn + 1 & 0xFFFFFFFF
        handler = {SCSI_COMMAND: self._command, DATA_OUT: self._data_out, NOP_OUT: self._nop_out, LOGOUT: self._logout,
                   TASK_MANAGEMENT: self._manage}.get(request.opcode)
        if not handler:
            self.reject(request, 0x05)  # command not supported
            return
        handler(request)

    # ---- SCSI ----

    def _command(self, request):
        task = Task(request)
        self.tasks[task.itt] = task
        self.target.note("command", connection=self.number, opcode=task.cdb[0], extent=list(lun.extent(task.cdb)), itt=task.itt)
        task.written[:len(request.data)] = request.data
        task.got = len(request.data)
        self._go_on(task)

    def _data_out(self, request):
        task = self.tasks.get(request.get(ITT))
        if not task or not task.is_write:
            self.reject(request, 0x09)  # invalid PDU field
            return
        offset = request.get(OFFSET)
        if offset + len(request.data) > task.expected:
            raise Drop(f"Data-Out beyond the command: {offset}+{len(request.data)} of {task.expected}")
        task.written[offset:offset + len(request.data)] = request.data
        task.got = max(task.got, offset + len(request.data))
        if request.flags & FINAL:
            if request.get(TTT) == RESERVED:
                task.unsolicited = False
            else:
                task.burst_end = 0
        self._go_on(task)

    def _go_on(self, task):
        """Asks for more of a write, or executes."""
        if task.executed or task.unsolicited or task.burst_end:
            return
        if task.is_write and not self.faults.complete(self, task):
            for offset, length in self.faults.r2ts(self, task, self._next_burst(task)):
                self.send_r2t(task, offset, length)
            if task.burst_end:
                return
        task.executed = True
        delay = self.faults.delay(self, task)
        if delay is None:
            return  # never answered
        if delay:
            self.later(delay, lambda: self._execute(task))
        else:
            self._execute(task)

    def _next_burst(self, task):
        length = min(task.expected - task.got, int(self.agreed["MaxBurstLength"]))
        return [(task.got, length)] if length else []

    def send_r2t(self, task, offset, length):
        task.burst_end = offset + length
        response = Pdu(R2T).put(ITT, task.itt, TTT, next(self.ttts), DATASN, task.r2tsn, OFFSET, offset, RESIDUAL, length)
        task.r2tsn += 1
        response.header[8:16] = task.lun
        self.send(self.numbered(response, status=False))

    def _execute(self, task):
        if self.tasks.pop(task.itt, None) is None:
            return  # aborted meanwhile
        result = self.faults.scsi(self, task) or self.target.serve(task, self.nexus)
        self.target.note("done", connection=self.number, opcode=task.cdb[0], extent=list(lun.extent(task.cdb)),
                         status=result.status)
        for response in self.faults.answers(self, task, result, self.answers(task, result)):
            self.send(response() if callable(response) else response)

    def answers(self, task, result):
        """Data-Ins and the response, numbered when they are sent."""
        responses = list(self.data_ins(task, result.data[:task.expected])) if task.is_read else []
        responses.append(lambda: self.response(task, result))
        return responses

    def data_ins(self, task, data, size=None):
        size = size or min(int(self.agreed.get("initiator's MaxRecvDataSegmentLength", 8192)), self.target.data_in_size)
        burst = int(self.agreed["MaxBurstLength"])
        at = number = 0
        while at < len(data):
            length = min(size, len(data) - at, burst - at % burst)
            final = at + length == len(data) or (at + length) % burst == 0
            yield self.data_in(task, number, at, data[at:at + length], final)
            at, number = at + length, number + 1

    def data_in(self, task, number, offset, data, final):
        response = Pdu(DATA_IN, FINAL if final else 0, data=data)
        response.header[8:16] = task.lun
        return response.put(ITT, task.itt, TTT, RESERVED, STATSN, 0, EXPCMDSN, self.expcmdsn, MAXCMDSN, self.window(), DATASN,
                            number, OFFSET, offset)

    def response(self, task, result):
        data = struct.pack(">H", len(result.sense)) + result.sense if result.sense else b""
        response = Pdu(SCSI_RESPONSE, FINAL, data=data)
        response.header[3] = result.status
        moved = len(result.data) if task.is_read else task.got if task.is_write and result.status == lun.GOOD else 0
        if task.is_read or task.is_write:
            set_residual(response, task.expected, moved)
        return self.numbered(response.put(ITT, task.itt))

    # ---- control ----

    def _nop_out(self, request):
        if request.get(ITT) == RESERVED:
            self.target.note("pong", connection=self.number)
            return
        if self.faults.answers_ping(self):
            self.send(self.numbered(Pdu(NOP_IN, data=request.data).put(ITT, request.get(ITT), TTT, RESERVED)))

    def ping(self, lun_bytes=bytes(8)):
        request = Pdu(NOP_IN).put(ITT, RESERVED, TTT, next(self.ttts))
        request.header[8:16] = lun_bytes
        self.send(self.numbered(request, status=False))

    def _logout(self, request):
        self.send(self.numbered(Pdu(LOGOUT_RESPONSE).put(ITT, request.get(ITT))))
        self.target.note("logout", connection=self.number)
        self.closing = self.logged_out = True

    def _manage(self, request):
        """ABORT TASK (1) drops the task, the resets (2 to 7) all of them; the answer says "complete"."""
        function = request.flags & 0x7F
        code = self.faults.task_management(self, function)
        if code is None:
            return
        victims = [] if code else [request.get(TTT)] if function == 1 else list(self.tasks)
        for itt in victims:
            self.tasks.pop(itt, None)
        self.target.note("management", connection=self.number, function=function)
        response = Pdu(TASK_MANAGEMENT_RESPONSE)
        response.header[2] = code
        self.send(self.numbered(response.put(ITT, request.get(ITT))))

    def reject(self, request, reason):
        response = Pdu(REJECT, data=bytes(request.header))
        response.header[2] = reason
        self.send(self.numbered(response.put(ITT, RESERVED, TTT, RESERVED)))

    def asynchronous(self, event, parameters=(0, 0, 0)):
        message = Pdu(ASYNC).put(ITT, RESERVED, TTT, RESERVED)
        message.header[36] = event
        struct.pack_into(">HHH", message.header, 38, *parameters)
        self.send(self.numbered(message))


class Target:
    def __init__(self, disk, settings):
        self.lun = lun.Lun(disk, settings.get("lun", 0), settings.get("block_size", 512),
                           lun.Identity(**settings.get("identity", {})), read_only=settings.get("read_only", False))
        self.name = settings.get("name", NAME)
        self.chap = settings.get("chap")
        self.receive_buffer = settings.get("receive_buffer")  # bytes of it, in the kernel
        self.data_in_size = settings.get("data_in_size", 8192)  # at most that much in a Data-In
        self.portal_group = settings.get("portal_group", 1)
        self.keys = {**login.DEFAULTS, "MaxRecvDataSegmentLength": 65536, "MaxBurstLength": 262144,
                     "HeaderDigest": "None", "DataDigest": "None", **settings.get("keys", {})}
        self.faults = fault_table.Faults(self)
        self.connection_numbers = itertools.count(1)
        self.tsihs = itertools.count(1)
        self.lock = threading.Lock()
        self.sessions = {}    # nexus: connection
        self.connections = set()
        self.journal = []
        self.began = time.monotonic()
        self.listeners = []

    def note(self, what, **facts):
        with self.lock:
            self.journal.append({"at": round(time.monotonic() - self.began, 4), "what": what, **facts})

    def replace_session(self, connection, nexus):
        with self.lock:
            old = self.sessions.get(nexus)
            self.sessions[nexus] = connection
        if old:
            old.closing = True
            try:
                old.peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is gone already
            self.note("replaced", connection=old.number)
        return next(self.tsihs) & 0xFFFF

    def forget(self, connection):
        with self.lock:
            self.connections.discard(connection)
            if self.sessions.get(connection.nexus) is connection:
                del self.sessions[connection.nexus]

    def serve(self, task, nexus):
        if task.lun[:2] != struct.pack(">H", self.lun.number) and task.cdb[0] != lun.REPORT_LUNS:
            return lun.check(lun.LUN_NOT_SUPPORTED)
        return self.lun.serve(task.cdb, bytes(task.written), nexus)

    def listen(self, host, port):
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG)
        if self.receive_buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.listeners.append(listener)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener.getsockname()[1]

    def _accept(self, listener):
        while True:
            try:
                peer, address = listener.accept()
            except OSError:
                return  # the listener was closed
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, peer, address)
            with self.lock:
                self.connections.add(connection)
            self.note("connected", connection=connection.number)
            threading.Thread(target=connection.run, daemon=True).start()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--disk", required=True)
    arguments.add_argument("--listen", action="append", default=[])
    arguments.add_argument("--control")
    arguments.add_argument("--settings", type=json.loads, default={})
    arguments.add_argument("--fault", action="append", default=[])
    chosen = arguments.parse_args()
    target = Target(chosen.disk, chosen.settings)
    for text in chosen.fault:
        name, _, options = text.partition(":")
        target.faults.add(name, json.loads(options) if options else {})
    ports = []
    for place in chosen.listen or ["127.0.0.1:0"]:
        host, _, port = place.rpartition(":")
        ports.append(target.listen(host.strip("[]"), int(port)))
    served = control.Control(target, chosen.control) if chosen.control else None
    print("ready", *ports, flush=True)
    if served:
        served.run()
    threading.Event().wait()


if __name__ == "__main__":
    main()
