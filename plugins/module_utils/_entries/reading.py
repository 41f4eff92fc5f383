# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the bytes of a file to entries: told by what a line looks like, whatever cloud and type it came from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import IO, Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import (
    audit,
    bson,
    offered,
    oldtext,
    structured,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.containers import (
    Member,
    Unreadable,
    members,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import (
    RAW,
    UNREADABLE,
    Entry,
    Facts,
    line_text,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.lines import Block, blocks
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import decoded, encoded

# A line inside an entry may be an entry again, and no deeper.
_DEEPEST = 2


class Part(NamedTuple):
    """A block of a member: lines as :class:`Block` has them or, of BSON, documents that were made into lines."""

    member: str
    block: Block


def parts(file: IO[bytes], size: int) -> Iterator[Part]:
    """Yield the lines of an open file of so many bytes, member by member, in blocks."""
    for member in members(file, size):
        # A name may be no text at all.
        name = member.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        for block in _blocks(member):
            yield Part(name, block)


def entries(block: Block) -> Iterator[Entry]:
    """Yield the entries of a block, one a line. An empty line is none, but has its number."""
    if block.reason:
        yield Entry(block.number, block.data, {"form": UNREADABLE, "reason": block.reason})
        return
    for number, line in enumerate(block.data.split(b"\n"), block.number):
        if line:
            line = line.rstrip(b"\r")
            if line:
                yield Entry(number, line, facts_of(line))


def facts_of(line: bytes) -> Facts:
    """Return what a line says."""
    return _facts_of(line, _DEEPEST)


def _facts_of(line: bytes, depth: int) -> Facts:
    first = line[:1]
    if first in b" \t\xef\0":
        line = line.lstrip(b" \t\0")
        line = line[3:] if line.startswith(b"\xef\xbb\xbf") else line
        first = line[:1]
    if first == b"{":
        try:
            return _document(decoded(line), depth)
        except (ValueError, RecursionError) as error:
            return {"form": UNREADABLE, "reason": f"it is no JSON ({error})"}
        except (KeyError, TypeError, AttributeError):
            return {"form": UNREADABLE, "reason": "it lacks what such a line has"}
    if first.isdigit():
        facts = oldtext.facts_of(line_text(line))
        if facts:
            return facts
    return {"form": RAW}


def _document(document: dict[str, Any], depth: int) -> Facts:
    if "t" in document and "msg" in document:
        return structured.facts_of(document)
    if "atype" in document:
        return audit.facts_of(document)
    if offered.is_offered(document) and depth:
        inner = document.get("whole_message", document.get("raw_message"))
        words = inner.encode("utf-8", "replace") if isinstance(inner, str) else b""
        return offered.facts_of(document, _facts_of(words, depth - 1))
    if "op" in document and "ns" in document and "ts" in document:
        return structured.profiled(document)
    return {"form": RAW}


def _blocks(member: Member) -> Iterator[Block]:
    pieces = iter(member.pieces)
    try:
        first = next(pieces, b"")
    except Unreadable as error:
        yield Block(1, b"", str(error))
        return
    if bson.is_bson(first):
        yield from _documents(chain((first,), pieces))
    else:
        yield from blocks(chain((first,), pieces))


def _documents(pieces: Iterator[bytes]) -> Iterator[Block]:
    for number, (document, reason) in enumerate(bson.documents(pieces), 1):
        if not reason:
            try:
                # Whatever a document says stands on a line of its own.
                yield Block(number, encoded(bson.decoded(document)).encode("utf-8", "replace") + b"\n")
                continue
            except (ValueError, RecursionError) as error:
                reason = f"it is no BSON document ({error})"
        yield Block(number, document.hex().encode() if len(document) < 65536 else b"", reason)
