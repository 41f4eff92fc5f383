# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of an instance: what it holds, and what it lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.describe import describe, total
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    CLOSED,
    EVERY,
    HOLD,
    PRUNED,
    Event,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso

from ...archives import FIRST, SLOW, Made

EVERYTHING = Chosen()


def told(made: Made, chosen: Chosen = EVERYTHING, limit: int = 100) -> dict[str, Any]:
    """Return what is told of an instance."""
    return describe(survey.holding(str(made.path.parents[3]), made.folder), chosen, limit)


def day(number: int) -> str:
    """Return when a day begins."""
    return iso(FIRST + number * DAY)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A cluster with seven days of one series in scope: held, lost, accepted, pruned, missing, unknown, pending."""
    made = Made(tmp_path)
    made.opened()
    [_held, pruned] = made.collected(0, 3)
    [_lost, known] = made.lost(1, 2)
    made.write(known._replace(status=ACCEPTED, reason="known"), pruned._replace(status=PRUNED))
    units = [
        {"unit": "m", "status": "missing", "begin": day(4), "end": day(5), "reason": "cut", "expires": day(11)},
        {"unit": "p", "status": "pending", "begin": day(6), "end": day(7), "reason": "early", "expires": day(13)},
    ]
    made.noted(last_attempt=iso(FIRST + 6 * DAY + 60), last_success=day(5), units=units)
    return made


def test_everything_of_a_series_is_told(made: Made) -> None:
    one = told(made)
    [series] = one.pop("series")
    assert series == {
        "node": "node-1",
        "log_type": "slow",
        "since": day(0),
        "until": None,
        "by": "package",
        "claim": "every window of the log, as the cloud packaged it",
        "closed": False,
        "last_success": day(5),
        "last_attempt": "2026-03-07T00:01:00Z",
        "counts": {
            **dict.fromkeys(("collected", "lost", "accepted", "pruned", "missing", "pending", "gaps"), 1),
            "empty": 0,
        },
        "bytes": 100,
        "first": day(0),
        "last": day(1),
        "next_loss": day(11),
        "missing": [{"unit": "m", "begin": day(4), "end": day(5), "reason": "cut", "expires": day(11)}],
        "pending": [{"unit": "p", "begin": day(6), "end": day(7), "reason": "early", "expires": day(13)}],
        "lost": [{"unit": "20260302T000000Z_20260303T000000Z", "begin": day(1), "end": day(2), "reason": "too late"}],
        "gaps": [{"begin": day(5), "end": day(6)}],
    }
    assert one == {
        **made.identity,
        "name": None,
        "elsewhere": None,
        "folder": made.folder,
        "head": made.ledger.head,
        "head_at": str(made.ledger.head_at),
        "lines": 7,
        "breaks": [],
        "holds": [],
        **{name: series[name] for name in ("counts", "bytes", "next_loss")},
    }


def test_lists_are_cut_and_counts_are_not(made: Made) -> None:
    [series] = told(made, limit=0)["series"]
    assert [series[name] for name in ("missing", "pending", "lost", "gaps")] == [[], [], [], []]
    assert [series["counts"][name] for name in ("missing", "pending", "lost", "gaps")] == [1, 1, 1, 1]


def test_nothing_is_wanted_of_a_series_that_ended(made: Made) -> None:
    made.write(Event(CLOSED, SLOW, begin=FIRST, end=FIRST + 5 * DAY))
    [series] = told(made)["series"]
    assert (series["closed"], series["until"], series["next_loss"]) == (True, day(5), None)
    assert (series["missing"], series["pending"]) == ([], [])
    assert series["gaps"] == [{"begin": day(4), "end": day(5)}]


def test_without_a_status_the_newest_unit_tells_how_far_a_gap_reaches(tmp_path: Path) -> None:
    made = Made(tmp_path)
    made.opened()
    assert told(made)["series"][0]["gaps"] == []
    made.collected(2)
    assert told(made)["series"][0]["gaps"] == [{"begin": day(0), "end": day(2)}]


def test_of_logs_that_come_only_with_traffic_no_gap_is_claimed(tmp_path: Path) -> None:
    made = Made(tmp_path, provider="dds")
    audit = Series("node-1", "audit")
    made.opened(audit)
    made.collected(0, 4, series=audit)
    made.noted(audit, last_attempt=day(9))
    assert told(made)["counts"]["gaps"] == 0


def test_exports_count_by_the_day_of_their_folder(tmp_path: Path) -> None:
    made = Made(tmp_path, provider="dds")
    made.exported(2, 5)
    [series] = told(made)["series"]
    assert (series["first"], series["last"], series["since"], series["bytes"]) == (day(2), day(6), None, 200)


def test_series_are_told_as_chosen_and_added_up(made: Made) -> None:
    made.collected(0, 1, series=Series("node-2", "error"))
    both, one = told(made), told(made, Chosen(log_types=("error",)))
    assert [series["node"] for series in both["series"]] == ["node-1", "node-2"]
    assert [series["node"] for series in one["series"]] == ["node-2"]
    assert (both["counts"]["collected"], one["counts"]["collected"]) == (3, 2)
    assert (both["bytes"], one["bytes"]) == (300, 200)
    assert (both["next_loss"], one["next_loss"]) == (day(11), None)
    assert total([both, one])["bytes"] == 500
    assert total([])["counts"]["lost"] == 0


def test_holds_and_breaks_are_told(made: Made) -> None:
    made.write(Event(HOLD, Series(EVERY, "slow"), begin=FIRST, end=FIRST + DAY, reason="case"))
    made.altered(1)
    one = told(made)
    assert one["holds"] == [{"node": "*", "log_type": "slow", "begin": day(0), "end": day(1), "reason": "case"}]
    assert one["breaks"] == ["ledger-2026-03.jsonl line 3 does not follow from the line before it"]


@pytest.mark.parametrize(
    "field", [{"last_attempt": "noon"}, {"units": [{"status": "missing", "unit": "x", "begin": 7, "end": 8}]}]
)
def test_a_status_that_cannot_be_read_counts_as_lost(made: Made, field: dict[str, Any]) -> None:
    made.noted(**field)
    [series] = told(made)["series"]
    assert (series["last_attempt"], series["counts"]["missing"], series["counts"]["collected"]) == (None, 0, 1)
