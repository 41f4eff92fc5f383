# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine asks of the UCloud family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Place, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import choosing, windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    FAILED,
    MAKING,
    READY,
    Notice,
    Offer,
    Plan,
    Step,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Reading, Requested
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import compact
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import (
    PACKAGE_STATES,
    Package,
    UMongoDB,
)

_STATES = {"Package_Success": READY, "Package_Running": MAKING, "Package_Failed": FAILED}


class PackageSource:
    """The packages of one cluster."""

    def __init__(
        self,
        api: UMongoDB,
        rules: windows.Rules,
        *,
        cluster_id: str,
        zone: str | None,
        node_ids: Sequence[str] | None,
        intranet: bool,
    ) -> None:
        self.http = api.http
        self._api = api
        self._rules = rules
        self._cluster_id = cluster_id
        self._zone = zone
        self._node_ids = node_ids
        self._intranet = intranet
        self._members: windows.Members | None = None
        self._notices: tuple[Notice, ...] = ()
        self._name = ""
        self._started: int | None = None

    def plan(self, ledger: Ledger, status: Status, requested: Requested) -> Plan:
        """Return what to do now. Lists only when something is wanted; sees the nodes once a run."""
        members = self._members = self._members or self._find_members()
        clock = self.http.clock
        started = self._started or clock.now()
        wanted = windows.want(self._rules, members, ledger.units, ledger.scopes, started, started)
        offers: list[Offer] = []
        unclear: list[choosing.Vague] = []
        now = started
        if wanted.anything:
            packages, complete = self._api.listed(self._cluster_id, zone=self._zone or "")
            offers = [offer for offer in map(offered, packages) if offer]
            unclear = [one for one in map(vague, packages) if one]
            unclear += [] if complete else [choosing.Vague(None, None, None)]
            # The list told the cloud's time, which may be the earlier one.
            now = clock.now()
            started = min(started, now)
            wanted = windows.want(self._rules, members, ledger.units, ledger.scopes, started, now)
        self._started = started
        plan = choosing.plan(self._rules, wanted, offers, status.asked(), now=now, mine=requested, vague=unclear)
        return plan._replace(notices=(*self._notices, *plan.notices), name=self._name)

    def ask(self, step: Step, within: float) -> None:
        """Ask for the package of a window."""
        self._api.create_package(
            self._cluster_id,
            zone=self._zone or "",
            node_id=step.series.node,
            log_type=step.series.log_type,
            span=step.span,
            name=package_name(step.series, step.span),
            within=within,
        )

    def read(self, step: Step, held: Iterable[bytes], threads: Threads) -> Reading:
        """Never called: a window is a package."""
        raise NotImplementedError(step.unit)

    def window_path(self, step: Step) -> str:
        """Never called: a window is a package."""
        raise NotImplementedError(step.unit)

    def links_at_once(self, log_type: str) -> int:
        """Return 1: each package has a call of its own."""
        return 1

    def links(self, offers: Sequence[Offer]) -> Mapping[str, str]:
        """Return fresh links to packages."""
        return {
            offer.id: self._api.package_link(
                self._cluster_id, int(offer.id), zone=self._zone or "", intranet=self._intranet
            )
            for offer in offers
        }

    def path(self, offer: Offer, link: str) -> str:
        """Return the place of a package: named by its window, with the extension that its file has in the cloud."""
        return layout.window_path(offer.series, offer.span, layout.extension(unquote(urlsplit(link).path)))

    def named(self, step: Step, path: str, digest: Digest, digits: int) -> tuple[str, str]:
        """Return the window and the place that the step names."""
        return step.unit, path

    def recognise(self, place: Place) -> Event | None:
        """Return the window that a file holds, from its name."""
        if place.span is None or place.late:
            return None
        return Event(COLLECTED, place.series, layout.window_unit(place.span), place.span.begin, place.span.end)

    def _find_members(self) -> windows.Members:
        if self._node_ids and self._zone:
            series = [Series(node, log_type) for node in self._node_ids for log_type in self._rules.log_types]
            return windows.Members(tuple(series), complete=False)
        cluster = self._api.cluster(self._cluster_id, zone=self._zone)
        self._zone, self._name = self._zone or cluster.zone, cluster.name or ""
        if not self._zone:
            raise CloudError(f"The API named no zone of {self._cluster_id}.", code="no_zone", hint="Give zone.")
        nodes = {node.id: node for node in cluster.nodes}
        if not nodes:
            raise CloudError(f"The API named no nodes of {self._cluster_id}.", code="no_nodes", hint="Give node_ids.")
        unknown = [node for node in self._node_ids or () if node not in nodes]
        if unknown:
            raise BadInput(f"node_ids: {self._cluster_id} has no node {unknown[0]}; it has {', '.join(sorted(nodes))}.")
        wanted = [
            Series(node, log_type) for node in sorted(self._node_ids or nodes) for log_type in self._rules.log_types
        ]
        series = [one for one in wanted if nodes[one.node].can_have(one.log_type)]
        self._notices = tuple(
            Notice("cannot_have", one.log_type, one.node, f"{one.node} is a mongos node, which has no slow log.")
            for one in wanted
            if one not in series
        )
        return windows.Members(tuple(series), complete=cluster.complete and not self._node_ids)


def offered(package: Package) -> Offer | None:
    """Return a package in the engine's words; None when the API left out what it is of, or it is being deleted."""
    state = _STATES.get(package.state)
    if state is None or not package.node_id or not package.log_type or package.span is None:
        return None
    series = Series(package.node_id, package.log_type)
    return Offer(str(package.id), series, package.span, state, package.name, package.size, package.created)


def vague(package: Package) -> choosing.Vague | None:
    """Return a package that may be one to take, had the API told more of it."""
    if package.state in _STATES.keys() ^ PACKAGE_STATES.keys():
        return None  # it is being deleted
    told = package.state and package.node_id and package.log_type and package.span and package.created is not None
    if told and package.state in PACKAGE_STATES:
        return None
    return choosing.Vague(package.node_id, package.log_type, package.span)


def package_name(series: Series, span: Span) -> str:
    """Return the label of a package, the same whenever it is made: the API keeps it, and nothing depends on it."""
    return f"{series.log_type}-{series.node}-{compact(span.begin)}-{compact(span.end)}"
