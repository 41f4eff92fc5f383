# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``checkpoint.json``: what a ledger says up to a line, so that a run need not read it from the beginning.

It is a cache and never a witness. Made from the ledger alone, it counts as long as the ledger's files are those that it was made
from: the disk knows them by the same marks or, where these differ, they have the same bytes. Anything else is as if there was none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.events import Break, Event, Hold, Key
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Mark, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.filters import placed
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.index import Block, Where
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.summary import Summary, Tally
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import cores

# Another one for anything else that lines are taken for: a checkpoint of another version is as good as none.
VERSION = 1

# A disk may give two changes of a file one time: what was written within so many nanoseconds before the checkpoint proves nothing by it.
_BLUR = 2 * 10**9

# Blocks that are worth threads.
_SEVERAL = 4

# Bytes in which the first line ends mostly; that of a million units has 45,000.
_FIRST = 128 * 1024

# More bytes after the checkpoint than this part of all are read as quickly with those before them.
_TAIL = 4

_BEGIN = b'{"v":%d,"sha256":"' % VERSION
_MIDDLE = b'","ledger":'
_END = b"}\n"


class Checkpoint(NamedTuple):
    """What a ledger says up to a line.

    ``marks``: the ledger's files as the disk knows them. ``moved``: units whose lines have different times, with their newest events.
    ``clean``: whether nothing of it need be written anew as long as nothing is added. ``filters_at``: at which byte those of the blocks
    begin.
    """

    head: str
    head_at: Where | None
    lines: int
    marks: Mapping[str, Mark]
    scopes: dict[Series, tuple[int, int | None]]
    opened_for: dict[Series, str | None]
    holds: dict[Hold, str]
    breaks: list[Break]
    accepted: list[Break]
    summary: Summary
    moved: Mapping[Key, Event]
    blocks: list[Block]
    clean: bool = False
    filters_at: int = 0


def save(tree: Tree, known: Checkpoint, filters: Sequence[bytes]) -> int:
    """Write a checkpoint in place of the one that is there, with the filters of its blocks. Raises ArchiveError.

    Returns at which byte these begin.
    """
    body = json.dumps(_plain(known, filters), separators=(",", ":")).encode("ascii")
    line = b"".join((_BEGIN, _digest(body), _MIDDLE, body, _END))
    # What a power failure leaves of it is the one before, or does not have its SHA-256: nobody need wait for the disk.
    tree.replace(layout.CHECKPOINT, b"".join((line, *filters)), durable=False)
    return len(line)


def load(tree: Tree, names: Sequence[str]) -> Checkpoint | None:
    """Return the checkpoint of a ledger whose files have these names; None when there is none that fits. Raises ArchiveError."""
    written = tree.mark(layout.CHECKPOINT)
    known = _read(_first_line(tree)) if written else None
    if written is None or known is None or [*known.marks] != list(names[: len(known.marks)]):
        return None
    found = {name: tree.mark(name) for name in names}
    marks = {name: mark for name, mark in found.items() if mark and name in known.marks}
    more = sum(mark.size for mark in found.values() if mark) - sum(mark.size for mark in known.marks.values())
    if len(marks) < len(known.marks) or more * _TAIL > sum(mark.size for mark in marks.values()):
        return None
    same = [mark == known.marks[name] and not _is_blurred(mark, written) for name, mark in marks.items()]
    for (name, mark), is_same in zip(marks.items(), same):
        size = known.marks[name].size
        grown = mark.size > size and name == max(marks)
        if not is_same and ((mark.size != size and not grown) or not _has_bytes(tree, name, known.blocks)):
            return None
    return known._replace(marks=marks, clean=all(same))


def _first_line(tree: Tree) -> bytes:
    for size in (_FIRST, -1):
        begin = tree.read(layout.CHECKPOINT, size) or b""
        end = begin.find(b"\n") + 1
        if end:
            return begin[:end]
    return b""


def _is_blurred(mark: Mark, written: Mark) -> bool:
    return max(mark.modified, mark.changed) > written.modified - _BLUR


def _has_bytes(tree: Tree, name: str, blocks: Sequence[Block]) -> bool:
    """Tell whether a file begins with the bytes of its blocks. Those of much that is new are hashed side by side."""

    def is_same(one: Block) -> bool:
        return hashlib.sha256(tree.part(name, one.offset, one.size)).hexdigest() == one.sha256

    own = [block for block in blocks if block.file == name]
    if len(own) < _SEVERAL:
        return all(map(is_same, own))
    with ThreadPoolExecutor(cores()) as pool:
        return all(pool.map(is_same, own))


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.sha256(body).hexdigest().encode("ascii")


def _read(data: bytes) -> Checkpoint | None:
    begin = len(_BEGIN) + 64 + len(_MIDDLE)
    body = memoryview(data)[begin : -len(_END)]
    if data[:begin] != _BEGIN + _digest(body) + _MIDDLE or data[-len(_END) :] != _END:
        return None
    try:
        return _of_plain(json.loads(bytes(body)))._replace(filters_at=len(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _plain(known: Checkpoint, filters: Sequence[bytes]) -> dict[str, Any]:
    return {
        "head": known.head,
        "head_at": known.head_at,
        "lines": known.lines,
        "files": known.marks,
        "scopes": [[*series, *scope] for series, scope in known.scopes.items()],
        "opened_for": [[*series, reason] for series, reason in known.opened_for.items()],
        "holds": [[*hold.series, *hold.span, reason] for hold, reason in known.holds.items()],
        "breaks": known.breaks,
        "accepted": known.accepted,
        "series": [[*series, tally.plain()] for series, tally in known.summary.series.items()],
        "lost": [_plain_event(event) for event in known.summary.lost.values()],
        "moved": [_plain_event(event) for event in known.moved.values()],
        "blocks": [block.plain(kept) for block, kept in zip(known.blocks, placed(filters))],
    }


def _of_plain(value: Mapping[str, Any]) -> Checkpoint:
    summary = Summary()
    summary.series = {Series(*name): Tally.of_plain(tally) for *name, tally in value["series"]}
    summary.lost = _events(value["lost"])
    return Checkpoint(
        head=value["head"],
        head_at=Where(*value["head_at"]) if value["head_at"] else None,
        lines=value["lines"],
        marks={name: Mark(*mark) for name, mark in value["files"].items()},
        scopes={Series(*name): (begin, end) for *name, begin, end in value["scopes"]},
        opened_for={Series(*name): reason for *name, reason in value["opened_for"]},
        holds={Hold(Series(*name), Span(begin, end)): reason for *name, begin, end, reason in value["holds"]},
        breaks=[Break(*one) for one in value["breaks"]],
        accepted=[Break(*one) for one in value["accepted"]],
        summary=summary,
        moved=_events(value["moved"]),
        blocks=[Block.of_plain(block) for block in value["blocks"]],
    )


def _plain_event(event: Event) -> list[Any]:
    return [event.status, *event.series, *event[2:8], event.reason, event.adopted]


def _events(value: Any) -> dict[Key, Event]:
    events = [
        Event(status, Series(node, log_type), unit, begin, end, path, size, sha256, None, reason, adopted)
        for status, node, log_type, unit, begin, end, path, size, sha256, reason, adopted in value
    ]
    return {event.key: event for event in events}
