# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an archive holds of an instance and what it lacks, as plain data for results, reports and metrics. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.claims import claim_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    COLLECTED,
    EMPTY,
    LOST,
    PRUNED,
    Event,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import span_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, subtract
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso, iso_or_none

MISSING, PENDING, GAPS = "missing", "pending", "gaps"

COUNTED = (COLLECTED, EMPTY, LOST, ACCEPTED, PRUNED, MISSING, PENDING, GAPS)


def describe(held: Holding, chosen: Chosen, limit: int) -> dict[str, Any]:
    """Return what is known of an instance and its chosen series. Lists of units hold at most ``limit``, counts count all."""
    ledger = held.ledger
    lost: dict[Series, list[Event]] = {}
    for event in ledger.units.lost:
        lost.setdefault(event.series, []).append(event)
    known = ledger.series | held.status.series.keys()
    series = [_series(held, one, lost.get(one, ()), limit) for one in sorted(known) if chosen.has(one)]
    return {
        **held.identity,
        "name": held.status.name or None,
        "folder": held.folder,
        "elsewhere": held.status.elsewhere.get("url"),
        "head": ledger.head,
        "head_at": str(ledger.head_at) if ledger.head_at else None,
        "lines": ledger.lines,
        "breaks": [str(one) for one in ledger.breaks],
        "holds": [
            {**hold.series._asdict(), "begin": iso(hold.span.begin), "end": iso(hold.span.end), "reason": reason}
            for hold, reason in sorted(ledger.legal_holds.items())
        ],
        **total(series),
        "series": series,
    }


def total(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the counts, the bytes and the next loss of series, or of instances, together."""
    counts, size, expires = dict.fromkeys(COUNTED, 0), 0, []
    for part in parts:
        size += part["bytes"]
        expires += [part["next_loss"]] if part["next_loss"] else []
        for name in COUNTED:
            counts[name] += part["counts"][name]
    return {"counts": counts, "bytes": size, "next_loss": min(expires, default=None)}


def _series(held: Holding, series: Series, lost: Sequence[Event], limit: int) -> dict[str, Any]:
    entry, units_of = held.status.series.get(series, {}), held.ledger.units
    tally, bounds = units_of.tally(series), units_of.bounds(series)
    since, until = held.ledger.scopes.get(series, (None, None))
    # Nothing is wanted any more of a series that ended.
    noted = held.status.units(series) if until is None else []
    gaps: list[Span] = []
    claim = claim_of(held.identity, series, held.ledger, timed=since is None and tally.timed)
    if since is not None and claim.windowed:
        last = bounds.end if bounds else since
        end = (held.status.last_attempt(series) or last) if until is None else until
        known = [*units_of.known(series), *filter(None, map(span_of, noted))]
        gaps = subtract(Span(since, end), known)
    units = {kind: [one for one in noted if one["status"] == kind] for kind in (MISSING, PENDING)}
    statuses = Counter(tally.counts)
    statuses.update({**{kind: len(found) for kind, found in units.items()}, GAPS: len(gaps)})
    return {
        **series._asdict(),
        "by": claim.by,
        "claim": claim.text,
        "since": iso_or_none(since),
        "until": iso_or_none(until),
        "closed": until is not None,
        "last_success": entry.get("last_success"),
        "last_attempt": entry.get("last_attempt"),
        "counts": {name: statuses[name] for name in COUNTED},
        "bytes": tally.size,
        "first": iso(bounds.begin) if bounds else None,
        "last": iso(bounds.end) if bounds else None,
        "next_loss": min((one["expires"] for one in noted if one.get("expires")), default=None),
        **{kind: [_noted(one) for one in found[:limit]] for kind, found in units.items()},
        "lost": [_lost(event) for event in lost[:limit]],
        "gaps": [{"begin": iso(gap.begin), "end": iso(gap.end)} for gap in gaps[:limit]],
    }


def _lost(event: Event) -> dict[str, Any]:
    begin, end = iso_or_none(event.begin), iso_or_none(event.end)
    return {"unit": event.unit, "begin": begin, "end": end, "reason": event.reason}


def _noted(unit: Mapping[str, Any]) -> dict[str, Any]:
    return {name: unit.get(name) for name in ("unit", "begin", "end", "reason", "expires")}
