# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Masking of slow logs and streams of audit logs: four cells each, what is refused, and what the cloud may answer."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_model import DdsInstance, Stream

from ..running import run_module

Options = dict[str, dict[str, Any]]
MASKING, STREAM = "dds_slow_log_masking", "dds_audit_stream"


@pytest.fixture
def instance(emulator: Emulator) -> DdsInstance:
    """Return the first instance, which masks and sends nothing to a stream."""
    return emulator.world.instances[0]


def writes(emulator: Emulator) -> list[str]:
    """Return what the cloud was told to change."""
    reading = ("ShowSlowLogMasking", "ListLtsConfigs")
    return [record.action for record in emulator.requests if record.action not in reading]


# -- masking


@pytest.mark.parametrize("enabled", [False, True])
def test_masking_is_switched_once_and_check_mode_says_so_before(
    emulator: Emulator, good: Options, instance: DdsInstance, enabled: bool
) -> None:
    instance.slow_log_masking = not enabled
    options = {**good[MASKING], "enabled": enabled, "allow_plain_values": not enabled}
    results = [run_module(MASKING, options, check=check, diff=True) for check in (True, False, True, False)]
    assert [result["changed"] for result in results] == [True, True, False, False]
    assert [result["masking"] for result in results] == [{"enabled": enabled}] * 4
    assert [result["diff"]["before"]["enabled"] for result in results] == [not enabled, not enabled, enabled, enabled]
    assert {result["diff"]["after"]["enabled"] for result in results} == {enabled}
    assert writes(emulator) == ["SwitchSlowLogMasking"]
    assert run_module(f"{MASKING}_info", good[f"{MASKING}_info"])["masking"] == {"enabled": enabled}
    assert "diff" not in run_module(MASKING, options)


@pytest.mark.parametrize("check", [True, False])
def test_plain_values_must_be_allowed_and_it_is_said_why(
    emulator: Emulator, good: Options, instance: DdsInstance, check: bool
) -> None:
    options = {**good[MASKING], "allow_plain_values": False}
    result = run_module(MASKING, options, check=check)
    assert (result["failed"], result["failure"]["kind"], writes(emulator)) == (True, "exposure", [])
    assert "can be read" in result["msg"]
    assert "allow_plain_values=true" in result["failure"]["hint"]
    instance.slow_log_masking = False
    assert run_module(MASKING, options, check=check)["changed"] is False


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "http", "throttled"])
def test_masking_is_switched_in_spite_of_a_fault_that_passes(
    emulator: Emulator, good: Options, instance: DdsInstance, kind: str
) -> None:
    emulator.faults.add(Fault("SwitchSlowLogMasking", kind))
    assert run_module(MASKING, good[MASKING])["changed"]
    assert instance.slow_log_masking is False


def test_a_switch_in_doubt_is_cleared_up_by_reading(emulator: Emulator, good: Options) -> None:
    emulator.faults.add(Fault("SwitchSlowLogMasking", "http", times=None, args={"effect": True}))
    assert run_module(MASKING, {**good[MASKING], "deadline": 0.5})["changed"]


def test_a_switch_that_the_cloud_does_not_show_is_an_error(emulator: Emulator, good: Options) -> None:
    emulator.faults.add(Fault("SwitchSlowLogMasking", "html", times=None, args={"status": 502}))
    result = run_module(MASKING, {**good[MASKING], "deadline": 0.5})
    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, True, "not_shown")
    assert "still shows masking on" in result["msg"]


def test_an_instance_that_is_not_normal_is_told(emulator: Emulator, good: Options, instance: DdsInstance) -> None:
    instance.status = "abnormal"
    result = run_module(MASKING, good[MASKING])
    assert (result["failed"], result["failure"]["code"]) == (True, "DBS.280042")


# -- streams


def test_a_stream_is_set_once_and_check_mode_says_so_before(emulator: Emulator, good: Options) -> None:
    options = good[STREAM]
    wanted = [options, options, {**options, "lts_stream_id": options["lts_group_id"]}]
    for number, changed in enumerate((True, False, True)):
        before = len(writes(emulator))
        check, real = (run_module(STREAM, wanted[number], check=one, diff=True) for one in (True, False))
        assert (check["changed"], real["changed"]) == (changed, changed)
        assert (check["stream"], check["diff"]) == (real["stream"], real["diff"])
        assert len(writes(emulator)) - before == changed
        shown = run_module(f"{STREAM}_info", {**good[f"{STREAM}_info"], "instance_id": options["instance_id"]})
        assert shown["streams"] == [real["stream"]] == [real["diff"]["after"]]
        assert real["stream"]["lts_stream_id"] == wanted[number]["lts_stream_id"]
    assert set(writes(emulator)) == {"SetLtsConfigs"}
    assert "diff" not in run_module(STREAM, wanted[-1])


def test_a_stream_is_taken_away_once(emulator: Emulator, good: Options, instance: DdsInstance) -> None:
    instance.stream = Stream("g", "s")
    ids = ("lts_group_id", "lts_stream_id")
    options = {name: value for name, value in good[STREAM].items() if name not in ids}
    results = [run_module(STREAM, {**options, "state": "absent"}, check=check) for check in (True, False, True, False)]
    assert [result["changed"] for result in results] == [True, True, False, False]
    assert {(one["stream"]["enabled"], one["stream"]["lts_group_id"]) for one in results} == {(False, None)}
    assert writes(emulator) == ["DeleteLtsConfigs"]
    assert run_module(STREAM, good[STREAM])["changed"]


def test_a_stream_that_is_not_shown_yet_is_stated_again(emulator: Emulator, good: Options) -> None:
    emulator.world.stream_lag = 600
    assert [run_module(STREAM, good[STREAM])["changed"] for _time in range(2)] == [True, True]
    emulator.clock.advance(601)
    assert run_module(STREAM, good[STREAM])["changed"] is False


def test_streams_of_more_instances_than_a_page_are_listed_once_each(emulator: Emulator, good: Options) -> None:
    emulator.world.add_fleet(120)
    streams = run_module(f"{STREAM}_info", good[f"{STREAM}_info"])["streams"]
    assert [stream["instance_id"] for stream in streams] == sorted(one.id for one in emulator.world.instances)
    assert len(emulator.requests) == 3


@pytest.mark.parametrize(
    "changes",
    [{"lts_group_id": None}, {"lts_stream_id": None}, {"state": "absent"}, {"state": "absent", "lts_group_id": None}],
)
def test_ids_belong_to_a_stream_that_is_present(emulator: Emulator, good: Options, changes: dict[str, Any]) -> None:
    result = run_module(STREAM, {**good[STREAM], **changes})
    assert (result["failure"]["code"], len(emulator.requests)) == ("bad_input", 0)


@pytest.mark.parametrize("module", [STREAM, f"{STREAM}_info"])
def test_an_instance_that_is_not_listed_is_an_error(good: Options, module: str) -> None:
    result = run_module(module, {**good[module], "instance_id": "0" * 32 + "in02"})
    assert (result["failed"], result["failure"]["kind"]) == (True, "not_found")


def test_a_frozen_instance_is_told(good: Options, instance: DdsInstance) -> None:
    instance.status = "frozen"
    assert run_module(STREAM, good[STREAM])["failure"]["code"] == "DBS.280042"
