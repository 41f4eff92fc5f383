# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries a plan out, over any source: asks, downloads, commits; check mode returns the plan alone."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest, Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Key, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Asked as Remembered
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.transfer import sweep
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import found
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    ASK,
    FETCH,
    RECORD,
    WAIT,
    Plan,
    Step,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.workers import (
    Asked,
    Failed,
    Fetched,
    Result,
    Workers,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso

# How long to sit still for a thread before looking at the clock again.
LONGEST_WAIT = 60.0

# A package that was asked for and never listed is remembered for as long as it could be asked for.
REMEMBER_ASKED = 7 * DAY


class Settings(NamedTuple):
    """Where the archive is and how to treat it; times in seconds."""

    archive: str
    folder: str
    identity: Mapping[str, str]
    ownership: Ownership
    create: bool = True
    rebuild: bool = False
    lock_timeout: float = 0
    wait_timeout: float = 1800
    poll_interval: float = 10
    workers: int = 4


class Engine:
    """One run over one instance."""

    def __init__(
        self,
        source: Source,
        settings: Settings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._settings = settings
        self._clock = source.http.clock
        self._sleep = sleep
        self._monotonic = monotonic
        self._began = monotonic()
        self._tree = Tree(os.path.join(settings.archive, settings.folder), settings.ownership)
        self._failed: dict[Key, CloudError] = {}
        self._put_off: dict[Key, CloudError] = {}
        self._taken: set[Key] = set()
        self._exported: set[tuple[layout.Series, str | None]] | None = None

    def preview(self) -> Outcome:
        """Return what :meth:`run` would do. Writes nothing, takes no lock."""
        self._check_archive()
        self._read()
        adopted = self._unrecorded()
        self._ledger.preview(adopted)
        outcome = Outcome.predicted(self._ledger, self._plan(), adopted)
        self._measure(outcome)
        return outcome

    def run(self) -> Outcome:
        """Make the archive complete as far as possible, and return what was done and what was not.

        Raises LogsError only when nothing could be begun; a fault on the way ends up in the outcome.
        """
        self._check_archive()
        early = None
        if not self._tree.exists():
            # A cloud that refuses leaves no empty archive behind.
            self._read()
            early = self._plan()
        self._tree.make()
        lock = Lock(self._tree, layout.LOCK)
        wait, now = self._settings.lock_timeout, self._clock.now()
        with lock.held(wait, now, sleep=self._sleep, monotonic=self._monotonic) as clean:
            if not clean:
                sweep(self._tree)
            self._read()
            self._ledger.mend()
            # A plan made without the lock holds only when nobody else has begun since.
            outcome = self._carry_out(None if self._ledger.lines or self._status.known else early, clean)
            if isinstance(outcome.fatal, ArchiveError):
                lock.stay_marked()
            return outcome

    def _carry_out(self, early: Plan | None, clean: bool) -> Outcome:
        outcome = Outcome(self._ledger)
        outcome.taken = self._taken
        self._commit(outcome, self._unrecorded() if clean else self._unrecorded() + self._left_behind())
        try:
            plan = outcome.plan = outcome.first = early or self._plan()
        except LogsError as error:
            self._note_run(outcome, error)
            with suppress(LogsError):
                self._status.save(self._clock.now(), self._ledger.head)
            raise
        workers = Workers(
            self._source, self._tree, self._ledger.paths, self._settings.workers, monotonic=self._monotonic
        )
        try:
            with workers:
                self._work(plan, workers, outcome)
        except LogsError as error:
            outcome.fatal = error
            self._salvage(workers, outcome)
        self._finish(outcome)
        return outcome

    def _salvage(self, workers: Workers, outcome: Outcome) -> None:
        """Keep what came in whole before the run failed; that it failed is known already."""
        with suppress(LogsError):
            self._take_up(workers.finished(0), outcome)
        outcome.failed = {**self._put_off, **self._failed}

    def _work(self, plan: Plan, workers: Workers, outcome: Outcome) -> None:
        give_up = self._monotonic() + self._settings.wait_timeout
        while True:
            self._check_room(plan, workers)
            self._commit(outcome, [*plan.opening, *(step.event for step in plan.having(RECORD) if step.event)])
            self._start(plan, workers)
            look = self._monotonic() + self._settings.poll_interval
            while self._unfinished(plan) and self._monotonic() < min(look, give_up):
                self._take(workers, min(look, give_up), outcome)
            if not self._unfinished(plan) or self._monotonic() >= give_up:
                break
            outcome.plan = plan = self._plan()
        while workers.busy:
            self._take(workers, float("inf"), outcome)
        outcome.failed = {**self._put_off, **self._failed}
        left = {step.series for step in outcome.missing() + outcome.pending()}
        self._commit(outcome, [event for event in plan.closing if event.series not in left])

    def _unfinished(self, plan: Plan) -> bool:
        return any(step.key not in self._failed for step in plan.having(WAIT, ASK))

    def _start(self, plan: Plan, workers: Workers) -> None:
        untouched = self._failed.keys() | workers.busy
        asks = [step for step in plan.having(ASK) if step.key not in untouched][: plan.room]
        if asks:
            self._remember(plan, asks)
            workers.ask(asks)
        workers.fetch([step for step in plan.having(FETCH) if step.key not in untouched])

    def _take(self, workers: Workers, until: float, outcome: Outcome) -> None:
        """Take up what the threads bring back, waiting for it until then."""
        if not workers.busy:
            self._sleep(max(0.0, until - self._monotonic()))
            return
        self._take_up(workers.finished(min(LONGEST_WAIT, until - self._monotonic())), outcome)

    def _take_up(self, results: Iterable[Result], outcome: Outcome) -> None:
        fatal: LogsError | None = None
        fetched: list[Fetched] = []
        for done in results:
            if isinstance(done, Asked):
                fatal = self._asked(done, outcome) or fatal
            elif isinstance(done, Failed):
                fatal = self._fail(done.step, done.error) or fatal
            else:
                fetched.append(done)
        self._commit_files(fetched, outcome)
        if fatal:
            raise fatal

    def _asked(self, done: Asked, outcome: Outcome) -> LogsError | None:
        error = done.error
        if error is None or (isinstance(error, CloudError) and error.uncertain):
            outcome.asked[done.step.key] += 1
            self._put_off.pop(done.step.key, None)
            return None
        self._forget(done.step)
        if isinstance(error, CloudError) and error.throttled:
            self._put_off[done.step.key] = error
            return None
        return self._fail(done.step, error)

    def _fail(self, step: Step, error: LogsError) -> LogsError | None:
        """Note why a unit is missing; return the error when it concerns the whole run."""
        if not isinstance(error, CloudError):
            return error
        self._failed[step.key] = error
        return error if error.final else None

    def _remember(self, plan: Plan, steps: Sequence[Step]) -> None:
        now = self._clock.now()
        fresh = [
            Remembered(step.series, step.span, now, plan.listed_counts.get((step.series, step.span), 0))
            for step in steps
        ]
        again = {(one.series, one.span) for one in fresh}
        kept = [one for one in self._status.asked() if (one.series, one.span) not in again]
        self._status.set_asked([*kept, *fresh])
        self._status.save(now, self._ledger.head)

    def _forget(self, step: Step) -> None:
        kept = [one for one in self._status.asked() if (one.series, one.span) != (step.series, step.span)]
        self._status.set_asked(kept)
        self._status.save(self._clock.now(), self._ledger.head)

    def _commit_files(self, fetched: Sequence[Fetched], outcome: Outcome) -> None:
        if not fetched:
            return
        places, events = {}, []
        for done in fetched:
            step, offer, digest = done.step, done.step.file, done.digest
            self._taken.add(step.key)
            outcome.resumed += done.resumed
            unit, path = self._place(done)
            if layout.content_mark(unit) and self._has_bytes(step.series, digest):
                self._tree.remove(layout.part_path(done.path))
                continue
            places[layout.part_path(done.path)] = path
            if offer.size is not None and offer.size != digest.size:
                outcome.warnings.append(
                    f"{path} has {digest.size} bytes where the API named {offer.size}; it was received whole."
                )
            begin, end = (None, None) if step.span.empty else step.span
            event = Event(COLLECTED, step.series, unit, begin, end, path)
            events.append(
                event._replace(
                    size=digest.size, sha256=digest.sha256, source=offer.source(), reason=step.reason or None
                )
            )
        self._tree.publish(places)
        self._commit(outcome, events)

    def _place(self, done: Fetched) -> tuple[str, str]:
        """Return the unit that a file is, and its path; with all digits of its content where eight are not enough."""
        unit, path = self._source.named(done.step, done.path, done.digest)
        held = self._ledger.units.get(Key(done.step.series, unit))
        if held and held.sha256 and layout.content_mark(unit) and held.sha256 != done.digest.sha256:
            return f"{done.step.unit}.{done.digest.sha256}", f"{done.path}.{done.digest.sha256}"
        return unit, path

    def _has_bytes(self, series: layout.Series, digest: Digest) -> bool:
        """Tell whether a series holds the same bytes under another name, as a cloud may name each export anew."""
        if self._exported is None:
            units = self._ledger.units.items()
            held = {(key.series, event.sha256) for key, event in units if layout.content_mark(key.unit)}
            self._exported = held
        mark = (series, digest.sha256)
        known = mark in self._exported
        self._exported.add(mark)
        return known

    def _commit(self, outcome: Outcome, events: Iterable[Event]) -> None:
        known = []
        for event in events:
            if event.adopted and event.path:
                digest = self._tree.digest(event.path)
                if digest is None or not digest.sha256.startswith(layout.content_mark(event.unit) or ""):
                    continue
                event = event._replace(size=digest.size, sha256=digest.sha256)
            known.append(event)
        self._ledger.append(known, self._clock.now())
        outcome.done += known

    def _plan(self) -> Plan:
        plan = self._source.plan(self._ledger, self._status)
        plan = found.adopt(plan, self._tree, self._ledger, self._source.recognise)
        steps = tuple(step for step in plan.steps if step.key not in self._taken)
        files = Counter(step.series.log_type for step in steps if step.action in (ASK, WAIT, FETCH))
        links = (math.ceil(count / self._source.links_at_once(log_type)) for log_type, count in files.items())
        return plan._replace(steps=steps, calls=len(plan.having(ASK)) + sum(links))

    def _unrecorded(self) -> list[Event]:
        return found.unrecorded(self._tree, self._source.recognise) if self._settings.rebuild else []

    def _left_behind(self) -> list[Event]:
        """Return the files without a line whose name tells their content: what a run left that was killed."""
        events = found.unrecorded(self._tree, self._source.recognise)
        return [event for event in events if layout.content_mark(event.unit) and event.path not in self._ledger.paths]

    def _read(self) -> None:
        self._ledger = Ledger.read(self._tree, self._settings.identity)
        self._status = Status.read(self._tree, self._settings.identity)
        self._check_ledger()

    def _check_room(self, plan: Plan, workers: Workers) -> None:
        begun = self._failed.keys() | workers.busy
        due = sum(step.file.size or 0 for step in plan.having(FETCH) if step.key not in begun)
        free = self._tree.free()
        if due > free:
            raise ArchiveError(
                f"{due} bytes are due, and only {free} are free at {self._tree.root}.",
                code="ENOSPC",
                hint="Free some space and run again.",
            )

    def _check_archive(self) -> None:
        settings = self._settings
        if not settings.create and not os.path.isdir(settings.archive):
            raise ArchiveError(
                f"There is no archive at {settings.archive}.",
                code="no_archive",
                hint="Mount it, or let it be made with create=true.",
            )

    def _check_ledger(self) -> None:
        settings = self._settings
        if self._ledger.lines and settings.rebuild:
            raise ArchiveError(
                f"{self._tree.root} has a ledger; rebuild is for an archive that lost it.",
                code="ledger_present",
                hint="Run without rebuild.",
            )
        if not self._ledger.lines and not settings.rebuild and found.any_file(self._tree):
            raise ArchiveError(
                f"{self._tree.root} holds files but no ledger.",
                code="no_ledger",
                hint="Restore the ledger, or take up the files as they are with rebuild=true.",
            )

    def _measure(self, outcome: Outcome) -> None:
        outcome.calls = self._source.http.calls
        outcome.throttled = self._source.http.throttled
        warning = self._clock.warning()
        outcome.warnings += [warning] if warning else []

    def _note_run(self, outcome: Outcome, error: LogsError | None) -> None:
        """Put into the status how this run went, for reports."""
        first = error or outcome.cause or next(iter(outcome.failed.values()), None)
        self._status.run = {
            "ended": iso(self._clock.now()),
            "seconds": round(self._monotonic() - self._began, 1),
            "calls": self._source.http.calls,
            "throttled_seconds": round(self._source.http.throttled, 1),
            "bytes": sum(event.size or 0 for event in outcome.done),
            "failure": first.failure() if first else None,
        }

    def _finish(self, outcome: Outcome) -> None:
        now = self._clock.now()
        self._measure(outcome)
        outcome.describe(self._status, now)
        self._note_run(outcome, outcome.fatal)
        self._status.set_asked(
            one
            for one in self._status.asked()
            if not self._ledger.holds(Key(one.series, layout.window_unit(one.span))) and now - one.at < REMEMBER_ASKED
        )
        try:
            self._status.save(now, self._ledger.head)
        except ArchiveError as error:
            outcome.fatal = outcome.fatal or error
