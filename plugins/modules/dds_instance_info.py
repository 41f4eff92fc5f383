#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dds_instance_info
short_description: List DDS instances and their nodes
version_added: 0.1.0
description:
  - Lists the DDS instances of a project with their nodes.
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
      - Only this instance. It is an error when there is no such instance.
    type: str
  name:
    description:
      - Only instances of this name. With a leading V(*), those whose name contains the rest.
    type: str
"""

EXAMPLES = r"""
- name: List the instances of a project
  clouddb.mongodb_logs.dds_instance_info:
    access_key: "{{ huawei_access_key }}"
    secret_key: "{{ huawei_secret_key }}"
    region: cn-north-4
  register: instances
"""

RETURN = r"""
instances:
  description: The instances, ordered by id.
  returned: success
  type: list
  elements: dict
  contains:
    instance_id:
      description: Id of the instance.
      type: str
    name:
      description: Name of the instance.
      type: str
    region:
      description: Region of the instance.
      type: str
    mode:
      description: V(Sharding), V(ReplicaSet) or V(Single).
      type: str
    status:
      description: Status of the instance.
      type: str
    version:
      description: Version of the database.
      type: str
    tags:
      description: Tags of the instance, values by key.
      type: dict
      version_added: 0.2.0
    nodes:
      description: The nodes.
      type: list
      elements: dict
      contains:
        node_id:
          description: Id of the node.
          type: str
        name:
          description: Name of the node.
          type: str
        kind:
          description: Kind of group that the node is in, such as V(mongos), V(shard), V(config) or V(replica).
          type: str
        role:
          description: Role of the node.
          type: str
        status:
          description: Status of the node.
          type: str
  sample:
    - instance_id: 9136fd2a9fcd405ea4674276ce36dae8in02
      name: dds-shop
      region: cn-north-4
      mode: ReplicaSet
      status: normal
      version: "4.4"
      tags:
        team: shop
      nodes:
        - node_id: 233087cfa6d249409a74f3c4f2f7ab7bno02
          name: dds-shop_replica_node_1
          kind: replica
          role: Primary
          status: normal
"""

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import DDS, OptionSet, identifier
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.instance import instance_fields
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module

OPTIONS = DDS + OptionSet({"instance_id": {"type": "str"}, "name": {"type": "str"}}, checks={"instance_id": identifier})


def instance_info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return the instances of a project."""
    rows = connect(options, context.warn).instances(instance_id=options["instance_id"], name=options["name"])
    if options["instance_id"] and not rows:
        raise CloudError(
            f"There is no instance {options['instance_id']} in {options['region']}.",
            code="not_found",
            cloud="dds",
        )
    return {"changed": False, "instances": [instance_fields(row) for row in rows]}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, instance_info)


if __name__ == "__main__":
    main()
