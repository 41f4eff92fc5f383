# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger: what is known for good, one line an event, each line naming the SHA-256 of the line before it."""

from __future__ import annotations

import gc
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree, is_inside
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, floor_to
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, from_iso, iso, iso_or_none

VERSION = 1
GENESIS = "0" * 64

# Bytes of a ledger whose objects are worth keeping out of every later collection of garbage.
_LONG = 4 * 1024 * 1024

COLLECTED, EMPTY, LOST, PRUNED, ACCEPTED = "collected", "empty", "lost", "pruned", "accepted"
OPENED, CLOSED = "opened", "closed"
HOLD, RELEASED = "hold", "released"

# Never written: a unit whose file is not as its line says, as a run found that is to repair it.
DAMAGED = "damaged"

# What is not there for good, and is collected should the cloud offer it after all.
GONE = frozenset({LOST, ACCEPTED, DAMAGED})

# Why a series of slow or error logs of the Huawei family was opened: how it is collected since then. Exports are meant where nothing is said.
BY_QUERY, BY_EXPORT = "by query", "by export"

# The node and log type of what concerns all of them.
EVERY = "*"

# An export has what the cloud held when it was asked: entries of up to seven days, which need not begin with a whole one.
_EXPORT_REACH = 8 * DAY


class Key(NamedTuple):
    """What names a unit within an instance."""

    series: Series
    unit: str


class Break(NamedTuple):
    """A line that was altered, or does not follow: where it is, and the SHA-256 of it and of the line before it.

    With both, an acceptance is of these very bytes: altered once more, they are another break.
    """

    file: str
    line: int
    what: str
    sha256: str
    prev: str

    def __str__(self) -> str:
        """Return the break as a person reads it."""
        return self.what


class Hold(NamedTuple):
    """A span that no retention touches, of a series or, where its node or log type is ``*``, of all of them."""

    series: Series
    span: Span

    def covers(self, series: Series, span: Span) -> bool:
        """Tell whether any of the span of a series is held."""
        of = all(own in (EVERY, other) for own, other in zip(self.series, series))
        return of and not self.span.overlap(span).empty


class Event(NamedTuple):
    """Something that became known for good. ``unit`` is empty when it is about no single unit."""

    status: str
    series: Series
    unit: str = ""
    begin: int | None = None
    end: int | None = None
    path: str | None = None
    size: int | None = None
    sha256: str | None = None
    source: Mapping[str, Any] | None = None
    reason: str | None = None
    adopted: bool = False
    by: str | None = None
    broken: Break | None = None

    @property
    def key(self) -> Key:
        """Return the name of the unit."""
        return Key(self.series, self.unit)

    @property
    def span(self) -> Span | None:
        """Return the time of the unit, when it is known."""
        return None if self.begin is None or self.end is None else Span(self.begin, self.end)

    @property
    def period(self) -> Span | None:
        """Return the time of the unit: the day of an instant and, where no time is known, that of the file's folder."""
        span = self.span
        if span is not None:
            return _day(floor_to(span.begin, DAY)) if span.empty else span
        place = layout.place(self.path) if self.path else None
        return _day(place.day) if place else None

    @property
    def reach(self) -> Span | None:
        """Return the time that the content may be of, which without a time of its own begins days before its folder's."""
        period = self.period
        return period._replace(begin=period.begin - _EXPORT_REACH) if period and self.span is None else period


class Ledger:
    """The ledger of one instance, read whole. A series maps to its scope: since when, and until when if it ended."""

    def __init__(self, tree: Tree, identity: Mapping[str, str]) -> None:
        self.head = GENESIS
        self.lines = 0
        self.units: dict[Key, Event] = {}
        self.paths: dict[str, Key] = {}
        self.scopes: dict[Series, tuple[int, int | None]] = {}
        # Why a series was opened last, where a reason was given.
        self.opened_for: dict[Series, str | None] = {}
        self.legal_holds: dict[Hold, str] = {}
        # The breaks since the head that was looked for; None as long as it was not found.
        self.breaks_since: list[Break] | None = None
        self._breaks: list[Break] = []
        self._accepted: set[Break] = set()
        self._sought: str | None = None
        self._tree = tree
        self.identity = identity
        self._file = ""
        self._torn: tuple[str, int] | None = None
        self._series: dict[tuple[str, str], Series] = {}

    @classmethod
    def read(cls, tree: Tree, identity: Mapping[str, str], sought: str | None = None) -> Ledger:
        """Return the ledger in the tree, empty when there is none. ``sought`` is a head that it had once.

        A torn last line counts for nothing, and is cut before anything is appended. Every other line that cannot be read, or does
        not name the one before it, is noted in ``breaks``; what the rest says still counts.
        """
        ledger = cls(tree, identity)
        ledger._sought = sought
        if sought == GENESIS:
            ledger.breaks_since = []
        names = [name for name in tree.names("") if layout.LEDGER.match(name)]
        for name in names:
            ledger._file = name
            ledger._read_file(name, last=name == names[-1])
        return ledger

    @property
    def breaks(self) -> list[Break]:
        """Return the breaks of the chain that nobody has accepted."""
        return [one for one in self._breaks if one not in self._accepted]

    @property
    def accepted_breaks(self) -> list[Break]:
        """Return the breaks of the chain that somebody has accepted."""
        return [one for one in self._breaks if one in self._accepted]

    def mend(self) -> None:
        """Cut the torn line that a run left that was ended while it wrote it."""
        if self._torn:
            name, size = self._torn
            self._tree.cut(name, size)
            self._torn = None

    def append(self, events: Sequence[Event], at: int) -> None:
        """Write events, durably, to the newest file or to a later month's. Raises ArchiveError and writes nothing."""
        if not events:
            return
        head, lines = self.head, []
        for event in events:
            line = json.dumps(self._line(event, at, head), separators=(",", ":"), ensure_ascii=True).encode("ascii")
            head = hashlib.sha256(line).hexdigest()
            lines.append(line + b"\n")
        self.mend()
        name = max(self._file, f"ledger-{iso(at)[:7]}.jsonl")
        self._tree.append(name, b"".join(lines))
        self._file = name
        self.head = head
        self.lines += len(events)
        for event in events:
            self._apply(event)

    def holds(self, key: Key) -> bool:
        """Tell whether a unit is known for good and not gone."""
        event = self.units.get(key)
        return event is not None and event.status not in GONE

    def preview(self, events: Sequence[Event]) -> None:
        """Reckon with events as if they were written, and write nothing."""
        for event in events:
            self._apply(event)

    def _line(self, event: Event, at: int, prev: str) -> dict[str, Any]:
        line: dict[str, Any] = {"v": VERSION, **self.identity, "node": event.series.node}
        line.update(log_type=event.series.log_type, unit=event.unit or None, status=event.status)
        line.update(begin=iso_or_none(event.begin), end=iso_or_none(event.end))
        line.update(path=event.path, size=event.size, sha256=event.sha256, source=event.source)
        if event.reason:
            line["reason"] = event.reason
        if event.adopted:
            line["adopted"] = True
        if event.by:
            line["by"] = event.by
        if event.broken:
            line["break"] = event.broken._asdict()
        return {**line, "at": iso(at), "prev": prev}

    def _read_file(self, name: str, *, last: bool) -> None:
        data = self._tree.read(name) or b""
        # Every line becomes objects that stay: walking them for cycles, again and again, would take longer than reading.
        collecting = gc.isenabled()
        gc.disable()
        try:
            for number, line in enumerate(io.BytesIO(data), 1):
                if line.endswith(b"\n"):
                    self._read_line(name, number, line[:-1])
                elif last:
                    self._torn = (name, len(data) - len(line))
                else:
                    self._broken(name, number, "ends in the middle of a line", line)
        finally:
            if collecting:
                if len(data) > _LONG:
                    gc.freeze()
                gc.enable()

    def _read_line(self, name: str, number: int, line: bytes) -> None:
        try:
            value = _decoded(str(line, "utf-8"))
            intact = value["prev"] == self.head
            self._apply(self._event(value))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._broken(name, number, f"line {number} cannot be read", line)
        else:
            if not intact:
                self._broken(name, number, f"line {number} does not follow from the line before it", line)
        self.head = hashlib.sha256(line).hexdigest()
        self.lines += 1
        if self.head == self._sought:
            self.breaks_since = []

    def _broken(self, name: str, number: int, what: str, line: bytes) -> None:
        one = Break(name, number, f"{name} {what}", hashlib.sha256(line).hexdigest(), self.head)
        self._breaks.append(one)
        if self.breaks_since is not None:
            self.breaks_since.append(one)

    def _apply(self, event: Event) -> None:
        if event.status == OPENED and event.begin is not None:
            self.opened_for[event.series] = event.reason
            begin, end = self.scopes.get(event.series, (event.begin, None))
            self.scopes[event.series] = (event.begin if end is not None else min(begin, event.begin), None)
        elif event.status == CLOSED and event.series in self.scopes:
            self.scopes[event.series] = (self.scopes[event.series][0], event.end)
        elif event.unit:
            key = event.key
            self.units[key] = event
            if event.path:
                self.paths[event.path] = key
        elif event.broken:
            self._accepted.add(event.broken)
        elif event.span:
            hold = Hold(event.series, event.span)
            if event.status == HOLD:
                self.legal_holds[hold] = event.reason or ""
            elif event.status == RELEASED:
                self.legal_holds.pop(hold, None)

    def _event(self, line: Mapping[str, Any]) -> Event:
        get = line.get
        name = (line["node"], line["log_type"])
        # There are few series and many lines.
        series = self._series.get(name) or self._series.setdefault(name, Series(*name))
        begin, end, size = get("begin"), get("end"), get("size")
        event = Event(
            line["status"],
            series,
            get("unit") or "",
            None if begin is None else from_iso(begin),
            None if end is None else from_iso(end),
            get("path"),
            size,
            get("sha256") or None,
            None,
            get("reason") or None,
            bool(get("adopted")),
        )
        if event.status == ACCEPTED and not event.unit:
            event = event._replace(broken=_break(line["break"]))
        _check_texts(event.status, *name, event.unit, event.path or "", event.sha256 or "", event.reason or "")
        if event.path is not None and not is_inside(event.path):
            raise ValueError(event.path)
        if size is not None and not isinstance(size, int):
            raise TypeError(size)
        return event


def _day(begin: int) -> Span:
    return Span(begin, begin + DAY)


def _break(value: Any) -> Break:
    broken = Break(**value)
    _check_texts(broken.file, broken.what, broken.sha256, broken.prev)
    return broken._replace(line=int(broken.line))


def _check_texts(*texts: str) -> None:
    """Raise TypeError for what is no text, and ValueError for half of a character, which JSON can spell and no file can hold."""
    # Joining is quicker than asking one by one.
    text = "".join(texts)
    if not text.isascii():
        text.encode("utf-8")


_decode = json.JSONDecoder().raw_decode


def _decoded(text: str) -> Any:
    """Return what ``json.loads`` returns, in two thirds of its time where the line is as this collection writes it."""
    try:
        value, end = _decode(text)
    except ValueError:
        return json.loads(text)
    return value if end == len(text) else json.loads(text)
