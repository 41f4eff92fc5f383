# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of slow operations: how often, how long, and what is the worst of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import Entry, line_text
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.lines import Block
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.reading import facts_of, parts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.shape import hashed, pattern
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.structured import SLOW
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import Unit
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import iso_ms
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable_values

# More shapes of a file than this have one row for each namespace: constant memory, whatever a log holds.
_MOST_SHAPES = 5000
OTHERS = "others"

# Durations are kept as they are up to this many different ones a shape, then by their first three digits.
_EXACT = 1000

# What is kept of the worst line of a shape.
_EXAMPLE = 4096

_DAY_MS = DAY * 1000

_SLOW_BYTES = b'"Slow query"'
_STRUCTURED = b'{"t":'

NEW, WORSE, BETTER, SAME, GONE = "new", "worse", "better", "same", "gone"
CHANGES = (NEW, WORSE, BETTER, SAME, GONE)

# What is a change, and not chance.
_NOTABLE = 1.2


class Key(NamedTuple):
    """What makes a shape one: operations alike of a namespace of an instance."""

    folder: str
    instance: str
    namespace: str
    operation: str
    shape: str


class Durations:
    """How often each duration came, in milliseconds."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0
        self.longest = -1
        self._often: dict[int, int] = {}
        self._is_exact = True

    def add(self, duration: int) -> None:
        """Count a duration."""
        self.count += 1
        self.total += duration
        if duration > self.longest:
            self.longest = duration
        if not self._is_exact:
            duration = _rounded(duration)
        often = self._often
        often[duration] = often.get(duration, 0) + 1
        if len(often) > _EXACT and self._is_exact:
            self._is_exact = False
            self._take({}, often)

    def merge(self, other: Durations) -> None:
        """Count what another has counted."""
        self.count += other.count
        self.total += other.total
        self.longest = max(self.longest, other.longest)
        self._is_exact = self._is_exact and other._is_exact and len(self._often.keys() | other._often.keys()) <= _EXACT
        self._take({} if not self._is_exact else self._often, other._often, self._often)

    def _take(self, into: dict[int, int], *several: dict[int, int]) -> None:
        for often in several:
            if often is into:
                continue
            for duration, count in often.items():
                duration = duration if self._is_exact else _rounded(duration)
                into[duration] = into.get(duration, 0) + count
        self._often = into

    def percentile(self, percent: int) -> int:
        """Return the least duration that so many percent did not exceed."""
        left = -(-self.count * percent // 100)
        for duration in sorted(self._often):
            left -= self._often[duration]
            if left <= 0:
                return min(duration, self.longest)
        return max(self.longest, 0)


def _rounded(duration: int) -> int:
    """Return a duration with three digits that count."""
    step = int(10 ** max(0, len(str(duration)) - 3))
    return (duration + step // 2) // step * step


class Stat:
    """A shape: its durations, how long they took on each day, by its number, and the worst of its operations."""

    def __init__(self) -> None:
        self.durations = Durations()
        self.days: dict[int, int] = {}
        self.example: dict[str, Any] = {}
        self.pattern: str | None = None
        self.index: str | None = None

    def merge(self, other: Stat) -> None:
        """Add another's."""
        if other.durations.longest > self.durations.longest:
            self.example, self.pattern = other.example, other.pattern
        self.index = self.index or other.index
        self.durations.merge(other.durations)
        self.days = added(self.days, other.days)


def added(days: Mapping[int, int], others: Mapping[int, int]) -> dict[int, int]:
    """Return what two tell of days together."""
    return {day: days.get(day, 0) + others.get(day, 0) for day in days.keys() | others.keys()}


Shapes = dict[Key, Stat]


class Slow(NamedTuple):
    """The shapes of a span, those of the span before, and what could not be read."""

    now: Shapes
    before: Shapes
    unread: list[dict[str, Any]]


def shapes_of(unit: Unit, span: Span, before: Span) -> Slow:
    """Return the shapes of a file's slow operations. Spans are in milliseconds. Raises ArchiveError when it cannot be read."""
    slow = Slow({}, {}, [])
    worst: dict[int, tuple[str, Entry]] = {}
    with unit.opened() as (file, size):
        for member, block in parts(file, size):
            if block.reason:
                slow.unread.append({"file": unit.file, "member": member, "line": block.number, "reason": block.reason})
                continue
            _count(unit, member, block, (span, before), slow, worst)
    for shapes in (slow.now, slow.before):
        for stat in shapes.values():
            member, entry = worst[id(stat)]
            stat.pattern = pattern(entry.facts.get("command"))
            stat.example = _example(unit, member, entry)
    return slow


def _count(
    unit: Unit, member: str, block: Block, spans: tuple[Span, Span], slow: Slow, worst: dict[int, tuple[str, Entry]]
) -> None:
    """Count the slow operations of a block."""
    span, before = spans
    origin = unit.origin
    for number, line in enumerate(block.data.split(b"\n"), block.number):
        # Most that mongod writes is of other things.
        if line.startswith(_STRUCTURED) and _SLOW_BYTES not in line:
            continue
        facts = facts_of(line) if line else {}
        duration = facts.get("duration")
        if duration is None or facts.get("message") != SLOW:
            continue
        time = facts.get("time", origin.begin)
        if time is None or span.begin <= time < span.end:
            shapes = slow.now
        elif before.begin <= time < before.end:
            shapes = slow.before
        else:
            continue
        if unit.is_covered(time):
            continue
        namespace, operation = facts.get("namespace", ""), facts.get("operation", "")
        shape = facts.get("shape") or hashed(namespace, operation, pattern(facts.get("command")))
        key = Key(origin.folder, origin.instance, namespace, operation, shape)
        stat = shapes.get(key)
        if stat is None:
            if len(shapes) >= _MOST_SHAPES:
                key = key._replace(operation=OTHERS, shape=OTHERS)
            stat = shapes.setdefault(key, Stat())
        if duration > stat.durations.longest:
            worst[id(stat)] = (member, Entry(number, line[:_EXAMPLE], facts))
        stat.durations.add(duration)
        if time is not None:
            day = time // _DAY_MS
            stat.days[day] = stat.days.get(day, 0) + duration
        if stat.index is None:
            stat.index = facts.get("index")


def _example(unit: Unit, member: str, entry: Entry) -> dict[str, Any]:
    facts = entry.facts
    time = facts.get("time")
    names = ("plan", "docs_examined", "keys_examined", "returned", "app", "user", "address")
    example = {
        "time": None if time is None else iso_ms(time),
        "node": unit.origin.node,
        "duration_ms": facts.get("duration"),
        **{name: facts.get(name) for name in names},
        "line": line_text(entry.line),
        "file": unit.file,
        "member": member,
        "number": entry.number,
    }
    shown: dict[str, Any] = printable_values(example)
    return shown


def merged(into: Shapes, shapes: Shapes) -> None:
    """Add shapes to others."""
    for key, stat in shapes.items():
        if key in into:
            into[key].merge(stat)
        else:
            into[key] = stat


def table(now: Shapes, before: Shapes | None, uncompared: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return a row for each shape, with what changed since the span before where that was looked at.

    ``uncompared``: folders of instances of which too little is known of that span.
    """
    if before is None:
        return [_row(key, stat, None) for key, stat in now.items()]
    before = {key: stat for key, stat in before.items() if key.folder not in uncompared}
    rows = [_row(key, stat, before.get(key)) for key, stat in now.items()]
    for row, key in zip(rows, list(now)):
        row["change"] = None if key.folder in uncompared else _change(now[key], before.get(key))
    for key in before.keys() - now.keys():
        rows.append({**_row(key, before[key], before[key]), "change": GONE, **_NOTHING})
    return rows


_NOTHING = {"count": 0, "total_ms": 0, "mean_ms": 0.0, "p95_ms": 0, "max_ms": 0}


def _row(key: Key, stat: Stat, before: Stat | None) -> dict[str, Any]:
    row: dict[str, Any] = printable_values(key._asdict())
    row.update(_figures(stat.durations))
    row["pattern"] = printable_values(stat.pattern)
    row["index"] = printable_values(stat.index)
    row["example"] = stat.example
    row["before"] = _figures(before.durations) if before else None
    row["change"] = None
    days = stat.days if before is None or before is stat else added(before.days, stat.days)
    row["days"] = {iso(day * DAY)[:10]: days[day] for day in sorted(days)}
    return row


def _figures(durations: Durations) -> dict[str, Any]:
    return {
        "count": durations.count,
        "total_ms": durations.total,
        "mean_ms": round(durations.total / durations.count, 1),
        "p95_ms": durations.percentile(95),
        "max_ms": durations.longest,
    }


def _change(now: Stat, before: Stat | None) -> str:
    """Return how a shape changed: by its total, as more operations or longer ones burden a server alike."""
    if before is None:
        return NEW
    ratio = now.durations.total / max(1, before.durations.total)
    return WORSE if ratio >= _NOTABLE else BETTER if ratio <= 1 / _NOTABLE else SAME
