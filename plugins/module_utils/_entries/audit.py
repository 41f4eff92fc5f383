# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audited actions, as mongod writes them in JSON and, decoded, in BSON."""

from __future__ import annotations

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import AUDIT, Facts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import instant, text, whole


def facts_of(document: dict[str, Any]) -> Facts:
    """Return what a document says. Raises TypeError and the like where it is not what mongod writes."""
    action = document["atype"]
    if not isinstance(action, str):
        raise TypeError(action)
    facts: Facts = {"form": AUDIT, "message": action, "operation": action, "kind": action}
    time, written = instant(document["ts"])
    if time is not None:
        facts["time"] = time
    facts["written"] = written
    parameters = document.get("param")
    if isinstance(parameters, dict):
        command = text(parameters.get("command"))
        if command:
            facts["operation"] = command
        namespace = text(parameters.get("ns")) or text(parameters.get("db"))
        if namespace:
            facts["namespace"] = namespace
    users = [_name(user) for user in document.get("users") or ()]
    if not users and isinstance(parameters, dict) and text(parameters.get("user")):
        # Who tries to sign in is not signed in yet.
        users = [_name(parameters)]
    if users:
        facts["user"] = ",".join(users)
    remote = document.get("remote")
    if isinstance(remote, dict):
        address, port = text(remote.get("ip")), whole(remote.get("port"))
        if address:
            facts["address"] = address
        if port is not None:
            facts["port"] = port
    result = whole(document.get("result"))
    if result is not None:
        facts["result"] = result
    return facts


def _name(user: dict[str, Any]) -> str:
    database = user.get("db")
    return f"{user['user']}@{database}" if database else str(user["user"])
