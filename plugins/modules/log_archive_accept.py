#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_archive_accept
short_description: Accept a loss, a break of the chain, or the end of a series
version_added: 0.2.0
description:
  - Writes into the ledger of an instance that somebody knows of something that cannot be mended, and why it is accepted.
    It is not reported any more from then on.
  - A lost unit that is accepted is collected all the same, should the cloud offer it again.
  - An accepted break is that of the very lines as they are. When one of them is altered once more, it shows again.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.survey
  - clouddb.mongodb_logs.survey.writes
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
options:
  instance:
    description:
      - Id of the cluster or instance. When the archive holds several of this id, narrow it down with O(provider), O(region)
        and O(project_id).
    type: str
    required: true
  what:
    description:
      - V(loss) accepts lost units, those that O(node_id), O(log_type) and O(unit) name, all when none of these is given.
      - V(break) accepts every line of the ledger that was altered, dropped or reordered.
      - V(series_end) accepts that nothing more comes of a node, with the end of its newest unit. O(node_id) is needed.
        A series goes on when a later run finds something of it.
    type: str
    choices: [loss, break, series_end]
    required: true
  node_id:
    description:
      - Node of what is accepted.
    type: str
  log_type:
    description:
      - Log type of what is accepted.
    type: str
    choices: [slow, error, audit]
  unit:
    description:
      - Unit whose loss is accepted.
    type: str
  reason:
    description:
      - Why it is accepted, for whoever reads the ledger later.
    type: str
    required: true
  by:
    description:
      - Who accepts it. The user that the module runs as when absent.
    type: str
  return_limit:
    description:
      - Most items in RV(accepted).
    type: int
    default: 100
seealso:
  - module: clouddb.mongodb_logs.log_archive_info
"""

EXAMPLES = r"""
- name: Accept what was lost while the archive's disk was away
  clouddb.mongodb_logs.log_archive_accept:
    archive: /srv/mongodb-logs
    instance: uclmongo-4f1d2c3b
    what: loss
    reason: The disk was away from 3 to 12 November, see case 4711
    by: ann@example.com

- name: Accept that a node is gone
  clouddb.mongodb_logs.log_archive_accept:
    archive: /srv/mongodb-logs
    instance: uclmongo-4f1d2c3b
    what: series_end
    node_id: uclmongo-4f1d2c3b-m3
    reason: Replaced by m4
"""

RETURN = r"""
accepted:
  description: What was accepted now, or would be in check mode, with O(return_limit) at most. Nothing when it was accepted before.
  returned: success
  type: list
  elements: dict
  contains:
    node:
      description: Node, V(*) for a break.
      type: str
    log_type:
      description: Log type, V(*) for a break.
      type: str
    unit:
      description: Unit that was lost.
      type: str
    begin:
      description: Begin of its time.
      type: str
    end:
      description: End of its time, or of the series.
      type: str
    break:
      description: Line that was altered, dropped or reordered.
      type: str
accepted_omitted:
  description: What RV(accepted) leaves out.
  returned: success
  type: int
head:
  description: SHA-256 of the last line of the ledger.
  returned: success
  type: str
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: V(nothing_to_accept), V(no_instance), or a word for the kind of fault.
      type: str
    kind:
      description: Kind of fault, such as V(bad_input).
      type: str
    message:
      description: What is wrong.
      type: str
    hint:
      description: What to do.
      type: str
    request_id:
      description: Always empty, as no cloud is called.
      type: str
"""

import os
import pwd
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.accept import (
    BREAK,
    LOSS,
    SERIES_END,
    WHAT,
    Acceptance,
    accept,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    LOG_TYPES,
    SURVEY,
    WRITES,
    OptionSet,
    between,
    identifier,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso_or_none
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

OPTIONS = (
    SURVEY
    + WRITES
    + OptionSet(
        {
            "instance": {"type": "str", "required": True},
            "what": {"type": "str", "choices": WHAT, "required": True},
            "node_id": {"type": "str"},
            "log_type": {"type": "str", "choices": LOG_TYPES},
            "unit": {"type": "str"},
            "reason": {"type": "str", "required": True},
            "by": {"type": "str"},
            "return_limit": {"type": "int", "default": 100},
        },
        checks={"instance": identifier, "node_id": identifier, "return_limit": between(0, 100000)},
    )
)


def acceptance_of(options: Mapping[str, Any]) -> Acceptance:
    """Return what is accepted. Raises BadInput for what does not go together."""
    what = options["what"]
    given = [name for name in ("node_id", "log_type", "unit") if options[name]]
    apply = {LOSS: ("node_id", "log_type", "unit"), SERIES_END: ("node_id", "log_type"), BREAK: ()}
    wrong = [name for name in given if name not in apply[what]]
    if wrong:
        raise BadInput(f"{wrong[0]} says nothing about a {what}; leave it out.")
    if what == SERIES_END and "node_id" not in given:
        raise BadInput("node_id must be given with what=series_end.")
    # A ledger is for ever, and read by many.
    reason, by = (printable(options[name] or "").strip() for name in ("reason", "by"))
    if not reason:
        raise BadInput("reason must not be empty.")
    return Acceptance(what, options["node_id"], options["log_type"], options["unit"], reason, by or _user())


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def acknowledge(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Accept what is named of one instance."""
    wanted = acceptance_of(options)
    chosen = survey.Chosen(options["provider"], options["region"], options["project_id"], (options["instance"],))
    archive, limit = options["archive"], options["return_limit"]
    folder = survey.only_folder(archive, chosen)
    if context.check_mode:
        held = survey.holding(archive, folder, whole=False)
        events = accept(held.ledger, wanted)
    else:
        now = int(time.time())
        with survey.writing(archive, folder, options["lock_timeout"], now) as held:
            events = accept(held.ledger, wanted)
            held.ledger.append(events, now)
        for warning in held.tree.warnings():
            context.warn(warning)
    result = {
        "changed": bool(events),
        "accepted": [_told(event) for event in events[:limit]],
        "accepted_omitted": max(0, len(events) - limit),
        "head": held.ledger.head,
    }
    if context.diff:
        after = "".join(f"{_line(event)} accepted by {event.by}: {event.reason}\n" for event in events)
        result["diff"] = {"before_header": folder, "after_header": folder, "before": "", "after": after}
    return result


def _told(event: Event) -> dict[str, Any]:
    return {
        **event.series._asdict(),
        "unit": event.unit or None,
        "begin": iso_or_none(event.begin),
        "end": iso_or_none(event.end),
        "break": str(event.broken) if event.broken else None,
    }


def _line(event: Event) -> str:
    if event.broken:
        return str(event.broken)
    return " ".join((*event.series, event.unit or f"end at {iso_or_none(event.end)}"))


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, acknowledge, cloud=False)


if __name__ == "__main__":
    main()
