# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What moves several at a time: in order, no more at once than was said, and seen while it is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Access, Bucket
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.moving import Moving
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Moment, Progress, Teller, nobody
from hypothesis import given
from hypothesis import strategies as st


def moving_of(pool: ThreadPoolExecutor, progress: Progress | None = None) -> Moving:
    return Moving(pool, 2, progress or nobody(), lambda: False)


@given(st.lists(st.integers(), max_size=20), st.integers(1, 6))
def test_results_come_in_order_and_few_are_begun_ahead(values: list[int], ahead: int) -> None:
    begun: list[int] = []

    def calls() -> Iterator[Any]:
        for value in values:
            begun.append(value)
            yield partial(int, value)

    with ThreadPoolExecutor(2) as pool:
        for number, value in enumerate(moving_of(pool).each(calls(), ahead)):
            assert value == values[number]
            assert len(begun) <= number + ahead
    assert begun == values


@pytest.mark.parametrize("ends", ["a call", "what asks for it"])
def test_what_has_not_begun_when_it_ends_never_does(ends: str) -> None:
    went_on = threading.Event()
    ran: list[int] = []

    def first() -> int:
        if ends == "a call":
            raise ZeroDivisionError
        return 1

    def blocking() -> int:
        assert went_on.wait(60)
        return 2

    with ThreadPoolExecutor(1) as pool:
        calls: list[Callable[[], int | None]] = [first, blocking, *(partial(ran.append, number) for number in range(3))]
        each = moving_of(pool).each(calls, 4)
        if ends == "a call":
            with pytest.raises(ZeroDivisionError):
                list(each)
        else:
            assert list(islice(each, 1)) == [1]
            each.close()
        went_on.set()
    assert ran == []


def test_it_is_seen_while_it_is_waited_for() -> None:
    seen, told = threading.Event(), []

    def tell(moment: Moment) -> bool:
        told.append(moment)
        seen.set()
        return True

    throttled = iter([True, False, False])
    with ThreadPoolExecutor(1) as pool:
        moving = Moving(pool, 1, Progress("", Teller(tell, 0, 600)), lambda: next(throttled))
        moving.begin("uclmongo-1", [], lambda: 7)
        moving.moved(1, 10)
        # The call ends because it is told of, so it was told of before it ended.
        assert list(moving.each([partial(seen.wait, 60)], 1)) == [True]
    [moment] = told
    assert (moment.of, moment.seen.files, moment.seen.bytes) == ("uclmongo-1", 1, 17)
    assert moment.seen.waiting == "throttled by the store"


def test_a_store_that_throttles_while_that_is_asked_is_told_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    class Meanwhile(threading.Event):
        def is_set(self) -> bool:
            was = super().is_set()
            if not was:
                self.set()  # by another thread, just after it was looked at
            return was

    bucket = Bucket(Access("mirror", access_key="key", secret_key="secret", region="region"), 2)
    monkeypatch.setattr(bucket, "_throttled", Meanwhile())
    assert [bucket.throttled(), bucket.throttled()] == [False, True]
