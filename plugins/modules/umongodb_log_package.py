#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: umongodb_log_package
short_description: Ensure that a package of a UMongoDB node's log exists
version_added: 0.1.0
description:
  - Ensures that the cloud has made a file of a node's slow or error log between two instants.
  - The cloud makes a new package whenever it is asked and names none in its answer. So this module lists first, and asks
    only for what is not there. A lost answer never makes a second package.
  - Packages cannot be deleted through the API.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.umongodb
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
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
      - Cluster that the node belongs to.
    type: str
    required: true
  node_id:
    description:
      - Node whose log is wanted. There are no slow logs of mongos nodes.
    type: str
    required: true
  log_type:
    description:
      - Type of log.
    type: str
    choices: [slow, error]
    required: true
  begin:
    description:
      - Begin of the window, as Unix seconds or as ISO 8601 with an offset such as V(2026-11-20T00:00:00Z).
      - The cloud keeps logs for seven days; an earlier begin is refused unless the package is there already.
    type: str
    required: true
  end:
    description:
      - End of the window, in the same forms as O(begin). At most 24 hours after it, and not in the future, as the
        package would be cut short.
    type: str
    required: true
  name:
    description:
      - Label of the package. Made from node, type and window when absent. A package is told by these, not by its label.
    type: str
  wait:
    description:
      - Whether to wait until the package is ready. Otherwise the module ends when the package is listed.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for the package.
    type: float
    default: 1800
  poll_interval:
    description:
      - Seconds between two looks at the list of packages.
    type: float
    default: 10
seealso:
  - module: clouddb.mongodb_logs.umongodb_log_archive
"""

EXAMPLES = r"""
- name: Have the slow log of a day packaged
  clouddb.mongodb_logs.umongodb_log_package:
    public_key: "{{ ucloud_public_key }}"
    private_key: "{{ ucloud_private_key }}"
    region: cn-bj2
    zone: cn-bj2-04
    cluster_id: uclmongo-4f1d2c3b
    node_id: mongo-node-1
    log_type: slow
    begin: "2026-11-20T00:00:00Z"
    end: "2026-11-21T00:00:00Z"
"""

RETURN = r"""
package:
  description: The package. In check mode, without its id when it would be asked for.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the package.
      type: int
    name:
      description: Label of the package.
      type: str
    state:
      description: State of the package, V(running) or V(success).
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
    id: 17
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
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the API, or a word for what went wrong.
      type: str
    kind:
      description:
        - Kind of fault, such as V(credentials), V(permission), V(clock), V(throttled), V(busy), V(not_found), V(parameter),
          V(cloud_fault), V(connection), V(archive) or V(bad_input).
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

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    LOG_TYPES_UMONGODB,
    UMONGODB,
    WAITING,
    OptionSet,
    identifier,
    zone,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import Incomplete, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.package import (
    ASK,
    Ensurer,
    described,
    target_of,
)

OPTIONS = (
    UMONGODB
    + WAITING
    + OptionSet(
        {
            "zone": zone(required=True),
            "cluster_id": {"type": "str", "required": True},
            "node_id": {"type": "str", "required": True},
            "log_type": {"type": "str", "choices": LOG_TYPES_UMONGODB, "required": True},
            "begin": {"type": "str", "required": True},
            "end": {"type": "str", "required": True},
            "name": {"type": "str"},
            "wait": {"type": "bool", "default": True},
        },
        checks={"zone": identifier, "cluster_id": identifier, "node_id": identifier},
    )
)


def package(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Ensure that a package exists."""
    api = connect(options, context.warn)
    target = target_of(options, api.http.clock.now())
    ensurer = Ensurer(api, target, options)
    decision = ensurer.decide()
    changed = decision.action == ASK
    before = described(decision.package) if decision.package else {}
    after = {**target.described(), "state": "success" if options["wait"] else "running"} if changed else before
    if not context.check_mode:
        try:
            after = described(ensurer.carry_out(decision))
        except LogsError as error:
            raise Incomplete(error.message, {"changed": ensurer.asked > 0}, error) from None
        changed = ensurer.asked > 0
    result: dict[str, Any] = {"changed": changed, "package": after}
    if context.diff:
        result["diff"] = {"before": before, "after": after}
    return result


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, package)


if __name__ == "__main__":
    main()
