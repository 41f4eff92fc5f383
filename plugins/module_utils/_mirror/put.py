# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting one object: compared with the ledger on its way, locked as was asked for, never over another one unseen."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Callable, NamedTuple, Union

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import verify
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event, Hold
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.retention import is_held
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Bucket, Exists, Lock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.look import described
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.moving import Moving
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY

# What is larger goes in parts of that size, so that little memory is needed and a run that was killed goes on with the next part.
LIMIT = PART = 6 * 1024 * 1024
_MOST_PARTS = 10_000
_MIB = 1024 * 1024

AUTO, REQUIRED, NEVER = "auto", "required", "never"
CONDITIONAL = [AUTO, REQUIRED, NEVER]
UNCONDITIONAL = "no_conditional_writes"

# The VersionId of what was put, empty where there is none, or why it was not.
Result = Union[str, Problem]


class Retention(NamedTuple):
    """How long nobody may delete a version: a mode of Object Lock, and days from when it is put."""

    mode: str
    days: int


class Putter:
    """Puts objects. ``conditional``: whether what is new is put so that the store refuses it where something stands.

    ``untried``: whether the store is yet to show that it does what it is asked for. ``holds`` are those of the archive.
    """

    def __init__(self, bucket: Bucket, conditional: str = AUTO, retention: Retention | None = None) -> None:
        self.bucket = bucket
        self.retention = retention
        self.untried = conditional != NEVER or retention is not None
        self.conditional = self.asked = False
        self.holds: Collection[Hold] = ()
        self._probes = conditional != NEVER
        self._required = conditional == REQUIRED

    def try_out(self, key: str, document: bytes, *, new: bool) -> None:
        """See whether the store does what it is asked for, by an object that may get newer versions, and is not there yet (``new``).

        Raises CloudError where it does not.
        """
        self.untried = False
        if new or self.retention:
            version = self.put(key, document)
            if self.retention:
                self._check_retention(key, version)
        if self._probes:
            self._probe(key, document)

    def _check_retention(self, key: str, version: str) -> None:
        lock, found = self._lock() or Lock(), self.bucket.head(key, version)
        # Without versions nothing is locked, even where the store gives back with an object whatever came with it. The clock of
        # the store is another.
        if not version or not found or found.locked != lock.mode or found.until < lock.until - 3600:
            raise unlocked(f"{self.bucket.url}: the store took a retention that was asked for, and does not keep it.")

    def _lock(self, event: Event | None = None) -> Lock | None:
        if self.retention is None:
            return None
        until = int(time.time()) + self.retention.days * DAY
        return Lock(self.retention.mode, until, event is not None and is_held(event, self.holds))

    def _probe(self, key: str, document: bytes) -> None:
        """See whether the store refuses to put a new object where one stands. Raises CloudError where that was required."""
        self.asked = True
        try:
            self.bucket.put(key, document, {}, new=True, lock=self._lock())
            what = "ignores"
        except Exists:
            self.conditional = True
            return
        except CloudError as error:
            if error.status not in (400, 501):
                raise
            what = "does not know"
        if self._required:
            raise unconditional(f"{self.bucket.url}: the store", what)

    def put(self, key: str, data: bytes, about: Mapping[str, str] | None = None) -> str:
        """Put what may get newer versions; return its version."""
        return self.bucket.put(key, data, about or {"sha256": hashlib.sha256(data).hexdigest()}, lock=self._lock())

    def put_new(self, key: str, data: bytes, about: Mapping[str, str]) -> str:
        """Put what is written once; return its version. Raises Exists."""
        if not self.conditional and self.bucket.head(key):
            raise Exists(f"{self.bucket.place(key)} is there already.")
        return self.bucket.put(key, data, about, new=self.conditional, lock=self._lock())

    def small(self, folder: str, tree: Tree, event: Event, *, new: bool) -> Result:
        """Put a unit's file at once."""
        path = event.path or ""
        try:
            data = tree.read(path)
        except ArchiveError as error:
            return Problem.of(error, path, verify.UNREADABLE)
        if data is None:
            return verify.missing(event)
        problem = verify.compare(event, len(data), hashlib.sha256(data).hexdigest())
        if problem:
            return problem
        key = f"{folder}/{path}"
        try:
            return self.bucket.put(key, data, _about(event), new=new and self.conditional, lock=self._lock(event))
        except Exists:
            return self._same(key, event)

    def large(self, folder: str, tree: Tree, event: Event, moving: Moving, *, new: bool) -> Result:
        """Put a unit's file in parts. Parts that an earlier run put, and that are the same, are not put again."""
        path = event.path or ""
        key = f"{folder}/{path}"
        known = self.bucket.begun(key)
        upload, parts = max(known.items(), key=lambda one: len(one[1]), default=("", {}))
        upload = upload or self.bucket.begin(key, _about(event), self._lock(event))
        etags: dict[int, str] = {}
        sha256, size = hashlib.sha256(), 0

        def put_part(number: int, data: bytes) -> tuple[str, int]:
            if parts.get(number) == (len(data), hashlib.md5(data, usedforsecurity=False).hexdigest()):
                return parts[number][1], len(data)
            return self.bucket.put_part(key, upload, number, data), len(data)

        def read() -> Iterator[Callable[[], tuple[str, int]]]:
            for number, data in enumerate(_pieces(tree, path, part_size(event.size or 0)), 1):
                sha256.update(data)
                yield partial(put_part, number, data)

        try:
            for number, (etag, length) in enumerate(moving.each(read(), moving.workers), 1):
                etags[number] = etag
                size += length
                moving.moved(0, length)
        except ArchiveError as error:
            self._give_up(key, upload)
            return Problem.of(error, path, verify.UNREADABLE)
        problem = verify.compare(event, size, sha256.hexdigest())
        if problem:
            self._give_up(key, upload)
            return problem
        try:
            return self.bucket.end(key, upload, etags, new=new and self.conditional)
        except Exists:
            self._give_up(key, upload)
            return self._same(key, event)

    def hold(self, key: str, event: Event, on: bool) -> Problem | None:
        """Put a legal hold on a unit's object, or take it off; return why that cannot be."""
        for one in (self.bucket.versions(key) or {}).get(key, ()):
            if not one.marker and one.size == event.size:
                found = described(self.bucket, key, one.version)
                if found and found.sha256 == event.sha256:
                    self.bucket.set_hold(key, one.version, on)
                    return None
        return verify.missing(event)

    def _give_up(self, key: str, upload: str) -> None:
        with suppress(LogsError):
            self.bucket.abort(key, upload)

    def _same(self, key: str, event: Event) -> Result:
        """Return the version of what stands there already when it is the same file: an answer was lost, or another run was here."""
        found = described(self.bucket, key)
        if found and (found.size, found.sha256) == (event.size, event.sha256):
            return found.version
        return Problem(
            "other",
            event.path or "",
            f"{self.bucket.place(key)} is another file than the ledger says, and was left as it is.",
        )


def unconditional(store: str, what: str) -> CloudError:
    """Return why a store will not do that ignores conditional writes, or has none."""
    return CloudError(
        f"{store} {what} conditional writes, which were asked for.",
        code=UNCONDITIONAL,
        kind="parameter",
        hint="Leave conditional_writes out, and let no two jobs mirror the same instance at once.",
    )


def unlocked(message: str) -> CloudError:
    """Return why a bucket will not do that keeps no retention."""
    return CloudError(
        message,
        code="no_retention",
        kind="parameter",
        hint="Use a bucket with Object Lock, grant the key to read the retention of objects, or leave retention out.",
    )


def part_size(size: int) -> int:
    """Return how large the parts of so many bytes are, of which a store takes ten thousand."""
    return max(PART, -(-size // _MOST_PARTS // _MIB) * _MIB)


def _about(event: Event) -> dict[str, str]:
    return {"sha256": event.sha256 or ""}


def _pieces(tree: Tree, path: str, size: int) -> Iterator[bytes]:
    with tree.reading(path) as descriptor, os.fdopen(os.dup(descriptor), "rb", buffering=0) as file:
        while True:
            data = file.read(size)
            if not data:
                return
            yield data
