# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a list of audit logs is empty is never left open."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault

from ..running import run_module


@pytest.fixture
def quiet(good: dict[str, dict[str, Any]], emulator: Emulator) -> dict[str, Any]:
    """Options that list the audit logs of a sharded cluster in which nothing happened."""
    sharded = next(one for one in emulator.world.instances if one.mode == "Sharding")
    sharded.audit_every, sharded.audit_logs = 0.0, []
    return {**good["dds_audit_log_info"], "instance_id": sharded.id}


def node(emulator: Emulator, kind: str) -> str:
    sharded = next(one for one in emulator.world.instances if one.mode == "Sharding")
    return next(group.nodes[0].id for group in sharded.groups if group.type == kind)


def told(options: dict[str, Any]) -> tuple[str, str | None]:
    [notice] = run_module("dds_audit_log_info", options)["notices"]
    assert notice["message"].endswith(".")
    return notice["code"], notice["node"]


def test_a_list_with_something_in_it_needs_no_notice(good: dict[str, dict[str, Any]]) -> None:
    result = run_module("dds_audit_log_info", good["dds_audit_log_info"])
    assert (result["total"] > 0, result["notices"]) == (True, [])


def test_nothing_was_logged(quiet: dict[str, Any], emulator: Emulator) -> None:
    assert told(quiet) == ("nothing_logged", None)
    mongos = node(emulator, "mongos")
    assert told({**quiet, "node_id": mongos}) == ("nothing_logged", mongos)


def test_auditing_is_off(quiet: dict[str, Any], emulator: Emulator) -> None:
    next(one for one in emulator.world.instances if one.mode == "Sharding").policy.keep_days = 0
    assert told(quiet) == ("auditing_off", None)


def test_the_node_cannot_have_audit_logs(quiet: dict[str, Any], emulator: Emulator) -> None:
    shard = node(emulator, "shard")
    assert told({**quiet, "node_id": shard}) == ("cannot_have", shard)


def test_whether_auditing_is_on_may_not_be_seen(quiet: dict[str, Any], emulator: Emulator) -> None:
    emulator.faults.add(Fault("ShowAuditLogPolicy", "http", times=None, args={"status": 403, "code": "DBS.280032"}))
    assert told(quiet) == ("no_permission", None)


def test_the_list_may_not_be_seen(quiet: dict[str, Any], emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListAuditLogs", "http", times=None, args={"status": 403, "code": "DBS.280032"}))
    assert run_module("dds_audit_log_info", quiet)["failure"]["kind"] == "permission"
