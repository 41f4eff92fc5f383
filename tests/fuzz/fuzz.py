# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Feeds answers that were made wrong to the collection until the time is over, and prints how many there were.

A seed that breaks a promise is printed; ``--only calls --seed N --count 1`` (or ``runs``) tries it once more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.clouddb.mongodb_logs.tests.fuzz.calls import Broken, CallFuzzer
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.runs import Fuzzing, RunFuzzer

# Archives need no disk that is safe.
MEMORY = Path("/dev/shm")
# A run takes as long as this many calls.
CALLS_FOR_A_RUN = 300
SAY_EVERY = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz; return 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to go on (60)")
    parser.add_argument("--count", type=int, help="how many seeds of each kind to try at most")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--only", choices=["calls", "runs"], help="single calls or whole runs alone")
    options = parser.parse_args(arguments)
    parent = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=parent) as folder:
        return _fuzz(options, Path(folder))


def _fuzz(options: argparse.Namespace, folder: Path) -> int:
    kinds: list[tuple[str, Fuzzing, int]] = []
    if options.only != "runs":
        kinds.append(("calls", CallFuzzer().run, CALLS_FOR_A_RUN))
    if options.only != "calls":
        kinds.append(("runs", RunFuzzer(folder).run, 1))
    end = time.monotonic() + options.seconds
    told, answers, broken = time.monotonic(), 0, 0
    tried = dict.fromkeys((name for name, _fuzzing, _turns in kinds), 0)
    while time.monotonic() < end and any(options.count is None or tried[name] < options.count for name in tried):
        for name, fuzzing, turns in kinds:
            for _turn in range(turns):
                if tried[name] == options.count or time.monotonic() >= end:
                    break
                seed = options.seed + tried[name]
                tried[name] += 1
                try:
                    answers += fuzzing(seed)
                except Broken as error:
                    broken += 1
                    print(f"--only {name} --seed {seed} --count 1: {error}", flush=True)
        if time.monotonic() - told > SAY_EVERY:
            told = time.monotonic()
            print(_summary(answers, tried, broken), flush=True)
    print(_summary(answers, tried, broken))
    return 1 if broken else 0


def _summary(answers: int, tried: dict[str, int], broken: int) -> str:
    what = ", ".join(f"{count} {name}" for name, count in tried.items())
    return f"fuzz: {answers} answers made wrong in {what}; {broken} promises broken"


if __name__ == "__main__":
    sys.exit(main())
