# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting from the cloud: only what the archive holds now, whatever goes wrong."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_audit import DdsAudit
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_model import AuditLog, DdsInstance
from ansible_collections.clouddb.mongodb_logs.tests.emulator.hostile import hostile_name
from ansible_collections.clouddb.mongodb_logs.tests.emulator.messages import Request

from ..running import run_module
from .conftest import hold
from .test_modules import secrets_of

MODULE = "dds_audit_log"
DAY = 86400


class Case:
    """An instance with audit logs of some ages, of which an archive holds the oldest."""

    def __init__(self, emulator: Emulator, options: dict[str, Any], archive: Path) -> None:
        self.emulator = emulator
        self.instance: DdsInstance = emulator.world.instances[0]
        self.archive = archive
        self.options = {**options, "archive": str(archive)}
        self.instance.audit_every = 0.0
        emulator.world.deletion_seconds = 0.0

    def logs(self, *days_ago: float, held: int | None = None) -> list[AuditLog]:
        """Add a log an age, of which the archive holds the oldest; return all, the oldest first."""
        now = self.emulator.clock.now()
        for days in sorted(days_ago, reverse=True):
            end = int(now - days * DAY)
            self.emulator.world.add_audit_log(self.instance.id, start=end - 3600, end=end, size=500)
        hold(self.emulator, self.instance, self.archive, held)
        return self.emulator.audit_logs.held(self.instance)

    def run(self, *, check: bool = False, **changes: Any) -> dict[str, Any]:
        return run_module(MODULE, {**self.options, **changes}, check=check, diff=True)

    def left(self) -> list[str]:
        """Return the ids of the logs that the cloud has."""
        return [log.id for log in self.emulator.audit_logs.held(self.instance)]

    def asked(self) -> list[list[str]]:
        """Return the names of every request to delete."""
        return [record.params["body"]["file_names"] for record in self.emulator.requests.of("DeleteAuditLogs")]

    @property
    def folder(self) -> Path:
        return next(self.archive.glob("dds/*/*/*"))

    def file(self, log: AuditLog) -> Path:
        return next(self.folder.rglob(log.name))

    def fail(self, on: str, kind: str = "http", *, times: int | None = None, skip: int = 0, **args: Any) -> None:
        self.emulator.faults.add(Fault(on, kind, times=times, skip=skip, args=args))


@pytest.fixture
def case(emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path) -> Iterator[Case]:
    """Return a case; whatever happens, no log may go that the archive does not hold."""
    base = {**good["dds_audit_policy_info"], "state": "absent", "poll_interval": 0.02}
    made = Case(emulator, base, tmp_path / "mine")
    yield made
    kept = {log.id: log for log in made.instance.audit_logs}
    for log_id in made.instance.deleted_logs:
        files = list(made.archive.rglob(kept[log_id].name))
        assert [file.read_bytes() for file in files] == [made.emulator.audit_logs.content(kept[log_id])]


def ids(result: dict[str, Any]) -> list[str]:
    return [row["id"] for row in result["audit_logs"]]


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")
    }


# -- four cells


def test_what_the_archive_holds_is_deleted_once_and_check_mode_says_so_before(case: Case) -> None:
    logs = case.logs(1, 8, 9, 20, 40)
    before = snapshot(case.archive)
    check = case.run(check=True)
    assert (snapshot(case.archive), case.asked(), len(case.left())) == (before, [], 5)
    real = case.run()
    again = [case.run(check=one) for one in (True, False)]
    assert [one["changed"] for one in (check, real, *again)] == [True, True, False, False]
    for name in ("audit_logs", "deleted", "kept", "diff", "archive", "audit_logs_omitted", "problems"):
        assert check[name] == real[name], name
    assert ids(real) == [log.id for log in logs[:4]]
    assert case.asked() == [[log.name for log in logs[:4]]]
    assert case.left() == [logs[4].id]
    assert real["diff"] == {"before": {"audit_logs": case.asked()[0]}, "after": {"audit_logs": []}}
    assert {reason for reason, count in real["kept"].items() if count} == {"too_young"}
    for one in again:
        assert (one["audit_logs"], one["deleted"], one["kept"]["too_young"]) == ([], 0, 1)
    assert len(case.asked()) == 1


def test_what_was_collected_is_what_is_deleted(emulator: Emulator, good: dict[str, dict[str, Any]]) -> None:
    collected = run_module("dds_log_archive", {**good["dds_log_archive"], "lookback": "10d"})
    options = {**good["dds_audit_policy_info"], "archive": good["dds_log_archive"]["archive"], "state": "absent"}
    result = run_module(MODULE, {**options, "min_age": "2d", "poll_interval": 0.1})
    assert 0 < result["deleted"] < collected["counts"]["collected"]
    assert result["deleted"] + result["kept"]["too_young"] == collected["counts"]["collected"]
    again = run_module("dds_log_archive", {**good["dds_log_archive"], "lookback": "10d"})
    assert (again["changed"], again["counts"]["lost"]) == (False, 0)


def test_the_cloud_takes_its_time(case: Case) -> None:
    case.logs(10, 11)
    case.emulator.world.deletion_seconds = 0.3
    assert case.run()["deleted"] == 2


# -- what stays


def test_what_is_not_held_stays(case: Case) -> None:
    logs = case.logs(10, 11, 12, 13, held=2)
    result = case.run()
    assert ids(result) == [log.id for log in logs[:2]]
    assert result["kept"]["not_held"] == 2
    assert case.left() == [log.id for log in logs[2:]]


@pytest.mark.parametrize("status", ["pruned", "lost", "accepted"])
def test_what_was_held_once_stays(case: Case, status: str) -> None:
    log = case.logs(10)[0]
    ledger = next(case.folder.glob("ledger-*"))
    line = json.loads(ledger.read_bytes())
    ledger.write_text(json.dumps({**line, "status": status}, separators=(",", ":")) + "\n")
    result = case.run()
    assert (result["changed"], case.left()) == (False, [log.id])


@pytest.mark.parametrize(
    ("harm", "kind"), [("flip", "sha256"), ("cut", "size"), ("gone", "missing"), ("link", "unreadable")]
)
@pytest.mark.parametrize("check", [False, True])
def test_a_file_that_is_not_as_the_ledger_says_stays_and_fails_the_run_after_the_others(
    case: Case, harm: str, kind: str, check: bool
) -> None:
    logs = case.logs(10, 11, 12)
    file = case.file(logs[1])
    content = file.read_bytes()
    file.unlink()
    if harm == "link":
        file.symlink_to(case.file(logs[0]))
    elif harm != "gone":
        file.write_bytes(content[:-1] + (b"" if harm == "cut" else b"?"))
    result = case.run(check=check)
    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, True, "incomplete")
    assert ids(result) == [logs[0].id, logs[2].id]
    assert result["kept"]["not_verified"] == 1
    assert [problem["kind"] for problem in result["problems"]] == [kind]
    assert logs[1].name in result["msg"]
    assert case.left() == ([log.id for log in logs] if check else [logs[1].id])
    file.unlink(missing_ok=True)
    file.write_bytes(content)


def relined(case: Case, number: int, **changes: Any) -> None:
    """Write the ledger anew with one line changed, as if it had always been so."""
    ledger = next(case.folder.glob("ledger-*"))
    lines, prev = [json.loads(line) for line in ledger.read_bytes().splitlines()], "0" * 64
    lines[number].update(changes)
    written = b""
    for line in lines:
        text = json.dumps({**line, "prev": prev}, separators=(",", ":")).encode()
        prev, written = hashlib.sha256(text).hexdigest(), written + text + b"\n"
    ledger.write_bytes(written)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_a_part_of_a_log_that_was_taken_up_does_not_stand_for_it(
    case: Case, monkeypatch: pytest.MonkeyPatch, named: bool, check: bool
) -> None:
    logs = case.logs(10, 11, 12)
    whole = case.file(logs[1]).read_bytes()
    part = whole[:100]
    case.file(logs[1]).write_bytes(part)
    relined(case, 1, size=100, sha256=hashlib.sha256(part).hexdigest(), adopted=True)
    if not named:
        usual = Dds.audit_logs
        monkeypatch.setattr(Dds, "audit_logs", lambda *of, **by: [log._replace(size=None) for log in usual(*of, **by)])
    result = case.run(check=check)
    assert (ids(result), result["kept"]["differs"]) == ([logs[0].id, logs[2].id], 1)
    assert logs[1].id in case.left()


def test_a_log_whose_size_is_not_named_goes_when_it_was_collected(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.logs(10, 11)
    usual = Dds.audit_logs
    monkeypatch.setattr(Dds, "audit_logs", lambda *of, **by: [log._replace(size=None) for log in usual(*of, **by)])
    result = case.run()
    assert (result["deleted"], result["kept"]["differs"]) == (2, 0)


def test_the_oldest_go_first_and_no_more_than_wanted(case: Case) -> None:
    logs = case.logs(*range(8, 18))
    first = case.run(max_files=4)
    assert ids(first) == [log.id for log in logs[:4]]
    assert first["kept"]["over_limit"] == 6
    assert ids(case.run(max_files=4)) == [log.id for log in logs[4:8]]
    assert case.run(max_files=4)["deleted"] == 2


def test_files_that_do_not_verify_do_not_use_the_limit_up(case: Case) -> None:
    logs = case.logs(*range(8, 14))
    spoiled = case.file(logs[0])
    content = spoiled.read_bytes()
    spoiled.write_bytes(b"x")
    assert ids(case.run(max_files=3)) == [log.id for log in logs[1:4]]
    spoiled.write_bytes(content)


@pytest.mark.parametrize(("min_age", "count"), [("7d", 3), ("1d", 4), ("24h", 4), ("9d", 2), ("100d", 0)])
def test_only_what_is_old_enough_goes(case: Case, min_age: str, count: int) -> None:
    case.logs(0.5, 2, 8, 10, 12)
    result = case.run(min_age=min_age)
    assert (result["deleted"], result["kept"]["too_young"]) == (count, 5 - count)


def test_only_nodes_that_are_wanted(case: Case) -> None:
    case.instance.audit_logs.clear()
    nodes = [node.id for node in case.instance.audited_nodes()[:2]]
    end = int(case.emulator.clock.now()) - 10 * DAY
    for node in nodes:
        case.emulator.world.add_audit_log(case.instance.id, node, start=end - 3600, end=end)
    hold(case.emulator, case.instance, case.archive, None)
    before = len(case.emulator.requests)
    for check in (True, False):
        refused = case.run(check=check, node_ids=[nodes[1], "no-such-node"])
        assert refused["failure"]["kind"] == "bad_input"
        assert "has no node no-such-node; it has " in refused["msg"] and nodes[0] in refused["msg"]
    # A node that is there and has no log is no mistake.
    others = [node.id for node in case.instance.nodes() if node.id not in nodes]
    assert case.run(node_ids=others[:1])["changed"] is False
    assert {record.action for record in list(case.emulator.requests)[before:]} <= {"ListInstances", "ListAuditLogs"}
    result = case.run(node_ids=[nodes[1]])
    assert [row["node_id"] for row in result["audit_logs"]] == [nodes[1]]
    assert len(case.left()) == 1


def test_names_go_in_batches(case: Case) -> None:
    case.emulator.world.add_audit_logs(case.instance.id, 250, 20, until=case.emulator.clock.now() - 10 * DAY)
    case.logs(held=240)
    result = case.run(return_limit=5)
    assert [len(names) for names in case.asked()] == [100, 100, 40]
    assert (result["deleted"], len(result["audit_logs"]), result["audit_logs_omitted"]) == (240, 5, 235)
    assert len(case.left()) == 10


# -- names


def test_logs_that_share_a_name_stay(case: Case) -> None:
    logs = case.logs(10, 11, 12, held=2)
    case.instance.audit_logs[2].name = logs[1].name
    result = case.run()
    assert (ids(result), result["kept"]["same_name"], result["kept"]["not_held"]) == ([logs[0].id], 1, 1)


def test_a_name_is_compared_with_those_of_all_logs_that_the_cloud_may_have(case: Case) -> None:
    case.instance.policy.keep_days = 732
    log = case.logs(10)[0]
    end = int(case.emulator.clock.now() - 700 * DAY)
    older = case.emulator.world.add_audit_log(case.instance.id, start=end - 3600, end=end, name=log.name)
    result = case.run()
    assert (result["changed"], result["kept"]["same_name"], result["kept"]["not_held"]) == (False, 1, 1)
    assert sorted(case.left()) == sorted([log.id, older.id])


@pytest.mark.parametrize("form", ["parent", "absolute", "newline", "long", "dash"])
def test_names_that_the_cloud_does_not_take_stay_and_the_others_go(
    case: Case, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    logs = case.logs(*range(8, 20))
    odd, usual = logs[3], DdsAudit._shown_name

    def shown(self: DdsAudit, log: AuditLog, request: Request) -> str:
        return hostile_name(log.name, form) if log.id == odd.id else usual(self, log, request)

    monkeypatch.setattr(DdsAudit, "_shown_name", shown)
    result = case.run()
    assert (result["failed"], result["kept"]["refused"], result["deleted"]) == (True, 1, 11)
    assert case.left() == [odd.id]
    assert odd.id in result["msg"]
    assert "\n" not in result["msg"]


def test_no_name_is_taken_at_all(case: Case) -> None:
    logs = case.logs(*range(8, 13))
    case.fail("ListAuditLogs", "hostile_names", form="dash")
    result = case.run()
    assert result["failed"]
    assert (result["changed"], result["deleted"], result["kept"]["refused"]) == (False, 0, 5)
    assert case.left() == [log.id for log in logs]


# -- an archive that nothing can be built on


def test_an_archive_that_is_not_there_is_an_error(case: Case) -> None:
    for check in (False, True):
        result = case.run(check=check)
        assert (result["failure"]["code"], case.archive.exists()) == ("no_archive", False)
    case.logs(10)
    result = case.run(project_id="another")
    assert result["failure"]["code"] == "no_archive"


@pytest.mark.parametrize("check", [False, True])
def test_an_archive_without_a_ledger_is_an_error(case: Case, check: bool) -> None:
    case.logs(10)
    next(case.folder.glob("ledger-*")).unlink()
    assert case.run(check=check)["failure"]["code"] == "no_ledger"
    assert case.asked() == []


@pytest.mark.parametrize("check", [False, True])
def test_an_altered_ledger_proves_nothing(case: Case, check: bool) -> None:
    case.logs(10, 11, 12)
    ledger = next(case.folder.glob("ledger-*"))
    lines = ledger.read_bytes().splitlines(True)
    ledger.write_bytes(b"".join([lines[0], lines[2]]))
    result = case.run(check=check)
    assert result["failure"]["code"] == "ledger_altered"
    assert "does not follow" in result["msg"]
    assert case.asked() == []


def test_the_lock_is_held_meanwhile_and_check_mode_needs_none(case: Case) -> None:
    case.logs(10)
    with Lock(Tree(str(case.folder), Ownership()), ".lock").held(0, 0):
        assert case.run()["failure"]["code"] == "locked"
        assert case.run(check=True)["deleted"] == 1
    assert case.asked() == []
    assert case.run()["deleted"] == 1


def test_check_mode_works_on_an_archive_that_can_only_be_read(case: Case) -> None:
    case.logs(10)
    folders = [case.folder, *(path for path in case.folder.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o550)
    try:
        assert case.run(check=True)["deleted"] == 1
    finally:
        for folder in folders:
            folder.chmod(0o750)


def test_what_is_not_an_age_of_a_day_is_refused(case: Case) -> None:
    for min_age in ("0d", "23h", "86399s"):
        result = case.run(min_age=min_age)
        assert (result["failure"]["code"], "at least 1d" in result["msg"]) == ("bad_input", True)
    assert len(case.emulator.requests) == 0


# -- what the cloud may answer


@pytest.mark.parametrize(
    ("on", "status", "code", "kind"),
    [
        ("ListAuditLogs", 403, "DBS.280032", "permission"),
        ("DeleteAuditLogs", 403, "DBS.280032", "permission"),
        ("DeleteAuditLogs", 403, "DBS.280063", "permission"),
        ("DeleteAuditLogs", 404, "APIGW.0101", "parameter"),
        ("DeleteAuditLogs", 403, "DBS.200019", "busy"),
        ("DeleteAuditLogs", 429, "APIGW.0308", "throttled"),
        ("ListAuditLogs", 404, "DBS.200002", "not_found"),
        ("ListAuditLogs", 500, "DBS.280005", "cloud_fault"),
        ("ListAuditLogs", 401, "APIGW.0301", "credentials"),
    ],
)
def test_every_refusal_has_its_kind_and_nothing_goes(case: Case, on: str, status: int, code: str, kind: str) -> None:
    logs = case.logs(10, 11)
    case.fail(on, status=status, code=code)
    result = case.run(wait_timeout=0.2)
    assert (result["failed"], result["failure"]["code"], result["failure"]["kind"]) == (True, code, kind)
    assert result["failure"]["request_id"]
    assert result.get("changed", False) is False
    assert case.left() == [log.id for log in logs]


def test_a_missing_instance_is_told(case: Case) -> None:
    case.logs(10)
    os.rename(case.folder, case.folder.with_name("0" * 32 + "in02"))
    result = case.run(instance_id="0" * 32 + "in02")
    assert (result["failure"]["kind"], "instance_id" in result["msg"]) == ("not_found", True)


def test_a_user_without_the_permission_is_told(case: Case, dds_options: dict[str, Any]) -> None:
    logs = case.logs(10)
    case.emulator.world.huawei_accounts[0].denied.append("dds:instance:deleteAuditLog")
    options = {name: value for name, value in case.options.items() if name != "auth_token"}
    result = run_module(MODULE, {**options, **dds_options})
    assert (result["failure"]["code"], result["failure"]["kind"]) == ("DBS.280032", "permission")
    assert case.left() == [logs[0].id]


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "html", "http"])
@pytest.mark.parametrize("effect", [True, False])
def test_after_an_answer_in_doubt_the_list_is_read_before_the_same_is_asked_again(
    case: Case, kind: str, effect: bool
) -> None:
    case.logs(10, 11)
    args = {"effect": effect} if kind in ("html", "http") else {}
    case.fail("DeleteAuditLogs", kind, times=1, **args)
    result = case.run(wait_timeout=1)
    had_effect = kind == "cut_after" or (effect and bool(args))
    assert (result["changed"], result["deleted"], len(case.asked())) == (True, 2, 1 if had_effect else 2)
    actions = [record.action for record in case.emulator.requests]
    first = actions.index("DeleteAuditLogs")
    assert actions[first + 1] == "ListAuditLogs"


def test_a_cloud_that_never_answers_a_deletion_is_an_error(case: Case) -> None:
    logs = case.logs(10)
    case.fail("DeleteAuditLogs", "cut_before")
    result = case.run(wait_timeout=0.1)
    assert (result["failed"], result["failure"]["code"], len(case.asked())) == (True, "cut", 3)
    assert case.left() == [logs[0].id]


def test_an_error_after_the_first_batch_keeps_what_was_done(case: Case) -> None:
    case.emulator.world.add_audit_logs(case.instance.id, 250, 20, until=case.emulator.clock.now() - 10 * DAY)
    case.logs()
    case.fail("DeleteAuditLogs", skip=1, status=403, code="DBS.280032")
    result = case.run(return_limit=0)
    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, True, "DBS.280032")
    assert (result["deleted"], result["kept"]["not_asked"], len(case.left())) == (100, 150, 150)


def test_what_is_still_listed_in_the_end_is_named(case: Case) -> None:
    logs = case.logs(10, 11)
    case.emulator.world.deletion_seconds = 3600
    result = case.run(wait_timeout=0.1)
    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, True, "still_there")
    assert (result["deleted"], result["kept"]["still_there"]) == (0, 2)
    assert all(log.name in result["msg"] for log in logs)
    assert result["failure"]["hint"].startswith("Run again later")
    case.instance.deleted_logs.clear()


def test_what_somebody_else_deleted_meanwhile_is_no_error(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = case.logs(10, 11, 12)
    usual = Dds.delete_audit_logs

    def delete(self: Dds, instance_id: str, names: Sequence[str]) -> None:
        case.instance.deleted_logs[logs[0].id] = 0.0
        usual(self, instance_id, names)

    monkeypatch.setattr(Dds, "delete_audit_logs", delete)
    result = case.run()
    assert (result.get("failed", False), ids(result)) == (False, [logs[1].id, logs[2].id])
    assert [len(names) for names in case.asked()] == [3, 2]


def test_results_hold_no_secret(case: Case) -> None:
    case.logs(10, 11)
    text = str([case.run(check=True), case.run(), case.run()])
    for secret in secrets_of(case.emulator).values():
        assert secret not in text
