#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_audit_stream_info
short_description: Show which DDS instances send their audit logs to a log stream
version_added: 0.3.0
description:
  - Shows for each instance of a project, or for one, whether its audit logs are sent to a stream of the Log Tank Service (LTS).
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
      - Show this instance alone. That there is no such instance is an error.
    type: str
seealso:
  - module: clouddb.mongodb_logs.dds_audit_stream
"""

EXAMPLES = r"""
- name: See where audit logs are sent to
  clouddb.mongodb_logs.dds_audit_stream_info:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
  register: audit
"""

RETURN = r"""
streams:
  description: The instances, by id.
  returned: success
  type: list
  elements: dict
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
    - instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
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
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.streams import described, stream_of, streams
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module

OPTIONS = DDS + OptionSet({"instance_id": {"type": "str"}}, checks={"instance_id": identifier})


def stream_info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return where audit logs are sent to."""
    api, instance_id = connect(options, context.warn), options["instance_id"]
    found = [stream_of(api, instance_id)] if instance_id else streams(api)
    return {"changed": False, "streams": [described(stream) for stream in found]}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, stream_info)


if __name__ == "__main__":
    main()
