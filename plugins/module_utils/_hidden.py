# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that come back in the words of others: left out however they are spelled there. Pure."""

from __future__ import annotations

import base64
import re
import sys
from array import array
from collections.abc import Iterable, Iterator
from html import unescape

# What is shorter proves nothing, and stands in other words too.
_SHORTEST = 6

# One character as URLs, JSON and HTML may spell it.
_SPELLED = re.compile(
    r"%(?:25)*([0-9a-f]{2})|\\u([0-9a-f]{4})|&#x0*([0-9a-f]{1,6});|&#0*(\d{1,7});|(&\w{1,8};)|\\?(\S)", re.IGNORECASE
)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which dots stand for each secret: as it is, in capitals or not, in pieces, escaped or in Base64 or hexadecimal."""
    characters = list(_characters(text))
    plain = "".join(character for character, _begin, _end in characters)
    places: list[tuple[int, int]] = []
    for form in {form for secret in secrets for form in _forms(secret)}:
        at = plain.find(form)
        while at >= 0:
            places.append((characters[at][1], characters[at + len(form) - 1][2]))
            at = plain.find(form, at + 1)
    shown, end = "", 0
    for begin, after in sorted(places):
        shown += f"{text[end:begin]}..." if begin >= end else ""
        end = max(end, after)
    return shown + text[end:]


def _characters(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the characters that a text spells, as they are compared, and where each begins and ends there."""
    for match in _SPELLED.finditer(text):
        code = match[1] or match[2] or match[3]
        number = int(code, 16) if code else int(match[4]) if match[4] else None
        spelled = unescape(match[5] or "") or match[6] if number is None else chr(min(number, sys.maxunicode))
        for character in _compared(spelled):
            yield character, match.start(), match.end()


def _compared(text: str) -> Iterator[str]:
    """Yield characters in small letters, without white space, the plus that forms have for it, and what escapes."""
    return (character for character in text.lower() if not character.isspace() and character not in "+\\")


def _forms(secret: str) -> set[str]:
    data = secret.encode("utf-8", "replace")
    # URLs spell the bytes of a character, and JSON both halves of a rare one.
    halves = array("H", secret.encode("utf-16", "surrogatepass"))[1:]
    forms = {secret, data.decode("latin-1"), "".join(map(chr, halves)), data.hex()}
    for before in range(3):
        # What comes before and after it in Base64 changes its first and last digits alone.
        coded = base64.b64encode(bytes(before) + data).decode("ascii")
        whole = coded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        forms |= {whole, whole.replace("+", "-").replace("/", "_")}
    written = {"".join(character for character, _begin, _end in _characters(form)) for form in forms}
    return {form for form in written | {"".join(_compared(form)) for form in forms} if len(form) >= _SHORTEST}
