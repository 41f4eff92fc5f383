# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DDS's settings of logs: whether values in slow statements are masked, and log streams that get the audit logs too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .dds_common import find_instance, ok, page, shaped, wrong
from .dds_model import DdsInstance, Stream
from .messages import Answer, RefusedError, Request

if TYPE_CHECKING:
    from .emulator import Emulator

_MOST_CONFIGS = 100
_LARGEST_PAGE = 50
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_MODES = {"ReplicaSet": "Replica"}
_IDS = {"lts_group_id", "lts_stream_id"}


class DdsSettings:
    """Shows and changes the settings."""

    def __init__(self, emulator: Emulator) -> None:
        """Serve this emulator's world."""
        self._emulator = emulator
        self._world = emulator.world

    # -- masking

    def show_masking(self, request: Request) -> Answer:
        """Tell whether values are masked."""
        return ok({"status": "on" if find_instance(self._world, request).slow_log_masking else "off"})

    def switch_masking(self, request: Request) -> Answer:
        """Mask values, or do so no more."""
        instance = find_instance(self._world, request)
        if instance.status != "normal":
            raise _wrong_state(instance)
        instance.slow_log_masking = request.path.endswith("/on")
        return ok({})

    # -- streams

    def list_streams(self, request: Request) -> Answer:
        """List where logs are sent to: every instance, whether it was ever set or not."""
        offset, limit = page(request, most=_LARGEST_PAGE, least=0)
        found = [i for i in self._world.instances if i.project_id == request.params["project_id"]]
        rows = [self._row(instance) for instance in found[offset : offset + limit]]
        return ok({"instance_lts_configs": rows, "total_count": len(found)})

    def _row(self, instance: DdsInstance) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": instance.id,
            "name": instance.name,
            "mode": _MODES.get(instance.mode, instance.mode),
            "datastore": {"type": "mongodb", "version": float(instance.version)},
            "status": instance.status,
            "enterprise_project_id": "0",
            "actions": [],
        }
        stream = instance.stream
        if stream is None or self._emulator.clock.now() < stream.shown_at:
            return {"instance": shown}
        ids = {"lts_group_id": stream.lts_group_id, "lts_stream_id": stream.lts_stream_id}
        return {"instance": shown, "lts_configs": [{"log_type": "audit_log", **ids, "enabled": stream.enabled}]}

    def set_streams(self, request: Request) -> Answer:
        """Send audit logs to streams."""
        wanted = list(self._configs(request, _IDS))
        for _instance, row in wanted:
            if not all(_UUID.match(row[name]) for name in _IDS):
                raise wrong("invalid id of a log group or stream")
        for instance, row in wanted:
            shown_at = self._emulator.clock.now() + self._world.stream_lag
            instance.stream = Stream(row["lts_group_id"], row["lts_stream_id"], shown_at=shown_at)
        return ok({}, 202)

    def delete_streams(self, request: Request) -> Answer:
        """Send audit logs there no more."""
        for instance, _row in self._configs(request, set()):
            if instance.stream is None:
                raise wrong(f"{instance.id} has no log stream")
            instance.stream.enabled = False
        return ok({}, 202)

    def _configs(self, request: Request, ids: set[str]) -> list[tuple[DdsInstance, dict[str, str]]]:
        rows = request.params["body"].get("lts_configs")
        if not isinstance(rows, list) or not 1 <= len(rows) <= _MOST_CONFIGS:
            raise wrong(f"lts_configs must be a list of 1 to {_MOST_CONFIGS}")
        found = []
        for row in rows:
            if not isinstance(row, dict) or set(row) != {"instance_id", "log_type", *ids}:
                raise wrong(
                    "each of lts_configs needs instance_id, log_type and, to be set, lts_group_id, lts_stream_id"
                )
            if not all(isinstance(value, str) for value in row.values()) or row["log_type"] != "audit_log":
                raise wrong("log_type must be audit_log")
            request.params["instance_id"] = row["instance_id"]
            instance = find_instance(self._world, request)
            if instance.status in ("creating", "deleted", "frozen"):
                raise _wrong_state(instance)
            found.append((instance, row))
        return found


def _wrong_state(instance: DdsInstance) -> RefusedError:
    return RefusedError(
        shaped(403, "DBS.280042", f"The operation is not allowed while the instance is {instance.status}")
    )
