# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A way to a store that counts what goes over it, and makes faults."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from .store import Store

_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Call(NamedTuple):
    """A request that came in whole: its method, its key with the bucket, what is in its query, and the bytes of its body."""

    method: str
    key: str
    query: dict[str, str]
    size: int


class Fault:
    """A fault for the next ``times`` requests that ``hits`` is true of.

    ``cut_before``: the request does not arrive. ``cut_after``: its answer does not. ``cut_within``: half of the answer's body does.
    ``damaged``: a byte of the request's body is changed on the way. A number with a code, as ``"503 SlowDown"``, is the answer.
    """

    def __init__(self, kind: str, hits: Callable[[Call], bool], times: int = 1) -> None:
        self.kind, self.hits, self.times = kind, hits, times


class Between:
    """A server to use as a context manager, yielding the store as it is seen through it. ``calls``: what came, in order."""

    def __init__(self, store: Store) -> None:
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self._store, self._lock, self._under_way = store, threading.Condition(), 0
        way, host = self, urlsplit(store.url).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one_request(self) -> None:
                self.close_connection = True
                try:
                    self.raw_requestline = self.rfile.readline(65537)
                    if self.raw_requestline and self.parse_request():
                        with way._counted():
                            way._serve(self, host)
                except ConnectionError:
                    self.close_connection = True  # whoever asked is gone

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Store:
        """Serve."""
        self._thread.start()
        return self._store._replace(url=f"http://127.0.0.1:{self._server.server_address[1]}")

    def __exit__(self, *_exc: object) -> None:
        """Serve nobody new."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def of(self, method: str, *, query: str | None = None) -> list[Call]:
        """Return the calls with a method and, when it is given, a name in their query."""
        return [call for call in self.calls if call.method == method and (query is None or query in call.query)]

    def settle(self) -> None:
        """Wait until nothing is under way any more of one who is gone."""
        with self._lock:
            assert self._lock.wait_for(lambda: not self._under_way, 60)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                self._lock.notify_all()

    def _serve(self, handler: BaseHTTPRequestHandler, host: str) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        if len(body) < length:
            handler.close_connection = True
            return
        parts = urlsplit(handler.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        call = Call(handler.command, parts.path.lstrip("/"), query, len(body))
        with self._lock:
            self.calls.append(call)
            fault = next((one for one in self.faults if one.times and one.hits(call)), None)
            if fault:
                fault.times -= 1
        kind = fault.kind if fault else ""
        if kind == "cut_before":
            handler.close_connection = True
            return
        if kind[:3].isdigit():
            status, _space, code = kind.partition(" ")
            answer = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
            _answer(handler, int(status), [("Content-Type", "application/xml")], answer, answer)
            return
        if kind == "damaged":
            body = body[:-1] + bytes([body[-1] ^ 1])
        upstream = http.client.HTTPConnection(host, timeout=120)
        try:
            upstream.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in ("connection", "expect"):
                    upstream.putheader(name, value)
            upstream.endheaders(body or None)
            response = upstream.getresponse()
            content = response.read()
        finally:
            upstream.close()
        if kind == "cut_after":
            handler.close_connection = True
            return
        headers = [(name, value) for name, value in response.getheaders() if name.lower() not in _HOP]
        told = response.getheader("Content-Length")
        if handler.command == "HEAD" and told:
            handler.send_response(response.status)
            for header, text in [*headers, ("Content-Length", told)]:
                handler.send_header(header, text)
            handler.end_headers()
            return
        _answer(
            handler,
            response.status,
            headers,
            content,
            content[: len(content) // 2] if kind == "cut_within" else content,
        )


def _answer(
    handler: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], promised: bytes, sent: bytes
) -> None:
    handler.send_response(status)
    for name, value in [*headers, ("Content-Length", str(len(promised)))]:
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(sent)
    if len(sent) < len(promised):
        handler.close_connection = True
