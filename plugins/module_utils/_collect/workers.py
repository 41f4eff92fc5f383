# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs beside the engine: asking and downloading in threads. What they bring back is taken up by the engine alone."""

from __future__ import annotations

import os
import queue
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Callable, NamedTuple, Union

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Digest, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Key
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lines import write_lines
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.tags import Tags
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.transfer import Download
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.choosing import LISTING_LAG
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.plan import Offer, Step
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads

# Links of audit logs live five minutes; the shortest life that is documented.
LINK_LIFE = 4 * 60.0

# A link that ends sooner than this is not worth beginning with.
SHORTEST_LIFE = 20

_EXPIRES = re.compile(r"[?&]Expires=(\d{1,12})(?![^&#])", re.ASCII)

# A file that takes less is more waiting than bytes, so that more of them may come at once, in seconds.
QUICK = 1.0

# Seconds in which what comes in is committed together: a commit costs as much for one file as for many.
GATHER = 0.1


class Asked(NamedTuple):
    """A unit was asked for. ``error`` says why not, or why nobody knows."""

    step: Step
    error: LogsError | None


class Fetched(NamedTuple):
    """A file is whole in the ``.part`` beside ``path``; ``proof`` says what vouched for it."""

    step: Step
    path: str
    digest: Digest
    resumed: int
    source: Mapping[str, Any]
    notes: Sequence[str] = ()


class Failed(NamedTuple):
    """A file could not be downloaded."""

    step: Step
    error: LogsError


class Crashed(NamedTuple):
    """A thread ended by a defect, which the run is to end by as well."""

    step: Step
    error: BaseException


Result = Union[Asked, Fetched, Failed, Crashed]


class Links:
    """Links, asked for in small batches just before they are used."""

    def __init__(self, source: Source, monotonic: Callable[[], float]) -> None:
        self._source = source
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._due: dict[str, Offer] = {}
        self._fresh: dict[str, tuple[str, float]] = {}

    def expect(self, offers: Iterable[Offer]) -> None:
        """Take note of offers whose links will be wanted, in this order."""
        with self._lock:
            self._due.update((offer.id, offer) for offer in offers if self._at_once(offer) > 1)

    def first(self, offer: Offer) -> str:
        """Return the link that came with an offer while it is worth beginning with, else a fresh one. Raises CloudError."""
        return offer.link if offer.link and not self._ends_soon(offer.link) else self.of(offer)

    def of(self, offer: Offer) -> str:
        """Return a link that was not given out before. Raises CloudError."""
        if self._at_once(offer) == 1:
            return self._alone(offer)
        with self._lock:
            self._due.pop(offer.id, None)
            link, since = self._fresh.pop(offer.id, ("", 0.0))
            if link and self._monotonic() - since < LINK_LIFE and not self._ends_soon(link):
                return link
            alike = (other for other in self._due.values() if other.series.log_type == offer.series.log_type)
            links = self._batch([offer, *islice(alike, self._at_once(offer) - 1)])
        return links.get(offer.id) or self._alone(offer)

    def _ends_soon(self, link: str) -> bool:
        expires = _EXPIRES.search(link)
        return expires is not None and int(expires[1]) < self._source.http.clock.now() + SHORTEST_LIFE

    def _at_once(self, offer: Offer) -> int:
        return self._source.links_at_once(offer.series.log_type)

    def _batch(self, batch: Sequence[Offer]) -> Mapping[str, str]:
        now = self._monotonic()
        try:
            links = self._source.links(batch)
        except CloudError as error:
            if error.passing or error.final:
                raise
            links = {}
        for other in batch[1:]:
            del self._due[other.id]
            if other.id in links:
                self._fresh[other.id] = (links[other.id], now)
        return links

    def _alone(self, offer: Offer) -> str:
        link = self._source.links([offer]).get(offer.id)
        if link is None:
            raise CloudError(f"The API gave no link to {offer.id}.", code="no_link")
        return link


class Workers:
    """Threads that ask and download; a context, at whose end they are stopped and waited for."""

    def __init__(
        self,
        source: Source,
        tree: Tree,
        paths: Mapping[str, Key],
        count: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.busy: set[Key] = set()
        self._source = source
        self._tree = tree
        self._links = Links(source, monotonic)
        self._tags = Tags()
        self._monotonic = monotonic
        self._held_paths = paths
        self._taken_paths: dict[str, Key] = {}
        self._downloads: dict[Key, Download] = {}
        self._naming = threading.Lock()
        self._stopped = threading.Event()
        self._done: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._askers = Threads(count, "ask")
        self._fetchers = Threads(count, "fetch")

    def __enter__(self) -> Workers:
        """Begin."""
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Drop what has not begun and wait for the threads; cut downloads short unless it is the cloud that failed."""
        if error is not None and not isinstance(error, CloudError):
            self._stopped.set()
        for pool in (self._askers, self._fetchers):
            pool.stop()

    def ask(self, steps: Sequence[Step]) -> None:
        """Begin to ask for units, which was written down just now. What waits too long for its turn is put off."""
        end = self._monotonic() + LISTING_LAG / 2
        for step in steps:
            self.busy.add(step.key)
            self._askers.submit(self._carry, partial(self._ask, end), step)

    def fetch(self, steps: Sequence[Step]) -> None:
        """Begin to download files, and to read windows, in this order."""
        self._links.expect(step.file for step in steps if step.offer)
        for step in steps:
            self.busy.add(step.key)
            self._fetchers.submit(self._carry, self._fetch if step.offer else self._read, step)

    def finished(self, within: float) -> list[Result]:
        """Return everything that has come to its end, waiting for the first so many seconds. Empty when nothing did."""
        found: list[Result] = []
        since = 0.0
        try:
            while True:
                pause = within if not found else GATHER - (time.monotonic() - since)
                done = self._done.get(timeout=pause) if pause > 0 and self.busy else self._done.get_nowait()
                since = since if found else time.monotonic()
                self.busy.discard(done.step.key)
                with self._naming:
                    self._downloads.pop(done.step.key, None)
                found.append(done)
        except queue.Empty:
            return found

    def received(self) -> int:
        """Return how many bytes have come of files that are on their way."""
        with self._naming:
            return sum(download.received for download in self._downloads.values())

    @property
    def throttled(self) -> float:
        """Return for how many seconds the run has waited because the cloud asked for it."""
        return self._source.http.throttled

    def _carry(self, work: Callable[[Step], Result], step: Step) -> None:
        try:
            self._done.put(work(step))
        except BaseException as error:
            self._done.put(Crashed(step, error))

    def _ask(self, end: float, step: Step) -> Asked:
        within = end - self._monotonic()
        try:
            if within <= 0:
                raise CloudError("Its turn to be asked for did not come.", code="put_off", throttled=True)
            self._source.ask(step, within)
        except LogsError as error:
            return Asked(step, error)
        return Asked(step, None)

    def _fetch(self, step: Step) -> Fetched | Failed:
        offer, begin = step.file, self._monotonic()
        try:
            link = self._links.first(offer)
            path = self._free(self._path(step, self._source.path(offer, link)))
            download = Download(self._source.http, self._tree, path, offer.size, self._stopped.is_set, self._tags)
            with self._naming:
                self._downloads[step.key] = download
            first = [link]
            digest = download.run(lambda: first.pop() if first else self._links.of(offer))
        except LogsError as error:
            return Failed(step, error)
        if self.throttled:
            self._fetchers.shrink()
        elif self._monotonic() - begin < QUICK:
            self._fetchers.grow()
        source = {**offer.source(), "proof": download.proof}
        return Fetched(step, path, digest, download.resumed, source, download.notes)

    def _read(self, step: Step) -> Fetched | Failed:
        try:
            path = self._free(self._source.window_path(step))
            reading = self._source.read(step, self._lines(step.held), self._fetchers)
            digest = write_lines(self._tree, path, reading.lines)
        except LogsError as error:
            return Failed(step, error)
        return Fetched(step, path, digest, 0, reading.source)

    def _lines(self, paths: Iterable[str]) -> Iterator[bytes]:
        """Yield the lines of files that are held; one that is damaged stops its own window, and no other."""
        try:
            for path in paths:
                yield from self._tree.lines(path)
        except ArchiveError as error:
            raise CloudError(
                f"What is new of a window cannot be told: {error.message}", code="damaged", hint="Collect with repair."
            ) from None

    def _free(self, path: str) -> str:
        """Return the path of a file that can stand there; a folder in its place stops this one, and no other."""
        if self._tree.is_folder(path):
            full = os.path.join(self._tree.root, path)
            hint = "Move away what stands where a file should be."
            raise CloudError(f"{full} is a folder.", code="EISDIR", kind=ArchiveError.kind, hint=hint)
        return path

    def _path(self, step: Step, path: str) -> str:
        with self._naming:
            for taken in (self._held_paths, self._taken_paths):
                if taken.get(path, step.key) != step.key:
                    path = layout.apart(path, step.unit)
            self._taken_paths[path] = step.key
        return path
