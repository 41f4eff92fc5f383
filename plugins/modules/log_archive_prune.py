#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_archive_prune
short_description: Remove old logs from an archive
version_added: 0.2.0
description:
  - Removes files that became too old, or that are the oldest where an instance has too many bytes. Their units stay in the
    ledger as pruned, so its chain stays whole and they are not collected again.
  - Never removed are the newest unit of a series, what a hold covers, and a file that is not the one that was collected.
    Each file is read and compared with its SHA-256 before it is removed.
  - An archive that holds none of the chosen instances is an error, as it is more likely a disk that is not mounted. So is a
    node of O(node_ids) of which none of them holds anything.
  - Nothing is removed of an instance whose ledger was altered, until M(clouddb.mongodb_logs.log_archive_accept) accepted that.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.survey
  - clouddb.mongodb_logs.survey.series
  - clouddb.mongodb_logs.survey.writes
  - clouddb.mongodb_logs.store
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
options:
  max_age:
    description:
      - Remove what ended longer ago, as a number with V(s), V(m), V(h), V(d) or V(w), such as V(365d). Where the time of a
        unit is not known, the day of its folder counts.
      - One of O(max_age), O(max_bytes), O(hold) and O(release) is needed.
    type: str
  max_bytes:
    description:
      - Remove the oldest until the chosen series of an instance have no more bytes, as a number of bytes or with V(K),
        V(M), V(G), V(T) or V(P), such as V(200G).
    type: str
  only_mirrored:
    description:
      - Remove only files that a bucket has for certain, as M(clouddb.mongodb_logs.log_archive_mirror) put them there. That is proven by the
        chain of the ledger in the bucket, and by reading each file that would go back from there.
      - The ledger then says which bucket has them. Others that would go are counted as V(unmirrored).
    type: bool
    default: false
    version_added: 0.3.0
  bucket:
    description:
      - Name of the bucket. Needed by O(only_mirrored=true).
    type: str
    version_added: 0.3.0
  prefix:
    description:
      - Where in the bucket the archive is. At its top when absent.
    type: str
    version_added: 0.3.0
  bucket_region:
    description:
      - Region of the bucket. When absent, E(AWS_REGION) or E(AWS_DEFAULT_REGION) of the host where the module runs.
    type: str
    version_added: 0.3.0
  hold:
    description:
      - Holds that shall exist in every chosen instance, of all its series unless narrowed. They are kept in the ledger, and
        stay until O(release) ends them.
    type: list
    elements: dict
    suboptions:
      begin:
        description:
          - Begin of the span, as Unix seconds or as ISO 8601 with an offset such as V(2026-11-20T00:00:00Z).
        type: str
        required: true
      end:
        description:
          - End of the span, in the same forms. What overlaps the span is kept.
          - Slow and error logs of V(dds) have no time of their own, and hold what the cloud had on the day when they were
            collected. They count as of that day and the eight days before it, so a hold also keeps what was collected up
            to eight days after its begin and end.
        type: str
        required: true
      node_id:
        description:
          - Only logs of this node.
        type: str
      log_type:
        description:
          - Only logs of this type.
        type: str
        choices: [slow, error, audit]
      reason:
        description:
          - Why it is held, for whoever reads the ledger later.
        type: str
        required: true
  release:
    description:
      - Holds that shall not exist, with the same span, node and type as they were made with.
    type: list
    elements: dict
    suboptions:
      begin:
        description:
          - Begin of the span.
        type: str
        required: true
      end:
        description:
          - End of the span.
        type: str
        required: true
      node_id:
        description:
          - Node of the hold.
        type: str
      log_type:
        description:
          - Log type of the hold.
        type: str
        choices: [slow, error, audit]
notes:
  - The local clock tells the age.
  - In check mode the same files are read and the same units returned; nothing is written or locked.
seealso:
  - module: clouddb.mongodb_logs.log_archive_info
  - module: clouddb.mongodb_logs.log_archive_mirror
"""

EXAMPLES = r"""
- name: Keep a year, and no more than 200 GiB of each instance
  clouddb.mongodb_logs.log_archive_prune:
    archive: /srv/mongodb-logs
    max_age: 365d
    max_bytes: 200G

- name: Keep a year here, and all of it in a bucket
  clouddb.mongodb_logs.log_archive_prune:
    archive: /srv/mongodb-logs
    max_age: 365d
    only_mirrored: true
    bucket: logs-of-mongodb
    prefix: production
    endpoint_url: https://obs.eu-west-101.myhuaweicloud.eu
    bucket_region: eu-west-101

- name: Keep the days of an incident until the case is closed
  clouddb.mongodb_logs.log_archive_prune:
    archive: /srv/mongodb-logs
    instances: [uclmongo-4f1d2c3b]
    hold:
      - begin: "2026-11-20T00:00:00Z"
        end: "2026-11-23T00:00:00Z"
        reason: Case 4711
"""

RETURN = r"""
counts:
  description: What was done, or would be done in check mode.
  returned: when the archive was read
  type: dict
  contains:
    pruned:
      description: Units that were pruned.
      type: int
    leftovers:
      description: Files that were removed now of units that were pruned by a run that was killed.
      type: int
    hold:
      description: Holds that were made.
      type: int
    released:
      description: Holds that were ended.
      type: int
  sample: {pruned: 31, leftovers: 0, hold: 0, released: 0}
kept:
  description: Units that stay although they are too old or too many, by the reason.
  returned: when the archive was read
  type: dict
  contains:
    newest:
      description: The newest units of their series.
      type: int
    hold:
      description: Units that a hold covers.
      type: int
    damaged:
      description: Units whose file is not the one that was collected, or cannot be read.
      type: int
    undated:
      description: Units of which no time is known.
      type: int
    unmirrored:
      description: Units whose file the bucket is not proven to have; with O(only_mirrored=true) alone.
      type: int
  sample: {newest: 1, hold: 0, damaged: 0, undated: 0}
bytes:
  description: Bytes that were freed.
  returned: when the archive was read
  type: int
bytes_left:
  description: Bytes of the chosen series that stay.
  returned: when the archive was read
  type: int
units:
  description: Units that were pruned, the oldest of each instance first, with O(return_limit) at most.
  returned: when the archive was read
  type: list
  elements: dict
  sample:
    - instance: umongodb/cn-bj2/default/uclmongo-4f1d2c3b
      node: uclmongo-4f1d2c3b-m1
      log_type: slow
      unit: 20251120T000000Z_20251121T000000Z
      begin: "2025-11-20T00:00:00Z"
      end: "2025-11-21T00:00:00Z"
      path: uclmongo-4f1d2c3b-m1/slow/2025/11/20/20251120T000000Z_20251121T000000Z.tar.gz
      size: 24664
units_omitted:
  description: Pruned units that RV(units) leaves out.
  returned: when the archive was read
  type: int
problems:
  description:
    - Files that were kept because they are not the ones that were collected, and instances that could not be pruned.
      With O(return_limit) at most. The module fails when there are any.
  returned: when the archive was read
  type: list
  elements: dict
  contains:
    kind:
      description: As in RV(clouddb.mongodb_logs.log_archive_info#module:problems[].kind), or V(archive) when it could not be written.
      type: str
    instance:
      description: Folder of the instance.
      type: str
    path:
      description: File, relative to that folder.
      type: str
    message:
      description: What is wrong, as a sentence.
      type: str
problems_omitted:
  description: Problems that RV(problems) leaves out.
  returned: when the archive was read
  type: int
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: V(no_instance), V(incomplete) when there are problems, or a word for the kind of fault.
      type: str
    kind:
      description: Kind of fault, such as V(archive).
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

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import prune, survey, verify
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import EVERY, Hold
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.prune import Pruning, Wanted
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.retention import UNMIRRORED, Rules
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    LOG_TYPES,
    SERIES,
    STORE,
    SURVEY,
    WRITES,
    OptionSet,
    bucket_name,
    bucket_prefix,
    identifier,
    parse_size,
    store_region,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, BadInput, Incomplete
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Access, Bucket
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.proof import Proof
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import parse_age, parse_instant
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

_HOLD: dict[str, dict[str, Any]] = {
    "begin": {"type": "str", "required": True},
    "end": {"type": "str", "required": True},
    "node_id": {"type": "str"},
    "log_type": {"type": "str", "choices": LOG_TYPES},
}

# How many segments of a ledger are read from a bucket at a time.
_WORKERS = 4

OPTIONS = (
    SURVEY
    + SERIES
    + WRITES
    + STORE
    + OptionSet(
        {
            "max_age": {"type": "str"},
            "max_bytes": {"type": "str"},
            "only_mirrored": {"type": "bool", "default": False},
            "bucket": {"type": "str"},
            "prefix": {"type": "str"},
            "bucket_region": store_region(),
            "hold": {
                "type": "list",
                "elements": "dict",
                "options": {**_HOLD, "reason": {"type": "str", "required": True}},
            },
            "release": {"type": "list", "elements": "dict", "options": _HOLD},
        },
        checks={"bucket": bucket_name, "prefix": bucket_prefix, "bucket_region": identifier},
        required_one_of=[("max_age", "max_bytes", "hold", "release")],
    )
)


def wanted_of(options: Mapping[str, Any]) -> Wanted:
    """Return what is asked of every instance. Raises BadInput."""
    age, size = options["max_age"], options["max_bytes"]
    rules = Rules(parse_age(age, "max_age") if age else None, parse_size(size, "max_bytes") if size else None)
    holds = {_hold(one, "hold"): _reason(one) for one in options["hold"] or ()}
    released = {_hold(one, "release") for one in options["release"] or ()}
    if released & holds.keys():
        raise BadInput("hold and release name the same span; leave it out of one of them.")
    return Wanted(rules, holds, released)


def _hold(one: Mapping[str, Any], option: str) -> Hold:
    span = Span(parse_instant(one["begin"], f"{option}: begin"), parse_instant(one["end"], f"{option}: end"))
    if span.empty:
        raise BadInput(f"{option}: end ({one['end']}) must be after begin ({one['begin']}).")
    if one["node_id"]:
        identifier(f"{option}: node_id", one["node_id"])
    return Hold(Series(one["node_id"] or EVERY, one["log_type"] or EVERY), span)


def _reason(one: Mapping[str, Any]) -> str:
    reason = printable(one["reason"]).strip()
    if not reason:
        raise BadInput("hold: reason must not be empty.")
    return reason


def remove(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Prune the chosen instances, one after the other. Raises Incomplete, with the result, when there is a problem."""
    wanted, chosen, archive = wanted_of(options), survey.Chosen.of(options), options["archive"]
    limits = [f"{name} {options[name]}" for name in ("max_age", "max_bytes") if options[name]]
    now = int(time.time())
    bucket = _bucket(context, options)
    reason = ", ".join(limits) + (f"; its file is in {bucket.url}" if bucket else "")
    done: dict[str, Pruning] = {}
    problems: list[tuple[str, Problem]] = []
    warnings: dict[str, None] = {}
    for folder in _folders(archive, chosen):
        mirrored = Proof(bucket, folder, _WORKERS).has if bucket else None
        try:
            if context.check_mode:
                held = survey.holding(archive, folder, whole=False)
                done[folder] = prune.plan(held, chosen, wanted, now, mirrored)
            else:
                with survey.writing(archive, folder, options["lock_timeout"], now) as held:
                    pruning = prune.plan(held, chosen, wanted, now, mirrored)
                    done[folder] = prune.carry_out(held, pruning, reason, now)
                warnings.update(dict.fromkeys(held.tree.warnings()))
        except ArchiveError as error:
            # The other instances can be pruned all the same.
            problems.append((folder, Problem.of(error)))
    for warning in warnings:
        context.warn(warning)
    problems = [(folder, one) for folder, pruning in done.items() for one in pruning.problems] + problems
    result = prune.result(done, problems, options["return_limit"])
    if bucket:
        result["kept"][UNMIRRORED] = sum(pruning.kept[UNMIRRORED] for pruning in done.values())
    if context.diff:
        result["diff"] = prune.diff(archive, done)
    if problems:
        folder, first = problems[0]
        raise Incomplete(verify.verdict(len(problems), folder, first.message), result)
    return result


def _bucket(context: Context, options: Mapping[str, Any]) -> Bucket | None:
    """Return the bucket that must have what goes. Raises BadInput."""
    access = Access.of(options, "bucket_region", context.warn)
    if not options["only_mirrored"]:
        return None
    if not access.bucket:
        raise BadInput("only_mirrored needs bucket.")
    return Bucket(access, _WORKERS)


def _folders(archive: str, chosen: survey.Chosen) -> Sequence[str]:
    """Return the folders of the chosen instances. Raises BadInput for a node that none of them knows, before anything goes."""
    folders = survey.some_folders(archive, chosen)
    if chosen.nodes:
        try:
            survey.check_nodes(
                chosen, {node for one in folders for node in survey.holding(archive, one, whole=False).nodes}
            )
        except ArchiveError:
            return folders  # which nodes there are cannot be told; why is told when the turn comes
    return folders


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, remove, cloud=False)


if __name__ == "__main__":
    main()
