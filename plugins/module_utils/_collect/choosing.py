# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about windows that are wanted: take what the cloud lists, ask for the rest, or tell that it is lost. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series, window_unit
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import CLOSED, EMPTY, LOST, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Asked
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    ASK,
    FAILED,
    FETCH,
    MAKING,
    MISSING,
    READ,
    READY,
    RECORD,
    WAIT,
    Notice,
    Offer,
    Plan,
    Step,
    not_yet,
    ordered,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.windows import (
    REACH,
    Rules,
    Wanted,
    is_settled,
    reach,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, subtract
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, MINUTE, iso

# How long a package that was asked for may take to show on the list.
LISTING_LAG = MINUTE

# A package that failed is renewed once; after two failures it is left alone for this long.
FAILURES_ALLOWED = 2
REST_AFTER_FAILURES = DAY


class Vague(NamedTuple):
    """A file on the list of which the cloud does not tell enough to take it. What is None may be anything."""

    node: str | None
    log_type: str | None
    span: Span | None

    def may_be_of(self, series: Series, span: Span) -> bool:
        """Tell whether the file may hold something of this time of a series."""
        told = (self.node in (None, series.node), self.log_type in (None, series.log_type))
        return all(told) and (self.span is None or not self.span.overlap(span).empty)


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
        notices=_notices(rules, now),
    )


def _notices(rules: Rules, now: int) -> tuple[Notice, ...]:
    """Return a notice for each type of log that is wanted from before what the cloud keeps, or of a time that is still to come."""
    if rules.span and rules.span.begin >= now:
        return tuple(map(not_yet, rules.log_types))
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
        self.steps.append(step._replace(settles=action == READ and is_settled(self._rules, span, self._now)))


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


def _event(status: str, series: Series, span: Span) -> Event:
    return Event(status, series, window_unit(span), span.begin, span.end)
