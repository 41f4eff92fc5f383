# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines that tell how far a module has come while it runs in a worker: few of them, however many workers there are."""

from __future__ import annotations

import os
import struct
import sys
import time
from collections.abc import Mapping
from mmap import mmap
from typing import Any, Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Moment, Teller, words

# Of a host, a play or all: whether lines are shown.
SWITCH = "clouddb_mongodb_logs_progress"

# Hosts that name no instance, but where an archive is.
_LOCAL = ("localhost", "127.0.0.1", "::1")


class Pace(NamedTuple):
    """When a run is told first, how often, and the time between two lines of any runs, all in seconds."""

    first: float
    every: float
    apart: float


TERMINAL = Pace(5, 5, 2)
LOG = Pace(15, 60, 15)


class Turns:
    """Whose turn it is to write a line: when the last one was written, in memory that all workers have.

    It is made by the process that they are forked from. Two that look in the same instant both write, which does no harm.
    """

    def __init__(self) -> None:
        self._last = mmap(-1, 8)

    def take(self, now: float, apart: float) -> bool:
        """Take a turn at a monotonic time, unless the last line was written less than so many seconds ago."""
        [last] = struct.unpack("d", self._last[:])
        if last and now - last < apart:
            return False
        self._last[:] = struct.pack("d", now)
        return True


_TURNS = Turns()


def pace_of(environment: Mapping[str, str], *, terminal: bool) -> Pace:
    """Return the pace: that of a log also where a controller such as AWX reads from a terminal of its own."""
    return TERMINAL if terminal and "AWX_ISOLATED_DATA_DIR" not in environment else LOG


# A worker has no terminal any more.
PACE = pace_of(os.environ, terminal=sys.stderr.isatty())


def teller(
    display: Any,
    host: str,
    pace: Pace = PACE,
    turns: Turns = _TURNS,
    monotonic: Callable[[], float] = time.monotonic,
) -> Teller:
    """Return what shows lines about a run for a host, on the side of errors, as results may be read by a program."""

    def tell(moment: Moment) -> bool:
        if not turns.take(monotonic(), pace.apart):
            return False
        _show(display, words(moment if host in _LOCAL else moment._replace(of=host)))
        return True

    return Teller(tell, pace.first, pace.every)


def _show(display: Any, line: str) -> None:
    """Show a line, in a worker by way of the process that it was forked from.

    ansible-runner, which a controller such as AWX runs Ansible with, puts marks around what `display` shows. In a worker they would go to
    streams of its own, of which ansible-core 2.19 and later warn each time.
    """
    queue = getattr(display, "_final_q", None)
    if queue is None:
        display.display(line, stderr=True)
    else:
        queue.send_display("display", line, stderr=True)
