#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: umongodb_log_package_info
short_description: List the packages of logs that a UMongoDB cluster has
version_added: 0.1.0
description:
  - Lists the files that the cloud made, makes or failed to make of the logs of a UMongoDB cluster.
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
      - Zone of the cluster.
      - Without O(zone), the environment variable E(UCLOUD_ZONE) is used.
    type: str
    required: true
  cluster_id:
    description:
      - Cluster whose packages are listed.
    type: str
    required: true
  node_id:
    description:
      - Only packages of this node.
    type: str
  log_type:
    description:
      - Only packages of this type of log.
    type: str
    choices: [slow, error]
  state:
    description:
      - Only packages in this state.
    type: str
    choices: [running, success, failed, deleting, deleted, delete_failed]
seealso:
  - module: clouddb.mongodb_logs.umongodb_log_package
"""

EXAMPLES = r"""
- name: List the packages of slow logs that are ready
  clouddb.mongodb_logs.umongodb_log_package_info:
    public_key: "{{ ucloud_public_key }}"
    private_key: "{{ ucloud_private_key }}"
    region: cn-bj2
    zone: cn-bj2-04
    cluster_id: uclmongo-4f1d2c3b
    log_type: slow
    state: success
  register: ready
"""

RETURN = r"""
packages:
  description: The packages, ordered by id. What the API leaves out is null.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the package.
      type: int
    name:
      description: Label of the package.
      type: str
    state:
      description: State of the package, such as V(running), V(success) or V(failed).
      type: str
    node_id:
      description: Node whose log it is.
      type: str
    log_type:
      description: V(slow) or V(error).
      type: str
    role:
      description: Role of the node when the package was made.
      type: str
    begin:
      description: Begin of the window.
      type: str
    end:
      description: End of the window.
      type: str
    size:
      description: Bytes of the file.
      type: int
    created:
      description: When the package was asked for.
      type: str
    finished:
      description: When the package was ready.
      type: str
  sample:
    - id: 17
      name: slow-mongo-node-1-20261120T000000Z-20261121T000000Z
      state: success
      node_id: mongo-node-1
      log_type: slow
      role: Primary
      begin: "2026-11-20T00:00:00Z"
      end: "2026-11-21T00:00:00Z"
      size: 18231
      created: "2026-11-21T00:10:03Z"
      finished: "2026-11-21T00:10:21Z"
"""

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    LOG_TYPES_UMONGODB,
    UMONGODB,
    OptionSet,
    identifier,
    zone,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import PACKAGE_STATES
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.package import described

OPTIONS = UMONGODB + OptionSet(
    {
        "zone": zone(required=True),
        "cluster_id": {"type": "str", "required": True},
        "node_id": {"type": "str"},
        "log_type": {"type": "str", "choices": LOG_TYPES_UMONGODB},
        "state": {"type": "str", "choices": list(PACKAGE_STATES.values())},
    },
    checks={"zone": identifier, "cluster_id": identifier, "node_id": identifier},
)


def package_info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return the packages of a cluster."""
    packages = connect(options, context.warn).packages(
        options["cluster_id"], zone=options["zone"], node_id=options["node_id"]
    )
    rows = [described(package) for package in packages]
    wanted = {name: options[name] for name in ("log_type", "state") if options[name]}
    matching = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return {"changed": False, "packages": matching}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, package_info)


if __name__ == "__main__":
    main()
