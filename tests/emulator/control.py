# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`/_emulator/...`: moves the clock, switches faults and changes the world from another process."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from .clock import iso
from .faults import Fault
from .messages import Answer, Request, json_answer

if TYPE_CHECKING:
    from .emulator import Emulator

_WORLD_OPERATIONS = {
    *("add_cluster", "add_package", "forget_packages", "add_node", "remove_node", "quiet"),
    *("add_dds_instance", "add_audit_log", "add_audit_logs", "add_fleet", "revoke_tokens", "busy"),
    *("add_entry", "add_entries"),
}

_OFFSETS = ("signature_offset", "date_offset")


class Control:
    """Answers the control requests; every body and answer is JSON.

    - `GET clock`; `POST clock` with `now`, `advance` (seconds), `signature_offset` or `date_offset`
    - `GET`, `POST` (one or a list), `DELETE faults`
    - `GET`, `DELETE requests`
    - `GET state`; `GET credentials`; `POST entries` with `instance_id`, `log_type` and perhaps `node_id`: every entry that
      the cloud offers now
    - `GET world`; `POST world` with `op` (a builder method of the world) and its arguments, or `set` with
      values of the world's own fields; one or a list
    """

    def __init__(self, emulator: Emulator) -> None:
        """Control this emulator."""
        self._emulator = emulator

    def answer(self, request: Request) -> Answer:
        """Do what was asked, or say why not."""
        handler = getattr(self, f"_{request.method}_{request.path.removeprefix('/_emulator/')}".lower(), None)
        if handler is None:
            return json_answer(404, {"error": "no such control request"})
        try:
            body = json.loads(request.body) if request.body else None
            with self._emulator.lock:
                return json_answer(200, handler(body))
        except (AttributeError, KeyError, StopIteration, TypeError, ValueError) as error:
            return json_answer(400, {"error": f"{type(error).__name__}: {error}"})

    def _get_clock(self, _body: Any) -> Any:
        clock = self._emulator.clock
        return {"now": iso(clock.now()), "unix": clock.now()} | {name: getattr(clock, name) for name in _OFFSETS}

    def _post_clock(self, body: Any) -> Any:
        clock = self._emulator.clock
        if "now" in body:
            clock.set(body["now"])
        clock.advance(float(body.get("advance", 0)))
        for name in _OFFSETS:
            setattr(clock, name, float(body.get(name, getattr(clock, name))))
        return self._get_clock(None)

    def _get_faults(self, _body: Any) -> Any:
        return self._emulator.faults.as_dicts()

    def _post_faults(self, body: Any) -> Any:
        faults = [Fault(**fault) for fault in (body if isinstance(body, list) else [body])]
        self._emulator.faults.add(*faults)
        return self._get_faults(None)

    def _delete_faults(self, _body: Any) -> Any:
        self._emulator.faults.clear()
        return []

    def _get_requests(self, _body: Any) -> Any:
        return self._emulator.requests.as_dicts()

    def _delete_requests(self, _body: Any) -> Any:
        self._emulator.requests.clear()
        return []

    def _get_state(self, _body: Any) -> Any:
        return self._emulator.state()

    def _post_entries(self, body: Any) -> Any:
        instance = self._emulator.world.instance(body["instance_id"])
        return self._emulator.entries.listed(instance, body["log_type"], node_id=body.get("node_id"))

    def _get_credentials(self, _body: Any) -> Any:
        return self._emulator.credentials

    def _get_world(self, _body: Any) -> Any:
        return self._emulator.world.as_dict()

    def _post_world(self, body: Any) -> Any:
        return [self._change(change) for change in (body if isinstance(body, list) else [body])]

    def _change(self, change: dict[str, Any]) -> Any:
        arguments, world = dict(change), self._emulator.world
        if "set" in arguments:
            for name, value in arguments["set"].items():
                if not isinstance(getattr(world, name), (bool, int, float, str, type(None))) and name not in (
                    "absent_fields",
                    "absent_actions",
                ):
                    raise ValueError(f"{name} cannot be set")
                setattr(world, name, value)
            return None
        operation = arguments.pop("op")
        if operation not in _WORLD_OPERATIONS:
            raise ValueError(f"no such operation: {operation}")
        result = getattr(world, operation)(**arguments)
        if isinstance(result, list):
            return [asdict(item) for item in result]
        return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
