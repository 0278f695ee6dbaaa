# SPDX-License-Identifier: BSD-2-Clause
"""Faults of what is said of tasks: odd sense data, answers for tasks that are over, and task management."""
from . import lun
from .fault import Fault, bytes_of
from .pdu import ITT, TASK_MANAGEMENT, TASK_MANAGEMENT_RESPONSE, TTT, Pdu

ABORT_TASK, LOGICAL_UNIT_RESET = 1, 5


class Sense(Fault):
    """CHECK CONDITION with these bytes of sense data; without a data segment when there are none."""

    def __init__(self, target, sense="", opcodes=(), **common):
        super().__init__(target, **common)
        self.result, self.opcodes = lun.Result(lun.CHECK_CONDITION, sense=bytes_of(sense)), opcodes

    def scsi(self, connection, task):
        return self.result if (not self.opcodes or task.cdb[0] in self.opcodes) and self.due() else None


class Answer(Fault):
    """Data in place of the LUN's, for an opcode."""

    def __init__(self, target, opcode, data, **common):
        super().__init__(target, **common)
        self.opcode, self.data = opcode, bytes_of(data)

    def scsi(self, connection, task):
        return lun.Result(data=self.data) if task.cdb[0] == self.opcode and self.due() else None


class ResponseData(Fault):
    """A data segment with GOOD, where there is none."""

    def __init__(self, target, data, opcodes=(), **common):
        super().__init__(target, **common)
        self.data, self.opcodes = bytes_of(data), opcodes

    def answers(self, connection, task, result, responses):
        if result.status != lun.GOOD or (self.opcodes and task.cdb[0] not in self.opcodes) or not self.due():
            return responses
        make = responses[-1]
        return [*responses[:-1], lambda: self._with_data(make())]

    def _with_data(self, response):
        response.data = self.data
        return response


class AnsweredTwice(Fault):
    def answers(self, connection, task, result, responses):
        return [*responses, lambda: connection.response(task, result)] if self.due() else responses


class AnsweredAfterAbort(Fault):
    """A read that was to be aborted is answered all the same: at once, so that the abort finds none, or `seconds` behind it."""

    def __init__(self, target, seconds=0.0, **common):
        super().__init__(target, **common)
        self.seconds = seconds

    def on_pdu(self, connection, request):
        if not connection.full or request.opcode != TASK_MANAGEMENT or request.flags & 0x7F != ABORT_TASK:
            return
        task = connection.tasks.get(request.get(TTT))
        if not task or not task.is_read or not self.due():
            return
        if self.seconds:
            connection.later(self.seconds, lambda: self._answer(connection, task))
        else:
            self._answer(connection, task)

    def _answer(self, connection, task):
        for response in connection.answers(task, self.target.serve(task, connection.nexus)):
            connection.send(response() if callable(response) else response)


class Management(Fault):
    """ABORT TASK or LOGICAL UNIT RESET is answered with `code`, null for not at all."""

    def __init__(self, target, code=0, functions=(ABORT_TASK, LOGICAL_UNIT_RESET), **common):
        super().__init__(target, **common)
        self.code, self.functions = code, functions

    def task_management(self, connection, function):
        return self.code if function in self.functions and self.due() else 0


class LateManagement(Fault):
    """What they do is done, and told, after `seconds`."""

    def __init__(self, target, seconds=1.0, functions=(ABORT_TASK, LOGICAL_UNIT_RESET), **common):
        super().__init__(target, **common)
        self.seconds, self.functions, self.late = seconds, functions, False

    def on_pdu(self, connection, request):
        function = request.flags & 0x7F
        if not connection.full or request.opcode != TASK_MANAGEMENT or function not in self.functions or not self.due():
            return
        victims = [request.get(TTT)] if function == ABORT_TASK else list(connection.tasks)
        self.late = True
        connection.later(self.seconds, lambda: self._answer(connection, request, victims))

    def task_management(self, connection, function):
        late, self.late = self.late, False
        return None if late else 0

    def _answer(self, connection, request, victims):
        for itt in victims:
            connection.tasks.pop(itt, None)
        connection.send(connection.numbered(Pdu(TASK_MANAGEMENT_RESPONSE).put(ITT, request.get(ITT))))
