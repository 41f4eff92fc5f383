# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers made wrong: of another shape, cut, with another status or other headers. Pure: the same dice, the same answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import CAUSES


@dataclass
class Served:
    """An answer as it goes over the wire. ``promised``: the length that its head names, None for that of the body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    promised: str | None = None


class Mutated(NamedTuple):
    """What became of an answer.

    ``says``: it may still be one that a cloud could have meant so, and say something else than before. ``what`` was done to it.
    """

    answer: Served
    says: bool
    what: str


STATUSES = (
    *(
        200,
        201,
        202,
        203,
        204,
        205,
        206,
        226,
        300,
        301,
        302,
        303,
        304,
        307,
        308,
        400,
        401,
        402,
        403,
        404,
        405,
        406,
        408,
    ),
    *(
        409,
        410,
        411,
        412,
        413,
        414,
        415,
        416,
        418,
        421,
        422,
        425,
        426,
        428,
        429,
        431,
        451,
        500,
        501,
        502,
        503,
        504,
        505,
    ),
    *(507, 508, 511, 520, 599, 600, 777, 999),
)
TEXTS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e9",
        "00",
        "null",
        "true",
        "None",
        "nan",
        "\u0661\u0662",
        "\uff11",
        "1.0",
        "1,000",
        "+5",
        "0x10",
    ),
    *(
        "\u202egnp.gol",
        "a\u0000b",
        "\u001b[31mred\u001b[0m",
        "\ud800",
        "\U0001f40d",
        "line\nline",
        "\r\n",
        "\t",
        "\u00a0",
        "\ufeff",
    ),
    *(
        "..",
        ".",
        "/",
        "-",
        "a/b",
        "a" * 300,
        "\u00e4" * 200,
        "{{ 7 }}",
        "%s",
        "%2F",
        "?a=b",
        "#",
        "\\",
        '"',
        "<b>",
        "&amp;",
    ),
    *(
        "http://",
        "http://[",
        "http:///x",
        "ftp://host/x",
        "https://host:99999/x",
        "http://127.0.0.1:0/",
        "//host/x",
        "mailto:x",
    ),
    *(
        "2026-03-09T00:00:00Z",
        "2026-13-40T25:61:61Z",
        "0000-00-00",
        "9999-12-31T23:59:59+1400",
        "Package_Success",
        "SUCCESS",
    ),
)
NUMBERS = (
    *(0, 1, -1, 2, 7, 99, 100, 255, 65536, 2**31 - 1, 2**31, 2**53 + 1, 2**63, 10**17, 10**18, 10**19, 10**40, 10**400),
    *(
        0.0,
        -0.0,
        0.5,
        1.5,
        1e3,
        1e18,
        1e308,
        float("nan"),
        float("inf"),
        float("-inf"),
        1_700_000_000,
        1_700_000_000_000,
    ),
)
BODIES = (
    *(
        b"",
        b" ",
        b"null",
        b"true",
        b"0",
        b"[]",
        b'""',
        b"{}",
        b"[{}]",
        b"{",
        b"}",
        b"{}{}",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
    ),
    *(
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    ),
    *(
        b'{"a":' * 3000,
        b"[" * 3000,
        b"NaN",
        b'{"RetCode":NaN}',
        b'{"RetCode":0}',
        b"\x1f\x8b\x08\x00\x00",
        b"\x00" * 64,
    ),
)
HEADERS: Mapping[str, tuple[str, ...]] = {
    "Date": (
        *(
            "",
            "0",
            "today",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Tue, 10 Mar 2026 05:57:00",
        ),
        *(
            "Tue, 10 Mar 2026 05:57:00 -0000",
            "Tue, 10 Mar 2026 05:57:00 +9999",
            "Tue, 99 Mar 2026 05:57:00 GMT",
            "9" * 200,
        ),
    ),
    "Age": ("0", "5", "-1", "x"),
    "Retry-After": (
        "0",
        "1",
        "5",
        "-1",
        "1e9",
        "999999999",
        "9999999999",
        "soon",
        "\u0661",
        "Tue, 10 Mar 2026 06:00:00 GMT",
        "",
    ),
    "Content-Type": ("", "text/html", "application/json; charset=utf-16", "x"),
    "Content-Length": ("", "0", "1", "-1", "x", "99999999999999999999", "5, 5", "1e3"),
    "Content-Encoding": ("gzip", "deflate", "br", "zstd", "identity", "x", "gzip, gzip"),
    "Transfer-Encoding": ("chunked", "gzip", "x"),
    "Content-Range": ("", "bytes 0-0/1", "bytes */5", "x", "bytes 5-1/0"),
    "Connection": ("close", "keep-alive", "x"),
    "Location": ("", "/", "http://[", "https://other.example/"),
    "Set-Cookie": ("a=b", "=", "a=b; Domain=.test; Path=/"),
    "ETag": ("", '""', '"x"', 'W/"0"', '"' + "0" * 32 + '"', "0" * 31),
    "X-Subject-Token": ("", " ", "a b", "x" * 5000, "t\u00e9"),
    "X-UCLOUD-REQUEST-UUID": ("", "x" * 5000, "\u00ff"),
    "X-Request-Id": ("", "x" * 5000, "\u00ff"),
}
_CONTAINERS = (dict, list)
_CODES = [*(code for cause in CAUSES for code in cause.codes), "0", "-1", "9999", "DBS.999999", "", "x"]


def mutate(dice: Random, answer: Served) -> Mutated:
    """Return an answer of an API made wrong, in one way or a few."""
    says, did = False, []
    for _turn in range(dice.choice((1, 1, 1, 1, 2, 3))):
        answer, said, what = dice.choices(_WAYS, _WEIGHTS)[0](dice, answer)
        says |= said
        did.append(what)
    return Mutated(answer, says, "; ".join(did))


def mutate_object(dice: Random, answer: Served) -> Mutated:
    """Return an object of a store made wrong, so that it tells: nothing else in the answer covers for it."""
    way = dice.choice((_status, _object_header, _object_body, _cut))
    return Mutated(*way(dice, answer))


def _status(dice: Random, answer: Served) -> Mutated:
    status = dice.choice(STATUSES)
    return Mutated(Served(status, answer.body, answer.headers), False, f"status {status}")


def _header(dice: Random, answer: Served) -> Mutated:
    name = dice.choice((*HEADERS, *answer.headers))
    if name in answer.headers and dice.random() < 0.4:
        headers = {key: value for key, value in answer.headers.items() if key != name}
        return Mutated(Served(answer.status, answer.body, headers, answer.promised), False, f"without {name}")
    value = dice.choice(HEADERS.get(name, TEXTS)).replace("\n", " ").replace("\r", " ")
    if name == "Content-Length":
        return Mutated(Served(answer.status, answer.body, answer.headers, value), False, f"{name}: {value!r}")
    changed = Served(answer.status, answer.body, {**answer.headers, name: value}, answer.promised)
    return Mutated(changed, name == "Date", f"{name}: {value[:40]!r}")


def _object_header(dice: Random, answer: Served) -> Mutated:
    while True:
        # Whose encoding is undone has other bytes, and both are what the store served.
        found = _header(dice, answer)
        if not found.what.startswith("Content-Encoding"):
            return found._replace(says=False)


def _object_body(dice: Random, answer: Served) -> Mutated:
    body = bytearray(answer.body)
    for _turn in range(dice.randint(1, 3) if body else 0):
        body[dice.randrange(len(body))] ^= dice.randint(1, 255)
    return Mutated(Served(answer.status, bytes(body), answer.headers), False, "other bytes")


def _cut(dice: Random, answer: Served) -> Mutated:
    keep = dice.randint(0, len(answer.body))
    promised = str(len(answer.body)) if dice.random() < 0.5 else None
    return Mutated(Served(answer.status, answer.body[:keep], answer.headers, promised), False, f"cut at {keep}")


def _body(dice: Random, answer: Served) -> Mutated:
    body = dice.choice(BODIES)
    # An answer of UCloud without a field may mean that there is nothing.
    return Mutated(Served(answer.status, body, answer.headers), b"RetCode" in body, f"body {body[:30]!r}")


def _byte(dice: Random, answer: Served) -> Mutated:
    body = bytearray(answer.body)
    for _turn in range(dice.randint(1, 4) if body else 0):
        at = dice.randrange(len(body) + 1)
        body[at : at + 1] = dice.choice(
            (b"", b"x", b"0", b'"', b"{", b"]", b",", b"\\", b"\x00", b"\xff", body[at : at + 1] * 2)
        )
    return Mutated(Served(answer.status, bytes(body), answer.headers), True, "other bytes")


def _refusal(dice: Random, answer: Served) -> Mutated:
    """Let the cloud refuse, in any of its forms, with a code that is known or not."""
    code = dice.choice(_CODES)
    message: Any = dice.choice((*TEXTS, "a word", None, {}, [1], 5))
    shape: Any = dice.choice(
        (
            {"RetCode": int(code) if code.isdigit() else code, "Action": "Response", "Message": message},
            {"error_code": code, "error_msg": message},
            {"errorCode": code, "errorMsg": message},
            {"code": code, "message": message},
            {"error": {"code": code, "message": message, "title": "x"}},
            {"error": message},
        )
    )
    status = dice.choice(STATUSES)
    # Success in one family's words, around nothing.
    says = status < 300
    return Mutated(Served(status, _written(shape), answer.headers), says, f"status {status}, {str(shape)[:60]}")


def _shape(dice: Random, answer: Served) -> Mutated:
    """Change one value somewhere in the document."""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return _body(dice, answer)
    places = list(_places(document, ()))
    if not places:
        return _body(dice, answer)
    holder, key, path = dice.choice(places)
    says, what = dice.choice(_CHANGES)(dice, holder, key)
    return Mutated(
        Served(answer.status, _written(document), answer.headers), says, f"{'.'.join(map(str, path))}: {what}"
    )


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, Any, tuple[Any, ...]]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key, (*path, key)
        yield from _places(inner, (*path, key))


def _written(document: Any) -> bytes:
    return json.dumps(document).encode("ascii")


# A change of one value: the container and the key in it. It returns whether the answer may say something else now.


def _drop(_dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    says = isinstance(holder, list) or isinstance(holder[key], _CONTAINERS)
    del holder[key]
    return says, "gone"


def _null(_dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    says = isinstance(holder[key], _CONTAINERS) and isinstance(holder, dict)
    holder[key] = None
    return says, "null"


def _quote(_dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    value = holder[key]
    if isinstance(value, bool) or not isinstance(value, int):
        return _extra(_dice, holder, key)
    holder[key] = str(value)
    return False, "in quotes"


def _extra(dice: Random, holder: Any, _key: Any) -> tuple[bool, str]:
    if not isinstance(holder, dict):
        return False, "as it was"
    holder[dice.choice(("Unknown", "", "__class__", "self", "\u0000"))] = dice.choice(
        (*TEXTS, *NUMBERS, [], {}, _deep(50))
    )
    return False, "another field beside it"


def _number(dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    holder[key] = (
        dice.choice(NUMBERS) if key != "RetCode" else int(dice.choice([code for code in _CODES if code.isdigit()]))
    )
    return True, f"number {str(holder[key])[:20]}"


def _text(dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    was_scalar = not isinstance(holder[key], _CONTAINERS)
    holder[key] = dice.choice(TEXTS)
    # An empty text stands for a scalar that is left out, and for nothing where there is more to be had.
    return was_scalar is bool(holder[key]) and isinstance(holder, dict), f"text {holder[key][:20]!r}"


def _flag(dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    holder[key] = dice.random() < 0.5
    return False, "yes or no"


def _wrap(dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    value = holder[key]
    holder[key] = dice.choice(([value], {"value": value}, [value, value], [[value]], {"0": value}))
    return False, "wrapped"


def _empty(dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    says = isinstance(holder[key], _CONTAINERS) and isinstance(holder, dict)
    holder[key] = dice.choice(([], {}))
    return says, "empty"


def _nest(dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    holder[key] = _deep(dice.choice((3, 50, 200)))
    return False, "deep"


def _deep(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def _twice(dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    inner = holder[key]
    if not isinstance(inner, list) or not inner:
        return _number(dice, holder, key)
    inner.append(dice.choice(inner))
    return True, "an item twice"


def _order(dice: Random, holder: Any, key: Any) -> tuple[bool, str]:
    inner = holder[key]
    if not isinstance(inner, list) or not inner:
        return _text(dice, holder, key)
    dice.shuffle(inner)
    return False, "another order"


_Change = Callable[[Random, Any, Any], "tuple[bool, str]"]
_CHANGES: tuple[_Change, ...] = (
    *(_drop, _null, _quote, _extra, _number, _number, _text, _text, _flag, _wrap, _empty, _nest, _twice, _order),
)
_WAYS = (_shape, _byte, _cut, _body, _status, _header, _refusal)
_WEIGHTS = (12, 2, 2, 2, 2, 3, 2)
