# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries as log records of OpenTelemetry, in the JSON form of OTLP, with its semantic conventions. Pure."""

from __future__ import annotations

from json.encoder import encode_basestring as _quoted
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import Facts, Origin

_NUMBERS = {"F": 21, "E": 17, "W": 13, "I": 9, "D": 5, "D1": 5, "D2": 4, "D3": 3, "D4": 2, "D5": 1}
_CLOUDS = {"umongodb": "ucloud", "dds": "huawei_cloud"}

# Facts and the attributes that they are: texts, then whole numbers.
_TEXTS: dict[str, str] = {
    "operation": "db.operation.name",
    "user": "user.name",
    "address": "client.address",
    "component": "mongodb.component",
    "context": "thread.name",
    "app": "mongodb.app.name",
    "plan": "mongodb.plan",
    "shape": "mongodb.query.shape",
    "index": "mongodb.index.recommended",
    "reason": "mongodb.unread.reason",
}
_WHOLES: dict[str, str] = {
    "duration": "mongodb.duration_ms",
    "docs_examined": "mongodb.docs_examined",
    "keys_examined": "mongodb.keys_examined",
    "returned": "db.response.returned_rows",
    "port": "client.port",
    "id": "mongodb.log.id",
}


def envelope(origin: Origin, version: str) -> tuple[str, str]:
    """Return what stands before and after the records of a unit: each line is a request that a receiver takes."""
    about = {
        "service.name": origin.instance,
        "service.instance.id": origin.node,
        "cloud.provider": _CLOUDS.get(origin.provider, origin.provider),
        "cloud.region": origin.region,
        "cloud.account.id": origin.project,
        "cloud.resource_id": origin.instance,
        "db.system.name": "mongodb",
        "mongodb.log.type": origin.log_type,
    }
    attributes = ",".join(_text(name, value) for name, value in about.items())
    scope = f'"scope":{{"name":"clouddb.mongodb_logs","version":{_quoted(version)}}}'
    return (
        f'{{"resourceLogs":[{{"resource":{{"attributes":[{attributes}]}},"scopeLogs":[{{{scope},"logRecords":[',
        "]}]}]}",
    )


def record(facts: Facts, body: str, uid: str, place: dict[str, Any]) -> str:
    """Return a log record. ``body`` is the line, ``place`` where it stands."""
    get: Any = facts.get
    attributes = [
        _text("log.record.uid", uid),
        _text("log.file.path", place["file"]),
        f'{{"key":"mongodb.line","value":{{"intValue":"{place["number"]}"}}}}',
    ]
    if place["member"]:
        attributes.append(_text("mongodb.member", place["member"]))
    namespace = get("namespace")
    if namespace:
        database, _dot, collection = namespace.partition(".")
        attributes.append(_text("db.namespace", database))
        if collection:
            attributes.append(_text("db.collection.name", collection))
    for name, attribute in _TEXTS.items():
        value = get(name)
        if value:
            attributes.append(_text(attribute, value))
    for name, attribute in _WHOLES.items():
        value = get(name)
        if value is not None and -(2**63) <= value < 2**63:
            attributes.append(f'{{"key":"{attribute}","value":{{"intValue":"{value}"}}}}')
    if get("result"):
        attributes.append(_text("db.response.status_code", str(get("result"))))
    start = ""
    time = get("time")
    if time is not None and 0 <= time < 2**63 // 1_000_000:
        start = f'"timeUnixNano":"{time}000000",'
    severity = get("severity")
    if severity:
        number = _NUMBERS.get(severity, 0)
        start += f'"severityNumber":{number},"severityText":{_quoted(severity)},'
    event = get("message") if get("form") == "audit" else None
    if event:
        start += f'"eventName":{_quoted(f"mongodb.audit.{event}")},'
    return f'{{{start}"body":{{"stringValue":{_quoted(body)}}},"attributes":[{",".join(attributes)}]}}'


def _text(name: str, value: str) -> str:
    return f'{{"key":"{name}","value":{{"stringValue":{_quoted(value)}}}}}'
