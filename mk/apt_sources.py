# SPDX-License-Identifier: BSD-2-Clause
"""
The machine's own entries for Debian's archive, turned to another suite of the same mirror: bookworm has versions that trixie has
not, and the other way round. Both forms that sources.list(5) describes are read. The machine's files are never written.
"""
import glob
import os
import re

SYSTEM = "/etc/apt"
# A release has a word for its name: one with a dash is an overlay (bookworm-updates, bookworm-security), one with a slash a path.
RELEASE = re.compile(r"[a-z]+")
ONE_LINE = re.compile(r"deb(?:-src)?\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<uri>[^\s\[]+)\s+(?P<suite>\S+)(?P<components>[^#]*)")


def _stanzas(text):
    """The stanzas of a .sources file: {field in lower case: value}. A value keeps its lines as they are: it may be a key."""
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith("#")]
    for block in re.split(r"\n{2,}", "\n".join(lines)):
        fields = re.findall(r"^(\S+?):[ \t]*(.*(?:\n[ \t].*)*)", block, re.MULTILINE)
        if fields:
            yield {name.lower(): value for name, value in fields}


def _lines(text):
    """The entries of a .list file, in the form that _stanzas() gives them."""
    for line in text.splitlines():
        match = ONE_LINE.match(line.strip())
        if match:
            options = dict(re.findall(r"(\S+?)=(\S+)", match["options"] or ""))
            yield {"uris": match["uri"], "suites": match["suite"], "components": match["components"],
                   **({"signed-by": options["signed-by"].replace(",", " ")} if "signed-by" in options else {})}


def archives(folder=SYSTEM):
    """
    (URIs, Signed-By or None) of every entry that may be Debian's archive. An entry of somebody else that calls its suite `stable`
    is among them: only the archive's Release file could tell.
    """
    found = []
    lists = [os.path.join(folder, "sources.list"), *sorted(glob.glob(os.path.join(folder, "sources.list.d", "*")))]
    for path in lists:
        reader = {".list": _lines, ".sources": _stanzas}.get(os.path.splitext(path)[1])
        if not reader or not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8") as file:
            for entry in reader(file.read()):
                enabled = entry.get("enabled", "yes").lower() not in ("no", "false", "0", "off", "without", "disable")
                release = any(RELEASE.fullmatch(suite) for suite in entry.get("suites", "").split())
                archive = (entry.get("uris", ""), entry.get("signed-by"))
                if enabled and release and "main" in entry.get("components", "").split() and archive not in found:
                    found.append(archive)
    return found


def entries(kind, suites, folder=SYSTEM):
    """
    A .sources file of `suites` in those archives; `kind` is deb or deb-src. Trusted and its like are left out: what nobody signed
    is not taken.
    """
    text = ""
    for uris, signed_by in archives(folder):
        text += f"Types: {kind}\nURIs: {uris}\nSuites: {suites}\nComponents: main\n"
        text += f"Signed-By: {signed_by}\n\n" if signed_by else "\n"
    return text
