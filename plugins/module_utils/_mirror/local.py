# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the ledger of an archive has beyond a position that a bucket knows. Reads what is new, and the one line before it."""

from __future__ import annotations

import hashlib
import os

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import Position, Segment

# A line is far shorter; of one that is not, the whole file is looked at.
_LINE = 64 * 1024


def fresh(tree: Tree, at: Position) -> list[Segment] | None:
    """Return the lines beyond a position, as a segment for each file; None where the ledger does not have that position.

    A last line without an end is one that a run is just writing, or left when it was killed.
    """
    files = [name for name in tree.names("") if layout.LEDGER.match(name) and name >= at.file]
    if at.lines and not (files and files[0] == at.file and _ends_there(tree, at)):
        return None
    segments, first = [], at.lines + 1
    for name in files:
        data = _from(tree, name, at.offset if name == at.file else 0)
        data = data[: data.rfind(b"\n") + 1]
        if data:
            segments.append(Segment(first, name, data))
            first += segments[-1].lines
    return segments


def has(tree: Tree, segments: list[Segment], at: Position) -> bool:
    """Tell whether the ledger still has what was read beyond a position: a run takes back lines that it cannot make durable."""
    now = fresh(tree, at)
    if now is None or len(now) < len(segments):
        return False
    return all(one.file == was.file and one.data.startswith(was.data) for one, was in zip(now, segments))


def _ends_there(tree: Tree, at: Position) -> bool:
    with tree.reading(at.file) as file:
        for reach in (_LINE, at.offset):
            begin = max(0, at.offset - reach)
            data = os.pread(file, at.offset - begin, begin)
            if len(data) != at.offset - begin or not data.endswith(b"\n"):
                return False
            line = data[data.rfind(b"\n", 0, -1) + 1 : -1]
            if begin == 0 or len(line) < len(data) - 1:
                return hashlib.sha256(line).hexdigest() == at.head
    return False


def _from(tree: Tree, name: str, offset: int) -> bytes:
    with tree.reading(name) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(offset)
        return file.read()
