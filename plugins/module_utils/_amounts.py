# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much, how many and how long, as people read it. Pure."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_LONG = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def size(count: float) -> str:
    """Return a number of bytes in the unit that it has up to four digits in."""
    unit, value = 0, float(count)
    while value >= 1000 and unit + 1 < len(_UNITS):
        unit, value = unit + 1, value / 1024
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 or value >= 100 else f"{value:.1f} {_UNITS[unit]}"


def number(value: int) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}".replace(",", "\u202f")


def count(many: int, what: str) -> str:
    """Return how many there are of something."""
    return f"{number(many)} {what}" + ("" if many == 1 else "s")


def duration(ms: float) -> str:
    """Return milliseconds in the units that tell most of them."""
    if ms < 999.5:
        return f"{ms:.0f} ms"
    if ms < 59_950:
        return f"{ms / 1000:.1f} s"
    seconds = round(ms / 1000)
    length, name, part, below = next(row for row in _LONG if seconds >= row[0])
    rest = seconds % length // part
    return f"{number(seconds // length)} {name}" + (f" {rest} {below}" if rest else "")
