# SPDX-License-Identifier: BSD-2-Clause
"""
`make`, `make unit`, both kinds of `make demo` and a crash dump of its kernel on a Debian 13 that has git and make and nothing
else of what they need. It is made by debootstrap in build/debian13, from the archive that this machine's apt uses, with this
machine's settings of apt (a proxy, certificates).

Mounts and processes are in namespaces of their own: both end with this program, however it ends. build/debian13/base (what
debootstrap made) and build/debian13/archives (packages) serve the next run; build/debian13/root stays when a step fails.
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "mk"))

import apt_sources  # noqa: E402

SUITE = "trixie"
OVERLAYS = f"{SUITE} {SUITE}-updates"
FOLDER = os.path.join(ROOT, "build", "debian13")
BASE, SYSTEM, ARCHIVES = (os.path.join(FOLDER, name) for name in ("base", "root", "archives"))
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
TREE = "/usr/src/sanstrap"
PROMISED = "ca-certificates,git,make"  # README: a Debian with nothing but git and make; the first is for mirrors by HTTPS

DEBOOTSTRAP_SECONDS = 1800
COPY_SECONDS = 300
JOBS = f"-j{os.cpu_count()}"
STEPS = [(["make", JOBS, "WERROR=1"], 1200), (["make", JOBS, "unit"], 2400), (["make", "demo"], 1800),
         (["make", "demo", "FIRMWARE=efi"], 900),
         (["/usr/bin/python3", "-m", "pytest", "tests/dump/test_linux_dump.py", "-k", "test_sysrq"], 1800)]
WHOLE_SECONDS = DEBOOTSTRAP_SECONDS + COPY_SECONDS + sum(seconds for _, seconds in STEPS) + 300


class StepError(Exception):
    """Carries the text to show."""


def run(command, seconds, **options):
    subprocess.run(command, stdin=subprocess.DEVNULL, timeout=seconds, check=True, **options)


def output(command):
    return subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=True).stdout.decode()


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


# ---- this machine's apt ----


def apt_settings():
    """What this machine's apt was told about fetching, in the form of apt.conf."""
    return output(["apt-config", "dump", "--no-empty", "Acquire"])


def proxies():
    """debootstrap's wget reads the environment; apt's settings may hold what it needs."""
    environment = dict(os.environ)
    for scheme, proxy in re.findall(r'^Acquire::(https?)::Proxy "([^"]+)";', apt_settings(), re.MULTILINE):
        environment.setdefault(f"{scheme}_proxy", proxy)
    return environment


def mirrors():
    """(URL, keyring) of what debootstrap may try: it knows neither lists of mirrors nor keys within an entry."""
    for uris, signed_by in apt_sources.archives():
        keyring = signed_by if signed_by and re.fullmatch(r"/\S+\.(gpg|pgp)", signed_by) else KEYRING
        for uri in uris.split():
            if uri.startswith("mirror+file:"):
                with open(uri.replace("mirror+file:", "").replace("//", "/"), encoding="utf-8") as file:
                    uri = file.read().split()[0]
            yield uri, keyring


def carry(path):
    """Copies a file or folder of this machine to the same place in the new system, if there is one here and none there."""
    destination = BASE + path
    if os.path.isdir(path):
        shutil.copytree(path, destination, dirs_exist_ok=True)
    elif os.path.isfile(path) and not os.path.exists(destination):
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        shutil.copy(path, destination)


# ---- the system ----


def make_base():
    if os.path.isdir(BASE):
        return
    partial = BASE + ".partial"
    for mirror, keyring in mirrors():
        shutil.rmtree(partial, ignore_errors=True)
        try:
            run(["debootstrap", "--variant=minbase", f"--keyring={keyring}", f"--include={PROMISED}", SUITE, partial, mirror],
                DEBOOTSTRAP_SECONDS, env=proxies())
        except subprocess.CalledProcessError:
            print(f"{mirror} gave no {SUITE}", flush=True)
        else:
            os.rename(partial, BASE)
            return
    raise StepError(f"debootstrap got no {SUITE} from any archive of {apt_sources.SYSTEM}")


def settle_base():
    """The base as this machine is now: its apt's settings, its names and certificates."""
    write(f"{BASE}/etc/apt/sources.list", "")
    write(f"{BASE}/etc/apt/sources.list.d/debian.sources", apt_sources.entries("deb", OVERLAYS))
    write(f"{BASE}/etc/apt/apt.conf.d/90machine", apt_settings())
    for path in ("/etc/apt/auth.conf", "/etc/apt/auth.conf.d", "/etc/apt/keyrings", "/etc/apt/mirrors",
                 "/usr/local/share/ca-certificates"):
        carry(path)
    for _, signed_by in apt_sources.archives():
        for path in re.findall(r"/\S+\.(?:gpg|pgp|asc)", signed_by or ""):
            carry(path)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{name}", f"{BASE}/etc/{name}")
    write(f"{BASE}/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)  # no package starts its service
    run(["chroot", BASE, "update-ca-certificates"], 120, stdout=subprocess.DEVNULL)


def copy_tree():
    """The files that git knows or would add, in a repository of their own: tests ask git for its files."""
    names = output(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    for name in filter(None, names.split("\0")):
        source, destination = os.path.join(ROOT, name), os.path.join(SYSTEM + TREE, name)
        if os.path.lexists(source):
            os.makedirs(os.path.dirname(destination), exist_ok=True)
            shutil.copy2(source, destination, follow_symlinks=False)
    for words in (["init", "-q"], ["add", "-A"]):
        run(["chroot", SYSTEM, "git", "-C", TREE, *words], 60)


def mount():
    os.makedirs(ARCHIVES + "/partial", exist_ok=True)
    for words in (["-t", "proc", "proc", f"{SYSTEM}/proc"],
                  ["-t", "sysfs", "-o", "ro", "sysfs", f"{SYSTEM}/sys"],
                  ["--rbind", "/dev", f"{SYSTEM}/dev"],
                  ["--bind", ARCHIVES, f"{SYSTEM}/var/cache/apt/archives"]):
        run(["mount", *words], 30)


# ---- the steps ----


def inside(command, seconds, user="root", **options):
    """Runs a command in the tree on the new system; returns what subprocess.run() does."""
    environment = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    environment |= {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    chroot = ["chroot", f"--userspec={user}", SYSTEM, "env", "-C", TREE, *command]
    return subprocess.run(chroot, env=environment, stdin=subprocess.DEVNULL, timeout=seconds, check=False, **options)


def names_packages():
    """Somebody who is not root is told what is missing, and by which command it comes."""
    done = inside(["make"], 60, user="nobody", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode()
    if not done.returncode or not re.search(r"apt-get install .*\bnasm\b", text):
        raise StepError(f"make, called by nobody, does not name nasm:\n{text}")


def steps():
    times = []
    begin = time.monotonic()

    def passed(what):
        nonlocal begin
        times.append(f"{time.monotonic() - begin:6.0f} s  {what}")
        begin = time.monotonic()

    make_base()
    settle_base()
    passed("debootstrap")
    shutil.rmtree(SYSTEM, ignore_errors=True)
    run(["cp", "-a", "--reflink=auto", BASE, SYSTEM], COPY_SECONDS)
    copy_tree()
    mount()
    names_packages()
    passed("a new system")
    for command, seconds in STEPS:
        words = " ".join(command)
        print(f"==== {words}", flush=True)
        status = inside(command, seconds).returncode
        if status:
            raise StepError(f"{words}: exit status {status}; the system is in {SYSTEM}")
        passed(words)
    print("\n".join(["==== Debian 13 passed:", *times]), flush=True)


def in_namespaces():
    """Calls this program again where mounts and processes are its own. They end even when this process is killed."""
    ends_with_us = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"]
    with subprocess.Popen([*ends_with_us, sys.executable, os.path.abspath(__file__), "inside"]) as child:
        try:
            return child.wait(WHOLE_SECONDS)
        finally:
            child.kill()


def main():
    if sys.argv[1:] == ["inside"]:
        try:
            steps()
        except (StepError, OSError, subprocess.SubprocessError) as error:
            print(f"==== Debian 13: {error}", flush=True)
            return 1
        return 0

    if os.geteuid():
        print("debootstrap and mounts need root.")
        return 1
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "lock"), "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"{FOLDER} is in use by another run.")
            return 1
        status = in_namespaces()
        if not status:
            shutil.rmtree(SYSTEM, ignore_errors=True)
        return status


if __name__ == "__main__":
    sys.exit(main())
