#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: umongodb_log_archive
short_description: Make an archive of UMongoDB slow and error logs complete
version_added: 0.1.0
description:
  - Collects the slow and error logs of all nodes of a UMongoDB cluster into an archive, window by window, before the cloud
    forgets them after seven days.
  - Lists what the cloud has, takes what is good, asks for the rest, waits while it is being made and downloads it. Every
    file is verified before it gets its name, and recorded in a ledger that cannot be altered unseen.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.archive
  - clouddb.mongodb_logs.archive.collect_umongodb
  - clouddb.mongodb_logs.umongodb
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
  - clouddb.mongodb_logs.attributes.in_process
  - clouddb.mongodb_logs.attributes.group_umongodb
seealso:
  - module: clouddb.mongodb_logs.umongodb_log_package
  - module: clouddb.mongodb_logs.dds_log_archive
"""

EXAMPLES = r"""
- name: Collect everything that is not held yet
  clouddb.mongodb_logs.umongodb_log_archive:
    public_key: "{{ ucloud_public_key }}"
    private_key: "{{ ucloud_private_key }}"
    region: cn-bj2
    cluster_id: uclmongo-4f1d2c3b
    archive: /srv/mongodb-logs

- name: Collect slow logs in windows of six hours
  clouddb.mongodb_logs.umongodb_log_archive:
    public_key: "{{ ucloud_public_key }}"
    private_key: "{{ ucloud_private_key }}"
    region: cn-bj2
    cluster_id: uclmongo-4f1d2c3b
    archive: /srv/mongodb-logs
    log_types: [slow]
    window: 6

- name: Collect just one day, once more than usual
  clouddb.mongodb_logs.umongodb_log_archive:
    public_key: "{{ ucloud_public_key }}"
    private_key: "{{ ucloud_private_key }}"
    region: cn-bj2
    cluster_id: uclmongo-4f1d2c3b
    archive: /srv/mongodb-logs
    begin: "2026-11-18T00:00:00Z"
    end: "2026-11-19T00:00:00Z"
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
  description: Folder of this cluster in the archive.
  returned: when the run began
  type: str
  sample: /srv/mongodb-logs/umongodb/cn-bj2/default/uclmongo-4f1d2c3b
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
      description: Series that ended, as their node left the cluster.
      type: int
    missing:
      description: Units that could be had and are not held.
      type: int
    pending:
      description: Units whose time is not over, or that are still being made.
      type: int
  sample: {collected: 6, adopted: 0, empty: 0, lost: 0, opened: 6, closed: 0, missing: 0, pending: 6}
bytes:
  description: Bytes that were collected.
  returned: when the run began
  type: int
packages_asked:
  description: Packages that the cloud was asked to make.
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
      description: Packages to ask for.
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
    - node: mongo-node-1
      log_type: slow
      unit: 20261120T000000Z_20261121T000000Z
      status: collected
      begin: "2026-11-20T00:00:00Z"
      end: "2026-11-21T00:00:00Z"
      path: mongo-node-1/slow/2026/11/20/20261120T000000Z_20261121T000000Z.tar.gz
      size: 18231
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
    - Types of log that could not be looked at, each with its error; always empty for UMongoDB.
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
        - V(cannot_have) for a node that has no logs of the type. Windows in which nothing was logged are units of their own,
          with the status V(empty).
        - V(beyond_reach) where O(lookback) is more than the cloud keeps.
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
  sample: []
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
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.options import OPTIONS, rules_of, source_of


def archive(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Make the archive of one cluster complete."""
    rules = rules_of(options)
    settings = settings_of(options, "umongodb", options["cluster_id"])
    return collect(context, options, source_of(connect(options, context.warn), options, rules), settings)


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, archive)


if __name__ == "__main__":
    main()
