# SPDX-License-Identifier: BSD-2-Clause
"""A TPM for a machine: swtpm, from Debian's package."""
import os

from . import packages, process
from .disks import CACHE


def start(lab, version="2.0", name="tpm"):
    """
    What QEMU is told to have the machine find it, of version 1.2 or 2.0. It keeps its state over resets, and ends with
    the lab.
    """
    root = packages.unpack(["swtpm", "swtpm-libs", "libtpms0"], os.path.join(CACHE, "debian"))
    libraries = f"{root}/usr/lib/x86_64-linux-gnu"
    control, state = lab.path(name), lab.path(f"{name}-state")
    os.makedirs(state)

    command = [f"{root}/usr/bin/swtpm", "socket", "--tpmstate", f"dir={state}",
               "--ctrl", f"type=unixio,path={control}", *(["--tpm2"] if version == "2.0" else [])]
    environment = {**os.environ, "LD_LIBRARY_PATH": f"{libraries}:{libraries}/swtpm"}
    with open(lab.path(f"sw{name}.log"), "wb") as log:
        child = lab.network.start(command, env=environment, stdout=log, stderr=log)
    process.wait_until(lambda: process.listens(control, lab.network.holder.pid), 20, "swtpm", child)
    return ["-chardev", f"socket,id=tpm,path={control}", "-tpmdev", "emulator,id=tpm,chardev=tpm",
            "-device", "tpm-tis,tpmdev=tpm"]
