# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side: one loopback port, keep-alive, and the ways in which an answer can go wrong on its way."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import sys
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from .messages import Answer, FilePart, Request

if TYPE_CHECKING:
    from .emulator import Emulator

_LONGEST_BODY = 8 * 1024 * 1024
_CHUNK = 256 * 1024
# Faults that leave the length of a body open.
_CHUNKED, _CLOSED = "chunked", "no_length"


class Server(ThreadingHTTPServer):
    """A threading server that starts at once and takes its connections with it when it stops."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, emulator: Emulator, port: int, certificate: str | None = None) -> None:
        """Bind to the loopback address; with a certificate (PEM, with its key) speak TLS."""
        self.emulator = emulator
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which can take seconds."""
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection in its thread; the TLS handshake happens here, not where others wait."""
        self._connections.add(request)
        connection = request
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(request, server_side=True)
                self._connections.add(connection)
            super().process_request_thread(connection, client_address)
        except OSError:
            self.shutdown_request(connection)
        finally:
            self._connections -= {request, connection}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what failed here; that clients go away is nothing to report."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Hang up on everybody."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, has the emulator answer it, and sends what came of it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: Server

    def version_string(self) -> str:
        """Name no software, as the vendors' gateways do."""
        return "api-gateway"

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log; requests are recorded instead."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Date every answer by the emulator's clock, or not."""
        clock = self.server.emulator.clock
        return clock.http_date(clock.date_offset - self._old)

    def _handle(self) -> None:
        started = time.monotonic()
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isdigit() or int(length) > _LONGEST_BODY:
            self.close_connection = True
            self._send(Answer(411, b"a Content-Length is needed", {"Content-Type": "text/plain"}))
            return
        body = self.rfile.read(int(length))
        request = Request(self.command, self.path, _headers(self.headers), body)
        exchange = self.server.emulator.exchange(request, started)
        self._old = _seconds_old(request)
        if exchange.answer is None:
            self.close_connection = True
        elif exchange.answer.file is not None:
            self._send_file(exchange.answer, exchange.answer.file)
        else:
            self._deliver(request, exchange.answer)
        exchange.record.finished = time.monotonic()
        exchange.record.sent = self._sent

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _handle

    def _deliver(self, request: Request, answer: Answer) -> None:
        body, promised = answer.body, len(answer.body)
        corrupt, cut, stall = request.fault("corrupt_body"), request.fault("cut_body"), request.fault("stall")
        oversize = request.fault("oversize_body")
        if corrupt is not None:
            body = _corrupted(body, corrupt)
        if oversize is not None:
            body += b"\0" * int(oversize.get("extra", 1024))
            promised = len(body)
        if cut is not None:
            body = body[: int(cut.get("keep", promised // 2))]
        if stall is not None:
            self._send(Answer(answer.status, body[: promised // 2], answer.headers), promised)
            self.server.emulator.stopping.wait(float(stall.get("seconds", 3600)))
            self.close_connection = True
            return
        for framing in (_CHUNKED, _CLOSED):
            loose = request.fault(framing)
            if loose is not None:
                self._send_loosely(Answer(answer.status, body, answer.headers), framing, loose.get("keep"))
                return
        self._send(Answer(answer.status, body, answer.headers), promised)
        if cut is not None:
            self.close_connection = True

    _sent = 0
    _old = 0.0

    def _send_file(self, answer: Answer, part: FilePart) -> None:
        """Send a part of a file without reading it; nothing goes wrong inside such a body."""
        try:
            self._send_head(answer, part.end - part.begin)
            self.wfile.flush()
            if self.command != "HEAD" and part.end > part.begin:
                with open(part.path, "rb") as file:
                    self._sent = self.connection.sendfile(file, part.begin, part.end - part.begin)
        except OSError:
            self.close_connection = True

    def _send_loosely(self, answer: Answer, framing: str, keep: int | None) -> None:
        """Send a body whose length nobody tells, in chunks or up to where the connection ends; cut after some bytes."""
        body = answer.body[:keep]
        self.close_connection = framing == _CLOSED or keep is not None
        try:
            self._send_head(answer, None, chunked=framing == _CHUNKED)
            for start in range(0, len(body), _CHUNK):
                piece = body[start : start + _CHUNK]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if framing == _CHUNKED else piece)
                self._sent += len(piece)
            if framing == _CHUNKED and keep is None:
                self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        except OSError:
            self.close_connection = True

    def _send_head(self, answer: Answer, promised: int | None, *, chunked: bool = False) -> None:
        self._sent = 0
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif promised is not None:
            self.send_header("Content-Length", str(promised))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _send(self, answer: Answer, promised: int | None = None) -> None:
        try:
            self._send_head(answer, len(answer.body) if promised is None else promised)
            if self.command != "HEAD":
                view = memoryview(answer.body)
                for start in range(0, len(view), _CHUNK):
                    self.wfile.write(view[start : start + _CHUNK])
                    self._sent += len(view[start : start + _CHUNK])
            self.wfile.flush()
        except OSError:
            self.close_connection = True


def _headers(message: Message) -> dict[str, str]:
    """Return the headers by lower-case name; bytes beyond ASCII are UTF-8, as signers send them."""
    return {
        name.lower(): value.encode("latin-1", "replace").decode("utf-8", "replace") for name, value in message.items()
    }


_flips = itertools.count()


def _seconds_old(request: Request) -> float:
    """Return by how much the date of the answer is too old."""
    args = [args for args in (request.fault("stale_date"), request.fault("cached")) if args is not None]
    return max((float(one.get("seconds", 86400)) for one in args), default=0.0, key=abs)


def _corrupted(body: bytes, args: dict[str, Any]) -> bytes:
    """Return a body with flipped bytes, flipped in another way each time, as on a bad way."""
    mask = int(args.get("mask", 1 + next(_flips) % 255))
    damaged = bytearray(body)
    start = int(args.get("position", len(body) // 2))
    for position in range(start, min(len(body), start + int(args.get("count", 1)))):
        damaged[position] ^= mask
    return bytes(damaged)
