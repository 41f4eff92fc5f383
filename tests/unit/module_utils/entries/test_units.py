# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files are read for entries, and exported, by a checkpoint: those by the ledger read whole, whatever its history."""

from __future__ import annotations

import os
import tempfile
from typing import Any
from unittest.mock import patch

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import index
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import CHECKPOINT
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.progress import Progress
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import span_of, units_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..archive.histories import FIRST, IDENTITY, histories, instants, spoiled

FOLDER = "dds/cn-bj2/default/dds-1"
chosen_series = st.builds(
    Chosen,
    nodes=st.sampled_from([None, None, ("n-1",)]),
    log_types=st.sampled_from([None, ("slow",), ("audit",)]),
)
asked_spans = st.builds(
    lambda begin, days: span_of(begin, None if begin is None or days is None else begin + days * DAY),
    st.none() | instants,
    st.none() | st.integers(1, 9),
)


def held(tree: Tree, ledger: Ledger) -> Holding:
    return Holding(FOLDER, IDENTITY, tree, ledger, Status(tree, IDENTITY))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    histories,
    st.lists(st.tuples(chosen_series, asked_spans, st.sampled_from(["all", "none", "half"])), min_size=6, max_size=6),
    st.booleans(),
    st.integers(0, 10**6),
)
def test_what_is_read_and_exported_by_a_checkpoint_is_what_is_by_the_ledger(
    history: list[tuple[list[Event], str]],
    exports: list[tuple[Chosen, Span, str]],
    old: bool,
    position: int,
) -> None:
    with tempfile.TemporaryDirectory() as folder, patch.object(os, "fsync"), patch.object(index, "LINES", 5):
        tree, beside = Tree(os.path.join(folder, "a"), Ownership()), Tree(os.path.join(folder, "out"), Ownership())
        for one in (tree, beside):
            one.make()
        before: bytes | None = None
        for number, ((events, what), (chosen, span, done)) in enumerate(zip(history, exports, strict=False)):
            ledger = Ledger.recall(tree, IDENTITY, keeps=True)
            before = tree.read(CHECKPOINT) or before
            ledger.append(events, FIRST + number * 20 * DAY)
            if what != "not kept":
                ledger.remember()
            # Nobody exports from a ledger whose lines are others now.
            spoiled(tree, what if what != "rewritten" else "lost", before, position)
            recalled, read = (held(tree, one) for one in (Ledger.recall(tree, IDENTITY), Ledger.read(tree, IDENTITY)))
            units = [units_of(folder, one, chosen, span) for one in (recalled, read)]
            assert units[0] == units[1]
            progress = Progress.read(beside, {"format": "otlp"})
            due = [progress.due(one, chosen) for one in (recalled, read)]
            assert due[0] == due[1]
            assert all(read.ledger.units[key] == event for key, event in due[0].items())
            some = [units_of(folder, one, chosen, span, due[0].values()) for one in (recalled, read)]
            assert some[0] == some[1]
            assert {unit.event.key for unit in some[0].due} == {unit.event.key for unit in units[0].due} & due[0].keys()
            left = {"all": [], "none": [*due[0]], "half": sorted(due[0])[::2]}[done]
            progress.note(recalled, chosen, left)
            if old:
                without_places(progress)
            progress.save()
            again = Progress.read(beside, {"format": "otlp"}).due(held(tree, Ledger.recall(tree, IDENTITY)), chosen)
            assert again.keys() == {*left}


def without_places(progress: Progress) -> None:
    """Let the progress be as an earlier release wrote it."""
    instances: dict[str, dict[str, dict[str, Any]]] = progress._instances
    for series in instances[FOLDER].values():
        series.pop("head_at")
