# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger: what is known for good, one line an event, each line naming the SHA-256 of the line before it."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Mapping, Sequence

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import checkpoint, layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.checkpoint import Checkpoint
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.codec import Reader, line_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.events import (
    ACCEPTED,
    BY_EXPORT,
    BY_QUERY,
    CLOSED,
    COLLECTED,
    DAMAGED,
    EMPTY,
    EVERY,
    GONE,
    HOLD,
    LOST,
    OPENED,
    PRUNED,
    RELEASED,
    Break,
    Event,
    Hold,
    Key,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Mark, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.filters import Shelf
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.index import Index, Where
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.units import Old, Units
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso

# The words of a ledger are its own, wherever they are defined.
__all__ = [
    "ACCEPTED",
    "BY_EXPORT",
    "BY_QUERY",
    "CLOSED",
    "COLLECTED",
    "DAMAGED",
    "EMPTY",
    "EVERY",
    "GENESIS",
    "GONE",
    "HOLD",
    "LOST",
    "OPENED",
    "PRUNED",
    "RELEASED",
    "Break",
    "Event",
    "Hold",
    "Key",
    "Ledger",
    "Where",
]

GENESIS = "0" * 64


class Ledger:
    """The ledger of one instance. A series maps to its scope: since when, and until when if it ended.

    ``head_at``: where its last line stands; None where there is none.
    """

    def __init__(self, tree: Tree, identity: Mapping[str, str], index: Index | None = None) -> None:
        self.head = GENESIS
        self.head_at: Where | None = None
        self.lines = 0
        self.units = Units()
        self.scopes: dict[Series, tuple[int, int | None]] = {}
        # Why a series was opened last, where a reason was given.
        self.opened_for: dict[Series, str | None] = {}
        self.legal_holds: dict[Hold, str] = {}
        # The breaks since the head that was looked for; None as long as it was not found.
        self.breaks_since: list[Break] | None = None
        self._breaks: list[Break] = []
        self._accepted: set[Break] = set()
        self._sought: str | None = None
        self._tree = tree
        self.identity = identity
        self._file = ""
        self._torn: tuple[str, int] | None = None
        self._reader = Reader()
        # For the checkpoint: what it is to tell of the files, and whether the one that is there does already.
        self._index = index
        self._marks: dict[str, Mark | None] = {}
        self._fits = False

    @classmethod
    def read(cls, tree: Tree, identity: Mapping[str, str], sought: str | None = None, *, keeps: bool = False) -> Ledger:
        """Return the ledger in the tree, read whole; empty when there is none. ``sought`` is a head that it had once.

        A torn last line counts for nothing, and is cut before anything is appended. Every other line that cannot be read, or does
        not name the one before it, is noted in ``breaks``; what the rest says still counts. ``keeps``: whether the caller holds the
        lock, and calls :meth:`remember`.
        """
        ledger = cls(tree, identity, Index(tree) if keeps else None)
        ledger._seek(sought)
        ledger._read_files(_names(tree))
        return ledger

    @classmethod
    def recall(
        cls,
        tree: Tree,
        identity: Mapping[str, str],
        sought: str | None = None,
        at: Where | None = None,
        *,
        keeps: bool = False,
    ) -> Ledger:
        """Return what :meth:`read` does, by the checkpoint and the lines after it where there is one that fits.

        ``at``: where the line of ``sought`` stood.
        """
        names = _names(tree)
        known = checkpoint.load(tree, names)
        if known is not None:
            index = Index(tree, known.blocks, Shelf(tree, known.filters_at))
            ledger = cls(tree, identity, index if keeps else None)
            ledger._recall(known, index)
            ledger._look_back(sought, at, index)
            ledger._read_files(names, index)
            if sought is None or ledger.breaks_since is not None:
                return ledger
        return cls._pass(tree, identity, sought, names) if keeps else cls.read(tree, identity, sought)

    @classmethod
    def _pass(cls, tree: Tree, identity: Mapping[str, str], sought: str | None, names: Sequence[str]) -> Ledger:
        """Return what :meth:`read` does for whoever writes the checkpoint anew, without holding every unit."""
        index = Index(tree)
        ledger = cls(tree, identity, index)
        ledger.units = Units.passing(index, lambda: Ledger.read(tree, identity).units)
        ledger._seek(sought)
        ledger._read_files(names)
        ledger.units.passed = None
        return ledger

    @property
    def paths(self) -> Mapping[str, Key]:
        """Return the paths that units were given, each with the one that had it last."""
        return self.units.paths

    @property
    def series(self) -> set[Series]:
        """Return the series of which the ledger knows anything."""
        return {*self.units.series, *self.scopes}

    @property
    def breaks(self) -> list[Break]:
        """Return the breaks of the chain that nobody has accepted."""
        return [one for one in self._breaks if one not in self._accepted]

    @property
    def accepted_breaks(self) -> list[Break]:
        """Return the breaks of the chain that somebody has accepted."""
        return [one for one in self._breaks if one in self._accepted]

    def mend(self) -> None:
        """Cut the torn line that a run left that was ended while it wrote it."""
        if self._torn:
            name, size = self._torn
            self._tree.cut(name, size)
            self._torn = None
            self._marks[name] = self._tree.mark(name)
            self._fits = False

    def append(self, events: Sequence[Event], at: int) -> None:
        """Write events, durably, to the newest file or to a later month's. Raises ArchiveError and writes nothing."""
        if not events:
            return
        head, lines = self.head, []
        for event in events:
            line = line_of(event, self.identity, at, head)
            head = hashlib.sha256(line).hexdigest()
            lines.append(line + b"\n")
        self.mend()
        name = max(self._file, f"ledger-{iso(at)[:7]}.jsonl")
        before = self._tree.mark(name)
        self._tree.append(name, b"".join(lines))
        self._file = name
        self._note(name, before, lines)
        self.head = head
        self.lines += len(events)
        for event, line in zip(events, lines):
            # A unit is looked up as it was before.
            self._apply(event)
            if self._index is not None:
                self._index.add(name, line, event)

    def _note(self, name: str, before: Mark | None, lines: Sequence[bytes]) -> None:
        """Take note of lines that were written, for the checkpoint. Where somebody else wrote meanwhile, there will be none."""
        number = self.head_at.line if self.head_at and self.head_at.file == name else 0
        size = before.size if before else 0
        self.head_at = Where(name, size + sum(map(len, lines[:-1])), number + len(lines))
        self._fits = False
        if before == self._marks.get(name):
            self._marks[name] = self._tree.mark(name)
        else:
            self._index = None

    def remember(self) -> None:
        """Write the checkpoint, at the end of whatever held the lock. That it cannot be written is warned of and costs time alone."""
        index, marks = self._index, {name: mark for name, mark in self._marks.items() if mark}
        if self._fits or not self.lines or index is None:
            return
        if not index.reaches({name: mark.size for name, mark in marks.items()}):
            return
        try:
            filters = index.sealed()
            known = Checkpoint(
                head=self.head,
                head_at=self.head_at,
                lines=self.lines,
                marks=marks,
                scopes=self.scopes,
                opened_for=self.opened_for,
                holds=self.legal_holds,
                breaks=self._breaks,
                accepted=sorted(self._accepted),
                summary=self.units.summary,
                moved=self.units.moved,
                blocks=index.blocks,
            )
            index.keep(checkpoint.save(self._tree, known, filters), filters)
            self._fits = True
        except ArchiveError as error:
            self._tree.warn(
                f"The next run reads the ledger whole, as its checkpoint could not be written: {error.message}"
            )

    def holds(self, key: Key) -> bool:
        """Tell whether a unit is known for good and not gone."""
        event = self.units.get(key)
        return event is not None and event.status not in GONE

    def preview(self, events: Sequence[Event]) -> None:
        """Reckon with events as if they were written, and write nothing: no checkpoint either, which tells what is written."""
        if events:
            self._index = None
        for event in events:
            self._apply(event)

    def _seek(self, sought: str | None) -> None:
        self._sought = sought
        if sought == GENESIS:
            self.breaks_since = []

    def _recall(self, known: Checkpoint, index: Index) -> None:
        """Take what a checkpoint tells for what its lines do."""
        tree, identity = self._tree, self.identity
        self.head, self.head_at, self.lines = known.head, known.head_at, known.lines
        self.units = Units(old=Old(index, known.summary, known.moved, lambda: Ledger.read(tree, identity).units))
        self.scopes, self.opened_for, self.legal_holds = known.scopes, known.opened_for, known.holds
        self._breaks, self._accepted = known.breaks, set(known.accepted)
        self._marks, self._fits = {**known.marks}, known.clean
        self._file = max(known.marks, default="")

    def _look_back(self, sought: str | None, at: Where | None, index: Index) -> None:
        """Look for a head that is not that of a line to come: where it is said to be, so that one look proves it."""
        self._seek(sought)
        place = self.head_at if sought == self.head else at
        if sought == GENESIS:
            self.breaks_since = [*self._breaks]
        elif sought and place and index.has(place, sought):
            self.breaks_since = [one for one in self._breaks if (one.file, one.line) > (place.file, place.line)]

    def _read_files(self, names: Sequence[str], known: Index | None = None) -> None:
        """Read the lines that stand after those that are ``known``."""
        for name in names:
            if name < self._file:
                continue
            begin, before = known.end(name) if known else (0, 0)
            mark = self._marks.get(name) or self._tree.mark(name)
            self._marks[name] = mark
            self._file = name
            if mark is None or mark.size > begin or not known:
                self._fits = False
                self._read_file(name, begin, before, last=name == names[-1])

    def _read_file(self, name: str, begin: int, before: int, *, last: bool) -> None:
        # Every line becomes objects that stay: walking them for cycles, again and again, would take longer than reading.
        collecting = gc.isenabled()
        gc.disable()
        try:
            at = begin
            for number, line in enumerate(self._tree.lines(name, begin), before + 1):
                if line.endswith(b"\n"):
                    self._read_line(name, number, at, line)
                elif last:
                    self._torn = (name, at)
                else:
                    self._broken(name, number, "ends in the middle of a line", line)
                    if self._index is not None:
                        self._index.add(name, line, None)
                at += len(line)
        finally:
            if collecting:
                gc.enable()

    def _read_line(self, name: str, number: int, at: int, line: bytes) -> None:
        if self.units.passed is not None and self._index is not None and self._index.settle():
            self.units.settle()
        bare = line[:-1]
        known = self._reader.read(bare)
        event = known[1] if known else None
        if known is None:
            self._broken(name, number, f"line {number} cannot be read", bare)
        elif known[0] != self.head:
            self._broken(name, number, f"line {number} does not follow from the line before it", bare)
        self.head = hashlib.sha256(bare).hexdigest()
        self.head_at = Where(name, at, number)
        self.lines += 1
        if event is not None:
            self._apply(event)
        if self._index is not None:
            self._index.add(name, line, event)
        if self.head == self._sought:
            self.breaks_since = []

    def _broken(self, name: str, number: int, what: str, line: bytes) -> None:
        one = Break(name, number, f"{name} {what}", hashlib.sha256(line).hexdigest(), self.head)
        self._breaks.append(one)
        if self.breaks_since is not None:
            self.breaks_since.append(one)

    def _apply(self, event: Event) -> None:
        if event.status == OPENED and event.begin is not None:
            self.opened_for[event.series] = event.reason
            begin, end = self.scopes.get(event.series, (event.begin, None))
            self.scopes[event.series] = (event.begin if end is not None else min(begin, event.begin), None)
        elif event.status == CLOSED and event.series in self.scopes:
            self.scopes[event.series] = (self.scopes[event.series][0], event.end)
        elif event.of_unit:
            self.units.put(event)
        elif event.broken:
            self._accepted.add(event.broken)
        elif event.span:
            hold = Hold(event.series, event.span)
            if event.status == HOLD:
                self.legal_holds[hold] = event.reason or ""
            elif event.status == RELEASED:
                self.legal_holds.pop(hold, None)


def _names(tree: Tree) -> list[str]:
    return [name for name in tree.names("") if layout.LEDGER.match(name)]
