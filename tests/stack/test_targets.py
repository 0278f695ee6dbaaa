# SPDX-License-Identifier: BSD-2-Clause
"""
iscsi/ and its disk, built for the host, against real targets, tgtd and istgt: over a socket of the kernel's, and over net/ on a
tap device, where address, TCP and disk are all the project's own.
"""
import contextlib
import os
import random
import subprocess
import time

import pytest

from tests.lab import dhcp, process, target
from tests.lab import network as lab_network

PROBE = os.path.join(os.path.dirname(__file__), "..", "..", "build", "host", "disk-probe")
SIZE = 64 << 20
ONE_WAY = target.Chap("joe", "secret-of-joe-1")
MUTUAL = target.Chap("joe", "secret-of-joe-1", "disk", "secret-of-disk-2")
LOG_INFO = 2  # platform.h
ADDRESS = f"{lab_network.PREFIX}.2"


class Bench:
    """One namespace with one target and one disk. `stream` says whose TCP the probe uses: "kernel" or "net"."""

    def __init__(self, folder, stream):
        self.folder = str(folder)
        self.network = lab_network.Network(self.folder)
        self.disk = os.path.join(self.folder, "disk.img")
        with open(self.disk, "wb") as image:
            image.write(random.Random(1).randbytes(1 << 20) * (SIZE >> 20))
        self.target = None
        self.settings = {"host": lab_network.SERVER}
        if stream == "net":
            self.settings |= {"tap": self.network.add_tap(), "address": ADDRESS}

    def serve(self, kind, **options):
        self.target = kind(self.network, self.folder, self.disk, **options)
        self.target.start()
        return self.target

    def command(self, **options):
        settings = {**self.settings, "target": target.NAME, "lun": self.target.lun, **options}
        return self.network.inside([PROBE] + [f"{key}={value}" for key, value in settings.items()])

    def probe(self, timeout=120, **options):
        """Runs the probe to its end; returns its exit code and what it printed as a dictionary."""
        done = subprocess.run(self.command(**options), capture_output=True, timeout=process.bound(timeout), check=False)
        print(done.stderr.decode(errors="replace"))
        return done.returncode, answers(done.stdout)

    def close(self):
        if self.target:
            self.target.stop()
        self.network.close()


@contextlib.contextmanager
def dhcp_server(bench):
    server = dhcp.Dhcp(bench.network, bench.folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def answers(output):
    print(output.decode(errors="replace"))
    return dict(line.split("=", 1) for line in output.decode(errors="replace").splitlines() if "=" in line)


@pytest.fixture
def stream():
    """Tests that do not ask for both kinds of stream take the kernel's."""
    return "kernel"


@pytest.fixture
def bench(tmp_path, stream):
    made = Bench(tmp_path, stream)
    yield made
    made.close()


def await_line(output, wanted):
    """Reads lines until one begins with `wanted`. The probe's own deadlines end the wait when it cannot come."""
    while not (line := output.readline().decode(errors="replace")).startswith(wanted):
        print(line, end="")
        assert line, f"the probe ended without {wanted!r}"


KINDS = pytest.mark.parametrize("kind", [target.Tgt, target.Istgt])
STREAMS = pytest.mark.parametrize("stream", ["kernel", "net"])
NET = pytest.mark.parametrize("stream", ["net"])


@STREAMS
@KINDS
def test_identity(bench, kind):
    bench.serve(kind)
    code, said = bench.probe()
    assert code == 0
    assert int(said["block_size"]) == 512
    assert int(said["block_count"]) == SIZE // 512
    assert said["vendor"] == "SANSTRAP"
    assert said["product"] == "LAB DISK"
    assert said["serial"] == "LAB0001"
    assert len(said["wwid"]) >= 16
    assert said["read_only"] == "0"
    assert said["portal"] == f"{lab_network.SERVER}:3260"


@KINDS
def test_blocks_of_4096_bytes(bench, kind):
    bench.serve(kind, block_size=4096)
    code, said = bench.probe(image=bench.disk, reads=200, writes=20)
    assert code == 0
    assert int(said["block_size"]) == 4096
    assert int(said["block_count"]) == SIZE // 4096


@STREAMS
@KINDS
def test_10000_reads_and_1000_writes_match_the_file(bench, kind):
    bench.serve(kind)
    code, said = bench.probe(image=bench.disk, reads=10000, writes=1000, depth=8, timeout=300)
    assert code == 0
    assert int(said["operations"]) == 11000
    assert said["reconnects"] == "0"


@NET
@KINDS
def test_a_crash_dumps_memory_under_loss(bench, kind):
    bench.serve(kind, chap=MUTUAL, digests=True)
    code, said = bench.probe(image=bench.disk, reads=200, writes=100, depth=8, chap=f"{MUTUAL.name}/{MUTUAL.secret}",
                             mutual=f"{MUTUAL.reverse_name}/{MUTUAL.reverse_secret}", small=1, loss=100, timeout=300)
    assert code == 0
    assert (said["header_digest"], said["data_digest"]) == ("1", "1")
    assert int(said["operations"]) == 300
    assert said["reconnects"] == "0"
    assert int(said["lost_frames"]) > 0


@KINDS
def test_more_commands_than_slots(bench, kind):
    bench.serve(kind)
    code, said = bench.probe(image=bench.disk, reads=1000, depth=32)
    assert code == 0
    assert int(said["operations"]) == 1000


# enum iscsi_digests
NO_DIGESTS, HEADER, DATA, BOTH = 1, 2, 3, 4


@STREAMS
@KINDS
def test_digests_that_the_target_demands(bench, kind):
    """With our default offer, which leaves it to the target."""
    bench.serve(kind, digests=True)
    code, said = bench.probe(image=bench.disk, reads=1000, writes=100, depth=8)
    assert code == 0
    assert (said["header_digest"], said["data_digest"]) == ("1", "1")
    assert (said["operations"], said["reconnects"]) == ("1100", "0")


@pytest.mark.parametrize("wanted,header,data", [(NO_DIGESTS, "0", "0"), (HEADER, "1", "0"), (DATA, "0", "1"), (BOTH, "1", "1")])
def test_digests_that_we_demand(bench, wanted, header, data):
    bench.serve(target.Istgt)
    code, said = bench.probe(image=bench.disk, reads=200, writes=50, depth=8, digests=wanted)
    assert code == 0
    assert (said["header_digest"], said["data_digest"]) == (header, data)
    assert said["reconnects"] == "0"


def test_digests_that_the_target_does_not_have(bench):
    bench.serve(target.Tgt)  # which has to be told to take them
    code, said = bench.probe(digests=BOTH)
    assert (code, said["error"]) == (1, "S427")
    assert said["detail"] == "offered HeaderDigest=CRC32C and DataDigest=CRC32C, got None and None"


@KINDS
def test_lun_missing(bench, kind):
    there = bench.serve(kind).lun
    code, said = bench.probe(lun=9)
    assert (code, said["error"]) == (1, "S604")
    assert said["detail"].startswith("LUN 9; the target has LUN ")
    assert str(there) in said["detail"].split(" LUN ")[-1].split()


def test_lun_is_no_disk(bench):
    bench.serve(target.Tgt)
    code, said = bench.probe(lun=0)
    assert (code, said["error"]) == (1, "S605")


@KINDS
def test_target_name_unknown(bench, kind):
    bench.serve(kind)
    code, said = bench.probe(target="iqn.2026-11.org.sanstrap.lab:other")
    assert code == 1
    assert said["error"] == "S403"


@STREAMS
@KINDS
def test_chap_one_way(bench, kind):
    bench.serve(kind, chap=ONE_WAY)
    code, _ = bench.probe(image=bench.disk, reads=10, chap=f"{ONE_WAY.name}/{ONE_WAY.secret}")
    assert code == 0


@STREAMS
@KINDS
def test_chap_mutual(bench, kind):
    bench.serve(kind, chap=MUTUAL)
    code, _ = bench.probe(image=bench.disk, reads=10, chap=f"{MUTUAL.name}/{MUTUAL.secret}",
                          mutual=f"{MUTUAL.reverse_name}/{MUTUAL.reverse_secret}")
    assert code == 0


@STREAMS
@KINDS
def test_chap_wrong_secret(bench, kind):
    bench.serve(kind, chap=ONE_WAY)
    code, said = bench.probe(chap=f"{ONE_WAY.name}/not-the-secret-1")
    assert (code, said["error"]) == (1, "S401")


@STREAMS
@KINDS
def test_chap_target_with_wrong_secret(bench, kind):
    bench.serve(kind, chap=MUTUAL)
    code, said = bench.probe(chap=f"{MUTUAL.name}/{MUTUAL.secret}", mutual=f"{MUTUAL.reverse_name}/another-secret-99")
    assert (code, said["error"]) == (1, "S424")


@KINDS
def test_chap_demanded_but_not_set(bench, kind):
    bench.serve(kind, chap=ONE_WAY)
    code, said = bench.probe()
    assert code == 1
    # RFC 7143 lets a target answer AuthMethod=None with a failure at once, or with its own list.
    assert said["error"] in ("S401", "S420")


@STREAMS
@KINDS
def test_target_killed_and_restarted_under_load(bench, kind):
    serving = bench.serve(kind)
    command = bench.command(image=bench.disk, until_told=1, depth=8, recovery_ms=60000, backoff_ms=100, log=LOG_INFO)
    with process.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as probe:
        await_line(probe.stdout, "progress=")
        for _ in range(2):
            serving.kill()
            time.sleep(0.5)
            serving.start()
            await_line(probe.stderr, "Connected again")
        output, _ = probe.communicate(timeout=process.bound(90))  # which ends its input
    said = answers(output)
    assert probe.returncode == 0
    assert int(said["reconnects"]) == 2
    assert float(said["worst_ms"]) > 500
    assert int(said["operations"]) > 100


def test_target_stays_away(bench):
    serving = bench.serve(target.Tgt)
    command = bench.command(image=bench.disk, until_told=1, recovery_ms=2000)
    with process.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as probe:
        await_line(probe.stdout, "ready=1")
        serving.kill()
        output = probe.stdout.read()  # to the end that its own deadline sets
    said = answers(output)
    assert probe.returncode == 1
    assert said["error"] in ("S501", "S304")


@STREAMS
def test_no_target_listens(bench):
    bench.target = target.Tgt(bench.network, bench.folder, bench.disk)
    code, said = bench.probe()
    assert (code, said["error"]) == (1, "S304")


def test_logout_leaves_no_session_behind(bench):
    serving = bench.serve(target.Tgt)
    code, _ = bench.probe()
    assert code == 0
    shown = process.run(["tgtadm", "--lld", "iscsi", "--mode", "conn", "--op", "show", "--tid", "1"],
                        env=serving._environment()).decode()
    assert "Session" not in shown


@NET
def test_address_by_dhcp_under_loss(bench):
    """One frame in a hundred lost, either way, from the first DISCOVER on: slower, and nothing else."""
    with dhcp_server(bench) as server:
        bench.serve(target.Tgt)
        code, said = bench.probe(image=bench.disk, reads=1000, writes=100, address="dhcp", loss=100)
        assert code == 0
        assert said["address"].startswith(f"{lab_network.PREFIX}.1")
        assert f"DHCPACK({lab_network.BRIDGE}) {said['address']}" in server.read_log()
    assert int(said["operations"]) == 1100
    assert int(said["lost_frames"]) > 100
    assert said["reconnects"] == "0"


@NET
def test_target_by_ipv6(bench):
    """The address is formed from dnsmasq's router advertisement."""
    with dhcp_server(bench):
        bench.serve(target.Tgt, ipv6=True)
        code, said = bench.probe(image=bench.disk, reads=1000, writes=100, address="slaac", host=lab_network.SERVER6)
    assert code == 0
    assert said["address"].startswith(lab_network.PREFIX6)
    assert said["portal"] == f"[{lab_network.SERVER6}]:3260"
    assert int(said["operations"]) == 1100


@NET
def test_target_by_ipv6_with_an_address_by_hand(bench):
    bench.serve(target.Tgt, ipv6=True)
    code, _ = bench.probe(image=bench.disk, reads=10, address=f"{lab_network.PREFIX6}2", host=lab_network.SERVER6)
    assert code == 0
