# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is true of every plan of windows, whatever the archive holds and the cloud lists."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series, window_unit
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event, Key
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Asked
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.units import Units
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import choosing, windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.choosing import Vague
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import (
    ASK,
    FETCH,
    MISSING,
    PENDING,
    READ,
    RECORD,
    REREAD,
    WAIT,
    Offer,
    Plan,
    Step,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.windows import (
    Members,
    Rules,
    Wanted,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, merge, subtract
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, MINUTE
from hypothesis import given, settings
from hypothesis import strategies as st

NODE = Series("node-1", "slow")
NOW = 20_000 * DAY + 7 * HOUR

instants = st.integers(-12 * 24, 8).map(lambda hours: NOW // HOUR * HOUR + hours * HOUR)
spans = st.tuples(instants, st.integers(1, 24)).map(lambda pair: Span(pair[0], pair[0] + pair[1] * HOUR))
# What makes packages and keeps logs for a week, and what can be read for a month.
clouds = st.sampled_from([(windows.REACH, True, None), (30 * DAY, False, DAY)])
rules = st.builds(
    lambda cloud, **own: Rules(**own, reach=cloud[0], made=cloud[1], recheck=cloud[2]),
    clouds,
    window=st.sampled_from([1, 2, 6, 8, 24]).map(lambda hours: hours * HOUR),
    settle=st.sampled_from([0, 600, 7200]),
    lookback=st.integers(1, 40).map(lambda days: days * DAY),
    log_types=st.just(("slow",)),
    span=st.one_of(st.none(), spans),
    max_packaging=st.integers(0, 6),
)
units = st.lists(st.tuples(spans, st.sampled_from(["collected", "empty", "lost", "pruned"])), max_size=8).map(
    lambda rows: {
        Key(NODE, window_unit(span)): Event(status, NODE, window_unit(span), span.begin, span.end)
        for span, status in rows
    }
)
offers = st.lists(
    st.tuples(
        spans,
        st.sampled_from(["ready", "making", "failed"]),
        st.sampled_from([None, 0, 9]),
        st.sampled_from([-HOUR, 0, HOUR, DAY, None]),
    ),
    max_size=8,
).map(
    lambda rows: [
        Offer(str(number), NODE, span, state, "", size, None if made is None else span.end + made)
        for number, (span, state, size, made) in enumerate(rows)
    ]
)
asked = st.lists(
    st.tuples(spans, st.integers(0, 200), st.integers(0, 2)).map(lambda row: Asked(NODE, row[0], NOW - row[1], row[2])),
    max_size=4,
)
scopes: st.SearchStrategy[dict[Series, tuple[int, int | None]]] = st.one_of(
    st.just({}),
    st.tuples(instants, st.one_of(st.none(), instants)).map(lambda scope: {NODE: scope}),
)
members = st.sampled_from([Members((NODE,), True), Members((), True), Members((NODE,), False)])


class World(NamedTuple):
    """Everything that a plan is made from."""

    rules: Rules
    members: Members
    units: dict[Key, Event]
    scopes: dict[Series, tuple[int, int | None]]
    offers: list[Offer]
    asked: list[Asked]
    vague: Span | None = None  # where there may be a file of which not enough is told


worlds = st.builds(World, rules, members, units, scopes, offers, asked, st.one_of(st.none(), spans))


def planned(world: World) -> tuple[Wanted, Plan]:
    wanted = windows.want(world.rules, world.members, Units(world.units.values()), world.scopes, NOW, NOW)
    offers, asked = (world.offers, world.asked) if world.rules.made else ([], [])
    return wanted, choosing.plan(world.rules, wanted, offers, asked, now=NOW)


def of(plan: Plan, *actions: str) -> list[Step]:
    return plan.having(*actions)


def every_wanted_piece_is_decided_about(world: World, wanted: Wanted, plan: Plan) -> None:
    decided = [step.span for step in plan.steps]
    for pieces in wanted.pieces.values():
        for piece in pieces:
            assert subtract(piece, decided) == []


def nothing_is_lost_of_which_there_may_be_a_file(world: World, wanted: Wanted, plan: Plan) -> None:
    span = world.vague
    vague = [Vague(None, "slow", span), Vague("another-node", None, None), Vague(None, "error", None)]
    offers, asked = (world.offers, world.asked) if world.rules.made else ([], [])
    doubting = choosing.plan(world.rules, wanted, offers, asked, now=NOW, vague=vague)

    def lost(found: Plan) -> set[tuple[Series, Span]]:
        return {(step.series, step.span) for step in of(found, RECORD) if step.event and step.event.status == "lost"}

    kept = {one for one in lost(plan) if span is None or not span.overlap(one[1]).empty}
    assert lost(doubting) == lost(plan) - kept
    missing = {(step.series, step.span) for step in of(doubting, MISSING) if "does not tell enough" in step.reason}
    assert missing == kept


def a_lookback_beyond_what_the_cloud_keeps_is_told(world: World, wanted: Wanted, plan: Plan) -> None:
    told = world.rules.span is None and world.rules.lookback > world.rules.reach
    to_come = world.rules.span is not None and world.rules.span.begin >= NOW
    expected = [("beyond_reach", "slow")] * told + [("not_yet", "slow")] * to_come
    assert [(one.code, one.log_type) for one in plan.notices] == expected


def only_what_the_cloud_grants_is_asked_for(world: World, wanted: Wanted, plan: Plan) -> None:
    for step in of(plan, ASK, READ):
        assert step.action == (ASK if world.rules.made else READ)
        assert 0 < step.span.end - step.span.begin <= 24 * HOUR
        assert step.span.begin >= NOW - world.rules.reach + 5 * MINUTE
        assert step.span.end + world.rules.settle <= NOW


def nothing_is_asked_for_or_lost_twice_or_against_what_is_held(world: World, wanted: Wanted, plan: Plan) -> None:
    held = [event.span for event in world.units.values() if event.status != "lost" and event.span]
    taken = [step.span for step in of(plan, FETCH, WAIT) if step.offer]
    chosen = [step.span for step in of(plan, ASK, READ)]
    chosen += [step.span for step in of(plan, RECORD) if step.event and step.event.status == "lost"]
    for span in chosen:
        assert subtract(span, held + taken) == [span]
    for one, other in pairwise(sorted(chosen)):
        assert one.end <= other.begin


def what_a_good_package_covers_is_not_asked_for(world: World, wanted: Wanted, plan: Plan) -> None:
    good = [
        offer.span
        for offer in world.offers
        if offer.state != "failed"
        and offer.created is not None
        and offer.created >= offer.span.end + world.rules.settle
    ]
    for step in of(plan, ASK):
        assert not any(span.covers(step.span) for span in good)
        assert not any(one.span.covers(step.span) and NOW - one.at < 60 for one in _unlisted(world))


def only_time_that_cannot_be_asked_for_is_lost(world: World, wanted: Wanted, plan: Plan) -> None:
    for step in of(plan, RECORD):
        if step.event and step.event.status == "lost" and step.series not in wanted.gone:
            assert step.span.end <= windows.reach(NOW, world.rules.reach)


def a_plan_carried_out_leaves_nothing_to_do(world: World, wanted: Wanted, plan: Plan) -> None:
    after = dict(world.units)
    for step in of(plan, RECORD, FETCH, READ, WAIT, ASK):
        event = step.event or Event("collected", step.series, step.unit, step.span.begin, step.span.end)
        after[event.key] = event
    later = dict(world.scopes)
    for opening in plan.opening:
        assert opening.begin is not None
        later[opening.series] = (opening.begin, None)
    if not of(plan, "missing"):
        for closing in plan.closing:
            later[closing.series] = (closing.begin or 0, closing.end)
    _wanted, again = planned(world._replace(units=after, scopes=later, asked=[]))
    left = {step.action for step in again.steps} - {PENDING, REREAD}
    assert left <= ({"missing", ASK, WAIT, RECORD} if of(plan, "missing") else set())
    assert again.opening == ()


def a_window_is_read_once_more_when_late_entries_are_there_and_not_again(
    world: World, wanted: Wanted, plan: Plan
) -> None:
    held = {event.span for event in world.units.values() if event.status in ("collected", "empty")}
    rechecked = [step.span for step in plan.steps if step.settles]
    for step in of(plan, REREAD):
        assert step.settles
        assert step.span in held
        assert step.span.end + DAY <= NOW
        assert step.span.begin >= windows.reach(NOW, 30 * DAY)
    for step in of(plan, READ):
        assert step.settles == (step.span.end + DAY <= NOW)
    again = windows.want(
        world.rules, world.members, Units(world.units.values()), world.scopes, NOW, NOW, {NODE: merge(rechecked)}
    )
    assert again.reading == ()
    assert [step for step in wanted.reading if step.action != REREAD] == []


# What is true of every plan, each of them asserted of the same worlds, as making a world takes the most time.
PROPERTIES = (
    every_wanted_piece_is_decided_about,
    nothing_is_lost_of_which_there_may_be_a_file,
    a_lookback_beyond_what_the_cloud_keeps_is_told,
    only_what_the_cloud_grants_is_asked_for,
    nothing_is_asked_for_or_lost_twice_or_against_what_is_held,
    what_a_good_package_covers_is_not_asked_for,
    only_time_that_cannot_be_asked_for_is_lost,
    a_plan_carried_out_leaves_nothing_to_do,
    a_window_is_read_once_more_when_late_entries_are_there_and_not_again,
)


@given(worlds)
@settings(deadline=None, max_examples=200)
def test_whatever_is_held_and_listed_the_plan_is_right(world: World) -> None:
    wanted, plan = planned(world)
    for holds in PROPERTIES:
        holds(world, wanted, plan)


@given(spans, offers)
@settings(deadline=None, max_examples=200)
def test_covering_takes_no_more_offers_than_it_needs(span: Span, offers: list[Offer]) -> None:
    chosen, left = choosing.cover(span, offers)
    reach = [offer.span for offer in chosen]
    assert merge([*[one.overlap(span) for one in reach], *left]) == [span]
    assert left == subtract(span, [offer.span for offer in offers])
    for index in range(len(chosen)):
        assert subtract(span, reach[:index] + reach[index + 1 :]) != left


def test_of_equal_packages_the_ready_one_with_the_lowest_id_is_taken() -> None:
    day = Span(NOW - DAY, NOW)
    ids = [("7", "ready"), ("3", "making"), ("5", "ready")]
    chosen, left = choosing.cover(day, [Offer(one, NODE, day, state, "") for one, state in ids])
    assert ([offer.id for offer in chosen], left) == (["5"], [])


def test_room_is_what_the_cluster_is_not_busy_with() -> None:
    rules = Rules(DAY, 600, 3 * DAY, ("slow",), max_packaging=3)
    busy = Offer("1", Series("other", "error"), Span(NOW - 2 * DAY, NOW - DAY), "making", "", None, NOW)
    just_asked = Asked(Series("other", "slow"), Span(NOW - 2 * DAY, NOW - DAY), NOW - 5, 0)
    world = World(rules, Members((NODE,), False), {}, {}, [busy], [just_asked])
    _wanted, plan = planned(world)
    assert plan.room == 1
    _wanted, plan = planned(world._replace(rules=rules._replace(max_packaging=0)))
    assert plan.room is None


def _unlisted(world: World) -> list[Asked]:
    listed = Counter(offer.span for offer in world.offers)
    return [one for one in world.asked if listed[one.span] <= one.listed_before]
