# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON and its MongoDB dialect: decoding by the quickest parser that is there, numbers and instants in their wrappings."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any, Callable

_quick: Callable[[bytes], Any] | None = None
try:
    import orjson
except ImportError:
    pass
else:
    _quick = orjson.loads

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LATEST = 253402300799999

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?\Z", re.ASCII | re.IGNORECASE
)

# How many minutes and offsets are kept in mind.
_MANY = 4096
_minutes: dict[str, int] = {}
_offsets: dict[str, int] = {"Z": 0, "z": 0, "+00:00": 0, "+0000": 0}


def decoded(line: bytes) -> Any:
    """Return what a line of JSON says. Raises ValueError or RecursionError for what is none.

    A line that is no UTF-8 is read all the same, as far as it goes. The quicker parser refuses some of what the
    standard library's takes, and its integers end at 64 bits, which no field that is looked at here exceeds.
    """
    if _quick:
        try:
            return _quick(line)
        except ValueError:
            pass
    return json.loads(str(line, "utf-8", "replace"))


def encoded(value: Any) -> str:
    """Return a value as JSON, compact."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def text(value: Any) -> str | None:
    """Return a text; None for anything else and for an empty one."""
    return value if isinstance(value, str) and value else None


def whole(value: Any) -> int | None:
    """Return a whole number, also from its wrapping of Extended JSON or from digits in quotes; None for anything else."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if isinstance(value, str):
        return int(value) if re.fullmatch(r"-?\d{1,19}", value, re.ASCII) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def instant(value: Any) -> tuple[int | None, str]:
    """Return a date of Extended JSON in milliseconds since 1970, and as it is written."""
    if isinstance(value, dict):
        value = value.get("$date", value)
    if isinstance(value, str):
        return milliseconds(value), value
    number = whole(value)
    if number is None or not -_LATEST <= number <= _LATEST:
        return None, encoded(value)
    return number, str(number)


def milliseconds(written: str) -> int | None:
    """Return an ISO 8601 time in milliseconds since 1970, UTC where no offset is written; None for anything else."""
    try:
        # As mongod writes it.
        if written[19] == "." and len(written) == 29:
            seconds = int(written[17:19])
            if seconds < 60 and written[16] == ":":
                return (
                    _minutes[written[:16]] + seconds * 1000 + int(written[20:23]) - _offsets[written[23:]]
                )  # fmt: skip
    except (KeyError, ValueError, IndexError):
        pass
    return _milliseconds(written)


def _milliseconds(written: str) -> int | None:
    match = _ISO.match(written)
    if not match:
        return None
    minute, seconds, fraction, offset = match.groups()
    try:
        base = _minutes.get(minute)
        if base is None:
            moment = datetime.strptime(minute.replace(" ", "T"), "%Y-%m-%dT%H:%M").replace(tzinfo=timezone.utc)
            base = (moment - _EPOCH).days * 86_400_000 + (moment - _EPOCH).seconds * 1000
            _keep(_minutes, minute, base)
    except ValueError:
        return None
    if int(seconds) > 60:
        return None
    return base + int(seconds) * 1000 + int((fraction or "0").ljust(3, "0")[:3]) - _offset(offset or "Z")


def _offset(written: str) -> int:
    known = _offsets.get(written)
    if known is None:
        digits = written[1:].replace(":", "")
        known = (int(digits[:2]) * 60 + int(digits[2:])) * 60_000 * (-1 if written[0] == "-" else 1)
        _keep(_offsets, written, known)
    return known


def _keep(known: dict[str, int], key: str, value: int) -> None:
    if len(known) >= _MANY:
        known.clear()
    known[key] = value


def iso_ms(moment: int) -> str:
    """Return milliseconds since 1970 as ``2026-11-20T00:00:00.000Z``."""
    seconds, rest = divmod(moment, 1000)
    day, clock = divmod(seconds, 86400)
    known = _days.get(day)
    if known is None:
        if len(_days) >= _MANY:
            _days.clear()
        known = _days[day] = datetime.fromtimestamp(day * 86400, tz=timezone.utc).strftime("%Y-%m-%dT")
    return f"{known.rjust(11, '0')}{clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}.{rest:03d}Z"


_days: dict[int, str] = {}
