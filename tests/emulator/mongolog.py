# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that mongod 4.4 and later writes: structured JSON, the same for the same seed.

Lines are made an hour at a time, from a generator seeded with the node, the log type and the hour, so that
any span of any node can be had at any time, in any order; the hours asked for last are kept, as the same are asked for again.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

_SHOP = ("orders", "customers", "carts", "products", "sessions", "payments")
_APPS = ("shop-api", "billing-worker", "reports", "Mongo Connector", "admin-console")
_STATES = ("open", "paid", "shipped", "returned")
_PLANS = (
    "COLLSCAN",
    "COLLSCAN",
    "IXSCAN { customer_id: 1 }",
    "IXSCAN { created_at: -1 }",
    "IXSCAN { sku: 1 }",
)


def mongo_date(milliseconds: int) -> str:
    """Write Unix milliseconds as mongod does."""
    seconds, rest = divmod(milliseconds, 1000)
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:03d}+00:00"


def hex_id(rng: random.Random, digits: int) -> str:
    """Return random lower-case hex digits."""
    return f"{rng.getrandbits(digits * 4):0{digits}x}"


def uuid_text(rng: random.Random) -> str:
    """Return a random UUID in its usual form."""
    raw = hex_id(rng, 32)
    return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


def _line(ms: int, severity: str, component: str, number: int, ctx: str, msg: str, attr: dict[str, Any]) -> str:
    document = {"t": {"$date": mongo_date(ms)}, "s": severity, "c": component, "id": number, "ctx": ctx}
    return json.dumps({**document, "msg": msg, "attr": attr}, separators=(",", ":"))


def _command(rng: random.Random, collection: str, ms: int) -> tuple[str, str, dict[str, Any]]:
    """Return the component, the operation's type and the command of a slow operation."""
    session = {"lsid": {"id": {"$uuid": uuid_text(rng)}}, "$db": "shop"}
    customer = {"customer_id": {"$oid": hex_id(rng, 24)}}
    kind = rng.randrange(5)
    if kind == 0:
        since = {"created_at": {"$gte": {"$date": mongo_date(ms - 86_400_000)}}, "state": rng.choice(_STATES)}
        return "COMMAND", "command", {"find": collection, "filter": since, "limit": 200, **session}
    if kind == 1:
        group = {"$group": {"_id": "$state", "total": {"$sum": "$amount"}}}
        pipeline = [{"$match": {"state": rng.choice(_STATES)}}, group]
        return "COMMAND", "command", {"aggregate": collection, "pipeline": pipeline, "cursor": {}, **session}
    if kind == 2:
        return (
            "COMMAND",
            "command",
            {"find": collection, "filter": customer, "sort": {"created_at": -1}, **session},
        )
    if kind == 3:
        return (
            "WRITE",
            "update",
            {"q": customer, "u": {"$set": {"state": "paid"}}, "multi": True, "upsert": False},
        )
    return (
        "COMMAND",
        "command",
        {"count": collection, "query": {"sku": f"SKU-{rng.randrange(10**6):06d}"}, **session},
    )


def _shape_hash(*parts: str) -> str:
    """Return what a server gives operations alike: eight hex digits."""
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:8].upper()


def _slow_line(rng: random.Random, ms: int, node_type: str) -> str:
    collection = rng.choice(_SHOP)
    component, kind, command = _command(rng, collection, ms)
    plan, examined, millis = (
        rng.choice(_PLANS),
        rng.randrange(100, 900_000),
        int(rng.lognormvariate(5.6, 0.9)) + 100,
    )
    attr: dict[str, Any] = {
        "type": kind,
        "ns": f"shop.{collection}",
        "appName": rng.choice(_APPS),
        "command": command,
    }
    if node_type == "ConfigSrvNode":
        attr |= {"ns": "config.chunks", "appName": "mongos", "command": {"find": "chunks", "$db": "config"}}
    attr |= {
        "planSummary": plan,
        "keysExamined": 0 if plan == "COLLSCAN" else examined // 3,
        "docsExamined": examined,
    }
    if kind == "update":
        attr |= {"nMatched": rng.randrange(1, 40), "nModified": rng.randrange(1, 40), "keysInserted": 1}
    else:
        attr |= {
            "cursorExhausted": True,
            "nreturned": rng.randrange(0, 101),
            "reslen": rng.randrange(200, 90_000),
        }
    attr |= {
        "numYields": examined // 1000,
        "queryHash": _shape_hash(attr["ns"], kind, *attr["command"]),
        "planCacheKey": _shape_hash(attr["ns"], kind, plan, *attr["command"]),
        "locks": {
            "Global": {"acquireCount": {"r": examined // 1000 + 1}},
            "Mutex": {"acquireCount": {"r": 1}},
        },
        "storage": {"data": {"bytesRead": examined * 211, "timeReadingMicros": millis * 310}},
        "remote": f"10.23.{rng.randrange(8)}.{rng.randrange(2, 250)}:{rng.randrange(32768, 60999)}",
        "protocol": "op_msg",
        "durationMillis": millis,
    }
    return _line(ms, "I", component, 51803, f"conn{rng.randrange(900, 48000)}", "Slow query", attr)


def _error_line(rng: random.Random, ms: int) -> str:
    remote = f"10.23.{rng.randrange(8)}.{rng.randrange(2, 250)}:{rng.randrange(32768, 60999)}"
    peer = f"mongo-{rng.randrange(1, 4)}.cluster.internal:27017"
    connection = f"conn{rng.randrange(900, 48000)}"
    kind = rng.randrange(100)
    if kind < 30:
        error = {"code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "operation exceeded time limit"}
        attr: dict[str, Any] = {
            "error": error,
            "stats": {},
            "cmd": {"find": rng.choice(_SHOP), "maxTimeMS": 5000},
        }
        return _line(ms, "W", "QUERY", 23798, connection, "Plan executor error during find command", attr)
    if kind < 50:
        attr = {"opId": rng.randrange(10**6), "error": "lock acquire timeout"}
        msg = "Failed to gather storage statistics for slow operation"
        return _line(ms, "W", "COMMAND", 20525, connection, msg, attr)
    if kind < 70:
        error = {"code": 6, "codeName": "HostUnreachable", "errmsg": "Connection closed by peer"}
        attr = {"hostAndPort": peer, "error": error, "numOpenConns": rng.randrange(1, 60)}
        msg = "Ending connection due to bad connection status"
        return _line(ms, "W", "CONNPOOL", 22566, "ReplNetwork", msg, attr)
    if kind < 85:
        attr = {"error": "SSL peer certificate validation failed: certificate has expired", "remote": remote}
        return _line(ms, "E", "NETWORK", 23256, connection, "SSL peer certificate validation failed", attr)
    if kind < 95:
        error = {"code": 202, "codeName": "NetworkInterfaceExceededTimeLimit", "errmsg": "Request timed out"}
        attr = {"target": peer, "error": error, "attempts": rng.randrange(1, 4)}
        return _line(ms, "W", "REPL", 23974, "ReplCoord-1", "Heartbeat failed after max retries", attr)
    if kind < 99:
        message = f"__posix_file_write, 579: /data/db/index-{rng.randrange(900)}.wt: No space left on device"
        attr = {"error": 28, "message": message}
        return _line(ms, "E", "STORAGE", 22435, "WTCheckpointThread", "WiredTiger error", attr)
    attr = {"msgid": 40433, "file": "src/mongo/db/repl/oplog.cpp", "line": 412}
    return _line(ms, "F", "-", 23089, "OplogApplier-0", "Fatal assertion", attr)


def _busy(hour: int, node_id: str) -> float:
    """Return how busy an hour is, around 1: a day's curve and a few bad hours."""
    curve = 1 + 0.6 * math.sin((hour % 24 - 8) / 24 * 2 * math.pi)
    bad = 3.0 if hashlib.sha256(f"{node_id}{hour}".encode()).digest()[0] < 8 else 1.0
    return curve * bad


@lru_cache(maxsize=4096)
def hour(
    seed: int, node_id: str, node_type: str, log_type: str, per_hour: float, number: int
) -> tuple[tuple[int, str], ...]:
    """Return the lines of an hour, counted from 1970, with their Unix milliseconds, in order of time."""
    rng = random.Random(f"{seed}:{node_id}:{log_type}:{number}")
    expected = per_hour * _busy(number, node_id)
    count = int(expected) + (rng.random() < expected % 1)
    moments = sorted(number * 3_600_000 + rng.randrange(3_600_000) for _turn in range(count))
    if log_type == "SlowLog":
        return tuple((ms, _slow_line(rng, ms, node_type)) for ms in moments)
    return tuple((ms, _error_line(rng, ms)) for ms in moments)


def lines(
    seed: int, node_id: str, node_type: str, log_type: str, per_hour: float, begin: float, end: float
) -> list[str]:
    """Return the lines of one node and log type in `[begin, end)`, Unix seconds, in order of time."""
    first, last = math.ceil(begin * 1000), math.ceil(end * 1000)
    if per_hour <= 0 or last <= first:
        return []
    found: list[str] = []
    for number in range(first // 3_600_000, (last - 1) // 3_600_000 + 1):
        hour_lines = hour(seed, node_id, node_type, log_type, per_hour, number)
        found.extend(line for ms, line in hour_lines if first <= ms < last)
    return found
