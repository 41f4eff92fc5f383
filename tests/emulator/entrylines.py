# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an entry of DDS's logs says: a line of `mongolog`, or one made up from its number, which is quicker."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from typing import Any

_SHOP = ("orders", "customers", "carts", "products", "sessions", "payments")
_OPERATIONS = ("insert", "query", "update", "remove", "getmore", "command", "killcursors")
_TROUBLES = (
    ("Warning", "W", "QUERY", 23798, "Plan executor error during find command"),
    ("Warning", "W", "CONNPOOL", 22566, "Ending connection due to bad connection status"),
    ("Error", "E", "NETWORK", 23256, "SSL peer certificate validation failed"),
)
_SEVERITIES = {"W": "Warning", "E": "Error", "F": "Error"}
_MASK = "***"


@lru_cache(maxsize=4096)
def _second(instant: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant))


def log_time(at: int, form: str) -> str:
    """Write a time as one of the documents' examples does: `milliseconds` and an offset, or `microseconds` and a Z."""
    seconds, rest = divmod(at, 1_000_000)
    if form == "milliseconds":
        return f"{_second(seconds)}.{rest // 1000:03d}+0000"
    return f"{_second(seconds)}.{rest:06d}Z"


def slow(number: int, at: int, text: str | None, *, masked: bool) -> dict[str, Any]:
    """Return the fields of a slow operation; with a mask its values cannot be read."""
    return _made_up_slow(number, at, masked) if text is None else _told_slow(text, masked)


def error(number: int, at: int, text: str | None) -> dict[str, Any]:
    """Return the fields of an error."""
    if text is not None:
        severity = json.loads(text)["s"] if text.startswith("{") else "W"
        return {"raw_message": text, "severity": _SEVERITIES[severity]}
    dice = _dice(number)
    severity, letter, component, what, message = _TROUBLES[dice % len(_TROUBLES)]
    head = f'{{"t":{{"$date":"{log_time(at, "milliseconds")}"}},"s":"{letter}","c":"{component}","id":{what}'
    text = f'{head},"ctx":"conn{dice % 48000}","msg":"{message}","attr":{{"opId":{dice % 1_000_000}}}}}'
    return {"raw_message": text, "severity": severity}


def _dice(number: int) -> int:
    return (number * 6364136223846793005 + 1442695040888963407) % 2**64 >> 20


def _made_up_slow(number: int, at: int, masked: bool) -> dict[str, Any]:
    dice = _dice(number)
    collection, operation = _SHOP[dice % len(_SHOP)], _OPERATIONS[dice // 8 % len(_OPERATIONS)]
    cost, scanned = 100 + dice % 9000, 100 + dice // 16 % 900_000
    value = _MASK if masked else f"SKU-{dice % 1_000_000:06d}"
    text = (
        f'{{"t":{{"$date":"{log_time(at, "milliseconds")}"}},"s":"I","c":"COMMAND","id":51803,"ctx":"conn{dice % 48000}"'
        f',"msg":"Slow query","attr":{{"type":"command","ns":"shop.{collection}","command":{{"find":"{collection}"'
        f',"filter":{{"sku":"{value}"}},"$db":"shop"}},"planSummary":"COLLSCAN","docsExamined":{scanned}'
        f',"nreturned":{dice % 101},"durationMillis":{cost}}}}}'
    )
    return _slow_row(text, operation, cost, dice % 101, scanned, collection)


def _told_slow(text: str, masked: bool) -> dict[str, Any]:
    if not text.startswith("{"):
        return _slow_row(text, "command", 100, 0, 0, "orders")
    document = json.loads(text)
    attr = document["attr"]
    if masked:
        attr["command"] = _masked(attr["command"])
        text = json.dumps(document, separators=(",", ":"))
    operation = "update" if attr["type"] == "update" else "query" if "find" in attr["command"] else "command"
    cost, returned, scanned = attr["durationMillis"], attr.get("nreturned", 0), attr["docsExamined"]
    return _slow_row(text, operation, cost, returned, scanned, attr["ns"].partition(".")[2])


def _slow_row(text: str, operation: str, cost: int, returned: int, scanned: int, collection: str) -> dict[str, Any]:
    return {
        "whole_message": text,
        "operate_type": operation,
        "cost_time": cost,
        "lock_time": cost % 97,
        "docs_returned": returned,
        "docs_scanned": scanned,
        "database": "shop",
        "collection": collection,
        "index_recommendation": "",
    }


def _masked(value: Any, name: str = "") -> Any:
    """Return a command whose values are masked; what it is about stays readable."""
    if isinstance(value, dict):
        return {key: _masked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, name) for inner in value]
    return value if name in ("find", "aggregate", "count", "$db") else _MASK
