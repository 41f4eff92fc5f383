# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads, of which it is known whether one has nothing to do."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Optional

# Begins something at once in a thread that has nothing to do; None where there is none.
Spare = Callable[[Callable[[], None]], Optional["Future[None]"]]


def no_one(_work: Callable[[], None]) -> Future[None] | None:
    """Lend no thread."""
    return None


class Threads:
    """A number of threads that take up work in its order."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(count, name)
        self._load = 0
        self._counting = threading.Lock()

    def submit(self, work: Callable[..., None], *arguments: Any) -> None:
        """Have something done when its turn comes."""
        with self._counting:
            self._load += 1
        self._begin(work, *arguments)

    def spare(self, work: Callable[[], None]) -> Future[None] | None:
        """Have something done now if a thread has nothing to do; see :data:`Spare`."""
        with self._counting:
            if self._load >= self._count:
                return None
            self._load += 1
        return self._begin(work)

    def stop(self) -> None:
        """Drop what has not begun, and wait for the rest."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, work: Callable[..., None], *arguments: Any) -> Future[None]:
        future = self._pool.submit(work, *arguments)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _future: Future[None]) -> None:
        with self._counting:
            self._load -= 1
