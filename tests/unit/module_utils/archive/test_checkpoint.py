# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checkpoint: whatever it is, and whatever became of it or the ledger, what is known is what the ledger says read whole."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import (
    checkpoint,
    filters,
    index,
    layout,
    prune,
    retention,
    verify,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import CHECKPOINT
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    COLLECTED,
    EMPTY,
    GENESIS,
    GONE,
    PRUNED,
    Event,
    Key,
    Ledger,
    Where,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.summary import Summary
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, merge
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .histories import FIRST, HASHES, IDENTITY, SERIES, histories, spoiled

quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@contextmanager
def an_archive() -> Iterator[Tree]:
    """Make an empty archive for one example."""
    with tempfile.TemporaryDirectory() as folder:
        yield Tree(os.path.join(folder, "i"), Ownership())


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk: what becomes durable when is another file's matter. Blocks are short, so that there are several."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    monkeypatch.setattr(index, "LINES", 5)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An archive that is there and empty."""
    return Tree(str(tmp_path), Ownership())


def plain(summary: Summary) -> Any:
    """Return what a summary says, however it came to it."""
    series = {name: [*tally.plain()[:7], tally.plain()[-1]] for name, tally in summary.series.items()}
    return series, list(summary.lost.items())


def says(ledger: Ledger) -> dict[str, Any]:
    """Return everything that a ledger can be asked, without having it read whole."""
    units = ledger.units
    asked = {
        "head": (ledger.head, ledger.head_at, ledger.lines, ledger.identity),
        "scopes": (ledger.scopes, ledger.opened_for, ledger.legal_holds),
        "breaks": (ledger.breaks, ledger.accepted_breaks),
        "series": (ledger.series, sorted(units.series)),
        "count": len(units),
        "summary": plain(units.summary),
        "bounds": {one: units.bounds(one) for one in SERIES},
        "damaged": units.damaged,
        "last": {one: units.last(one) for one in SERIES},
        "there": {one: units.there(one) for one in SERIES},
        "counts": [units.count(status, lambda one: one == SERIES[0]) for status in (COLLECTED, PRUNED)],
    }
    for days in (Span(0, 2), Span(3, 4), Span(0, 99)):
        span = Span(FIRST + days.begin * DAY, FIRST + days.end * DAY)
        asked[f"within {days}"] = {event.key: event for event in units.within(span)}
    asked["having"] = [units.having(one, sha256) for one in SERIES for sha256 in HASHES]
    for one in SERIES:
        if one.log_type != "audit":
            asked[f"covered {one}"] = [units.covered(one, edge) for edge in (None, FIRST, FIRST + 3 * DAY)]
            asked[f"known {one}"] = units.known(one)
    return asked


def told(ledger: Ledger, events: list[Event]) -> dict[str, Any]:
    """Return what a ledger tells of single units and paths, and then of all."""
    names = {event.key for event in events} | {Key(one, "nothing") for one in SERIES}
    paths = {event.path for event in events if event.path} | {"nowhere", "n-1/slow/2026/01/01/x"}
    single = {key: ledger.units.get(key) for key in names}, {path: ledger.paths.get(path) for path in paths}
    there = [key in ledger.units for key in sorted(names)], [path in ledger.paths for path in sorted(paths)]
    return {
        "single": single,
        "there": there,
        "says": says(ledger),
        "all": (list(ledger.units.items()), dict(ledger.paths)),
        "covered": [ledger.units.covered(one, None) for one in SERIES],
    }


@quick
@given(histories, st.integers(0, 10**6))
def test_what_is_recalled_is_what_is_read(history: list[tuple[list[Event], str]], position: int) -> None:
    with an_archive() as tree:
        tree.make()
        every = [event for events, _what in history for event in events]
        before: bytes | None = None
        for number, (events, what) in enumerate(history):
            ledger = Ledger.recall(tree, IDENTITY, keeps=True)
            assert told(Ledger.recall(tree, IDENTITY), every) == told(Ledger.read(tree, IDENTITY), every)
            before = tree.read(CHECKPOINT) or before
            for at in range(0, len(events), 2):
                # A month begins now and then.
                ledger.append(events[at : at + 2], FIRST + (number * 20 + at) * DAY)
            if what == "kept":
                ledger.remember()
                assert says(ledger) == says(Ledger.read(tree, IDENTITY))
            spoiled(tree, what, before, position)
            for keeps in (False, True):
                assert says(Ledger.recall(tree, IDENTITY, keeps=keeps)) == says(Ledger.read(tree, IDENTITY))
        assert told(Ledger.recall(tree, IDENTITY, keeps=True), every) == told(Ledger.read(tree, IDENTITY), every)


@quick
@given(histories)
def test_what_days_are_asked_for_is_what_all_units_say(history: list[tuple[list[Event], str]]) -> None:
    with an_archive() as tree:
        tree.make()
        for number, (events, what) in enumerate(history):
            ledger = Ledger.recall(tree, IDENTITY, keeps=True)
            ledger.append(events, FIRST + number * 20 * DAY)
            if what != "not kept":
                ledger.remember()
        units, every = Ledger.recall(tree, IDENTITY).units, [*Ledger.read(tree, IDENTITY).units.values()]
        for one in SERIES:
            own = [event for event in every if event.series == one]
            there = [event for event in own if event.status in (COLLECTED, EMPTY)]
            ends = [event.period.end for event in own if event.status not in GONE and event.period]
            assert units.last(one) == max(ends, default=None)
            assert units.there(one) == merge(event.span for event in there if event.span)
            assert units.count(PRUNED, {one}.__contains__) == sum(event.status == PRUNED for event in own)
            for days in (Span(1, 2), Span(0, 9)):
                span = Span(FIRST + days.begin * DAY, FIRST + days.end * DAY)
                reach = {event.key for event in own if event.reach is None or not event.reach.overlap(span).empty}
                assert {event.key for event in units.reaching(span, {one}.__contains__)} >= reach


@quick
@given(
    histories,
    st.none() | st.integers(0, 12).map(lambda days: days * DAY),
    st.none() | st.integers(0, 300),
    st.none() | st.sampled_from(["n-1", 'n "2"']),
    st.sets(st.integers(0, 20)),
    st.integers(0, 10**6),
)
def test_what_is_pruned_by_a_checkpoint_is_what_is_pruned_by_the_ledger(
    history: list[tuple[list[Event], str]],
    max_age: int | None,
    max_bytes: int | None,
    node: str | None,
    standing: set[int],
    position: int,
) -> None:
    wanted = prune.Wanted(retention.Rules(max_age, max_bytes), {}, ())
    chosen = Chosen(nodes=(node,) if node else None)
    with an_archive() as tree, patch.object(verify, "check_file", lambda _tree, _event: None):
        tree.make()
        for number, (events, what) in enumerate(history):
            ledger = Ledger.recall(tree, IDENTITY, keeps=True)
            ledger.append(events, FIRST + number * 20 * DAY)
            ledger.remember()
            spoiled(tree, what, None, position)
        paths = sorted(path for path in Ledger.read(tree, IDENTITY).paths if path.count("/") == 5)
        for number in standing & {*range(len(paths))}:
            with suppress(ArchiveError):
                tree.append(paths[number], b"x")
        found = [
            prune.plan(Holding("i", IDENTITY, tree, ledger, Status(tree, IDENTITY)), chosen, wanted, FIRST + 10 * DAY)
            for ledger in (Ledger.recall(tree, IDENTITY), Ledger.read(tree, IDENTITY))
        ]
        recalled, read = (one._replace(leftovers=sorted(one.leftovers, key=str)) for one in found)
        assert recalled == read


# -- what it is and is not


def run(tree: Tree, *events: Event) -> Ledger:
    """Do what whoever holds the lock does."""
    ledger = Ledger.recall(tree, IDENTITY, keeps=True)
    ledger.append(events, FIRST)
    ledger.remember()
    return ledger


def window(number: int, status: str = COLLECTED) -> Event:
    """Return that a window of a day was collected."""
    span = Span(FIRST + number * DAY, FIRST + (number + 1) * DAY)
    unit = layout.window_unit(span)
    path = layout.window_path(SERIES[0], span, ".log")
    return Event(status, SERIES[0], unit, *span, path=path, size=number, sha256=HASHES[0])


@pytest.fixture
def years(tree: Tree) -> Tree:
    """A ledger of several blocks, whose checkpoint is older than what a disk may blur."""
    run(tree, *map(window, range(23)))
    settle(tree)
    return tree


def settle(tree: Tree) -> None:
    """Let the checkpoint have been written long after the ledger."""
    at = time.time() + 10
    os.utime(f"{tree.root}/{CHECKPOINT}", (at, at))


def reads(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Return which parts of the ledger are read from now on."""
    parts: list[tuple[str, int, int]] = []
    real = Tree.part

    def part(tree: Tree, path: str, offset: int, size: int) -> bytes:
        if layout.LEDGER.match(path):
            parts.append((path, offset, size))
        return real(tree, path, offset, size)

    def lines(tree: Tree, path: str, offset: int = 0) -> Iterator[bytes]:
        parts.append((path, offset, -1))
        return whole(tree, path, offset)

    whole = Tree.lines
    monkeypatch.setattr(Tree, "part", part)
    monkeypatch.setattr(Tree, "lines", lines)
    return parts


def test_with_nothing_new_nothing_of_the_ledger_is_read_and_nothing_written(
    years: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, before = reads(years, monkeypatch), years.read(CHECKPOINT)
    monkeypatch.setattr(Tree, "replace", None)
    ledger = Ledger.recall(years, IDENTITY, keeps=True)
    ledger.remember()
    assert (ledger.lines, len(ledger.units), parts) == (23, 23, [])
    assert years.read(CHECKPOINT) == before


def test_what_is_new_is_read_and_what_is_asked_for_is_looked_up_where_it_stands(
    years: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = years.size("ledger-2026-02.jsonl")
    Ledger.read(years, IDENTITY).append([window(23)], FIRST)
    parts = reads(years, monkeypatch)
    ledger = Ledger.recall(years, IDENTITY)
    # Its first bytes are hashed, in blocks, each once, by threads; one line is taken for what it says.
    assert parts[-1] == ("ledger-2026-02.jsonl", size, -1)
    blocks = sorted(parts[:-1])
    assert [offset for _path, offset, _size in blocks] + [size] == [0, *accumulate(length for *_, length in blocks)]
    parts.clear()
    assert ledger.units[window(3).key] == window(3)
    assert len(parts) == 3


def test_a_ledger_that_changed_within_what_a_disk_may_blur_is_hashed(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tree, *map(window, range(3)))
    parts = reads(tree, monkeypatch)
    ledger = Ledger.recall(tree, IDENTITY, keeps=True)
    assert len(parts) == 1
    # Once the time is over, a checkpoint is written that has to hash nothing.
    written: list[str] = []
    monkeypatch.setattr(Tree, "replace", lambda _tree, path, _data, **_how: written.append(path))
    ledger.remember()
    assert written == [CHECKPOINT]


@pytest.mark.parametrize("place", ["older", "newest"])
def test_an_edited_line_is_found_by_the_next_look(tree: Tree, place: str) -> None:
    run(tree, *map(window, range(7)))
    ledger = Ledger.recall(tree, IDENTITY, keeps=True)
    ledger.append([window(7)], FIRST + 40 * DAY)
    ledger.remember()
    settle(tree)
    names = sorted(path.name for path in Path(tree.root).glob("ledger-*"))
    path = Path(tree.root, names[0] if place == "older" else names[-1])
    path.write_bytes(path.read_bytes().replace(b'"size":', b'"size": ', 1))
    recalled, read = Ledger.recall(tree, IDENTITY), Ledger.read(tree, IDENTITY)
    assert says(recalled) == says(read)
    assert recalled.breaks or recalled.head != ledger.head


def test_an_edit_while_a_run_goes_on_leaves_no_checkpoint_that_hides_it(years: Tree) -> None:
    ledger = Ledger.recall(years, IDENTITY, keeps=True)
    path = Path(years.root, "ledger-2026-02.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"size":3,', b'"size":4,'))
    ledger.append([window(30)], FIRST)
    ledger.remember()
    settle(years)
    assert Ledger.recall(years, IDENTITY).breaks == Ledger.read(years, IDENTITY).breaks != []


def test_what_verifies_never_asks_the_checkpoint(years: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "load", None)
    assert len(Ledger.read(years, IDENTITY).units) == 23


def test_a_checkpoint_of_another_version_is_none(years: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkpoint.load(years, ["ledger-2026-02.jsonl"]) is not None
    path = Path(years.root, CHECKPOINT)
    path.write_bytes(path.read_bytes().replace(b'{"v":1,', b'{"v":2,'))
    assert checkpoint.load(years, ["ledger-2026-02.jsonl"]) is None


def test_a_checkpoint_that_says_what_none_says_is_none(years: Tree) -> None:
    for body in (b"[]", b"{}", b'{"head":1}', b"[" * 100_000, b"\xff"):
        data = checkpoint._BEGIN + checkpoint._digest(body) + checkpoint._MIDDLE + body + checkpoint._END
        years.replace(CHECKPOINT, data)
        assert checkpoint.load(years, ["ledger-2026-02.jsonl"]) is None
        assert len(Ledger.recall(years, IDENTITY).units) == 23


def test_a_checkpoint_that_cannot_be_written_is_warned_of(years: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = years.read(CHECKPOINT)

    def replace(_tree: Tree, _path: str, _data: bytes, **_how: bool) -> None:
        raise ArchiveError("No space left on device.")

    monkeypatch.setattr(Tree, "replace", replace)
    run(years, window(24))
    assert years.read(CHECKPOINT) == before
    [warning] = years.warnings()
    assert "checkpoint could not be written: No space left" in warning
    assert len(Ledger.recall(years, IDENTITY).units) == 24


def test_much_that_is_new_is_read_with_all_the_rest(years: Tree) -> None:
    Ledger.read(years, IDENTITY).append([window(number) for number in range(100, 200)], FIRST)
    assert checkpoint.load(years, ["ledger-2026-02.jsonl"]) is None
    assert len(Ledger.recall(years, IDENTITY).units) == 123


@pytest.mark.parametrize("of", ["first", "last", "every other"])
def test_a_head_is_found_at_its_place_with_the_breaks_since(
    years: Tree, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    whole = Ledger.read(years, IDENTITY)
    lines = Path(years.root, "ledger-2026-02.jsonl").read_bytes().splitlines(keepends=True)
    number = {"first": 1, "last": len(lines), "every other": len(lines) // 2}[of]
    head = hashlib.sha256(lines[number - 1][:-1]).hexdigest()
    at = Where("ledger-2026-02.jsonl", len(b"".join(lines[: number - 1])), number)
    assert Where.of(str(at)) == at
    recalled = Ledger.recall(years, IDENTITY, head, at)
    assert recalled.breaks_since == Ledger.read(years, IDENTITY, head).breaks_since == []
    monkeypatch.setattr(Ledger, "read", lambda *_all, **_more: whole)
    assert Ledger.recall(years, IDENTITY, head, at) is not whole
    for wrong in (
        at._replace(line=at.line + 1),
        at._replace(offset=at.offset + 1),
        at._replace(file="ledger-2026-01.jsonl"),
    ):
        if of != "last":
            assert Ledger.recall(years, IDENTITY, head, wrong) is whole
    assert Ledger.recall(years, IDENTITY, "1" * 64, at) is whole


def test_the_breaks_after_a_head_and_not_those_before_it_are_told(tree: Tree) -> None:
    run(tree, *map(window, range(12)))
    path = Path(tree.root, "ledger-2026-02.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    for number in (3, 8):
        lines[number] = lines[number].replace(b'"v":1', b'"v":2')
    path.write_bytes(b"".join(lines))
    run(tree, window(40))
    for number in (1, 5, 6, 11, 13):
        line = path.read_bytes().splitlines()[number - 1]
        head = hashlib.sha256(line).hexdigest()
        at = Where(path.name, len(b"".join(lines[: number - 1])), number)
        recalled, read = Ledger.recall(tree, IDENTITY, head, at), Ledger.read(tree, IDENTITY, head)
        assert recalled.breaks_since == read.breaks_since
    assert (
        Ledger.recall(tree, IDENTITY, GENESIS).breaks_since == Ledger.read(tree, IDENTITY, GENESIS).breaks_since != []
    )


@pytest.mark.parametrize("gone", [range(3), range(20, 23), [0, 22], [5], range(23)])
def test_from_when_to_when_anything_is_held_is_known_once_the_ends_are_pruned(years: Tree, gone: Iterable[int]) -> None:
    run(years, *(window(number, PRUNED) for number in gone))
    recalled, read = Ledger.recall(years, IDENTITY), Ledger.read(years, IDENTITY)
    assert recalled.units.bounds(SERIES[0]) == read.units.bounds(SERIES[0])
    assert says(recalled) == says(read)
    left = [number for number in range(23) if number not in gone]
    held = [Span(FIRST + number * DAY, FIRST + (number + 1) * DAY) for number in (left[:1] + left[-1:])]
    assert recalled.units.bounds(SERIES[0]) == (Span(held[0].begin, held[-1].end) if held else None)


def test_what_is_pruned_is_looked_up_where_it_stands(years: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(23):
        years.append(window(number).path or "", b"x")
    monkeypatch.setattr(verify, "check_file", lambda _tree, _event: None)
    wanted = prune.Wanted(retention.Rules(max_age=10 * DAY), {}, ())
    now = FIRST + 23 * DAY
    run(years, window(1, PRUNED))
    monkeypatch.setattr(Ledger, "read", None)
    ledger = Ledger.recall(years, IDENTITY)
    held = Holding("i", IDENTITY, years, ledger, Status(years, IDENTITY))
    plan = prune.plan(held, Chosen(), wanted, now)
    assert [event.key for event in plan.units] == [window(number).key for number in range(13) if number != 1]
    assert [event.key for event in plan.leftovers] == [window(1).key]
    assert plan.left == sum(range(13, 23))


@pytest.mark.parametrize("what", ["bit", "cut", "gone", "another"])
def test_a_filter_that_is_not_as_it_was_kept_is_made_anew_from_the_lines(years: Tree, what: str) -> None:
    path = Path(years.root, CHECKPOINT)
    whole = path.read_bytes()
    line = whole.index(b"\n") + 1
    kept = {"bit": whole[:line] + bytes([whole[line] ^ 1]) + whole[line + 1 :], "cut": whole[:-9]}
    path.write_bytes(kept.get(what, whole))
    settle(years)
    ledger = Ledger.recall(years, IDENTITY, keeps=True)
    # Whoever only reads may find that one who writes was there meanwhile.
    if what == "gone":
        path.unlink()
    elif what == "another":
        path.write_bytes(b"{}\n" * 10)
    every = [window(number) for number in range(24)]
    assert [ledger.units.get(one.key) for one in every] == [*every[:23], None]
    ledger.append([window(24)], FIRST)
    ledger.remember()
    assert path.read_bytes().splitlines()[1:5] == whole.splitlines()[1:5]
    assert says(Ledger.recall(years, IDENTITY)) == says(Ledger.read(years, IDENTITY))


def test_filters_are_read_once_an_older_unit_is_asked_for(years: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = filters.Shelf.texts

    def texts(shelf: filters.Shelf, kept: Sequence[filters.Kept]) -> list[bytes]:
        sizes.append(len(kept))
        return real(shelf, kept)

    monkeypatch.setattr(filters.Shelf, "texts", texts)
    ledger = Ledger.recall(years, IDENTITY)
    assert sizes == []
    assert ledger.units.get(window(22).key) == window(22)
    assert sizes == [4]
    assert [ledger.units.get(window(number).key) for number in (0, 99, 1)] == [window(0), None, window(1)]
    assert sizes == [4, 1]
