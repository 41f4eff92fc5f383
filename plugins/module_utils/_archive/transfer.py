# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloading a file to its place: to a ``.part`` beside it, verified, made durable, then renamed."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from urllib.parse import urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import (
    CHUNK,
    Digest,
    Tree,
    explained,
    write_all,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import part_path
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http, is_passing

EXPIRED = "link_expired"

_MD5_ETAG = re.compile(r'"?([0-9a-f]{32})"?$')


def download(http: Http, link: str, tree: Tree, path: str, *, named_size: int | None) -> Digest:
    """Download what a link leads to, as the file ``path``, and return what its bytes are.

    The length is checked against ``Content-Length`` and the MD5 against the ``ETag`` of an object that was uploaded in
    one part. ``named_size`` is what the API said of it: too soft to be checked, except that a file is not empty when it
    should hold something. A file that fails never gets its name. Raises CloudError (code ``link_expired`` when the link is no longer
    good) or ArchiveError.
    """
    part = part_path(path)
    tree.remove(part)
    try:
        digest = _receive(http, link, tree, part)
        if named_size and not digest.size:
            raise _bad(_host(link), "empty_body", f"sent nothing where the API named {named_size} bytes")
        tree.publish(part, path)
    except LogsError:
        with suppress(LogsError):
            tree.remove(part)
        raise
    return digest


def _receive(http: Http, link: str, tree: Tree, part: str) -> Digest:
    host = _host(link)
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with tree.writing(part) as descriptor, http.stream(link) as response:
        _check_status(host, response.status_code)
        while True:
            chunk = response.raw.read(CHUNK, decode_content=False)
            if not chunk:
                break
            with explained(os.path.join(tree.root, part)):
                write_all(descriptor, chunk)
            sha256.update(chunk)
            md5.update(chunk)
            size += len(chunk)
        promised = response.headers.get("Content-Length") or ""
        if promised.isascii() and promised.isdigit() and size != int(promised):
            raise _bad(host, "short_body", f"sent {size} of {promised} bytes")
        etag = _MD5_ETAG.match(response.headers.get("ETag") or "")
        if etag and etag.group(1) != md5.hexdigest():
            raise _bad(host, "corrupt_body", "sent bytes that do not match their MD5")
        with explained(os.path.join(tree.root, part)):
            os.fsync(descriptor)
    return Digest(size, sha256.hexdigest())


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
    if status == 403:
        raise CloudError(f"{host} no longer accepts the link.", code=EXPIRED, status=status, passing=True)
    raise CloudError(
        f"{host} answered HTTP {status} to a link.", code=str(status), status=status, passing=is_passing(status)
    )


def _bad(host: str, code: str, what: str) -> CloudError:
    return CloudError(f"{host} {what}.", code=code, hint="Nothing was kept; run again.", passing=True)
