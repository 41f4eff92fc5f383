# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of names, one a block of lines: each tells of most names for certain that they are not there.

They stand behind the first line of a checkpoint, and are read when somebody asks for a name: most runs ask for new ones alone.
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError

# A filter has 20 bits for each of 4,096 lines and says of one name in 11,000 that it may be there when it is not.
_BITS = 20 * 4096
_PROBES = 10


class Kept(NamedTuple):
    """Where a filter stands in what is kept, as text, and what is reckoned of it."""

    offset: int
    size: int
    check: int


class Shelf:
    """The filters that a checkpoint has from a byte on."""

    def __init__(self, tree: Tree, begin: int) -> None:
        self._tree = tree
        self._begin = begin

    def texts(self, kept: Sequence[Kept]) -> list[bytes]:
        """Return filters that follow each other; nothing in place of what is not there as it was kept."""
        if not kept:
            return []
        begin = kept[0].offset
        try:
            data = self._tree.part(layout.CHECKPOINT, self._begin + begin, sum(kept[-1][:2]) - begin)
        except ArchiveError:
            data = b""  # whoever writes has put another one in its place, or it was removed
        found = (data[one.offset - begin : one.offset - begin + one.size] for one in kept)
        return [text if zlib.crc32(text) == one.check else b"" for text, one in zip(found, kept)]


def empty() -> bytearray:
    """Return a filter of no names."""
    return bytearray(_BITS // 8)


def packed(names: bytearray, *, is_whole: bool) -> bytes:
    """Return a filter as text. That of a whole block hardly gets smaller, and is at hand quicker as it is."""
    plain = bytes(names)
    pressed = plain if is_whole else zlib.compress(plain, 1)
    return b'"' + b64encode(pressed if len(pressed) < len(plain) else plain) + b'"\n'


def placed(texts: Iterable[bytes]) -> Iterator[Kept]:
    """Yield where texts are kept that follow each other."""
    offset = 0
    for text in texts:
        yield Kept(offset, len(text), zlib.crc32(text))
        offset += len(text)


def unpacked(text: bytes) -> bytearray:
    """Return what :func:`packed` made a text."""
    names = b64decode(text[1:-2])
    return bytearray(names if len(names) == _BITS // 8 else zlib.decompress(names))


def probes(name: bytes) -> list[int]:
    """Return the bits that stand for a name in a filter."""
    digest = hashlib.blake2b(name, digest_size=16).digest()
    first, step = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") | 1
    return [(first + number * step) % _BITS for number in range(_PROBES)]
