#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_slow_log_masking_info
short_description: Show whether values in the slow log of a DDS instance are masked
version_added: 0.3.0
description:
  - Shows whether the values in the statements of slow logs are masked.
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
      - Instance whose masking is shown.
    type: str
    required: true
seealso:
  - module: clouddb.mongodb_logs.dds_slow_log_masking
"""

EXAMPLES = r"""
- name: See whether values in slow statements are masked
  clouddb.mongodb_logs.dds_slow_log_masking_info:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
  register: slow_log
"""

RETURN = r"""
masking:
  description: Whether values are masked.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether values are masked.
      type: bool
  sample:
    enabled: true
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
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.masking import masks
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module

OPTIONS = DDS + OptionSet({"instance_id": {"type": "str", "required": True}}, checks={"instance_id": identifier})


def masking_info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return whether values are masked."""
    enabled = masks(connect(options, context.warn), options["instance_id"])
    return {"changed": False, "masking": {"enabled": enabled}}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, masking_info)


if __name__ == "__main__":
    main()
