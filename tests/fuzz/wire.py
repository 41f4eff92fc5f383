# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between the collection and the emulator, in one process: requests go no farther than here, answers come back as bytes of HTTP."""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from unittest import mock
from urllib.parse import urlsplit

import requests
from ansible_collections.clouddb.mongodb_logs.tests.emulator.clock import Clock, parse_instant
from ansible_collections.clouddb.mongodb_logs.tests.emulator.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.emulator.messages import Request
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.mutations import Served
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ProtocolError
from urllib3.response import HTTPResponse

URL = "http://cloud.test"


class Sent(NamedTuple):
    """What the collection hands over to be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


Answering = Callable[[Sent], Served]


class StillClock(Clock):
    """A clock that only waiting moves."""

    def __init__(self, now: float) -> None:
        """Stand at ``now``."""
        super().__init__(now)

    def now(self) -> float:
        """Return where it stands."""
        return self._at

    def signature_now(self) -> float:
        """Return the same time: here the data's is the machine's."""
        return self._at

    def set(self, instant: str | float | int | datetime) -> None:
        """Jump to an instant."""
        self._at = parse_instant(instant)

    def advance(self, seconds: float) -> None:
        """Jump forward."""
        self._at += seconds


class Cloud(Emulator):
    """The emulator without its server."""

    @property
    def url(self) -> str:
        """The base URL of everything."""
        return URL

    def asked(self, sent: Sent) -> tuple[Request, Served]:
        """Return what a request is to the emulator, and its answer."""
        parts = urlsplit(sent.url)
        headers = {name.lower(): value for name, value in sent.headers.items()}
        headers.setdefault("host", parts.netloc)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        request = Request(sent.method, target, headers, sent.body)
        answer = self.exchange(request, 0.0).answer
        if answer is None:
            raise requests.ConnectionError(ProtocolError("cut"))
        return request, Served(answer.status, answer.body, {"Date": self.clock.http_date(), **answer.headers})


class _Connection:
    """What http.client reads an answer from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def written(served: Served) -> bytes:
    """Return an answer as it stands on the wire."""
    promised = str(len(served.body)) if served.promised is None else served.promised
    lines = [f"HTTP/1.1 {served.status} Said"]
    lines += [f"{name}: {value}" for name, value in {"Content-Length": promised, **served.headers}.items()]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + served.body


def _received(sent: Sent, served: Served) -> requests.Response:
    """Return an answer as it is read from a connection that closes after it."""
    read = http.client.HTTPResponse(_Connection(written(served)), method=sent.method)  # type: ignore[arg-type]
    try:
        read.begin()
    except (http.client.HTTPException, OSError) as error:
        raise requests.ConnectionError(ProtocolError("Connection aborted.", error)) from None
    response = requests.Response()
    response.status_code, response.url = read.status, sent.url
    response.headers = CaseInsensitiveDict(read.msg.items())
    response.raw = HTTPResponse(
        body=read,
        headers=dict(read.msg.items()),
        status=read.status,
        preload_content=False,
        decode_content=False,
        original_response=read,
        request_method=sent.method,
    )
    return response


@contextmanager
def answered_by(answer: Answering) -> Iterator[None]:
    """Let every request of this process be answered so, and none leave it, nor look for a proxy."""

    def request(_session: requests.Session, method: str, url: str, **more: Any) -> requests.Response:
        sent = Sent(method, url, more.get("headers") or {}, more.get("data") or b"")
        return _received(sent, answer(sent))

    def settings(_session: requests.Session, *_more: Any) -> dict[str, Any]:
        return {"proxies": {}, "verify": True, "stream": True, "cert": None}

    session = requests.Session
    with (
        mock.patch.object(session, "request", request),
        mock.patch.object(session, "merge_environment_settings", settings),
    ):
        yield
