# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Huawei family's IAM: projects, domains, and tokens for a name and a password."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .faults import Fault
from .huawei_auth import AuthError, Identity
from .messages import Answer, RefusedError, Request, json_answer
from .model import HuaweiProject, HuaweiUser, Token

if TYPE_CHECKING:
    from .emulator import Emulator

_TOKEN_SECONDS = 24 * 3600
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
}


def _error(status: int, message: str) -> Answer:
    title = _TITLES.get(status, "Internal Server Error")
    return json_answer(status, {"error": {"code": status, "message": message, "title": title}}, str(status))


def _date(instant: float) -> str:
    return datetime.fromtimestamp(instant, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Iam:
    """Serves `/v3/projects`, `/v3/auth/domains` and `/v3/auth/tokens`."""

    def __init__(self, emulator: Emulator) -> None:
        """Serve this emulator's world."""
        self._emulator = emulator
        self._world = emulator.world
        self._routes = {
            ("GET", "/v3/projects"): ("ListProjects", self._list_projects),
            ("GET", "/v3/auth/domains"): ("ListDomains", self._list_domains),
            ("POST", "/v3/auth/tokens"): ("CreateToken", self._create_token),
        }

    def identify(self, request: Request) -> None:
        """Name the action and read its parameters."""
        if (request.method, request.path) not in self._routes:
            raise RefusedError(_error(404, "Could not find the requested resource"))
        request.action = self._routes[request.method, request.path][0]
        request.params = dict(request.query)

    def authenticate(self, request: Request) -> None:
        """Check signature or token; who asks for a token has neither yet."""
        if request.action == "CreateToken":
            return
        self._who(request)

    def _who(self, request: Request) -> Identity:
        try:
            return self._emulator.auth.check(request)
        except AuthError as error:
            message = f"The request you have made requires authentication. {error.message}"
            raise RefusedError(_error(401, message)) from None

    def refusal(self, _request: Request, fault: Fault) -> Answer:
        """Answer a fault as IAM does."""
        status = {"throttled": 429, "unauthorized": 401}.get(fault.kind, int(fault.args.get("status", 500)))
        answer = _error(status, str(fault.args.get("message", "An unexpected error occurred")))
        return answer

    def answer(self, request: Request) -> Answer:
        """Carry the action out."""
        return self._routes[request.method, request.path][1](request)

    def _list_projects(self, request: Request) -> Answer:
        domain = self._who(request).domain_id
        name = request.params.get("name")
        found = [p for p in self._world.projects if p.domain_id == domain and name in (None, p.name)]
        links = {"self": f"{self._emulator.url}{request.target}", "next": None, "previous": None}
        return json_answer(200, {"projects": [self._project(project) for project in found], "links": links})

    def _project(self, project: HuaweiProject) -> dict[str, Any]:
        return {
            "id": project.id,
            "name": project.name,
            "domain_id": project.domain_id,
            "parent_id": project.domain_id,
            "is_domain": False,
            "enabled": True,
            "description": "",
            "links": {"self": f"{self._emulator.url}/v3/projects/{project.id}"},
        }

    def _list_domains(self, request: Request) -> Answer:
        domain = self._who(request).domain_id
        name = next((user.domain_name for user in self._world.huawei_users if user.domain_id == domain), "acme")
        row = {"id": domain, "name": name, "enabled": True, "description": "", "links": {}}
        return json_answer(200, {"domains": [row], "links": {"self": None, "next": None, "previous": None}})

    def _create_token(self, request: Request) -> Answer:
        try:
            auth = json.loads(request.body)["auth"]
            methods, asked = auth["identity"]["methods"], auth["identity"]["password"]["user"]
            name, password, domain = asked["name"], asked["password"], asked["domain"]["name"]
            scope = auth.get("scope", {})
        except (ValueError, KeyError, TypeError):
            raise RefusedError(_error(400, "The request body is invalid")) from None
        user = next((u for u in self._world.huawei_users if (u.name, u.domain_name) == (name, domain)), None)
        if methods != ["password"] or user is None or user.password != password:
            raise RefusedError(_error(401, "The username or password is wrong."))
        if not isinstance(scope, dict):
            raise RefusedError(_error(400, "The request body is invalid"))
        project = self._scope(user, scope)
        now = self._emulator.clock.now()
        token = Token(
            f"MII{secrets.token_hex(40)}",
            user.domain_id,
            project.id if project else None,
            now + _TOKEN_SECONDS,
        )
        self._world.tokens.append(token)
        document: dict[str, Any] = {
            "methods": ["password"],
            "issued_at": _date(now),
            "expires_at": _date(now + _TOKEN_SECONDS),
            "user": {
                "name": user.name,
                "id": user.name,
                "domain": {"name": user.domain_name, "id": user.domain_id},
            },
        }
        if project:
            document["project"] = {"id": project.id, "name": project.name}
        else:
            document["domain"] = {"id": user.domain_id, "name": user.domain_name}
        return json_answer(201, {"token": document}, X_Subject_Token=token.token)

    def _scope(self, user: HuaweiUser, scope: dict[str, Any]) -> HuaweiProject | None:
        """Return the project of a token; None when the scope is the user's domain, which it is unless said."""
        if "project" not in scope:
            if _names(scope.get("domain", {"id": user.domain_id}), user.domain_id, user.domain_name):
                return None
            raise RefusedError(_error(401, "The scope is not the domain of this user"))
        for project in self._world.projects:
            if project.domain_id == user.domain_id and _names(scope["project"], project.id, project.name):
                return project
        raise RefusedError(_error(401, "The scope is not a project of this domain"))


def _names(wanted: Any, known_id: str, known_name: str) -> bool:
    """Tell whether a scope's part names something, by id or by name."""
    return isinstance(wanted, dict) and (wanted.get("id") == known_id or wanted.get("name") == known_name)
