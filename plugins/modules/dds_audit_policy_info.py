#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_audit_policy_info
short_description: Show what a DDS instance audits
version_added: 0.2.0
description:
  - Shows whether a DDS instance writes audit logs, of which operations, and for how long they are kept in the cloud.
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
      - Instance whose policy is shown.
    type: str
    required: true
seealso:
  - module: clouddb.mongodb_logs.dds_audit_policy
"""

EXAMPLES = r"""
- name: See for how long audit logs are kept
  clouddb.mongodb_logs.dds_audit_policy_info:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
  register: audit
"""

RETURN = r"""
policy:
  description: The policy.
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
      description: What is audited, V(all) or names of databases and collections; null when the API does not say.
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
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the API, or a word for the fault.
      type: str
    kind:
      description: Kind of fault, such as V(permission) or V(not_found).
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
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.policy import described
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module

OPTIONS = DDS + OptionSet({"instance_id": {"type": "str", "required": True}}, checks={"instance_id": identifier})


def policy_info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return the policy of an instance."""
    policy = connect(options, context.warn).audit_policy(options["instance_id"])
    return {"changed": False, "policy": described(policy)}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, policy_info)


if __name__ == "__main__":
    main()
