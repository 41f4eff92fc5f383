# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run is going to do, as data: the words that planning, the engine and the sources share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    BY_EXPORT,
    CLOSED,
    OPENED,
    Event,
    Key,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span

READY, MAKING, FAILED = "ready", "making", "failed"

RECORD, FETCH, WAIT, ASK, PENDING, MISSING = "record", "fetch", "wait", "ask", "pending", "missing"
READ, REREAD = "read", "reread"


class Offer(NamedTuple):
    """A file that the cloud lists: ready, still being made, or failed. ``created`` is when the cloud began to make it.

    ``link``: the one that came with the list, good for one beginning; never shown.
    ``size`` is in bytes and exact: a file of another size is refused. None where the API named none, or only roughly.
    """

    id: str
    series: Series
    span: Span
    state: str
    name: str
    size: int | None = None
    created: int | None = None
    link: str | None = None

    def __repr__(self) -> str:
        """Return what a defect may show of an offer: not its link."""
        return f"Offer({self.id!r}, {self.state!r}, {self.name!r})"

    def source(self) -> Mapping[str, Any]:
        """Return what the ledger keeps of where a file came from; the size is the one that the API named."""
        return {"id": self.id, "name": self.name, "size": self.size}


class Notice(NamedTuple):
    """Why there is nothing where one may expect something. ``node`` is None when it is about the whole instance.

    ``code``: ``nothing_logged``, ``auditing_off``, ``cannot_have``, ``no_permission``, ``not_asked``, ``cannot_query``,
    ``beyond_reach`` or ``not_yet``.
    """

    code: str
    log_type: str
    node: str | None
    message: str


def not_yet(log_type: str) -> Notice:
    """Return that an explicit span is still to come, which mostly was not meant."""
    return Notice(
        "not_yet", log_type, None, "begin is still to come, so there is nothing to be had yet; check begin and end."
    )


class Step(NamedTuple):
    """What is to be done about one unit.

    ``record``: write ``event``. ``fetch``: download ``offer``. ``wait``: the cloud is making it. ``ask``: ask the cloud
    to make it. ``read``: query its entries. ``reread``: query them again, for what is not in the files ``held``.
    ``pending``: too early. ``missing``: nothing can be done now. ``reason`` says why, for a person. ``settles``: once this is
    done, the unit is not looked at again.
    """

    action: str
    series: Series
    unit: str
    span: Span
    offer: Offer | None = None
    event: Event | None = None
    reason: str = ""
    expires: int | None = None
    held: tuple[str, ...] = ()
    settles: bool = False

    @property
    def key(self) -> Key:
        """Return the name of the unit."""
        return Key(self.series, self.unit)

    @property
    def file(self) -> Offer:
        """Return what a step that fetches is to download."""
        if self.offer is None:
            raise ValueError(f"nothing is offered for {self.unit}")
        return self.offer


class Plan(NamedTuple):
    """Everything a run is going to do, and what it looked at to know.

    ``opening`` is written before anything else, ``closing`` after, for the series in which nothing is left to do.
    ``scopes``: the series examined, since when and until when they are in scope. ``listed``: the span that the cloud
    was asked to list and the nodes it was narrowed to. ``room``: how many units may be asked for now (None: all).
    ``only``: the explicit span that this is all about.
    ``calls``: the fewest calls of the API, beside looking, that carrying it out takes. ``notices``: what else was found.
    ``failures``: types of log that could not be looked at, and why; what is known of them stays as it was. ``name``: what people
    call the instance, as far as the cloud was asked.
    """

    steps: tuple[Step, ...] = ()
    opening: tuple[Event, ...] = ()
    closing: tuple[Event, ...] = ()
    scopes: Mapping[Series, tuple[int, int | None]] = {}
    listed: Mapping[str, tuple[Span, Sequence[str] | None]] = {}
    listed_counts: Mapping[tuple[Series, Span], int] = {}
    room: int | None = None
    only: Span | None = None
    calls: int = 0
    notices: tuple[Notice, ...] = ()
    failures: Mapping[str, CloudError] = {}
    name: str = ""

    def having(self, *actions: str) -> list[Step]:
        """Return the steps with one of these actions, in order."""
        return [step for step in self.steps if step.action in actions]


def merged(plans: Sequence[Plan]) -> Plan:
    """Return plans over different series as one."""
    return Plan(
        ordered(step for plan in plans for step in plan.steps),
        opening=tuple(event for plan in plans for event in plan.opening),
        closing=tuple(event for plan in plans for event in plan.closing),
        scopes={series: scope for plan in plans for series, scope in plan.scopes.items()},
        listed={log_type: listed for plan in plans for log_type, listed in plan.listed.items()},
        only=next((plan.only for plan in plans if plan.only), None),
        failures={log_type: error for plan in plans for log_type, error in plan.failures.items()},
        notices=tuple(notice for plan in plans for notice in plan.notices),
    )


def taken_over(opening: Iterable[Event], ledger: Ledger, by: str) -> tuple[Event, ...]:
    """Return openings with the reason ``by``, each after the end of what another way of collecting had opened.

    Nothing before such an opening is wanted any more.
    """
    events = []
    for event in opening:
        begin, end = ledger.scopes.get(event.series, (0, 0))
        before = ledger.opened_for.get(event.series) or BY_EXPORT
        if event.begin is not None and end is None and before != by:
            events.append(Event(CLOSED, event.series, begin=begin, end=max(begin, event.begin), reason=by))
        events.append(event._replace(reason=by))
    return tuple(events)


def ordered(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the steps in the order of their doing: what expires first goes first."""
    return tuple(sorted(steps, key=lambda step: (step.span.begin, step.series, step.unit)))


def renewing(plan: Plan, found_damaged: Iterable[Event]) -> Plan:
    """Return the plan with what it does about damaged units told, and with those missing that the cloud does not offer."""
    damaged = {event.key: event for event in found_damaged}
    if not damaged:
        return plan
    steps = [_renewed(step, damaged.get(step.key)) for step in plan.steps]
    planned = {step.key for step in steps}
    unknown = plan.failures.keys() | {notice.log_type for notice in plan.notices if notice.code == "not_asked"}
    for event in damaged.values():
        if event.key in planned or event.series.log_type in unknown:
            continue
        reason = f"{event.reason}, and the cloud does not offer it any more"
        steps.append(Step(MISSING, event.series, event.unit, event.period or Span(0, 0), reason=reason))
    return plan._replace(steps=ordered(steps))


def _renewed(step: Step, event: Event | None) -> Step:
    if event is None:
        return step
    reason = "; ".join(filter(None, (f"fetched again, as {event.reason}", step.reason)))
    return step._replace(reason=reason)


def opened(series: Series, begin: int) -> Event:
    """Return the event that puts a series in scope from ``begin`` on."""
    return Event(OPENED, series, begin=begin)
