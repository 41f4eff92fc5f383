# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances of the Huawei family in the words of the collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record


def instance_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an instance that the API listed, with its nodes. Raises CloudError where a field is of another shape."""
    instance = Record(row, "instance")
    datastore = instance.record("datastore")
    return {
        "instance_id": instance.needed_id("id"),
        "name": instance.text("name"),
        "region": instance.text("region"),
        "mode": instance.text("mode"),
        "status": instance.text("status"),
        "version": datastore.text("version") if datastore else None,
        "tags": {tag.text("key") or "": tag.text("value") or "" for tag in instance.records("tags")},
        "nodes": [
            {
                "node_id": node.id("id"),
                "name": node.text("name"),
                "kind": group.text("type"),
                "role": node.text("role"),
                "status": node.text("status"),
            }
            for group in instance.records("groups")
            for node in group.records("nodes")
        ],
    }
