# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log_archive_report``: three files of what an archive holds and lacks, and what of it is urgent."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import ACCEPTED
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, iso

from ..archives import FIRST, Made
from ..running import run_module

NOW = FIRST + 3 * DAY + 9 * HOUR
FILES = {"report.html", "report.json", "mongodb_logs.prom"}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A complete archive of a cluster, early on the fourth day."""
    monkeypatch.setattr(time, "time", lambda: NOW)
    made = Made(tmp_path / "archive")
    made.opened()
    made.collected(0, 1, 2)
    at, span = iso(FIRST + 3 * DAY), {"begin": iso(FIRST + 3 * DAY), "end": iso(FIRST + 4 * DAY)}
    pending = {"unit": "p", "status": "pending", "reason": "not over", "expires": iso(FIRST + 10 * DAY), **span}
    made.noted(last_attempt=at, last_success=at, units=[pending])
    return made


def report(made: Made, *, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
    """Run the module, which never writes to the archive."""
    archive, before = made.path.parents[3], made.snapshot()
    given = {"archive": str(archive), "dest": str(archive.parent / "to" / "report"), **options}
    result = run_module("log_archive_report", given, check=check, diff=diff)
    assert made.snapshot() == before
    return result


def written(made: Made) -> dict[str, bytes]:
    folder = made.path.parents[3].parent / "to" / "report"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_check_mode_says_what_the_run_then_does(made: Made) -> None:
    planned = report(made, check=True, diff=True)
    assert not (made.path.parents[3].parent / "to").exists()
    assert planned == report(made, diff=True)
    assert (planned["changed"], planned["urgent"], planned["alerts"]) == (True, None, [])
    assert planned["verdict"]["state"] == "complete"
    assert planned["diff"]["before"] == ""
    assert planned["diff"]["after"].startswith("Complete: ")
    assert set(written(made)) == FILES == {Path(path).name for path in planned["paths"].values()}
    for check in (True, False):
        again = report(made, check=check, diff=True)
        assert not again["changed"]
        assert again["diff"]["before"] == again["diff"]["after"] == planned["diff"]["after"]


def test_the_files_are_made_anew_though_nothing_changed(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    report(made)
    before = written(made)
    monkeypatch.setattr(time, "time", lambda: NOW + HOUR)
    assert not report(made, check=True)["changed"]
    assert written(made) == before
    assert not report(made)["changed"]
    after = written(made)
    assert json.loads(after["report.json"]) == {**json.loads(before["report.json"]), "at": iso(NOW + HOUR)}
    assert all(after[name] != before[name] for name in FILES)
    monkeypatch.setattr(time, "time", lambda: NOW + DAY)
    assert report(made)["changed"]


def test_a_change_of_the_archive_is_one_of_the_report(made: Made) -> None:
    report(made)
    made.lost(-1)
    result = report(made, diff=True)
    assert result["changed"]
    assert result["verdict"]["state"] == "lost"
    assert result["diff"]["before"] != result["diff"]["after"]


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_that_is_gone_is_a_change(made: Made, name: str) -> None:
    paths = {Path(path).name: Path(path) for path in report(made)["paths"].values()}
    paths[name].unlink()
    assert report(made, check=True)["changed"]
    assert report(made)["changed"]
    assert not report(made)["changed"]


def test_modes_are_the_ones_given(made: Made) -> None:
    before = os.umask(0o077)
    try:
        folder = Path(report(made, mode="0644")["paths"]["html"]).parent
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o7777 == 0o755
    assert {path.stat().st_mode & 0o7777 for path in folder.iterdir()} == {0o644}
    assert not report(made, mode="0644", owner=str(os.getuid()), group=str(os.getgid()))["changed"]
    assert report(made, mode="0600", check=True)["changed"]
    assert report(made, mode="0600")["changed"]
    assert {path.stat().st_mode & 0o7777 for path in folder.iterdir()} == {0o600}


def test_a_loss_is_urgent_in_the_first_report_that_has_it(made: Made) -> None:
    report(made)
    [lost] = made.lost(-1)
    for check in (True, False):
        result = report(made, check=check)
        assert result["urgent"].startswith("node-1 slow of uclmongo-1: 1 unit can never be had any more")
        assert [(alert["kind"], alert["new"]) for alert in result["alerts"]] == [("lost", True)]
    result = report(made)
    assert (result["urgent"], [alert["new"] for alert in result["alerts"]]) == (None, [False])
    made.write(lost._replace(status=ACCEPTED, reason="known"))
    assert report(made)["alerts"] == []


def test_a_ledger_that_was_cut_since_the_report_before_is_broken_until_it_is_whole_again(made: Made) -> None:
    assert report(made)["verdict"]["state"] == "complete"
    [path] = made.path.glob("ledger-*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    made.collected(4)
    cut = report(made)
    assert cut["verdict"]["state"] == "broken"
    assert "no longer has the head that the report of" in str(cut["urgent"])
    again = report(made)
    assert (again["verdict"]["state"], [alert["new"] for alert in again["alerts"] if alert["kind"] == "broken"]) == (
        "broken",
        [False],
    )
    path.write_bytes(whole)
    assert report(made)["verdict"]["state"] == "complete"


def test_an_instance_that_cannot_be_read_hides_no_other(made: Made) -> None:
    other = Made(made.path.parents[3], "uclmongo-2")
    (other.path / "ledger-2026-03.jsonl").mkdir()
    result = report(made)
    assert (result["verdict"]["state"], result["counts"]["collected"]) == ("broken", 3)
    assert "uclmongo-2" in str(result["urgent"])


def test_a_run_that_failed_is_told_though_nothing_is_missing(made: Made) -> None:
    status = made.status
    status.run = {"failure": {"code": "299", "message": "It was refused.", "hint": "Grant it."}}
    status.save(NOW, made.ledger.head)
    result = report(made)
    assert (result["verdict"]["state"], result["urgent"]) == ("failing", None)
    assert result["verdict"]["sentence"] == "Failing: the last run over 1 instance failed."
    [alert] = result["alerts"]
    assert (alert["kind"], alert["hint"]) == ("failing", "Grant it.")
    assert alert["sentence"] == "The last run over uclmongo-1 failed: It was refused."


def test_what_can_soon_be_had_no_more_is_urgent_as_long_as_that_is_so(made: Made) -> None:
    for _time in range(2):
        result = report(made, alert_before="7d")
        assert "can be had until 2026-03-11T00:00:00Z" in result["urgent"]
        assert result["alerts"][0]["until"] == "2026-03-11T00:00:00Z"
    assert report(made)["urgent"] is None


def test_ages_and_filters_are_kept(made: Made) -> None:
    Made(made.path.parents[3], "other", "dds").lost(1)
    assert report(made, instances=["uclmongo-1"], stalled_after="8h")["verdict"]["state"] == "stalled"
    assert report(made, instances=["uclmongo-1"])["verdict"]["state"] == "complete"
    assert report(made, log_types=["audit"])["counts"]["collected"] == 0
    result = report(made, return_limit=0)
    assert (result["alerts"], result["alerts_omitted"]) == ([], 1)
    report(made, days=5)
    told = json.loads(written(made)["report.json"])
    assert (told["first_day"], told["last_day"]) == ("2026-03-01", "2026-03-04")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"v": 1, "verdict": {"sentence": ""}, "instances": [[]]}'])
def test_an_earlier_report_that_cannot_be_read_counts_for_none(made: Made, content: str) -> None:
    made.lost(-1)
    path = Path(report(made)["paths"]["json"])
    assert report(made)["urgent"] is None
    path.write_text(content)
    result = report(made, diff=True)
    assert (result["changed"], bool(result["urgent"]), result["diff"]["before"]) == (True, True, "")


def test_a_report_of_another_version_counts_for_none(made: Made) -> None:
    made.lost(-1)
    path = Path(report(made)["paths"]["json"])
    path.write_text(path.read_text().replace('"v": 1', '"v": 0'))
    assert report(made)["urgent"]


def test_it_works_without_requests(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "REQUESTS_IMPORT_ERROR", "Traceback: No module named requests")
    assert report(made)["changed"]


def test_an_archive_holds_no_report(made: Made, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "archive")
    for folder in ("archive", "archive/report", "link/report"):
        result = report(made, dest=str(tmp_path / folder))
        assert "is in the archive" in result["msg"]
        assert result["failure"]["code"] == "bad_input"
    assert report(made, dest=str(tmp_path / "archive-report"))["changed"]


@pytest.mark.parametrize(
    ("options", "code"),
    [({"instances": ["gone"]}, "no_instance"), ({"archive": "/x/y"}, "no_archive"), ({"dest": "/dev/null"}, "ENOTDIR")],
)
def test_what_cannot_be_is_told_in_a_sentence(made: Made, options: dict[str, Any], code: str) -> None:
    result = report(made, **options)
    assert result["failure"]["code"] == code
    assert "\n" not in result["msg"]


def test_a_file_that_cannot_be_replaced_leaves_no_other_behind(made: Made) -> None:
    folder = made.path.parents[3].parent / "to" / "report"
    (folder / "report.json").mkdir(parents=True)
    assert report(made)["failure"]["code"] == "EISDIR"
