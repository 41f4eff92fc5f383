# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DDS's calls about audit logs and their policy."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .dds_common import dds_time, find_instance, find_node, ok, page, time_param, wrong
from .dds_model import AuditLog, AuditPolicy, DdsInstance
from .hostile import hostile_name
from .messages import Answer, Request
from .storage import StoredObject

if TYPE_CHECKING:
    from .emulator import Emulator

_LONGEST_SPAN = 30 * 86400
_LINK_SECONDS = 5 * 60
_MOST_LINKS = 50
_AUDIT_TYPES = {"auth", "insert", "delete", "update", "query", "command"}


class DdsAudit:
    """Lists, links and deletes audit logs, and keeps the policy."""

    def __init__(self, emulator: Emulator) -> None:
        """Serve this emulator's world."""
        self._emulator = emulator
        self._world = emulator.world
        self._logs = emulator.audit_logs

    def list_logs(self, request: Request) -> Answer:
        """List audit logs, a page at a time."""
        instance = find_instance(self._world, request)
        start, end = (
            time_param(request, "start_time", "DBS.280067"),
            time_param(request, "end_time", "DBS.280068"),
        )
        if end <= start or end - start > _LONGEST_SPAN:
            raise wrong("end_time must be after start_time, by at most 30 days", "DBS.280409")
        offset, limit = page(request)
        node_id = self._node_id(instance, request)
        in_window = _in_window(self._world.audit_window, start, end)
        found = [log for log in self._logs.held(instance) if node_id in (None, log.node_id) and in_window(log)]
        if self._world.audit_order == "newest":
            found.reverse()
        rows = [self._row(log, request) for log in found[offset : offset + limit]]
        document: dict[str, Any] = {"total_record": len(found), "audit_logs": rows}
        if not self._world.sparse:
            document["total_size"] = sum(log.size for log in found)
        self._grow(instance, request, start, end)
        return ok(document)

    def _node_id(self, instance: DdsInstance, request: Request) -> str | None:
        node_id: str | None = request.params.get("node_id")
        if node_id is None:
            return None
        return find_node(instance.all_nodes(), node_id).id

    def _row(self, log: AuditLog, request: Request) -> dict[str, Any]:
        wrong = request.fault("wrong_size")
        return {
            "node_id": log.node_id,
            "id": log.id,
            "name": self._shown_name(log, request),
            "size": log.size + (0 if wrong is None else int(wrong.get("by", 1))),
            "start_time": dds_time(log.start),
            "end_time": dds_time(log.end),
        }

    def _shown_name(self, log: AuditLog, request: Request) -> str:
        hostile = request.fault("hostile_names")
        return log.name if hostile is None else hostile_name(log.name, hostile.get("form"))

    def _grow(self, instance: DdsInstance, request: Request, start: float, end: float) -> None:
        """Let new logs appear between this page and the next."""
        fault = request.fault("growing_list")
        if fault is None:
            return
        now = self._emulator.clock.now()
        newest, oldest = min(end, now) - 1, start + 1
        moment = {"newest": newest, "oldest": oldest, "middle": (newest + oldest) / 2}[fault.get("where", "newest")]
        for _turn in range(int(fault.get("count", 1))):
            self._world.add_audit_log(instance.id, start=moment - 60, end=moment, listed_at=now)

    def links(self, request: Request) -> Answer:
        """Give links to audit logs."""
        instance = find_instance(self._world, request)
        ids = request.params["body"].get("ids")
        if not isinstance(ids, list) or not ids or not all(isinstance(item, str) for item in ids):
            raise wrong("ids must be a list of ids")
        if len(ids) > _MOST_LINKS:
            raise wrong(f"at most {_MOST_LINKS} ids")
        held = {log.id: log for log in self._logs.held(instance)}
        unknown = [item for item in ids if item not in held]
        if unknown:
            raise wrong(f"the audit log {unknown[0]} does not exist")
        links = [self._link(instance, held[item], request) for item in ids]
        if request.fault("shuffle_links") is not None:
            random.Random(self._world.seed).shuffle(links)
            links.append(links.pop(0))
        return ok({"links": links})

    def _link(self, instance: DdsInstance, log: AuditLog, request: Request) -> str:
        digest = hashlib.sha256(f"{self._world.seed}:{log.id}".encode()).hexdigest()
        opaque = request.fault("opaque_names") is not None
        name = digest[:32] if opaque else self._shown_name(log, request)
        stored = StoredObject(
            lambda: self._logs.content(log),
            log.end,
            lambda: not self._logs.is_held(instance, log),
            log.file,
        )
        return self._emulator.storage.link(
            f"dds-auditlog/{instance.id}-{digest[:12]}", name, stored, seconds=_LINK_SECONDS
        )

    def delete_logs(self, request: Request) -> Answer:
        """Delete audit logs, some seconds later."""
        instance = find_instance(self._world, request)
        names = request.params["body"].get("file_names")
        if not isinstance(names, list) or not names or not all(isinstance(item, str) for item in names):
            raise wrong("file_names must be a list of names")
        held = {log.name: log for log in self._logs.held(instance)}
        unknown = [name for name in names if name not in held]
        if unknown:
            raise wrong(f"the audit log {unknown[0]} does not exist")
        gone = self._emulator.clock.now() + self._world.deletion_seconds
        instance.deleted_logs.update({held[name].id: gone for name in names})
        return ok({"job_id": str(uuid.uuid4())}, 202)

    def show_policy(self, request: Request) -> Answer:
        """Show the policy."""
        return ok(dict(vars(find_instance(self._world, request).policy)))

    def set_policy(self, request: Request) -> Answer:
        """Change the policy; switched off, the logs may go with it."""
        instance, body = find_instance(self._world, request), request.params["body"]
        days, reserve = body.get("keep_days"), body.get("reserve_auditlogs", "true")
        scope, types = body.get("audit_scope", instance.policy.audit_scope), body.get("audit_types")
        if not isinstance(days, int) or isinstance(days, bool) or not (days == 0 or 7 <= days <= 732):
            raise wrong("keep_days must be 0 or within 7 and 732")
        if reserve not in ("true", "false"):
            raise wrong('reserve_auditlogs must be the string "true" or "false"')
        if not isinstance(scope, str):
            raise wrong("audit_scope must be a string")
        if types is not None and (not isinstance(types, list) or not types or not set(types) <= _AUDIT_TYPES):
            raise wrong("invalid audit_types")
        was_off = instance.policy.keep_days == 0
        if days == 0:
            self._logs.freeze(instance)
            if reserve == "false":
                now = self._emulator.clock.now()
                instance.deleted_logs.update({log.id: now for log in instance.audit_logs})
        elif was_off:
            instance.audit_every, instance.audit_since = 3600.0, self._emulator.clock.now()
        instance.policy = AuditPolicy(days, scope, types or instance.policy.audit_types)
        return ok({})


def _in_window(rule: str, start: float, end: float) -> Callable[[AuditLog], bool]:
    return {
        "overlap": lambda log: log.start < end and log.end >= start,
        "start": lambda log: start <= log.start < end,
        "end": lambda log: start <= log.end < end,
        "contained": lambda log: start <= log.start and log.end <= end,
    }[rule]
