# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator: a world, a clock, faults and a record behind one loopback port."""

from __future__ import annotations

import os
import threading
import time
import traceback
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from .auditlogs import AuditLogs
from .clock import Clock
from .control import Control
from .dds import Dds
from .entries import Entries
from .faults import REFUSALS, Fault, Faults
from .fleet import default_world
from .huawei_auth import HuaweiAuth
from .iam import Iam
from .messages import Answer, RefusedError, Request
from .packages import Packages
from .record import RequestLog, RequestRecord, Violation, without_secrets
from .server import Server
from .storage import Storage
from .umongodb import UMongoDB
from .world import World

_HTML = b"<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1></body></html>\n"
_RECORDED_HEADERS = (
    "accept-encoding",
    "channel-key",
    "content-type",
    "if-match",
    "if-range",
    "range",
    "user-agent",
)


class Service(Protocol):
    """What every service behind the port does with a request, in this order."""

    def identify(self, request: Request) -> None:
        """Name the action and read its parameters."""

    def authenticate(self, request: Request) -> None:
        """Refuse whoever may not ask."""

    def refusal(self, request: Request, fault: Fault) -> Answer:
        """Answer a fault in the vendor's shape."""

    def answer(self, request: Request) -> Answer:
        """Carry the action out."""


@dataclass
class Exchange:
    """A request's record and its answer; without one the connection is closed."""

    record: RequestRecord
    answer: Answer | None


class Emulator:
    """Both clouds. Use it as a context manager, or `start` and `stop` it.

    `world`, `faults`, `clock` and `requests` are there to be used by tests; take `lock` for changes of
    the world that requests must not see half done.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        clock: str | float | int | datetime | Clock | None = None,
        world: World | None = None,
        packaging_seconds: float | None = None,
        port: int = 0,
        certificate: str | None = None,
    ) -> None:
        """Make the world; nothing listens before `start`."""
        self.clock = clock if isinstance(clock, Clock) else Clock(clock)
        self.world = default_world(seed, self.clock.now()) if world is None else world
        self.world.now = self.clock.now
        if packaging_seconds is not None:
            self.world.packaging_seconds = packaging_seconds
        self.faults = Faults()
        self.requests = RequestLog()
        self.violations: list[Violation] = []
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self.packages = Packages(self.world, self.clock)
        self.audit_logs = AuditLogs(self.world, self.clock)
        self.entries = Entries(self.world, self.clock)
        self.storage = Storage(self)
        self.auth = HuaweiAuth(self)
        self._umongodb, self._dds, self._iam = UMongoDB(self), Dds(self), Iam(self)
        self._control = Control(self)
        self._port = port
        self._certificate = certificate
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    # -- life

    def start(self) -> Emulator:
        """Listen on the port, or on a free one."""
        self._server = Server(self, self._port, self._certificate)
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and hang up on every client."""
        self.stopping.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def __enter__(self) -> Emulator:
        """Start."""
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        """Stop."""
        self.stop()

    # -- what a test needs to know

    @property
    def url(self) -> str:
        """The base URL of everything: UCloud's API, DDS, IAM, storage and control."""
        if self._server is None:
            raise RuntimeError("the emulator is not running")
        return f"http{'s' if self._certificate else ''}://127.0.0.1:{self._server.server_port}"

    @property
    def credentials(self) -> dict[str, Any]:
        """How to reach both clouds with the first account of each, and what is there."""
        world = self.world
        ready: dict[str, Any] = {"url": self.url, "pid": os.getpid()}
        if world.ucloud_accounts:
            account = world.ucloud_accounts[0]
            ready["umongodb"] = {
                "api_url": self.url,
                "public_key": account.public_key,
                "private_key": account.private_key,
                "project_id": account.projects[0],
                "clusters": [
                    {"cluster_id": c.cluster_id, "name": c.name, "region": c.region, "zone": c.zone}
                    for c in world.clusters
                ],
            }
        if world.huawei_accounts and world.projects:
            keys, project = world.huawei_accounts[0], world.projects[0]
            ready["dds"] = {
                "endpoint": self.url,
                "iam_endpoint": self.url,
                "access_key": keys.access_key,
                "secret_key": keys.secret_key,
                "auth_token": next((t.token for t in world.tokens if t.project_id == project.id), None),
                "region": project.region,
                "project_id": project.id,
                "instances": [
                    {"instance_id": i.id, "name": i.name, "mode": i.mode, "region": i.region} for i in world.instances
                ],
            }
        return ready

    def state(self) -> dict[str, Any]:
        """Return what the clouds hold now."""
        with self.lock:
            return {
                "now": self.clock.now(),
                "packages": [self.packages.row(package) for package in self.world.packages],
                "audit_logs": {i.id: [log.id for log in self.audit_logs.held(i)] for i in self.world.instances},
                "violations": [vars(violation) for violation in self.violations],
                "locked_keys": self.auth.locked(),
            }

    def violation(self, kind: str, detail: str, request: Request) -> None:
        """Note something that no correct client does."""
        self.violations.append(Violation(kind, detail, request.path))

    # -- requests

    def exchange(self, request: Request, started: float) -> Exchange:
        """Answer a request and record it, before the client can know."""
        if request.path.startswith("/_emulator/"):
            record = self._record(request, None, started)
            return Exchange(record, self._control.answer(request))
        try:
            answer = self._answer(request)
        except RefusedError as refused:
            answer = refused.answer
        except Exception:
            text = traceback.format_exc()
            self.violation("the emulator itself failed", text, request)
            answer = Answer(500, text.encode(), {"Content-Type": "text/plain"}, "emulator")
        record = self._record(request, answer, started)
        self.requests.add(record)
        return Exchange(record, answer)

    def _service(self, path: str) -> Service | None:
        if path == "/":
            return self._umongodb
        if path.startswith("/objects/"):
            return self.storage
        if path in ("/v3/projects", "/v3/auth/tokens", "/v3/auth/domains"):
            return self._iam
        return self._dds if path.startswith(("/v3/", "/v3.1/")) else None

    def _answer(self, request: Request) -> Answer | None:
        service = self._service(request.path)
        if service is None:
            return Answer(404, _HTML.replace(b"502 Bad Gateway", b"404 Not Found"), {"Content-Type": "text/html"})
        with self.lock:
            service.identify(request)
            service.authenticate(request)
        request.faults = self.faults.fire(request.action, request.path, request.params)
        delay = request.fault("delay")
        if delay is not None:
            self.stopping.wait(float(delay.get("seconds", 1)))
        if request.fault("cut_before") is not None:
            return None
        for fault in request.faults:
            if fault.kind in REFUSALS:
                with self.lock:
                    if fault.args.get("effect"):
                        service.answer(request)
                    return self._refusal(service, request, fault)
        with self.lock:
            answer = service.answer(request)
        cached = request.fault("cached")
        if cached is not None:
            answer.headers["Age"] = str(int(cached.get("seconds", 86400)))
        return None if request.fault("cut_after") is not None else answer

    def _refusal(self, service: Service, request: Request, fault: Fault) -> Answer:
        if fault.kind == "html":
            return _html(fault)
        if fault.kind == "redirect":
            location = str(fault.args.get("location", "http://elsewhere.example.com/login?token=c2VjcmV0"))
            return Answer(int(fault.args.get("status", 302)), b"", {"Location": location}, "redirect")
        answer = service.refusal(request, fault)
        if "retry_after" in fault.args:
            seconds = fault.args["retry_after"]
            as_date = fault.args.get("retry_as") == "date"
            answer.headers["Retry-After"] = self.clock.http_date(float(seconds)) if as_date else str(seconds)
        return answer

    def _record(self, request: Request, answer: Answer | None, started: float) -> RequestRecord:
        headers = {name: value for name, value in request.headers.items() if name in _RECORDED_HEADERS}
        return RequestRecord(
            index=0,
            method=request.method,
            path=request.path,
            action=request.action,
            params=without_secrets(request.params),
            headers=headers,
            auth=request.auth,
            signed=request.signed,
            status=answer.status if answer else 0,
            code=answer.code if answer else "",
            faults=[fault.kind for fault in request.faults],
            at=self.clock.now(),
            started=started,
            finished=time.monotonic(),
        )


def _html(fault: Fault) -> Answer:
    return Answer(int(fault.args.get("status", 200)), _HTML, {"Content-Type": "text/html"}, "html")
