# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries a plan out, over any source: asks, downloads, commits; check mode returns the plan alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Callable, NamedTuple, Protocol

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, transfer
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest, Lock, Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Key, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Asked, Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import found
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    ASK,
    FETCH,
    RECORD,
    WAIT,
    Offer,
    Plan,
    Step,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY

# A package that was asked for and never listed is remembered for as long as it could be asked for.
REMEMBER_ASKED = 7 * DAY


class Source(Protocol):
    """What the engine asks of a provider. Every method raises CloudError."""

    http: Http
    links_at_once: int

    def plan(self, ledger: Ledger, status: Status) -> Plan:
        """Return what to do now, having read of the cloud as much as that takes."""

    def ask(self, step: Step) -> None:
        """Ask the cloud to make the file of a unit."""

    def links(self, offers: Sequence[Offer]) -> Mapping[str, str]:
        """Return fresh links by the ids of the offers; an offer may be left out."""

    def path(self, offer: Offer, link: str) -> str:
        """Return where the file of an offer stands in the archive."""

    def recognise(self, place: layout.Place) -> Event | None:
        """Return the unit that a file without a ledger line is, told by its place alone."""


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
        self._tree = Tree(os.path.join(settings.archive, settings.folder), settings.ownership)
        self._failed: dict[Key, CloudError] = {}
        self._read()

    def preview(self) -> Outcome:
        """Return what :meth:`run` would do. Writes nothing, takes no lock."""
        self._check_archive()
        adopted = self._unrecorded()
        self._ledger.preview(adopted)
        plan = self._plan()
        return Outcome.predicted(self._ledger, plan, adopted, self._source.http.calls)

    def run(self) -> Outcome:
        """Make the archive complete as far as possible, and return what was done and what was not.

        Raises LogsError only when nothing could be begun; a fault on the way ends up in the outcome.
        """
        self._check_archive()
        # A cloud that refuses leaves no empty archive behind.
        first = None if self._tree.exists() else self._plan()
        self._tree.make()
        lock = Lock(self._tree, layout.LOCK)
        with lock.held(self._settings.lock_timeout, self._clock.now(), sleep=self._sleep, monotonic=self._monotonic):
            self._read()
            self._ledger.mend()
            return self._carry_out(first if self._ledger.lines == 0 else None)

    def _carry_out(self, first: Plan | None) -> Outcome:
        outcome = Outcome(self._ledger)
        plan = first
        try:
            self._commit(outcome, self._unrecorded())
            plan = plan or self._plan()
            outcome.plan = outcome.first = plan
            self._work(plan, outcome)
        except LogsError as error:
            if outcome.plan is None:
                raise
            outcome.fatal = error
        self._finish(outcome)
        return outcome

    def _work(self, plan: Plan, outcome: Outcome) -> None:
        give_up = self._monotonic() + self._settings.wait_timeout
        while True:
            self._commit(outcome, [*plan.opening, *(step.event for step in plan.having(RECORD) if step.event)])
            self._ask(plan, outcome)
            self._fetch(plan.having(FETCH), outcome)
            outcome.failed = self._failed
            unfinished = [step for step in plan.having(WAIT, ASK) if step.key not in self._failed]
            if not unfinished or self._monotonic() >= give_up:
                break
            self._sleep(self._settings.poll_interval)
            outcome.plan = plan = self._plan()
        left = {step.series for step in outcome.missing() + outcome.pending()}
        self._commit(outcome, [event for event in plan.closing if event.series not in left])

    def _ask(self, plan: Plan, outcome: Outcome) -> None:
        steps = [step for step in plan.having(ASK) if step.key not in self._failed][: plan.room]
        if not steps:
            return
        now = self._clock.now()
        fresh = {
            step.key: Asked(step.series, step.span, now, plan.listed_counts.get((step.series, step.span), 0))
            for step in steps
        }
        self._remember(fresh.values(), now)
        refused = []
        for step in steps:
            try:
                self._source.ask(step)
                outcome.asked += 1
            except CloudError as error:
                if error.uncertain:
                    outcome.asked += 1
                    continue
                self._failed[step.key] = error
                refused.append(fresh[step.key])
                if error.final:
                    raise
            finally:
                outcome.failed = self._failed
        if refused:
            self._forget(refused, now)

    def _remember(self, asked: Iterable[Asked], now: int) -> None:
        kept = [one for one in self._status.asked() if now - one.at < REMEMBER_ASKED]
        self._status.set_asked([*kept, *asked])
        self._status.save(now, self._ledger.head)

    def _forget(self, refused: Sequence[Asked], now: int) -> None:
        self._status.set_asked([one for one in self._status.asked() if one not in refused])
        self._status.save(now, self._ledger.head)

    def _fetch(self, steps: Sequence[Step], outcome: Outcome) -> None:
        due = [step for step in steps if step.key not in self._failed]
        for start in range(0, len(due), self._source.links_at_once):
            batch = due[start : start + self._source.links_at_once]
            try:
                links = self._source.links([step.offer for step in batch if step.offer])
            except CloudError as error:
                self._failed.update((step.key, error) for step in batch)
                if error.final:
                    raise
                continue
            for step in batch:
                self._fetch_one(step, links, outcome)

    def _fetch_one(self, step: Step, links: Mapping[str, str], outcome: Outcome) -> None:
        offer = step.offer
        assert offer is not None
        try:
            path, digest = self._download(step, offer, links.get(offer.id))
        except CloudError as error:
            self._failed[step.key] = error
            if error.final:
                raise
            return
        if offer.size is not None and offer.size != digest.size:
            outcome.warnings.append(
                f"{path} has {digest.size} bytes where the API named {offer.size}; the file was received whole."
            )
        event = Event(COLLECTED, step.series, step.unit, step.span.begin, step.span.end)
        self._commit(
            outcome, [event._replace(path=path, size=digest.size, sha256=digest.sha256, source=offer.source())]
        )

    def _download(self, step: Step, offer: Offer, link: str | None) -> tuple[str, Digest]:
        link = link or self._link(offer)
        path = self._source.path(offer, link)
        if self._ledger.paths.get(path, step.key) != step.key:
            path = layout.apart(path, step.unit)
        try:
            return path, transfer.download(self._source.http, link, self._tree, path, named_size=offer.size)
        except CloudError as error:
            if error.code != transfer.EXPIRED:
                raise
        return path, transfer.download(self._source.http, self._link(offer), self._tree, path, named_size=offer.size)

    def _link(self, offer: Offer) -> str:
        link = self._source.links([offer]).get(offer.id)
        if link is None:
            raise CloudError(f"The API gave no link to {offer.id}.", code="no_link")
        return link

    def _commit(self, outcome: Outcome, events: Iterable[Event]) -> None:
        known = []
        for event in events:
            if event.adopted and event.path:
                digest = self._tree.digest(event.path)
                if digest is None:
                    continue
                event = event._replace(size=digest.size, sha256=digest.sha256)
            known.append(event)
        self._ledger.append(known, self._clock.now())
        outcome.done += known

    def _plan(self) -> Plan:
        plan = self._source.plan(self._ledger, self._status)
        return found.adopt(plan, self._tree, self._ledger, self._source.recognise)

    def _unrecorded(self) -> list[Event]:
        return found.unrecorded(self._tree, self._source.recognise) if self._settings.rebuild else []

    def _read(self) -> None:
        self._ledger = Ledger.read(self._tree, self._settings.identity)
        self._status = Status.read(self._tree, self._settings.identity)

    def _check_archive(self) -> None:
        settings = self._settings
        if not settings.create and not os.path.isdir(settings.archive):
            raise ArchiveError(
                f"There is no archive at {settings.archive}.",
                code="no_archive",
                hint="Mount it, or let it be made with create=true.",
            )
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

    def _finish(self, outcome: Outcome) -> None:
        now = self._clock.now()
        outcome.calls = self._source.http.calls
        warning = self._clock.warning()
        outcome.warnings += [warning] if warning else []
        outcome.describe(self._status, now)
        held = {event.key for event in self._ledger.units.values() if event.status != "lost"}
        self._status.set_asked(
            one
            for one in self._status.asked()
            if Key(one.series, layout.window_unit(one.span)) not in held and now - one.at < REMEMBER_ASKED
        )
        try:
            self._status.save(now, self._ledger.head)
        except ArchiveError as error:
            outcome.fatal = outcome.fatal or error
