# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bucket read as an archive: what reads the ledger and the files of a folder reads them of this, too."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import (
    Digest,
    Mark,
    Ownership,
    Tree,
    digest_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, PRUNED, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Bucket
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import (
    HEAD,
    SEGMENTS,
    Segment,
    file_of,
    gaps,
    is_own,
    ledger_files,
    segment_number,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.look import head_of


class BucketTree(Tree):
    """The part of a bucket that is of one instance, or with no ``folder`` all of it. Only reads. Raises CloudError.

    The files of the ledger are made of its segments, which are read once. ``problems``: what is wrong with these.
    """

    def __init__(self, bucket: Bucket, folder: str, workers: int) -> None:
        super().__init__(bucket.url, Ownership(), folder)
        self.problems: list[Problem] = []
        self._bucket = bucket
        self._below = f"{folder}/" if folder else ""
        self._workers = workers
        self._ledger: dict[str, bytes] | None = None

    def exists(self) -> bool:
        """Tell whether there is anything."""
        return bool(self._bucket.entries(self._below))

    def segments(self) -> list[Segment]:
        """Return the segments of the ledger, in order."""
        keys = [
            (number, one.key)
            for one in self._bucket.listed(self._below + SEGMENTS)
            for number in [segment_number(one.key.removeprefix(self._below))]
            if number is not None
        ]
        segments: list[Segment] = []
        with ThreadPoolExecutor(self._workers, "segments") as pool:
            for (number, _key), got in zip(keys, pool.map(self._bucket.get, (key for _number, key in keys))):
                if got:
                    month, before = got[1].about.get("month", ""), segments[-1].file if segments else ""
                    segments.append(Segment(number, file_of(month, got[0], before), got[0]))
        return segments

    def names(self, path: str) -> list[str]:
        """Return the names in a folder, in order, those of the ledger's files among them."""
        below = f"{self._below}{path}/" if path else self._below
        names = self._bucket.entries(below)
        if path or not self._below:
            return sorted(names)
        return sorted({*names, *self._ledger_files()} - {HEAD, SEGMENTS.rstrip("/")})

    def folders(self, path: str, wanted: Collection[str] | None) -> list[str]:
        """Return the names of the folders in a folder, in order: those that are wanted, or (None) all."""
        names = self._bucket.folders(f"{self._below}{path}/" if path else self._below)
        return [name for name in names if wanted is None or name in wanted]

    def read(self, path: str, most: int = -1) -> bytes | None:
        """Return the bytes of a file, the first ``most`` of them when that is given; None when there is none."""
        if layout.LEDGER.match(path):
            data = self._ledger_files().get(path)
        else:
            got = self._bucket.get(self._below + path)
            data = got[0] if got else None
        return data if data is None or most < 0 else data[:most]

    def part(self, path: str, offset: int, size: int) -> bytes:
        """Return bytes of a file from an offset on, all of them where ``size`` is negative."""
        data = (self.read(path) or b"")[offset:]
        return data if size < 0 else data[:size]

    def mark(self, path: str) -> Mark | None:
        """Return nothing: a bucket has no such thing, and nothing of it is remembered."""
        return None

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a file in pieces, as they come in."""
        return self._bucket.read(self._below + path)

    def digest(self, path: str) -> Digest | None:
        """Return what the bytes of a file are; None when there is none."""
        if self._bucket.head(self._below + path) is None:
            return None
        return digest_of(self.pieces(path))

    def stats(self, below: str = "") -> Iterator[tuple[str, os.stat_result]]:
        """Yield the paths of the files, but for what only a bucket has, each as a disk would tell of it."""
        for one in self._bucket.listed(f"{self._below}{below}/" if below else self._below):
            path = one.key.removeprefix(self._below)
            if not is_own(path):
                yield path, os.stat_result((stat.S_IFREG | 0o440, 0, 0, 1, 0, 0, one.size, one.at, one.at, one.at))

    @contextmanager
    def reading(self, path: str) -> Iterator[int]:
        """Refuse: there is no descriptor of what is in a bucket."""
        raise ArchiveError(f"{self.root}/{path} is in a bucket.", code="in_a_bucket", hint="Restore it first.")
        yield -1

    @contextmanager
    def writing(self, path: str) -> Iterator[int]:
        """Refuse: what is in a bucket is written by log_archive_mirror alone."""
        raise ArchiveError(f"{self.root}/{path} is in a bucket.", code="in_a_bucket", hint="Restore it first.")
        yield -1

    def _ledger_files(self) -> dict[str, bytes]:
        if self._ledger is None:
            segments = self.segments()
            self.problems += [Problem("chain", "", f"{self.root}: {what}.") for what in gaps(segments)]
            self._ledger = ledger_files(segments)
        return self._ledger


def folders(bucket: Bucket, chosen: Chosen, workers: int) -> list[str]:
    """Return the folders of the chosen instances in a bucket, in order. Raises BadInput for an instance that it does not hold."""
    tree = BucketTree(bucket, "", workers)
    found = [
        path
        for path in survey.levels(tree, chosen)
        if {HEAD, layout.STATUS, "ledger"} & set(bucket.entries(f"{path}/"))
    ]
    survey.check_instances(bucket.url, chosen, found)
    return found


def holding(bucket: Bucket, folder: str, workers: int, sought: str | None = None) -> tuple[Holding, list[Problem]]:
    """Return what a bucket holds of an instance, and what is wrong with how it does. Raises ArchiveError and CloudError.

    What was pruned from the archive because it is in this bucket counts as collected here.
    """
    tree = BucketTree(bucket, folder, workers)
    identity = survey.identity_of(folder, tree)
    ledger = Ledger.read(tree, identity, sought)
    kept = [event for event in ledger.units.values() if event.status == PRUNED and event.kept_in == bucket.url]
    ledger.preview([event._replace(status=COLLECTED) for event in kept])
    problems = list(tree.problems)
    try:
        head = head_of(bucket, folder)
        if head is None or (head.at.lines, head.at.head) != (ledger.lines, ledger.head):
            told = f"line {head.at.lines}" if head else "nothing"
            problems.append(
                Problem("head", HEAD, f"{HEAD} tells of {told}, and the ledger beside it has {ledger.lines} lines.")
            )
    except ArchiveError as error:
        problems.append(Problem.of(error, HEAD, "head"))
    return Holding(folder, identity, tree, ledger, Status.read(tree, identity)), problems
