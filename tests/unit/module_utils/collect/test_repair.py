# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file that went missing or bad in the archive is collected again where the cloud still has it, and told of where not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY

from .conftest import Cluster, Instance, Timeline, verify

Damage = Callable[[Path], object]


def flip(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def link(path: Path) -> None:
    path.unlink()
    path.symlink_to("elsewhere")


DAMAGES: dict[str, tuple[Damage, str, str]] = {
    "missing": (Path.unlink, "size", "its file is missing"),
    "size": (lambda path: path.write_bytes(b"x"), "size", "its file has another size"),
    "sha256": (flip, "sha256", "its file does not have its SHA-256"),
    "a link": (link, "sha256", "its file is missing"),
}


def collected(timeline: Any) -> list[dict[str, Any]]:
    lines = verify(timeline.archive / timeline.folder)
    return [line for line in lines if line["status"] == "collected"]


def repair(timeline: Any, level: str, *, check: bool = False, log_types: tuple[str, ...] | None = None) -> Outcome:
    outcome: Outcome = timeline.collect(check=check, settings={"repair": level, "chosen": Chosen(log_types=log_types)})
    return outcome


def ledger_of(timeline: Any) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((timeline.archive / timeline.folder).glob("ledger-*")))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_window_is_fetched_again(cluster: Cluster, damage: str) -> None:
    hurt, level, why = DAMAGES[damage]
    cluster.collect()
    line = collected(cluster)[2]
    asked = cluster.packages()
    hurt(cluster.archive / cluster.folder / line["path"])

    planned = repair(cluster, level, check=True)
    assert [(event.unit, event.status) for event in planned.done] == [(line["unit"], "collected")]
    outcome = repair(cluster, level)
    assert outcome.message() is None
    last = collected(cluster)[-1]
    assert (last["unit"], last["path"], last["sha256"]) == (line["unit"], line["path"], line["sha256"])
    assert last["reason"] == f"fetched again, as {why}"
    assert cluster.packages() == asked
    assert repair(cluster, "sha256").changed is False


@pytest.mark.parametrize("level", ["size", "none"])
def test_a_folder_in_place_of_a_file_stops_that_file_alone(cluster: Cluster, level: str) -> None:
    cluster.collect()
    path = cluster.archive / cluster.folder / collected(cluster)[2]["path"]
    path.unlink()
    path.mkdir()
    if level == "none":
        # of a run that was killed, or an archive put together by hand
        path = path.parents[1] / "10" / "20260310T000000Z_20260311T000000Z.tar.gz"
        path.mkdir(parents=True)
        cluster.advance(days=1)
    cluster.advance(days=1)
    cluster.verifies = False
    outcome = repair(cluster, level)
    assert [event.begin for event in outcome.done] == [cluster.emulator.clock.now() // DAY * DAY - DAY]
    [unit] = outcome.result("", 9)["missing"]
    assert (unit["failure"]["kind"], unit["failure"]["message"]) == ("archive", f"{path} is a folder.")
    assert path.is_dir()


def test_without_being_told_to_a_run_repairs_nothing(cluster: Cluster) -> None:
    cluster.collect()
    (cluster.archive / cluster.folder / collected(cluster)[0]["path"]).unlink()
    cluster.verifies = False
    assert cluster.collect().changed is False


@pytest.mark.parametrize("days", [1, 20])
def test_a_package_that_is_listed_serves_however_old_it_is(cluster: Cluster, days: int) -> None:
    cluster.collect()
    first = collected(cluster)[0]
    cluster.advance(days=days)
    cluster.collect()
    asked = cluster.packages()
    (cluster.archive / cluster.folder / first["path"]).unlink()
    outcome = repair(cluster, "size")
    assert [event.unit for event in outcome.done] == [first["unit"]]
    assert cluster.packages() == asked


def test_a_package_that_is_gone_is_asked_for_anew_within_reach(cluster: Cluster) -> None:
    cluster.collect()
    last = collected(cluster)[-1]
    cluster.emulator.world.packages.clear()
    (cluster.archive / cluster.folder / last["path"]).unlink()
    outcome = repair(cluster, "size")
    assert [event.unit for event in outcome.done] == [last["unit"]]
    assert outcome.result("", 9)["packages_asked"] == 1
    assert repair(cluster, "sha256").changed is False


def test_what_the_cloud_does_not_have_any_more_is_told_and_stays_in_the_ledger(cluster: Cluster) -> None:
    cluster.collect()
    first = collected(cluster)[0]
    cluster.advance(days=20)
    cluster.collect()
    cluster.emulator.world.packages.clear()
    (cluster.archive / cluster.folder / first["path"]).unlink()
    before = ledger_of(cluster)
    cluster.verifies = False
    for check in (True, False):
        outcome = repair(cluster, "size", check=check)
        assert [(step.unit, step.reason) for step in outcome.missing()] == [
            (first["unit"], "its file is missing, and the cloud does not offer it any more")
        ]
        assert outcome.changed is False
    assert "its file is missing" in (outcome.message() or "")
    assert ledger_of(cluster) == before


def test_only_the_chosen_series_are_looked_at(cluster: Cluster) -> None:
    cluster.collect(log_types=("slow", "error"))
    for line in collected(cluster)[-2:]:
        (cluster.archive / cluster.folder / line["path"]).unlink()
    hurt = {line["log_type"] for line in json_lines(cluster)[-2:]}
    cluster.verifies = False
    outcome = repair(cluster, "size", log_types=("slow",))
    assert {event.series.log_type for event in outcome.done} == hurt & {"slow"}


def json_lines(timeline: Timeline) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in ledger_of(timeline).splitlines()]
    return [line for line in lines if line["status"] == "collected"]


def test_a_damaged_audit_log_is_looked_for_however_old_it_is(instance: Instance) -> None:
    name = instance.add_log(2)
    instance.collect()
    instance.advance(days=40)
    instance.add_log(2)
    instance.collect()
    first = next(line for line in collected(instance) if line["unit"] == name)
    (instance.archive / instance.folder / first["path"]).unlink()
    assert repair(instance, "size", check=True).changed is True
    outcome = repair(instance, "size")
    assert [event.unit for event in outcome.done] == [name]
    assert collected(instance)[-1]["reason"] == "fetched again, as its file is missing"

    instance.instance.audit_logs.clear()
    (instance.archive / instance.folder / first["path"]).unlink()
    instance.verifies = False
    assert [step.unit for step in repair(instance, "size").missing()] == [name]


def test_a_damaged_export_is_there_again_when_the_cloud_exports_the_same_bytes(instance: Instance) -> None:
    instance.log_types = ("slow",)
    instance.collect()
    line = collected(instance)[0]
    (instance.archive / instance.folder / line["path"]).unlink()
    # In check mode nothing is exported, so nothing is known.
    assert repair(instance, "size", check=True).missing() == []
    outcome = repair(instance, "size")
    assert outcome.message() is None
    assert [event.unit for event in outcome.done] == [line["unit"]]
