# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IAM finds projects and gives tokens, and a token is good for what it was asked for, for as long as it lives."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client

HOUR = 3600


def ask(emu: Emulator, client: Client, scope: Any, password: str | None = None) -> requests.Response:
    """Ask for a token with the first user's name and password."""
    user = emu.world.huawei_users[0]
    who = {"name": user.name, "password": password or user.password, "domain": {"name": user.domain_name}}
    identity = {"methods": ["password"], "password": {"user": who}}
    auth = {"identity": identity} if scope is None else {"identity": identity, "scope": scope}
    return client.session.post(f"{emu.url}/v3/auth/tokens", json={"auth": auth}, timeout=5)


def use(emu: Emulator, client: Client, token: str, path: str | None = None) -> tuple[int, str]:
    """List the first project's instances, or something else, with a token; return status and code."""
    path = path or f"/v3/{emu.world.projects[0].id}/instances"
    answer = client.send("GET", path, {"X-Auth-Token": token})
    document = answer.json()
    return answer.status_code, str(document.get("error_code", document.get("error", {}).get("code", "")))


def test_projects(emu: Emulator, client: Client) -> None:
    """By its region's name; an unknown one gives an empty list; errors have IAM's own shape."""
    project = emu.world.projects[0]
    [found] = client.huawei("GET", "/v3/projects", {"name": project.name}).json()["projects"]
    assert (found["id"], found["name"], found["enabled"]) == (project.id, project.name, True)
    assert client.huawei("GET", "/v3/projects", {"name": "nowhere"}).json()["projects"] == []
    assert len(client.huawei("GET", "/v3/projects").json()["projects"]) == 2
    answer = client.huawei("GET", "/v3/projects", secret_key="wrong")
    assert (answer.status_code, answer.json()["error"]["title"]) == (401, "Unauthorized")


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_token_of_a_project(emu: Emulator, client: Client, by: str) -> None:
    """For a name and a password, by the project's name or id, good for that project and for a day."""
    project = emu.world.projects[0]
    answer = ask(emu, client, {"project": {by: getattr(project, by)}})
    token = answer.headers["X-Subject-Token"]
    assert (answer.status_code, answer.json()["token"]["project"]["id"]) == (201, project.id)
    assert use(emu, client, token) == (200, "")
    assert use(emu, client, token, f"/v3/{emu.world.projects[1].id}/instances") == (401, "APIGW.0307")
    emu.clock.advance(24 * HOUR - 60)
    assert use(emu, client, token) == (200, "")
    emu.clock.advance(61)
    assert use(emu, client, token) == (401, "APIGW.0307")
    assert use(emu, client, token, "/v3/projects") == (401, "401")


def test_a_token_of_a_domain(emu: Emulator, client: Client) -> None:
    """It finds projects, and opens none of them; who names no scope gets one of these."""
    user = emu.world.huawei_users[0]
    for scope in ({"domain": {"name": user.domain_name}}, {"domain": {"id": user.domain_id}}, None, {}):
        answer = ask(emu, client, scope)
        token = answer.headers["X-Subject-Token"]
        assert "project" not in answer.json()["token"]
        assert answer.json()["token"]["domain"]["id"] == user.domain_id
        assert use(emu, client, token, "/v3/projects") == (200, "")
        assert use(emu, client, token) == (401, "APIGW.0307")


def test_no_token(emu: Emulator, client: Client) -> None:
    """For a wrong password, a scope that is not there, a body that is none."""
    assert ask(emu, client, {}, "wrong").status_code == 401
    for kind in ("project", "domain"):
        assert ask(emu, client, {kind: {"name": "nowhere"}}).status_code == 401
        assert ask(emu, client, {kind: "nowhere"}).status_code == 401
    emu.world.projects[0].domain_id = "f" * 32
    assert ask(emu, client, {"project": {"id": emu.world.projects[0].id}}).status_code == 401
    assert ask(emu, client, "all").status_code == 400
    assert client.session.post(f"{emu.url}/v3/auth/tokens", json={}, timeout=5).status_code == 400
    assert emu.world.huawei_users[0].password not in json.dumps(client.control("GET", "requests"))


@pytest.mark.parametrize("from_outside", [False, True])
def test_tokens_die_early(emu: Emulator, client: Client, from_outside: bool) -> None:
    """After a change of password or permission; the next one is good."""
    scope = {"project": {"name": emu.world.projects[0].name}}
    token = ask(emu, client, scope).headers["X-Subject-Token"]
    if from_outside:
        assert client.control("POST", "world", {"op": "revoke_tokens"}) == [None]
    else:
        emu.world.revoke_tokens()
    assert use(emu, client, token) == (401, "APIGW.0307")
    assert use(emu, client, emu.world.tokens[0].token) == (401, "APIGW.0307")
    assert use(emu, client, ask(emu, client, scope).headers["X-Subject-Token"]) == (200, "")


def test_the_project_of_who_signs(emu: Emulator, client: Client) -> None:
    """X-Project-Id is what the vendor's own client sends: the path's project, or it is refused; IAM does not mind."""
    here, there = (project.id for project in emu.world.projects)
    path = f"/v3/{here}/instances"
    for named, expected in ((here, (200, "")), (there, (403, "DBS.280063")), ("", (403, "DBS.280063"))):
        answer = client.send("GET", path, {**client.headers("GET", path, {}, b""), "X-Project-Id": named})
        assert (answer.status_code, answer.json().get("error_code", "")) == expected
    headers = {**client.headers("GET", "/v3/projects", {}, b""), "X-Project-Id": there}
    assert client.send("GET", "/v3/projects", headers).status_code == 200
    assert use(emu, client, emu.world.tokens[0].token) == (200, "")
