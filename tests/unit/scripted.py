# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server on loopback that answers by a script, and what waits in no time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Reply(NamedTuple):
    """An answer; ``promised`` is a Content-Length that the body may not have, ``hold`` keeps it back for ever."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}
    promised: int | None = None
    hold: bool = False


CUT = Reply(status=0)


class Got(NamedTuple):
    """A request that came. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Scripted(ThreadingHTTPServer):
    """Gives the replies in order, the last one again and again, and records the requests."""

    daemon_threads = True

    def __init__(self, *replies: Reply) -> None:
        """Listen on a free port."""
        self.replies = list(replies)
        self.requests: list[Got] = []
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        server = self.server
        server.requests.append(Got(self.command, self.path, headers, body))
        reply = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
        if reply.hold:
            server.ended.wait(30)
        if reply.hold or reply == CUT:
            return
        self.send_response_only(reply.status)
        length = len(reply.body) if reply.promised is None else reply.promised
        for name, value in {"Content-Length": str(length), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_CONNECT = _answer


@contextmanager
def scripted(*replies: Reply) -> Iterator[Scripted]:
    """Run a server for a while."""
    server = Scripted(*replies)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


class FakeTime:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        """Start anywhere but at zero."""
        self.at = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        """Return the time."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.pauses.append(seconds)
        self.at += seconds
