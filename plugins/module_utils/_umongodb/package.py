# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One package of one window: whether it is there, and what to do when it is not."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.choosing import (
    FAILURES_ALLOWED,
    LISTING_LAG,
    REST_AFTER_FAILURES,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.windows import REACH
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso, iso_or_none, parse_instant
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import (
    PACKAGE_STATES,
    Package,
    UMongoDB,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.source import package_name

HAVE, WAIT, ASK, REFUSE = "have", "wait", "ask", "refuse"


class Target(NamedTuple):
    """The identity of a package, and the label for a new one."""

    series: Series
    span: Span
    name: str

    def is_of(self, package: Package) -> bool:
        """Tell whether a package is of this window, made when it was over."""
        same = (package.node_id, package.log_type, package.span) == (*self.series, self.span)
        return same and (package.created is None or package.created >= self.span.end)

    def described(self) -> dict[str, Any]:
        """Return what a result tells of a package that is not there yet."""
        empty = Package(0, self.name, "", self.series.node, self.series.log_type, None, self.span, None, None, None)
        return {**described(empty), "id": None}


class Decision(NamedTuple):
    """What to do about a target. ``listed`` holds the ids of its packages that were there already."""

    action: str
    package: Package | None
    reason: str
    listed: frozenset[int]

    @property
    def found(self) -> Package:
        """Return the package that is there."""
        if self.package is None:
            raise ValueError(f"there is no package to {self.action}")
        return self.package


def target_of(options: Mapping[str, Any], now: int) -> Target:
    """Return the target that a module's options name.

    Raises BadInput when the window is empty, over 24 hours or not over at ``now``.
    """
    span = Span(parse_instant(options["begin"], "begin"), parse_instant(options["end"], "end"))
    if span.empty:
        raise BadInput(f"end ({iso(span.end)}) must be after begin ({iso(span.begin)}).")
    if span.end - span.begin > DAY:
        raise BadInput(f"From {iso(span.begin)} to {iso(span.end)} is more than 24 hours; ask for a package a day.")
    _check_over(span, now)
    series = Series(options["node_id"], options["log_type"])
    return Target(series, span, options["name"] or package_name(series, span))


def _check_over(span: Span, now: int) -> None:
    if span.end > now:
        raise BadInput(f"end ({iso(span.end)}) is in the future; a package made before then would be cut short.")


def decide(packages: Sequence[Package], target: Target, now: int) -> Decision:
    """Return what to do, given what the cloud lists. Success comes before running, then the lowest id."""
    same = sorted((package for package in packages if target.is_of(package)), key=lambda package: package.id)
    listed = frozenset(package.id for package in same)
    for state, action in (("success", HAVE), ("running", WAIT)):
        for package in same:
            if PACKAGE_STATES.get(package.state) == state:
                return Decision(action, package, "", listed)
    failed = [package for package in same if PACKAGE_STATES.get(package.state) == "failed"]
    rest_until = max((package.created or target.span.end for package in failed), default=0) + REST_AFTER_FAILURES
    if len(failed) >= FAILURES_ALLOWED and now < rest_until:
        reason = f"Its packaging failed {len(failed)} times; it is not asked for again before {iso(rest_until)}."
        return Decision(REFUSE, failed[-1], reason, listed)
    if target.span.begin < now - REACH:
        expired = iso(target.span.begin + REACH)
        reason = f"begin ({iso(target.span.begin)}) is more than seven days ago: the log could be had until {expired}."
        return Decision(REFUSE, None, reason, listed)
    return Decision(ASK, failed[-1] if failed else None, "", listed)


class Ensurer:
    """Carries a decision out. ``asked`` counts the packages that were, or may have been, asked for."""

    def __init__(
        self,
        api: UMongoDB,
        target: Target,
        options: Mapping[str, Any],
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._target = target
        self._options = options
        self._sleep = sleep
        self._monotonic = monotonic
        self.asked = 0

    def decide(self) -> Decision:
        """Return what to do, having listed. Raises CloudError when nothing can be done.

        Raises BadInput when the window is not over by the cloud's clock.
        """
        return self._possible(self._decide())

    def carry_out(self, decision: Decision) -> Package:
        """Return the package, asked for if need be, listed, and ready if that was to be waited for.

        What failed is asked for once more. Raises CloudError when that fails too, or when the package was refused, did
        not show on the list within a minute, or took too long.
        """
        give_up = self._monotonic() + self._options["wait_timeout"]
        asked = 0
        while decision.action == ASK or (decision.action == WAIT and self._options["wait"]):
            if decision.action == ASK:
                if asked >= FAILURES_ALLOWED:
                    raise CloudError(f"Its packaging failed {asked} times.", code="failed", hint="Run again later.")
                asked += 1
                self._ask()
                decision = self._listed(decision.listed)
                continue
            left = give_up - self._monotonic()
            if left <= 0:
                raise CloudError(
                    f"The package is still being made after {self._options['wait_timeout']:g} s.",
                    code="wait_timeout",
                    hint="Run again later: it will be found, and not be asked for twice.",
                )
            self._sleep(min(self._options["poll_interval"], left))
            decision = self.decide()
        return decision.found

    def _ask(self) -> None:
        try:
            self._api.create_package(
                self._options["cluster_id"],
                zone=self._options["zone"],
                node_id=self._target.series.node,
                log_type=self._target.series.log_type,
                span=self._target.span,
                name=self._target.name,
            )
        except CloudError as error:
            # The package may be made all the same: only the list can tell.
            if not error.uncertain:
                raise
        self.asked += 1

    def _listed(self, before: frozenset[int]) -> Decision:
        give_up = self._monotonic() + LISTING_LAG
        while True:
            decision = self._decide()
            if decision.listed - before:
                return self._possible(decision)
            if self._monotonic() >= give_up:
                raise CloudError(
                    "The package was asked for, but is not listed a minute later.",
                    code="not_listed",
                    hint="Run again: it is looked for first, and asked for only if it is not there.",
                )
            self._sleep(min(self._options["poll_interval"], 5.0))

    def _decide(self) -> Decision:
        packages = self._api.packages(
            self._options["cluster_id"], zone=self._options["zone"], node_id=self._target.series.node
        )
        now = self._api.http.clock.now()
        _check_over(self._target.span, now)  # again, as the answer told the cloud's time
        self._api.http.clock.check()
        return decide(packages, self._target, now)

    @staticmethod
    def _possible(decision: Decision) -> Decision:
        if decision.action == REFUSE:
            raise CloudError(decision.reason, code="failed" if decision.package else "expired")
        return decision


def described(package: Package) -> dict[str, Any]:
    """Return a package as results show it."""
    span = package.span
    return {
        "id": package.id,
        "name": package.name,
        "state": PACKAGE_STATES.get(package.state, package.state),
        "node_id": package.node_id,
        "log_type": package.log_type,
        "role": package.role,
        "begin": iso(span.begin) if span else None,
        "end": iso(span.end) if span else None,
        "size": package.size,
        "created": iso_or_none(package.created),
        "finished": iso_or_none(package.finished),
    }
