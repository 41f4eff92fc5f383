# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger of an instance as a bucket has it: segments of whole lines, and the head that says how far they go. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import GENESIS
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso

VERSION = 1
HEAD = "head.json"
SEGMENTS = "ledger/"
_SEGMENT = re.compile(r"ledger/(\d{12})\.jsonl\Z")
_MONTH = re.compile(r"\d{4}-\d{2}\Z")


class Position(NamedTuple):
    """How far a chain goes: its lines, the SHA-256 of the last one, and where that one ends in which file of the archive."""

    lines: int = 0
    head: str = GENESIS
    file: str = ""
    offset: int = 0


START = Position()


class Segment(NamedTuple):
    """Whole lines of one file of the ledger. ``first`` is the number of the first one in the chain, from 1 on."""

    first: int
    file: str
    data: bytes

    @property
    def key(self) -> str:
        """Return where it stands, below the instance's folder."""
        return segment_key(self.first)

    @property
    def lines(self) -> int:
        """Return how many lines it has."""
        return self.data.count(b"\n")

    @property
    def last(self) -> str:
        """Return the SHA-256 of its last line, without its newline."""
        end = len(self.data) - 1
        return hashlib.sha256(self.data[self.data.rfind(b"\n", 0, end) + 1 : end]).hexdigest()

    def about(self) -> dict[str, str]:
        """Return what is written beside it."""
        return {
            "sha256": hashlib.sha256(self.data).hexdigest(),
            "month": self.file[len("ledger-") : -len(".jsonl")],
            "lines": str(self.lines),
            "head": self.last,
        }


class Head(NamedTuple):
    """What ``head.json`` says: how far the bucket's chain goes, which status stands beside it, and what was put last.

    ``versions`` are the VersionIds that the last run was given, by key; ``holds`` are those of the archive that objects have.
    ``conditional``: whether the store refused to put over what is there when a run saw that last; None where none did.
    """

    at: Position = START
    status: str = ""
    versions: Mapping[str, str] = {}
    holds: tuple[tuple[str, str, int, int], ...] = ()
    conditional: bool | None = None

    def document(self, identity: Mapping[str, str], now: int) -> bytes:
        """Return it as the bytes of ``head.json``."""
        value = {"v": VERSION, **identity, "head": self.at.head, "lines": self.at.lines, "file": self.at.file}
        value.update(offset=self.at.offset, status=self.status, at=iso(now), holds=self.holds, versions=self.versions)
        if self.conditional is not None:
            value["conditional_writes"] = self.conditional
        return (json.dumps(value, indent=1) + "\n").encode("ascii")

    @classmethod
    def of(cls, data: bytes, place: str) -> Head:
        """Return what the bytes of a ``head.json`` say. Raises ArchiveError."""
        try:
            value = json.loads(data)
            at = Position(int(value["lines"]), str(value["head"]), str(value["file"]), int(value["offset"]))
            if at != START and not layout.LEDGER.match(at.file):
                raise ValueError(at.file)
            holds = tuple((str(n), str(t), int(b), int(e)) for n, t, b, e in value["holds"])
            versions = {str(key): str(version) for key, version in value["versions"].items()}
            conditional = None if value.get("conditional_writes") is None else bool(value["conditional_writes"])
            return cls(at, str(value["status"]), versions, holds, conditional)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ArchiveError(
                f"{place} cannot be read.",
                code="bad_head",
                hint="Look at the bucket with log_archive_info; an older version of the object may be whole.",
            ) from None


def segment_key(first: int) -> str:
    """Return where the segment that begins with this line stands, below the instance's folder."""
    return f"{SEGMENTS}{first:012d}.jsonl"


def segment_number(path: str) -> int | None:
    """Return with which line a segment begins; None where a path is that of none."""
    match = _SEGMENT.match(path)
    return int(match[1]) if match else None


def is_own(path: str) -> bool:
    """Tell whether a path below an instance's folder in a bucket is of what only a bucket has."""
    return path == HEAD or segment_number(path) is not None


def file_of(month: str, data: bytes, before: str) -> str:
    """Return to which file of the ledger a segment belongs.

    Where nobody says the ``month``, as what is written beside objects gets lost when they are copied, it is that of its first
    line; never one before that of the segment ``before``, as the archive has it.
    """
    if _MONTH.match(month):
        return f"ledger-{month}.jsonl"
    try:
        told = str(json.loads(data[: data.find(b"\n")])["at"])[:7]
    except (ValueError, KeyError, TypeError, RecursionError):
        told = ""
    return max(before, f"ledger-{told}.jsonl") if _MONTH.match(told) else before or "ledger-0000-00.jsonl"


def after(position: Position, segment: Segment) -> Position:
    """Return how far a chain goes with one more segment."""
    offset = position.offset if segment.file == position.file else 0
    return Position(position.lines + segment.lines, segment.last, segment.file, offset + len(segment.data))


def ledger_files(segments: Iterable[Segment]) -> dict[str, bytes]:
    """Return the files of the ledger that segments are, in order."""
    parts: dict[str, list[bytes]] = {}
    for segment in segments:
        parts.setdefault(segment.file, []).append(segment.data)
    return {file: b"".join(data) for file, data in parts.items()}


def gaps(segments: Sequence[Segment]) -> Iterator[str]:
    """Yield what is wrong with the numbers of segments that should follow each other."""
    line = 1
    for segment in segments:
        if segment.first != line:
            lacks = segment.first > line
            yield f"{segment.key} begins with line {segment.first} where line {line} {'is missing' if lacks else 'should follow'}"
        line = segment.first + segment.lines
