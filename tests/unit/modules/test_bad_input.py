# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input of every option of every module: one sentence, nothing called, nothing written."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator

from ..running import run_module
from .conftest import MODULES

# More than a thousand inputs take the same few lines.
pytestmark = pytest.mark.uncounted

# Any text may be a key or a name.
FREE_TEXT = {
    *(
        "public_key",
        "private_key",
        "security_token",
        "channel_key",
        "access_key",
        "secret_key",
        "auth_token",
        "session_token",
    ),
    *("username", "password", "domain_name", "name", "audit_scope"),
}
FREE_TEXT |= {"match", "regex", "namespace", "operation", "user"}
FREE_TEXT |= {"unit", "reason", "by", "keywords", "database_keywords", "collection_keywords"}

BAD_BY_TYPE: dict[str, list[Any]] = {
    "bool": ["perhaps"],
    "int": ["many", -1, 1.5],
    "float": ["long", -1, "nan", "inf"],
    "path": ["not/absolute"],
    "raw": ["rw-r-----", "99", -1, [6, 4, 0]],
    "list": [["../up"], ["no such thing"]],
}
BAD_URL = ["ftp://host", "host", "http://", "https://u:p@host", "//"]
BAD_TIME = ["noon", "2026-03-09T00:00:00", "1763596800000", "-5"]
BAD_AGE = ["7", "week", "-1d", "1.5h"]
BAD_BY_NAME: dict[str, list[Any]] = {
    **dict.fromkeys(("api_url", "endpoint", "iam_endpoint", "endpoint_url"), BAD_URL),
    **dict.fromkeys(("begin", "end", "start_time", "end_time"), BAD_TIME),
    **dict.fromkeys(("lookback", "max_age", "alert_before", "stalled_after"), BAD_AGE),
    # In that time, what is waited for expires.
    "settle": [*BAD_AGE, "29d"],
    "min_age": [*BAD_AGE, "0d", "23h"],
    "days": ["many", -1, 1.5, 0],
    "keep_days": ["many", -1, 1.5, 1, 6, 733],
    **{name: ["nobody-of-this-name"] for name in ("owner", "group")},
    **{name: [[{"begin": "noon"}], [{"begin": "1", "end": "1", "reason": " "}]] for name in ("hold", "release")},
    "ca_path": ["/nowhere/ca.pem"],
    "retention": [{"mode": "for ever", "days": 1}, {"mode": "compliance", "days": 0}, {"mode": "compliance"}],
    "prefix": ["../up", "a//b", "a b", "/"],
}
BAD_ID = ["../up", "a b", "-x", "x" * 200, "ä"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """Return one emulator for all: nothing here may call it."""
    with Emulator(seed=7, clock="2026-03-10T00:30:00Z") as running:
        yield running


def options_of(module: str) -> OptionSet:
    found: OptionSet = importlib.import_module(
        f"ansible_collections.clouddb.mongodb_logs.plugins.modules.{module}"
    ).OPTIONS
    return found


def bad_values(option: str, spec: dict[str, Any]) -> list[Any]:
    if option in BAD_BY_NAME:
        return BAD_BY_NAME[option]
    if "choices" in spec and spec["type"] != "list":
        return ["no such choice"]
    return BAD_BY_TYPE.get(spec["type"], BAD_ID)


CASES = [
    (module, option, value)
    for module in MODULES
    for option, spec in options_of(module).options.items()
    if option not in FREE_TEXT
    for value in bad_values(option, dict(spec))
]
REQUIRED = [
    (module, option)
    for module in MODULES
    for option, spec in options_of(module).options.items()
    if spec.get("required")
]


def refused(emulator: Emulator, archive: Path, module: str, options: dict[str, Any], option: str) -> None:
    for check in (False, True):
        result = run_module(module, options, check=check)
        assert result["failed"], result
        assert option in result["msg"]
        assert "\n" not in result["msg"]
        assert "Traceback" not in str(result)
    assert list(emulator.requests) == []
    assert not archive.exists()


@pytest.mark.parametrize(("module", "option", "value"), CASES)
def test_a_value_that_cannot_be_meant_is_refused(
    emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path, module: str, option: str, value: Any
) -> None:
    options = {**good[module], option: value}
    if module.endswith("_archive") and option in ("begin", "end"):
        options = {**options, "begin": "2026-03-09T00:00:00Z", "end": "2026-03-10T00:00:00Z", option: value}
    refused(emulator, tmp_path / "archive", module, options, option)


@pytest.mark.parametrize(("module", "option"), REQUIRED)
@pytest.mark.parametrize("value", [None, " "])
def test_what_is_required_must_not_be_absent_or_blank(
    emulator: Emulator,
    good: dict[str, dict[str, Any]],
    tmp_path: Path,
    module: str,
    option: str,
    value: str | None,
) -> None:
    options = {name: given for name, given in good[module].items() if name != option}
    refused(emulator, tmp_path / "archive", module, {**options, option: value} if value else options, option)


@pytest.mark.parametrize("module", [module for module in MODULES if module.endswith("_archive")])
def test_begin_and_end_belong_together_and_in_order(
    emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path, module: str
) -> None:
    refused(emulator, tmp_path / "archive", module, {**good[module], "begin": "1773100800"}, "end")
    both = {"begin": "1773100800", "end": "1773100800"}
    refused(emulator, tmp_path / "archive", module, {**good[module], **both}, "end")


def test_a_span_has_no_exports(emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    span = {"begin": "2026-03-09T00:00:00Z", "end": "2026-03-10T00:00:00Z"}
    options = {**good["dds_log_archive"], **span, "log_types": ["slow"], "entries_by": "export"}
    refused(emulator, tmp_path / "archive", "dds_log_archive", options, "begin")


def test_a_stream_is_named_with_its_group(emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    for name in ("lts_group_id", "lts_stream_id"):
        options = {other: value for other, value in good["dds_audit_stream"].items() if other != name}
        refused(emulator, tmp_path / "archive", "dds_audit_stream", options, name)
        refused(emulator, tmp_path / "archive", "dds_audit_stream", {**options, "state": "absent"}, "lts_")


def test_an_audit_log_span_must_not_be_empty(
    emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    options = {**good["dds_audit_log_info"], "end_time": "2026-03-09T00:00:00Z"}
    refused(emulator, tmp_path / "archive", "dds_audit_log_info", options, "end_time")


@pytest.mark.parametrize(
    ("window", "named"),
    [
        ({"begin": "2026-03-10T00:00:00Z"}, "after begin"),
        ({"begin": "2026-03-08T23:59:59Z"}, "more than 24 hours"),
        ({"begin": "2026-03-09T12:00:00Z", "end": "2099-03-10T00:00:00Z"}, "more than 24 hours"),
        ({"begin": "2099-03-09T12:00:00Z", "end": "2099-03-10T00:00:00Z"}, "in the future"),
    ],
)
def test_a_package_is_of_a_day_at_most_that_is_over(
    emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path, window: dict[str, str], named: str
) -> None:
    refused(emulator, tmp_path / "archive", "umongodb_log_package", {**good["umongodb_log_package"], **window}, named)


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("dds_")])
def test_a_way_to_sign_in_is_needed(
    emulator: Emulator, good: dict[str, dict[str, Any]], tmp_path: Path, module: str
) -> None:
    options = {name: value for name, value in good[module].items() if name != "auth_token"}
    refused(emulator, tmp_path / "archive", module, options, "access_key")
    refused(emulator, tmp_path / "archive", module, {**options, "auth_token": ""}, "access_key")
    refused(emulator, tmp_path / "archive", module, {**options, "access_key": "AK"}, "secret_key")
