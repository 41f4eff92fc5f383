# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The map of the page: a row an instance, and within it a row a series; what is known of each day, in colour, sign and words.

The signs are in every fixed-width font, so that each is as wide as a day. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import ACCEPTED, EMPTY, LOST, PRUNED
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.days import (
    HELD,
    MISSING,
    OUTSIDE,
    PENDING,
    QUIET,
    STATES,
    UNSEEN,
    WORST_OF_SEVERAL,
    Run,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.text import day, label, month, safe, timed
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, from_iso, iso


class Look(NamedTuple):
    """How a state looks: the class of its style, its sign, its name, and what it means."""

    style: str
    sign: str
    name: str
    meaning: str


LOOKS = {
    HELD: Look("h", "+", "held", "in the archive"),
    EMPTY: Look("e", "·", "empty", "nothing was logged"),
    PENDING: Look("p", ":", "pending", "cannot be had yet"),
    MISSING: Look("m", "!", "missing", "can be had, not held"),
    LOST: Look("l", "x", "lost", "gone for ever"),
    ACCEPTED: Look("a", "o", "accepted", "lost, and somebody said why"),
    PRUNED: Look("r", "-", "pruned", "removed when its time was over"),
    UNSEEN: Look("u", "?", "not looked at", "no run has looked since"),
    QUIET: Look("q", "~", "not claimed", "no log was offered"),
    OUTSIDE: Look("o", " ", "out of scope", "not to be collected"),
}

# The days of which are told by date; of the others it is enough to know how many there are.
_DATED = (LOST, MISSING, ACCEPTED, UNSEEN)
_MOST_DATES = 3


def legend() -> str:
    """Return what the signs and colours mean."""
    rows = (
        f"<li>{_run(Run(state, 1))} <b>{safe(look.name)}</b> {safe(look.meaning)}</li>" for state, look in LOOKS.items()
    )
    return f'<ul class="legend">{"".join(rows)}</ul>'


def claims(instances: Sequence[Mapping[str, Any]]) -> str:
    """Return what is claimed of the series that are collected in each of the ways."""
    ways = {one["by"]: one["claim"] for instance_ in instances for one in instance_["series"]}
    rows = (f"<li><b>by {safe(by)}</b> {safe(ways[by])}</li>" for by in sorted(ways))
    return f'<ul class="claims">{"".join(rows)}</ul>' if ways else ""


def axis(first: str, count: int) -> str:
    """Return the months above the strips."""
    begin = from_iso(f"{first}T00:00:00Z")
    days = [iso(begin + number * DAY) for number in range(count)]
    months = ((alike[0], len(alike)) for _month, alike in ((name, list(group)) for name, group in groupby(days, month)))
    # A month of which few days are shown has no room for its name.
    cells = (f"<i style=--n:{length}>{month(day_) if length > 3 else ''}</i>" for day_, length in months)
    return f'<div class="row axis" aria-hidden="true"><span></span><span class="strip">{"".join(cells)}</span><span></span></div>'


def instance(one: Mapping[str, Any], number: int, first: str) -> str:
    """Return the rows of an instance, folded up when it is complete."""
    rows = "".join(_series(series, first) for series in one["series"])
    runs = _together([_runs(series) for series in one["series"]])
    where = " · ".join(one[name] for name in ("provider", "region", "project"))
    return (
        f'<details id="i{number}"{"" if one["state"] == "complete" else " open"}>'
        f'<summary class="row"><span class="who"><b>{label(one)}</b> <small>{safe(where)}</small></span>'
        f'{_strip(runs)}<span class="words"><span class="state {safe(one["state"])}">{safe(one["state"])}</span> '
        f"{_in_words(runs, first)}</span></summary>"
        f'<table role=table><caption class="hidden">{safe(one["name"] or one["instance"])}, its nodes and types of log</caption>{_HEAD}'
        f"<tbody role=rowgroup>{rows}</tbody></table></details>\n"
    )


# The roles are said as well, because what is no longer displayed as a table is not read as one by all.
_HEAD = (
    '<thead role=rowgroup class="hidden"><tr role=row><th role=columnheader scope="col">Node and type</th>'
    '<th role=columnheader scope="col">Days</th></tr></thead>'
)


def _series(one: Mapping[str, Any], first: str) -> str:
    runs = _runs(one)
    loss = f"; can be had until {one['next_loss']}" if one["next_loss"] and one["missing"] else ""
    ended = f"; ended at {one['until']}" if one["closed"] else ""
    return (
        f'<tr role=row class="row"><th role=rowheader scope="row">{safe(one["node"])} '
        f"<span>{safe(one['log_type'])}, by {safe(one['by'])}</span></th>"
        f'<td aria-hidden="true">{_strip(runs)}</td>'
        f'<td role=cell class="words">{_in_words(runs, first)}{timed(loss + ended)}</td></tr>\n'
    )


def _runs(series: Mapping[str, Any]) -> list[Run]:
    return [Run(**run) for run in series["days"]]


def _together(rows: Sequence[Sequence[Run]]) -> list[Run]:
    """Return of each day what is worst in any of the rows."""
    rank = WORST_OF_SEVERAL.index
    columns = zip(*(chain.from_iterable([rank(run.state)] * run.days for run in runs) for runs in rows))
    return [Run(WORST_OF_SEVERAL[worst], len(list(alike))) for worst, alike in groupby(map(min, columns))]


def _strip(runs: Sequence[Run]) -> str:
    return f'<span class="strip" aria-hidden="true">{"".join(map(_run, runs))}</span>'


def _run(run: Run) -> str:
    look = LOOKS[run.state]
    return f"<i class={look.style} style=--n:{run.days}>{look.sign * run.days}</i>"


def _in_words(runs: Sequence[Run], first: str) -> str:
    """Return what a strip shows."""
    counts: Counter[str] = Counter()
    dates: dict[str, list[str]] = {}
    for run, begin, last in _dated(runs, first):
        counts[run.state] += run.days
        dates.setdefault(run.state, []).append(begin if run.days == 1 else f"{begin} to {last}")
    parts = []
    for state in sorted(counts.keys() - {OUTSIDE}, key=STATES.index):
        text = f"{counts[state]} {LOOKS[state].name}"
        if state in _DATED:
            more = len(dates[state]) - _MOST_DATES
            text += f" ({', '.join(dates[state][:_MOST_DATES])}{f' and {more} more times' if more > 0 else ''})"
        parts.append(text)
    return safe(", ".join(parts) or "out of scope")


def _dated(runs: Sequence[Run], first: str) -> Iterator[tuple[Run, str, str]]:
    begin = from_iso(f"{first}T00:00:00Z")
    for run in runs:
        end = begin + run.days * DAY
        yield run, day(iso(begin)), day(iso(end - DAY))
        begin = end
