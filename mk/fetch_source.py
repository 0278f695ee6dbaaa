# SPDX-License-Identifier: BSD-2-Clause
"""
fetch_source.py SUITE PACKAGE VERSION SHA256-OF-DSC DESTINATION

Unpacks exactly this version of a source package of Debian's release SUITE into DESTINATION, whatever release this machine runs.

Who vouches for it: the archive signs its Release file, which has the hash of Sources, which has those of the .dsc and of the
tarballs; apt checks them all. The .dsc must have the hash given here, too, and dpkg-source checks the tarballs against the .dsc
once more. The signature in the .dsc is its uploader's, whose key may have left debian-keyring since: it is not asked for, as it
proves nothing that the hash does not. The system's own apt configuration and lists stay as they are.
"""
import hashlib
import os
import shutil
import subprocess
import sys

import apt_sources

SECONDS = 600


class FetchError(Exception):
    """Carries the text to show."""


def run(command, folder):
    """Returns (whether it went well, what it wrote)."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=SECONDS, check=False)
    return done.returncode == 0, done.stdout.decode(errors="replace")


def private_apt(work, entries):
    """apt-get with those entries alone and lists of its own, as a list of words; any user may run it."""
    for name in ("parts", "lists/partial", "archives"):
        os.makedirs(os.path.join(work, name))
    with open(os.path.join(work, "parts", "archive.sources"), "w", encoding="utf-8") as file:
        file.write(entries)
    settings = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": f"{work}/parts",
        "Dir::State::lists": f"{work}/lists",
        "Dir::Cache::archives": f"{work}/archives",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "APT::Sandbox::User": "root",
        "APT::Get::AllowUnauthenticated": "false",
        "Acquire::AllowInsecureRepositories": "false",
        "Acquire::AllowWeakRepositories": "false",
    }
    return ["apt-get", "-q", *[word for name, value in settings.items() for word in ("-o", f"{name}={value}")]]


def fetch(suite, package, version, sha256, destination, configuration=apt_sources.SYSTEM):
    destination = os.path.abspath(destination)
    work = destination + ".fetch"
    for folder in (work, destination):
        if os.path.islink(folder):
            os.unlink(folder)
        shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(work)

    apt = private_apt(work, apt_sources.entries("deb-src", suite, configuration))
    # An archive that has no such suite fails here; the one that has it is enough.
    update_said = run([*apt, "update"], work)[1]
    got, source_said = run([*apt, "source", "--download-only", f"{package}={version}"], work)
    dsc = os.path.join(work, f"{package}_{version.split(':')[-1]}.dsc")
    if not got or not os.path.exists(dsc):
        raise FetchError(f"{package} {version} is not to be had from {suite} of the archives that {configuration} names:\n"
                         f"{update_said}{source_said}")

    with open(dsc, "rb") as file:
        found = hashlib.sha256(file.read()).hexdigest()
    if found != sha256:
        raise FetchError(f"{os.path.basename(dsc)}: SHA-256 expected {sha256}, got {found}")
    unpacked, said = run(["dpkg-source", "--no-copy", "-x", dsc, destination], work)
    if not unpacked:
        raise FetchError(said)
    shutil.rmtree(work)


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    try:
        fetch(*sys.argv[1:])
    except (FetchError, subprocess.TimeoutExpired) as error:
        sys.exit(str(error))
