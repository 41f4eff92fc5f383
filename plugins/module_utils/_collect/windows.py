# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which windows are wanted, of clouds that forget what is too old. Pure.

A cloud makes files of windows on request, or lets their entries be read at once: what differs is in the rules.

Coverage is reckoned on intervals, whatever grid the units were made on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import (
    Series,
    is_late,
    late_unit,
    window_unit,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    COLLECTED,
    DAMAGED,
    EMPTY,
    Event,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.units import Units
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    PENDING,
    READ,
    REREAD,
    Step,
    opened,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import (
    Span,
    ceil_to,
    floor_to,
    grid,
    subtract,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, MINUTE, iso

# The cloud makes packages of what began at most this long ago; asking keeps a margin for the way there.
REACH = 7 * DAY
REACH_MARK = 5 * MINUTE


class Rules(NamedTuple):
    """What is wanted, and what the cloud can do. ``span`` is an explicit one; otherwise series are in scope since ``lookback`` ago.

    ``reach``: how long ago what can be had begins. ``made``: whether a window must be asked for and made; it is read otherwise.
    ``recheck``: how long after its end a window that was read is read once more; None: not at all.
    """

    window: int
    settle: int
    lookback: int
    log_types: tuple[str, ...]
    span: Span | None = None
    max_packaging: int = 0
    reach: int = REACH
    made: bool = True
    recheck: int | None = None


class Members(NamedTuple):
    """The series to examine; ``complete`` when the cloud named them all, so that one that is not there has ended.

    ``readable``: of those that ended, the ones that can still be read, up to now.
    """

    series: tuple[Series, ...]
    complete: bool
    readable: frozenset[Series] = frozenset()


class Wanted(NamedTuple):
    """What is to be in the archive: the part of a series' scope that is over and not covered, cut at the grid.

    ``again``: units whose file is damaged, to be had as they were. ``reading``: windows to read though they were read before.
    ``gone``: series to be closed; ``unreachable`` are those of them of which nothing can be had any more.
    """

    scopes: Mapping[Series, tuple[int, int | None]]
    opening: tuple[Event, ...]
    pieces: Mapping[Series, tuple[Span, ...]]
    pending: tuple[Step, ...]
    gone: frozenset[Series]
    unreachable: frozenset[Series]
    again: Mapping[Series, tuple[Span, ...]] = {}
    reading: tuple[Step, ...] = ()

    @property
    def anything(self) -> bool:
        """Tell whether anything is to be had."""
        return any(self.pieces.values()) or bool(self.again)


def reach(now: int, kept: int = REACH) -> int:
    """Return the earliest begin that a cloud which keeps logs for so long can be asked for at ``now``."""
    return ceil_to(now - kept + REACH_MARK, REACH_MARK)


def want(
    rules: Rules,
    members: Members,
    units: Units,
    scopes: Mapping[Series, tuple[int, int | None]],
    started: int,
    now: int,
    rechecked: Mapping[Series, Sequence[Span]] | None = None,
) -> Wanted:
    """Return what is wanted at ``now`` by a run that ``started`` then, from the archive alone.

    ``rechecked``: the time of which nothing late is to be expected any more.
    """
    gone = ended(rules, members, scopes)
    unreachable = gone - members.readable
    edge = reach(now, rules.reach)
    found: dict[Series, tuple[int, int | None]] = {}
    opening: list[Event] = []
    pieces: dict[Series, tuple[Span, ...]] = {}
    pending: list[Step] = []
    for series in (*members.series, *sorted(gone)):
        begin, event = _begin(rules, series, scopes, started)
        opening += [event] if event and series not in gone else []
        over = floor_to(started - rules.settle, rules.window)
        if rules.span:
            over = _last_cut_before(started - rules.settle, rules.span, rules.window)
        elif series in gone - unreachable:
            over = floor_to(started, MINUTE)
        found[series] = (begin, over if series in gone else None)
        # What is gone counts only where it cannot be asked for any more.
        covered = units.covered(series, None if series in unreachable else edge)
        left = subtract(Span(begin, over), covered)
        pieces[series] = tuple(piece for rest in left for piece in grid(rest, rules.window))
        if series not in gone:
            end = rules.span.end if rules.span else floor_to(started, rules.window) + rules.window
            pending += _pending(series, Span(max(begin, over), end), covered, rules)
    again = _damaged(rules, units)
    if not rules.made:
        reading = (*_rereading(rules, members, units, rechecked or {}, now), *_reread_damaged(rules, again, units, now))
        return Wanted(found, tuple(opening), pieces, tuple(pending), gone, unreachable, {}, reading)
    return Wanted(found, tuple(opening), pieces, tuple(pending), gone, unreachable, again)


def ended(rules: Rules, members: Members, scopes: Mapping[Series, tuple[int, int | None]]) -> frozenset[Series]:
    """Return the series in scope whose node the cloud does not name any more."""
    return frozenset(
        series
        for series, (_begin, end) in scopes.items()
        if end is None
        and members.complete
        and rules.span is None
        and series.log_type in rules.log_types
        and series not in members.series
    )


def _damaged(rules: Rules, units: Units) -> Mapping[Series, tuple[Span, ...]]:
    again: dict[Series, list[Span]] = defaultdict(list)
    for event in units.damaged:
        if event.span and event.series.log_type in rules.log_types:
            again[event.series].append(event.span)
    return {series: tuple(sorted(spans)) for series, spans in again.items()}


def _rereading(
    rules: Rules, members: Members, units: Units, rechecked: Mapping[Series, Sequence[Span]], now: int
) -> tuple[Step, ...]:
    """Return the windows to read once more: held, over for long enough, and still within reach."""
    if rules.recheck is None or rules.span:
        return ()
    edge = reach(now, rules.reach)
    left = [piece for one in members.series for piece in subtract(Span(edge, now), rechecked.get(one, ()))]
    windows: dict[tuple[Series, Span], list[Event]] = defaultdict(list)
    for event in units.within(Span(min(left).begin, now)) if left else ():
        if event.span and event.series in members.series and event.span.begin >= edge:
            windows[event.series, event.span].append(event)
    return tuple(
        Step(
            REREAD,
            series,
            late_unit(span),
            span,
            held=tuple(sorted(event.path for event in events if event.path)),
            expires=span.begin + rules.reach,
            settles=True,
        )
        for (series, span), events in windows.items()
        if is_settled(rules, span, now)
        and all(event.status in (COLLECTED, EMPTY) for event in events)
        and any(not is_late(event.unit) for event in events)
        and subtract(span, rechecked.get(series, ()))
    )


def _reread_damaged(rules: Rules, again: Mapping[Series, Sequence[Span]], units: Units, now: int) -> Iterator[Step]:
    """Yield the readings that bring damaged files back: each gets what does not stand in the others of its window."""
    for series, span in sorted({(series, span) for series, spans in again.items() for span in spans}):
        events = [event for event in units.within(span) if (event.series, event.span) == (series, span)]
        held = tuple(sorted(event.path for event in events if event.path and event.status == COLLECTED))
        first = any(event.status == DAMAGED and not is_late(event.unit) for event in events)
        action, unit = (READ, window_unit(span)) if first else (REREAD, late_unit(span))
        if span.begin >= reach(now, rules.reach):
            yield Step(action, series, unit, span, held=held, expires=span.begin + rules.reach)


def is_settled(rules: Rules, span: Span, now: int) -> bool:
    """Tell whether nothing late of a window is to be expected any more once it is read now."""
    return rules.recheck is not None and span.end + rules.recheck <= now


def _begin(
    rules: Rules, series: Series, scopes: Mapping[Series, tuple[int, int | None]], now: int
) -> tuple[int, Event | None]:
    if rules.span:
        return rules.span.begin, None
    first = max(floor_to(now - rules.lookback, rules.window), reach(now, rules.reach))
    begin, end = scopes.get(series, (first, first))
    if end is not None:
        return first, opened(series, first)
    return (first, opened(series, first)) if first < begin else (begin, None)


def _last_cut_before(instant: int, span: Span, window: int) -> int:
    ends = [cell.end for cell in grid(span, window) if cell.end <= instant]
    return ends[-1] if ends else span.begin


def _pending(series: Series, span: Span, covered: Sequence[Span], rules: Rules) -> list[Step]:
    return [
        Step(
            PENDING,
            series,
            window_unit(cell),
            cell,
            reason=f"can be had from {iso(cell.end + rules.settle)} on",
            expires=cell.begin + rules.reach,
        )
        for rest in subtract(span, covered)
        for cell in grid(rest, rules.window)
    ]
