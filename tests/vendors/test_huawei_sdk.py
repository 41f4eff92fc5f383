# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Huawei Cloud's own clients, unmodified, against the emulator."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault

dds = pytest.importorskip("huaweicloudsdkdds.v3")
iam = pytest.importorskip("huaweicloudsdkiam.v3")
credentials = pytest.importorskip("huaweicloudsdkcore.auth.credentials")
exceptions = pytest.importorskip("huaweicloudsdkcore.exceptions.exceptions")
region = pytest.importorskip("huaweicloudsdkcore.region.region")


@pytest.fixture
def emu() -> Iterator[Emulator]:
    """Run an emulator."""
    with Emulator(seed=7, clock="2026-03-10T00:30:00Z") as emulator:
        yield emulator


def client(emu: Emulator, account: int = 0, secret_key: str | None = None) -> Any:
    """Return a client of DDS for the first project."""
    keys = emu.world.huawei_accounts[account]
    who = credentials.BasicCredentials(keys.access_key, secret_key or keys.secret_key, emu.world.projects[0].id)
    if keys.security_token:
        who.with_security_token(keys.security_token)
    return dds.DdsClient.new_builder().with_credentials(who).with_endpoint(emu.url).build()


def span(emu: Emulator) -> dict[str, str]:
    """Return the last week."""
    now = emu.clock.now()
    begin, end = (time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(at)) for at in (now - 7 * 86400, now))
    return {"start_time": begin, "end_time": end}


def test_instances(emu: Emulator) -> None:
    """With groups and nodes, as the client's models see them."""
    answer = client(emu).list_instances(dds.ListInstancesRequest(name="*dds", limit=10))
    assert answer.total_count == 2
    assert [instance.mode for instance in answer.instances] == ["ReplicaSet", "Sharding"]
    assert [node.role for node in answer.instances[0].groups[0].nodes] == ["Primary", "Secondary", "Hidden"]
    assert answer.instances[0].datastore.type == "DDS-Community"


@pytest.mark.parametrize("account", [0, 1])
def test_audit_logs(emu: Emulator, account: int) -> None:
    """Listed in pages, linked, downloaded, with permanent and with temporary keys."""
    sdk, instance = client(emu, account), emu.world.instances[0].id
    ids: list[str] = []
    total = 1
    while len(ids) < total:
        page = sdk.list_auditlogs(dds.ListAuditlogsRequest(instance_id=instance, offset=len(ids), limit=7, **span(emu)))
        total = page.total_record
        ids += [log.id for log in page.audit_logs]
    assert len(set(ids)) == total > 7
    body = dds.ProduceAuditlogLinksRequestBody(ids=ids[-7:])
    links = sdk.list_auditlog_links(dds.ListAuditlogLinksRequest(instance_id=instance, body=body)).links
    for log, link in zip(page.audit_logs[-7:], links[-len(page.audit_logs[-7:]) :], strict=True):
        with urllib.request.urlopen(link, timeout=5) as answer:
            assert len(answer.read()) == log.size
    assert all(record.signed for record in emu.requests)


def test_one_node(emu: Emulator) -> None:
    """The list can be narrowed."""
    node = emu.world.instances[0].nodes()[1].id
    request = dds.ListAuditlogsRequest(instance_id=emu.world.instances[0].id, node_id=node, **span(emu))
    assert {log.node_id for log in client(emu).list_auditlogs(request).audit_logs} == {node}


def test_the_policy(emu: Emulator) -> None:
    """Read, changed, read again."""
    sdk, instance = client(emu), emu.world.instances[0].id
    assert sdk.show_auditlog_policy(dds.ShowAuditlogPolicyRequest(instance_id=instance)).keep_days == 180
    body = dds.SetAuditlogPolicyRequestBody(keep_days=30, reserve_auditlogs="true", audit_types=["auth"])
    sdk.set_auditlog_policy(dds.SetAuditlogPolicyRequest(instance_id=instance, body=body))
    policy = sdk.show_auditlog_policy(dds.ShowAuditlogPolicyRequest(instance_id=instance))
    assert (policy.keep_days, policy.audit_types) == (30, ["auth"])


def test_deleting(emu: Emulator) -> None:
    """By name; the answer is a job that nobody can ask about."""
    sdk, instance = client(emu), emu.world.instances[0].id
    log = sdk.list_auditlogs(dds.ListAuditlogsRequest(instance_id=instance, **span(emu))).audit_logs[0]
    body = dds.DeleteAuditLogRequestBody(file_names=[log.name])
    assert sdk.delete_audit_log(dds.DeleteAuditLogRequest(instance_id=instance, body=body)).job_id
    emu.clock.advance(5)
    left = sdk.list_auditlogs(dds.ListAuditlogsRequest(instance_id=instance, **span(emu))).audit_logs
    assert log.id not in {other.id for other in left}


@pytest.mark.parametrize("account", [0, 1])
@pytest.mark.parametrize("kind", ["slow", "error"])
def test_exports(emu: Emulator, account: int, kind: str) -> None:
    """Asked for without a body, of a node, of a file; made, linked, downloaded."""
    sdk, instance = client(emu, account), emu.world.instances[1]
    node = instance.groups[1].nodes[0]

    def ask(**body: Any) -> Any:
        if kind == "slow":
            wanted = dds.DownloadSlowlogRequestBody(**body) if body else None
            return sdk.download_slowlog(dds.DownloadSlowlogRequest(instance_id=instance.id, body=wanted))
        wanted = dds.DownloadErrorlogRequestBody(**body) if body else None
        return sdk.download_errorlog(dds.DownloadErrorlogRequest(instance_id=instance.id, body=wanted))

    first = ask()
    assert (first.status, first.count) == ("CREATING", {"slow": 6, "error": 11}[kind])
    assert {(row.status, row.file_size, row.file_link) for row in first.list} == {("EXPORTING", None, None)}
    emu.clock.advance(30)
    [row] = ask(node_id_list=[node.id]).list
    again = ask(file_name_list=[row.file_name], node_id_list=[])
    assert (again.status, again.count, again.list[0].node_name) == ("FINISH", 1, node.name)
    with urllib.request.urlopen(row.file_link, timeout=5) as answer:
        assert f"{round(len(answer.read()) / 1024, 2):g}" == row.file_size
    assert (row.update_at is None) == (kind == "error")
    assert all(record.signed for record in emu.requests)


def test_exports_refused(emu: Emulator) -> None:
    """A busy instance, an unknown node, no permission: status and code arrive."""
    sdk, instance = client(emu), emu.world.instances[0].id

    def refused(**body: Any) -> tuple[int, str]:
        wanted = dds.DownloadSlowlogRequestBody(**body)
        with pytest.raises(exceptions.ClientRequestException) as caught:
            sdk.download_slowlog(dds.DownloadSlowlogRequest(instance_id=instance, body=wanted))
        return caught.value.status_code, caught.value.error_code

    assert refused(node_id_list=["x"]) == (400, "DBS.280407")
    assert refused(node_id_list=["0" * 32 + "no02"]) == (404, "DBS.200013")
    emu.world.busy(instance, 60)
    assert refused() == (403, "DBS.200019")
    emu.world.huawei_accounts[0].denied.append("dds:instance:downloadSlowLog")
    assert refused() == (403, "DBS.280032")


@pytest.mark.parametrize("account", [0, 1])
@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_entries(emu: Emulator, account: int, order: str) -> None:
    """Of both kinds, page by page, with every filter; what the emulator says that there is."""
    sdk, instance = client(emu, account), emu.world.instances[1]
    emu.world.entry_order = order
    node = instance.groups[1].nodes[0].id
    for kind in ("slow", "error"):
        ask, request = getattr(sdk, f"list_lts_{kind}_logs"), getattr(dds, f"ListLts{kind.title()}LogsRequest")
        body = getattr(dds, f"ListLts{kind.title()}LogsRequestBody")
        found: list[Any] = []
        while True:
            more = {"line_num": found[-1].line_num} if found else {}
            wanted = body(limit=50, node_id=node, **span(emu), **more)
            rows = getattr(ask(request(instance_id=instance.id, body=wanted)), f"{kind}_logs")
            if not rows:
                break
            found += rows
        offered = emu.entries.listed(instance, f"{kind.title()}Log", node_id=node)
        numbers = [row["line_num"] for row in offered if row["log_time"] >= span(emu)["start_time"][:19]]
        assert [row.line_num for row in found] == numbers[:: 1 if order == "oldest" else -1]
        assert len(found) > 50
        words = {
            "keywords": ["Slow"],
            "operate_type": "query",
            "database_keywords": ["sh"],
            "collection_keywords": ["o"],
        }
        filters = {**words, "min_cost_time": 1, "max_cost_time": 10**6} if kind == "slow" else {"severity": "Warning"}
        back = {} if kind == "slow" else {"search_type": "backwards", "line_num": found[-1].line_num}
        wanted = body(limit=100, node_id=node, **span(emu), **filters, **back)
        some = getattr(ask(request(instance_id=instance.id, body=wanted)), f"{kind}_logs")
        assert 0 < len(some) < len(found)
    assert all(record.signed for record in emu.requests)


def test_entries_refused(emu: Emulator) -> None:
    """No such call in this cloud, an old instance, a time too long ago, no permission."""
    sdk, instance = client(emu), emu.world.instances[0]

    def refused(**changes: Any) -> tuple[int, str]:
        body = dds.ListLtsErrorLogsRequestBody(**{"limit": 1, **span(emu), **changes})
        with pytest.raises(exceptions.ClientRequestException) as caught:
            sdk.list_lts_error_logs(dds.ListLtsErrorLogsRequest(instance_id=instance.id, body=body))
        return caught.value.status_code, caught.value.error_code

    assert refused(start_time="2026-01-01T00:00:00+0000") == (400, "DBS.280067")
    emu.world.huawei_accounts[0].denied.append("dds:instance:listErrorLog")
    assert refused() == (403, "DBS.280032")
    emu.world.huawei_accounts[0].denied.clear()
    instance.version = "3.4"
    assert refused() == (400, "DBS.280343")
    emu.world.absent_actions = ["ListErrorLogs"]
    assert refused() == (404, "APIGW.0101")


def test_masking(emu: Emulator) -> None:
    """Read, switched off and on."""
    sdk, instance = client(emu), emu.world.instances[0].id
    seen = []
    for status in ("off", "on"):
        sdk.switch_slowlog_desensitization(
            dds.SwitchSlowlogDesensitizationRequest(instance_id=instance, status=status, x_language="en-us")
        )
        request = dds.ShowSlowlogDesensitizationSwitchRequest(instance_id=instance)
        seen.append(sdk.show_slowlog_desensitization_switch(request).status)
    assert seen == ["off", "on"]


def test_streams(emu: Emulator) -> None:
    """Set, listed, deleted, listed again."""
    sdk, instance = client(emu), emu.world.instances[0].id
    ids = {
        "lts_group_id": "ec6dc499-1a63-4229-a0c2-a2afa8bcfc95",
        "lts_stream_id": "cae69d2e-378b-41dd-b3c9-3ca1cd5335bc",
    }
    kind = dds.LtsLogType.AUDIT_LOG
    one = dds.UpdateLtsConfigRequestBodyLtsConfigs(instance_id=instance, log_type=kind, **ids)
    sdk.update_lts_config(dds.UpdateLtsConfigRequest(body=dds.UpdateLtsConfigRequestBody(lts_configs=[one])))
    listed = sdk.list_lts_configs(dds.ListLtsConfigsRequest(offset=0, limit=50))
    assert (listed.total_count, listed.instance_lts_configs[0].instance.id) == (2, instance)
    [config] = listed.instance_lts_configs[0].lts_configs
    assert (config.log_type, config.lts_group_id, config.lts_stream_id, config.enabled) == (kind, *ids.values(), True)
    assert listed.instance_lts_configs[1].lts_configs is None
    gone = dds.DeleteLtsConfigRequestBodyLtsConfigs(instance_id=instance, log_type=kind)
    sdk.delete_lts_config(dds.DeleteLtsConfigRequest(body=dds.DeleteLtsConfigRequestBody(lts_configs=[gone])))
    [config] = sdk.list_lts_configs(dds.ListLtsConfigsRequest()).instance_lts_configs[0].lts_configs
    assert config.enabled is False
    assert all(record.signed for record in emu.requests)


def test_tokens(emu: Emulator) -> None:
    """IAM's own client gets one for a project, and one for the domain, which opens no project."""
    keys, user, project = emu.world.huawei_accounts[0], emu.world.huawei_users[0], emu.world.projects[0]
    who = credentials.GlobalCredentials(keys.access_key, keys.secret_key, keys.domain_id)
    sdk = iam.IamClient.new_builder().with_credentials(who).with_endpoint(emu.url).build()
    person = iam.PwdPasswordUser(iam.PwdPasswordUserDomain(user.domain_name), user.name, user.password)
    identity = iam.PwdIdentity(["password"], iam.PwdPassword(person))
    scopes = (
        iam.AuthScope(project=iam.AuthScopeProject(name=project.name)),
        iam.AuthScope(project=iam.AuthScopeProject(id=project.id)),
        iam.AuthScope(domain=iam.AuthScopeDomain(name=user.domain_name)),
    )
    statuses = []
    for scope in scopes:
        body = iam.KeystoneCreateUserTokenByPasswordRequestBody(iam.PwdAuth(identity, scope))
        request = iam.KeystoneCreateUserTokenByPasswordRequest(body=body)
        answer = sdk.keystone_create_user_token_by_password(request)
        url, headers = f"{emu.url}/v3/{project.id}/instances", {"X-Auth-Token": answer.x_subject_token}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as listed:
                statuses.append(listed.status)
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
    assert statuses == [200, 200, 401]


def test_the_project_that_the_client_names(emu: Emulator) -> None:
    """It signs X-Project-Id; another one than the path's is refused."""
    sdk = client(emu)
    sdk.list_instances(dds.ListInstancesRequest())
    other = client(emu)
    path = dict(other._credentials.get_update_path_params())
    other._credentials.get_update_path_params = lambda: path
    other._credentials.project_id = emu.world.projects[1].id
    with pytest.raises(exceptions.ClientRequestException) as caught:
        other.list_instances(dds.ListInstancesRequest())
    assert (caught.value.status_code, caught.value.error_code) == (403, "DBS.280063")


def test_projects(emu: Emulator) -> None:
    """IAM's own client, with the domain given and with the domain found by the client itself."""
    keys, project = emu.world.huawei_accounts[0], emu.world.projects[1]
    for domain in (keys.domain_id, None):
        who = credentials.GlobalCredentials(keys.access_key, keys.secret_key, domain).with_iam_endpoint(emu.url)
        sdk = iam.IamClient.new_builder().with_credentials(who).with_endpoint(emu.url).build()
        [found] = sdk.keystone_list_projects(iam.KeystoneListProjectsRequest(name=project.name)).projects
        assert (found.id, found.name, found.enabled) == (project.id, project.name, True)


def test_the_client_finds_its_project(emu: Emulator) -> None:
    """Given only keys and a region, it asks IAM first."""
    keys = emu.world.huawei_accounts[0]
    who = credentials.BasicCredentials(keys.access_key, keys.secret_key).with_iam_endpoint(emu.url)
    here = region.Region("ap-southeast-3", emu.url)
    sdk = dds.DdsClient.new_builder().with_credentials(who).with_region(here).build()
    assert sdk.list_instances(dds.ListInstancesRequest()).total_count == 2
    assert [record.action for record in emu.requests] == ["ListProjects", "ListInstances"]


def test_errors(emu: Emulator) -> None:
    """A wrong key, a wrong parameter, a busy instance: status and code arrive whatever the shape."""
    with pytest.raises(exceptions.ClientRequestException) as caught:
        client(emu, secret_key="wrong").list_instances(dds.ListInstancesRequest())
    assert (caught.value.status_code, caught.value.error_code) == (401, "APIGW.0301")
    with pytest.raises(exceptions.ClientRequestException) as caught:
        client(emu).list_instances(dds.ListInstancesRequest(limit=101))
    assert (caught.value.status_code, caught.value.error_code) == (400, "DBS.280439")
    for shape in ("error_code", "errorCode", "code", "error"):
        args = {"status": 403, "code": "DBS.200019", "message": "busy", "shape": shape}
        emu.faults.add(Fault("ListInstances", "http", args=args))
        with pytest.raises(exceptions.ClientRequestException) as caught:
            client(emu).list_instances(dds.ListInstancesRequest())
        assert (caught.value.status_code, caught.value.error_code) == (403, "DBS.200019")


def test_a_stale_clock(emu: Emulator) -> None:
    """The client signs with the machine's time; when the cloud's is another, it is refused."""
    emu.clock.signature_offset = 16 * 60
    with pytest.raises(exceptions.ClientRequestException) as caught:
        client(emu).list_instances(dds.ListInstancesRequest())
    assert caught.value.error_code == "APIGW.0301"
