# SPDX-License-Identifier: BSD-2-Clause
"""Pinned sources come from the machine's own entries for Debian's archive, turned to another suite, and are signed."""
import hashlib
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "mk"))

import apt_sources  # noqa: E402
import fetch_source  # noqa: E402

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # the mirror
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/a.gpg,/etc/b.gpg] https://other.example/debian/ stable main
deb http://security.example/debian-security bookworm-security main
deb http://vendor.example/apt bookworm vendor
deb http://flat.example ./
"""

DEB822 = """\
# Debian
Types: deb deb-src
URIs: http://mirror.example/debian
  http://second.example/debian
Suites: trixie trixie-updates
Components: main non-free-firmware
# a comment within
signed-by: /usr/share/keyrings/debian-archive-keyring.gpg
Trusted: yes

Types: deb
URIs: http://mirror.example/debian-security
Suites: trixie-security
Components: main

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: trixie
Components: main

Types: deb
URIs: http://inline.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY865UxYJKwYBBAHaRw8BAQ
 -----END PGP PUBLIC KEY BLOCK-----
"""


@pytest.fixture
def apt(tmp_path):
    """An empty folder of apt's settings."""
    (tmp_path / "apt" / "sources.list.d").mkdir(parents=True)
    return tmp_path / "apt"


def test_one_line_entries(apt):
    (apt / "sources.list").write_text(ONE_LINE)
    assert apt_sources.entries("deb-src", "trixie", str(apt)) == (
        "Types: deb-src\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\n\n"
        "Types: deb-src\nURIs: https://other.example/debian/\nSuites: trixie\nComponents: main\n"
        "Signed-By: /etc/a.gpg /etc/b.gpg\n\n")


def test_deb822_entries(apt):
    (apt / "sources.list.d" / "debian.sources").write_text(DEB822)
    (apt / "sources.list.d" / "vendor.sources.disabled").write_text(DEB822.replace("mirror", "disabled"))
    assert apt_sources.entries("deb", "bookworm bookworm-updates", str(apt)) == (
        "Types: deb\nURIs: http://mirror.example/debian\n  http://second.example/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
        "Types: deb\nURIs: http://inline.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n"
        "Signed-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n"
        " mDMEY865UxYJKwYBBAHaRw8BAQ\n -----END PGP PUBLIC KEY BLOCK-----\n\n")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_what_nobody_signed_is_refused(apt, tmp_path):
    """An archive whose hashes are all right, but whose Release file has no signature; its entry says that it is to be trusted."""
    archive, release = tmp_path / "archive", tmp_path / "archive" / "dists" / "bookworm"
    (release / "main" / "source").mkdir(parents=True)
    dsc = "Format: 3.0 (native)\nSource: probe\nVersion: 1\n"
    sources = f"Package: probe\nVersion: 1\nDirectory: pool\nChecksums-Sha256:\n {digest(dsc)} {len(dsc)} probe_1.dsc\n"
    (archive / "pool").mkdir()
    (archive / "pool" / "probe_1.dsc").write_text(dsc)
    (release / "main" / "source" / "Sources").write_text(sources)
    (release / "Release").write_text(f"Suite: bookworm\nCodename: bookworm\nComponents: main\nArchitectures: amd64\n"
                                     f"SHA256:\n {digest(sources)} {len(sources)} main/source/Sources\n")
    (apt / "sources.list").write_text(f"deb [trusted=yes] file:{archive} bookworm main\n")

    with pytest.raises(fetch_source.FetchError, match="is not signed"):
        fetch_source.fetch("bookworm", "probe", "1", digest(dsc), str(tmp_path / "unpacked"), str(apt))
    assert not (tmp_path / "unpacked").exists()
