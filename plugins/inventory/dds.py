# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: dds
short_description: DDS instances as hosts
version_added: 0.2.0
description:
  - Every DDS instance of the accounts and regions named is a host. Its name is the id of the instance, and it is in the
    group C(dds).
  - The variables of a host are those that the role P(clouddb.mongodb_logs.collect#role) takes (C(collect_provider),
    C(collect_instance), C(collect_region), C(collect_project_id), C(collect_endpoint), C(collect_iam_endpoint)), and the
    fields that M(clouddb.mongodb_logs.dds_instance_info) returns, as C(dds_name), C(dds_status) and so on, with the name of
    the account as C(dds_account). There are no credentials among them.
  - The name of the file must end with C(.dds.yml) or C(.dds.yaml).
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.dds.environment
  - clouddb.mongodb_logs.dds
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.inventory
  - constructed
  - inventory_cache
options:
  plugin:
    description:
      - Must be V(clouddb.mongodb_logs.dds).
    type: str
    required: true
    choices: [clouddb.mongodb_logs.dds]
  name:
    description:
      - Only instances of this name. With a leading V(*), those whose name contains the rest.
    type: str
  nodes:
    description:
      - Whether C(dds_nodes) tells the nodes too.
    type: bool
    default: false
"""

EXAMPLES = r"""
# shop.dds.yml: one account, its keys in HW_ACCESS_KEY and HW_SECRET_KEY
plugin: clouddb.mongodb_logs.dds
regions: [cn-north-4, eu-west-101]
include_filters:
  mode: [Sharding, ReplicaSet]
keyed_groups:
  - key: dds_tags
    prefix: tag

---
# fleet.dds.yml: two clouds, kept for ten minutes
plugin: clouddb.mongodb_logs.dds
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible/inventory
cache_timeout: 600
accounts:
  - name: shop
    regions: [cn-north-4, ap-southeast-3]
    access_key: "{{ lookup('ansible.builtin.env', 'SHOP_ACCESS_KEY') }}"
    secret_key: "{{ lookup('ansible.builtin.env', 'SHOP_SECRET_KEY') }}"
  - name: otc
    region: eu-de
    endpoint: https://dds.eu-de.otc.t-systems.com
    iam_endpoint: https://iam.eu-de.otc.t-systems.com
    access_key: "{{ lookup('ansible.builtin.env', 'OTC_ACCESS_KEY') }}"
    secret_key: "{{ lookup('ansible.builtin.env', 'OTC_SECRET_KEY') }}"
# each account has a group, whose variables may hold its keys for the role
keyed_groups:
  - key: dds_account
    prefix: account
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import DDS, OptionSet
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.instance import instance_fields
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._inventory import CloudInventory
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._sources import Instance, Provider, Wanted, Warn


def read(options: Mapping[str, Any], wanted: Wanted, warn: Warn) -> tuple[list[Instance], list[str]]:
    """Return the instances of a region that are wanted."""
    rows = (instance_fields(row) for row in connect(options, warn).instances(name=options["name"]))
    instances = [row for row in rows if wanted.keeps(row)]
    if not wanted.nodes:
        for instance in instances:
            del instance["nodes"]
    return instances, []


class InventoryModule(CloudInventory):
    """Instances of the Huawei family."""

    NAME = "clouddb.mongodb_logs.dds"
    provider = Provider(
        name="dds",
        id="instance_id",
        options=DDS + OptionSet({"name": {"type": "str"}}),
        who=("access_key", "security_token", "auth_token", "username", "domain_name"),
        what=("endpoint", "iam_endpoint", "region", "project_id", "name"),
        of_one_region=("project_id", "auth_token"),
        passed_on=("endpoint", "iam_endpoint", "project_id"),
        fields=("instance_id", "name", "mode", "status", "version"),
        read=read,
    )
