# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The UCloud family's product UMongoDB: the actions of `POST /`."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

from .hostile import hostile_name
from .messages import Request
from .model import RETENTION, Cluster, MongoNode, Package
from .storage import StoredObject
from .ucloud_gateway import Gateway

if TYPE_CHECKING:
    from .emulator import Emulator

DAY = 24 * 3600
# Undocumented here; these are the documented bounds of the sibling product UDB, so whoever keeps to them is safe.
_LINK_SECONDS = (4 * 3600, 7 * DAY)
_REQUIRED = {
    "BackupUMongoDBLog": ("Region", "Zone", "Name", "ClusterId", "NodeId", "Begin", "End", "LogType"),
    "ListUMongoDBLogPackage": ("Region", "Zone", "ClusterId"),
    "ListUMongoDBBackup": ("Region", "Zone", "ClusterId"),
    "DescribeUMongoDBBackupURL": ("Region", "ClusterId"),
    "GetUMongoDBLog": ("Region", "ClusterId", "NodeId", "Begin", "LogType"),
    "ListUMongoDBInstances": ("Region",),
    "DescribeUMongoDBInstance": ("Region", "ClusterId"),
}


class UMongoDB(Gateway):
    """Answers the actions of the product, as strict as the documents."""

    required = _REQUIRED

    def __init__(self, emulator: Emulator) -> None:
        """Serve this emulator's world."""
        super().__init__(emulator)
        self._actions = {
            "BackupUMongoDBLog": self._backup_log,
            "ListUMongoDBLogPackage": self._list_packages,
            "ListUMongoDBBackup": self._list_backups,
            "DescribeUMongoDBBackupURL": self._describe_url,
            "GetUMongoDBLog": self._get_log,
            "ListUMongoDBInstances": self._list_instances,
            "DescribeUMongoDBInstance": self._describe_instance,
        }

    # -- checks that actions share

    def _cluster(self, request: Request) -> Cluster:
        params = request.params
        for cluster in self._world.clusters:
            if cluster.cluster_id != params["ClusterId"]:
                continue
            here = cluster.project == params["ProjectId"] and cluster.region == params["Region"]
            zone = params.get("Zone")
            allowed = {cluster.zone} if self._world.zone_rule == "cluster" else cluster.zones()
            if here and (zone is None or zone in allowed):
                return cluster
        raise self._refused(65101, f"Cluster [{params['ClusterId']}] not exist", request)

    def _node(self, cluster: Cluster, request: Request) -> MongoNode:
        for node in cluster.nodes():
            if node.node_id == request.params["NodeId"]:
                zone = request.params.get("Zone")
                if self._world.zone_rule == "node" and zone not in (None, node.zone):
                    break
                return node
        raise self._refused(65102, f"Node [{request.params['NodeId']}] not exist", request)

    def _span(self, request: Request, *, longest: int) -> tuple[int, int]:
        now = self._emulator.clock.now()
        begin = int(request.params["Begin"])
        end = int(request.params.get("End", min(int(now), begin + longest)))
        if begin < now - RETENTION:
            raise self._unavailable("Begin", request, "the earliest is 7x24 hours ago")
        if end <= begin:
            raise self._unavailable("End", request, "it is not after Begin")
        if end - begin > longest:
            raise self._unavailable("End", request, "the span exceeds 24 hours")
        return begin, end

    def _log_type(self, node: MongoNode, request: Request) -> str:
        log_type = str(request.params["LogType"])
        if log_type not in ("SlowLog", "ErrorLog"):
            raise self._unavailable("LogType", request)
        if log_type == "SlowLog" and node.node_type == "MongosNode":
            raise self._unavailable("NodeId", request, "a mongos node has no slow log")
        return log_type

    # -- the actions

    def _backup_log(self, request: Request) -> dict[str, Any]:
        cluster = self._cluster(request)
        node = self._node(cluster, request)
        log_type = self._log_type(node, request)
        begin, end = self._span(request, longest=DAY)
        slow, lag = request.fault("slow_packaging"), request.fault("list_lag")
        self._world.add_package(
            cluster.cluster_id,
            node.node_id,
            log_type,
            begin,
            end,
            name=str(request.params["Name"]),
            created=self._emulator.clock.now(),
            packaging_seconds=None if slow is None else float(slow.get("seconds", 60)),
            list_lag=0.0 if lag is None else float(lag.get("seconds", 5)),
            failed=request.fault("fail_package") is not None,
        )
        return {}

    def _list_packages(self, request: Request) -> dict[str, Any]:
        cluster = self._cluster(request)
        packages = self._emulator.packages.listed(cluster.cluster_id, request.params.get("NodeId"))
        if self._world.zone_rule == "node":
            here = {node.node_id for node in cluster.all_nodes() if node.zone == request.params["Zone"]}
            packages = [package for package in packages if package.node_id in here]
        rows = [self._emulator.packages.row(package) for package in packages]
        hostile, wrong = request.fault("hostile_names"), request.fault("wrong_size")
        for row in rows:
            if hostile is not None:
                row["Name"] = hostile_name(row["Name"], hostile.get("form"))
            if wrong is not None:
                row["Size"] += int(wrong.get("by", 1))
        random.Random(f"{self._world.seed}:{len(rows)}").shuffle(rows)
        return {"DataSet": rows}

    def _list_backups(self, request: Request) -> dict[str, Any]:
        self._cluster(request)
        return {"DataSet": []}

    def _describe_url(self, request: Request) -> dict[str, Any]:
        cluster = self._cluster(request)
        if "PackageId" not in request.params:
            raise self._refused(220, "Missing params [PackageId]", request)
        seconds = int(request.params.get("ValidTime", DAY))
        if not _LINK_SECONDS[0] <= seconds <= _LINK_SECONDS[1]:
            raise self._unavailable("ValidTime", request)
        packages = self._emulator.packages
        package = packages.find(cluster.cluster_id, int(request.params["PackageId"]))
        if package is None or package.listed_at > self._emulator.clock.now():
            raise self._refused(65103, f"Package [{request.params['PackageId']}] not exist", request)
        if packages.state(package) != "Package_Success":
            raise self._refused(65104, f"Package [{package.id}] is not ready", request)
        return {
            "InternetAddress": self._link(package, seconds, request, internal=False),
            "IntranetAddress": self._link(package, seconds, request, internal=True),
        }

    def _link(self, package: Package, seconds: int, request: Request, *, internal: bool) -> str:
        name, folder = f"{package.name}.tar.gz", f"umongodb-log/{package.cluster_id}-{package.id}"
        hostile = request.fault("hostile_names")
        if hostile is not None:
            name = hostile_name(name, hostile.get("form"))
        if request.fault("opaque_names") is not None:
            name = hashlib.sha256(f"{self._world.seed}:{package.id}".encode()).hexdigest()[:32]
        stored = StoredObject(lambda: self._emulator.packages.content(package), package.ready_at)
        return self._emulator.storage.link(
            folder, name, stored, seconds=seconds, internal=internal, key_name="UCloudPublicKey"
        )

    def _get_log(self, request: Request) -> dict[str, Any]:
        cluster = self._cluster(request)
        node = self._node(cluster, request)
        log_type = self._log_type(node, request)
        begin, end = self._span(request, longest=DAY - 1)
        found, most = self._emulator.packages.log(node, log_type, begin, end), self._world.preview_lines
        log = "".join(line + "\n" for line in found[:most])
        return {"Log": log, "MaxLine": most, "IsTruncate": len(found) > most}

    def _list_instances(self, request: Request) -> dict[str, Any]:
        params = request.params
        wanted, zone = params.get("ClusterId"), params.get("Zone")
        rows = [
            _instance_row(cluster)
            for cluster in self._world.clusters
            if cluster.project == params["ProjectId"]
            and cluster.region == params["Region"]
            and wanted in (None, cluster.cluster_id)
            and (zone is None or zone in cluster.zones())
        ]
        return {"DataSet": rows}

    def _describe_instance(self, request: Request) -> dict[str, Any]:
        cluster = self._cluster(request)
        if request.params.get("ClusterType") not in (None, cluster.cluster_type):
            raise self._unavailable("ClusterType", request)
        return {"ClusterInfo": _cluster_info(cluster)}


def _instance_row(cluster: Cluster) -> dict[str, Any]:
    data = [node for replica in cluster.replicas for node in replica.nodes if node.removed_at is None]
    hosts = ",".join(f"10.9.12.{number + 10}:27017" for number in range(len(cluster.mongos or data)))
    return {
        "ClusterId": cluster.cluster_id,
        "Name": cluster.name,
        "Zone": cluster.zone,
        "ClusterType": cluster.cluster_type,
        "State": cluster.state,
        "DBVersion": cluster.version,
        "ConnectURL": f"mongodb://root@{hosts}/admin",
        "CreateTime": int(cluster.created_at),
        "Tag": "Default",
        "VPCId": "uvnet-5wqs3lzk",
        "SubnetId": "subnet-j2mz0q1f",
        "DiskSpace": 20 * len(data),
        "CrossZones": sorted(cluster.zones() - {cluster.zone}),
    }


def _node_info(cluster: Cluster, node: MongoNode) -> dict[str, Any]:
    return {
        "NodeId": node.node_id,
        "ClusterId": cluster.cluster_id,
        "VirtualClusterId": cluster.cluster_id,
        "NodeRole": node.role,
        "NodeType": node.node_type,
        "State": node.state,
        "Zone": node.zone,
        "DBVersion": cluster.version,
        "MachineTypeId": "o.mongo2m.medium",
        "CreateTime": int(node.created_at),
        "SysDisk": {"DiskId": f"sys-{node.node_id}", "DiskSize": 20},
        "DataDisk": {"DiskId": f"bsi-{node.node_id}", "DiskSize": 20},
    }


def _cluster_info(cluster: Cluster) -> dict[str, Any]:
    def nodes(found: list[MongoNode]) -> list[dict[str, Any]]:
        return [_node_info(cluster, node) for node in found if node.removed_at is None]

    replicas = [
        {
            "ReplicaId": replica.replica_id,
            "ReplicaType": replica.replica_type,
            "ClusterId": cluster.cluster_id,
            "State": "Running",
            "NodeCount": len(nodes(replica.nodes)),
            "NodeInfos": nodes(replica.nodes),
        }
        for replica in [*cluster.replicas, *([cluster.config] if cluster.config else [])]
    ]
    row = _instance_row(cluster)
    info = {name: value for name, value in row.items() if name != "Name"}
    info |= {
        "InstanceName": cluster.name,
        "EnableSSL": 0,
        "DataReplicaInfos": replicas[: len(cluster.replicas)],
    }
    if cluster.config:
        info |= {
            "ConfigReplicaInfo": replicas[-1],
            "MongosInfo": nodes(cluster.mongos),
            "MongosCount": len(nodes(cluster.mongos)),
            "ShardCount": len(cluster.replicas),
        }
    return info
