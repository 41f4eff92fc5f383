# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Huawei side refuses what the real gateway, DDS and IAM refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client, dds_time

DAY = 86400


def span(emu: Emulator, days: float = 7) -> dict[str, Any]:
    """Return the last days as a query."""
    now = emu.clock.now()
    return {"start_time": dds_time(now - days * DAY), "end_time": dds_time(now)}


def first(emu: Emulator) -> str:
    """Return the path of the first instance."""
    return f"/{emu.world.instances[0].id}"


def refused(response: requests.Response) -> tuple[int, str]:
    """Return status and code of an error."""
    document = response.json()
    return response.status_code, document.get("error_code") or document["error"]["code"]


def test_instances(emu: Emulator, client: Client) -> None:
    """With their groups and nodes, by name, id and mode, in pages."""
    answer = client.dds("GET", "").json()
    assert (answer["total_count"], [i["mode"] for i in answer["instances"]]) == (2, ["ReplicaSet", "Sharding"])
    groups = answer["instances"][1]["groups"]
    assert [(group["type"], len(group["nodes"])) for group in groups] == [
        ("mongos", 2),
        ("shard", 3),
        ("shard", 3),
        ("config", 3),
    ]
    assert {node["role"] for node in groups[1]["nodes"]} == {"Primary", "Secondary", "Hidden"}

    def names(**query: Any) -> list[str]:
        return [instance["name"] for instance in client.dds("GET", "", query).json()["instances"]]

    assert names(name="dds-shop") == ["dds-shop"]
    assert names(name="shop") == []
    assert names(name="*sh") == ["dds-shop"]
    assert names(mode="Sharding") == ["dds-orders"]
    assert names(id=emu.world.instances[0].id) == ["dds-shop"]
    assert names(limit=1, offset=1) == ["dds-orders"]
    assert refused(client.dds("GET", "", {"limit": 101})) == (400, "DBS.280439")
    assert refused(client.dds("GET", "", {"limit": 0})) == (400, "DBS.280439")
    assert refused(client.dds("GET", "", {"offset": -1})) == (400, "DBS.280440")
    assert refused(client.dds("GET", "", {"mode": "Other"})) == (400, "DBS.280103")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"start_time": None}, "DBS.280067"),
        ({"start_time": "2026-03-09T00:00:00Z"}, "DBS.280067"),
        ({"start_time": "2026-03-09T00:00:00+00:00"}, "DBS.280067"),
        ({"start_time": "2026-02-30T00:00:00+0000"}, "DBS.280067"),
        ({"start_time": "2026-03-09T00:00:00 0800"}, "DBS.280067"),
        ({"end_time": None}, "DBS.280068"),
        ({"end_time": "now"}, "DBS.280068"),
        ({"start_time": "2026-03-09T00:00:00+0000", "end_time": "2026-03-09T00:00:00+0000"}, "DBS.280409"),
        ({"start_time": "2026-03-09T08:00:00+0800", "end_time": "2026-03-09T00:00:00+0000"}, "DBS.280409"),
        ({"start_time": "2026-02-01T00:00:00+0000", "end_time": "2026-03-03T00:00:01+0000"}, "DBS.280409"),
        ({"limit": "0"}, "DBS.280439"),
        ({"limit": "101"}, "DBS.280439"),
        ({"limit": "ten"}, "DBS.280439"),
        ({"offset": "-1"}, "DBS.280440"),
        ({"node_id": "node-1"}, "DBS.280407"),
    ],
)
def test_wrong_queries(emu: Emulator, client: Client, change: dict[str, str | None], code: str) -> None:
    """Each has its code."""
    query = {name: value for name, value in {**span(emu), **change}.items() if value is not None}
    assert refused(client.dds("GET", f"{first(emu)}/auditlog", query)) == (400, code)


def test_thirty_days_are_allowed(emu: Emulator, client: Client) -> None:
    """To the second, and in any offset."""
    query = {"start_time": "2026-02-01T08:00:00+0800", "end_time": "2026-03-03T00:00:00+0000"}
    assert client.dds("GET", f"{first(emu)}/auditlog", query).status_code == 200


def test_a_plus_must_travel_encoded(emu: Emulator, client: Client) -> None:
    """Sent bare it is a space, and no longer what was signed."""
    query = span(emu)
    project, path = emu.world.projects[0].id, f"{first(emu)}/auditlog"
    headers = client.headers("GET", f"/v3/{project}/instances{path}", query, b"")
    bare = "&".join(f"{name}={value}" for name, value in query.items())
    answer = client.session.get(f"{emu.url}/v3/{project}/instances{path}?{bare}", headers=headers, timeout=5)
    assert refused(answer) == (401, "APIGW.0301")


def test_unknown_instances_and_nodes(emu: Emulator, client: Client) -> None:
    """Not there, of another project, or no id at all."""
    assert refused(client.dds("GET", f"/{'0' * 32}in02/auditlog", span(emu))) == (404, "DBS.200002")
    assert refused(client.dds("GET", "/my-instance/auditlog", span(emu))) == (400, "DBS.280404")
    node = {"node_id": f"{'0' * 32}no02"}
    assert refused(client.dds("GET", f"{first(emu)}/auditlog", {**span(emu), **node})) == (404, "DBS.200013")
    other = emu.world.add_dds_instance(project_id=emu.world.projects[1].id)
    assert refused(client.dds("GET", f"/{other.id}/auditlog", span(emu))) == (404, "DBS.200002")
    assert refused(client.dds("GET", f"{first(emu)}/nothing")) == (404, "APIGW.0101")


def test_audit_logs_in_pages(emu: Emulator, client: Client) -> None:
    """1,234 logs over 45 days come once each, in spans of at most 30 days."""
    instance = emu.world.add_dds_instance(name="busy")
    emu.world.add_audit_logs(instance.id, count=1234, days=45)
    now, seen = emu.clock.now(), []
    for begin, end in ((45.1, 20), (20, 0)):
        window = {"start_time": dds_time(now - begin * DAY), "end_time": dds_time(now - end * DAY + 1)}
        total, offset = 1, 0
        while offset < total:
            page = client.dds("GET", f"/{instance.id}/auditlog", {**window, "offset": offset}).json()
            total, offset = page["total_record"], offset + len(page["audit_logs"])
            seen += [log["id"] for log in page["audit_logs"]]
    assert len(set(seen)) == 1234
    assert len(seen) - 1234 <= 3


def test_what_a_log_looks_like(emu: Emulator, client: Client) -> None:
    """Id and name are made of node, instance, project and milliseconds; times have a numeric offset."""
    page = client.dds("GET", f"{first(emu)}/auditlog", span(emu)).json()
    log, project = page["audit_logs"][0], emu.world.projects[0].id
    node, milliseconds = log["id"].split("_")
    assert (node, len(milliseconds)) == (log["node_id"], 13)
    assert log["name"] == f"{project}_audit_log{first(emu).replace('/', '_')}_{log['id']}"
    assert log["start_time"] < log["end_time"]
    assert log["end_time"].endswith("+0000")
    sharded = client.dds("GET", f"/{emu.world.instances[1].id}/auditlog", span(emu)).json()["audit_logs"]
    mongos = {node.id for node in emu.world.instances[1].groups[0].nodes}
    assert {row["node_id"] for row in sharded} == mongos
    only = client.dds("GET", f"{first(emu)}/auditlog", {**span(emu), "node_id": log["node_id"]}).json()
    assert 0 < only["total_record"] < page["total_record"]
    emu.world.sparse = True
    assert "total_size" not in client.dds("GET", f"{first(emu)}/auditlog", span(emu)).json()


@pytest.mark.parametrize(("rule", "found"), [("overlap", 3), ("start", 2), ("end", 2), ("contained", 1)])
def test_which_time_a_list_compares(emu: Emulator, client: Client, rule: str, found: int) -> None:
    """It is undocumented, so the world can have it either way."""
    instance = emu.world.add_dds_instance(name="edges", mode="Single")
    now = int(emu.clock.now())
    for start in (-5400, -3500, -2000):
        emu.world.add_audit_log(instance.id, start=now + start, end=now + start + 1900)
    emu.world.audit_window = rule
    query = {"start_time": dds_time(now - 3600), "end_time": dds_time(now - 1000)}
    assert client.dds("GET", f"/{instance.id}/auditlog", query).json()["total_record"] == found


def test_logs_appear_and_expire_as_the_clock_moves(emu: Emulator, client: Client) -> None:
    """They come late, more come, and what is older than the policy keeps goes."""
    instance = emu.world.add_dds_instance(name="late", mode="Single", keep_days=30)
    now = emu.clock.now()
    emu.world.add_audit_log(instance.id, start=now - 3600, end=now - 60, listed_at=now + 100)

    def total(which: str) -> int:
        page = client.dds("GET", f"/{which}/auditlog", span(emu, 30)).json()
        return int(page["total_record"])

    before = total(emu.world.instances[0].id)
    assert total(instance.id) == 0
    emu.clock.advance(101)
    assert total(instance.id) == 1
    emu.clock.advance(DAY)
    assert total(emu.world.instances[0].id) > before
    emu.clock.advance(28 * DAY)
    assert total(instance.id) == 1
    emu.clock.advance(DAY)
    assert total(instance.id) == 0


def test_links(emu: Emulator, client: Client) -> None:
    """At most fifty, in order, bare strings, good for five minutes; the bytes are as many as was said."""
    logs = client.dds("GET", f"{first(emu)}/auditlog", {**span(emu), "limit": 5}).json()["audit_logs"]
    path, ids = f"{first(emu)}/auditlog-links", [log["id"] for log in logs]
    links = client.dds("POST", path, None, {"ids": ids}).json()["links"]
    for log, link in zip(logs, links, strict=True):
        answer = client.get(link)
        assert log["name"] in link
        assert (answer.status_code, len(answer.content)) == (200, log["size"])
        entry = json.loads(answer.text.splitlines()[0])
        assert {"atype", "ts", "local", "remote", "users", "roles", "param", "result"} <= set(entry)
    emu.clock.advance(280)
    assert client.get(links[0]).status_code == 200
    emu.clock.advance(30)
    assert client.get(links[0]).status_code == 403
    for wrong in ([], ["nothing"], ids * 11, "all", [1]):
        assert refused(client.dds("POST", path, None, {"ids": wrong})) == (400, "DBS.280001")


def test_the_policy(emu: Emulator, client: Client) -> None:
    """Days, the string that is no boolean, and history that goes when it is not reserved."""
    path = f"{first(emu)}/auditlog-policy"
    assert client.dds("GET", path).json()["keep_days"] == 180
    for wrong in ({}, {"keep_days": 6}, {"keep_days": 733}, {"keep_days": True}, {"keep_days": "7"}):
        assert client.dds("POST", path, None, wrong).status_code == 400
    assert client.dds("POST", path, None, {"keep_days": 0, "reserve_auditlogs": False}).status_code == 400
    assert client.dds("POST", path, None, {"keep_days": 7, "audit_types": ["all"]}).status_code == 400

    def total() -> int:
        return int(client.dds("GET", f"{first(emu)}/auditlog", span(emu)).json()["total_record"])

    before = total()
    assert client.dds("POST", path, None, {"keep_days": 0, "reserve_auditlogs": "true"}).json() == {}
    emu.clock.advance(DAY)
    assert total() == before
    assert client.dds("POST", path, None, {"keep_days": 0, "reserve_auditlogs": "false"}).status_code == 200
    assert total() == 0
    assert client.dds("POST", path, None, {"keep_days": 7, "audit_types": ["auth"]}).status_code == 200
    assert client.dds("GET", path).json() == {"keep_days": 7, "audit_scope": "all", "audit_types": ["auth"]}
    emu.clock.advance(DAY)
    assert total() > 0


def test_deleting_takes_names_and_some_time(emu: Emulator, client: Client) -> None:
    """Ids are refused; the logs and their objects go a little later."""
    path = f"{first(emu)}/auditlog"
    log = client.dds("GET", path, span(emu)).json()["audit_logs"][0]
    [link] = client.dds("POST", f"{path}-links", None, {"ids": [log["id"]]}).json()["links"]
    assert client.dds("DELETE", path, None, {"file_names": [log["id"]]}).status_code == 400
    answer = client.dds("DELETE", path, None, {"file_names": [log["name"]]})
    assert (answer.status_code, set(answer.json())) == (202, {"job_id"})
    assert client.get(link).status_code == 200
    emu.clock.advance(5)
    assert client.get(link).status_code == 404
    assert log["id"] not in {row["id"] for row in client.dds("GET", path, span(emu)).json()["audit_logs"]}


def test_bad_bodies(emu: Emulator, client: Client) -> None:
    """No JSON, no object, no content type."""
    project = emu.world.projects[0].id
    path = f"/v3/{project}/instances{first(emu)}/auditlog-links"
    for body in (b"", b"{", b"[]"):
        assert client.send("POST", path, client.headers("POST", path, {}, body), None, body).status_code == 400
    headers = {"X-Auth-Token": emu.world.tokens[0].token}
    assert client.send("POST", path, headers, None, b'{"ids":["x"]}').status_code == 400


# -- authentication


def test_a_wrong_key_a_stale_clock_a_changed_byte(emu: Emulator, client: Client) -> None:
    """Each is refused, with its code."""
    path = f"/v3/{emu.world.projects[0].id}/instances"
    query = {"limit": 10}
    assert client.huawei("GET", path, query).status_code == 200
    assert refused(client.huawei("GET", path, query, secret_key="wrong")) == (401, "APIGW.0301")
    for skew, status in ((-905, 401), (905, 401), (-890, 200), (890, 200)):
        answer = client.huawei("GET", path, query, skew=skew)
        assert answer.status_code == status
        assert status == 200 or refused(answer) == (401, "APIGW.0301")
    good = client.headers("GET", path, query, b"")
    assert client.send("GET", path, good, {"limit": 11}).status_code == 401
    assert client.send("GET", path, {**good, "Content-Type": "application/jsom"}, query).status_code == 401
    assert client.send("GET", path, {**good, "Host": "dds.example.com"}, query).status_code == 401
    assert client.send("GET", path, good, query, b"x").status_code == 401
    assert client.send("GET", path, good, query).status_code == 200


def test_no_or_odd_authorization(emu: Emulator, client: Client) -> None:
    """Nothing, nonsense, an unknown key, a signed header that is missing."""
    path = f"/v3/{emu.world.projects[0].id}/instances"
    good = client.headers("GET", path, {}, b"")
    without = {name: value for name, value in good.items() if name != "Authorization"}
    assert refused(client.send("GET", path, without)) == (401, "APIGW.0301")
    for change in ("Bearer x", good["Authorization"].replace("SDK-", "V4-"), good["Authorization"][:-1]):
        assert refused(client.send("GET", path, {**good, "Authorization": change})) == (401, "APIGW.0301")
    unknown = good["Authorization"].replace(client.keys.access_key, "NOBODY")
    assert refused(client.send("GET", path, {**good, "Authorization": unknown})) == (401, "APIGW.0301")
    undated = {name: value for name, value in good.items() if name != "X-Sdk-Date"}
    assert refused(client.send("GET", path, undated)) == (401, "APIGW.0301")


def test_the_signature_clock_is_the_machines(emu: Emulator, client: Client) -> None:
    """The data's clock may be months away; the other one can be made wrong on purpose."""
    assert client.dds("GET", "").status_code == 200
    emu.clock.signature_offset = -1000
    assert refused(client.dds("GET", "")) == (401, "APIGW.0301")


def test_keys_get_locked(emu: Emulator, client: Client) -> None:
    """More than five failures in a row, for five minutes, even for right signatures; a token still works."""
    path = f"/v3/{emu.world.projects[0].id}/instances"

    def fail(times: int) -> None:
        for _turn in range(times):
            assert client.huawei("GET", path, secret_key="wrong").status_code == 401

    fail(5)
    assert client.dds("GET", "").status_code == 200
    fail(5)
    assert emu.state()["locked_keys"] == []
    fail(1)
    assert emu.state()["locked_keys"] == [client.keys.access_key]
    assert refused(client.dds("GET", "")) == (401, "APIGW.0301")
    assert client.send("GET", path, {"X-Auth-Token": emu.world.tokens[0].token}).status_code == 200
    emu.clock.advance(280)
    assert client.dds("GET", "").status_code == 401
    emu.clock.advance(30)
    assert client.dds("GET", "").status_code == 200


def test_temporary_keys(emu: Emulator, client: Client) -> None:
    """Their token is a signed header."""
    client.keys = emu.world.huawei_accounts[1]
    path = f"/v3/{emu.world.projects[0].id}/instances"
    assert client.dds("GET", "").status_code == 200
    good = client.headers("GET", path, {}, b"")
    assert client.send("GET", path, {**good, "X-Security-Token": "stolen"}).status_code == 401
    token, client.keys.security_token = client.keys.security_token, None
    unsigned = client.headers("GET", path, {}, b"")
    client.keys.security_token = token
    assert client.send("GET", path, unsigned).status_code == 401
    assert client.send("GET", path, {**unsigned, "X-Security-Token": str(token)}).status_code == 401


def test_tokens(emu: Emulator, client: Client) -> None:
    """Of this project, not expired, not revoked."""
    project, token = emu.world.projects[0].id, emu.world.tokens[0]

    def ask(text: str) -> requests.Response:
        return client.send("GET", f"/v3/{project}/instances", {"X-Auth-Token": text})

    assert ask(token.token).status_code == 200
    assert refused(ask("nonsense")) == (401, "APIGW.0301")
    assert refused(ask(emu.world.tokens[1].token)) == (401, "APIGW.0307")
    token.expires_at = emu.clock.now() + 10
    emu.clock.advance(11)
    assert refused(ask(token.token)) == (401, "APIGW.0307")
    token.expires_at, token.revoked = None, True
    assert refused(ask(token.token)) == (401, "APIGW.0307")
    assert token.token not in json.dumps(client.control("GET", "requests"))


def test_permissions(emu: Emulator, client: Client) -> None:
    """A project that is not mine, an action that is not allowed."""
    path = f"/v3/{'f' * 32}/instances"
    assert refused(client.huawei("GET", path)) == (403, "DBS.280063")
    client.keys.denied.append("dds:instance:downloadAuditLog")
    assert refused(client.dds("POST", f"{first(emu)}/auditlog-links", None, {"ids": ["x"]})) == (403, "DBS.280032")
