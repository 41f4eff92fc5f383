# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bytes of one file on their way: compression undone that nobody asked for, counted and hashed in both forms."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import CHUNK, Digest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.tags import Tag, tag_of

# How many bytes one compressed byte may become, beyond the allowance: the most that logs were seen to is about a tenth of it.
EXPANSION = 300
ALLOWANCE = 64 * 1024 * 1024

_GZIP = b"\x1f\x8b"
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Garbled(ValueError):
    """Compressed bytes that cannot be undone, or become too many."""


class Form:
    """Bytes that were taken so far: how many, their SHA-256, and whether they have the checksum that was promised."""

    def __init__(self, etag: str) -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        # MD5 takes twice as long as SHA-256: only where there is something to compare it with.
        self._tag: Tag | None = tag_of(etag)

    def take(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        self._sha256.update(data)
        if self._tag:
            self._tag.update(data)

    @property
    def digest(self) -> Digest:
        """Return what the bytes so far are."""
        return Digest(self.size, self._sha256.hexdigest())

    @property
    def tagged(self) -> bool | None:
        """Tell whether the bytes have the checksum that the entity tag promised; None when it promised none."""
        return self._tag.matches() if self._tag else None


class Body:
    """The bytes of one file as they are ``sent``, and as they are ``kept``.

    ``coding``: the server's ``Content-Encoding``. One that can be undone is, unless the bytes show that they never had it, or that
    it is the file's own: where its name ends in ``.gz`` or ``.tgz``, what comes out must be gzip once more.
    """

    def __init__(self, name: str, etag: str, coding: str) -> None:
        self.sent = self.kept = Form(etag)
        self.undone = ""
        self.as_sent = coding
        self._packed = name.endswith((".gz", ".tgz"))
        self._pending = b""
        self._undo: _Undo | None = None
        if coding in _WINDOW_BITS:
            self.undone, self.as_sent = coding, ""
            self.kept = Form(etag)
            self._undo = _Undo(_WINDOW_BITS[coding])

    @property
    def ended(self) -> bool:
        """Tell whether compressed bytes came to their own end, checksum included; never of others."""
        return self._undo is not None and self._undo.ended

    def take(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes of the body, and yield those to be kept. Raises Garbled."""
        self.sent.take(data)
        if self._undo is None:
            yield data
            return
        if not self.kept.size:
            self._pending += data
        try:
            for piece in self._undo.feed(data):
                if not self.kept.size and self._packed and not piece.startswith(_GZIP):
                    raise zlib.error
                self.kept.take(piece)
                if self.kept.size > ALLOWANCE + EXPANSION * self.sent.size:
                    raise Garbled("become too many")
                yield piece
        except zlib.error:
            if self.kept.size:
                raise Garbled("cannot be undone") from None
            # They never had this coding, or it is the file's own.
            self.as_sent, self.undone, self._undo = self.undone, "", None
            self.kept = self.sent
            yield self._pending
        if self.kept.size:
            self._pending = b""


class _Undo:
    """Undoes gzip, of one member or several, or deflate, in pieces of bounded size."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._one = zlib.decompressobj(bits)

    @property
    def ended(self) -> bool:
        return self._one.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._one.eof:
                self._one = zlib.decompressobj(self._bits)
            piece = self._one.decompress(data, CHUNK)
            if piece:
                yield piece
            data = self._one.unused_data if self._one.eof else self._one.unconsumed_tail
            # A full piece may leave some behind although everything was taken.
            if not data and (self._one.eof or len(piece) < CHUNK):
                return
