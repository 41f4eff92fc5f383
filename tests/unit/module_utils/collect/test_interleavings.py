# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model of a run: whatever the order of answers, lists and threads, what is ready is taken, and nothing is asked for twice.

The threads are played by a schedule on a clock of its own, so that a failing order can be repeated and made smaller.
"""

from __future__ import annotations

import heapq
import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from unittest import mock

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest, Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Key, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.units import Units
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.books import Books
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import Step
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.work import Pace, Work
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.workers import (
    Asked,
    Failed,
    Fetched,
    Result,
    Workers,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import nobody
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, Clock, from_iso
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import Listed, Package, UMongoDB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.source import PackageSource
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

NOW = from_iso("2026-03-10T05:57:00Z")
WAIT_TIMEOUT = 1800.0
DIGEST = Digest(1, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")


class Asking(NamedTuple):
    """How one create goes, in seconds from its begin: when it takes effect (None: never), and when which answer comes."""

    effect: float | None
    answer: float
    error: CloudError | None


def _error(code: str, *, passing: bool = True, uncertain: bool = False, throttled: bool = False) -> CloudError:
    return CloudError("It did not go well.", code=code, passing=passing, uncertain=uncertain, throttled=throttled)


refused = st.builds(Asking, st.none(), st.sampled_from([0.1, 15.0]), st.just(_error("230", passing=False)))
throttled = st.builds(Asking, st.none(), st.just(0.2), st.just(_error("153", throttled=True)))
answered = st.builds(Asking, st.sampled_from([0.0, 0.4, 12.0]), st.sampled_from([0.5, 15.0, 29.0, 100.0]), st.none())
uncertain = st.builds(
    Asking,
    st.sampled_from([None, 0.0, 3.0, 40.0]),
    st.sampled_from([1.0, 29.0, 59.0]),
    st.just(_error("110", uncertain=True)),
)


class Course(NamedTuple):
    """What the cloud and the threads do, in the order in which it is needed; each list is gone through again and again."""

    askings: list[Asking]
    listed_after: list[float]  # seconds between the effect of a create and its package on the list
    made_after: list[float]
    list_takes: list[float]
    downloads: list[tuple[float, bool]]  # how long, and whether it fails
    others: list[tuple[int, float]]  # packages of another controller: of which window, and when
    room: int


courses = st.builds(
    Course,
    st.lists(st.one_of(answered, answered, answered, uncertain, throttled, refused), min_size=1, max_size=6),
    st.lists(st.sampled_from([0.0, 5.0, 50.0]), min_size=1, max_size=3),
    st.lists(st.sampled_from([0.0, 1.0, 30.0, 200.0]), min_size=1, max_size=3),
    st.lists(st.sampled_from([0.0, 0.2, 20.0]), min_size=1, max_size=3),
    st.lists(st.tuples(st.sampled_from([0.1, 5.0, 90.0]), st.just(False) | st.booleans()), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.0, 0.3, 30.0, 61.0])), max_size=2),
    st.integers(0, 3),
)


class Made(NamedTuple):
    """A package, and from when on the list has it and says that it is ready."""

    id: int
    series: Series
    span: Span
    listed: float
    ready: float
    ours: bool


class World:
    """The clock, the cloud, and what is under way."""

    def __init__(self, course: Course) -> None:
        self.time = float(NOW)
        self.made: list[Made] = []
        self.lists = 0
        self._agenda: list[tuple[float, int, Callable[[], Result | None]]] = []
        self._number = itertools.count(1)
        self._askings = itertools.cycle(course.askings)
        self._listed_after = itertools.cycle(course.listed_after)
        self._made_after = itertools.cycle(course.made_after)
        self._list_takes = itertools.cycle(course.list_takes)
        self._downloads = itertools.cycle(course.downloads)

    def at(self, instant: float, what: Callable[[], Result | None]) -> None:
        """Put something on the agenda; a result is what a thread brings back."""
        heapq.heappush(self._agenda, (instant, next(self._number), what))

    def advance(self, seconds: float) -> list[Result]:
        """Let time pass, no further than to the first result."""
        until = self.time + seconds
        while self._agenda and self._agenda[0][0] <= until:
            instant, _number, what = heapq.heappop(self._agenda)
            self.time = max(self.time, instant)
            result = what()
            if result:
                return [result]
        self.time = until
        return []

    def package(self, series: Series, span: Span, *, ours: bool) -> None:
        """Make a package, from now on."""
        listed = self.time + next(self._listed_after)
        ready = self.time + next(self._made_after)
        self.made.append(Made(len(self.made) + 1, series, span, listed, ready, ours))

    def listed(self, _cluster: str, *, zone: str) -> Listed:
        """Answer the list call, which takes its time; what threads bring meanwhile waits for the engine."""
        self.lists += 1
        self.time += next(self._list_takes)
        return Listed(tuple(self._as_listed(one) for one in self.made if one.listed <= self.time), True)

    def ready(self) -> list[Made]:
        """Return the packages that are listed as ready."""
        return [one for one in self.made if max(one.listed, one.ready) <= self.time]

    def _as_listed(self, one: Made) -> Package:
        state = "Package_Success" if one.ready <= self.time else "Package_Running"
        return Package(one.id, "", state, *one.series, None, one.span, 1, NOW, None)

    def next_asking(self) -> Asking:
        """Return how the next create goes."""
        return next(self._askings)

    def next_download(self) -> tuple[float, bool]:
        """Return how the next download goes."""
        return next(self._downloads)


class Schedule:
    """In place of the workers: what they would do, on the agenda of the world."""

    def __init__(self, world: World, tree: Tree, source: PackageSource) -> None:
        self.busy: set[Key] = set()
        self._world = world
        self._tree = tree
        self._source = source

    def ask(self, steps: Sequence[Step]) -> None:
        """Ask side by side."""
        for step in steps:
            self.busy.add(step.key)
            course, world, now = self._world.next_asking(), self._world, self._world.time
            if course.effect is not None:
                world.at(now + course.effect, partial(world.package, step.series, step.span, ours=True))
            world.at(now + course.answer, partial(Asked, step, course.error))

    def fetch(self, steps: Sequence[Step]) -> None:
        """Download side by side."""
        for step in steps:
            self.busy.add(step.key)
            takes, fails = self._world.next_download()
            self._world.at(self._world.time + takes, partial(self._downloaded, step, fails))

    def finished(self, within: float) -> list[Result]:
        """Return what comes first within so many seconds."""
        if not self.busy:
            return []
        results = self._world.advance(within)
        self.busy -= {one.step.key for one in results}
        return results

    def _downloaded(self, step: Step, fails: bool) -> Result:
        if fails:
            return Failed(step, _error("cut"))
        path = layout.window_path(step.series, step.span, ".tar.gz")
        with self._tree.writing(layout.part_path(path)) as descriptor:
            os.write(descriptor, b"x")
        return Fetched(step, path, DIGEST, 0, {})


class Run(NamedTuple):
    """What there is after a run."""

    world: World
    outcome: Outcome
    ready: list[Made]
    seconds: float


def play(course: Course, folder: str) -> Run:
    """Let a run of three days of one node and two types take its course."""
    world = World(course)
    http = SimpleNamespace(clock=Clock(lambda: world.time))
    api = cast(UMongoDB, SimpleNamespace(http=http, listed=world.listed))
    rules = windows.Rules(DAY, 600, 3 * DAY, ("slow", "error"), max_packaging=course.room)
    source = PackageSource(api, rules, cluster_id="c", zone="z", node_ids=["n"], intranet=False)
    wanted = windows.want(
        rules, windows.Members((Series("n", "slow"), Series("n", "error")), False), Units(), {}, NOW, NOW
    )
    pieces = [(series, piece) for series, of in wanted.pieces.items() for piece in of]
    for number, later in course.others:
        series, span = pieces[number]
        world.at(NOW + later, partial(world.package, series, span, ours=False))
    tree = Tree(folder, Ownership())
    books = Books(tree, Ledger.read(tree, {}), Status.read(tree, {}), http.clock, source.named)
    pace = Pace(
        WAIT_TIMEOUT, 10.0, sleep=lambda seconds: cast(Any, world.advance(seconds)), monotonic=lambda: world.time
    )
    work = Work(books, cast(Workers, Schedule(world, tree, source)), pace, nobody())
    outcome = Outcome(books.ledger)
    outcome.first = source.plan(books.ledger, books.status, ())
    work.run(outcome.first, lambda: source.plan(books.ledger, books.status, work.requested))
    outcome.take(work, books)
    run = Run(world, outcome, world.ready(), world.time - NOW)
    world.advance(WAIT_TIMEOUT)  # what takes effect only after the run
    return run


def _course(asking: Asking, listed_after: float) -> Course:
    return Course([asking], [listed_after], [0.0], [0.0], [(0.1, False)], [], 0)


@given(courses)
@example(_course(Asking(0.0, 15.0, None), 0.0))  # ready on the list before the create is answered
@example(_course(Asking(40.0, 1.0, _error("110", uncertain=True)), 50.0))  # listed after the run gave it up
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_order_what_is_ready_is_taken_and_nothing_is_asked_for_twice(course: Course) -> None:
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(os, "fsync"):
        run = play(course, folder)
    held = {(event.series, event.span) for event in run.outcome.done if event.unit}
    failed = run.outcome.failed
    unlisted = {step.key for step in run.outcome.missing() if "not listed a minute later" in step.reason}
    for one in run.ready:
        assert (one.series, one.span) in held or Key(
            one.series, layout.window_unit(one.span)
        ) in failed.keys() | unlisted
    if run.seconds < WAIT_TIMEOUT:
        assert {step.key for step in run.outcome.missing()} <= failed.keys() | unlisted
        assert [step for step in run.outcome.pending() if "can be had from" not in step.reason] == []
    ours = Counter((one.series, one.span) for one in run.world.made if one.ours)
    assert set(ours.values()) <= {1}
    assert len(held) == len([event for event in run.outcome.done if event.unit])
    # A look every ten seconds, and not one more.
    assert run.world.lists <= 2 + run.seconds / 10
