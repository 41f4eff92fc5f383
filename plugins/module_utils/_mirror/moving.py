# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files on their way between an archive and a bucket: several at a time, taken up in order, with a look at the progress meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Executor, Future, wait
from math import inf
from typing import Callable, TypeVar

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress, Seen

T = TypeVar("T")


class Moving:
    """What moves of one instance after the other. One thread owns it; ``throttled`` tells whether the store held it up since it was asked last."""

    def __init__(self, pool: Executor, workers: int, progress: Progress, throttled: Callable[[], bool]) -> None:
        self.workers = workers
        self._pool = pool
        self._progress = progress
        self._throttled = throttled
        self._total = self._moved = (0, 0)
        self._partly: Callable[[], int] = lambda: 0

    def begin(self, name: str, events: Sequence[Event], partly: Callable[[], int] = lambda: 0) -> None:
        """Begin with the files of an instance. ``partly`` gives the bytes that have moved of files that have not wholly."""
        self._progress.about(name)
        self._total = (len(events), sum(event.size or 0 for event in events))
        self._moved, self._partly = (0, 0), partly

    def moved(self, files: int, size: int) -> None:
        """Take note of what has moved."""
        self._moved = (self._moved[0] + files, self._moved[1] + size)

    def each(self, calls: Iterable[Callable[[], T]], ahead: int) -> Generator[T, None, None]:
        """Yield what calls return, in their order, so many of them begun at a time; what has not begun at the end never does."""
        waiting: deque[Future[T]] = deque()
        try:
            for call in calls:
                waiting.append(self._pool.submit(call))
                if len(waiting) >= ahead:
                    yield self._taken(waiting.popleft())
            while waiting:
                yield self._taken(waiting.popleft())
        finally:
            for future in waiting:
                future.cancel()

    def _taken(self, future: Future[T]) -> T:
        while True:
            pause = self._progress.look(self._see)
            if wait([future], None if pause == inf else max(0.0, pause)).done:
                return future.result()

    def _see(self) -> Seen:
        files, size = self._moved
        waiting = "throttled by the store" if self._throttled() else ""
        return Seen(files, self._total[0], size + self._partly(), self._total[1], waiting)
