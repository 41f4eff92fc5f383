# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the units of each series come to: counts, bytes, the time that they cover. Kept up to date event by event. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.events import (
    COLLECTED,
    DAMAGED,
    EMPTY,
    GONE,
    LOST,
    Event,
    Key,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, merge, subtract

# These logs are a list, not windows: nothing is decided by the time that they cover, which is in as many pieces as there are logs.
_LISTED = frozenset({"audit"})

_THERE = (COLLECTED, EMPTY)


class Tally:
    """What the units of one series come to, each as the newest event tells of it.

    ``size``: the bytes of what is collected. ``held``: the time that units cover which are there, or were and need not be had again;
    ``gone``: what else those cover that are not; None where the series is a list. ``other``: the days of units that have no time of
    their own, or a moment. ``timed``: whether any unit has a time. ``latest``: the last end of any. ``bounds``: from the first begin to
    the last end of what is collected or empty; ``unsure``: whether these may have been of units that are neither any more. ``odd``:
    whether any unit has no day, or a file that does not stand in the folder of one of its days.
    """

    def __init__(self, *, listed: bool) -> None:
        self.counts: Counter[str] = Counter()
        self.size = 0
        self.held: list[Span] | None = None if listed else []
        self.gone: list[Span] = []
        self.other: list[Span] = []
        self.timed = False
        self.latest: int | None = None
        self.bounds: Span | None = None
        self.unsure = False
        self.odd = False
        # By status, how many more units than on the day before have their time on a day; nothing where that is none.
        self.changes: dict[str, dict[int, int]] = {}

    def plain(self) -> list[Any]:
        """Return this as plain data."""
        changes = {status: [*chain(*sorted(days.items()))] for status, days in sorted(self.changes.items())}
        spans = (self.held, self.gone, self.other)
        own = (
            dict(self.counts),
            self.size,
            *spans,
            self.timed,
            self.latest,
            self.bounds,
            self.unsure,
            self.odd,
            changes,
        )
        return [*own]

    @classmethod
    def of_plain(cls, value: Any) -> Tally:
        """Return what :meth:`plain` made plain. Raises ValueError or TypeError for anything else."""
        counts, size, held, gone, other, timed, latest, bounds, unsure, tally_odd, changes = value
        tally = cls(listed=held is None)
        tally.counts, tally.size = Counter(counts), size
        tally.held = None if held is None else _spans(held)
        tally.gone, tally.other = _spans(gone), _spans(other)
        tally.timed, tally.latest = timed, latest
        tally.bounds, tally.unsure, tally.odd = Span(*bounds) if bounds else None, unsure, tally_odd
        tally.changes = {status: dict(zip(days[::2], days[1::2])) for status, days in changes.items()}
        return tally

    def known(self) -> list[Span] | None:
        """Return the time of all units; None where the series is a list."""
        return None if self.held is None else merge([*self.held, *self.gone, *self.other])

    def days_of(self, status: str) -> Iterator[Span]:
        """Yield the days, counted since 1970, that units of a status have their time on."""
        count, begin = 0, 0
        for day, change in sorted(self.changes.get(status, {}).items()):
            if count == 0:
                begin = day
            count += change
            if count == 0:
                yield Span(begin, day)

    def take(self, old: Event | None, new: Event) -> bool:
        """Reckon with a unit's newest event in place of the one before. False, and nothing done, where that takes all units."""
        if old is not None and (
            (old.begin, old.end, old.period) != (new.begin, new.end, new.period) or _covers_less(old, new)
        ):
            return False
        if old is None:
            self._cover(new)
        else:
            self._count(old, -1)
            if _counts_as_gone(old) and not _counts_as_gone(new):
                self._cover(new)
        self._count(new, 1)
        self._bound(old, new)
        self.odd = self.odd or not _stands_in_its_day(new)
        return True

    def _count(self, event: Event, by: int) -> None:
        _add(self.counts, event.status, by)
        if event.status == COLLECTED:
            self.size += by * (event.size or 0)
        days = event.days
        if days:
            changes = self.changes.setdefault(event.status, {})
            _add(changes, days.begin, by)
            _add(changes, days.end, -by)
            if not changes:
                del self.changes[event.status]

    def _cover(self, event: Event) -> None:
        span = event.span
        if span:
            self.timed = True
        if event.end is not None:
            self.latest = event.end if self.latest is None else max(self.latest, event.end)
        if self.held is None:
            return
        if span is None or span.empty:
            _put(self.other, event.period)
        elif _counts_as_gone(event):
            for piece in subtract(span, self.held):
                _put(self.gone, piece)
        else:
            _put(self.held, span)
            if self.gone:
                self.gone = [piece for one in self.gone for piece in subtract(one, [span])]

    def _bound(self, old: Event | None, new: Event) -> None:
        period = new.period
        if period is None:
            return
        if new.status in _THERE:
            known = self.bounds or period
            self.bounds = Span(min(known.begin, period.begin), max(known.end, period.end))
        elif old is not None and old.status in _THERE and self.bounds:
            self.unsure = self.unsure or self.bounds.begin == period.begin or self.bounds.end == period.end


class Summary:
    """The tallies of all series, and the units that are lost, in the order in which the ledger named them first."""

    def __init__(self) -> None:
        self.series: dict[Series, Tally] = {}
        self.lost: dict[Key, Event] = {}

    @classmethod
    def of(cls, events: Iterable[Event]) -> Summary:
        """Return what units come to, one event each."""
        summary = cls()
        for event in events:
            summary.take(None, event)
        return summary

    def take(self, old: Event | None, new: Event) -> bool:
        """Reckon with a unit's newest event in place of the one before. False, and nothing done, where that takes all units."""
        # Only the ledger's beginning tells where a unit that is lost now stands among those that are lost.
        if new.status == LOST and old is not None and old.status != LOST:
            return False
        tally = self.series.get(new.series)
        if tally is None:
            tally = self.series[new.series] = Tally(listed=new.series.log_type in _LISTED)
        if not tally.take(old, new):
            return False
        if new.status == LOST:
            self.lost[new.key] = new
        else:
            self.lost.pop(new.key, None)
        return True


def _stands_in_its_day(event: Event) -> bool:
    days = event.days
    if days is None or event.path is None:
        return days is not None
    folder = event.path.rpartition("/")[0]
    day = layout.day_of(folder)
    return day is not None and days.begin <= day < days.end and folder.startswith(layout.series_folder(event.series))


def _counts_as_gone(event: Event) -> bool:
    return event.status in GONE and event.status != DAMAGED


def _covers_less(old: Event, new: Event) -> bool:
    return _counts_as_gone(new) and not _counts_as_gone(old)


def _add(counts: Any, name: Any, by: int) -> None:
    """Add to a count, of which none is kept that is nothing."""
    count = counts.get(name, 0) + by
    if count:
        counts[name] = count
    else:
        counts.pop(name, None)


def _put(spans: list[Span], span: Span | None) -> None:
    """Add a span to merged ones. Mostly it comes after all of them."""
    if span is None:
        return
    last = spans[-1] if spans else None
    if last is None or last.end < span.begin:
        spans.append(span)
    elif last.begin <= span.begin:
        spans[-1] = Span(last.begin, max(last.end, span.end))
    else:
        spans[:] = merge([*spans, span])


def _spans(value: Any) -> list[Span]:
    return [Span(*one) for one in value]
