# SPDX-License-Identifier: BSD-2-Clause
"""
BlockIo read throughput of sanstrap.efi and of OVMF's own IScsiDxe, with the conformance application in its speed mode from the same
LUN. IScsiDxe is set up once by keys in the firmware's forms; its settings are kept in build/lab.
"""
import os
import shutil
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.efi import image  # noqa: E402
from tests.lab import disks, efi_disk, ovmf, process  # noqa: E402
from tests.lab.boots import FAILURE  # noqa: E402
from tests.lab.lab import Lab  # noqa: E402
from tests.lab.network import PREFIX  # noqa: E402

TURNS = 3
DONE = r"exerciser: \d+ passed, \d+ failed"
# Device manager, iSCSI; initiator's name; add an attempt on the card; enabled; address and target by DHCP; no CHAP; save.
KEYS = ("down ret down down down down down ret", "ret i q n dot 2 0 2 6 minus 1 1 dot o r g dot x ret", "down ret ret",
        "ret down ret down down down down down spc down down down spc", "down down ret down ret", "down down ret")
START = "connect -r\r\nmap -r\r\nfor %a in fs0 fs1 fs2\r\nif exist %a:\\EFI\\BOOT\\BOOTX64.EFI then\r\n%a:\\EFI\\BOOT\\BOOTX64.EFI\r\nendif\r\nendfor\r\n"


def configured_firmware():
    """OVMF's variables with IScsiDxe told to ask DHCP for its target."""
    with disks.building("iscsidxe-vars", __file__) as (path, there):
        if not there:
            with Lab("forms") as lab:
                machine = ovmf.start(lab, boot="c", extra=["-boot", "menu=on,splash-time=8000"])
                process.wait_until(lambda: machine.key("esc") or "Device Manager" in machine.text, 40, "the firmware's forms")
                time.sleep(3)
                for step in KEYS:
                    for key in step.split():
                        machine.key(key)
                        time.sleep(0.35)
                    time.sleep(1.5)
                machine.stop()
                shutil.copy(lab.path("vars.fd"), path)
        return path


def of_firmware(lab, target):
    """The shell on a disk of the machine's own connects the LUN and starts what it holds."""
    lab.dhcp(root_path=target.root_path)
    local = efi_disk.system_disk(lab.path("local.img"), {"startup.nsh": efi_disk.text_file(lab.folder, "startup.nsh", START)})
    machine = ovmf.EfiMachine(lab.network, lab.folder, boot="c", drives=[local])
    lab.closing.append(machine)
    shutil.copy(configured_firmware(), lab.path("vars.fd"))
    return machine.start()


def of_sanstrap(lab, target):
    return ovmf.boot_from_stick(lab, f"ip={PREFIX}.50/24 root={target.root_path}")


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
            runs[name].append(speeds(boot))
            print(f"turn {turn + 1}, {name}: " + ", ".join(f"{work} {value:.1f}" for work, value in runs[name][-1].items()), flush=True)
    print(f"\nmedian of {TURNS}, MB/s" + "".join(f"{name:>12}" for name in boots))
    for work in runs["sanstrap"][0]:
        print(f"{work:20}" + "".join(f"{statistics.median(run[work] for run in runs[name]):12.1f}" for name in boots))


if __name__ == "__main__":
    main()
