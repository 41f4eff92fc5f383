# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a run waits for a host: a few deadlines at most, whatever the number of files and of threads."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._patience import Patience
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import FakeTime
from hypothesis import given
from hypothesis import strategies as st

STORE = ("store", "obs.example.com")

# Whole seconds and sixteenths of them add up without rounding.
deadlines = st.integers(1, 300).map(float)
threads = st.integers(1, 16)


def silence(code: str = "timeout", status: int = 0) -> CloudError:
    return CloudError("Nothing came.", code=code, status=status, passing=True)


class Told(NamedTuple):
    """How a run of threads over files ended: when, what was really attempted and when, and how many files failed."""

    at: float
    attempts: list[float]
    failed: int


def played(
    deadline: float, files: int, workers: int, takes: float, pause: float, answers: Callable[[float], bool]
) -> Told:
    """Play threads that attempt file after file, each until it came, its own deadline is over or the host is given up.

    An attempt takes so many seconds, and ends well when the host ``answers`` at that time.
    """
    time = FakeTime()
    begin = time.at
    patience = Patience(deadline, time.monotonic, lambda: 0.0)
    left, attempts, failed = files, list[float](), 0
    order = itertools.count()
    events: list[tuple[float, int, str, float, ExitStack]] = []

    def push(at: float, what: str, give_up: float, stack: ExitStack) -> None:
        heapq.heappush(events, (at, next(order), what, give_up, stack))

    for _worker in range(workers):
        push(begin, "next", 0.0, ExitStack())
    while events:
        time.at, _number, what, give_up, stack = heapq.heappop(events)
        if what == "next":
            if not left:
                continue
            left -= 1
            give_up = time.at + deadline
        if what in ("next", "try"):
            try:
                stack.enter_context(patience.trying(*STORE))
            except CloudError as cause:
                assert cause.spent
                failed += 1
                push(time.at, "next", 0.0, ExitStack())
            else:
                attempts.append(time.at - begin)
                push(time.at + takes, "end", give_up, stack)
            continue
        error = None if answers(time.at - begin) else silence()
        if error is None:
            stack.close()
            push(time.at, "next", 0.0, ExitStack())
            continue
        stack.__exit__(CloudError, error, None)
        if error.spent or time.at + pause > give_up:
            failed += 1
            push(time.at, "next", 0.0, ExitStack())
        else:
            push(time.at + pause, "try", give_up, ExitStack())
    return Told(time.at - begin, attempts, failed)


@given(deadlines, st.integers(1, 3000), threads, st.floats(0.001, 1.0), st.floats(0.0, 1.0))
def test_a_dead_host_takes_a_few_deadlines_whatever_the_number_of_files(
    deadline: float, files: int, workers: int, takes: float, pause: float
) -> None:
    told = played(deadline, files, workers, takes * deadline, max(0.05, pause) * deadline, lambda _at: False)
    assert told.failed == files
    assert told.at <= 4 * deadline


@given(deadlines, st.integers(100, 2000), threads, st.floats(0.0, 3.0), st.floats(0.01, 0.5))
def test_a_host_that_goes_down_in_mid_run_is_given_up_a_few_deadlines_later(
    deadline: float, files: int, workers: int, until: float, takes: float
) -> None:
    down = until * deadline
    told = played(deadline, files, workers, takes * deadline, 0.1 * deadline, lambda at: at < down)
    assert told.at <= down + 4 * deadline


@given(deadlines, st.integers(1, 200), threads, st.floats(0.001, 0.9))
def test_a_host_that_answers_is_never_given_up(deadline: float, files: int, workers: int, takes: float) -> None:
    told = played(deadline, files, workers, takes * deadline, 0.1, lambda _at: True)
    assert (told.failed, len(told.attempts)) == (0, files)


@given(deadlines, st.lists(st.integers(0, 6), min_size=1, max_size=60))
def test_of_a_host_that_was_given_up_one_attempt_a_deadline_goes_through(deadline: float, steps: list[int]) -> None:
    time = FakeTime()
    patience = given_up(time, deadline)
    probes = list[float]()
    for step in steps:
        time.at += step * deadline / 16
        error = CloudError("never raised")
        try:
            with patience.trying(*STORE):
                probes.append(time.at)
                raise silence()
        except CloudError as raised:
            error = raised
        assert (error.spent, error.uncertain) == (True, False)
    assert all(later - sooner >= deadline for sooner, later in itertools.pairwise(probes))
    assert len(probes) >= int(sum(steps) / 16 / 1.4)


def given_up(time: FakeTime, deadline: float) -> Patience:
    patience = Patience(deadline, time.monotonic, lambda: 0.0)
    with pytest.raises(CloudError) as caught, patience.trying(*STORE):
        time.at += deadline
        raise silence()
    assert caught.value.spent
    return patience


@pytest.mark.parametrize("other", [("API", "obs.example.com"), ("store", "other.example.com")])
def test_apis_and_stores_are_apart_and_so_are_hosts(other: tuple[str, str]) -> None:
    patience = given_up(FakeTime(), 30)
    reached = list[str]()
    with patience.trying(*other):
        reached.append("other")
    with pytest.raises(CloudError), patience.trying(*STORE):
        reached.append("given up")
    assert reached == ["other"]


@pytest.mark.parametrize(("status", "passing"), [(0, True), (403, False), (404, False)])
def test_an_answer_ends_the_silence_also_when_it_refuses(status: int, passing: bool) -> None:
    time = FakeTime()
    patience = given_up(time, 30)
    time.at += 30
    with pytest.raises(CloudError) as caught, patience.trying(*STORE):
        raise CloudError("no", status=status, passing=passing)
    assert caught.value.spent is (status == 0)
    reached = list[int]()
    try:
        with patience.trying(*STORE):
            reached.append(status)
    except CloudError:
        assert status == 0
    assert bool(reached) == bool(status)


@pytest.mark.parametrize(
    ("code", "answered", "given_up"),
    [
        ("unknown_host", False, True),
        ("tls", False, True),
        ("proxy", False, True),
        ("unknown_host", True, False),
        ("stopped", False, False),
    ],
)
def test_a_host_that_was_never_reached_at_all_is_tried_once_a_deadline(
    code: str, answered: bool, given_up: bool
) -> None:
    time = FakeTime()
    patience = Patience(30, time.monotonic, lambda: 0.0)
    if answered:
        patience.heard(*STORE)
    attempts = []
    for _second in range(60):
        with pytest.raises(CloudError, match="no way there"), patience.trying(*STORE):
            attempts.append(time.at)
            raise CloudError("no way there", code=code)
        time.at += 1
    assert len(attempts) == (2 if given_up else 60)


@given(deadlines, st.floats(0.0, 3.0))
def test_throttling_extends_the_patience_by_a_deadline_at_most(deadline: float, held: float) -> None:
    time = FakeTime()
    begin = time.at
    cost = [0.0]
    patience = Patience(deadline, time.monotonic, lambda: cost[0])
    for number in range(200):
        try:
            with patience.trying(*STORE):
                cost[0] = held * deadline if number else 0.0
                raise silence("throttled", 429)
        except CloudError as error:
            if error.spent:
                break
        time.at += deadline / 20
    waited = (time.at - begin) / deadline
    assert 1 + min(held, 1) - 0.01 <= waited <= 1 + min(held, 1) + 0.06
