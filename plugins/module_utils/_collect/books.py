# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run writes, in the order of a commit: the file gets its name, then the ledger its line; an asking before it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    COLLECTED,
    EMPTY,
    Event,
    Key,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Asked, Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import READ, Step
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.workers import Fetched
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, Clock

# A package that was asked for and never listed is remembered for as long as it could be asked for.
REMEMBER_ASKED = 7 * DAY

Named = Callable[[Step, str, Digest, int], "tuple[str, str]"]


class Books:
    """The ledger and the status of one instance under the run that holds its lock.

    ``done``: the events written so far. ``taken``: the units whose file came in whole, also where its bytes were held already.
    ``resumed`` and ``warnings`` tell of the files that came in.
    """

    def __init__(self, tree: Tree, ledger: Ledger, status: Status, clock: Clock, named: Named) -> None:
        self.tree = tree
        self.ledger = ledger
        self.status = status
        self.done: list[Event] = []
        self.taken: set[Key] = set()
        self.resumed = 0
        self.warnings: list[str] = []
        self._clock = clock
        self._named = named
        self._brought: set[tuple[layout.Series, str]] = set()

    def record(self, events: Iterable[Event]) -> None:
        """Write events. A file that is adopted is read first: one whose name tells other bytes than it has is left alone."""
        known = []
        for event in events:
            if event.adopted and event.path:
                digest = self.tree.digest(event.path)
                if digest is None or not digest.sha256.startswith(layout.content_mark(event.unit) or ""):
                    continue
                event = event._replace(size=digest.size, sha256=digest.sha256)
            known.append(event)
        self.ledger.append(known, self._clock.now())
        self.done += known

    def keep(self, fetched: Sequence[Fetched]) -> None:
        """Give files that came in whole their names, and write their events."""
        places: dict[str, str] = {}
        events = []
        for one in fetched:
            self.taken.add(one.step.key)
            self.resumed += one.resumed
            self.warnings += one.notes
            part = layout.part_path(one.path)
            if one.step.settles:
                self.status.add_rechecked(one.step.series, one.step.span)
            if one.step.offer is None and not one.digest.size:
                self.tree.remove(part)
                events += [_empty(one)] if one.step.action == READ else []
                continue
            unit, path = self._place(one)
            if layout.content_mark(unit) and self._has_bytes(one.step.series, one.digest):
                self.tree.remove(part)
                continue
            places[part] = path
            events.append(self._collected(one, unit, path))
        self.tree.publish(places)
        self.record(events)

    def note_asked(self, steps: Sequence[Step], listed_before: Mapping[tuple[layout.Series, Span], int]) -> None:
        """Write down that units are about to be asked for, and how many of each were on the list before."""
        now = self._clock.now()
        windows = {(step.series, step.span) for step in steps}
        kept = [one for one in self.status.asked() if one.window not in windows]
        fresh = [Asked(*window, now, listed_before.get(window, 0)) for window in sorted(windows)]
        self.status.set_asked([*kept, *fresh])
        self.save()

    def note_answered(self, step: Step) -> None:
        """Reckon the time in which a unit must show on the list from now, when the asking was answered or given up."""
        now = self._clock.now()
        asked = self.status.asked()
        self.status.set_asked(one._replace(at=now) if one.window == (step.series, step.span) else one for one in asked)

    def forget_asked(self, step: Step) -> None:
        """Take back that a unit was asked for: nothing came of it."""
        self.status.set_asked(one for one in self.status.asked() if one.window != (step.series, step.span))
        self.save()

    def close(self) -> None:
        """Write the status at the end of a run, in which only what may still come of an asking is remembered."""
        now = self._clock.now()
        self.status.set_asked(
            one
            for one in self.status.asked()
            if not self.ledger.holds(Key(one.series, layout.window_unit(one.span))) and now - one.at < REMEMBER_ASKED
        )
        self.save()

    def save(self) -> None:
        """Write the status as it is."""
        self.status.save(self._clock.now(), self.ledger.head)

    def _collected(self, one: Fetched, unit: str, path: str) -> Event:
        step, digest = one.step, one.digest
        begin, end = (None, None) if step.span.empty else step.span
        event = Event(COLLECTED, step.series, unit, begin, end, path)
        return event._replace(size=digest.size, sha256=digest.sha256, source=one.source, reason=step.reason or None)

    def _place(self, one: Fetched) -> tuple[str, str]:
        """Return the unit that a file is, and its path; with all digits of its content where eight are not enough."""
        unit, path = self._named(one.step, one.path, one.digest, 8)
        held = self.ledger.units.get(Key(one.step.series, unit))
        if held and held.sha256 and layout.content_mark(unit) and held.sha256 != one.digest.sha256:
            return self._named(one.step, one.path, one.digest, 64)
        return unit, path

    def _has_bytes(self, series: layout.Series, digest: Digest) -> bool:
        """Tell whether a series holds the same bytes under another name, as a cloud may name each export anew."""
        mark = (series, digest.sha256)
        known = mark in self._brought or self.ledger.units.having(*mark)
        self._brought.add(mark)
        return known


def _empty(one: Fetched) -> Event:
    step = one.step
    event = Event(EMPTY, step.series, step.unit, *step.span, size=0, source=one.source)
    return event._replace(reason=step.reason or None)
