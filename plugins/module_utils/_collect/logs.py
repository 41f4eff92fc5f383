# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning for a cloud that lists finished logs: everything that was listed is to be held. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    GONE,
    LOST,
    Event,
    Key,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Seen
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.units import Units
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    FETCH,
    RECORD,
    Offer,
    Plan,
    Step,
    opened,
    ordered,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY

# A log shows on the list when it is closed, and with luck minutes later: listing begins this much before where it ended.
OVERLAP = DAY


class Rules(NamedTuple):
    """What is wanted: logs of this type since ``lookback`` ago, or of an explicit span, of all nodes or of some."""

    log_type: str
    lookback: int
    span: Span | None = None
    nodes: tuple[str, ...] | None = None


def listing_span(
    rules: Rules,
    units: Units,
    last_listed: Span | None,
    seen: Sequence[Seen],
    now: int,
    latest: int | None = None,
) -> Span:
    """Return the span to list at ``now``, as far as ``latest`` where clocks differ: back to where the last listing without an error ended, with overlap.

    Without a memory of that listing, the end of the newest log held stands for it. What was seen and is not held is
    looked for until it is collected or gone, however old it has become; so is what is held and damaged.
    """
    if rules.span:
        return rules.span
    if last_listed:
        known = last_listed.end
    else:
        latest_end = units.latest(rules.log_type)
        known = now if latest_end is None else latest_end
    begins = [one.span.begin for one in seen if one.span and _examined(one.series, rules)]
    damaged = (event for event in units.damaged if _examined(event.series, rules))
    begins += [event.begin for event in damaged if event.begin is not None]
    return Span(min([now - rules.lookback, known - OVERLAP, *begins]), max(now, latest or now))


def plan(
    rules: Rules,
    listed: Span,
    offers: Sequence[Offer],
    units: Mapping[Key, Event],
    scopes: Mapping[Series, tuple[int, int | None]],
    seen: Sequence[Seen],
    now: int | None = None,
) -> Plan:
    """Return what to do, given what the cloud lists in the span ``listed`` and what was seen there before.

    ``now``: up to when the list is sure to be known, where ``listed`` reaches farther.
    """
    steps = [
        Step(FETCH, offer.series, offer.id, offer.span, offer)
        for offer in offers
        if units.get(Key(offer.series, offer.id), _LOST).status in GONE
    ]
    there = {Key(offer.series, offer.id) for offer in offers}
    for one in seen:
        key = Key(one.series, one.unit)
        if (
            _examined(one.series, rules)
            and one.span
            and listed.covers(one.span)
            and key not in there
            and key not in units
        ):
            reason = "it was listed once, and gone before it was collected"
            event = Event(LOST, one.series, one.unit, one.span.begin, one.span.end, reason=reason)
            steps.append(Step(RECORD, one.series, one.unit, one.span, event=event, reason=reason))
    found = {offer.series for offer in offers} | {series for series in scopes if _examined(series, rules)}
    # A series that an operator took for ended goes on when there is something of it again.
    again = {
        step.series for step in steps if step.action == FETCH and scopes.get(step.series, (0, None))[1] is not None
    }
    fresh = [] if rules.span else sorted(series for series in found if series not in scopes or series in again)
    return Plan(
        ordered(steps),
        opening=tuple(opened(series, listed.begin) for series in fresh),
        scopes={
            series: (listed.begin, None) if series in fresh else scopes.get(series, (listed.begin, None))
            for series in sorted(found)
        },
        # A span that was asked for once says nothing of the time before it.
        listed={} if rules.span else {rules.log_type: (_sure(listed, now), rules.nodes)},
        only=rules.span,
    )


_LOST = Event(LOST, Series("", ""))


def _sure(listed: Span, now: int | None) -> Span:
    return listed if now is None else Span(listed.begin, max(listed.begin, min(listed.end, now)))


def _examined(series: Series, rules: Rules) -> bool:
    return series.log_type == rules.log_type and (rules.nodes is None or series.node in rules.nodes)
