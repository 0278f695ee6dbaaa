# SPDX-License-Identifier: BSD-2-Clause
"""
A diskless PC boots Debian from an iSCSI disk, before your eyes. Exit status 0 means that it was proven: Linux ran with its root
on the LUN, and what it wrote stands in the LUN's file.

Environment: FIRMWARE=bios|efi, DEMO_DISK=image boots a copy of your own image, DEMO_KEEP=1 stays at a shell,
DEMO_NIC=e1000|e1000e|..., DEMO_MEMORY=MiB, DEMO_DISPLAY=what QEMU's -display takes.
"""
import argparse
import contextlib
import os
import re
import secrets
import select
import sys
import termios
import time
import tty

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tests.lab import efi_disk, linux_disk, ovmf, process, qemu  # noqa: E402
from tests.lab.lab import NBP, Lab  # noqa: E402

BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
EFI = os.environ.get("FIRMWARE") == "efi"
LEAVE = b"\x1d"  # Ctrl-]
LOADER_ERROR = r"^S\d{3} "
BEGAN = time.monotonic()


def say(text):
    print(f"{BOLD}[{time.monotonic() - BEGAN:5.1f} s] {text}{PLAIN}", flush=True)


def echo(data):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def own_disk(lab, path):
    """A raw copy, so that the user's image is only read."""
    say(f"copying {path} (yours stays as it is)")
    copy = lab.path("disk.img")
    if process.start(["qemu-img", "convert", "-p", "-O", "raw", path, copy]).wait():
        raise process.LabError(f"qemu-img cannot read {path}")
    return copy


def show_rom(machine):
    """What the PXE ROM writes on the screen, line by line, until the serial line comes to life."""
    shown = 0
    while not machine.text.strip() and machine.child.poll() is None and time.monotonic() < machine.deadline:
        lines = machine.screen().rstrip().split("\n")
        while shown < len(lines) - 1:
            if lines[shown].strip():
                print(f"  screen | {lines[shown]}", flush=True)
            shown += 1
        time.sleep(0.3)


@contextlib.contextmanager
def raw_terminal():
    """The terminal without line editing or signals, so that every key reaches the machine."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def converse(machine):
    """Keys to the machine's serial line until it switches itself off or Ctrl-] is pressed."""
    say("your keys go to the machine's serial line; Ctrl-] switches it off")
    open_input = True
    with raw_terminal():
        while machine.child.poll() is None:
            ready = select.select([sys.stdin], [], [], 0.2)[0] if open_input else time.sleep(0.2)
            if ready:
                keys = os.read(sys.stdin.fileno(), 256)
                open_input = bool(keys)
                if LEAVE in keys:
                    break
                if keys:
                    machine.type(keys.decode("latin-1"))


def boot(lab, loader, disk, keep):
    server = lab.target(disk)
    say(f"tgtd serves the disk as {server.root_path}")
    if not os.environ.get("DEMO_DISK"):
        nonce = secrets.token_hex(8)
        configure = efi_disk.linux_configure if EFI else linux_disk.configure
        configure(disk, lab.folder, None, nonce, keep)  # the iBFT alone tells where the root is
    display = os.environ.get("DEMO_DISPLAY")
    extra = ["-display", display] if display else ["-vnc", f"unix:{lab.path('vnc')}"] if os.environ.get("DEMO_DISK") else []
    say(f"dnsmasq serves DHCP and TFTP; a PC without a disk is switched on and its {'firmware' if EFI else 'card'} boots by PXE")
    options = {"nic": os.environ.get("DEMO_NIC") or "e1000", "memory": int(os.environ.get("DEMO_MEMORY") or 512), "echo": echo,
               "extra": extra, "timeout": float("inf") if keep or os.environ.get("DEMO_DISK") else 300}
    if EFI:
        machine = ovmf.boot_by_network(lab, server.root_path, **options)
    else:
        machine = lab.boot_by_rom(server.root_path, loader, **options)
        show_rom(machine)
    if os.environ.get("DEMO_DISK"):
        if not display:
            say(f"its screen is at VNC on the socket {lab.path('vnc')}")
        converse(machine)
        return "own" if not re.search(LOADER_ERROR, machine.text, re.MULTILINE) else None
    machine.expect(f"LINUX PASS {nonce}", 240, or_fail=f"LINUX FAIL|Kernel panic|{LOADER_ERROR}")
    if keep:
        converse(machine)
    machine.wait_end(30)
    say("the machine is off; the LUN's file is read on the server")
    if linux_disk.root_file(disk, "/var/nonce", lab.folder).decode().strip() != nonce:
        raise AssertionError("what Linux wrote does not stand in the LUN's file")
    return "debian"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loader", choices=["sanstrap", "ipxe"], default="sanstrap",
                        help="ipxe: the card's ROM does it all, to compare")
    loader = parser.parse_args().loader
    if os.environ.get("FIRMWARE") not in (None, "", "bios", "efi") or EFI and loader != "sanstrap":
        parser.error("FIRMWARE is bios or efi; --loader ipxe goes with bios")
    keep = os.environ.get("DEMO_KEEP") == "1"
    if os.geteuid():
        print("The demo makes a network namespace of its own: run it as root.")
        return 1
    try:
        with Lab("demo") as lab:
            own = os.environ.get("DEMO_DISK")
            disk = own_disk(lab, own) if own else lab.copy_disk((efi_disk.linux_base if EFI else linux_disk.base_disk)(say))
            if loader == "sanstrap":
                program = ovmf.APPLICATION if EFI else NBP
                say(f"{os.path.basename(program)} has {os.path.getsize(program):,} bytes")
            proven = boot(lab, loader, disk, keep)
    except (AssertionError, process.LabError, OSError) as error:
        print(f"\n{error}")
        proven = None
    except KeyboardInterrupt:
        print("\nstopped")
        return 1
    if proven == "debian":
        say(f"PROVEN: a PC without a disk ({qemu.MAC}) ran Debian from the iSCSI LUN, which it found by the iBFT")
    elif proven:
        say("your disk was handed to the machine; its copy is gone now")
    else:
        say("NOT proven: see above")
    return 0 if proven else 1


if __name__ == "__main__":
    sys.exit(main())
