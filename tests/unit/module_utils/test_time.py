# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instants and ages users may write, and which clock decisions are made with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import (
    DAY,
    HOUR,
    MINUTE,
    TOLERANCE,
    Clock,
    compact,
    from_compact,
    from_iso,
    iso,
    iso_or_none,
    parse_age,
    parse_instant,
)
from hypothesis import given
from hypothesis import strategies as st

NOON = 1_795_176_000  # 2026-11-20T12:00:00Z
LATEST = 253_370_764_799  # the last second of the year 9998

instants = st.integers(0, LATEST)
zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def refused(parse: Callable[[str, str], int], text: str) -> str:
    """Return the sentence with which an option's value is refused."""
    with pytest.raises(BadInput) as caught:
        parse(text, "begin")
    assert caught.value.message.startswith("begin: ")
    assert caught.value.message.endswith(".")
    return caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "1795176000",
        " 1795176000\n",
        "2026-11-20T12:00:00Z",
        "2026-11-20t12:00:00z",
        "2026-11-20T12:00Z",
        "2026-11-20 12:00:00+00:00",
        "2026-11-20 12:00:00 +0000",
        "2026-11-20T12:00:00.999Z",
        "2026-11-20T12:00:00,5Z",
        "2026-11-20T20:00:00+0800",
        "2026-11-20T20:00:00+08:00",
        "2026-11-20T20:00:00+08",
        "2026-11-20T06:30:00-0530",
        "2026-11-21T01:45:00+13:45",
    ],
)
def test_every_form_of_an_instant_means_the_same(text: str) -> None:
    assert parse_instant(text, "begin") == NOON


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a time"),
        ("yesterday", "is not a time"),
        ("-5", "is not a time"),
        ("1e9", "is not a time"),
        ("1795176000.5", "is not a time"),
        ("\u0661\u0662\u0663", "is not a time"),
        ("2026-11-20", "is not a time"),
        ("2026-11-20Z", "is not a time"),
        ("2026-11-20T12Z", "is not a time"),
        ("2026-11-20T12:00:00Zulu", "is not a time"),
        ("20261120T120000Z", "is not a time"),
        ("2026-11-20T12:00:00", "has no offset"),
        ("2026-11-20 12:00", "has no offset"),
        ("2026-02-29T00:00:00Z", "is no time that exists"),
        ("2026-13-01T00:00:00Z", "is no time that exists"),
        ("2026-11-20T24:00:00Z", "is no time that exists"),
        ("2026-11-20T12:60:00Z", "is no time that exists"),
        ("2026-11-20T23:59:60Z", "is no time that exists"),
        ("2026-11-20T12:00:00+24:00", "is no time that exists"),
        ("2026-11-20T12:00:00+08:60", "is no time that exists"),
        ("1969-12-31T23:59:59Z", "out of range"),
        ("0001-01-01T00:00:00+14:00", "out of range"),
        ("9999-12-31T00:00:00Z", "out of range"),
        ("1795176000000", "not milliseconds"),
    ],
)
def test_what_is_no_instant_is_refused_with_the_reason(text: str, why: str) -> None:
    assert why in refused(parse_instant, text)


@given(instants, zones)
def test_an_instant_is_the_same_in_every_zone(instant: int, zone: timezone) -> None:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)).astimezone(zone)
    assert parse_instant(local.isoformat(), "begin") == instant


@given(st.text(max_size=30))
def test_any_text_is_an_instant_or_refused(text: str) -> None:
    try:
        assert 0 <= parse_instant(text, "begin") <= LATEST
    except BadInput as error:
        assert error.message.startswith("begin: ")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("90s", 90), ("10m", 600), ("36h", 36 * HOUR), ("7d", 7 * DAY), (" 2w ", 14 * DAY)],
)
def test_an_age_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_age(text, "begin") == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "7 d", "7D", "-7d", "1.5h", "1h30m", "7days", "7d\n7d", "\u0667d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    assert "is not an age" in refused(parse_age, text)


@pytest.mark.parametrize("text", ["36601d", "999999999w"])
def test_an_age_of_more_than_a_century_is_refused(text: str) -> None:
    assert "longer than a hundred years" in refused(parse_age, text)


@given(instants)
def test_what_is_written_is_read_back(instant: int) -> None:
    assert from_iso(iso(instant)) == instant
    assert from_compact(compact(instant)) == instant
    assert parse_instant(iso(instant), "begin") == instant


@given(instants)
def test_what_is_written_is_what_the_standard_library_writes(instant: int) -> None:
    moment = datetime(1970, 1, 1) + timedelta(seconds=instant)
    assert iso(instant) == moment.isoformat() + "Z" == iso_or_none(instant)
    assert compact(instant) == moment.strftime("%Y%m%dT%H%M%SZ")


def test_an_absent_instant_is_written_as_absent() -> None:
    assert iso_or_none(None) is None


near_iso = st.builds(
    lambda instant, position, character: iso(instant)[:position] + character + iso(instant)[position + 1 :],
    instants,
    st.integers(0, 20),
    st.text(alphabet="0123456789 +-_:.TZtz\u0663", max_size=2),
)


@given(st.one_of(near_iso, st.text(max_size=24)))
def test_only_what_was_written_is_read(text: str) -> None:
    for read, write in ((from_iso, iso), (from_compact, compact)):
        try:
            instant = read(text)
        except ValueError:
            continue
        assert write(instant) == text


@pytest.mark.parametrize("text", ["2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T00:99:00Z", "2026-11-20"])
def test_an_instant_that_cannot_be_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        from_iso(text)


def at(instant: float) -> datetime:
    return datetime.fromtimestamp(instant, tz=UTC)


@given(st.integers(-DAY, DAY))
def test_the_earlier_of_both_clocks_decides(ahead: int) -> None:
    clock = Clock(lambda: NOON + ahead)
    clock.observe(at(NOON))
    assert clock.now() == min(NOON, NOON + ahead)
    assert clock.local() == NOON + ahead


def test_the_local_clock_decides_until_a_server_tells_its_time() -> None:
    clock = Clock(lambda: NOON + 0.9)
    assert clock.now() == NOON
    assert clock.warning() is None


def test_the_difference_that_was_seen_is_kept_while_time_passes() -> None:
    passed = 0.0
    clock = Clock(lambda: NOON + HOUR + passed)
    clock.observe(at(NOON))
    passed = 10.0
    assert clock.now() == NOON + 10


def test_a_date_without_an_offset_is_in_utc() -> None:
    clock = Clock(lambda: NOON + HOUR)
    clock.observe(at(NOON).replace(tzinfo=None))
    assert clock.now() == NOON


@given(st.integers(-DAY, DAY))
def test_clocks_that_differ_by_more_than_a_minute_are_warned_of(ahead: int) -> None:
    clock = Clock(lambda: NOON + ahead)
    clock.observe(at(NOON))
    warning = clock.warning()
    if abs(ahead) <= MINUTE:
        assert warning is None
    else:
        assert warning is not None
        assert f"{abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} the API's" in warning


@given(st.integers(-(10**6), 10**6))
def test_the_two_times_enclose_both_clocks(offset: int) -> None:
    clock = Clock(lambda: 2.0 * 10**9)
    clock.observe(datetime.fromtimestamp(2 * 10**9 + offset, UTC))
    assert (clock.now(), clock.latest()) == (2 * 10**9 + min(0, offset), 2 * 10**9 + max(0, offset))


@given(st.integers(-(10**6), 10**6))
def test_clocks_that_are_far_apart_decide_nothing_where_neither_is_proven(offset: int) -> None:
    clock = Clock(lambda: NOON)
    clock.check()
    clock.observe(at(NOON + offset))
    if abs(offset) <= TOLERANCE:
        clock.check()
        return
    with pytest.raises(CloudError) as raised:
        clock.check()
    failure = raised.value.failure()
    assert failure["kind"] == failure["code"] == "clock"
    assert all(iso(time) in failure["message"] for time in (NOON, NOON + offset))
    assert "Synchronise" in failure["hint"]


@given(st.integers(-(10**6), 10**6))
def test_a_clock_that_is_proven_is_off_by_a_quarter_of_an_hour_at_most(offset: int) -> None:
    clock = Clock(lambda: NOON)
    clock.observe(at(NOON + offset))
    clock.prove()
    clock.check()
    assert (clock.now(), clock.latest()) == (
        NOON + min(0, max(-TOLERANCE, offset)),
        NOON + max(0, min(TOLERANCE, offset)),
    )
    warning = clock.warning() or ""
    assert bool(warning) is (abs(offset) > MINUTE)
    assert ("was not relied on" in warning) is (abs(offset) > TOLERANCE)
