# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instants and ages: reading what users write, writing what files and APIs want. Instants are whole Unix seconds."""

from __future__ import annotations

import calendar
import re
import time
from datetime import datetime, timezone
from typing import Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import CLOCK

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# What a signed time may be off; clocks that are farther apart are not both right.
TOLERANCE = 15 * MINUTE

_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?$",
    re.ASCII | re.IGNORECASE,
)
_AGE = re.compile(r"(\d{1,9})([smhdw])$", re.ASCII)
_AGE_UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
LATEST = calendar.timegm((9999, 1, 1, 0, 0, 0))


def parse_instant(text: str, option: str) -> int:
    """Return the Unix seconds of an instant given as Unix seconds or as ISO 8601 with an offset.

    Raises BadInput, naming ``option``, for anything else: a time without an offset is not guessed at.
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,18}", text, re.ASCII):
        seconds = int(text)
    else:
        match = _ISO.match(text)
        if not match:
            raise BadInput(
                f"{option}: '{text}' is not a time; give Unix seconds or ISO 8601 with an offset,"
                " such as 2026-11-20T00:00:00Z."
            )
        day, clock, offset = match.groups()
        if not offset:
            raise BadInput(f"{option}: '{text}' has no offset from UTC; add one, such as Z or +08:00.")
        seconds = _seconds(day, clock, offset, text, option)
    if not 0 <= seconds < LATEST:
        raise BadInput(f"{option}: '{text}' is out of range; Unix times are in seconds, not milliseconds.")
    return seconds


def _seconds(day: str, clock: str, offset: str, text: str, option: str) -> int:
    clock = clock if clock.count(":") == 2 else clock + ":00"
    offset = "+0000" if offset in "Zz" else offset.replace(":", "").ljust(5, "0")
    try:
        return int(datetime.strptime(f"{day}T{clock}{offset}", "%Y-%m-%dT%H:%M:%S%z").timestamp())
    except ValueError:
        raise BadInput(f"{option}: '{text}' is no time that exists; check day, hour and offset.") from None


def parse_age(text: str, option: str) -> int:
    """Return the seconds of an age such as ``90s``, ``10m``, ``36h``, ``7d`` or ``2w``. Raises BadInput for anything else."""
    match = _AGE.match(text.strip())
    if not match:
        raise BadInput(f"{option}: '{text}' is not an age; give a number and one of s, m, h, d, w, such as 36h or 7d.")
    seconds = int(match.group(1)) * _AGE_UNITS[match.group(2)]
    if seconds > 100 * 366 * DAY:
        raise BadInput(f"{option}: '{text}' is longer than a hundred years.")
    return seconds


def parse_moment(text: str, option: str, now: int) -> int:
    """Return the Unix seconds of an instant, which may also be given as an age before ``now``. Raises BadInput."""
    return now - parse_age(text, option) if _AGE.match(text.strip()) else parse_instant(text, option)


def iso(instant: int) -> str:
    """Return an instant as people and tools read it: ``2026-11-20T00:00:00Z``."""
    return _format(instant, "%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(instant: int | None) -> str | None:
    """Return :func:`iso` of an instant that may be absent."""
    return None if instant is None else iso(instant)


def compact(instant: int) -> str:
    """Return an instant as it stands in file names: ``20261120T000000Z``."""
    return _format(instant, "%Y%m%dT%H%M%SZ")


def _format(instant: int, form: str) -> str:
    return time.strftime(form, time.gmtime(instant))


def from_iso(text: str) -> int:
    """Return the instant that :func:`iso` wrote. Raises ValueError for anything else. Quick, as ledgers are long."""
    try:
        return _midnights[text[:10]] + _clocks[text[10:]]
    except KeyError:
        return _midnight(text[:10]) + _clock(text[10:])


# Looked up before anything is called; there are few days, and few seconds in a day.
_midnights: dict[str, int] = {}
_clocks: dict[str, int] = {}


def _midnight(day: str) -> int:
    instant = calendar.timegm(time.strptime(day, "%Y-%m-%d"))
    if _format(instant, "%Y-%m-%d") != day:
        raise ValueError(day)
    _midnights[day] = instant
    return instant


def _clock(clock: str) -> int:
    hour, minute, second = int(clock[1:3]), int(clock[4:6]), int(clock[7:9])
    seconds = hour * HOUR + minute * MINUTE + second
    if not 0 <= seconds < DAY or _format(seconds, "T%H:%M:%SZ") != clock:
        raise ValueError(clock)
    _clocks[clock] = seconds
    return seconds


def from_compact(text: str) -> int:
    """Return the instant that :func:`compact` wrote. Raises ValueError for anything else."""
    instant = calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))
    if compact(instant) != text:
        raise ValueError(text)
    return instant


class Clock:
    """The two times that decisions are made with: the earlier and the later one of the local clock and the API's.

    What is closed or expired is judged by the earlier: a clock that runs ahead would take a window for closed that is not. How
    far a list reaches is judged by the later: a clock that is behind would leave out what is there. Where the cloud has proven
    the local clock, the other one counts for no more than a quarter of an hour.
    """

    def __init__(self, local: Callable[[], float] = time.time) -> None:
        self._local = local
        self._offset: float | None = None
        self._proven = False

    def local(self) -> float:
        """Return the local clock's time, which requests are signed with."""
        return self._local()

    def observe(self, server: datetime) -> None:
        """Take note of the time that a server's ``Date`` header gave just now."""
        if server.tzinfo is None:
            server = server.replace(tzinfo=timezone.utc)
        self._offset = server.timestamp() - self._local()

    def prove(self) -> None:
        """Take note that the cloud accepted a request signed with the local time: it is right within :data:`TOLERANCE`.

        Source: Huawei Cloud API signing guide, which says of ``X-Sdk-Date`` that it may be 15 minutes off.
        """
        self._proven = True

    def now(self) -> int:
        """Return the earlier of both clocks; the local one as long as no server has told its time."""
        return int(self._local() + min(0.0, self._counted()))

    def latest(self) -> int:
        """Return the later of both clocks, up to which there may be something to list."""
        return int(self._local() + max(0.0, self._counted()))

    def skew(self) -> float:
        """Return the seconds that the local clock is ahead of the API's; 0 as long as no server has told its time."""
        return -(self._offset or 0.0)

    def check(self) -> None:
        """Raise CloudError when nothing can be decided: the clocks are far apart, and it is not known which one is right."""
        if not self._far_apart or self._proven:
            return
        raise CloudError(
            f"The clock of this host says {iso(int(self._local()))} and the API's answers say"
            f" {iso(int(self._local() - self.skew()))}; with more than 15 minutes between them, what is over or expired cannot"
            " be told.",
            code="clock",
            kind=CLOCK,
            hint="Synchronise the clock of this host; where it is right, look for a cache or a gateway that sends an old Date.",
        )

    def warning(self) -> str | None:
        """Return a sentence when both clocks differ by more than a minute."""
        if self._offset is None or abs(self._offset) <= MINUTE:
            return None
        ahead = "behind" if self._offset > 0 else "ahead of"
        apart = f"The clock of this host is {abs(self._offset):.0f} s {ahead} the API's;"
        if self._far_apart and self._proven:
            return (
                f"{apart} as a request signed with its time was accepted, the Date of the API's answers is wrong, and was not"
                " relied on. Look for a cache or a gateway that sends an old one."
            )
        return (
            f"{apart} the earlier of both was used. Synchronise it, as requests signed with a wrong time are refused."
        )

    @property
    def _far_apart(self) -> bool:
        return abs(self.skew()) > TOLERANCE

    def _counted(self) -> float:
        offset = self._offset or 0.0
        return max(-TOLERANCE, min(TOLERANCE, offset)) if self._proven else offset
