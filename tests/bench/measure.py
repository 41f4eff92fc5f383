# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measuring: a process with its time and its memory, two sides in turn, medians."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

# How often the memory of a process is looked at; the kernel keeps the peak, so that only the end must not be missed.
_LOOK = 0.02


class BenchError(Exception):
    """What went wrong, in a sentence."""


class Ran(NamedTuple):
    """A process that ended well: wall-clock seconds, what it printed, the most memory that it had, with its children."""

    seconds: float
    output: str
    peak: int


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which nobody's settings interfere."""
    foreign = re.compile(r"(UCLOUD|HW|HUAWEICLOUD)_|(https?|all|no)_proxy$", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if not foreign.match(name)} | more


def run(
    command: Sequence[str | Path], log: Path, variables: Mapping[str, str] | None = None, *, watch: bool = False
) -> Ran:
    """Run a command to its end, its output in ``log``. Raises BenchError when it fails."""
    peak = 0
    with log.open("w") as output:
        begin = time.monotonic()
        process = subprocess.Popen(
            list(map(str, command)),
            env=dict(variables or environment()),
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while watch and process.poll() is None:
                peak = max(peak, _peak(process.pid))
                time.sleep(_LOOK)
            process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.monotonic() - begin
    text = log.read_text(errors="replace")
    if process.returncode:
        raise BenchError(f"{Path(command[0]).name} failed: {text[-600:].strip()}")
    return Ran(seconds, text, peak)


def _peak(pid: int) -> int:
    """Return the most that a process has had, or what it and those that it started have now, where that is more."""
    children = _proc(f"{pid}/task/{pid}/children").split()
    together = sum(_kib("Pss", f"{one}/smaps_rollup") for one in (pid, *children)) if children else 0
    return max(_kib("VmHWM", f"{pid}/status"), together) * 1024


def _kib(name: str, path: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", _proc(path), re.MULTILINE)
    return int(found[1]) if found else 0


def _proc(path: str) -> str:
    with suppress(OSError):
        return Path("/proc", path).read_text()
    return ""


def in_turn(times: int, *sides: Callable[[], float]) -> list[float]:
    """Run the sides one after the other, so many times over, and return the median of what each measured."""
    measured: list[list[float]] = [[] for _side in sides]
    for _time in range(times):
        for side, seconds in zip(sides, measured, strict=True):
            os.sync()  # what the one left to be written is not for the other to wait for
            seconds.append(side())
    return [median(seconds) for seconds in measured]
