# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is inside a file: its members, unpacked piece by piece in memory. Told by bytes, not by names; nothing is written."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, NamedTuple

PIECE = 256 * 1024

# A file may unpack to so many bytes, and so many times its size, before it is taken for a bomb.
_ROOM = 512 * 1024 * 1024
_TIMES = 200

# Containers in containers, as a gzip in a tar in a gzip.
_DEEPEST = 4

# Extended headers of a tar are names and the like.
_LONGEST_HEADER = 1024 * 1024

_BLOCK = tarfile.BLOCKSIZE

# Links, folders and devices have a size of nothing, whatever their header says.
_WITHOUT_BODY = frozenset(b"123456"[at : at + 1] for at in range(6))


class Unreadable(Exception):
    """What is wrong with the rest of a member, in a few words. What came before it counts."""


class Member(NamedTuple):
    """A part of a file. ``name`` is empty where the file is the log itself, or compressed and no more.

    ``pieces`` have to be read before the next member is asked for; Unreadable ends them where the rest cannot be had.
    """

    name: str
    pieces: Iterator[bytes]


class Budget:
    """How many bytes a file may still unpack to."""

    def __init__(self, size: int) -> None:
        self._left = _ROOM + _TIMES * size

    def take(self, piece: bytes) -> bytes:
        """Return the piece. Raises Unreadable when the file has unpacked to too much."""
        self._left -= len(piece)
        if self._left < 0:
            raise Unreadable("it unpacks to far more than a log does, and the rest was not unpacked")
        return piece


def members(file: IO[bytes], size: int) -> Iterator[Member]:
    """Yield the members of an open file of so many bytes, which can be read from any place."""
    first = file.read(4)
    file.seek(0)
    if first in (b"PK\3\4", b"PK\5\6"):
        yield from _zip(file, Budget(size))
    else:
        yield from _members("", _Stream(iter(lambda: file.read(PIECE), b"")), Budget(size), 0)


class _Stream:
    """Pieces that are read as often as a container wants, of the length that it wants.

    What can be read comes before the news that the rest cannot.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""
        self._fault: Unreadable | None = None

    def peek(self, size: int) -> bytes:
        """Return the next bytes without taking them, fewer only at the end."""
        while len(self._held) < size and self._fault is None:
            try:
                piece = next(self._pieces, b"")
            except Unreadable as error:
                self._fault = error
                break
            if not piece:
                break
            self._held += piece
        return self._held[:size]

    def take(self, size: int) -> bytes:
        """Return the next bytes, fewer only at the end. Raises Unreadable where they cannot be had."""
        taken = self.peek(size)
        if self._fault and len(taken) < size:
            raise self._fault
        self._held = self._held[len(taken) :]
        return taken

    def limited(self, size: int) -> Iterator[bytes]:
        """Yield so many bytes in pieces. Raises Unreadable where there are fewer."""
        rest = self.rest()
        while size:
            piece = next(rest, b"")
            if not piece:
                raise Unreadable("it ends early")
            self._held = piece[size:]
            piece = piece[:size]
            size -= len(piece)
            yield piece

    def rest(self) -> Iterator[bytes]:
        """Yield everything that is left. Raises Unreadable where it cannot be had."""
        while True:
            piece, self._held = self._held, b""
            if not piece and self._fault:
                raise self._fault
            piece = piece or next(self._pieces, b"")
            if not piece:
                return
            yield piece


def _members(name: str, stream: _Stream, budget: Budget, depth: int) -> Iterator[Member]:
    try:
        yield from _looked_into(name, stream, budget, depth)
    except Unreadable as error:
        yield Member(name, _fails(str(error)))


def _looked_into(name: str, stream: _Stream, budget: Budget, depth: int) -> Iterator[Member]:
    first = stream.peek(_BLOCK)
    if first[:2] == b"\x1f\x8b" and depth < _DEEPEST:
        yield from _members(name, _Stream(_gunzipped(stream.rest(), budget)), budget, depth + 1)
    elif _is_tar(first) and depth < _DEEPEST:
        yield from _tar(name, stream, budget, depth)
    elif first[:4] == b"PK\3\4":
        yield Member(name, _fails("it is a zip inside another container, which cannot be read piece by piece"))
    else:
        yield Member(name, stream.rest())


def _fails(reason: str) -> Iterator[bytes]:
    yield from ()
    raise Unreadable(reason)


def _gunzipped(pieces: Iterator[bytes], budget: Budget) -> Iterator[bytes]:
    """Yield what any number of gzip members in a row hold."""
    unpacker = zlib.decompressobj(31)
    for piece in pieces:
        while piece:
            if unpacker.eof:
                # What pads a tape or a block is nothing.
                piece = piece.lstrip(b"\0")
                if not piece:
                    break
                unpacker = zlib.decompressobj(31)
            before = unpacker.copy()
            try:
                unpacked = unpacker.decompress(piece, PIECE)
            except zlib.error as error:
                yield from _up_to_the_damage(before, piece, budget)
                raise Unreadable(f"its gzip data is damaged ({error})") from None
            piece = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            if unpacked:
                yield budget.take(unpacked)
    # Of what was taken in whole, some may be waiting.
    while not unpacker.eof:
        unpacked = unpacker.decompress(b"", PIECE)
        if not unpacked:
            raise Unreadable("its gzip data ends early")
        yield budget.take(unpacked)


def _up_to_the_damage(unpacker: Any, piece: bytes, budget: Budget) -> Iterator[bytes]:
    """Yield what can be had of a piece before its damage: a call that fails gives nothing, so smaller ones are made."""
    at = 0
    for step in (4096, 64, 1):
        while at < len(piece):
            before = unpacker.copy()
            try:
                unpacked = unpacker.decompress(piece[at : at + step])
            except zlib.error:
                unpacker = before
                break
            at += step
            if unpacked:
                yield budget.take(unpacked)


def _is_tar(first: bytes) -> bool:
    if len(first) < _BLOCK or first[257:262] != b"ustar":
        return False
    try:
        tarfile.TarInfo.frombuf(first, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _tar(name: str, stream: _Stream, budget: Budget, depth: int) -> Iterator[Member]:
    """Yield the regular files of a tar. tarfile itself ends without a word at a header that is damaged."""
    told: dict[str, str] = {}
    ended = False
    while True:
        block = stream.take(_BLOCK)
        if not block and ended:
            return
        ended = not block.strip(b"\0") and len(block) == _BLOCK
        if ended:
            continue
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise Unreadable(f"its tar is damaged ({error})") from None
        size = int(told.get("size", header.size))
        padding = -size % _BLOCK
        if header.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
            told.update(_told(header.type, _header_of(stream, header.size)))
            continue
        own = f"{name}/{told.get('path', header.name)}" if name else told.get("path", header.name)
        told = {}
        body = stream.limited(size if header.type not in _WITHOUT_BODY else 0)
        if header.type in tarfile.REGULAR_TYPES:
            # A sparse file is not what it unpacks to; a log is none.
            sparse = header.type == tarfile.GNUTYPE_SPARSE
            yield from (
                [Member(own, _fails("it is a sparse file"))]
                if sparse
                else _members(own, _Stream(body), budget, depth + 1)
            )
        # What the reader left is passed over; that it ends early was said.
        with suppress(Unreadable):
            for _piece in body:
                pass
        stream.take(padding if header.type not in _WITHOUT_BODY else 0)


def _header_of(stream: _Stream, size: int) -> bytes:
    if not 0 <= size <= _LONGEST_HEADER:
        raise Unreadable("a header of its tar is too long")
    header = stream.take(size + -size % _BLOCK)[:size]
    if len(header) < size:
        raise Unreadable("its tar ends early")
    return header


def _told(kind: bytes, header: bytes) -> dict[str, str]:
    """Return what an extended header tells of the next file that matters here: ``path`` and ``size``."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return {"path": header.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    told = {}
    while kind == tarfile.XHDTYPE and header:
        length, blank, _rest = header.partition(b" ")
        if not blank or not length.isdigit() or not 0 < int(length) <= len(header):
            raise Unreadable("an extended header of its tar is damaged")
        key, _equals, value = header[len(length) + 1 : int(length)].rstrip(b"\n").partition(b"=")
        if key == b"path" or (key == b"size" and value.isdigit()):
            told[key.decode()] = value.decode("utf-8", "surrogateescape")
        header = header[int(length) :]
    return told


def _zip(file: IO[bytes], budget: Budget) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield Member("", _fails(f"its zip is damaged ({error})"))
        return
    with archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield from _members(info.filename, _Stream(_unzipped(archive, info, budget)), budget, 1)


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    try:
        with archive.open(info) as member:
            while True:
                piece = member.read(PIECE)
                if not piece:
                    return
                yield budget.take(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise Unreadable(f"its zip is damaged or cannot be read ({error})") from None
