# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Setting what an instance audits: four cells, what is refused, and what the cloud may answer."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_model import DdsInstance

from ..running import run_module
from .test_modules import secrets_of

Options = dict[str, dict[str, Any]]
DAY = 86400


@pytest.fixture
def instance(emulator: Emulator) -> DdsInstance:
    """Return the first instance: it audits everything and keeps 180 days."""
    return emulator.world.instances[0]


@pytest.fixture
def base(good: Options) -> dict[str, Any]:
    """Options that want nothing of a policy."""
    return {name: value for name, value in good["dds_audit_policy"].items() if name != "keep_days"}


def policy(options: dict[str, Any], *, check: bool = False, diff: bool = True, **wanted: Any) -> dict[str, Any]:
    return run_module("dds_audit_policy", {**options, **wanted}, check=check, diff=diff)


def sets(emulator: Emulator) -> list[dict[str, Any]]:
    """Return what the cloud was told to set."""
    return [record.params["body"] for record in emulator.requests.of("SetAuditLogPolicy")]


@pytest.mark.parametrize(
    "wanted",
    [
        {"keep_days": 365},
        {"keep_days": 0},
        {"keep_days": 7, "allow_data_loss": True},
        {"audit_scope": "shop,orders", "allow_data_loss": True},
        {"audit_types": ["insert", "delete"], "allow_data_loss": True},
        {"keep_days": 0, "reserve_audit_logs": False, "allow_data_loss": True},
    ],
)
def test_a_policy_is_set_once_and_check_mode_says_so_before(
    emulator: Emulator, base: dict[str, Any], wanted: dict[str, Any]
) -> None:
    check = policy(base, check=True, **wanted)
    assert sets(emulator) == []
    real = policy(base, **wanted)
    again = [policy(base, check=one, **wanted) for one in (True, False)]
    assert [one["changed"] for one in (check, real, *again)] == [True, True, False, False]
    for name in ("policy", "diff", "losses"):
        assert check[name] == real[name]
    assert real["diff"]["before"] != real["diff"]["after"] == real["policy"]
    for one in again:
        assert one["policy"] == real["policy"] == one["diff"]["before"] == one["diff"]["after"]
        assert one["losses"] == []
    assert len(sets(emulator)) == 1
    shown = run_module("dds_audit_policy_info", base)
    assert shown["policy"] == real["policy"]
    assert shown["policy"]["enabled"] is (wanted.get("keep_days") != 0)


def test_without_a_wish_nothing_is_set(emulator: Emulator, base: dict[str, Any]) -> None:
    result = policy(base, diff=False)
    assert (result["changed"], "diff" in result, sets(emulator)) == (False, False, [])
    assert [record.action for record in emulator.requests] == ["ShowAuditLogPolicy"]


def test_what_is_not_given_stays_as_it_is(emulator: Emulator, base: dict[str, Any], instance: DdsInstance) -> None:
    instance.policy.audit_scope, instance.policy.audit_types = "shop", ["query", "auth"]
    policy(base, keep_days=200)
    assert sets(emulator) == [{"keep_days": 200, "audit_scope": "shop", "audit_types": ["auth", "query"]}]
    policy(base, audit_types=["auth", "query", "insert"])
    assert (instance.policy.keep_days, instance.policy.audit_scope) == (200, "shop")


@pytest.mark.parametrize(("reserve", "sent", "left"), [(True, "true", 3), (False, "false", 0)])
def test_switching_off_keeps_or_deletes_what_there_is(
    emulator: Emulator, base: dict[str, Any], instance: DdsInstance, reserve: bool, sent: str, left: int
) -> None:
    instance.audit_every = 0
    emulator.world.add_audit_logs(instance.id, 3, 5)
    result = policy(base, keep_days=0, reserve_audit_logs=reserve, allow_data_loss=not reserve)
    assert sets(emulator) == [{"keep_days": 0, "reserve_auditlogs": sent}]
    assert len(emulator.audit_logs.held(instance)) == left
    assert len(result["losses"]) == (not reserve)


# -- what would be lost


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"keep_days": 30}, "audit logs older than 30 days, 2 files in the cloud since 2026-01-18T"),
        ({"keep_days": 100}, "audit logs older than 100 days, no file in the cloud now"),
        (
            {"keep_days": 0, "reserve_audit_logs": False},
            "all audit logs in the cloud, 3 files in the cloud since 2026-01",
        ),
        ({"audit_scope": "shop"}, "the audit of operations outside 'shop'"),
        ({"audit_types": ["auth"]}, "the audit of command, delete, insert, query, update"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_a_loss_is_refused_with_what_it_is(
    emulator: Emulator, base: dict[str, Any], instance: DdsInstance, wanted: dict[str, Any], told: str, check: bool
) -> None:
    instance.audit_every = 0
    now = emulator.clock.now()
    for days in (1, 31, 50):
        emulator.world.add_audit_log(instance.id, start=now - days * DAY - 3600, end=now - days * DAY)
    result = policy(base, check=check, **wanted)
    assert (result["failed"], result["failure"]["code"], result["failure"]["kind"]) == (True, "data_loss", "data_loss")
    assert told in result["failure"]["message"]
    assert "allow_data_loss=true" in result["failure"]["hint"]
    assert sets(emulator) == []
    allowed = policy(base, check=check, allow_data_loss=True, **wanted)
    assert allowed["changed"]
    assert allowed["losses"][0].startswith(told)


def test_without_the_permission_to_list_a_loss_is_told_without_a_number(
    emulator: Emulator, base: dict[str, Any]
) -> None:
    emulator.world.huawei_accounts[0].denied.append("dds:instance:listAuditLog")
    denied = Fault("ListAuditLogs", "http", times=None, args={"status": 403, "code": "DBS.280032"})
    emulator.faults.add(denied)
    result = policy(base, keep_days=30)
    assert result["failure"]["code"] == "data_loss"
    assert "older than 30 days (how many there are may not be listed)" in result["msg"]


def test_a_list_that_fails_is_not_taken_for_an_empty_one(emulator: Emulator, base: dict[str, Any]) -> None:
    emulator.faults.add(Fault("ListAuditLogs", "http", times=None, args={"status": 400, "code": "DBS.280001"}))
    result = policy(base, keep_days=30, allow_data_loss=True)
    assert (result["failure"]["code"], sets(emulator)) == ("DBS.280001", [])


@pytest.mark.parametrize(("days_ago", "refused"), [(None, False), (5, False), (20, True)])
def test_switching_on_is_refused_only_where_it_deletes_older_files(
    emulator: Emulator, base: dict[str, Any], instance: DdsInstance, days_ago: int | None, refused: bool
) -> None:
    instance.audit_every, instance.policy.keep_days = 0, 0
    if days_ago:
        end = emulator.clock.now() - days_ago * DAY
        emulator.world.add_audit_log(instance.id, start=end - 3600, end=end)
    result = policy(base, keep_days=10, audit_scope="shop")
    assert result.get("failed", False) is refused
    assert bool(sets(emulator)) is not refused
    if refused:
        assert ", 1 file in the cloud since" in result["msg"]


# -- what cannot be meant


@pytest.mark.parametrize(
    "wanted",
    [
        {"keep_days": 0, "audit_scope": "all"},
        {"keep_days": 0, "audit_types": ["auth"]},
        {"keep_days": 30, "reserve_audit_logs": False},
        {"reserve_audit_logs": False},
    ],
)
def test_options_that_contradict_each_other_are_refused_before_any_call(
    emulator: Emulator, base: dict[str, Any], wanted: dict[str, Any]
) -> None:
    result = policy(base, **wanted)
    assert (result["failure"]["code"], len(emulator.requests)) == ("bad_input", 0)


@pytest.mark.parametrize("wanted", [{"audit_scope": "shop"}, {"audit_types": ["auth"]}])
def test_scope_and_types_of_what_is_off_are_refused(
    emulator: Emulator, base: dict[str, Any], instance: DdsInstance, wanted: dict[str, Any]
) -> None:
    instance.policy.keep_days = 0
    result = policy(base, **wanted)
    assert result["failure"]["code"] == "bad_input"
    assert "give keep_days" in result["msg"]


# -- what the cloud may answer


MODULES = ["dds_audit_policy", "dds_audit_policy_info"]
ACTIONS = {"dds_audit_policy": "SetAuditLogPolicy", "dds_audit_policy_info": "ShowAuditLogPolicy"}


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "DBS.280032", "permission"),
        (403, "DBS.280063", "permission"),
        (404, "DBS.200002", "not_found"),
        (400, "DBS.280404", "not_found"),
        (403, "DBS.200019", "busy"),
        (400, "DBS.280001", "parameter"),
        (500, "DBS.280005", "cloud_fault"),
        (429, "APIGW.0308", "throttled"),
        (401, "APIGW.0301", "credentials"),
    ],
)
def test_every_refusal_has_its_kind(
    emulator: Emulator, good: Options, module: str, status: int, code: str, kind: str
) -> None:
    emulator.faults.add(Fault("*", "http", times=None, args={"status": status, "code": code}))
    result = run_module(module, good[module])
    assert (result["failure"]["code"], result["failure"]["kind"]) == (code, kind)
    assert result["failure"]["request_id"]
    assert result["failure"]["hint"].endswith(".")


@pytest.mark.parametrize("module", MODULES)
def test_an_instance_that_is_not_there_is_told(good: Options, module: str) -> None:
    for instance_id in ("0" * 32 + "in02", "no-such-one"):
        result = run_module(module, {**good[module], "instance_id": instance_id})
        assert (result["failure"]["kind"], "instance_id" in result["msg"]) == ("not_found", True)


@pytest.mark.parametrize("module", MODULES)
def test_wrong_credentials_are_told_without_being_shown(emulator: Emulator, good: Options, module: str) -> None:
    token = "MII" + "0" * 61
    result = run_module(module, {**good[module], "auth_token": token})
    assert (result["failure"]["kind"], len(emulator.requests)) == ("credentials", 1)
    assert token not in str(result)


@pytest.mark.parametrize("module", MODULES)
def test_a_user_without_the_permission_is_told(
    emulator: Emulator, good: Options, dds_options: dict[str, Any], module: str
) -> None:
    emulator.world.huawei_accounts[0].denied += ["dds:instance:getAuditLogPolicy", "dds:instance:setAuditLogPolicy"]
    options = {name: value for name, value in good[module].items() if name != "auth_token"}
    result = run_module(module, {**options, **dds_options})
    assert (result["failure"]["code"], result["failure"]["kind"]) == ("DBS.280032", "permission")


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "http", "html", "throttled"])
def test_a_policy_is_set_in_spite_of_a_fault_that_passes(
    emulator: Emulator, base: dict[str, Any], instance: DdsInstance, kind: str
) -> None:
    emulator.faults.add(Fault("SetAuditLogPolicy", kind))
    result = policy(base, keep_days=365)
    assert (result["changed"], instance.policy.keep_days) == (True, 365)


def test_an_answer_in_doubt_is_cleared_up_by_reading(
    emulator: Emulator, base: dict[str, Any], instance: DdsInstance
) -> None:
    emulator.faults.add(Fault("SetAuditLogPolicy", "http", times=None, args={"effect": True}))
    result = policy(base, keep_days=365)
    assert (result["changed"], result["policy"]["keep_days"]) == (True, 365)


def test_a_policy_that_the_cloud_does_not_show_is_an_error(emulator: Emulator, base: dict[str, Any]) -> None:
    emulator.faults.add(Fault("SetAuditLogPolicy", "html", times=None, args={"status": 502}))
    result = policy({**base, "deadline": 3}, keep_days=365)
    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, True, "not_shown")
    assert "keep_days 180" in result["msg"]


def test_results_hold_no_secret(emulator: Emulator, base: dict[str, Any]) -> None:
    text = str([policy(base, keep_days=365), policy(base, keep_days=8), run_module("dds_audit_policy_info", base)])
    for secret in secrets_of(emulator).values():
        assert secret not in text
