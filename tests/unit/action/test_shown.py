# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines about modules in workers: how many there are, whatever their number, and whom they name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress, Seen
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._shown import (
    LOG,
    TERMINAL,
    Pace,
    Turns,
    pace_of,
    teller,
)


@pytest.mark.parametrize(
    ("terminal", "environment", "pace"),
    [
        (True, {}, TERMINAL),
        (False, {}, LOG),
        (True, {"AWX_ISOLATED_DATA_DIR": "/runner/artifacts/1"}, LOG),
    ],
)
def test_a_log_gets_fewer_lines_than_a_terminal(terminal: bool, environment: dict[str, str], pace: Pace) -> None:
    assert pace_of(environment, terminal=terminal) == pace


@pytest.mark.parametrize("pace", [TERMINAL, LOG])
@pytest.mark.parametrize("runs", [1, 4, 50])
def test_lines_are_few_however_many_runs_there_are_and_each_has_its_turn(pace: Pace, runs: int) -> None:
    now = 1000.0
    display, turns = mock.Mock(_final_q=None), Turns()
    hosts = [f"host-{number:02}" for number in range(runs)]
    progress = [
        Progress("id", teller(display, host, pace, turns, lambda: now), monotonic=lambda: now) for host in hosts
    ]
    for _tenth in range(6000):
        now += 0.1
        for one in progress:
            one.look(lambda: Seen(1, 2))
    lines = [call.args[0] for call in display.display.call_args_list]
    assert all(call.kwargs == {"stderr": True} for call in display.display.call_args_list)
    # Ten minutes: a few lines a minute in a log, and never nothing.
    assert 10 <= len(lines) <= (40 if pace == LOG else 300)
    if runs <= 4:
        assert {line.split(":")[0] for line in lines} == set(hosts)
        assert max(map(lines.count, lines)) <= 600 / pace.every + 1


def test_turns_are_shared_by_processes_that_are_forked() -> None:
    turns = Turns()
    assert turns.take(10.0, 5.0)
    child = os.fork()
    if not child:
        os._exit(0 if not turns.take(12.0, 5.0) and turns.take(15.0, 5.0) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not turns.take(19.0, 5.0)
    assert turns.take(20.0, 5.0)


@pytest.mark.parametrize(("host", "name"), [("shop", "shop"), ("localhost", "uclmongo-1")])
def test_a_line_names_the_host_and_on_localhost_the_instance(host: str, name: str) -> None:
    display: Any = mock.Mock(_final_q=None)
    Progress("uclmongo-1", teller(display, host, Pace(0, 1, 0), Turns())).look(lambda: Seen(0, 2))
    assert display.display.call_args.args == (f"{name}: 0 of 2 files",)


# A worker whose `display` ansible-runner has wrapped.
WORKER = """
from ansible.utils.display import Display
from ansible_runner.display_callback.callback import awx_display
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress, Seen
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._shown import Pace, Turns, teller

class Queue:
    def send_display(self, *arguments, **options):
        print(arguments, options)

display = Display()
display._final_q = Queue()
Progress("uclmongo-1", teller(display, "shop", Pace(0, 1, 0), Turns())).look(lambda: Seen(0, 2))
"""


def test_a_line_of_a_worker_goes_by_way_of_the_process_that_has_the_terminal(tmp_path: Path) -> None:
    variables = {**os.environ, "AWX_ISOLATED_DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", WORKER], env=variables, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("('display', 'shop: 0 of 2 files') {'stderr': True}\n", "")
