# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters and nodes of the UCloud family in the words of the collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import LOG_TYPES_UMONGODB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso_or_none
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import Node
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable


def instance_fields(row: Record, region: str) -> dict[str, Any]:
    """Return a cluster that the API listed; ``cluster_id`` is None where that is no text, or not all of it is printable. Raises CloudError."""
    own = row.get("ClusterId")
    return {
        "cluster_id": own if isinstance(own, str) and own == printable(own) else None,
        "name": row.text("Name"),
        "region": region,
        "zone": row.id("Zone"),
        "type": row.text("ClusterType"),
        "state": row.text("State"),
        "version": row.text("DBVersion"),
        "created": iso_or_none(row.instant("CreateTime")),
        "tag": row.text("Tag"),
    }


def node_fields(node: Node) -> dict[str, Any]:
    """Return a node of a cluster."""
    return {
        "node_id": node.id,
        "kind": node.kind,
        "role": node.role,
        "state": node.state,
        "zone": node.zone,
        "log_types": [log_type for log_type in LOG_TYPES_UMONGODB if node.can_have(log_type)],
    }
