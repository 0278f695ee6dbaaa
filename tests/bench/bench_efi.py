# SPDX-License-Identifier: BSD-2-Clause
"""
BlockIo read throughput of sanstrap.efi and of OVMF's own IScsiDxe, with the conformance application in its speed mode from the
same LUN.
"""
import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.efi import image  # noqa: E402
from tests.lab import iscsidxe, ovmf  # noqa: E402
from tests.lab.boots import FAILURE  # noqa: E402
from tests.lab.exercised import DONE  # noqa: E402
from tests.lab.lab import Lab  # noqa: E402
from tests.lab.settings import STATIC  # noqa: E402

TURNS = 3


def of_firmware(lab, target):
    return iscsidxe.boot(lab, target.root_path)


def of_sanstrap(lab, target):
    return ovmf.boot_from_stick(lab, f"{STATIC} root={target.root_path}")


def speeds(boot):
    with Lab("bench") as lab:
        target = lab.target(image.make_image(lab.path("disk.img"), mode=image.SPEED, seconds=4))
        machine = boot(lab, target)
        machine.expect(DONE, 90, or_fail=FAILURE)
        return {name: kib * 1024 / 1e6 for name, (kib, _) in image.speeds(machine.text).items()}


def main():
    boots = {"sanstrap": of_sanstrap, "IScsiDxe": of_firmware}
    runs = {name: [] for name in boots}
    for turn in range(TURNS):
        for name, boot in boots.items():
            run = speeds(boot)
            runs[name].append(run)
            print(f"turn {turn + 1}, {name}: " + ", ".join(f"{work} {value:.1f}" for work, value in run.items()), flush=True)

    print(f"\nmedian of {TURNS}, MB/s" + "".join(f"{name:>12}" for name in boots))
    for work in runs["sanstrap"][0]:
        print(f"{work:20}" + "".join(f"{statistics.median(run[work] for run in runs[name]):12.1f}" for name in boots))


if __name__ == "__main__":
    main()
