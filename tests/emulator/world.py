# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Handy ways to build a world, and to change one while it is in use."""

from __future__ import annotations

import os
import random
from typing import Any

from .clock import parse_instant
from .dds_model import AuditLog, AuditPolicy, DdsInstance, DdsNode, Entry, Traffic
from .layout import dds_groups, fill_cluster, short_id
from .model import RETENTION, Cluster, MongoNode, Package
from .world_data import WorldData

Instant = str | float | int


class World(WorldData):
    """Everything both clouds know: accounts, clusters, instances, packages and audit logs."""

    # -- UCloud

    def cluster(self, cluster_id: str) -> Cluster:
        """Return a cluster."""
        return next(cluster for cluster in self.clusters if cluster.cluster_id == cluster_id)

    def add_cluster(
        self,
        cluster_id: str | None = None,
        *,
        name: str = "shop",
        cluster_type: str = "ReplicaSet",
        region: str | None = None,
        zones: list[str] | None = None,
        project: str | None = None,
        nodes: int = 3,
        shards: int = 2,
        mongos: int = 2,
        slow_per_hour: float = 6.0,
        error_per_hour: float = 0.6,
        created_at: Instant = 1735689600,
    ) -> Cluster:
        """Add a cluster; with several `zones` its nodes are spread over them.

        `nodes` is the size of each replica set. A SharedCluster has `shards` of them, `mongos` routers and
        three config nodes.
        """
        cluster_id = cluster_id or f"uclmongo-{short_id(f'{self.seed}{name}{len(self.clusters)}', 10)}"
        region = region or next(iter(self.ucloud_zones), "cn-bj2")
        zones = zones or self.ucloud_zones.get(region, [f"{region}-04"])[:1]
        known = self.ucloud_zones.setdefault(region, [])
        known.extend(zone for zone in zones if zone not in known)
        project = project or next((a.projects[0] for a in self.ucloud_accounts if a.projects), "org-w1f3qz")
        created = parse_instant(created_at)
        cluster = Cluster(cluster_id, name, region, zones[0], project, cluster_type, created_at=created)
        fill_cluster(
            cluster,
            zones=zones,
            nodes=nodes,
            shards=shards,
            mongos=mongos,
            slow_per_hour=slow_per_hour,
            error_per_hour=error_per_hour,
        )
        self.clusters.append(cluster)
        return cluster

    def add_package(
        self,
        cluster_id: str,
        node_id: str,
        log_type: str,
        begin: Instant,
        end: Instant,
        *,
        name: str | None = None,
        created: Instant | None = None,
        packaging_seconds: float | None = None,
        list_lag: float = 0.0,
        failed: bool = False,
    ) -> Package:
        """Add a package as somebody else's request would have, at `created` (now)."""
        at = self.now() if created is None else parse_instant(created)
        took = self.packaging_seconds if packaging_seconds is None else packaging_seconds
        package = Package(
            id=self.next_package_id,
            name=f"package-{self.next_package_id}" if name is None else name,
            cluster_id=cluster_id,
            node_id=node_id,
            log_type=log_type,
            begin=int(parse_instant(begin)),
            end=int(parse_instant(end)),
            created_at=at,
            ready_at=at + took,
            listed_at=at + list_lag,
            failed=failed,
        )
        self.next_package_id += 1
        self.packages.append(package)
        return package

    def forget_packages(self) -> None:
        """Let there be no packages, as when their owner deleted them all."""
        self.packages.clear()

    # -- both clouds

    def add_node(self, owner_id: str, node_id: str | None = None, **values: Any) -> MongoNode | DdsNode:
        """Add a node, from now on, to a cluster's or an instance's first replica set."""
        for cluster in self.clusters:
            if cluster.cluster_id == owner_id:
                node_id = node_id or f"unmongo-{short_id(f'{owner_id}+{len(cluster.all_nodes())}', 10)}"
                node = MongoNode(node_id, **{"zone": cluster.zone, "created_at": self.now(), **values})
                (cluster.mongos if node.node_type == "MongosNode" else cluster.replicas[0].nodes).append(node)
                return node
        group = self.instance(owner_id).groups[0]
        number = len(group.nodes) + 1
        node_id = node_id or short_id(f"{owner_id}+{group.type}{number}", 32) + "no02"
        role = {"mongos": "-"}.get(group.type, "Secondary")
        dds_node = DdsNode(
            node_id, f"{group.name}_{group.type}_node_{number}", **{"role": role, "created_at": self.now(), **values}
        )
        group.nodes.append(dds_node)
        return dds_node

    def remove_node(self, node_id: str) -> None:
        """Remove a node now; packages and audit logs of it stay."""
        for node in [node for cluster in self.clusters for node in cluster.all_nodes()]:
            if node.node_id == node_id:
                node.removed_at = self.now()
                return
        next(n for i in self.instances for n in i.all_nodes() if n.id == node_id).removed_at = self.now()

    def quiet(self, node_id: str, log_type: str | None = None) -> None:
        """Let a node write no more slow (`SlowLog`) or error (`ErrorLog`) lines, now or ever before."""
        found: list[MongoNode | DdsNode] = [n for c in self.clusters for n in c.all_nodes() if n.node_id == node_id]
        found += [n for i in self.instances for n in i.all_nodes() if n.id == node_id]
        [node] = found
        if log_type in (None, "SlowLog"):
            node.slow_per_hour = 0.0
        if log_type in (None, "ErrorLog"):
            node.error_per_hour = 0.0

    def add_fleet(self, count: int, *, audit_every: float = 6 * 3600.0, audit_since: Instant | None = None) -> None:
        """Add `count` clusters and as many DDS instances, each of one node that logs little: `fleet-0001` and so on.

        Nothing is made before it is asked for, so a thousand of each cost next to nothing.
        """
        since = self.now() - 86400 if audit_since is None else audit_since
        for number in range(1, count + 1):
            name = f"fleet-{number:04d}"
            self.add_cluster(name=name, nodes=1, slow_per_hour=1.0, error_per_hour=0.2)
            instance = self.add_dds_instance(name=name, mode="Single", audit_every=audit_every, audit_since=since)
            [node] = instance.nodes()
            node.slow_per_hour, node.error_per_hour = 1.0, 0.2

    # -- Huawei

    def revoke_tokens(self) -> None:
        """Let every token be good for nothing from now on, as after a change of password or permission."""
        for token in self.tokens:
            token.revoked = True

    def busy(self, instance_id: str, seconds: float) -> None:
        """Let a DDS instance refuse to export for some time."""
        self.instance(instance_id).busy_until = self.now() + seconds

    def instance(self, instance_id: str) -> DdsInstance:
        """Return a DDS instance."""
        return next(instance for instance in self.instances if instance.id == instance_id)

    def add_dds_instance(
        self,
        instance_id: str | None = None,
        *,
        name: str = "dds-shop",
        mode: str = "ReplicaSet",
        project_id: str | None = None,
        keep_days: int = 180,
        audit_every: float = 0.0,
        audit_since: Instant | None = None,
    ) -> DdsInstance:
        """Add a DDS instance: `ReplicaSet`, `Sharding` or `Single`."""
        project = next(p for p in self.projects if project_id in (None, p.id))
        instance_id = instance_id or short_id(f"{self.seed}{name}{len(self.instances)}", 32) + "in02"
        since = self.now() - RETENTION if audit_since is None else parse_instant(audit_since)
        instance = DdsInstance(
            instance_id,
            name,
            mode,
            project.region,
            project.id,
            groups=dds_groups(instance_id, name, mode),
            policy=AuditPolicy(keep_days=keep_days),
            audit_every=audit_every,
            audit_since=since,
        )
        self.instances.append(instance)
        return instance

    def add_audit_log(
        self,
        instance_id: str,
        node_id: str | None = None,
        *,
        start: Instant,
        end: Instant,
        size: int = 9000,
        listed_at: Instant | None = None,
        name: str | None = None,
    ) -> AuditLog:
        """Add one audit log, closed at `end` and listed at once or at `listed_at`."""
        instance = self.instance(instance_id)
        node_id = node_id or instance.audited_nodes()[0].id
        first, last = parse_instant(start), parse_instant(end)
        log_id = f"{node_id}_{int(last * 1000)}"
        while any(log.id == log_id for log in instance.audit_logs):
            last += 0.001
            log_id = f"{node_id}_{int(last * 1000)}"
        if name is None:
            name = f"{instance.project_id}_audit_log_{instance_id}_{log_id}"
        listed = last if listed_at is None else parse_instant(listed_at)
        log = AuditLog(log_id, node_id, name, size, first, last, listed)
        instance.audit_logs.append(log)
        return log

    def add_audit_logs(
        self,
        instance_id: str,
        count: int,
        days: float,
        *,
        until: Instant | None = None,
        node_ids: list[str] | None = None,
        sizes: tuple[int, int] = (2_000, 20_000),
        file: str | None = None,
    ) -> list[AuditLog]:
        """Add `count` audit logs, spread unevenly over the `days` before `until` (now), all listed.

        With `file` the bytes of each are those of that file, which are not kept in memory.
        """
        if file is not None:
            sizes = (os.path.getsize(file),) * 2
        instance = self.instance(instance_id)
        nodes = node_ids or [node.id for node in instance.audited_nodes() if node.removed_at is None]
        stop = self.now() if until is None else parse_instant(until)
        rng = random.Random(f"{self.seed}:{instance_id}:{count}:{days}:{len(instance.audit_logs)}")
        step = days * 86400 / count
        logs = []
        for number in range(count):
            end = round(stop - days * 86400 + (number + rng.uniform(0.2, 0.9)) * step, 3)
            node_id = nodes[number % len(nodes)]
            log_id = f"{node_id}_{int(end * 1000)}"
            name = f"{instance.project_id}_audit_log_{instance_id}_{log_id}"
            start = end - min(3600.0, step)
            logs.append(AuditLog(log_id, node_id, name, rng.randint(*sizes), start, end, end, file))
        instance.audit_logs.extend(logs)
        return logs

    def add_entry(
        self,
        instance_id: str,
        log_type: str,
        at: Instant,
        *,
        node_id: str | None = None,
        microseconds: int = 0,
        shown: Instant | None = None,
        line_num: int | None = None,
        message: str | None = None,
    ) -> Entry:
        """Add an entry of a log (`SlowLog`, `ErrorLog`) so many `microseconds` after `at`, shown at once or when said."""
        instance = self.instance(instance_id)
        moment = round(parse_instant(at) * 1_000_000) + microseconds
        entry = Entry(
            log_type,
            node_id or instance.queried_nodes()[0].id,
            moment,
            moment if shown is None else int(parse_instant(shown) * 1_000_000),
            line_num,
            message,
        )
        instance.entries.append(entry)
        return entry

    def add_entries(
        self,
        instance_id: str,
        count: int,
        days: float,
        *,
        until: Instant | None = None,
        node_ids: list[str] | None = None,
        log_types: tuple[str, ...] = ("SlowLog", "ErrorLog"),
        bursts: float = 0.03,
        late: float = 0.01,
        late_seconds: float = 6 * 3600.0,
        doubled: float = 0.01,
    ) -> None:
        """Add `count` entries over whole hours of the `days` before `until` (now), a share of these hours with `bursts`.

        They are made when they are asked for. Some come `late`, by up to `late_seconds`, and some are `doubled`.
        """
        instance = self.instance(instance_id)
        last = int((self.now() if until is None else parse_instant(until)) // 3600)
        hours = max(1, int(days * 24))
        nodes = node_ids or [node.id for node in instance.queried_nodes() if node.removed_at is None]
        pairs = [(log_type, node_id) for log_type in log_types for node_id in nodes]
        rest = count
        for number, (log_type, node_id) in enumerate(pairs):
            share = rest // (len(pairs) - number)
            rest -= share
            dice = random.Random(f"{self.seed}:{instance_id}:{log_type}:{node_id}:{count}:{len(instance.traffic)}")
            weights = [60.0 if dice.random() < bursts else dice.random() for _hour in range(hours)]
            scale, sofar, counts = share / sum(weights), 0.0, []
            for weight in weights:
                counts.append(round(sofar + weight * scale) - round(sofar))
                sofar += weight * scale
            counts[-1] += share - sum(counts)
            instance.traffic.append(Traffic(log_type, node_id, last - hours, counts, late, late_seconds, doubled))
