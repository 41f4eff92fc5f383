# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator's clock: real time plus an offset, so that expiry is tested without waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate


def parse_instant(value: str | float | int | datetime) -> float:
    """Turn Unix seconds, an aware datetime or ISO 8601 with an offset into Unix seconds."""
    if isinstance(value, (int, float)):
        return float(value)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs an offset: {value}")
    return moment.timestamp()


def iso(instant: float) -> str:
    """Write an instant as ISO 8601 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(instant, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class Clock:
    """Real time plus an offset; it ticks, and tests move it.

    It governs all data: retention, packaging, the life of links and tokens, and the `Date` header of
    every answer. Only the check of `X-Sdk-Date` looks elsewhere (`signature_now`), because whoever signs
    does so with the machine's clock: a test that moves the data into last year would otherwise have
    every signature refused. `signature_offset` makes that other clock wrong on purpose, `signer` another
    one: `self.now` where whoever signs has this time. `date_offset` makes the `Date` header wrong.
    """

    def __init__(self, now: str | float | int | datetime | None = None) -> None:
        """Start at `now`, by default at the machine's time."""
        self._offset = 0.0
        self.signature_offset = 0.0
        self.signer: Callable[[], float] = time.time
        self.date_offset = 0.0
        if now is not None:
            self.set(now)

    def now(self) -> float:
        """Return the emulator's time in Unix seconds."""
        return time.time() + self._offset

    def signature_now(self) -> float:
        """Return the time that `X-Sdk-Date` is compared with."""
        return self.signer() + self.signature_offset

    def set(self, instant: str | float | int | datetime) -> None:
        """Jump to an instant; the clock goes on ticking from there."""
        self._offset = parse_instant(instant) - time.time()

    def advance(self, seconds: float) -> None:
        """Jump forward (or back, with a negative number)."""
        self._offset += seconds

    def http_date(self, ahead: float = 0.0) -> str:
        """Return the emulator's time, or one so many seconds ahead, as headers spell it."""
        return formatdate(self.now() + ahead, usegmt=True)
