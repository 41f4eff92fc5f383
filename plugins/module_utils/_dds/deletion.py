# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting audit logs from the cloud that the archive holds: which ones, proven just now, and until they are gone."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from typing import Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    COLLECTED,
    Event,
    Key,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import (
    Problem,
    check_chain,
    check_file,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import PART_OVERLAP as MARGIN
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import AuditLog, Dds, nodes_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.policy import LONGEST_KEPT
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.source import AUDIT
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import NOT_FOUND, PARAMETER
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY

NAMES_AT_ONCE = 100

# Why a log stays in the cloud.
TOO_YOUNG, NOT_HELD, DIFFERS, SAME_NAME, OVER_LIMIT = "too_young", "not_held", "differs", "same_name", "over_limit"
NOT_VERIFIED, REFUSED, NOT_ASKED, STILL_THERE = "not_verified", "refused", "not_asked", "still_there"
KEPT = (TOO_YOUNG, NOT_HELD, DIFFERS, SAME_NAME, OVER_LIMIT, NOT_VERIFIED, REFUSED, NOT_ASKED, STILL_THERE)

# DDS names no code for a file that it does not take; the gateway has codes of its own.
_OF_DDS = "DBS."

# After an answer that leaves it open, how long the list is watched before the same is asked again, and how often.
_WATCH = 30.0
_ATTEMPTS = 3


class Candidate(NamedTuple):
    """A log that the cloud lists and the ledger holds."""

    log: AuditLog
    event: Event


class Choice(NamedTuple):
    """What may be deleted, the oldest first, and how many logs stay for which reason."""

    candidates: list[Candidate]
    kept: Counter[str]


def choose(logs: Sequence[AuditLog], ledger: Ledger, before: int, nodes: Collection[str] | None) -> Choice:
    """Return which of the listed logs may be deleted: held, of these nodes, over at ``before``, of a name of their own. Pure.

    Logs are deleted by name, so one that shares its name with another would take that one along.
    """
    names = Counter(log.name for log in logs)
    found, kept = [], Counter[str]()
    for log in sorted(logs, key=lambda log: (log.span.end, log.id)):
        if nodes is not None and log.node_id not in nodes:
            continue
        event = ledger.units.get(Key(Series(log.node_id, AUDIT), log.id))
        if log.span.end > before:
            kept[TOO_YOUNG] += 1
        elif event is None or event.status != COLLECTED or not (event.path and event.sha256):
            kept[NOT_HELD] += 1
        elif not _may_be_whole(log, event):
            kept[DIFFERS] += 1
        elif names[log.name] > 1:
            kept[SAME_NAME] += 1
        else:
            found.append(Candidate(log, event))
    return Choice(found, kept)


def _may_be_whole(log: AuditLog, event: Event) -> bool:
    """Tell whether the archive has all of a log: a file that was taken up without a line may be a part of it."""
    return not event.adopted if log.size is None else log.size == event.size


class Deletion:
    """One run over one instance: what is deleted, what stays, and what went wrong."""

    def __init__(
        self,
        api: Dds,
        instance_id: str,
        held: Holding,
        *,
        workers: int,
        wait_timeout: float,
        poll_interval: float,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.chosen: list[AuditLog] = []
        self.asked: list[AuditLog] = []
        self.deleted: list[AuditLog] = []
        self.still_there: list[AuditLog] = []
        self.kept: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.error: CloudError | None = None
        self._api = api
        self._instance_id = instance_id
        self._held = held
        self._workers = workers
        self._wait_timeout = wait_timeout
        self._poll_interval = poll_interval
        self._sleep = sleep
        self._monotonic = monotonic

    def run(self, *, min_age: int, most: int, nodes: Collection[str] | None, check: bool) -> None:
        """Delete what may be deleted, at most so many logs; in check mode find out which ones that is.

        A fault that comes once something was asked for ends up in ``error``. Raises CloudError for one before that,
        ArchiveError, and BadInput for a node that is not there.
        """
        self._check(nodes)
        choice = self._choice(min_age, nodes)
        self.kept += choice.kept
        left = iter(choice.candidates)
        while self.error is None and len(self.chosen) < most:
            batch = list(islice(left, min(NAMES_AT_ONCE, most - len(self.chosen))))
            if not batch:
                break
            proven = self._proven(batch)
            self.chosen += proven
            if proven and not check:
                self._carry(partial(self._ask, proven))
        self.kept[OVER_LIMIT if self.error is None else NOT_ASKED] += sum(1 for _candidate in left)
        if self.asked:
            self._carry(self._await)
        if not check:
            self.kept[NOT_ASKED] += len(self.chosen) - len(self.asked)
            self.kept[STILL_THERE] += len(self.still_there)

    def _carry(self, work: Callable[[], None]) -> None:
        try:
            work()
        except CloudError as error:
            self.error = self.error or error
        if self.error and not self.asked:
            raise self.error

    def _choice(self, min_age: int, nodes: Collection[str] | None) -> Choice:
        ledger, clock = self._held.ledger, self._api.http.clock
        if not any(ledger.units.tally(one).counts[COLLECTED] for one in ledger.series if one.log_type == AUDIT):
            return Choice([], Counter())
        # Of all nodes and of all time, whichever are wanted: a name has to be compared with those of all logs.
        span = _all_time(clock.now(), clock.latest())
        logs = self._api.audit_logs(self._instance_id, span)
        clock.check()
        # The answers told the cloud's time: with another local clock, the span began too late or ended too early.
        longer = _all_time(clock.now(), clock.latest())
        if longer.begin < span.begin - MARGIN or longer.end > span.end + MARGIN:
            logs = self._api.audit_logs(self._instance_id, longer)
        return choose(logs, ledger, clock.now() - min_age, nodes)

    def _check(self, nodes: Collection[str] | None) -> None:
        """Raise BadInput for a node that neither the archive nor, as the cloud has to be asked then, the instance knows."""
        unknown = set(nodes or ()) - self._held.nodes
        if not unknown:
            return
        known = {node.id for node in nodes_of(self._api.instance(self._instance_id))} | self._held.nodes
        for node in sorted(unknown - known):
            raise BadInput(f"node_ids: {self._instance_id} has no node {node}; it has {', '.join(sorted(known))}.")

    def _proven(self, batch: Sequence[Candidate]) -> list[AuditLog]:
        """Return the logs whose files are now what the ledger says."""
        with ThreadPoolExecutor(self._workers, "verify") as pool:
            problems = list(pool.map(lambda one: check_file(self._held.tree, one.event), batch))
        found = [problem for problem in problems if problem]
        self.problems += found
        self.kept[NOT_VERIFIED] += len(found)
        return [one.log for one, problem in zip(batch, problems) if not problem]

    def _ask(self, logs: Sequence[AuditLog], *, look: bool = True) -> None:
        """Ask for logs to be deleted; names that the cloud refuses are told from the others by asking for fewer.

        ``look``: whether some may be gone already, as their time was over or somebody else deleted them.
        """
        error = self._attempt(logs)
        if error is None:
            return
        if error.kind not in (PARAMETER, NOT_FOUND) or not error.code.startswith(_OF_DDS):
            raise error
        there = self._listed(logs) if look else {log.id for log in logs}
        left = [log for log in logs if log.id in there]
        self.chosen = [log for log in self.chosen if log not in logs or log.id in there]
        if len(left) == len(logs) == 1:
            self.chosen.remove(logs[0])
            self.kept[REFUSED] += 1
            self.problems.append(Problem(REFUSED, logs[0].name, f"{logs[0].id}: {error.message}"))
            return
        half = len(left) // 2
        for part in [left] if len(left) < len(logs) else [left[:half], left[half:]]:
            if part:
                self._ask(part, look=False)

    def _attempt(self, logs: Sequence[AuditLog]) -> CloudError | None:
        """Ask for logs to be deleted; where the answer leaves it open, the list is watched before the same is asked again."""
        for _attempt in range(_ATTEMPTS):
            try:
                self._api.delete_audit_logs(self._instance_id, [log.name for log in logs])
            except CloudError as error:
                if not error.uncertain:
                    return error
                last = error
            else:
                self.asked += logs
                return None
            if self._has_begun(logs):
                self.asked += logs
                return None
        return last

    def _has_begun(self, logs: Sequence[AuditLog]) -> bool:
        """Tell whether any of the logs goes off the list within a while."""
        give_up = self._monotonic() + min(_WATCH, self._wait_timeout)
        while len(self._listed(logs)) == len(logs):
            left = give_up - self._monotonic()
            if left <= 0:
                return False
            self._sleep(min(self._poll_interval, left))
        return True

    def _await(self) -> None:
        """Read the list until everything that was asked for is gone, or the time is over."""
        give_up = self._monotonic() + (min(_WATCH, self._wait_timeout) if self.error else self._wait_timeout)
        self.still_there = list(self.asked)
        while True:
            there = self._listed(self.still_there)
            self.deleted += [log for log in self.still_there if log.id not in there]
            self.still_there = [log for log in self.still_there if log.id in there]
            left = give_up - self._monotonic()
            if not self.still_there or left <= 0:
                return
            self._sleep(min(self._poll_interval, left))

    def _listed(self, logs: Sequence[AuditLog]) -> set[str]:
        """Return which of these logs the cloud lists."""
        begin, end = min(log.span.begin for log in logs), max(log.span.end for log in logs)
        found = self._api.audit_logs(self._instance_id, Span(begin - MARGIN, end + MARGIN))
        return {log.id for log in found} & {log.id for log in logs}


def _all_time(now: int, latest: int) -> Span:
    """Return the time that logs can be of which the cloud still has."""
    return Span(now - LONGEST_KEPT * DAY - MARGIN, latest + MARGIN)


@contextmanager
def opened(archive: str, folder: str, *, check: bool, wait: float, now: int) -> Iterator[Holding]:
    """Yield what the archive holds of an instance, under its lock unless it is for check mode.

    Raises ArchiveError when there is nothing to rely on: no archive, no ledger, or one that was altered.
    """
    root = os.path.join(archive, folder)
    if not os.path.isdir(root):
        raise ArchiveError(
            f"There is no archive of this instance at {root}.",
            code="no_archive",
            hint="Check archive, region, project_id and instance_id: dds_log_archive has to have been given the same.",
        )
    if check:
        yield _sound(survey.holding(archive, folder, whole=False))
        return
    with ExitStack() as stack:
        yield _sound(stack.enter_context(survey.writing(archive, folder, wait, now)))


def _sound(held: Holding) -> Holding:
    if not held.ledger.lines:
        raise ArchiveError(
            f"{held.tree.root} has no ledger.", code="no_ledger", hint="Restore it, or run dds_log_archive first."
        )
    for problem in check_chain(held.ledger, None):
        raise ArchiveError(
            f"The ledger of {held.tree.root} was altered: {problem.message}",
            code="ledger_altered",
            hint="What it says proves nothing. Find out why, and accept that with log_archive_accept.",
        )
    return held
