# SPDX-License-Identifier: BSD-2-Clause
"""Child processes that never outlive this one, and waits that never last for ever."""
import ctypes
import select
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
CROWDED = 4
UNIX_FLAGS, UNIX_LISTENS = 3, "00010000"  # in /proc/net/unix
_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab itself failed: a server did not start, a tool is missing. Never a verdict on the loader."""


def bound(seconds):
    """
    The longest that a wait may take which ends within `seconds` on a machine that has its processors for itself. Nothing is
    measured by it: a bound that is far away costs nothing until what is waited for does not come at all.
    """
    return seconds * CROWDED


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command, **options):
    """Starts a process that the kernel kills when this one ends, however it ends."""
    return subprocess.Popen([str(word) for word in command], preexec_fn=_die_with_parent, **options)


def run(command, timeout=60, **options):
    """Runs a command to its end; a failure carries what it printed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, timeout=bound(timeout), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          preexec_fn=_die_with_parent, check=False, **options)
    if done.returncode:
        raise LabError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout.decode(errors='replace')}")
    return done.stdout


def stop(process, patience=5.0):
    """Ends a process that start() began: asks, waits, then insists."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def await_ready(child, what, timeout=30):
    """Waits for the line by which the lab's own programs say that they are ready; returns the words behind."""
    said = child.stdout.readline() if select.select([child.stdout], [], [], bound(timeout))[0] else b""
    ready, *words = said.split() or [b""]
    if ready != b"ready":
        raise LabError(f"{what} did not start")
    return words


def wait_until(condition, timeout, what, alive=None):
    """Polls condition() until it is true. `alive` is a process whose end makes waiting pointless."""
    deadline = time.monotonic() + bound(timeout)
    while True:
        result = condition()
        if result:
            return result
        if alive is not None and alive.poll() is not None:
            raise LabError(f"{what}: the process ended with {alive.returncode}")
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {bound(timeout):g} s")
        time.sleep(0.05)


def listens(path, namespace):
    """
    True once somebody listens at this Unix socket, in the network namespace of that process: read from the kernel's table, so
    that no connection is made. The socket is there before.
    """
    with open(f"/proc/{namespace}/net/unix", encoding="utf-8") as file:
        rows = [line.split() for line in file]
    return any(row[UNIX_FLAGS] == UNIX_LISTENS and row[-1] == path for row in rows)


def answers(path):
    """True once somebody accepts connections at this Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
            return True
        except OSError:
            return False
