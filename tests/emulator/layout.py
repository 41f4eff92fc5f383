# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How clusters and instances are made of nodes, with ids that look like the clouds' own."""

from __future__ import annotations

import hashlib

from .dds_model import DdsGroup, DdsNode
from .model import Cluster, MongoNode, ReplicaSet

_MEMBERS = ["Primary", "Secondary", "Hidden"]
_DDS_GROUPS = {
    "ReplicaSet": [("replica", _MEMBERS)],
    "Single": [("single", ["Primary"])],
    "Sharding": [("mongos", ["-", "-"]), ("shard", _MEMBERS), ("shard", _MEMBERS), ("config", _MEMBERS)],
}


def short_id(text: str, digits: int) -> str:
    """Return hex digits that look random and follow from a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def fill_cluster(
    cluster: Cluster,
    *,
    zones: list[str],
    nodes: int,
    shards: int,
    mongos: int,
    slow_per_hour: float,
    error_per_hour: float,
) -> None:
    """Give a cluster its nodes, spread over zones. A mongos writes no slow log, a config node few lines."""
    owner = cluster.cluster_id

    def make(node_type: str, count: int, slow: float, replica: int = 0) -> list[MongoNode]:
        return [
            MongoNode(
                node_id=f"unmongo-{short_id(f'{owner}{node_type}{replica}{number}', 10)}",
                role="Mongos" if node_type == "MongosNode" else "Secondary" if number else "Primary",
                node_type=node_type,
                zone=zones[number % len(zones)],
                slow_per_hour=slow,
                error_per_hour=error_per_hour,
                created_at=cluster.created_at,
            )
            for number in range(count)
        ]

    sharded = cluster.cluster_type == "SharedCluster"
    for replica in range(shards if sharded else 1):
        replica_id = f"umongorep-{short_id(f'{owner}{replica}', 10)}"
        cluster.replicas.append(ReplicaSet(replica_id, make("DataNode", nodes, slow_per_hour, replica)))
    if sharded:
        config = make("ConfigSrvNode", 3, slow_per_hour / 10)
        cluster.config = ReplicaSet(f"umongorep-{short_id(f'{owner}c', 10)}", config, "ConfigRepl")
        cluster.mongos = make("MongosNode", mongos, 0.0)


def dds_groups(instance_id: str, name: str, mode: str) -> list[DdsGroup]:
    """Return the groups of a new DDS instance."""
    groups = []
    for number, (kind, roles) in enumerate(_DDS_GROUPS[mode]):
        group_name = f"{name}_{kind}_{number}"
        nodes = [
            DdsNode(short_id(f"{instance_id}{number}{n}", 32) + "no02", f"{group_name}_node_{n + 1}", role)
            for n, role in enumerate(roles)
        ]
        groups.append(DdsGroup(kind, short_id(f"{instance_id}{number}", 32) + "gr02", group_name, nodes))
    return groups
