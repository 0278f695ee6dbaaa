# SPDX-License-Identifier: BSD-2-Clause
"""Files of Debian packages that are looked into, not installed."""
import fcntl
import glob
import os
import re

from . import process
from .disks import CACHE


def _update():
    """apt's lists anew; it fails when another test does the same, so one after the other."""
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, "apt.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process.run(["apt-get", "update", "-q"], timeout=300)


def kernel_package():
    """The name of the package that linux-image-amd64 stands for."""
    def look():
        text = process.run(["apt-cache", "depends", "--important", "linux-image-amd64"]).decode()
        return re.search(r"Depends: (linux-image-\S+-amd64)", text), text

    match, text = look()
    if not match:
        _update()
        match, text = look()
    if not match:
        raise process.LabError(f"apt knows no kernel behind linux-image-amd64:\n{text}")
    return match.group(1)


def _known(name):
    """Of names with | between them the first that apt knows: releases call a package differently."""
    names = name.split("|")
    known = process.run(["apt-cache", "pkgnames"]).decode().split() if len(names) > 1 else names
    return next((each for each in names if each in known), names[-1])


def unpack(names, folder, say=lambda text: None):
    """
    Unpacks packages over each other into `folder`/root and returns that path. What is there already is not fetched again;
    parallel test runs wait for each other.
    """
    root = os.path.join(folder, "root")
    os.makedirs(root, exist_ok=True)

    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in map(_known, names):
            mark = os.path.join(folder, f"{name}.unpacked")
            if not os.path.exists(mark):
                say(f"fetching {name}")
                _unpack_one(name, folder, root)
                open(mark, "wb").close()
        # Debian 13's packages have everything below /usr; it is found at its old place, too.
        for name in ("bin", "sbin", "lib"):
            if os.path.isdir(f"{root}/usr/{name}") and not os.path.lexists(f"{root}/{name}"):
                os.symlink(f"usr/{name}", f"{root}/{name}")
    return root


def _unpack_one(name, folder, root):
    command = ["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", name]
    try:
        process.run(command, timeout=300, cwd=folder)
    except process.LabError:
        _update()
        process.run(command, timeout=300, cwd=folder)
    package, = glob.glob(os.path.join(folder, f"{name}_*.deb"))
    process.run(["dpkg", "-x", package, root], timeout=300)
    os.unlink(package)
