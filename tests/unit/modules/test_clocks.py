# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that decide by the time, and a cloud that tells another one: no run is green that saw nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault

from ..running import run_module

Options = dict[str, dict[str, Any]]

CHECK = pytest.mark.parametrize("check", [True, False])
OLD = pytest.mark.parametrize("old", [2 * DAY, -2 * DAY])
DECIDING = [
    *("umongodb_log_archive", "dds_log_archive", "umongodb_log_package", "umongodb_log_info", "dds_log_info"),
    "dds_audit_log",
]


def signed(emulator: Emulator, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a dds module with an access key in place of the token."""
    known = emulator.credentials["dds"]
    keys = {name: known[name] for name in ("access_key", "secret_key")}
    return {name: value for name, value in options.items() if name != "auth_token"} | keys


@OLD
@CHECK
@pytest.mark.parametrize("module", DECIDING)
def test_nothing_is_decided_where_nothing_proves_the_clock(
    emulator: Emulator, good: Options, module: str, check: bool, old: float
) -> None:
    options = good[module]
    emulator.faults.add(Fault("*", "stale_date", times=None, args={"seconds": old}))
    result = run_module(module, options, check=check)
    assert result["failed"]
    if module == "umongodb_log_package" and old > 0:
        assert result["failure"]["kind"] == "bad_input"  # as the window is not over yet by that Date
    else:
        assert result["failure"]["kind"] == "clock"
        assert "clock of this host says 2026-03-10T" in result["msg"]
        assert "2026-03-08T" in result["msg"] if old > 0 else "2026-03-12T" in result["msg"]
        assert "Synchronise" in result["msg"]
    assert not Path(good["umongodb_log_archive"]["archive"]).exists()
    assert emulator.world.packages == []


@OLD
@CHECK
def test_an_access_key_proves_the_clock(emulator: Emulator, good: Options, check: bool, old: float) -> None:
    options = signed(emulator, good["dds_log_archive"])
    expected = run_module("dds_log_archive", options, check=True)["counts"]["collected"]
    emulator.faults.add(Fault("*", "stale_date", times=None, args={"seconds": old}))
    result = run_module("dds_log_archive", options, check=check)
    assert result["counts"]["collected"] == expected > 0
    [warning] = [text for text in result["warnings"] if "clock" in str(text)]
    assert "was not relied on" in str(warning)
    assert run_module("dds_log_archive", options)["changed"] is check


@CHECK
@pytest.mark.parametrize("module", ["umongodb_log_archive", "dds_log_archive"])
def test_an_answer_from_a_cache_tells_no_time(emulator: Emulator, good: Options, module: str, check: bool) -> None:
    emulator.faults.add(Fault("*", "cached", times=None, args={"seconds": 2 * DAY}))
    result = run_module(module, good[module], check=check)
    assert result["counts"]["collected"] > 0
    assert "warnings" not in result


@CHECK
@pytest.mark.parametrize("module", ["umongodb_log_archive", "dds_log_archive"])
def test_a_difference_of_minutes_is_warned_of(emulator: Emulator, good: Options, module: str, check: bool) -> None:
    emulator.clock.date_offset = -600
    result = run_module(module, good[module], check=check)
    assert result["counts"]["collected"] > 0
    assert "the earlier of both was used" in str(result["warnings"])
