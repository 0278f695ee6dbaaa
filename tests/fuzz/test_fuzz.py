# SPDX-License-Identifier: BSD-2-Clause
"""Runs each libFuzzer program for some seconds from its seeds; a crash, a leak, a hang or a sanitizer's report fails."""
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
PROGRAMS = HERE.parent.parent / "build" / "fuzz" / "tests" / "fuzz"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "10"))


@pytest.mark.parametrize("name", sorted(source.stem for source in HERE.glob("fuzz_*.c")))
def test_finds_nothing(name, tmp_path):
    seeds = HERE / "seeds" / name.removeprefix("fuzz_")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    command = [PROGRAMS / name, f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=2048", "-max_len=4096",
               f"-artifact_prefix={tmp_path}/", corpus]
    if seeds.is_dir():
        command.append(seeds)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS + 120, check=False)
    text = done.stdout.decode(errors="replace")
    assert done.returncode == 0, text[-6000:]
    assert "Done " in text, text[-2000:]
