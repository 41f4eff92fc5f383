# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole run over the chosen instances, and what it tells."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, survey, verify
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import owner_number, parse_mode
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import (
    ArchiveError,
    BadInput,
    CloudError,
    Incomplete,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import restore, tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Access, Bucket
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import Head
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.look import head_of, look
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.moving import Moving
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.plan import Plan, digest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.present import Done, Mirror
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.put import Putter, Retention
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.restore import Bringing
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress, nobody
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import parse_moment

# The end of what has none.
LAST = 253402300800


class Run:
    """What comes of a run over instances, one after the other. A fault of one of them stops none of the others."""

    def __init__(self, archive: str, url: str, limit: int) -> None:
        self.plans: dict[str, Plan] = {}
        self.done: dict[str, Done] = {}
        self.bringings: dict[str, Bringing] = {}
        self._problems: list[tuple[str, Problem]] = []
        self._causes: list[ArchiveError] = []
        self._archive, self._url, self._limit = archive, url, limit

    @contextmanager
    def instance(self, folder: str) -> Iterator[None]:
        """Take note of what fails of an instance."""
        try:
            yield
        except ArchiveError as error:
            self._problems.append((folder, Problem.of(error)))
            self._causes.append(error)

    def can_be_read(self, folder: str) -> bool:
        """Tell whether an instance is where it seems to be, before anything of it is asked for; take note where it is not."""
        with self.instance(folder):
            survey.tree_of(self._archive, folder).names("")
            return True
        return False

    def note(self, folder: str, done: Done) -> None:
        """Take note of what was put of an instance."""
        self.done[folder] = done
        self._problems += [(folder, problem) for problem in done.problems]

    def note_restored(self, folder: str, bringing: Bringing, problems: list[Problem]) -> None:
        """Take note of what was brought of an instance, all of which is only there when nothing is wrong with any of it."""
        self.bringings[folder] = bringing
        self._problems += [(folder, problem) for problem in problems]

    def result(self, *, diff: bool) -> dict[str, Any]:
        """Return what the module returns."""
        heads = {folder: one.head.at.head for folder, one in self.done.items() if one.head}
        heads.update((folder, one.head) for folder, one in self.bringings.items())
        brought = [event for one in self.bringings.values() for event in one.files]
        problems = [one.told(folder) for folder, one in self._problems[: self._limit]]
        result: dict[str, Any] = {
            "changed": any(plan.changed for plan in self.plans.values())
            or any(bringing.changed for bringing in self.bringings.values()),
            "uploaded": sum(one.uploaded for one in self.done.values()),
            "restored": len(brought),
            "left": sum(one.left for one in self.bringings.values()),
            "bytes": sum(one.size for one in self.done.values()) + sum(event.size or 0 for event in brought),
            "heads": heads,
            "problems": problems,
            "problems_omitted": len(self._problems) - len(problems),
        }
        if len(heads) == 1:
            result["head"] = next(iter(heads.values()))
        if diff:
            result["diff"] = self._diff()
        return result

    def ended(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return the result. Raises Incomplete, with it, when there is a problem."""
        if not self._problems:
            return result
        folder, first = self._problems[0]
        if len(self._problems) == len(self._causes) == 1:
            raise Incomplete(self._causes[0].message, result, self._causes[0])
        raise Incomplete(verify.verdict(len(self._problems), folder, first.message), result)

    def _diff(self) -> dict[str, str]:
        before, after = [], []
        for folder, plan in self.plans.items():
            if plan.changed:
                before += [f"{folder}: {plan.head.at.lines} lines, head {plan.head.at.head}"] if plan.head else []
                after += [f"{folder}/{event.path}" for event in plan.files]
                after += [f"{folder}/{segment.key}" for segment in plan.segments]
                after.append(f"{folder}: {plan.end.lines} lines, head {plan.end.head}")
        for folder, one in self.bringings.items():
            after += [f"{folder}/{event.path}" for event in one.files]
            after += [f"{folder}/{name}" for name in sorted(one.ledger)]
        texts = ("".join(line + "\n" for line in lines) for lines in (before, after))
        places = (self._archive, self._archive) if self.bringings else (self._url, self._archive)
        return {**dict(zip(("before_header", "after_header"), places)), **dict(zip(("before", "after"), texts))}


def present(
    options: Mapping[str, Any], access: Access, progress: Progress | None = None, *, check: bool, diff: bool
) -> dict[str, Any]:
    """Bring a bucket up to an archive; return the result. Raises Incomplete, with it, when there is a problem."""
    archive, workers = options["archive"], options["workers"]
    folders = survey.some_folders(archive, survey.Chosen.of({**options, "region": None}))
    bucket, run = Bucket(access, workers), Run(archive, access.url, options["return_limit"])
    asked = options.get("retention")
    retention = Retention(asked["mode"], asked["days"]) if asked else None
    putter = Putter(bucket, options["conditional_writes"], retention)
    with ThreadPoolExecutor(workers, "mirror") as pool:
        mirror = Mirror(putter, Moving(pool, workers, progress or nobody(), bucket.throttled), int(time.time()))
        try:
            folders = [folder for folder in folders if run.can_be_read(folder)]
            for folder, head in zip(folders, pool.map(lambda one: head_of(bucket, one), folders)):
                with run.instance(folder):
                    plan = look(bucket, archive, folder, head, pool, locks=retention is not None)
                    run.plans[folder] = plan
                    if plan.due and not check:
                        there = survey.tree_of(archive, folder)
                        done = mirror.carry_out(folder, there, survey.identity_of(folder, there), plan)
                    else:
                        done = planned(plan)
                    run.note(folder, done)
        except CloudError as error:
            # Another instance would meet the same store.
            raise Incomplete(error.message, run.result(diff=diff), error) from None
    result = run.result(diff=diff)
    if putter.asked:
        result["conditional_writes"] = putter.conditional
    return run.ended(result)


def planned(plan: Plan) -> Done:
    """Return what carrying out a plan comes to."""
    return Done(len(plan.files) + len(plan.segments), plan.size, Head(plan.end, digest(plan.status)), plan.problems)


class Target(NamedTuple):
    """What is to be brought at ``now``, and with which modes and owner it is written."""

    wanted: restore.Wanted
    ownership: Ownership
    now: int


def target_of(options: Mapping[str, Any]) -> Target:
    """Return what the options ask for. Raises BadInput."""
    now = int(time.time())
    chosen = survey.Chosen.of({**options, "region": None})
    return Target(restore.Wanted(options["files"], chosen, _span(options, now)), _ownership(options), now)


def restored(
    options: Mapping[str, Any],
    access: Access,
    target: Target,
    warn: Callable[[str], None],
    progress: Progress | None = None,
    *,
    check: bool,
    diff: bool,
) -> dict[str, Any]:
    """Bring instances back from a bucket; return the result. Raises Incomplete, with it, when there is a problem.

    ``warn`` is told of what was put over versions that were brought.
    """
    archive, workers, wanted = options["archive"], options["workers"], target.wanted
    bucket, run = Bucket(access, workers), Run(archive, access.url, options["return_limit"])
    with ThreadPoolExecutor(workers, "restore") as pool:
        moving = Moving(pool, workers, progress or nobody(), bucket.throttled)
        try:
            for folder in _in_bucket(bucket, wanted.chosen, workers, must_exist=options["must_exist"]):
                with run.instance(folder):
                    held, problems = tree.holding(bucket, folder, workers)
                    for problem in (one for one in problems if one.kind == tree.HIDDEN):
                        warn(f"{folder}/{problem.message}")
                    there = Tree(archive, target.ownership, folder)
                    bringing, faults = restore.plan(held, problems, there, wanted, access.url), []
                    if bringing.changed and not check:
                        there.make()
                        with Lock(there, layout.LOCK).held(options["lock_timeout"], target.now):
                            bringing = restore.plan(held, problems, there, wanted, access.url)
                            faults = restore.carry_out(held, there, bringing, moving)
                    run.note_restored(folder, bringing, faults)
        except CloudError as error:
            raise Incomplete(error.message, run.result(diff=diff), error) from None
    return run.ended(run.result(diff=diff))


def _in_bucket(bucket: Bucket, chosen: survey.Chosen, workers: int, *, must_exist: bool) -> list[str]:
    if must_exist:
        return survey.some(bucket.url, tree.folders(bucket, chosen, workers))
    names = {layout.safe_name(one, one) for one in chosen.instances or ()}
    found = tree.folders(bucket, chosen._replace(instances=None), workers)
    return [folder for folder in found if not names or folder.rpartition("/")[2] in names]


def _span(options: Mapping[str, Any], now: int) -> Span | None:
    begin, end = (parse_moment(options[name], name, now) if options[name] else None for name in ("begin", "end"))
    if begin is None and end is None:
        return None
    span = Span(begin or 0, LAST if end is None else end)
    if span.empty:
        raise BadInput("end: it must be after begin.")
    return span


def _ownership(options: Mapping[str, Any]) -> Ownership:
    modes = (parse_mode(name, options[name]) for name in ("mode", "directory_mode"))
    return Ownership(*modes, *(owner_number(name, options[name]) for name in ("owner", "group")))
