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
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import from_iso, iso, iso_or_none

VERSION = 1
GENESIS = "0" * 64

# Bytes of a ledger whose objects are worth keeping out of every later collection of garbage.
_LONG = 4 * 1024 * 1024

COLLECTED, EMPTY, LOST, PRUNED, ACCEPTED = "collected", "empty", "lost", "pruned", "accepted"
OPENED, CLOSED = "opened", "closed"


class Key(NamedTuple):
    """What names a unit within an instance."""

    series: Series
    unit: str


class Event(NamedTuple):
    """Something that became known for good. ``unit`` is empty when a series opened or closed."""

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

    @property
    def key(self) -> Key:
        """Return the name of the unit."""
        return Key(self.series, self.unit)

    @property
    def span(self) -> Span | None:
        """Return the time of the unit, when it is known."""
        return None if self.begin is None or self.end is None else Span(self.begin, self.end)


class Ledger:
    """The ledger of one instance, read whole. A series maps to its scope: since when, and until when if it ended."""

    def __init__(self, tree: Tree, identity: Mapping[str, str]) -> None:
        self.head = GENESIS
        self.lines = 0
        self.units: dict[Key, Event] = {}
        self.paths: dict[str, Key] = {}
        self.scopes: dict[Series, tuple[int, int | None]] = {}
        self.breaks: list[str] = []
        self._tree = tree
        self._identity = identity
        self._file = ""
        self._torn: tuple[str, int] | None = None
        self._series: dict[tuple[str, str], Series] = {}

    @classmethod
    def read(cls, tree: Tree, identity: Mapping[str, str]) -> Ledger:
        """Return the ledger in the tree, empty when there is none.

        A torn last line counts for nothing until :meth:`mend` cuts it. Every other line that cannot be read, or does
        not name the one before it, is noted in ``breaks``; what the rest says still counts.
        """
        ledger = cls(tree, identity)
        names = [name for name in tree.names("") if layout.LEDGER.match(name)]
        for name in names:
            ledger._file = name
            ledger._read_file(name, last=name == names[-1])
        return ledger

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
        name = max(self._file, f"ledger-{iso(at)[:7]}.jsonl")
        self._tree.append(name, b"".join(lines))
        self._file = name
        self.head = head
        self.lines += len(events)
        for event in events:
            self._apply(event)

    def holds(self, key: Key) -> bool:
        """Tell whether a unit is known for good and not lost."""
        event = self.units.get(key)
        return event is not None and event.status != LOST

    def preview(self, events: Sequence[Event]) -> None:
        """Reckon with events as if they were written, and write nothing."""
        for event in events:
            self._apply(event)

    def _line(self, event: Event, at: int, prev: str) -> dict[str, Any]:
        line: dict[str, Any] = {"v": VERSION, **self._identity, "node": event.series.node}
        line.update(log_type=event.series.log_type, unit=event.unit or None, status=event.status)
        line.update(begin=iso_or_none(event.begin), end=iso_or_none(event.end))
        line.update(path=event.path, size=event.size, sha256=event.sha256, source=event.source)
        if event.reason:
            line["reason"] = event.reason
        if event.adopted:
            line["adopted"] = True
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
                    self.breaks.append(f"{name} ends in the middle of a line")
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
        except (ValueError, KeyError, TypeError, AttributeError):
            self.breaks.append(f"{name} line {number} cannot be read")
        else:
            if not intact:
                self.breaks.append(f"{name} line {number} does not follow from the line before it")
        self.head = hashlib.sha256(line).hexdigest()
        self.lines += 1

    def _apply(self, event: Event) -> None:
        if event.status == OPENED and event.begin is not None:
            begin, end = self.scopes.get(event.series, (event.begin, None))
            self.scopes[event.series] = (event.begin if end is not None else min(begin, event.begin), None)
        elif event.status == CLOSED and event.series in self.scopes:
            self.scopes[event.series] = (self.scopes[event.series][0], event.end)
        elif event.unit:
            key = event.key
            self.units[key] = event
            if event.path:
                self.paths[event.path] = key

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
            get("path") or None,
            size,
            get("sha256") or None,
            None,
            get("reason") or None,
            bool(get("adopted")),
        )
        # Joining refuses what is no text, quicker than asking one by one.
        "".join((event.status, *name, event.unit, event.path or "", event.sha256 or "", event.reason or ""))
        if size is not None and not isinstance(size, int):
            raise TypeError(size)
        return event


_decode = json.JSONDecoder().raw_decode


def _decoded(text: str) -> Any:
    """Return what ``json.loads`` returns, in two thirds of its time where the line is as this collection writes it."""
    try:
        value, end = _decode(text)
    except ValueError:
        return json.loads(text)
    return value if end == len(text) else json.loads(text)
