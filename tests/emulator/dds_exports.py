# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DDS's exports of slow and error logs: asked for and asked about with one and the same call."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import mongolog
from .dds_common import find_instance, find_node, ok, shaped, wrong
from .dds_model import DdsInstance, DdsNode, Export
from .hostile import hostile_name
from .messages import Answer, RefusedError, Request
from .model import RETENTION
from .storage import StoredObject

if TYPE_CHECKING:
    from .emulator import Emulator

_DAY = 86400.0


class DdsExports:
    """Exports what the cloud holds of nodes' slow and error logs, and keeps the exports for a while."""

    def __init__(self, emulator: Emulator) -> None:
        """Serve this emulator's world."""
        self._emulator = emulator
        self._world = emulator.world

    def slow(self, request: Request) -> Answer:
        """Export slow logs."""
        return self._download("SlowLog", request)

    def error(self, request: Request) -> Answer:
        """Export error logs."""
        return self._download("ErrorLog", request)

    def _download(self, log_type: str, request: Request) -> Answer:
        instance, now = find_instance(self._world, request), self._emulator.clock.now()
        node_ids, names = _strings(request, "node_id_list"), _strings(request, "file_name_list")
        if now < instance.busy_until:
            raise RefusedError(shaped(403, "DBS.200019", "Another operation is being performed on the instance"))
        nodes = instance.exported_nodes(log_type)
        for node in [find_node(instance.nodes(), node_id) for node_id in node_ids]:
            if node not in nodes:
                raise wrong(f"the node {node.id} has no such log", "DBS.280407")
        found = {
            export.file_name: export
            for node in nodes
            if not node_ids or node.id in node_ids
            for export in [self._export(instance, log_type, node, day, request) for day in self._days(now)]
        }
        unknown = [name for name in names if name not in found]
        if unknown:
            raise wrong(f"the file {unknown[0]} does not exist")
        asked = [export for name, export in found.items() if not names or name in names]
        others = [export for export in instance.exports if self._is_kept(export) and export not in asked]
        renewed = {_slot(export) for export in asked}
        instance.exports = [export for export in others if _slot(export) not in renewed] + asked
        return ok(self._document(instance, asked, request))

    # -- exports

    def _is_kept(self, export: Export) -> bool:
        return self._emulator.clock.now() < export.ready_at + self._world.export_keep_seconds

    def _export(
        self, instance: DdsInstance, log_type: str, node: DdsNode, day: float | None, request: Request
    ) -> Export:
        """Return the export that is kept, else a new one."""
        slot = (log_type, node.id, day)
        kept = next((e for e in instance.exports if _slot(e) == slot and self._is_kept(e)), None)
        if kept is not None and request.fault("export_again") is None:
            return kept
        now, slow, fail = self._emulator.clock.now(), request.fault("slow_export"), request.fault("fail_export")
        is_slow = slow is not None and slow.get("node") in (None, node.id)
        took = float(slow.get("seconds", 300)) if slow and is_slow else self._world.export_seconds
        return Export(
            log_type,
            node.id,
            day,
            self._file_name(instance, log_type, node, day),
            started_at=now,
            ready_at=now + took,
            failed=fail is not None and fail.get("node") in (None, node.id),
        )

    def _file_name(self, instance: DdsInstance, log_type: str, node: DdsNode, day: float | None) -> str:
        """Name a file as the documents' examples do; they have the node's id inside, or not."""
        kind, rule = log_type.lower(), self._world.export_names
        of_what = instance.created_at if day is None else day
        stamp = datetime.fromtimestamp(self._emulator.clock.now() if rule == "new" else of_what, tz=UTC)
        if rule == "anonymous":
            number = instance.all_nodes().index(node)
            return f"{instance.project_id}_{kind}_download_{stamp:%Y%m%d%H%M%S}{number:03d}"
        # A new name tells the moment of the export, which all days of a node have in common.
        of_day = f"_{datetime.fromtimestamp(day, tz=UTC):%Y%m%d}" if rule == "new" and day is not None else ""
        return f"{instance.project_id}_{node.id}_{kind}{of_day}_{stamp:%Y%m%d%H%M%S}"

    # -- content

    def _cut(self, instant: float) -> float:
        """Return until when an export that is made at an instant has lines."""
        every = self._world.export_every
        return instant // every * every if every else instant

    def _days(self, now: float) -> list[float | None]:
        """Return the days that have a file each, or one None for a file of everything."""
        today = self._cut(now) // _DAY * _DAY
        return [today - number * _DAY for number in range(6, -1, -1)] if self._world.export_daily else [None]

    def _content(self, instance: DdsInstance, export: Export) -> bytes:
        node = next(node for node in instance.all_nodes() if node.id == export.node_id)
        end = self._cut(export.started_at)
        begin = max(end - RETENTION, node.created_at)
        if export.day is not None:
            begin, end = max(begin, export.day), min(end, export.day + _DAY)
        rate, seed = node.per_hour(export.log_type), self._world.seed
        found = mongolog.lines(seed, node.id, "DataNode", export.log_type, rate, begin, end)
        content = "".join(f"{line}\n" for line in found).encode()
        cut = len(content) - self._world.export_most_bytes
        return content[content.index(b"\n", cut - 1) + 1 :] if cut > 0 else content

    # -- the answer

    def _document(self, instance: DdsInstance, exports: list[Export], request: Request) -> dict[str, Any]:
        rows = [self._row(instance, export, request) for export in exports]
        states = {row["status"] for row in rows}
        status = "CREATING" if "EXPORTING" in states else "FAILED" if "FAILED" in states else "FINISH"
        if self._world.sparse:
            rows = [{name: value for name, value in row.items() if value is not None} for row in rows]
            return {"list": rows, "status": status}
        return {"list": rows, "status": status, "count": len(rows)}

    def _row(self, instance: DdsInstance, export: Export, request: Request) -> dict[str, Any]:
        nodes = instance.all_nodes()
        number, node = next((n, node) for n, node in enumerate(nodes, 1) if node.id == export.node_id)
        unknown, hostile = request.fault("unknown_node_names"), request.fault("hostile_names")
        done = self._emulator.clock.now() >= export.ready_at
        row: dict[str, Any] = {
            "node_name": node.name if unknown is None else f"node_{number}",
            "file_name": export.file_name if hostile is None else hostile_name(export.file_name, hostile.get("form")),
            "status": ("FAILED" if export.failed else "SUCCESS") if done else "EXPORTING",
            "file_size": None,
            "file_link": None,
        }
        if row["status"] == "SUCCESS":
            row["file_size"] = self._size(instance, export, request)
            row["file_link"] = self._link(instance, export, row["file_name"], request)
        if not self._world.sparse:
            spelling = {"SlowLog": "update_at", "ErrorLog": "updated_at"}[export.log_type]
            updated = export.ready_at if done else export.started_at
            row[self._world.export_time_field or spelling] = int(updated * 1000)
        return row

    def _size(self, instance: DdsInstance, export: Export, request: Request) -> str:
        """Return the size in KB as text, with at most two decimals."""
        if export.size is None:
            export.size = len(self._content(instance, export))
        wrong = request.fault("wrong_size")
        kilobytes = export.size / 1024 + (0 if wrong is None else float(wrong.get("by", 1)))
        return f"{round(kilobytes, 2):g}" if kilobytes < 1000 else f"{kilobytes:.2f}"

    def _link(self, instance: DdsInstance, export: Export, name: str, request: Request) -> str:
        now, short = self._emulator.clock.now(), request.fault("short_links")
        life = self._world.export_link_seconds if short is None else float(short.get("seconds", 180))
        signed_at = export.ready_at if self._world.export_links == "once" else now
        what = f"{self._world.seed}:{export.file_name}:{export.started_at}"
        digest = hashlib.sha256(what.encode()).hexdigest()
        return self._emulator.storage.link(
            f"dds-export/{instance.id}-{digest[:12]}",
            name if request.fault("opaque_names") is None else digest[:32],
            StoredObject(lambda: self._content(instance, export), export.ready_at),
            seconds=signed_at + life - now,
            key_name="AWSAccessKeyId",
        )


def _slot(export: Export) -> tuple[str, str, float | None]:
    """Return what there is one export of at a time."""
    return export.log_type, export.node_id, export.day


def _strings(request: Request, name: str) -> list[str]:
    """Return a list of the body; an empty one means the same as none."""
    value = request.params["body"].get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong(f"{name} must be a list of strings")
    return value
