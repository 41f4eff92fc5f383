# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The slow operations of the report: what is said of them, their pictures, and that few of many are kept."""

from __future__ import annotations

import copy
import re
from collections import Counter
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _amounts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import slowest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import Origin
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.slow import Key, Slow, Stat
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.units import Unit
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.slow import section, sentences
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from hypothesis import given
from hypothesis import strategies as st

from ...archives import FIRST
from .conftest import HOSTILE, day
from .fleet import slow_operations

INSTANCES = [{"folder": "a/b/c/d", "name": None, "instance": "d"}]


def told(**changed: Any) -> dict[str, Any]:
    """Return what a report tells of a shape that is worse, with something changed."""
    return {**slow_operations("a/b/c/d", "d", 1), **changed}


def test_the_first_sentence_tells_how_long_operations_took_and_how_that_compares() -> None:
    def first(count: int, total: int, before: tuple[int, int] | None) -> str:
        sums = None if before is None else {"count": before[0], "total_ms": before[1]}
        return sentences(told(count=count, total_ms=total, before=sums))[0].removeprefix("From 2 Mar to 8 Mar: ")

    assert first(3, 7_980_000, (2, 6_600_000)) == (
        "3 slow operations took 2 h 13 min, 21 % more than in the 7 days before (1 h 50 min)."
    )
    assert first(1, 900, (2, 1000)) == "1 slow operation took 900 ms, 10 % less than in the 7 days before (1.0 s)."
    assert first(3, 2000, (2, 2001)) == "3 slow operations took 2.0 s, as much as in the 7 days before (2.0 s)."
    assert first(3, 5000, (2, 2000)) == "3 slow operations took 5.0 s, 2.5 times the 2.0 s in the 7 days before."
    assert first(3, 5_000_000, (2, 2000)).endswith("took 1 h 23 min, 2 500 times the 2.0 s in the 7 days before.")
    assert first(3, 5000, (0, 0)) == "3 slow operations took 5.0 s, and none in the 7 days before."
    assert first(0, 0, (2, 2000)) == "no slow operation was logged; 2 operations took 2.0 s in the 7 days before."
    assert first(0, 0, (0, 0)) == "no slow operation was logged, and none in the 7 days before."
    assert first(3, 5000, None) == "3 slow operations took 5.0 s."
    assert sentences(told(begin=day(7), end=day(8)))[0].startswith("On 8 Mar: ")


def test_what_cannot_be_compared_is_said_and_reckoned_with_nowhere() -> None:
    some = told(count=9, total_ms=9000, compared={"count": 2, "total_ms": 2}, uncompared=1)
    assert sentences(some)[0].endswith(
        ": 9 slow operations took 9.0 s; of what is compared, 2 slow operations took 2 ms, as much as in the 7 days before (2 ms)."
    )
    assert sentences(some)[2] == (
        "Of 1 instance nothing is compared, as not all slow logs of the 7 days before are held and could be read."
    )
    none = told(compared=None, before=None, changes=None, uncompared=3)
    assert sentences(none)[0].endswith(": 28 slow operations took 28 ms.")
    assert sentences(none)[1].startswith("Nothing is compared, as not all slow logs of the 7 days before")


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "0 ms"),
        (999.4, "999 ms"),
        (999.5, "1.0 s"),
        (59_949, "59.9 s"),
        (59_950, "1 min"),
        (61_000, "1 min 1 s"),
        (3_599_400, "59 min 59 s"),
        (3_599_600, "1 h"),
        (7_980_000, "2 h 13 min"),
        (86_400_000, "1 d"),
        (1_234_567_890_123, "14\u202f288 d 23 h"),
    ],
)
def test_durations(ms: float, words: str) -> None:
    assert _amounts.duration(ms) == words


def test_pictures_say_in_words_what_they_show_and_load_nothing() -> None:
    source = section(told(), INSTANCES)
    pictures = re.findall(r"<svg.*?</svg>", source)
    assert len(pictures) == 2
    for picture in pictures:
        assert 'role="img"' in picture
        assert "took each day from 23 Feb to 8 Mar: most on 8 Mar, 7 ms</title>" in picture
        before, now = re.findall(r'd="([^"]*)"', picture)
        assert (before.count("M"), now.count("M")) == (2, 7)
        assert "h8v40z" in now  # the day with the most is as high as the picture
    assert re.findall(r"(?:src|href)=\"([^#\"][^\"]*)", source) == []
    assert section(None, INSTANCES) == ""


def test_a_shape_is_told_with_its_worst_operation_and_the_index() -> None:
    source = section(told(), INSTANCES)
    assert "28 took 28 ms: 1 ms on average, 95 of 100 up to 2 ms, the worst 7 ms. Before, 2 took 2 ms." in source
    assert "The cloud recommends the index <code>{ a: 1 }</code>" in source
    assert "Worst: 7 ms on node-1, at <time" in source
    assert "COLLSCAN, 9 999 documents examined, 1 returned; line 7 of a/b/c/d/node-1/slow/x.log" in source
    [shape] = told()["shapes"]
    gone = {**shape, "change": "gone", "count": 0, "index": None, "pattern": None, "namespace": ""}
    assert "None any more; before, 2 took 2 ms." in section(told(shapes=[gone]), INSTANCES)
    assert "<b>no namespace</b>" in section(told(shapes=[gone]), INSTANCES)
    alone = {**shape, "change": None, "before": None}
    plain = section(told(shapes=[alone], before=None, before_begin=None, changes=None), INSTANCES)
    assert "Before" not in plain
    assert 'class="state' not in plain


def test_no_word_of_a_log_becomes_markup() -> None:
    [shape] = told()["shapes"]
    words = {
        name: HOSTILE for name, value in shape.items() if isinstance(value, str) and name not in ("folder", "change")
    }
    worst = {**shape["worst"], "plan": HOSTILE * 99, "node": HOSTILE, "file": HOSTILE, "member": HOSTILE}
    source = section(told(shapes=[{**shape, **words, "worst": worst}]), INSTANCES)
    assert "alert" in source
    assert "<script" not in source


# -- few of many


def unit(folder: str, number: int, size: int) -> Unit:
    begin = FIRST + number * DAY
    event = Event(COLLECTED, Series("node-1", "slow"), str(number), begin, begin + DAY, "x", size)
    return Unit("", event, Origin(folder, "p", "r", "p", "i", "node-1", "slow", "u", "x", "", begin), ())


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 100)), max_size=20), st.integers(0, 500))
def test_the_newest_files_go_first_and_the_bound_is_kept(files: list[tuple[int, int]], most: int) -> None:
    units = [unit("f", number, size) for number, size in files]
    due, left = slowest.within(units, most)
    assert Counter(map(id, due + left)) == Counter(map(id, units))
    assert sum(one.event.size or 0 for one in due) <= most
    assert all((new.event.end or 0) >= (old.event.end or 0) for new in due for old in left)
    if left:
        assert sum(one.event.size or 0 for one in (*due, left[0])) > most


def stat(ms: int) -> Stat:
    made = Stat()
    made.durations.add(ms)
    made.days = {20000: ms}
    made.example = dict.fromkeys(slowest._WORST)
    return made


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.booleans()), max_size=40), max_size=4),
    st.randoms(use_true_random=False),
)
def test_what_is_kept_of_instances_is_what_all_together_have_foremost(
    instances: list[list[tuple[int, int, bool]]], order: Any
) -> None:
    parts = []
    for number, shapes in enumerate(instances):
        for shape, ms, is_now in shapes:
            made = {Key(f"f{number}", "i", "n", "find", f"{shape:02d}"): stat(ms)}
            parts.append((f"f{number}", Slow(made, {}, []) if is_now else Slow({}, made, [])))
    results = []
    for _time in range(2):
        tally = slowest._Tally(Counter(folder for folder, _slow in parts), compared=True)
        for folder, slow in parts:
            tally.add(folder, copy.deepcopy(slow))
        results.append(tally.told())
        order.shuffle(parts)
    assert results[0] == results[1]
    found = results[0]
    assert found["total_ms"] == sum(ms for shapes in instances for _shape, ms, is_now in shapes if is_now)
    assert len(found["shapes"]) <= 2 * slowest._ROWS
    if found["shapes_total"] + found["changes"]["gone"] <= slowest._ROWS:
        assert sum(one["total_ms"] for one in found["shapes"]) == found["total_ms"]
