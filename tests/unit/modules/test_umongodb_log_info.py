# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A preview of a node's log: what is shown, what is refused, and why there may be nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, iso
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import Preview, UMongoDB
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault

from ..running import run_module
from .test_modules import secrets_of

MODULE = "umongodb_log_info"


@pytest.fixture
def options(good: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Options that show the last two hours of a data node's slow log."""
    return good[MODULE]


def show(options: dict[str, Any], *, check: bool = False, **changes: Any) -> dict[str, Any]:
    return run_module(MODULE, {**options, **changes}, check=check)


def refused(options: dict[str, Any], emulator: Emulator, **changes: Any) -> str:
    result = show(options, **changes)
    assert (result["failed"], result["failure"]["code"], len(emulator.requests)) == (True, "bad_input", 0)
    return str(result["msg"])


@pytest.mark.parametrize("check", [False, True])
def test_lines_of_the_last_hours_are_shown(emulator: Emulator, options: dict[str, Any], check: bool) -> None:
    result = show(options, check=check, begin="6h")
    assert (result["changed"], result["truncated"], result["max_lines"], result["notice"]) == (False, False, 100, None)
    assert len(result["lines"]) > 5
    first = emulator.clock.now() - 6 * HOUR
    for line in result["lines"]:
        assert json.loads(line)["t"]["$date"] >= iso(int(first) - 1)[:19]
    assert "warnings" not in result
    [record] = emulator.requests
    assert abs(int(record.params["Begin"]) - first) < 5
    assert "End" not in record.params


def test_a_span_may_be_given_in_every_form(emulator: Emulator, options: dict[str, Any]) -> None:
    now = int(emulator.clock.now())
    spans = [("5h", "2h"), (str(now - 5 * HOUR), str(now - 2 * HOUR)), (iso(now - 5 * HOUR), iso(now - 2 * HOUR))]
    results = [show(options, begin=begin, end=end)["lines"] for begin, end in spans]
    assert all(len(lines) > 3 for lines in results)
    assert results[1] == results[2]


def test_a_truncated_log_is_said_to_be_a_preview(emulator: Emulator, options: dict[str, Any]) -> None:
    emulator.world.preview_lines = 3
    result = show(options, begin="20h")
    assert (len(result["lines"]), result["truncated"], result["max_lines"]) == (3, True, 3)
    [warning] = result["warnings"]
    assert "preview" in str(warning)
    assert "umongodb_log_archive" in str(warning)


def test_a_quiet_node_has_no_lines_and_a_notice(emulator: Emulator, options: dict[str, Any]) -> None:
    emulator.world.quiet(options["node_id"])
    result = show(options, end="1h")
    assert (result["lines"], result["truncated"], result["notice"]["code"]) == ([], False, "nothing_logged")
    assert options["node_id"] in result["notice"]["message"]
    assert result["notice"]["message"].endswith(".")


@pytest.mark.parametrize("text", ["one\ntwo", "one\ntwo\n", "one\r\ntwo\r\n"])
def test_lines_are_split_at_line_breaks_alone(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(UMongoDB, "log", lambda *_args, **_named: Preview(text, False, None))
    assert show(options)["lines"] == ["one", "two"]
    strange = "one\u2028still one\x0cand still\ntwo"
    monkeypatch.setattr(UMongoDB, "log", lambda *_args, **_named: Preview(strange, True, None))
    result = show(options)
    assert len(result["lines"]) == 2
    assert "2 lines here, and left" in str(result["warnings"])


# -- what cannot be shown


def test_the_slow_log_of_a_mongos_node_cannot_be_had_and_is_explained(
    emulator: Emulator, options: dict[str, Any]
) -> None:
    cluster = emulator.world.clusters[1]
    node: dict[str, Any] = {"cluster_id": cluster.cluster_id, "node_id": cluster.mongos[0].node_id}
    result = show(options, **node)
    assert (result["failed"], result["failure"]["code"], result["failure"]["kind"]) == (
        True,
        "cannot_have",
        "parameter",
    )
    assert "is a mongos node, and these have no slow log" in result["msg"]
    assert "error log" in result["failure"]["hint"]
    assert not show(options, **node, log_type="error").get("failed")


def test_another_refusal_is_told_as_it_is(emulator: Emulator, options: dict[str, Any]) -> None:
    emulator.faults.add(Fault("GetUMongoDBLog", "retcode", times=None, args={"code": 230}))
    assert show(options)["failure"]["code"] == "230"
    emulator.faults.add(Fault("DescribeUMongoDBInstance", "retcode", times=None, args={"code": 299}))
    assert show(options)["failure"]["code"] == "230"


@pytest.mark.parametrize(
    ("begin", "end", "told"),
    [
        ("169h", None, "more than seven days ago"),
        ("8d", "7d", "more than seven days ago"),
        ("0s", None, "begin .* is in the future"),
        ("2h", "2h", "must be after begin"),
        ("2h", "3h", "must be after begin"),
        ("25h", "1h", "less than 24 hours"),
        ("30h", "1h", "less than 24 hours"),
    ],
)
def test_a_span_that_the_cloud_does_not_show_is_refused_before_any_call(
    emulator: Emulator, options: dict[str, Any], begin: str, end: str | None, told: str
) -> None:
    message = refused(options, emulator, begin=begin, **({"end": end} if end else {}))
    assert re.search(told, message)


def test_a_future_is_refused_before_any_call(emulator: Emulator, options: dict[str, Any]) -> None:
    now = int(emulator.clock.now())
    assert "end" in refused(options, emulator, end=iso(now + 60))
    assert "in the future" in refused(options, emulator, begin=iso(now + 60))


def test_a_day_less_a_second_is_shown_and_seven_days_can_be_reached(
    emulator: Emulator, options: dict[str, Any]
) -> None:
    now = int(emulator.clock.now())
    assert show(options, begin=str(now - 2 * DAY), end=str(now - DAY - 1))["lines"]
    assert show(options, begin=str(now - 7 * DAY + 60), end=str(now - 6 * DAY))["lines"]


# -- what the cloud may answer


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((110, "cloud_fault"), (130, "cloud_fault"), (150, "cloud_fault"), (153, "throttled"), (161, "parameter")),
        *((170, "credentials"), (171, "credentials"), (172, "credentials"), (174, "credentials")),
        *((292, "not_found"), (293, "permission"), (294, "credentials"), (295, "credentials"), (299, "permission")),
    ],
)
def test_every_refusal_has_its_kind(emulator: Emulator, options: dict[str, Any], code: int, kind: str) -> None:
    emulator.faults.add(Fault("GetUMongoDBLog", "retcode", times=None, args={"code": code}))
    result = show(options)
    assert (result["failure"]["code"], result["failure"]["kind"]) == (str(code), kind)
    assert result["failure"]["request_id"]
    assert result["failure"]["hint"].endswith(".")


@pytest.mark.parametrize("kind", ["retcode", "throttled", "http", "html", "cut_before", "cut_after"])
def test_a_fault_that_passes_is_waited_out(emulator: Emulator, options: dict[str, Any], kind: str) -> None:
    emulator.faults.add(Fault("GetUMongoDBLog", kind))
    assert show(options)["lines"]


@pytest.mark.parametrize("changes", [{"cluster_id": "uclmongo-none"}, {"node_id": "unmongo-none"}])
def test_what_is_not_there_is_an_error(options: dict[str, Any], changes: dict[str, Any]) -> None:
    result = show(options, **changes)
    assert result["failed"]
    assert next(iter(changes.values())) in result["msg"]


def test_a_key_without_the_permission_is_told(emulator: Emulator, options: dict[str, Any]) -> None:
    emulator.world.ucloud_accounts[0].denied_actions.append("GetUMongoDBLog")
    assert show(options)["failure"]["kind"] == "permission"


def test_wrong_credentials_are_told_without_being_shown(emulator: Emulator, options: dict[str, Any]) -> None:
    result = show(options, private_key="not-the-private-key")
    assert (result["failure"]["code"], result["failure"]["kind"], len(emulator.requests)) == ("171", "credentials", 1)
    result.pop("invocation", None)
    text = str(result)
    for secret in (*secrets_of(emulator).values(), "not-the-private-key"):
        assert secret not in text
