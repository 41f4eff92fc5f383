# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entity tags of object stores that are a checksum of the bytes, and the stores whose tags only look like one."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from typing import Protocol

_MD5 = re.compile(r"[0-9a-fA-F]{32}\Z")
_US3 = re.compile(r"[A-Za-z0-9_-]{32}\Z")
_US3_BLOCK = 4 * 1024 * 1024


class Tag(Protocol):
    """A checksum that was promised, and the bytes that should have it."""

    def update(self, data: bytes) -> None:
        """Take the next bytes."""

    def matches(self) -> bool:
        """Tell whether the bytes so far have the checksum."""


class _Md5:
    def __init__(self, promised: str) -> None:
        self._promised = promised.lower()
        self._md5 = hashlib.md5(usedforsecurity=False)

    def update(self, data: bytes) -> None:
        self._md5.update(data)

    def matches(self) -> bool:
        return self._md5.hexdigest() == self._promised


class _Us3:
    """The tag of UCloud's US3: the number of blocks of 4 MB, and the SHA-1 of the only block or of all blocks' SHA-1."""

    def __init__(self, promised: str) -> None:
        self._promised = promised
        self._blocks: list[bytes] = []
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._filled = 0

    def update(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            if self._filled == _US3_BLOCK:
                self._close()
            part = view[: _US3_BLOCK - self._filled]
            self._sha1.update(part)
            self._filled += len(part)
            view = view[len(part) :]

    def matches(self) -> bool:
        blocks = [*self._blocks, self._sha1.digest()]
        digest = blocks[0] if len(blocks) == 1 else hashlib.sha1(b"".join(blocks), usedforsecurity=False).digest()
        count = len(self._blocks) + bool(self._filled)
        tag = base64.urlsafe_b64encode(count.to_bytes(4, "little") + digest)
        return tag.decode("ascii") == self._promised

    def _close(self) -> None:
        self._blocks.append(self._sha1.digest())
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._filled = 0


def tag_of(etag: str) -> Tag | None:
    """Return the checksum that a strong entity tag looks like; None when it looks like none."""
    bare = etag[1:-1] if len(etag) > 1 and etag[0] == etag[-1] == '"' else etag
    if _MD5.match(bare):
        return _Md5(bare)
    return _Us3(bare) if _US3.match(bare) else None


class Tags:
    """What the threads of a run learned of the entity tags of each store.

    A store that gave equal bytes twice under a tag that is not theirs makes tags in another way, as encrypted objects have
    them; where others of its tags were true, each one that is not is looked into for itself.
    """

    def __init__(self) -> None:
        self._true: set[str] = set()
        self._other: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, host: str) -> bool:
        """Tell whether a tag of this store that does not match speaks against the bytes."""
        with self._lock:
            return host in self._true or host not in self._other

    def matched(self, host: str) -> None:
        """Take note of a tag that was the checksum of its bytes."""
        with self._lock:
            self._true.add(host)

    def differed(self, host: str) -> None:
        """Take note of bytes that came twice, and equal, under a tag that is not their checksum."""
        with self._lock:
            self._other.add(host)
