# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of each day of a series, in runs of days that are alike. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    COLLECTED,
    EMPTY,
    LOST,
    PRUNED,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.summary import Tally
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, ceil_to, floor_to
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, from_iso

HELD, MISSING, PENDING = "held", "missing", "pending"
UNSEEN, QUIET, OUTSIDE = "unseen", "quiet", "outside"

# Of several things that are known of a day, the first of these is told.
WORST = (LOST, MISSING, PENDING, ACCEPTED, PRUNED, HELD, EMPTY)
STATES = (*WORST, UNSEEN, QUIET, OUTSIDE)

# Of several series, a day that nobody looked at is worse than one that is held.
WORST_OF_SEVERAL = (LOST, MISSING, PENDING, ACCEPTED, PRUNED, UNSEEN, HELD, EMPTY, QUIET, OUTSIDE)

_RANK = {state: rank for rank, state in enumerate(STATES)}
_UNKNOWN = len(STATES)
_TOLD = {COLLECTED: HELD}


class Run(NamedTuple):
    """Days that follow each other and are alike."""

    state: str
    days: int


def shown(now: int, days: int) -> Span:
    """Return the span of so many days, the last of which is the day of ``now``."""
    end = floor_to(now, DAY) + DAY
    return Span(end - days * DAY, end)


def leading(rows: Iterable[Sequence[Mapping[str, Any]]]) -> int:
    """Return how many days at the begin of all rows, as the report has them, are out of scope; not all of them."""
    known = [runs[0] for runs in rows if any(run["state"] != OUTSIDE for run in runs)]
    return min((first["days"] if first["state"] == OUTSIDE else 0 for first in known), default=0)


def without(runs: Sequence[Mapping[str, Any]], days: int) -> list[dict[str, Any]]:
    """Return runs, as the report has them, without the first so many days."""
    left = []
    for run in runs:
        rest = max(0, run["days"] - days)
        days -= run["days"] - rest
        left += [{**run, "days": rest}] if rest else []
    return left


def runs(frame: Span, series: Mapping[str, Any], tally: Tally) -> list[Run]:
    """Return every day of ``frame``, whole days, for a series as it is described, and as its units are counted."""
    ranks = [_UNKNOWN] * ((frame.end - frame.begin) // DAY)
    for state, span in _spans(series, tally):
        rank, end = _RANK[state], min(max(span.end, span.begin + 1), frame.end)
        first, last = (max(0, days) for days in ((span.begin - frame.begin) // DAY, -((frame.begin - end) // DAY)))
        ranks[first:last] = [min(known, rank) for known in ranks[first:last]]
    scope = _scope(series)
    looked = series["last_attempt"] or series["last"] or series["since"]
    unlooked = ceil_to(from_iso(looked), DAY) if looked else scope.end
    states = []
    for day, rank in zip(range(frame.begin, frame.end, DAY), ranks):
        if rank != _UNKNOWN:
            states.append(STATES[rank])
        elif Span(day, day + DAY).overlap(scope).empty:
            states.append(OUTSIDE)
        else:
            # Of windows there are gaps instead, which are known.
            states.append(UNSEEN if day >= unlooked else QUIET)
    return [Run(state, len(list(alike))) for state, alike in groupby(states)]


def _spans(series: Mapping[str, Any], tally: Tally) -> Iterator[tuple[str, Span]]:
    for status in (COLLECTED, EMPTY, LOST, PRUNED, ACCEPTED):
        for days in tally.days_of(status):
            yield _TOLD.get(status, status), Span(days.begin * DAY, days.end * DAY)
    for name, state in (("missing", MISSING), ("gaps", MISSING), ("pending", PENDING)):
        for one in series[name]:
            if one["begin"] and one["end"]:
                yield state, Span(from_iso(one["begin"]), from_iso(one["end"]))


def _scope(series: Mapping[str, Any]) -> Span:
    """Return the time in which a series is in scope; empty when only explicit spans of it were collected."""
    begins = [from_iso(series[name]) for name in ("since", "first") if series[name]]
    end = from_iso(series["until"]) if series["until"] else _FOREVER
    return Span(min(begins), end) if series["since"] else Span(_FOREVER, _FOREVER)


_FOREVER = 1 << 62
