# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The default world: a small fleet in both clouds, and keys for everybody; and ways to break one member of a fleet."""

from __future__ import annotations

import hashlib
from typing import Any

from .faults import Fault
from .model import HuaweiAccount, HuaweiProject, HuaweiUser, Token, UCloudAccount
from .world import World

_DAY = 86400.0
_DENIED = "Policy does not allow this"
# In which ways a member of a fleet can be broken: where, what kind of fault, its arguments.
_BOTH: dict[str, tuple[str, str, dict[str, Any]]] = {
    "failing": ("*", "http", {"status": 500}),
    "cut": ("*", "cut_before", {}),
    "throttled": ("*", "throttled", {}),
    "forbidden_objects": ("object", "http", {"status": 403, "code": "AccessDenied"}),
    "short_objects": ("object", "cut_body", {}),
}
_UMONGODB = {
    **_BOTH,
    "denied": ("*", "retcode", {"code": 299, "message": _DENIED}),
    "missing": ("*", "retcode", {"code": 65101, "message": "Cluster not exist"}),
    "packaging": ("*", "fail_package", {}),
}
_DDS = {
    **_BOTH,
    "denied": ("*", "http", {"status": 403, "code": "DBS.280032", "message": _DENIED}),
    "missing": ("*", "http", {"status": 404, "code": "DBS.200002", "message": "The instance does not exist"}),
    "packaging": ("*", "fail_export", {}),
}


def _made_up(seed: int, what: str, digits: int) -> str:
    return hashlib.sha256(f"{seed}:{what}".encode()).hexdigest()[:digits]


def accounts(seed: int) -> World:
    """Return a world with accounts, zones and projects, but without a cluster or an instance."""
    domain = _made_up(seed, "domain", 32)
    projects = [
        HuaweiProject(_made_up(seed, "project-1", 32), "ap-southeast-3", domain),
        HuaweiProject(_made_up(seed, "project-2", 32), "eu-west-101", domain),
    ]
    org = ["org-w1f3qz", "org-kx20ab"]
    return World(
        seed=seed,
        ucloud_accounts=[
            UCloudAccount(_made_up(seed, "public", 40), _made_up(seed, "private", 40), org),
            UCloudAccount(
                _made_up(seed, "public-sub", 40), _made_up(seed, "private-sub", 40), org[:1], sub_account=True
            ),
            UCloudAccount(
                "TEMP" + _made_up(seed, "public-temp", 36),
                _made_up(seed, "private-temp", 40),
                org[:1],
                security_token=_made_up(seed, "ucloud-token", 64),
            ),
        ],
        ucloud_zones={"cn-bj2": ["cn-bj2-04", "cn-bj2-05"], "hk": ["hk-02"]},
        huawei_accounts=[
            HuaweiAccount(_made_up(seed, "ak", 20).upper(), _made_up(seed, "sk", 40), domain),
            HuaweiAccount(
                "HST" + _made_up(seed, "ak-temp", 17).upper(),
                _made_up(seed, "sk-temp", 40),
                domain,
                security_token=_made_up(seed, "huawei-security-token", 64),
            ),
        ],
        huawei_users=[HuaweiUser("collector", _made_up(seed, "password", 16), "acme", domain)],
        tokens=[Token("MII" + _made_up(seed, f"token-{project.name}", 61), domain, project.id) for project in projects],
        projects=projects,
    )


def default_world(seed: int, now: float) -> World:
    """Return two UMongoDB clusters and two DDS instances with some days of logs before `now`."""
    world = accounts(seed)
    world.now = lambda: now
    world.add_cluster("uclmongo-shop0rs1xq", name="shop-replica-set", slow_per_hour=4.0)
    world.add_cluster(
        "uclmongo-shop0sh2zk",
        name="shop-sharded",
        cluster_type="SharedCluster",
        zones=["cn-bj2-04", "cn-bj2-05"],
        slow_per_hour=2.0,
        error_per_hour=0.2,
    )
    since = (now - 5 * _DAY) // _DAY * _DAY
    world.add_dds_instance(name="dds-shop", keep_days=180, audit_every=4 * 3600.0, audit_since=since)
    world.add_dds_instance(name="dds-orders", mode="Sharding", keep_days=30, audit_every=2 * 3600.0, audit_since=since)
    return world


def broken(instance_id: str, how: str) -> Fault:
    """Return a fault that breaks one cluster or instance, and no other, until it is switched off.

    `how`: `denied`, `missing`, `failing` (500), `cut` (no answer), `throttled`, `packaging` (packages or exports fail),
    `forbidden_objects` (the storage says 403) or `short_objects` (half of each object comes).
    """
    on, kind, args = (_UMONGODB if instance_id.startswith("uclmongo-") else _DDS)[how]
    return Fault(on, kind, times=None, match={"instance": instance_id}, args=dict(args))
