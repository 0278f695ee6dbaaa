# SPDX-License-Identifier: BSD-2-Clause
"""
The benchmarks themselves: a small run from boot to report, whose figures may be anything that a cable and a disk of known
slowness allow; and what reckons, chooses and draws.
"""
import json
import xml.etree.ElementTree

import pytest

from . import bench, contenders, made_traces, plot, report, setups, trace
from .plan import CHECK, INT13, READ, TRACE, Disk, Work, works
from .run import NIC, Run, bounds_of, last_ack_of

NETWORK = "2ms-disk3ms"
ROUND_TRIP_AND_DISK_MS = 5
PEERS = ["one", "other"]


# ---- a whole run ----

def test_a_run_measures_what_it_verified():
    """One boot of ours and the bare card, over a cable and before a disk that takes its time."""
    run = Run(False, [NETWORK], 1, 200, works=("random-512", "write-4K", "dos"), only=(contenders.OURS,)).go()
    assert run.failures == []
    found = json.loads(json.dumps(run.result()))
    rows = found["networks"][NETWORK]
    assert set(rows) == {"random-512", "write-4K", "dos"}
    assert all(row["medians"][contenders.OURS] > 0 and row["ratio"] is None for row in rows.values())

    # Every one of these waits for a round trip and for the disk; a few may find what a call before has brought along.
    assert rows["random-512"]["medians"][contenders.OURS] < 1000 / ROUND_TRIP_AND_DISK_MS * 1.2
    writes = sum(writes for writes, *_ in trace.operations("dos", INT13.call_max))
    assert rows["dos"]["medians"][contenders.OURS] > writes * ROUND_TRIP_AND_DISK_MS / 1000
    assert f"| {NETWORK} |" in report.text(found)


def test_the_bare_card_is_measured():
    run = Run(False, ["0ms"], 1, 100, works=("read-64K", "write-64K", "random-512"), only=(contenders.CARD,)).go()
    assert run.failures == []
    rows = run.result()["networks"]["0ms"]
    assert {work: set(row["medians"]) for work, row in rows.items()} == {
        "read-64K": {contenders.CARD}, "write-64K": {contenders.CARD}, "random-512": {contenders.CARD}}


def test_where_time_passes_a_random_call_is_bound_by_it():
    assert bounds_of(setups.setup("1ms-disk4ms"), 100, NIC) == {"random-4K": 200, "random-512": 200}
    assert bounds_of(setups.setup("1%"), 100, NIC) == {}


def test_wrong_data_is_found(tmp_path):
    """On the disk afterwards, written or not, and in what the machine says."""
    disk = Disk(str(tmp_path / "disk"), False, [Work("write-4K", 2, 4096), CHECK], 100)
    text = "units per second 1000000\nwork write-4K 0 0 5000 0 0\nwork verify 64 4096 500 0 0\n"
    assert disk.check(text) == 0
    with open(disk.path, "r+b") as file:
        file.seek((INT13.data + 77) * 512 + 200)
        file.write(b"x")
    with pytest.raises(AssertionError, match=r"sector 77 \(not written\)"):
        disk.check(text)
    with pytest.raises(AssertionError, match="brought wrong data"):
        disk.figures(text.replace("5000 0 0", "5000 0 1"))
    with pytest.raises(AssertionError, match="ended before its plan"):
        disk.figures(text[:text.index("work verify")])


# ---- what is reckoned ----

def test_medians_and_ratios():
    runs = {"sanstrap": [80, 90, 70], "one": [20, 40, 30], "other": [10, 99, 15], "bare card": [100, 160, 90]}
    row = report.row("read-64K", runs, PEERS)
    assert row == {"unit": "MB/s", "medians": {"sanstrap": 80, "one": 30, "other": 15, "bare card": 100}, "fastest_peer": "one",
                   "ratio": 80 / 30, "of_bound": 0.8}


def test_of_seconds_the_least_is_the_fastest():
    row = report.row("linux", {"sanstrap": [2], "one": [6], "other": [4]}, PEERS)
    assert (row["unit"], row["fastest_peer"], row["ratio"], row["of_bound"]) == ("s", "other", 2, None)


def test_who_failed_is_left_out():
    row = report.row("random-512", {"sanstrap": [100, 300], "other": []}, PEERS)
    assert (row["unit"], row["medians"], row["fastest_peer"], row["ratio"]) == ("calls/s", {"sanstrap": 200}, None, None)


def result():
    figures = {"0ms": {"read-64K": {"sanstrap": [80], "one": [40]}, "linux": {"sanstrap": [2], "one": [1]}},
               "5ms": {"read-64K": {"sanstrap": [10], "one": [0.01]}}}
    return {"interface": "INT 13h", "boots": 1, "ms": 1, "nic": "e1000", "load": 2.5,
            "contenders": ["sanstrap", "one"], "peers": ["one"], "runs": figures,
            "networks": report.summary(figures, ["one"]), "failures": ["one, 5ms: it\nstopped"]}


def test_tables_hold_every_figure():
    text = report.text(result())
    assert "| read-64K | MB/s | 80.0 | 40.0 | 2.00 | – |" in text
    assert "| linux | s | 2.00 | 1.00 | 0.50 | – |" in text
    assert text.endswith("\n\n- failed: one, 5ms: it\n")


def test_the_drawing_is_xml_and_stays_inside():
    drawn = xml.etree.ElementTree.fromstring(plot.svg([result(), result()]))
    bars = [(float(box.get("x")), float(box.get("width"))) for box in drawn.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert len(bars) == 2 + 2 * 3
    assert all(x >= 0 and x + width <= plot.WIDTH for x, width in bars)
    assert plot.Scale([3, 0.4]).ticks == [0.2, 0.5, 1, 2, 5]


# ---- what is chosen ----

@pytest.mark.parametrize("name,rtt,loss,disk", [
    ("0ms", 0, 0, 0), ("5ms", 5, 0, 0), ("1ms-0.1%", 1, 0.001, 0), ("disk8ms", 0, 0, 8), ("1%", 0, 0.01, 0),
    ("2ms-1%-disk8ms", 2, 0.01, 8),
])
def test_a_networks_name_says_what_it_is(name, rtt, loss, disk):
    over = setups.setup(name)
    assert (over.rtt_ms, over.loss, over.disk_ms) == (rtt, pytest.approx(loss), disk)
    assert over.plain == (rtt == loss == disk == 0)


@pytest.mark.parametrize("name", ["", "fast", "5", "-1%", "5ms1%", "5ms-"])
def test_others_are_refused(name):
    with pytest.raises(ValueError, match="is no network"):
        setups.setup(name)


def test_plans():
    everything = [work.name for work in works(False)]
    assert [work.name for work in setups.setup("0ms").plan(False)] == [*everything, "verify"]
    assert not any(work.kind == TRACE for work in setups.setup("5ms").plan(False))
    assert [work.name for work in setups.setup("1ms-1%").plan(True, ("ntfs", "read-1M"))] == ["read-1M", "ntfs", "verify"]


def test_the_knobs():
    options = bench.options_of(["--networks=0ms 5ms", "--works=", "--peers=", "--boots=2"])
    assert (options.networks, options.works, options.peers, options.boots) == (("0ms", "5ms"), (), (), 2)
    assert bench.options_of(["--full"]).networks == setups.FULL
    assert bench.options_of(["--efi"]).networks == setups.DEFAULT_EFI
    for wrong in (["--efi", "--works=dos"], ["--works=read-7K"], ["--peers=/nowhere.pxe"]):
        with pytest.raises(SystemExit):
            bench.options_of(wrong)


def test_a_peer_starts_as_its_name_ends():
    paths = ["/a/x.pxe", "/a/y.rom", "/a/z.lkrn", "/a/x.efi"]
    peers = [one for one in contenders.of_bios(paths) if one.name[0] in "xyz"]
    assert all(one.peer for one in peers)
    assert [(one.name, one.program) for one in peers] == [("x.pxe", "x.pxe"), ("y.rom", ""), ("z.lkrn", "")]
    assert [one.name for one in contenders.of_uefi(paths) if one.name[0] in "xyz"] == ["x.efi"]


# ---- traces ----

@pytest.mark.parametrize("name", trace.NAMES)
def test_traces_fit_the_disk(name):
    rows = trace.operations(name, INT13.call_max)
    assert len(rows) * 12 <= 128 * 512
    assert all(0 < count <= INT13.call_max and place + count <= 131072 for _, place, count, _ in rows)


@pytest.mark.parametrize("name,rows", [("dos", made_traces.dos()), ("ntfs", made_traces.ntfs())])
def test_made_traces_are_what_their_rules_make(name, rows):
    with open(trace.path(name), encoding="ascii") as file:
        assert trace.parse(file.read()) == rows


def test_a_trace_is_written_and_read_back():
    rows = [(False, 0, 1, 0), (True, 5, 8, 300), (False, 100000, 2, 0), (False, 0, 1, 7)]
    assert trace.parse(trace.text_of("two\nlines", rows)) == rows
    assert trace.compact([(False, 900000, 8, 0), (True, 100000, 8, 1)], gap=100) == [(False, 108, 8, 0), (True, 0, 8, 1)]


def test_a_works_places_are_the_machines():
    """Those that works.c prints nothing of: a sequence begins where its plan says and goes round."""
    disk = Disk.__new__(Disk)
    disk.layout = INT13
    first = [place for place, _ in disk._places(1, Work("read-64K", READ, 65536), 3, None)]
    assert first == [79784 // 127 * 127 + n * 127 for n in range(3)]


# ---- the start ----

def frame(source, destination, opcode, more=b""):
    udp = source.to_bytes(2, "big") + destination.to_bytes(2, "big") + bytes(4)
    ip = bytes([0x45]) + bytes(8) + bytes([17]) + bytes(10)
    return (bytes(12) + b"\x08\x00" + ip + udp + opcode.to_bytes(2, "big") + more).ljust(60, b"\0")


def test_the_start_counts_from_its_own_programs_last_block():
    frames = [(1, frame(1000, 69, 1, b"a.pxe\0octet\0")), (2, frame(5000, 1000, 3)), (3, frame(1000, 5000, 4)),
              (4, frame(1001, 69, 1, b"/boot.ipxe\0octet\0")), (5, frame(1001, 5001, 4)), (6, b"\0" * 60)]
    assert last_ack_of(frames, "a.pxe") == 3
    assert last_ack_of(frames, "boot.ipxe") == 5
    with pytest.raises(ValueError, match="was not loaded"):
        last_ack_of(frames, "b.pxe")
