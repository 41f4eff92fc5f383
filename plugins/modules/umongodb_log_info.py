#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: umongodb_log_info
short_description: Preview the log of a UMongoDB node
version_added: 0.2.0
description:
  - Shows lines of a node's slow or error log, as many as the cloud shows at once.
  - It is a preview. M(clouddb.mongodb_logs.umongodb_log_archive) gets everything.
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
  cluster_id:
    description:
      - Cluster that the node belongs to.
    type: str
    required: true
  node_id:
    description:
      - Node whose log is shown. There are no slow logs of mongos nodes.
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
      - From when on lines are shown, as Unix seconds, as ISO 8601 with an offset such as V(2026-11-20T00:00:00Z), or as an age
        such as V(2h). At most seven days ago.
    type: str
    required: true
  end:
    description:
      - Until when, in the same forms as O(begin). Less than 24 hours after it, and not in the future.
      - What the cloud shows from O(begin) on when absent.
    type: str
seealso:
  - module: clouddb.mongodb_logs.umongodb_log_archive
  - module: clouddb.mongodb_logs.umongodb_instance_info
"""

EXAMPLES = r"""
- name: See the slow operations of the last two hours
  clouddb.mongodb_logs.umongodb_log_info:
    public_key: "{{ ucloud_public_key }}"
    private_key: "{{ ucloud_private_key }}"
    region: cn-bj2
    cluster_id: uclmongo-4f1d2c3b
    node_id: mongo-node-1
    log_type: slow
    begin: 2h
  register: slow
"""

RETURN = r"""
lines:
  description: The lines, as the cloud gives them.
  returned: success
  type: list
  elements: str
  sample: ['{"t":{"$date":"2026-11-20T00:11:04.120+00:00"},"s":"I","c":"COMMAND","id":51803,"msg":"Slow query"}']
truncated:
  description: Whether the cloud left lines out.
  returned: success
  type: bool
  sample: false
max_lines:
  description: The most lines that the cloud shows; null when it does not say.
  returned: success
  type: int
  sample: 100
notice:
  description: Why there are no lines; null when there are some.
  returned: success
  type: dict
  contains:
    code:
      description: V(nothing_logged).
      type: str
    message:
      description: The same as a sentence.
      type: str
  sample:
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the API, or a word for the fault, such as V(cannot_have) for the slow log of a mongos node.
      type: str
    kind:
      description: Kind of fault, such as V(permission) or V(parameter).
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
    OptionSet,
    identifier,
    zone,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import PARAMETER
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso, parse_moment
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import Preview, UMongoDB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.connect import connect

OPTIONS = UMONGODB + OptionSet(
    {
        "zone": zone(),
        "cluster_id": {"type": "str", "required": True},
        "node_id": {"type": "str", "required": True},
        "log_type": {"type": "str", "choices": LOG_TYPES_UMONGODB, "required": True},
        "begin": {"type": "str", "required": True},
        "end": {"type": "str"},
    },
    checks={"zone": identifier, "cluster_id": identifier, "node_id": identifier},
)

_WHOLE = "umongodb_log_archive gets the whole log."


def log_info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Return lines of a node's log."""
    api = connect(options, context.warn)
    begin, end = _times(options, api.http.clock.now())
    preview = _preview(api, options, begin, end)
    api.http.clock.check()
    lines = [line.rstrip("\r") for line in preview.text.split("\n")]
    if not lines[-1]:
        lines.pop()
    if preview.truncated:
        most = "" if preview.most is None else f", at most {preview.most}"
        context.warn(f"This is a preview: the cloud shows {len(lines)} lines here{most}, and left others out. {_WHOLE}")
    notice = None if lines else _nothing(options, begin, end)
    return {
        "changed": False,
        "lines": lines,
        "truncated": preview.truncated,
        "max_lines": preview.most,
        "notice": notice,
    }


def _times(options: dict[str, Any], now: int) -> tuple[int, int | None]:
    """Return begin and end. Raises BadInput for what the cloud does not show."""
    begin = parse_moment(options["begin"], "begin", now)
    end = parse_moment(options["end"], "end", now) if options["end"] else None
    if begin < now - 7 * DAY:
        raise BadInput(f"begin ({iso(begin)}) is more than seven days ago; the cloud keeps no log for longer.")
    if begin >= now:
        raise BadInput(f"begin ({iso(begin)}) is in the future.")
    if end is None:
        return begin, None
    if end > now:
        raise BadInput(f"end ({iso(end)}) is in the future; leave it out to see what there is by now.")
    if end <= begin:
        raise BadInput(f"end ({iso(end)}) must be after begin ({iso(begin)}).")
    if end - begin >= DAY:
        raise BadInput(f"end ({iso(end)}) must be less than 24 hours after begin ({iso(begin)}). {_WHOLE}")
    return begin, end


def _preview(api: UMongoDB, options: dict[str, Any], begin: int, end: int | None) -> Preview:
    names = ("node_id", "log_type", "zone")
    try:
        return api.log(options["cluster_id"], **{name: options[name] for name in names}, begin=begin, end=end)
    except CloudError as error:
        if error.kind == PARAMETER and _cannot_have(api, options):
            raise CloudError(
                f"{options['node_id']} is a mongos node, and these have no {options['log_type']} log.",
                code="cannot_have",
                kind=PARAMETER,
                hint="Name a data node, or ask for the error log; umongodb_instance_info lists the nodes.",
                status=error.status,
                request_id=error.request_id,
            ) from None
        raise


def _cannot_have(api: UMongoDB, options: dict[str, Any]) -> bool:
    """Tell whether the cluster says that this node has no log of this type; only mongos nodes lack one."""
    try:
        nodes = api.cluster(options["cluster_id"], zone=options["zone"]).nodes
    except CloudError:
        return False
    return any(node.id == options["node_id"] and not node.can_have(options["log_type"]) for node in nodes)


def _nothing(options: dict[str, Any], begin: int, end: int | None) -> dict[str, Any]:
    until = "" if end is None else f" until {iso(end)}"
    what = f"{options['node_id']} has no lines in its {options['log_type']} log"
    return {"code": "nothing_logged", "message": f"{what} from {iso(begin)}{until}."}


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, log_info)


if __name__ == "__main__":
    main()
