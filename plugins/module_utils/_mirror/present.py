# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan: files, segments, status, head. Killed anywhere, the next run finds what is there and goes on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import local
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Exists
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import HEAD, Head, Segment
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.moving import Moving
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.plan import (
    Plan,
    another_run,
    digest,
    hold_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.put import LIMIT, Putter, Result


class Done(NamedTuple):
    """What was put of one instance: objects and bytes; the head that the bucket has now; what could not be put, and why."""

    uploaded: int
    size: int
    head: Head | None
    problems: list[Problem]


class Mirror:
    """Puts what plans say of instances, one after the other; threads put, and this alone knows what came of it."""

    def __init__(self, putter: Putter, moving: Moving, now: int) -> None:
        self._putter = putter
        self._moving = moving
        self._now = now

    def carry_out(self, folder: str, tree: Tree, identity: Mapping[str, str], plan: Plan) -> Done:
        """Put what a plan says. Raises CloudError when the store fails, ArchiveError when another run was quicker."""
        self._putter.holds = [hold_of(told) for told in plan.wanted_holds]
        head = self._prepared(folder, identity, plan)
        self._moving.begin(identity["instance"], plan.files)
        put, versions, problems = self._files(folder, tree, plan)
        problems = plan.problems + problems
        size = sum(event.size or 0 for event in put)
        if problems:
            return Done(len(put), size, head, problems)
        if not local.has(tree, plan.segments, plan.at):
            raise ArchiveError(f"{folder}: the ledger was changed meanwhile.", code="changed", hint="Run again.")
        for segment in plan.segments:
            versions.update(self._segment(folder, segment))
            size += len(segment.data)
        changes = (self._putter.hold(f"{folder}/{event.path}", event, on) for event, on in plan.holds)
        unheld = [problem for problem in changes if problem]
        if unheld:
            return Done(len(put) + len(plan.segments), size, head, unheld)
        if plan.status is not None:
            self._putter.put(f"{folder}/{layout.STATUS}", plan.status)
        known = plan.head.conditional if plan.head else None
        conditional = self._putter.conditional if self._putter.asked else known
        done = Head(plan.end, digest(plan.status), versions, plan.wanted_holds, conditional)
        self._putter.put(f"{folder}/{HEAD}", done.document(identity, self._now))
        return Done(len(put) + len(plan.segments), size, done, [])

    def _prepared(self, folder: str, identity: Mapping[str, str], plan: Plan) -> Head | None:
        """See once whether the store keeps its word, with a head that says what the bucket has already."""
        putter = self._putter
        if not putter.untried or not (plan.changed or putter.retention):
            return plan.head
        head = plan.head or Head()
        putter.try_out(f"{folder}/{HEAD}", head.document(identity, self._now), new=plan.head is None)
        return head

    def _files(self, folder: str, tree: Tree, plan: Plan) -> tuple[list[Event], dict[str, str], list[Problem]]:
        put: list[Event] = []
        versions: dict[str, str] = {}
        problems: list[Problem] = []
        moving, putter = self._moving, self._putter

        def take(event: Event, result: Result, size: int) -> None:
            moving.moved(1, size)
            if isinstance(result, Problem):
                problems.append(result)
                return
            put.append(event)
            if result:
                versions[event.path or ""] = result

        small = [event for event in plan.files if (event.size or 0) <= LIMIT]
        calls = (partial(putter.small, folder, tree, event, new=event.path not in plan.over) for event in small)
        for event, result in zip(small, moving.each(calls, 2 * moving.workers)):
            take(event, result, event.size or 0)
        for event in plan.files:
            if (event.size or 0) > LIMIT:
                # What it is made of was counted part by part.
                take(event, putter.large(folder, tree, event, moving, new=event.path not in plan.over), 0)
        return put, versions, problems

    def _segment(self, folder: str, segment: Segment) -> dict[str, str]:
        key = f"{folder}/{segment.key}"
        try:
            version = self._putter.put_new(key, segment.data, segment.about())
        except Exists:
            # An answer that was lost is sent for again, and then this is the run that put it.
            found = self._putter.bucket.get(key)
            if found is None or found[0] != segment.data:
                raise another_run(self._putter.bucket.place(folder)) from None
            version = found[1].version
        return {segment.key: version} if version else {}
