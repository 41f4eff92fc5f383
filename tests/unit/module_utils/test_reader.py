# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever JSON stands in a field, reading it gives a value of the type or a fault that names the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record, whole
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable, printable_lines
from hypothesis import given
from hypothesis import strategies as st

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
JSON: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
READERS: dict[Callable[[Record, str], Any], type] = {
    Record.text: str,
    Record.written: str,
    Record.id: str,
    Record.whole: int,
    Record.instant: int,
    Record.flag: bool,
    Record.record: Record,
    Record.records: list,
    Record.texts: list,
    Record.sequence: list,
}


@given(JSON, st.sampled_from(sorted(READERS, key=repr)))
def test_every_reader_gives_its_type_or_a_fault_with_a_name(value: Any, read: Callable[[Record, str], Any]) -> None:
    try:
        found = read(Record({"Field": value}, "Call"), "Field")
    except CloudError as error:
        assert error.message.startswith("The answer cannot be understood: Call.Field is ")
        assert (error.code, error.passing, error.final) == ("bad_answer", False, False)
    else:
        assert found is None or isinstance(found, READERS[read])


@given(st.integers(0, 10**18 - 1))
def test_a_number_is_the_same_in_quotes(number: int) -> None:
    assert whole(number) == whole(str(number)) == number


@pytest.mark.parametrize(
    "value", [True, -1, 1.5, float("nan"), 10**18, "", " 1", "1 ", "-1", "1e3", "\u0661", None, [], {}]
)
def test_what_is_no_number_is_none(value: object) -> None:
    assert whole(value) is None


@pytest.mark.parametrize("read", [Record.needed_id, Record.needed_whole, Record.needed_records])
@pytest.mark.parametrize("fields", [{}, {"Field": None}])
def test_what_must_be_there_is_named_when_it_is_not(read: Callable[[Record, str], Any], fields: dict[str, Any]) -> None:
    with pytest.raises(CloudError, match=r"cannot be understood: Field is missing\."):
        read(Record(fields, ""), "Field")


def test_a_fault_within_is_named_by_the_way_there() -> None:
    outer = Record({"A": [None, {"B": {"C": 1}}]}, "Call")
    inner = outer.records("A")[0].record("B")
    assert inner == {"C": 1}
    with pytest.raises(CloudError, match=r"Call\.A\[1\]\.B\.C is no list"):
        inner.sequence("C")


def test_a_list_in_which_something_else_stands_is_a_fault_where_nothing_may_be_left_out() -> None:
    answer = Record({"Sound": [{"A": 1}, {}], "Garbled": [{"A": 1}, None]}, "Call")
    assert answer.every_record("Sound") == [{"A": 1}, {}]
    with pytest.raises(CloudError, match=r"Call\.Garbled is no list of objects"):
        answer.every_record("Garbled")


@given(st.lists(st.text(st.characters())))
def test_texts_of_a_list_can_be_shown(texts: list[str]) -> None:
    assert all(text.isprintable() for text in Record({"Field": texts}, "").texts("Field"))


@pytest.mark.parametrize(
    ("value", "flag"), [(True, True), (False, False), ("true", True), ("false", False), ("", None)]
)
def test_yes_and_no_may_be_written(value: object, flag: bool | None) -> None:
    assert Record({"Field": value}, "").flag("Field") is flag


@given(st.text(st.characters()))
def test_words_can_be_shown_anywhere(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown == printable(shown)
    assert printable_lines(text).replace("\n", "").replace("\t", "").isprintable()


@given(st.text(st.characters(categories=["L", "N", "P"])))
def test_words_of_any_script_stay_as_they_are(text: str) -> None:
    assert printable(text) == text
