# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing lines that were read of a cloud to the ``.part`` beside their file's place, made durable."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import (
    CHUNK,
    Digest,
    Tree,
    explained,
    write_all,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import part_path
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import LogsError


def write_lines(tree: Tree, path: str, lines: Iterable[bytes]) -> Digest:
    """Write lines to the ``.part`` beside ``path``, durably. Raises ArchiveError, and leaves no ``.part``."""
    part = part_path(path)
    sha256, size = hashlib.sha256(), 0
    tree.remove(part)
    try:
        with tree.writing(part) as descriptor, explained(os.path.join(tree.root, part)):
            for chunk in _chunks(lines):
                write_all(descriptor, chunk)
                sha256.update(chunk)
                size += len(chunk)
            os.fsync(descriptor)
    except BaseException:
        with suppress(LogsError):
            tree.remove(part)
        raise
    return Digest(size, sha256.hexdigest())


def _chunks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces that are worth a call each."""
    gathered: list[bytes] = []
    size = 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= CHUNK:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)
