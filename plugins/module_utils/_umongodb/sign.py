# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing requests to the UCloud family. Pure: no clock, no network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Union

Value = Union[str, int, float, bool]


def signature(params: Mapping[str, Value], private_key: str) -> str:
    """Return the signature of a request: 40 lower-case hex digits.

    Every parameter but ``Signature`` takes part, sorted by name, as name and value without any separator or escaping.

    Source: UCloud API reference, "Signature algorithm".
    """
    signed = "".join(name + text(params[name]) for name in sorted(params) if name != "Signature")
    return hashlib.sha1((signed + private_key).encode("utf-8")).hexdigest()


def text(value: Value) -> str:
    """Return a parameter's value as it is sent and signed: ``true``, ``false``, floats without exponent or ``.0``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return str(value)
