# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Half-open spans of time ``[begin, end)`` in Unix seconds, and what can be reckoned with them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Span(NamedTuple):
    """The time from ``begin`` up to, but without, ``end``."""

    begin: int
    end: int

    def covers(self, other: Span) -> bool:
        """Tell whether ``other`` lies wholly within this span."""
        return self.begin <= other.begin and other.end <= self.end

    def overlap(self, other: Span) -> Span:
        """Return what both have; empty (``end <= begin``) when they do not meet."""
        return Span(max(self.begin, other.begin), min(self.end, other.end))

    @property
    def empty(self) -> bool:
        """Tell whether there is no time in this span."""
        return self.end <= self.begin


def floor_to(instant: int, step: int) -> int:
    """Return the latest multiple of ``step`` that is not after ``instant``."""
    return instant - instant % step


def ceil_to(instant: int, step: int) -> int:
    """Return the earliest multiple of ``step`` that is not before ``instant``."""
    return instant + -instant % step


def grid(span: Span, step: int) -> Iterator[Span]:
    """Cut a span at every multiple of ``step``. As Unix days have no leap seconds, steps that divide a day meet midnight."""
    begin = span.begin
    while begin < span.end:
        end = min(floor_to(begin, step) + step, span.end)
        yield Span(begin, end)
        begin = end


def backwards(span: Span, first: int) -> Iterator[Span]:
    """Cut a span into parts from its end on, the last of them ``first`` long and each before twice as long."""
    end, length = span.end, first
    while end > span.begin:
        begin = max(span.begin, end - length)
        yield Span(begin, end)
        end, length = begin, 2 * length


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the same time as ordered spans that neither meet nor touch."""
    merged: list[Span] = []
    for span in sorted(span for span in spans if not span.empty):
        if merged and span.begin <= merged[-1].end:
            merged[-1] = Span(merged[-1].begin, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def subtract(span: Span, taken: Iterable[Span]) -> list[Span]:
    """Return what is left of ``span`` without the time of ``taken``, in order."""
    left: list[Span] = []
    begin = span.begin
    for other in merge(one for one in taken if one.begin < span.end and span.begin < one.end):
        if other.begin > begin:
            left.append(Span(begin, other.begin))
        begin = other.end
    if begin < span.end:
        left.append(Span(begin, span.end))
    return left
