# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a schedule meets in the life of a UMongoDB cluster."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import Notice
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, MINUTE, iso, parse_instant
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from .conftest import Cluster, verify


def at(text: str) -> int:
    return parse_instant(text, "test")


def changed(outcome: Outcome) -> Counter[str]:
    return Counter(event.status for event in outcome.done)


def spans(events: list[Event], status: str) -> list[str]:
    return sorted(f"{iso(e.begin or 0)[:16]}/{iso(e.end or 0)[:16]}" for e in events if e.status == status)


def test_the_first_run_collects_what_the_cloud_still_holds(cluster: Cluster) -> None:
    outcome = cluster.collect()
    assert outcome.message() is None
    # Seven days ago it was 05:57; the limit leaves five minutes and goes to the next mark.
    assert spans(outcome.done, "collected")[0] == "2026-03-03T06:05/2026-03-04T00:00"
    assert changed(outcome) == {"opened": 1, "collected": 7}
    assert [step.span.begin for step in outcome.pending()] == [at("2026-03-10T00:00:00Z")]


def test_a_second_run_changes_nothing_and_calls_nothing(cluster: Cluster) -> None:
    cluster.collect()
    head = cluster.collect().result("", 1)["head"]
    before = len(cluster.emulator.requests)
    again = cluster.collect()
    assert (again.changed, again.message(), again.result("", 1)["head"]) == (False, None, head)
    assert len(cluster.emulator.requests) == before


def test_nothing_to_do_is_one_call_when_the_nodes_must_be_seen(cluster: Cluster) -> None:
    cluster.node_ids = cluster.zone = None
    cluster.collect()
    before = len(cluster.emulator.requests)
    assert cluster.collect().changed is False
    assert [record.action for record in list(cluster.emulator.requests)[before:]] == ["DescribeUMongoDBInstance"]


def test_slow_logs_are_not_asked_of_mongos(cluster: Cluster) -> None:
    cluster.cluster = next(c for c in cluster.emulator.world.clusters if c.mongos)
    cluster.node_ids = cluster.zone = None
    outcome = cluster.collect(log_types=("slow", "error"), lookback=DAY)
    assert outcome.message() is None
    mongos = {node.node_id for node in cluster.cluster.mongos}
    assert {e.series.log_type for e in outcome.done if e.series.node in mongos} == {"error"}
    others = {e.series.log_type for e in outcome.done if e.series.node not in mongos}
    assert others == {"slow", "error"}


def test_a_day_that_is_over_is_collected_after_it_settled(cluster: Cluster) -> None:
    cluster.collect()
    cluster.emulator.clock.set("2026-03-11T00:09:00Z")
    assert cluster.collect().changed is False
    cluster.emulator.clock.set("2026-03-11T00:11:00Z")
    assert spans(cluster.collect().done, "collected") == ["2026-03-10T00:00/2026-03-11T00:00"]


def test_three_missed_days_are_made_up_for(cluster: Cluster) -> None:
    cluster.collect()
    cluster.advance(days=3)
    outcome = cluster.collect()
    assert outcome.message() is None
    assert changed(outcome) == {"collected": 3}


def test_of_ten_missed_days_three_are_lost_and_named_once(cluster: Cluster) -> None:
    cluster.collect()
    cluster.emulator.clock.set("2026-03-20T05:57:00Z")
    outcome = cluster.collect()
    # Missed since the 10th; the cloud reaches back to the 13th, 06:05.
    assert spans(outcome.done, "lost") == [
        "2026-03-10T00:00/2026-03-11T00:00",
        "2026-03-11T00:00/2026-03-12T00:00",
        "2026-03-12T00:00/2026-03-13T00:00",
        "2026-03-13T00:00/2026-03-13T06:05",
    ]
    assert spans(outcome.done, "collected")[0] == "2026-03-13T06:05/2026-03-14T00:00"
    assert "4 units can never be had any more, first" in (outcome.message() or "")
    again = cluster.collect()
    assert (again.changed, again.message()) == (False, None)
    assert len(again.result("", 100)["lost"]) == 4


def test_nothing_is_lost_unless_the_list_was_read(cluster: Cluster) -> None:
    cluster.collect()
    cluster.advance(days=10)
    cluster.emulator.faults.add(Fault("ListUMongoDBLogPackage", "http", times=None))
    with pytest.raises(CloudError):
        cluster.collect()
    assert "lost" not in {line["status"] for line in verify(cluster.archive / cluster.folder)}
    cluster.emulator.faults.clear()


def test_a_package_older_than_seven_days_that_is_still_listed_is_taken(cluster: Cluster) -> None:
    cluster.collect()
    cluster.advance(days=3)
    cluster.emulator.world.add_package(
        cluster.cluster.cluster_id, cluster.node, "SlowLog", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"
    )
    cluster.advance(days=9)
    outcome = cluster.collect()
    assert spans(outcome.done, "collected")[0] == "2026-03-10T00:00/2026-03-11T00:00"
    assert spans(outcome.done, "lost")[0] == "2026-03-11T00:00/2026-03-12T00:00"


def test_of_a_window_out_of_reach_what_an_old_package_has_is_taken(cluster: Cluster) -> None:
    cluster.collect()
    cluster.advance(days=1)
    cluster.emulator.world.add_package(
        cluster.cluster.cluster_id, cluster.node, "SlowLog", "2026-03-10T06:00:00Z", "2026-03-10T12:00:00Z"
    )
    cluster.advance(days=8)
    outcome = cluster.collect()
    assert spans(outcome.done, "collected")[0] == "2026-03-10T06:00/2026-03-10T12:00"
    assert spans(outcome.done, "lost")[:2] == [
        "2026-03-10T00:00/2026-03-10T06:00",
        "2026-03-10T12:00/2026-03-11T00:00",
    ]


def test_a_package_made_before_its_window_was_over_is_not_taken(cluster: Cluster) -> None:
    cluster.collect()
    cluster.emulator.clock.set("2026-03-10T23:00:00Z")
    early = cluster.emulator.world.add_package(
        cluster.cluster.cluster_id, cluster.node, "SlowLog", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"
    )
    cluster.emulator.clock.set("2026-03-11T01:00:00Z")
    cluster.collect()
    sources = [line["source"] for line in verify(cluster.archive / cluster.folder)]
    assert str(early.id) not in {source["id"] for source in sources if source}
    assert cluster.calls("BackupUMongoDBLog") == 8


def test_a_package_that_is_empty_is_recorded_as_such(cluster: Cluster) -> None:
    cluster.emulator.world.quiet(cluster.node)
    outcome = cluster.collect()
    assert outcome.message() is None
    assert changed(outcome) == {"opened": 1, "empty": 7}
    assert cluster.collect().changed is False


def test_smaller_windows_fetch_nothing_twice(cluster: Cluster) -> None:
    cluster.collect()
    cluster.emulator.clock.set("2026-03-11T19:00:00Z")
    outcome = cluster.collect(window=6 * HOUR)
    assert spans(outcome.done, "collected") == [
        "2026-03-10T00:00/2026-03-10T06:00",
        "2026-03-10T06:00/2026-03-10T12:00",
        "2026-03-10T12:00/2026-03-10T18:00",
        "2026-03-10T18:00/2026-03-11T00:00",
        "2026-03-11T00:00/2026-03-11T06:00",
        "2026-03-11T06:00/2026-03-11T12:00",
        "2026-03-11T12:00/2026-03-11T18:00",
    ]
    # And back to days: what is left of the 11th is asked for, and nothing else.
    cluster.emulator.clock.set("2026-03-12T01:00:00Z")
    assert spans(cluster.collect().done, "collected") == ["2026-03-11T18:00/2026-03-12T00:00"]


def test_the_packages_of_another_controller_are_taken_whatever_their_grid(cluster: Cluster) -> None:
    cluster.collect()
    cluster.emulator.clock.set("2026-03-11T01:00:00Z")
    for begin, end in ((0, 12), (12, 24)):
        day = at("2026-03-10T00:00:00Z")
        cluster.emulator.world.add_package(
            cluster.cluster.cluster_id, cluster.node, "SlowLog", day + begin * HOUR, day + end * HOUR
        )
    before = cluster.calls("BackupUMongoDBLog")
    outcome = cluster.collect()
    assert len(spans(outcome.done, "collected")) == 2
    assert cluster.calls("BackupUMongoDBLog") == before


def test_of_two_packages_of_a_window_the_good_one_is_taken(cluster: Cluster) -> None:
    cluster.collect()
    cluster.emulator.clock.set("2026-03-11T01:00:00Z")
    window = ("SlowLog", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z")
    args = (cluster.cluster.cluster_id, cluster.node, *window)
    cluster.emulator.world.add_package(*args, packaging_seconds=9999)
    ready = cluster.emulator.world.add_package(*args, packaging_seconds=0)
    cluster.emulator.world.add_package(*args, packaging_seconds=0)
    outcome = cluster.collect()
    assert [event.source["id"] for event in outcome.done if event.source] == [str(ready.id)]


def test_a_node_that_is_added_is_collected_from_then_on(cluster: Cluster) -> None:
    cluster.node_ids = None
    cluster.collect()
    cluster.advance(days=1)
    added = cluster.emulator.world.add_node(cluster.cluster.cluster_id)
    cluster.advance(days=1)
    outcome = cluster.collect()
    assert outcome.message() is None
    assert Series(added.node_id, "slow") in {e.series for e in outcome.done if e.status == "opened"}  # type: ignore[union-attr]


def test_a_node_that_left_closes_its_series(cluster: Cluster) -> None:
    cluster.node_ids = None
    cluster.collect()
    cluster.advance(days=1)
    gone = cluster.cluster.nodes()[2].node_id
    cluster.emulator.world.remove_node(gone)
    cluster.emulator.world.add_package(
        cluster.cluster.cluster_id, gone, "SlowLog", "2026-03-10T00:00:00Z", "2026-03-10T12:00:00Z"
    )
    planned = cluster.collect(check=True)
    outcome = cluster.collect()
    of_gone = [event for event in outcome.done if event.series.node == gone]
    assert [event.status for event in of_gone if event.unit == ""] == ["closed"]
    assert spans(of_gone, "lost") == ["2026-03-10T12:00/2026-03-11T00:00"]
    assert spans(of_gone, "collected") == ["2026-03-10T00:00/2026-03-10T12:00"]
    assert "the node left the cluster" in (outcome.message() or "")
    assert changed(planned) == changed(outcome)
    cluster.advance(days=1)
    later = cluster.collect()
    assert later.message() is None
    assert gone not in {event.series.node for event in later.done}


def test_a_node_that_came_back_is_collected_again(cluster: Cluster) -> None:
    cluster.node_ids = None
    cluster.collect()
    node = cluster.cluster.nodes()[2]
    cluster.emulator.world.remove_node(node.node_id)
    cluster.advance(days=1)
    cluster.collect()
    node.removed_at = None
    cluster.advance(days=1)
    outcome = cluster.collect()
    of_node = [event for event in outcome.done if event.series.node == node.node_id]
    assert outcome.message() is None
    # What seemed lost with it can be had again.
    assert spans(of_node, "collected") == ["2026-03-10T00:00/2026-03-11T00:00", "2026-03-11T00:00/2026-03-12T00:00"]
    assert outcome.lost() == []
    assert cluster.collect().changed is False


def test_a_clock_that_runs_ahead_asks_for_nothing_that_is_not_over(cluster: Cluster) -> None:
    cluster.emulator.clock.set("2026-03-10T23:58:00Z")
    cluster.collect()
    cluster.ahead = 14 * MINUTE
    outcome = cluster.collect()
    assert outcome.changed is False
    assert any("ahead of the API's" in warning for warning in outcome.warnings)


@pytest.mark.parametrize("ahead", [2 * DAY, -2 * DAY, 16 * MINUTE])
def test_clocks_that_are_far_apart_end_the_run(cluster: Cluster, ahead: float) -> None:
    """Nothing proves either of them, as the signature holds no time."""
    cluster.collect()
    lines = verify(cluster.archive / cluster.folder)
    cluster.advance(days=1)
    cluster.ahead = ahead
    with pytest.raises(
        CloudError, match=r"clock of this host says 2026-03-.* API's answers say 2026-03-11T05:57"
    ) as raised:
        cluster.collect()
    assert raised.value.kind == "clock"
    assert verify(cluster.archive / cluster.folder) == lines
    status = json.loads((cluster.archive / cluster.folder / "status.json").read_text())
    assert status["run"]["failure"]["kind"] == "clock"
    cluster.ahead = 0
    assert cluster.collect().changed is True


def test_the_ledger_goes_on_in_a_new_file_each_month_and_never_back(cluster: Cluster) -> None:
    cluster.emulator.clock.set("2026-03-31T12:00:00Z")
    cluster.collect()
    cluster.advance(days=1)
    cluster.collect()
    folder = cluster.archive / cluster.folder
    assert [path.name for path in sorted(folder.glob("ledger-*"))] == ["ledger-2026-03.jsonl", "ledger-2026-04.jsonl"]
    cluster.emulator.clock.set("2026-03-31T13:00:00Z")
    assert [path.name for path in sorted(folder.glob("ledger-*"))] == ["ledger-2026-03.jsonl", "ledger-2026-04.jsonl"]


def test_an_explicit_span_is_fetched_and_opens_nothing(cluster: Cluster) -> None:
    span = Span(at("2026-03-08T03:00:00Z"), at("2026-03-09T02:00:00Z"))
    outcome = cluster.collect(span=span)
    assert changed(outcome) == {"collected": 2}
    assert cluster.collect(span=span).changed is False
    # The series opens when it is collected for good, and what is held is not fetched again.
    later = cluster.collect()
    assert changed(later) == {"opened": 1, "collected": 7}
    assert "2026-03-08T00:00/2026-03-08T03:00" in spans(later.done, "collected")


def test_of_an_explicit_span_that_is_not_over_the_rest_is_pending(cluster: Cluster) -> None:
    outcome = cluster.collect(span=Span(at("2026-03-09T00:00:00Z"), at("2026-03-12T00:00:00Z")))
    assert spans(outcome.done, "collected") == ["2026-03-09T00:00/2026-03-10T00:00"]
    assert len(outcome.pending()) == 2
    assert outcome.message() is None


def test_a_longer_lookback_reaches_further_back(cluster: Cluster) -> None:
    assert changed(cluster.collect(lookback=DAY)) == {"opened": 1, "collected": 1}
    assert changed(cluster.collect(lookback=3 * DAY)) == {"opened": 1, "collected": 2}
    assert cluster.collect(lookback=DAY).changed is False


def test_a_lookback_beyond_what_the_cloud_keeps_is_told_by_every_run(cluster: Cluster) -> None:
    for _run in range(2):
        [notice] = notices(cluster.collect(lookback=30 * DAY))
        assert (notice.code, notice.log_type) == ("beyond_reach", "slow")
        assert "the 7 days for which the cloud keeps slow logs" in notice.message
    assert notices(cluster.collect(lookback=7 * DAY)) == ()


def notices(outcome: Outcome) -> tuple[Notice, ...]:
    assert outcome.plan
    return outcome.plan.notices


def test_no_more_packages_are_made_at_a_time_than_allowed(cluster: Cluster) -> None:
    most = 0

    def watch(seconds: float) -> None:
        nonlocal most
        now = cluster.emulator.clock.now()
        most = max(most, sum(package.ready_at > now for package in cluster.emulator.world.packages))
        advance(seconds)

    advance = cluster.emulator.clock.advance
    cluster.emulator.clock.advance = watch  # type: ignore[method-assign]
    outcome = cluster.collect(max_packaging=2)
    assert changed(outcome)["collected"] == 7
    assert most == 2


@pytest.mark.uncounted
@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("cut_after", {}),
        ("cut_before", {}),
        ("http", {"effect": True}),
        ("http", {}),
        ("retcode", {"code": 110, "effect": True}),
        ("retcode", {"code": 110}),
    ],
)
@pytest.mark.parametrize("lag", [0.0, 5.0, 50.0])
def test_a_lost_answer_makes_no_second_package(cluster: Cluster, kind: str, args: dict[str, Any], lag: float) -> None:
    if lag:
        cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "list_lag", times=None, args={"seconds": lag}))
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", kind, times=3, args=args))
    outcome = cluster.collect()
    later = cluster.collect()
    assert set(cluster.packages().values()) == {1}
    assert changed(outcome)["collected"] + changed(later)["collected"] == 7
    assert later.message() is None


def test_what_was_asked_for_in_vain_is_missing_and_asked_for_by_the_next_run(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "cut_before"))
    outcome = cluster.collect()
    assert changed(outcome)["collected"] == 6
    assert "not listed a minute later" in (outcome.message() or "")
    assert changed(cluster.collect()) == {"collected": 1}
    assert set(cluster.packages().values()) == {1}


def test_what_was_asked_for_by_a_run_that_died_is_looked_for_before_it_is_asked_for(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "list_lag", times=None, args={"seconds": 20}))

    def die(seconds: float) -> None:
        raise KeyboardInterrupt

    advance, cluster.emulator.clock.advance = cluster.emulator.clock.advance, die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        cluster.collect()
    cluster.emulator.clock.advance = advance  # type: ignore[method-assign]
    status = json.loads((cluster.archive / cluster.folder / "status.json").read_text())
    assert status["run"]["failure"]["code"] == "interrupted"
    assert changed(cluster.collect())["collected"] == 7
    assert set(cluster.packages().values()) == {1}


def test_a_refused_create_leaves_the_unit_missing_with_the_reason(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "retcode", args={"code": 299}))
    outcome = cluster.collect()
    assert "1 of 7 units are missing" in (outcome.message() or "")
    missing = outcome.result("", 9)["missing"]
    assert missing[0]["failure"]["code"] == "299"
    assert changed(cluster.collect()) == {"collected": 1}


def test_a_package_that_failed_is_renewed_once(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "fail_package"))
    outcome = cluster.collect()
    assert outcome.message() is None
    assert sorted(cluster.packages().values()) == [1, 1, 1, 1, 1, 1, 2]


def test_a_package_that_failed_twice_rests_for_a_day(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "fail_package", times=None))
    outcome = cluster.collect(lookback=DAY)
    assert "its packaging failed 2 times" in (outcome.message() or "")
    cluster.emulator.faults.clear()
    cluster.advance(hours=20)
    asked = cluster.calls("BackupUMongoDBLog")
    assert "its packaging failed 2 times" in (cluster.collect(lookback=DAY).message() or "")
    assert cluster.calls("BackupUMongoDBLog") - asked == 1  # the day that is over by now, not the one that rests
    cluster.advance(hours=5)
    assert cluster.collect(lookback=DAY).message() is None


def test_a_download_that_fails_leaves_what_succeeded_and_is_made_up_for(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("object", "http", times=2, args={"status": 404}))
    outcome = cluster.collect()
    assert changed(outcome)["collected"] == 5
    assert "2 of 7 units are missing" in (outcome.message() or "")
    assert changed(cluster.collect()) == {"collected": 2}


def test_an_expired_link_is_renewed(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("object", "expired_link"))
    outcome = cluster.collect()
    assert outcome.message() is None
    assert cluster.calls("DescribeUMongoDBBackupURL") == 8


def test_a_size_that_is_not_the_one_named_refuses_the_file(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("ListUMongoDBLogPackage", "wrong_size", times=None))
    outcome = cluster.collect(lookback=DAY)
    assert "where the API named" in (outcome.message() or "")
    cluster.emulator.faults.clear()
    assert cluster.collect(lookback=DAY).message() is None
    line = verify(cluster.archive / cluster.folder)[-1]
    assert (line["source"]["size"], line["source"]["proof"]) == (line["size"], "checksum")


def test_wrong_keys_leave_no_archive_behind(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("*", "retcode", times=None, args={"code": 171}))
    with pytest.raises(CloudError, match="RetCode 171"):
        cluster.collect()
    assert not cluster.archive.exists()


def test_a_credential_that_fails_in_mid_run_stops_it_and_keeps_what_is_there(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("DescribeUMongoDBBackupURL", "unauthorized", times=None, skip=3))
    outcome = cluster.collect()
    assert changed(outcome)["collected"] == 3
    assert "RetCode 174" in (outcome.message() or "")
    assert cluster.calls("DescribeUMongoDBBackupURL") <= 7
    cluster.emulator.faults.clear()
    assert changed(cluster.collect()) == {"collected": 4}


def test_a_file_without_a_line_is_taken_up(cluster: Cluster) -> None:
    cluster.collect()
    folder = cluster.archive / cluster.folder
    ledger = folder / "ledger-2026-03.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-2]) + lines[-2][:40])  # the line was torn, and the last never written
    planned = cluster.collect(check=True)
    before = cluster.calls("object")
    outcome = cluster.collect()
    assert [event.adopted for event in outcome.done] == [True, True]
    assert changed(planned) == changed(outcome) == {"collected": 2}
    assert cluster.calls("object") == before


def test_a_file_without_a_line_that_is_not_of_the_size_named_is_fetched_anew(cluster: Cluster) -> None:
    cluster.collect()
    folder = cluster.archive / cluster.folder
    ledger = folder / "ledger-2026-03.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-1]))
    path = folder / json.loads(lines[-1])["path"]
    size = path.write_bytes(path.read_bytes()[:-1])
    outcome = cluster.collect()
    assert [event.adopted for event in outcome.done] == [False]
    assert f"in place of a file without a line that had {size} bytes" in str(outcome.diff("")["after"])


def test_files_that_are_no_windows_are_left_alone(cluster: Cluster) -> None:
    cluster.verifies = False
    day = cluster.archive / cluster.folder / cluster.node / "slow" / "2026" / "03" / "09"
    cluster.collect(lookback=86400)
    (day / "notes.txt").write_text("mine")
    next((cluster.archive / cluster.folder).glob("ledger-*")).unlink()
    outcome = cluster.collect(lookback=86400, settings={"rebuild": True})
    assert changed(outcome) == {"opened": 1, "collected": 1}
    assert (day / "notes.txt").read_text() == "mine"


def test_a_node_that_the_cluster_does_not_have_is_refused(cluster: Cluster) -> None:
    cluster.node_ids, cluster.zone = ["no-such-node"], None
    with pytest.raises(BadInput, match="has no node no-such-node; it has "):
        cluster.collect()
    assert not cluster.archive.exists()


def test_a_create_that_is_throttled_for_long_is_asked_for_in_a_later_round(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "throttled", args={"retry_after": 40}))
    outcome = cluster.collect()
    assert outcome.message() is None
    assert changed(outcome)["collected"] == 7
    assert set(cluster.packages().values()) == {1}


def test_a_create_that_is_always_throttled_is_missing_with_that_reason(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "throttled", times=None))
    outcome = cluster.collect(lookback=DAY, settings={"wait_timeout": 90.0})
    assert "RetCode 153" in (outcome.message() or "")
    assert cluster.packages() == {}


def test_a_deleted_ledger_is_noticed_and_rebuilt(cluster: Cluster) -> None:
    cluster.collect()
    folder = cluster.archive / cluster.folder
    (folder / "ledger-2026-03.jsonl").unlink()
    for check in (True, False):
        with pytest.raises(ArchiveError, match="holds files but no ledger"):
            cluster.collect(check=check)
    before = cluster.calls("object")
    planned = cluster.collect(check=True, settings={"rebuild": True})
    outcome = cluster.collect(settings={"rebuild": True})
    assert changed(planned) == changed(outcome) == {"opened": 1, "collected": 7}
    assert cluster.calls("object") == before
    assert cluster.collect().changed is False
    with pytest.raises(ArchiveError, match="rebuild is for an archive that lost it"):
        cluster.collect(settings={"rebuild": True})


def test_a_lost_status_comes_back(cluster: Cluster) -> None:
    cluster.collect()
    status = cluster.archive / cluster.folder / "status.json"
    before = json.loads(status.read_text())["series"][0]
    status.unlink()
    assert cluster.collect().changed is False
    after = json.loads(status.read_text())["series"][0]
    assert {**before, "last_attempt": 0, "last_success": 0} == {**after, "last_attempt": 0, "last_success": 0}


def test_an_archive_can_be_moved(cluster: Cluster, tmp_path: Path) -> None:
    cluster.collect()
    shutil.move(cluster.archive, tmp_path / "elsewhere")
    cluster.archive = tmp_path / "elsewhere"
    assert cluster.collect().changed is False


def test_a_missing_archive_is_made_only_when_told(cluster: Cluster) -> None:
    for check in (True, False):
        with pytest.raises(ArchiveError, match="There is no archive"):
            cluster.collect(check=check, settings={"create": False})
    assert not cluster.archive.exists()


def test_an_altered_ledger_is_named_by_every_run(cluster: Cluster) -> None:
    cluster.collect()
    ledger = cluster.archive / cluster.folder / "ledger-2026-03.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(lines[0].replace(b"slow", b"sloe") + b"".join(lines[1:]))
    outcome = cluster.collect(check=True)
    assert outcome.result("", 1)["ledger_breaks"] == [
        "ledger-2026-03.jsonl line 2 does not follow from the line before it"
    ]
    with pytest.raises(AssertionError):  # the test's own verification sees it too
        cluster.collect()


@pytest.mark.parametrize("form", ["parent", "absolute", "newline", "long", "dash", "same", "empty"])
def test_hostile_names_of_packages_do_no_harm(cluster: Cluster, form: str) -> None:
    cluster.emulator.faults.add(Fault("ListUMongoDBLogPackage", "hostile_names", times=None, args={"form": form}))
    assert cluster.collect(lookback=DAY).message() is None


def test_check_mode_writes_and_asks_nothing(cluster: Cluster) -> None:
    planned = cluster.collect(check=True)
    assert not cluster.archive.exists()
    assert cluster.packages() == {}
    outcome = cluster.collect()
    assert changed(planned) == changed(outcome)
    assert {(e.series, e.unit) for e in planned.done} == {(e.series, e.unit) for e in outcome.done}
    assert planned.result("", 9)["plan"] == outcome.result("", 9)["plan"]


def test_what_was_asked_for_without_waiting_is_pending(cluster: Cluster) -> None:
    outcome = cluster.collect(settings={"wait_timeout": 0.0})
    assert outcome.message() is None
    assert outcome.result("", 9)["packages_asked"] == 7
    cluster.advance(seconds=60)
    assert changed(cluster.collect()) == {"collected": 7}
    assert set(cluster.packages().values()) == {1}


def test_waiting_ends_in_time_however_rarely_it_looks(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "slow_packaging", times=None, args={"seconds": 9999}))
    before = cluster.emulator.clock.now()
    cluster.collect(settings={"wait_timeout": 60.0, "poll_interval": 3600.0})
    assert cluster.emulator.clock.now() - before < 90


def test_time_that_runs_out_while_others_are_made_is_lost_once(cluster: Cluster) -> None:
    cluster.emulator.world.packaging_seconds = 400
    outcome = cluster.collect(
        max_packaging=1, log_types=("slow", "error"), settings={"wait_timeout": 36000.0, "poll_interval": 60.0}
    )
    lost = [(event.series, event.begin, event.end) for event in outcome.done if event.status == "lost"]
    assert lost
    for series in {one[0] for one in lost}:
        ends = [(begin, end) for own, begin, end in lost if own == series]
        assert all(earlier[1] == later[0] for earlier, later in pairwise(ends))


def test_two_runs_that_begin_at_once_make_one_package(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    span = Span(at("2026-03-09T00:00:00Z"), at("2026-03-10T00:00:00Z"))
    other = Cluster(cluster.emulator, cluster.archive)
    make = Tree.make

    def overtaken(tree: Tree) -> None:
        monkeypatch.setattr(Tree, "make", make)
        other.collect(span=span, settings={"wait_timeout": 0.0})
        make(tree)

    monkeypatch.setattr(Tree, "make", overtaken)
    assert cluster.collect(span=span).message() is None
    assert set(cluster.packages().values()) == {1}


def test_packages_that_take_too_long_are_pending_and_taken_by_the_next_run(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "slow_packaging", times=None, args={"seconds": 600}))
    outcome = cluster.collect(settings={"wait_timeout": 60.0})
    assert changed(outcome) == {"opened": 1}
    assert outcome.message() is None
    assert len(outcome.pending()) == 8
    cluster.advance(seconds=600)
    assert changed(cluster.collect()) == {"collected": 7}
    assert set(cluster.packages().values()) == {1}


def test_the_status_knows_the_name_that_people_gave(cluster: Cluster) -> None:
    cluster.zone = cluster.node_ids = None
    cluster.collect()
    folder = cluster.archive / cluster.folder
    assert json.loads((folder / "status.json").read_text())["name"] == cluster.cluster.name
    # A run that does not ask keeps it.
    cluster.zone, cluster.node_ids = cluster.cluster.zone, [cluster.node]
    cluster.collect()
    assert json.loads((folder / "status.json").read_text())["name"] == cluster.cluster.name
