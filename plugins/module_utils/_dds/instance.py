# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances of the Huawei family in the words of the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def instance_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an instance that the API listed, with its nodes."""
    return {
        "instance_id": row["id"],
        "name": row.get("name"),
        "region": row.get("region"),
        "mode": row.get("mode"),
        "status": row.get("status"),
        "version": (row.get("datastore") or {}).get("version"),
        "tags": {tag.get("key"): tag.get("value") for tag in row.get("tags") or []},
        "nodes": [
            {
                "node_id": node.get("id"),
                "name": node.get("name"),
                "kind": group.get("type"),
                "role": node.get("role"),
                "status": node.get("status"),
            }
            for group in row.get("groups") or []
            for node in group.get("nodes") or []
        ],
    }
