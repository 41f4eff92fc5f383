# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the DDS side of a world is made of: plain data, as in `model.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class DdsNode:
    """A node of a DDS instance and how much it logs; it logs only while it exists."""

    id: str
    name: str
    role: str
    status: str = "normal"
    slow_per_hour: float = 6.0
    error_per_hour: float = 0.6
    created_at: float = 0.0
    removed_at: float | None = None

    def per_hour(self, log_type: str) -> float:
        """Return how many lines of a log type the node writes in an hour."""
        return self.slow_per_hour if log_type == "SlowLog" else self.error_per_hour


@dataclass
class DdsGroup:
    """A group of nodes: mongos, shard, config, replica or single."""

    type: str
    id: str
    name: str
    nodes: list[DdsNode]


@dataclass
class AuditLog:
    """A closed audit file. `listed_at` is when it appears; with `file` its bytes are those of that file."""

    id: str
    node_id: str
    name: str
    size: int
    start: float
    end: float
    listed_at: float
    file: str | None = None


@dataclass
class AuditPolicy:
    """What is audited and for how many days it is kept; 0 days: auditing is off."""

    keep_days: int = 180
    audit_scope: str = "all"
    audit_types: list[str] = field(default_factory=lambda: ["auth", "insert", "delete", "update", "query", "command"])


@dataclass
class Export:
    """A file that DDS makes of what a node has logged: of one `day` (Unix seconds), or of all that is held.

    Its state follows from the clock.
    """

    log_type: str
    node_id: str
    day: float | None
    file_name: str
    started_at: float
    ready_at: float
    failed: bool = False
    size: int | None = None


@dataclass
class Entry:
    """An entry of a slow or error log that a test put there; `at` and `shown_at` are Unix microseconds."""

    log_type: str
    node_id: str
    at: int
    shown_at: int
    line_num: int | None = None
    message: str | None = None


@dataclass
class Traffic:
    """Many entries of a node: `counts` of so many hours from `first_hour`, counted from 1970.

    A share of them comes `late`, by up to `late_seconds`; another share is `doubled`, as an entry may come twice.
    """

    log_type: str
    node_id: str
    first_hour: int
    counts: list[int]
    late: float = 0.0
    late_seconds: float = 0.0
    doubled: float = 0.0


@dataclass
class Stream:
    """Where an instance's audit logs are sent to as well."""

    lts_group_id: str
    lts_stream_id: str
    enabled: bool = True
    shown_at: float = 0.0


@dataclass
class DdsInstance:
    """A DDS instance, with its audit logs, the exports of its other logs and their entries.

    Until `busy_until` it refuses to export. With `audit_every` seconds its audited nodes go on writing files from `audit_since` on as the clock
    moves; `audit_logs` are the files that a test put there by hand.
    """

    id: str
    name: str
    mode: str
    region: str
    project_id: str
    status: str = "normal"
    version: str = "4.4"
    created_at: float = 1735689600.0
    groups: list[DdsGroup] = field(default_factory=list)
    policy: AuditPolicy = field(default_factory=AuditPolicy)
    audit_every: float = 0.0
    audit_since: float = 0.0
    audit_logs: list[AuditLog] = field(default_factory=list)
    deleted_logs: dict[str, float] = field(default_factory=dict)
    exports: list[Export] = field(default_factory=list)
    busy_until: float = 0.0
    entries: list[Entry] = field(default_factory=list)
    traffic: list[Traffic] = field(default_factory=list)
    slow_log_masking: bool = True
    stream: Stream | None = None

    def nodes(self) -> list[DdsNode]:
        """Return the nodes that exist."""
        return [node for node in self.all_nodes() if node.removed_at is None]

    def all_nodes(self) -> list[DdsNode]:
        """Return all nodes, also those that are gone."""
        return [node for group in self.groups for node in group.nodes]

    def audited_nodes(self) -> list[DdsNode]:
        """Return the nodes that audit logs live on: a cluster's mongos, else all."""
        mongos = [node for group in self.groups if group.type == "mongos" for node in group.nodes]
        return mongos or self.all_nodes()

    def exported_nodes(self, log_type: str) -> list[DdsNode]:
        """Return the nodes whose log of a type can be exported: in a cluster, slow logs live on the shards only."""
        without = ("mongos", "config") if log_type == "SlowLog" else ()
        groups = [group for group in self.groups if group.type not in without]
        return [node for group in groups for node in group.nodes if node.removed_at is None]

    def queried_nodes(self) -> list[DdsNode]:
        """Return the nodes whose entries can be asked for: in a cluster, those of the shards only."""
        return [node for group in self.groups if group.type not in ("mongos", "config") for node in group.nodes]


def instance_from(row: dict[str, Any]) -> DdsInstance:
    """Build an instance from plain data."""
    values = dict(row)
    values["groups"] = [
        DdsGroup(**{**group, "nodes": [DdsNode(**node) for node in group["nodes"]]}) for group in row.get("groups", [])
    ]
    values["policy"] = AuditPolicy(**row.get("policy", {}))
    values["audit_logs"] = [AuditLog(**log) for log in row.get("audit_logs", [])]
    values["exports"] = [Export(**export) for export in row.get("exports", [])]
    values["entries"] = [Entry(**entry) for entry in row.get("entries", [])]
    values["traffic"] = [Traffic(**traffic) for traffic in row.get("traffic", [])]
    values["stream"] = Stream(**row["stream"]) if row.get("stream") else None
    return DdsInstance(**values)
