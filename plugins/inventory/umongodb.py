# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: umongodb
short_description: UMongoDB clusters as hosts
version_added: 0.2.0
description:
  - Every UMongoDB cluster of the accounts and regions named is a host. Its name is the id of the cluster, and it is in the
    group C(umongodb).
  - The variables of a host are those that the role P(clouddb.mongodb_logs.collect#role) takes (C(collect_provider),
    C(collect_instance), C(collect_region), C(collect_zone), C(collect_project_id), C(collect_api_url)), and the fields that
    M(clouddb.mongodb_logs.umongodb_instance_info) returns, as C(umongodb_name), C(umongodb_state) and so on, with the name of
    the account as C(umongodb_account). There are no credentials among them.
  - The name of the file must end with C(.umongodb.yml) or C(.umongodb.yaml).
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.umongodb.environment
  - clouddb.mongodb_logs.umongodb
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.inventory
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - Must be V(clouddb.mongodb_logs.umongodb).
    type: str
    required: true
    choices: [clouddb.mongodb_logs.umongodb]
  zone:
    description:
      - Only clusters of this zone.
      - Without O(zone), the environment variable E(UCLOUD_ZONE) is used.
    type: str
    env:
      - name: UCLOUD_ZONE
  nodes:
    description:
      - Whether C(umongodb_nodes) tells the nodes too, which takes one more call for each cluster.
    type: bool
    default: false
"""

EXAMPLES = r"""
# shop.umongodb.yml: one account, its keys in UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY
plugin: clouddb.mongodb_logs.umongodb
regions: [cn-bj2, hk]
include_filters:
  state: Running
keyed_groups:
  - key: umongodb_type
    prefix: type

---
# fleet.umongodb.yml: two accounts, kept for ten minutes
plugin: clouddb.mongodb_logs.umongodb
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible/inventory
cache_timeout: 600
regions: [cn-bj2]
accounts:
  - name: shop
    public_key: "{{ lookup('ansible.builtin.env', 'SHOP_PUBLIC_KEY') }}"
    private_key: "{{ lookup('ansible.builtin.env', 'SHOP_PRIVATE_KEY') }}"
  - name: abroad
    api_url: https://api.surfercloud.com
    regions: [hk, sg]
    public_key: "{{ lookup('ansible.builtin.env', 'ABROAD_PUBLIC_KEY') }}"
    private_key: "{{ lookup('ansible.builtin.env', 'ABROAD_PRIVATE_KEY') }}"
# each account has a group, whose variables may hold its keys for the role
keyed_groups:
  - key: umongodb_account
    prefix: account
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    UMONGODB,
    OptionSet,
    identifier,
    zone,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.instance import (
    instance_fields,
    node_fields,
)
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._inventory import CloudInventory
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._sources import (
    READERS,
    Instance,
    Provider,
    Wanted,
    Warn,
)


def read(options: Mapping[str, Any], wanted: Wanted, warn: Warn) -> tuple[list[Instance], list[str]]:
    """Return the clusters of a region that are wanted. A cluster whose nodes cannot be read has None for them."""
    api = connect(options, warn)
    rows = [instance_fields(row, options["region"]) for row in api.instances(zone=options["zone"])]
    instances = [row for row in rows if wanted.keeps(row)]
    if not wanted.nodes:
        return instances, []

    def add_nodes(instance: Instance) -> str | None:
        instance["nodes"] = None
        try:
            cluster = api.cluster(instance["cluster_id"], zone=instance["zone"])
        except CloudError as error:
            return f"The nodes of {instance['cluster_id']} cannot be read: {error.result()['msg']}"
        instance["nodes"] = [node_fields(node) for node in cluster.nodes]
        return None

    with ThreadPoolExecutor(READERS, "nodes") as pool:
        return instances, [problem for problem in pool.map(add_nodes, instances) if problem]


class InventoryModule(CloudInventory):
    """Clusters of the UCloud family."""

    NAME = "clouddb.mongodb_logs.umongodb"
    provider = Provider(
        name="umongodb",
        id="cluster_id",
        options=UMONGODB + OptionSet({"zone": zone()}, checks={"zone": identifier}),
        who=("public_key", "security_token", "channel_key"),
        what=("api_url", "region", "project_id", "zone"),
        of_one_region=("zone",),
        passed_on=("api_url", "project_id"),
        fields=("cluster_id", "name", "zone", "type", "state", "version", "tag"),
        read=read,
    )
