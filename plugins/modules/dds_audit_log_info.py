#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_audit_log_info
short_description: List the audit logs of a DDS instance
version_added: 0.1.0
description:
  - Lists the audit log files of a DDS instance in a span of time, each once, ordered by time.
  - Every page is read, spans over 30 days are split, and a list that grows while it is read is read to its end.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.dds
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.reads
  - clouddb.mongodb_logs.attributes.in_process
  - clouddb.mongodb_logs.attributes.group_dds
options:
  instance_id:
    description:
      - Instance whose audit logs are listed.
    type: str
    required: true
  node_id:
    description:
      - Only logs of this node. In clusters, audit logs are those of the mongos nodes.
    type: str
  start_time:
    description:
      - Begin of the span, as Unix seconds or as ISO 8601 with an offset such as V(2026-11-20T00:00:00Z).
    type: str
    required: true
  end_time:
    description:
      - End of the span, in the same forms as O(start_time).
    type: str
    required: true
  limit:
    description:
      - Most records to return, the earliest first. All are returned when absent.
      - The API promises no order, so all are read in either case.
    type: int
notes:
  - A log shows on the list seconds to minutes after it was closed, which happens hourly or sooner.
"""

EXAMPLES = r"""
- name: List the audit logs of a day
  clouddb.mongodb_logs.dds_audit_log_info:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    start_time: "2026-11-20T00:00:00Z"
    end_time: "2026-11-21T00:00:00Z"
  register: day
"""

RETURN = r"""
audit_logs:
  description: The audit logs, ordered by begin.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the log.
      type: str
    name:
      description: Name of the file in the cloud.
      type: str
    node_id:
      description: Node whose log it is.
      type: str
    size:
      description: Bytes of the file.
      type: int
    start_time:
      description: When the log begins.
      type: str
    end_time:
      description: When the log ends.
      type: str
  sample:
    - id: 233087cfa6d249409a74f3c4f2f7ab7bno02_1795132800000
      name: >-
        0483b6b16e954cb88930a360d2c4e663_audit_log_9136fd2a9fcd405ea4674276ce36dae8in02_233087cfa6d249409a74f3c4f2f7ab7bno02_1795132800000
      node_id: 233087cfa6d249409a74f3c4f2f7ab7bno02
      size: 24664
      start_time: "2026-11-20T00:00:00Z"
      end_time: "2026-11-20T01:00:00Z"
notices:
  description: Why nothing is listed; empty when something is.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description:
        - V(auditing_off), V(cannot_have) for a node that has no audit logs, V(no_permission) where the cloud does not let this
          account see whether auditing is on, or V(nothing_logged).
      type: str
    log_type:
      description: Always V(audit).
      type: str
    node:
      description: Node, when it is about one.
      type: str
    message:
      description: The same as a sentence.
      type: str
  sample: []
total:
  description: How many logs there are in the span, also beyond O(limit).
  returned: success
  type: int
  sample: 1
"""

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    DDS,
    OptionSet,
    between,
    identifier,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.source import why_none
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso, parse_instant

OPTIONS = DDS + OptionSet(
    {
        "instance_id": {"type": "str", "required": True},
        "node_id": {"type": "str"},
        "start_time": {"type": "str", "required": True},
        "end_time": {"type": "str", "required": True},
        "limit": {"type": "int"},
    },
    checks={"instance_id": identifier, "node_id": identifier, "limit": between(1, 1000000)},
)


def audit_log_info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return the audit logs of a span."""
    span = Span(
        parse_instant(options["start_time"], "start_time"),
        parse_instant(options["end_time"], "end_time"),
    )
    if span.empty:
        raise BadInput(f"end_time ({options['end_time']}) must be after start_time ({options['start_time']}).")
    api, instance_id, node_id = connect(options, context.warn), options["instance_id"], options["node_id"]
    found = api.audit_logs(instance_id, span, node_id=node_id)
    rows = [
        {
            "id": log.id,
            "name": log.name,
            "node_id": log.node_id,
            "size": log.size,
            "start_time": iso(log.span.begin),
            "end_time": iso(log.span.end),
        }
        for log in found[: options["limit"]]
    ]
    notices = [] if found else [why_none(api, instance_id, span, node_id)._asdict()]
    return {"changed": False, "audit_logs": rows, "notices": notices, "total": len(found)}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, audit_log_info)


if __name__ == "__main__":
    main()
