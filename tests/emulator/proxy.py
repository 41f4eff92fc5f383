# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A forward proxy on a loopback port: tunnels for TLS, absolute addresses for plain HTTP."""

from __future__ import annotations

import base64
import contextlib
import selectors
import socket
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import SplitResult, urlsplit

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 10
# These speak about one leg of the way only.
_HOP_HEADERS = {"connection", "keep-alive", "proxy-authorization", "proxy-connection"}


class ForwardProxy:
    """A proxy to use as a context manager; it goes where it is asked to.

    `url` has no credentials in it. With `user` and `password` it answers 407 to whoever does not send them. While
    `refusing` is true it answers 403. `asked` are the hosts (`host:port`) of all requests, in order, also of the
    refused ones.
    """

    def __init__(self, *, user: str | None = None, password: str = "") -> None:
        """Open the port; nobody is served before the context is entered."""
        self.asked: list[str] = []
        self.refusing = False
        self.authorization = (
            None if user is None else f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
        )
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """Where the proxy listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> ForwardProxy:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Serve nobody new; a tunnel lives until one of its ends hangs up."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, proxy: ForwardProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log."""

    def _upstream(self, target: SplitResult) -> socket.socket | None:
        """Return a connection to where the request wants to go; None when it was refused."""
        proxy = self.server.proxy
        self.close_connection = True
        if not target.hostname:
            self.send_error(400, "An absolute address is needed")
            return None
        address = (target.hostname, target.port or 80)
        proxy.asked.append(f"{address[0]}:{address[1]}")
        if proxy.authorization not in (None, self.headers.get("Proxy-Authorization")):
            self.send_response(407)
            self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        if proxy.refusing:
            self.send_error(403)
            return None
        try:
            return socket.create_connection(address, timeout=_CONNECT_SECONDS)
        except OSError as error:
            self.send_error(502, str(error))
            return None

    def do_CONNECT(self) -> None:
        """Join both ends, whatever they say to each other."""
        upstream = self._upstream(urlsplit(f"//{self.path}"))
        if upstream is not None:
            with upstream:
                self.send_response(200, "Connection established")
                self.end_headers()
                self._relay(upstream)

    def _forward(self) -> None:
        """Pass a request on, and all that comes back."""
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = self._upstream(target)
        if upstream is None:
            return
        with upstream, contextlib.suppress(OSError):
            path = f"{target.path or '/'}{'?' if target.query else ''}{target.query}"
            headers = [(name, value) for name, value in self.headers.items() if name.lower() not in _HOP_HEADERS]
            lines = [f"{self.command} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
            upstream.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
            upstream.sendall(body)
            self._relay(upstream)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _forward

    def _relay(self, upstream: socket.socket) -> None:
        """Copy bytes both ways until the far end has no more to say, or one of the ends is gone."""
        upstream.settimeout(None)
        with selectors.DefaultSelector() as ready, contextlib.suppress(OSError):
            for near, far in ((upstream, self.connection), (self.connection, upstream)):
                ready.register(near, selectors.EVENT_READ, (near, far))
            while upstream in ready.get_map():
                for key, _events in ready.select():
                    near, far = key.data
                    data = near.recv(_CHUNK)
                    far.sendall(data)
                    if not data:
                        ready.unregister(near)
                        far.shutdown(socket.SHUT_WR)
