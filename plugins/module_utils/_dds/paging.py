# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Offset paging over lists that move while they are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record

_READERS = 8


class Page(NamedTuple):
    """What one call showed of a list, and how long it said that the list is."""

    rows: list[Record]
    total: int | None


ReadPage = Callable[[int], Page]


def pages(read: ReadPage, offset: int = 0) -> Iterator[Page]:
    """Yield pages from ``offset`` up to the total: a page that is short is not taken for the last.

    A total that was passed by is none: then it is read until a page is empty. Raises CloudError where a server takes no notice
    of the offset and never comes to an end.
    """
    before: list[Record] = []
    while True:
        page = read(offset)
        offset += len(page.rows)
        if page.rows and page.rows == before and (page.total is None or offset > page.total):
            raise CloudError("The list repeats itself instead of going on.", code="list_moves", passing=True)
        before = page.rows
        yield page
        if not page.rows or offset == page.total:
            return


def pages_at_once(read: ReadPage) -> Iterator[Page]:
    """Yield the same pages, read several at a time, as far as the list stays as long as the first page said."""
    first = read(0)
    yield first
    step, total = len(first.rows), first.total
    if not step:
        return
    if total is None or step > total:
        yield from pages(read, step)
        return

    def read_from(begin: int) -> list[Page]:
        found, offset, end = [], begin, min(begin + step, total)
        while offset < end:
            found.append(read(offset))
            offset += len(found[-1].rows) or end
        return found

    under_way: deque[Future[list[Page]]] = deque()
    begins = iter(range(step, total, step))
    with ThreadPoolExecutor(_READERS, "list") as pool:
        try:
            under_way.extend(pool.submit(read_from, begin) for begin in islice(begins, 2 * _READERS))
            while under_way:
                found = under_way.popleft().result()
                yield from found
                if not all(page.rows and page.total == total for page in found):
                    return
                under_way.extend(pool.submit(read_from, begin) for begin in islice(begins, 1))
        finally:
            for future in under_way:
                future.cancel()
