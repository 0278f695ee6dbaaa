# SPDX-License-Identifier: BSD-2-Clause
"""
OVMF's own iSCSI initiator, IScsiDxe, our peer under UEFI. It is set up once by keys in the firmware's forms; its settings are
kept in build/lab.
"""
import os
import shutil
import time

from . import disks, ovmf, process
from .lab import Lab

QUIET, PATIENCE = 0.4, 2  # seconds, of the first attempt
ATTEMPTS = 3
MORE = 2  # times as long does each other one take
# Device manager, iSCSI; the initiator's name; add an attempt on the card; enabled; address and target by DHCP; no CHAP.
KEYS = ("down ret down down down down down ret ret i q n dot 2 0 2 6 minus 1 1 dot o r g dot x ret down ret ret "
        "ret down ret down down down down down spc down down down spc down down ret down ret")
SAVE = "down down ret"
# What the shell does when the machine starts.
START = ("connect -r\r\nmap -r\r\nfor %a in fs0 fs1 fs2\r\nif exist %a:\\EFI\\BOOT\\BOOTX64.EFI then\r\n"
         "%a:\\EFI\\BOOT\\BOOTX64.EFI\r\nendif\r\nendfor\r\n")


def _await_quiet(machine, length, slower):
    """Until nothing has been drawn for a while; `length` is what of the text is old."""
    while len(machine.text) != length:
        length = len(machine.text)
        time.sleep(QUIET * slower)


def _press(machine, keys, slower):
    """Each key once the forms have been drawn anew for the one before, or do not care to be."""
    for key in keys.split():
        length, pressed = len(machine.text), time.monotonic()
        machine.key(key)
        while len(machine.text) == length and time.monotonic() < pressed + PATIENCE * slower:
            time.sleep(0.05)
        _await_quiet(machine, length, slower)


def _fill_forms(machine, slower):
    """Saving checks what was filled in: the attempts' list comes back only when all is well."""
    process.wait_until(lambda: machine.key("esc") or "Device Manager" in machine.text, 40, "the firmware's forms")
    time.sleep(3 * slower)
    _await_quiet(machine, 0, slower)

    _press(machine, KEYS, slower)
    before = len(machine.text)
    _press(machine, SAVE, slower)
    process.wait_until(lambda: "MAC Selection" in machine.text[before:], 10, "IScsiDxe's settings")
    if "<Enabled>" not in machine.text:
        raise process.LabError("IScsiDxe's forms were filled in, but the attempt is not enabled")


def _configure(folder, slower):
    path = os.path.join(folder, "vars.fd")
    with Lab("forms") as lab:
        machine = ovmf.start(lab, boot="c", extra=["-boot", "menu=on,splash-time=60000"])  # a key ends the splash
        _fill_forms(machine, slower)
        machine.stop()
        shutil.copy(lab.path("vars.fd"), path)
    return path


def _configure_patiently(folder):
    """
    Whether the forms have taken a key can be guessed only; whether they were filled in right is seen at their end, and if not,
    another machine gets another chance, and more time.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _configure(folder, MORE ** attempt)
        except process.LabError:
            if attempt == ATTEMPTS - 1:
                raise


def configured_firmware():
    """OVMF's variables with IScsiDxe told to ask DHCP for its target."""
    return disks.kept("iscsidxe-vars", [__file__], _configure_patiently)


def boot(lab, root_path, **options):
    """The shell on a disk of the machine's own connects the LUN and starts what it holds."""
    settings = configured_firmware()
    lab.dhcp(root_path=root_path)
    return ovmf.boot_from_disk(lab, {}, {"startup.nsh": START}, rom=None, variables=settings, **options)
