# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say what to collect from a UMongoDB cluster, and the source that they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    ARCHIVE,
    LOG_TYPES_UMONGODB,
    OVERLAPPING,
    UMONGODB,
    WAITING,
    OptionSet,
    between,
    identifier,
    window,
    zone,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.entry import (
    explicit_span,
    wait_within_reach,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.windows import REACH, Rules
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import HOUR, parse_age
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import UMongoDB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.source import PackageSource

OPTIONS = (
    UMONGODB
    + ARCHIVE
    + WAITING
    + OVERLAPPING
    + OptionSet(
        {
            "cluster_id": {"type": "str", "required": True},
            "zone": zone(),
            "log_types": {
                "type": "list",
                "elements": "str",
                "choices": LOG_TYPES_UMONGODB,
                "default": LOG_TYPES_UMONGODB,
            },
            "window": window(),
            "settle": {"type": "str", "default": "10m"},
            "max_packaging": {"type": "int", "default": 6},
            "link": {"type": "str", "choices": ["internet", "intranet"], "default": "internet"},
        },
        checks={"cluster_id": identifier, "zone": identifier, "max_packaging": between(0, 1000)},
    )
)


def rules_of(options: Mapping[str, Any]) -> Rules:
    """Return what is wanted. Raises BadInput for an age or a time that is none, and a settle that comes too late."""
    return Rules(
        window=options["window"] * HOUR,
        settle=wait_within_reach(options, "settle", REACH),
        lookback=parse_age(options["lookback"], "lookback"),
        log_types=tuple(options["log_types"]),
        span=explicit_span(options),
        max_packaging=options["max_packaging"],
    )


def source_of(api: UMongoDB, options: Mapping[str, Any], rules: Rules) -> PackageSource:
    """Return the source of the packages of the cluster that the options name."""
    return PackageSource(
        api,
        rules,
        cluster_id=options["cluster_id"],
        zone=options["zone"],
        node_ids=options["node_ids"],
        intranet=options["link"] == "intranet",
    )
