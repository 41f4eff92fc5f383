# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On any world: what a run attempts is what check mode said, and the next run does what was left and nothing more."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .conftest import START, Cluster


class World(NamedTuple):
    """How a cluster and its archive came to be as they are, and what goes wrong now."""

    window: int
    away: float  # days since the first run
    forgotten: int  # ledger lines that were never written
    torn: bool
    others: list[tuple[int, int, str, bool, int]]  # day, begin, type, failed, hours until it was made
    faults: list[tuple[str, str, int]]


worlds = st.builds(
    World,
    window=st.sampled_from([6 * HOUR, 12 * HOUR, DAY]),
    away=st.sampled_from([0.0, 1.0, 2.5, 9.0]),
    forgotten=st.integers(0, 3),
    torn=st.booleans(),
    others=st.lists(
        st.tuples(
            st.integers(1, 9),
            st.sampled_from([0, 6, 12]),
            st.sampled_from(["SlowLog", "ErrorLog"]),
            st.booleans(),
            st.integers(1, 40),
        ),
        max_size=6,
    ),
    faults=st.lists(
        st.sampled_from(
            [
                ("object", "corrupt_body", 2),
                ("object", "cut_body", 1),
                ("object", "expired_link", 1),
                ("BackupUMongoDBLog", "retcode", 2),
                ("BackupUMongoDBLog", "fail_package", 1),
                ("DescribeUMongoDBBackupURL", "http", 1),
            ]
        ),
        max_size=3,
    ),
)


def attempted(outcome: Outcome) -> set[tuple[Series, str]]:
    units = {(event.series, event.unit) for event in outcome.done}
    return units | {(step.series, step.unit) for step in outcome.missing()}


def build(world: World, cluster: Cluster) -> dict[str, Any]:
    rules: dict[str, Any] = {"window": world.window, "log_types": ("slow", "error"), "lookback": 3 * DAY}
    cluster.collect(**rules)
    ledger = next((cluster.archive / cluster.folder).glob("ledger-*.jsonl"))
    lines = ledger.read_bytes().splitlines(keepends=True)
    kept = lines[: len(lines) - world.forgotten]
    ledger.write_bytes(b"".join(kept) + (b'{"v":1,"prov' if world.torn else b""))
    now = cluster.emulator.clock.now()
    cluster.advance(days=world.away)
    for days, begin, log_type, failed, hours in world.others:
        start = int(now) // DAY * DAY + int(world.away - days) * DAY + begin * HOUR
        end = start + 12 * HOUR
        cluster.emulator.world.add_package(
            cluster.cluster.cluster_id,
            cluster.node,
            log_type,
            start,
            end,
            created=min(end + hours * HOUR, int(cluster.emulator.clock.now())),
            failed=failed,
        )
    return rules


@given(worlds)
@settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
def test_a_run_attempts_what_check_mode_said_and_the_next_does_what_is_left(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder, Emulator(seed=3, clock=START, packaging_seconds=1) as emulator:
        cluster = Cluster(emulator, Path(folder) / "archive")
        rules = build(world, cluster)
        # Room for a check mode and a run that take their time: the next five-minute mark is far.
        emulator.clock.set(int(emulator.clock.now()) // 300 * 300 + 1)

        planned = cluster.collect(check=True, **rules)
        for action, kind, times in world.faults:
            emulator.faults.add(Fault(action, kind, times=times))
        outcome = cluster.collect(**rules)
        assert attempted(outcome) == attempted(planned)
        statuses = {(event.series, event.unit): event.status for event in planned.done}
        for event in outcome.done:
            # Nobody knows before it is made that a package holds nothing.
            found = "collected" if event.status == "empty" else event.status
            assert found == statuses[event.series, event.unit].replace("empty", "collected")

        emulator.faults.clear()
        left = {(step.series, step.unit) for step in outcome.missing()}
        later = cluster.collect(**rules)
        assert {(event.series, event.unit) for event in later.done} == left - still_resting(later)
        assert cluster.collect(**rules).changed is False


def still_resting(outcome: Outcome) -> set[tuple[Series, str]]:
    return {(step.series, step.unit) for step in outcome.missing() if "its packaging failed" in step.reason}
