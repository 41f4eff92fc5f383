# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an archive holds of the entries that were read by query, and what the emulator says that there is."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, from_iso

from .conftest import Instance, verify

SPELLED = {"slow": "SlowLog", "error": "ErrorLog"}


def lines_of(instance: Instance) -> list[dict[str, Any]]:
    """Return the lines of the ledger, of an archive that was verified."""
    return verify(instance.archive / instance.folder)


def held(instance: Instance, log_type: str = "slow") -> Counter[str]:
    """Return how often each line of the archive's files of entries stands there."""
    folder = instance.archive / instance.folder
    return Counter(line for path in folder.glob(f"*/{log_type}/**/*.jsonl") for line in path.read_text().splitlines())


def offered(instance: Instance, until: float, log_type: str = "slow") -> Counter[str]:
    """Return the entries that the cloud offers up to an instant, as lines."""
    known = instance.emulator.entries.listed(instance.instance, SPELLED[log_type])
    rows = [row for row in known if from_time(row["log_time"]) < until]
    return Counter(json.dumps(row, sort_keys=True, separators=(",", ":")) for row in rows)


def from_time(text: str) -> float:
    """Return the second of an entry."""
    return from_iso(text[:19] + "Z")


def midnight(instance: Instance) -> float:
    """Return when the day began."""
    return instance.emulator.clock.now() // DAY * DAY


def numbers(lines: Counter[str]) -> Counter[str]:
    """Return how often each ``line_num`` stands in lines."""
    return Counter({json.loads(line)["line_num"]: count for line, count in lines.items()})


def late_entry(instance: Instance, hours_ago: float, shown_in: float) -> str:
    """Add an entry of that many hours ago which shows in so many hours from now. Returns its node."""
    now = instance.emulator.clock.now()
    entry = instance.emulator.world.add_entry(
        instance.instance.id, "SlowLog", now - hours_ago * HOUR, shown=now + shown_in * HOUR
    )
    return entry.node_id
