# SPDX-License-Identifier: BSD-2-Clause
"""Writes an initramfs (cpio, "newc") from names and bytes, without a folder of device files on the host."""
import stat

ALIGNMENT = 4


def _entry(number, name, mode, data):
    encoded = name.encode() + b"\0"
    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
    return _padded(head) + _padded(data)


def _padded(data):
    return data + b"\0" * (-len(data) % ALIGNMENT)


def archive(files, links=()):
    """`files` maps a path to (bytes, permissions); folders on the way are made. `links` maps a path to where it points."""
    entries, folders, number = [], set(), 0
    links = dict(links)
    for name in [*files, *links]:
        parts = name.split("/")[:-1]
        folders.update("/".join(parts[:depth + 1]) for depth in range(len(parts)))

    for folder in sorted(folders):
        number += 1
        entries.append(_entry(number, folder, stat.S_IFDIR | 0o755, b""))
    for name, (data, permissions) in files.items():
        number += 1
        entries.append(_entry(number, name, stat.S_IFREG | permissions, data))
    for name, pointed in links.items():
        number += 1
        entries.append(_entry(number, name, stat.S_IFLNK | 0o777, pointed.encode()))
    entries.append(_entry(0, "TRAILER!!!", 0, b""))
    return b"".join(entries)
