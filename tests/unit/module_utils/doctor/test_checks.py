# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of checks, what is skipped for what, and the screen."""

from __future__ import annotations

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import (
    FAILURE,
    OK,
    SKIPPED,
    WARNING,
    WIDTH,
    Check,
    Examination,
    Finding,
    ok,
    screen,
    skipped,
    warning,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, Incomplete
from hypothesis import given
from hypothesis import strategies as st

STATES = [OK, WARNING, FAILURE, SKIPPED]
CHECKS = st.builds(
    Check,
    st.text("abcXYZ:_", min_size=1, max_size=30),
    st.sampled_from(STATES),
    st.text(min_size=1),
    st.text(),
    st.text(),
)


def failing() -> Finding:
    raise ArchiveError("It is full.", code="ENOSPC", hint="Free some space.")


def test_what_needs_something_that_failed_is_skipped_for_the_first_that_failed() -> None:
    examination = Examination()
    examination.look("first", lambda: ok("Fine."))
    examination.look("second", failing, "first")
    examination.look("third", lambda: ok("Never told."), "first", "second")
    examination.look("fourth", lambda: ok("Never told."), "third")
    examination.look("fifth", lambda: warning("Hm.", "See.", "hm"), "first", "not looked at at all")
    states = {check.check: check.state for check in examination.checks}
    assert states == {"first": OK, "second": FAILURE, "third": SKIPPED, "fourth": SKIPPED, "fifth": WARNING}
    assert [check.message for check in examination.checks if check.state == SKIPPED] == [
        "Not looked at, as second failed."
    ] * 2
    assert examination.checks[1] == Check("second", FAILURE, "It is full.", "Free some space.", "ENOSPC")


def test_what_is_skipped_for_its_own_reason_blocks_nothing() -> None:
    examination = Examination()
    examination.look("first", lambda: skipped("It cannot be tried."))
    examination.look("second", lambda: ok("Fine."), "first")
    result = examination.result()
    assert (result["verdict"], result["changed"]) == (OK, False)
    assert result["screen"][-1].split(maxsplit=2) == ["ok", "verdict", "Collecting will work."]


def test_a_warning_does_not_fail() -> None:
    examination = Examination()
    examination.look("first", lambda: warning("Hm.", "See.", "hm"))
    result = examination.result()
    assert result["verdict"] == WARNING
    assert result["screen"] == [
        "warning  first    Hm.",
        "                  > See.",
        "warning  verdict  Collecting will work; look at first.",
    ]


def failing_otherwise() -> Finding:
    raise ArchiveError("Another.", code="other")


def test_a_failure_raises_everything_that_was_found_with_the_cause_of_the_first() -> None:
    examination = Examination()
    examination.look("first", failing)
    examination.look("second", failing_otherwise)
    with pytest.raises(Incomplete) as raised:
        examination.result()
    result = raised.value.result()
    assert result["msg"] == "2 of 2 checks failed, first first: It is full. Free some space."
    assert (result["failure"]["kind"], result["failure"]["code"]) == ("archive", "ENOSPC")
    assert (result["verdict"], len(result["checks"])) == (FAILURE, 2)


@given(st.lists(CHECKS, min_size=1))
def test_the_screen_is_narrow_and_tells_every_check(checks: list[Check]) -> None:
    lines = screen(checks)
    assert all(len(line) <= WIDTH and len(line.splitlines()) <= 1 for line in lines)
    begun = [line.split()[:2] for line in lines if not line.startswith(" ")]
    assert begun == [[check.state, check.check] for check in checks if check.message.split() or check.hint.split()]
