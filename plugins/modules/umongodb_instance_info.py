#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: umongodb_instance_info
short_description: List UMongoDB clusters and their nodes
version_added: 0.1.0
description:
  - Lists the UMongoDB clusters of a region, on request with their nodes.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.umongodb
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.reads
  - clouddb.mongodb_logs.attributes.in_process
  - clouddb.mongodb_logs.attributes.group_umongodb
options:
  zone:
    description:
      - Only clusters of this zone.
      - Without O(zone), the environment variable E(UCLOUD_ZONE) is used.
    type: str
  cluster_id:
    description:
      - Only this cluster. It is an error when there is no such cluster.
    type: str
  nodes:
    description:
      - Whether to return the nodes too, which takes one more call for each cluster.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: List the clusters of a region
  clouddb.mongodb_logs.umongodb_instance_info:
    public_key: "{{ ucloud_public_key }}"
    private_key: "{{ ucloud_private_key }}"
    region: cn-bj2
  register: clusters

- name: Find the nodes of one cluster
  clouddb.mongodb_logs.umongodb_instance_info:
    public_key: "{{ ucloud_public_key }}"
    private_key: "{{ ucloud_private_key }}"
    region: cn-bj2
    cluster_id: uclmongo-4f1d2c3b
    nodes: true
"""

RETURN = r"""
instances:
  description: The clusters, ordered by id.
  returned: success
  type: list
  elements: dict
  contains:
    cluster_id:
      description: Id of the cluster.
      type: str
    name:
      description: Name of the cluster.
      type: str
    region:
      description: Region of the cluster.
      type: str
    zone:
      description: Zone of the cluster.
      type: str
    type:
      description: V(ReplicaSet) or V(SharedCluster).
      type: str
    state:
      description: State of the cluster.
      type: str
    version:
      description: Version of MongoDB.
      type: str
    created:
      description: When the cluster was created.
      type: str
    tag:
      description: Business group of the cluster.
      type: str
      version_added: 0.2.0
    nodes:
      description: The nodes.
      returned: O(nodes=true)
      type: list
      elements: dict
      contains:
        node_id:
          description: Id of the node.
          type: str
        kind:
          description: V(data), V(config) or V(mongos).
          type: str
        role:
          description: Role of the node in its replica set.
          type: str
        state:
          description: State of the node.
          type: str
        zone:
          description: Zone of the node.
          type: str
        log_types:
          description: The types of log that can be collected from the node.
          type: list
          elements: str
  sample:
    - cluster_id: uclmongo-4f1d2c3b
      name: shop
      region: cn-bj2
      zone: cn-bj2-04
      type: ReplicaSet
      state: Running
      version: MongoDB-4.4
      created: "2026-01-01T00:00:00Z"
      tag: Default
"""

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    UMONGODB,
    OptionSet,
    identifier,
    zone,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.instance import (
    instance_fields,
    node_fields,
)

OPTIONS = UMONGODB + OptionSet(
    {
        "zone": zone(),
        "cluster_id": {"type": "str"},
        "nodes": {"type": "bool", "default": False},
    },
    checks={"zone": identifier, "cluster_id": identifier},
)


def instance_info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return the clusters of a region."""
    api = connect(options, context.warn)
    rows = api.instances(zone=options["zone"], cluster_id=options["cluster_id"])
    if options["cluster_id"] and not rows:
        raise CloudError(
            f"There is no cluster {options['cluster_id']} in {options['region']}.",
            code="not_found",
            cloud="umongodb",
        )
    instances = [instance_fields(row, options["region"]) for row in rows]
    if options["nodes"]:
        for instance in (one for one in instances if one["cluster_id"]):
            cluster = api.cluster(instance["cluster_id"], zone=instance["zone"])
            instance["nodes"] = [node_fields(node) for node in cluster.nodes]
    return {"changed": False, "instances": sorted(instances, key=lambda instance: str(instance["cluster_id"]))}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, instance_info)


if __name__ == "__main__":
    main()
