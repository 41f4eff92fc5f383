#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_log_info
short_description: Show entries of the slow or error log of a DDS instance
version_added: 0.3.0
description:
  - Shows entries of slow or error logs of a time within the last 30 days, the newest first.
  - What is shown is what the cloud offers now. Entries come seconds to minutes after their time, and bursts may be left out.
  - It keeps nothing. M(clouddb.mongodb_logs.dds_log_archive) does.
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
      - Instance whose log is shown.
    type: str
    required: true
  log_type:
    description:
      - Type of log.
    type: str
    choices: [slow, error]
    required: true
  node_id:
    description:
      - Node whose log is shown. In a cluster, only nodes of shards have one that can be shown.
      - All that have one when absent.
    type: str
  begin:
    description:
      - From when on entries are shown, as Unix seconds, as ISO 8601 with an offset such as V(2026-11-20T00:00:00Z), or as an age
        such as V(2h). At most 30 days ago.
    type: str
    required: true
  end:
    description:
      - Until when, in the same forms as O(begin), and not in the future. Until now when absent.
    type: str
  limit:
    description:
      - Most entries that are shown.
    type: int
    default: 100
  severity:
    description:
      - Show errors of this severity alone. Only with O(log_type=error).
    type: str
    choices: [warning, error]
  operate_type:
    description:
      - Show operations of this type alone. Only with O(log_type=slow).
    type: str
    choices: [insert, query, update, remove, getmore, command, killcursors]
  keywords:
    description:
      - Show entries alone that have words which begin with each of these, at most ten.
    type: list
    elements: str
  database_keywords:
    description:
      - Show operations alone on databases whose names begin with one of these, at most ten. Only with O(log_type=slow).
    type: list
    elements: str
  collection_keywords:
    description:
      - Show operations alone on collections whose names begin with one of these, at most ten. Only with O(log_type=slow).
    type: list
    elements: str
  min_cost_time:
    description:
      - Show operations alone that took at least so many milliseconds. Only with O(log_type=slow).
    type: int
  max_cost_time:
    description:
      - Show operations alone that took at most so many milliseconds. Only with O(log_type=slow).
    type: int
notes:
  - Statements are data of whoever uses the database. They stand in the result and nowhere else; C(no_log) keeps them out of the
    output of a task.
  - Where the cloud masks values, M(clouddb.mongodb_logs.dds_slow_log_masking) says whether and switches it.
seealso:
  - module: clouddb.mongodb_logs.dds_log_archive
  - module: clouddb.mongodb_logs.dds_slow_log_masking
"""

EXAMPLES = r"""
- name: See the slowest updates of the last two hours
  clouddb.mongodb_logs.dds_log_info:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    log_type: slow
    begin: 2h
    operate_type: update
    min_cost_time: 1000
  register: slow

- name: See what went wrong yesterday on one node
  clouddb.mongodb_logs.dds_log_info:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    node_id: 233d7c0bcb4b4a5e9ad40d2a4b76e4c3no02
    log_type: error
    begin: "2026-11-19T00:00:00Z"
    end: "2026-11-20T00:00:00Z"
    severity: error
"""

RETURN = r"""
entries:
  description: The entries with the fields that the API gives, without what is not printable, the newest first.
  returned: success
  type: list
  elements: dict
  contains:
    node_id:
      description: Id of the node.
      type: str
    node_name:
      description: Name of the node.
      type: str
    log_time:
      description: When it was logged.
      type: str
    line_num:
      description: Number of the entry.
      type: str
    whole_message:
      description: The statement, of slow logs.
      type: str
    operate_type:
      description: Type of operation, of slow logs.
      type: str
    cost_time:
      description: Milliseconds that it took, of slow logs.
      type: int
    lock_time:
      description: Microseconds that it waited for locks, of slow logs.
      type: int
    docs_returned:
      description: How many documents were returned, of slow logs.
      type: int
    docs_scanned:
      description: How many documents were scanned, of slow logs.
      type: int
    database:
      description: Name of the database, of slow logs.
      type: str
    collection:
      description: Name of the collection, of slow logs.
      type: str
    index_recommendation:
      description: A command that makes an index which helps, of slow logs; empty or absent when there is none.
      type: str
    raw_message:
      description: What was logged, of error logs.
      type: str
    severity:
      description: V(Warning) or V(Error), of error logs.
      type: str
  sample:
    - node_id: 233d7c0bcb4b4a5e9ad40d2a4b76e4c3no02
      node_name: shop_replica_node_1
      log_time: "2026-11-20T00:11:04.120+0000"
      line_num: "1795133464120000012"
      raw_message: Heartbeat failed after max retries
      severity: Warning
truncated:
  description: Whether there are older entries that were left out for O(limit).
  returned: success
  type: bool
  sample: false
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the API, or a word for the fault, such as V(cannot_have) for the slow log of a mongos node.
      type: str
    kind:
      description: Kind of fault, such as V(permission) or V(parameter).
      type: str
    message:
      description: What is wrong.
      type: str
    hint:
      description: What to do.
      type: str
    request_id:
      description: The id that the cloud gave the request, when it was the cloud that failed.
      type: str
"""

from collections import deque
from json import loads
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    DDS,
    OptionSet,
    between,
    identifier,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds, nodes_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.entries import REACH, read
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import PARAMETER
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, backwards
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import MINUTE, iso, parse_moment
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable_values

_OPERATIONS = ["insert", "query", "update", "remove", "getmore", "command", "killcursors"]
_SLOW_ALONE = ("operate_type", "database_keywords", "collection_keywords", "min_cost_time", "max_cost_time")
_MOST_KEYWORDS = 10
# The newest quarter of an hour is read first, then twice as long each time, until there is enough.
_FIRST = 15 * MINUTE


def _words(name: str, value: list[str]) -> None:
    if len(value) > _MOST_KEYWORDS:
        raise BadInput(f"{name}: at most {_MOST_KEYWORDS} can be given, not {len(value)}.")


_KEYWORDS: dict[str, Any] = {"type": "list", "elements": "str", "no_log": False}
_COST: dict[str, Any] = {"type": "int"}

OPTIONS = DDS + OptionSet(
    {
        "instance_id": {"type": "str", "required": True},
        "log_type": {"type": "str", "choices": ["slow", "error"], "required": True},
        "node_id": {"type": "str"},
        "begin": {"type": "str", "required": True},
        "end": {"type": "str"},
        "limit": {"type": "int", "default": 100},
        "severity": {"type": "str", "choices": ["warning", "error"]},
        "operate_type": {"type": "str", "choices": _OPERATIONS},
        "keywords": _KEYWORDS,
        "database_keywords": _KEYWORDS,
        "collection_keywords": _KEYWORDS,
        "min_cost_time": _COST,
        "max_cost_time": _COST,
    },
    checks={
        "instance_id": identifier,
        "node_id": identifier,
        "limit": between(1, 100000),
        "keywords": _words,
        "database_keywords": _words,
        "collection_keywords": _words,
        "min_cost_time": between(0, 10**9),
        "max_cost_time": between(0, 10**9),
    },
)


def log_info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return entries of a log."""
    filters = _filters(options)
    api = connect(options, context.warn)
    _span(options, api.http.clock.now())
    _check_node(api, options)
    # By now the cloud has told its time.
    api.http.clock.check()
    span = _span(options, api.http.clock.now())
    found: list[dict[str, Any]] = []
    for part in backwards(span, _FIRST):
        missing = options["limit"] + 1 - len(found)
        if missing <= 0:
            break
        what = (options["instance_id"], options["log_type"], part)
        window = read(api, *what, node_id=options["node_id"] or "", filters=filters)
        found += [loads(line) for line in reversed(deque(window.lines(), missing))]
    shown = printable_values(found[: options["limit"]])
    return {"changed": False, "entries": shown, "truncated": len(found) > options["limit"]}


def _filters(options: dict[str, Any]) -> dict[str, Any]:
    """Return the filters of the API. Raises BadInput for one that this type of log has not."""
    slow = options["log_type"] == "slow"
    foreign = ("severity",) if slow else _SLOW_ALONE
    for name in foreign:
        if options[name] is not None:
            raise BadInput(f"{name} has no meaning with log_type={options['log_type']}.")
    least, most = options["min_cost_time"], options["max_cost_time"]
    if least is not None and most is not None and least > most:
        raise BadInput(f"min_cost_time ({least}) must not be above max_cost_time ({most}).")
    names = ("keywords", *(_SLOW_ALONE if slow else ()))
    filters = {name: options[name] for name in names if options[name] is not None}
    if options["severity"]:
        filters["severity"] = options["severity"].title()
    return filters


def _span(options: dict[str, Any], now: int) -> Span:
    """Return the time that is asked for. Raises BadInput for what the cloud does not show."""
    begin = parse_moment(options["begin"], "begin", now)
    end = parse_moment(options["end"], "end", now) if options["end"] else now
    if begin < now - REACH:
        raise BadInput(f"begin ({iso(begin)}) is more than 30 days ago; the cloud keeps no entry for longer.")
    if begin >= now:
        raise BadInput(f"begin ({iso(begin)}) is in the future.")
    if end > now:
        raise BadInput(f"end ({iso(end)}) is in the future; leave it out to see what there is by now.")
    if end <= begin:
        raise BadInput(f"end ({iso(end)}) must be after begin ({iso(begin)}).")
    return Span(begin, end)


def _check_node(api: Dds, options: dict[str, Any]) -> None:
    """Raise CloudError where the instance is not there, or the node is none whose entries can be asked for."""
    instance = api.instance(options["instance_id"])
    if instance.text("mode") != "Sharding" or not options["node_id"]:
        return
    for node in nodes_of(instance):
        if node.id == options["node_id"] and node.group != "shard":
            raise CloudError(
                f"{node.id} is a {node.group} node, and only logs of shards can be shown.",
                code="cannot_have",
                kind=PARAMETER,
                hint="Name a node of a shard; dds_instance_info lists the nodes.",
            )


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, log_info)


if __name__ == "__main__":
    main()
