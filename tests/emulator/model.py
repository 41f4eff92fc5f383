# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a world is made of: plain data, so that it can be written as JSON and read back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# The cloud keeps slow and error logs for seven times 24 hours.
RETENTION = 7 * 24 * 3600.0


@dataclass
class UCloudAccount:
    """A key pair; a sub-account must say which of its projects it means."""

    public_key: str
    private_key: str
    projects: list[str]
    security_token: str | None = None
    sub_account: bool = False
    denied_actions: list[str] = field(default_factory=list)


@dataclass
class MongoNode:
    """A node of a UMongoDB cluster and how much it logs; it logs only while it exists."""

    node_id: str
    role: str = "Secondary"
    node_type: str = "DataNode"
    zone: str = ""
    state: str = "Running"
    slow_per_hour: float = 6.0
    error_per_hour: float = 0.6
    created_at: float = 0.0
    removed_at: float | None = None

    def per_hour(self, log_type: str) -> float:
        """Return how many lines of a log type the node writes in an hour."""
        return self.slow_per_hour if log_type == "SlowLog" else self.error_per_hour


@dataclass
class ReplicaSet:
    """A replica set of a cluster: data or config."""

    replica_id: str
    nodes: list[MongoNode]
    replica_type: str = "DataRepl"


@dataclass
class Cluster:
    """A UMongoDB cluster."""

    cluster_id: str
    name: str
    region: str
    zone: str
    project: str
    cluster_type: str = "ReplicaSet"
    state: str = "Running"
    version: str = "MongoDB-4.4"
    created_at: float = 1735689600.0
    replicas: list[ReplicaSet] = field(default_factory=list)
    config: ReplicaSet | None = None
    mongos: list[MongoNode] = field(default_factory=list)

    def all_nodes(self) -> list[MongoNode]:
        """Return all nodes, also those that are gone."""
        replicas = [*self.replicas, *([self.config] if self.config else [])]
        return [node for replica in replicas for node in replica.nodes] + self.mongos

    def nodes(self) -> list[MongoNode]:
        """Return the nodes that exist."""
        return [node for node in self.all_nodes() if node.removed_at is None]

    def zones(self) -> set[str]:
        """Return the zones that the cluster and its nodes are in."""
        return {self.zone, *(node.zone for node in self.nodes())}


@dataclass
class Package:
    """A file that the cloud makes of a window; its state follows from the clock."""

    id: int
    name: str
    cluster_id: str
    node_id: str
    log_type: str
    begin: int
    end: int
    created_at: float
    ready_at: float
    listed_at: float
    failed: bool = False
    deleted: bool = False
    size: int | None = None


@dataclass
class HuaweiAccount:
    """An access key pair."""

    access_key: str
    secret_key: str
    domain_id: str
    security_token: str | None = None
    denied: list[str] = field(default_factory=list)


@dataclass
class HuaweiUser:
    """Who can ask for a token with a name and a password."""

    name: str
    password: str
    domain_name: str
    domain_id: str


@dataclass
class Token:
    """An IAM token; with a project it is good for that project's region only."""

    token: str
    domain_id: str
    project_id: str | None
    expires_at: float | None = None
    revoked: bool = False


@dataclass
class HuaweiProject:
    """A project; its name is its region's, or begins with it."""

    id: str
    name: str
    domain_id: str

    @property
    def region(self) -> str:
        """The region that the project is in."""
        return self.name.split("_", 1)[0]


def cluster_from(row: dict[str, Any]) -> Cluster:
    """Build a cluster from plain data."""

    def replica(data: dict[str, Any]) -> ReplicaSet:
        return ReplicaSet(**{**data, "nodes": [MongoNode(**node) for node in data["nodes"]]})

    values = dict(row)
    values["replicas"] = [replica(data) for data in row.get("replicas", [])]
    values["config"] = replica(row["config"]) if row.get("config") else None
    values["mongos"] = [MongoNode(**node) for node in row.get("mongos", [])]
    return Cluster(**values)
