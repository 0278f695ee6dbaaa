# SPDX-License-Identifier: BSD-2-Clause
"""What tells of sanstrap-savecore keeps up with it: man page, help, the unit of systemd, the page of the format."""
import configparser
import pathlib
import re
import subprocess

from tests.savecore.disks import AREA_TYPE, DONE, areas, disk_with_area, run

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tools" / "savecore"
PAGE = (TOOL / "sanstrap-savecore.8").read_text(encoding="ascii")


def test_the_man_page_is_sound():
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", TOOL / "sanstrap-savecore.8"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=240, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_help_and_man_page_tell_of_every_option():
    source = (TOOL / "options.c").read_text(encoding="utf-8")
    options = set(re.findall(r'\{"([a-z-]+)", (?:no|required)_argument', source))
    assert len(options) == 16
    assert set(re.findall(r"--([a-z-]+)", run("--help")[1])) >= options
    assert set(re.findall(r"^\.It Fl -([a-z-]+)", PAGE, re.MULTILINE)) == options


def test_the_man_page_tells_of_every_member_and_state(tmp_path):
    disk, area = disk_with_area(tmp_path)
    assert run("--prepare", "--partition=2", disk)[0] == DONE
    area.dump(b"content")
    names = set()

    def collect(value):
        for item in value.values() if isinstance(value, dict) else ():
            collect(item)
        names.update(value if isinstance(value, dict) else ())

    collect(areas("--list", disk)[1][0])
    words = set(PAGE.replace("\n", " ").replace(",", " ").split())
    assert names - words == set()
    states = re.search(r"words\[\] = \{([^}]*)\}", (TOOL / "area.c").read_text(encoding="utf-8"))[1]
    listed = re.findall(r"^\.It (\w+)$", PAGE.split(".Ss States")[1].split(".Ss")[0], re.MULTILINE)
    assert re.findall(r'"(\w+)"', states) and sorted(re.findall(r'"(\w+)"', states)) == sorted(listed)


def test_the_partition_type_is_one_everywhere():
    for name in ("dump/area.h", "docs/dump.md", "tools/savecore/sanstrap-savecore.8"):
        assert str(AREA_TYPE) in (ROOT / name).read_text(encoding="utf-8"), name


def test_the_unit_takes_no_dump_for_no_failure():
    unit = configparser.ConfigParser(strict=True)
    unit.optionxform = str
    unit.read(TOOL / "sanstrap-savecore.service")
    assert unit["Service"]["SuccessExitStatus"] == "1"
    assert unit["Unit"]["After"] == "local-fs.target remote-fs.target"
    assert unit["Service"]["TimeoutStartSec"] == "infinity"
    assert unit["Service"]["ExecStart"].split()[0] == unit["Unit"]["ConditionPathExists"]
