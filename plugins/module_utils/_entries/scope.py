# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that read entries have in common: their options, and which files they are about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple, TypeVar

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.elsewhere import elsewhere
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event, Key
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet, between
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.pool import NotDone, done
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import (
    Unit,
    holds_all,
    span_of,
    units_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress, watched
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import cores
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import parse_moment
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable_values

Made = TypeVar("Made")

NEVER = Span(0, 0)

# How many processes read, and which time.
WORKERS = OptionSet({"workers": {"type": "int"}}, checks={"workers": between(1, 256)})
READING = WORKERS + OptionSet({"begin": {"type": "str"}, "end": {"type": "str"}})


class Scope(NamedTuple):
    """The files that a module is about: those to be read, and how many there are.

    ``uncompared``: the folders of instances of which not all is here that was logged in the span before.
    """

    units: list[Unit]
    total: int
    unread: list[dict[str, Any]]
    uncompared: set[str]


def asked_span(options: Mapping[str, Any], now: float) -> Span:
    """Return the span of the options, open where nothing is given. Raises BadInput."""
    begin, end = (
        parse_moment(options[name], name, int(now)) if options[name] is not None else None for name in ("begin", "end")
    )
    span = span_of(begin, end)
    if span.empty:
        raise BadInput("end: it must be after begin.")
    return span


def in_ms(span: Span) -> Span:
    """Return a span of seconds in milliseconds."""
    return Span(span.begin * 1000, span.end * 1000)


def scope(options: Mapping[str, Any], span: Span, before: Span = NEVER) -> Scope:
    """Return the files of the chosen series that can hold entries of a span. Raises ArchiveError and BadInput.

    An instance that cannot be read hides no other.
    """
    chosen = survey.Chosen.of(options)
    nodes: set[str] = set()
    found = scope_of(options["archive"], survey.some_folders(options["archive"], chosen), chosen, span, nodes, before)
    if not found.unread:
        survey.check_nodes(chosen, nodes)
    return found


def scope_of(
    archive: str, folders: Iterable[str], chosen: survey.Chosen, span: Span, nodes: set[str], before: Span = NEVER
) -> Scope:
    """Return the files of the chosen series of some instances, and add the ``nodes`` that are known of them.

    ``before``: what of the span the rest is compared with.
    """
    found = Scope([], 0, [], set())
    for folder in folders:
        try:
            held = survey.holding(archive, folder, whole=False)
        except ArchiveError as error:
            found.unread.append(unread(folder, error.message))
            continue
        units = units_of(archive, held, chosen, span)
        absent = _absent(held, units.due)
        found.units.extend(unit for unit in units.due if unit.event.key not in absent)
        found.unread.extend(unread(unit.file, absent[unit.event.key]) for unit in units.due if unit.event.key in absent)
        if not before.empty and not (holds_all(held, chosen, before) and _are_here(absent, units.due, before)):
            found.uncompared.add(folder)
        found = found._replace(total=found.total + units.total)
        nodes |= units.nodes
    return found


def _are_here(absent: Collection[Key], units: Iterable[Unit], span: Span) -> bool:
    reaches = (unit.event.reach for unit in units if unit.event.key in absent)
    return all(reach is not None and reach.overlap(span).empty for reach in reaches)


def _absent(held: survey.Holding, units: Iterable[Unit]) -> dict[Key, str]:
    """Return where the files of units are that were left in a bucket when the ledger was brought from there."""
    away = elsewhere(held)
    if away is None:
        return {}
    left = [unit.event for unit in units if away.has(unit.event)]
    names = {folder: set(held.tree.names(folder)) for folder in {_split(event)[0] for event in left}}
    return {event.key: f"not here, in {away.url}" for event in left if _split(event)[1] not in names[_split(event)[0]]}


def _split(event: Event) -> tuple[str, str]:
    folder, _slash, name = (event.path or "").rpartition("/")
    return folder, name


def each(
    work: Callable[[Unit], Made], units: Sequence[Unit], workers: int, progress: Progress, limit: float | None = None
) -> Iterator[tuple[Unit, Made | NotDone]]:
    """Yield every unit with what came of the work on its file, and let whoever watches know how far that is."""

    def size(one: tuple[Unit, object]) -> int:
        return one[0].event.size or 0

    def totals() -> tuple[int, int]:
        return len(units), sum(unit.event.size or 0 for unit in units)

    return watched(progress, done(work, units, workers, limit), size, totals)


def workers_of(options: Mapping[str, Any]) -> int:
    """Return how many processes read."""
    return int(options["workers"] or cores())


def unread(file: str, reason: str) -> dict[str, Any]:
    """Return a file that was not read, and why, as a result tells it."""
    return {"file": file, "member": "", "line": 0, "reason": reason}


def not_done(unit: Unit, result: NotDone) -> dict[str, Any]:
    """Return a unit that was not read as a result tells it."""
    return unread(unit.file, result.reason)


def in_order(unread_parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was not read as it may be shown, in the order of the archive: files come to an end in any."""
    return sorted(printable_values(unread_parts), key=lambda one: (one["file"], one["member"], one["line"]))


def warning(unread_parts: list[dict[str, Any]]) -> str | None:
    """Return a sentence that tells of what was not read, None when all was."""
    if not unread_parts:
        return None
    first = unread_parts[0]
    where = f"{first['file']}, line {first['line']}" if first["line"] else first["file"]
    count = len(unread_parts)
    return (
        f"{count} {'part of the archive was' if count == 1 else 'parts of the archive were'} not read,"
        f" first {where}: {first['reason'].rstrip('.')}."
    )
