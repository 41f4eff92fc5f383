# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far an export has come: for each series the ledger's head, and what was left out before it. Kept beside the output."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Key, Where
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import newer
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, BadInput

NAME = "export.json"
VERSION = 1

# More units that are left than these are read with all the others as quickly as they are looked up.
_FEW = 1000


class Progress:
    """What of an archive was exported into a folder, and how. ``known`` tells whether there was anything before."""

    def __init__(self, tree: Tree, options: Mapping[str, Any]) -> None:
        self.known = False
        self._tree = tree
        self._options = dict(options)
        self._instances: dict[str, dict[str, dict[str, Any]]] = {}

    @classmethod
    def read(cls, tree: Tree, options: Mapping[str, Any]) -> Progress:
        """Return the progress in a folder. Raises BadInput for one that was made with other options, ArchiveError."""
        progress = cls(tree, options)
        data = tree.read(NAME) if tree.exists() else None
        if data is None:
            return progress
        path = f"{tree.root}/{NAME}"
        try:
            value = json.loads(data)
            instances = {
                folder: {
                    name: {
                        "head": str(one["head"]),
                        "head_at": str(one.get("head_at") or ""),
                        "left": [*map(str, one["left"])],
                    }
                    for name, one in series.items()
                }
                for folder, series in value["instances"].items()
            }
            before = {name: value[name] for name in options}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ArchiveError(f"{path} cannot be read.", hint="Export into another folder, or restore it.") from None
        if before != progress._options:
            other = next(name for name in options if before[name] != options[name])
            raise BadInput(
                f"dest: it holds an export with another {other} ({before[other]}); give a folder of its own for this one."
            )
        progress.known = True
        progress._instances = instances
        return progress

    def is_much_left(self, folder: str) -> bool:
        """Tell whether much of an instance was not exported yet, so that its ledger is to be read whole."""
        series = self._instances.get(folder, {}).values()
        return not series or sum(len(one["left"]) for one in series) > _FEW

    def due(self, held: survey.Holding, chosen: survey.Chosen) -> dict[Key, Event]:
        """Return the units of the chosen series that were not exported yet. Raises ArchiveError."""
        before = self._instances.get(held.folder, {})
        known = {Series(*name.split("/", 1)): one for name, one in before.items()}
        asked = {series: one for series, one in known.items() if chosen.has(series)}
        units = held.ledger.units
        found = _newer(held, asked, chosen) if asked else dict(units.items())
        if found is None:
            raise ArchiveError(
                f"The ledger of {held.folder} no longer has the head that the export ended at.",
                code="head",
                hint="Verify the archive; if it was rebuilt, export into another folder.",
            )
        left = {Key(series, unit) for series, one in asked.items() for unit in one["left"]} - found.keys()
        found.update((key, units[key]) for key in left if key in units)
        return {key: event for key, event in found.items() if chosen.has(key.series) and event.status == COLLECTED}

    def note(self, held: survey.Holding, chosen: survey.Chosen, left: Collection[Key]) -> None:
        """Note that all of the chosen series but what is left was exported, up to the ledger's head."""
        series = self._instances.setdefault(held.folder, {})
        for one in held.ledger.units.series:
            if chosen.has(one):
                units = sorted(key.unit for key in left if key.series == one)
                at = str(held.ledger.head_at or "")
                series["/".join(one)] = {"head": held.ledger.head, "head_at": at, "left": units}

    def save(self) -> None:
        """Write it, at once."""
        value = {"v": VERSION, **self._options, "instances": self._instances}
        self._tree.replace(NAME, json.dumps(value, indent=1, sort_keys=True).encode("ascii") + b"\n")


def _newer(
    held: survey.Holding, known: Mapping[Series, Mapping[str, Any]], chosen: survey.Chosen
) -> dict[Key, Event] | None:
    """Return what the ledger tells of units after the heads that are known: from the first of them on, where all are somewhere."""
    places = [Where.of(one["head_at"]) for one in known.values()]
    is_new = any(chosen.has(series) and series not in known for series in held.ledger.units.series)
    at = None if is_new or None in places else min(filter(None, places))
    return newer(held, {series: one["head"] for series, one in known.items()}, at)
