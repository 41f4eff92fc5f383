# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Object storage: pre-signed links to packages, exports and audit logs, with ranges and entity tags."""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import re
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from . import signing
from .faults import Fault
from .messages import Answer, FilePart, RefusedError, Request

if TYPE_CHECKING:
    from .emulator import Emulator

_CREDENTIAL_HEADERS = ("authorization", "x-auth-token", "x-security-token")
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")
_US3_BLOCK = 4 * 1024 * 1024
_CACHE_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class StoredObject:
    """An object: how to get its bytes, when it was written, and whether it is gone meanwhile.

    With `file` its bytes are that file's: sent from there, so that its size costs nothing.
    """

    read: Callable[[], bytes]
    modified: float
    gone: Callable[[], bool] = lambda: False
    file: str | None = None


def _us3_tag(body: bytes) -> str:
    """Return the entity tag of UCloud's US3: how many blocks of 4 MB, and their SHA-1, of several that of their SHA-1s."""
    digests = [hashlib.sha1(body[at : at + _US3_BLOCK]).digest() for at in range(0, len(body), _US3_BLOCK)]
    digest = digests[0] if len(digests) == 1 else hashlib.sha1(b"".join(digests)).digest()
    return f'"{base64.urlsafe_b64encode(struct.pack("<I", len(digests)) + digest).decode()}"'


def _error(status: int, code: str, message: str) -> Answer:
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'
    return Answer(status, body.encode(), {"Content-Type": "application/xml"}, code)


class Storage:
    """Serves `/objects/...`, and `/objects/internal/...` for links that work inside a network only."""

    def __init__(self, emulator: Emulator) -> None:
        """Start with no objects; they come with their links."""
        self._emulator = emulator
        self._objects: dict[str, StoredObject] = {}
        self._cache: OrderedDict[str, tuple[bytes, str]] = OrderedDict()
        self._file_tags: dict[tuple[str, int, int], str] = {}
        self._access_key = f"OBS{hashlib.sha256(str(emulator.world.seed).encode()).hexdigest()[:17].upper()}"
        self._secret_key = hashlib.sha256(f"storage {emulator.world.seed}".encode()).hexdigest()

    def link(
        self,
        folder: str,
        name: str,
        stored: StoredObject,
        *,
        seconds: float,
        internal: bool = False,
        key_name: str = "AccessKeyId",
    ) -> str:
        """Make an object available in a folder and return a link that is valid for some seconds.

        The name is one segment of the path whatever is in it, so that no client resolves it away.
        """
        parent = f"/objects/{'internal/' if internal else ''}{folder}/"
        path = parent + name
        self._objects[path] = stored
        expires = int(self._emulator.clock.now() + seconds)
        signature = signing.link_signature("GET", expires, path, self._secret_key)
        query = f"{key_name}={self._access_key}&Expires={expires}&Signature={quote(signature, safe='')}"
        return f"{self._emulator.url}{parent}{quote(name, safe='~')}?{query}"

    def identify(self, request: Request) -> None:
        """Name the action."""
        request.action = "object"
        request.params = {name: value for name, value in request.query if name == "Expires"}

    def authenticate(self, request: Request) -> None:
        """Refuse foreign credentials, wrong signatures and links that have expired."""
        for name in _CREDENTIAL_HEADERS:
            if request.header(name) is not None:
                self._emulator.violation("credentials sent to object storage", name, request)
                raise RefusedError(
                    _error(
                        400,
                        "InvalidArgument",
                        "Only one auth mechanism allowed; credentials do not belong here",
                    )
                )
        query = dict(request.query)
        request.auth = "link"
        if "Signature" not in query or not query.get("Expires", "").isdigit():
            raise RefusedError(_error(403, "AccessDenied", "Anonymous access is forbidden"))
        if self._access_key not in query.values():
            raise RefusedError(_error(403, "InvalidAccessKeyId", "The access key Id does not exist"))
        path = unquote(request.path)
        wanted = signing.link_signature(request.method, int(query["Expires"]), path, self._secret_key)
        request.signed = wanted == query["Signature"]
        if not request.signed:
            raise RefusedError(_error(403, "SignatureDoesNotMatch", "The signature does not match"))
        if self._emulator.clock.now() >= int(query["Expires"]):
            raise RefusedError(_error(403, "AccessDenied", "Request has expired"))

    def refusal(self, request: Request, fault: Fault) -> Answer:
        """Answer a fault as the storage does."""
        if fault.kind == "expired_link":
            return _error(403, "AccessDenied", "Request has expired")
        if fault.kind == "throttled":
            return _error(503, "SlowDown", "Please reduce your request rate")
        status = int(fault.args.get("status", 500))
        code = str(fault.args.get("code", "InternalError"))
        return _error(status, code, str(fault.args.get("message", "We encountered an internal error")))

    def answer(self, request: Request) -> Answer:
        """Serve an object, whole or in part."""
        path = unquote(request.path)
        stored = self._objects.get(path)
        if stored is None or stored.gone():
            return _error(404, "NoSuchKey", "The specified key does not exist")
        if stored.file is None:
            body, etag = self._content(path, stored)
            size = len(body)
        else:
            body, etag, size = b"", self._file_tag(stored.file), os.path.getsize(stored.file)
        foreign = request.fault("foreign_tag")
        if foreign is not None:
            etag = f'"{hashlib.md5(f"sealed {etag}".encode()).hexdigest()}"'
        elif request.fault("us3_tag") is not None:
            etag = _us3_tag(body)
        headers = {
            "Content-Type": "application/octet-stream",
            "ETag": etag,
            **({foreign["header"]: "kms"} if foreign and "header" in foreign else {}),
            "Last-Modified": formatdate(stored.modified, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        span = self._range(request, size, etag, headers["Last-Modified"])
        if request.fault("range_ignored") is not None:
            span = None
        elif request.fault("whole_206") is not None:
            span = (0, size - 1)
        first, last = span or (0, size - 1)
        if span and first > last:
            answer = _error(416, "InvalidRange", "The requested range cannot be satisfied")
            answer.headers["Content-Range"] = f"bytes */{size}"
            return answer
        if span:
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        status, end = 206 if span else 200, last + 1
        if stored.file is not None:
            return Answer(status, b"", headers, file=FilePart(stored.file, first, end))
        coded = request.fault("compressed")
        if coded is not None and status == 200:
            headers["Content-Encoding"] = str(coded.get("coding", "gzip"))
            pack = gzip.compress if headers["Content-Encoding"] == "gzip" else zlib.compress
            return Answer(status, pack(body)[: coded.get("keep")], headers)
        return Answer(status, body[first:end], headers)

    def _range(self, request: Request, size: int, etag: str, modified: str) -> tuple[int, int] | None:
        """Return the bytes asked for, None for all of them, and first > last when there are none."""
        match = _RANGE.match(request.header("Range") or "")
        condition = request.header("If-Range")
        if match is None or match.groups() == ("", "") or condition not in (None, etag, modified):
            return None
        if not match[1]:
            suffix = int(match[2])
            return (max(0, size - suffix), size - 1) if suffix and size else (1, 0)
        last = min(int(match[2]), size - 1) if match[2] else size - 1
        if match[2] and int(match[2]) < int(match[1]):
            return None
        return (int(match[1]), last) if int(match[1]) < size else (1, 0)

    def _content(self, path: str, stored: StoredObject) -> tuple[bytes, str]:
        cached = self._cache.get(path)
        if cached is not None:
            self._cache.move_to_end(path)
            return cached
        body = stored.read()
        entry = (body, self._tag([body[at : at + self._part_bytes] for at in range(0, len(body), self._part_bytes)]))
        self._cache[path] = entry
        while len(self._cache) > 1 and sum(len(item[0]) for item in self._cache.values()) > _CACHE_BYTES:
            self._cache.popitem(last=False)
        return entry

    @property
    def _part_bytes(self) -> int:
        return self._emulator.world.part_bytes

    def _file_tag(self, path: str) -> str:
        known = (path, os.stat(path).st_mtime_ns, self._part_bytes)
        if known not in self._file_tags:
            with open(path, "rb") as file:
                self._file_tags[known] = self._tag(iter(lambda: file.read(self._part_bytes), b""))
        return self._file_tags[known]

    def _tag(self, parts: Iterable[bytes]) -> str:
        """Return the MD5 of an object that was uploaded at once; of one in parts, the MD5 of their MD5s and their number."""
        digests = [hashlib.md5(part).digest() for part in parts] or [hashlib.md5().digest()]
        if len(digests) == 1:
            return f'"{digests[0].hex()}"'
        return f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(digests)}"'
