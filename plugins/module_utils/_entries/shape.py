# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shapes of queries: which fields a statement asks for, without the values. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

# Fields of a statement that hold what is asked for.
_ASKED = ("filter", "query", "q", "pipeline")

# Comparisons say how a field is asked for, not what for: the field alone makes the shape, as with mtools.
_COMPARISONS = frozenset({"$in", "$gt", "$gte", "$lt", "$lte", "$exists"})

# Wrappings of Extended JSON: a single value each.
_WRAPPED = frozenset(
    f"${name}"
    for name in (
        *("oid", "date", "numberLong", "numberInt", "numberDouble", "numberDecimal", "binary", "uuid", "timestamp"),
        *("regularExpression", "regex", "symbol", "code", "minKey", "maxKey", "undefined", "dbPointer", "ref"),
    )
)

_DEEPEST = 100


def pattern(command: Any) -> str | None:
    """Return what a statement asks for, as JSON with 1 for every value; None where it asks for nothing."""
    if isinstance(command, str):
        return text_pattern(command)
    asked = _asked(command)
    if asked is None:
        return None
    return json.dumps(_without_values(asked, _DEEPEST), sort_keys=True, ensure_ascii=False)


def hashed(namespace: str | None, operation: str | None, asked: str | None) -> str:
    """Return a hash of a shape that the server gave none of: 16 hex digits."""
    return hashlib.sha256("\0".join(map(str, (namespace, operation, asked))).encode("utf-8", "replace")).hexdigest()[
        :16
    ]


def _asked(command: Any) -> Any:
    if not isinstance(command, dict):
        return None
    for name in _ASKED:
        if isinstance(command.get(name), (dict, list)):
            return command[name]
    for name in ("updates", "deletes"):
        several = command.get(name)
        if isinstance(several, list) and several and isinstance(several[0], dict):
            return several[0].get("q")
    return None


def _without_values(value: Any, depth: int) -> Any:
    if isinstance(value, dict) and depth:
        names = value.keys()
        if not names.isdisjoint(_COMPARISONS) or not names.isdisjoint(_WRAPPED):
            return 1
        return {name: 1 if name == "$nin" else _without_values(below, depth - 1) for name, below in value.items()}
    if isinstance(value, list) and depth:
        parts = [_without_values(below, depth - 1) for below in value]
        return parts if any(isinstance(part, (dict, list)) for part in parts) else [1]
    return 1


# -- statements in the older text form, which is no JSON

_VALUES = re.compile(
    r'"(?:[^"\\]|\\.)*"'
    r"|\b(?:new Date|Date|ObjectId|UUID|BinData|MD5|Timestamp|NumberLong|NumberInt|NumberDecimal|DBRef)\([^()]*\)"
    r"|(?<=: )/(?:[^/\\]|\\.)+/\w*"
    r"|(?<=[ :\[,(])[-+]?(?:\d[\w.+-]*|inf|nan)\b"
    r"|\b(?:true|false|null|undefined|MinKey|MaxKey)\b(?!:)"
)
_ASKED_TEXT = re.compile(r"(?:^|(?<=[ {]))(?:filter|\$?query|q|pipeline): (?=[{\[])")
_TOKEN = re.compile(r"\s*([{}\[\],]|[^\s{}\[\],]+:(?=\s)|[^\s{}\[\],]+)")

# Statements without their values are few; how many of them are kept with their patterns.
_MANY = 5000
_known: dict[str, str | None] = {}


def text_pattern(statement: str) -> str | None:
    """Return what :func:`pattern` does of a statement as mongod wrote it up to 4.2; None where it cannot be read."""
    bare = _VALUES.sub("1", statement)
    try:
        return _known[bare]
    except KeyError:
        if len(_known) >= _MANY:
            _known.clear()
        found = _known[bare] = _text_pattern(bare)
        return found


def _text_pattern(bare: str) -> str | None:
    match = _ASKED_TEXT.search(bare)
    if not match:
        return None
    tokens = iter(_TOKEN.findall(bare, match.end()))
    try:
        asked = _value(tokens, next(tokens, ""), _DEEPEST)
    except ValueError:
        return None
    while isinstance(asked, dict) and isinstance(asked.get("$query", asked.get("query")), dict):
        asked = asked.get("$query", asked.get("query"))
    return json.dumps(_without_values(asked, _DEEPEST), sort_keys=True, ensure_ascii=False)


def _value(tokens: Iterator[str], token: str, depth: int) -> Any:
    """Return the value that tokens begin with. Raises ValueError where they are none, or end early."""
    if not depth or not token or token in "}]," or token.endswith(":"):
        raise ValueError(token)
    if token == "[":
        return list(_parts(tokens, "]", depth))
    if token == "{":
        return dict(_parts(tokens, "}", depth))
    return 1


def _parts(tokens: Iterator[str], end: str, depth: int) -> Iterator[Any]:
    token = next(tokens, "")
    while token != end:
        name = token[:-1]
        if end == "}":
            if not token.endswith(":"):
                raise ValueError(token)
            token = next(tokens, "")
        value = _value(tokens, token, depth - 1)
        yield (name, value) if end == "}" else value
        token = next(tokens, "")
        if token == ",":
            token = next(tokens, "")
        elif token != end:
            raise ValueError(token)
