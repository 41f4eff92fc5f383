# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloading a file to a ``.part`` beside its place: resumed when it is cut, verified, made durable.

A file counts only when something vouches for its end: a checksum, the size in bytes that the API named, a length, framing that
ended. Where nothing does, it is read a second time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Callable
from urllib.parse import urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.body import ALLOWANCE, Body, Garbled
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import (
    CHUNK,
    Digest,
    Tree,
    explained,
    write_all,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import is_part, part_path
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.store import (
    HEAD,
    TWICE,
    Promise,
    foreign,
    promise,
    refusal,
    transfer_coding,
    vouching,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.tags import Tags
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._connection import following_a_link
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http, plain, retry_after
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._patience import is_passing

if TYPE_CHECKING:
    import requests

EXPIRED = "link_expired"
STOPPED = "stopped"

# How often a file is read from its beginning before it is given up as one that cannot be had right.
READINGS = 3

_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_REFUSAL = 64 * 1024


def sweep(tree: Tree) -> None:
    """Remove what a run that was killed was downloading."""
    for path in [path for path in tree.files() if is_part(path)]:
        tree.remove(path)


class Download:
    """One file on its way to the ``.part`` beside ``path``; :meth:`run` brings it there whole.

    ``named_size``: the bytes that the API named, None when it named none or not exactly. ``tags``: what the run knows of entity tags.
    After a run, ``proof`` tells what vouched for the file, ``resumed`` how often it was gone on with, and ``notes`` what the reader
    of the result should know.
    """

    def __init__(
        self,
        http: Http,
        tree: Tree,
        path: str,
        named_size: int | None,
        stopped: Callable[[], bool],
        tags: Tags | None = None,
    ) -> None:
        self.resumed = 0
        self.proof = ""
        self.notes: list[str] = []
        self._http = http
        self._tree = tree
        self._path = path
        self._part = part_path(path)
        self._named_size = named_size
        self._stopped = stopped
        self._tags = tags or Tags()
        self._refused_at: tuple[int, ...] = ()
        self._spoilt = 0
        self._as_sent = False
        self._seen: Digest | None = None
        # What was received and nothing vouches for; it is being read again, so many bytes of it so far.
        self._unproven: Digest | None = None
        self._read_again = 0
        self._restart()

    def run(self, link: Callable[[], str]) -> Digest:
        """Return what the bytes are, once all of them are on the disk under the name of the ``.part``.

        ``link`` gives a fresh link. A cut connection is resumed with ``Range`` and ``If-Range``, an object that changed
        is begun anew, until nothing more arrives within the deadline. Bytes that do not have the checksum of their ``ETag``
        are read again; equal bytes show that it is no checksum. A size that the API named must be the file's own.

        Raises CloudError or ArchiveError, and leaves no ``.part``.
        """
        try:
            with self._tree.writing(self._part, anew=True) as descriptor:
                self._http.persist(lambda _left: self._attempt(link(), descriptor), self._progress)
                with explained(os.path.join(self._tree.root, self._part)):
                    os.fsync(descriptor)
        except BaseException:
            with suppress(LogsError):
                self._tree.remove(self._part)
            raise
        self._note_coding()
        return self._body.kept.digest

    @property
    def received(self) -> int:
        """Return how many bytes of the file have come so far; any thread may ask."""
        return self._body.sent.size

    def _progress(self) -> tuple[int, ...]:
        return self._spoilt, self._body.sent.size, self._read_again

    def _restart(self, said: Promise | None = None) -> None:
        self._etag = said.etag if said else ""
        self._total = said.total if said else None
        self._body = self._new_body(said)

    def _new_body(self, said: Promise | None) -> Body:
        coding = said.coding if said and not self._as_sent else ""
        return Body(self._path, said.checksum if said else "", coding)

    def _attempt(self, link: str, descriptor: int) -> None:
        host = _host(link)
        if self._unproven is not None:
            self._read_twice(host, link, self._unproven)
            return
        held = self._body.sent.size
        # Bytes that a decoder is in the middle of are not gone on with.
        resume = held and self._etag and not self._body.undone
        headers = {"Range": f"bytes={held}-", "If-Range": self._etag} if resume else {}
        with self._open(host, link, headers) as (response, said):
            if response.status_code == 416:
                if said.total != held:
                    raise self._spoil(host, "bad_range", "no longer has the object that was being read")
                self.resumed += 1
            else:
                self._begin(host, said, descriptor, resumed=bool(resume))
                self._receive(host, link, response, said, self._body, descriptor)
        if self._total not in (None, said.total):
            # It named another length before, so neither vouches for the end.
            said = said._replace(total=None)
        self._verify(host, said)

    @contextmanager
    def _open(self, host: str, link: str, headers: dict[str, str]) -> Iterator[tuple[requests.Response, Promise]]:
        """Open a link, over a connection of its own where the last ones led to nothing of use."""
        fresh = self._spoilt > 0 or self._unproven is not None
        with following_a_link(), self._http.stream(link, headers, fresh=fresh) as response:
            status = response.status_code
            if status not in (200, 206) and not (status == 416 and headers):
                self._refuse(host, response)
            said = promise(status, response.headers)
            coding = transfer_coding(response.headers)
            if coding not in ("", "chunked"):
                raise self._spoil(host, "bad_range", f"sent the file coded as {plain(coding)}, which nobody asked for")
            if said is None:
                raise self._spoil(host, "bad_range", "sent an answer that does not say which bytes it holds")
            yield response, said

    def _refuse(self, host: str, response: requests.Response) -> None:
        """Raise what an answer without a file in it means."""
        status = response.status_code
        body = response.raw.read(_LONGEST_REFUSAL, decode_content=False) or b""
        code, mended = refusal(body)
        if status in (401, 403) and (mended or code):
            # A fresh link that is refused where the last one was will not be the last one either.
            renew = mended and self._refused_at != self._progress()
            self._refused_at = self._progress()
            if mended:
                raise CloudError(f"{host} no longer accepts the link.", code=EXPIRED, status=status, passing=renew)
            raise CloudError(f"{host} refused the link with {code}.", code="link_refused", status=status)
        raise CloudError(
            f"{host} answered HTTP {status}{f' ({code})' if code else ''} to a link{_elsewhere(response)}.",
            code="link_refused" if status == 403 else str(status),
            status=status,
            passing=is_passing(status),
            throttled=status == 429 or code == "SlowDown",
            retry_after=retry_after(response.headers, time.time()),
        )

    def _begin(self, host: str, said: Promise, descriptor: int, *, resumed: bool) -> None:
        """Go on where the last answer ended, or begin anew when this one does."""
        held = self._body.sent.size
        if resumed and said.begin == held and said.etag == self._etag:
            self.resumed += 1
            return
        if said.begin:
            raise self._spoil(host, "bad_range", "answered with another part than the one that was asked for")
        with explained(os.path.join(self._tree.root, self._part)):
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
        self._restart(said)

    def _receive(
        self, host: str, link: str, response: requests.Response, said: Promise, body: Body, descriptor: int | None
    ) -> None:
        """Read a body to its end; without a descriptor its bytes are measured alone. Raises CloudError when it is cut short."""
        limit = said.end if said.end is not None else body.sent.size + (self._named_size or 0) + ALLOWANCE
        try:
            while True:
                chunk = response.raw.read(CHUNK, decode_content=False)
                if not chunk:
                    break
                if self._stopped():
                    raise CloudError("The run was stopped.", code=STOPPED)
                if body.sent.size + len(chunk) > limit:
                    raise _bad(host, "oversize_body", f"sent more than the {limit} bytes that it may")
                for piece in body.take(chunk):
                    if body.kept.size <= max(len(piece), HEAD):
                        self._check_kind(host, response, piece)
                    if descriptor is not None:
                        with explained(os.path.join(self._tree.root, self._part)):
                            write_all(descriptor, piece)
                self._http.heard(link)
                self._read_again += len(chunk) if descriptor is None else 0
        except Garbled as error:
            raise self._spoil(host, "corrupt_body", f"sent compressed bytes that {error}") from None
        whole = said.total if said.total is not None else said.end
        if whole is not None and body.sent.size != whole:
            raise _cut(host, body.sent.size, whole)
        if body.undone and not body.ended:
            raise _cut(host, body.sent.size)

    def _check_kind(self, host: str, response: requests.Response, head: bytes) -> None:
        kind = foreign(response.headers.get("Content-Type") or "", head, self._path)
        if kind:
            # What was received before and is only read again stays: it may yet be proven.
            if self._unproven is None:
                self._restart()
            raise CloudError(
                f"{host} sent {kind} in place of the file.",
                code="not_a_log",
                status=response.status_code,
                passing=True,
                retry_after=retry_after(response.headers, time.time()),
            )

    def _verify(self, host: str, said: Promise) -> None:
        body = self._body
        kept = body.kept.digest
        if self._named_size and not kept.size:
            raise _bad(host, "empty_body", f"sent nothing where the API named {self._named_size} bytes")
        fits = None if self._named_size is None else kept.size == self._named_size
        tagged = self._judge_tag(host, said, fits)
        if fits is False:
            if body.undone and body.sent.size == self._named_size:
                raise self._take_as_sent(host)
            if said.total is None and not said.framed and kept.size < (self._named_size or 0):
                raise _cut(host, kept.size, self._named_size)
            raise _bad(host, "wrong_size", f"sent {kept.size} bytes where the API named {self._named_size}")
        proof = _vouched(said, body, tagged, fits)
        if proof is None and not kept.size:
            raise self._spoil(host, "empty_body", "sent nothing, and nothing says that this is all")
        if proof is None:
            self._unproven, self._read_again = kept, 0
            raise CloudError(
                f"Nothing says whether {host} sent the file whole.", code="unproven_body", status=200, passing=True
            )
        self.proof = proof

    def _judge_tag(self, host: str, said: Promise, fits: bool | None) -> bool | None:
        """Return whether the bytes have the checksum of their tag; None where that tells nothing."""
        body = self._body
        if body.kept.tagged is not False:
            if body.kept.tagged:
                self._tags.matched(host)
            return body.kept.tagged
        if body.undone and body.sent.tagged:
            raise self._take_as_sent(host)
        # A gateway that compresses leaves the tag of what it compressed, or makes another.
        if said.sealed or body.undone or not self._tags.tell(host):
            return None
        kept = body.kept.digest
        if kept != self._seen or fits is False:
            self._seen = kept
            raise self._spoil(
                host, "corrupt_body", "sent bytes that do not match their MD5, or the SHA-1 of their ETag"
            )
        self._tags.differed(host)
        self.notes.append(
            f"{self._path} came twice with equal bytes that do not match their ETag or Content-MD5: those of {host} are taken for"
            " no checksum, as encrypted objects have it. Bytes that were damaged in the same way both times would look alike."
        )
        return None

    def _read_twice(self, host: str, link: str, first: Digest) -> None:
        """Read once more what nothing vouches for, keeping nothing: equal bytes are taken for the file."""
        self._read_again = 0
        with self._open(host, link, {}) as (response, said):
            if said.begin:
                raise self._spoil(host, "bad_range", "answered with a part where all was asked for")
            body = self._new_body(said)
            self._receive(host, link, response, said, body, None)
        if body.kept.digest != first:
            raise self._spoil(
                host, "unproven_body", "sent other bytes the second time, and nothing says which are whole"
            )
        self.proof = _vouched(said, body, body.kept.tagged, None) or TWICE
        if self.proof == TWICE:
            self.notes.append(
                f"{self._path}: nothing that {host} sent says where the file ends; two readings were equal, so it was kept."
            )

    def _take_as_sent(self, host: str) -> CloudError:
        """Begin anew, leaving the coding: the store, or the API, says that it is the file's own."""
        self._as_sent = True
        return self._spoil(host, "corrupt_body", "sent a file whose own compression is called one for the way")

    def _spoil(self, host: str, code: str, what: str) -> CloudError:
        """Begin anew; return the error, which passes as long as the file was not read too often."""
        self._spoilt += 1
        self._unproven = None
        self._restart()
        return CloudError(f"{host} {what}.", code=code, status=200, passing=self._spoilt < READINGS)

    def _note_coding(self) -> None:
        if self._body.undone:
            self.notes.append(
                f"{self._path} came compressed ({self._body.undone}) though nobody asked; that was undone."
            )
        elif self._body.as_sent:
            self.notes.append(f"{self._path} is said to be coded ({plain(self._body.as_sent)}); it is kept as it came.")


def _vouched(said: Promise, body: Body, tagged: bool | None, fits: bool | None) -> str | None:
    framing = body.ended or (said.framed and not said.begin)
    return vouching(tag=tagged, size=fits, length=said.total is not None, framing=framing)


def _elsewhere(response: requests.Response) -> str:
    if response.status_code not in _REDIRECTS:
        return ""
    try:
        host = urlsplit(response.headers.get("Location") or "").hostname
    except ValueError:
        host = None
    return f", which leads on{f' to {plain(host)}' if host else ''}; that was not followed"


def _host(link: str) -> str:
    try:
        parts = urlsplit(link)
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        host = None
    if not host:
        raise CloudError("The API gave a link that is not HTTP or HTTPS; it was not followed.", code="bad_link")
    return host


def _cut(host: str, size: int, promised: int | None = None) -> CloudError:
    of = "" if promised is None else f" of {promised}"
    return CloudError(f"{host} sent {size}{of} bytes, and no more.", code="short_body", status=200, passing=True)


def _bad(host: str, code: str, what: str) -> CloudError:
    return CloudError(f"{host} {what}.", code=code, status=200)
