# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API over HTTP on a loopback port: signing in, lists with pages, objects, associations, surveys, launches."""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from . import checks
from .checks import Refused
from .kinds import KINDS
from .store import Store

PAGE = 25
ENDPOINTS = {kind.endpoint: name for name, kind in KINDS.items()} | {"unified_job_templates": "unified_job_template"}
RUNNING = ("project_updates", "inventory_updates", "jobs", "workflow_jobs")
ROOT = "/api/v2/"

Answer = tuple[int, Any]


class Controller:
    """A controller that listens on a port of its own; ``store`` is what it holds."""

    username, password = "admin", "a-password-of-the-controller"

    def __init__(self, page: int = PAGE) -> None:
        """Make one that has nothing yet. ``page`` is how many objects a page of a list has."""
        self.store, self.page = Store(), page
        self.tokens: dict[int, str] = {}
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"controller": self}))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Controller:
        """Start to listen."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def token(self) -> str:
        """Make a token."""
        number = len(self.tokens) + 1
        self.tokens[number] = secrets.token_urlsafe(24)
        return self.tokens[number]

    def answer(self, method: str, path: str, asked: dict[str, str], given: dict[str, Any], who: str) -> Answer:
        """Return status and body of an answer. Raises Refused."""
        if path in ("/api/", ROOT):
            return 200, self._root(path)
        if not path.startswith(ROOT) or not path.endswith("/"):
            raise Refused(404, {"detail": "The requested resource could not be found."})
        if not who:
            message = "Authentication credentials were not provided. To establish a login session, visit /api/login/."
            raise Refused(401, {"detail": message})
        first, *rest = path[len(ROOT) : -1].split("/")
        if first == "tokens":
            return self._token(method, rest)
        if first == "me":
            return 200, _listed([{"id": 1, "type": "user", "username": self.username, "is_superuser": True}])
        if first == "config":
            return 200, {"version": "24.6.1"}
        if method != "GET":
            self.store.writes.append((method, path))
        if first in RUNNING:
            return self._run(method, first, rest)
        if first not in ENDPOINTS:
            raise Refused(404, {"detail": "The requested resource could not be found."})
        kind = ENDPOINTS[first]
        if not rest:
            return self._list(method, kind, path, asked, given)
        number = int(rest[0]) if rest[0].isdigit() else -1
        one = self.store.get(kind, number)
        return self._under(method, one, rest[1], path, asked, given) if rest[1:] else self._one(method, one, given)

    def _root(self, path: str) -> dict[str, Any]:
        if path == "/api/":
            return {"description": "AWX REST API", "current_version": ROOT, "available_versions": {"v2": ROOT}}
        return {endpoint: f"{ROOT}{endpoint}/" for endpoint in [*ENDPOINTS, *RUNNING, "tokens", "me", "config"]}

    def _token(self, method: str, rest: list[str]) -> Answer:
        if method == "POST":
            token = self.token()
            return 201, {"id": len(self.tokens), "type": "o_auth2_access_token", "token": token}
        if method == "DELETE" and rest:
            self.tokens[int(rest[0])] = ""
            return 204, None
        raise _not_allowed(method)

    def _list(self, method: str, kind: str, path: str, asked: dict[str, str], given: dict[str, Any]) -> Answer:
        if method == "POST" and kind in KINDS:
            return 201, self.store.shown(self.store.create(kind, given))
        if method != "GET":
            raise _not_allowed(method)
        query = {name: value for name, value in asked.items() if name not in ("page", "page_size", "order_by")}
        found = [self.store.shown(one) for one in self.store.find(kind, query)]
        return 200, self._paged(found, path, asked)

    def _paged(self, found: list[Any], path: str, asked: dict[str, str]) -> dict[str, Any]:
        size, number = int(asked.get("page_size", self.page)), int(asked.get("page", 1))
        if number > 1 and (number - 1) * size >= len(found):
            raise Refused(404, {"detail": "Invalid page."})
        more = number * size < len(found)
        following = f"{path}?{urlencode({**asked, 'page': number + 1})}" if more else None
        return _listed(found[(number - 1) * size : number * size], len(found), following)

    def _one(self, method: str, one: dict[str, Any], given: dict[str, Any]) -> Answer:
        if method == "GET":
            return 200, self.store.shown(one)
        if method in ("PATCH", "PUT"):
            return 200, self.store.shown(self.store.update(one, given))
        if method == "DELETE":
            self.store.delete(one)
            return 202 if one["type"] == "inventory" else 204, None
        raise _not_allowed(method)

    def _under(
        self, method: str, one: dict[str, Any], name: str, path: str, asked: dict[str, str], given: dict[str, Any]
    ) -> Answer:
        kind = one["type"]
        if name in KINDS[kind].links:
            if method == "GET":
                shown = [self.store.shown(other) for other in self.store.associated(one, name)]
                return 200, self._paged(shown, path, asked)
            self.store.associate(one, name, given)
            return 204, None
        if name == "survey_spec" and kind in ("job_template", "workflow_job_template"):
            return self._survey(method, one, given)
        if name == "launch" and kind in ("job_template", "workflow_job_template") and method == "POST":
            run = self.store.launch(one, given)
            return 201, self._shown_run(run)
        if (name, kind, method) == ("update", "project", "POST"):
            return 202, self._shown_run(self.store.update_project(one))
        if (name, kind, method) == ("playbooks", "project", "GET"):
            return 200, one["playbooks"]
        if (name, kind, method) == ("create_approval_template", "workflow_job_template_node", "POST"):
            made = self.store.create("workflow_approval_template", given)
            one["unified_job_template"] = made["id"]
            return 201, self.store.shown(made)
        raise Refused(404, {"detail": "The requested resource could not be found."})

    def _survey(self, method: str, one: dict[str, Any], given: dict[str, Any]) -> Answer:
        if method == "GET":
            return 200, self.store.surveys.get(one["id"], {})
        if method == "DELETE":
            self.store.surveys.pop(one["id"], None)
            return 200, None
        checks.survey(given)
        self.store.surveys[one["id"]] = given
        return 200, None

    def _run(self, method: str, first: str, rest: list[str]) -> Answer:
        runs = [run for run in self.store.runs.values() if f"{run['type']}s" == first]
        if not rest and method == "GET":
            return 200, _listed([self._shown_run(run) for run in runs])
        found = [run for run in runs if str(run["id"]) == rest[0]]
        if not found:
            words = "".join(word.capitalize() for word in first[:-1].split("_"))
            raise Refused(404, {"detail": f"No {words} matches the given query."})
        if rest[1:] == ["cancel"] and method == "POST":
            if found[0]["finished"]:
                raise _not_allowed(method)
            self.store.finish(found[0], "canceled")
            return 202, None
        if rest[1:] or method != "GET":
            raise _not_allowed(method)
        if first == "project_updates":
            self.store.finish_project_update(found[0])
        return 200, self._shown_run(found[0])

    def _shown_run(self, run: dict[str, Any]) -> dict[str, Any]:
        url = f"{ROOT}{run['type']}s/{run['id']}/"
        return {**run, "url": url, "related": {"cancel": f"{url}cancel/"}, "summary_fields": {}}


def _listed(found: list[Any], count: int | None = None, following: str | None = None) -> dict[str, Any]:
    return {"count": len(found) if count is None else count, "next": following, "previous": None, "results": found}


def _not_allowed(method: str) -> Refused:
    return Refused(405, {"detail": f'Method "{method}" not allowed.'})


class _Handler(BaseHTTPRequestHandler):
    controller: Controller
    protocol_version = "HTTP/1.1"

    def _who(self) -> str:
        kind, _blank, value = self.headers.get("Authorization", "").partition(" ")
        basic = base64.b64encode(f"{self.controller.username}:{self.controller.password}".encode()).decode()
        if (kind, value) == ("Basic", basic) or (
            kind == "Bearer" and value and value in self.controller.tokens.values()
        ):
            return self.controller.username
        return ""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        try:
            given = json.loads(body) if body else {}
            path = re.sub("/+", "/", parts.path)
            with self.controller.lock:
                status, answer = self.controller.answer(
                    self.command, path, dict(parse_qsl(parts.query, keep_blank_values=True)), given, self._who()
                )
        except Refused as refused:
            status, answer = refused.status, refused.body
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

    def log_message(self, *_args: object) -> None:
        """Say nothing."""
