# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files an archive need not keep any more. Pure, but for the question whether a file is intact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    HOLD,
    PRUNED,
    RELEASED,
    Event,
    Hold,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.units import Units
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span

NEWEST, HELD, DAMAGED, UNDATED, UNMIRRORED = "newest", "hold", "damaged", "undated", "unmirrored"
KEPT = (NEWEST, HELD, DAMAGED, UNDATED)


class Rules(NamedTuple):
    """How old units may become, in seconds, and how many bytes they may have together."""

    max_age: int | None = None
    max_bytes: int | None = None


class Decision(NamedTuple):
    """The units to prune, the oldest first; how many were kept against the rules, by reason; the bytes that stay."""

    prune: list[Event]
    kept: Counter[str]
    left: int


def decide(
    units: Units,
    chosen: Callable[[Series], bool],
    rules: Rules,
    holds: Collection[Hold],
    now: int,
    intact: Callable[[Event], bool],
    mirrored: Callable[[Event], bool] | None = None,
) -> Decision:
    """Return what to prune of the units of chosen series at ``now``.

    Never pruned is the newest unit of a series, what a hold covers, what has no time, and what is not ``intact`` or, where that is
    given, not ``mirrored``, which are asked only about units that would go.
    """
    newest: dict[Series, Event | None] = {}
    decision = Decision([], Counter(), 0)
    left = sum(units.tally(series).size for series in units.series if chosen(series))
    for event in units.aged(chosen):
        if not _is_due(event.period, rules, left, now):
            # What follows is younger, and no more bytes are too many.
            break
        if event.series not in newest:
            newest[event.series] = units.newest(event.series)
        reason = _protection(event, newest[event.series], holds)
        if not reason and not intact(event):
            reason = DAMAGED
        if not reason and mirrored and not mirrored(event):
            reason = UNMIRRORED
        if reason:
            decision.kept[reason] += 1
        else:
            decision.prune.append(event._replace(status=PRUNED, source=None, reason=None, adopted=False))
            left -= event.size or 0
    return decision._replace(left=left)


def is_held(event: Event, holds: Collection[Hold]) -> bool:
    """Tell whether a hold covers any of what a unit may be of."""
    reach = event.reach
    return reach is not None and any(hold.covers(event.series, reach) for hold in holds)


def holding(
    there: Mapping[Hold, str], wanted: Mapping[Hold, str], released: Collection[Hold]
) -> tuple[list[Event], dict[Hold, str]]:
    """Return the events that make the wanted holds exist and the released ones end, and the holds there are then."""
    events = [_about(HOLD, hold, reason) for hold, reason in sorted(wanted.items()) if there.get(hold) != reason] + [
        _about(RELEASED, hold, None) for hold in sorted(released) if hold in there
    ]
    after = {hold: reason for hold, reason in {**there, **wanted}.items() if hold not in released}
    return events, after


def _is_due(period: Span | None, rules: Rules, left: int, now: int) -> bool:
    too_much = rules.max_bytes is not None and left > rules.max_bytes
    too_old = rules.max_age is not None and (period is None or period.end <= now - rules.max_age)
    return too_much or too_old


def _protection(event: Event, newest: Event | None, holds: Collection[Hold]) -> str:
    if event.period is None:
        return UNDATED
    if is_held(event, holds):
        return HELD
    return NEWEST if event == newest else ""


def _about(status: str, hold: Hold, reason: str | None) -> Event:
    return Event(status, hold.series, begin=hold.span.begin, end=hold.span.end, reason=reason)
