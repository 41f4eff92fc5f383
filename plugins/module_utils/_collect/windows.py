# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning window by window, for clouds that forget what is too old. Pure.

A cloud makes files of windows on request, or lets their entries be read at once: what differs is in the rules.

Coverage is reckoned on intervals, whatever grid the units were made on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import (
    Series,
    is_late,
    late_unit,
    window_unit,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    CLOSED,
    COLLECTED,
    DAMAGED,
    EMPTY,
    LOST,
    Event,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Asked
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.units import Units
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    ASK,
    FAILED,
    FETCH,
    MAKING,
    MISSING,
    PENDING,
    READ,
    READY,
    RECORD,
    REREAD,
    WAIT,
    Notice,
    Offer,
    Plan,
    Step,
    opened,
    ordered,
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

# How long a package that was asked for may take to show on the list.
LISTING_LAG = MINUTE

# A package that failed is renewed once; after two failures it is left alone for this long.
FAILURES_ALLOWED = 2
REST_AFTER_FAILURES = DAY


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


class Vague(NamedTuple):
    """A file on the list of which the cloud does not tell enough to take it. What is None may be anything."""

    node: str | None
    log_type: str | None
    span: Span | None

    def may_be_of(self, series: Series, span: Span) -> bool:
        """Tell whether the file may hold something of this time of a series."""
        told = (self.node in (None, series.node), self.log_type in (None, series.log_type))
        return all(told) and (self.span is None or not self.span.overlap(span).empty)


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


def plan(
    rules: Rules,
    wanted: Wanted,
    offers: Sequence[Offer],
    asked: Sequence[Asked],
    *,
    now: int,
    mine: Collection[tuple[Series, Span]] = (),
    vague: Sequence[Vague] = (),
) -> Plan:
    """Return what to do about everything wanted, given what the cloud lists and what was asked for before.

    ``mine``: what this run asked for. What it asked for in vain, it does not ask for again. ``vague``: what else is on the
    list; nothing is lost of which there may be a file.
    """
    counts: dict[tuple[Series, Span], int] = defaultdict(int)
    for offer in offers:
        counts[offer.series, offer.span] += 1
    unlisted = [one for one in asked if counts.get((one.series, one.span), 0) <= one.listed_before]
    steps: list[Step] = [*wanted.pending, *wanted.reading]
    closing: list[Event] = []
    for series in (*wanted.pieces, *sorted(wanted.again.keys() - wanted.pieces.keys())):
        pieces = wanted.pieces.get(series, ())
        chooser = _Chooser(
            rules,
            series,
            [offer for offer in offers if offer.series == series],
            [one for one in unlisted if one.series == series],
            {one.span for one in asked if one.series == series},
            gone=series in wanted.unreachable,
            now=now,
            mine={span for asked_series, span in mine if asked_series == series},
            vague=vague,
        )
        for span in wanted.again.get(series, ()):
            chooser.renew(span)
        for piece in pieces:
            chooser.take_what_is_there(piece)
        for piece in pieces:
            chooser.ask_for_the_rest(piece)
        steps += chooser.steps
        if series in wanted.gone:
            begin, end = wanted.scopes[series]
            closing.append(Event(CLOSED, series, begin=begin, end=end))
    under_way = sum(offer.state == MAKING for offer in offers) + len(
        [one for one in unlisted if now - one.at < LISTING_LAG]
    )
    return Plan(
        ordered(steps),
        opening=wanted.opening,
        closing=tuple(closing),
        scopes=wanted.scopes,
        listed_counts=counts,
        only=rules.span,
        room=max(0, rules.max_packaging - under_way) if rules.max_packaging else None,
        notices=_beyond_reach(rules),
    )


def _beyond_reach(rules: Rules) -> tuple[Notice, ...]:
    """Return a notice for each type of log that is wanted from before what the cloud keeps."""
    if rules.span or rules.lookback <= rules.reach:
        return ()
    return tuple(
        Notice(
            "beyond_reach",
            log_type,
            None,
            f"lookback is more than the {rules.reach // DAY} days for which the cloud keeps {log_type} logs; older ones cannot be had.",
        )
        for log_type in rules.log_types
    )


class _Chooser:
    """Decides about the pieces of one series, one after the other; what is chosen for one covers others too."""

    def __init__(
        self,
        rules: Rules,
        series: Series,
        offers: Sequence[Offer],
        unlisted: Sequence[Asked],
        asked_spans: set[Span],
        *,
        gone: bool,
        now: int,
        mine: Collection[Span],
        vague: Sequence[Vague],
    ) -> None:
        self.steps: list[Step] = []
        self._rules = rules
        self._series = series
        self._unlisted = unlisted
        self._gone = gone
        self._now = now
        self._mine = mine
        self._vague = vague
        self._claimed: list[Span] = []
        whole = [offer for offer in offers if _made_after_its_end(offer, rules.settle, asked_spans)]
        self._ready = [offer for offer in whole if offer.state == READY]
        self._making = [offer for offer in whole if offer.state == MAKING]
        self._failed = [offer for offer in offers if offer.state == FAILED]

    def renew(self, span: Span) -> None:
        """Add a step for a unit that was held: its package, or as long as it can be asked for another one of the same time."""
        alike = [offer for offer in self._ready + self._making if offer.span == span]
        if alike:
            self._take([min(alike, key=lambda offer: _preference(offer, span))])
        elif not self._gone and span.begin >= self._reach():
            self._ask_or_lose(span)

    def take_what_is_there(self, piece: Span) -> list[Span]:
        """Add steps for what packages cover wholly, and return what of the piece they do not."""
        left: list[Span] = []
        for rest in subtract(piece, self._claimed):
            for offers in (self._ready, self._ready + self._making):
                chosen, uncovered = cover(rest, offers)
                if not uncovered:
                    self._take(chosen)
                    break
            else:
                left.append(rest)
        return left

    def ask_for_the_rest(self, piece: Span) -> None:
        """Add steps for what no package covers, once every piece took what is there."""
        for rest in self.take_what_is_there(piece):
            self._ask_or_lose(rest)

    def _ask_or_lose(self, rest: Span) -> None:
        asked = max((one for one in self._unlisted if one.span.covers(rest)), key=lambda one: one.at, default=None)
        if asked and self._now - asked.at < LISTING_LAG:
            return self._add(WAIT, asked.span, f"asked for at {iso(asked.at)}, not listed yet")
        if asked and asked.span in self._mine:
            return self._add(MISSING, asked.span, f"asked for at {iso(asked.at)}, but not listed a minute later")
        edge = rest.end if self._gone else self._reach()
        old, new = Span(rest.begin, min(rest.end, edge)), Span(max(rest.begin, edge), rest.end)
        if not old.empty:
            chosen, left = cover(old, self._ready + self._making)
            self._take(chosen)
            for lost in left:
                self._lose(lost)
        for span in [] if new.empty else subtract(new, self._claimed):
            self._ask(span)
        return None

    def _take(self, chosen: Iterable[Offer]) -> None:
        for offer in chosen:
            if offer.state == MAKING:
                self._add(WAIT, offer.span, "being made", offer)
            elif offer.size == 0:
                event = _event(EMPTY, self._series, offer.span)._replace(size=0, source=offer.source())
                self._add(RECORD, offer.span, "nothing was logged", offer, event)
            else:
                self._add(FETCH, offer.span, "", offer)

    def _lose(self, span: Span) -> None:
        if any(one.may_be_of(self._series, span) for one in self._vague):
            return self._add(
                MISSING, span, "the cloud lists a package that may be of this time, but does not tell enough of it"
            )
        kept = "seven" if self._rules.reach == REACH else self._rules.reach // DAY
        reason = "the node left the cluster" if self._gone else f"the cloud keeps it for {kept} days only"
        event = _event(LOST, self._series, span)._replace(reason=reason)
        return self._add(RECORD, span, reason, event=event)

    def _reach(self) -> int:
        return reach(self._now, self._rules.reach)

    def _ask(self, span: Span) -> None:
        if not self._rules.made:
            return self._add(READ, span, "")
        failed = [one for one in self._failed if one.span.end == span.end and one.span.begin <= span.begin]
        latest = max((one.created or one.span.end for one in failed), default=0)
        if len(failed) >= FAILURES_ALLOWED and self._now - latest < REST_AFTER_FAILURES:
            again = iso(latest + REST_AFTER_FAILURES)
            return self._add(MISSING, span, f"its packaging failed {len(failed)} times; next try after {again}")
        return self._add(ASK, span, "")

    def _add(
        self, action: str, span: Span, reason: str, offer: Offer | None = None, event: Event | None = None
    ) -> None:
        self._claimed.append(span)
        unit = window_unit(span)
        step = Step(action, self._series, unit, span, offer, event, reason, span.begin + self._rules.reach)
        self.steps.append(step._replace(settles=action == READ and _is_settled(self._rules, span, self._now)))


def cover(span: Span, offers: Sequence[Offer]) -> tuple[list[Offer], list[Span]]:
    """Return the fewest offers that together cover as much of ``span`` as can be, and what they leave.

    Of offers that reach equally far: ready before making, then the shortest, then the lowest id.
    """
    chosen: list[Offer] = []
    left: list[Span] = []
    at = span.begin
    while at < span.end:
        reaching = [offer for offer in offers if offer.span.begin <= at < offer.span.end]
        if reaching:
            best = min(reaching, key=lambda offer: _preference(offer, span))
            chosen.append(best)
            at = best.span.end
        else:
            following = min((o.span.begin for o in offers if at < o.span.begin < span.end), default=span.end)
            left.append(Span(at, following))
            at = following
    return chosen, left


def _preference(offer: Offer, span: Span) -> tuple[int, bool, int, int]:
    length = offer.span.end - offer.span.begin
    return (-min(offer.span.end, span.end), offer.state != READY, length, int(offer.id))


def _made_after_its_end(offer: Offer, settle: int, asked_spans: set[Span]) -> bool:
    # The API may leave the time out; what this archive asked for was asked for after its end.
    if offer.created is None:
        return offer.span in asked_spans
    return offer.created >= offer.span.end + settle


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
        if _is_settled(rules, span, now)
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


def _is_settled(rules: Rules, span: Span, now: int) -> bool:
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


def _event(status: str, series: Series, span: Span) -> Event:
    return Event(status, series, window_unit(span), span.begin, span.end)
