# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slow and error logs of the Huawei family: by query where that can be, by exports where not. Which one is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Place
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    READ,
    REREAD,
    Notice,
    Offer,
    Plan,
    Step,
    merged,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Reading, Requested, Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds, Node
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.entries import CannotQuery
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.exports import ExportSource, exported
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.queries import QuerySource, queried
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads

AUTO, QUERY, EXPORT = "auto", "query", "export"
WAYS = [AUTO, QUERY, EXPORT]


class SlowErrorSource:
    """The slow or the error logs of one instance.

    ``by``: one of :data:`WAYS`. ``every``: whether all nodes are wanted that have them; ``complete``: and ``nodes``
    are all of these, so that one that is not there is gone. ``asks``: whether exports may be begun.
    """

    def __init__(
        self,
        api: Dds,
        log_type: str,
        rules: windows.Rules,
        *,
        instance_id: str,
        mode: str,
        nodes: Sequence[Node],
        every: bool,
        complete: bool,
        by: str,
        asks: bool,
    ) -> None:
        self.http = api.http
        self._api = api
        self._log_type = log_type
        self._rules = rules
        self._instance_id = instance_id
        self._nodes = nodes
        self._every = every
        self._complete = complete
        self._by = by
        self._asks = asks
        self._notices: tuple[Notice, ...] = ()
        readable = [] if by == EXPORT else [node for node in nodes if node.can_be_queried(mode)]
        self._query = self._querying(readable) if readable else None
        self._export = self._exporting([node for node in nodes if node not in readable])

    def plan(self, ledger: Ledger, status: Status, requested: Requested) -> Plan:
        """Return what to do now. Exports take over only what was never read by query: what that missed would be lost in silence."""
        plans = []
        if self._query:
            try:
                plans.append(self._query.plan(ledger, status, requested))
            except CannotQuery as error:
                if self._by == QUERY or self._rules.span or self._query.serves_any(ledger):
                    raise
                self._query = None
                self._export = self._exporting(self._nodes)
                message = f"{self._log_type} logs are collected by export, as their entries cannot be queried here: {error.message}"
                self._notices += (Notice("cannot_query", self._log_type, None, message),)
        if self._export:
            plans.append(self._export.plan(ledger, status, requested))
        found = merged(plans)
        return found._replace(notices=(*self._notices, *found.notices))

    def _querying(self, nodes: Sequence[Node]) -> QuerySource:
        return QuerySource(
            self._api, self._log_type, self._rules, instance_id=self._instance_id, nodes=nodes, every=self._complete
        )

    def _exporting(self, nodes: Sequence[Node]) -> ExportSource | None:
        if not nodes:
            return None
        if self._rules.span:
            for node in nodes:
                message = f"{node.id} is left out, as its {self._log_type} logs are exported as they are now, whatever begin and end say."
                self._notices += (Notice("cannot_query", self._log_type, node.id, message),)
            return None
        if not self._asks:
            message = f"What {self._log_type} logs the cloud holds is known only once it exported them, which check mode does not ask."
            self._notices += (Notice("not_asked", self._log_type, None, message),)
            return None
        every = self._every and len(nodes) == len(self._nodes)
        return ExportSource(self._api, self._log_type, instance_id=self._instance_id, nodes=nodes, every=every)

    def ask(self, step: Step, within: float) -> None:
        """Never called: nothing is made on request here."""
        raise NotImplementedError(step.unit)

    def read(self, step: Step, held: Iterable[bytes], threads: Threads) -> Reading:
        """Return the entries of a window."""
        return self._of(step).read(step, held, threads)

    def links_at_once(self, log_type: str) -> int:
        """Return 1: a link that ran out is asked for again by itself."""
        return 1

    def links(self, offers: Sequence[Offer]) -> Mapping[str, str]:
        """Return links to exports."""
        return self._exports().links(offers)

    def path(self, offer: Offer, link: str) -> str:
        """Return the place of an export."""
        return self._exports().path(offer, link)

    def window_path(self, step: Step) -> str:
        """Return the place of a window."""
        return self._of(step).window_path(step)

    def named(self, step: Step, path: str, digest: Digest, digits: int) -> tuple[str, str]:
        """Return the unit and the place of a file whose bytes are known."""
        return self._of(step).named(step, path, digest, digits)

    def recognise(self, place: Place) -> Event | None:
        """Return the window or the export that a file holds."""
        return queried(place) or exported(place)

    def _of(self, step: Step) -> Source:
        part = self._query if step.action in (READ, REREAD) else self._export
        if part is None:
            raise ValueError(f"nothing here makes {step.action} of {step.unit}")
        return part

    def _exports(self) -> ExportSource:
        if self._export is None:
            raise ValueError("nothing is exported")
        return self._export
