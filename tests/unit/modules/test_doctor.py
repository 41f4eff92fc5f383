# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctors against the emulator: each thing that can be wrong is the first that fails, and nothing is ever changed."""

from __future__ import annotations

import importlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import WIDTH
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, ForwardProxy
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_model import Stream
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault
from ansible_collections.clouddb.mongodb_logs.tests.stores import RcloneStore
from ansible_collections.clouddb.mongodb_logs.tests.unit.certificates import issue

from ..running import run_module
from .test_modules import secrets_of

READING = {
    "",  # where nothing is signed in
    *("ListUMongoDBInstances", "DescribeUMongoDBInstance", "ListUMongoDBLogPackage", "DescribeUMongoDBBackupURL"),
    *("ListInstances", "ListAuditLogs", "AuditLogLinks", "ShowAuditLogPolicy", "ListProjects", "CreateToken", "object"),
    *("ListSlowLogs", "ListErrorLogs", "ShowSlowLogMasking", "ListLtsConfigs"),
}
BOTH = pytest.mark.parametrize("module", ["umongodb_doctor", "dds_doctor"])


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator of this very time, as only who signs can be denied anything."""
    with Emulator(seed=7, packaging_seconds=0) as running:
        cluster, now = running.world.clusters[0], int(running.clock.now())
        day_ago = now - now % 3600 - 24 * 3600
        node = cluster.nodes()[0].node_id
        running.world.add_package(cluster.cluster_id, node, "SlowLog", day_ago, day_ago + 3600)
        yield running
        assert running.violations == []


@pytest.fixture
def options(
    emulator: Emulator, umongodb_options: dict[str, Any], dds_options: dict[str, Any], tmp_path: Path
) -> dict[str, dict[str, Any]]:
    """Options with which all is well."""
    common = {"archive": str(tmp_path / "archive"), "lookback": "2d"}
    return {
        "umongodb_doctor": {**umongodb_options, **common, "cluster_id": emulator.world.clusters[0].cluster_id},
        "dds_doctor": {**dds_options, **common, "instance_id": emulator.world.instances[0].id},
    }


class Seen:
    """What a doctor found."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.result = result
        self.checks = {check["check"]: check for check in result["checks"]}
        self.states = {name: check["state"] for name, check in self.checks.items()}

    def having(self, state: str) -> list[str]:
        """Return the checks in this state."""
        return [name for name, found in self.states.items() if found == state]

    @property
    def first_failure(self) -> tuple[str, str, str]:
        """Return the check that failed first, and kind and code of the failure."""
        failure = self.result["failure"]
        return self.having("failure")[0], failure["kind"], failure["code"]


def look(emulator: Emulator, module: str, options: dict[str, Any]) -> Seen:
    """Run a doctor, also in check mode; make sure that nothing changed and nothing secret was told."""
    folder = Path(options["archive"]).parent
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    asked, packages = len(emulator.requests), list(emulator.world.packages)
    seen = [Seen(run_module(module, options, check=check)) for check in (False, True)]
    assert seen[0].states == seen[1].states
    result = seen[0].result
    assert result["changed"] is False
    assert bool(result.get("failed")) == (result["verdict"] == "failure") == ("failure" in seen[0].states.values())
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert {record.action for record in list(emulator.requests)[asked:]} <= READING
    assert emulator.world.packages == packages
    assert max(map(len, result["screen"])) <= WIDTH
    text = str({name: value for name, value in result.items() if name != "invocation"})
    for secret in (*secrets_of(emulator).values(), "Signature=", "/objects/", "Expires="):
        assert secret not in text
    return seen[0]


def test_all_is_well_with_a_cluster(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    seen = look(emulator, "umongodb_doctor", options["umongodb_doctor"])
    assert list(seen.states) == [
        *("api_url", "clock", "credentials", "ListUMongoDBInstances", "cluster", "DescribeUMongoDBInstance", "nodes"),
        *("ListUMongoDBLogPackage", "BackupUMongoDBLog", "DescribeUMongoDBBackupURL", "download"),
        *("archive", "lock", "ledger", "due", "next_loss"),
    ]
    assert seen.having("skipped") == ["BackupUMongoDBLog"]
    assert {*seen.states.values()} == {"ok", "skipped"}
    assert seen.checks["nodes"]["message"] == "3 data; slow logs of 3, error logs of 3."
    assert {record.headers.get("range") for record in emulator.requests.of("object")} == {"bytes=0-0"}


def test_all_is_well_with_an_instance(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert list(seen.states) == [
        *("endpoint", "clock", "credentials", "dds:instance:list", "instance", "nodes"),
        *("dds:instance:getAuditLogPolicy", "auditing", "dds:instance:listAuditLog", "dds:instance:downloadAuditLog"),
        *("download", "streaming", "dds:instance:listSlowLog", "dds:instance:downloadSlowLog"),
        *("dds:instance:listErrorLog", "dds:instance:downloadErrorLog", "dds:instance:getSlowLogPlaintextStatus"),
        *("archive", "lock", "ledger", "due", "next_loss"),
    ]
    assert {*seen.states.values()} == {"ok", "skipped"}
    assert seen.having("skipped") == ["dds:instance:downloadSlowLog", "dds:instance:downloadErrorLog"]
    assert {record.headers.get("range") for record in emulator.requests.of("object")} == {"bytes=0-0"}


@BOTH
def test_the_bucket_that_keeps_a_copy_is_looked_at_too(
    emulator: Emulator, options: dict[str, dict[str, Any]], tmp_path: Path, module: str
) -> None:
    with RcloneStore(tmp_path.parent / f"{tmp_path.name}-store") as store:
        mirrored = {**options[module], "mirror": {**store.options, "prefix": "logs"}}
        seen = look(emulator, module, mirrored)
        assert list(seen.states)[-4:] == ["next_loss", "bucket", "conditional_writes", "object_lock"]
        assert (seen.having("failure"), store.objects()) == ([], {})
        mirrored["mirror"]["bucket"] = "of-nobody"
        assert look(emulator, module, mirrored).first_failure == ("bucket", "not_found", "NoSuchBucket")


def test_a_young_cluster_without_packages_is_well_too(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    emulator.world.packages.clear()
    seen = look(emulator, "umongodb_doctor", options["umongodb_doctor"])
    assert seen.having("skipped") == ["BackupUMongoDBLog", "DescribeUMongoDBBackupURL", "download"]
    assert seen.having("failure") == []


@pytest.mark.parametrize(("link", "inside"), [("intranet", True), ("internet", False)])
def test_the_address_that_files_will_come_from_is_tried(
    emulator: Emulator, options: dict[str, dict[str, Any]], link: str, inside: bool
) -> None:
    assert look(emulator, "umongodb_doctor", {**options["umongodb_doctor"], "link": link}).states["download"] == "ok"
    assert {"/internal/" in record.path for record in emulator.requests.of("object")} == {inside}


@pytest.mark.parametrize(
    ("module", "wrong", "way"),
    [
        ("umongodb_doctor", {}, "keys"),
        ("umongodb_doctor", {"private_key": "not-the-key"}, None),
        ("umongodb_doctor", {"public_key": "nobody"}, None),
        ("umongodb_doctor", {"security_token": "of-another-key"}, None),
        ("dds_doctor", {}, "an access key"),
        ("dds_doctor", {"secret_key": "not-the-key"}, None),
        ("dds_doctor", {"security_token": "of-another-key"}, None),
        ("dds_doctor", {"auth_token": "not-a-token"}, None),
        ("dds_doctor", {"auth_token": "good"}, "a token"),
        ("dds_doctor", {"access_key": "", "secret_key": "", "password": "good"}, "a password"),
        ("dds_doctor", {"access_key": "", "secret_key": "", "password": "not-the-password"}, None),
    ],
)
def test_signing_in(
    emulator: Emulator, options: dict[str, dict[str, Any]], module: str, wrong: dict[str, str], way: str | None
) -> None:
    user = emulator.world.huawei_users[0]
    given = {**options[module], **wrong}
    if "password" in wrong:
        given |= {"username": user.name, "domain_name": user.domain_name}
        given["password"] = user.password if wrong["password"] == "good" else wrong["password"]
    if wrong.get("auth_token") == "good":
        given["auth_token"] = emulator.credentials["dds"]["auth_token"]
    seen = look(emulator, module, given)
    if way:
        assert seen.checks["credentials"]["message"] == f"Signing in with {way} works."
        assert seen.having("failure") == []
    else:
        assert (seen.having("failure"), seen.first_failure[1]) == (["credentials"], "credentials")
        assert "mend credentials first" in " ".join(" ".join(seen.result["screen"][-3:]).split())
        assert "Not looked at, as credentials failed." in seen.checks["due"]["message"]
        assert seen.states["archive"] == "ok"
    assert all(value not in str(seen.result["screen"]) for value in wrong.values() if value not in ("", "good"))
    assert user.password not in str(seen.result["checks"])


def test_temporary_keys_are_named(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    emulator.world.ucloud_accounts[0].security_token = emulator.world.huawei_accounts[0].security_token = "for-a-while"
    for module, way in (("umongodb_doctor", "temporary keys"), ("dds_doctor", "a temporary access key")):
        seen = look(emulator, module, {**options[module], "security_token": "for-a-while"})
        assert way in seen.checks["credentials"]["message"]


def test_a_wrong_clock_keeps_from_signing_with_it(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    emulator.clock.advance(3600)
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert seen.first_failure == ("clock", "clock", "clock")
    assert {record.action for record in emulator.requests} == {""}
    emulator.clock.advance(14.5 * 60 - 3600)
    assert look(emulator, "dds_doctor", options["dds_doctor"]).first_failure == ("clock", "clock", "clock")


@BOTH
def test_a_wrong_clock_keeps_from_deciding_where_nothing_proves_it(
    emulator: Emulator, options: dict[str, dict[str, Any]], module: str
) -> None:
    given = {**options[module], "auth_token": emulator.credentials["dds"]["auth_token"]}
    if module == "umongodb_doctor":
        del given["auth_token"]
    emulator.clock.advance(14.5 * 60)
    seen = look(emulator, module, given)
    assert (seen.states["clock"], seen.result["verdict"]) == ("warning", "warning")
    assert "behind the server's" in seen.checks["clock"]["message"]
    emulator.clock.advance(60)
    seen = look(emulator, module, given)
    assert seen.first_failure == ("clock", "clock", "clock")
    assert "more than 15 minutes" in seen.checks["clock"]["message"]


@pytest.mark.parametrize(
    ("action", "state", "blocked"),
    [
        ("ListUMongoDBInstances", "warning", ["cluster"]),
        ("DescribeUMongoDBInstance", "failure", ["nodes", "ListUMongoDBLogPackage", "due"]),
        ("ListUMongoDBLogPackage", "failure", ["DescribeUMongoDBBackupURL", "download", "due"]),
        ("DescribeUMongoDBBackupURL", "failure", ["download"]),
    ],
)
def test_a_call_that_a_key_may_not_make(
    emulator: Emulator, options: dict[str, dict[str, Any]], action: str, state: str, blocked: list[str]
) -> None:
    emulator.world.ucloud_accounts[0].denied_actions.append(action)
    seen = look(emulator, "umongodb_doctor", options["umongodb_doctor"])
    assert (seen.having(state)[0], seen.checks[action]["code"]) == (action, "299")
    assert "Grant" in seen.checks[action]["hint"]
    assert {*blocked} <= {*seen.having("skipped")}
    if state == "failure":
        assert seen.first_failure == (action, "permission", "299")


@pytest.mark.parametrize(
    ("permission", "state", "blocked"),
    [
        ("list", "failure", ["instance", "nodes", "due"]),
        ("getAuditLogPolicy", "warning", ["auditing"]),
        ("listAuditLog", "failure", ["dds:instance:downloadAuditLog", "download", "due"]),
        ("downloadAuditLog", "failure", ["download"]),
    ],
)
def test_a_call_that_a_user_may_not_make(
    emulator: Emulator, options: dict[str, dict[str, Any]], permission: str, state: str, blocked: list[str]
) -> None:
    name = f"dds:instance:{permission}"
    emulator.world.huawei_accounts[0].denied.append(name)
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert (seen.having(state)[0], seen.checks[name]["code"]) == (name, "DBS.280032")
    assert "Grant" in seen.checks[name]["hint"]
    assert {*blocked} <= {*seen.having("skipped")}
    if state == "failure":
        assert seen.first_failure == (name, "permission", "DBS.280032")


def test_calls_that_these_options_do_without_may_be_denied(
    emulator: Emulator, options: dict[str, dict[str, Any]]
) -> None:
    cluster = emulator.world.clusters[0]
    emulator.world.ucloud_accounts[0].denied_actions.append("DescribeUMongoDBInstance")
    given = {"zone": cluster.zone, "node_ids": [cluster.nodes()[0].node_id]}
    seen = look(emulator, "umongodb_doctor", {**options["umongodb_doctor"], **given})
    assert (seen.states["DescribeUMongoDBInstance"], seen.states["due"]) == ("warning", "ok")

    emulator.world.huawei_accounts[0].denied.append("dds:instance:list")
    seen = look(emulator, "dds_doctor", {**options["dds_doctor"], "log_types": ["audit"]})
    assert (seen.states["dds:instance:list"], seen.states["due"]) == ("warning", "ok")


def test_logs_that_are_not_collected_need_no_permission(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    emulator.world.huawei_accounts[0].denied.append("dds:instance:listAuditLog")
    seen = look(emulator, "dds_doctor", {**options["dds_doctor"], "log_types": ["error"]})
    assert seen.having("failure") == []
    assert [name for name in seen.states if "Audit" in name or "Slow" in name] == []


@BOTH
def test_an_instance_that_is_not_there(emulator: Emulator, options: dict[str, dict[str, Any]], module: str) -> None:
    name, option = ("cluster", "cluster_id") if module == "umongodb_doctor" else ("instance", "instance_id")
    seen = look(emulator, module, {**options[module], option: "no-such-one"})
    assert (seen.having("failure"), seen.first_failure) == ([name], (name, "not_found", "not_found"))
    assert "no-such-one" in seen.result["msg"]
    assert seen.states["due"] == "skipped"


@BOTH
def test_a_node_that_is_not_there(emulator: Emulator, options: dict[str, dict[str, Any]], module: str) -> None:
    seen = look(emulator, module, {**options[module], "node_ids": ["no-such-node"]})
    assert seen.first_failure == ("nodes", "bad_input", "bad_input")
    assert "no-such-node" in seen.result["msg"]


def test_nodes_without_logs_of_the_type(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    instance = next(one for one in emulator.world.instances if one.mode == "Sharding")
    shard = next(group for group in instance.groups if group.type == "shard").nodes[0].id
    given = {"instance_id": instance.id, "node_ids": [shard], "log_types": ["audit"]}
    seen = look(emulator, "dds_doctor", {**options["dds_doctor"], **given})
    assert seen.first_failure == ("nodes", "bad_input", "bad_input")
    assert "audit logs" in seen.result["msg"]


def test_another_zone_than_the_clusters(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    own = emulator.world.clusters[0].zone
    other = next(zone for zones in emulator.world.ucloud_zones.values() for zone in zones if zone != own)
    seen = look(emulator, "umongodb_doctor", {**options["umongodb_doctor"], "zone": other})
    assert seen.first_failure == ("cluster", "parameter", "zone")
    assert own in seen.result["msg"]


def test_any_zone_of_a_cluster_across_zones_is_right(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    cluster = next(one for one in emulator.world.clusters if len(one.zones()) > 1)
    for zone in cluster.zones():
        given = {**options["umongodb_doctor"], "cluster_id": cluster.cluster_id, "zone": zone}
        assert look(emulator, "umongodb_doctor", given).having("failure") == []


@pytest.mark.parametrize(("field", "name"), [("NodeId", "nodes"), ("Zone", "ListUMongoDBLogPackage")])
def test_what_the_api_leaves_out_must_be_given(
    emulator: Emulator, options: dict[str, dict[str, Any]], field: str, name: str
) -> None:
    emulator.world.absent_fields = [field]
    seen = look(emulator, "umongodb_doctor", options["umongodb_doctor"])
    assert (seen.first_failure[0], seen.result["failure"]["hint"][:5]) == (name, "Give ")


def test_an_instance_without_recent_audit_logs_is_well(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    emulator.world.instances[0].audit_logs.clear()
    emulator.world.instances[0].audit_every = 0.0
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert seen.having("failure") == []
    assert seen.states["dds:instance:downloadAuditLog"] == seen.states["download"] == "skipped"


def test_what_does_not_run_is_a_warning(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    emulator.world.clusters[0].state = "Stopped"
    emulator.world.clusters[0].nodes()[0].state = "StartFailed"
    emulator.world.instances[0].status = "frozen"
    assert look(emulator, "umongodb_doctor", options["umongodb_doctor"]).having("warning") == ["cluster", "nodes"]
    assert look(emulator, "dds_doctor", options["dds_doctor"]).having("warning") == ["instance"]


def test_auditing_that_is_off_or_short(emulator: Emulator, options: dict[str, dict[str, Any]]) -> None:
    policy = emulator.world.instances[0].policy
    policy.keep_days = 2
    assert look(emulator, "dds_doctor", options["dds_doctor"]).having("warning") == ["auditing"]
    policy.keep_days = 0
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert seen.first_failure == ("auditing", "not_found", "auditing_off")
    assert "dds_audit_policy" in seen.result["msg"]


@BOTH
def test_a_storage_that_cannot_be_read_from(
    emulator: Emulator, options: dict[str, dict[str, Any]], module: str
) -> None:
    emulator.faults.add(Fault("object", "http", times=None, args={"status": 403, "code": "AccessDenied"}))
    seen = look(emulator, module, options[module])
    assert seen.first_failure == ("download", "cloud_fault", "link_expired")


@BOTH
def test_an_endpoint_that_is_not_there(emulator: Emulator, options: dict[str, dict[str, Any]], module: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        name = "api_url" if module == "umongodb_doctor" else "endpoint"
        seen = look(emulator, module, {**options[module], name: f"http://127.0.0.1:{closed.getsockname()[1]}"})
    assert seen.first_failure == (name, "connection", "unreachable")
    assert seen.states["clock"] == seen.states["due"] == "skipped"
    assert len(emulator.requests) == 0


def test_the_identity_service_is_looked_at_where_it_is_needed(
    emulator: Emulator, options: dict[str, dict[str, Any]]
) -> None:
    given = {name: value for name, value in options["dds_doctor"].items() if name != "project_id"}
    assert look(emulator, "dds_doctor", given).states["iam_endpoint"] == "ok"
    emulator.world.projects[0].name = "another"
    seen = look(emulator, "dds_doctor", given)
    assert seen.first_failure == ("dds:instance:list", "not_found", "project")
    assert "Give project_id." in seen.result["msg"]


@BOTH
def test_tls(options: dict[str, dict[str, Any]], tmp_path: Path, module: str) -> None:
    authority, server = issue(tmp_path, "company")
    with Emulator(seed=7, certificate=str(server)) as emulator:
        names = ("api_url",) if module == "umongodb_doctor" else ("endpoint", "iam_endpoint")
        given = {**options[module], **dict.fromkeys(names, emulator.url)}
        seen = look(emulator, module, given)
        assert seen.first_failure == (names[0], "connection", "tls_untrusted")
        assert "ca_path" in seen.result["msg"]
        assert len(emulator.requests) == 0

        seen = look(emulator, module, {**given, "ca_path": str(authority)})
        assert (seen.states[names[0]], seen.checks[names[0]]["code"]) == ("warning", "tls_ends")
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 24 * 3600))
        assert f"trusted until {day}" in seen.checks[names[0]]["message"]

        seen = look(emulator, module, {**given, "validate_certs": False})
        assert (seen.states[names[0]], seen.checks[names[0]]["code"]) == ("warning", "tls_unchecked")


def test_a_proxy_may_be_named_without_a_scheme(
    emulator: Emulator, options: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ForwardProxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.removeprefix("http://"))
        seen = look(emulator, "dds_doctor", options["dds_doctor"])
        assert f"through the proxy {proxy.url.removeprefix('http://')}" in seen.checks["endpoint"]["message"]


def test_a_proxy_is_named_without_its_password(
    emulator: Emulator, options: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ForwardProxy(user="joe", password="open sesame") as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("://", "://joe:open%20sesame@"))
        seen = look(emulator, "umongodb_doctor", options["umongodb_doctor"])
        message = seen.checks["api_url"]["message"]
        assert f"through the proxy {proxy.url.removeprefix('http://')}" in message
        assert "sesame" not in str(seen.result["checks"])


@BOTH
def test_an_archive_that_cannot_be_written(
    emulator: Emulator, options: dict[str, dict[str, Any]], tmp_path: Path, module: str
) -> None:
    seen = look(emulator, module, {**options[module], "create": False})
    assert seen.first_failure == ("archive", "archive", "no_archive")
    assert (seen.states["lock"], seen.states["due"]) == ("skipped", "skipped")
    (tmp_path / "archive").write_text("in the way")
    assert look(emulator, module, options[module]).first_failure == ("archive", "archive", "ENOTDIR")


def test_little_space(emulator: Emulator, options: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    log_bytes = sum(log.size for log in emulator.audit_logs.held(emulator.world.instances[0]))
    monkeypatch.setattr(Tree, "free", lambda _tree: log_bytes // 10)
    seen = look(emulator, "dds_doctor", {**options["dds_doctor"], "lookback": "7d"})
    assert seen.first_failure == ("due", "archive", "ENOSPC")
    monkeypatch.setattr(Tree, "free", lambda _tree: log_bytes)
    seen = look(emulator, "dds_doctor", {**options["dds_doctor"], "lookback": "7d"})
    assert (seen.having("failure"), seen.having("warning")) == ([], ["due"])


def test_what_was_collected_is_told_and_a_broken_chain_is_a_failure(
    emulator: Emulator, options: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    given = {**options["dds_doctor"], "log_types": ["audit"]}
    done = run_module("dds_log_archive", given)
    seen = look(emulator, "dds_doctor", given)
    assert seen.having("failure") == []
    assert f"{done['counts']['collected']} units, head {done['head'][:16]}" in seen.checks["ledger"]["message"]
    [ledger] = tmp_path.rglob("ledger-*.jsonl")
    ledger.write_bytes(ledger.read_bytes().replace(b'"size":', b'"size":1', 1))
    seen = look(emulator, "dds_doctor", given)
    assert seen.first_failure == ("ledger", "archive", "ledger_broken")
    assert seen.states["due"] == "skipped"


@pytest.mark.parametrize("cloud", ["umongodb", "dds"])
def test_the_options_are_those_of_collecting(cloud: str) -> None:
    modules = "ansible_collections.clouddb.mongodb_logs.plugins.modules"
    doctor, archive = (
        importlib.import_module(f"{modules}.{cloud}_{what}").OPTIONS for what in ("doctor", "log_archive")
    )
    assert doctor.options == archive.options
    assert doctor.constraints == archive.constraints
    assert (doctor.required_by, doctor.rivals) == (archive.required_by, archive.rivals)
    assert doctor.checks.keys() == archive.checks.keys()


@BOTH
def test_a_failure_need_not_fail_the_module(
    emulator: Emulator, options: dict[str, dict[str, Any]], module: str
) -> None:
    """What was found is told the same; an option that cannot be meant is an error all the same."""
    given = {**options[module], "create": False}
    failed, told = (run_module(module, {**given, "fail_on": when}) for when in ("failure", "never"))
    assert (failed.pop("failed"), told.get("failed", False)) == (True, False)
    assert told["failure"]["code"] == "no_archive"
    assert {name: failed[name] for name in ("msg", "verdict", "failure", "changed")} == {
        name: told[name] for name in ("msg", "verdict", "failure", "changed")
    }
    assert "msg" not in run_module(module, {**options[module], "fail_on": "never"})
    assert run_module(module, {**options[module], "fail_on": "never", "lookback": "soon"})["failed"]
    assert "fail_on" in run_module(module, {**options[module], "fail_on": "seldom"})["msg"]


NEW_CALLS = {
    "dds:instance:listSlowLog": ("ListSlowLogs", "slow logs can be had from exports alone", "can be queried"),
    "dds:instance:listErrorLog": ("ListErrorLogs", "error logs can be had from exports alone", "can be queried"),
    "dds:instance:getSlowLogPlaintextStatus": ("ShowSlowLogMasking", "cannot be ", "statements are masked"),
    "streaming": ("ListLtsConfigs", "cannot be ", "to no log stream"),
}


@pytest.mark.parametrize("check", NEW_CALLS)
def test_whether_a_cloud_has_a_call_is_told_and_whether_it_is_allowed(
    emulator: Emulator, options: dict[str, dict[str, Any]], check: str
) -> None:
    action, without, with_it = NEW_CALLS[check]
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert (seen.states[check], with_it in seen.checks[check]["message"]) == ("ok", True)
    emulator.world.absent_actions = [action]
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert (seen.states[check], without in seen.checks[check]["message"]) == ("ok", True)
    assert "APIGW.0101" in seen.checks[check]["message"]
    emulator.world.absent_actions = []
    emulator.faults.add(Fault(action, "http", times=None, args={"status": 403, "code": "DBS.280032", "message": "no"}))
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert (seen.states[check], without in seen.checks[check]["message"]) == ("warning", True)
    emulator.faults.clear()
    emulator.faults.add(Fault(action, "http", times=None, args={"status": 400, "code": "DBS.280110", "message": "no"}))
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert seen.having("failure") == [check]


def test_that_values_are_plain_and_where_audit_logs_are_sent_to_is_told(
    emulator: Emulator, options: dict[str, dict[str, Any]]
) -> None:
    instance = emulator.world.instances[0]
    instance.slow_log_masking, instance.stream = False, Stream("group", "stream-1")
    seen = look(emulator, "dds_doctor", options["dds_doctor"])
    assert "not masked" in seen.checks["dds:instance:getSlowLogPlaintextStatus"]["message"]
    assert "stream-1 as well" in seen.checks["streaming"]["message"]
