# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is planned by a checkpoint, without one and with a stale one is the same, whatever the history of the archive."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import index
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import CHECKPOINT
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Seen
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import choosing, logs, windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import READY, Offer
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ..archive.histories import FIRST, IDENTITY, SERIES, histories, instants, spans, spoiled
from .conftest import START, Cluster
from .test_random_worlds import World, build, worlds

SLOW = tuple(series for series in SERIES if series.log_type == "slow")

rules = st.builds(
    lambda made, **own: windows.Rules(
        **own, log_types=("slow",), made=made, reach=windows.REACH if made else 30 * DAY, recheck=None if made else DAY
    ),
    st.booleans(),
    window=st.sampled_from([6, 12, 24]).map(lambda hours: hours * HOUR),
    settle=st.sampled_from([0, 600]),
    lookback=st.integers(1, 12).map(lambda days: days * DAY),
    span=st.none() | spans.filter(lambda span: not span.empty),
)
members = st.builds(
    lambda series, complete, readable: windows.Members(
        tuple(sorted(series)), complete, frozenset(SLOW) if readable else frozenset()
    ),
    st.sets(st.sampled_from(SLOW)),
    st.booleans(),
    st.booleans(),
)
offers = st.lists(
    st.builds(
        lambda log_id, series, span: Offer(log_id, series, span, READY, log_id, 7),
        st.sampled_from(["17", "18", "19"]),
        st.sampled_from([series for series in SERIES if series.log_type == "audit"]),
        spans,
    ),
    max_size=4,
    unique_by=lambda offer: (offer.series, offer.id),
)


def planned(
    ledger: Ledger, of: windows.Rules, who: windows.Members, offered: list[Offer], now: int, rechecked: list[Span]
) -> list[Any]:
    """Return what is planned for windows, and for a list of audit logs."""
    wanted = windows.want(of, who, ledger.units, ledger.scopes, now, now, dict.fromkeys(SLOW, rechecked))
    own = logs.Rules("audit", of.lookback)
    listed = logs.listing_span(own, ledger.units, None, (), now)
    seen = [Seen(offer.series, f"{offer.id}0", offer.span) for offer in offered] + [
        Seen(series, "17", Span(FIRST, FIRST + DAY)) for series in SERIES if series.log_type == "audit"
    ]
    every = Span(0, now)
    return [
        choosing.plan(of, wanted, (), (), now=now),
        listed,
        logs.plan(own, every, offered, ledger.units, ledger.scopes, seen, now),
    ]


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(histories, rules, members, offers, instants, st.lists(spans, max_size=3), st.integers(0, 10**6))
def test_what_is_planned_by_a_checkpoint_is_what_is_planned_by_the_ledger(
    history: list[tuple[list[Event], str]],
    of: windows.Rules,
    who: windows.Members,
    offered: list[Offer],
    now: int,
    rechecked: list[Span],
    position: int,
) -> None:
    with tempfile.TemporaryDirectory() as folder, patch.object(os, "fsync"), patch.object(index, "LINES", 5):
        tree = Tree(os.path.join(folder, "i"), Ownership())
        tree.make()
        before: bytes | None = None
        for number, (events, what) in enumerate(history):
            ledger = Ledger.recall(tree, IDENTITY, keeps=True)
            before = tree.read(CHECKPOINT) or before
            ledger.append(events, FIRST + number * 20 * DAY)
            if what != "not kept":
                ledger.remember()
            spoiled(tree, what, before, position)
            recalled, read = Ledger.recall(tree, IDENTITY), Ledger.read(tree, IDENTITY)
            given_ = (of, who, offered, now + 2 * DAY, rechecked)
            assert planned(recalled, *given_) == planned(read, *given_)


@settings(
    deadline=None,
    max_examples=6,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(worlds)
def test_runs_with_without_and_with_a_stale_checkpoint_plan_and_do_the_same(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder, Emulator(seed=3, clock=START, packaging_seconds=1) as emulator:
        cluster = Cluster(emulator, Path(folder) / "archive")
        first: dict[str, Any] = {"window": world.window, "log_types": ("slow", "error"), "lookback": 3 * DAY}
        cluster.collect(**first)
        stale = (cluster.archive / cluster.folder / CHECKPOINT).read_bytes()
        kinds = build(world, cluster)
        emulator.clock.set(int(emulator.clock.now()) // 300 * 300 + 1)
        others = [Cluster(emulator, Path(folder) / name) for name in ("without", "stale")]
        for one in others:
            shutil.copytree(cluster.archive, one.archive)
        (others[0].archive / cluster.folder / CHECKPOINT).unlink()
        (others[1].archive / cluster.folder / CHECKPOINT).write_bytes(stale)
        plans = [one.collect(check=True, **kinds).plan for one in (cluster, *others)]
        assert plans[0] == plans[1] == plans[2]
        held = []
        for one in (cluster, *others):
            assert one.collect(**kinds).fatal is None
            units = Ledger.read(Tree(str(one.archive / one.folder), Ownership()), {}).units
            held.append({key: (event.status, event.begin, event.end) for key, event in units.items()})
        assert held[0] == held[1] == held[2]
