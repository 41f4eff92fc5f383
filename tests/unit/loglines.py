# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of logs, at so many seconds after the first day that archives hold."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import iso_ms

from .archives import FIRST


def slow(second: int, duration: int, collection: str = "orders", **more: Any) -> str:
    """Return a slow operation, as mongod writes it."""
    command = {"find": collection, "filter": {more.pop("field", "a"): 1}}
    attr = {"type": "command", "ns": f"shop.{collection}", "command": command, "planSummary": "COLLSCAN", **more}
    line = {"t": {"$date": iso_ms((FIRST + second) * 1000)}, "s": "I", "c": "COMMAND", "id": 51803, "ctx": "conn1"}
    return json.dumps({**line, "msg": "Slow query", "attr": {**attr, "durationMillis": duration}})


def other(second: int, severity: str = "W", msg: str = "Something") -> str:
    """Return another line."""
    line = {"t": {"$date": iso_ms((FIRST + second) * 1000)}, "s": severity, "c": "X", "id": 1, "ctx": "x", "msg": msg}
    return json.dumps(line)


def text(*lines: str) -> bytes:
    """Return lines as a file has them."""
    return "".join(f"{line}\n" for line in lines).encode()
