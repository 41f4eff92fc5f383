# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics are what Prometheus takes, and the rules that ship make the alerts that they promise."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import CLOSED, OPENED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.metrics import METRICS, metrics
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, from_iso, iso
from ansible_collections.clouddb.mongodb_logs.tests.tools.programs import needed

from ...archives import FIRST, SLOW, Made
from .conftest import HOSTILE, NOW, Report, complete, day, unit

RULES = Path(__file__).parents[4] / "docs" / "alerts" / "mongodb_logs.rules.yml"
LABELS = 'provider="umongodb",region="cn-bj2",project="default",instance="uclmongo-1"'


def values(found: dict[str, Any], name: str) -> dict[str, float]:
    """Return the samples of a metric by their labels but that of the archive, which each of them has."""
    rows = re.findall(rf"^mongodb_logs_{name}{{(.*)}} (\S+)$", metrics(found), re.MULTILINE)
    archive = re.compile(rf',?archive="{re.escape(found["archive"])}"')
    assert all(archive.search(labels) for labels, _value in rows)
    return {archive.sub("", labels): float(value) for labels, value in rows}


def promtool(*arguments: str, text: str = "") -> None:
    done = subprocess.run(
        [needed("promtool"), *arguments], input=text, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A cluster with something of everything that there are metrics of."""
    made = Made(tmp_path)
    complete(made, until=5)
    made.noted(last_attempt=iso(NOW), last_success=day(6), units=[unit(5, "missing"), unit(7, "pending")])
    return made


def test_promtool_takes_the_metrics(made: Made, tmp_path: Path, report: Report) -> None:
    hostile = Made(tmp_path, HOSTILE + "\\\n")
    hostile.write(Event(OPENED, SLOW, begin=FIRST))
    found = report()
    found["instances"][0]["run"] = {"seconds": 12.5, "throttled_seconds": 0, "calls": 3, "bytes": 9}
    text = metrics(found)
    promtool("check", "metrics", text=text)
    assert {name for name in METRICS if f"# TYPE mongodb_logs_{name} gauge\n" in text} == set(METRICS)
    assert "alert('\\\"1&')</script>\\\\\\n" in text


def test_each_metric_of_a_type_is_that_of_all_nodes(made: Made, report: Report) -> None:
    other = Series("node-2", "slow")
    made.write(Event(OPENED, other, begin=FIRST))
    made.noted(other, last_attempt=iso(NOW), last_success=day(7), units=[unit(4, "missing")])
    found, of_type = report(), LABELS + ',log_type="slow"'
    assert values(found, "report_timestamp_seconds") == {"": NOW}
    assert values(found, "last_success_timestamp_seconds") == {of_type: from_iso(day(6))}
    assert values(found, "oldest_missing_timestamp_seconds") == {of_type: FIRST}  # a gap of the second node
    assert values(found, "next_loss_timestamp_seconds") == {of_type: FIRST + 11 * DAY}
    assert values(found, "held_bytes") == {of_type: 500}
    units = values(found, "units")
    assert units[f'{of_type},status="collected"'] == 5
    assert units[f'{of_type},status="missing"'] == 2
    assert values(found, "ledger_info") == {f'{LABELS},head="{made.ledger.head[:12]}"': 1}
    assert values(found, "ledger_lines") == {LABELS: made.ledger.lines}
    assert values(found, "ledger_breaks") == {LABELS: 0}
    made.altered(1)
    assert values(report(), "ledger_breaks") == {LABELS: 1}


def test_the_files_of_two_archives_have_no_series_in_common(made: Made, report: Report) -> None:
    found = report()
    one, other = (metrics({**found, "archive": archive}).splitlines() for archive in ("/srv/one", "/srv/other"))
    assert {line for line in one if line in other} == {line for line in one if line.startswith("#")}
    assert all('archive="/srv/one"' in line for line in one if not line.startswith("#"))


def test_what_the_last_run_took_is_told_when_its_status_tells(made: Made, report: Report) -> None:
    assert values(report(), "last_run_seconds") == {}
    status = made.status
    status.run = {"seconds": 12.5, "calls": "many"}
    status.save(NOW, made.ledger.head)
    assert values(report(), "last_run_seconds") == {LABELS: 12.5}
    assert values(report(), "last_run_calls") == {}


def test_no_success_yet_is_told_as_0_and_an_end_as_nothing(tmp_path: Path, report: Report) -> None:
    made = Made(tmp_path)
    made.opened()
    assert list(values(report(), "last_success_timestamp_seconds").values()) == [0]
    made.write(Event(CLOSED, SLOW, begin=FIRST, end=FIRST))
    assert values(report(), "last_success_timestamp_seconds") == {}
    assert values(report(), "oldest_missing_timestamp_seconds") == {}


def test_the_rules_make_the_alerts_that_they_promise(tmp_path: Path) -> None:
    promtool("check", "rules", str(RULES))
    shutil.copy(RULES, tmp_path / "rules.yml")
    shutil.copy(Path(__file__).parent / "alerts_test.yml", tmp_path)
    promtool("test", "rules", str(tmp_path / "alerts_test.yml"))


def test_the_rules_name_metrics_that_there_are() -> None:
    named = set(re.findall(r"mongodb_logs_(\w+)", RULES.read_text("utf-8").split("rules:", 1)[1]))
    assert named
    assert named <= set(METRICS)
