# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slow logs read by query while nodes come and go, options change, clocks are wrong and archives are moved."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds import entries
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_model import DdsNode
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from .conftest import Instance
from .lines import from_time, held, late_entry, lines_of, midnight, offered


def busy(queried: Instance, count: int = 300, days: float = 8) -> None:
    """Let the nodes have written so many entries of slow logs until now."""
    queried.emulator.world.add_entries(queried.instance.id, count, days, log_types=("SlowLog",), late=0)


def reads(queried: Instance) -> int:
    """Return how often pages of slow logs were asked for so far."""
    return queried.calls("ListSlowLogs")


def make_sure_of(queried: Instance, first: float, until: float) -> None:
    """Make sure that each entry between two instants is in exactly one file."""
    lines = held(queried)
    assert set(lines.values()) == {1}
    known = offered(queried, until)
    assert lines.keys() >= {line for line in known if from_time(line.split('"log_time":"')[1]) >= first}


# -- nodes


def test_a_node_that_is_added_is_read_from_then_on(queried: Instance) -> None:
    queried.collect()
    queried.advance(days=1)
    group = queried.instance.groups[0]
    added = DdsNode("5" * 32 + "no02", "added", "Secondary", created_at=queried.emulator.clock.now(), slow_per_hour=20)
    group.nodes.append(added)
    queried.advance(days=2)
    outcome = queried.collect()
    assert outcome.message() is None
    opened = {event.series for event in outcome.done if event.status == "opened"}
    assert opened == {Series(added.id, "slow")}
    make_sure_of(queried, 0, midnight(queried))
    assert queried.collect().changed is False


@pytest.mark.parametrize("askable", [True, False])
def test_a_node_that_left_closes_its_series(queried: Instance, askable: bool) -> None:
    queried.emulator.world.removed_nodes = askable
    gone = queried.instance.nodes()[2]
    gone.slow_per_hour = 12.0
    queried.collect()
    last = int(midnight(queried))
    queried.advance(days=1, hours=2)
    gone.removed_at = queried.emulator.clock.now()
    queried.advance(hours=1)
    planned = queried.collect(check=True)
    outcome = queried.collect()
    of_gone = [event for event in outcome.done if event.series.node == gone.id]
    assert sorted(event.status for event in of_gone) == (
        ["closed", "collected", "collected"] if askable else ["closed", "lost"]
    )
    [closed] = [event for event in of_gone if event.status == "closed"]
    if askable:
        assert outcome.message() is None
        assert closed.end == int(queried.emulator.clock.now()) // 60 * 60
        make_sure_of(queried, last, queried.emulator.clock.now())
    else:
        [lost] = [event for event in of_gone if event.status == "lost"]
        assert lost.span == Span(last, last + DAY)
        assert "the node left" in (outcome.message() or "")
    assert {(one.series, one.unit) for one in planned.done} == {(one.series, one.unit) for one in outcome.done}
    calls = reads(queried)
    queried.advance(days=1)
    later = queried.collect()
    assert later.message() is None
    assert gone.id not in {event.series.node for event in later.done}
    assert queried.collect().changed is False
    assert reads(queried) > calls


def test_a_node_that_came_back_is_read_again(queried: Instance) -> None:
    node = queried.instance.nodes()[2]
    node.slow_per_hour = 12.0
    queried.collect()
    first = midnight(queried) - 7 * DAY
    node.removed_at = queried.emulator.clock.now()
    queried.advance(days=1)
    assert queried.collect().lost() != []
    node.removed_at = None
    queried.advance(days=1)
    outcome = queried.collect()
    assert outcome.message() is None
    assert outcome.lost() == []
    make_sure_of(queried, first, midnight(queried))
    assert queried.collect().changed is False


# -- windows


def test_another_window_reads_nothing_twice(queried: Instance) -> None:
    busy(queried)
    queried.collect()
    first = midnight(queried) - 7 * DAY
    queried.emulator.world.add_entries(
        queried.instance.id, 400, 2, until=midnight(queried) + 2 * DAY, log_types=("SlowLog",), late=0
    )
    queried.window = 6 * HOUR
    queried.advance(hours=13)  # 18:57
    done = [
        event for event in queried.collect().done if event.span and event.series.node == queried.instance.nodes()[0].id
    ]
    begin = int(midnight(queried))
    assert sorted(event.span for event in done if event.span) == [
        Span(begin + n * 6 * HOUR, begin + (n + 1) * 6 * HOUR) for n in range(3)
    ]
    queried.window = DAY
    queried.advance(hours=6)
    done = [
        event for event in queried.collect().done if event.span and event.series.node == queried.instance.nodes()[0].id
    ]
    assert [event.span for event in done] == [Span(begin + 18 * HOUR, begin + DAY)]
    make_sure_of(queried, first, midnight(queried))
    # Each is read once more as it was.
    late_entry(queried, 5, 1)
    queried.advance(days=2)
    assert queried.collect().message() is None
    make_sure_of(queried, first, midnight(queried))
    assert queried.collect().changed is False


def test_a_clock_that_runs_ahead_reads_nothing_that_is_not_over(queried: Instance) -> None:
    busy(queried)
    queried.collect()
    calls = reads(queried)
    # Ten minutes after midnight by the wrong clock, when the day is not over; further apart, nothing would be decided at all.
    queried.emulator.clock.set(midnight(queried) + DAY - 300)
    queried.collect()
    calls = reads(queried)
    queried.ahead = 10 * 60
    outcome = queried.collect()
    assert outcome.changed is False
    assert reads(queried) == calls
    assert any("ahead of the API's" in warning for warning in outcome.warnings)


def test_windows_and_late_entries_of_a_month_that_ends(queried: Instance) -> None:
    queried.emulator.clock.set("2026-03-31T12:00:00Z")
    busy(queried)
    queried.collect()
    first = midnight(queried) - 7 * DAY
    late_entry(queried, 13, 3)
    queried.emulator.world.add_entry(queried.instance.id, "SlowLog", midnight(queried) + DAY - 1)
    queried.advance(days=1)
    assert queried.collect().message() is None
    folder = queried.archive / queried.folder
    assert [path.name for path in sorted(folder.glob("ledger-*"))] == ["ledger-2026-03.jsonl", "ledger-2026-04.jsonl"]
    months = Counter("/".join(path.parts[-4:-2]) for path in folder.glob("*/slow/**/*.jsonl"))
    assert set(months) == {"2026/03"}
    make_sure_of(queried, first, midnight(queried))


def test_an_explicit_span_is_read_and_opens_nothing(queried: Instance) -> None:
    busy(queried, 600, 20)
    begin = int(midnight(queried)) - 15 * DAY + 3 * HOUR
    span = Span(begin, begin + DAY)
    outcome = queried.collect(span=span)
    assert outcome.message() is None
    assert {event.status for event in outcome.done} <= {"collected", "empty"}
    assert {claim["by"] for claim in outcome.result("", 9)["claims"]} == {"query"}
    expected = {line for line in offered(queried, span.end) if span.begin <= from_time(line.split('"log_time":"')[1])}
    assert held(queried).keys() == expected
    calls = reads(queried)
    assert queried.collect(span=span).changed is False
    assert reads(queried) == calls
    # What is held of it is not read again once the series is opened.
    outcome = queried.collect(lookback=20 * DAY)
    assert outcome.message() is None
    assert not any(event.span and event.span.begin < span.end and span.begin < event.span.end for event in outcome.done)
    make_sure_of(queried, midnight(queried) - 20 * DAY, midnight(queried))


def test_of_an_explicit_span_that_is_not_over_the_rest_is_pending(queried: Instance) -> None:
    day = int(midnight(queried))
    outcome = queried.collect(span=Span(day - DAY, day + 2 * DAY))
    assert {event.span for event in outcome.done} == {Span(day - DAY, day)}
    assert len(outcome.pending()) == 2 * len(queried.instance.nodes())
    assert outcome.message() is None


# -- archives


def test_an_archive_that_is_moved_goes_on(queried: Instance, tmp_path: Path) -> None:
    busy(queried)
    queried.collect()
    late_entry(queried, 10, 3)
    queried.advance(hours=30)
    queried.collect()
    moved = tmp_path / "elsewhere" / "archive"
    moved.parent.mkdir()
    queried.archive.rename(moved)
    queried.archive = moved
    calls = reads(queried)
    assert queried.collect().changed is False
    assert reads(queried) == calls


def test_a_deleted_ledger_is_noticed_and_rebuilt(queried: Instance) -> None:
    busy(queried)
    queried.collect()
    [ledger] = (queried.archive / queried.folder).glob("ledger-*.jsonl")
    before = {(line["node"], line["unit"], line["sha256"]) for line in lines_of(queried) if line["path"]}
    ledger.unlink()
    for check in (True, False):
        with pytest.raises(ArchiveError, match="holds files but no ledger"):
            queried.collect(check=check)
    assert queried.collect(settings={"rebuild": True}).message() is None
    assert {(line["node"], line["unit"], line["sha256"]) for line in lines_of(queried) if line["path"]} == before
    assert queried.collect().changed is False


# -- workers


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_a_window_goes_on_where_it_was_throttled(queried: Instance, order: str) -> None:
    queried.emulator.world.entry_order = order
    queried.emulator.world.add_entries(queried.instance.id, 3000, 1, log_types=("SlowLog",), late=0)
    queried.emulator.faults.add(Fault("ListSlowLogs", "throttled", skip=4, times=2, args={"retry_after": 7}))
    outcome = queried.collect()
    assert outcome.message() is None
    assert outcome.result("", 1)["throttled_seconds"] >= 7
    make_sure_of(queried, midnight(queried) - DAY, midnight(queried))


def test_a_window_that_is_throttled_for_too_long_is_nothing_and_read_by_the_next_run(queried: Instance) -> None:
    queried.emulator.world.add_entries(queried.instance.id, 3000, 1, log_types=("SlowLog",), late=0)
    queried.emulator.faults.add(Fault("ListSlowLogs", "throttled", skip=6, times=None))
    outcome = queried.collect()
    assert outcome.missing() != []
    assert outcome.message() is not None
    queried.emulator.faults.clear()
    assert queried.collect().message() is None
    make_sure_of(queried, midnight(queried) - 7 * DAY, midnight(queried))


def test_windows_are_read_side_by_side_by_as_many_workers(queried: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(queried, 1200)
    pages, together, page = itertools.count(), threading.Barrier(4, timeout=60), entries._page

    def asked(*args: Any) -> Any:
        # The first call only tries whether there are entries to be had; the four after it must be under way at once.
        if 1 <= next(pages) <= 4:
            together.wait()
        return page(*args)

    monkeypatch.setattr(entries, "_page", asked)
    assert queried.collect(settings={"workers": 4}).message() is None
    assert not together.broken
    make_sure_of(queried, midnight(queried) - 7 * DAY, midnight(queried))
