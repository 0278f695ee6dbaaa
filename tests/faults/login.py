# SPDX-License-Identifier: BSD-2-Clause
"""The target's side of the login phase (RFC 7143 sections 6, 11.12, 11.13, 13) and of CHAP (section 12.1.3, RFC 1994)."""
import hashlib
import os

from .pdu import (CMDSN, CONTINUE, EXPCMDSN, ITT, LOGIN, LOGIN_RESPONSE, MAXCMDSN, STATSN, TRANSIT, Pdu)

SECURITY, OPERATIONAL, FULL = 0, 1, 3
ALGORITHMS = {5: "md5", 6: "sha1", 7: "sha256", 8: "sha3_256"}  # CHAP_A

# What an initiator may be answered: how the result comes from both offers.
MINIMUM = ("MaxBurstLength", "FirstBurstLength", "DefaultTime2Retain", "MaxOutstandingR2T", "MaxConnections",
           "ErrorRecoveryLevel")
MAXIMUM = ("DefaultTime2Wait",)
AND = ("ImmediateData",)
OR = ("InitialR2T", "DataPDUInOrder", "DataSequenceInOrder")
DECLARED = ("InitiatorName", "InitiatorAlias", "TargetName", "SessionType", "MaxRecvDataSegmentLength")

DEFAULTS = {"MaxBurstLength": 262144, "FirstBurstLength": 65536, "DefaultTime2Retain": 20, "DefaultTime2Wait": 2,
            "MaxOutstandingR2T": 1, "MaxConnections": 1, "ErrorRecoveryLevel": 0, "ImmediateData": "Yes", "InitialR2T": "Yes",
            "DataPDUInOrder": "Yes", "DataSequenceInOrder": "Yes", "HeaderDigest": "None", "DataDigest": "None",
            "MaxRecvDataSegmentLength": 8192}


class LoginRefused(Exception):
    """status class and detail, with keys that go with them (TargetAddress)."""

    def __init__(self, code, keys=()):
        super().__init__(f"{code:04x}")
        self.code, self.keys = code, list(keys)


def keys_of(data):
    pairs = []
    for word in data.split(b"\0"):
        if word:
            key, _, value = word.decode("utf-8", "replace").partition("=")
            pairs.append((key, value))
    return pairs


def text_of(keys):
    return b"".join(f"{key}={value}".encode() + b"\0" for key, value in keys)


def hexadecimal(value):
    return "0x" + value.hex()


def binary(text):
    if text[:2].lower() == "0x":
        digits = text[2:]
        return bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
    if text[:2].lower() == "0b":
        import base64
        return base64.b64decode(text[2:])
    raise ValueError(text)


class Chap:
    """One login's authentication; `settings` is a dictionary: user, secret, reverse_user, reverse_secret, algorithms."""

    def __init__(self, settings):
        self.settings = settings
        self.algorithm = None
        self.identifier, self.challenge = os.urandom(1)[0], os.urandom(16)
        self.proved = False

    def digest(self, identifier, secret, challenge):
        return hashlib.new(self.algorithm, bytes([identifier]) + secret.encode() + challenge).digest()

    def answer(self, said):
        """What follows from the keys of a request; the keys to answer. `proved` is set when the initiator has proved itself."""
        if "CHAP_A" in said:
            for number in said["CHAP_A"].split(","):
                if int(number) in self.settings.get("algorithms", (5, 7)):
                    self.algorithm = ALGORITHMS[int(number)]
                    return [("CHAP_A", number), ("CHAP_I", self.identifier), ("CHAP_C", hexadecimal(self.challenge))]
            raise LoginRefused(0x0201)
        if "CHAP_R" not in said:
            return []
        if said.get("CHAP_N") != self.settings["user"] or \
                binary(said["CHAP_R"]) != self.digest(self.identifier, self.settings["secret"], self.challenge):
            raise LoginRefused(0x0201)
        self.proved = True
        if "CHAP_C" not in said:
            return []
        if not self.settings.get("reverse_user"):
            raise LoginRefused(0x0201)
        proof = self.digest(int(said["CHAP_I"], 0), self.settings["reverse_secret"], binary(said["CHAP_C"]))
        return [("CHAP_N", self.settings["reverse_user"]), ("CHAP_R", hexadecimal(proof))]


class Login:
    """One connection's login. `connection` is target.Connection, whose faults have their say at each step."""

    def __init__(self, connection):
        self.connection = connection
        self.target = connection.target
        self.said = {}       # all that the initiator has said
        self.agreed = dict(DEFAULTS)
        self.stage = SECURITY
        self.chap = Chap(self.target.chap) if self.target.chap else None
        self.offered = False
        self.told = False    # TargetPortalGroupTag goes out once

    def run(self):
        """To full feature phase, or an exception."""
        text = b""
        while self.stage != FULL:
            request = self.connection.receive()
            if request.opcode != LOGIN:
                raise LoginRefused(0x020B)
            text += request.data
            if request.flags & CONTINUE:
                self.connection.reply_login(request, self.stage, self.stage, 0, b"")
                continue
            keys = keys_of(text)
            text = b""
            try:
                self._answer(request, keys)
            except LoginRefused as refusal:
                self.connection.reply_login(request, self.stage, self.stage, refusal.code, text_of(refusal.keys))
                raise
        return self

    def _answer(self, request, keys):
        connection, said = self.connection, dict(keys)
        self.said.update(said)
        self.stage = request.flags >> 2 & 3
        connection.faults.on_login(connection, self, said)
        answers = self._security(said) if self.stage == SECURITY else self._operational(keys)
        if not self.told:
            self.told = True
            answers.append(("TargetPortalGroupTag", self.target.portal_group))
        transit = bool(request.flags & TRANSIT) and (self.stage != SECURITY or not self.chap or self.chap.proved)
        following = request.flags & 3 if transit else self.stage
        answers = connection.faults.login_keys(connection, self, answers)
        here, self.stage = self.stage, following
        if following == FULL:
            connection.enter_session(self)
        connection.reply_login(request, here, following if transit else None, 0, text_of(answers))

    def _security(self, said):
        answers = []
        if said.get("TargetName") and said["TargetName"] != self.target.name:
            raise LoginRefused(0x0203)
        if "AuthMethod" in said:
            offered = said["AuthMethod"].split(",")
            wanted = "CHAP" if self.chap else "None"
            if wanted not in offered:
                raise LoginRefused(0x0201)
            answers.append(("AuthMethod", wanted))
        if self.chap:
            answers += self.chap.answer(said)
        return answers

    def _operational(self, keys):
        answers = []
        if self.chap and not self.chap.proved:
            raise LoginRefused(0x0201)
        for key, value in keys:
            if key in DECLARED:
                if key == "MaxRecvDataSegmentLength":
                    self.agreed["initiator's MaxRecvDataSegmentLength"] = int(value)
                continue
            answer = self._negotiate(key, value)
            answers.append((key, answer))
            if answer not in ("NotUnderstood", "Irrelevant"):
                self.agreed[key] = answer
        if not self.offered:
            self.offered = True
            answers.append(("MaxRecvDataSegmentLength", self.target.keys["MaxRecvDataSegmentLength"]))
        return answers

    def _negotiate(self, key, value):
        ours = self.target.keys.get(key)
        if ours is None:
            return "NotUnderstood"
        if key in MINIMUM:
            return min(int(value), int(ours))
        if key in MAXIMUM:
            return max(int(value), int(ours))
        if key in AND:
            return "Yes" if value == ours == "Yes" else "No"
        if key in OR:
            return "Yes" if "Yes" in (value, ours) else "No"
        for choice in str(ours).split(","):  # a list: the first of ours that was offered
            if choice in value.split(","):
                return choice
        raise LoginRefused(0x0200)


def login_response(request, connection, stage, following, code, data):
    transit = TRANSIT | following if following is not None and following != stage else 0
    response = Pdu(LOGIN_RESPONSE, transit | stage << 2, data=data)
    response.header[8:14] = request.header[8:14]
    response.header[14:16] = connection.tsih.to_bytes(2, "big")
    response.header[36:38] = code.to_bytes(2, "big")
    expected = request.get(CMDSN)
    return response.put(ITT, request.get(ITT), STATSN, connection.next_statsn(), EXPCMDSN, expected, MAXCMDSN, expected + 31)
