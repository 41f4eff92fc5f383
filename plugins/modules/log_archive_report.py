#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_archive_report
short_description: Write a report of an archive, as a page, as data and as metrics
version_added: 0.2.0
description:
  - Writes what an archive holds, what it lacks, and until when that can still be had into three files of a folder. C(report.html)
    is a page in one file that loads nothing from anywhere, C(report.json) the same as data, and C(mongodb_logs.prom) metrics
    for the textfile collector of Prometheus' node_exporter.
  - Each file is replaced at once, so whoever reads it sees the old one or the new one.
  - Does not fail because of what it finds. The playbook C(clouddb.mongodb_logs.report) does, with RV(urgent).
  - With O(slow) it also tells which shapes of operations were slow, and what of that is new.
  - Can run at any time, also while logs are being collected. It takes no lock and works on an archive that is mounted
    for reading.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.survey
  - clouddb.mongodb_logs.survey.series
  - clouddb.mongodb_logs.survey.workers
  - clouddb.mongodb_logs.survey.beside
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
  - clouddb.mongodb_logs.attributes.in_process
options:
  alert_before:
    description:
      - What can be had no longer than for this age is urgent, as a number with V(s), V(m), V(h), V(d) or V(w).
    type: str
    default: 24h
  stalled_after:
    description:
      - A series without success for this age is stalled. Choose more than the time between two runs.
    type: str
    default: 26h
  days:
    description:
      - How many days the page shows.
    type: int
    default: 90
  slow:
    description:
      - Whether slow logs are read, and the report gets a section of the shapes of slow operations.
      - All else in a report costs the reading of ledgers alone, however much an archive holds. Slow logs cost what they have, so it
        has to be asked for.
      - The statements that are told have no values, and neither users nor addresses are told.
    type: bool
    default: false
  slow_days:
    description:
      - How many whole days in UTC are looked at with O(slow), the last that are held. They are compared with as many days before.
      - They are compared instance by instance. Of one that does not hold all of the days before, or of which they cannot be read,
        nothing is compared, and the report says so.
    type: int
    default: 7
  slow_max_bytes:
    description:
      - How much is read with O(slow), as the files stand in the archive, as bytes or with a unit such as V(500M) or V(20G). The newest
        files are read first, and the report says what was left out; nothing is compared then.
    type: str
    default: 2G
notes:
  - The files are always written anew, as C(report.json) and the metrics tell when that was. It counts as a change only when
    something else in C(report.json) changed, a file was missing, or had another mode or owner.
seealso:
  - module: clouddb.mongodb_logs.log_archive_info
  - module: clouddb.mongodb_logs.log_archive_accept
"""

EXAMPLES = r"""
- name: Write a report where a web server and the node_exporter read it
  clouddb.mongodb_logs.log_archive_report:
    archive: /srv/mongodb-logs
    dest: /srv/reports/mongodb-logs
    mode: "0644"
  register: report

- name: Say what is urgent
  ansible.builtin.debug:
    msg: "{{ report.urgent or report.verdict.sentence }}"
"""

RETURN = r"""
verdict:
  description: What is to be said of all instances together.
  returned: when the archive was read
  type: dict
  contains:
    state:
      description:
        - V(complete), or the gravest of what was found.
        - V(broken) a ledger was altered, or no longer has the head that the report before saw. V(lost) something can never be
          had any more, and nobody accepted that. V(missing) something can be had and is not held. V(failing) the last run over
          an instance failed. V(stalled) an instance had no success for long. V(nothing) no instance was found.
      type: str
    sentence:
      description: The same in words, with what can still be had and until when.
      type: str
    parts:
      description: The sentences of which RV(verdict.sentence) is made, one a kind.
      type: list
      elements: str
  sample:
    state: missing
    sentence: "Missing: 3 units of 1 instance are not held yet; the first can be had until 2026-11-27T00:00:00Z."
    parts: ["Missing: 3 units of 1 instance are not held yet; the first can be had until 2026-11-27T00:00:00Z."]
urgent:
  description:
    - What somebody has to see to now, as a sentence; absent when there is nothing.
    - Urgent is what can be had for O(alert_before) at most, what was lost or altered and was not yet so in the report that
      was there before, and an archive in which no instance is found, as when a disk is not mounted.
  returned: when the archive was read
  type: str
alerts:
  description: What is not as it should be, with O(return_limit) at most, the urgent first.
  returned: when the archive was read
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(broken), V(lost), V(missing), V(failing) or V(stalled), as RV(verdict.state) has them.
        - V(expiring) can be had for O(alert_before) at most.
      type: str
    provider:
      description: V(umongodb) or V(dds).
      type: str
    region:
      description: Region of the instance.
      type: str
    project:
      description: Project of the instance.
      type: str
    instance:
      description: Id of the cluster or instance.
      type: str
    node:
      description: Id of the node; absent when it is about the instance.
      type: str
    log_type:
      description: Type of the logs; absent when it is about the instance.
      type: str
    units:
      description: How many units, lines or series it is about.
      type: int
    until:
      description: Until when the first of them can be had.
      type: str
    sentence:
      description: What is the matter.
      type: str
    hint:
      description: What to do.
      type: str
    new:
      description: Whether something in it was lost or altered that was not yet so in the report before.
      type: bool
alerts_omitted:
  description: Alerts that RV(alerts) leaves out.
  returned: when the archive was read
  type: int
counts:
  description: Units of all instances by what is known of them, as M(clouddb.mongodb_logs.log_archive_info) returns them.
  returned: when the archive was read
  type: dict
  sample: {collected: 84, empty: 3, lost: 0, accepted: 0, pruned: 0, missing: 0, pending: 12, gaps: 0}
bytes:
  description: Bytes of all files together, as the ledgers say.
  returned: when the archive was read
  type: int
next_loss:
  description: When the first of all missing and pending units can no longer be had.
  returned: when the archive was read
  type: str
slow:
  description: What is to be said of slow operations, as sentences. Null without O(slow).
  returned: when the archive was read
  type: list
  elements: str
  sample:
    - "From 13 Nov to 19 Nov: 1 234 slow operations took 2 h 13 min, 20 % more than in the 7 days before (1 h 50 min)."
    - "14 shapes of operations: 3 new, 2 worse, 9 as before, 1 gone."
    - "42 files with 310 MiB were read."
paths:
  description: The files that were written, or would be in check mode.
  returned: when the archive was read
  type: dict
  sample:
    html: /srv/reports/mongodb-logs/report.html
    json: /srv/reports/mongodb-logs/report.json
    prom: /srv/reports/mongodb-logs/mongodb_logs.prom
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: A word for what went wrong, or the system's code for it.
      type: str
    kind:
      description: V(archive) or V(bad_input).
      type: str
    message:
      description: What is wrong.
      type: str
    hint:
      description: What to do.
      type: str
    request_id:
      description: Always empty, as no cloud is asked.
      type: str
"""

import json
import os
import stat
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.beside import BESIDE, destination
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree, explained
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Where
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    SERIES,
    SURVEY,
    OptionSet,
    absolute_path,
    between,
    mode_with,
    owner_number,
    parse_mode,
    parse_size,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import scope, slowest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report import facts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.metrics import metrics
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.page import page
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.slow import sentences
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import parse_age

NAMES = {"html": "report.html", "json": "report.json", "prom": "mongodb_logs.prom"}

OPTIONS = (
    SURVEY
    + SERIES
    + scope.WORKERS
    + BESIDE
    + OptionSet(
        {
            "alert_before": {"type": "str", "default": "24h"},
            "stalled_after": {"type": "str", "default": "26h"},
            "days": {"type": "int", "default": 90},
            "slow": {"type": "bool", "default": False},
            "slow_days": {"type": "int", "default": 7},
            "slow_max_bytes": {"type": "str", "default": "2G"},
        },
        checks={
            "dest": absolute_path,
            "days": between(1, 1000),
            "slow_days": between(1, 366),
            "mode": mode_with(0o600),
        },
    )
)


def write_report(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Describe an archive, and write the report unless in check mode."""
    ages = [parse_age(options[name], name) for name in ("alert_before", "stalled_after")]
    frame = facts.Frame(int(time.time()), options["days"], *ages)
    most_bytes = parse_size(options["slow_max_bytes"], "slow_max_bytes")
    tree = destination(options)
    archive, chosen = options["archive"], survey.Chosen.of(options)
    before = earlier(tree)
    known = facts.heads(before, archive)
    instances = []
    for folder in survey.folders(archive, chosen):
        seen = known.get(folder)
        try:
            head, at = (seen["head"], Where.of(seen.get("head_at", ""))) if seen else (None, None)
            held = survey.holding(archive, folder, head, at, whole=False)
        except ArchiveError as error:
            instances.append(facts.unreadable(folder, error.message.rstrip("."), frame))
        else:
            instances.append(facts.instance(held, chosen, frame, seen))
    read = slowest.frame_of(instances, frame.now, options["slow_days"], most_bytes)
    slow = slow_operations(context, options, chosen, instances, read) if options["slow"] else None
    report = facts.report(archive, instances, frame, slow)
    alerts, limit = facts.alerts(report, before), options["return_limit"]
    paths = {kind: os.path.join(tree.root, name) for kind, name in NAMES.items()}
    result = {
        "changed": facts.lasting(report) != facts.lasting(before) or not all(stand(paths.values(), options)),
        **{name: report[name] for name in ("verdict", "counts", "bytes", "next_loss")},
        "urgent": facts.urgent(report, alerts),
        "alerts": alerts[:limit],
        "alerts_omitted": max(0, len(alerts) - limit),
        "slow": sentences(slow) if slow else None,
        "paths": paths,
    }
    if context.diff:
        texts = {"before": facts.lines(before), "after": facts.lines(report)}
        result["diff"] = {"before_header": paths["json"], "after_header": paths["json"], **texts}
    if not context.check_mode:
        tree.make()
        # Last comes what the next report compares itself with: a run that was killed tells again what is new.
        for kind, text in (("html", page(report)), ("prom", metrics(report)), ("json", as_json(report))):
            tree.replace(NAMES[kind], text.encode("utf-8"))
    return result


def slow_operations(
    context: Context,
    options: Mapping[str, Any],
    chosen: survey.Chosen,
    instances: Sequence[Mapping[str, Any]],
    frame: slowest.Frame,
) -> dict[str, Any]:
    """Read the slow logs of instances, and return what the report tells of them."""
    asked = chosen.log_types is None or slowest.SLOW_LOG in chosen.log_types
    folders = [one["folder"] for one in instances] if asked else []
    chosen = chosen._replace(log_types=(slowest.SLOW_LOG,))
    found = scope.scope_of(options["archive"], folders, chosen, frame.both, set(), frame.before)
    progress = Progress("slow operations", *context.tellers)
    workers, unread = scope.workers_of(options), len(found.unread)
    return slowest.slowest(found.units, frame, workers, progress, unread, found.uncompared)


def earlier(tree: Tree) -> dict[str, Any] | None:
    """Return the report that is there; None when there is none, or none that this version can compare with."""
    if not tree.exists():
        return None
    try:
        found: dict[str, Any] = json.loads(tree.read(NAMES["json"]) or b"null")
        facts.alerts(found, found)
        facts.heads(found, "")
        facts.lines(found)
        return found if found["v"] == facts.VERSION else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def stand(paths: Iterable[str], options: Mapping[str, Any]) -> Iterable[bool]:
    """Yield of each file whether it is there with the mode and owner that it is to have."""
    mode = parse_mode("mode", options["mode"])
    wanted = [owner_number(name, options[name]) for name in ("owner", "group")]
    for path in paths:
        with explained(path):
            try:
                there = os.lstat(path)
            except FileNotFoundError:
                yield False
                continue
        owned = all(number in (-1, own) for number, own in zip(wanted, (there.st_uid, there.st_gid)))
        yield owned and stat.S_IMODE(there.st_mode) == mode


def as_json(report: Mapping[str, Any]) -> str:
    """Return a report as a file, a line for each instance."""
    rest = json.dumps({name: value for name, value in report.items() if name != "instances"})
    instances = ",\n".join(map(json.dumps, report["instances"]))
    return f'{rest[:-1]}, "instances": [\n{instances}\n]}}\n'


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, write_report, cloud=False)


if __name__ == "__main__":
    main()
