# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of a member, in blocks of whole ones, so that a block that cannot matter is passed over at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.containers import Unreadable

# A document of MongoDB has at most 16 MiB, and twice that where its quotes are escaped.
LONGEST = 40 * 1024 * 1024

# What is given of a line that is longer.
_GIVEN = 64 * 1024


class Block(NamedTuple):
    """Whole lines, the last of a member perhaps without its end; ``number`` is that of the first, from 1.

    With a ``reason`` it is a single line, or the end of the member, that could not be read as it is.
    """

    number: int
    data: bytes
    reason: str = ""


def blocks(pieces: Iterator[bytes]) -> Iterator[Block]:
    """Yield the lines of a member. What cannot be read of it is one more line without text, with the reason."""
    held: list[bytes] = []
    size, number = 0, 1
    reason = ""
    try:
        for piece in pieces:
            end = piece.rfind(b"\n") + 1
            if not end:
                held.append(piece)
                size += len(piece)
                if size > LONGEST:
                    # Of what is longer than any line can be, the begin is kept.
                    held = [b"".join(held)[:_GIVEN]]
                continue
            if size > LONGEST:
                first = piece.index(b"\n") + 1
                yield _too_long(number, held, size + first - 1)
                number += 1
                held, size = [], 0
                if first == end:
                    held, size = _kept(piece[end:])
                    continue
                piece, end = piece[first:], end - first
            data = b"".join((*held, piece[:end])) if held else piece[:end]
            held, size = _kept(piece[end:])
            yield Block(number, data)
            number += data.count(b"\n")
    except Unreadable as error:
        reason = str(error)
    if size > LONGEST:
        yield _too_long(number, held, size)
        number += 1
    elif held:
        yield Block(number, b"".join(held))
        number += 1
    if reason:
        yield Block(number, b"", reason)


def _kept(rest: bytes) -> tuple[list[bytes], int]:
    return ([rest], len(rest)) if rest else ([], 0)


def _too_long(number: int, held: list[bytes], size: int) -> Block:
    given = b"".join(held)[:_GIVEN]
    return Block(number, given, f"the line has {size} bytes, of which the first {len(given)} are given")
