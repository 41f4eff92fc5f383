# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reckoning with spans, compared with sets of seconds."""

from __future__ import annotations

from itertools import pairwise

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import (
    Span,
    ceil_to,
    floor_to,
    grid,
    merge,
    subtract,
)
from hypothesis import given
from hypothesis import strategies as st

spans = st.builds(Span, st.integers(0, 60), st.integers(0, 60))
many = st.lists(spans, max_size=8)
instants = st.integers(-(10**12), 10**12)
steps = st.integers(1, 10**6)


def seconds(*of: Span) -> set[int]:
    """Return the seconds that lie in spans."""
    return {second for span in of for second in range(span.begin, span.end)}


@given(spans, many)
def test_what_is_left_is_the_time_that_was_not_taken(span: Span, taken: list[Span]) -> None:
    assert seconds(*subtract(span, taken)) == seconds(span) - seconds(*taken)


@given(spans, many)
def test_what_is_left_is_in_order_and_apart(span: Span, taken: list[Span]) -> None:
    left = subtract(span, taken)
    assert not any(piece.empty for piece in left)
    assert all(before.end < after.begin for before, after in pairwise(left))


@given(spans, many)
def test_what_is_left_and_what_was_taken_make_the_whole_again(span: Span, taken: list[Span]) -> None:
    parts = [*subtract(span, taken), *(span.overlap(other) for other in taken)]
    assert merge(parts) == merge([span])


@given(many)
def test_merging_keeps_the_time_and_joins_what_touches(of: list[Span]) -> None:
    merged = merge(of)
    assert seconds(*merged) == seconds(*of)
    assert all(before.end < after.begin for before, after in pairwise(merged))
    assert not any(span.empty for span in merged)


@given(many)
def test_merging_again_or_in_another_order_changes_nothing(of: list[Span]) -> None:
    merged = merge(of)
    assert merge(merged) == merged
    assert merge(reversed(of)) == merged


@given(spans, spans)
def test_overlap_is_what_both_have(one: Span, other: Span) -> None:
    assert seconds(one.overlap(other)) == seconds(one) & seconds(other)
    assert one.overlap(other) == other.overlap(one)


@given(spans, spans.filter(lambda span: not span.empty))
def test_a_span_covers_what_lies_wholly_within(one: Span, other: Span) -> None:
    assert one.covers(other) == (seconds(other) <= seconds(one))


@given(spans)
def test_a_span_is_empty_when_no_second_lies_in_it(span: Span) -> None:
    assert span.empty == (not seconds(span))


@given(instants, steps)
def test_rounding_gives_the_nearest_multiples(instant: int, step: int) -> None:
    floor, ceil = floor_to(instant, step), ceil_to(instant, step)
    assert floor % step == ceil % step == 0
    assert instant - step < floor <= instant <= ceil < instant + step


@given(st.builds(Span, st.integers(0, 500), st.integers(0, 500)), st.integers(1, 60))
def test_a_grid_tiles_the_span_and_cuts_only_at_multiples(span: Span, step: int) -> None:
    pieces = list(grid(span, step))
    assert seconds(*pieces) == seconds(span)
    assert all(before.end == after.begin and after.begin % step == 0 for before, after in pairwise(pieces))
    assert all(piece.end - piece.begin <= step and not piece.empty for piece in pieces)
    assert all(floor_to(piece.begin, step) == floor_to(piece.end - 1, step) for piece in pieces)


def test_a_grid_of_hours_that_divide_a_day_meets_midnight() -> None:
    day = 86400
    for hours in (1, 2, 3, 4, 6, 8, 12, 24):
        begins = {piece.begin for piece in grid(Span(20_400 * day - 5, 20_402 * day), hours * 3600)}
        assert {20_400 * day, 20_401 * day} <= begins
