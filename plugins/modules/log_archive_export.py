#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_archive_export
short_description: Export the entries of an archive for other systems
version_added: 0.3.0
description:
  - Writes the entries of an archive as lines of JSON, one an entry, for a SIEM or a lake, or sends them to a receiver. As C(otlp),
    each line is a request of OpenTelemetry's protocol with one log record; as C(ecs), a document of the Elastic Common Schema.
  - Each unit of the archive becomes a file of its own, C(<dest>/<day>/<instance>-<node>-<type>-<unit>.ndjson), by renaming, so
    that a file is whole once it is there, and what is collected late is one file more.
  - A run goes on where the one before ended. How far that was stands in C(export.json) in O(dest), so files may be moved away
    once they were read.
  - Every entry has an id that stays, the SHA-256 of the instance's folder, the unit's SHA-256, the member and the number of the
    line, as C(log.record.uid) or C(event.id).
  - Where exports and entry files of a series cover the same time, entry files count.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.survey
  - clouddb.mongodb_logs.survey.series
  - clouddb.mongodb_logs.survey.reading
  - clouddb.mongodb_logs.survey.workers
  - clouddb.mongodb_logs.survey.beside
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
  - clouddb.mongodb_logs.attributes.in_process
options:
  dest:
    description:
      - Absolute path of the folder for the files, outside of the archive. It is made when it is missing. One folder is for one
        O(format), O(compress), O(redact) and O(endpoint).
  begin:
    description:
      - Only units that can hold entries from this time on. A unit is exported whole, once; those left out are exported by a later
        run that asks for them.
  end:
    description:
      - Only units that can hold entries before this time.
  format:
    description:
      - What a line is.
    type: str
    choices: [otlp, ecs]
    default: otlp
  compress:
    description:
      - Whether files are compressed with gzip, and their names end in C(.gz). With O(endpoint), what is sent.
    type: bool
    default: false
  redact:
    description:
      - What is left out. As the line itself has all of it, the line is left out too, and the server's message stands in its place.
    type: list
    elements: str
    choices: [statement, user, address, app, namespace, plan]
  endpoint:
    description:
      - Address of a receiver of OTLP over HTTP, as V(https://collector.example.com:4318). Entries are sent to its C(/v1/logs)
        and no files are written. Each arrives at least once. Needs O(format=otlp).
    type: str
  headers:
    description:
      - Headers for the receiver, such as one that signs in.
    type: dict
  lock_timeout:
    description:
      - Seconds to wait while another run exports into O(dest).
    type: float
    default: 0
notes:
  - In check mode the entries are counted, and nothing is written or sent.
seealso:
  - module: clouddb.mongodb_logs.log_archive_search
"""

EXAMPLES = r"""
- name: Export what is new for a collector that reads files
  clouddb.mongodb_logs.log_archive_export:
    archive: /srv/mongodb-logs
    dest: /srv/export/otlp
    compress: true

- name: Send audit logs to a receiver, without statements
  clouddb.mongodb_logs.log_archive_export:
    archive: /srv/mongodb-logs
    dest: /srv/export/sent
    log_types: [audit]
    endpoint: https://collector.example.com:4318
    redact: [statement]
"""

RETURN = r"""
exported:
  description: How many entries were exported or, in check mode, would be.
  returned: when the archive was read
  type: int
units:
  description: How many units that was.
  returned: when the archive was read
  type: int
bytes:
  description: How many bytes were written or sent, before compression where they are sent.
  returned: when the archive was read
  type: int
files:
  description: Files that were written, relative to O(dest), with O(return_limit) at most.
  returned: when the archive was read
  type: list
  elements: str
left:
  description: How many units of the chosen series were not exported yet.
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

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, NamedTuple

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _progress
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.beside import BESIDE, destination
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Key
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    CONNECTION,
    SERIES,
    SURVEY,
    WRITES,
    OptionSet,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import export, scope
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.pool import NotDone
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.progress import Progress
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import Unit, units_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import (
    ArchiveError,
    BadInput,
    Incomplete,
    LogsError,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import REQUESTS_IMPORT_ERROR, check_endpoint
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span

OPTIONS = (
    SURVEY
    + SERIES
    + scope.READING
    + WRITES
    + BESIDE
    + CONNECTION
    + OptionSet(
        {
            "format": {"type": "str", "choices": export.FORMATS, "default": export.OTLP},
            "compress": {"type": "bool", "default": False},
            "redact": {"type": "list", "elements": "str", "choices": export.REDACTABLE},
            "endpoint": {"type": "str"},
            "headers": {"type": "dict", "no_log": True},
        },
    )
)

# How often it is noted how far the run has come. What was written since is found by its name, what was sent is sent again.
_NOTED = 5.0


class Due(NamedTuple):
    """What of an instance is to be exported: the units of this run, and the keys of all that were not exported yet."""

    held: survey.Holding
    units: list[Unit]
    left: set[Key]


def export_archive(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Export what is new. Raises Incomplete, with the result, when something could not be exported."""
    form = export.Form(options["format"], options["compress"], frozenset(options["redact"] or ()))
    receiver = _receiver(context, options)
    tree = destination(options)
    span = scope.asked_span(options, time.time())
    made_with = {
        "format": form.format,
        "compress": form.compress,
        "redact": sorted(form.redact),
        "endpoint": receiver.url if receiver else None,
    }
    if context.check_mode:
        return _Run(context, options, form, receiver, tree, Progress.read(tree, made_with)).carry_out(span)
    tree.make()
    with _alone(tree, options["lock_timeout"]):
        return _Run(context, options, form, receiver, tree, Progress.read(tree, made_with)).carry_out(span)


class _Run:
    """One run: what is due, what came of it, and the note of it."""

    def __init__(
        self,
        context: Context,
        options: dict[str, Any],
        form: export.Form,
        receiver: export.Receiver | None,
        tree: Tree,
        progress: Progress,
    ) -> None:
        self._context = context
        self._options = options
        self._form = form
        self._receiver = receiver
        self._tree = tree
        self._progress = progress
        self._chosen = survey.Chosen.of(options)
        self._unread: list[dict[str, Any]] = []
        self._failed = 0
        self._files: list[str] = []
        self._entries = self._units = self._bytes = 0
        names = Counter(folder.rpartition("/")[2] for folder in survey.folders(options["archive"], survey.Chosen()))
        self._ambiguous = {name for name, often in names.items() if often > 1}

    def carry_out(self, span: Span) -> dict[str, Any]:
        """Export what is due, and return the result."""
        due = list(self._due(span))
        of = {one.held.folder: one for one in due}
        units = [unit for one in due for unit in one.units if not self._stands(unit)]
        for one in due:
            one.left.difference_update(unit.event.key for unit in one.units if self._stands(unit))
        if not self._context.check_mode:
            self._note(due)
        noted = time.monotonic()
        progress = _progress.Progress("export", *self._context.tellers)
        for unit, result in scope.each(self._work(), units, scope.workers_of(self._options), progress):
            if isinstance(result, NotDone):
                self._failed += 1
                self._unread.append(scope.not_done(unit, result))
                if self._receiver:
                    break  # whoever takes nothing now is not asked a thousand times
                continue
            self._take(unit, result)
            of[unit.origin.folder].left.discard(unit.event.key)
            if not self._context.check_mode and time.monotonic() - noted > _NOTED:
                self._note(due)
                noted = time.monotonic()
        if not self._context.check_mode:
            self._note(due)
        return self._result(sum(len(one.left) for one in due))

    def _due(self, span: Span) -> Iterator[Due]:
        nodes: set[str] = set()
        for folder in survey.some_folders(self._options["archive"], self._chosen):
            try:
                whole = self._progress.is_much_left(folder)
                held = survey.holding(self._options["archive"], folder, whole=whole)
                left = self._progress.due(held, self._chosen)
            except ArchiveError as error:
                self._failed += 1
                self._unread.append(scope.unread(folder, " ".join(filter(None, (error.message, error.hint)))))
                continue
            units = units_of(self._options["archive"], held, self._chosen, span, left.values())
            nodes |= units.nodes
            yield Due(held, units.due, {*left})
        if not self._unread:
            survey.check_nodes(self._chosen, nodes)

    def _path(self, unit: Unit) -> str:
        name = unit.origin.folder.rpartition("/")[2]
        return export.path_of(unit, self._form, ambiguous=name in self._ambiguous)

    def _stands(self, unit: Unit) -> bool:
        """Tell whether the run before wrote this file and was killed before it noted that."""
        return (
            not self._receiver
            and self._progress.known
            and os.path.lexists(os.path.join(self._tree.root, self._path(unit)))
        )

    def _work(self) -> Callable[[Unit], export.Made]:
        if self._context.check_mode:
            return partial(export.count, form=self._form)
        if self._receiver:
            return partial(export.send, form=self._form, receiver=self._receiver)
        return self._write

    def _write(self, unit: Unit) -> export.Made:
        return export.write(unit, self._form, self._tree, self._path(unit))

    def _take(self, unit: Unit, made: export.Made) -> None:
        if made.part:
            self._tree.publish({made.part: self._path(unit)})
        self._files.append(self._path(unit))
        self._entries += made.entries
        self._bytes += made.bytes
        self._units += 1
        self._unread += made.unread

    def _note(self, due: list[Due]) -> None:
        for one in due:
            self._progress.note(one.held, self._chosen, one.left)
        self._progress.save()

    def _result(self, left: int) -> dict[str, Any]:
        self._unread, self._files = scope.in_order(self._unread), sorted(self._files)
        limit = self._options["return_limit"]
        files = [] if self._receiver else self._files
        result = {
            "changed": self._units > 0,
            "exported": self._entries,
            "units": self._units,
            "bytes": self._bytes,
            "files": files[:limit],
            "left": left,
            "unread": self._unread[:limit],
            "unread_count": len(self._unread),
        }
        if self._context.diff:
            after = "".join(f"{path}\n" for path in sorted(files))
            result["diff"] = {
                "before": "",
                "after": after,
                "before_header": self._tree.root,
                "after_header": self._tree.root,
            }
        sentence = scope.warning(self._unread)
        if self._failed:
            raise Incomplete(f"Not everything was exported; the next run tries again. {sentence}", result)
        if sentence:
            self._context.warn(sentence)
        return result


@contextmanager
def _alone(tree: Tree, wait: float) -> Iterator[None]:
    """Keep others from exporting into the same folder, and remove what a run left that was killed."""
    with Lock(tree, layout.LOCK).held(wait, int(time.time())) as clean:
        if not clean:
            for path in list(tree.files()):
                if layout.is_part(path):
                    tree.remove(path)
        yield


def _receiver(context: Context, options: dict[str, Any]) -> export.Receiver | None:
    if options["endpoint"] is None:
        return None
    if options["format"] != export.OTLP:
        raise BadInput("endpoint: only format: otlp is sent; write files for another.")
    if REQUESTS_IMPORT_ERROR:
        raise LogsError(missing_required_lib("requests", "from its release 2.25.1 on"), code="no_requests")
    url = check_endpoint(options["endpoint"], "endpoint", context.warn)
    headers = {str(name): str(value) for name, value in (options["headers"] or {}).items()}
    return export.Receiver(url if url.endswith("/v1/logs") else f"{url}/v1/logs", headers, options)


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, export_archive, cloud=False)


if __name__ == "__main__":
    main()
