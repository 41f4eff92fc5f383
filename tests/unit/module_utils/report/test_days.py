# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of each day of a series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    CLOSED,
    COLLECTED,
    EMPTY,
    LOST,
    OPENED,
    PRUNED,
    Event,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.units import Units
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report import days
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, iso
from hypothesis import given
from hypothesis import strategies as st

from ...archives import FIRST, SLOW, Made
from .conftest import FRAME, NOW, Report, complete, day, unit

STATUSES = {COLLECTED: "held", EMPTY: "empty", LOST: "lost", ACCEPTED: "accepted", PRUNED: "pruned"}


def states(found: dict[str, Any], series: int = 0) -> list[str]:
    """Return the state of every day of the first instance's series; those before the map begins are out of scope."""
    told = [run["state"] for run in found["instances"][0]["series"][series]["days"] for _day in range(run["days"])]
    return ["outside"] * (FRAME.days - len(told)) + told


def test_the_map_begins_where_the_archive_does(tmp_path: Path, report: Report) -> None:
    complete(Made(tmp_path))
    found = report()
    assert (found["first_day"], found["last_day"]) == (day(0)[:10], day(7)[:10])
    assert [sum(run["days"] for run in one["days"]) for one in found["instances"][0]["series"]] == [8]
    Made(tmp_path, "earlier").lost(-1)
    assert report()["first_day"] == day(-1)[:10]


def test_each_state_of_a_window_is_told_at_its_day(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    made.opened()
    [_held, pruned] = made.collected(0, 3)
    [_lost, known] = made.lost(1, 2)
    made.write(known._replace(status=ACCEPTED, reason="known"), pruned._replace(status=PRUNED))
    made.write(Event(EMPTY, SLOW, "none", FIRST + 4 * DAY, FIRST + 5 * DAY))
    made.noted(last_attempt=day(7), units=[unit(5, "missing"), unit(7, "pending")])
    assert states(report()) == [
        *("outside", "outside", "held", "lost", "accepted", "pruned", "empty", "missing", "missing", "pending"),
    ]  # the last but one is a gap: no run noted it


def test_days_after_the_last_look_are_told_as_such(tmp_path: Path, report: Report) -> None:
    complete(Made(tmp_path), until=4)
    assert states(report())[-4:] == ["pending", "unseen", "unseen", "unseen"]


@pytest.mark.parametrize("attempt", [None, FIRST + 3 * DAY])
def test_without_a_status_the_newest_unit_stands_for_the_last_look(
    tmp_path: Path, report: Report, attempt: int | None
) -> None:
    made = Made(tmp_path)
    made.opened()
    made.collected(0, 1, 2)
    if attempt:
        made.noted(last_attempt=iso(attempt))
    assert states(report()) == ["outside"] * 2 + ["held"] * 3 + ["unseen"] * 5


def test_quiet_time_of_listed_logs_is_no_gap(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path, provider="dds")
    audit = Series("node-1", "audit")
    made.write(Event(OPENED, audit, begin=FIRST), Event(COLLECTED, audit, "a", FIRST + DAY, FIRST + DAY + HOUR, "a", 1))
    made.noted(audit, last_attempt=iso(NOW), last_success=iso(NOW))
    assert states(report()) == ["outside"] * 2 + ["quiet", "held"] + ["quiet"] * 6
    made.write(Event(CLOSED, audit, begin=FIRST, end=FIRST + 3 * DAY))
    assert states(report())[-6:] == ["quiet"] + ["outside"] * 5


def test_an_explicit_span_alone_is_in_no_scope(tmp_path: Path, report: Report) -> None:
    Made(tmp_path).collected(3)
    assert states(report()) == ["outside"] * 5 + ["held"] + ["outside"] * 4


def test_an_export_is_told_at_the_day_when_it_was_filed(tmp_path: Path, report: Report) -> None:
    Made(tmp_path, provider="dds").exported(2)
    assert states(report())[4] == "held"


described = {"since": None, "until": None, "first": None, "last": None, "last_attempt": None}
units = st.lists(st.tuples(st.sampled_from(sorted(STATUSES)), st.integers(-50, 300), st.integers(0, 100)), max_size=12)


@given(units=units, missing=units, count=st.integers(1, 12))
def test_of_each_day_the_worst_is_told(
    units: list[tuple[str, int, int]], missing: list[tuple[str, int, int]], count: int
) -> None:
    frame = days.shown(FIRST + 9 * DAY, count)
    events = [
        Event(status, SLOW, str(number), FIRST + begin * HOUR, FIRST + (begin + length) * HOUR)
        for number, (status, begin, length) in enumerate(units)
    ]
    spans = [Span(FIRST + begin * HOUR, FIRST + (begin + length) * HOUR) for _status, begin, length in missing]
    noted = [{"begin": iso(span.begin), "end": iso(span.end)} for span in spans]
    series = {**described, "missing": noted, "gaps": [], "pending": []}
    found = [run.state for run in days.runs(frame, series, Units(events).tally(SLOW)) for _day in range(run.days)]
    expected = []
    for begin in range(frame.begin, frame.end, DAY):
        known = [("missing", span) for span in spans] + [
            (STATUSES[event.status], Span(event.begin or 0, event.end or 0)) for event in events
        ]
        # What takes no time counts at its instant.
        there = {state for state, span in known if span.begin < begin + DAY and max(span.end, span.begin + 1) > begin}
        expected.append(min(there, key=days.WORST.index, default="outside"))
    assert found == expected
