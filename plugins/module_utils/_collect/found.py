# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that stand in the archive without a ledger line: what a run left that ended between renaming and recording."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Place
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import LOST, Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    PENDING,
    RECORD,
    REREAD,
    Plan,
    Step,
    opened,
    ordered,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY

Recognise = Callable[[Place], "Event | None"]


class Found:
    """What stands there without a line, as units; recognised by the names of the files alone."""

    def __init__(self, tree: Tree, ledger: Ledger, recognise: Recognise) -> None:
        self._tree = tree
        self._recognise = recognise
        self._held = ledger.paths
        self._folders: dict[str, list[Event]] = {}

    def everything(self) -> list[Event]:
        """Return the units of every file of an archive that lost its ledger, and the opening of their series."""
        events = list(self._anywhere())
        first: dict[layout.Series, int] = {}
        for event in events:
            if event.begin is not None:
                first[event.series] = min(event.begin, first.get(event.series, event.begin))
        return [opened(series, begin) for series, begin in sorted(first.items())] + events

    def marked(self) -> list[Event]:
        """Return the files whose name tells their content, which no plan names before they are exported again."""
        return [event for event in self._anywhere() if layout.content_mark(event.unit) and event.path not in self._held]

    def adopt(self, plan: Plan) -> Plan:
        """Return the plan with every unit whose file stands there already taken up instead of fetched, asked for or lost."""
        steps: dict[tuple[object, ...], Step] = {}
        for step in plan.steps:
            event = self._of(step) if _is_due(step) else None
            named = step.offer.size if step.offer else None
            if event and named is not None and named != event.size:
                # A file of another size than the cloud names is not trusted: it is fetched anew.
                step = step._replace(reason=f"in place of a file without a line that had {event.size} bytes")
            elif event:
                step = Step(
                    RECORD, event.series, event.unit, step.span, event=event, reason="the file is there already"
                )
            steps[step.action, step.key] = step
        return plan._replace(steps=ordered(steps.values()))

    def _of(self, step: Step) -> Event | None:
        """Return the unit, with the path of its file, that makes the step needless: looked for where its file would stand."""
        folder = layout.day_folder(step.series, step.span.begin)
        if folder not in self._folders:
            self._folders[folder] = list(self._in(folder, step.series))
        for event in self._folders[folder]:
            if event.unit == step.unit or (
                event.span and event.span.covers(step.span) and not layout.is_late(event.unit)
            ):
                return event._replace(begin=step.span.begin, end=step.span.end) if event.span is None else event
        return None

    def _in(self, folder: str, series: layout.Series) -> Iterator[Event]:
        for name in self._tree.names(folder):
            path = f"{folder}/{name}"
            event = None if path in self._held or self._tree.is_folder(path) else self._unit(path)
            if event:
                yield event._replace(series=series)

    def _anywhere(self) -> Iterator[Event]:
        for path in self._tree.files():
            event = self._unit(path)
            place = layout.place(path)
            if event and place and not layout.content_mark(event.unit):
                begin = place.day if event.begin is None else event.begin
                end = place.day + DAY if event.end is None else event.end
                event = event._replace(begin=begin, end=end)
            if event:
                yield event

    def _unit(self, path: str) -> Event | None:
        place = layout.place(path)
        event = self._recognise(place) if place else None
        return event._replace(path=path, size=self._tree.size(path), adopted=True) if event else None


def any_file(tree: Tree) -> bool:
    """Tell whether there is any archived file."""
    return any(layout.place(path) for path in tree.files())


def _is_due(step: Step) -> bool:
    if step.event:
        return step.event.status == LOST
    return step.action not in (PENDING, REREAD)
