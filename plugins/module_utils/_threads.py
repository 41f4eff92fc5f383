# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work in threads, and threads that are lent to work under way."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, TypeVar

# How many times as much at once as at first, at most.
GROWTH = 4

T = TypeVar("T")


class Threads:
    """So much work at once, in its order; each piece of work may share what is long with another thread."""

    def __init__(self, count: int, name: str) -> None:
        self._count = self._limit = count
        self._most = 2 * count
        self._growing = count > 1
        self._pool = ThreadPoolExecutor(GROWTH * count, name)
        self._lent = ThreadPoolExecutor(self._most, f"{name}-lent")
        self._beside = ThreadPoolExecutor(1, f"{name}-beside")
        self._due: deque[Callable[[], object]] = deque()
        self._working = 0
        self._busy = 0
        self._counting = threading.Lock()

    def submit(self, work: Callable[..., object], *arguments: Any) -> None:
        """Have something done when its turn comes."""
        with self._counting:
            self._due.append(partial(work, *arguments))
            self._begin()

    def grow(self) -> None:
        """Do one thing more at once, up to :data:`GROWTH` times as many as at first: what ended was quick, so there is room."""
        with self._counting:
            if self._growing and self._limit < GROWTH * self._count:
                self._limit += 1
                self._begin()

    def shrink(self) -> None:
        """Do as much at once as at first, and never more again."""
        with self._counting:
            self._growing, self._limit = False, self._count

    def beside(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Have something computed while the work that wants it waits for an answer: one thing at a time, of all that is wanted."""
        return self._beside.submit(work, *arguments)

    def spare(self, work: Callable[..., T], *arguments: Any) -> Future[T] | None:
        """Have a part of the work under way done at once; None while so much is under way that nobody can be spared.

        Its result may only be waited for within :meth:`waiting`.
        """
        with self._counting:
            if self._busy >= self._most:
                return None
            self._busy += 1
        future = self._lent.submit(work, *arguments)
        future.add_done_callback(lambda _future: self._count_busy(-1))
        return future

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Not count as work meanwhile."""
        self._count_busy(-1)
        try:
            yield
        finally:
            self._count_busy(1)

    def stop(self) -> None:
        """Drop what has not begun, and wait for the rest."""
        with self._counting:
            self._due.clear()
        for pool in (self._pool, self._lent, self._beside):
            pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self) -> None:
        while self._due and self._working < self._limit:
            self._working += 1
            self._busy += 1
            self._pool.submit(self._do, self._due.popleft())

    def _do(self, work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            with self._counting:
                self._working -= 1
                self._busy -= 1
                self._begin()

    def _count_busy(self, change: int) -> None:
        with self._counting:
            self._busy += change


def cores() -> int:
    """Return how much can run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
