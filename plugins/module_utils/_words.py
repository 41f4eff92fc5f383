# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of others, as they may be shown: on a terminal, in a report, in a file name."""

from __future__ import annotations

from typing import Any

_KEPT_IN_LINES = "\n\t"


def printable(text: str) -> str:
    """Return a text without what is not printable: control characters, marks of direction, halves of characters.

    White space of any kind becomes a blank.
    """
    return text if _is_plain(text) else "".join(_shown(character) for character in text)


def printable_lines(text: str) -> str:
    """Return a text of several lines without what is not printable; line ends and tabs stay."""
    if _is_plain(text):
        return text
    lines = text.replace("\r\n", "\n")
    return "".join(character if character in _KEPT_IN_LINES else _shown(character) for character in lines)


def printable_values(value: Any) -> Any:
    """Return what JSON may hold with its texts, names of fields too, as :func:`printable_lines` has them."""
    if isinstance(value, dict):
        return {printable_lines(name): printable_values(item) for name, item in value.items()}
    if isinstance(value, list):
        return [printable_values(item) for item in value]
    return printable_lines(value) if isinstance(value, str) else value


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    return character if character.isprintable() else ""
