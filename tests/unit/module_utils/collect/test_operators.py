# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs after an operator pruned or accepted something: not fetched again, not red, and collected when it can be had."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.accept import Acceptance, accept
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    COLLECTED,
    EVERY,
    LOST,
    OPENED,
    Event,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.prune import Wanted, carry_out, plan
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.retention import Rules
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY

from .conftest import Cluster, Instance, Timeline


def held(timeline: Timeline, folder: str) -> Holding:
    """Return what the archive holds of the timeline's instance."""
    return survey.holding(str(timeline.archive), folder)


def prune(timeline: Timeline, folder: str, now: int) -> int:
    """Prune all but the newest unit; return how many went."""
    with survey.writing(str(timeline.archive), folder, 0, now) as there:
        pruning = plan(there, Chosen(), Wanted(Rules(max_age=0), {}, ()), now)
        carry_out(there, pruning, "max_age 0s", now)
    timeline.verifies = False  # what is verified there after each run knows of no pruning
    return len(pruning.units)


def accepted(timeline: Timeline, folder: str, what: str, now: int, **narrowed: Any) -> list[Event]:
    """Accept something."""
    wanted = Acceptance(what, narrowed.get("node"), None, None, "known", "ann")
    with survey.writing(str(timeline.archive), folder, 0, now) as there:
        events = accept(there.ledger, wanted)
        there.ledger.append(events, now)
    return events


def test_pruned_windows_are_not_collected_again(cluster: Cluster) -> None:
    cluster.collect()
    asked = cluster.packages()
    assert prune(cluster, cluster.folder, int(cluster.emulator.clock.now())) == 6
    for check in (True, False):
        outcome = cluster.collect(check=check)
        assert (outcome.changed, outcome.message()) == (False, None)
    assert cluster.packages() == asked
    assert held(cluster, cluster.folder).ledger.breaks == []


def test_pruned_audit_logs_are_not_collected_again(instance: Instance) -> None:
    for hours in (5, 4, 3):
        instance.add_log(hours)
    instance.collect()
    assert prune(instance, instance.folder, int(instance.emulator.clock.now())) == 2
    for check in (True, False):
        outcome = instance.collect(check=check)
        assert (outcome.changed, outcome.message()) == (False, None)


def test_pruned_exports_are_not_collected_again_under_whatever_name(instance: Instance) -> None:
    instance.log_types = ("slow",)
    world = instance.emulator.world
    world.export_daily, world.export_names, world.export_keep_seconds = True, "new", 60
    instance.collect()
    before = {export.file_name for export in instance.instance.exports}
    gone = prune(instance, instance.folder, int(instance.emulator.clock.now()) + DAY)
    assert gone == len(before) - len(instance.instance.nodes()) > 0
    instance.advance(seconds=120)
    outcome = instance.collect()
    assert (outcome.changed, outcome.message()) == (False, None)
    assert not before & {export.file_name for export in instance.instance.exports}


def lose_a_window(cluster: Cluster) -> None:
    """Collect, and then not for ten days."""
    cluster.collect(lookback=DAY)
    cluster.advance(days=10)
    assert "can never be had any more" in str(cluster.collect().message())


def test_accepted_losses_are_not_reported_and_a_run_is_green(cluster: Cluster) -> None:
    lose_a_window(cluster)
    assert len(cluster.collect().lost()) == 4
    assert len(accepted(cluster, cluster.folder, "loss", 0)) == 4
    for check in (True, False):
        outcome = cluster.collect(check=check)
        assert (outcome.lost(), outcome.changed, outcome.message()) == ([], False, None)


def test_an_accepted_audit_log_that_comes_back_is_collected(instance: Instance) -> None:
    log = instance.add_log(5)
    identity = {"provider": "dds", "instance": instance.instance.id}
    instance.collect(lookback=DAY)
    there = held(instance, instance.folder)
    [event] = there.ledger.units.values()
    Ledger.read(there.tree, identity).append([event._replace(status=LOST, path=None)], 0)
    assert len(accepted(instance, instance.folder, "loss", 0)) == 1
    (instance.archive / instance.folder / str(event.path)).unlink()
    instance.verifies = False
    outcome = instance.collect()
    assert [(one.unit, one.status) for one in outcome.done] == [(log, COLLECTED)]
    assert instance.collect().changed is False


def test_an_accepted_window_that_can_be_had_after_all_is_asked_for(cluster: Cluster) -> None:
    cluster.collect(lookback=DAY)
    there = held(cluster, cluster.folder)
    [unit] = (event for event in there.ledger.units.values() if event.status == COLLECTED)
    there.ledger.append([unit._replace(status=ACCEPTED, path=None)], 0)
    (cluster.archive / cluster.folder / str(unit.path)).unlink()
    cluster.verifies = False
    assert [(one.unit, one.status) for one in cluster.collect(lookback=DAY).done] == [(unit.unit, COLLECTED)]


def test_an_accepted_break_does_not_fail_a_run(cluster: Cluster) -> None:
    cluster.collect()
    cluster.verifies = False
    path = cluster.archive / cluster.folder / "ledger-2026-03.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"v":1', b'"v":2', 1))
    assert cluster.collect().message() == (
        "The ledger was altered: ledger-2026-03.jsonl line 2 does not follow from the line before it."
    )
    [event] = accepted(cluster, cluster.folder, "break", 0)
    assert event.series == Series(EVERY, EVERY)
    outcome = cluster.collect()
    assert (outcome.message(), outcome.result("", 9)["ledger_breaks"]) == (None, [])


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_series_that_was_taken_for_ended_goes_on_when_there_is_more(instance: Instance, comes_back: bool) -> None:
    instance.add_log(5)
    instance.collect(lookback=DAY)
    [series] = held(instance, instance.folder).ledger.scopes
    accepted(instance, instance.folder, "series_end", 0, node=series.node)
    assert instance.collect(lookback=DAY).changed is False
    if comes_back:
        instance.add_log(1)
    outcome = instance.collect(lookback=DAY)
    assert [event.status for event in outcome.done] == ([OPENED, COLLECTED] if comes_back else [])
    assert (held(instance, instance.folder).ledger.scopes[series][1] is None) is comes_back
