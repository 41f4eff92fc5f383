# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units whose files were left in a bucket when the ledger was brought from there: they are not here, and not missing."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Key, Where
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Holding


class Elsewhere(NamedTuple):
    """Which bucket has files that are not here, and the units that were collected here since the ledger was brought from it."""

    url: str
    newer: frozenset[Key]

    def has(self, event: Event) -> bool:
        """Tell whether the bucket has the file of a unit."""
        return event.status == COLLECTED and event.key not in self.newer


def elsewhere(held: Holding) -> Elsewhere | None:
    """Return where files are that are not here; None for an archive that has all its files, or whose ledger is another one."""
    told = held.status.elsewhere
    if not told:
        return None
    head, at = told.get("head", ""), Where.of(told.get("head_at", ""))
    newer = _since(held.tree, head, at)
    if newer is None and at is not None:
        newer = _since(held.tree, head, None)
    return None if newer is None else Elsewhere(told.get("url", ""), frozenset(newer))


def _since(tree: Tree, head: str, at: Where | None) -> set[Key] | None:
    """Return the units that the ledger tells of after the line with this SHA-256; None where there is no such line.

    ``at``: where that line stands, so that nothing need be read before it; None to begin with the ledger.
    """
    found: set[Key] | None = None
    for name in tree.names(""):
        if layout.LEDGER.match(name) and (at is None or name >= at.file):
            for line in tree.lines(name, at.offset if at and name == at.file else 0):
                if found is not None:
                    found.update(_unit(line))
                elif hashlib.sha256(line.rstrip(b"\n")).hexdigest() == head:
                    found = set()
    return found


def _unit(line: bytes) -> list[Key]:
    try:
        value = json.loads(line)
        return [Key(Series(value["node"], value["log_type"]), value["unit"])] if value.get("unit") else []
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []  # the ledger itself says which line cannot be read
