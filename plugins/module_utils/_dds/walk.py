# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From page to page through the entries of a span, to its end: by one thread, and by those that have nothing else to do.

A cursor goes on behind an entry, in whatever order the cloud lists: a part of a span in which that entry lies can be read on
from it, and what lies in the other part was not needed to come there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from math import isqrt
from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.window import (
    MICROSECONDS,
    Entry,
    Window,
    entry_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads

# The begin of a span may not count: it is asked for so many seconds earlier.
LEAD = 1
# A span that has more pages than these is worth the page or two that it costs to cut it.
_LONG = 3

Rows = Sequence[Mapping[str, Any]]


class Walk:
    """The reading of one window. ``page`` returns the entries of a span behind a ``line_num``, or its first.

    Raises CloudError, as ``page`` does.
    """

    def __init__(self, page: Callable[[Span, str | None], Rows], span: Span, threads: Threads | None) -> None:
        self._page = page
        self._span = span
        self._threads = threads
        self._lent: deque[Future[Window]] = deque()
        self._over = False

    def whole(self, asked: Span) -> Window:
        """Return the window when everything of the span that is asked for was read."""
        try:
            window = self._part(asked)
            with self._threads.waiting() if self._threads else nullcontext():
                while self._lent:
                    window.join(self._lent.popleft().result())
        finally:
            self._over = True
        return window

    def _part(self, asked: Span) -> Window:
        """Read a part to its end, taking a page in while the next one is on its way; parts of it go to others."""
        window, used = Window(self._span), set[str]()
        rows = self._page(asked, None)
        while rows and not self._over:
            last = _last(rows, asked, window)
            cursor = str(rows[last]["line_num"])
            if cursor in used:
                raise CloudError(
                    "The list of entries comes back to where it was instead of going on.",
                    code="list_moves",
                    hint="Run again; if it stays, give the request id to the cloud's support.",
                    passing=True,
                )
            used.add(cursor)
            if len(used) > _LONG:
                asked = self._shared(asked, entry_of(rows[0]), entry_of(rows[last]))
            if self._threads:
                taken = self._threads.beside(window.take, rows)
                rows = self._page(asked, cursor)
                taken.result()
            else:
                window.take(rows)
                rows = self._page(asked, cursor)
        return window

    def _shared(self, asked: Span, first: Entry, last: Entry) -> Span:
        """Return what to read on from the last entry, having given what is beyond to another where there is one.

        How far that is from here is the mean of what a page covers and of what is left, as orders of magnitude: entries may
        come evenly, or all within a minute.
        """
        at, forwards = last.at // MICROSECONDS, first.at <= last.at
        left = asked.end - at if forwards else at - asked.begin
        near = isqrt(left * max(1, abs(last.at - first.at) // MICROSECONDS))
        if not LEAD < near < left - LEAD:
            return asked
        middle = at + near if forwards else at - near
        before, behind = Span(asked.begin, middle), Span(middle - LEAD, asked.end)
        kept, other = (before, behind) if forwards else (behind, before)
        lent = self._threads.spare(self._part, other) if self._threads else None
        if lent is None:
            return asked
        self._lent.append(lent)
        return kept


def _last(rows: Rows, asked: Span, window: Window) -> int:
    """Return the position in a page to go on from: the last that is new, as others were shown before.

    Only within the span is a number good as a cursor.
    """
    numbers = [row.get("line_num") for row in rows]
    inside = None
    for position in reversed(range(len(rows))):
        entry = entry_of(rows[position])
        if _within(entry, asked):
            if window.lacks(entry) and numbers.index(numbers[position]) == position:
                return position
            inside = position if inside is None else inside
    return len(rows) - 1 if inside is None else inside


def _within(entry: Entry, asked: Span) -> bool:
    return asked.begin * MICROSECONDS <= entry.at <= asked.end * MICROSECONDS
