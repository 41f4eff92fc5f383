# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a window: the same entries make the same bytes, in whatever order and however often they came."""

from __future__ import annotations

import json
import tracemalloc
from datetime import datetime
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds import window as window_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.window import (
    Entry,
    Number,
    Window,
    content,
    entry_of,
    microseconds,
    numbers_of,
    written,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from hypothesis import given
from hypothesis import strategies as st

NOON = 1_795_176_000
SPAN = Span(NOON, NOON + 10)


def row(at: int, number: int, **more: Any) -> dict[str, Any]:
    """Return an entry so many microseconds after noon."""
    seconds, rest = divmod(at, 1_000_000)
    return {"log_time": f"2026-11-20T12:00:{seconds:02d}.{rest:06d}Z", "line_num": str(number), **more}


def loaded(text: str) -> Any:
    """Read JSON with its numbers as they stand there."""
    return json.loads(text, parse_int=Number, parse_float=Number)


ROWS = st.lists(
    st.builds(row, st.integers(0, 9_999_999), st.integers(0, 10**19), whole_message=st.text(max_size=9)),
    max_size=60,
    unique_by=lambda one: one["line_num"],
)


@given(ROWS, st.randoms(use_true_random=False), st.integers(1, 7))
def test_any_order_and_any_doubles_make_the_same_bytes(rows: list[dict[str, Any]], dice: Any, run: int) -> None:
    usual = window_module._RUN
    expected = content(rows, SPAN)
    window_module._RUN = run
    try:
        shuffled = rows + [one for one in rows if dice.random() < 0.5]
        dice.shuffle(shuffled)
        assert content(shuffled, SPAN) == expected
    finally:
        window_module._RUN = usual
    lines = expected.splitlines()
    assert expected.isascii() and expected.count(b"\n") == len(lines) == len(rows)
    found = [json.loads(line) for line in lines]
    keys = [(microseconds(one["log_time"]), int(one["line_num"])) for one in found]
    assert keys == sorted(keys)
    assert {one["line_num"]: one for one in found} == {one["line_num"]: one for one in rows}
    assert numbers_of(lines) == {int(one["line_num"]) for one in rows}


def took(window: Window, entry: Entry) -> bool:
    """Take in an entry, and return whether it was lacking."""
    lacking = window.lacks(entry)
    window.add(entry)
    return lacking


@given(st.permutations([row(5, 7, a="x"), row(5, 7, a="y"), row(3, 7, a="z"), row(4, 8)]))
def test_of_two_contents_of_one_number_always_the_same_one_is_kept(rows: list[dict[str, Any]]) -> None:
    window = Window(SPAN)
    new = [took(window, entry_of(one)) for one in rows]
    lines = [json.loads(line) for line in window.lines()]
    assert (sum(new), len(window), [(one["line_num"], one.get("a")) for one in lines]) == (
        2,
        2,
        [("7", "z"), ("8", None)],
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_what_was_sent_is_written_with_sorted_keys_and_the_same_numbers(value: Any) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    assert written(loaded(json.dumps(value, ensure_ascii=False, indent=1))) == text


@pytest.mark.parametrize(
    "number", ["0", "-0", "1.0", "1.50", "1e3", "1E+03", "-0.0", "9" * 60, "1.00000000000000000001"]
)
def test_a_number_stays_as_it_was_sent(number: str) -> None:
    sent = row(1, 2, more=loaded(f"[{number}]"))
    assert f'"more":[{number}]'.encode() in content([sent], SPAN)


def test_entries_of_other_times_are_not_taken_in() -> None:
    window = Window(SPAN)
    moments = [-1, 0, 10_000_000 - 1, 10_000_000]
    new = [took(window, Entry(NOON * 1_000_000 + at, at, b"{}")) for at in moments]
    assert new == [False, True, True, False]
    assert sorted(window.numbers) == [0, 9_999_999]


def test_lines_of_numbers_that_are_known_can_be_left_out() -> None:
    window = Window(SPAN)
    for number in range(5):
        window.add(entry_of(row(number, number)))
    assert numbers_of(window.lines(without={1, 3})) == {0, 2, 4}
    assert numbers_of(window.lines()) == set(range(5))


@pytest.mark.parametrize("line", [b"no", b"[]", b"{}", b'{"line_num":"x"}', b'{"line_num":null}'])
def test_a_file_of_other_lines_has_no_numbers(line: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        numbers_of([line])


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-20T12:00:00.398+0000", NOON * 10**6 + 398_000),
        ("2026-11-20T12:00:00.643000Z", NOON * 10**6 + 643_000),
        ("2026-11-20T20:00:00+0800", NOON * 10**6),
        ("2026-11-20T06:30:00.5-05:30", NOON * 10**6 + 500_000),
        ("2026-11-20T12:00:00.123456789Z", NOON * 10**6 + 123_456),
        ("1969-12-31T23:59:59.900Z", -100_000),
        *[(text, None) for text in ("", "noon", "2026-11-20T12:00:00", "2026-13-20T12:00:00Z", "2026-11-20 12:00:00Z")],
    ],
)
def test_times_in_every_form(text: str, at: int | None) -> None:
    assert microseconds(text) == at


@given(st.datetimes(datetime(1970, 1, 2), datetime(9990, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_time_is_the_same_with_any_offset(moment: datetime, minutes: int) -> None:
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    utc = microseconds(moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}Z")
    local = microseconds(moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}{offset}")
    assert utc is not None and local == utc - minutes * 60 * 10**6


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        *[({"line_num": number}, "line_num") for number in (None, "", "x", "-1", 5, "1.5")],
        *[({"log_time": text}, "log_time") for text in (None, "", "soon", 5)],
    ],
)
def test_an_entry_that_cannot_be_placed_is_a_fault(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(CloudError, match=told) as caught:
        entry_of({**row(1, 1), **changes})
    assert caught.value.code == "bad_answer"


def test_an_entry_that_is_too_deep_is_a_fault() -> None:
    deep: Any = []
    for _level in range(5000):
        deep = [deep]
    with pytest.raises(CloudError, match="too deep"):
        entry_of({**row(1, 1), "more": deep})


@pytest.mark.uncounted
@pytest.mark.parametrize("order", ["oldest", "newest", "shuffled in pages"])
def test_100_000_entries_stay_small_in_memory(order: str) -> None:
    count = 100_000
    text = ",".join(f"field {number}" for number in range(40))
    numbers = range(count) if order != "newest" else range(count - 1, -1, -1)
    if order.startswith("shuffled"):
        numbers = sorted(range(count), key=lambda number: (number // 100, number * 7919 % 101))  # type: ignore[assignment]
    window = Window(Span(0, count))
    tracemalloc.start()
    for number in numbers:
        window.add(
            Entry(number * 10**6, number, b'{"line_num":"%d","t":"%b %d"}' % (number, text.encode(), number % 7))
        )
    before = -1
    for line in window.lines():
        number = int(line[13 : line.index(b'"', 13)])
        assert number > before
        before = number
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert before == count - 1
    assert peak < 60 * 1024 * 1024
