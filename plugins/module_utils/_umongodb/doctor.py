# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether collecting from a cluster of the UCloud family will work: every call that it needs, but the one that creates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor import archive, due, network
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import (
    Examination,
    Finding,
    ok,
    skipped,
    warning,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import PARAMETER, UMONGODB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import Cluster, Package, UMongoDB

_RUNNING = "Running"
_READY = "Package_Success"

_LIST, _DESCRIBE = "ListUMongoDBInstances", "DescribeUMongoDBInstance"
_PACKAGES, _CREATE, _LINK = "ListUMongoDBLogPackage", "BackupUMongoDBLog", "DescribeUMongoDBBackupURL"


def examine(api: UMongoDB, options: Mapping[str, Any], settings: Settings, source: Callable[[], Source]) -> Examination:
    """Look at everything, in the order of its mending."""
    examination = Examination()
    visit = _Visit(api, options)
    look = examination.look
    look("api_url", visit.endpoint)
    look("clock", visit.clock, "api_url")
    look("credentials", visit.credentials, "clock", "api_url")
    look(_LIST, visit.list, "credentials")
    look("cluster", visit.instance, _LIST)
    look(_DESCRIBE, visit.describe, "cluster")
    look("nodes", visit.nodes, _DESCRIBE)
    look(_PACKAGES, visit.packages, "cluster", _DESCRIBE)
    look(_CREATE, partial(skipped, "It cannot be tried without having a package made."), "cluster")
    look(_LINK, visit.link, _PACKAGES)
    look("download", visit.download, _LINK)
    archive.examine(examination, settings)
    due.examine(examination, settings, source, api.http.clock.now, "nodes", _PACKAGES)
    return examination


class _Visit:
    """One look at a cluster; what a call answered is kept for the next."""

    def __init__(self, api: UMongoDB, options: Mapping[str, Any]) -> None:
        self._api = api
        self._options = options
        self._url = options["api_url"].rstrip("/")
        self._id = options["cluster_id"]
        self._zone: str | None = options["zone"]
        self._rows: list[Record] | None = None
        self._refusal: CloudError | None = None
        self._cluster: Cluster | None = None
        self._ready: list[Package] = []
        self._address: str | None = None

    def endpoint(self) -> Finding:
        """Look at the API's address."""
        return network.endpoint(self._api.http, self._url, "api_url", verified=self._options["validate_certs"])

    def clock(self) -> Finding:
        """Compare clocks; what is signed here holds no time."""
        return network.clock(self._api.http, self._url, signs=False)

    def credentials(self) -> Finding:
        """Make the first signed call."""
        try:
            self._rows = self._api.instances(cluster_id=self._id)
        except CloudError as error:
            self._refusal = network.after_signing_in(error)
        way = "temporary keys" if self._options["security_token"] else "keys"
        return ok(f"Signing in with {way} works.")

    def list(self) -> Finding:
        """Tell how the first call went, which collecting itself does without."""
        if self._refusal:
            return network.unless_needed(self._refusal, "Collecting does without it, the inventory does not.")
        return ok("Allowed.")

    def instance(self) -> Finding:
        """Look at the cluster as the list names it."""
        if self._rows is None:
            return skipped(f"{_LIST} is not allowed.")
        row = next((row for row in self._rows if row.get("ClusterId") == self._id), None)
        if row is None:
            raise CloudError(f"There is no cluster {self._id}.", code="not_found", cloud=UMONGODB)
        own = row.id("Zone")
        self._check_zone(own, row.texts("CrossZones"))
        self._zone = self._zone or own
        state = row.text("State") or "not told"
        message = f"{row.text('Name') or self._id} in {own or 'a zone that is not told'}, state {state}."
        return ok(message) if state == _RUNNING else _unusual(message)

    def _check_zone(self, own: str | None, others: Sequence[str]) -> None:
        zones = [own, *others]
        if self._zone and own and self._zone not in zones:
            raise CloudError(
                f"{self._id} is in the zone {own}, not in {self._zone}.",
                code="zone",
                kind=PARAMETER,
                hint="Correct zone, or leave it out.",
            )

    def describe(self) -> Finding:
        """Ask for the nodes, which collecting needs unless they are given."""
        try:
            self._cluster = self._api.cluster(self._id, zone=self._options["zone"])
        except CloudError as error:
            if self._options["node_ids"] and self._options["zone"]:
                return network.unless_needed(error, "Collecting does without it, as node_ids and zone are given.")
            raise
        self._zone = self._zone or self._cluster.zone
        return ok("Allowed.")

    def nodes(self) -> Finding:
        """Look at the nodes: whether those that are wanted are there, and which logs they can have."""
        if self._cluster is None:
            return skipped(f"{_DESCRIBE} is not allowed.")
        found = {node.id: node for node in self._cluster.nodes}
        if not found:
            raise CloudError(f"The API named no nodes of {self._id}.", code="no_nodes", hint="Give node_ids.")
        unknown = [node for node in self._options["node_ids"] or () if node not in found]
        if unknown:
            raise BadInput(f"node_ids: {self._id} has no node {unknown[0]}; it has {', '.join(sorted(found))}.")
        wanted = [found[node] for node in self._options["node_ids"] or found]
        kinds = Counter(node.kind for node in wanted)
        types = self._options["log_types"]
        having = [f"{one} logs of {sum(node.can_have(one) for node in wanted)}" for one in types]
        message = f"{', '.join(f'{count} {kind}' for kind, count in kinds.items())}; {', '.join(having)}."
        other = [node for node in wanted if node.state not in (_RUNNING, None)]
        return _unusual(f"{message} {other[0].id} is {other[0].state}.") if other else ok(message)

    def packages(self) -> Finding:
        """List the packages."""
        if not self._zone:
            raise CloudError(f"The API named no zone of {self._id}.", code="no_zone", hint="Give zone.")
        packages = self._api.packages(self._id, zone=self._zone)
        self._ready = [one for one in packages if one.state == _READY and one.size != 0]
        return ok(f"Allowed; {len(packages)} packages are there, {len(self._ready)} ready with something in them.")

    def link(self) -> Finding:
        """Ask for a link to the newest package, and tell nobody."""
        if not self._ready:
            return skipped("No package is there that a link could be asked for.")
        newest = self._ready[-1].id
        intranet = self._options["link"] == "intranet"
        self._address = self._api.package_link(self._id, newest, zone=self._zone or "", intranet=intranet)
        return ok("Allowed.")

    def download(self) -> Finding:
        """Look at where the link leads."""
        return network.download(self._api.http, self._address) if self._address else skipped("There is no link to try.")


def _unusual(message: str) -> Finding:
    return warning(message, "Its logs may not be had until it runs.", "state")
