# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of DDS's slow and error logs: which there are at the clock's time, in which order, and what they say.

An hour of an instance is made when it is first asked for, from the rates of its nodes, from `Traffic` and from the
entries that a test put there, and kept as arrays, so that hundreds of thousands are quick to page through.
"""

from __future__ import annotations

import random
import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import entrylines, mongolog
from .clock import Clock
from .dds_model import DdsInstance, Traffic
from .world import World

HOUR = 3600 * 1_000_000
# What a call can ask for of an entry.
FILTERS = {
    *("operate_type", "severity", "keywords", "database_keywords", "collection_keywords"),
    *("min_cost_time", "max_cost_time"),
}
# How often one moment of an hour with a burst has more than one entry.
_SAME_MOMENT = 0.02


class Span(NamedTuple):
    """Microseconds from `low` up to, but without, `high`."""

    low: int
    high: int

    @classmethod
    def around(cls, begin: float, end: float) -> Span:
        """Return an hour more at both ends than Unix seconds say, for who judges entries by the time that is written on them."""
        return cls(int(begin * 1e6) - HOUR, int(end * 1e6) + HOUR)


class Place(NamedTuple):
    """Where an entry stands: the hour's number, and the position in it."""

    hour: int
    position: int


@dataclass
class Hour:
    """The entries of an hour by time and number; `told` are the texts of those that are not made up from their number."""

    at: array[int] = field(default_factory=lambda: array("q"))
    number: array[int] = field(default_factory=lambda: array("q"))
    node: array[int] = field(default_factory=lambda: array("h"))
    shown: array[int] = field(default_factory=lambda: array("q"))
    told: dict[int, str] = field(default_factory=dict)


class _Draft:
    """An hour that is being made; a number that is taken already is raised by one."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int]] = []
        self.told: dict[int, str] = {}
        self._taken: set[int] = set()

    def add(self, at: int, node: int, shown: int, number: int | None = None, text: str | None = None) -> None:
        if number is None:
            number = at * 1000 + (at * 7919 + node * 131) % 1000
            while number in self._taken:
                number += 1
        self._taken.add(number)
        self.rows.append((at, number, node, shown))
        if text is not None:
            self.told[number] = text

    def again(self) -> None:
        self.rows.append(self.rows[-1])

    def done(self) -> Hour:
        self.rows.sort()
        columns = list(zip(*self.rows, strict=True)) or [(), (), (), ()]
        at, number, node, shown = (array(kind, column) for kind, column in zip("qqhq", columns, strict=True))
        return Hour(at, number, node, shown, self.told)


class Entries:
    """The entries of a world's instances, seen at the clock's time."""

    def __init__(self, world: World, clock: Clock) -> None:
        """Look at the world's instances."""
        self._world = world
        self._clock = clock
        self._made: dict[tuple[str, str], tuple[Any, dict[int, Hour]]] = {}

    # -- for tests

    def listed(
        self, instance: DdsInstance, log_type: str, *, node_id: str | None = None, span: Span | None = None
    ) -> list[dict[str, Any]]:
        """Return every entry that the cloud offers now, once each, by time and number: what nobody may miss."""
        found, nodes = {}, [node.id for node in instance.all_nodes()]
        for hour, position in self.walk(instance, log_type, span or self.held()):
            if node_id in (None, nodes[hour.node[position]]):
                found[hour.number[position]] = self.row(instance, log_type, hour, position)
        return list(found.values())

    # -- for calls

    def held(self) -> Span:
        """Return the time of which the cloud still has entries."""
        now = self._clock.now()
        return Span(int((now - self._world.entry_keep_seconds) * 1e6), int(now * 1e6) + 1)

    def walk(
        self, instance: DdsInstance, log_type: str, span: Span, *, after: Place | None = None, down: bool = False
    ) -> Iterator[tuple[Hour, int]]:
        """Yield what is shown of a span, from its begin or from behind a place, and backwards where asked."""
        hours, now = self._hours(instance, log_type), int(self._clock.now() * 1e6)
        low, high = span.low // HOUR, (span.high - 1) // HOUR
        numbers = range(after.hour if after and not down else low, (after.hour if after and down else high) + 1)
        for number in reversed(numbers) if down else numbers:
            hour = hours(number)
            first, last = 0, len(hour.at)
            if number == low:
                first = bisect_left(hour.at, span.low)
            if number == high:
                last = bisect_left(hour.at, span.high)
            if after and number == after.hour:
                first, last = (first, after.position) if down else (after.position + 1, last)
            for position in reversed(range(first, last)) if down else range(first, last):
                if hour.shown[position] <= now:
                    yield hour, position

    def place(self, instance: DdsInstance, log_type: str, span: Span, number: int, *, down: bool) -> Place | None:
        """Return where the entry of a number stands, behind all that have the same one; None where it is not in the span."""
        hours = self._hours(instance, log_type)
        low, high = span.low // HOUR, (span.high - 1) // HOUR
        likely = number // 1000 // HOUR
        for hour_number in [likely] * (low <= likely <= high) + list(range(low, high + 1)):
            hour = hours(hour_number)
            try:
                position = hour.number.index(number)
            except ValueError:
                continue
            while not down and hour.number[position + 1 : position + 2] == array("q", [number]):
                position += 1
            return Place(hour_number, position) if span.low <= hour.at[position] < span.high else None
        return None

    def row(self, instance: DdsInstance, log_type: str, hour: Hour, position: int) -> dict[str, Any]:
        """Return an entry as the API shows it."""
        number, at = hour.number[position], hour.at[position]
        node = instance.all_nodes()[hour.node[position]]
        row: dict[str, Any] = {"node_name": node.name, "node_id": node.id}
        text = hour.told.get(number)
        if log_type == "SlowLog":
            row |= entrylines.slow(number, at, text, masked=instance.slow_log_masking)
            if self._world.quoted_numbers:
                row |= {name: str(value) for name, value in row.items() if isinstance(value, int)}
            if self._world.sparse:
                del row["index_recommendation"]
        else:
            row |= entrylines.error(number, at, text)
        return {**row, "log_time": entrylines.log_time(at, self._world.entry_time_form), "line_num": str(number)}

    # -- hours

    def _hours(self, instance: DdsInstance, log_type: str) -> Callable[[int], Hour]:
        """Return what makes an hour, or has it from before if nothing was changed since."""
        nodes = tuple((n.id, n.per_hour(log_type), n.created_at, n.removed_at) for n in instance.queried_nodes())
        told, flows = len(instance.entries), len(instance.traffic)
        as_it_is = (nodes, told, flows, self._world.entry_lag)
        known, made = self._made.get((instance.id, log_type), (None, {}))
        if known != as_it_is:
            made = {}
            self._made[instance.id, log_type] = (as_it_is, made)

        def hour(number: int) -> Hour:
            if number not in made:
                made[number] = self._make(instance, log_type, number)
            return made[number]

        return hour

    def _make(self, instance: DdsInstance, log_type: str, number: int) -> Hour:
        draft, lag = _Draft(), self._world.entry_lag * 1e6
        order = {node.id: position for position, node in enumerate(instance.all_nodes())}
        for node in instance.queried_nodes():
            rate, seed = node.per_hour(log_type), self._world.seed
            for ms, line in mongolog.hour(seed, node.id, "DataNode", log_type, rate, number) if rate > 0 else []:
                if node.created_at <= ms / 1000 < (node.removed_at or float("inf")):
                    at = ms * 1000 + ms * 7919 % 1000
                    draft.add(at, order[node.id], at + int(lag * (ms % 7) / 6), text=line)
        for traffic in instance.traffic:
            if traffic.log_type == log_type:
                self._flow(draft, traffic, order[traffic.node_id], number)
        for entry in instance.entries:
            if entry.log_type == log_type and entry.at // HOUR == number:
                draft.add(entry.at, order[entry.node_id], entry.shown_at, entry.line_num, entry.message)
        return draft.done()

    def _flow(self, draft: _Draft, traffic: Traffic, node: int, number: int) -> None:
        """Write the hour of a flow: evenly, or most of it within a minute when it is many times the usual."""
        index = number - traffic.first_hour
        if not 0 <= index < len(traffic.counts):
            return
        count, usual = traffic.counts[index], sum(traffic.counts) / len(traffic.counts)
        dice = random.Random(f"{self._world.seed}:{traffic.node_id}:{traffic.log_type}:{number}")
        peak, lag = dice.random() * (HOUR - 60_000_000), self._world.entry_lag * 1e6
        at = begin = number * HOUR
        for turn in range(count):
            if not turn or dice.random() > _SAME_MOMENT:
                narrow = count > 4 * usual and dice.random() < 0.8
                at = begin + int(peak + dice.random() * 60_000_000 if narrow else dice.random() * HOUR)
            late = dice.random() < traffic.late
            draft.add(at, node, at + int(dice.random() * (traffic.late_seconds * 1e6 if late else lag)))
            if dice.random() < traffic.doubled:
                draft.again()


def fits(wanted: dict[str, Any], row: dict[str, Any]) -> bool:
    """Say whether an entry is one that the filters of a call ask for."""
    text = row.get("whole_message") or row.get("raw_message") or ""
    words = set(re.split(r"[^\w$.-]+", text)) if wanted.get("keywords") else set()
    return (
        wanted.get("operate_type") in (None, "", row.get("operate_type"))
        and wanted.get("severity") in (None, "", row.get("severity"))
        and wanted.get("min_cost_time", 0) <= int(row.get("cost_time", 0))
        and int(row.get("cost_time", 0)) <= wanted.get("max_cost_time", float("inf"))
        and all(any(word.startswith(begin) for word in words) for begin in wanted.get("keywords") or [])
        and _begins(row.get("database", ""), wanted.get("database_keywords"))
        and _begins(row.get("collection", ""), wanted.get("collection_keywords"))
    )


def _begins(name: str, wanted: list[str] | None) -> bool:
    return not wanted or any(name.startswith(begin) for begin in wanted)
