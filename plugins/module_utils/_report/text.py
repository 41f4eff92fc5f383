# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pieces of text of the page: everything that comes from elsewhere passes one of these. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def safe(text: object) -> str:
    """Return a text as it may stand anywhere in the page, in a quoted attribute too."""
    return escape(printable(str(text)), quote=True)


def timed(text: str) -> str:
    """Return a text with the instants in it as the page shows instants."""
    return _ISO.sub(lambda match: _time(match[0]), safe(text))


def moment(instant: str | None, otherwise: str = "none") -> str:
    """Return an instant that may be absent."""
    return timed(instant) if instant else safe(otherwise)


def day(iso: str) -> str:
    """Return a day, as ``2026-11-20``, in the way that fits beside a strip: ``20 Nov``."""
    return f"{int(iso[8:10])} {month(iso)}"


def month(iso: str) -> str:
    """Return the name of the month of a day."""
    return _MONTHS[int(iso[5:7]) - 1]


def label(one: Mapping[str, Any]) -> str:
    """Return an instance as people call it, with its id beside; as safe text."""
    return f"{safe(one['name'])} <small>{safe(one['instance'])}</small>" if one["name"] else safe(one["instance"])


def _time(iso: str) -> str:
    return f'<time datetime="{iso}">{iso[:10]} {iso[11:16]} UTC</time>'
