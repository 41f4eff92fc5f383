# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing an instance back from a bucket: its files first, verified, then its ledger, which makes them an archive."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, verify
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lines import write_lines
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import ELSEWHERE, VERSION
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.moving import Moving
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.tree import HIDDEN
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span


class Wanted(NamedTuple):
    """Which files to bring: none of them, or those of chosen series whose time overlaps a span (None: of any time)."""

    files: bool
    chosen: Chosen
    span: Span | None

    def has(self, event: Event) -> bool:
        """Tell whether the file of a unit is wanted."""
        period = event.period
        return (
            self.files
            and self.chosen.has(event.series)
            and (self.span is None or period is None or not self.span.overlap(period).empty)
        )


class Bringing(NamedTuple):
    """What is to be brought of an instance. ``files`` come first, ``ledger`` is the whole of it, by file, oldest last.

    ``left``: how many files stay in the bucket alone.
    """

    head: str
    files: list[Event]
    ledger: dict[str, bytes]
    status: bytes | None
    left: int

    @property
    def changed(self) -> bool:
        """Tell whether there is anything to bring."""
        return bool(self.files or self.ledger)


def plan(held: Holding, problems: Iterable[Problem], tree: Tree, wanted: Wanted, url: str) -> Bringing:
    """Return what to bring into a tree. Raises ArchiveError where something else stands there, or the bucket's ledger is not whole."""
    source = held.tree
    # What was put over a version that is there all the same hides nothing from here.
    grave = [problem for problem in problems if problem.kind != HIDDEN]
    for problem in (*grave, *verify.check_chain(held.ledger, None)):
        raise ArchiveError(
            f"{source.root}: {problem.message}",
            code="altered",
            hint="Nothing was restored of this instance; look at the bucket with log_archive_info.",
        )
    raw = Ledger.read(source, held.identity)
    ledger = {name: source.read(name) or b"" for name in source.names("") if layout.LEDGER.match(name)}
    there = {name: tree.read(name) for name in tree.names("") if layout.LEDGER.match(name)} if tree.exists() else {}
    if any(ledger.get(name) != data for name, data in there.items()):
        raise _occupied(tree, "another ledger")
    due = [event for event in raw.units.values() if event.status == COLLECTED and event.path]
    files = [event for event in due if wanted.has(event)]
    if tree.exists():
        paths = {event.path for event in due}
        others = (path for path in tree.files() if path not in paths and not _is_own(path))
        for path in others:
            raise _occupied(tree, path)
        files = [event for event in files if not _stands(tree, event)]
    left = sum(not wanted.has(event) for event in due)
    missing = {name: ledger[name] for name in sorted(ledger, reverse=True) if name not in there}
    return Bringing(held.ledger.head, files, missing, _status(held, left, url, raw), left)


def carry_out(held: Holding, tree: Tree, bringing: Bringing, moving: Moving) -> list[Problem]:
    """Bring it. Returns what could not be brought as the ledger says; then there is no ledger, and the next run goes on."""
    problems: list[Problem] = []
    under_way: deque[_File] = deque()

    def calls() -> Iterator[Callable[[], Digest]]:
        for event in bringing.files:
            under_way.append(_File(held.tree, tree, event))
            yield under_way[-1].bring

    moving.begin(held.identity["instance"], bringing.files, lambda: sum(one.received for one in under_way))
    with closing(moving.each(calls(), 2 * moving.workers)) as brought:
        for digest in brought:
            event = under_way.popleft().event
            problem = verify.compare(event, digest.size, digest.sha256)
            part = layout.part_path(event.path or "")
            if problem:
                problems.append(problem)
                tree.remove(part)
            else:
                tree.publish({part: event.path or ""})
            moving.moved(1, digest.size)
    if not problems:
        if bringing.status is not None:
            tree.replace(layout.STATUS, bringing.status)
        # The oldest comes last: without it what is there is plainly no whole ledger.
        for name, data in bringing.ledger.items():
            tree.replace(name, data)
    return problems


class _File:
    """A file that is being brought. ``received``: how many of its bytes came in."""

    def __init__(self, source: Tree, tree: Tree, event: Event) -> None:
        self.event = event
        self.received = 0
        self._source, self._tree = source, tree

    def bring(self) -> Digest:
        """Write it to the ``.part`` beside its place."""
        return write_lines(self._tree, self.event.path or "", self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        for piece in self._source.pieces(self.event.path or ""):
            self.received += len(piece)
            yield piece


def _stands(tree: Tree, event: Event) -> bool:
    """Tell whether a file is there already, as a run left it that was killed. Raises ArchiveError for another one."""
    digest = tree.digest(event.path or "")
    if digest and verify.compare(event, digest.size, digest.sha256):
        raise _occupied(tree, event.path or "")
    return digest is not None


def _status(held: Holding, left: int, url: str, ledger: Ledger) -> bytes | None:
    """Return the status as it is to be here: it says where the files are that are left, and of no other place."""
    data = held.tree.read(layout.STATUS)
    if not left and not held.status.elsewhere:
        return data
    try:
        value: dict[str, object] = dict(json.loads(data or b"{}"))
    except (ValueError, TypeError, RecursionError):
        value = {}
    value = value or {"v": VERSION, **held.identity, "series": []}
    value.pop(ELSEWHERE, None)
    if left:
        value[ELSEWHERE] = {"url": url, "head": ledger.head, "head_at": str(ledger.head_at)}
    return (json.dumps(value, indent=1) + "\n").encode("ascii")


def _is_own(path: str) -> bool:
    return (
        path in (layout.STATUS, layout.LOCK)
        or bool(layout.LEDGER.match(path))
        or layout.is_part(path)
        or layout.is_litter(path)
    )


def _occupied(tree: Tree, what: str) -> ArchiveError:
    return ArchiveError(
        f"{tree.root} holds {what} already, and an instance is restored to a place where nothing is.",
        code="occupied",
        hint="Restore into another folder, or move away what is there.",
    )
