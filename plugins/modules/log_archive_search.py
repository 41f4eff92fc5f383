#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_archive_search
short_description: Search the entries of an archive
version_added: 0.3.0
description:
  - Finds entries of logs in the files of an archive, whatever cloud and type they came from. Files are read where they stand,
    compressed or not; nothing is unpacked to the disk.
  - Reads only the files that can hold entries of the span, by the times in the ledger, and several at a time.
  - Everything that is given must hold. An entry without a time of its own, such as a line of a trace, has that of the line
    before it or, where there is none, of the begin of its file.
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
  match:
    description:
      - Only entries whose line has this text, as it is. Upper and lower case differ.
    type: str
  regex:
    description:
      - Only entries in whose line this regular expression of Python matches somewhere.
    type: str
  regex_timeout:
    description:
      - Seconds that a file may take with O(regex). What takes longer is ended, and named in RV(unread).
    type: float
    default: 60
  severity:
    description:
      - Only entries of these severities, by letter or by name, as V(E), V(error), V(W) or V(warning).
    type: list
    elements: str
  namespace:
    description:
      - Only entries of this namespace, as V(shop.orders), or of all namespaces of this database, as V(shop).
    type: str
  operation:
    description:
      - Only entries of this operation, as V(find), V(update), V(dropCollection) or V(authenticate). Case does not matter.
    type: str
  user:
    description:
      - Only entries of this user, as V(app) or V(app@admin).
    type: str
  min_duration_ms:
    description:
      - Only operations that took at least so many milliseconds.
    type: int
  order:
    description:
      - Which entries come first.
    type: str
    choices: [newest, oldest]
    default: newest
  limit:
    description:
      - Most entries in RV(entries). RV(matched) counts all.
    type: int
    default: 100
  line_limit:
    description:
      - Most characters of a line in RV(entries).
    type: int
    default: 65536
  verify:
    description:
      - Whether each file that is read is compared with its SHA-256 in the ledger. The module fails when one differs.
    type: bool
    default: false
seealso:
  - module: clouddb.mongodb_logs.log_archive_slow
  - module: clouddb.mongodb_logs.log_archive_export
"""

EXAMPLES = r"""
- name: Find who dropped a collection in the last week
  clouddb.mongodb_logs.log_archive_search:
    archive: /srv/mongodb-logs
    log_types: [audit]
    begin: 7d
    operation: dropCollection
  register: dropped

- name: Find what a node said before it fell over
  clouddb.mongodb_logs.log_archive_search:
    archive: /srv/mongodb-logs
    node_ids: [uclmongo-abcdef-0]
    begin: "2026-11-20T02:00:00Z"
    end: "2026-11-20T02:10:00Z"
    severity: [F, E, W]
    order: oldest
"""

RETURN = r"""
entries:
  description: Entries that were found, in the order that was asked for.
  returned: success
  type: list
  elements: dict
  contains:
    time:
      description: When it was, in UTC to the millisecond. Absent where the line has no time.
      type: str
    written:
      description: The time as the line has it.
      type: str
    provider:
      description: Provider of the instance.
      type: str
    instance:
      description: Instance whose log it is of.
      type: str
    node:
      description: Node that wrote it.
      type: str
    log_type:
      description: Type of the log.
      type: str
    line:
      description:
        - The line as it was, without what is not printable, such as control characters and marks of direction.
        - Bytes that are no text stand as C(\xNN); a document of BSON stands as Extended JSON.
      type: str
    line_cut:
      description: Whether only the first O(line_limit) characters of the line are given.
      type: bool
    file:
      description: File that it stands in, relative to the archive.
      type: str
    member:
      description: Member of the file, empty where the file is the log itself.
      type: str
    number:
      description: Number of the line in its member, from 1.
      type: int
    form:
      description: What kind of line it is.
      type: str
      sample: structured
    severity:
      description: V(F), V(E), V(W), V(I), or V(D) with its level.
      type: str
    component:
      description: Component of the server.
      type: str
    context:
      description: Thread or connection.
      type: str
    message:
      description: Message of the server, or the kind of an audited action.
      type: str
    namespace:
      description: Database and collection.
      type: str
    operation:
      description: Operation, or the command that was audited.
      type: str
    kind:
      description: Kind of operation as the server calls it, such as V(command).
      type: str
    duration_ms:
      description: How long it took.
      type: int
    docs_examined:
      description: Documents examined.
      type: int
    keys_examined:
      description: Keys of indexes examined.
      type: int
    returned:
      description: Documents returned.
      type: int
    plan:
      description: Plan of the query.
      type: str
    shape:
      description: Hash of the shape of the query, as the server gives it.
      type: str
    index:
      description: Index that the cloud recommends.
      type: str
    user:
      description: User, with the database that the account is of.
      type: str
    address:
      description: Address of the client.
      type: str
    port:
      description: Port of the client.
      type: int
    app:
      description: Name of the client's application.
      type: str
    result:
      description: V(0), or the code that an audited action failed with.
      type: int
    truncated:
      description: Whether the server left something out.
      type: bool
    reason:
      description: Why the line could not be read, when it could not.
      type: str
matched:
  description: How many entries matched.
  returned: success
  type: int
files_read:
  description: How many files were read.
  returned: when the archive was read
  type: int
files_total:
  description: How many files the archive has of the chosen series.
  returned: when the archive was read
  type: int
verified:
  description: How many of the files that were read are as the ledger says. Absent without O(verify).
  returned: success
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

import re
import time
from functools import partial
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    SERIES,
    SURVEY,
    OptionSet,
    between,
    seconds,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import scope
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.pool import NotDone
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.search import (
    Query,
    first_of,
    needles_of,
    search,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, Incomplete
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span

OPTIONS = (
    SURVEY
    + SERIES
    + scope.READING
    + OptionSet(
        {
            "match": {"type": "str"},
            "regex": {"type": "str"},
            "regex_timeout": {"type": "float", "default": 60},
            "severity": {"type": "list", "elements": "str"},
            "namespace": {"type": "str"},
            "operation": {"type": "str"},
            "user": {"type": "str"},
            "min_duration_ms": {"type": "int"},
            "order": {"type": "str", "choices": ["newest", "oldest"], "default": "newest"},
            "limit": {"type": "int", "default": 100},
            "line_limit": {"type": "int", "default": 65536},
            "verify": {"type": "bool", "default": False},
        },
        checks={
            "regex_timeout": seconds(0.1),
            "min_duration_ms": between(0, 10**12),
            "limit": between(0, 100000),
            "line_limit": between(1, 64 * 1024 * 1024),
        },
    )
)

_LETTERS = {"F": "FATAL", "E": "ERROR", "W": "WARNING", "I": "INFORMATIONAL", "D": "DEBUG"}


def search_archive(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Search an archive. Raises Incomplete, with the result, when a file is not as the ledger says."""
    span = scope.asked_span(options, time.time())
    query = _query(options)._replace(span=scope.in_ms(span))
    files = scope.scope(options, span)
    unread = list(files.unread)
    found: list[Any] = []
    matched = verified = read = 0
    problem = ""
    limit = options["regex_timeout"] if query.regex else None
    work, progress = partial(search, query=query), Progress("search", *context.tellers)
    for unit, result in scope.each(work, files.units, scope.workers_of(options), progress, limit):
        if isinstance(result, NotDone):
            unread.append(scope.not_done(unit, result))
            continue
        read += 1
        matched += result.matched
        unread += result.unread
        found = first_of(found + result.entries, query) if result.entries else found
        verified += result.problem is None
        if result.problem:
            problem = problem or f"{unit.origin.folder}: {result.problem.message}"
    unread = scope.in_order(unread)
    limited = options["return_limit"]
    answer = {
        "changed": False,
        "entries": [entry for _order, entry in found],
        "matched": matched,
        "files_read": read,
        "files_total": files.total,
        "verified": verified if query.verify else None,
        "unread": unread[:limited],
        "unread_count": len(unread),
    }
    if problem:
        raise Incomplete(f"{read - verified} of {read} files are not as the ledger says, first {problem}", answer)
    sentence = scope.warning(unread)
    if sentence:
        context.warn(sentence)
    return answer


def _query(options: dict[str, Any]) -> Query:
    """Return what the options ask for. Raises BadInput."""
    try:
        regex = re.compile(options["regex"]) if options["regex"] is not None else None
    except (re.error, RecursionError, OverflowError) as error:
        raise BadInput(f"regex: this is no regular expression: {error}.") from None
    return Query(
        span=Span(0, 0),
        needles=needles_of(options["match"]) if options["match"] is not None else (),
        regex=regex,
        severities=frozenset(_letter(name) for name in options["severity"] or ()),
        namespace=options["namespace"],
        operation=options["operation"].lower() if options["operation"] else None,
        user=options["user"],
        min_duration=options["min_duration_ms"],
        newest=options["order"] == "newest",
        limit=options["limit"],
        longest=options["line_limit"],
        verify=options["verify"],
    )


def _letter(name: str) -> str:
    letter = name[:1].upper()
    if letter not in _LETTERS or not (len(name) == 1 or _LETTERS[letter].startswith(name.upper())):
        raise BadInput(
            f"severity: '{name[:60]}' is none; give F, E, W, I or D, or fatal, error, warning, info or debug."
        )
    return letter


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, search_archive, cloud=False)


if __name__ == "__main__":
    main()
