# SPDX-License-Identifier: BSD-2-Clause
"""
The dump core, as a kernel gets it, under a mock dump port: against tgtd and istgt, over a card of registers on a tap device. What
is written is compared byte for byte, and what lies beside it, too.
"""
import hashlib
import os
import random
import signal
import subprocess
import time

import pytest

from tests.lab import network as lab_network
from tests.lab import process, target

BUILD = os.path.join(os.path.dirname(__file__), "..", "..", "build", "host")
SIZE = 64 << 20
FIRST = 1 << 20    # where the area begins, bytes
AREA = 32 << 20
SOURCE = 3 << 20
STACK = 4096
ADDRESS = f"{lab_network.PREFIX}.9"
LAB_SERIAL = "LAB0001"


def answers(output):
    return dict(line.split("=", 1) for line in output.decode(errors="replace").splitlines() if "=" in line)


class Bench:
    """One namespace with one target, one disk, and what is to be written to it."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.network = lab_network.Network(self.folder)
        self.disk = os.path.join(self.folder, "disk.img")
        with open(self.disk, "wb") as image:
            image.write(random.Random(1).randbytes(1 << 20) * (SIZE >> 20))
        self.before = self.outside()
        self.target = None
        self.identity = {}
        self.data = b""

    def serve(self, kind, **options):
        self.target = kind(self.network, self.folder, self.disk, **options)
        self.target.start()
        return self.target

    def identify(self):
        """What a loader would have put into the table: asked of the target itself."""
        chap = self.target.chap
        command = [os.path.join(BUILD, "disk-probe"), f"host={self.target.host.strip('[]')}", f"target={target.NAME}",
                   f"lun={self.target.lun}"]
        command += [f"chap={chap.name}/{chap.secret}"] if chap else []
        command += [f"mutual={chap.reverse_name}/{chap.reverse_secret}"] if chap and chap.reverse_name else []
        done = subprocess.run(self.network.inside(command), capture_output=True, timeout=process.bound(60), check=True)
        said = answers(done.stdout)
        self.identity = {"wwid": f"3:{said['wwid']}", "serial": said["serial"], "block_size": said["block_size"],
                         "blocks": said["block_count"]}

    def table(self, **facts):
        if not self.identity:
            self.identify()
        path = os.path.join(self.folder, "isdh")
        facts = {"address": f"{ADDRESS}/24", "host": self.target.host.strip("[]"), "target": target.NAME,
                 "lun": self.target.lun, **self.identity, **facts}
        subprocess.run([os.path.join(BUILD, "make-isdh"), path] + [f"{key}={value}" for key, value in facts.items()],
                       timeout=process.bound(60), check=True)
        return path

    def command(self, facts=None, size=SOURCE, **options):
        source = os.path.join(self.folder, "source")
        self.data = random.Random(2).randbytes(size)
        with open(source, "wb") as file:
            file.write(self.data)
        block = int((self.identity or {"block_size": self.target.block_size})["block_size"])
        options = {"table": self.table(**(facts or {})), "tap": self.network.add_tap(), "source": source,
                   "extent": f"{FIRST // block}:{AREA // block}", **options}
        return self.network.inside([os.path.join(BUILD, "mock-port")] + [f"{key}={value}" for key, value in options.items()])

    def die(self, facts=None, **options):
        """Runs the port to its end; returns its exit code and what it printed."""
        done = subprocess.run(self.command(facts, **options), capture_output=True, timeout=process.bound(120), check=False)
        return self.told(done.returncode, done.stdout, done.stderr)

    @staticmethod
    def told(code, output, log):
        print(output.decode(errors="replace"), log.decode(errors="replace")[-8000:])
        return code, answers(output)

    def outside(self):
        """A hash of everything but the area."""
        with open(self.disk, "rb") as image:
            head = image.read(FIRST)
            image.seek(FIRST + AREA)
            return hashlib.sha256(head + image.read()).hexdigest()

    def written(self):
        with open(self.disk, "rb") as image:
            image.seek(FIRST)
            return image.read(len(self.data))

    def close(self):
        if self.target:
            self.target.stop()
        self.network.close()


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.close()


def is_whole(bench, code, said):
    """Everything was written, nothing beside it, and the core kept to its limits."""
    assert code == 0
    assert bench.written() == bench.data
    assert bench.outside() == bench.before
    assert int(said["stack"]) <= STACK
    assert (said["strayed"], said["masked"], said["stopped"]) == ("0", "1", "1")


KINDS = pytest.mark.parametrize("kind", [target.Tgt, target.Istgt])


@KINDS
@pytest.mark.parametrize("profile", ["small", "large"])
def test_the_image_is_what_was_written(bench, kind, profile):
    bench.serve(kind)
    code, said = bench.die(profile=profile, rewrite=1)
    is_whole(bench, code, said)
    assert int(said["bytes"]) >= SOURCE
    assert int(said["entries_refused"]) > 0


def test_it_can_be_armed_again(bench):
    """As for hibernating, waking and hibernating again: nothing of the first time is left in the way."""
    bench.serve(target.Tgt)
    is_whole(bench, *bench.die(rounds=4, size=1 << 20))


@KINDS
def test_blocks_of_4096_bytes(bench, kind):
    bench.serve(kind, block_size=4096)
    is_whole(bench, *bench.die(rewrite=1))


@pytest.mark.parametrize("request_bytes", [512, 4096, 65536])
def test_requests_of_any_length(bench, request_bytes):
    bench.serve(target.Tgt)
    is_whole(bench, *bench.die(request=request_bytes, size=1 << 20))


@KINDS
@pytest.mark.parametrize("profile", ["small", "large"])
def test_a_dump_in_an_area(bench, kind, profile):
    bench.serve(kind)
    code, said = bench.die(file=1, profile=profile)
    assert (code, bench.outside()) == (0, bench.before)
    assert int(said["stack"]) <= STACK
    with open(bench.disk, "rb") as image:
        image.seek(FIRST)
        area = image.read((64 << 10) + SOURCE)
    assert area[:16] == b"\x93\xd6Sanstrap-DUMP\x1a"
    assert area[32 << 10:(32 << 10) + 16] == b"\x93\xd6Sanstrap-TAIL\x1a"
    assert area[64 << 10:] == bench.data


@KINDS
def test_digests(bench, kind):
    bench.serve(kind, digests=True)
    is_whole(bench, *bench.die())


@KINDS
def test_secrets_of_the_port(bench, kind):
    bench.serve(kind, chap=target.ONE_WAY)
    facts = {"chap": f"{target.ONE_WAY.name}/{target.ONE_WAY.secret}"}
    is_whole(bench, *bench.die(facts, chap=facts["chap"]))


def test_secrets_of_the_table(bench):
    chap = target.MUTUAL
    bench.serve(target.Tgt, chap=chap)
    is_whole(bench, *bench.die({"chap": f"{chap.name}/{chap.secret}", "mutual": f"{chap.reverse_name}/{chap.reverse_secret}",
                                "secrets": 1}))


def test_a_secret_that_is_missing_is_told_when_arming(bench):
    bench.serve(target.Tgt, chap=target.ONE_WAY)
    code, said = bench.die({"chap": f"{target.ONE_WAY.name}/{target.ONE_WAY.secret}"})
    assert (code, said["error"]) == (1, "S1003")
    assert "armed" not in said
    assert target.ONE_WAY.name in said["detail"]


def commands_on_the_wire(path):
    """The iSCSI PDUs that begin a segment to the target: (opcode without the immediate bit, flags, bytes 8 to 15)."""
    found = []
    for _, packet in lab_network.read_pcap(path):
        if packet[12:14] != b"\x08\x00" or packet[23] != 6:
            continue
        tcp = packet[14 + 4 * (packet[14] & 15):14 + int.from_bytes(packet[16:18], "big")]
        payload = tcp[4 * (tcp[12] >> 4):]
        if tcp[2:4] == target.PORT.to_bytes(2, "big") and len(payload) >= 48:
            found.append((payload[0] & 0x3F, payload[1], payload[8:16]))
    return found


@pytest.mark.parametrize("known", [True, False])
def test_the_old_session_ends_before_the_first_write(bench, known):
    """By its ISID, where that is known; else LOGICAL UNIT RESET comes before everything that is written."""
    isid = "00023d0a0b0c"
    made = bench.serve(target.Tgt)
    bench.identify()
    command = [os.path.join(BUILD, "disk-probe"), f"host={lab_network.SERVER}", f"target={target.NAME}", f"lun={made.lun}",
               f"isid={isid}", "initiator=iqn.2026-11.org.sanstrap.lab:dead", "until_told=1"]
    system = bench.network.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.wait_until(lambda: made.sessions() == 1, 30, "the system's own session", system)
    os.kill(system.pid, signal.SIGSTOP)

    path = bench.network.capture()
    code, said = bench.die(**({"isid": isid} if known else {}))
    bench.network.stop_capture()
    is_whole(bench, code, said)
    assert made.sessions() == (0 if known else 1)
    os.kill(system.pid, signal.SIGKILL)

    seen = commands_on_the_wire(path)
    login = next(pdu for pdu in seen if pdu[0] == 0x03)
    assert login[2].hex() == (isid if known else "800102030405") + "0000"
    first_write = next(index for index, pdu in enumerate(seen) if pdu[0] == 0x01 and pdu[1] & 0x20)
    resets = [index for index, pdu in enumerate(seen) if pdu[0] == 0x02 and pdu[1] & 0x7F == 5]
    assert resets == [] if known else len(resets) == 1 and resets[0] < first_write


def test_another_way_to_the_disk(bench):
    """The portal that was booted from is gone; another one shows the same disk."""
    bench.serve(target.Tgt)
    code, said = bench.die({"other_port": 3299})
    is_whole(bench, code, said)
    assert said["portal"].endswith(":3299")


def test_ipv6(bench):
    bench.serve(target.Tgt, ipv6=True)
    is_whole(bench, *bench.die({"address": f"{lab_network.PREFIX6}9/64"}))


def test_vlan(bench):
    segment = bench.network.add_vlan(5)
    bench.serve(target.Tgt, segment=segment)
    is_whole(bench, *bench.die({"address": f"{segment.prefix}.9/24", "vlan": 5}))


def test_lost_frames(bench):
    bench.serve(target.Tgt)
    is_whole(bench, *bench.die(lose=100))


def test_the_cable_is_pulled_and_put_back(bench):
    bench.serve(target.Tgt)
    code, said = bench.die(pull_after=20, return_after_ms=3000)
    is_whole(bench, code, said)
    assert int(said["ms"]) > 3000


def is_stopped(child):
    with open(f"/proc/{child.pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] == "T"


def test_a_target_that_is_killed_and_comes_back(bench):
    """The port stands still until the target is dead: it is in the midst of its writes for certain."""
    made = bench.serve(target.Tgt)
    bench.identify()
    port = process.start(bench.command(size=24 << 20, lose=200, stop_after=20), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.wait_until(lambda: is_stopped(port), 30, "the twentieth request", port)
    made.kill()
    port.send_signal(signal.SIGCONT)
    time.sleep(1)
    made.start()
    output, log = port.communicate(timeout=process.bound(120))
    code, said = bench.told(port.returncode, output, log)
    is_whole(bench, code, said)
    assert int(said["reconnects"]) >= 1


def test_a_target_that_has_gone_for_good_is_given_up_in_time(bench):
    bench.serve(target.Tgt)
    code, said = bench.die(pull_after=20, timeout_ms=8000)
    assert (code, said["error"]) == (1, "S1012")
    assert "KiB were confirmed" in said["detail"]
    assert int(said["ms"]) <= 8000 + 1000
    assert (bench.outside(), said["stopped"]) == (bench.before, "1")


def test_a_target_that_never_answers_is_given_up_in_time(bench):
    bench.serve(target.Tgt)
    bench.identify()
    bench.target.kill()
    code, said = bench.die(timeout_ms=5000)
    assert (code, said["error"]) == (1, "S304")
    assert (bench.outside(), said["bytes"]) == (bench.before, "0")


@pytest.mark.parametrize("facts,told", [
    ({"wwid": "3:3000000100000002"}, "WWID 3000000100000002"),
    ({"wwid": "0:", "serial": "LAB0002"}, "serial LAB0002"),
    ({"blocks": SIZE // 512 + 1}, f"{SIZE // 512 + 1} blocks of 512"),
    ({"block_size": 1024, "blocks": SIZE // 1024}, "of 1024"),
])
def test_another_disk_is_not_written_to(bench, facts, told):
    bench.serve(target.Tgt)
    bench.identify()
    path = bench.network.capture()
    code, said = bench.die(facts, extent="1024:16384")
    bench.network.stop_capture()
    assert (code, said["error"], said["bytes"]) == (1, "S615", "0")
    assert told in said["detail"]
    assert bench.written() != bench.data
    with open(bench.disk, "rb") as image:
        assert image.read() == random.Random(1).randbytes(1 << 20) * (SIZE >> 20)

    # Nor is it reset: it may be another machine's.
    opcodes = {pdu[0] for pdu in commands_on_the_wire(path)}
    assert 0x01 in opcodes and 0x02 not in opcodes


def test_a_disk_known_by_its_serial_number(bench):
    bench.serve(target.Tgt)
    is_whole(bench, *bench.die({"wwid": "0:"}))


def test_an_address_that_somebody_has_taken(bench):
    bench.serve(target.Tgt)
    bench.network.ip("address", "add", f"{ADDRESS}/24", "dev", lab_network.BRIDGE)
    code, said = bench.die()
    assert (code, said["error"], said["bytes"]) == (1, "S204", "0")
    assert f"{ADDRESS} is in use by" in said["detail"]


@pytest.mark.parametrize("bit", [0, 8 * 100 + 3, 8 * 700 + 7, 8 * 1400])
def test_a_copy_that_has_changed_sends_nothing(bench, bit):
    bench.serve(target.Tgt)
    code, said = bench.die(wreck=8 * 64 + bit)
    assert (code, said["error"], said["sent"]) == (1, "S1008", "0")
    assert bench.outside() == bench.before


def test_nothing_is_written_outside_the_extent(bench):
    bench.serve(target.Tgt)
    code, said = bench.die(extent=f"{FIRST // 512}:{(1 << 20) // 512}")
    assert (code, said["error"]) == (1, "S1005")
    with open(bench.disk, "rb") as image:
        image.seek(FIRST + (1 << 20))
        assert image.read(SOURCE) != bench.data[1 << 20:]
    assert bench.outside() == bench.before
