#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_archive_slow
short_description: Tell which shapes of operations were slow
version_added: 0.3.0
description:
  - Reads the slow operations in the files of an archive and tells, for each shape of operation of each namespace and instance,
    how many there were and how long they took.
  - A shape is the hash that the server gives, C(queryShapeHash) or C(queryHash); where it gives none, it is computed from the
    fields that the statement asks for.
  - With O(begin) and O(end), each shape is compared with the span of the same length before. That goes instance by instance. Of one
    whose logs of that span were not collected, or cannot be read, nothing is compared, as every shape of it would look new.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.survey
  - clouddb.mongodb_logs.survey.series
  - clouddb.mongodb_logs.survey.reading
  - clouddb.mongodb_logs.survey.workers
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.reads
  - clouddb.mongodb_logs.attributes.in_process
options:
  log_types:
    description:
      - Types of log whose slow operations count. A log of errors may repeat those of the slow log.
    type: list
    elements: str
    choices: [slow, error, audit]
    default: [slow]
  compare:
    description:
      - Whether the span before is read too. Without O(begin) there is none.
    type: bool
    default: true
  sort:
    description:
      - What the shapes are ordered by, the largest first.
    type: str
    choices: [total, count, mean, p95, max]
    default: total
  limit:
    description:
      - Most shapes in RV(shapes). RV(shapes_total) counts all.
    type: int
    default: 50
seealso:
  - module: clouddb.mongodb_logs.log_archive_search
"""

EXAMPLES = r"""
- name: Tell what was slow yesterday, and what is new about it
  clouddb.mongodb_logs.log_archive_slow:
    archive: /srv/mongodb-logs
    begin: "2026-11-19T00:00:00Z"
    end: "2026-11-20T00:00:00Z"
    limit: 10
  register: slow
"""

RETURN = r"""
shapes:
  description: Shapes of slow operations, in the order that was asked for.
  returned: success
  type: list
  elements: dict
  contains:
    folder:
      description: Folder of the instance, relative to the archive.
      type: str
    instance:
      description: Instance.
      type: str
    namespace:
      description: Database and collection.
      type: str
    operation:
      description: Operation, such as V(find). V(others) for all shapes of a namespace beyond the first thousands of a file.
      type: str
    shape:
      description: Hash of the shape.
      type: str
    pattern:
      description: What the example asks for, as JSON with 1 for every value.
      type: str
    count:
      description: How many operations there were.
      type: int
    total_ms:
      description: How long all of them took.
      type: int
    mean_ms:
      description: How long they took on average.
      type: float
    p95_ms:
      description: What 95 of 100 did not exceed. Exact up to a thousand different durations, then to three digits.
      type: int
    max_ms:
      description: How long the worst took.
      type: int
    index:
      description: Index that the cloud recommends.
      type: str
    example:
      description: The worst operation.
      type: dict
      contains:
        time:
          description: When it was.
          type: str
        node:
          description: Node that wrote it.
          type: str
        duration_ms:
          description: How long it took.
          type: int
        plan:
          description: Its plan.
          type: str
        docs_examined:
          description: Documents examined.
          type: int
        keys_examined:
          description: Keys of indexes examined.
          type: int
        returned:
          description: Documents returned.
          type: int
        app:
          description: Name of the client's application.
          type: str
        user:
          description: User.
          type: str
        address:
          description: Address of the client.
          type: str
        line:
          description: The line, its first 4,096 bytes.
          type: str
        file:
          description: File that it stands in, relative to the archive.
          type: str
        member:
          description: Member of the file.
          type: str
        number:
          description: Number of the line in its member, from 1.
          type: int
    change:
      description:
        - V(new), V(gone), or how the total changed against the span before, by a fifth at least; else V(same).
        - Null when nothing was compared, as of the instances in RV(uncompared).
      type: str
    days:
      description: How long they took on each day, in milliseconds by the day's date; those of the span before included.
      type: dict
      sample: {"2026-11-19": 1200, "2026-11-20": 350}
    before:
      description: C(count), C(total_ms), C(mean_ms), C(p95_ms) and C(max_ms) of the span before.
      type: dict
shapes_total:
  description: How many shapes there are.
  returned: success
  type: int
operations:
  description: How many slow operations there were, and how long all of them took.
  returned: success
  type: dict
  contains:
    count:
      description: How many.
      type: int
    total_ms:
      description: How long.
      type: int
changes:
  description: How many shapes are V(new), V(worse), V(better), V(same) and V(gone). Null when nothing was compared.
  returned: success
  type: dict
  sample: {new: 2, worse: 1, better: 0, same: 14, gone: 3}
uncompared:
  description:
    - Instances, by their folders, of which nothing is compared although it was asked for, as not all that was logged in the span
      before is held, or could be read. At most O(return_limit).
  returned: success
  type: list
  elements: str
  sample: []
files_read:
  description: How many files were read.
  returned: when the archive was read
  type: int
files_total:
  description: How many files the archive has of the chosen series.
  returned: when the archive was read
  type: int
unread:
  description: Files, and parts of files, that could not be read, with O(return_limit) at most.
  returned: when the archive was read
  type: list
  elements: dict
  contains:
    file:
      description: File, or the folder of an instance, relative to the archive.
      type: str
    member:
      description: Member of the file.
      type: str
    line:
      description: Number of the line from which on it could not be read; V(0) for all of it.
      type: int
    reason:
      description: Why.
      type: str
unread_count:
  description: How many such parts there are.
  returned: when the archive was read
  type: int
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: A word for the kind of fault, such as V(no_instance).
      type: str
    kind:
      description: Kind of fault, such as V(bad_input) or V(incomplete).
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
from collections import Counter
from functools import partial
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    LOG_TYPES,
    SERIES,
    SURVEY,
    OptionSet,
    between,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import scope
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.pool import NotDone
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.slow import (
    CHANGES,
    Shapes,
    merged,
    shapes_of,
    table,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import Unit
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span

_SORTS = {"total": "total_ms", "count": "count", "mean": "mean_ms", "p95": "p95_ms", "max": "max_ms"}

OPTIONS = (
    SURVEY
    + SERIES
    + scope.READING
    + OptionSet(
        {
            "log_types": {"type": "list", "elements": "str", "choices": LOG_TYPES, "default": ["slow"]},
            "compare": {"type": "bool", "default": True},
            "sort": {"type": "str", "choices": list(_SORTS), "default": "total"},
            "limit": {"type": "int", "default": 50},
        },
        checks={"limit": between(0, 100000)},
    )
)


def slow_shapes(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Tell which shapes were slow."""
    now_s = time.time()
    span = scope.asked_span(options, now_s)
    compared = options["compare"] and options["begin"] is not None
    # Without an end, the span ends now.
    last = span.end if options["end"] is not None else int(now_s)
    before = Span(max(0, 2 * span.begin - last), span.begin) if compared and last > span.begin else Span(0, 0)
    files = scope.scope(options, span if before.empty else Span(before.begin, span.end), before)
    unread, uncompared = list(files.unread), files.uncompared
    now_shapes: Shapes = {}
    before_shapes: Shapes = {}
    read = 0
    work = partial(shapes_of, span=scope.in_ms(span), before=scope.in_ms(before))
    progress = Progress("slow operations", *context.tellers)
    for unit, result in scope.each(work, files.units, scope.workers_of(options), progress):
        if isinstance(result, NotDone):
            unread.append(scope.not_done(unit, result))
            uncompared.update([unit.origin.folder] if _reaches(unit, before) else [])
            continue
        read += 1
        unread += result.unread
        uncompared.update([unit.origin.folder] if result.unread and _reaches(unit, before) else [])
        merged(now_shapes, result.now)
        merged(before_shapes, result.before)
    unread = scope.in_order(unread)
    rows = table(now_shapes, None if before.empty else before_shapes, uncompared)
    known = {unit.origin.folder for unit in files.units} - uncompared or not files.units
    name = _SORTS[options["sort"]]
    rows.sort(key=lambda row: (-row[name], row["folder"], row["namespace"], row["operation"], row["shape"]))
    changes = Counter(row["change"] for row in rows)
    sentence = scope.warning(unread)
    if sentence:
        context.warn(sentence)
    return {
        "changed": False,
        "shapes": rows[: options["limit"]],
        "shapes_total": len(rows),
        "operations": {field: sum(row[field] for row in rows) for field in ("count", "total_ms")},
        "changes": {change: changes[change] for change in CHANGES} if known and not before.empty else None,
        "uncompared": sorted(uncompared)[: options["return_limit"]],
        "files_read": read,
        "files_total": files.total,
        "unread": unread[: options["return_limit"]],
        "unread_count": len(unread),
    }


def _reaches(unit: Unit, before: Span) -> bool:
    return not (unit.event.reach or before).overlap(before).empty


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, slow_shapes, cloud=False)


if __name__ == "__main__":
    main()
