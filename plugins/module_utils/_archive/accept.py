# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator can accept of a ledger: losses, breaks of its chain, the end of a series. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    CLOSED,
    EVERY,
    Event,
    Key,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput

LOSS, BREAK, SERIES_END = "loss", "break", "series_end"
WHAT = [LOSS, BREAK, SERIES_END]


class Acceptance(NamedTuple):
    """What is accepted, narrowed to a node, a log type and a unit (None: all), why, and by whom."""

    what: str
    node: str | None
    log_type: str | None
    unit: str | None
    reason: str
    by: str | None

    def names(self, series: Series) -> bool:
        """Tell whether this is about a series."""
        return self.node in (None, series.node) and self.log_type in (None, series.log_type)


def accept(ledger: Ledger, of: Acceptance) -> list[Event]:
    """Return the events that the acceptance takes; none when all of it was accepted before.

    Raises BadInput when there is nothing to accept, and never was.
    """
    if of.what == BREAK:
        events, before = _breaks(ledger), bool(ledger.accepted_breaks)
    elif of.what == LOSS:
        events, before = _losses(ledger, of)
    else:
        events, before = _ends(ledger, of)
    if not events and not before:
        raise BadInput(_NOTHING[of.what], code="nothing_to_accept", hint="log_archive_info shows what there is.")
    return [event._replace(reason=of.reason, by=of.by) for event in events]


_NOTHING = {
    LOSS: "There is no such unit that is lost.",
    BREAK: "The chain of the ledger is not broken.",
    SERIES_END: "There is no such series.",
}


def _breaks(ledger: Ledger) -> list[Event]:
    return [Event(ACCEPTED, Series(EVERY, EVERY), broken=one) for one in ledger.breaks]


def _losses(ledger: Ledger, of: Acceptance) -> tuple[list[Event], bool]:
    units, series = ledger.units, [one for one in ledger.units.series if of.names(one)]
    lost = [event for event in units.lost if event.series in series and of.unit in (None, event.unit)]
    if of.unit is None:
        before = any(units.tally(one).counts[ACCEPTED] for one in series)
    else:
        named = (units.get(Key(one, of.unit)) for one in series)
        before = any(event is not None and event.status == ACCEPTED for event in named)
    return [event._replace(status=ACCEPTED) for event in lost], before


def _ends(ledger: Ledger, of: Acceptance) -> tuple[list[Event], bool]:
    named = {series: scope for series, scope in sorted(ledger.scopes.items()) if of.names(series)}
    going_on = [(series, begin) for series, (begin, end) in named.items() if end is None]
    ends = {series: ledger.units.last(series) for series, _begin in going_on}
    # Of a series of which there never was a unit, that is its begin.
    events = [
        Event(CLOSED, series, begin=begin, end=begin if ends[series] is None else ends[series])
        for series, begin in going_on
    ]
    return events, len(named) > len(going_on)
