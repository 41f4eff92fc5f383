# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BSON: documents in a row, as mongod's auditing can write them, decoded to Extended JSON."""

from __future__ import annotations

import base64
import struct
import uuid
from collections.abc import Iterator
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.containers import Unreadable
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.lines import LONGEST

_DEEPEST = 200
_KINDS = frozenset(range(1, 20)) | {0x7F, 0xFF}
_INT32, _INT64, _DOUBLE = struct.Struct("<i"), struct.Struct("<q"), struct.Struct("<d")


def is_bson(first: bytes) -> bool:
    """Tell whether a member begins as a document does. No text does."""
    if len(first) < 6:
        return first == b"\5\0\0\0\0"
    (length,) = _INT32.unpack_from(first)
    name = first.find(b"\0", 5)
    return 7 <= length <= LONGEST and first[4] in _KINDS and first[3] < 3 and name >= 0 and b"\0" in first[:4]


def documents(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes of each document, with a reason for what is left at the end and is none."""
    held = b""
    reason = ""
    try:
        for piece in pieces:
            held += piece
            at = 0
            while len(held) - at >= 4:
                (length,) = _INT32.unpack_from(held, at)
                if not 5 <= length <= LONGEST:
                    yield held[at : at + 64], f"what follows is no BSON document: one cannot have {length} bytes"
                    return
                if len(held) - at < length:
                    break
                yield held[at : at + length], ""
                at += length
            held = held[at:]
    except Unreadable as error:
        reason = str(error)
    if held or reason:
        yield held, reason or "the last document ends early"


def decoded(document: bytes) -> dict[str, Any]:
    """Return a document as Extended JSON. Raises ValueError for what is none."""
    try:
        value, end = _document(document, 0, _DEEPEST)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None
    if end != len(document):
        raise ValueError("it ends before its last byte")
    return value


def _document(data: bytes, at: int, depth: int) -> tuple[dict[str, Any], int]:
    if not depth:
        raise ValueError("it is nested too deeply")
    (length,) = _INT32.unpack_from(data, at)
    end = at + length - 1
    if length < 5 or end >= len(data) or data[end]:
        raise ValueError("a length in it is wrong")
    at += 4
    value: dict[str, Any] = {}
    while at < end:
        kind = data[at]
        name, at = _name(data, at + 1)
        value[name], at = _value(kind, data, at, depth)
    if at != end:
        raise ValueError("a length in it is wrong")
    return value, end + 1


def _name(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode("utf-8", "replace"), end + 1


def _string(data: bytes, at: int) -> tuple[str, int]:
    (length,) = _INT32.unpack_from(data, at)
    end = at + 4 + length
    if length < 1 or end > len(data) or data[end - 1]:
        raise ValueError("a length in it is wrong")
    return data[at + 4 : end - 1].decode("utf-8", "replace"), end


def _value(kind: int, data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if kind == 0x01:
        return _DOUBLE.unpack_from(data, at)[0], at + 8
    if kind in (0x02, 0x0D, 0x0E):
        string, end = _string(data, at)
        return (string if kind == 0x02 else {"$code" if kind == 0x0D else "$symbol": string}), end
    if kind == 0x03:
        return _document(data, at, depth - 1)
    if kind == 0x04:
        array, end = _document(data, at, depth - 1)
        return list(array.values()), end
    if kind == 0x05:
        return _binary(data, at)
    if kind == 0x07:
        return {"$oid": _taken(data, at, 12).hex()}, at + 12
    if kind == 0x08:
        return bool(data[at]), at + 1
    if kind == 0x09:
        return {"$date": {"$numberLong": str(_INT64.unpack_from(data, at)[0])}}, at + 8
    if kind in (0x06, 0x0A):
        return None, at
    if kind == 0x0B:
        expression, at = _name(data, at)
        options, at = _name(data, at)
        return {"$regularExpression": {"pattern": expression, "options": options}}, at
    if kind == 0x0C:
        name, at = _string(data, at)
        return {"$dbPointer": {"$ref": name, "$id": {"$oid": _taken(data, at, 12).hex()}}}, at + 12
    if kind == 0x0F:
        (length,) = _INT32.unpack_from(data, at)
        code, inner = _string(data, at + 4)
        scope, end = _document(data, inner, depth - 1)
        if end != at + length:
            raise ValueError("a length in it is wrong")
        return {"$code": code, "$scope": scope}, end
    if kind == 0x10:
        return _INT32.unpack_from(data, at)[0], at + 4
    if kind == 0x11:
        increment, seconds = struct.unpack_from("<II", data, at)
        return {"$timestamp": {"t": seconds, "i": increment}}, at + 8
    if kind == 0x12:
        return _INT64.unpack_from(data, at)[0], at + 8
    if kind == 0x13:
        return {"$numberDecimalBytes": _taken(data, at, 16).hex()}, at + 16
    if kind in (0x7F, 0xFF):
        return {"$maxKey" if kind == 0x7F else "$minKey": 1}, at
    raise ValueError(f"it has a field of an unknown type, {kind}")


def _binary(data: bytes, at: int) -> tuple[Any, int]:
    (length,) = _INT32.unpack_from(data, at)
    content = _taken(data, at + 5, length)
    kind = data[at + 4]
    end = at + 5 + length
    if kind == 4 and length == 16:
        return {"$uuid": str(uuid.UUID(bytes=content))}, end
    return {"$binary": {"base64": base64.b64encode(content).decode(), "subType": f"{kind:02x}"}}, end


def _taken(data: bytes, at: int, length: int) -> bytes:
    if length < 0 or at + length > len(data):
        raise ValueError("a length in it is wrong")
    return data[at : at + length]
