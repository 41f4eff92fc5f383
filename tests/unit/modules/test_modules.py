# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module's four cells: change or not, real or check. And what no result may hold."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from ..running import run_module
from .conftest import CALLING

CHANGING = ["dds_log_archive", "umongodb_log_archive", "umongodb_log_package"]


@pytest.mark.parametrize("module", CHANGING)
def test_check_mode_says_what_the_run_then_does(good: dict[str, dict[str, Any]], module: str) -> None:
    first = [run_module(module, good[module], check=check, diff=True) for check in (True, False)]
    assert [result["changed"] for result in first] == [True, True]
    again = [run_module(module, good[module], check=check, diff=True) for check in (True, False)]
    assert [result["changed"] for result in again] == [False, False]
    for planned, done in (first, again):
        if "counts" in planned:
            assert planned["counts"] == done["counts"]
            assert planned["plan"] == done["plan"]
            same = ("node", "log_type", "unit", "status", "begin", "end")
            units = [[[unit[key] for key in same] for unit in result["units"]] for result in (planned, done)]
            assert units[0] == units[1]
        else:
            same = ("node_id", "log_type", "state", "begin", "end", "name")
            assert {key: planned["package"][key] for key in same} == {key: done["package"][key] for key in same}
            assert done["package"] == first[1]["package"]
        assert planned["diff"]["before"] == done["diff"]["before"]
        assert foreseen(planned["diff"]["after"]) == foreseen(done["diff"]["after"])
    assert first[1]["diff"]["before"] != first[1]["diff"]["after"]
    assert again[1]["diff"]["before"] == again[1]["diff"]["after"]


def foreseen(after: Any) -> list[Any]:
    """Return of what is there after a run what can be known before: of packages neither ids nor sizes, of series no begin."""
    if isinstance(after, str):
        lines = [re.sub(r", \d+ bytes", "", line) for line in after.splitlines()]
        return [line for line in lines if "opened" not in line]
    return [after[name] for name in ("node_id", "log_type", "begin", "end", "name")]


@pytest.mark.parametrize("module", [module for module in CALLING if module.endswith("_info")])
def test_what_only_reads_never_changes(good: dict[str, dict[str, Any]], module: str) -> None:
    results = [run_module(module, good[module], check=check) for check in (False, True, False)]
    for result in results:
        result.pop("invocation", None)
    assert results[0] == results[1] == results[2]
    assert results[0]["changed"] is False
    told = [value for value in results[0].values() if isinstance(value, (list, dict)) and value]
    assert told or module.endswith("package_info")


@pytest.mark.parametrize("module", CHANGING)
def test_check_mode_leaves_the_cloud_and_the_disk_alone(
    emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path, module: str
) -> None:
    run_module(module, good[module], check=True)
    assert emulator.world.packages == []
    assert {record.action for record in emulator.requests} <= {
        "DescribeUMongoDBInstance",
        "ListUMongoDBLogPackage",
        "ListAuditLogs",
    }
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", CALLING)
@pytest.mark.parametrize(
    "fault",
    [
        Fault("*", "unauthorized", times=None),
        Fault("*", "html", times=None),
        Fault("*", "http", times=None),
        Fault("*", "cut_before", times=None),
    ],
    ids=lambda fault: str(fault.kind),
)
def test_a_cloud_that_fails_is_told_in_one_sentence_that_holds_no_secret(
    emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path, module: str, fault: Fault
) -> None:
    emulator.faults.add(fault)
    result = run_module(module, good[module], check=False)
    assert result["failed"]
    assert result["failure"]["message"] in result["msg"]
    assert "\n" not in result["msg"]
    result.pop("invocation", None)
    for name, secret in secrets_of(emulator).items():
        assert secret not in str(result), name
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize("module", CALLING)
def test_a_result_holds_no_secret_and_no_link(
    emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path, module: str
) -> None:
    result = run_module(module, good[module], diff=True)
    text = str(result)
    for path in tmp_path.rglob("*"):
        text += path.name + (path.read_bytes().decode("latin-1") if path.is_file() else "")
    for name, secret in secrets_of(emulator).items():
        assert secret not in text, name
    for piece in ("Signature=", "/objects/", "Expires="):
        assert piece not in text


def secrets_of(emulator: Emulator) -> dict[str, str]:
    known = {**emulator.credentials["umongodb"], **emulator.credentials["dds"]}
    return {name: known[name] for name in ("public_key", "private_key", "access_key", "secret_key", "auth_token")}


def test_modes_of_the_archive_are_the_ones_given(good: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    options = {**good["dds_log_archive"], "mode": "0600", "directory_mode": 0o711}
    before = os.umask(0o077)
    try:
        run_module("dds_log_archive", options)
    finally:
        os.umask(before)
    modes = {(path.is_dir(), path.stat().st_mode & 0o7777) for path in (tmp_path / "archive").rglob("*")}
    assert modes == {(True, 0o711), (False, 0o600)}


def test_lists_of_the_result_are_cut_at_the_limit(good: dict[str, dict[str, Any]]) -> None:
    result = run_module("dds_log_archive", {**good["dds_log_archive"], "return_limit": 2})
    assert len(result["units"]) == 2
    assert result["units_omitted"] == result["counts"]["collected"] - 2


def test_a_failed_run_returns_what_was_done(emulator: Emulator, good: dict[str, dict[str, Any]]) -> None:
    emulator.faults.add(Fault("object", "corrupt_body", times=3))
    result = run_module("umongodb_log_archive", {**good["umongodb_log_archive"], "workers": 1})
    assert result["failed"]
    assert result["counts"]["missing"] == 1
    assert result["counts"]["collected"] > 1
    assert result["missing"][0]["failure"]["code"] == "corrupt_body"
    assert result["failure"]["code"] == "incomplete"
    assert run_module("umongodb_log_archive", good["umongodb_log_archive"])["counts"]["collected"] == 1


def test_1234_audit_logs_of_45_days_come_once_each_in_order_while_two_more_appear(
    emulator: Emulator, good: dict[str, dict[str, Any]]
) -> None:
    instance = emulator.world.instances[0]
    instance.audit_every = 0.0
    emulator.world.add_audit_logs(instance.id, 1234, 45)
    emulator.faults.add(Fault("ListAuditLogs", "growing_list", times=2))
    span = {"start_time": "2026-01-24T00:30:00Z", "end_time": "2026-03-10T00:31:00Z"}
    result = run_module("dds_audit_log_info", {**good["dds_audit_log_info"], **span})
    ids = [log["id"] for log in result["audit_logs"]]
    assert len(ids) == len(set(ids)) == result["total"] == 1236
    assert set(ids) == {log.id for log in instance.audit_logs}
    times = [log["start_time"] for log in result["audit_logs"]]
    assert times == sorted(times)


def test_limit_returns_the_earliest(good: dict[str, dict[str, Any]]) -> None:
    everything = run_module("dds_audit_log_info", good["dds_audit_log_info"])
    some = run_module("dds_audit_log_info", {**good["dds_audit_log_info"], "limit": 3})
    assert some["audit_logs"] == everything["audit_logs"][:3]
    assert some["total"] == everything["total"] > 3


def test_nodes_come_with_the_types_of_log_they_can_have(emulator: Emulator, good: dict[str, dict[str, Any]]) -> None:
    result = run_module("umongodb_instance_info", {**good["umongodb_instance_info"], "nodes": True})
    types = {node["kind"]: node["log_types"] for one in result["instances"] for node in one["nodes"]}
    assert types == {"data": ["slow", "error"], "config": ["slow", "error"], "mongos": ["error"]}


@pytest.mark.parametrize(
    ("module", "option"), [("umongodb_instance_info", "cluster_id"), ("dds_instance_info", "instance_id")]
)
def test_an_instance_that_is_not_there_is_an_error(good: dict[str, dict[str, Any]], module: str, option: str) -> None:
    result = run_module(module, {**good[module], option: "no-such-one"})
    assert (result["failed"], result["failure"]["code"]) == (True, "not_found")
    assert "no-such-one" in result["msg"] or option in result["msg"]


def test_one_instance_is_told_as_in_the_list_of_all(emulator: Emulator, good: dict[str, dict[str, Any]]) -> None:
    for module, option in (("umongodb_instance_info", "cluster_id"), ("dds_instance_info", "instance_id")):
        everything = run_module(module, good[module])["instances"]
        assert len(everything) == 2
        for one in everything:
            assert run_module(module, {**good[module], option: one[option]})["instances"] == [one]


def test_exports_are_not_asked_for_in_check_mode_and_a_span_is_queried(good: dict[str, dict[str, Any]]) -> None:
    options = {**good["dds_log_archive"], "log_types": ["slow", "error"], "entries_by": "export"}
    notices = run_module("dds_log_archive", options, check=True)["notices"]
    assert [(one["code"], one["log_type"]) for one in notices] == [("not_asked", "slow"), ("not_asked", "error")]
    span = {"begin": "2026-03-09T00:00:00Z", "end": "2026-03-10T00:00:00Z", "log_types": ["slow"]}
    result = run_module("dds_log_archive", {**good["dds_log_archive"], **span}, check=True)
    assert (result["changed"], [claim["by"] for claim in result["claims"]]) == (True, ["query"])


def test_packages_can_be_filtered(good: dict[str, dict[str, Any]]) -> None:
    made = run_module("umongodb_log_package", good["umongodb_log_package"])["package"]
    listing = good["umongodb_log_package_info"]
    assert run_module("umongodb_log_package_info", {**listing, "state": "success"})["packages"] == [made]
    assert run_module("umongodb_log_package_info", {**listing, "log_type": "error"})["packages"] == []
    assert run_module("umongodb_log_package_info", {**listing, "state": "failed"})["packages"] == []
    assert run_module("umongodb_log_package_info", {**listing, "node_id": made["node_id"]})["packages"] == [made]


@pytest.mark.parametrize("lag", [0, 5])
def test_a_lost_create_answer_leaves_exactly_one_package(
    emulator: Emulator, good: dict[str, dict[str, Any]], lag: int
) -> None:
    emulator.faults.add(Fault("BackupUMongoDBLog", "list_lag", args={"seconds": lag}))
    emulator.faults.add(Fault("BackupUMongoDBLog", "cut_after"))
    result = run_module("umongodb_log_package", {**good["umongodb_log_package"], "poll_interval": 0.2})
    assert (result["changed"], result["package"]["state"]) == (True, "success")
    assert len(emulator.world.packages) == 1


def test_a_package_that_fails_while_it_is_waited_for_is_renewed_and_told(
    emulator: Emulator, good: dict[str, dict[str, Any]]
) -> None:
    options = good["umongodb_log_package"]
    window = (options["begin"], options["end"])
    node = (options["cluster_id"], options["node_id"], "SlowLog")
    emulator.world.add_package(*node, *window, failed=True, packaging_seconds=0.3)
    result = run_module("umongodb_log_package", options)
    assert (result["changed"], result["package"]["state"]) == (True, "success")


def test_a_package_that_was_asked_for_and_not_awaited_is_told(
    emulator: Emulator, good: dict[str, dict[str, Any]]
) -> None:
    emulator.faults.add(Fault("BackupUMongoDBLog", "slow_packaging", args={"seconds": 60}))
    result = run_module("umongodb_log_package", {**good["umongodb_log_package"], "wait_timeout": 0.1})
    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, True, "wait_timeout")


@pytest.mark.parametrize("module", ["dds_log_archive", "umongodb_log_archive"])
def test_what_another_run_writes_to_is_left_to_it_where_that_is_said(
    emulator: Emulator, good: dict[str, dict[str, Any]], module: str
) -> None:
    run_module(module, good[module])
    folder = next(Path(good[module]["archive"]).rglob(".lock")).parent
    calls = len(emulator.requests)
    with Lock(Tree(str(folder), Ownership()), ".lock").held(0, 1_795_176_000):
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        failed = run_module(module, good[module])
        left = run_module(module, {**good[module], "when_locked": "skip"})
        assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
        assert len(emulator.requests) == calls
        # a check writes nothing, so it is in nobody's way
        assert "counts" in run_module(module, {**good[module], "when_locked": "skip"}, check=True)
    assert (failed["failed"], failed["failure"]["code"]) == (True, "locked")
    left.pop("invocation")
    assert left.pop("msg").startswith("Left to another run. ")
    holder = {"host": socket.gethostname(), "pid": os.getpid(), "since": "2026-11-20T12:00:00Z"}
    assert left == {"changed": False, "left_to": holder}
