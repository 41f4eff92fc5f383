# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work in processes: every job has a result, whatever becomes of the process."""

from __future__ import annotations

import os
import signal
import time

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.pool import NotDone, done
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError


def work(job: int) -> int:
    if job == 3:
        raise ArchiveError("no file 3.")
    if job == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    if job == 7:
        time.sleep(600)
    return job * job


@pytest.mark.parametrize("workers", [1, 2, 5, 20])
def test_every_job_has_a_result(workers: int) -> None:
    jobs = [0, 1, 2, 3, 4, 6, 8, 9]
    results = dict(done(work, jobs, workers))
    assert results == {job: NotDone("no file 3.") if job == 3 else job * job for job in jobs}


def test_a_process_that_is_killed_or_takes_too_long_is_named_and_replaced() -> None:
    results = dict(done(work, list(range(12)), 2, limit=2))
    assert results.pop(5) == NotDone("its process was ended by the system.")
    assert results.pop(7) == NotDone("it took longer than 2 seconds.")
    assert results.pop(3) == NotDone("no file 3.")
    assert results == {job: job * job for job in range(12) if job not in (3, 5, 7)}


def test_an_error_that_nobody_foresaw_goes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        list(done(lambda job: 1 // job, [0], 1))
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(done(lambda job: 1 // job, [1, 0], 2))


def test_nothing_runs_on_when_nobody_wants_more() -> None:
    def slept(job: int) -> int:
        time.sleep(job * 600)
        return os.getpid()

    results = done(slept, [0, 1, 1], 2)
    _job, pid = next(results)
    assert isinstance(pid, int)
    results.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
