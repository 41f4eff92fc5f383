# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine asks of the Huawei family, for audit logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Place, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import logs
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import READY, Offer, Plan, Step
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import LINKS_AT_ONCE, AuditLog, Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import MINUTE

AUDIT = "audit"


class AuditLogSource:
    """The audit logs of one instance."""

    links_at_once = LINKS_AT_ONCE

    def __init__(self, api: Dds, rules: logs.Rules, *, instance_id: str) -> None:
        self.http = api.http
        self._api = api
        self._rules = rules
        self._instance_id = instance_id

    def plan(self, ledger: Ledger, status: Status) -> Plan:
        """Return what to do now, after listing."""
        now = self.http.clock.now
        last, seen = self._last_listed(status), status.missing()
        span = logs.listing_span(self._rules, ledger.units, last, seen, now())
        found = self._list(span)
        # The answers told the cloud's time: with a local clock that runs ahead, the span began too late.
        earlier = logs.listing_span(self._rules, ledger.units, last, seen, now())
        if earlier.begin < span.begin - MINUTE:
            span, found = earlier, self._list(earlier)
        return logs.plan(self._rules, span, [_offered(log) for log in found], ledger.units, ledger.scopes, seen)

    def ask(self, step: Step, within: float) -> None:
        """Never called: audit logs are there or not."""
        raise NotImplementedError(step.unit)

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


def _offered(log: AuditLog) -> Offer:
    return Offer(log.id, Series(log.node_id, AUDIT), log.span, READY, log.name, log.size)
