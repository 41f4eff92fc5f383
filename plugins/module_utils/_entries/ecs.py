# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries as documents of the Elastic Common Schema. Pure."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import AUDIT, Facts, Origin
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.structured import SLOW
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import iso_ms

VERSION = "9.4.0"

_LEVELS = {"F": "fatal", "E": "error", "W": "warning", "I": "info", "D": "debug"}

# What the schema has no field for, below a name of its own.
_OWN = (
    "component",
    "namespace",
    "operation",
    "docs_examined",
    "keys_examined",
    "returned",
    "plan",
    "shape",
    "index",
    "app",
)

# How the names of audited actions begin that change something. The schema knows access and change of a database, no more.
_CHANGES = (
    *("create", "insert", "add", "grant", "drop", "delete", "remove", "revoke", "update", "rename", "findAndModify"),
    *("findandmodify", "set", "import", "enableSharding", "shardCollection", "replSet", "shutdown"),
)

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def about(origin: Origin) -> dict[str, Any]:
    """Return what all documents of a unit have in common."""
    return {
        "ecs": {"version": VERSION},
        "cloud": {
            "provider": {"umongodb": "ucloud", "dds": "huawei_cloud"}.get(origin.provider, origin.provider),
            "region": origin.region,
            "account": {"id": origin.project},
        },
        "service": {"type": "mongodb", "id": origin.instance, "name": origin.instance, "node": {"name": origin.node}},
    }


def document(facts: Facts, body: str, uid: str, place: dict[str, Any], origin: Origin, common: dict[str, Any]) -> str:
    """Return a document. ``body`` is the line, ``place`` where it stands."""
    get: Any = facts.get
    event: dict[str, Any] = {
        "id": uid,
        "kind": "event",
        "module": "mongodb",
        "dataset": f"mongodb.{origin.log_type}",
        "category": ["database"],
        "original": body,
    }
    found: dict[str, Any] = {}
    time = get("time")
    # The schema wants a time in every document: where a line has none, it is the begin of its file's.
    found["@timestamp"] = iso_ms(time if time is not None else origin.begin or 0)
    found.update(common)
    found["event"] = event
    found["message"] = get("message") or body
    is_audit = get("form") == AUDIT
    if is_audit or get("message") == SLOW:
        event["action"] = get("operation") or get("message")
        event["type"] = [_type(event["action"]) if is_audit else "access"]
    elif get("severity", "")[:1] in ("E", "F"):
        event["type"] = ["error"]
    else:
        event["type"] = ["info"]
    if is_audit and get("message") == "authenticate":
        event["category"], event["type"] = ["authentication"], ["start"]
    if get("result") is not None:
        event["outcome"] = "failure" if get("result") else "success"
        event["code"] = str(get("result"))
    duration = get("duration")
    if duration is not None and 0 <= duration < 2**63 // 1_000_000:
        event["duration"] = duration * 1_000_000
    if get("reason"):
        found["error"] = {"message": get("reason")}
    log: dict[str, Any] = {"file": {"path": place["file"]}}
    if get("severity"):
        log["level"] = _LEVELS.get(get("severity")[:1], get("severity"))
    if get("component"):
        log["logger"] = get("component")
    found["log"] = log
    if get("context"):
        found["process"] = {"thread": {"name": get("context")}}
    if get("user"):
        found["user"] = {"name": get("user")}
    if get("address"):
        found["source"] = {"address": get("address"), **_ip(get("address"))}
        if get("port") is not None and 0 <= get("port") < 65536:
            found["source"]["port"] = get("port")
    own = {name: get(name) for name in _OWN if get(name) is not None}
    own["line"] = place["number"]
    if place["member"]:
        own["member"] = place["member"]
    found["mongodb"] = own
    return _dumps(found)


def _ip(address: str) -> dict[str, str]:
    try:
        return {"ip": str(ipaddress.ip_address(address))}
    except ValueError:
        return {}


def _type(action: str) -> str:
    return "change" if action.startswith(_CHANGES) else "access"
