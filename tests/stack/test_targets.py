# SPDX-License-Identifier: BSD-2-Clause
"""iscsi/ and its disk, built for the host, against real targets: tgtd and istgt."""
import os
import random
import subprocess
import time

import pytest

from tests.lab import network as lab_network
from tests.lab import process, target

PROBE = os.path.join(os.path.dirname(__file__), "..", "..", "build", "host", "disk-probe")
SIZE = 64 << 20
ONE_WAY = target.Chap("joe", "secret-of-joe-1")
MUTUAL = target.Chap("joe", "secret-of-joe-1", "disk", "secret-of-disk-2")


class Bench:
    def __init__(self, folder):
        self.folder = str(folder)
        self.network = lab_network.Network(self.folder)
        self.disk = os.path.join(self.folder, "disk.img")
        with open(self.disk, "wb") as image:
            image.write(random.Random(1).randbytes(1 << 20) * (SIZE >> 20))
        self.target = None

    def serve(self, kind, **options):
        self.target = kind(self.network, self.folder, self.disk, **options)
        self.target.start()
        return self.target

    def command(self, **options):
        settings = {"host": lab_network.SERVER, "target": target.NAME, "lun": self.target.lun, **options}
        return self.network.inside([PROBE] + [f"{key}={value}" for key, value in settings.items()])

    def probe(self, timeout=120, **options):
        """Runs the probe to its end; returns its exit code and what it printed as a dictionary."""
        done = subprocess.run(self.command(**options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, check=False)
        print(done.stderr.decode(errors="replace"))
        return done.returncode, answers(done.stdout)

    def close(self):
        if self.target:
            self.target.stop()
        self.network.close()


def answers(output):
    print(output.decode(errors="replace"))
    return dict(line.split("=", 1) for line in output.decode(errors="replace").splitlines() if "=" in line)


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.close()


KINDS = pytest.mark.parametrize("kind", [target.Tgt, target.Istgt])


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


@KINDS
def test_10000_reads_and_1000_writes_match_the_file(bench, kind):
    bench.serve(kind)
    code, said = bench.probe(image=bench.disk, reads=10000, writes=1000, depth=8, timeout=300)
    assert code == 0
    assert int(said["operations"]) == 11000
    assert said["reconnects"] == "0"


@KINDS
def test_more_commands_than_slots(bench, kind):
    bench.serve(kind)
    code, said = bench.probe(image=bench.disk, reads=1000, depth=32)
    assert code == 0
    assert int(said["operations"]) == 1000


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


@KINDS
def test_chap_one_way(bench, kind):
    bench.serve(kind, chap=ONE_WAY)
    code, _ = bench.probe(image=bench.disk, reads=10, chap=f"{ONE_WAY.name}/{ONE_WAY.secret}")
    assert code == 0


@KINDS
def test_chap_mutual(bench, kind):
    bench.serve(kind, chap=MUTUAL)
    code, _ = bench.probe(image=bench.disk, reads=10, chap=f"{MUTUAL.name}/{MUTUAL.secret}",
                          mutual=f"{MUTUAL.reverse_name}/{MUTUAL.reverse_secret}")
    assert code == 0


@KINDS
def test_chap_wrong_secret(bench, kind):
    bench.serve(kind, chap=ONE_WAY)
    code, said = bench.probe(chap=f"{ONE_WAY.name}/not-the-secret-1")
    assert (code, said["error"]) == (1, "S401")


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


@KINDS
def test_target_killed_and_restarted_under_load(bench, kind):
    serving = bench.serve(kind)
    command = bench.command(image=bench.disk, seconds=10, depth=8, recovery_ms=60000)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as probe:
        for _ in range(2):
            time.sleep(2)
            serving.kill()
            time.sleep(1)
            serving.start()
        output, log = probe.communicate(timeout=90)
    print(log.decode(errors="replace"))
    said = answers(output)
    assert probe.returncode == 0
    assert int(said["reconnects"]) >= 2
    assert float(said["worst_ms"]) > 900
    assert int(said["operations"]) > 100


def test_target_stays_away(bench):
    serving = bench.serve(target.Tgt)
    command = bench.command(image=bench.disk, seconds=30, recovery_ms=2000)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as probe:
        time.sleep(2)
        serving.kill()
        output, _ = probe.communicate(timeout=60)
    said = answers(output)
    assert probe.returncode == 1
    assert said["error"] in ("S501", "S304")


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
