# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of a span as the lines of a file: the same entries make the same bytes, however they came. Calls nothing."""

from __future__ import annotations

import json
import re
import zlib
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime
from heapq import heappop, heappush, heapreplace
from itertools import islice
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span

# Lines that are sorted and packed together: a day of a busy node stays small in memory.
_RUN = 100
MICROSECONDS = 1_000_000
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d)(?:[.,](\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))\Z", re.ASCII
)
_LINE_NUM = re.compile(r"[0-9]{1,40}\Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1)


class Number(str):
    """A number as it was sent."""

    __slots__ = ()


class Entry(NamedTuple):
    """An entry of a log: its time in Unix microseconds, its ``line_num`` as a number, and its line without the end."""

    at: int
    number: int
    line: bytes


class Window:
    """The entries of a span, each ``line_num`` once; those of other times are not taken in.

    Where a ``line_num`` came with more than one content, the one that is first by time, then by bytes, is kept.
    """

    def __init__(self, span: Span) -> None:
        self._span = Span(span.begin * MICROSECONDS, span.end * MICROSECONDS)
        self._known: dict[int, int] = {}
        self._ambiguous: set[int] = set()
        self._open: list[Entry] = []
        self._runs: list[tuple[tuple[int, int], bytes]] = []

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._known)

    @property
    def numbers(self) -> Iterable[int]:
        """Return every ``line_num`` as a number, in no order."""
        return self._known.keys()

    def lacks(self, entry: Entry) -> bool:
        """Tell whether an entry belongs here, and its ``line_num`` is new."""
        return self._span.begin <= entry.at < self._span.end and entry.number not in self._known

    def add(self, entry: Entry) -> None:
        """Take in an entry."""
        if not self._span.begin <= entry.at < self._span.end:
            return
        content, known = hash(entry.line), self._known.get(entry.number)
        if known == content:
            return
        if known is None:
            self._known[entry.number] = content
        else:
            self._ambiguous.add(entry.number)
        self._open.append(entry)
        if len(self._open) >= _RUN:
            self._pack()

    def take(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take in entries as the API gave them. Raises CloudError."""
        for row in rows:
            self.add(entry_of(row))

    def join(self, other: Window) -> None:
        """Take in the entries of another part of this window, whose ends may overlap."""
        self._ambiguous |= other._ambiguous | (self._known.keys() & other._known.keys())
        self._known.update(other._known)
        other._pack()
        self._runs += other._runs

    def lines(self, without: Container[int] = ()) -> Iterator[bytes]:
        """Yield the lines of the file by time and ``line_num``, each with its end, but those of numbers that are known."""
        told: set[int] = set()
        for entry in self._merged():
            if entry.number in without or entry.number in told:
                continue
            if entry.number in self._ambiguous:
                told.add(entry.number)
            yield entry.line + b"\n"

    def _pack(self) -> None:
        if self._open:
            self._open.sort()
            packed = zlib.compress(b"\n".join([b"%d %d %b" % entry for entry in self._open]), 1)
            self._runs.append((self._open[0][:2], packed))
            self._open = []

    def _merged(self) -> Iterator[Entry]:
        """Merge the runs, each unpacked only when its time has come."""
        self._pack()
        waiting = deque(sorted(self._runs))
        heap: list[tuple[Entry, int, Iterator[Entry]]] = []
        while waiting or heap:
            while waiting and (not heap or waiting[0][0] <= heap[0][0][:2]):
                entries = _unpacked(waiting.popleft()[1])
                for first in islice(entries, 1):
                    heappush(heap, (first, len(waiting), entries))
            entry, turn, entries = heap[0]
            yield entry
            following = next(entries, None)
            if following is None:
                heappop(heap)
            else:
                heapreplace(heap, (following, turn, entries))


def _unpacked(packed: bytes) -> Iterator[Entry]:
    for row in zlib.decompress(packed).split(b"\n"):
        at, number, line = row.split(b" ", 2)
        yield Entry(int(at), int(number), line)


def content(rows: Iterable[Mapping[str, Any]], span: Span) -> bytes:
    """Return the file of a span's entries, given as the API did with numbers as :class:`Number`. Raises CloudError."""
    window = Window(span)
    window.take(rows)
    return b"".join(window.lines())


def numbers_of(lines: Iterable[bytes]) -> set[int]:
    """Return every ``line_num`` of a file's lines. Raises ValueError where a line is none that was written here."""
    found = set()
    for line in lines:
        row = json.loads(line)
        if not isinstance(row, dict) or "line_num" not in row:
            raise ValueError("a line without line_num")
        found.add(int(row["line_num"]))
    return found


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return an entry that the API gave. Raises CloudError where it cannot be told from others, or has no time."""
    number, moment = row.get("line_num"), row.get("log_time")
    if not isinstance(number, str) or not _LINE_NUM.match(number):
        raise _fault("line_num is no number")
    at = microseconds(moment) if isinstance(moment, str) else None
    if at is None:
        raise _fault("log_time is no time")
    try:
        return Entry(at, int(number), written(row).encode("ascii"))
    except RecursionError:
        raise _fault("fields lie too deep in each other") from None


def _fault(what: str) -> CloudError:
    return CloudError(f"The answer cannot be understood: an entry's {what}.", code="bad_answer")


def microseconds(text: str) -> int | None:
    """Return the Unix microseconds of a ``log_time`` in either of the documented forms; None for anything else.

    These are ``2023-01-09T12:55:39.398+0000`` and ``2022-09-15T22:49:38.643000Z``; a shorter or longer fraction will do.
    """
    match = _TIME.match(text)
    if not match:
        return None
    moment, fraction, sign, hours, minutes = match.groups()
    try:
        since = datetime.fromisoformat(moment) - _EPOCH
    except ValueError:
        return None
    seconds = since.days * 86400 + since.seconds
    if sign:
        offset = int(hours) * 3600 + int(minutes) * 60
        seconds += offset if sign == "-" else -offset
    return seconds * MICROSECONDS + int((fraction or "0")[:6].ljust(6, "0"))


def written(value: Any) -> str:
    """Return a value of an answer as JSON: keys sorted, ASCII, no blanks, numbers as they were sent."""
    kind = type(value)
    if kind is str:
        return encode_basestring_ascii(value)
    if kind is Number:
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{encode_basestring_ascii(key)}:{written(value[key])}" for key in sorted(value)]) + "}"
    if kind is list:
        return "[" + ",".join(map(written, value)) + "]"
    return {None: "null", True: "true", False: "false"}[value]
