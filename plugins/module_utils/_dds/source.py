# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine asks of the Huawei family: audit logs, and whatever else is collected beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Place, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import logs, windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    READY,
    Notice,
    Offer,
    Plan,
    Step,
    merged,
    not_yet,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Reading, Requested, Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import (
    LINKS_AT_ONCE,
    AuditLog,
    Dds,
    Node,
    names_every_node,
    nodes_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.exports import exported
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.queries import queried
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.slow_error import SlowErrorSource
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import PERMISSION
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import MINUTE, iso

AUDIT = "audit"


class AuditLogSource:
    """The audit logs of one instance."""

    def __init__(self, api: Dds, rules: logs.Rules, *, instance_id: str) -> None:
        self.http = api.http
        self._api = api
        self._rules = rules
        self._instance_id = instance_id

    def plan(self, ledger: Ledger, status: Status, requested: Requested) -> Plan:
        """Return what to do now, after listing."""
        now, latest = self.http.clock.now, self.http.clock.latest
        last, seen = self._last_listed(status), status.missing()
        span = logs.listing_span(self._rules, ledger.units, last, seen, now(), latest())
        found = self._list(span)
        # The answers told the cloud's time: with another local clock, the span began too late or ended too early.
        longer = logs.listing_span(self._rules, ledger.units, last, seen, now(), latest())
        if longer.begin < span.begin - MINUTE or longer.end > span.end + MINUTE:
            span, found = longer, self._list(longer)
        offers = [_offered(log) for log in found]
        plan = logs.plan(self._rules, span, offers, ledger.units, ledger.scopes, seen, now())
        if found:
            return plan
        is_to_come = self._rules.span and self._rules.span.begin >= now()
        none = not_yet(AUDIT) if is_to_come else why_none(self._api, self._instance_id, span)
        return plan._replace(notices=(none,))

    def ask(self, step: Step, within: float) -> None:
        """Never called: audit logs are there or not."""
        raise NotImplementedError(step.unit)

    def read(self, step: Step, held: Iterable[bytes], threads: Threads) -> Reading:
        """Never called: audit logs are downloaded."""
        raise NotImplementedError(step.unit)

    def window_path(self, step: Step) -> str:
        """Never called: audit logs are downloaded."""
        raise NotImplementedError(step.unit)

    def links_at_once(self, log_type: str) -> int:
        """Return how many links the API gives in one call."""
        return LINKS_AT_ONCE

    def links(self, offers: Sequence[Offer]) -> Mapping[str, str]:
        """Return fresh links, matched to their logs by the object's name.

        An offer whose link no name tells apart is left out, to be asked for alone: the order is not documented.
        """
        links = self._api.audit_log_links(self._instance_id, [offer.id for offer in offers])
        if len(offers) == 1 and len(links) == 1:
            return {offers[0].id: links[0]}
        named = [(unquote(urlsplit(link).path).rpartition("/")[2], link) for link in links]
        times = Counter([name for name, _link in named] + [offer.name for offer in offers])
        by_name = {name: link for name, link in named if times[name] == 2}
        return {offer.id: by_name[offer.name] for offer in offers if offer.name in by_name}

    def path(self, offer: Offer, link: str) -> str:
        """Return the place of an audit log: named as in the cloud, in the folder of the day when it begins."""
        return layout.named_path(offer.series, offer.span.begin, offer.name, offer.id)

    def named(self, step: Step, path: str, digest: Digest, digits: int) -> tuple[str, str]:
        """Return the log and the place that the step names."""
        return step.unit, path

    def recognise(self, place: Place) -> Event | None:
        """Return the log that a file holds, from its name: the id stands behind the instance's."""
        _project, mark, log_id = place.name.partition(f"_audit_log_{self._instance_id}_")
        if not mark or place.series.log_type != AUDIT:
            return None
        return Event(COLLECTED, place.series, log_id)

    def _list(self, span: Span) -> list[AuditLog]:
        nodes = self._rules.nodes or (None,)
        return [log for node in nodes for log in self._api.audit_logs(self._instance_id, span, node_id=node)]

    def _last_listed(self, status: Status) -> Span | None:
        spans = [status.listed_span(self._rules.log_type, node) for node in self._rules.nodes or (None,)]
        known = [span for span in spans if span]
        return min(known, key=lambda span: span.end) if len(known) == len(spans) else None


class LogSource:
    """Several types of log of one instance in one run. What one of them cannot do stops none of the others.

    ``rules`` are those of audit logs, ``reading`` those of slow and error logs that are read window by window. ``by``: how
    these are collected. ``asks``: whether exports may be begun; in check mode they are not.
    """

    def __init__(
        self,
        api: Dds,
        rules: logs.Rules,
        reading: windows.Rules,
        log_types: Sequence[str],
        *,
        instance_id: str,
        node_ids: Sequence[str],
        by: str,
        asks: bool,
    ) -> None:
        self.http = api.http
        self._api = api
        self._rules = rules
        self._log_types = log_types
        self._instance_id = instance_id
        self._node_ids = node_ids
        self._windows = reading
        self._by = by
        self._asks = asks
        self._parts: dict[str, Source] = {}
        self._notices: list[Notice] = []
        self._name = ""
        self._complete = False

    def plan(self, ledger: Ledger, status: Status, requested: Requested) -> Plan:
        """Return the plans of all types as one.

        Raises BadInput for nodes that are not there, or that have none of these types.
        """
        if not self._parts and not self._notices:
            self._look()
        found = merged([self._plan_of(log_type, ledger, status, requested) for log_type in self._parts])
        return found._replace(notices=(*self._notices, *found.notices), name=self._name)

    def _look(self) -> None:
        """See which nodes have which type, where that is not all of them, and make a source for each type."""
        needed = self._node_ids or set(self._log_types) != {AUDIT}
        instance = self._api.instance(self._instance_id) if needed else Record({}, "instance")
        self._name = instance.text("name") or ""
        self._complete = not self._node_ids and names_every_node(instance)
        nodes = nodes_of(instance)
        known = {node.id for node in nodes}
        unknown = sorted({*self._node_ids} - known)
        if unknown:
            raise BadInput(
                f"node_ids: {self._instance_id} has no node {unknown[0]}; it has {', '.join(sorted(known))}."
            )
        having, mode = False, instance.text("mode") or ""
        for log_type in self._log_types:
            wanted = [node for node in nodes if not self._node_ids or node.id in self._node_ids]
            able = [node for node in wanted if node.can_have(log_type, mode)]
            if self._node_ids:
                self._notices += [_cannot_have(node, log_type) for node in wanted if node not in able]
            if able or not self._node_ids:
                having = True
                self._add(log_type, able, mode)
        if not having:
            raise BadInput(f"node_ids: none of these nodes has {' or '.join(self._log_types)} logs.")

    def _add(self, log_type: str, nodes: Sequence[Node], mode: str) -> None:
        if log_type == AUDIT:
            rules = self._rules._replace(nodes=tuple(node.id for node in nodes) if self._node_ids else None)
            self._parts[log_type] = AuditLogSource(self._api, rules, instance_id=self._instance_id)
        else:
            self._parts[log_type] = SlowErrorSource(
                self._api,
                log_type,
                self._windows._replace(log_types=(log_type,)),
                instance_id=self._instance_id,
                mode=mode,
                nodes=nodes,
                every=not self._node_ids,
                complete=self._complete,
                by=self._by,
                asks=self._asks,
            )

    def ask(self, step: Step, within: float) -> None:
        """Never called: nothing is made on request here."""
        self._parts[step.series.log_type].ask(step, within)

    def read(self, step: Step, held: Iterable[bytes], threads: Threads) -> Reading:
        """Return the entries of a window."""
        return self._parts[step.series.log_type].read(step, held, threads)

    def window_path(self, step: Step) -> str:
        """Return the place of a window."""
        return self._parts[step.series.log_type].window_path(step)

    def links_at_once(self, log_type: str) -> int:
        """Return how many links one call can give for this type."""
        return self._parts[log_type].links_at_once(log_type)

    def links(self, offers: Sequence[Offer]) -> Mapping[str, str]:
        """Return fresh links; all offers are of one type."""
        return self._parts[offers[0].series.log_type].links(offers)

    def path(self, offer: Offer, link: str) -> str:
        """Return the place of a file."""
        return self._parts[offer.series.log_type].path(offer, link)

    def named(self, step: Step, path: str, digest: Digest, digits: int) -> tuple[str, str]:
        """Return the unit and the place of a file whose bytes are known."""
        return self._parts[step.series.log_type].named(step, path, digest, digits)

    def recognise(self, place: Place) -> Event | None:
        """Return the unit that a file is. Windows and exports are known whichever types are collected, as their names tell."""
        part = self._parts.get(place.series.log_type)
        return part.recognise(place) if part else queried(place) or exported(place)

    def _plan_of(self, log_type: str, ledger: Ledger, status: Status, requested: Requested) -> Plan:
        try:
            return self._parts[log_type].plan(ledger, status, requested)
        except CloudError as error:
            if error.final or len(self._parts) == 1:
                raise
            return Plan(failures={log_type: error})


def _cannot_have(node: Node, log_type: str) -> Notice:
    message = f"{node.id} is a {node.group} node, which has no {log_type} log."
    return Notice("cannot_have", log_type, node.id, message)


def why_none(api: Dds, instance_id: str, span: Span, node_id: str | None = None) -> Notice:
    """Return why no audit log is listed in a span, as far as nodes and policy of the instance tell."""
    try:
        if node_id and not _audits(api.instance(instance_id), node_id):
            message = f"{node_id} has no audit logs; in a sharded cluster they are those of the mongos nodes."
            return Notice("cannot_have", AUDIT, node_id, message)
        policy = api.audit_policy(instance_id)
    except CloudError as error:
        if error.final:
            raise
        unknown = f"No audit log is listed, and whether auditing is on cannot be told: {error.message}"
        return Notice("no_permission" if error.kind == PERMISSION else "nothing_logged", AUDIT, node_id, unknown)
    if not policy.keep_days:
        message = "Auditing is switched off; switch it on with dds_audit_policy."
        return Notice("auditing_off", AUDIT, None, message)
    spent = f"No audit log is listed from {iso(span.begin)} to {iso(span.end)}"
    message = f"{spent}, although auditing is on; the cloud keeps the files for {policy.keep_days} days."
    return Notice("nothing_logged", AUDIT, node_id, message)


def _audits(instance: Record, node_id: str) -> bool:
    mode = instance.text("mode") or ""
    return any(node.id == node_id and node.can_have(AUDIT, mode) for node in nodes_of(instance))


def _offered(log: AuditLog) -> Offer:
    return Offer(log.id, Series(log.node_id, AUDIT), log.span, READY, log.name, log.size)
