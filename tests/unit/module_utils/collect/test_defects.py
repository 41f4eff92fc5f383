# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that ends by a defect of ours: it is raised, the status tells of it, and what came in whole is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import choosing
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import Offer
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb import source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.source import PackageSource

from .conftest import Cluster, verify


class Defect(Exception):
    """Something that nobody expected."""


def run_of(cluster: Cluster) -> dict[str, Any]:
    status: dict[str, Any] = json.loads((cluster.archive / cluster.folder / "status.json").read_text())
    return dict(status["run"])


def breaking(function: Callable[..., Any], at: int) -> Callable[..., Any]:
    """Return a function that fails the so-manieth time it is called, and from then on."""
    calls = []

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) >= at:
            raise Defect
        return function(*args, **kwargs)

    return call


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.tar.gz")}


@pytest.mark.parametrize("look", [2, 3, 4])
def test_a_planner_that_breaks(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, look: int) -> None:
    monkeypatch.setattr(choosing, "plan", breaking(choosing.plan, look))
    with pytest.raises(Defect):
        cluster.collect(max_packaging=2)
    assert run_of(cluster)["failure"]["code"] == "defect"
    held = {line["path"].rpartition("/")[2] for line in verify(cluster.archive / cluster.folder) if line["path"]}
    assert files(cluster.archive) == held
    monkeypatch.undo()
    assert cluster.collect().message() is None
    assert run_of(cluster)["failure"] is None
    assert set(cluster.packages().values()) == {1}


def test_a_thread_that_breaks_takes_nothing_with_it_that_came_in_whole(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = PackageSource.links
    first: list[Offer] = []

    def break_all_but_one(of: PackageSource, offers: Any) -> Any:
        first.extend(offers if not first else ())
        if offers[0] not in first:
            raise Defect
        return links(of, offers)

    monkeypatch.setattr(source.PackageSource, "links", break_all_but_one)
    with pytest.raises(Defect):
        cluster.collect(settings={"workers": 1})
    assert run_of(cluster)["failure"]["code"] == "defect"
    lines = verify(cluster.archive / cluster.folder)
    assert [line["source"]["id"] for line in lines if line["status"] == "collected"] == [first[0].id]
    monkeypatch.undo()
    assert cluster.collect().message() is None


def test_what_threads_call_leaves_a_source_as_it_was(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    # The planner reads it at the same time.
    before: list[dict[str, Any]] = []
    plan = PackageSource.plan

    def watched(of: PackageSource, *args: Any) -> Any:
        if before:
            assert before[-1] == vars(of)
        found = plan(of, *args)
        before.append(dict(vars(of)))
        return found

    monkeypatch.setattr(PackageSource, "plan", watched)
    assert cluster.collect().message() is None
    assert len(before) > 1
