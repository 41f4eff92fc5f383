# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an object store's answer says about the bytes that follow, read from its status, headers and first bytes. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import NamedTuple

CHECKSUM, SIZE, LENGTH, FRAMING, TWICE = "checksum", "size", "length", "framing", "twice"

# Bytes of a body in which it is looked for what it is.
HEAD = 4096

_CONTENT_RANGE = re.compile(r"bytes +(?:(\d+)-(\d+)|\*)/(\d+|\*)\Z", re.ASCII)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|title|meta|script|body)[\s>]", re.IGNORECASE)
_ERROR = re.compile(rb"<(?:\w+:)?Error(?:Response)?[\s/>]")
_ERROR_CODE = re.compile(rb"<(?:\w+:)?Code>\s*([^<]*?)\s*<")
# What may stand before the root of a document, besides white space.
_BEFORE_ROOT = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE", b">"))
# Pairs of fields by which the APIs and stores of both clouds tell of an error in JSON, and no log tells of anything.
_JSON_ERRORS = (("RetCode", "ErrMsg"), ("RetCode", "Message"), ("error_code", "error_msg"), ("errorCode", "errorMsg"))
_MESSAGE = re.compile(rb"<(?:\w+:)?(?:Message|Error)>\s*([^<\s][^<]*)<")
# Headers of objects that are encrypted, or were put together: appended to, or uploaded in parts.
_SEALED = re.compile(
    r"x-(?:obs|amz|oss|cos)-(?:server-side-encryption|next-append-position|mp-parts-count)"
    r"|x-(?:static-large-object|object-manifest)\Z",
    re.IGNORECASE,
)
_CODE = re.compile(r"-?[\w.]{1,60}\Z", re.ASCII)

# Refusals of a store that a fresh link mends. US3 has one code for everything that is wrong with a link.
_MENDED = frozenset({"RequestTimeTooSkewed", "ExpiredToken", "-148643"})


class Promise(NamedTuple):
    """Where the bytes of an answer begin and end in the object, and how long the object is, as far as it is said.

    ``framed``: they come in chunks, of which the last one is marked. ``etag``: a strong entity tag. ``coding``: how the bytes
    are coded for the way. ``sealed``: the store encrypts the object or put it together, so that its tag is no checksum.
    ``checksum``: what is told of the whole object in the form of a tag: the MD5 of ``Content-MD5``, else the entity tag.
    """

    begin: int
    end: int | None
    total: int | None
    framed: bool = False
    etag: str = ""
    coding: str = ""
    sealed: bool = False
    checksum: str = ""


def promise(status: int, headers: Mapping[str, str]) -> Promise | None:
    """Return what an answer with status 200, 206 or 416 promises; None when it cannot be understood.

    Of 416, ``begin`` and ``end`` are those of nothing at the end of the object.
    """
    etag = (headers.get("ETag") or "").strip()
    about = {
        "framed": transfer_coding(headers) == "chunked",
        "etag": "" if etag.startswith("W/") else etag,
        "coding": _codings(headers.get("Content-Encoding") or ""),
        "sealed": any(_SEALED.match(name) for name in headers),
    }
    about["checksum"] = about["etag"]
    if status == 200:
        length = (headers.get("Content-Length") or "").strip()
        known = int(length) if length.isascii() and length.isdigit() and not about["framed"] else None
        about["checksum"] = _content_md5(headers.get("Content-MD5") or "") or about["etag"]
        return Promise(0, known, known, **about)  # type: ignore[arg-type]
    match = _CONTENT_RANGE.match((headers.get("Content-Range") or "").strip())
    if not match or (match[1] is None) != (status == 416):
        return None
    total = None if match[3] == "*" else int(match[3])
    if status == 416:
        return None if total is None else Promise(total, total, total, **about)  # type: ignore[arg-type]
    begin, end = int(match[1]), int(match[2]) + 1
    return Promise(begin, end, total, **about) if begin < end <= (total or end) else None  # type: ignore[arg-type]


def transfer_coding(headers: Mapping[str, str]) -> str:
    """Return how the bytes of an answer are framed or coded for one hop; empty when they come as they are."""
    return _codings(headers.get("Transfer-Encoding") or "")


def foreign(content_type: str, head: bytes, name: str) -> str | None:
    """Return what stands in place of a log when that is plain: a web page or an error document; None otherwise.

    A file whose own name says that it is a page or XML is one.
    """
    extension = name.rpartition(".")[2].lower()
    media = content_type.partition(";")[0].strip().lower()
    root = _root(head)
    if extension not in ("htm", "html", "xhtml") and (
        media in ("text/html", "application/xhtml+xml") or _HTML.match(root)
    ):
        return "a web page"
    code = None if extension == "xml" else _error_code(root)
    if code is None and extension != "json" and len(head) < HEAD:
        code = _json_error_code(head)
    return None if code is None else f"an error document{f' ({code})' if code else ''}"


def refusal(body: bytes) -> tuple[str, bool]:
    """Return the code of a refusal, empty when there is none, and whether it says that a fresh link mends it."""
    found, words = _error_code(_root(body)), ""
    message = _MESSAGE.search(body)
    if found is not None or message:
        code = found or ""
        words = _text(message[1]) if message else ""
    else:
        code = ""
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


def _content_md5(header: str) -> str:
    """Return the MD5 of a ``Content-MD5`` in hex, as a tag has it; empty where it is none. Source: RFC 1864."""
    try:
        digest = base64.b64decode(header.strip(), validate=True)
    except ValueError:
        return ""
    return digest.hex() if len(digest) == 16 else ""


def _codings(header: str) -> str:
    """Return the codings that a header names, without those that leave the bytes as they are or end with the upload."""
    names = (name.strip().lower() for name in header.split(","))
    return ", ".join(name for name in names if name not in ("", "identity", "aws-chunked"))


def _root(head: bytes) -> bytes:
    """Return a document from its root on: what may stand before one is left out, but a declaration that it is HTML."""
    text = head[:HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    while not _HTML.match(text):
        end = next((end for begin, end in _BEFORE_ROOT if text.startswith(begin)), None)
        if end is None:
            break
        text = text.partition(end)[2].lstrip()
    return text


def _error_code(root: bytes) -> str | None:
    """Return the code of a store's error document, empty when it names none; None for anything else."""
    if not _ERROR.match(root):
        return None
    found = _ERROR_CODE.search(root)
    code = _text(found[1]) if found else ""
    return code if _CODE.match(code) else ""


def _json_error_code(body: bytes) -> str | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    inner = value.get("error")
    pairs = (("code", "message"),) if isinstance(inner, dict) else _JSON_ERRORS
    said = inner if isinstance(inner, dict) else value
    code = next((str(said[code]) for code, words in pairs if code in said and words in said), None)
    return code if code is None or _CODE.match(code) else ""


def _text(data: bytes) -> str:
    return data.decode("ascii", "replace").strip()
