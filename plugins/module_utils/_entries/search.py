# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Searching the entries of a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem, check_file
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import Entry, Facts, line_text
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.lines import Block
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.reading import entries, facts_of, parts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import Unit
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import iso_ms
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable_values

# How many lines back the time of a line is looked for that has none.
_BACK = 200

# Facts that a result has by the same name.
_PLAIN = (
    *(
        "severity",
        "component",
        "context",
        "message",
        "namespace",
        "operation",
        "kind",
        "docs_examined",
        "keys_examined",
    ),
    *("returned", "plan", "shape", "index", "user", "address", "port", "app", "result", "truncated", "reason", "form"),
)


class Query(NamedTuple):
    """What is asked for: everything that is given must hold. ``span`` in milliseconds; ``needles`` are ways to write one text."""

    span: Span
    needles: tuple[bytes, ...] = ()
    regex: re.Pattern[str] | None = None
    severities: frozenset[str] = frozenset()
    namespace: str | None = None
    operation: str | None = None
    user: str | None = None
    min_duration: int | None = None
    newest: bool = True
    limit: int = 100
    longest: int = 65536
    verify: bool = False

    @property
    def by_facts(self) -> bool:
        """Tell whether more than the text and the time of a line matters."""
        asked = (self.namespace, self.operation, self.user, self.min_duration)
        return bool(self.severities) or any(one is not None for one in asked)


class Found(NamedTuple):
    """What a file has: how many entries matched, the first of them in the order asked for, what of it could not be read."""

    matched: int
    entries: list[tuple[tuple[Any, ...], dict[str, Any]]]
    unread: list[dict[str, Any]]
    problem: Problem | None


def needles_of(text: str) -> tuple[bytes, ...]:
    """Return how a text may be written in a line: as it is, and inside a text of JSON, as in a line inside an entry."""
    escaped = json.dumps(text)[1:-1]
    forms = (text, escaped, json.dumps(text, ensure_ascii=False)[1:-1])
    return tuple(dict.fromkeys(form.encode("utf-8", "replace") for form in forms))


def search(unit: Unit, query: Query) -> Found:
    """Return what a file has of what is asked for. Raises ArchiveError when it cannot be read."""
    best = _Best(query)
    unread: list[dict[str, Any]] = []
    problem = check_file(Tree(unit.root, Ownership()), unit.event) if query.verify else None
    with unit.opened() as (file, size):
        for member, block in parts(file, size):
            if block.reason:
                unread.append({"file": unit.file, "member": member, "line": block.number, "reason": block.reason})
            for entry, near in _matching(unit, block, query):
                order = (near, unit.file, member, entry.number)
                best.add(order, unit, member, entry)
    return Found(best.matched, best.kept(), unread, problem)


def _matching(unit: Unit, block: Block, query: Query) -> Iterator[tuple[Entry, int]]:
    """Yield the entries of a block that match, with the time of each, be it of a line before."""
    for entry, start in _candidates(block, query):
        facts = entry.facts
        if query.by_facts and not _fits(facts, query):
            continue
        time = facts.get("time")
        if time is None:
            time = _time_before(block.data, start)
        if time is None:
            time = unit.origin.begin
        if time is not None and (not query.span.begin <= time < query.span.end or unit.is_covered(time)):
            continue
        yield entry, 0 if time is None else time


def _candidates(block: Block, query: Query) -> Iterator[tuple[Entry, int]]:
    """Yield the entries whose text matches, with where their lines begin in the block."""
    data = block.data
    if block.reason:
        text = line_text(data)
        if all((not query.needles or any(one in data for one in query.needles), _has(query.regex, text))):
            yield from ((entry, 0) for entry in entries(block))
        return
    number, counted = block.number, 0
    for start, end in _lines_with(data, query.needles) if query.needles else _lines(data):
        line = data[start:end].rstrip(b"\r")
        if line and _has(query.regex, line_text(line) if query.regex else ""):
            number, counted = number + data.count(b"\n", counted, start), start
            yield Entry(number, line, facts_of(line)), start


def _has(regex: re.Pattern[str] | None, text: str) -> bool:
    return regex is None or regex.search(text) is not None


def _lines(data: bytes) -> Iterator[tuple[int, int]]:
    start = 0
    for line in data.split(b"\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _lines_with(data: bytes, needles: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    """Yield where the lines begin and end that hold a needle: the block is looked through once for each."""
    hits = {needle: data.find(needle) for needle in needles}
    while True:
        hits = {needle: hit for needle, hit in hits.items() if hit >= 0}
        if not hits:
            return
        hit = min(hits.values())
        start = data.rfind(b"\n", 0, hit) + 1
        end = data.find(b"\n", hit)
        end = len(data) if end < 0 else end
        yield start, end
        hits = {needle: at if at >= end else data.find(needle, end) for needle, at in hits.items()}


def _fits(facts: Facts, query: Query) -> bool:
    if query.severities and facts.get("severity", "")[:1] not in query.severities:
        return False
    if query.min_duration is not None and facts.get("duration", -1) < query.min_duration:
        return False
    if query.namespace is not None and not _is_in(facts.get("namespace", ""), query.namespace):
        return False
    if query.operation is not None and query.operation not in (
        facts.get("operation", "").lower(),
        facts.get("kind", "").lower(),
    ):
        return False
    return query.user is None or _is_user(facts.get("user", ""), query.user)


def _is_in(namespace: str, asked: str) -> bool:
    """Tell whether a namespace is the one asked for, or is of the database asked for."""
    return namespace == asked or ("." not in asked and namespace.startswith(f"{asked}."))


def _is_user(users: str, asked: str) -> bool:
    """Tell whether one of the users is the one asked for, with or without a database."""
    return any(user in (asked, f"{asked}@{user.rpartition('@')[2]}") for user in users.split(","))


def _time_before(data: bytes, start: int) -> int | None:
    """Return the time of the nearest line before that has one, as the lines of a trace have none of their own."""
    for _line in range(_BACK):
        if start <= 0:
            return None
        begin = data.rfind(b"\n", 0, start - 1) + 1
        time = facts_of(data[begin : start - 1]).get("time")
        if time is not None:
            return time
        start = begin
    return None


class _Best:
    """The first of what matched in the order that is asked for, in little more room than they take."""

    def __init__(self, query: Query) -> None:
        self.matched = 0
        self._query = query
        self._held: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self._worst: tuple[Any, ...] | None = None

    def add(self, order: tuple[Any, ...], unit: Unit, member: str, entry: Entry) -> None:
        """Count an entry, and keep it when it is among the first."""
        self.matched += 1
        worst = self._worst
        if not self._query.limit or (worst is not None and (order <= worst if self._query.newest else order >= worst)):
            return
        self._held.append((order, told(unit, member, entry, self._query.longest)))
        if len(self._held) >= 2 * self._query.limit:
            self._held = first_of(self._held, self._query)
            self._worst = self._held[-1][0]

    def kept(self) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Return what was kept, in order."""
        return first_of(self._held, self._query)


def first_of(found: list[tuple[tuple[Any, ...], dict[str, Any]]], query: Query) -> list[tuple[tuple[Any, ...], Any]]:
    """Return the first of what was found in the order that is asked for, as many as are wanted."""
    return sorted(found, key=lambda one: one[0], reverse=query.newest)[: query.limit]


def told(unit: Unit, member: str, entry: Entry, longest: int) -> dict[str, Any]:
    """Return an entry as a result tells it."""
    facts, origin = entry.facts, unit.origin
    time = facts.get("time")
    text = line_text(entry.line)
    result: dict[str, Any] = {
        "time": None if time is None else iso_ms(time),
        "written": facts.get("written"),
        "provider": origin.provider,
        "instance": origin.instance,
        "node": origin.node,
        "log_type": origin.log_type,
        "line": text[:longest],
        "line_cut": len(text) > longest,
        "file": unit.file,
        "member": member,
        "number": entry.number,
        "duration_ms": facts.get("duration"),
    }
    result.update((name, facts.get(name)) for name in _PLAIN)
    shown: dict[str, Any] = printable_values(result)
    return shown
