# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The UCloud family's gateway, the same for every product: parameters, signature, account, errors."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

from . import signing
from .faults import Fault
from .messages import Answer, RefusedError, Request, json_answer
from .model import UCloudAccount

if TYPE_CHECKING:
    from .emulator import Emulator

_INTEGER = re.compile(r"^[0-9]{1,12}$")
_INTEGERS = ("Begin", "End", "PackageId", "ValidTime")
# What a sparse world's answers leave out; the documents call every field optional.
_OPTIONAL_FIELDS = frozenset(
    [
        "FinishTime",
        "Role",
        "Tag",
        "VPCId",
        "SubnetId",
        "CrossZones",
        "DiskSpace",
        "MaxLine",
        "MachineTypeId",
        "CreateTime",
        "SysDisk",
        "DataDisk",
        "DBVersion",
        "VirtualClusterId",
        "ConnectURL",
        "EnableSSL",
    ]
)

Action = Callable[[Request], dict[str, Any]]


class Gateway:
    """Reads, checks and answers requests; a product adds its actions."""

    required: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, emulator: Emulator) -> None:
        """Serve this emulator's world."""
        self._emulator = emulator
        self._world = emulator.world
        self._calls = 0
        self._actions: dict[str, Action] = {}

    def identify(self, request: Request) -> None:
        """Read the parameters and name the action."""
        if request.method != "POST" or request.query:
            self._emulator.violation("parameters in a query string end up in access logs", request.method, request)
            request.action = str(dict(request.query).get("Action", ""))
            raise self._refused(230, "Params in the query string are not supported", request, status=400)
        request.params = self._params(request)
        request.action = str(request.params.get("Action", ""))

    def _params(self, request: Request) -> dict[str, Any]:
        kind = (request.header("Content-Type") or "").split(";")[0].strip().lower()
        try:
            text = request.body.decode()
            if kind == "application/json":
                document = json.loads(text)
                if not isinstance(document, dict):
                    raise ValueError("not an object")
                return signing.ucloud_flatten(document)
            if kind == "application/x-www-form-urlencoded":
                pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
                if len(dict(pairs)) != len(pairs):
                    raise ValueError("a parameter twice")
                return dict(pairs)
        except ValueError as error:
            raise self._refused(230, f"Params could not be read: {error}", request, status=400) from None
        raise self._refused(230, f"Content-Type [{kind}] not available", request, status=400)

    def authenticate(self, request: Request) -> None:
        """Check the channel, the key, the token and the signature."""
        params = request.params
        channel = request.header("channel-key")
        if channel is not None and not channel.strip():
            self._emulator.violation("an empty channel-key was sent", "", request)
        if channel != self._world.channel_key:
            raise self._refused(174, "Token not found: channel-key", request)
        if not request.action:
            raise self._refused(160, "Missing Action", request)
        if not params.get("Signature"):
            raise self._refused(170, "Missing Signature", request)
        account = next((a for a in self._world.ucloud_accounts if a.public_key == params.get("PublicKey")), None)
        if account is None:
            raise self._refused(172, "User not found", request)
        request.auth = "key"
        request.signed = params["Signature"] == signing.ucloud_signature(params, account.private_key)
        if not request.signed:
            raise self._refused(171, "Signature VerifyAC Error", request)
        if params.get("SecurityToken") != account.security_token:
            raise self._refused(174, "Token not found", request)
        if request.action not in self._actions:
            raise self._refused(161, f"Action [{request.action}] not found", request)
        if request.action in account.denied_actions:
            raise self._refused(299, f"IAM permission denied: umongodb:{request.action}", request)
        self._check_project(request, account)

    def _check_project(self, request: Request, account: UCloudAccount) -> None:
        project = request.params.get("ProjectId")
        if project is None:
            if account.sub_account:
                raise self._refused(220, "Missing params [ProjectId]", request)
            request.params = {**request.params, "ProjectId": account.projects[0]}
        elif project not in account.projects:
            raise self._refused(292, f"Project [{project}] not found", request)

    def refusal(self, request: Request, fault: Fault) -> Answer:
        """Answer a fault as the gateway does."""
        args = fault.args
        if fault.kind == "throttled":
            answer = self._refused(int(args.get("code", 153)), "Request is throttled", request).answer
            if args.get("http") or "retry_after" in args:
                answer.status = 429
            return answer
        if fault.kind == "unauthorized":
            message = str(args.get("message", "Token not found"))
            return self._refused(int(args.get("code", 174)), message, request).answer
        code = int(args.get("code", 130))
        message = str(args.get("message", "Service is not available, please try again later"))
        status = int(args.get("status", 500)) if fault.kind == "http" else 200
        return self._refused(code, message, request, status=status).answer

    def answer(self, request: Request) -> Answer:
        """Carry an action out."""
        for name in self.required[request.action]:
            if request.params.get(name) in (None, ""):
                raise self._refused(220, f"Missing params [{name}]", request)
        for name in _INTEGERS:
            if name in request.params and not _INTEGER.match(str(request.params[name])):
                raise self._unavailable(name, request)
        self._check_place(request)
        document = self._actions[request.action](request)
        return json_answer(
            200,
            {"RetCode": 0, "Action": f"{request.action}Response", **self._present(document)},
            "0",
            X_UCLOUD_REQUEST_UUID=self._request_id(),
        )

    def _check_place(self, request: Request) -> None:
        zones = self._world.ucloud_zones.get(str(request.params["Region"]))
        if zones is None:
            raise self._unavailable("Region", request)
        zone = request.params.get("Zone")
        if zone is not None and zone not in zones:
            elsewhere = any(zone in others for others in self._world.ucloud_zones.values())
            raise (
                self._refused(293, f"No permission for zone [{zone}]", request)
                if elsewhere
                else self._unavailable("Zone", request)
            )

    def _request_id(self) -> str:
        self._calls += 1
        raw = hashlib.sha256(f"{self._world.seed}:{self._calls}".encode()).hexdigest()
        return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:32]}"

    def _refused(self, code: int, message: str, request: Request, *, status: int = 200) -> RefusedError:
        document = {"RetCode": code, "Action": f"{request.action}Response", "Message": message}
        return RefusedError(json_answer(status, document, str(code), X_UCLOUD_REQUEST_UUID=self._request_id()))

    def _unavailable(self, name: str, request: Request, why: str = "") -> RefusedError:
        return self._refused(230, f"Params [{name}] not available{': ' if why else ''}{why}", request)

    def _present(self, value: Any) -> Any:
        """Drop the fields that this world's answers leave out."""
        absent = set(self._world.absent_fields) | (_OPTIONAL_FIELDS if self._world.sparse else set())
        if isinstance(value, dict):
            return {
                name: self._present(item)
                for name, item in value.items()
                if name not in absent and not (self._world.sparse and item == [])
            }
        return [self._present(item) for item in value] if isinstance(value, list) else value
