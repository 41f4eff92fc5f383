# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine asks of the Huawei family, for slow and error logs: exports of what the cloud holds now."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Place, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    BY_EXPORT,
    BY_QUERY,
    COLLECTED,
    Event,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    FETCH,
    MISSING,
    READY,
    WAIT,
    Notice,
    Offer,
    Plan,
    Step,
    opened,
    ordered,
    taken_over,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Reading, Requested
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds, Export, Exports, Node
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads

# What stands for the files of a node as long as their names are not known.
ALL = "all"

EXPORTED = ("slow", "error")


class Named(NamedTuple):
    """What tells an export from others of an instance; ``number`` counts those of a node that share a name."""

    node: str
    name: str
    number: int


class ExportSource:
    """The slow or the error logs of one instance, as the cloud exports them when asked: no more is claimed."""

    def __init__(self, api: Dds, log_type: str, *, instance_id: str, nodes: Sequence[Node], every: bool) -> None:
        self.http = api.http
        self._api = api
        self._log_type = log_type
        self._instance_id = instance_id
        self._nodes = nodes
        self._node_ids = () if every else tuple(node.id for node in nodes)

    def plan(self, ledger: Ledger, status: Status, requested: Requested) -> Plan:
        """Return what to do now. Looking is asking: the first look begins the export."""
        if not self._nodes:
            return Plan()
        now = self.http.clock.now()
        exports = self._api.exports(self._instance_id, self._log_type, node_ids=self._node_ids)
        steps = [self._step(named, export, now) for named, export in self._told_apart(exports).items()]
        if not exports.files and exports.state != "FINISH":
            steps = [self._whole(Series(node.id, self._log_type), exports.state, now) for node in self._nodes]
        series = sorted({step.series for step in steps} | {Series(node.id, self._log_type) for node in self._nodes})
        # A series that somebody closed goes on when there is something after all.
        alive = {step.series for step in steps}
        scopes = {
            one: scope
            for one, scope in ledger.scopes.items()
            if (scope[1] is None or one not in alive) and ledger.opened_for.get(one) != BY_QUERY
        }
        nothing = f"The cloud holds no {self._log_type} log of this instance."
        return Plan(
            ordered(steps),
            opening=taken_over((opened(one, now) for one in series if one not in scopes), ledger, BY_EXPORT),
            scopes={one: scopes.get(one, (now, None)) for one in series},
            notices=() if steps else (Notice("nothing_logged", self._log_type, None, nothing),),
        )

    def ask(self, step: Step, within: float) -> None:
        """Never called: looking begins an export."""
        raise NotImplementedError(step.unit)

    def read(self, step: Step, held: Iterable[bytes], threads: Threads) -> Reading:
        """Never called: exports are downloaded."""
        raise NotImplementedError(step.unit)

    def window_path(self, step: Step) -> str:
        """Never called: exports are downloaded."""
        raise NotImplementedError(step.unit)

    def links_at_once(self, log_type: str) -> int:
        """Return 1: a link that ran out is asked for again by itself."""
        return 1

    def links(self, offers: Sequence[Offer]) -> Mapping[str, str]:
        """Return fresh links, asking for the export again."""
        return {offer.id: self._link(Named(*json.loads(offer.id)[1:])) for offer in offers}

    def path(self, offer: Offer, link: str) -> str:
        """Return the place of an export before its bytes are known: in the folder of the day when it is collected."""
        return layout.named_path(offer.series, offer.span.begin, offer.name, offer.id)

    def named(self, step: Step, path: str, digest: Digest, digits: int) -> tuple[str, str]:
        """Return the unit and the place of an export: the same name with other bytes is another unit."""
        mark = digest.sha256[:digits]
        return f"{step.file.name}.{mark}", f"{path}.{mark}"

    def recognise(self, place: Place) -> Event | None:
        """Return the export that a file holds."""
        return exported(place)

    def _told_apart(self, exports: Exports) -> dict[Named, Export]:
        """Return the files by what tells them apart; servers have given several one name."""
        times: Counter[tuple[str, str]] = Counter()
        found = {}
        for export in exports.files:
            node = node_of(export, self._nodes)
            found[Named(node, export.name, times[node, export.name])] = export
            times[node, export.name] += 1
        return found

    def _step(self, named: Named, export: Export, now: int) -> Step:
        series = Series(named.node, self._log_type)
        span = Span(now, now)
        unit = f"{named.name}#{named.number}" if named.number else named.name
        if export.state == "SUCCESS":
            # The size is given in KB, and not to be relied on.
            unique = json.dumps([self._log_type, *named])
            offer = Offer(unique, series, span, READY, export.name, link=export.link)
            return Step(FETCH, series, unit, span, offer)
        return self._unready(series, unit, export.state, span)

    def _whole(self, series: Series, state: str, now: int) -> Step:
        return self._unready(series, ALL, state, Span(now, now))

    def _unready(self, series: Series, unit: str, state: str, span: Span) -> Step:
        if state == "FAILED":
            return Step(MISSING, series, unit, span, reason="the cloud could not export it; run again")
        return Step(WAIT, series, unit, span, reason="being exported")

    def _link(self, named: Named) -> str:
        again = self._api.exports(self._instance_id, self._log_type, names=[named.name])
        export = self._told_apart(again).get(named)
        if export and export.state == "SUCCESS" and export.link:
            return export.link
        if export and export.state != "FAILED":
            raise CloudError(f"{named.name} is being exported once more.", code="exporting", passing=True)
        raise CloudError(f"The API gave no link to {named.name}.", code="no_link")


def exported(place: Place) -> Event | None:
    """Return the export that a file holds: the end of its name tells its bytes."""
    marked = place.series.log_type in EXPORTED and layout.content_mark(place.name)
    return Event(COLLECTED, place.series, place.name) if marked else None


def node_of(export: Export, nodes: Iterable[Node]) -> str:
    """Return the id of the node that an export is of: its name is given, else its id stands in the file's name."""
    nodes = list(nodes)
    for found in (
        [node.id for node in nodes if node.name and node.name == export.node_name],
        [node.id for node in nodes if node.id in export.name],
    ):
        if len(found) == 1:
            return found[0]
    return export.node_name or "unknown"
