# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine asks of the Huawei family, for slow and error logs whose entries can be queried, window by window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Place, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    BY_QUERY,
    COLLECTED,
    Event,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import choosing, windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    READ,
    REREAD,
    Offer,
    Plan,
    Step,
    taken_over,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Reading, Requested
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds import entries
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds, Node
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.window import numbers_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import NOT_FOUND
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import HOUR

EXTENSION = ".jsonl"


class QuerySource:
    """The slow or the error logs of the nodes of one instance whose entries can be queried.

    ``every``: whether these are all such nodes of the instance, so that one that is not there has left it.
    """

    def __init__(
        self, api: Dds, log_type: str, rules: windows.Rules, *, instance_id: str, nodes: Sequence[Node], every: bool
    ) -> None:
        self.http = api.http
        self._api = api
        self._log_type = log_type
        self._rules = rules
        self._instance_id = instance_id
        self._every = every
        self._series = tuple(Series(node.id, log_type) for node in nodes)
        self._started: int | None = None
        self._answers = False
        self._left: dict[Series, bool] = {}

    def plan(self, ledger: Ledger, status: Status, requested: Requested) -> Plan:
        """Return what to do now. Raises CannotQuery where something is to be read, and the cloud has no such call."""
        now = self._api.http.clock.now()
        started = self._started = self._started or now
        scopes = {one: scope for one, scope in ledger.scopes.items() if self._serves(one, ledger)}
        members = windows.Members(self._series, complete=self._every)
        left = windows.ended(self._rules, members, scopes)
        members = members._replace(readable=frozenset(one for one in left if self._can_be_read(one, now)))
        wanted = windows.want(self._rules, members, ledger.units, scopes, started, now, status.rechecked())
        plan = choosing.plan(self._rules, wanted, (), (), now=now)
        first = next(iter(plan.having(READ, REREAD)), None)
        if first and not self._answers:
            entries.probe(self._api, self._instance_id, self._log_type, first.span)
            self._answers = True
        return plan._replace(opening=taken_over(plan.opening, ledger, BY_QUERY))

    def _can_be_read(self, series: Series, now: int) -> bool:
        """Tell whether the cloud still gives entries of a node that left."""
        if series not in self._left:
            span = Span(now - HOUR, now)
            try:
                entries.probe(self._api, self._instance_id, self._log_type, span, node_id=series.node)
                self._left[series] = True
            except entries.CannotQuery:
                raise
            except CloudError as error:
                if error.kind != NOT_FOUND:
                    raise
                self._left[series] = False
        return self._left[series]

    def serves_any(self, ledger: Ledger) -> bool:
        """Tell whether any of these series was opened to be read by query."""
        return any(self._serves(one, ledger) for one in self._series)

    def _serves(self, series: Series, ledger: Ledger) -> bool:
        return series.log_type == self._log_type and ledger.opened_for.get(series) == BY_QUERY

    def ask(self, step: Step, within: float) -> None:
        """Never called: a window is read at once."""
        raise NotImplementedError(step.unit)

    def read(self, step: Step, held: Iterable[bytes], threads: Threads) -> Reading:
        """Return the entries that the cloud offers of a window, but those that are held."""
        try:
            known = numbers_of(held)
        except ValueError:
            raise CloudError(
                f"A file of the window {layout.window_unit(step.span)} cannot be read, so what is new cannot be told.",
                code="damaged",
                hint="Collect with repair.",
            ) from None
        # What comes late is looked for in the plainest way there is.
        helpers = threads if step.action == READ else None
        window = entries.read(
            self._api, self._instance_id, self._log_type, step.span, node_id=step.series.node, threads=helpers
        )
        numbers = set(window.numbers) - known
        source = {
            "call": f"{self._log_type}-logs",
            "entries": len(numbers),
            "first_line_num": str(min(numbers)) if numbers else None,
            "last_line_num": str(max(numbers)) if numbers else None,
        }
        return Reading(window.lines(known), source)

    def links_at_once(self, log_type: str) -> int:
        """Return 1, for files that there are none of."""
        return 1

    def links(self, offers: Sequence[Offer]) -> Mapping[str, str]:
        """Never called: nothing is downloaded."""
        raise NotImplementedError

    def path(self, offer: Offer, link: str) -> str:
        """Never called: nothing is downloaded."""
        raise NotImplementedError

    def window_path(self, step: Step) -> str:
        """Return the place of a window; that of its late entries is known once they are."""
        return layout.window_path(step.series, step.span, EXTENSION, "+" if step.action == REREAD else "")

    def named(self, step: Step, path: str, digest: Digest, digits: int) -> tuple[str, str]:
        """Return the window and its place; late entries of it are named by their bytes."""
        if step.action == READ:
            return step.unit, path
        late = layout.late_mark(digest.sha256, digits)
        return layout.window_unit(step.span) + late, layout.window_path(step.series, step.span, EXTENSION, late)

    def recognise(self, place: Place) -> Event | None:
        """Return the window, or the late entries of one, that a file holds."""
        return queried(place) if place.series.log_type == self._log_type else None


def queried(place: Place) -> Event | None:
    """Return the window, or the late entries of one, that a file holds; None where it is no file of entries."""
    if place.window is None or place.span is None or layout.extension(place.name) != EXTENSION:
        return None
    return Event(COLLECTED, place.series, place.window, *place.span)
