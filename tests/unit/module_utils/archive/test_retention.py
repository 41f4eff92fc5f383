# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What retention removes: never too much, and as much as it may."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import retention
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    COLLECTED,
    EMPTY,
    EVERY,
    HOLD,
    LOST,
    PRUNED,
    RELEASED,
    Event,
    Hold,
    Key,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.retention import Decision, Rules, holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.units import Units
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from hypothesis import given
from hypothesis import strategies as st

NOW = 1000 * DAY


def decide(
    of: Iterable[Event], rules: Rules, holds: Sequence[Hold], now: int, intact: Callable[[Event], bool]
) -> Decision:
    """Decide about units of all series."""
    return retention.decide(Units(of), lambda _series: True, rules, holds, now, intact)


ONE = Series("node-1", "slow")

series = st.sampled_from([ONE, Series("node-1", "error"), Series("node-2", "slow")])
days = st.integers(980, 999)


@st.composite
def events(draw: st.DrawFn) -> Event:
    day = draw(days)
    event = Event(
        draw(st.sampled_from([COLLECTED] * 4 + [EMPTY, LOST, PRUNED])), draw(series), size=draw(st.integers(0, 50))
    )
    if draw(st.booleans()):
        path = draw(st.sampled_from([f"n/slow/1972/09/{day - 973:02d}/x", "nowhere"]))
        return event._replace(unit=f"export-{day}-{path}", path=path)
    end = draw(st.integers(day + 1, 1000))
    return event._replace(unit=f"{day}-{end}", begin=day * DAY, end=end * DAY)


units = st.lists(events(), max_size=25, unique_by=lambda event: event.key)
rules = st.builds(Rules, st.none() | st.integers(0, 25).map(lambda age: age * DAY), st.none() | st.integers(0, 600))
spans = st.builds(Span, days, days).map(lambda span: Span(min(span) * DAY, (max(span) + 1) * DAY))
holds = st.lists(
    st.builds(Hold, st.builds(Series, st.sampled_from([EVERY, "node-1"]), st.sampled_from([EVERY, "slow"])), spans),
    max_size=2,
)
damaged = st.sets(st.integers(0, 24))


@given(units, rules, holds, damaged)
def test_what_goes_may_go_and_what_may_go_goes(
    of: list[Event], rules: Rules, held: list[Hold], damaged: set[int]
) -> None:
    broken = {of[number].key for number in damaged if number < len(of)}
    asked: list[Key] = []

    def intact(event: Event) -> bool:
        asked.append(event.key)
        return event.key not in broken

    decision = decide(of, rules, held, NOW, intact)
    before = {event.key: event for event in of if event.status == COLLECTED}
    gone = {event.key: before[event.key] for event in decision.prune}
    stay = [event for key, event in before.items() if key not in gone]

    # Never what is not held, damaged or under a hold; the newest of every series stays.
    assert len(gone) == len(decision.prune) <= len(asked)
    assert {event.status for event in decision.prune} <= {PRUNED}
    assert not gone.keys() & broken
    for event in gone.values():
        period = event.period
        assert period is not None
        since = period.begin if event.span else period.begin - 8 * DAY
        assert not any(hold.covers(event.series, Span(since, period.end)) for hold in held)
        newer = [one.period for one in stay if one.series == event.series]
        assert any(other and other.end >= period.end for other in newer)

    # In order, and by the rules: everything that stays is young and fits, or is protected.
    assert decision.left == sum(event.size or 0 for event in stay)
    ends = [event.period.end for event in gone.values() if event.period]
    assert ends == sorted(ends)
    reached = rules.max_bytes is None or decision.left <= rules.max_bytes
    too_old = [e for e in stay if rules.max_age is not None and (not e.period or e.period.end <= NOW - rules.max_age)]
    if not reached:
        assert decision.kept.total() == len(stay)
    else:
        assert decision.kept.total() >= len(too_old)
    if rules == Rules():
        assert decision.prune == []


@given(units, rules, holds)
def test_once_is_enough(of: list[Event], rules: Rules, held: list[Hold]) -> None:
    first = decide(of, rules, held, NOW, lambda _event: True)
    after = {event.key: event for event in (*of, *first.prune)}
    again = decide(after.values(), rules, held, NOW, lambda _event: True)
    assert again.prune == []
    assert again.left == first.left


def unit(day: int, size: int = 10, of: Series = ONE) -> Event:
    return Event(COLLECTED, of, str(day), day * DAY, day * DAY + DAY, f"path-{day}", size, "ab" * 32)


def test_the_oldest_go_until_the_bytes_fit() -> None:
    of = [unit(day) for day in (995, 992, 994, 993)]
    decision = decide(of, Rules(max_bytes=25), [], NOW, lambda _event: True)
    assert [event.unit for event in decision.prune] == ["992", "993"]
    assert (decision.left, decision.kept) == (20, {})
    # What is damaged stays, and the next oldest goes in its place.
    decision = decide(of, Rules(max_bytes=25), [], NOW, lambda event: event.unit != "992")
    assert [event.unit for event in decision.prune] == ["993", "994"]
    assert decision.kept == {"damaged": 1}


def test_age_counts_from_the_end_of_a_unit() -> None:
    of = [unit(day) for day in (988, 989, 999)]
    decision = decide(of, Rules(max_age=10 * DAY), [], NOW, lambda _event: True)
    assert [event.unit for event in decision.prune] == ["988", "989"]
    decision = decide(of, Rules(max_age=10 * DAY + 1), [], NOW, lambda _event: True)
    assert [event.unit for event in decision.prune] == ["988"]
    assert decision.prune[0] == of[0]._replace(status=PRUNED)


@pytest.mark.parametrize(
    ("held", "kept"),
    [
        ([], {"newest": 1}),
        ([Hold(Series(EVERY, EVERY), Span(988 * DAY, 989 * DAY))], {"newest": 1, "hold": 1}),
        ([Hold(Series(EVERY, EVERY), Span(0, NOW))], {"hold": 3}),
        ([Hold(Series("node-9", EVERY), Span(0, NOW))], {"newest": 1}),
    ],
)
def test_the_newest_and_the_held_stay(held: list[Hold], kept: dict[str, int]) -> None:
    of = [unit(day) for day in (988, 989, 990)]
    decision = decide(of, Rules(max_age=0, max_bytes=0), held, NOW, lambda _event: True)
    assert decision.kept == kept
    assert len(decision.prune) == 3 - sum(kept.values())


@pytest.mark.parametrize(
    ("begin", "end", "kept"),
    [(980, 985, False), (980, 986, True), (985, 986, True), (992, 993, True), (993, 994, True), (994, 995, False)],
)
def test_a_hold_keeps_what_was_collected_in_the_days_after_it(begin: int, end: int, kept: bool) -> None:
    # Collected on the day 993: the cloud held entries of the days before.
    export = Event(COLLECTED, ONE, "mongod.log.0a1b2c3d", path="n/slow/1972/09/20/mongod.log.0a1b2c3d")
    assert export.period == Span(993 * DAY, 994 * DAY)
    hold = Hold(Series(EVERY, EVERY), Span(begin * DAY, end * DAY))
    decision = decide([export, unit(999)], Rules(max_age=0), [hold], NOW, lambda _event: True)
    assert (decision.kept["hold"], len(decision.prune)) == (int(kept), int(not kept))


def test_a_hold_keeps_what_is_of_an_instant() -> None:
    of = [unit(988)._replace(end=988 * DAY), unit(999)]
    for begin, kept in ((988, 1), (989, 0)):
        hold = Hold(ONE, Span(begin * DAY, 990 * DAY))
        decision = decide(of, Rules(max_age=0), [hold], NOW, lambda _event: True)
        assert (decision.kept["hold"], len(decision.prune)) == (kept, 1 - kept)


def test_holds_are_made_and_ended_once() -> None:
    hold, other = Hold(Series(EVERY, EVERY), Span(1, 2)), Hold(ONE, Span(1, 2))
    events, after = holding({}, {hold: "case"}, [other])
    assert events == [Event(HOLD, hold.series, begin=1, end=2, reason="case")]
    assert after == {hold: "case"}
    assert holding(after, {hold: "case"}, [other]) == ([], after)
    events, after = holding(after, {hold: "another case"}, [])
    assert [(event.status, event.reason) for event in events] == [(HOLD, "another case")]
    events, after = holding(after, {}, [hold])
    assert ([event.status for event in events], after) == ([RELEASED], {})
