# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a bucket lacks of an instance, in the order of a commit. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    COLLECTED,
    Event,
    Hold,
    Key,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.retention import is_held
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Stored
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import (
    Head,
    Position,
    Segment,
    after,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span

ANOTHER_RUN = "another_run"


class Plan(NamedTuple):
    """What is to be put for one instance: files, then segments, then the status, then the head that stands for all that.

    ``there`` are files that a run left which was killed, ``over`` those among ``files`` that take the place of another one, as
    they were collected again. ``holds``: units whose legal hold is to be put on (True) or taken off.
    """

    head: Head | None
    files: list[Event]
    there: list[Event]
    over: frozenset[str]
    segments: list[Segment]
    at: Position
    status: bytes | None
    holds: list[tuple[Event, bool]]
    wanted_holds: tuple[tuple[str, str, int, int], ...]
    problems: list[Problem]

    @property
    def changed(self) -> bool:
        """Tell whether there is more to do than to tell of the last look."""
        return bool(self.files or self.segments or self.holds)

    @property
    def due(self) -> bool:
        """Tell whether there is anything to do."""
        return self.changed or self.head is None or self.head.at != self.at or self.head.status != digest(self.status)

    @property
    def size(self) -> int:
        """Return the bytes of the files and segments to be put."""
        return sum(event.size or 0 for event in self.files) + sum(len(one.data) for one in self.segments)

    @property
    def end(self) -> Position:
        """Return how far the bucket's chain goes then."""
        at = self.at
        for segment in self.segments:
            at = after(at, segment)
        return at


def digest(status: bytes | None) -> str:
    """Return what a head says of the status beside it; nothing where there is none."""
    return "" if status is None else hashlib.sha256(status).hexdigest()


def another_run(place: str) -> ArchiveError:
    """Return why a chain that goes on in another way is left alone."""
    return ArchiveError(
        f"{place}: another run has mirrored, or another archive: the ledger there goes on differently from the one here.",
        code=ANOTHER_RUN,
        hint="Throw a scratch folder away and run again; compare an archive that is kept with log_archive_info.",
    )


def taken_up(
    at: Position, fresh: Sequence[Segment], found: Iterable[tuple[int, bytes]], place: str
) -> tuple[Position, list[Segment]]:
    """Return how far the bucket's chain goes with segments that no head tells of yet, and what is still new of the archive's.

    Raises ArchiveError where a segment is not what the archive has there.
    """
    rest = list(fresh)
    for first, data in found:
        own = rest[0] if rest else Segment(0, "", b"")
        if first != own.first or not data.endswith(b"\n") or not own.data.startswith(data):
            raise another_run(place)
        at = after(at, own._replace(data=data))
        left = own._replace(first=at.lines + 1, data=own.data[len(data) :])
        rest[:1] = [left] if left.data else []
    return at, rest


def collected(segments: Iterable[Segment]) -> list[Key]:
    """Return the units that lines tell were collected, each once, in order."""
    keys: dict[Key, None] = {}
    for segment in segments:
        for line in segment.data.splitlines():
            try:
                value = json.loads(line)
                if value["status"] == COLLECTED:
                    keys[Key(Series(value["node"], value["log_type"]), value["unit"])] = None
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # a break, which somebody accepted
    return list(keys)


def wanted(ledger: Ledger, segments: Iterable[Segment]) -> list[Event]:
    """Return the units that are new and whose files are to be in the bucket: what was pruned since is not."""
    events = (ledger.units.get(key) for key in collected(segments))
    return [event for event in events if event and event.status == COLLECTED and event.path]


def plan(
    head: Head | None,
    at: Position,
    segments: list[Segment],
    status: bytes | None,
    events: Iterable[Event] = (),
    stored: Mapping[str, Stored] | None = None,
    holds: tuple[list[tuple[Event, bool]], tuple[tuple[str, str, int, int], ...]] = ([], ()),
    place: str = "",
) -> Plan:
    """Return what is to be put. ``stored``: what stands in the bucket of the ``events``' paths, with its SHA-256."""
    files, there, over, problems = [], [], set(), []
    for event in events:
        path = event.path or ""
        found = (stored or {}).get(path)
        if found is None:
            files.append(event)
        elif (found.size, found.sha256) == (event.size, event.sha256):
            there.append(event)
        elif event.reason:
            files.append(event)
            over.add(path)
        else:
            problems.append(
                Problem("other", path, f"{place}/{path} is another file than the ledger says, and was left as it is.")
            )
    return Plan(head, files, there, frozenset(over), segments, at, status, *holds, problems)


def told_holds(holds: Collection[Hold]) -> tuple[tuple[str, str, int, int], ...]:
    """Return holds as a head tells them."""
    return tuple(sorted((*hold.series, *hold.span) for hold in holds))


def hold_of(told: tuple[str, str, int, int]) -> Hold:
    """Return a hold that a head tells of."""
    node, log_type, begin, end = told
    return Hold(Series(node, log_type), Span(begin, end))


def changed_holds(ledger: Ledger, head: Head | None, new: Collection[str]) -> list[tuple[Event, bool]]:
    """Return the units in the bucket whose legal hold changes; those at ``new`` paths get theirs when they are put."""
    before = [hold_of(told) for told in (head.holds if head else ())]
    now = list(ledger.legal_holds)
    if told_holds(before) == told_holds(now):
        return []
    units = [
        event
        for event in ledger.units.values()
        if event.path and event.path not in new and (event.status == COLLECTED or event.kept_in)
    ]
    changes = [(event, is_held(event, before), is_held(event, now)) for event in units]
    return [(event, after) for event, before_, after in changes if before_ != after]
