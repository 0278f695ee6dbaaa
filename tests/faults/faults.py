# SPDX-License-Identifier: BSD-2-Clause
"""All faults by name, and those that are in force."""
from . import faults_control, faults_data, faults_login, faults_tasks, faults_write


class Faults:
    """All faults that are in force, each with its say in turn."""

    def __init__(self, target):
        self.target = target
        self.active = []

    def add(self, name, options):
        fault = FAULTS[name](self.target, **options)
        fault.name = name
        self.active = [*self.active, fault]

    def clear(self):
        self.active = []

    def _tell(self, hook, *arguments):
        for fault in self.active:
            getattr(fault, hook)(*arguments)

    def _fold(self, hook, connection, *arguments):
        """The last argument goes through all of them."""
        *before, value = arguments
        for fault in self.active:
            value = getattr(fault, hook)(connection, *before, value)
        return value

    def _first(self, hook, usual, *arguments):
        """The first answer that is not the usual one."""
        for fault in self.active:
            answer = getattr(fault, hook)(*arguments)
            if answer != usual:
                return answer
        return usual

    def on_connect(self, connection):
        self._tell("on_connect", connection)

    def on_login(self, connection, login, said):
        self._tell("on_login", connection, login, said)

    def login_keys(self, connection, login, answers):
        return self._fold("login_keys", connection, login, answers)

    def login_responses(self, connection, request, response):
        return self._flat("login_responses", connection, request, response)

    def on_full(self, connection):
        self._tell("on_full", connection)

    def on_pdu(self, connection, request):
        self._tell("on_pdu", connection, request)

    def max_cmdsn(self, connection, wanted):
        return self._fold("max_cmdsn", connection, wanted)

    def outgoing(self, connection, response):
        return self._flat("outgoing", connection, response)

    def _flat(self, hook, connection, *arguments):
        *before, first = arguments
        all_of_them = [first]
        for fault in self.active:
            all_of_them = [out for one in all_of_them for out in getattr(fault, hook)(connection, *before, one)]
        return all_of_them

    def raw(self, connection, response, data):
        return self._fold("raw", connection, response, data)

    def complete(self, connection, task):
        said = self._first("complete", None, connection, task)
        return task.got >= task.expected if said is None else said

    def r2ts(self, connection, task, bursts):
        return self._fold("r2ts", connection, task, bursts)

    def delay(self, connection, task):
        return self._first("delay", 0, connection, task)

    def scsi(self, connection, task):
        return self._first("scsi", None, connection, task)

    def answers(self, connection, task, result, responses):
        return self._fold("answers", connection, task, result, responses)

    def answers_ping(self, connection):
        return all(fault.answers_ping(connection) for fault in self.active)

    def task_management(self, connection, function):
        return self._first("task_management", 0, connection, function)


FAULTS = {
    "reset-on-connect": faults_login.ResetOnConnect,
    "close-on-connect": faults_login.CloseOnConnect,
    "drop-every": faults_login.DropEvery,
    "drop-at-write": faults_login.DropAtWrite,
    "silent": faults_login.Silent,
    "dead": faults_login.Dead,
    "login-status": faults_login.LoginStatus,
    "redirect": faults_login.Redirect,
    "login-pieces": faults_login.LoginPieces,
    "login-endless": faults_login.LoginEndless,
    "login-no-progress": faults_login.LoginNoProgress,
    "login-keys": faults_login.LoginKeys,
    "login-bytes": faults_login.LoginBytes,
    "login-header": faults_login.LoginHeader,
    "one-chap-algorithm": faults_login.OnlyOneChapAlgorithm,
    "slow": faults_data.Slow,
    "forgotten": faults_data.Forgotten,
    "trickle": faults_data.Trickle,
    "scsi-status": faults_data.ScsiStatus,
    "response-code": faults_data.ResponseCode,
    "odd-data-in": faults_data.OddDataIn,
    "empty-data-ins": faults_data.EmptyDataIns,
    "data-in-fields": faults_data.DataInFields,
    "data-in-order": faults_data.DataInOrder,
    "data-in-hole": faults_data.DataInHole,
    "beyond": faults_data.Beyond,
    "wrap-offset": faults_data.WrapOffset,
    "phase-collapse": faults_data.PhaseCollapse,
    "residual": faults_data.Residual,
    "response-fields": faults_data.ScsiResponseFields,
    "r2t-sizes": faults_write.R2tSizes,
    "r2t-while-unsolicited": faults_write.R2tWhileUnsolicited,
    "r2t-gap": faults_write.R2tGap,
    "r2t-odd": faults_write.R2tOdd,
    "sense": faults_tasks.Sense,
    "answer": faults_tasks.Answer,
    "response-data": faults_tasks.ResponseData,
    "answered-twice": faults_tasks.AnsweredTwice,
    "answered-after-abort": faults_tasks.AnsweredAfterAbort,
    "management": faults_tasks.Management,
    "late-management": faults_tasks.LateManagement,
    "window-closed": faults_control.WindowClosed,
    "no-pong": faults_control.NoPong,
    "ping-every": faults_control.PingEvery,
    "ping-storm": faults_control.PingStorm,
    "not-reading": faults_control.NotReading,
    "statsn-gap": faults_control.StatSnGap,
    "reject": faults_control.RejectCommand,
    "async": faults_control.Asynchronous,
    "logout-at-r2t": faults_control.LogoutAtR2t,
    "stray": faults_control.Stray,
    "garbage": faults_control.Garbage,
    "flip-bit": faults_control.FlipBit,
    "attention": faults_control.Attention,
    "swap-live": faults_control.SwapLive,
    "resize": faults_control.Resize,
    "somebody-writes": faults_control.SomebodyWrites,
    "other-disk": faults_control.OtherDisk,
}
