# SPDX-License-Identifier: BSD-2-Clause
"""Files that the documents name, in `backticks` with a path or behind a link, are there."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PATH = re.compile(r"`([a-z][\w.-]*(?:/[\w.*-]+)+/?|[a-z]+/)`")  # EFI/BOOT/... is on a disk of the user's
LINK = re.compile(r"\]\(([\w./-]+)\)")
MAKERS = ["Makefile", "mk/*", "*/*.mk", "*/*/*.mk", "tests/*/*.py"]


def made():
    """The text of whatever makes files below build/."""
    return "\n".join(path.read_text(encoding="utf-8") for pattern in MAKERS for path in sorted(ROOT.glob(pattern))
                     if path.is_file())


def is_there(base, name, makers):
    if name.startswith("build/"):
        return re.search(rf"{re.escape(name)}(?![\w-])", makers) is not None
    return any(base.glob(name.rstrip("/")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_a_document_names_are_there(document):
    text = document.read_text(encoding="utf-8")
    makers = made()
    missing = [name for name in PATH.findall(text) if not is_there(ROOT, name, makers)]
    missing += [name for name in LINK.findall(text) if not is_there(document.parent, name, makers)]
    assert missing == []


def test_paths_are_recognised():
    others = "`ip=192.0.2.1/24` `EFI/BOOT/BOOTX64.EFI` `/sys/firmware` `make`"
    text = "`iscsi/login.c` `docs/*.md` `tests/lab/` `efi/` " + others
    assert PATH.findall(text) == ["iscsi/login.c", "docs/*.md", "tests/lab/", "efi/"]
