# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Huawei family's DDS: `/v3/{project_id}/instances...`, and `/v3.1/...` for entries of logs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .dds_audit import DdsAudit
from .dds_common import dds_time, gateway_error, ok, page, shaped, wrong
from .dds_entries import DdsEntries
from .dds_exports import DdsExports
from .dds_model import DdsInstance
from .dds_settings import DdsSettings
from .faults import Fault
from .huawei_auth import AuthError, Identity
from .messages import Answer, RefusedError, Request

if TYPE_CHECKING:
    from .emulator import Emulator

# `logs` stands where an instance would, in calls about the logs of all of them.
_PATH = re.compile(
    r"^/(?P<version>v3|v3\.1)/(?P<project_id>[^/]+)/instances(?:/(?:(?P<all>logs)|(?P<instance_id>[^/]+))/(?P<what>.+))?$"
)

_MASKING = "slowlog-desensitization"

Handler = Callable[[Request], Answer]


class Dds:
    """Answers the calls about instances, and hands those about logs on, as strict as the documents."""

    def __init__(self, emulator: Emulator) -> None:
        """Serve this emulator's world."""
        self._emulator = emulator
        self._world = emulator.world
        audit, exports, entries = DdsAudit(emulator), DdsExports(emulator), DdsEntries(emulator)
        settings = DdsSettings(emulator)
        self._routes: dict[tuple[str, str | None], tuple[str, str, Handler]] = {
            ("GET", None): ("ListInstances", "list", self._list_instances),
            ("GET", "auditlog"): ("ListAuditLogs", "listAuditLog", audit.list_logs),
            ("DELETE", "auditlog"): ("DeleteAuditLogs", "deleteAuditLog", audit.delete_logs),
            ("POST", "auditlog-links"): ("AuditLogLinks", "downloadAuditLog", audit.links),
            ("GET", "auditlog-policy"): ("ShowAuditLogPolicy", "getAuditLogPolicy", audit.show_policy),
            ("POST", "auditlog-policy"): ("SetAuditLogPolicy", "setAuditLogPolicy", audit.set_policy),
            ("POST", "slowlog-download"): ("DownloadSlowLog", "downloadSlowLog", exports.slow),
            ("POST", "errorlog-download"): ("DownloadErrorLog", "downloadErrorLog", exports.error),
            ("POST", "v3.1 slow-logs"): ("ListSlowLogs", "listSlowLog", entries.slow),
            ("POST", "v3.1 error-logs"): ("ListErrorLogs", "listErrorLog", entries.error),
            ("GET", f"{_MASKING}/status"): ("ShowSlowLogMasking", "getSlowLogPlaintextStatus", settings.show_masking),
            ("PUT", f"{_MASKING}/on"): ("SwitchSlowLogMasking", "setSlowLogPlaintextStatus", settings.switch_masking),
            ("PUT", f"{_MASKING}/off"): ("SwitchSlowLogMasking", "setSlowLogPlaintextStatus", settings.switch_masking),
            ("GET", "logs/lts-configs"): ("ListLtsConfigs", "list", settings.list_streams),
            ("POST", "logs/lts-configs"): ("SetLtsConfigs", "saveLogConfig", settings.set_streams),
            ("DELETE", "logs/lts-configs"): ("DeleteLtsConfigs", "deleteLogConfig", settings.delete_streams),
        }

    def identify(self, request: Request) -> None:
        """Name the action and read path, query and body."""
        match = _PATH.match(request.path)
        route = self._routes.get((request.method, _what(match))) if match else None
        if match is None or route is None or route[0] in self._world.absent_actions:
            raise RefusedError(
                gateway_error(404, "APIGW.0101", "The API does not exist or has not been published in the environment")
            )
        request.action = route[0]
        pairs = request.query
        request.params = {**dict(pairs), "project_id": match["project_id"]}
        if match["instance_id"]:
            request.params["instance_id"] = match["instance_id"]
        if len(dict(pairs)) != len(pairs):
            raise wrong("a parameter was sent twice")
        if request.method in ("POST", "DELETE"):
            request.params["body"] = self._body(request)

    def _body(self, request: Request) -> dict[str, Any]:
        if not (request.header("Content-Type") or "").lower().startswith("application/json"):
            raise wrong("Content-Type must be application/json")
        try:
            document = json.loads(request.body or b"{}")
        except ValueError:
            raise wrong("the body is no JSON") from None
        if not isinstance(document, dict):
            raise wrong("the body is no object")
        return document

    def authenticate(self, request: Request) -> None:
        """Check signature or token, then project and permission."""
        try:
            identity = self._emulator.auth.check(request)
        except AuthError as error:
            raise RefusedError(gateway_error(401, error.code, error.message)) from None
        self._check_rights(request, identity)

    def _check_rights(self, request: Request, identity: Identity) -> None:
        project = next((p for p in self._world.projects if p.id == request.params["project_id"]), None)
        if request.auth == "token" and identity.project_id != request.params["project_id"]:
            raise RefusedError(gateway_error(401, "APIGW.0307", "The token must be updated: it is not of this project"))
        # Who signs may name the project once more; the gateway lets nobody act in two at once.
        named = request.header("X-Project-Id") if request.auth == "aksk" else None
        if project is None or project.domain_id != identity.domain_id or named not in (None, project.id):
            raise RefusedError(shaped(403, "DBS.280063", "No permission for this project"))
        permission = next(right for action, right, _handle in self._routes.values() if action == request.action)
        if f"dds:instance:{permission}" in identity.denied:
            raise RefusedError(shaped(403, "DBS.280032", f"Policy does not allow dds:instance:{permission}"))

    def refusal(self, _request: Request, fault: Fault) -> Answer:
        """Answer a fault as the gateway or DDS does."""
        args = fault.args
        if fault.kind == "throttled":
            code = str(args.get("code", "APIGW.0308"))
            answer = gateway_error(429, code, "The throttling threshold has been reached: policy user over ratelimit")
        elif fault.kind == "unauthorized":
            message = str(args.get("message", "The token must be updated: token expired"))
            answer = gateway_error(401, str(args.get("code", "APIGW.0307")), message)
        else:
            status, code = int(args.get("status", 500)), str(args.get("code", "DBS.280005"))
            message = str(args.get("message", "Server failure"))
            answer = shaped(status, code, message, str(args.get("shape", "error_code")))
        return answer

    def answer(self, request: Request) -> Answer:
        """Carry the action out."""
        handler = next(handle for action, _right, handle in self._routes.values() if action == request.action)
        return handler(request)

    def _list_instances(self, request: Request) -> Answer:
        offset, limit = page(request)
        mode = request.params.get("mode")
        if mode not in (None, "Sharding", "ReplicaSet", "Single"):
            raise wrong("invalid mode", "DBS.280103")
        found = [
            instance
            for instance in self._world.instances
            if instance.project_id == request.params["project_id"]
            and request.params.get("id") in (None, instance.id)
            and mode in (None, instance.mode)
            and _name_fits(request.params.get("name"), instance.name)
        ]
        rows = [_instance_row(instance, self._world.sparse) for instance in found[offset : offset + limit]]
        return ok({"instances": rows, "total_count": len(found)})


def _what(match: re.Match[str]) -> str | None:
    """Return what a path is about, with the version where it is another one."""
    what: str | None = f"logs/{match['what']}" if match["all"] else match["what"]
    return what if match["version"] == "v3" else f"{match['version']} {what}"


def _name_fits(wanted: str | None, name: str) -> bool:
    if wanted is None:
        return True
    return wanted[1:] in name if wanted.startswith("*") else wanted == name


def _instance_row(instance: DdsInstance, sparse: bool) -> dict[str, Any]:
    groups = [
        {
            "type": group.type,
            "id": group.id,
            "name": group.name,
            "status": "normal",
            "volume": None if group.type == "mongos" else {"size": "40", "used": "3.1"},
            "nodes": [
                {
                    "id": node.id,
                    "name": node.name,
                    "status": node.status,
                    "role": node.role,
                    "private_ip": f"192.168.4.{number + 10}",
                    "public_ip": "",
                    "spec_code": "dds.mongodb.s6.large.2",
                    "availability_zone": f"{instance.region}a",
                }
                for number, node in enumerate(group.nodes)
                if node.removed_at is None
            ],
        }
        for group in instance.groups
    ]
    created = dds_time(instance.created_at)[:19]
    row: dict[str, Any] = {
        "id": instance.id,
        "name": instance.name,
        "status": instance.status,
        "port": "8635",
        "mode": instance.mode,
        "region": instance.region,
        "datastore": {"type": "DDS-Community", "version": instance.version, "patch_available": False},
        "engine": "wiredTiger",
        "created": created,
        "updated": created,
        "db_user_name": "rwuser",
        "ssl": 1,
        "vpc_id": "490a4a08-ef4b-44c5-94be-3051ef9e4fce",
        "subnet_id": "0e2eda62-1d42-4d64-a9d1-4e9aa9cd994f",
        "security_group_id": "2a1f7fc8-3307-42a7-aa6f-42c8b9b8f8c5",
        "backup_strategy": {"start_time": "16:00-17:00", "keep_days": 7},
        "pay_mode": "0",
        "maintenance_window": "18:00-22:00",
        "groups": groups,
        "time_zone": "",
        "actions": [],
        "tags": [],
    }
    if sparse:
        row = {name: row[name] for name in ("id", "name", "status", "mode", "groups")}
    return row
