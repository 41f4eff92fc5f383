# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads: so much at once, places of those that wait, and what is dropped at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import GROWTH, Threads

LONG = 60


@pytest.fixture
def two() -> Iterator[Threads]:
    """Return two threads."""
    threads = Threads(2, "test")
    yield threads
    threads.stop()


class Gate:
    """Work that says when it began, and ends when it may."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self) -> None:
        """Begin, and wait."""
        self.begun.set()
        assert self.may_end.wait(LONG)


def test_no_more_is_done_at_once_than_there_are_places(two: Threads) -> None:
    gates = [Gate(), Gate(), Gate()]
    for gate in gates:
        two.submit(gate)
    assert gates[0].begun.wait(LONG) and gates[1].begun.wait(LONG)
    assert not gates[2].begun.wait(0.1)
    gates[0].may_end.set()
    assert gates[2].begun.wait(LONG)
    for gate in gates:
        gate.may_end.set()


def test_there_is_more_at_once_where_it_is_quick_and_never_again_where_it_is_not(two: Threads) -> None:
    gates = [Gate() for _turn in range(20)]
    for gate in gates:
        two.submit(gate)
    for _turn in range(20):
        two.grow()
    assert all(gate.begun.wait(LONG) for gate in gates[: 2 * GROWTH])
    assert not gates[2 * GROWTH].begun.wait(0.1)
    two.shrink()
    two.grow()
    for gate in gates[: 2 * GROWTH - 1]:
        gate.may_end.set()
    # One of the first is left, so that one place is free.
    assert gates[2 * GROWTH].begun.wait(LONG)
    assert not gates[2 * GROWTH + 1].begun.wait(0.1)
    for gate in gates:
        gate.may_end.set()


def test_one_at_a_time_stays_one_at_a_time() -> None:
    threads = Threads(1, "test")
    threads.grow()
    gates = [Gate(), Gate()]
    for gate in gates:
        threads.submit(gate)
    assert gates[0].begun.wait(LONG)
    assert not gates[1].begun.wait(0.1)
    for gate in gates:
        gate.may_end.set()
    threads.stop()


def test_of_two_that_work_each_can_have_one_more_and_what_waits_one_instead(two: Threads) -> None:
    working = [Gate() for _turn in range(2)]
    for gate in working:
        two.submit(gate)
        assert gate.begun.wait(LONG)
    helping = [Gate() for _turn in range(3)]
    lent = [two.spare(gate) for gate in helping]
    assert [one is not None for one in lent] == [True, True, False]
    with two.waiting():
        lent[2] = two.spare(helping[2])
        for gate in working + helping:
            gate.may_end.set()
        for one in lent:
            assert one is not None
            one.result(LONG)


def test_what_is_lent_gives_back_its_result_and_its_place(two: Threads) -> None:
    for turn in range(20):
        lent = two.spare(int, str(turn))
        while lent is None:
            lent = two.spare(int, str(turn))
        assert lent.result(LONG) == turn


def test_what_has_not_begun_at_the_end_is_dropped() -> None:
    threads = Threads(1, "test")
    gate, begun = Gate(), threading.Event()
    threads.submit(gate)
    threads.submit(begun.set)
    assert gate.begun.wait(LONG)
    stopping = threading.Thread(target=threads.stop)
    stopping.start()
    while threads._due:
        assert stopping.is_alive()
    gate.may_end.set()
    stopping.join(LONG)
    assert not begun.is_set()


def test_what_is_computed_beside_is_computed_in_order(two: Threads) -> None:
    found: list[int] = []
    results = [two.beside(found.append, number) for number in range(20)]
    for result in results:
        result.result(LONG)
    assert found == list(range(20))
