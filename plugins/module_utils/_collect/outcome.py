# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run did, and what it could not do, as the result that a module returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.claims import Claim, claim_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    CLOSED,
    COLLECTED,
    EMPTY,
    LOST,
    OPENED,
    Event,
    Key,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.books import Books
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    ASK,
    FETCH,
    MISSING,
    PENDING,
    READ,
    RECORD,
    REREAD,
    WAIT,
    Plan,
    Step,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.work import Work
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso, iso_or_none


class Outcome:
    """The events that were written, the plan that was last made, and what went wrong."""

    def __init__(self, ledger: Ledger) -> None:
        self.first: Plan | None = None
        self.plan: Plan | None = None
        self.done: list[Event] = []
        self.failed: Mapping[Key, CloudError] = {}
        self.fatal: LogsError | None = None
        self.asked: Counter[Key] = Counter()
        self.taken: set[Key] = set()
        self.calls = 0
        self.resumed = 0
        self.throttled = 0.0
        self.warnings: list[str] = []
        self._ledger = ledger
        self._check = False

    @classmethod
    def predicted(cls, ledger: Ledger, plan: Plan, adopted: Sequence[Event]) -> Outcome:
        """Return the outcome that carrying the plan out has when nothing goes wrong."""
        outcome = cls(ledger)
        outcome._check = True
        outcome.first = outcome.plan = plan
        outcome.asked = Counter(step.key for step in plan.having(ASK))
        ledger.preview(plan.opening)
        outcome.done = [
            *adopted,
            *plan.opening,
            *map(_expected, plan.having(RECORD, FETCH, READ, WAIT, ASK)),
            *plan.closing,
        ]
        return outcome

    def take(self, work: Work, books: Books) -> None:
        """Take over what was done and what was not."""
        self.plan = work.plan if self.first else None
        self.asked, self.failed = work.asked, work.failed
        self.done, self.taken = books.done, books.taken
        self.resumed, self.warnings = books.resumed, books.warnings

    def ends(self) -> list[Event]:
        """Return the ends of series in which nothing is left to do."""
        left = {step.series for step in self.missing() + self.pending()}
        return [event for event in self.plan.closing if event.series not in left] if self.plan else []

    @property
    def changed(self) -> bool:
        """Tell whether the archive changed; a package that was asked for is a change of the cloud."""
        return bool(self.done or self.asked)

    def missing(self) -> list[Step]:
        """Return the units that are wanted, could be had, and are not held."""
        left = self._left(MISSING, FETCH, READ) + [step for step in self._left(ASK, WAIT) if not self._being_made(step)]
        # A window that was read and could not be read once more.
        left += [step for step in self._left(REREAD) if step.key in self.failed]
        return [self._explained(step) for step in left]

    def pending(self) -> list[Step]:
        """Return the units that are not to be had yet: their window is not over, or they are still being made."""
        return self._left(PENDING) + [step for step in self._left(ASK, WAIT) if self._being_made(step)]

    @property
    def failures(self) -> Mapping[str, CloudError]:
        """Return the types of log that could not be looked at, and why."""
        return self.plan.failures if self.plan else {}

    @property
    def cause(self) -> LogsError | None:
        """Return the first error that concerns more than a unit."""
        return self.fatal or next(iter(self.failures.values()), None)

    def lost(self) -> list[Event]:
        """Return every unit that is lost and not accepted, also of earlier runs."""
        return self._ledger.units.lost

    def message(self) -> str | None:
        """Return the sentence that a failed run ends with; None when it did not fail."""
        failures = [f"{log_type}: {error.message}" for log_type, error in self.failures.items()]
        if self._check:
            return " ".join(failures) or None
        missing, lost = self.missing(), [event for event in self.done if event.status == LOST]
        parts = []
        if self.fatal:
            parts.append(self.fatal.message)
        parts += failures
        if missing:
            total = len(missing) + sum(event.status == COLLECTED for event in self.done)
            first = missing[0]
            parts.append(
                f"{len(missing)} of {total} units are missing, first {_name(first)}: {_sentence(first.reason)}"
            )
        if lost:
            reason = _sentence(lost[0].reason or "")
            parts.append(f"{_count(len(lost), 'unit')} can never be had any more, first {_name(lost[0])}: {reason}")
        if self._ledger.breaks:
            parts.append(f"The ledger was altered: {self._ledger.breaks[0]}.")
        return " ".join(parts) or None

    def describe(self, status: Status, now: int) -> None:
        """Put into ``status`` what this run saw of every series that it examined."""
        plan = self.plan
        if plan is None:
            return
        status.name = plan.name or status.name
        missing, pending = _by_series(self.missing()), _by_series(self.pending())
        for series, (begin, end) in plan.scopes.items():
            units = [one for one in status.units(series) if plan.only and not _within(one, plan.only)]
            units += [_unit(step, "missing") for step in missing.get(series, ())]
            units += [_unit(step, "pending") for step in pending.get(series, ())]
            counts = dict(sorted(self._ledger.units.tally(series).counts.items()))
            status.update(series, last_attempt=iso(now), counts=counts, units=units)
            if plan.only:
                continue
            status.update(series, scope={"begin": iso(begin), "end": iso_or_none(end)})
            if not missing.get(series) and not self.fatal:
                status.update(series, last_success=iso(now))
        if not self.fatal:
            for log_type, (span, nodes) in plan.listed.items():
                status.set_listed(log_type, span, nodes)

    def result(self, archive: str, limit: int) -> dict[str, Any]:
        """Return what the module returns; lists hold at most ``limit`` units."""
        missing, pending, lost = self.missing(), self.pending(), self.lost()
        units = (event for event in self.done if event.unit)
        changed = sorted(units, key=lambda event: (event.begin or 0, event.series, event.unit))
        expires = [step.expires for step in (*missing, *pending) if step.expires]
        counts = Counter(event.status for event in self.done)
        return {
            "changed": self.changed,
            "archive": archive,
            "head": self._ledger.head,
            "counts": {
                **{status: counts[status] for status in (COLLECTED, EMPTY, LOST, OPENED, CLOSED)},
                "adopted": sum(event.adopted for event in self.done),
                "missing": len(missing),
                "pending": len(pending),
            },
            "bytes": sum(event.size or 0 for event in self.done),
            "packages_asked": sum(self.asked.values()),
            "calls": self.calls,
            "resumed": self.resumed,
            "throttled_seconds": round(self.throttled, 1),
            "plan": _summary(self.first),
            "units": [_changed_unit(event) for event in changed[:limit]],
            "units_omitted": max(0, len(changed) - limit),
            "missing": [{**_named(step), **_unit(step, "missing"), **self._failure(step)} for step in missing[:limit]],
            "pending": [{**_named(step), **_unit(step, "pending")} for step in pending[:limit]],
            "lost": [_changed_unit(event) for event in lost[:limit]],
            "ledger_breaks": [str(one) for one in self._ledger.breaks[:limit]],
            "next_loss": iso_or_none(min(expires, default=None)),
            "failures": [
                {"log_type": log_type, "failure": error.failure()} for log_type, error in self.failures.items()
            ],
            "claims": self._claims(),
            "notices": [notice._asdict() for notice in (self.plan.notices if self.plan else ())],
        }

    def _claims(self) -> list[dict[str, Any]]:
        """Return how the series that were looked at are collected, and what is claimed of them."""
        nodes: dict[tuple[str, Claim], list[str]] = {}
        plan = self.plan or Plan()
        for series in sorted(plan.scopes):
            claim = claim_of(self._ledger.identity, series, self._ledger, timed=plan.only is not None)
            nodes.setdefault((series.log_type, claim), []).append(series.node)
        return [
            {"log_type": log_type, "by": claim.by, "claim": claim.text, "nodes": of}
            for (log_type, claim), of in sorted(nodes.items())
        ]

    def diff(self, archive: str) -> dict[str, str]:
        """Return the change of the archive as a person reads it."""
        events = sorted(self.done, key=lambda event: (event.series, event.begin or 0, event.unit))
        return {
            "before_header": archive,
            "after_header": archive,
            "before": "",
            "after": "".join(_line(event) + "\n" for event in events),
        }

    def _left(self, *actions: str) -> list[Step]:
        if self.plan is None:
            return []
        # Nothing goes wrong in check mode: what would be fetched is not left.
        wanted = {*actions} & {MISSING, PENDING} if self._check else {*actions}
        done = {event.key for event in self.done} | self.taken
        return [step for step in self.plan.having(*wanted) if step.key not in done]

    def _being_made(self, step: Step) -> bool:
        return step.key not in self.failed and (step.action == WAIT or step.key in self.asked)

    def _explained(self, step: Step) -> Step:
        error = self.failed.get(step.key)
        if error:
            return step._replace(reason=error.message)
        if step.action == ASK:
            return step._replace(reason="not asked for yet, as others were still being made")
        if step.action in (FETCH, READ):
            done = "downloaded" if step.action == FETCH else "read"
            return step._replace(reason=f"not {done} yet, as the run ended before")
        return step

    def _failure(self, step: Step) -> dict[str, Any]:
        error = self.failed.get(step.key)
        return {"failure": error.failure()} if error else {}


def _expected(step: Step) -> Event:
    if step.event:
        return step.event
    size = step.offer.size if step.offer else None
    return Event(COLLECTED, step.series, step.unit, step.span.begin, step.span.end, size=size)


def _summary(plan: Plan | None) -> dict[str, Any]:
    if plan is None:
        return {}
    due = plan.having(FETCH, READ, WAIT, ASK)
    expires = [step.expires for step in due if step.expires]
    return {
        "units": len(due) + len(plan.having(RECORD)),
        "files": len(due),
        "packages": len(plan.having(ASK)),
        "calls": plan.calls,
        "known_bytes": sum(step.offer.size or 0 for step in due if step.offer),
        "first_expires": iso_or_none(min(expires, default=None)),
    }


def _by_series(steps: Iterable[Step]) -> dict[Series, list[Step]]:
    grouped: dict[Series, list[Step]] = {}
    for step in steps:
        grouped.setdefault(step.series, []).append(step)
    return grouped


def _unit(step: Step, status: str) -> dict[str, Any]:
    return {
        "unit": step.unit,
        "status": status,
        "begin": iso(step.span.begin),
        "end": iso(step.span.end),
        "reason": step.reason,
        "expires": iso_or_none(step.expires),
    }


def _within(unit: Mapping[str, Any], span: Span) -> bool:
    return bool(iso(span.begin) <= unit["begin"] and unit["end"] <= iso(span.end))


def _named(step: Step) -> dict[str, Any]:
    return {"node": step.series.node, "log_type": step.series.log_type}


def _changed_unit(event: Event) -> dict[str, Any]:
    return {
        "node": event.series.node,
        "log_type": event.series.log_type,
        "unit": event.unit,
        "status": event.status,
        "begin": iso_or_none(event.begin),
        "end": iso_or_none(event.end),
        "path": event.path,
        "size": event.size,
        "sha256": event.sha256,
        "adopted": event.adopted,
        "reason": event.reason,
    }


def _line(event: Event) -> str:
    node, log_type = event.series
    if not event.unit:
        instant = event.begin if event.status == OPENED else event.end
        return f"{node} {log_type} {event.status} {'from' if event.status == 'opened' else 'at'} {iso(instant or 0)}"
    span = f"{iso_or_none(event.begin)} to {iso_or_none(event.end)}"
    size = "" if event.size is None else f", {event.size} bytes"
    return f"{node} {log_type} {span} {event.status}{size}" + (f" ({event.reason})" if event.reason else "")


def _name(unit: Step | Event) -> str:
    return f"{unit.series.node} {unit.series.log_type} {unit.unit}"


def _sentence(text: str) -> str:
    return text.rstrip(".") + "."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
