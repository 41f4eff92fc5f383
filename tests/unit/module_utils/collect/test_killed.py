# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed, at any moment, is carried on by the next as if nothing had been.

The run goes on in a child process. What it does to the disk and the network is counted, and the child kills itself with
SIGKILL right before or right after one of these moments.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import content_mark
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.source import AUDIT
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from .conftest import START, Cluster, Instance, Timeline, agree, quiet, verify
from .lines import held, midnight

# What is killed is not counted anyway, and what carries on is counted elsewhere.
pytestmark = pytest.mark.uncounted


# Everything that a run does to the disk, and each request that it sends.
STEPS = ("open", "write", "pwrite", "fsync", "ftruncate", "rename", "unlink", "mkdir", "chmod")
TESTS = 4


Moment = tuple[str, int]  # a label, and which time it comes up


def label(step: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return what a step is about: which call, on which kind of file, or which request."""
    if step == "request":
        _connection, method, url = args
        action = re.search(rb"Action=(\w+)", kwargs["body"] or b"")
        return f"{method} {action[1].decode() if action else url.partition('?')[0].rpartition('/')[2][:20]}"
    target = args[1] if step == "rename" else args[0]
    path = Path(os.readlink(f"/proc/self/fd/{target}") if isinstance(target, int) else target)
    kinds = {"ledger": "ledger", ".status": "status.part", "status": "status", ".lock": "lock"}
    kinds |= {".checkpoint": "checkpoint.part", "checkpoint": "checkpoint"}
    kind = next((kind for start, kind in kinds.items() if path.name.startswith(start)), "")
    return f"{step} {kind or ('part' if path.name.endswith('.part') else 'folder or file')}"


class Moments:
    """Counts the moments of a run, and kills the process at one of them."""

    def __init__(self, fatal: Moment | None) -> None:
        self.count: Counter[str] = Counter()
        self._fatal = fatal
        self._lock = threading.Lock()

    def watched(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return a step with a moment before it and one after it."""

        def moment(what: str) -> None:
            with self._lock:
                self.count[what] += 1
                if (what, self.count[what]) == self._fatal:
                    os.kill(os.getpid(), signal.SIGKILL)

        def run(*args: Any, **kwargs: Any) -> Any:
            what = label(name, args, kwargs)
            moment(f"before {what}")
            result = step(*args, **kwargs)
            moment(f"after {what}")
            return result

        return run


def chosen(count: Counter[str], moments: int) -> list[Moment]:
    """Return at least so many moments: the first of every label, and others spread evenly over the rest."""
    first = [(what, 1) for what in sorted(count)]
    rest = [(what, number) for what in sorted(count) for number in range(2, count[what] + 1)]
    more = max(0, moments - len(first))
    return first + [rest[number * len(rest) // more] for number in range(more)]


def run_in_child(timeline: Timeline, collect: Callable[[], object], fatal: Moment | None) -> Counter[str] | None:
    """Run in a child; return how many moments the run had, or None when it was killed at one of them."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        moments, report = Moments(fatal), os.write
        control = f"{timeline.emulator.url}/_emulator/clock"
        advance = timeline.emulator.clock.advance

        def sleep(seconds: float) -> None:
            advance(seconds)  # the child's copy of the clock, and the emulator's own
            requests.post(control, json={"advance": seconds}, timeout=60).raise_for_status()

        timeline.emulator.clock.advance = sleep  # type: ignore[method-assign]
        for name in STEPS:
            setattr(os, name, moments.watched(name, getattr(os, name)))
        requesting = urllib3.connection.HTTPConnection
        setattr(requesting, "request", moments.watched("request", requesting.request))  # noqa: B010 - mypy
        try:
            collect()
            report(writing, json.dumps(moments.count).encode("ascii"))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    _pid, status = os.waitpid(child, 0)
    if told:
        return Counter(json.loads(told))
    assert os.WIFSIGNALED(status), "the run ended by an error"
    assert os.WTERMSIG(status) == signal.SIGKILL
    return None


@contextmanager
def clouds(kind: type[Timeline], folder: Path) -> Iterator[Any]:
    """Return a timeline of a cloud whose new packages show on the list only seconds later."""
    with Emulator(seed=5, clock=START, packaging_seconds=2) as emulator:
        if kind is Cluster:
            emulator.faults.add(Fault("BackupUMongoDBLog", "list_lag", times=None, args={"seconds": 5}))
        timeline = kind(emulator, folder / "archive")
        if isinstance(timeline, Instance):
            emulator.world.export_seconds = 2
            timeline.log_types = (AUDIT, "slow")
            for hours in range(1, 5):
                timeline.add_log(hours)
        yield timeline


def collecting(timeline: Any) -> Callable[[], Any]:
    if isinstance(timeline, Cluster):
        return lambda: timeline.collect(lookback=86400, window=43200, log_types=("slow", "error"))
    return timeline.collect  # type: ignore[no-any-return]


def kill_and_carry_on(kind: type[Timeline], folder: Path, moments: int, part: int) -> Iterator[Any]:
    """Yield a timeline for each moment of this part: killed at that moment, carried on by a second run, verified."""
    with clouds(kind, folder / "whole") as timeline:
        whole = run_in_child(timeline, collecting(timeline), None)
        assert whole is not None
    for number, moment in list(enumerate(chosen(whole, moments)))[part::TESTS]:
        with clouds(kind, folder / str(number)) as timeline:
            killed = run_in_child(timeline, collecting(timeline), moment) is None
            # Threads may bring a step up less often than in the whole run, but once it comes in every run; only whether
            # there is a folder to look for an old .part in depends on which of them was first.
            assert killed or moment[1] > 1 or "unlink part" in moment[0], f"the run had no moment {moment}"
            agree(timeline.archive / timeline.folder)
            assert collecting(timeline)().message() is None, f"killed {moment}"
            yield timeline
            assert collecting(timeline)().changed is False


@contextmanager
def queried_clouds(folder: Path) -> Iterator[Instance]:
    """Return a timeline where each node has a new window of several pages to be read, and one with a late entry to be reread."""
    with Emulator(seed=5, clock=START) as emulator:
        timeline = Instance(emulator, folder / "archive")
        quiet(timeline)
        begin = midnight(timeline)
        emulator.world.add_entries(
            timeline.instance.id, 700, 2, until=begin + DAY, log_types=("SlowLog",), late=0, bursts=0
        )
        for node in timeline.instance.nodes():
            emulator.world.add_entry(timeline.instance.id, "SlowLog", begin - HOUR, node_id=node.id, shown=begin + DAY)
        timeline.collect(lookback=DAY)
        timeline.advance(days=1)
        yield timeline


@pytest.mark.parametrize("part", range(TESTS))
def test_a_run_that_reads_windows_killed_at_any_of_sixty_moments_is_carried_on(tmp_path: Path, part: int) -> None:
    def collect(timeline: Instance) -> Callable[[], Any]:
        return lambda: timeline.collect(lookback=2 * DAY)

    with queried_clouds(tmp_path / "whole") as timeline:
        whole = run_in_child(timeline, collect(timeline), None)
        assert whole is not None
        assert {"before rename folder or file", "after write status.part", "before write ledger"} <= whole.keys()
        expected = files(timeline)
    assert len(expected) == 3 * len(timeline.instance.nodes())
    for number, moment in list(enumerate(chosen(whole, 60)))[part::TESTS]:
        with queried_clouds(tmp_path / str(number)) as timeline:
            killed = run_in_child(timeline, collect(timeline), moment) is None
            assert killed or moment[1] > 1 or "unlink part" in moment[0], f"the run had no moment {moment}"
            agree(timeline.archive / timeline.folder)
            assert collect(timeline)().message() is None, f"killed {moment}"
            assert files(timeline) == expected, f"killed {moment}"
            assert set(held(timeline).values()) == {1}
            assert collect(timeline)().changed is False


def files(timeline: Instance) -> dict[str, str]:
    """Return the path and the SHA-256 of every unit that is held."""
    return {
        line["path"]: line["sha256"]
        for line in verify(timeline.archive / timeline.folder)
        if line["status"] == "collected"
    }


def collected(timeline: Timeline, folder: str) -> list[str]:
    return sorted(line["unit"] for line in verify(timeline.archive / folder) if line["status"] == "collected")


@pytest.mark.parametrize("part", range(TESTS))
def test_a_run_killed_at_any_of_a_hundred_moments_is_carried_on(tmp_path: Path, part: int) -> None:
    for timeline in kill_and_carry_on(Cluster, tmp_path, 100, part):
        packages = [(p.node_id, p.log_type, p.begin, p.end) for p in timeline.emulator.world.packages]
        assert not any(overlapping(one, other) for one, other in itertools.combinations(packages, 2))
        assert len(collected(timeline, timeline.folder)) == len(packages)


@pytest.mark.parametrize("part", range(TESTS))
def test_a_run_over_audit_and_slow_logs_killed_at_any_of_its_steps_is_carried_on(tmp_path: Path, part: int) -> None:
    for timeline in kill_and_carry_on(Instance, tmp_path, 0, part):
        units = collected(timeline, timeline.folder)
        exported = [unit for unit in units if content_mark(unit)]
        assert [unit for unit in units if unit not in exported] == sorted(
            log.id for log in timeline.instance.audit_logs
        )
        assert len(exported) == len(timeline.instance.nodes())


def overlapping(one: tuple[str, str, int, int], other: tuple[str, str, int, int]) -> bool:
    return one[:2] == other[:2] and max(one[2], other[2]) < min(one[3], other[3])
