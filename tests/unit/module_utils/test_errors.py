# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a result tells of an error."""

from __future__ import annotations

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import (
    ArchiveError,
    BadInput,
    CloudError,
    DataLoss,
    Incomplete,
    LogsError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LogsError("No."), "error"),
        (BadInput("No."), "bad_input"),
        (ArchiveError("No."), "archive"),
        (ArchiveError("No.", code="ENOSPC"), "ENOSPC"),
        (DataLoss("No."), "data_loss"),
        (CloudError("No."), "cloud"),
        (CloudError("No.", code="153"), "153"),
        (Incomplete("No.", {}), "incomplete"),
    ],
)
def test_every_error_has_a_code_of_its_own_or_of_its_kind(error: LogsError, code: str) -> None:
    assert isinstance(error, LogsError)
    assert error.failure()["code"] == code


def test_nothing_of_an_error_moves_a_terminal_or_turns_its_text_around() -> None:
    words = "a\x1b]0;title\x07 \u202eb\u2066\ud800"
    error = CloudError(words, code=words, hint=words, request_id=words)
    assert error.message == str(error) == "a]0;title b"
    assert set(error.failure().values()) == {"a]0;title b", "cloud_fault"}


def test_the_message_of_a_result_ends_with_the_hint() -> None:
    assert LogsError("It is full.", hint="Free some space.").result() == {
        "msg": "It is full. Free some space.",
        "failure": {
            "code": "error",
            "kind": "error",
            "message": "It is full.",
            "hint": "Free some space.",
            "request_id": "",
        },
    }
    assert LogsError("It is full.").result()["msg"] == "It is full."


def test_a_cloud_error_gives_the_request_id_that_support_asks_for() -> None:
    assert CloudError("No.", request_id="abc").result()["failure"]["request_id"] == "abc"


def test_kind_and_hint_of_a_cloud_error_are_those_of_the_table_unless_they_are_given() -> None:
    error = CloudError("No.", code="299", cloud="umongodb")
    assert (error.kind, error.hint.startswith("Grant this key")) == ("permission", True)
    given = CloudError("No.", code="299", cloud="umongodb", kind="clock", hint="")
    assert (given.kind, given.hint) == ("clock", "")
    assert CloudError("No.", code="299", cloud="dds", status=404).kind == "not_found"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (LogsError("No."), "error"),
        (BadInput("No."), "bad_input"),
        (ArchiveError("No.", code="ENOSPC"), "archive"),
        (DataLoss("No."), "data_loss"),
        (Incomplete("No.", {}), "incomplete"),
        (Incomplete("No.", {}, ArchiveError("No.", code="ENOSPC")), "archive"),
    ],
)
def test_the_kind_stays_where_the_code_says_more(error: LogsError, kind: str) -> None:
    assert error.failure()["kind"] == kind


def test_what_was_done_stays_in_the_result_of_an_incomplete_run() -> None:
    cause = CloudError("Throttled.", code="153", cloud="umongodb", hint="Wait.", request_id="abc")
    result = Incomplete("1 unit is missing.", {"changed": True, "collected": 5}, cause).result()
    assert result == {
        "changed": True,
        "collected": 5,
        "msg": "1 unit is missing. Wait.",
        "failure": {
            "code": "153",
            "kind": "throttled",
            "message": "1 unit is missing.",
            "hint": "Wait.",
            "request_id": "abc",
        },
    }
