# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One package of one window: never none, never two."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, iso
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import PACKAGE_STATES, Package
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.package import (
    ASK,
    HAVE,
    REFUSE,
    WAIT,
    Ensurer,
    Target,
    decide,
    described,
    target_of,
)
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.unit.clients import http, umongodb
from hypothesis import given
from hypothesis import strategies as st

CLUSTER, ZONE = "uclmongo-shop0rs1xq", "cn-bj2-04"
NOW = 1_795_176_000  # 2026-11-20T12:00:00Z
MIDNIGHT = NOW - 12 * HOUR
YESTERDAY = Span(MIDNIGHT - DAY, MIDNIGHT)
TARGET = Target(Series("n-1", "slow"), YESTERDAY, "label")


def package(number: int, state: str, created: int | None = MIDNIGHT + 600, **changes: Any) -> Package:
    """Return a package of the target, or of what differs."""
    whole = f"Package_{state}"
    usual = Package(number, "label", whole, "n-1", "slow", "Primary", YESTERDAY, 9, created, None)
    return usual._replace(**changes)


# -- what to do, as a table


@pytest.mark.parametrize(
    ("listed", "action", "chosen"),
    [
        ([], ASK, None),
        ([package(1, "Success")], HAVE, 1),
        ([package(1, "Running")], WAIT, 1),
        ([package(1, "Running"), package(2, "Success")], HAVE, 2),
        ([package(3, "Success"), package(2, "Success"), package(9, "Success")], HAVE, 2),
        ([package(3, "Running"), package(2, "Running")], WAIT, 2),
        ([package(1, "Failed")], ASK, 1),
        ([package(1, "Failed"), package(2, "Running")], WAIT, 2),
        ([package(1, "Failed"), package(2, "Failed"), package(3, "Success")], HAVE, 3),
        ([package(1, "Failed"), package(2, "Failed")], REFUSE, 2),
        ([package(1, "Deleted")], ASK, None),
        ([package(1, "Deleting"), package(2, "DeleteFailed"), package(3, "Unheard")], ASK, None),
        ([package(1, "Success", size=0)], HAVE, 1),
        ([package(1, "Success", created=None)], HAVE, 1),
        ([package(1, "Success", created=MIDNIGHT)], HAVE, 1),
        ([package(1, "Success", created=MIDNIGHT - 1)], ASK, None),
        ([package(1, "Success", node_id="n-2")], ASK, None),
        ([package(1, "Success", node_id=None)], ASK, None),
        ([package(1, "Success", log_type="error")], ASK, None),
        ([package(1, "Success", span=None)], ASK, None),
        ([package(1, "Success", span=Span(MIDNIGHT - DAY, MIDNIGHT - 1))], ASK, None),
        ([package(1, "Success", span=Span(MIDNIGHT - DAY, MIDNIGHT + 1))], ASK, None),
    ],
)
def test_what_is_listed_decides(listed: list[Package], action: str, chosen: int | None) -> None:
    decision = decide(listed, TARGET, NOW)
    assert decision.action == action
    assert (decision.package and decision.package.id) == chosen


def test_after_two_failures_it_rests_for_a_day_and_says_until_when() -> None:
    failed = [package(1, "Failed", MIDNIGHT + HOUR), package(2, "Failed", MIDNIGHT + 2 * HOUR)]
    decision = decide(failed, TARGET, MIDNIGHT + 26 * HOUR - 1)
    assert decision.action == REFUSE
    assert decision.reason == "Its packaging failed 2 times; it is not asked for again before 2026-11-21T02:00:00Z."
    assert decide(failed, TARGET, MIDNIGHT + 26 * HOUR).action == ASK


def test_two_failures_of_unknown_time_rest_for_a_day_after_the_window() -> None:
    failed = [package(1, "Failed", None), package(2, "Failed", None)]
    assert decide(failed, TARGET, MIDNIGHT + DAY - 1).action == REFUSE
    assert decide(failed, TARGET, MIDNIGHT + DAY).action == ASK


def test_a_window_that_has_become_too_old_is_had_if_listed_and_else_refused() -> None:
    late = YESTERDAY.begin + 7 * DAY
    assert decide([], TARGET, late).action == ASK
    refused = decide([], TARGET, late + 1)
    assert refused.action == REFUSE
    assert f"could be had until {iso(late)}" in refused.reason
    assert decide([package(1, "Failed")], TARGET, late + 1).action == REFUSE
    assert decide([package(1, "Success")], TARGET, late + 99 * DAY).action == HAVE
    assert decide([package(1, "Running")], TARGET, late + 1).action == WAIT


packages = st.lists(
    st.builds(
        package,
        st.integers(1, 20),
        st.sampled_from([name.removeprefix("Package_") for name in PACKAGE_STATES]),
        st.none() | st.integers(MIDNIGHT - HOUR, NOW + DAY),
        node_id=st.sampled_from(["n-1", "n-2", None]),
        log_type=st.sampled_from(["slow", "error", None]),
        span=st.sampled_from([YESTERDAY, None, Span(MIDNIGHT - DAY, MIDNIGHT - HOUR)]),
    )
    | st.builds(package, st.integers(1, 20), st.sampled_from(["Success", "Running", "Failed"])),
    max_size=6,
    unique_by=lambda one: one.id,
)


@given(packages, st.integers(NOW, NOW + 9 * DAY))
def test_what_is_good_is_never_asked_for_again(listed: list[Package], now: int) -> None:
    decision = decide(listed, TARGET, now)
    states = {PACKAGE_STATES[one.state] for one in listed if TARGET.is_of(one)}
    assert (decision.action == HAVE) == ("success" in states)
    assert (decision.action == WAIT) == ("running" in states and "success" not in states)
    assert bool(decision.reason) == (decision.action == REFUSE)


@given(packages, st.integers(NOW, NOW + 9 * DAY))
def test_the_order_of_the_list_does_not_matter(listed: list[Package], now: int) -> None:
    assert decide(listed[::-1], TARGET, now) == decide(listed, TARGET, now)


@given(packages, st.integers(NOW, NOW + 9 * DAY))
def test_packages_of_other_windows_do_not_matter(listed: list[Package], now: int) -> None:
    same = [one for one in listed if TARGET.is_of(one)]
    assert decide(same, TARGET, now) == decide(listed, TARGET, now)
    assert decide(listed, TARGET, now).listed == {one.id for one in same}


# -- what may be asked for


def options(**changes: Any) -> dict[str, Any]:
    """Return a module's options for yesterday's slow log."""
    window = {"begin": iso(YESTERDAY.begin), "end": iso(YESTERDAY.end)}
    identity = {"cluster_id": CLUSTER, "zone": ZONE, "node_id": "n-1", "log_type": "slow", "name": None}
    waiting = {"wait": True, "wait_timeout": 600.0, "poll_interval": 10.0}
    return {**window, **identity, **waiting, **changes}


def test_a_target_has_a_label_that_is_the_same_every_time() -> None:
    target = target_of(options(), NOW)
    assert (target.series, target.span) == (TARGET.series, YESTERDAY)
    assert target.name == "slow-n-1-20261119T000000Z-20261120T000000Z" == target_of(options(), NOW + DAY).name
    assert target_of(options(name="mine"), NOW).name == "mine"


def test_a_window_that_ends_now_is_over_and_may_be_a_second_long() -> None:
    for length in (1, DAY):
        window = Span(NOW - length, NOW)
        assert target_of(options(begin=iso(window.begin), end=iso(window.end)), NOW).span == window


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"end": iso(YESTERDAY.begin)}, "must be after begin"),
        ({"end": iso(YESTERDAY.begin - 1)}, "must be after begin"),
        ({"end": iso(YESTERDAY.end + 1)}, "is more than 24 hours"),
        ({"begin": iso(NOW - HOUR), "end": iso(NOW + 1)}, "is in the future"),
        ({"begin": "2026-11-19T00:00:00"}, "begin: '2026-11-19T00:00:00' has no offset"),
        ({"end": "tomorrow"}, "end: 'tomorrow' is not a time"),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(changes: dict[str, str], why: str) -> None:
    with pytest.raises(BadInput) as caught:
        target_of(options(**changes), NOW)
    assert why in caught.value.message


def test_a_package_is_shown_in_plain_words() -> None:
    shown = described(package(7, "Success", finished=MIDNIGHT + 660))
    assert shown == {
        "id": 7,
        "name": "label",
        "state": "success",
        "node_id": "n-1",
        "log_type": "slow",
        "role": "Primary",
        "begin": "2026-11-19T00:00:00Z",
        "end": "2026-11-20T00:00:00Z",
        "size": 9,
        "created": "2026-11-20T00:10:00Z",
        "finished": "2026-11-20T00:11:00Z",
    }
    assert described(package(7, "New", span=None, created=None))["state"] == "Package_New"
    future = TARGET.described()
    assert (future["id"], future["name"], future["begin"], future["size"]) == (None, "label", shown["begin"], None)
    assert set(future) == set(shown)


# -- carrying it out, against the emulator


class Case:
    """A window of yesterday on the emulator, and runs that ensure its package."""

    def __init__(self, emulator: Emulator) -> None:
        """Choose a node."""
        self.emulator = emulator
        self.node = emulator.world.cluster(CLUSTER).nodes()[0].node_id
        self.end = int(emulator.clock.now()) // DAY * DAY
        emulator.world.packaging_seconds = 30

    def add(self, **changes: Any) -> int:
        """Let the package be there already; return its id."""
        span = (self.end - DAY, self.end)
        return self.emulator.world.add_package(CLUSTER, self.node, "SlowLog", *span, **changes).id

    def run(self, *, ahead: float = 0.0, **changes: Any) -> tuple[str, Package]:
        """Run once; return what was decided at first, and the package."""
        clock = self.emulator.clock
        window = {"node_id": self.node, "begin": str(self.end - DAY), "end": str(self.end)}
        of = options(**{**window, **changes})
        api = umongodb(self.emulator, http(self.emulator, ahead=ahead))
        target = target_of(of, api.http.clock.now())
        ensurer = Ensurer(api, target, of, sleep=clock.advance, monotonic=clock.now)
        decision = ensurer.decide()
        return decision.action, ensurer.carry_out(decision)

    def fails(self, **changes: Any) -> CloudError:
        """Run once, in vain."""
        with pytest.raises(CloudError) as caught:
            self.run(**changes)
        return caught.value

    @property
    def asked(self) -> int:
        """How many times the cloud was asked for a package."""
        return len(self.emulator.requests.of("BackupUMongoDBLog"))

    @property
    def made(self) -> int:
        """How many packages there are."""
        return len(self.emulator.world.packages)


@pytest.fixture
def case(emulator: Emulator) -> Case:
    """A window whose package takes half a minute to make."""
    return Case(emulator)


def test_what_is_not_there_is_asked_for_and_waited_for_and_then_is_there(case: Case) -> None:
    action, made = case.run()
    assert (action, made.state) == (ASK, "Package_Success")
    assert case.run() == (HAVE, made)
    assert (case.asked, case.made) == (1, 1)


def test_what_exists_is_taken(case: Case) -> None:
    known = case.add(packaging_seconds=0)
    action, found = case.run()
    assert (action, found.id, case.asked) == (HAVE, known, 0)


def test_what_is_being_made_is_waited_for(case: Case) -> None:
    known = case.add(packaging_seconds=300)
    started = case.emulator.clock.now()
    action, found = case.run()
    assert (action, found.id, found.state, case.asked) == (WAIT, known, "Package_Success", 0)
    assert 300 <= case.emulator.clock.now() - started < 320


def test_what_failed_once_is_renewed_once(case: Case) -> None:
    case.add(packaging_seconds=0, failed=True)
    action, made = case.run()
    assert (action, made.state, case.asked) == (ASK, "Package_Success", 1)


def test_what_failed_twice_is_refused_until_a_day_has_passed(case: Case) -> None:
    for _time in range(2):
        case.add(packaging_seconds=0, failed=True)
    error = case.fails()
    until = iso(int(case.emulator.world.packages[-1].created_at) + DAY)
    assert (error.code, case.asked) == ("failed", 0)
    assert error.message == f"Its packaging failed 2 times; it is not asked for again before {until}."
    case.emulator.clock.advance(DAY)
    assert case.run()[1].state == "Package_Success"


@pytest.mark.parametrize("sparse", [False, True])
def test_what_keeps_failing_is_asked_for_twice_and_no_more(case: Case, sparse: bool) -> None:
    case.emulator.world.sparse = sparse
    case.emulator.clock.advance(2 * DAY)
    case.emulator.faults.add(Fault("BackupUMongoDBLog", "fail_package", times=None))
    error = case.fails()
    assert (error.code, case.asked, case.made) == ("failed", 2, 2)


@pytest.mark.parametrize("lag", [0, 5, 55])
def test_a_lost_answer_makes_exactly_one_package_however_late_it_is_listed(case: Case, lag: float) -> None:
    case.emulator.faults.add(
        Fault("BackupUMongoDBLog", "cut_after"), Fault("BackupUMongoDBLog", "list_lag", args={"seconds": lag})
    )
    action, made = case.run()
    assert (action, made.state) == (ASK, "Package_Success")
    assert (case.asked, case.made) == (1, 1)
    assert case.run() == (HAVE, made)


def test_a_package_that_is_listed_late_is_not_asked_for_twice(case: Case) -> None:
    case.emulator.faults.add(Fault("BackupUMongoDBLog", "list_lag", args={"seconds": 20}))
    case.run()
    assert (case.asked, case.made) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("retcode", {"code": 110}),
        ("retcode", {"code": 130}),
        ("retcode", {"code": 150}),
        ("http", {"status": 500}),
        ("http", {"status": 504}),
        ("html", {}),
        ("cut_before", {}),
    ],
)
def test_after_an_ambiguous_answer_the_list_is_watched_for_a_minute(
    case: Case, kind: str, args: dict[str, int]
) -> None:
    case.emulator.faults.add(Fault("BackupUMongoDBLog", kind, args=args))
    started = case.emulator.clock.now()
    error = case.fails()
    assert error.code == "not_listed"
    assert (case.asked, case.made) == (1, 0)
    assert 60 <= case.emulator.clock.now() - started < 70
    case.run()
    assert (case.asked, case.made) == (2, 1)


def test_somebody_elses_package_is_adopted_after_an_ambiguous_answer(case: Case) -> None:
    case.emulator.faults.add(Fault("BackupUMongoDBLog", "retcode", args={"code": 110}))
    known = case.add(packaging_seconds=0, list_lag=20)
    action, found = case.run()
    assert (action, found.id, case.made) == (ASK, known, 1)


def test_a_throttled_asking_is_repeated(case: Case) -> None:
    case.emulator.faults.add(Fault("BackupUMongoDBLog", "throttled", times=2))
    case.run()
    assert (case.asked, case.made) == (3, 1)


def test_a_refused_asking_is_told_at_once(case: Case) -> None:
    case.emulator.faults.add(Fault("BackupUMongoDBLog", "retcode", args={"code": 299}))
    assert case.fails().code == "299"
    assert (case.asked, case.made) == (1, 0)


def test_a_window_of_long_ago_is_had_when_it_is_listed(case: Case) -> None:
    known = case.add(packaging_seconds=0)
    case.emulator.clock.advance(30 * DAY)
    action, found = case.run()
    assert (action, found.id, case.asked) == (HAVE, known, 0)


def test_a_window_of_long_ago_is_refused_when_it_is_not_listed(case: Case) -> None:
    case.emulator.clock.advance(7 * DAY)
    error = case.fails()
    assert (error.code, case.asked) == ("expired", 0)
    assert error.message.endswith(f"the log could be had until {iso(case.end - DAY + 7 * DAY)}.")


def test_without_waiting_it_is_asked_for_and_listed(case: Case) -> None:
    case.emulator.faults.add(Fault("BackupUMongoDBLog", "list_lag", args={"seconds": 5}))
    action, made = case.run(wait=False)
    assert (action, made.state) == (ASK, "Package_Running")
    assert case.run(wait=False) == (WAIT, made)
    assert (case.asked, case.made) == (1, 1)


@pytest.mark.parametrize(("timeout", "interval"), [(0.0, 10.0), (45.0, 10.0), (5.0, 60.0)])
def test_waiting_ends_in_time_and_the_next_run_goes_on(case: Case, timeout: float, interval: float) -> None:
    case.emulator.world.packaging_seconds = 300
    started = case.emulator.clock.now()
    error = case.fails(wait_timeout=timeout, poll_interval=interval)
    assert (error.code, f"after {timeout:g} s" in error.message) == ("wait_timeout", True)
    assert case.emulator.clock.now() - started < timeout + 2
    assert case.run()[0] == WAIT
    assert case.asked == 1


def test_faults_of_the_list_while_waiting_pass(case: Case) -> None:
    case.emulator.faults.add(Fault("ListUMongoDBLogPackage", "http", times=3, skip=2))
    assert case.run()[1].state == "Package_Success"


def test_a_host_whose_clock_runs_ahead_does_not_have_a_window_cut_short(case: Case) -> None:
    with pytest.raises(BadInput, match="is in the future"):
        case.run(ahead=2 * DAY, begin=str(case.end), end=str(case.end + DAY))
    assert (case.asked, case.made) == (0, 0)


def test_a_package_made_before_the_window_was_over_is_not_taken(case: Case) -> None:
    case.add(packaging_seconds=0, created=case.end - 1)
    action, made = case.run()
    assert (action, case.asked, made.id) == (ASK, 1, case.emulator.world.packages[-1].id)
