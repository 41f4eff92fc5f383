# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of an archive can hold entries of a span. The one place where entries meet the ledger."""

from __future__ import annotations

import hashlib
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.claims import claim_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.codec import Reader
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Key, Where
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import Origin
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, subtract

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


def units_of(
    archive: str, held: survey.Holding, chosen: survey.Chosen, span: Span, known: Iterable[Event] | None = None
) -> Units:
    """Return the units of the chosen series of an instance that can hold entries of a span, in order of time.

    ``known``: the units that are asked for; None is all.
    """
    units = held.ledger.units
    # The end of an audit log may be a second early.
    events = units.reaching(span._replace(begin=span.begin - 1), chosen.has) if known is None else known
    due = [event for event in events if event.status == COLLECTED and event.path and _reaches(event, span)]
    covered = {series: _in_ms(units.there(series)) for series in {event.series for event in due if not event.span}}
    due.sort(key=lambda event: (event.period or Span(_FIRST, _FIRST), event.series, event.unit))
    root = os.path.join(archive, held.folder)
    made = [
        Unit(root, event, _origin(held, event), () if event.span else covered.get(event.series, ())) for event in due
    ]
    return Units(made, units.count(COLLECTED, chosen.has), held.nodes)


def holds_all(held: survey.Holding, chosen: survey.Chosen, span: Span) -> bool:
    """Tell whether the files of all that chosen series of an instance had in a span are there: without a node, from its begin on.

    Of series that are no windows, nothing is known to be missing from the first to the last that is held.
    """
    found: list[Span] = []
    for series in held.ledger.series:
        if chosen.has(series):
            kept = _kept(held, series)
            since, until = held.ledger.scopes.get(series, (None, None))
            own = span.overlap(Span(span.end if since is None else since, span.end if until is None else until))
            if subtract(own, kept):
                return False
            found += kept
    return not subtract(span, found)


def _kept(held: survey.Holding, series: Series) -> list[Span]:
    units = held.ledger.units
    if claim_of(held.identity, series, held.ledger, timed=units.tally(series).timed).windowed:
        return units.there(series)
    bounds = units.bounds(series)
    return [bounds] if bounds else []


def newer(held: survey.Holding, heads: Mapping[Series, str], at: Where | None) -> dict[Key, Event] | None:
    """Return what the ledger tells of units after the head that is given for their series; None for a head that is not there.

    ``at``: where the first of these heads stood, so that nothing need be read before it; None to begin with the ledger. All units
    of a series without a head are newer.
    """
    found = _newer(held, heads, at)
    return _newer(held, heads, None) if found is None and at is not None else found


def _newer(held: survey.Holding, heads: Mapping[Series, str], at: Where | None) -> dict[Key, Event] | None:
    waiting, reader = dict(heads), Reader()
    found: dict[Key, Event] = {}
    for line in _ledger_lines(held.tree, at):
        known = reader.read(line)
        # The ledger itself says which line cannot be read.
        if known and known[1].of_unit and known[1].series not in waiting:
            found[known[1].key] = known[1]
        head = hashlib.sha256(line).hexdigest()
        if head in waiting.values():
            waiting = {series: other for series, other in waiting.items() if other != head}
        if head == held.ledger.head:
            break  # what a run writes meanwhile is for the next look
    return None if waiting else found


def _ledger_lines(tree: Tree, at: Where | None) -> Iterator[bytes]:
    for name in tree.names(""):
        if layout.LEDGER.match(name) and (at is None or name >= at.file):
            for line in tree.lines(name, at.offset if at and name == at.file else 0):
                # What is behind the last newline is a line that a run did not finish.
                if line.endswith(b"\n"):
                    yield line[:-1]


def _reaches(event: Event, span: Span) -> bool:
    reach = event.reach
    # The end of an audit log is that of its last entry, without its fraction of a second.
    fraction = event.series.log_type == "audit"
    return reach is None or (reach.begin < span.end and span.begin < reach.end + fraction)


def _in_ms(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(Span(span.begin * 1000, span.end * 1000) for span in spans)


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
