# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work on files in processes of their own: all cores, and an end for what takes too long."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from math import inf, isinf
from multiprocessing.connection import Connection, wait
from typing import Any, Callable, NamedTuple, TypeVar

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import LogsError

J = TypeVar("J")
R = TypeVar("R")

# A forked process has all that this one has: nothing is imported again, which the payload of a module could not promise. But it has no
# threads, and would wait for ever for a lock that one held, so nobody asks for work here while threads of this process run.
_FORK = multiprocessing.get_context("fork")


_PDEATHSIG = 1


class NotDone(NamedTuple):
    """Why a job came to no result, in a sentence."""

    reason: str


class _Worker:
    """A process, the pipe to it, and the job that it is at."""

    def __init__(self, work: Callable[[Any], Any], jobs: Sequence[Any], others: Sequence[Connection]) -> None:
        self.job: int | None = None
        self.until = 0.0
        self.pipe, theirs = _FORK.Pipe()
        ends = [self.pipe, *others]
        self._process = _FORK.Process(target=_serve, args=(theirs, ends, work, jobs), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, job: int, limit: float | None) -> None:
        """Have it do a job."""
        self.job = job
        self.until = time.monotonic() + limit if limit else inf
        with suppress(OSError):
            self.pipe.send(job)  # an end that is closed is found when its answer is read

    def end(self) -> None:
        """End it, whatever it is at."""
        self.pipe.close()
        self._process.kill()
        self._process.join()


def _serve(pipe: Connection, others: Sequence[Connection], work: Callable[[Any], Any], jobs: Sequence[Any]) -> None:
    _end_with(os.getppid())
    # As long as a copy of its other end is open, nobody is told that the parent has ended.
    for other in others:
        other.close()
    with suppress(EOFError, OSError):
        while True:
            job = pipe.recv()
            answer: tuple[Any, str | None]
            try:
                answer = (work(jobs[job]), None)
            except LogsError as error:
                answer = (NotDone(error.message), None)
            except Exception:
                answer = (None, traceback.format_exc())
            pipe.send(answer)


def _end_with(parent: int) -> None:
    """Have the kernel end this process when its parent is killed, where it can: nobody would take what it makes."""
    with suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def done(
    work: Callable[[J], R], jobs: Sequence[J], workers: int, limit: float | None = None
) -> Iterator[tuple[J, R | NotDone]]:
    """Yield every job with its result as soon as it is there. With a ``limit`` of seconds, none takes longer.

    The jobs are done in this process where more would gain nothing. A fault that can be explained is a result; any
    other error goes through.
    """
    if limit is None and (workers == 1 or len(jobs) == 1):
        for job in jobs:
            try:
                yield job, work(job)
            except LogsError as error:
                yield job, NotDone(error.message)
        return
    running: list[_Worker] = []
    waiting = iter(range(len(jobs)))
    try:
        for number in islice(waiting, workers):
            running.append(_Worker(work, jobs, [worker.pipe for worker in running]))
            running[-1].begin(number, limit)
        while any(worker.job is not None for worker in running):
            for worker in _ready([worker for worker in running if worker.job is not None]):
                number, worker.job = worker.job or 0, None
                result: Any = NotDone(f"it took longer than {limit or 0:g} seconds.")
                lives = worker.pipe.poll()
                if lives:
                    result, lives = _answer(worker.pipe)
                if not lives:
                    worker.end()
                    running.remove(worker)
                    worker = _Worker(work, jobs, [other.pipe for other in running])
                    running.append(worker)
                following = next(waiting, None)
                if following is not None:
                    worker.begin(following, limit)
                yield jobs[number], result
    finally:
        for worker in running:
            worker.end()


def _ready(busy: Sequence[_Worker]) -> list[_Worker]:
    """Return the workers that have answered, or are out of time, once there is one."""
    soonest = min(worker.until for worker in busy)
    pipes = wait([worker.pipe for worker in busy], None if isinf(soonest) else max(0.0, soonest - time.monotonic()))
    now = time.monotonic()
    return [worker for worker in busy if worker.pipe in pipes or now >= worker.until]


def _answer(pipe: Connection) -> tuple[Any, bool]:
    """Return the result that a worker sent, and whether it goes on."""
    try:
        result, fault = pipe.recv()
    except (EOFError, OSError):
        return NotDone("its process was ended by the system."), False
    if fault:
        raise RuntimeError(fault)
    return result, True
