# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From page to page through the entries of a span, to its end: by one thread, and by those that have nothing else to do.

A cursor goes on behind an entry, in whatever order the cloud lists: a part of a span in which that entry lies can be read on
from it, and what lies in the other part was not needed to come there.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.window import (
    MICROSECONDS,
    Entry,
    Window,
    entry_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Spare

# The begin of a span may not count: it is asked for so many seconds earlier.
LEAD = 1
# A span that has more pages than these is worth the page or two that it costs to cut it.
_LONG = 3

Rows = Sequence[Mapping[str, Any]]


class Walk:
    """The reading of one window. ``page`` returns the entries of a span behind a ``line_num``, or its first.

    Raises CloudError, as ``page`` does.
    """

    def __init__(self, page: Callable[[Span, str | None], Rows], window: Span, spare: Spare) -> None:
        self._page = page
        self._window = Window(window)
        self._spare = spare
        self._adding = threading.Lock()
        self._lent: deque[Future[None]] = deque()
        self._over = False

    def whole(self, asked: Span) -> Window:
        """Return the window when everything of the span that is asked for was read."""
        try:
            self._part(asked)
            while self._lent:
                self._lent.popleft().result()
        finally:
            self._over = True
        return self._window

    def _part(self, asked: Span) -> None:
        """Read a part to its end, while the next page is on its way; parts of it go to others."""
        used = set[str]()
        rows = self._page(asked, None)
        with ThreadPoolExecutor(1) as ahead:
            while rows and not self._over:
                last = self._last(rows, asked)
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
                following = ahead.submit(self._page, asked, cursor)
                entries = [entry_of(row) for row in rows]
                with self._adding:
                    for entry in entries:
                        self._window.add(entry)
                rows = following.result()

    def _last(self, rows: Rows, asked: Span) -> int:
        """Return the position in a page to go on from: the last that is new, as others were shown before.

        Only within the span is a number good as a cursor.
        """
        numbers = [row.get("line_num") for row in rows]
        inside = None
        for position in reversed(range(len(rows))):
            entry = entry_of(rows[position])
            if _within(entry, asked):
                if self._window.lacks(entry) and numbers.index(numbers[position]) == position:
                    return position
                inside = position if inside is None else inside
        return len(rows) - 1 if inside is None else inside

    def _shared(self, asked: Span, first: Entry, last: Entry) -> Span:
        """Return what to read on from the last entry, having given the half behind it to another where there is one."""
        at = last.at // MICROSECONDS
        forwards = first.at <= last.at
        middle = (at + (asked.end if forwards else asked.begin)) // 2
        before, behind = Span(asked.begin, middle), Span(middle - LEAD, asked.end)
        kept, other = (before, behind) if forwards else (behind, before)
        if abs(middle - at) <= LEAD or not _within(last, kept):
            return asked
        lent = self._spare(partial(self._part, other))
        if lent is None:
            return asked
        self._lent.append(lent)
        return kept


def _within(entry: Entry, asked: Span) -> bool:
    return asked.begin * MICROSECONDS <= entry.at <= asked.end * MICROSECONDS
