# SPDX-License-Identifier: BSD-2-Clause
"""Small modules that bring Linux into a state that it does not come into by itself: tests/dump/modules/."""
import base64
import os

from tests.lab import dump_module, process

SOURCES = os.path.join(os.path.dirname(__file__), "modules")
LINE = 2000  # characters of a command, of which a terminal takes 4095


def send(debian, name):
    """Builds it and brings it into the machine by the serial line; returns its path there."""
    folder = debian.lab.path("modules")
    process.run(["cp", "-r", SOURCES, folder])
    process.run(["make", "-C", dump_module.headers(), f"M={folder}", "modules"], timeout=600)
    process.run(["objcopy", "--strip-debug", f"{folder}/{name}.ko"])
    with open(f"{folder}/{name}.ko", "rb") as file:
        text = base64.b64encode(file.read()).decode()
    for at in range(0, len(text), LINE):
        debian.run(f"echo {text[at:at + LINE]} >> /{name}")
    debian.run(f"base64 -d /{name} > /{name}.ko")
    return f"/{name}.ko"
