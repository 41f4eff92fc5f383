# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run that is under way over an instance, as whoever may read the archive sees it. Takes no lock."""

from __future__ import annotations

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Holder, holder_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Moment, words
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import MINUTE, from_iso, iso

# A run of another host, whose processes cannot be seen, is under way if it has noted something within so many seconds.
_FRESH = 2 * MINUTE


def under_way(tree: Tree, status: Status, instance: str, now: int) -> dict[str, Any] | None:
    """Return the run that writes to an instance's folder, with how far it has come; None where none is known to."""
    holder = holder_of(tree)
    if holder is None or (holder.is_here and not holder.runs()):
        return None
    at, moment = _noted(status, status.name or instance, holder)
    if not holder.is_here and now - max(at, holder.since) > _FRESH:
        return None
    return {
        "host": holder.host,
        "pid": holder.pid,
        "since": iso(holder.since),
        "noted": iso(at) if moment else None,
        "progress": moment.as_dict() if moment else None,
        "sentence": words(moment) if moment else f"{status.name or instance}: since {iso(holder.since)}",
    }


def _noted(status: Status, name: str, holder: Holder) -> tuple[int, Moment | None]:
    """Return what the run itself has noted, and when; a run before it may have been killed and left its own."""
    noted = status.progress or {}
    try:
        at, moment = from_iso(noted["at"]), Moment.of_dict(name, noted)
    except (KeyError, TypeError, ValueError, AttributeError):
        return 0, None
    return (at, moment) if at >= holder.since else (0, None)
