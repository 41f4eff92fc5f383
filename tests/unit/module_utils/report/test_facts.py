# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The alerts of a report, its verdict, what of it is urgent, and that it is as its schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    CLOSED,
    EVERY,
    HOLD,
    OPENED,
    Event,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report import facts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, iso

from ...archives import FIRST, SLOW, Made
from .conftest import FRAME, NOW, Report, complete, day, unit

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "schemas" / "report.schema.json").read_text("utf-8"))


def kinds(found: dict[str, Any]) -> list[str]:
    return [alert["kind"] for one in found["instances"] for alert in one["alerts"]]


def urgent(found: dict[str, Any], before: dict[str, Any] | None = None) -> str | None:
    return facts.urgent(found, facts.alerts(found, before))


def test_a_complete_archive(tmp_path: Path, report: Report) -> None:
    complete(Made(tmp_path))
    found = report()
    assert found["verdict"]["state"] == found["instances"][0]["state"] == "complete"
    assert found["verdict"]["sentence"] == (
        "Complete: nothing was missing when the collection last looked, at 2026-03-08T00:01:00Z or later."
    )
    assert (kinds(found), urgent(found)) == ([], None)


def test_an_archive_of_explicit_spans_alone_has_no_last_look(tmp_path: Path, report: Report) -> None:
    Made(tmp_path).collected(1)
    assert report()["verdict"]["sentence"] == "Complete: nothing was missing when the collection last looked."


def test_an_empty_archive(report: Report) -> None:
    found = report()
    assert found["verdict"]["state"] == "nothing"
    assert urgent(found, found) == found["verdict"]["sentence"]


def test_what_is_missing_is_told_with_the_time_until_when_it_can_be_had(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    complete(made, until=5)
    units = [unit(5, "missing", "a fault."), unit(6, "missing"), unit(7, "pending")]
    made.noted(last_attempt=iso(NOW), last_success=day(5), units=units)
    found = report()
    assert kinds(found) == ["missing"]
    assert found["verdict"]["sentence"] == (
        "Missing: 2 units of 1 instance are not held yet; the first can be had until 2026-03-13T00:00:00Z."
    )
    [alert] = facts.alerts(found, None)
    assert alert["sentence"] == (
        "node-1 slow of uclmongo-1: 2 units are not held, and can be had until 2026-03-13T00:00:00Z,"
        " first 2026-03-06T00:00:00Z to 2026-03-07T00:00:00Z: a fault."
    )
    assert (alert["until"], alert["units"], alert["new"], urgent(found)) == (day(12), 2, False, None)


@pytest.mark.parametrize(
    ("hours", "kind", "words"),
    [(24, "expiring", "can be had until"), (25, "missing", "can be had until"), (0, "expiring", "could be had")],
)
def test_what_can_be_had_for_a_day_at_most_is_urgent(
    tmp_path: Path, report: Report, hours: int, kind: str, words: str
) -> None:
    made = Made(tmp_path)
    complete(made)
    late = {**unit(6, "missing"), "expires": iso(NOW + hours * HOUR)}
    made.noted(last_attempt=iso(NOW), last_success=iso(NOW), units=[late, unit(7, "pending")])
    found = report()
    assert kinds(found) == [kind]
    assert words in found["instances"][0]["alerts"][0]["sentence"]
    # It stays urgent until it is collected or lost.
    assert bool(urgent(found, found)) == (kind == "expiring")


def test_what_is_pending_is_urgent_when_nobody_comes_for_it(tmp_path: Path, report: Report) -> None:
    complete(Made(tmp_path), until=1)
    found = report()
    assert kinds(found) == ["expiring", "stalled"]
    assert "could" not in (urgent(found) or "")
    assert "until 2026-03-09T00:00:00Z" in (urgent(found) or "")


def test_what_is_missing_without_a_time_can_be_had_as_long_as_it_is_there(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path, provider="dds")
    made.opened()
    one = {"unit": "a", "status": "missing", "begin": None, "end": None, "reason": None, "expires": None}
    made.noted(last_attempt=iso(NOW), last_success=iso(NOW), units=[one])
    found = report()
    assert found["instances"][0]["alerts"][0]["sentence"].endswith("as long as the cloud has it, first a.")
    assert found["verdict"]["sentence"] == "Missing: 1 unit of 1 instance is not held yet."


def test_a_gap_is_missing(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    made.opened()
    made.collected(0, 1, 3, 4, 5, 6)
    made.noted(last_attempt=day(7), last_success=day(7))
    [alert] = facts.alerts(report(), None)
    assert (alert["kind"], alert["units"]) == ("missing", 1)
    assert "first 2026-03-03T00:00:00Z to 2026-03-04T00:00:00Z: no run knows of it." in alert["sentence"]


def test_a_loss_is_urgent_once_and_told_until_it_is_accepted(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    complete(made)
    [first] = made.lost(-3)
    before = report()
    assert before["verdict"]["state"] == "lost"
    assert "1 unit of 1 instance can never be had any more" in before["verdict"]["sentence"]
    assert "first 2026-02-26T00:00:00Z to 2026-02-27T00:00:00Z: too late." in (urgent(before) or "")
    assert urgent(report(), before) is None
    [second] = made.lost(-2)
    assert urgent(report(), before) is not None
    made.write(*(one._replace(status=ACCEPTED, reason="known") for one in (first, second)))
    assert (report()["verdict"]["state"], urgent(report(), before)) == ("complete", None)


def test_a_break_is_urgent_once_and_goes_before_everything(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    complete(made, until=4)
    made.lost(-3)
    made.altered(1)
    found = report()
    assert kinds(found) == ["broken", "lost", "stalled"]
    assert found["verdict"]["state"] == "broken"
    assert [part.split(":")[0] for part in found["verdict"]["parts"]] == ["Broken", "Lost", "Stalled"]
    assert (urgent(found) or "").endswith("There is 1 more alert like this.")
    assert urgent(found, found) is None


@pytest.mark.parametrize(("hours", "late"), [(26, False), (27, True)])
def test_an_instance_is_stalled_after_so_long_without_success(
    tmp_path: Path, report: Report, hours: int, late: bool
) -> None:
    made = Made(tmp_path)
    complete(made)
    made.noted(last_success=iso(NOW - hours * HOUR))
    assert kinds(report()) == (["stalled"] if late else [])


def test_a_series_that_never_had_success_is_stalled(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path, provider="dds")
    made.opened()
    assert "Stalled: 1 instance had no success yet." in report()["verdict"]["sentence"]
    made.write(Event(CLOSED, SLOW, begin=FIRST, end=FIRST + DAY))
    assert report()["verdict"]["state"] == "complete"


def test_many_urgent_alerts_are_counted(tmp_path: Path, report: Report) -> None:
    for name in ("a", "b", "c"):
        Made(tmp_path, name).lost(1)
    assert (urgent(report()) or "").endswith("There are 2 more alerts like this.")


def test_a_report_is_as_its_schema_says(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    complete(made, until=2)
    made.lost(3)
    made.altered(1)
    made.write(Event(HOLD, Series(EVERY, EVERY), begin=FIRST, end=FIRST + DAY, reason="a lawsuit"))
    made.write(Event(OPENED, Series("node-2", "error"), begin=FIRST))
    made.noted(Series("node-2", "error"), last_attempt=day(3), units=[unit(2, "missing")])
    Made(tmp_path, "other", "dds").exported(1)
    found = json.loads(json.dumps(report()))
    assert {"broken", "lost", "expiring", "missing", "stalled"} >= set(kinds(found)) >= {"broken", "lost", "stalled"}
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    assert list(validator.iter_errors(found)) == []
    assert list(validator.iter_errors({**found, "more": 1})) != []
    del found["instances"][0]["series"][0]["days"]
    assert list(validator.iter_errors(found)) != []


def test_nothing_but_the_time_of_a_report_passes_within_a_day(tmp_path: Path, report: Report) -> None:
    complete(Made(tmp_path))
    first, second = report(), report(FRAME._replace(now=NOW + HOUR))
    assert first != second
    assert facts.lasting(first) == facts.lasting(second) != facts.lasting(report(FRAME._replace(now=NOW + DAY)))
    assert facts.lasting(None) is None


def test_a_report_is_compared_in_a_line_an_instance(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    complete(made)
    Made(tmp_path, "none").opened()
    lines = facts.lines(report()).splitlines()
    assert lines[1] == f"{Made(tmp_path, 'none').folder}: stalled; no units; head {Made(tmp_path, 'none').ledger.head}"
    assert lines[2] == f"{made.folder}: complete; 7 collected, 1 pending; head {made.ledger.head}"
    assert facts.lines(None) == ""
