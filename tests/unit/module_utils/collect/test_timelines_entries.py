# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slow and error logs of DDS read by query over days and months: every entry that the cloud offered is in one file."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import PRUNED, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.slow_error import AUTO, EXPORT, QUERY
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from .conftest import Instance
from .lines import from_time, held, late_entry, lines_of, midnight, numbers, offered


def test_every_entry_is_in_one_file_and_a_second_run_changes_nothing(queried: Instance) -> None:
    queried.log_types = ("slow", "error")
    queried.emulator.world.add_entries(queried.instance.id, 3000, 8, late=0)
    planned = queried.collect(check=True)
    outcome = queried.collect()
    assert outcome.message() is None
    assert {(event.series, event.unit) for event in planned.done} == {(e.series, e.unit) for e in outcome.done}
    for log_type in ("slow", "error"):
        files = held(queried, log_type)
        assert set(files.values()) == {1}
        first = midnight(queried) - 7 * DAY
        expected = {
            line
            for line in offered(queried, midnight(queried), log_type)
            if from_time(json.loads(line)["log_time"]) >= first
        }
        assert set(numbers(files)) == {json.loads(line)["line_num"] for line in expected}
    calls = queried.calls("ListSlowLogs") + queried.calls("ListErrorLogs")
    again = queried.collect()
    assert again.changed is False
    assert queried.calls("ListSlowLogs") + queried.calls("ListErrorLogs") - calls == 0


def test_the_ledger_says_how_many_entries_and_never_a_statement(queried: Instance) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 50, 2, log_types=("SlowLog",), late=0)
    queried.collect()
    for line in lines_of(queried):
        if line["status"] == "collected":
            source = line["source"]
            content = (queried.archive / queried.folder / line["path"]).read_text().splitlines()
            found = sorted(int(json.loads(one)["line_num"]) for one in content)
            assert source["entries"] == len(found)
            assert (int(source["first_line_num"]), int(source["last_line_num"])) == (found[0], found[-1])
            assert set(source) == {"call", "entries", "first_line_num", "last_line_num"}
        if line["status"] == "opened":
            assert line["reason"] == "by query"


def test_equal_entries_are_equal_bytes_whatever_the_order_of_pages(queried: Instance, tmp_path: Path) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 900, 3, log_types=("SlowLog",), late=0)
    queried.collect()
    before = {(line["node"], line["unit"]): line["sha256"] for line in lines_of(queried) if line["path"]}
    queried.archive = tmp_path / "another"
    queried.emulator.world.entry_order = "newest"
    queried.emulator.faults.add(Fault("ListSlowLogs", "short_page", times=40, args={"count": 7}))
    queried.emulator.faults.add(Fault("ListSlowLogs", "doubled_entries", times=None, args={"count": 3}))
    queried.collect()
    assert {(line["node"], line["unit"]): line["sha256"] for line in lines_of(queried) if line["path"]} == before


def test_a_quiet_window_is_empty_and_has_no_file(queried: Instance) -> None:
    outcome = queried.collect()
    assert {event.status for event in outcome.done if event.unit} == {"empty"}
    assert not list((queried.archive / queried.folder).glob("*/slow/**/*.jsonl"))
    assert queried.collect().changed is False


# -- late entries


@pytest.mark.parametrize("quiet", [False, True])
def test_what_shows_up_after_its_window_was_collected_becomes_a_unit_beside_it(queried: Instance, quiet: bool) -> None:
    if not quiet:
        queried.emulator.world.add_entries(queried.instance.id, 300, 5, log_types=("SlowLog",), late=0)
    queried.collect()
    first = {line["path"]: line["sha256"] for line in lines_of(queried) if line["path"]}
    node = late_entry(queried, 10, 3)  # of yesterday, which is over and collected
    queried.advance(hours=17)
    outcome = queried.collect()
    late = [event for event in outcome.done if "+" in event.unit]
    assert late == []  # the day ends 24 hours before it is looked at again
    queried.advance(hours=2)
    outcome = queried.collect()
    [late_event] = [event for event in outcome.done if "+" in event.unit]
    assert late_event.series == Series(node, "slow")
    assert late_event.sha256 is not None
    assert late_event.unit.endswith(f"+{late_event.sha256[:8]}")
    assert late_event.path is not None
    assert late_event.path.endswith(f"{late_event.unit}.jsonl")
    assert set(held(queried).values()) == {1}
    after = {line["path"]: line["sha256"] for line in lines_of(queried) if line["path"]}
    assert first.items() <= after.items()
    calls = queried.calls("ListSlowLogs")
    assert queried.collect().changed is False
    assert queried.calls("ListSlowLogs") == calls


def test_a_lost_status_costs_another_look_and_doubles_nothing(queried: Instance) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 300, 5, log_types=("SlowLog",), late=0)
    queried.collect()
    late_entry(queried, 10, 3)
    queried.advance(hours=30)
    queried.collect()
    (queried.archive / queried.folder / "status.json").unlink()
    calls = queried.calls("ListSlowLogs")
    assert queried.collect().changed is False
    assert queried.calls("ListSlowLogs") > calls
    assert set(held(queried).values()) == {1}


def test_a_window_whose_file_was_pruned_is_not_looked_at_again(queried: Instance) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 300, 5, log_types=("SlowLog",), late=0)
    queried.collect()
    lines = lines_of(queried)
    pruned = max((line for line in lines if line["path"]), key=lambda line: line["unit"])  # yesterday
    tree = Tree(str(queried.archive / queried.folder), Ownership())
    ledger = Ledger.read(tree, {"provider": "dds", "instance": queried.instance.id})
    events = [event for event in ledger.units.values() if event.unit == pruned["unit"]]
    ledger.append([event._replace(status=PRUNED) for event in events], int(queried.emulator.clock.now()))
    for event in events:
        tree.remove(event.path or "nothing")
    queried.verifies = False
    late_entry(queried, 10, 3)
    queried.advance(hours=30)
    outcome = queried.collect()
    assert outcome.message() is None
    assert not [event for event in outcome.done if "+" in event.unit]


@pytest.mark.parametrize("lost", ["ledger", "line"])
def test_files_of_late_entries_are_taken_up_again(queried: Instance, lost: str) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 300, 5, log_types=("SlowLog",), late=0)
    queried.collect()
    late_entry(queried, 10, 3)
    queried.advance(hours=30)
    queried.collect()
    before = held(queried)
    folder = queried.archive / queried.folder
    units = {line["unit"] for line in lines_of(queried) if line["path"]}
    [ledger] = folder.glob("ledger-*.jsonl")
    kept = [line for line in ledger.read_bytes().splitlines(keepends=True) if b"+" not in line.split(b'"unit"')[1][:60]]
    if lost == "ledger":
        ledger.unlink()
        (folder / "status.json").unlink()
    else:
        late = next(
            n for n, line in enumerate(ledger.read_bytes().splitlines()) if b"+" in line.split(b'"unit"')[1][:60]
        )
        ledger.write_bytes(b"".join(kept[:late]))
        (folder / ".lock").write_text('{"host": "gone", "pid": 1, "since": "2026-03-10T00:00:00Z"}\n')
    outcome = queried.collect(settings={"rebuild": lost == "ledger"})
    assert outcome.message() is None
    queried.collect()
    assert held(queried) == before
    assert {line["unit"] for line in lines_of(queried) if line["path"]} == units


# -- what is out of reach


@pytest.mark.parametrize(("days", "lost"), [(3, False), (10, False), (40, True)])
def test_a_run_that_was_missed(queried: Instance, days: int, lost: bool) -> None:
    queried.collect()
    last = int(midnight(queried))
    queried.advance(days=days)
    outcome = queried.collect()
    gone = [event for event in outcome.done if event.status == "lost"]
    assert bool(gone) is lost
    if lost:
        for node in {event.series for event in gone}:
            spans = sorted(event.span for event in gone if event.series == node and event.span)
            assert spans[0].begin == last
            reach = queried.emulator.clock.now() - 30 * DAY
            assert reach <= spans[-1].end <= reach + 10 * 60
            assert all(one.end == two.begin for one, two in pairwise(spans))
        assert "30 days only" in (outcome.message() or "")
    assert queried.collect().changed is False


# -- ways


def test_an_archive_with_exports_is_taken_over_with_nothing_lost(queried: Instance) -> None:
    queried.by = EXPORT
    queried.collect()
    queried.advance(days=180)
    queried.by = AUTO
    queried.emulator.world.add_entries(queried.instance.id, 500, 8, log_types=("SlowLog",), late=0)
    outcome = queried.collect()
    assert outcome.message() is None
    assert not [event for event in outcome.done if event.status == "lost"]
    begin = iso(int(midnight(queried) - 7 * DAY))
    turned = [line for line in lines_of(queried) if line.get("reason") == "by query"]
    assert Counter(line["status"] for line in turned) == {"closed": len(turned) / 2, "opened": len(turned) / 2}
    assert {line["begin"] for line in turned if line["status"] == "opened"} == {begin}
    assert {line["end"] for line in turned if line["status"] == "closed"} == {begin}
    assert queried.collect().changed is False
    # And back again.
    queried.by = EXPORT
    queried.collect()
    assert [line for line in lines_of(queried) if line.get("reason") == "by export"][-1]["status"] == "opened"
    outcome = queried.collect()
    assert not [event for event in outcome.done if event.status in ("opened", "closed")]


def no_such_call(instance: Instance) -> None:
    instance.emulator.world.absent_actions = ["ListSlowLogs", "ListErrorLogs"]


def test_a_cloud_without_the_call_gives_what_exports_give_and_says_so_once(queried: Instance) -> None:
    no_such_call(queried)
    outcome = queried.collect()
    assert outcome.message() is None
    assert [event for event in outcome.done if event.status == "collected"]
    told = [notice for notice in outcome.result("", 9)["notices"] if notice["code"] == "cannot_query"]
    assert len(told) == 1
    assert "by export" in told[0]["message"]


def test_query_alone_is_a_failure_where_there_is_no_such_call(queried: Instance) -> None:
    no_such_call(queried)
    queried.by = QUERY
    with pytest.raises(CloudError):
        queried.collect()


def test_what_was_read_by_query_is_not_left_to_exports_in_silence(queried: Instance) -> None:
    queried.collect()
    no_such_call(queried)
    queried.advance(days=2)
    with pytest.raises(CloudError):
        queried.collect()


def test_a_cluster_reads_its_shards_and_exports_the_rest(queried: Instance) -> None:
    queried.instance = next(one for one in queried.emulator.world.instances if one.mode == "Sharding")
    queried.instance.audit_every = 0.0
    queried.log_types = ("error",)
    queried.emulator.world.add_entries(queried.instance.id, 300, 5, log_types=("ErrorLog",), late=0)
    outcome = queried.collect()
    assert outcome.message() is None
    shards = {node.id for node in queried.instance.queried_nodes()}
    others = {node.id for node in queried.instance.nodes()} - shards
    ways = {(line["node"], line["reason"]) for line in lines_of(queried) if line["status"] == "opened"}
    assert ways == {(node, "by query") for node in shards} | {(node, "by export") for node in others}
    assert queried.collect().changed is False


# -- reading goes wrong


@pytest.mark.parametrize("how", ["same", "first"])
def test_a_cursor_that_does_not_move_is_an_error_and_half_a_window_is_nothing(queried: Instance, how: str) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 4000, 1, log_types=("SlowLog",), late=0, bursts=0)
    queried.emulator.faults.add(Fault("ListSlowLogs", "stuck_cursor", times=None, args={"how": how}))
    outcome = queried.collect()
    assert "comes back" in (outcome.message() or "")
    queried.emulator.faults.clear()
    assert queried.collect().message() is None
    assert set(held(queried).values()) == {1}


def test_entries_of_other_times_are_left_out(queried: Instance) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 600, 4, log_types=("SlowLog",), late=0)
    queried.emulator.faults.add(Fault("ListSlowLogs", "outside_entries", times=None))
    assert queried.collect().message() is None
    assert set(held(queried).values()) == {1}


def test_a_missing_file_stops_the_second_look_at_its_window_alone(queried: Instance) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 300, 5, log_types=("SlowLog",), late=0)
    queried.collect()
    line = max((line for line in lines_of(queried) if line["path"]), key=lambda line: line["unit"])
    (queried.archive / queried.folder / line["path"]).unlink()
    queried.advance(hours=30)
    queried.verifies = False
    outcome = queried.collect()
    assert "No such file" in (outcome.message() or "")
    assert [step.unit for step in outcome.missing()] == [f"{line['unit']}+"]
    assert queried.collect(settings={"repair": "size"}).message() is None


def test_a_damaged_window_is_read_again_without_its_late_entries(queried: Instance) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 300, 5, log_types=("SlowLog",), late=0)
    queried.collect()
    late_entry(queried, 10, 3)
    queried.advance(hours=30)
    queried.collect()
    lines = lines_of(queried)
    late = next(line for line in lines if "+" in (line["unit"] or ""))
    window = next(
        line for line in lines if line["unit"] == late["unit"].partition("+")[0] and line["node"] == late["node"]
    )
    for line in (late, window):
        path = queried.archive / queried.folder / line["path"]
        before = path.read_bytes()
        path.unlink()
        outcome = queried.collect(settings={"repair": "size"})
        assert outcome.message() is None
        assert path.read_bytes() == before
    assert queried.collect(settings={"repair": "sha256"}).changed is False


@pytest.mark.parametrize("old", [3 * DAY, -3 * DAY])
def test_a_date_that_lies_leaves_no_window_out(queried: Instance, old: float) -> None:
    """A ``Date`` that stands still would have closed no window any more, until all of them had expired."""
    queried.signs = True
    queried.emulator.world.add_entries(queried.instance.id, 200, 3, late=0)
    queried.emulator.faults.add(Fault("*", "stale_date", times=None, args={"seconds": old}))
    outcome = queried.collect()
    assert outcome.message() is None
    assert held(queried) == offered(queried, midnight(queried)) != Counter()
    assert any("was not relied on" in warning for warning in outcome.warnings)
