# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a ledger tells: events, the units that they are about, and the words for them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, floor_to
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY

COLLECTED, EMPTY, LOST, PRUNED, ACCEPTED = "collected", "empty", "lost", "pruned", "accepted"
OPENED, CLOSED = "opened", "closed"
HOLD, RELEASED = "hold", "released"

# Never written: a unit whose file is not as its line says, as a run found that is to repair it.
DAMAGED = "damaged"

# What is not there for good, and is collected should the cloud offer it after all.
GONE = frozenset({LOST, ACCEPTED, DAMAGED})

# Why a series of slow or error logs of the Huawei family was opened: how it is collected since then. Exports are meant where nothing is said.
BY_QUERY, BY_EXPORT = "by query", "by export"

# The node and log type of what concerns all of them.
EVERY = "*"

# An export has what the cloud held when it was asked: entries of up to seven days, which need not begin with a whole one.
EXPORT_REACH = 8 * DAY

# What ends the reason of a unit that was pruned because a bucket has its file.
_KEPT_IN = re.compile(r"; its file is in (s3://\S+)\Z")


class Key(NamedTuple):
    """What names a unit within an instance."""

    series: Series
    unit: str


class Break(NamedTuple):
    """A line that was altered, or does not follow: where it is, and the SHA-256 of it and of the line before it.

    With both, an acceptance is of these very bytes: altered once more, they are another break.
    """

    file: str
    line: int
    what: str
    sha256: str
    prev: str

    def __str__(self) -> str:
        """Return the break as a person reads it."""
        return self.what


class Hold(NamedTuple):
    """A span that no retention touches, of a series or, where its node or log type is ``*``, of all of them."""

    series: Series
    span: Span

    def covers(self, series: Series, span: Span) -> bool:
        """Tell whether any of the span of a series is held."""
        of = all(own in (EVERY, other) for own, other in zip(self.series, series))
        return of and not self.span.overlap(span).empty


class Event(NamedTuple):
    """Something that became known for good. ``unit`` is empty when it is about no single unit."""

    status: str
    series: Series
    unit: str = ""
    begin: int | None = None
    end: int | None = None
    path: str | None = None
    size: int | None = None
    sha256: str | None = None
    source: Mapping[str, Any] | None = None
    reason: str | None = None
    adopted: bool = False
    by: str | None = None
    broken: Break | None = None

    @property
    def key(self) -> Key:
        """Return the name of the unit."""
        return Key(self.series, self.unit)

    @property
    def of_unit(self) -> bool:
        """Tell whether this is about a single unit."""
        return bool(self.unit) and self.status not in (OPENED, CLOSED)

    @property
    def kept_in(self) -> str | None:
        """Return where the file of a unit is that was pruned because a bucket has it, as ``s3://bucket/prefix``."""
        match = _KEPT_IN.search(self.reason or "") if self.status == PRUNED else None
        return match[1] if match else None

    @property
    def span(self) -> Span | None:
        """Return the time of the unit, when it is known."""
        return None if self.begin is None or self.end is None else Span(self.begin, self.end)

    @property
    def period(self) -> Span | None:
        """Return the time of the unit: the day of an instant and, where no time is known, that of the file's folder."""
        span = self.span
        if span is not None:
            return _day(floor_to(span.begin, DAY)) if span.empty else span
        place = layout.place(self.path) if self.path else None
        return _day(place.day) if place else None

    @property
    def days(self) -> Span | None:
        """Return the days, counted since 1970, that the time of the unit touches."""
        period = self.period
        return Span(period.begin // DAY, -(-period.end // DAY)) if period else None

    @property
    def reach(self) -> Span | None:
        """Return the time that the content may be of, which without a time of its own begins days before its folder's."""
        period = self.period
        return period._replace(begin=period.begin - EXPORT_REACH) if period and self.span is None else period


def _day(begin: int) -> Span:
    return Span(begin, begin + DAY)
