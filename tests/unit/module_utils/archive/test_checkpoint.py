# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checkpoint: whatever it is, and whatever became of it or the ledger, what is known is what the ledger says read whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import index, layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import CHECKPOINT, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    CLOSED,
    COLLECTED,
    EMPTY,
    EVERY,
    HOLD,
    LOST,
    OPENED,
    PRUNED,
    RELEASED,
    Event,
    Key,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.summary import Summary
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

IDENTITY = {"provider": "dds", "region": "cn-bj2", "project": "default", "instance": "dds-1"}
FIRST = 20_500 * DAY
SERIES = [Series(node, kind) for node in ("n-1", 'n "2"') for kind in ("slow", "audit")]
HASHES = ["ab" * 32, "cd" * 32]
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

instants = st.integers(0, 40).map(lambda hours: FIRST + 6 * hours * HOUR)
spans = st.tuples(instants, st.sampled_from([0, 6, 6, 6, 30])).map(lambda pair: Span(pair[0], pair[0] + pair[1] * HOUR))


def path_of(series: Series, span: Span, name: str) -> str:
    """Return the path that a file of that name gets."""
    return f"{layout.day_folder(series, span.begin)}/{name}"


@st.composite
def unit_events(draw: st.DrawFn) -> Event:
    """Return what may be known of a unit: as runs write it, and now and then as nobody would."""
    series = draw(st.sampled_from(SERIES))
    span = draw(spans)
    status = draw(st.sampled_from([COLLECTED, COLLECTED, COLLECTED, EMPTY, LOST, PRUNED, ACCEPTED]))
    sha256 = draw(st.sampled_from(HASHES))
    kind = draw(st.sampled_from(["window", "window", "window", "log", "export", "odd"]))
    if kind == "window":
        unit = layout.window_unit(span)
        path = path_of(series, span, f"{unit}.log") if status in (COLLECTED, PRUNED) else None
        return Event(status, series, unit, *span, path=path, size=span.end % 97, sha256=sha256)
    if kind == "log":
        unit = draw(st.sampled_from(["17", "18", 'log\n"é"']))
        return Event(
            status, series, unit, *span, path=path_of(series, span, f"audit_{unit[:2]}"), size=7, sha256=sha256
        )
    if kind == "export":
        unit = f"mongod.log.{sha256[:8]}"
        return Event(status, series, unit, path=path_of(series, span, unit), size=5, sha256=sha256)
    path = draw(st.sampled_from([None, "somewhere", "a/b/2026/13/40/c", 'x/"path":/y']))
    begin, end = draw(st.sampled_from([(None, None), (span.begin, None), (span.end, span.begin), tuple(span)]))
    return Event(status, series, draw(st.sampled_from(["odd", "1"])), begin, end, path, None, reason="why")


@st.composite
def other_events(draw: st.DrawFn) -> Event:
    """Return what concerns no unit."""
    status = draw(st.sampled_from([OPENED, OPENED, CLOSED, HOLD, RELEASED]))
    series = draw(st.sampled_from([*SERIES, Series(EVERY, EVERY)]))
    begin = draw(instants)
    return Event(
        status, series, begin=begin, end=begin + 5 * DAY, reason=draw(st.sampled_from([None, "by query", "law"]))
    )


histories = st.lists(
    st.tuples(
        st.lists(unit_events() | unit_events() | other_events(), max_size=6),
        # What becomes of it afterwards.
        st.sampled_from(
            ["kept", "kept", "kept", "not kept", "killed", "copied", "lost", "cut", "flipped", "older", "torn"]
        ),
    ),
    min_size=1,
    max_size=6,
)


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


def spoiled(tree: Tree, what: str, before: bytes | None, position: int) -> None:
    """Let something become of the archive."""
    path = Path(tree.root, CHECKPOINT)
    if what == "copied":
        shutil.copytree(tree.root, f"{tree.root}.new")
        shutil.rmtree(tree.root)
        os.rename(f"{tree.root}.new", tree.root)
    elif what == "torn":
        for last in sorted(Path(tree.root).glob("ledger-*"))[-1:]:
            last.write_bytes(last.read_bytes() + b'{"v":1,"prov')
    elif not path.exists():
        return
    elif what == "lost":
        path.unlink()
    elif what == "cut":
        path.write_bytes(path.read_bytes()[:-3])
    elif what == "flipped":
        data = bytearray(path.read_bytes())
        data[position % len(data)] ^= 1 << position % 8
        path.write_bytes(data)
    elif what == "older" and before:
        path.write_bytes(before)


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
            assert says(Ledger.recall(tree, IDENTITY)) == says(Ledger.read(tree, IDENTITY))
        assert told(Ledger.recall(tree, IDENTITY, keeps=True), every) == told(Ledger.read(tree, IDENTITY), every)
