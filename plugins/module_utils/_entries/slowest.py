# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slow operations of all instances, as the report has them: read within a bound, told without what people asked with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import scope
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.pool import NotDone
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.slow import (
    CHANGES,
    GONE,
    NEW,
    WORSE,
    Shapes,
    Slow,
    added,
    merged,
    shapes_of,
    table,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import Unit
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, floor_to
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, from_iso, iso
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

SLOW_LOG = "slow"

# How many shapes are told: of those that took most, and as many of those that changed most.
_ROWS = 15

# A statement has as many fields as somebody likes.
_LONGEST = 1000

_SHAPE = ("folder", "instance", "namespace", "operation", "shape", "pattern", "index", "change")
_FIGURES = ("count", "total_ms", "mean_ms", "p95_ms", "max_ms")
# Neither the line, which has values, nor who sent it: reports are handed on.
_WORST = (
    "time",
    "node",
    "duration_ms",
    "plan",
    "docs_examined",
    "keys_examined",
    "returned",
    "file",
    "member",
    "number",
)


class Frame(NamedTuple):
    """The days that are looked at, those before them, and how many bytes of files are read at most."""

    span: Span
    before: Span
    most_bytes: int

    @property
    def both(self) -> Span:
        """Return the time of both."""
        return Span(self.before.begin, self.span.end)


def frame_of(instances: Iterable[Mapping[str, Any]], now: int, days: int, most_bytes: int) -> Frame:
    """Return the last so many whole days of which instances, as the report describes them, hold a slow log."""
    held = [one["last"] for told in instances for one in told["series"] if one["log_type"] == SLOW_LOG and one["last"]]
    end = floor_to(min([now, *([max(map(from_iso, held))] if held else [])]), DAY)
    return Frame(Span(end - days * DAY, end), Span(end - 2 * days * DAY, end - days * DAY), most_bytes)


def within(units: Iterable[Unit], most_bytes: int) -> tuple[list[Unit], list[Unit]]:
    """Return the units whose files are read, the newest first while the bytes last, and the others."""
    ordered = sorted(units, key=_end, reverse=True)
    count = sum(size <= most_bytes for size in accumulate(unit.event.size or 0 for unit in ordered))
    return ordered[:count], ordered[count:]


def _end(unit: Unit) -> int:
    period = unit.event.period
    return period.end if period else 0


def slowest(
    units: Sequence[Unit],
    frame: Frame,
    workers: int,
    progress: Progress,
    unread: int = 0,
    uncompared: Collection[str] = (),
) -> dict[str, Any]:
    """Return what the report tells of the slow operations in files.

    ``unread`` counts instances that could not be read; ``uncompared`` are the folders of those that do not hold all of the days before.
    """
    due, left = within(units, frame.most_bytes)
    # What was not read as far as the other cannot be compared with it.
    before = Span(0, 0) if left else frame.before
    if left:
        left += [unit for unit in due if _end(unit) <= frame.span.begin]
        due = [unit for unit in due if _end(unit) > frame.span.begin]
    due.sort(key=lambda unit: unit.origin.folder)
    tally = _Tally(Counter(unit.origin.folder for unit in due), compared=not left, uncompared=uncompared)
    work = partial(shapes_of, span=scope.in_ms(frame.span), before=scope.in_ms(before))
    for unit, result in scope.each(work, due, workers, progress):
        failed = 1 if isinstance(result, NotDone) else len(result.unread)
        unread += failed
        whole = not failed or (unit.event.reach or frame.before).overlap(frame.before).empty
        tally.add(unit.origin.folder, Slow({}, {}, []) if isinstance(result, NotDone) else result, whole=whole)
    told = tally.told()
    return {
        "begin": iso(frame.span.begin),
        "end": iso(frame.span.end),
        "before_begin": None if told["before"] is None else iso(frame.before.begin),
        "files_read": len(due),
        "bytes_read": sum(unit.event.size or 0 for unit in due),
        "files_left": len(left),
        "bytes_left": sum(unit.event.size or 0 for unit in left),
        "unread": unread,
        **told,
    }


class _Tally:
    """Shapes of instances, of which those of one instance at a time are held whole: as soon as all its files were read, few are kept.

    ``compared``: whether the days before are read at all; of the instances ``uncompared`` too little is known of them.
    """

    def __init__(self, waiting: Counter[str], *, compared: bool, uncompared: Collection[str] = ()) -> None:
        self._waiting = waiting
        self._compared = compared
        self._uncompared = set(uncompared) & set(waiting)
        self._open: dict[str, tuple[Shapes, Shapes]] = {}
        self._kept: list[dict[str, Any]] = []
        self._changes: Counter[str] = Counter()
        self._now, self._alike, self._before = Counter[str](), Counter[str](), Counter[str]()
        self._days: dict[int, int] = {}

    def add(self, folder: str, slow: Slow, *, whole: bool = True) -> None:
        """Add what a file of an instance has. ``whole``: whether it was read as far as it has something of the days before."""
        if not whole:
            self._uncompared.add(folder)
        now, before = self._open.setdefault(folder, ({}, {}))
        merged(now, slow.now)
        merged(before, slow.before)
        self._waiting[folder] -= 1
        if not self._waiting[folder]:
            self._close(*self._open.pop(folder), compared=self._compared and folder not in self._uncompared)

    def _close(self, now: Shapes, before: Shapes, *, compared: bool) -> None:
        reckoned = [(now, self._now), *([(now, self._alike), (before, self._before)] if compared else [])]
        for shapes, sums in reckoned:
            for stat in shapes.values():
                sums.update(count=stat.durations.count, total_ms=stat.durations.total)
        for stat in (*now.values(), *(before.values() if compared else ())):
            self._days = added(self._days, stat.days)
        rows = table(now, before if compared else None)
        self._changes.update(row["change"] for row in rows)
        self._kept = _foremost([*self._kept, *rows])

    def told(self) -> dict[str, Any]:
        """Return what was found in all of them."""
        compared = self._compared and not (self._waiting and self._uncompared >= set(self._waiting))
        return {
            **_sums(self._now),
            "compared": _sums(self._alike) if compared else None,
            "uncompared": len(self._uncompared) if self._compared else len(self._waiting),
            "before": _sums(self._before) if compared else None,
            "shapes_total": sum(count for change, count in self._changes.items() if change != GONE),
            "changes": {change: self._changes[change] for change in CHANGES} if compared else None,
            "days": {iso(day * DAY)[:10]: self._days[day] for day in sorted(self._days)},
            "shapes": [_shape(row) for row in self._kept],
        }


def _sums(sums: Counter[str]) -> dict[str, int]:
    return {name: sums[name] for name in ("count", "total_ms")}


def _foremost(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the shapes that took most and those that changed most, ordered by what they take."""
    ordered = sorted(rows, key=lambda row: (-row["total_ms"], -_before(row), row["folder"], row["shape"]))
    changed = [row for row in ordered if row["change"] in (NEW, WORSE, GONE)]
    changed.sort(key=lambda row: -abs(row["total_ms"] - _before(row)))
    foremost = {id(row) for row in (*ordered[:_ROWS], *changed[:_ROWS])}
    return [row for row in ordered if id(row) in foremost]


def _before(row: Mapping[str, Any]) -> int:
    return row["before"]["total_ms"] if row["before"] else 0


def _shape(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: _words(row[name]) for name in _SHAPE},
        **{name: row[name] for name in _FIGURES},
        "before": row["before"],
        "days": row["days"],
        "worst": {name: _words(row["example"][name]) for name in _WORST},
    }


def _words(value: Any) -> Any:
    """Return a value with its words as they may be shown, and no longer than somebody reads."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
