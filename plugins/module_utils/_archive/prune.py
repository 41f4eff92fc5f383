# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pruning one instance: the decision, and carrying it out so that being killed anywhere leaves nothing unsaid."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, retention, verify
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    HOLD,
    PRUNED,
    RELEASED,
    Event,
    Hold,
    Key,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.retention import Rules
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso_or_none


class Wanted(NamedTuple):
    """What is asked of every instance: the rules, the holds that shall exist with their reasons, and those that end."""

    rules: Rules
    holds: Mapping[Hold, str]
    released: Collection[Hold]


class Pruning(NamedTuple):
    """What is to be done about one instance, or was.

    ``holds`` are the events of holds, ``units`` those of units that go, ``leftovers`` those that went before and whose
    files still stand, as a run was killed. ``freed`` are the bytes of all these files.
    """

    holds: list[Event]
    units: list[Event]
    leftovers: list[Event]
    kept: Counter[str]
    left: int
    problems: list[Problem]
    freed: int

    @property
    def changed(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.holds or self.units or self.leftovers)


def plan(
    held: Holding, chosen: Chosen, wanted: Wanted, now: int, mirrored: Callable[[Event], bool] | None = None
) -> Pruning:
    """Return what to do about an instance at ``now``. Reads every file that would go, and writes nothing.

    ``mirrored``: whether another place has a file for certain; where it is given, no other goes.
    """
    problems: list[Problem] = []

    def intact(event: Event) -> bool:
        problem = verify.check_file(held.tree, event)
        problems.extend([problem] if problem else [])
        return problem is None

    events, holds = retention.holding(held.ledger.legal_holds, wanted.holds, wanted.released)
    units = held.ledger.units
    if held.ledger.breaks:
        # What an altered ledger says of a file is no reason to remove it.
        size = sum(units.tally(series).size for series in units.series if chosen.has(series))
        return Pruning(events, [], [], Counter(), size, list(verify.check_chain(held.ledger, None)), 0)
    decision = retention.decide(units, chosen.has, wanted.rules, holds, now, intact, mirrored)
    leftovers = [event for event in _standing(held, chosen) if not retention.is_held(event, holds) and intact(event)]
    freed = _size([*decision.prune, *leftovers])
    return Pruning(events, decision.prune, leftovers, decision.kept, decision.left, problems, freed)


def carry_out(held: Holding, pruning: Pruning, reason: str, now: int) -> Pruning:
    """Write the lines of what goes, and then remove its files: what a killed run leaves, the next one removes.

    Returns what was done, with the faults of the disk among its problems.
    """
    gone = [event._replace(reason=reason) for event in pruning.units]
    try:
        held.ledger.append([*pruning.holds, *gone], now)
    except ArchiveError as error:
        left, problems = pruning.left + _size(gone), [*pruning.problems, Problem.of(error)]
        return Pruning([], [], [], pruning.kept, left, problems, 0)
    faults: list[Problem] = []
    paths = [event.path or "" for event in (*gone, *pruning.leftovers)]
    removed = {path for path in paths if _is_removed(held.tree.remove, path, faults)}
    for folder in sorted({os.path.dirname(path) for path in removed}):
        _is_removed(held.tree.remove_folders, folder, faults)
    leftovers = [event for event in pruning.leftovers if event.path in removed]
    freed = _size(event for event in (*gone, *leftovers) if event.path in removed)
    return pruning._replace(leftovers=leftovers, problems=pruning.problems + faults, freed=freed)


def _is_removed(remove: Callable[[str], None], path: str, faults: list[Problem]) -> bool:
    """Remove a file or its folders; what cannot be removed is noted, and keeps nothing else from going."""
    try:
        remove(path)
    except ArchiveError as error:
        faults.append(Problem.of(error, path))
        return False
    return True


def _size(events: Iterable[Event]) -> int:
    return sum(event.size or 0 for event in events)


def _standing(held: Holding, chosen: Chosen) -> list[Event]:
    """Return the units that were pruned, and whose files still stand."""
    units, names = held.ledger.units, {}
    found = []
    for event in _pruned(held, [series for series in sorted(units.series) if chosen.has(series)]):
        folder, _slash, name = (event.path or "").rpartition("/")
        if folder not in names:
            names[folder] = set(held.tree.names(folder))
        if name in names[folder] and units.paths.get(event.path or "") == event.key:
            found.append(event)
    return found


def _pruned(held: Holding, chosen: Sequence[Series]) -> Iterator[Event]:
    """Yield what was pruned of series and has a path, at least where the folder of its day still stands."""
    units, tree = held.ledger.units, held.tree
    if any(units.tally(series).odd for series in chosen):
        yield from (one for one in units.values() if one.status == PRUNED and one.series in chosen and one.path)
        return
    for series in chosen:
        pruned = list(units.tally(series).days_of(PRUNED))
        known: dict[Key, Event] = {}
        for folder in _day_folders(tree, series) if pruned else ():
            day = layout.day_of(folder)
            if day is not None and any(days.begin <= day < days.end for days in pruned):
                known.update((one.key, one) for one in units.pruned(series, day) if one.path)
        yield from known.values()


def _day_folders(tree: Tree, series: Series) -> Iterator[str]:
    found = [layout.series_folder(series).rstrip("/")]
    for _level in ("year", "month", "day"):
        found = [f"{folder}/{name}" for folder in found for name in _folders(tree, folder)]
    yield from found


def _folders(tree: Tree, folder: str) -> list[str]:
    try:
        return tree.names(folder)
    except ArchiveError:
        return []  # what stands there is no folder


def result(done: Mapping[str, Pruning], problems: Sequence[tuple[str, Problem]], limit: int) -> dict[str, Any]:
    """Return what the module returns of the instances, by folder; lists hold at most ``limit``."""
    units = [(folder, event) for folder, pruning in done.items() for event in pruning.units]
    statuses = Counter(event.status for pruning in done.values() for event in pruning.holds)
    kept = sum((pruning.kept for pruning in done.values()), Counter[str]())
    return {
        "changed": any(pruning.changed for pruning in done.values()),
        "counts": {
            "pruned": len(units),
            "leftovers": sum(len(pruning.leftovers) for pruning in done.values()),
            HOLD: statuses[HOLD],
            RELEASED: statuses[RELEASED],
        },
        "kept": {reason: kept[reason] for reason in retention.KEPT},
        "bytes": sum(pruning.freed for pruning in done.values()),
        "bytes_left": sum(pruning.left for pruning in done.values()),
        "units": [_unit(folder, event) for folder, event in units[:limit]],
        "units_omitted": max(0, len(units) - limit),
        "problems": [problem.told(folder) for folder, problem in problems[:limit]],
        "problems_omitted": max(0, len(problems) - limit),
    }


def diff(archive: str, done: Mapping[str, Pruning]) -> dict[str, str]:
    """Return the change of the archive as a person reads it: the files and the holds that go, and the new holds."""
    gone, new = [], []
    for folder, pruning in done.items():
        gone += [f"{folder}/{event.path}" for event in (*pruning.leftovers, *pruning.units)]
        for event in pruning.holds:
            node, log_type = event.series
            span = f"{iso_or_none(event.begin)} to {iso_or_none(event.end)}"
            line = f"{folder}: hold of {node} {log_type} {span}"
            if event.status == HOLD:
                new.append(f"{line} ({event.reason})")
            else:
                gone.append(line)
    before, after = ("".join(line + "\n" for line in lines) for lines in (gone, new))
    return {"before_header": archive, "after_header": archive, "before": before, "after": after}


def _unit(folder: str, event: Event) -> dict[str, Any]:
    return {
        "instance": folder,
        **event.series._asdict(),
        "unit": event.unit,
        "begin": iso_or_none(event.begin),
        "end": iso_or_none(event.end),
        "path": event.path,
        "size": event.size,
    }
