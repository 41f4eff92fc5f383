# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DDS's entries of slow and error logs by query (v3.1): any span of the last 30 days, a page at a time, by a cursor."""

from __future__ import annotations

import re
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from .dds_common import body_time, find_instance, find_node, ok, shaped, wrong
from .dds_model import DdsInstance
from .entries import FILTERS, Entries, Place, Span, fits
from .messages import Answer, RefusedError, Request

if TYPE_CHECKING:
    from .emulator import Emulator

_LONGEST_REACH = 30 * 86400
_NUMBER = re.compile(r"^[0-9]{1,19}$")
_OPERATIONS = {"insert", "query", "update", "remove", "getmore", "command", "killcursors"}
_COMMON = {"start_time", "end_time", "limit", "line_num", "node_id", "keywords"}
_FIELDS = {
    "SlowLog": _COMMON | {"operate_type", "database_keywords", "collection_keywords", "min_cost_time", "max_cost_time"},
    "ErrorLog": _COMMON | {"severity", "search_type"},
}
_KEYWORDS = {"keywords": 512, "database_keywords": 64, "collection_keywords": 128}
_CHOICES = {
    "operate_type": _OPERATIONS,
    "severity": {"Warning", "Error"},
    "search_type": {"forwards", "backwards"},
}


class DdsEntries:
    """Answers with entries, as strict as the documents."""

    def __init__(self, emulator: Emulator) -> None:
        """Serve this emulator's world."""
        self._emulator = emulator
        self._world = emulator.world

    def slow(self, request: Request) -> Answer:
        """Give entries of slow logs."""
        return ok({"slow_logs": self._page("SlowLog", request)})

    def error(self, request: Request) -> Answer:
        """Give entries of error logs."""
        return ok({"error_logs": self._page("ErrorLog", request)})

    def _page(self, log_type: str, request: Request) -> list[dict[str, Any]]:
        instance, body = find_instance(self._world, request), request.params["body"]
        if _version(instance.version) < _version(self._world.entry_version):
            status, code = self._world.entry_refusal.split()
            raise RefusedError(shaped(int(status), code, "The instance version does not support this operation"))
        _check(log_type, body)
        reading = _Reading(self._emulator, instance, log_type, self._span(body), self._nodes(instance, body), body)
        return reading.page(request)

    def _span(self, body: dict[str, Any]) -> Span:
        """Return the microseconds that a span means."""
        start, end = body_time(body, "start_time", "DBS.280067"), body_time(body, "end_time", "DBS.280068")
        now = self._emulator.clock.now()
        if start < now - _LONGEST_REACH:
            raise wrong("start_time must be at most 30 days ago", "DBS.280067")
        if end > now:
            raise wrong("end_time must not be after now", "DBS.280068")
        if end <= start:
            raise wrong("end_time must be after start_time", "DBS.280409")
        ends = self._world.entry_ends
        return Span(
            int(start * 1e6) + (ends not in ("begin", "both")),
            int(end * 1e6) + (ends in ("end", "both")),
        )

    def _nodes(self, instance: DdsInstance, body: dict[str, Any]) -> set[int]:
        """Return the positions of the nodes that are asked for."""
        known = instance.all_nodes() if self._world.removed_nodes else instance.nodes()
        able = [node for node in instance.queried_nodes() if node in known]
        wanted = str(body.get("node_id", ""))
        if wanted:
            node = find_node(known, wanted)
            if node not in able:
                raise wrong(f"the node {wanted} has no such log", "DBS.280407")
            able = [node]
        order = instance.all_nodes()
        return {order.index(node) for node in able}


class _Reading:
    """A span of some nodes, in the order in which this cloud lists it."""

    def __init__(
        self,
        emulator: Emulator,
        instance: DdsInstance,
        log_type: str,
        span: Span,
        nodes: set[int],
        body: dict[str, Any],
    ) -> None:
        self._entries: Entries = emulator.entries
        self._what = (instance, log_type)
        held = self._entries.held()
        self._span = Span(max(span.low, held.low), max(span.high, held.low + 1))
        self._held = held
        self._nodes = nodes
        self._body = body
        self._down = emulator.world.entry_order == "newest"
        self._filters = {name: value for name, value in body.items() if name in FILTERS and value}

    def page(self, request: Request) -> list[dict[str, Any]]:
        """Return a page, with what a fault makes of it."""
        short, again = request.fault("short_page"), request.fault("doubled_entries")
        limit = int(self._body["limit"])
        if short is not None:
            limit = min(limit, int(short.get("count", 1)))
        cursor, backwards = self._body.get("line_num"), self._body.get("search_type") == "backwards"
        after = None if cursor is None else self._place(int(cursor), self._down is not backwards)
        stuck = request.fault("stuck_cursor")
        if stuck is not None and after is not None:
            # The page before comes again, or the first one.
            rows = self._rows(None, limit) if stuck.get("how") == "first" else self._before(after, limit)
        elif backwards and after is not None:
            rows = self._before(after, limit, itself=False)
        else:
            rows = self._rows(after, limit)
        if again is not None:
            # What the page before ended with comes once more, or what this one begins with.
            count = int(again.get("count", 1))
            before = rows[:count] if after is None else self._before(after, count)
            rows = [*before, *rows][: int(self._body["limit"])] if rows else rows
        if rows and request.fault("outside_entries") is not None:
            rows = [*self._outside(), *rows]
        return rows

    def _place(self, number: int, down: bool) -> Place:
        found = self._entries.place(*self._what, self._span, number, down=down)
        if found is None:
            raise wrong("line_num must lie within the time range")
        return found

    def _rows(self, after: Place | None, limit: int, down: bool | None = None) -> list[dict[str, Any]]:
        walk = self._entries.walk(*self._what, self._span, after=after, down=self._down if down is None else down)
        rows = (self._entries.row(*self._what, *place) for place in walk if place[0].node[place[1]] in self._nodes)
        # Most calls want everything.
        return list(islice(filter(partial(fits, self._filters), rows) if self._filters else rows, limit))

    def _before(self, place: Place, limit: int, *, itself: bool = True) -> list[dict[str, Any]]:
        """Return the page that ends at an entry, in the order of the list."""
        step = 0 if not itself else -1 if self._down else 1
        behind = Place(place.hour, place.position + step)
        return self._rows(behind, limit, not self._down)[::-1]

    def _outside(self) -> list[dict[str, Any]]:
        """Return the entries next to the span, on either side."""
        found = []
        for span, down in (
            (Span(self._held.low, self._span.low), True),
            (Span(self._span.high, self._held.high), False),
        ):
            walk = self._entries.walk(*self._what, span, down=down) if span.low < span.high else iter(())
            rows = (self._entries.row(*self._what, *place) for place in walk if place[0].node[place[1]] in self._nodes)
            found += list(islice(rows, 1))
        return found


def _version(text: str) -> list[int]:
    return [int(part) for part in text.split(".")]


def _check(log_type: str, body: dict[str, Any]) -> None:
    """Refuse what the documents do not allow."""
    unknown = sorted(set(body) - _FIELDS[log_type])
    if unknown:
        raise wrong(f"unknown parameter {unknown[0]}")
    limit = body.get("limit")
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 100:
        raise wrong("limit must be within 1 and 100", "DBS.280439")
    line_num = body.get("line_num", "0")
    if not isinstance(line_num, str) or not _NUMBER.match(line_num):
        raise wrong("line_num must be a string of digits")
    if body.get("search_type") == "backwards" and "line_num" not in body:
        raise wrong("search_type backwards needs line_num")
    if not isinstance(body.get("node_id", ""), str):
        raise wrong("node_id must be a string", "DBS.280407")
    for name, allowed in _CHOICES.items():
        if body.get(name, "") not in (allowed if name == "search_type" and name in body else {"", *allowed}):
            raise wrong(f"invalid {name}")
    for name, longest in _KEYWORDS.items():
        words = body.get(name, [])
        if not isinstance(words, list) or len(words) > 10:
            raise wrong(f"{name} must be a list of at most 10 strings")
        if not all(isinstance(word, str) and 0 < len(word) <= longest for word in words):
            raise wrong(f"each of {name} must have 1 to {longest} characters")
    for name in ("min_cost_time", "max_cost_time"):
        value = body.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise wrong(f"{name} must be a number of milliseconds")
