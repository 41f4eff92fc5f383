# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that mongod's auditing writes as JSON: a file of an exact size, the same for the same seed."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

from .mongolog import hex_id, mongo_date

_USERS = (("app", "readWrite", "shop"), ("reports", "read", "shop"), ("rwuser", "root", "admin"))
_COLLECTIONS = ("orders", "customers", "carts", "products", "payments")
_COMMENT = "nightly export of the shop, batch 4711; "


def _operation(rng: random.Random, user: str) -> tuple[str, dict[str, Any], int]:
    """Return the type, the parameters and the result of an audited action."""
    collection = rng.choice(_COLLECTIONS)
    kind = rng.randrange(10)
    if kind == 0:
        return (
            "authenticate",
            {"user": user, "db": "admin", "mechanism": "SCRAM-SHA-256"},
            rng.choice((0, 0, 0, 18)),
        )
    if kind == 1:
        return (
            "createIndex",
            {"ns": f"shop.{collection}", "indexName": "state_1", "indexSpec": {"state": 1}},
            0,
        )
    who = {"customer_id": {"$oid": hex_id(rng, 24)}}
    command, args = rng.choice(
        (
            ("find", {"find": collection, "filter": who, "limit": 50}),
            (
                "insert",
                {"insert": collection, "ordered": True, "documents": [{"_id": {"$oid": hex_id(rng, 24)}}]},
            ),
            ("update", {"update": collection, "updates": [{"q": who, "u": {"$set": {"state": "paid"}}}]}),
            ("delete", {"delete": collection, "deletes": [{"q": who, "limit": 1}]}),
        )
    )
    denied = 13 if user == "reports" and command != "find" else 0
    return (
        "authCheck",
        {"command": command, "ns": f"shop.{collection}", "args": {**args, "$db": "shop"}},
        denied,
    )


def _entry(rng: random.Random, ms: int, comment: str | None = None) -> str:
    user, role, database = rng.choice(_USERS)
    kind, param, result = _operation(rng, user)
    if comment is not None:
        param = {**param, "comment": comment}
    document = {
        "atype": kind,
        "ts": {"$date": mongo_date(ms)},
        "uuid": {"$binary": base64.b64encode(rng.randbytes(16)).decode(), "$type": "04"},
        "local": {"ip": "192.168.4.17", "port": 8635},
        "remote": {
            "ip": f"192.168.{rng.randrange(8)}.{rng.randrange(2, 250)}",
            "port": rng.randrange(32768, 60999),
        },
        "users": [{"user": user, "db": "admin"}],
        "roles": [{"role": role, "db": database}],
        "param": param,
        "result": result,
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


def _filler(length: int) -> str:
    return (_COMMENT * (length // len(_COMMENT) + 1))[:length]


def content(seed: int, log_id: str, size: int, start: float, end: float) -> bytes:
    """Return an audit log of exactly `size` bytes with entries between `start` and `end`.

    The size is given, not found, so that a list of thousands of logs costs nothing. The last entry's
    comment fills what is left.
    """
    rng = random.Random(f"{seed}:{log_id}")
    expected = max(1, size // 420)
    step = max(1.0, (end - start) * 1000 / (expected + 2))
    ms = start * 1000
    parts: list[bytes] = []
    left = size
    while left > 1200:
        ms = min(ms + step * rng.uniform(0.4, 1.6), end * 1000 - 1)
        part = _entry(rng, int(ms)).encode()
        parts.append(part)
        left -= len(part)
    state = rng.getstate()
    shortest = len(_entry(rng, int(end * 1000) - 1, ""))
    if left < shortest:
        return b"".join(parts) + b"\n" * left
    rng.setstate(state)
    parts.append(_entry(rng, int(end * 1000) - 1, _filler(left - shortest)).encode())
    return b"".join(parts)
