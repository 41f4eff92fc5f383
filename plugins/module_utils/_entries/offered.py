# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries as DDS offers them by query: a line of JSON each, with the line that the node wrote inside."""

from __future__ import annotations

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import OFFERED, RAW, UNREADABLE, Facts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.structured import SLOW
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import instant, text, whole

_SEVERITIES = {"fatal": "F", "error": "E", "warning": "W", "info": "I", "informational": "I", "debug": "D"}

_NUMBERS = {
    "duration": "cost_time",
    "docs_examined": "docs_scanned",
    "returned": "docs_returned",
    "keys_examined": "keys_examined",
}


def is_offered(document: dict[str, Any]) -> bool:
    """Tell whether a document is such an entry."""
    return "log_time" in document and ("whole_message" in document or "raw_message" in document)


def facts_of(document: dict[str, Any], inner: Facts) -> Facts:
    """Return what an entry says. ``inner`` is what the line inside says: the cloud's fields go before it, but for its words."""
    facts: Facts = inner if inner["form"] not in (RAW, UNREADABLE) else {}
    facts.pop("reason", None)
    facts["form"] = OFFERED
    time, written = instant(document["log_time"])
    if time is not None:
        facts["time"] = time
    facts["written"] = written
    is_slow = "whole_message" in document
    if "message" not in facts:
        facts["message"] = SLOW if is_slow else str(document.get("raw_message"))
    severity = text(document.get("severity"))
    if severity:
        facts["severity"] = _SEVERITIES.get(severity.lower(), severity[:1].upper())
    if is_slow:
        facts["message"] = SLOW
        _add_operation(document, facts)
    index = document.get("index_recommendation")
    if index:
        facts["index"] = index if isinstance(index, str) else str(index)
    return facts


def _add_operation(document: dict[str, Any], facts: Facts) -> None:
    kind = text(document.get("operate_type"))
    if kind:
        facts["kind"] = kind.lower()
        facts.setdefault("operation", kind.lower())
    names = [text(document.get(name)) for name in ("database", "collection")]
    if names[0]:
        facts["namespace"] = ".".join(filter(None, names))
    for fact, name in _NUMBERS.items():
        number = whole(document.get(name))
        if number is not None:
            facts[fact] = number  # type: ignore[literal-required]
    for fact, name in (("user", "username"), ("address", "client_ip")):
        value = text(document.get(name))
        if value:
            facts[fact] = value  # type: ignore[literal-required]
