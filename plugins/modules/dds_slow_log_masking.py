#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_slow_log_masking
short_description: Mask the values in the slow log of a DDS instance, or show them
version_added: 0.3.0
description:
  - Sets whether the values in the statements of slow logs are masked, in what the cloud shows and in what is collected from it.
  - The setting is read first, and nothing is set when it is so already.
  - With masking off, whatever stands in a query of an application, such as a name or an account number, can be read by
    everybody who may read the slow log or its archive. So that is done only with O(allow_plain_values=true).
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
      - Instance whose masking is set.
    type: str
    required: true
  enabled:
    description:
      - Whether values are masked.
    type: bool
    required: true
  allow_plain_values:
    description:
      - Whether values may be shown. Needed to switch masking off, not where it is off already.
    type: bool
    default: false
notes:
  - Once it is set, the setting is read until it shows the change, for at most O(deadline) seconds. That it does not is an error.
  - The cloud refuses the change while the instance is not normal.
seealso:
  - module: clouddb.mongodb_logs.dds_slow_log_masking_info
  - module: clouddb.mongodb_logs.dds_log_info
"""

EXAMPLES = r"""
- name: Keep what applications search for out of the slow log
  clouddb.mongodb_logs.dds_slow_log_masking:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    enabled: true

- name: Show it for a while, to find out what is slow
  clouddb.mongodb_logs.dds_slow_log_masking:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
    instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
    enabled: false
    allow_plain_values: true
"""

RETURN = r"""
masking:
  description: Whether values are masked now, or would be in check mode.
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
      description: Code of the API, or a word for the fault, such as V(exposure).
      type: str
    kind:
      description: Kind of fault, such as V(permission) or V(exposure).
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
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.masking import confirm, mask, masks
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError, Exposure, Incomplete
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module

OPTIONS = DDS + OptionSet(
    {
        "instance_id": {"type": "str", "required": True},
        "enabled": {"type": "bool", "required": True},
        "allow_plain_values": {"type": "bool", "default": False},
    },
    checks={"instance_id": identifier},
)


def masking(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Mask values, or do so no more."""
    api, instance_id, enabled = connect(options, context.warn), options["instance_id"], options["enabled"]
    before = masks(api, instance_id)
    if before and not enabled and not options["allow_plain_values"]:
        raise Exposure(
            "Without masking, the values in slow statements can be read in the cloud, in the archive and by whoever has either.",
            hint="allow_plain_values=true says that this is meant.",
        )
    changed = before is not enabled
    if changed and not context.check_mode:
        mask(api, instance_id, enabled)
        try:
            confirm(api, instance_id, enabled, options["deadline"])
        except CloudError as error:
            raise Incomplete(error.message, {"changed": True}, error) from None
    result: dict[str, Any] = {"changed": changed, "masking": {"enabled": enabled}}
    if context.diff:
        result["diff"] = {"before": {"enabled": before}, "after": {"enabled": enabled}}
    return result


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, masking)


if __name__ == "__main__":
    main()
