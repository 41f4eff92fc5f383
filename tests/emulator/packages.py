# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UMongoDB log packages: their state as time goes by, and their bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import Any

from . import mongolog
from .clock import Clock
from .model import Cluster, MongoNode, Package
from .world import World


class Packages:
    """The packages of a world, seen at the clock's time."""

    def __init__(self, world: World, clock: Clock) -> None:
        """Look at the world's packages."""
        self._world = world
        self._clock = clock

    def find(self, cluster_id: str, package_id: int) -> Package | None:
        """Return a package of a cluster, if there is one."""
        for package in self._world.packages:
            if package.id == package_id and package.cluster_id == cluster_id:
                return package
        return None

    def listed(self, cluster_id: str, node_id: str | None) -> list[Package]:
        """Return the packages that the list shows by now."""
        now = self._clock.now()
        return [
            package
            for package in self._world.packages
            if package.cluster_id == cluster_id and node_id in (None, package.node_id) and package.listed_at <= now
        ]

    def state(self, package: Package) -> str:
        """Return a package's state."""
        if package.deleted:
            return "Package_Deleted"
        if self._clock.now() < package.ready_at:
            return "Package_Running"
        return "Package_Failed" if package.failed else "Package_Success"

    def row(self, package: Package) -> dict[str, Any]:
        """Return a package as the list shows it."""
        state = self.state(package)
        cluster, node = self._owner(package)
        finished = state != "Package_Running"
        return {
            "Id": package.id,
            "Name": package.name,
            "State": state,
            "Size": self.size(package) if state == "Package_Success" else 0,
            "PackageType": package.log_type,
            "ClusterId": cluster.cluster_id,
            "NodeId": package.node_id,
            "Role": node.role,
            "Begin": package.begin,
            "End": package.end,
            "CreateTime": int(package.created_at),
            "FinishTime": int(package.ready_at) if finished else 0,
        }

    def size(self, package: Package) -> int:
        """Return the size of a package's file."""
        if package.size is None:
            package.size = len(self.content(package))
        return package.size

    def log(self, node: MongoNode, log_type: str, begin: float, end: float) -> list[str]:
        """Return what a node has logged in a span by now."""
        first = max(begin, node.created_at)
        last = min(end, self._clock.now(), node.removed_at or end)
        rate = node.per_hour(log_type)
        return mongolog.lines(self._world.seed, node.node_id, node.node_type, log_type, rate, first, last)

    def content(self, package: Package) -> bytes:
        """Return a package's file: a tar.gz of one log, nothing at all when there is no line.

        What was logged after the package was made is not in it.
        """
        _cluster, node = self._owner(package)
        found = self.log(node, package.log_type, package.begin, min(package.end, package.created_at))
        if not found:
            return b""
        text = ("\n".join(found) + "\n").encode()
        member = tarfile.TarInfo(f"{package.node_id}_{package.log_type}_{package.begin}_{package.end}.log")
        member.size, member.mtime = len(text), package.end
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            archive.addfile(member, io.BytesIO(text))
        return gzip.compress(raw.getvalue(), 6, mtime=0)

    def _owner(self, package: Package) -> tuple[Cluster, MongoNode]:
        cluster = self._world.cluster(package.cluster_id)
        node = next(node for node in cluster.all_nodes() if node.node_id == package.node_id)
        return cluster, node
