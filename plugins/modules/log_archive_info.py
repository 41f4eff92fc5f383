#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_archive_info
short_description: Tell what an archive holds, what it lacks, and whether it is intact
version_added: 0.2.0
description:
  - Describes every instance of an archive, series by series. A series is one node and log type.
  - On request, compares every file with the ledger. The module fails, with the full result, when anything is not as the
    ledger says.
  - An archive that holds none of the chosen instances, more likely a disk that is not mounted, cannot be verified, which is
    an error. With O(verify=none) it is a warning, and the result is empty.
  - Can run at any time, also while logs are being collected. It takes no lock and works on an archive that is mounted
    for reading.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.survey
  - clouddb.mongodb_logs.survey.series
  - clouddb.mongodb_logs.store
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.reads
  - clouddb.mongodb_logs.attributes.in_process
options:
  archive:
    description:
      - Absolute path of the archive, on the host where the module runs, or a bucket that M(clouddb.mongodb_logs.log_archive_mirror)
        keeps, as V(s3://bucket/prefix).
      - Of a bucket, what was pruned from the archive because the bucket has it counts as collected.
    type: path
    required: true
  region:
    description:
      - Only instances of this region. With a bucket, the region of the bucket, as in M(clouddb.mongodb_logs.log_archive_mirror).
    type: str
  verify:
    description:
      - V(none) looks at the ledgers alone. The part of a ledger that its checkpoint knows, and that did not change since, is not
        read again; the guide of the archive says how that is told. What is new is read, and its chain checked.
      - V(size) finds files that are missing, of another size, or without a line in the ledger.
      - V(sha256) reads every file too, side by side and in the order in which the disk gave them out.
    type: str
    choices: [none, size, sha256]
    default: none
  verify_part:
    description:
      - Which part of the files O(verify=sha256) reads, as C(3/30). A file is in one part, told by its path, so that 30 runs, each with the next
        number, have read everything, and none has to remember anything. All files are still compared as with O(verify=size).
    type: str
    version_added: 0.3.0
  workers:
    description:
      - How many files are read at a time with O(verify=sha256). As many as there are cores when absent.
    type: int
  expected_head:
    description:
      - Head of the ledger that is known from an earlier run, such as RV(clouddb.mongodb_logs.umongodb_log_archive#module:head).
        The module fails when anything up to there, or since then, was altered or cut.
      - A break after this head counts even when it was accepted. Take the head after the acceptance from then on.
      - Needs exactly one instance to be chosen.
    type: str
  expected_head_at:
    description:
      - Where the line of that head stood, as RV(instances[].head_at) told it together with the head. With O(verify=none), one look
        there proves the head; without it the ledger is read whole.
      - A place at which another line stands now is no proof of anything, and the ledger is read whole.
    type: str
    version_added: 0.3.0
seealso:
  - module: clouddb.mongodb_logs.log_archive_accept
  - module: clouddb.mongodb_logs.log_archive_mirror
  - module: clouddb.mongodb_logs.log_archive_prune
"""

EXAMPLES = r"""
- name: See what an archive holds
  clouddb.mongodb_logs.log_archive_info:
    archive: /srv/mongodb-logs
  register: archive

- name: Prove that a copy in a bucket is what was collected
  clouddb.mongodb_logs.log_archive_info:
    archive: s3://logs-of-mongodb/production
    endpoint_url: https://obs.eu-west-101.myhuaweicloud.eu
    region: eu-west-101
    verify: sha256

- name: Prove that nothing of a cluster was altered since the head that was noted at the end of last year
  clouddb.mongodb_logs.log_archive_info:
    archive: /srv/mongodb-logs
    instances: [uclmongo-4f1d2c3b]
    verify: sha256
    expected_head: "{{ head_of_last_year }}"
"""

RETURN = r"""
instances:
  description: The chosen instances.
  returned: when the archive was read
  type: list
  elements: dict
  contains:
    provider:
      description: V(umongodb) or V(dds).
      type: str
    region:
      description: Region of the instance.
      type: str
    project:
      description: Project of the instance; V(default) when it was collected without one.
      type: str
    instance:
      description: Id of the cluster or instance.
      type: str
    folder:
      description: Folder of the instance, relative to the archive.
      type: str
    elsewhere:
      description: The bucket with the files that are not here, as V(s3://bucket/prefix), where not all were brought from it.
      type: str
    head:
      description: SHA-256 of the last line of the ledger.
      type: str
    head_at:
      description: Where that line stands, as file, byte and number of the line; null where there is none. See O(expected_head_at).
      type: str
      version_added: 0.3.0
    lines:
      description: Lines of the ledger.
      type: int
    breaks:
      description: Lines of the ledger that were altered, dropped or reordered, and that nobody accepted.
      type: list
      elements: str
    under_way:
      description:
        - The run that writes to this part of the archive now, as far as it can be told from here; null where there is none.
        - A run of another host is under way when it has noted something within two minutes.
      type: dict
      version_added: 0.3.0
      contains:
        host:
          description: Host on which it runs.
          type: str
        pid:
          description: Its process there.
          type: int
        since:
          description: Since when it runs.
          type: str
        noted:
          description: When it noted its progress last, which it does every ten seconds; null before it did so first.
          type: str
        progress:
          description:
            - How far it had come then. C(files) of C(files_total), C(bytes) of C(bytes_total), C(waiting) for what, C(seconds) since
              it began, C(rate) in bytes a second, and the seconds that are C(left). What is not known is null.
          type: dict
        sentence:
          description: The same in words.
          type: str
          sample: "uclmongo-4f1d2c3b: 12 of 40 files, 310 MiB of 1.2 GiB, 12.0 MiB/s, 1 min 17 s left"
    holds:
      description: Spans of time that no pruning touches.
      type: list
      elements: dict
      contains:
        node:
          description: Node, V(*) for all.
          type: str
        log_type:
          description: Log type, V(*) for all.
          type: str
        begin:
          description: Begin of the span.
          type: str
        end:
          description: End of the span.
          type: str
        reason:
          description: Why it is held.
          type: str
    counts:
      description: The counts of all series together; see RV(instances[].series[].counts).
      type: dict
    bytes:
      description: Bytes of all files together, as the ledger says.
      type: int
    next_loss:
      description: When the first of the missing and pending units can no longer be had.
      type: str
    name:
      description: What people call the cluster or instance, as the cloud told it last.
      type: str
    series:
      description: Each node and log type.
      type: list
      elements: dict
      contains:
        node:
          description: Id of the node.
          type: str
        log_type:
          description: Type of the logs.
          type: str
        by:
          description:
            - How it is collected, as V(package), V(list), V(query) or V(export).
          type: str
        claim:
          description: What is claimed of it.
          type: str
        since:
          description: Since when the series is collected; absent when only explicit spans were.
          type: str
        until:
          description: When the series ended.
          type: str
        closed:
          description: Whether it ended.
          type: bool
        last_success:
          description: When a run last found everything that was to be had.
          type: str
        last_attempt:
          description: When a run last looked.
          type: str
        counts:
          description: Units by what is known of them.
          type: dict
          contains:
            collected:
              description: Units whose file is in the archive.
              type: int
            empty:
              description: Units in which nothing was logged.
              type: int
            lost:
              description: Units that can never be had any more, and that nobody accepted.
              type: int
            accepted:
              description: Units that are lost, and were accepted.
              type: int
            pruned:
              description: Units whose file was pruned.
              type: int
            missing:
              description: Units that could be had and were not collected, when last looked.
              type: int
            pending:
              description: Units that could not be had yet, when last looked.
              type: int
            gaps:
              description: Spans of time that no unit covers.
              type: int
        bytes:
          description: Bytes of the files, as the ledger says.
          type: int
        first:
          description: Begin of the first unit that is held.
          type: str
        last:
          description: End of the last unit that is held.
          type: str
        next_loss:
          description: When the first of the missing and pending units can no longer be had.
          type: str
        missing:
          description: Missing units, with O(return_limit) at most, as the last run noted them.
          type: list
          elements: dict
          contains: &noted
            unit:
              description: Id of the unit.
              type: str
            begin:
              description: Begin of its time.
              type: str
            end:
              description: End of its time.
              type: str
            reason:
              description: Why it is not held.
              type: str
            expires:
              description: When the cloud forgets it.
              type: str
        pending:
          description: Pending units, with O(return_limit) at most, as the last run noted them.
          type: list
          elements: dict
          contains: *noted
        lost:
          description: Lost units that nobody accepted, with O(return_limit) at most.
          type: list
          elements: dict
          contains:
            unit:
              description: Id of the unit.
              type: str
            begin:
              description: Begin of its time.
              type: str
            end:
              description: End of its time.
              type: str
            reason:
              description: Why it is lost.
              type: str
        gaps:
          description:
            - Spans since the series is collected, up to when a run last looked, of which nothing is known. With O(return_limit) at most.
            - Only of windows, as V(umongodb) has them; of V(dds), quiet time is no gap.
          type: list
          elements: dict
          contains:
            begin:
              description: Begin of the span.
              type: str
            end:
              description: End of the span.
              type: str
counts:
  description: The counts of all instances together.
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
files_read:
  description: How many files were read, which takes O(verify=sha256); with O(verify_part) those of that part.
  returned: when the archive was read
  type: int
  version_added: 0.3.0
bytes_read:
  description: How many bytes these have.
  returned: when the archive was read
  type: int
  version_added: 0.3.0
problems:
  description: What is not as the ledgers say, with O(return_limit) at most.
  returned: when the archive was read
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(chain) a line of the ledger was altered, dropped or reordered.
        - V(head) O(expected_head) is not there, or a line after it was altered; or what stands in a bucket as head is not that of
          the ledger beside it.
        - V(missing) a file is not there. V(unreadable) it cannot be read; without a path it is the ledger or the folder of the
          instance that cannot be read, and RV(instances) may leave the instance out.
        - V(size) or V(sha256) a file is another one than was collected.
        - V(unrecorded) a file has no line in the ledger, and is none of those that file servers and desktops leave, which the
          guide to the archive names. V(part) a download was left by a run that was killed.
        - V(hidden) in a bucket that keeps versions, another one or a delete marker was put over the version that was mirrored, which is
          there all the same and is the one that is verified.
        - V(pruned) a file still stands though it was pruned.
      type: str
    instance:
      description: Folder of the instance.
      type: str
    path:
      description: File, relative to that folder, without what is not printable.
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
      description: V(incomplete) when something is not as the ledgers say, V(no_instance), or a word for the kind of fault.
      type: str
    kind:
      description: Kind of fault, such as V(incomplete).
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
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey, verify
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.describe import describe, total
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Where
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.under_way import under_way
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    SERIES,
    STORE,
    SURVEY,
    OptionSet,
    absolute_path_or_bucket,
    between,
    head,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, BadInput, Incomplete
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.place import Place, chosen_of, place_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import cores


def place(name: str, value: Any) -> None:
    """Check where a ledger's line stands."""
    if Where.of(value) is None:
        raise BadInput(f"{name}: '{value[:80]}' is no place of a line, as head_at tells them: file:byte:line.")


def part(name: str, value: Any) -> None:
    """Check which part of the files is to be read."""
    if verify.Part.of(value) is None:
        raise BadInput(f"{name}: '{value[:80]}' is no part; give its number and how many there are, such as 3/30.")


OPTIONS = (
    SURVEY
    + SERIES
    + STORE
    + OptionSet(
        {
            "archive": {"type": "path", "required": True},
            "verify": {"type": "str", "choices": verify.LEVELS, "default": verify.NONE},
            "verify_part": {"type": "str"},
            "workers": {"type": "int"},
            "expected_head": {"type": "str"},
            "expected_head_at": {"type": "str"},
        },
        required_by={"expected_head_at": ("expected_head",)},
        checks={
            "archive": absolute_path_or_bucket,
            "workers": between(1, 64),
            "expected_head": head,
            "expected_head_at": place,
            "verify_part": part,
        },
    )
)


def info(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Describe an archive and verify it. Raises Incomplete, with the result, when there is a problem."""
    chosen, limit = chosen_of(options), options["return_limit"]
    instances: list[dict[str, Any]] = []
    problems: list[dict[str, str]] = []
    nodes: set[str] = set()
    found = 0
    wanted = verify.Part.of(options["verify_part"]) if options["verify_part"] else None
    if wanted and options["verify"] != verify.SHA256:
        raise BadInput("verify_part says which part of the files is read, which only verify=sha256 does.")
    reading = verify.Reading(options["workers"] or cores(), wanted, Progress("", *context.tellers))
    source = place_of(options, reading.workers, context.warn)
    for folder in _folders(context, source, options, chosen):
        for problem in _examined(source, folder, options, chosen, reading, instances, nodes):
            found += 1
            if len(problems) < max(limit, 1):
                problems.append(problem.told(folder))
    result = {
        "changed": False,
        "instances": instances,
        **total(instances),
        "files_read": reading.files,
        "bytes_read": reading.bytes,
        "problems": problems[:limit],
        "problems_omitted": found - len(problems[:limit]),
    }
    if found:
        first = problems[0]
        raise Incomplete(verify.verdict(found, first["instance"], first["message"]), result)
    if instances:
        survey.check_nodes(chosen, nodes)
    return result


def _folders(context: Context, source: Place, options: Mapping[str, Any], chosen: survey.Chosen) -> list[str]:
    found = source.folders(chosen)
    if options["expected_head"]:
        return [survey.only(found)]
    if options["verify"] != verify.NONE:
        return survey.some(source.name, found)
    if not found:
        context.warn(f"{source.name} holds no instance of those that were chosen.")
    return found


def _examined(
    source: Place,
    folder: str,
    options: Mapping[str, Any],
    chosen: survey.Chosen,
    reading: verify.Reading,
    instances: list[dict[str, Any]],
    nodes: set[str],
) -> Iterator[Problem]:
    """Add what there is to tell of an instance, and yield what is wrong with it, be it that it cannot be read."""
    head, level = options["expected_head"], options["verify"]
    try:
        whole = level != verify.NONE
        at = Where.of(options["expected_head_at"]) if options["expected_head_at"] else None
        held, problems = source.holding(folder, head, at, whole=whole)
        run = under_way(held.tree, held.status, held.identity["instance"], int(time.time()))
        instances.append({**describe(held, chosen, options["return_limit"]), "under_way": run})
        nodes |= held.nodes
        yield from problems
        yield from verify.check(held, chosen, level, reading, head)
    except ArchiveError as error:
        # The other instances can be told of all the same.
        yield Problem.of(error, kind=verify.UNREADABLE)


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, info, cloud=False)


if __name__ == "__main__":
    main()
