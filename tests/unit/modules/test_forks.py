# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes are forked where no thread runs: one that held a lock would leave it held in them for ever, of which Python warns from 3.12 on."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.modules import log_archive_report
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator

from ..running import run_module


@pytest.mark.parametrize(
    ("module", "more"),
    [
        ("log_archive_export", {}),
        ("log_archive_report", {"slow": True}),
        ("log_archive_search", {}),
        ("log_archive_slow", {}),
    ],
)
def test_no_thread_of_a_module_runs_when_it_forks(
    emulator: Emulator,
    good: dict[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    more: dict[str, Any],
) -> None:
    run_module("dds_log_archive", good["dds_log_archive"] | {"log_types": ["slow"]})
    monkeypatch.setattr(log_archive_report, "time", SimpleNamespace(time=emulator.clock.now))
    before, begun, fork = {*threading.enumerate()}, [], os.fork

    def watched() -> int:
        begun.append({*threading.enumerate()} - before)
        return fork()

    monkeypatch.setattr(os, "fork", watched)
    run_module(module, good[module] | more | {"workers": 2})
    assert begun == [set(), set()]
