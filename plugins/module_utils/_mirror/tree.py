# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bucket read as an archive: what reads the ledger and the files of a folder reads them of this, too."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice

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
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Bucket, Stored, Version
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import (
    HEAD,
    SEGMENTS,
    START,
    Position,
    Segment,
    file_of,
    gaps,
    is_own,
    ledger_files,
    segment_number,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.look import described, head_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso

# A version that counts, and what was put over it.
HIDDEN = "hidden"


class BucketTree(Tree):
    """The part of a bucket that is of one instance, or with no ``folder`` all of it. Only reads. Raises CloudError.

    The files of the ledger are made of its segments, which are read once. ``problems``: what is wrong with these.
    """

    def __init__(self, bucket: Bucket, folder: str, workers: int) -> None:
        super().__init__(bucket.url, Ownership(), folder)
        self.folder = folder
        self.problems: list[Problem] = []
        self._bucket = bucket
        self._below = f"{folder}/" if folder else ""
        self._workers = workers
        self._ledger: dict[str, bytes] | None = None
        self._versions: dict[str, list[Version]] | None = None
        self._looked = False
        # Of paths that have several versions, the one that counts.
        self._chosen: dict[str, str] = {}

    @property
    def versions(self) -> dict[str, list[Version]]:
        """Return what was ever put at each path, the oldest first; nothing where the bucket keeps no versions."""
        if not self._looked:
            found = self._bucket.versions(self._below) or {}
            self._versions = {key.removeprefix(self._below): several for key, several in found.items()}
            self._looked = True
        return self._versions or {}

    def settle(self, ledger: Ledger) -> None:
        """Choose the version of each unit's file that the ledger tells of, and note what was put over it."""
        for path, several in self.versions.items():
            key = ledger.paths.get(path)
            event = ledger.units.get(key) if key else None
            if event and len(several) > 1 and event.status == COLLECTED:
                for one in several:
                    if not one.marker and one.size == event.size and self._sha256(one) == event.sha256:
                        self._choose(path, one, several[-1])
                        break

    def _sha256(self, version: Version) -> str:
        found = described(self._bucket, version.key, version.version)
        return found.sha256 if found else ""

    def _choose(self, path: str, one: Version, latest: Version) -> None:
        self._chosen[path] = one.version
        if latest.marker or (latest.size, latest.etag) != (one.size, one.etag):
            stored = self._bucket.head(one.key, one.version)
            locked = f", which is locked until {iso(stored.until)}," if stored and stored.locked else ""
            self.problems.append(Problem(HIDDEN, path, f"{path}: {one}{locked} is hidden by {latest}."))

    def exists(self) -> bool:
        """Tell whether there is anything."""
        return bool(self._bucket.entries(self._below))

    def has(self, at: Position) -> bool:
        """Tell whether the ledger has a line with this number and SHA-256."""
        lines = (line for data in self._ledger_files().values() for line in data.splitlines())
        line = next(islice(lines, at.lines - 1, None), None)
        return line is not None and hashlib.sha256(line).hexdigest() == at.head

    def segments(self) -> list[Segment]:
        """Return the segments of the ledger, in order."""
        keys: dict[str, int] = {}
        for path in self.versions or (one.key.removeprefix(self._below) for one in self._listed(SEGMENTS)):
            number = segment_number(path)
            if number is not None:
                keys[path] = number
        for path in keys:
            # They are written once, so whatever came later was put over.
            real = [one for one in self.versions.get(path, ()) if not one.marker]
            if real and len(self.versions[path]) > 1:
                self._choose(path, real[0], self.versions[path][-1])
        segments: list[Segment] = []
        with ThreadPoolExecutor(self._workers, "segments") as pool:
            ordered = sorted(keys)
            for path, got in zip(ordered, pool.map(self._got, ordered)):
                if got:
                    number = keys[path]
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
            got = self._got(path)
            data = got[0] if got else None
        return data if data is None or most < 0 else data[:most]

    def part(self, path: str, offset: int, size: int) -> bytes:
        """Return bytes of a file from an offset on, all of them where ``size`` is negative."""
        data = (self.read(path) or b"")[offset:]
        return data if size < 0 else data[:size]

    def lines(self, path: str, offset: int = 0) -> Iterator[bytes]:
        """Yield the lines of a file from an offset on, each with its end."""
        yield from io.BytesIO(self.part(path, offset, -1))

    def size(self, path: str) -> int:
        """Return how many bytes a file has."""
        return len(self.part(path, 0, -1))

    def mark(self, path: str) -> Mark | None:
        """Return nothing: a bucket has no such thing, and nothing of it is remembered."""
        return None

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a file in pieces, as they come in."""
        return self._bucket.read(self._below + path, self._chosen.get(path, ""))

    def digest(self, path: str) -> Digest | None:
        """Return what the bytes of a file are; None when there is none."""
        if self._bucket.head(self._below + path, self._chosen.get(path, "")) is None:
            return None
        return digest_of(self.pieces(path))

    def stats(self, below: str = "") -> Iterator[tuple[str, os.stat_result]]:
        """Yield the paths of the files, but for what only a bucket has, each as a disk would tell of it."""
        for one in self._standing(f"{below}/" if below else ""):
            path = one.key.removeprefix(self._below)
            if not is_own(path):
                yield path, os.stat_result((stat.S_IFREG | 0o440, 0, 0, 1, 0, 0, one.size, one.at, one.at, one.at))

    @contextmanager
    def reading(self, path: str) -> Iterator[int]:
        """Refuse: there is no descriptor of what is in a bucket."""
        self._refuse(path)
        yield -1

    @contextmanager
    def writing(self, path: str, *, anew: bool = False) -> Iterator[int]:
        """Refuse: what is in a bucket is written by log_archive_mirror alone."""
        self._refuse(path)
        yield -1

    def _refuse(self, path: str) -> None:
        raise ArchiveError(f"{self.root}/{path} is in a bucket.", code="in_a_bucket", hint="Restore it first.")

    def _got(self, path: str) -> tuple[bytes, Stored] | None:
        return self._bucket.get(self._below + path, self._chosen.get(path, ""))

    def _listed(self, below: str) -> Iterator[Stored]:
        return self._bucket.listed(self._below + below)

    def _standing(self, below: str) -> Iterator[Stored]:
        """Yield the objects below a path, of several versions the one that counts."""
        if not self.versions:
            yield from self._listed(below)
        for path, several in self.versions.items():
            chosen = self._chosen.get(path, several[-1].version)
            for one in several:
                if path.startswith(below) and one.version == chosen and not one.marker:
                    yield Stored(one.key, one.size, one.at, one.version, one.etag)

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
    tree.settle(ledger)
    return Holding(folder, identity, tree, ledger, Status.read(tree, identity)), [
        *tree.problems,
        *_head(bucket, tree, ledger),
    ]


def _head(bucket: Bucket, tree: BucketTree, ledger: Ledger) -> list[Problem]:
    """Return what is wrong with the head. It may be one that a run left which was killed before it put the next."""
    try:
        head = head_of(bucket, tree.folder)
    except ArchiveError as error:
        return [Problem.of(error, HEAD, "head")]
    at = head.at if head else START
    if (at.lines, at.head) in ((ledger.lines, ledger.head), (0, START.head)) or tree.has(at):
        return [] if head else [Problem("head", HEAD, f"{HEAD} is not there.")]
    return [
        Problem(
            "head",
            HEAD,
            f"{HEAD} tells of line {at.lines}, and the ledger beside it has no such line of {ledger.lines}.",
        )
    ]
