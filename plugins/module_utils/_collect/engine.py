# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run over one instance: look, plan, lock, do, commit, say. Check mode returns the plan alone."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.transfer import sweep
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import NONE, damaged
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.books import Books
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.found import Found, any_file
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    ASK,
    FETCH,
    READ,
    REREAD,
    WAIT,
    Plan,
    renewing,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Requested, Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.work import Pace, Work
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.workers import Workers
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Moment, Progress, Teller
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso

# How often a run that takes long keeps its progress in the status, in seconds.
_NOTED = 10.0

_DEFECT = "Report it with the message of the task; what came in whole is recorded, and the next run goes on."


class Settings(NamedTuple):
    """Where the archive is and how to treat it; times in seconds.

    ``repair``: how to compare the files of the ``chosen`` series with the ledger; what is damaged is collected again.
    """

    archive: str
    folder: str
    identity: Mapping[str, str]
    ownership: Ownership
    create: bool = True
    rebuild: bool = False
    repair: str = NONE
    chosen: Chosen = Chosen()
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
        tellers: Sequence[Teller] = (),
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._settings = settings
        self._clock = source.http.clock
        self._pace = Pace(settings.wait_timeout, settings.poll_interval, sleep, monotonic)
        self._began = monotonic()
        self._tellers = tellers
        self._tree = Tree(settings.archive, settings.ownership, settings.folder)

    def preview(self) -> Outcome:
        """Return what :meth:`run` would do. Writes nothing, takes no lock."""
        self._check_archive()
        books = self._open()
        adopted = self._found(books).everything() if self._settings.rebuild else []
        books.ledger.preview(adopted)
        self._doubt(books)
        outcome = Outcome.predicted(books.ledger, self._plan(books), adopted)
        self._measure(outcome)
        return outcome

    def run(self) -> Outcome:
        """Make the archive complete as far as possible, and return what was done and what was not.

        Raises LogsError only when nothing could be begun; a fault on the way ends up in the outcome. What is no LogsError is a
        defect: it is raised, once what came in whole was recorded, and noted in the status like any other end.
        """
        self._check_archive()
        # A cloud that refuses leaves no empty archive behind.
        early = None if self._tree.exists() else self._plan(self._open())
        self._tree.make()
        lock = Lock(self._tree, layout.LOCK)
        wait, now = self._settings.lock_timeout, self._clock.now()
        with lock.held(wait, now, sleep=self._pace.sleep, monotonic=self._pace.monotonic) as clean:
            if not clean:
                sweep(self._tree)
            books = self._open(keeps=True)
            books.ledger.mend()
            # A plan made without the lock holds only when nobody else has begun since.
            outcome = self._carry_out(books, None if books.ledger.lines or books.status.known else early, clean)
            if isinstance(outcome.fatal, ArchiveError):
                lock.stay_marked()
            return outcome

    def _carry_out(self, books: Books, early: Plan | None, clean: bool) -> Outcome:
        outcome = Outcome(books.ledger)
        settings = self._settings
        workers = Workers(
            self._source, self._tree, books.ledger.paths, settings.workers, monotonic=self._pace.monotonic
        )
        work = Work(books, workers, self._pace, self._progress(books))
        try:
            found = self._found(books)
            books.record(found.everything() if settings.rebuild else [])
            books.record([] if clean else found.marked())
            self._doubt(books)
            outcome.first = early or self._plan(books)
            with workers:
                work.run(outcome.first, lambda: self._plan(books, work.requested))
        except BaseException as error:
            if outcome.first is None or not isinstance(error, LogsError):
                self._end(outcome, books, work, error)
                raise
            outcome.fatal = error
        self._end(outcome, books, work, outcome.fatal)
        return outcome

    def _end(self, outcome: Outcome, books: Books, work: Work, error: BaseException | None) -> None:
        """Record what came in whole and what the run saw, however it ended."""
        try:
            if error:
                # That the run failed is known already.
                with suppress(Exception):
                    work.salvage()
            outcome.take(work, books)
            if not error:
                books.record(outcome.ends())
            books.ledger.remember()
            self._measure(outcome)
            outcome.describe(books.status, self._clock.now())
            self._note_run(books, outcome, error)
            books.status.progress = None
            books.close()
        except ArchiveError as fault:
            outcome.fatal = outcome.fatal or fault

    def _open(self, *, keeps: bool = False) -> Books:
        """Return the books; ``keeps``: under the lock, to be kept up."""
        settings = self._settings
        if settings.repair == NONE:
            ledger = Ledger.recall(self._tree, settings.identity, keeps=keeps)
        else:
            # What verifies relies on nothing but the ledger.
            ledger = Ledger.read(self._tree, settings.identity, keeps=keeps)
        if ledger.lines and settings.rebuild:
            raise ArchiveError(
                f"{self._tree.root} has a ledger; rebuild is for an archive that lost it.",
                code="ledger_present",
                hint="Run without rebuild.",
            )
        if not ledger.lines and not settings.rebuild and any_file(self._tree):
            raise ArchiveError(
                f"{self._tree.root} holds files but no ledger.",
                code="no_ledger",
                hint="Restore the ledger, or take up the files as they are with rebuild=true.",
            )
        status = Status.read(self._tree, settings.identity)
        status.progress = None
        return Books(self._tree, ledger, status, self._clock, self._source.named)

    def _progress(self, books: Books) -> Progress:
        """Return the progress of this run, which is kept in the status for whoever looks from elsewhere."""

        def note(moment: Moment) -> bool:
            books.status.progress = {"at": iso(self._clock.now()), **moment.as_dict()}
            books.save()
            return True

        name = books.status.name or self._settings.identity["instance"]
        kept = Teller(note, first=_NOTED, every=_NOTED)
        return Progress(name, kept, *self._tellers, monotonic=self._pace.monotonic)

    def _found(self, books: Books) -> Found:
        return Found(self._tree, books.ledger, self._source.recognise)

    def _doubt(self, books: Books) -> None:
        """Reckon with damaged files as with units that are not held."""
        settings = self._settings
        if settings.repair == NONE or not self._tree.exists():
            return
        held = Holding(settings.folder, settings.identity, self._tree, books.ledger, books.status)
        books.ledger.preview(damaged(held, settings.chosen, settings.repair, settings.workers))

    def _plan(self, books: Books, requested: Requested = ()) -> Plan:
        seen = self._source.plan(books.ledger, books.status, requested)
        self._clock.check()
        plan = self._found(books).adopt(seen)
        plan = renewing(plan, books.ledger.units.damaged)
        steps = tuple(step for step in plan.steps if step.key not in books.taken)
        files = Counter(step.series.log_type for step in steps if step.action in (ASK, WAIT, FETCH))
        links = (math.ceil(count / self._source.links_at_once(log_type)) for log_type, count in files.items())
        return plan._replace(steps=steps, calls=len(plan.having(ASK, READ, REREAD)) + sum(links))

    def _check_archive(self) -> None:
        settings = self._settings
        if not settings.create and not os.path.isdir(settings.archive):
            raise ArchiveError(
                f"There is no archive at {settings.archive}.",
                code="no_archive",
                hint="Mount it, or let it be made with create=true.",
            )

    def _measure(self, outcome: Outcome) -> None:
        outcome.calls = self._source.http.calls
        outcome.throttled = self._source.http.throttled
        warning = self._clock.warning()
        outcome.warnings += [*([warning] if warning else []), *self._tree.warnings()]

    def _note_run(self, books: Books, outcome: Outcome, error: BaseException | None) -> None:
        """Put into the status how this run went, for reports."""
        if error and not isinstance(error, Exception):
            # somebody, or what started the run
            error = LogsError("The run was interrupted.", code="interrupted", hint="Run again: the next one goes on.")
        elif error and not isinstance(error, LogsError):
            error = LogsError(f"The run ended by a defect ({type(error).__name__}).", code="defect", hint=_DEFECT)
        first = error or outcome.cause or next(iter(outcome.failed.values()), None)
        books.status.run = {
            "ended": iso(self._clock.now()),
            "seconds": round(self._pace.monotonic() - self._began, 1),
            "calls": self._source.http.calls,
            "throttled_seconds": round(self._source.http.throttled, 1),
            "bytes": sum(event.size or 0 for event in books.done),
            "failure": first.failure() if isinstance(first, LogsError) else None,
        }
