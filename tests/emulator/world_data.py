# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a world holds and how it behaves where the documents are silent, as plain data."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from .dds_model import DdsInstance, instance_from
from .model import (
    Cluster,
    HuaweiAccount,
    HuaweiProject,
    HuaweiUser,
    Package,
    Token,
    UCloudAccount,
    cluster_from,
)


@dataclass
class WorldData:
    """Everything both clouds know.

    `zone_rule` says which Zone UCloud wants of a cluster across zones: `any` of its zones, the
    `cluster`'s own, or the `node`'s. With `sparse` optional fields are left out of answers, and
    `absent_fields` names more of them. `audit_window` says which of its times a DDS log is listed by:
    `overlap`, `start`, `end` or `contained`; `audit_order`: `newest` or `oldest` first. Objects that are larger
    than `part_bytes` were uploaded in parts, which shows in their entity tag.

    An export of DDS takes `export_seconds` and is kept for `export_keep_seconds`, then the next call starts a new one.
    Its links live for `export_link_seconds`, counted from each call or, with `export_links` `once`, from when it was
    made. It ends at a whole multiple of `export_every` seconds (0: when it was asked for), so that asking twice
    within that gives the same bytes; with `export_daily` there is a file for each of seven days. `export_names`: with
    the `node`'s id inside, `anonymous`, or `new` for every export. `export_time_field` is one spelling for both kinds
    of logs, `update_at` or `updated_at`; None: each has its own. A file has at most `export_most_bytes`, the newest lines.

    An entry of a log is shown up to `entry_lag` seconds after its time, and kept for `entry_keep_seconds`.
    `entry_order`: `oldest` or `newest` first. `entry_ends` says which ends of a span count: `begin`, `end`, `both` or
    `none`. `entry_time_form`: `milliseconds` or `microseconds`. Instances of a version before `entry_version` are refused
    with `entry_refusal`, as status and code. `quoted_numbers` come as text. With `removed_nodes` the entries of nodes that
    are gone can still be asked for. `absent_actions` are calls that this cloud does not have. What is sent to a log
    stream is shown `stream_lag` seconds after it was set.
    """

    seed: int = 7
    ucloud_accounts: list[UCloudAccount] = field(default_factory=list)
    ucloud_zones: dict[str, list[str]] = field(default_factory=dict)
    channel_key: str | None = None
    clusters: list[Cluster] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
    next_package_id: int = 4021
    packaging_seconds: float = 0.5
    preview_lines: int = 100
    zone_rule: str = "any"
    sparse: bool = False
    absent_fields: list[str] = field(default_factory=list)
    huawei_accounts: list[HuaweiAccount] = field(default_factory=list)
    huawei_users: list[HuaweiUser] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    projects: list[HuaweiProject] = field(default_factory=list)
    instances: list[DdsInstance] = field(default_factory=list)
    audit_window: str = "overlap"
    audit_order: str = "newest"
    deletion_seconds: float = 2.0
    part_bytes: int = 64 * 1024 * 1024
    export_seconds: float = 30.0
    export_keep_seconds: float = 900.0
    export_link_seconds: float = 300.0
    export_links: str = "fresh"
    export_every: float = 3600.0
    export_daily: bool = False
    export_names: str = "node"
    export_time_field: str | None = None
    export_most_bytes: int = 40 * 1024 * 1024
    entry_lag: float = 20.0
    entry_keep_seconds: float = 30 * 86400.0
    entry_order: str = "oldest"
    entry_ends: str = "begin"
    entry_time_form: str = "milliseconds"
    entry_version: str = "4.0"
    entry_refusal: str = "400 DBS.280343"
    quoted_numbers: bool = False
    removed_nodes: bool = False
    absent_actions: list[str] = field(default_factory=list)
    stream_lag: float = 0.0

    def __post_init__(self) -> None:
        """Live in real time until an emulator lends its clock."""
        self.now: Callable[[], float] = time.time

    # -- as plain data

    def as_dict(self) -> dict[str, Any]:
        """Return the world as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Build a world from what `as_dict` returned."""
        known = {item.name for item in fields(cls)}
        unknown = set(data) - known
        if unknown:
            raise ValueError(f"a world has no {', '.join(sorted(unknown))}")
        plain = {
            "ucloud_accounts": UCloudAccount,
            "packages": Package,
            "huawei_accounts": HuaweiAccount,
            "huawei_users": HuaweiUser,
            "tokens": Token,
            "projects": HuaweiProject,
        }
        values: dict[str, Any] = json.loads(json.dumps(data))
        for name, kind in plain.items():
            values[name] = [kind(**row) for row in values.get(name, [])]
        values["clusters"] = [cluster_from(row) for row in values.get("clusters", [])]
        values["instances"] = [instance_from(row) for row in values.get("instances", [])]
        return cls(**values)
