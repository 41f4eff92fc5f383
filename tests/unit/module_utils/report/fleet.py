# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report of a large fleet, made without an archive."""

from __future__ import annotations

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.describe import COUNTED, total
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report import facts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.alerts import alerts_of, state_of

from .conftest import FRAME, day

# What the days of a series are, again and again; of the busiest, one in three is empty.
PATTERNS = (
    [("held", 29), ("empty", 1)],
    [("held", 2), ("empty", 1)],
    [("held", 88), ("empty", 1), ("pending", 1)],
)


def fleet(instances: int, days: int) -> dict[str, Any]:
    """Return the report of so many instances of three nodes and two types of log; every tenth has lost something."""
    found = [_instance(number, days) for number in range(instances)]
    slow = slow_operations(found[0]["folder"], found[0]["instance"], 30)
    return facts.report("/srv/mongodb-logs", found, FRAME._replace(days=days), slow)


def slow_operations(folder: str, instance: str, shapes: int) -> dict[str, Any]:
    """Return what a report tells of the slow operations of an instance: so many shapes, all of which are worse."""
    figures = {"count": 28, "total_ms": 28, "mean_ms": 1.0, "p95_ms": 2, "max_ms": 7}
    worst = {"time": "2026-03-08T10:00:00.123Z", "node": "node-1", "duration_ms": 7, "plan": "COLLSCAN", "number": 7}
    examined = {"docs_examined": 9999, "keys_examined": None, "returned": 1}
    place = {"file": f"{folder}/node-1/slow/x.log", "member": ""}
    days = {day(number)[:10]: number for number in range(1, 8)} | {"2026-02-23": 1, "2026-02-27": 1}
    shape = {
        "folder": folder,
        "instance": instance,
        "namespace": "shop.orders",
        "operation": "find",
        "pattern": '{"customer": 1, "state": 1}',
        "index": "{ a: 1 }",
        "change": "worse",
        **figures,
        "before": {**figures, "count": 2, "total_ms": 2},
        "days": days,
        "worst": {**worst, **examined, **place},
    }
    return {
        "begin": day(1),
        "end": day(8),
        "before_begin": day(-6),
        "count": 28 * shapes,
        "total_ms": 28 * shapes,
        "compared": {"count": 28 * shapes, "total_ms": 28 * shapes},
        "uncompared": 0,
        "before": {"count": 2 * shapes, "total_ms": 2 * shapes},
        "days": days,
        "unread": 0,
        "files_read": 2800,
        "bytes_read": 10**9,
        "files_left": 0,
        "bytes_left": 0,
        "shapes_total": shapes,
        "changes": {"new": 0, "worse": shapes, "better": 0, "same": 0, "gone": 0},
        "shapes": [{**shape, "shape": f"{number:08X}"} for number in range(shapes)],
    }


def _instance(number: int, days: int) -> dict[str, Any]:
    series = [
        _series(f"udb-{number:04x}{node}", log_type, days, PATTERNS[(number + node) % 3], lost=number % 10 == 0)
        for node in range(3)
        for log_type in ("error", "slow")
    ]
    identity = {"provider": "umongodb", "region": "cn-bj2", "project": "default", "instance": f"uclmongo-{number:08x}"}
    told: dict[str, Any] = {
        **identity,
        "name": None,
        "folder": "/".join(identity.values()),
        "breaks": [],
        "holds": [],
        "series": series,
    }
    told.update(total(series), head=f"{number:064x}", lines=6 * days, run={"failure": None}, cut=None)
    alerts = alerts_of(told, FRAME.now, FRAME.alert_before, FRAME.stalled_after)
    return {**told, "state": state_of(alerts), "alerts": alerts, "since": day(0), "last_success": day(7)}


def _series(node: str, log_type: str, days: int, pattern: list[tuple[str, int]], *, lost: bool) -> dict[str, Any]:
    states = [state for _time in range(days) for state, count in pattern for _day in range(count)][:days]
    losses = [{"unit": "u", "begin": day(0), "end": day(1), "reason": "too late"}] if lost else []
    states[-10:-9] = ["lost"] if lost else states[-10:-9]
    runs: list[dict[str, Any]] = []
    for state in states:
        if runs and runs[-1]["state"] == state:
            runs[-1]["days"] += 1
        else:
            runs.append({"state": state, "days": 1})
    times = {"since": day(0), "until": None, "last_success": day(7), "last_attempt": day(7), "first": day(0)}
    counts = {**dict.fromkeys(COUNTED, 0), "collected": days, "lost": len(losses)}
    none: dict[str, Any] = {"missing": [], "pending": [], "gaps": [], "closed": False, "next_loss": None}
    own = {
        "node": node,
        "log_type": log_type,
        "by": "package",
        "claim": "every window",
        "last": day(7),
        "counts": counts,
        "bytes": 10**9,
    }
    return {**own, **times, **none, "lost": losses, "days": runs}
