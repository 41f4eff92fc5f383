# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a run has come: looked at every so often, and put into words in this one place."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Any, Callable, NamedTuple, TypeVar

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._amounts import count, duration, size
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

One = TypeVar("One")

WIDTH = 80

# The rate is that of so many seconds.
_RECENT = 30.0

# When whoever had no room is asked again.
_AGAIN = 1.0

# An id of 36 characters and what belongs to it stands whole.
_LONGEST_NAME = 40


class Seen(NamedTuple):
    """What there is to see of a run at a moment. Totals are None where they are not known; ``waiting`` says for what, if at all."""

    files: int
    files_total: int | None = None
    bytes: int = 0
    bytes_total: int | None = None
    waiting: str = ""


class Moment(NamedTuple):
    """What was seen of a run, with what follows from it: bytes a second, and the seconds that are left where they can be told."""

    of: str
    seen: Seen
    seconds: float
    rate: float | None
    left: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        rate, left = (None if value is None else round(value) for value in (self.rate, self.left))
        return {**self.seen._asdict(), "seconds": round(self.seconds), "rate": rate, "left": left}

    @classmethod
    def of_dict(cls, of: str, value: Mapping[str, Any]) -> Moment:
        """Return what was made plain data. Raises KeyError, TypeError and ValueError for what is none."""
        totals = (None if value[name] is None else int(value[name]) for name in ("files_total", "bytes_total"))
        files_total, bytes_total = totals
        seen = Seen(int(value["files"]), files_total, int(value["bytes"]), bytes_total, str(value["waiting"]))
        rate, left = (None if value[name] is None else float(value[name]) for name in ("rate", "left"))
        return cls(of, seen, float(value["seconds"]), rate, left)


def words(moment: Moment, width: int = WIDTH) -> str:
    """Return a moment of a run as one line; what tells least is left out where it would not fit."""
    seen = moment.seen
    name = printable(moment.of)
    name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."
    files = f"{seen.files} of {count(seen.files_total, 'file')}" if seen.files_total else count(seen.files, "file")
    held = f"{size(seen.bytes)} of {size(seen.bytes_total)}" if seen.bytes_total else size(seen.bytes)
    rate = f"{size(moment.rate)}/s" if moment.rate else ""
    left = f"{_left(moment.left)} left" if moment.left is not None else ""
    # The first of these goes last.
    parts = {"files": files, "waiting": printable(seen.waiting), "left": left, "bytes": held, "rate": rate}
    if not seen.bytes:
        parts["bytes"] = ""
    order = ("files", "bytes", "rate", "left", "waiting")
    while True:
        line = f"{name}: {', '.join(parts[part] for part in order if parts.get(part))}"
        if len(line) <= width or len(parts) == 1:
            return line[:width]
        parts.popitem()


def _left(seconds: float) -> str:
    return duration(seconds * 1000) if seconds >= 59.5 else f"{max(1, round(seconds))} s"


class Teller(NamedTuple):
    """Whoever is told of a run, first after so many seconds, and then every so many.

    ``tell`` returns whether it took the moment; where it has no room for it now, it is asked again soon.
    """

    tell: Callable[[Moment], bool]
    first: float
    every: float


class Progress:
    """How far one run has come. ``of`` names what it is about. One thread owns it."""

    def __init__(self, of: str, *tellers: Teller, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._of = of
        self._monotonic = monotonic
        self._began = monotonic()
        self._due = {teller: self._began + teller.first for teller in tellers}
        self._recent = deque([(self._began, Seen(0))])

    def about(self, of: str) -> None:
        """Go on with something else, which is counted from its own begin."""
        self._of = of
        self._recent = deque([(self._monotonic(), Seen(0))])

    def look(self, see: Callable[[], Seen]) -> float:
        """Tell whoever wants to be told by now; only then is anything looked at.

        Return in how many seconds somebody wants to be told again; infinite when nobody ever does.
        """
        now = self._monotonic()
        due = [teller for teller, at in self._due.items() if at <= now]
        if due:
            moment = self._moment(see(), now)
            for teller in due:
                self._due[teller] = now + (teller.every if teller.tell(moment) else min(_AGAIN, teller.every))
        return min(self._due.values(), default=inf) - now

    def _moment(self, seen: Seen, now: float) -> Moment:
        recent = self._recent
        recent.append((now, seen))
        while len(recent) > 2 and now - recent[1][0] >= _RECENT:
            recent.popleft()
        since, first = recent[0]
        seconds = now - since
        rate = (seen.bytes - first.bytes) / seconds if seconds > 0 and seen.bytes > first.bytes else None
        # Many small files say nothing of a large one, nor it of them: the smaller of two guesses is the nearer one.
        guesses = []
        if rate and seen.bytes_total:
            guesses.append(max(0, seen.bytes_total - seen.bytes) / rate)
        if seen.files_total and seconds > 0 and seen.files > first.files:
            guesses.append(max(0, seen.files_total - seen.files) * seconds / (seen.files - first.files))
        left = min(guesses, default=None)
        return Moment(self._of, seen, now - self._began, rate, left)


def watched(
    progress: Progress, done: Iterable[One], size_of: Callable[[One], int], totals: Callable[[], tuple[int, int]]
) -> Iterator[One]:
    """Yield what comes to its end, one file after the other, with a look at the progress.

    ``totals`` gives how many files there are, and their bytes; it is asked when somebody wants to know, and once.
    """
    files = held = 0
    known: list[tuple[int, int]] = []

    def see() -> Seen:
        known[:] = known or [totals()]
        files_total, bytes_total = known[0]
        return Seen(files, files_total, held, bytes_total)

    progress.look(see)
    for one in done:
        yield one
        files += 1
        held += size_of(one)
        progress.look(see)


def nobody() -> Progress:
    """Return the progress of a run that nobody watches."""
    return Progress("")
