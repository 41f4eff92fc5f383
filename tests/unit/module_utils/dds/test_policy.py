# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of an audit policy changes and loses, for any policy and any wish."""

from __future__ import annotations

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import AuditPolicy
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.policy import (
    AUDIT_TYPES,
    Wanted,
    confirmed,
    decide,
    shows,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.unit.clients import dds
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import FakeTime
from hypothesis import given
from hypothesis import strategies as st

DAYS = st.one_of(st.just(0), st.integers(7, 732))
NAMES = ["all", "shop", "shop.orders", "a$,b"]
SCOPES = st.one_of(st.none(), st.lists(st.sampled_from(NAMES), min_size=1).map(",".join))
TYPES = st.lists(st.sampled_from(AUDIT_TYPES), unique=True).map(lambda names: tuple(sorted(names)))
POLICIES = st.builds(AuditPolicy, DAYS, SCOPES, TYPES)
WISHES = st.builds(Wanted, st.one_of(st.none(), DAYS), SCOPES, st.one_of(st.none(), TYPES), st.booleans())

ON = AuditPolicy(180, "all", tuple(sorted(AUDIT_TYPES)))
OFF = AuditPolicy(0, None, ())


def audited(policy: AuditPolicy) -> set[tuple[str, str]]:
    """Return what a policy audits: a type of operation on a name, where ``*`` stands for a name that nobody thought of."""
    text = f",{policy.scope or 'all'},"
    names = {name for name in NAMES if f",{name}," in text}
    names = {*NAMES, "*"} if "all" in names else names
    return {(name, kind) for name in names for kind in policy.types or AUDIT_TYPES} if policy.keep_days else set()


def wish_makes_sense(policy: AuditPolicy, wanted: Wanted) -> bool:
    days = policy.keep_days if wanted.keep_days is None else wanted.keep_days
    return bool(days) or (wanted.scope is None and wanted.types is None)


@given(POLICIES, WISHES)
def test_what_was_changed_once_is_not_changed_again(policy: AuditPolicy, wanted: Wanted) -> None:
    if not wish_makes_sense(policy, wanted):
        with pytest.raises(BadInput, match="keep_days"):
            decide(policy, wanted)
        return
    change = decide(policy, wanted)
    after = change.after if change else policy
    assert decide(after, wanted) is None
    assert shows(after, after)
    if change:
        assert not shows(policy, after)


@given(POLICIES, WISHES)
def test_what_is_not_wanted_stays_as_it_is(policy: AuditPolicy, wanted: Wanted) -> None:
    if not wish_makes_sense(policy, wanted):
        return
    change = decide(policy, wanted)
    if change is None:
        return
    if wanted.keep_days is None:
        assert change.after.keep_days == policy.keep_days
    if wanted.scope is None:
        assert change.after.scope == policy.scope
    if wanted.types is None:
        assert change.after.types == policy.types


@given(POLICIES, WISHES)
def test_nothing_is_lost_without_being_told(policy: AuditPolicy, wanted: Wanted) -> None:
    if not wish_makes_sense(policy, wanted):
        return
    change = decide(policy, wanted)
    if change is None:
        return
    after, told = change.after, change.losses
    files = [loss.older for loss in told if loss.older is not None]
    if not after.keep_days:
        assert files == ([] if wanted.reserve else [0])
        return
    if not policy.keep_days or after.keep_days < policy.keep_days:
        assert files == [after.keep_days * DAY]
    else:
        assert files == []
    if policy.keep_days:
        no_longer = audited(policy) - audited(after)
        assert bool(no_longer) == any(loss.older is None for loss in told)


@given(POLICIES)
def test_no_wish_changes_nothing(policy: AuditPolicy) -> None:
    assert decide(policy, Wanted()) is None


@pytest.mark.parametrize(
    ("policy", "wanted", "losses"),
    [
        (ON, Wanted(keep_days=365), []),
        (ON, Wanted(keep_days=30), ["audit logs older than 30 days"]),
        (ON, Wanted(keep_days=0), []),
        (ON, Wanted(keep_days=0, reserve=False), ["all audit logs in the cloud"]),
        (ON, Wanted(scope="shop"), ["the audit of operations outside 'shop'"]),
        (ON, Wanted(types=("insert", "auth")), ["the audit of command, delete, query, update"]),
        (ON, Wanted(7, "shop", ("auth", "insert", "delete", "update", "query")), 3),
        (ON._replace(scope="shop"), Wanted(scope="shop,orders"), []),
        (ON._replace(scope="shop,orders"), Wanted(scope="orders"), ["the audit of operations outside 'orders'"]),
        (ON._replace(scope="shop"), Wanted(scope="orders"), ["the audit of operations outside 'orders'"]),
        (ON._replace(scope="shop"), Wanted(scope="all"), []),
        (ON._replace(types=("auth",)), Wanted(types=("auth", "query")), []),
    ],
)
def test_examples(policy: AuditPolicy, wanted: Wanted, losses: list[str] | int) -> None:
    change = decide(policy, wanted)
    assert change is not None
    told = [loss.what for loss in change.losses]
    assert told == losses or len(told) == losses


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        (ON, Wanted(180, "all", tuple(AUDIT_TYPES))),
        (ON._replace(scope=None, types=()), Wanted(180, "all", tuple(AUDIT_TYPES))),
        (ON._replace(scope="b, a"), Wanted(scope="a,b")),
        (OFF, Wanted(keep_days=0)),
        (OFF, Wanted(keep_days=0, reserve=False)),
        (ON._replace(keep_days=0), Wanted(keep_days=0)),
    ],
)
def test_the_same_in_other_words_is_no_change(policy: AuditPolicy, wanted: Wanted) -> None:
    assert decide(policy, wanted) is None


def test_switching_on_loses_only_files_that_are_there() -> None:
    change = decide(OFF, Wanted(keep_days=30))
    assert change is not None
    assert [(loss.older, loss.proven) for loss in change.losses] == [(30 * DAY, False)]


def test_a_policy_that_shows_late_is_waited_for(emulator: Emulator) -> None:
    time, instance = FakeTime(), emulator.world.instances[0]

    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        if len(time.pauses) == 3:
            instance.policy.keep_days = 365

    api = dds(emulator)
    policy = confirmed(api, instance.id, ON._replace(keep_days=365), 10, sleep=sleep, monotonic=time.monotonic)
    assert (policy.keep_days, len(time.pauses)) == (365, 3)


def test_a_policy_that_does_not_show_in_time_is_an_error(emulator: Emulator) -> None:
    time = FakeTime()
    with pytest.raises(CloudError) as caught:
        confirmed(
            dds(emulator),
            emulator.world.instances[0].id,
            ON._replace(keep_days=365),
            4.5,
            sleep=time.sleep,
            monotonic=time.monotonic,
        )
    assert (caught.value.code, time.pauses) == ("not_shown", [1, 1, 1, 1, 0.5])
    assert "keep_days 180" in caught.value.message
