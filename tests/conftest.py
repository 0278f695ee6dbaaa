# SPDX-License-Identifier: BSD-2-Clause
"""
Makes the whole of the project's tests one pytest run: the cmocka programs of tests/unit are items beside the other tests, and one
that was not built, ends badly or holds no test is a failure.
"""
import itertools
import os
import re
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

CMOCKA_SECONDS = 1200


def pytest_addoption(parser):
    parser.addoption("--loader", choices=["sanstrap", "ipxe"], default="sanstrap",
                     help="what boots from the LUN in tests that take it from the card's ROM; ipxe checks the lab itself")


@pytest.fixture
def loader(request):
    return request.config.getoption("--loader")


@pytest.fixture
def lab(request):
    """Indirect parameters are Lab's: {"mtu": 9000}."""
    from tests.lab.lab import Lab, safe_name
    with Lab(safe_name(request.node.name), **getattr(request, "param", {})) as opened:
        yield opened


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    opened = getattr(item, "funcargs", {}).get("lab")
    if opened and report.when == "call" and report.failed:
        try:
            report.sections.append(("lab", opened.logs()))
        except Exception as error:  # the report of the failure itself must not be lost
            report.sections.append(("lab", f"its logs cannot be read: {error}"))


def pytest_collection_modifyitems(items):
    """
    Whoever runs tests takes neighbours of the list, many at a time: the fuzzers, long ones, are spread over it, so that they
    do not fall to one process. They go between files, since a file's tests may share a machine.
    """
    fuzzers = [item for item in items if item.path.parent.name == "fuzz"]
    others = [item for item in items if item.path.parent.name != "fuzz"]
    gap = len(others) / (len(fuzzers) + 1)
    items.clear()
    passed, placed = 0, 0
    for _, file in itertools.groupby(others, key=lambda item: item.path):
        file = list(file)
        passed += len(file)
        due = fuzzers[placed:int(passed / gap)]
        items += file + due
        placed += len(due)
    items += fuzzers[placed:]


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".c" and file_path.name.startswith("test_") and file_path.parent.name == "unit":
        return UnitSource.from_parent(parent, path=file_path)
    return None


class UnitSource(pytest.File):
    def collect(self):
        yield UnitProgram.from_parent(self, name=self.path.stem)


class UnitFailure(Exception):
    """Carries the text to show."""


class UnitProgram(pytest.Item):
    def program(self):
        """Where it was built, from the source as it is now."""
        program = os.path.join(ROOT, "build", "host", os.path.relpath(self.path, ROOT))[:-len(".c")]
        if not os.path.exists(program):
            raise UnitFailure(f"{program} was not built: make unit-programs")
        if os.path.getmtime(program) < os.path.getmtime(self.path):
            raise UnitFailure(f"{program} is older than its source: make unit-programs")
        return program

    def runtest(self):
        done = subprocess.run([self.program()], cwd=ROOT, timeout=CMOCKA_SECONDS, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = done.stdout.decode(errors="replace")

        ran = sum(int(number) for number in re.findall(r"^\[=+\] .*?(\d+) test\(s\) run", text, re.MULTILINE))
        failed = sorted(set(re.findall(r"^\[  (?:FAILED|ERROR) *\] (?!\d+ test)([^:\n]+)$", text, re.MULTILINE)))
        if done.returncode or failed:
            cases = ", ".join(failed) or "none named"
            raise UnitFailure(f"{self.name}: exit status {done.returncode}, failing cases: {cases}\n{text[-8000:]}")
        if not ran:
            raise UnitFailure(f"{self.name} ran no test:\n{text[-2000:]}")

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, (UnitFailure, subprocess.TimeoutExpired)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, None, f"unit {self.name}"
