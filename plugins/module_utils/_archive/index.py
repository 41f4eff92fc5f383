# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where in a ledger the lines about a unit, a path or a day stand: blocks of lines, each with a filter of the names in it.

What it answers comes from the lines themselves. A filter only tells where nothing is: one that lies costs a look.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from json.encoder import encode_basestring_ascii as _encoded
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import filters, layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.codec import Reader
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.events import Event, Key
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.filters import Kept, Shelf
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, merge

# Lines of a block: a million units have 250, of 2 MB each.
LINES = 4096

# Blocks of what is new: that is asked for most.
_NEWEST = 4

# Blocks of which it is remembered where their lines are.
_KEPT = 6

_WHERE = re.compile(r"(ledger-\d{4}-\d{2}\.jsonl):(\d{1,18}):(\d{1,18})\Z", re.ASCII)

# Bytes in which a line is found mostly.
_LINE = 4096


class Where(NamedTuple):
    """Where a line stands: at which byte of which file; ``line`` is its number there, 0 where nobody asks."""

    file: str
    offset: int
    line: int = 0

    def __str__(self) -> str:
        """Return this as it stands beside a head in results and reports."""
        return f"{self.file}:{self.offset}:{self.line}"

    @classmethod
    def of(cls, text: str) -> Where | None:
        """Return what such a text says; None for any other one."""
        match = _WHERE.match(text)
        return cls(match[1], int(match[2]), int(match[3])) if match else None


class Block:
    """Lines of a ledger's file that follow each other.

    ``days``: those that the time or the folder of any unit in it touches, counted since 1970. ``odd``: whether any of its lines was
    not written by this collection, so that each has to be read to know what it is about.
    """

    def __init__(self, file: str, offset: int) -> None:
        self.file = file
        self.offset = offset
        self.size = 0
        self.lines = 0
        self.sha256 = ""
        self.days: list[Span] = []
        self.odd = False
        # The filter, once somebody asked for a name, and where it is kept; not once it has changed.
        self.names: bytearray | None = filters.empty()
        self.kept: Kept | None = None

    @property
    def end(self) -> int:
        """Return where the block ends in its file."""
        return self.offset + self.size

    def plain(self, kept: Kept) -> list[Any]:
        """Return this, whose filter is kept there, as plain data."""
        return [self.file, self.offset, self.size, self.lines, self.sha256, self.days, self.odd, kept]

    @classmethod
    def of_plain(cls, value: Any) -> Block:
        """Return what :meth:`plain` made plain. Raises ValueError or TypeError for anything else."""
        block = cls.__new__(cls)
        block.file, block.offset, block.size, block.lines, block.sha256, days, block.odd, kept = value
        block.days = [Span(*one) for one in days]
        block.names, block.kept = None, Kept(*kept)
        return block

    def add(self, names: bytearray, probes: Sequence[int]) -> None:
        """Add a name to the filter."""
        self.kept = None
        for probe in probes:
            names[probe >> 3] |= 1 << (probe & 7)

    def touch(self, days: Span) -> None:
        """Take note of days."""
        last = self.days[-1] if self.days else None
        if last is None or not last.covers(days):
            self.days = merge([*self.days, days])

    def touches(self, days: Span) -> bool:
        """Tell whether anything in this block is of these days."""
        (begin, end), own = days, self.days
        # Of years, most blocks are of other days altogether.
        if not own or own[-1][1] <= begin or end <= own[0][0]:
            return False
        return any(first < end and begin < last for first, last in own)


class _Contents(NamedTuple):
    """Where the newest line of each unit in a block begins, and which unit a path was given to last."""

    units: dict[bytes, int]
    paths: dict[bytes, bytes]


class Index:
    """Where the lines of a ledger stand. Threads may ask for paths while one adds lines; everything else is that one's.

    ``sound``: whether every line that was added stands behind the bytes that were there when the lines before it were.
    """

    def __init__(self, tree: Tree, blocks: list[Block] | None = None, shelf: Shelf | None = None) -> None:
        self.blocks = [] if blocks is None else blocks
        self.sound = True
        self._tree = tree
        self._shelf = shelf or Shelf(tree, 0)
        self._reader = Reader()
        self._kept: OrderedDict[int, _Contents] = OrderedDict()
        self._whole = 0
        self._lock = threading.Lock()
        self._growing: Any = None

    def sealed(self) -> list[bytes]:
        """Seal the blocks, and return their filters as they are to be kept. Raises ArchiveError."""
        self._seal()
        there = iter(self._shelf.texts([block.kept for block in self.blocks if block.kept]))
        texts = [next(there) if block.kept else b"" for block in self.blocks]
        return [text or self._packed(number) for number, text in enumerate(texts)]

    def _packed(self, number: int) -> bytes:
        return filters.packed(self._filter(number), is_whole=self.blocks[number].lines >= LINES)

    def keep(self, begin: int, texts: Sequence[bytes]) -> None:
        """Take note that the filters are kept now from that byte on."""
        self._shelf = Shelf(self._tree, begin)
        for block, kept in zip(self.blocks, filters.placed(texts)):
            block.kept = kept

    def settle(self) -> bool:
        """Tell whether all lines that were added are in whole blocks, in which they can be looked up from now on."""
        if not self.blocks or self.blocks[-1].lines < LINES:
            return False
        # Of blocks that grew since, it may be remembered what stood there before.
        for number in range(self._whole, len(self.blocks)):
            self._kept.pop(number, None)
        self._whole = len(self.blocks)
        return True

    def add(self, file: str, line: bytes, event: Event | None) -> None:
        """Add the next line of a file, with its end, and the event that it tells; None where it tells none."""
        block = self._open(file)
        self._growing.update(line)
        block.size += len(line)
        block.lines += 1
        if event is None or (event.unit and not event.of_unit):
            block.odd = True
        elif event.of_unit:
            self._add_unit(block, line, event)

    def _add_unit(self, block: Block, line: bytes, event: Event) -> None:
        names = self._filter(len(self.blocks) - 1)
        for name in _names(event):
            block.add(names, filters.probes(name))
        if _cut_out(line) != (_name(event.key), _path(event.path)):
            block.odd = True
        for days in (event.days, _folder_day(event.path)):
            if days:
                block.touch(days)

    def _open(self, file: str) -> Block:
        """Return the block that takes the next line."""
        last = self.blocks[-1] if self.blocks else None
        if last is not None and last.file == file and last.lines < LINES:
            if self._growing is None:
                self._growing = hashlib.sha256(self._tree.part(file, last.offset, last.size))
                self.sound = self._growing.hexdigest() == last.sha256
            return last
        self._seal()
        block = Block(file, last.end if last is not None and last.file == file else 0)
        self.blocks.append(block)
        self._growing = hashlib.sha256()
        return block

    def end(self, file: str) -> tuple[int, int]:
        """Return where the lines of a file that are known end, and how many they are."""
        blocks = [block for block in self.blocks if block.file == file]
        return (blocks[-1].end, sum(block.lines for block in blocks)) if blocks else (0, 0)

    def reaches(self, sizes: Mapping[str, int]) -> bool:
        """Tell whether every byte of files of these sizes is in a block, as it was when its line was added."""
        return self.sound and all(self.end(name)[0] == size for name, size in sizes.items())

    def has(self, place: Where, sha256: str) -> bool:
        """Tell whether a line with that SHA-256 stands there. Raises ArchiveError."""
        before = 0
        for block in self.blocks:
            if block.file == place.file and block.offset <= place.offset < block.end:
                passed = self._tree.part(block.file, block.offset, place.offset - block.offset)
                at_begin = not passed or passed.endswith(b"\n")
                number = before + passed.count(b"\n") + 1
                return at_begin and number == place.line and hashlib.sha256(self._line(place)).hexdigest() == sha256
            before += block.lines if block.file == place.file else 0
        return False

    def _seal(self) -> None:
        if self._growing is not None:
            self.blocks[-1].sha256 = self._growing.hexdigest()

    def find(self, key: Key) -> Event | None:
        """Return what the newest line about a unit tells. Raises ArchiveError."""
        name = _name(key)
        for number in self._blocks_with(filters.probes(name)):
            block = self.blocks[number]
            if number not in self._kept and not self._mentions(block, name):
                continue
            at = self._contents(number).units.get(name)
            event = None if at is None else self._event(Where(block.file, at))
            if event is not None:
                return event
        return None

    def unit_at(self, path: str) -> Key | None:
        """Return the unit that a path was given to last. Raises ArchiveError."""
        day, wanted = _folder_day(path), _path(path)
        for number in range(len(self.blocks) - 1, -1, -1):
            block = self.blocks[number]
            if day is None or block.touches(day):
                name = self._contents(number).paths.get(wanted)
                if name is not None:
                    return _key(name)
        return None

    def having(self, series: Series, sha256: str) -> Iterator[Event]:
        """Yield the lines about units whose names tell their content, with that SHA-256. Raises ArchiveError."""
        for number in self._blocks_with(filters.probes(_content(series, sha256))):
            events = self._events(self.blocks[number])
            yield from (one for one in events if one.series == series and one.sha256 == sha256)

    def within(self, days: Span) -> Iterator[Event]:
        """Yield the events of units, in order, among them all whose time touches these days. Raises ArchiveError."""
        for block in self.blocks:
            if block.touches(days):
                yield from (one for one in self._events(block) if one.days and not one.days.overlap(days).empty)

    def _blocks_with(self, probes: Sequence[int]) -> Iterator[int]:
        """Yield which blocks may have a name, the newest first: before the others, the newest alone are asked."""
        newest = max(0, len(self.blocks) - _NEWEST)
        for begin, end in ((newest, len(self.blocks)), (0, newest)):
            blocks = [*zip(range(begin, end), self._filters(begin, end))]
            # Most are out after a probe or two: so all blocks are asked for one, and then those that are left for the next.
            for probe in probes:
                byte, bit = probe >> 3, 1 << (probe & 7)
                blocks = [one for one in blocks if one[1][byte] & bit or self.blocks[one[0]].odd]
            yield from (number for number, _names in reversed(blocks))

    def _filter(self, number: int) -> bytearray:
        return self.blocks[number].names or self._filters(number, number + 1)[0]

    def _filters(self, begin: int, end: int) -> list[bytearray]:
        """Return the filters of blocks. One that is not as it was kept is made anew from the lines: that costs time alone."""
        blocks = self.blocks[begin:end]
        unread = [block for block in blocks if block.names is None]
        texts = self._shelf.texts([block.kept for block in unread if block.kept]) if unread else []
        for block, text in zip(unread, texts):
            block.names = filters.unpacked(text) if text else self._filter_anew(block)
        return [block.names for block in blocks if block.names is not None]

    def _filter_anew(self, block: Block) -> bytearray:
        names = filters.empty()
        for event in self._events(block):
            for name in _names(event):
                block.add(names, filters.probes(name))
        return names

    def _mentions(self, block: Block, name: bytes) -> bool:
        """Tell whether a name may stand in a block, which is quicker to see than what all stands there."""
        return block.odd or name in self._tree.part(block.file, block.offset, block.size)

    def _contents(self, number: int) -> _Contents:
        with self._lock:
            known = self._kept.get(number)
            if known is None:
                known = self._kept[number] = self._looked_through(self.blocks[number])
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(number)
            return known

    def _looked_through(self, block: Block) -> _Contents:
        found = _Contents({}, {})
        at = block.offset
        for line in self._lines(block):
            name, path = self._read(line) if block.odd else _cut_out(line)
            if name:
                found.units[name] = at
                found.paths[path] = name
            at += len(line)
        return found

    def _read(self, line: bytes) -> tuple[bytes, bytes]:
        known = self._reader.read(line.rstrip(b"\n"))
        if known is None or not known[1].of_unit:
            return b"", b""
        event = known[1]
        return _name(event.key), _path(event.path)

    def _events(self, block: Block) -> Iterator[Event]:
        for line in self._lines(block):
            known = self._reader.read(line.rstrip(b"\n"))
            if known is not None and known[1].of_unit:
                yield known[1]

    def _lines(self, block: Block) -> list[bytes]:
        return list(io.BytesIO(self._tree.part(block.file, block.offset, block.size)))

    def _event(self, place: Where) -> Event | None:
        known = self._reader.read(self._line(place))
        return known[1] if known else None

    def _line(self, place: Where) -> bytes:
        line = self._tree.part(place.file, place.offset, _LINE)
        if b"\n" not in line:
            line = next(iter(io.BytesIO(self._tree.part(place.file, place.offset, -1))), b"")
        return line.split(b"\n", 1)[0]


def _name(key: Key) -> bytes:
    """Return how lines of this collection name a unit."""
    (node, log_type), unit = key
    return f'"node":{_encoded(node)},"log_type":{_encoded(log_type)},"unit":{_encoded(unit)}'.encode("ascii")


def _names(event: Event) -> list[bytes]:
    """Return the names by which a line about a unit is looked for."""
    own = [_name(event.key)]
    if event.sha256 and layout.content_mark(event.unit):
        own.append(_content(event.series, event.sha256))
    return own


def _content(series: Series, sha256: str) -> bytes:
    return f"{_encoded(series.node)},{_encoded(series.log_type)},{_encoded(sha256)}".encode("ascii")


def _path(path: str | None) -> bytes:
    return b"null" if path is None else _encoded(path).encode("ascii")


def _folder_day(path: str | None) -> Span | None:
    day = layout.day_of(path.rpartition("/")[0]) if path else None
    return None if day is None else Span(day, day + 1)


def _cut_out(line: bytes) -> tuple[bytes, bytes]:
    """Return how a line of this collection names its unit, and its path as it is written there."""
    begin = line.find(b'"node":')
    end = line.find(b',"status":', begin)
    if begin < 0 or end < 0 or line.endswith(b'"unit":null', begin, end):
        return b"", b""
    path = line.find(b'"path":', end) + 7
    return line[begin:end], line[path : line.find(b',"size":', path)]


def _key(name: bytes) -> Key:
    value = json.loads(b"{" + name + b"}")
    return Key(Series(value["node"], value["log_type"]), value["unit"])
