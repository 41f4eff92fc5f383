# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that mongod and mongos write from 4.4 on: one JSON document each. And the documents of the profiler."""

from __future__ import annotations

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import PROFILE, STRUCTURED, Facts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import instant, text, whole

SLOW = "Slow query"

# Names of the server for what an entry calls otherwise. The first that is there counts.
_NUMBERS = {
    "duration": ("durationMillis", "millis"),
    "docs_examined": ("docsExamined", "nscannedObjects"),
    "keys_examined": ("keysExamined", "nscanned"),
    "returned": ("nreturned", "nReturned"),
}
_TEXTS = {
    "namespace": ("ns",),
    "plan": ("planSummary",),
    "shape": ("queryShapeHash", "planCacheShapeHash", "queryHash"),
    "app": ("appName",),
}

# What carries a statement whose first field is the name of its command.
_COMMANDS = ("command", "query")


def facts_of(document: dict[str, Any]) -> Facts:
    """Return what a line says. Raises TypeError and the like where it is not what mongod writes."""
    facts: Facts = {"form": STRUCTURED}
    time, written = instant(document["t"])
    if time is not None:
        facts["time"] = time
    facts["written"] = written
    words = (document["s"], document["c"], document["ctx"], document["msg"])
    "".join(words)  # raises TypeError for what is no text
    facts["severity"], facts["component"], facts["context"], facts["message"] = words
    message = words[-1]
    number = document.get("id")
    if isinstance(number, int):
        facts["id"] = number
    if document.get("truncated"):
        facts["truncated"] = True
    attributes = document.get("attr")
    if isinstance(attributes, dict):
        if message == SLOW:
            operation_of(attributes, facts)
        else:
            namespace = text(attributes.get("ns")) or text(attributes.get("namespace"))
            if namespace:
                facts["namespace"] = namespace
            user = text(attributes.get("user")) or text(attributes.get("principalName"))
            if user:
                facts["user"] = user
        address_of(attributes.get("remote") or attributes.get("client"), facts)
    return facts


def profiled(document: dict[str, Any]) -> Facts:
    """Return what a document of the profiler says, which some exports hold instead of lines."""
    facts: Facts = {"form": PROFILE, "message": SLOW}
    time, written = instant(document["ts"])
    if time is not None:
        facts["time"] = time
    facts["written"] = written
    operation_of({**document, "type": document["op"]}, facts)
    user = text(document.get("user"))
    if user:
        facts["user"] = user
    address_of(document.get("client"), facts)
    return facts


def operation_of(attributes: dict[str, Any], facts: Facts) -> None:
    """Add what is known of a slow operation to the facts."""
    known: dict[str, Any] = facts  # type: ignore[assignment]
    for fact, names in _TEXTS.items():
        for name in names:
            value = attributes.get(name)
            if value and isinstance(value, str):
                known[fact] = value
                break
    for fact, names in _NUMBERS.items():
        for name in names:
            value = attributes.get(name)
            if value is not None:
                number = value if isinstance(value, int) and not isinstance(value, bool) else whole(value)
                if number is not None:
                    known[fact] = number
                    break
    command = attributes.get("command", attributes.get("query"))
    if isinstance(command, dict):
        known["command"] = attributes.get("originatingCommand", command)
    kind = text(attributes.get("type"))
    if kind:
        known["kind"] = kind
        known["operation"] = verb(kind, command)


def verb(kind: str, command: Any) -> str:
    """Return the name of an operation: that of its command where it is one."""
    if kind in _COMMANDS and isinstance(command, dict):
        for name in command:
            return str(name)
    return kind


def address_of(value: Any, facts: Facts) -> None:
    """Add the address of a client, written with its port or without, to the facts."""
    if not isinstance(value, str) or not value:
        return
    host, colon, port = value.rpartition(":")
    if colon and port.isdigit() and len(port) < 6 and (":" not in host or host.endswith("]")):
        facts["address"], facts["port"] = host.strip("[]"), int(port)
    else:
        facts["address"] = value
