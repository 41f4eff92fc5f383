# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What waits and works: starts what a plan names, takes up what comes back, and looks again until nothing is left to do.

Everything here happens in one thread. What the others bring reaches the books and the next plan through it alone.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._amounts import count
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Key
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.books import Books
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    ASK,
    FETCH,
    READ,
    RECORD,
    REREAD,
    WAIT,
    Plan,
    Step,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.workers import (
    Asked,
    Crashed,
    Failed,
    Fetched,
    Workers,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress, Seen
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span

# How long to sit still for a thread before looking at the clock again.
LONGEST_WAIT = 60.0


class Pace(NamedTuple):
    """How long to wait for what the cloud makes, and how often to look, in seconds; and by which clock."""

    wait_timeout: float
    poll_interval: float
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic


class Work:
    """One run's work.

    ``plan`` is the newest one. ``asked`` counts the units that were asked for, or may have been; ``requested`` are the windows
    of those whose asking was not refused, which is what a planner is to know.
    """

    def __init__(self, books: Books, workers: Workers, pace: Pace, progress: Progress) -> None:
        self.plan = Plan()
        self.asked: Counter[Key] = Counter()
        self.requested: set[tuple[Series, Span]] = set()
        self._books = books
        self._workers = workers
        self._pace = pace
        self._progress = progress
        self._throttled = 0.0
        self._due: list[Step] = []
        self._asking: set[Key] = set()
        self._refused: dict[Key, CloudError] = {}
        self._failed: dict[Key, CloudError] = {}

    def run(self, plan: Plan, look: Callable[[], Plan]) -> None:
        """Do what the plan says, and what ``look`` says after it while there is something to wait for.

        Raises the first error that concerns the whole run, once everything that came in with it was taken up.
        """
        give_up = self._pace.monotonic() + self._pace.wait_timeout
        while True:
            self._begin(plan)
            next_look = min(give_up, self._pace.monotonic() + self._pace.poll_interval)
            self._take_until(next_look)
            if not self._awaited() or self._pace.monotonic() >= give_up:
                break
            plan = look()
        self._take_until(None)

    def salvage(self) -> None:
        """Take up what came in whole before the run failed; what else went wrong meanwhile is not raised."""
        self._take_up(0)

    @property
    def failed(self) -> Mapping[Key, CloudError]:
        """Return why units are not held: those that could not be asked for, and those that could not be had."""
        refused = {step.key for step in self.plan.having(ASK)} & self._refused.keys()
        return {**{key: self._refused[key] for key in refused}, **self._failed}

    def _begin(self, plan: Plan) -> None:
        self.plan = plan
        self._due = plan.having(FETCH, READ, REREAD)
        self._check_room()
        self._books.record([*plan.opening, *(step.event for step in plan.having(RECORD) if step.event)])
        busy = self._workers.busy
        asks = [step for step in plan.having(ASK) if step.key not in busy and not self._gave_up(step)][: plan.room]
        if asks:
            self._books.note_asked(asks, plan.listed_counts)
            self.requested |= {(step.series, step.span) for step in asks}
            self._asking |= {step.key for step in asks}
            self._workers.ask(asks)

    def _take_until(self, instant: float | None) -> None:
        """Fetch what is ready and take up what comes in until then, or until nothing is left to do; None: while anything is under way."""
        while True:
            self._fetch()
            if instant is None and not self._workers.busy:
                return
            left = LONGEST_WAIT if instant is None else instant - self._pace.monotonic()
            if left <= 0 or not self._left():
                return
            pause = min(LONGEST_WAIT, left, self._progress.look(self._see))
            if not self._workers.busy:
                self._pace.sleep(pause)
            for fault in self._take_up(pause):
                raise fault

    def _see(self) -> Seen:
        """Return what there is to see of this run: what is due and what has come, and what it waits for."""
        taken, plan = self._books.taken, self.plan
        due = [step for step in plan.having(FETCH, READ, REREAD, ASK, WAIT) if step.key not in taken]
        held = sum(event.size or 0 for event in self._books.done)
        sizes = [step.offer.size if step.offer and step.action == FETCH else None for step in due]
        known = sum(filter(None, sizes)) if None not in sizes else None
        return Seen(
            len(taken),
            len(taken) + len({step.key for step in due}),
            held + self._workers.received(),
            None if known is None else held + known,
            self._waiting(),
        )

    def _waiting(self) -> str:
        throttled, self._throttled = self._throttled, self._workers.throttled
        if self._throttled > throttled:
            return "throttled by the cloud"
        made = {step.key for step in self.plan.having(ASK, WAIT) if not self._gave_up(step)}
        return f"{count(len(made), 'package')} being made" if made else ""

    def _left(self) -> bool:
        return bool(self._workers.busy) or self._awaited()

    def _awaited(self) -> bool:
        """Tell whether there is something that only another look can show."""
        return bool(self._asking) or any(not self._gave_up(step) for step in self.plan.having(WAIT, ASK))

    def _gave_up(self, step: Step) -> bool:
        refused = self._refused.get(step.key) if step.action == ASK else None
        over = step.key in self._failed or step.key in self._books.taken
        return over or (refused is not None and not refused.throttled)

    def _fetch(self) -> None:
        # A unit whose asking is still under way is fetched once that was answered.
        busy = self._workers.busy
        ready = [step for step in self._due if step.key not in busy and not self._gave_up(step)]
        self._due = [step for step in self._due if step.key in busy]
        if ready:
            self._workers.fetch(ready)

    def _take_up(self, within: float) -> list[BaseException]:
        """Take up what the threads bring back within so many seconds, and return what concerns the whole run."""
        faults: list[BaseException] = []
        fetched: list[Fetched] = []
        for one in self._workers.finished(within):
            if isinstance(one, Fetched):
                fetched.append(one)
                continue
            fault = self._answered(one) if isinstance(one, Asked) else self._missed(one)
            faults += [fault] if fault else []
        self._books.keep(fetched)
        return faults

    def _answered(self, one: Asked) -> LogsError | None:
        error, key = one.error, one.step.key
        self._asking.discard(key)
        if error is None or (isinstance(error, CloudError) and error.uncertain):
            self.asked[key] += 1
            self._refused.pop(key, None)
            self._books.note_answered(one.step)
            return None
        self._books.forget_asked(one.step)
        self.requested.discard((one.step.series, one.step.span))
        if not isinstance(error, CloudError):
            return error
        self._refused[key] = error
        return error if error.final else None

    def _missed(self, one: Failed | Crashed) -> BaseException | None:
        """Note why a unit is missing; return the error when it concerns the whole run."""
        if not isinstance(one.error, CloudError):
            return one.error
        self._failed[one.step.key] = one.error
        return one.error if one.error.final else None

    def _check_room(self) -> None:
        busy = self._workers.busy
        due = sum(
            step.file.size or 0 for step in self.plan.having(FETCH) if step.key not in busy and not self._gave_up(step)
        )
        free = self._books.tree.free()
        if free is not None and due > free:
            raise ArchiveError(
                f"{due} bytes are due, and only {free} are free at {self._books.tree.root}.",
                code="ENOSPC",
                hint="Free some space and run again.",
            )
