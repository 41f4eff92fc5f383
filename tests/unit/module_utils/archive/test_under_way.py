# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run is under way over an instance, as far as it can be told, and how far it has come."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.under_way import under_way
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Moment, Seen
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso

from ...archives import FIRST, Made

NOW = FIRST + DAY
HERE = socket.gethostname()


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def locked(made: Made, host: str = HERE, pid: int | None = None, since: int = NOW - 60) -> None:
    made.file(".lock", json.dumps({"host": host, "pid": pid or os.getpid(), "since": iso(since)}).encode())


def noted(made: Made, at: int, **changed: Any) -> None:
    status = made.status
    moment = Moment("", Seen(12, 40, 310 << 20, 1 << 30), 60.0, 5.0 * (1 << 20), 142.0)
    status.progress = {"at": iso(at), **moment.as_dict(), **changed}
    status.save(at, made.ledger.head)


def look(made: Made) -> dict[str, Any] | None:
    return under_way(made.tree, made.status, "uclmongo-1", NOW)


def test_nothing_is_under_way_where_nobody_writes_or_whoever_did_was_killed(made: Made) -> None:
    noted(made, NOW - 5)
    assert look(made) is None
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    locked(made, pid=ended.pid)
    assert look(made) is None


def test_a_run_of_this_host_is_told_with_what_it_noted(made: Made) -> None:
    locked(made)
    run = look(made) or {}
    assert (run["pid"], run["noted"], run["progress"]) == (os.getpid(), None, None)
    assert run["sentence"] == f"uclmongo-1: since {iso(NOW - 60)}"
    noted(made, NOW - 5)
    run = look(made) or {}
    assert run["sentence"] == "uclmongo-1: 12 of 40 files, 310 MiB of 1.0 GiB, 5.0 MiB/s, 2 min 22 s left"
    assert (run["noted"], run["progress"]["left"], run["since"]) == (iso(NOW - 5), 142, iso(NOW - 60))


def test_what_a_killed_run_noted_is_not_that_of_the_one_after_it(made: Made) -> None:
    noted(made, NOW - 100)
    locked(made, since=NOW - 60)
    assert (look(made) or {})["progress"] is None


@pytest.mark.parametrize("changed", [{"files": None}, {"bytes": "much"}, {"waiting": 5, "left": "noon"}, {"rate": []}])
def test_what_cannot_be_read_is_no_progress(made: Made, changed: dict[str, Any]) -> None:
    locked(made)
    noted(made, NOW - 5, **changed)
    assert (look(made) or {})["progress"] is None


def test_a_time_that_cannot_be_read_is_no_progress(made: Made) -> None:
    locked(made)
    status = made.status
    status.progress = {"at": "noon"}
    status.save(NOW, made.ledger.head)
    assert (look(made) or {})["progress"] is None


def test_a_run_of_another_host_is_under_way_as_long_as_it_notes_something(made: Made) -> None:
    locked(made, host="elsewhere", since=NOW - 600)
    assert look(made) is None
    noted(made, NOW - 100)
    assert (look(made) or {})["host"] == "elsewhere"
    noted(made, NOW - 130)
    assert look(made) is None
    locked(made, host="elsewhere", since=NOW - 100)
    assert (look(made) or {})["progress"] is None
