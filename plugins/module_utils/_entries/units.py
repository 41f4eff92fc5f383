# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of an archive can hold entries of a span. The one place where entries meet the ledger."""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, EMPTY, Event, Key
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import Origin
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, merge

_FIRST, _LAST = 0, 253402300800


class Unit(NamedTuple):
    """A unit whose file may hold entries that are asked for.

    ``root`` is the instance's folder. ``covered`` are, in milliseconds, spans whose entries other files hold better: where
    exports and entry files of a series cover the same time, entry files count.
    """

    root: str
    event: Event
    origin: Origin
    covered: tuple[Span, ...]

    @property
    def file(self) -> str:
        """Return where the file stands in the archive."""
        return f"{self.origin.folder}/{self.origin.path}"

    def is_covered(self, time: int | None) -> bool:
        """Tell whether an entry of this time counts in another file."""
        if time is None or not self.covered:
            return False
        at = bisect_right(self.covered, (time, _LAST * 1000)) - 1
        return at >= 0 and time < self.covered[at].end

    @contextmanager
    def opened(self) -> Iterator[tuple[IO[bytes], int]]:
        """Open the file, with its size. Raises ArchiveError."""
        tree = Tree(self.root, Ownership())
        with tree.reading(self.origin.path) as own, os.fdopen(os.dup(own), "rb", buffering=0) as file:
            yield file, os.fstat(own).st_size


class Units(NamedTuple):
    """The units of chosen series: those that can hold entries of a span, how many there are at all, and the nodes known."""

    due: list[Unit]
    total: int
    nodes: set[str]


def span_of(begin: int | None, end: int | None) -> Span:
    """Return a span that is open where nothing is given."""
    return Span(_FIRST if begin is None else begin, _LAST if end is None else end)


def units_of(archive: str, held: survey.Holding, chosen: survey.Chosen, span: Span) -> Units:
    """Return the units of the chosen series of an instance that can hold entries of a span, in order of time."""
    covered = _covered(held)
    collected = [e for e in held.ledger.units.values() if e.status == COLLECTED and e.path and chosen.has(e.series)]
    due = [event for event in collected if _reaches(event, span)]
    due.sort(key=lambda event: (event.period or Span(_FIRST, _FIRST), event.series, event.unit))
    root = os.path.join(archive, held.folder)
    made = [
        Unit(root, event, _origin(held, event), () if event.span else covered.get(event.series, ())) for event in due
    ]
    return Units(made, len(collected), held.nodes)


def newer(held: survey.Holding, heads: Mapping[Series, str]) -> set[Key] | None:
    """Return the units that the ledger tells of after the head that is given for their series; None for a head that is not there.

    All units of a series without a head are newer.
    """
    waiting = dict(heads)
    found: set[Key] = set()
    for line in _ledger_lines(held.tree):
        try:
            value = json.loads(line)
            series = Series(value["node"], value["log_type"])
            if value.get("unit") and series not in waiting:
                found.add(Key(series, value["unit"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            pass  # the ledger itself says which line cannot be read
        head = hashlib.sha256(line).hexdigest()
        if head in waiting.values():
            waiting = {series: other for series, other in waiting.items() if other != head}
    return None if waiting else found


def _ledger_lines(tree: Tree) -> Iterator[bytes]:
    for name in tree.names(""):
        if layout.LEDGER.match(name):
            # What is behind the last newline is a line that a run did not finish.
            yield from (tree.read(name) or b"").split(b"\n")[:-1]


def _reaches(event: Event, span: Span) -> bool:
    reach = event.reach
    # The end of an audit log is that of its last entry, without its fraction of a second.
    fraction = event.series.log_type == "audit"
    return reach is None or (reach.begin < span.end and span.begin < reach.end + fraction)


def _covered(held: survey.Holding) -> dict[Series, tuple[Span, ...]]:
    """Return the time that entry files cover, of every series that has exports too."""
    exported = {event.series for event in held.ledger.units.values() if event.path and not event.span}
    spans: dict[Series, list[Span]] = {}
    for event in held.ledger.units.values() if exported else ():
        if event.series in exported and event.span and event.status in (COLLECTED, EMPTY):
            spans.setdefault(event.series, []).append(Span(event.span.begin * 1000, event.span.end * 1000))
    return {series: tuple(merge(several)) for series, several in spans.items()}


def _origin(held: survey.Holding, event: Event) -> Origin:
    identity, period = held.identity, event.period
    return Origin(
        folder=held.folder,
        provider=identity["provider"],
        region=identity["region"],
        project=identity["project"],
        instance=identity["instance"],
        node=event.series.node,
        log_type=event.series.log_type,
        unit=event.unit,
        path=event.path or "",
        sha256=event.sha256 or "",
        begin=period.begin * 1000 if period else None,
    )
