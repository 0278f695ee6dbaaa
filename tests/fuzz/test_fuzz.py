# SPDX-License-Identifier: BSD-2-Clause
"""
Runs each libFuzzer program for some seconds from its seeds; a crash, a leak, a hang or a sanitizer's report fails.

Seeds with a name say what they are; `found-…` are the smallest inputs that reached what those do not, out of a run of a minute
(-merge=1), at most 60 files and 200 KB of both together.
"""
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
PROGRAMS = HERE.parent.parent / "build" / "fuzz" / "tests" / "fuzz"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "15"))
LENGTH_OF_A_PACKET = 4096
# A table of four paths is longer than that, and so is a segment of data with its header and digests.
LENGTH = {"fuzz_dump_arm": 8192, "fuzz_ibft": 8192, "fuzz_isdh": 8192, "fuzz_handoff_tool": 8192, "fuzz_iscsi_pdu": 8192,
          "fuzz_savecore": 8192}
SEEDS = {"fuzz_dump_arm": ("ibft", "isdh"), "fuzz_handoff_tool": ("ibft", "isdh", "handoff_tool")}


def seeds_of(name):
    folders = [HERE / "seeds" / folder for folder in SEEDS.get(name, (name.removeprefix("fuzz_"),))]
    return [folder for folder in folders if folder.is_dir()]


@pytest.mark.parametrize("name", sorted(source.stem for source in HERE.glob("fuzz_*.c")))
def test_finds_nothing(name, tmp_path):
    length = LENGTH.get(name, LENGTH_OF_A_PACKET)
    limits = [f"-max_total_time={SECONDS}", "-timeout=60", "-rss_limit_mb=2048", f"-max_len={length}"]
    corpus = tmp_path / "corpus"
    corpus.mkdir()

    assert seeds_of(name), "no seeds"
    command = [PROGRAMS / name, *limits, f"-artifact_prefix={tmp_path}/", corpus, *seeds_of(name)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS + 480, check=False)
    text = done.stdout.decode(errors="replace")
    assert done.returncode == 0, text[-6000:]
    assert "Done " in text, text[-2000:]
