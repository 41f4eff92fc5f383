# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a run has come, as it notes that in the status of its instance."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from .conftest import Cluster


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the progress that stood in the status whenever it was written."""
    found: list[dict[str, Any]] = []
    save = Status.save

    def saved(self: Status, at: int, head: str) -> None:
        save(self, at, head)
        if self.progress:
            found.append(self.progress)

    monkeypatch.setattr(Status, "save", saved)
    return found


def in_status(cluster: Cluster) -> Any:
    return json.loads((cluster.archive / cluster.folder / "status.json").read_text()).get("progress")


def test_a_run_that_takes_long_notes_how_far_it_has_come(cluster: Cluster, noted: list[dict[str, Any]]) -> None:
    cluster.emulator.world.packaging_seconds = 45
    outcome = cluster.collect(lookback=2 * DAY)
    assert outcome.message() is None
    first = noted[0]
    total = first["files_total"]
    assert (first["files"], first["bytes"], first["bytes_total"], first["seconds"] >= 10) == (0, 0, None, True)
    assert first["waiting"] == f"{total} packages being made"
    assert 3 <= len(noted) <= 10
    assert all(one["files"] <= one["files_total"] == total for one in noted)
    assert in_status(cluster) is None


def test_a_quick_run_notes_nothing(cluster: Cluster, noted: list[dict[str, Any]]) -> None:
    cluster.collect(lookback=DAY)
    assert noted == []


def test_a_run_that_is_throttled_says_so(cluster: Cluster, noted: list[dict[str, Any]]) -> None:
    cluster.emulator.world.packaging_seconds = 45
    cluster.emulator.faults.add(Fault("ListUMongoDBLogPackage", "throttled", times=2, args={"retry_after": 4}))
    cluster.collect(lookback=2 * DAY)
    assert "throttled by the cloud" in {one["waiting"] for one in noted}
