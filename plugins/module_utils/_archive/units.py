# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units that a ledger knows, each with its newest event: the new ones at hand, the old ones looked up where they stand.

Whoever goes through all of them has the whole ledger read.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Any, Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.events import (
    ACCEPTED,
    COLLECTED,
    DAMAGED,
    EMPTY,
    EXPORT_REACH,
    GONE,
    LOST,
    PRUNED,
    Event,
    Key,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.index import Index
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.summary import Summary, Tally
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, merge
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY

# Days of which units are looked up together, as a block of lines is of several.
_AT_ONCE = 8

_THERE = (COLLECTED, EMPTY)


def _every(_series: Series) -> bool:
    return True


class Old(NamedTuple):
    """What a checkpoint knows of units: where their lines stand, and what they come to.

    ``moved``: the units whose lines have different times, with their newest events. ``read``: reads all units of the ledger.
    """

    lines: Index
    summary: Summary
    moved: Mapping[Key, Event]
    read: Callable[[], Units]


class Paths(Mapping[str, Key]):
    """The paths that the ledger gave to units, each with the unit that it was given to last. Any thread may ask for one."""

    def __init__(self, units: Units, index: Index | None) -> None:
        self.own: dict[str, Key] = {}
        self.index = index
        self._units = units

    def get(self, key: str, default: Any = None) -> Any:
        """Return the unit that a path was given to last. Raises ArchiveError."""
        unit, index = self.own.get(key), self.index
        if unit is None and index is not None:
            unit = index.unit_at(key)
        return default if unit is None else unit

    def __getitem__(self, path: str) -> Key:
        """Return the unit that a path was given to last. Raises KeyError, and ArchiveError."""
        key: Key | None = self.get(path)
        if key is None:
            raise KeyError(path)
        return key

    def __contains__(self, path: object) -> bool:
        """Tell whether a path was ever given to a unit. Raises ArchiveError."""
        return isinstance(path, str) and self.get(path) is not None

    def __iter__(self) -> Iterator[str]:
        """Yield every path."""
        self._units.values()
        return iter(self.own)

    def __len__(self) -> int:
        """Return how many paths there are."""
        self._units.values()
        return len(self.own)


class Units(Mapping[Key, Event]):
    """The newest event of every unit. Looking up an old one raises ArchiveError where the ledger cannot be read.

    ``passed``: while old units come in one by one, the hashes of their names, as most names are new; None otherwise.
    """

    def __init__(self, events: Iterable[Event] = (), old: Old | None = None) -> None:
        self.paths = Paths(self, old.lines if old else None)
        self.moved: dict[Key, Event] = dict(old.moved) if old else {}
        self._old = old
        self._own: dict[Key, Event] = {}
        self._found: dict[Key, Event | None] = {}
        self.passed: set[int] | None = None
        self._damaged: dict[Key, Event] = {}
        self._summary = old.summary if old else None
        self._contents: set[tuple[Series, str | None]] | None = None
        for event in events:
            self.put(event)

    @classmethod
    def passing(cls, lines: Index, read: Callable[[], Units]) -> Units:
        """Return units none of which is known yet: they are put one by one, and settled now and then."""
        units = cls(old=Old(lines, Summary(), {}, read))
        units.passed = set()
        return units

    def settle(self) -> None:
        """Look up what was put so far where it stands, from now on."""
        for held in (self._own, self._found, self.paths.own):
            held.clear()

    def put(self, event: Event) -> None:
        """Take the newest event of a unit."""
        key = event.key
        old = self._own.get(key)
        if old is None and self._old is not None and self._may_know(key):
            old = self._looked_up(key)
        if self._summary is not None and not self._summary.take(old, event):
            self._summary = None
        if old is not None and (key in self.moved or old.period != event.period):
            self.moved[key] = event
        self._own[key] = event
        if event.path:
            self.paths.own[event.path] = key
        if event.status == DAMAGED:
            self._damaged[key] = event
        elif self._damaged:
            self._damaged.pop(key, None)
        self._contents = None

    def get(self, key: Key, default: Any = None) -> Any:
        """Return the newest event of a unit."""
        event = self._own.get(key)
        if event is None and self._old is not None:
            event = self._looked_up(key)
        return default if event is None else event

    def __getitem__(self, key: Key) -> Event:
        """Return the newest event of a unit. Raises KeyError."""
        event: Event | None = self.get(key)
        if event is None:
            raise KeyError(key)
        return event

    def __contains__(self, key: object) -> bool:
        """Tell whether the ledger knows a unit."""
        return isinstance(key, tuple) and self.get(Key(*key)) is not None

    def __iter__(self) -> Iterator[Key]:
        """Yield every unit, in the order in which the ledger named them first."""
        return iter(self._all())

    def values(self) -> ValuesView[Event]:
        """Return the newest event of every unit, in the order in which the ledger named them first."""
        return self._all().values()

    def items(self) -> ItemsView[Key, Event]:
        """Return every unit with its newest event, in the order in which the ledger named them first."""
        return self._all().items()

    def __len__(self) -> int:
        """Return how many units there are."""
        if self._old is None:
            return len(self._own)
        return sum(sum(tally.counts.values()) for tally in self.summary.series.values())

    @property
    def summary(self) -> Summary:
        """Return what the units come to."""
        if self._summary is None:
            self._summary = Summary.of(self._all().values())
        return self._summary

    @property
    def series(self) -> Iterable[Series]:
        """Return the series that have units."""
        return self.summary.series.keys()

    def latest(self, log_type: str) -> int | None:
        """Return the last end of any unit of a type of log."""
        ends = (tally.latest for series, tally in self.summary.series.items() if series.log_type == log_type)
        return max((end for end in ends if end is not None), default=None)

    @property
    def damaged(self) -> list[Event]:
        """Return the units that a run found damaged."""
        return list(self._damaged.values())

    @property
    def lost(self) -> list[Event]:
        """Return the units that are lost, in the order in which the ledger named them first."""
        return list(self.summary.lost.values())

    def tally(self, series: Series) -> Tally:
        """Return what the units of a series come to."""
        return self.summary.series.get(series) or Tally(listed=False)

    def covered(self, series: Series, edge: int | None) -> list[Span]:
        """Return the time that units of a series cover. What is gone for good counts up to ``edge``; None: all of it."""
        tally = self._covering(series)
        gone = tally.gone if edge is None else [Span(one.begin, min(one.end, edge)) for one in tally.gone]
        return merge([*(tally.held or ()), *gone])

    def known(self, series: Series) -> list[Span]:
        """Return the time of all units of a series; of those that have none, or a moment, the day."""
        tally = self._covering(series)
        return merge([*(tally.held or ()), *tally.gone, *tally.other])

    def bounds(self, series: Series) -> Span | None:
        """Return from when to when anything of a series is collected or was empty."""
        tally = self.tally(series)
        if tally.unsure:
            spans = [days for status in _THERE for days in tally.days_of(status)]
            first, last = (min(one.begin for one in spans), max(one.end for one in spans)) if spans else (0, 0)
            ends = [Span(first, first + 1), Span(last - 1, last)] if spans else []
            events = [event for days in ends for event in self._on(days)]
            times = [one.period for one in events if one.series == series and one.status in _THERE]
            known = [time for time in times if time]
            tally.bounds = Span(min(one.begin for one in known), max(one.end for one in known)) if known else None
            tally.unsure = False
        return tally.bounds

    def within(self, span: Span, chosen: Callable[[Series], bool] = _every) -> Iterator[Event]:
        """Yield the units of chosen series whose time overlaps a span."""
        for event in self._on(Span(span.begin // DAY, -(-span.end // DAY)), chosen):
            period = event.period
            if period and not period.overlap(span).empty:
                yield event

    def reaching(self, span: Span, chosen: Callable[[Series], bool]) -> Iterator[Event]:
        """Yield the units of chosen series whose content may be of a span, others that are close to it, and those without a time."""
        if self._old is None or any(self.tally(one).odd for one in self.series if chosen(one)):
            yield from (event for event in self.values() if chosen(event.series))
        else:
            yield from self.within(span._replace(end=span.end + EXPORT_REACH), chosen)

    def count(self, status: str, chosen: Callable[[Series], bool]) -> int:
        """Return how many units of chosen series have a status."""
        if self._summary is None:
            return sum(event.status == status and chosen(event.series) for event in self._all().values())
        return sum(tally.counts[status] for series, tally in self._summary.series.items() if chosen(series))

    def there(self, series: Series) -> list[Span]:
        """Return the time that units of a series cover which are collected, or were empty."""
        tally = self.tally(series)
        if tally.held is not None and tally.counts.keys() <= {*_THERE, LOST, ACCEPTED}:
            return tally.held
        days = merge(days for status in _THERE for days in tally.days_of(status))
        events = (event for part in _parts(days) for event in self._on(part, lambda one: one == series))
        return merge(event.span for event in events if event.span and event.status in _THERE)

    def last(self, series: Series) -> int | None:
        """Return the last end of a unit of a series that is there, or was; None where there is none."""
        tally = self.tally(series)
        ends = [days.end for status in tally.changes if status not in GONE for days in tally.days_of(status)]
        last = max(ends, default=1)
        events = self._on(Span(last - 1, last), lambda one: one == series)
        return max((event.period.end for event in events if event.period and event.status not in GONE), default=None)

    def aged(self, chosen: Callable[[Series], bool]) -> Iterator[Event]:
        """Yield what is collected of chosen series, the oldest first: by its end, begin, series and name; first what has no time."""
        series = [one for one in self.series if chosen(one)]
        if self._old is None or any(self.tally(one).odd for one in series):
            yield from sorted(
                (one for one in self.values() if one.status == COLLECTED and chosen(one.series)), key=_age
            )
            return
        for part in _parts(merge(days for one in series for days in self.tally(one).days_of(COLLECTED))):
            events = [one for one in self._on(part, chosen) if one.status == COLLECTED]
            yield from sorted((one for one in events if one.days and one.days.end <= part.end), key=_age)

    def newest(self, series: Series) -> Event | None:
        """Return what would come last of a series in :meth:`aged`."""
        tally = self.tally(series)
        if self._old is None or tally.odd:
            events = [one for one in self.values() if one.status == COLLECTED and one.series == series]
        else:
            last = max((days.end for days in tally.days_of(COLLECTED)), default=1)
            events = [one for one in self._on(Span(last - 1, last)) if one.status == COLLECTED and one.series == series]
        return max(events, key=_age, default=None)

    def pruned(self, series: Series, day: int) -> list[Event]:
        """Return what was pruned of a series and had its time on a day, counted since 1970."""
        return [one for one in self._on(Span(day, day + 1)) if one.status == PRUNED and one.series == series]

    def having(self, series: Series, sha256: str) -> bool:
        """Tell whether a series has these bytes in a unit whose name tells its content, as those of exports do."""
        if self._contents is None:
            self._contents = {(one.series, one.sha256) for one in self._own.values() if _tells_content(one)}
        if (series, sha256) in self._contents:
            return True
        old = self._old.lines.having(series, sha256) if self._old else ()
        newest = (self[event.key] for event in old)
        return any(_tells_content(one) and one.sha256 == sha256 for one in newest)

    def _covering(self, series: Series) -> Tally:
        tally = self.tally(series)
        if tally.held is None:
            tally = Tally(listed=False)
            for event in self.values():
                if event.series == series:
                    tally.take(None, event)
        return tally

    def _on(self, days: Span, chosen: Callable[[Series], bool] = _every) -> Iterator[Event]:
        known: dict[Key, Event] = {}
        if self._old is not None:
            known = {one.key: one for one in self._old.lines.within(days) if chosen(one.series)}
            known.update(self.moved)
        known.update(self._own)
        for event in known.values():
            if event.days and not event.days.overlap(days).empty and chosen(event.series):
                yield event

    def _may_know(self, key: Key) -> bool:
        if self.passed is None:
            return True
        count = len(self.passed)
        self.passed.add(hash(key))
        return len(self.passed) == count

    def _looked_up(self, key: Key) -> Event | None:
        if key not in self._found and self._old is not None:
            self._found[key] = self._old.lines.find(key)
        return self._found.get(key)

    def _all(self) -> dict[Key, Event]:
        """Return all units. In place of what the checkpoint knows, the ledger is read; what was taken since comes on top."""
        if self._old is not None:
            whole = self._old.read()
            self._own = {**whole._own, **self._own}
            self.moved = {key: self._own[key] for key in (*whole.moved, *self.moved)}
            self.paths.own = {**whole.paths.own, **self.paths.own}
            self._old = self.paths.index = self._contents = None
        return self._own


def _parts(days: Iterable[Span]) -> Iterator[Span]:
    """Yield days in parts, as many together as are looked up at once."""
    for one in days:
        for begin in range(one.begin, one.end, _AT_ONCE):
            yield Span(begin, min(begin + _AT_ONCE, one.end))


def _age(event: Event) -> tuple[int, int, Series, str]:
    period = event.period or Span(0, 0)
    return (period.end, period.begin, event.series, event.unit)


def _tells_content(event: Event) -> bool:
    return event.status != DAMAGED and layout.content_mark(event.unit) is not None
