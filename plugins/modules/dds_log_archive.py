#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_log_archive
short_description: Make an archive of DDS logs complete
version_added: 0.1.0
description:
  - Collects the logs of a DDS instance into an archive before they are deleted in the cloud. Every file is verified before it
    gets its name, and recorded in a ledger that cannot be altered unseen.
  - "Audit logs: everything that the cloud lists. They appear only when there is traffic, so quiet time is no gap. What was
    listed once and is gone before it was collected is recorded as lost."
  - "Slow and error logs by query: window by window and node by node, every entry that the cloud offers, for as long as it keeps
    them, which is 30 days. A window is read to its end or not at all, and once more when O(recheck) has passed since its end; what showed
    up late becomes a file of its own. A window that expired before it was read is recorded as lost."
  - "Where entries cannot be queried, which are the error logs of mongos and config nodes and some clouds, the cloud exports what it holds
    now, when asked. A file whose content was collected before is not kept twice, and one whose content changed is collected as
    another unit, its name ending in eight digits of its SHA-256. No completeness is claimed for these, as the cloud does not tell what it
    has dropped: collect them more often than it does. RV(claims) says which way served which nodes."
  - In sharded clusters, audit logs are those of the mongos nodes, slow logs those of the shards; the RV(notices) name nodes
    that were asked for and cannot have a type.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.archive
  - clouddb.mongodb_logs.archive.collect_dds
  - clouddb.mongodb_logs.dds
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
  - clouddb.mongodb_logs.attributes.in_process
  - clouddb.mongodb_logs.attributes.group_dds
seealso:
  - module: clouddb.mongodb_logs.dds_audit_policy
  - module: clouddb.mongodb_logs.dds_audit_log_info
  - module: clouddb.mongodb_logs.umongodb_log_archive
"""

EXAMPLES = r"""
- name: Collect every audit log that is not held yet
  clouddb.mongodb_logs.dds_log_archive:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    archive: /srv/mongodb-logs

- name: Collect error logs alone
  clouddb.mongodb_logs.dds_log_archive:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    archive: /srv/mongodb-logs
    log_types: [error]

- name: Reach further back, for an instance with long retention
  clouddb.mongodb_logs.dds_log_archive:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    archive: /srv/mongodb-logs
    lookback: 180d
"""

RETURN = r"""
left_to:
  description: The run that was writing to the same part of the archive. What could not be read of it is null.
  returned: when it was so and O(when_locked=skip)
  type: dict
  contains:
    host:
      description: Name of its host.
      type: str
    pid:
      description: Number of its process.
      type: int
    since:
      description: When it began.
      type: str
  sample: {host: archive.example.com, pid: 4711, since: "2026-11-20T00:00:07Z"}
  version_added: 0.3.0
archive:
  description: Folder of this instance in the archive.
  returned: when the run began
  type: str
  sample: /srv/mongodb-logs/dds/cn-north-4/default/9136fd2a9fcd405ea4674276ce36dae8in02
head:
  description: SHA-256 of the last line of the ledger. Whoever keeps it can prove later that nothing before it was altered.
  returned: when the run began
  type: str
  sample: 3b1f0c8c4f6f0e4b8f3f4e2d1c0b9a8f7e6d5c4b3a29181706f5e4d3c2b1a098
counts:
  description:
    - Units that this run changed, by status, and those that it could not.
  returned: when the run began
  type: dict
  contains:
    collected:
      description: Units whose file is now in the archive.
      type: int
    adopted:
      description: Of these, those whose file stood there already without a ledger line.
      type: int
    empty:
      description: Windows in which nothing was logged.
      type: int
    lost:
      description: Units newly found to be lost.
      type: int
    opened:
      description: Series that came into scope.
      type: int
    closed:
      description: Series that ended, or that are collected another way from now on.
      type: int
    missing:
      description: Units that could be had and are not held.
      type: int
    pending:
      description: Windows that are not over, and files that are still being exported.
      type: int
  sample: {collected: 6, adopted: 0, empty: 0, lost: 0, opened: 1, closed: 0, missing: 0, pending: 0}
bytes:
  description: Bytes that were collected.
  returned: when the run began
  type: int
packages_asked:
  description: Packages that the cloud was asked to make; always V(0) for DDS.
  returned: when the run began
  type: int
calls:
  description: Requests that were sent to the API.
  returned: when the run began
  type: int
resumed:
  description: Downloads that were cut and went on where they stopped.
  returned: when the run began
  type: int
throttled_seconds:
  description: Seconds that the run was slowed down because the cloud asked to be called less often.
  returned: when the run began
  type: float
plan:
  description: What the run set out to do.
  returned: when the run began
  type: dict
  contains:
    units:
      description: Units to change.
      type: int
    files:
      description: Files to download.
      type: int
    packages:
      description: Files to ask for; always V(0) for DDS.
      type: int
    calls:
      description: The fewest requests to the API that this takes, beside looking.
      type: int
    known_bytes:
      description: Bytes to download, as far as the API named sizes.
      type: int
    first_expires:
      description: When the first of these units can no longer be had.
      type: str
units:
  description: Units that changed, or would change in check mode; at most O(return_limit).
  returned: when the run began
  type: list
  elements: dict
  sample:
    - node: 233087cfa6d249409a74f3c4f2f7ab7bno02
      log_type: audit
      unit: 233087cfa6d249409a74f3c4f2f7ab7bno02_1795132800000
      status: collected
      begin: "2026-11-20T00:00:00Z"
      end: "2026-11-20T01:00:00Z"
      path: >-
        233087cfa6d249409a74f3c4f2f7ab7bno02/audit/2026/11/20/0483b6b16e954cb88930a360d2c4e663_audit_log_9136fd2a9fcd405ea4674276ce36dae8in02_233087cfa6d249409a74f3c4f2f7ab7bno02_1795132800000
      size: 24664
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      adopted: false
      reason:
units_omitted:
  description: Changed units that RV(units) leaves out.
  returned: when the run began
  type: int
missing:
  description: Units that could be had and are not held, each with the RV(missing[].reason); at most O(return_limit).
  returned: when the run began
  type: list
  elements: dict
  contains:
    reason:
      description: Why the unit is missing.
      type: str
    expires:
      description: When the cloud forgets it.
      type: str
    failure:
      description: The error, when there was one.
      type: dict
pending:
  description: Units that cannot be had yet; at most O(return_limit).
  returned: when the run began
  type: list
  elements: dict
lost:
  description: Units that can never be had any more, also those of earlier runs; at most O(return_limit).
  returned: when the run began
  type: list
  elements: dict
ledger_breaks:
  description:
    - Lines of the ledger that were altered, dropped or reordered since they were written. A run that is no check fails when there are any.
  returned: when the run began
  type: list
  elements: str
failures:
  description:
    - Types of log that could not be looked at, each with its error; what is known of them stays as it was, and the others are collected.
  returned: when the run began
  type: list
  elements: dict
  contains:
    log_type:
      description: Type of log.
      type: str
    failure:
      description: The error, as RV(failure) has it.
      type: dict
  sample: []
claims:
  description:
    - How the series that were looked at are collected, and what is claimed of them.
  returned: when the run began
  type: list
  elements: dict
  contains:
    log_type:
      description: Type of log.
      type: str
    by:
      description:
        - V(package) for windows that the cloud packages, V(list) for logs that it lists, V(query) for windows whose entries are
          read, or V(export) for what it exports when asked.
      type: str
    claim:
      description: What is claimed, as a sentence.
      type: str
    nodes:
      description: Nodes that are collected so.
      type: list
      elements: str
notices:
  description:
    - Why there is nothing where one may expect something.
  returned: when the run began
  type: list
  elements: dict
  contains:
    code:
      description:
        - V(nothing_logged), V(auditing_off), V(cannot_have) for a node that has no logs of the type, V(no_permission) where
          the cloud does not let this account look, V(cannot_query) where entries cannot be queried, or V(not_asked) for exports in
          check mode.
        - V(beyond_reach) where O(lookback) is more than the cloud keeps slow or error logs. For how long it keeps audit logs, the
          policy says.
        - V(not_yet) where O(begin) is still to come.
      type: str
    log_type:
      description: Type of log.
      type: str
    node:
      description: Node, when it is about one.
      type: str
    message:
      description: The same as a sentence.
      type: str
  sample:
    - code: auditing_off
      log_type: audit
      node:
      message: Auditing is switched off; switch it on with dds_audit_policy.
next_loss:
  description: When the first of the missing and pending units can no longer be had.
  returned: when the run began
  type: str
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the API, or a word for what went wrong.
      type: str
    kind:
      description:
        - Kind of fault, such as V(credentials), V(permission), V(clock), V(throttled), V(busy), V(not_found), V(parameter),
          V(cloud_fault), V(connection), V(archive) or V(bad_input).
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

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.entry import collect, settings_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.options import OPTIONS, source_of, wanted_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module


def archive(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Make the archive of one instance complete."""
    wanted = wanted_of(options)
    settings = settings_of(options, "dds", options["instance_id"])
    source = source_of(connect(options, context.warn), options, wanted, asks=not context.check_mode)
    return collect(context, options, source, settings)


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, archive)


if __name__ == "__main__":
    main()
