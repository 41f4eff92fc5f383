#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_audit_stream
short_description: Send the audit logs of a DDS instance to a log stream as well
version_added: 0.3.0
description:
  - Sets whether the audit logs of an instance are sent to a stream of the Log Tank Service (LTS), beside the files that
    M(clouddb.mongodb_logs.dds_log_archive) collects.
  - What is set is read first, and nothing is set when it is so already.
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
      - Instance whose audit logs are sent.
    type: str
    required: true
  state:
    description:
      - V(present) sends audit logs to the stream, and to no other. V(absent) sends them to none.
    type: str
    choices: [present, absent]
    default: present
  lts_group_id:
    description:
      - Log group that the stream belongs to. Needed with O(state=present).
    type: str
  lts_stream_id:
    description:
      - Log stream. Needed with O(state=present).
    type: str
notes:
  - The cloud acts on a change after some ten minutes. Until it shows the change, a second run states it again, which does no harm.
  - What a stream takes in costs money, and is kept for as long as its own settings say.
seealso:
  - module: clouddb.mongodb_logs.dds_audit_stream_info
  - module: clouddb.mongodb_logs.dds_audit_policy
"""

EXAMPLES = r"""
- name: Send audit logs to a stream
  clouddb.mongodb_logs.dds_audit_stream:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    lts_group_id: ec6dc499-1a63-4229-a0c2-a2afa8bcfc95
    lts_stream_id: cae69d2e-378b-41dd-b3c9-3ca1cd5335bc

- name: Send them there no more
  clouddb.mongodb_logs.dds_audit_stream:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    state: absent
"""

RETURN = r"""
stream:
  description: Where audit logs are sent to, or would be in check mode.
  returned: success
  type: dict
  contains:
    instance_id:
      description: Id of the instance.
      type: str
    name:
      description: Name of the instance; null when the API does not say.
      type: str
    enabled:
      description: Whether its audit logs are sent to a log stream.
      type: bool
    lts_group_id:
      description: Id of the log group; null when nothing is sent.
      type: str
    lts_stream_id:
      description: Id of the log stream; null when nothing is sent.
      type: str
  sample:
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    name: dds-shop
    enabled: true
    lts_group_id: ec6dc499-1a63-4229-a0c2-a2afa8bcfc95
    lts_stream_id: cae69d2e-378b-41dd-b3c9-3ca1cd5335bc
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
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.streams import (
    described,
    send_no_more,
    send_to,
    stream_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module

OPTIONS = DDS + OptionSet(
    {
        "instance_id": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "lts_group_id": {"type": "str"},
        "lts_stream_id": {"type": "str"},
    },
    checks={"instance_id": identifier, "lts_group_id": identifier, "lts_stream_id": identifier},
)


def audit_stream(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Send the audit logs of an instance to a stream, or to none."""
    present, ids = options["state"] == "present", (options["lts_group_id"], options["lts_stream_id"])
    if present and not all(ids):
        raise BadInput("lts_group_id and lts_stream_id are needed with state=present.")
    if not present and any(ids):
        raise BadInput("lts_group_id and lts_stream_id have no meaning with state=absent.")
    api, instance_id = connect(options, context.warn), options["instance_id"]
    current = stream_of(api, instance_id)
    wanted = current._replace(enabled=present, lts_group_id=ids[0], lts_stream_id=ids[1])
    before, after = described(current), described(wanted)
    changed = before != after
    if changed and not context.check_mode:
        if present:
            send_to(api, instance_id, *ids)
        else:
            send_no_more(api, instance_id)
    result: dict[str, Any] = {"changed": changed, "stream": after}
    if context.diff:
        result["diff"] = {"before": before, "after": after}
    return result


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, audit_stream)


if __name__ == "__main__":
    main()
