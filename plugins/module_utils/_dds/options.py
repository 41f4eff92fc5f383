# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say what to collect from a DDS instance, and the source that they mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    ARCHIVE,
    DDS,
    LOG_TYPES_DDS,
    OVERLAPPING,
    WAITING,
    OptionSet,
    identifier,
    window,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.entry import (
    explicit_span,
    wait_within_reach,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.logs import Rules
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.entries import REACH
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.slow_error import AUTO, EXPORT, WAYS
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.source import AUDIT, LogSource
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import HOUR, parse_age

OPTIONS = (
    DDS
    + ARCHIVE
    + WAITING
    + OVERLAPPING
    + OptionSet(
        {
            "instance_id": {"type": "str", "required": True},
            "log_types": {"type": "list", "elements": "str", "choices": LOG_TYPES_DDS},
            "entries_by": {"type": "str", "choices": WAYS, "default": AUTO},
            "window": window(),
            "settle": {"type": "str", "default": "15m"},
            "recheck": {"type": "str", "default": "24h"},
        },
        checks={"instance_id": identifier},
    )
)


class Wanted(NamedTuple):
    """What is wanted of audit logs, of those that are read window by window, and the types of log that are wanted."""

    rules: Rules
    reading: windows.Rules
    log_types: list[str]


def wanted_of(options: Mapping[str, Any]) -> Wanted:
    """Return what is wanted. Raises BadInput for an age or a time that is none, a span for exports, and a settle or recheck that comes too late."""
    span = explicit_span(options)
    log_types = list(dict.fromkeys(options["log_types"] or ([AUDIT] if span else LOG_TYPES_DDS)))
    if span and log_types != [AUDIT] and options["entries_by"] == EXPORT:
        raise BadInput("begin and end mean nothing to slow and error logs that are exported as they are now.")
    lookback, cell = parse_age(options["lookback"], "lookback"), options["window"] * HOUR
    reading = windows.Rules(
        window=cell,
        settle=wait_within_reach(options, "settle", REACH),
        lookback=lookback,
        log_types=(),
        span=span,
        reach=REACH,
        made=False,
        recheck=wait_within_reach(options, "recheck", REACH),
    )
    return Wanted(Rules(AUDIT, lookback, span), reading, log_types)


def source_of(api: Dds, options: Mapping[str, Any], wanted: Wanted, *, asks: bool) -> LogSource:
    """Return the source of what is wanted of the instance that the options name; ``asks``: whether exports are begun."""
    return LogSource(
        api,
        wanted.rules,
        wanted.reading,
        wanted.log_types,
        instance_id=options["instance_id"],
        node_ids=options["node_ids"] or (),
        by=options["entries_by"],
        asks=asks,
    )
