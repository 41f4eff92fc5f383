# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads, of which it is known whether one has nothing to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Callable


class Threads:
    """Work done side by side, so much at once, in its order. What waits for others to work does not count."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        # Each that works may have waited for another.
        self._pool = ThreadPoolExecutor(2 * count, name)
        self._places = threading.Semaphore(count)
        self._load = 0
        self._counting = threading.Lock()
        self._stopped = False

    def submit(self, work: Callable[..., None], *arguments: Any) -> None:
        """Have something done when its turn comes."""
        self._count_in()
        self._begin(work, *arguments)

    def spare(self, work: Callable[[], None]) -> Future[None] | None:
        """Have something done at once, if there is nothing else to do for somebody; None if not.

        Its result may only be waited for within :meth:`waiting`.
        """
        with self._counting:
            if self._load >= self._count:
                return None
            self._load += 1
        return self._begin(work)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Leave the place of the work that waits in here to others."""
        self._count_out()
        self._places.release()
        try:
            yield
        finally:
            self._count_in()
            self._places.acquire()

    def stop(self) -> None:
        """Drop what has not begun, and wait for the rest."""
        self._stopped = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, work: Callable[..., None], *arguments: Any) -> Future[None]:
        future = self._pool.submit(self._in_place, work, *arguments)
        future.add_done_callback(lambda _future: self._count_out())
        return future

    def _in_place(self, work: Callable[..., None], *arguments: Any) -> None:
        with self._places:
            if self._stopped:
                raise CancelledError
            work(*arguments)

    def _count_in(self) -> None:
        with self._counting:
            self._load += 1

    def _count_out(self) -> None:
        with self._counting:
            self._load -= 1
