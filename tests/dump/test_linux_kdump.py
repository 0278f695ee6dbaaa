# SPDX-License-Identifier: BSD-2-Clause
"""kdump is loaded beside the module: which of them comes first, and whether the other one still comes (docs/dump.md)."""
import glob
import gzip
import os

import pytest

from tests.dump import crash
from tests.lab import cpio, linux_disk, packages
from tests.lab.disks import CACHE
from tests.lab.lab import BUILD

pytestmark = pytest.mark.skipif(os.environ.get("DUMP") != "all", reason="one of many: DUMP=all")
MEMORY, FOR_KDUMP = 384, 128  # MiB
KDUMP_RUNS = r"^KDUMP RUNS (\d+)\n"
INIT = os.path.join(os.path.dirname(__file__), "kdump-init")


def kdump_files(lab):
    """What has to be on the root so that kdump can be loaded."""
    root = packages.unpack([packages.kernel_package(), "busybox-static"], os.path.join(CACHE, "debian"))
    init = {"init": (linux_disk.read(INIT), 0o755), "bin/busybox": (linux_disk.read(f"{root}/bin/busybox"), 0o755)}
    kernel, = glob.glob(f"{root}/boot/vmlinuz-*")
    return {"vmlinuz": kernel, "kdump.gz": lab.file("kdump.gz", gzip.compress(cpio.archive(init))),
            "kexec-load": os.path.join(BUILD, "host", "kexec-load")}


def boot(lab, *words):
    debian = crash.boot(lab, memory=MEMORY, kernel=[f"crashkernel={FOR_KDUMP}M", *words], files=kdump_files(lab))
    debian.run("/newroot/kexec-load /newroot/vmlinuz /newroot/kdump.gz "
               "'console=ttyS0,115200 loglevel=4 no_timer_check'")
    assert debian.run("cat /sys/kernel/kexec_crash_loaded").split()[-1] == "1"
    return debian


def kdump_sees_it(debian):
    """The second kernel has the first one's memory, its own place left out."""
    seen = int(debian.machine.expect(KDUMP_RUNS, 120, or_fail=crash.FAILED).group(1))
    assert (MEMORY - FOR_KDUMP - 16) << 20 < seen < MEMORY << 20
    debian.machine.wait_end(60)


def test_kdump_comes_first(lab):
    """The module is not called, and nothing is written."""
    debian = boot(lab)
    assert "kdump is loaded" in debian.arms("reboot=now")
    debian.panic()
    kdump_sees_it(debian)
    assert debian.untouched() and "Dumping " not in debian.machine.text


def test_kdump_comes_after(lab):
    """With crash_kexec_post_notifiers; the module leaves to the kernel what comes afterwards."""
    debian = boot(lab, "crash_kexec_post_notifiers")
    debian.arms()
    debian.panic()
    debian.expect_dump()
    kdump_sees_it(debian)
    crash.holds(debian)


def test_kdump_does_not_come(lab):
    """What the module was told to do afterwards is done at once."""
    debian = boot(lab, "crash_kexec_post_notifiers")
    debian.arms("reboot=now")
    debian.panic()
    debian.expect_dump()
    debian.machine.wait_end(60)
    assert "KDUMP RUNS" not in debian.machine.text
    crash.holds(debian)
