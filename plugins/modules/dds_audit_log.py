#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_audit_log
short_description: Delete audit logs from the cloud that the archive holds
version_added: 0.2.0
description:
  - Deletes audit logs of a DDS instance from the cloud, for ever, and only those that the archive holds. Each file in the
    archive is read first, and must have the size and the SHA-256 that the ledger says.
  - The oldest go first. The module ends when the cloud does not list them any more.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.dds
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
  - clouddb.mongodb_logs.attributes.group_dds
options:
  instance_id:
    description:
      - Instance whose audit logs are deleted.
    type: str
    required: true
  state:
    description:
      - V(absent) deletes. There is no other state, as audit logs cannot be made.
    type: str
    choices: [absent]
    required: true
  archive:
    description:
      - Absolute path of the archive, on the host where the module runs.
      - O(region), O(project_id) and O(instance_id) must be those that M(clouddb.mongodb_logs.dds_log_archive) was given.
    type: path
    required: true
  min_age:
    description:
      - How long ago a log must have ended, as a number with V(s), V(m), V(h), V(d) or V(w). At least V(1d).
    type: str
    default: 7d
  max_files:
    description:
      - Most logs that one run deletes.
    type: int
    default: 1000
  node_ids:
    description:
      - Only logs of these nodes. A node that neither the archive nor the instance has is an error.
    type: list
    elements: str
  lock_timeout:
    description:
      - Seconds to wait while another run writes to the same instance's part of the archive. The module holds the lock so
        that nothing is pruned meanwhile.
    type: float
    default: 0
  wait_timeout:
    description:
      - Seconds to wait until the cloud does not list the logs any more. That it still does is an error.
    type: float
    default: 1800
  poll_interval:
    description:
      - Seconds between two looks at the list.
    type: float
    default: 10
  workers:
    description:
      - How many files of the archive are read at a time.
    type: int
    default: 4
  return_limit:
    description:
      - Most entries in each list of the result.
    type: int
    default: 100
notes:
  - What the archive does not hold, or holds otherwise than the ledger says, is never deleted. A file that is not as the ledger
    says makes the module fail once the others were handled.
  - Nothing is deleted when the chain of the ledger is broken.
  - Logs are deleted by their names, so all names that the cloud has are looked at first. A run lists the 732 days for which logs
    can be kept at most, whatever their age and node, with one call for 30 days or for 100 logs, which are 25 calls at least.
  - In check mode nothing is deleted, written or locked.
seealso:
  - module: clouddb.mongodb_logs.dds_log_archive
  - module: clouddb.mongodb_logs.dds_audit_policy
"""

EXAMPLES = r"""
- name: Delete from the cloud what the archive has had for a month
  clouddb.mongodb_logs.dds_audit_log:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    archive: /srv/mongodb-logs
    state: absent
    min_age: 30d
"""

RETURN = r"""
archive:
  description: Folder of this instance in the archive.
  returned: when the list was read
  type: str
  sample: /srv/mongodb-logs/dds/cn-north-4/default/9136fd2a9fcd405ea4674276ce36dae8in02
audit_logs:
  description: The logs that were deleted, or would be in check mode, the oldest first; at most O(return_limit).
  returned: when the list was read
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
audit_logs_omitted:
  description: Deleted logs that RV(audit_logs) leaves out.
  returned: when the list was read
  type: int
deleted:
  description: How many logs were deleted, or would be in check mode.
  returned: when the list was read
  type: int
  sample: 412
kept:
  description: How many logs that the cloud lists were left there, by reason.
  returned: when the list was read
  type: dict
  contains:
    too_young:
      description: They ended less than O(min_age) ago.
      type: int
    not_held:
      description: The archive does not hold them.
      type: int
    differs:
      description:
        - The cloud names another size than the file in the archive has. Or it names none, and the file was taken up without a
          line in the ledger, as with O(clouddb.mongodb_logs.dds_log_archive#module:rebuild), so that it may be a part of the log.
        - Move such a file out of the archive to look at it; the log in the cloud is the only one that is surely whole.
      type: int
    same_name:
      description: They share their name with another log, which would be deleted too.
      type: int
    over_limit:
      description: They are more than O(max_files); the next run goes on with them.
      type: int
    not_verified:
      description: Their files in the archive are not as the ledger says.
      type: int
    refused:
      description: The cloud did not take their names.
      type: int
    not_asked:
      description: An error came before their turn.
      type: int
    still_there:
      description: They were asked to be deleted, and are still listed.
      type: int
problems:
  description: What is wrong with files of the archive, and which names the cloud refused; at most O(return_limit).
  returned: when the list was read
  type: list
  elements: dict
  contains:
    kind:
      description: V(missing), V(size), V(sha256), V(unreadable) or V(refused).
      type: str
    path:
      description: Path of the file, relative to RV(archive), or the name in the cloud.
      type: str
    message:
      description: What is wrong.
      type: str
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the API, or a word for the fault.
      type: str
    kind:
      description: Kind of fault, such as V(permission) or V(archive).
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

import os
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import instance_folder
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    ARCHIVE,
    DDS,
    WAITING,
    OptionSet,
    between,
    identifier,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.deletion import KEPT, Deletion, opened
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError, Incomplete
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso, parse_age

_OF_ARCHIVES = ("archive", "node_ids", "lock_timeout", "workers", "return_limit")

OPTIONS = (
    DDS
    + WAITING
    + OptionSet(
        {name: ARCHIVE.options[name] for name in _OF_ARCHIVES},
        checks={name: ARCHIVE.checks[name] for name in _OF_ARCHIVES},
    )
    + OptionSet(
        {
            "instance_id": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["absent"], "required": True},
            "min_age": {"type": "str", "default": "7d"},
            "max_files": {"type": "int", "default": 1000},
        },
        checks={"instance_id": identifier, "max_files": between(1, 100000)},
    )
)


def audit_log(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Delete from the cloud what the archive holds."""
    min_age = parse_age(options["min_age"], "min_age")
    if min_age < DAY:
        raise BadInput(f"min_age must be at least 1d, not {options['min_age']}.")
    api, instance_id = connect(options, context.warn), options["instance_id"]
    folder = instance_folder("dds", options["region"], options["project_id"], instance_id)
    check, nodes = context.check_mode, options["node_ids"]
    with opened(
        options["archive"], folder, check=check, wait=options["lock_timeout"], now=api.http.clock.now()
    ) as held:
        names = ("workers", "wait_timeout", "poll_interval")
        deletion = Deletion(api, instance_id, held, **{name: options[name] for name in names})
        deletion.run(min_age=min_age, most=options["max_files"], nodes=nodes, check=check)
    result = _result(deletion, os.path.join(options["archive"], folder), check, options["return_limit"])
    if context.diff:
        gone = [row["name"] for row in result["audit_logs"]]
        result["diff"] = {"before": {"audit_logs": gone}, "after": {"audit_logs": []}}
    message = _message(deletion)
    if message:
        raise Incomplete(message, result, deletion.error or _cause(deletion))
    return result


def _result(deletion: Deletion, folder: str, check: bool, limit: int) -> dict[str, Any]:
    logs = deletion.chosen if check else deletion.deleted
    rows = [
        {
            "id": log.id,
            "name": log.name,
            "node_id": log.node_id,
            "size": log.size,
            "start_time": iso(log.span.begin),
            "end_time": iso(log.span.end),
        }
        for log in logs[:limit]
    ]
    return {
        "changed": bool(logs or deletion.asked),
        "archive": folder,
        "audit_logs": rows,
        "audit_logs_omitted": len(logs) - len(rows),
        "deleted": len(logs),
        "kept": {reason: deletion.kept[reason] for reason in KEPT},
        "problems": [problem._asdict() for problem in deletion.problems[:limit]],
    }


def _message(deletion: Deletion) -> str:
    """Return what the run could not do; nothing when it did everything."""
    parts = []
    if deletion.error:
        parts.append(deletion.error.message)
    if deletion.still_there:
        some = ", ".join(log.name for log in deletion.still_there[:3])
        more = ", ..." if len(deletion.still_there) > 3 else ""
        parts.append(
            f"{len(deletion.still_there)} logs are still listed after they were asked to be deleted: {some}{more}."
        )
    if deletion.problems:
        count = len(deletion.problems)
        parts.append(f"{count} {'log was' if count == 1 else 'logs were'} left alone: {deletion.problems[0].message}")
    return " ".join(parts)


def _cause(deletion: Deletion) -> CloudError | None:
    if not deletion.still_there:
        return None
    hint = "Run again later: what is gone by then is not asked for again."
    return CloudError("", code="still_there", hint=hint)


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, audit_log)


if __name__ == "__main__":
    main()
