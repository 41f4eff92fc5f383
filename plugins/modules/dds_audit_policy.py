#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_audit_policy
short_description: Set what a DDS instance audits
version_added: 0.2.0
description:
  - Sets whether a DDS instance writes audit logs, of which operations, and for how long they are kept in the cloud.
  - The policy is read first. What is not given stays as it is, and nothing is set when the policy says so already.
  - A change by which something is lost is refused, with what that is, unless O(allow_data_loss) says that it is meant.
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
      - Instance whose policy is set.
    type: str
    required: true
  keep_days:
    description:
      - Days for which audit logs are kept, from 7 to 732. V(0) switches auditing off.
      - A shorter time reaches the logs that are there already, so older ones are deleted.
    type: int
  audit_scope:
    description:
      - What is audited, V(all) or names of databases and collections with commas between them.
      - In a name, a comma is written with a dollar sign before it.
    type: str
  audit_types:
    description:
      - Types of operation that are audited.
    type: list
    elements: str
    choices: [auth, insert, delete, update, query, command]
  reserve_audit_logs:
    description:
      - Whether the audit logs in the cloud stay when auditing is switched off. Used only with O(keep_days=0).
      - The choice is made when auditing is switched off; where it is off already, nothing is done.
    type: bool
    default: true
  allow_data_loss:
    description:
      - Whether a change may be made by which something is lost.
      - These are a shorter O(keep_days), fewer O(audit_types), a narrower O(audit_scope), O(reserve_audit_logs=false), and
        switching auditing on where logs of an earlier time are older than O(keep_days).
    type: bool
    default: false
notes:
  - Once it is set, the policy is read until it shows the change, for at most O(deadline) seconds. That it does not is an error.
  - To say how many files would be lost, they are listed; without the permission for that, the number is left out.
seealso:
  - module: clouddb.mongodb_logs.dds_audit_policy_info
  - module: clouddb.mongodb_logs.dds_log_archive
"""

EXAMPLES = r"""
- name: Audit what changes data, and keep that for half a year
  clouddb.mongodb_logs.dds_audit_policy:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    keep_days: 180
    audit_types: [auth, insert, delete, update]

- name: Keep logs for a week only, as the archive has them
  clouddb.mongodb_logs.dds_audit_policy:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    keep_days: 7
    allow_data_loss: true
"""

RETURN = r"""
policy:
  description: The policy as the cloud shows it, or would in check mode.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether audit logs are written.
      type: bool
    keep_days:
      description: Days for which audit logs are kept, V(0) when none are written.
      type: int
    audit_scope:
      description: What is audited; null when the API does not say.
      type: str
    audit_types:
      description: Types of operation that are audited; empty when the API does not say.
      type: list
      elements: str
  sample:
    enabled: true
    keep_days: 180
    audit_scope: all
    audit_types: [auth, delete, insert, update]
losses:
  description: What was lost by the change, or would be in check mode. Empty without O(allow_data_loss).
  returned: success
  type: list
  elements: str
  sample: ["audit logs older than 7 days, 412 files in the cloud since 2026-05-24T00:00:00Z"]
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the API, or a word for the fault, such as V(data_loss).
      type: str
    kind:
      description: Kind of fault, such as V(permission) or V(data_loss).
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

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import DDS, OptionSet, identifier
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.policy import (
    AUDIT_TYPES,
    LONGEST_KEPT,
    Wanted,
    confirmed,
    decide,
    described,
    send,
    told,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import (
    BadInput,
    CloudError,
    DataLoss,
    Incomplete,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module


def _days(name: str, value: Any) -> None:
    if value and not 7 <= value <= LONGEST_KEPT:
        raise BadInput(f"{name} must be 0, or from 7 to {LONGEST_KEPT}, not {value}.")


OPTIONS = DDS + OptionSet(
    {
        "instance_id": {"type": "str", "required": True},
        "keep_days": {"type": "int"},
        "audit_scope": {"type": "str"},
        "audit_types": {"type": "list", "elements": "str", "choices": AUDIT_TYPES},
        "reserve_audit_logs": {"type": "bool", "default": True},
        "allow_data_loss": {"type": "bool", "default": False},
    },
    checks={"instance_id": identifier, "keep_days": _days},
)


def audit_policy(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Make the policy of an instance say what is wanted."""
    wanted = _wanted(options)
    api, instance_id = connect(options, context.warn), options["instance_id"]
    current = api.audit_policy(instance_id)
    change = decide(current, wanted)
    losses = told(api, instance_id, current, change.losses) if change else []
    if losses and not options["allow_data_loss"]:
        raise DataLoss(
            f"This would be lost for good: {'; '.join(losses)}.",
            hint="Files can be collected with dds_log_archive first; allow_data_loss=true says that the loss is meant.",
        )
    after = change.after if change else current
    if change and not context.check_mode:
        send(api, instance_id, change.after, reserve=wanted.reserve)
        try:
            after = confirmed(api, instance_id, change.after, options["deadline"])
        except CloudError as error:
            raise Incomplete(error.message, {"changed": True, "losses": losses}, error) from None
    result: dict[str, Any] = {"changed": change is not None, "policy": described(after), "losses": losses}
    if context.diff:
        result["diff"] = {"before": described(current), "after": described(after)}
    return result


def _wanted(options: dict[str, Any]) -> Wanted:
    """Return what the options say. Raises BadInput where they contradict each other."""
    types = options["audit_types"]
    wanted = Wanted(
        options["keep_days"], options["audit_scope"], tuple(types) if types else None, options["reserve_audit_logs"]
    )
    if wanted.keep_days == 0 and (wanted.scope or wanted.types):
        raise BadInput("audit_scope and audit_types have no meaning with keep_days 0, which switches auditing off.")
    if wanted.keep_days != 0 and not wanted.reserve:
        raise BadInput("reserve_audit_logs=false goes with keep_days 0 only.")
    return wanted


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, audit_policy)


if __name__ == "__main__":
    main()
