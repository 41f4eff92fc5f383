# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UMongoDB of the UCloud family: typed calls. Paging, spelling and error codes of the API end here.

Source: UCloud API reference, product UMongoDB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlencode

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import (
    BUSY,
    CREDENTIALS,
    THROTTLED,
    UMONGODB,
    cause_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import (
    Answer,
    Http,
    Request,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._patience import is_passing
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record, whole
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.sign import Value, signature, text
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable_lines

LOG_TYPES = {"slow": "SlowLog", "error": "ErrorLog"}
_LOG_TYPE_NAMES = {spelling: name for name, spelling in LOG_TYPES.items()}

PACKAGE_STATES = {
    "Package_Running": "running",
    "Package_Success": "success",
    "Package_Failed": "failed",
    "Package_Deleting": "deleting",
    "Package_Deleted": "deleted",
    "Package_DeleteFailed": "delete_failed",
}

# A create that was answered so may have taken effect: 110 gave up waiting, 130 and 150 are faults behind the gateway.
_UNCERTAIN = {110, 130, 150}


class Package(NamedTuple):
    """The file that the cloud makes of a node's log between two instants. What the API left out is None."""

    id: int
    name: str
    state: str
    node_id: str | None
    log_type: str | None
    role: str | None
    span: Span | None
    size: int | None
    created: int | None
    finished: int | None


class Listed(NamedTuple):
    """The packages on the list that have an id, by id. ``complete``: nothing else stands there."""

    packages: tuple[Package, ...]
    complete: bool


class Preview(NamedTuple):
    """Lines of a node's log, as many as the cloud shows: ``most`` at most, the rest left out when ``truncated``."""

    text: str
    truncated: bool
    most: int | None


class Node(NamedTuple):
    """A member of a cluster. ``kind`` is ``data``, ``config`` or ``mongos``; what the API left out is None."""

    id: str
    kind: str
    role: str | None
    state: str | None
    zone: str | None

    def can_have(self, log_type: str) -> bool:
        """Tell whether the cloud makes packages of this type of log for this node: no slow logs of mongos."""
        return log_type != "slow" or self.kind != "mongos"


class Cluster(NamedTuple):
    """A cluster as its description gives it: the API's own fields, and the nodes.

    ``complete``: nothing was left out that would name a node, so one that is not there is gone.
    """

    info: Record
    nodes: tuple[Node, ...]
    complete: bool

    @property
    def name(self) -> str | None:
        """Return what people call the cluster."""
        return self.info.text("InstanceName") or self.info.text("Name")

    @property
    def zone(self) -> str | None:
        """Return the zone of the cluster itself; in a cluster across zones, its nodes have others."""
        return self.info.id("Zone")


class UMongoDB:
    """The calls of one account in one region. Every method raises CloudError."""

    def __init__(
        self,
        http: Http,
        *,
        api_url: str,
        public_key: str,
        private_key: str,
        security_token: str | None,
        region: str,
        project_id: str | None,
        channel_key: str | None = None,
    ) -> None:
        self.http = http
        self._url = api_url + "/"
        self._private_key = private_key
        self._headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if channel_key:
            self._headers["channel-key"] = channel_key  # sent empty, it is refused
        self._common = {
            "PublicKey": public_key,
            "SecurityToken": security_token,
            "Region": region,
            "ProjectId": project_id,
        }

    def instances(self, *, zone: str | None = None, cluster_id: str | None = None) -> list[Record]:
        """Return the clusters of the region as the API gives them (``ListUMongoDBInstances``)."""
        return self._read("ListUMongoDBInstances", {"Zone": zone, "ClusterId": cluster_id}).every_record("DataSet")

    def cluster(self, cluster_id: str, *, zone: str | None = None) -> Cluster:
        """Return a cluster with its nodes (``DescribeUMongoDBInstance``)."""
        info = self._read("DescribeUMongoDBInstance", {"ClusterId": cluster_id, "Zone": zone}).record("ClusterInfo")
        if info is None:
            raise CloudError(f"The API described no cluster {cluster_id}.", code="not_found", cloud=UMONGODB)
        nodes, complete = _nodes(info)
        return Cluster(info, tuple(nodes), complete)

    def packages(self, cluster_id: str, *, zone: str, node_id: str | None = None) -> list[Package]:
        """Return the packages of a cluster by id, those that can be asked for."""
        return list(self.listed(cluster_id, zone=zone, node_id=node_id).packages)

    def listed(self, cluster_id: str, *, zone: str, node_id: str | None = None) -> Listed:
        """Return the packages of a cluster by id (``ListUMongoDBLogPackage``; not paged, in no promised order)."""
        answer = self._read("ListUMongoDBLogPackage", {"ClusterId": cluster_id, "Zone": zone, "NodeId": node_id})
        found = [package for package in map(_package, answer.records("DataSet")) if package]
        packages = tuple(sorted(found, key=lambda package: package.id))
        return Listed(packages, len(packages) == len(answer.sequence("DataSet")))

    def create_package(
        self,
        cluster_id: str,
        *,
        zone: str,
        node_id: str,
        log_type: str,
        span: Span,
        name: str,
        within: float | None = None,
    ) -> None:
        """Ask for a package (``BackupUMongoDBLog``). The API answers no id: list and match.

        The call is repeated only where it cannot have taken effect, and not after ``within`` seconds. Raises CloudError,
        with ``uncertain`` set when the package may be made although no good answer came.
        """
        self._write(
            "BackupUMongoDBLog",
            {
                "ClusterId": cluster_id,
                "Zone": zone,
                "NodeId": node_id,
                "LogType": LOG_TYPES[log_type],
                "Begin": span.begin,
                "End": span.end,
                "Name": name,
            },
            within,
        )

    def package_link(self, cluster_id: str, package_id: int, *, zone: str, intranet: bool) -> str:
        """Return a fresh link to a package's file (``DescribeUMongoDBBackupURL``). It is a secret."""
        answer = self._read(
            "DescribeUMongoDBBackupURL", {"ClusterId": cluster_id, "Zone": zone, "PackageId": package_id}
        )
        link = answer.id("IntranetAddress" if intranet else "InternetAddress")
        if not link:
            raise CloudError(f"The API gave no link to package {package_id}.", code="no_link", passing=True)
        return link

    def log(
        self, cluster_id: str, *, node_id: str, log_type: str, begin: int, end: int | None, zone: str | None
    ) -> Preview:
        """Return lines of a node's log (``GetUMongoDBLog``). The cloud truncates: a preview, not an archive."""
        params = {"ClusterId": cluster_id, "NodeId": node_id, "LogType": LOG_TYPES[log_type], "Zone": zone}
        answer = self._read("GetUMongoDBLog", {**params, "Begin": begin, "End": end})
        shown = printable_lines(answer.written("Log") or "")
        return Preview(shown, answer.flag("IsTruncate") is True, answer.whole("MaxLine"))

    def _read(self, action: str, params: Mapping[str, Value | None]) -> Record:
        with _told():
            return self.http.read(lambda: self._request(action, params), lambda answer: _judge(action, answer))

    def _write(self, action: str, params: Mapping[str, Value | None], within: float | None) -> Record:
        with _told():
            return self.http.write(lambda: self._request(action, params), lambda answer: _judge(action, answer), within)

    def _request(self, action: str, params: Mapping[str, Value | None]) -> Request:
        every = {"Action": action, **self._common, **params}
        sent = {name: text(value) for name, value in every.items() if value is not None}
        sent["Signature"] = signature(sent, self._private_key)
        proofs = (sent["PublicKey"], sent.get("SecurityToken", ""), sent["Signature"])
        shown_nowhere = (*proofs, self._private_key, self._headers.get("channel-key", ""))
        return Request("POST", self._url, self._headers, urlencode(sent).encode("ascii"), shown_nowhere)


@contextmanager
def _told() -> Iterator[None]:
    """Tell of a host that there is not what to do in this family, whose regions are no part of a name."""
    try:
        yield
    except CloudError as error:
        if error.code == "unknown_host":
            error.hint = cause_of(UMONGODB, error.code).hint
        raise


def _judge(action: str, answer: Answer) -> Record:
    value = answer.json()
    code = _code(value.get("RetCode"))
    if code == 0 and answer.status < 300:
        return Record(value, action)
    shown = f"RetCode {code}" if code else f"HTTP {answer.status}"
    said = answer.plain(value.get("Message") or "no message")
    kind = cause_of(UMONGODB, str(code or answer.status), answer.status).kind
    raise CloudError(
        f"{action} was refused with {shown}: {said}".rstrip(".") + ".",
        code=str(code or answer.status),
        cloud=UMONGODB,
        status=answer.status,
        passing=code in _UNCERTAIN or kind in (BUSY, THROTTLED) or is_passing(answer.status),
        uncertain=code in _UNCERTAIN or answer.status >= 500 or (code is None and answer.status < 300),
        final=code is not None and kind == CREDENTIALS,
        throttled=kind == THROTTLED,
        retry_after=answer.retry_after,
        request_id=answer.headers.get("X-UCLOUD-REQUEST-UUID") or "",
    )


def _code(value: object) -> int | None:
    # Codes below zero have been seen too.
    return value if isinstance(value, int) and not isinstance(value, bool) else whole(value)


def _package(row: Record) -> Package | None:
    """Return a package; None for one that the API gave no id, as it cannot be asked for."""
    number, begin, end = row.whole("Id"), row.instant("Begin"), row.instant("End")
    if number is None:
        return None
    return Package(
        id=number,
        name=row.text("Name") or "",
        state=row.text("State") or "",
        node_id=row.id("NodeId"),
        log_type=_LOG_TYPE_NAMES.get(row.text("PackageType") or ""),
        role=row.text("Role"),
        span=Span(begin, end) if begin is not None and end is not None and begin < end else None,
        size=row.whole("Size"),
        created=row.instant("CreateTime"),
        finished=row.instant("FinishTime"),
    )


def _nodes(info: Record) -> tuple[list[Node], bool]:
    """Return the nodes of a cluster, and whether all of them are named."""
    config = info.record("ConfigReplicaInfo")
    replicas = [("data", replica) for replica in info.records("DataReplicaInfos")]
    replicas += [("config", config)] if config else []
    lists = [(kind, replica, "NodeInfos") for kind, replica in replicas] + [("mongos", info, "MongosInfo")]
    found = [
        (Node(node.id("NodeId") or "", kind, node.text("NodeRole"), node.text("State"), node.id("Zone")))
        for kind, holder, field in lists
        for node in holder.records(field)
    ]
    nodes = [node for node in found if node.id]
    rows = sum(len(holder.sequence(field)) for _kind, holder, field in lists)
    sharded = info.text("ClusterType") != "ReplicaSet"
    complete = (
        len(nodes) == rows
        and len(info.records("DataReplicaInfos")) == len(info.sequence("DataReplicaInfos")) > 0
        and all(replica.sequence("NodeInfos") for _kind, replica in replicas)
        and not (sharded and not (config and info.sequence("MongosInfo")))
    )
    return nodes, complete
