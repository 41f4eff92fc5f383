# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an object store's answer says about the bytes that follow, read from its status, headers and first bytes. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

CHECKSUM, SIZE, LENGTH, FRAMING, TWICE = "checksum", "size", "length", "framing", "twice"

# Bytes of a body in which it is looked for what it is.
HEAD = 4096

_CONTENT_RANGE = re.compile(r"bytes +(?:(\d+)-(\d+)|\*)/(\d+|\*)\Z", re.ASCII)
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL)
_ERROR = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?Error[\s>].*?<(?:\w+:)?Code>\s*([^<]*?)\s*<", re.DOTALL
)
_MESSAGE = re.compile(rb"<(?:\w+:)?(?:Message|Error)>\s*([^<\s][^<]*)<")
_SEALED = re.compile(r"x-(?:obs|amz|oss|cos)-server-side-encryption", re.IGNORECASE)
_CODE = re.compile(r"-?\w{1,60}\Z", re.ASCII)

# Refusals of a store that a fresh link mends. US3 has one code for everything that is wrong with a link.
_MENDED = frozenset({"RequestTimeTooSkewed", "ExpiredToken", "-148643"})


class Promise(NamedTuple):
    """Where the bytes of an answer begin and end in the object, and how long the object is, as far as it is said.

    ``framed``: they come in chunks, of which the last one is marked. ``etag``: a strong entity tag. ``coding``: how the bytes
    are coded for the way. ``sealed``: the store encrypts the object, so that its tag is no checksum.
    """

    begin: int
    end: int | None
    total: int | None
    framed: bool = False
    etag: str = ""
    coding: str = ""
    sealed: bool = False


def promise(status: int, headers: Mapping[str, str]) -> Promise | None:
    """Return what an answer with status 200, 206 or 416 promises; None when it cannot be understood.

    Of 416, ``begin`` and ``end`` are those of nothing at the end of the object.
    """
    etag = (headers.get("ETag") or "").strip()
    about = {
        "framed": (headers.get("Transfer-Encoding") or "").strip().lower() == "chunked",
        "etag": "" if etag.startswith("W/") else etag,
        "coding": (headers.get("Content-Encoding") or "").strip().lower().replace("identity", ""),
        "sealed": any(_SEALED.match(name) for name in headers),
    }
    if status == 200:
        length = (headers.get("Content-Length") or "").strip()
        known = int(length) if length.isascii() and length.isdigit() and not about["framed"] else None
        return Promise(0, known, known, **about)  # type: ignore[arg-type]
    match = _CONTENT_RANGE.match((headers.get("Content-Range") or "").strip())
    if not match or (match[1] is None) != (status == 416):
        return None
    total = None if match[3] == "*" else int(match[3])
    if status == 416:
        return None if total is None else Promise(total, total, total, **about)  # type: ignore[arg-type]
    begin, end = int(match[1]), int(match[2]) + 1
    return Promise(begin, end, total, **about) if begin < end <= (total or end) else None  # type: ignore[arg-type]


def foreign(content_type: str, head: bytes, name: str) -> str | None:
    """Return what stands in place of a log when that is plain: a web page or an error document; None otherwise.

    A file whose own name says that it is a page or XML is one.
    """
    extension = name.rpartition(".")[2].lower()
    media = content_type.partition(";")[0].strip().lower()
    if extension not in ("htm", "html", "xhtml") and (
        media in ("text/html", "application/xhtml+xml") or _HTML.match(_plain(head))
    ):
        return "a web page"
    error = None if extension == "xml" else _ERROR.match(_plain(head))
    return f"an error document{_named(error[1])}" if error else None


def refusal(body: bytes) -> tuple[str, bool]:
    """Return the code of a refusal, empty when there is none, and whether it says that a fresh link mends it."""
    code, words = "", ""
    error = _ERROR.match(_plain(body))
    message = _MESSAGE.search(body)
    if error or message:
        code = _text(error[1]) if error else ""
        words = _text(message[1]) if message else ""
    else:
        try:
            value = json.loads(body)
            code, words = str(value["RetCode"]), str(value.get("ErrMsg"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass
    code = code if _CODE.match(code) else ""
    return code, code in _MENDED or (code in ("", "AccessDenied") and "expired" in words.lower())


def vouching(*, tag: bool | None, size: bool | None, length: bool, framing: bool) -> str | None:
    """Return what vouches for the end of a body, the strongest first; None when nothing does."""
    found = ((CHECKSUM, tag), (SIZE, size), (LENGTH, length), (FRAMING, framing))
    return next((name for name, holds in found if holds), None)


def _plain(head: bytes) -> bytes:
    return head[:HEAD].removeprefix(b"\xef\xbb\xbf")


def _text(data: bytes) -> str:
    return data.decode("ascii", "replace").strip()


def _named(code: bytes) -> str:
    text = _text(code)
    return f" ({text})" if _CODE.match(text) else ""
