# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparing the files of an instance with its ledger. Safe beside a run that collects: takes no lock, writes nothing."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.elsewhere import elsewhere
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    COLLECTED,
    DAMAGED,
    PRUNED,
    Event,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import holder_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress, Seen, nobody
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

NONE, SIZE, SHA256 = "none", "size", "sha256"
LEVELS = [NONE, SIZE, SHA256]

MISSING, UNREADABLE = "missing", "unreadable"

# What is wrong with the file of a unit, rather than with anything else that stands there.
DAMAGES = {
    MISSING: "its file is missing",
    UNREADABLE: "its file cannot be read",
    SIZE: "its file has another size",
    SHA256: "its file does not have its SHA-256",
}

_PART = re.compile(r"(\d{1,4})/(\d{1,4})\Z", re.ASCII)

# How many files a thread are to be read next: enough that none waits, and few to be kept in mind.
AHEAD = 4


class Problem(NamedTuple):
    """Something that is not as the ledger says; ``path`` is relative to the instance's folder."""

    kind: str
    path: str
    message: str

    @classmethod
    def of(cls, error: ArchiveError, path: str = "", kind: str = "") -> Problem:
        """Return a fault of the archive as a problem."""
        return cls(kind or error.kind, path, " ".join(filter(None, (error.message, error.hint))))

    def told(self, folder: str) -> dict[str, str]:
        """Return this of an instance as a result tells it: names of files that somebody planted may be anything."""
        return {"instance": folder, **{name: printable(text) for name, text in self._asdict().items()}}


def verdict(count: int, folder: str, message: str) -> str:
    """Return how many problems there are and the first of them, as a sentence."""
    return f"{'1 problem was' if count == 1 else f'{count} problems were'} found, first in {folder}: {message}"


class Part(NamedTuple):
    """One of so many parts of an archive's files, told by their paths: together they are all files, whenever each is read."""

    number: int
    parts: int

    @classmethod
    def of(cls, text: str) -> Part | None:
        """Return the part that a text such as ``3/30`` names; None for any other one."""
        match = _PART.match(text)
        part = cls(int(match[1]), int(match[2])) if match else None
        return part if part and 1 <= part.number <= part.parts else None

    def has(self, path: str) -> bool:
        """Tell whether a file is in this part, by its path in the archive."""
        digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") % self.parts == self.number - 1


class Reading:
    """Which files are read by how many threads, and how many of them were so far."""

    def __init__(self, workers: int, part: Part | None = None, progress: Progress | None = None) -> None:
        self.workers = workers
        self.part = part
        self.files = 0
        self.bytes = 0
        # What is being read now: how much that is, and how much was read before it.
        self._total = self._before = (0, 0)
        self._progress = progress or nobody()

    def due(self, name: str, events: Sequence[Event]) -> None:
        """Take note of what is to be read of an instance."""
        self._total = (len(events), sum(event.size or 0 for event in events))
        self._before = (self.files, self.bytes)
        self._progress.about(name)

    def took(self, event: Event) -> None:
        """Take note of a file that was read."""
        self.files += 1
        self.bytes += event.size or 0
        self._progress.look(self._see)

    def _see(self) -> Seen:
        files, held = self._before
        return Seen(self.files - files, self._total[0], self.bytes - held, self._total[1])


def check(held: Holding, chosen: Chosen, level: str, reading: Reading, head: str | None) -> Iterator[Problem]:
    """Yield everything that is wrong with an instance, its files as far as ``level`` says."""
    yield from check_chain(held.ledger, head)
    if level != NONE:
        yield from check_files(held, chosen, level, reading)


def check_chain(ledger: Ledger, head: str | None) -> Iterator[Problem]:
    """Yield what is wrong with the chain, and with what follows the head that it is known to have had."""
    for one in ledger.breaks:
        yield Problem("chain", one.file, f"{one}.")
    if head is None:
        return
    if ledger.breaks_since is None:
        yield Problem(
            "head",
            "",
            f"The ledger has no line with the head {head}: that line or one before it was altered, or it was cut.",
        )
        return
    for one in ledger.breaks_since:
        yield Problem("head", one.file, f"{one}, which is after the head {head}.")


def compare(event: Event, size: int, sha256: str | None = None) -> Problem | None:
    """Return what is wrong with a file of this size and, when it is known, this SHA-256."""
    path = event.path or ""
    if size != event.size:
        return Problem("size", path, f"{path} has {size} bytes, and its line in the ledger says {event.size}.")
    if sha256 and sha256 != event.sha256:
        return Problem("sha256", path, f"{path} does not have the SHA-256 of its line in the ledger.")
    return None


def check_file(tree: Tree, event: Event) -> Problem | None:
    """Read a unit's file to its end and return what is wrong with it."""
    try:
        digest = tree.digest(event.path or "")
    except ArchiveError as error:
        return Problem(UNREADABLE, event.path or "", error.message)
    return compare(event, digest.size, digest.sha256) if digest else missing(event)


def check_files(held: Holding, chosen: Chosen, level: str, reading: Reading) -> Iterator[Problem]:
    """Yield what is wrong with the files of the chosen series, at the level ``size`` or ``sha256``, in the ledger's order.

    Every file is compared by its size; only at the level ``sha256``, and of the chosen part, are they read.
    """
    files, others = _standing(held, chosen)
    due = [event for event in held.ledger.units.values() if event.status == COLLECTED and chosen.has(event.series)]
    problems: list[Problem] = []
    gone: list[Event] = []
    whole: list[Event] = []
    for event in due:
        file = files.get(event.path or "")
        problem = compare(event, file.size) if file else None
        if file is None:
            gone.append(event)
        elif problem:
            problems.append(problem)
        elif level == SHA256 and (reading.part is None or reading.part.has(f"{held.folder}/{event.path}")):
            whole.append(event)
    # As they lie on the disk, as far as that can be told.
    whole.sort(key=lambda event: files[event.path or ""].inode)
    reading.due(held.status.name or held.identity["instance"], whole)
    for event, problem in _read(held.tree, whole, reading):
        if problem and problem.kind == MISSING:
            gone.append(event)
        elif problem:
            problems.append(problem)
    found = {problem.path: problem for problem in problems}
    away, absent = elsewhere(held), {event.path for event in gone}
    gone = [event for event in due if event.path in absent and not (away and away.has(event))]
    yield from (found[event.path] for event in due if event.path in found)
    if gone or others:
        yield from _confirmed(held, gone, others)


def damaged(held: Holding, chosen: Chosen, level: str, workers: int) -> list[Event]:
    """Return the units whose files are not as their lines say, with status ``damaged`` and the reason."""
    problems = [one for one in check_files(held, chosen, level, Reading(workers)) if one.kind in DAMAGES]
    units = [(held.ledger.units[held.ledger.paths[one.path]], DAMAGES[one.kind]) for one in problems]
    return [event._replace(status=DAMAGED, reason=reason) for event, reason in units]


def _confirmed(held: Holding, gone: Iterable[Event], others: Mapping[str, float]) -> Iterator[Problem]:
    """Yield what still is wrong once everything counts that a run did since the ledger was read."""
    since = _run_since(held.tree)  # before the ledger: what a run recorded that ends now is in it
    ledger = Ledger.read(held.tree, held.identity)
    for event in gone:
        now = ledger.units.get(event.key, event)
        kept = now.kept_in is not None and held.tree.root == f"{now.kept_in}/{held.folder}"
        if (now.status == COLLECTED or kept) and now.path == event.path:
            yield missing(event)
    for path, changed in others.items():
        folder, _slash, name = path.rpartition("/")
        if since is not None and changed >= since:
            continue
        problem = _other(path, ledger, running=since is not None)
        if problem and name in held.tree.names(folder):
            yield problem


class _File(NamedTuple):
    size: int
    inode: int


def _standing(held: Holding, chosen: Chosen) -> tuple[dict[str, _File], dict[str, float]]:
    """Return the files that the ledger holds, and when each other file changed last."""
    files: dict[str, _File] = {}
    others: dict[str, float] = {}
    ledger = held.ledger
    for path, stat in held.tree.stats():
        key = ledger.paths.get(path)
        event = ledger.units[key] if key else None
        if event and event.path == path and event.status == COLLECTED:
            # The ledger's own text: a second one of every path would take much room.
            files[event.path] = _File(stat.st_size, stat.st_ino)
        elif _is_chosen(path, chosen) and not layout.is_litter(path):
            others[path] = stat.st_ctime
    return files, others


def _read(tree: Tree, events: Sequence[Event], reading: Reading) -> Iterator[tuple[Event, Problem | None]]:
    """Read files side by side, and yield the event of each with what is wrong with it."""
    under_way: deque[tuple[Event, Future[Problem | None]]] = deque()

    def first() -> tuple[Event, Problem | None]:
        event, result = under_way.popleft()
        problem = result.result()
        reading.took(event)
        return event, problem

    with ThreadPoolExecutor(reading.workers, "verify") as pool:
        for event in events:
            under_way.append((event, pool.submit(check_file, tree, event)))
            if len(under_way) > AHEAD * reading.workers:
                yield first()
        while under_way:
            yield first()


def missing(event: Event) -> Problem:
    """Return that a unit's file is not there."""
    return Problem(MISSING, event.path or "", f"{event.path} is not there.")


def _other(path: str, ledger: Ledger, *, running: bool) -> Problem | None:
    key = ledger.paths.get(path)
    event = ledger.units[key] if key else None
    if layout.is_part(path):
        return Problem("part", path, f"{printable(path)} was left by a run that was ended; the next run removes it.")
    if event and event.path == path and event.status == COLLECTED:
        return None
    if event and event.path == path and event.status == PRUNED:
        message = f"{printable(path)} still stands though its unit was pruned; the next log_archive_prune removes it."
        return None if running else Problem("pruned", path, message)
    return Problem("unrecorded", path, f"{printable(path)} has no line in the ledger.")


def _run_since(tree: Tree) -> int | None:
    """Return since when a run writes here, as far as the name in the lock tells."""
    holder = holder_of(tree)
    return holder.since if holder and (not holder.is_here or holder.runs()) else None


def _is_chosen(path: str, chosen: Chosen) -> bool:
    """Tell whether a file without a unit stands where those of the chosen series do."""
    parts = path.split("/")
    if len(parts) == 1 and (path in (layout.STATUS, layout.CHECKPOINT, layout.LOCK) or layout.LEDGER.match(path)):
        return False
    names = zip([*parts[:-1], "", ""], (chosen.nodes, chosen.log_types))
    return all(of is None or name in {layout.safe_name(one, one) for one in of} for name, of in names)
