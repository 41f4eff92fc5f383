# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What travels between the HTTP server and the services: a request, an answer, a refusal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from .faults import Fault


@dataclass
class Request:
    """One HTTP request, and what the services found out about it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    action: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    auth: str = ""
    signed: bool | None = None
    faults: list[Fault] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded, without the query."""
        return self.target.split("?", 1)[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's pairs, decoded as a form: a bare `+` is a space."""
        raw = self.target.split("?", 1)[1] if "?" in self.target else ""
        return parse_qsl(raw, keep_blank_values=True)

    def header(self, name: str) -> str | None:
        """Return a header's value, None when it was not sent."""
        return self.headers.get(name.lower())

    def fault(self, kind: str) -> dict[str, Any] | None:
        """Return the arguments of a fault of this kind that fires on this request."""
        for fault in self.faults:
            if fault.kind == kind:
                return fault.args
        return None


@dataclass(frozen=True)
class FilePart:
    """The bytes of a file from `begin` up to, but without, `end`."""

    path: str
    begin: int
    end: int


@dataclass
class Answer:
    """One HTTP answer. `code` is the vendor's own code, for the record. A `file` is sent in place of the body."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""
    file: FilePart | None = None


class RefusedError(Exception):
    """A service refuses a request with this answer."""

    def __init__(self, answer: Answer) -> None:
        """Carry the answer to the server."""
        super().__init__(answer.code or answer.status)
        self.answer = answer


def json_answer(status: int, document: Any, code: str = "", **headers: str) -> Answer:
    """Build an answer with a JSON body; underscores in header names become dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, {"Content-Type": "application/json;charset=UTF-8", **named}, code)
