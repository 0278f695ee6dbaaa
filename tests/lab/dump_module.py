# SPDX-License-Identifier: BSD-2-Clause
"""sanstrap_dump.ko for the lab's Debian kernel, made as DKMS would make it, against that kernel's headers, which are unpacked."""
import fcntl
import os
import re

from . import packages, process
from .disks import CACHE
from .lab import BUILD, ROOT

MODULE = os.path.join(BUILD, "dump", "lab", "sanstrap_dump.ko")


def header_packages():
    """The names of the packages that the headers of packages.kernel_package() are in."""
    name = packages.kernel_package().replace("linux-image-", "linux-headers-")
    text = process.run(["apt-cache", "depends", "--important", name]).decode()
    return [name, *re.findall(r"Depends: (linux-(?:headers|kbuild)-\S+)", text)]


def headers(say=lambda text: None):
    """The folder that a module is built against. Its Makefile names the place where the package would be installed."""
    names = header_packages()
    root = packages.unpack(names, os.path.join(CACHE, "debian"), say)
    folder = f"{root}/usr/src/{names[0]}"
    path = f"{folder}/Makefile"
    with open(path, encoding="ascii") as file:
        text = file.read()
    wanted = re.sub(r"(?<=include )\S*(?=/usr/src/)", root, text)
    if wanted != text:  # a whole one takes its place: another test's make may be reading it
        new = f"{path}.{os.getpid()}"
        with open(new, "w", encoding="ascii") as file:
            file.write(wanted)
        os.replace(new, path)
    return folder


def built(say=lambda text: None):
    """The module's path; make sees what of it has to be built."""
    os.makedirs(os.path.dirname(MODULE), exist_ok=True)
    with open(f"{MODULE}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process.run(["make", "--no-print-directory", f"KERNEL_HEADERS={headers(say)}", f"DUMP_MODULE={MODULE}", MODULE],
                    cwd=ROOT, timeout=600)
    return MODULE
