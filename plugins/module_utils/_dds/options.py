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
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.entry import explicit_span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.logs import Rules
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.source import AUDIT, LogSource
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import parse_age

OPTIONS = (
    DDS
    + ARCHIVE
    + WAITING
    + OVERLAPPING
    + OptionSet(
        {
            "instance_id": {"type": "str", "required": True},
            "log_types": {"type": "list", "elements": "str", "choices": LOG_TYPES_DDS},
        },
        checks={"instance_id": identifier},
    )
)


class Wanted(NamedTuple):
    """What is wanted of audit logs, and the types of log that are wanted."""

    rules: Rules
    log_types: list[str]


def wanted_of(options: Mapping[str, Any]) -> Wanted:
    """Return what is wanted. Raises BadInput for an age or a time that is none, and a span for exports."""
    span = explicit_span(options)
    log_types = list(dict.fromkeys(options["log_types"] or ([AUDIT] if span else LOG_TYPES_DDS)))
    if span and log_types != [AUDIT]:
        raise BadInput("begin and end go with audit logs alone; slow and error logs are exported as they are now.")
    return Wanted(Rules(AUDIT, parse_age(options["lookback"], "lookback"), span), log_types)


def source_of(api: Dds, options: Mapping[str, Any], wanted: Wanted, *, asks: bool) -> LogSource:
    """Return the source of what is wanted of the instance that the options name; ``asks``: whether exports are begun."""
    return LogSource(
        api,
        wanted.rules,
        wanted.log_types,
        instance_id=options["instance_id"],
        node_ids=options["node_ids"] or (),
        asks=asks,
    )
