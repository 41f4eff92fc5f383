# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloading a file to a ``.part`` beside its place: resumed when it is cut, verified, made durable."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Callable
from urllib.parse import urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import (
    CHUNK,
    Digest,
    Tree,
    explained,
    write_all,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import is_part, part_path
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http, is_passing

if TYPE_CHECKING:
    import requests

EXPIRED = "link_expired"
STOPPED = "stopped"

_MD5_ETAG = re.compile(r'"?([0-9a-f]{32})"?$')
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)$", re.ASCII)

# A server that promises no length may not send more than the size that the API named, and this.
_UNPROMISED = 64 * 1024 * 1024


def sweep(tree: Tree) -> None:
    """Remove what a run that was killed was downloading."""
    for path in [path for path in tree.files() if is_part(path)]:
        tree.remove(path)


class Download:
    """One file on its way to the ``.part`` beside ``path``; :meth:`run` brings it there whole."""

    def __init__(self, http: Http, tree: Tree, path: str, named_size: int | None, stopped: Callable[[], bool]) -> None:
        self.resumed = 0
        self._http = http
        self._tree = tree
        self._part = part_path(path)
        self._named_size = named_size
        self._stopped = stopped
        self._refused_at = -1
        self._restart()

    def run(self, link: Callable[[], str]) -> Digest:
        """Return what the bytes are, once all of them are on the disk under the name of the ``.part``.

        ``link`` gives a fresh link. A cut connection is resumed with ``Range`` and ``If-Range``, an object that changed
        is begun anew, until nothing more arrives within the deadline. The length is checked against what the server
        promised, and the MD5 against the ``ETag`` of an object that was uploaded in one part. The size that the API
        named is too soft to be checked, except that a file is not empty when it should hold something.

        Raises CloudError or ArchiveError, and leaves no ``.part``.
        """
        self._tree.remove(self._part)
        try:
            with self._tree.writing(self._part) as descriptor:
                self._http.persist(lambda _left: self._attempt(link(), descriptor), lambda: self._size)
                with explained(os.path.join(self._tree.root, self._part)):
                    os.fsync(descriptor)
        except BaseException:
            with suppress(LogsError):
                self._tree.remove(self._part)
            raise
        return Digest(self._size, self._sha256.hexdigest())

    def _restart(self, etag: str = "") -> None:
        self._size = 0
        self._etag = etag
        # MD5 takes twice as long as SHA-256: only where there is something to compare it with.
        md5 = _MD5_ETAG.match(etag)
        self._promised_md5 = md5.group(1) if md5 else None
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)

    def _attempt(self, link: str, descriptor: int) -> None:
        host = _host(link)
        headers = {"Range": f"bytes={self._size}-", "If-Range": self._etag} if self._size and self._etag else {}
        with self._http.stream(link, headers) as response:
            self._check_link(host, response.status_code)
            promised = self._begin(host, response, descriptor)
            limit = promised if promised is not None else self._size + (self._named_size or 0) + _UNPROMISED
            while True:
                chunk = response.raw.read(CHUNK, decode_content=False)
                if not chunk:
                    break
                if self._stopped():
                    raise CloudError("The run was stopped.", code=STOPPED)
                if self._size + len(chunk) > limit:
                    raise _bad(host, "oversize_body", f"sent more than the {limit} bytes that it may")
                with explained(os.path.join(self._tree.root, self._part)):
                    write_all(descriptor, chunk)
                self._sha256.update(chunk)
                if self._promised_md5:
                    self._md5.update(chunk)
                self._size += len(chunk)
        if promised is not None and self._size != promised:
            raise _cut(host, self._size, promised)
        self._verify(host)

    def _check_link(self, host: str, status: int) -> None:
        if status == 403:
            # A fresh link that is refused where the last one was will not be the last one either.
            renew = self._refused_at != self._size
            self._refused_at = self._size
            raise CloudError(f"{host} no longer accepts the link.", code=EXPIRED, status=status, passing=renew)

    def _begin(self, host: str, response: requests.Response, descriptor: int) -> int | None:
        """Take note of what the answer promises; return the length of the whole object, if it is promised."""
        etag = response.headers.get("ETag") or ""
        if response.status_code == 206:
            part = _CONTENT_RANGE.match(response.headers.get("Content-Range") or "")
            if part and int(part.group(1)) == self._size and etag == self._etag:
                self.resumed += 1
                return int(part.group(2))
            raise _bad(host, "bad_range", "answered with another part than the one that was asked for")
        _check_status(host, response.status_code)
        with explained(os.path.join(self._tree.root, self._part)):
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
        self._restart("" if etag.startswith("W/") else etag)
        length = response.headers.get("Content-Length") or ""
        return int(length) if length.isascii() and length.isdigit() else None

    def _verify(self, host: str) -> None:
        if self._promised_md5 and self._promised_md5 != self._md5.hexdigest():
            self._etag = ""
            raise _bad(host, "corrupt_body", "sent bytes that do not match their MD5")
        if self._named_size and not self._size:
            raise _bad(host, "empty_body", f"sent nothing where the API named {self._named_size} bytes")


def _host(link: str) -> str:
    try:
        parts = urlsplit(link)
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        host = None
    if not host:
        raise CloudError("The API gave a link that is not HTTP or HTTPS; it was not followed.", code="bad_link")
    return host


def _check_status(host: str, status: int) -> None:
    if status == 200:
        return
    raise CloudError(
        f"{host} answered HTTP {status} to a link.", code=str(status), status=status, passing=is_passing(status)
    )


def _cut(host: str, size: int, promised: int) -> CloudError:
    return CloudError(f"{host} sent {size} of {promised} bytes.", code="short_body", passing=True)


def _bad(host: str, code: str, what: str) -> CloudError:
    return CloudError(f"{host} {what}.", code=code)
