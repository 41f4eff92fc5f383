# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads: so much at once, places of those that wait, and what is dropped at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads

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


def test_a_thread_is_lent_only_while_one_has_nothing_to_do(two: Threads) -> None:
    first, second = Gate(), Gate()
    two.submit(first)
    lent = two.spare(second)
    assert lent and second.begun.wait(LONG)
    assert two.spare(lambda: None) is None
    for gate in (first, second):
        gate.may_end.set()
    lent.result(LONG)


def test_the_place_of_what_waits_is_free_for_others(two: Threads) -> None:
    done = threading.Event()

    def waits() -> None:
        lent = two.spare(helper)
        assert lent
        with two.waiting():
            lent.result(LONG)
        done.set()

    def helper() -> None:
        # Both get a place once the other left its own.
        while (other := two.spare(lambda: None)) is None:
            continue
        with two.waiting():
            other.result(LONG)

    two.submit(waits)
    assert done.wait(LONG)


def test_what_has_not_begun_at_the_end_is_dropped_and_never_counts_as_done() -> None:
    threads = Threads(1, "test")
    gate, begun = Gate(), threading.Event()
    threads.submit(gate)
    assert gate.begun.wait(LONG)
    behind = threads._begin(begun.set)
    stopping = threading.Thread(target=threads.stop)
    stopping.start()
    while not threads._stopped:
        assert stopping.is_alive()
    gate.may_end.set()
    stopping.join(LONG)
    with pytest.raises(CancelledError):
        behind.result(LONG)
    assert not begun.is_set()
