# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Progress: when it is told, and in which words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from math import inf

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import (
    Moment,
    Progress,
    Seen,
    Teller,
    nobody,
    watched,
    words,
)
from hypothesis import given
from hypothesis import strategies as st

MIB = 1 << 20


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def taken(moments: list[Moment]) -> Callable[[Moment], bool]:
    """Return what takes every moment."""

    def tell(moment: Moment) -> bool:
        moments.append(moment)
        return True

    return tell


def moment(seen: Seen, rate: float | None = None, left: float | None = None, of: str = "uclmongo-4f1d2c3b") -> Moment:
    return Moment(of, seen, 60.0, rate, left)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            moment(Seen(12, 40, 310 * MIB, 1230 * MIB), 12 * MIB, 77),
            "uclmongo-4f1d2c3b: 12 of 40 files, 310 MiB of 1.2 GiB, 12.0 MiB/s, 1 min 17 s left",
        ),
        (moment(Seen(1, 1, 5 * MIB)), "uclmongo-4f1d2c3b: 1 of 1 file, 5.0 MiB"),
        (moment(Seen(0, 6, waiting="6 packages are being made")), "uclmongo-4f1d2c3b: 0 of 6 files, 6 packages are being made"),
        (moment(Seen(3), left=0.2), "uclmongo-4f1d2c3b: 3 files, 1 s left"),
        (
            moment(Seen(12, 40, 310 * MIB, 1230 * MIB), 12 * MIB, 77, "2e6bf2c5fd6f4bb3a4a6a1cb2d63e9afin02"),
            "2e6bf2c5fd6f4bb3a4a6a1cb2d63e9afin02: 12 of 40 files, 1 min 17 s left",
        ),
    ],
)  # fmt: skip
def test_a_line_says_what_matters_and_fits(told: Moment, line: str) -> None:
    if len(line) <= 80:
        assert words(told) == line
    else:
        assert words(told, 120) == line
        assert len(words(told)) <= 80


numbers = st.integers(0, 10**15)
moments = st.builds(
    Moment,
    st.text(max_size=60),
    st.builds(Seen, numbers, st.none() | numbers, numbers, st.none() | numbers, st.text(max_size=80)),
    st.floats(0, 10**7),
    st.none() | st.floats(1, 10**12),
    st.none() | st.floats(0, 10**12),
)


@given(moments)
def test_no_line_is_wider_than_a_screen_or_broken(told: Moment) -> None:
    line = words(told)
    assert 0 < len(line) <= 80
    assert line.isprintable() or all(char.isspace() or char.isprintable() for char in line)
    assert "\n" not in line
    assert str(told.seen.files)[:3] in line.replace("\u202f", "")
    again = Moment.of_dict(told.of, json.loads(json.dumps(told.as_dict())))
    assert again.seen == told.seen


def test_a_quick_run_is_not_told_and_a_long_one_every_so_often() -> None:
    clock = Clock()
    told: list[Moment] = []
    rarely: list[Moment] = []
    progress = Progress("x", Teller(taken(told), 5, 2), Teller(taken(rarely), 15, 20), monotonic=clock)
    looked = 0

    def see() -> Seen:
        nonlocal looked
        looked += 1
        return Seen(looked)

    for second in range(61):
        clock.now = 100.0 + second
        within = progress.look(see)
    assert [round(one.seconds) for one in told] == [5, 7, 9, *range(11, 60, 2)]
    assert [round(one.seconds) for one in rarely] == [15, 35, 55]
    assert looked == len(told)
    assert within == 1.0
    assert nobody().look(see) == inf
    assert looked == len(told)


def test_whoever_has_no_room_is_asked_again_soon() -> None:
    clock = Clock()
    asked: list[float] = []

    def tell(_moment: Moment) -> bool:
        asked.append(clock.now)
        return clock.now >= 113

    progress = Progress("x", Teller(tell, 10, 5), monotonic=clock)
    for second in range(200):
        clock.now = 100 + second / 10
        progress.look(lambda: Seen(1))
    assert asked == [110, 111, 112, 113, 118]


def test_the_rate_is_that_of_the_last_half_minute_and_tells_what_is_left() -> None:
    clock = Clock()
    told: list[Moment] = []
    progress = Progress("x", Teller(taken(told), 0, 10), monotonic=clock)
    for second, (files, held) in {
        0: (0, 0),
        10: (1, 100),
        20: (1, 100),
        50: (2, 700),
        60: (4, 700),
        90: (5, 700),
    }.items():
        clock.now = 100.0 + second
        progress.look(partial(Seen, files, 10, held, 1000))
    assert [(one.rate, one.left) for one in told] == [
        (None, None),
        (10.0, 90.0),
        (5.0, 180.0),
        (20.0, 15.0),
        (15.0, 20.0),
        (None, 150.0),
    ]


def test_small_files_before_a_large_one_make_no_hours_of_minutes() -> None:
    clock = Clock()
    told: list[Moment] = []
    progress = Progress("x", Teller(taken(told), 0, 10), monotonic=clock)
    for second, files, held in ((0, 0, 0), (30, 400, 2 * MIB), (60, 800, 4 * MIB), (90, 800, 304 * MIB)):
        clock.now = 100.0 + second
        progress.look(partial(Seen, files, 801, held, 404 * MIB))
    assert [one.left and round(one.left) for one in told] == [None, 30, 0, 10]


@pytest.mark.parametrize("value", [{}, {"files": "many"}, {"files": 1}])
def test_what_is_no_progress_is_refused(value: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Moment.of_dict("x", value)


def test_files_that_come_to_their_end_are_counted_and_totals_are_asked_for_once() -> None:
    clock = Clock()
    told: list[Moment] = []
    asked = 0

    def totals() -> tuple[int, int]:
        nonlocal asked
        asked += 1
        return 6, 21

    def work() -> Iterator[int]:
        for size in range(1, 7):
            clock.now += 4
            yield size

    progress = Progress("x", Teller(taken(told), 5, 8), monotonic=clock)
    assert list(watched(progress, work(), int, totals)) == [1, 2, 3, 4, 5, 6]
    assert [(one.seen.files, one.seen.bytes) for one in told] == [(2, 3), (4, 10), (6, 21)]
    assert {(one.seen.files_total, one.seen.bytes_total) for one in told} == {(6, 21)}
    assert asked == 1
    assert list(watched(nobody(), work(), int, totals)) == [1, 2, 3, 4, 5, 6]
    assert asked == 1
