# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Segments, cut wherever runs were made, are the ledger byte for byte; and what goes on differently is seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import LOST, Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import (
    START,
    Head,
    Position,
    Segment,
    after,
    file_of,
    gaps,
    ledger_files,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.local import fresh, has
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.plan import ANOTHER_RUN, taken_up
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ...archives import FIRST, SLOW

IDENTITY = {"provider": "umongodb", "region": "r", "project": "default", "instance": "i"}

# Runs, each with how many lines it writes and how many days after the one before.
RUNS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 40)), min_size=1, max_size=6)


def written(folder: Path, runs: list[tuple[int, int]], begin: int = 0) -> Tree:
    """Write the lines of runs."""
    tree = Tree(str(folder), Ownership())
    tree.make()
    at = FIRST
    for number, (lines, days) in enumerate(runs):
        at += days * DAY
        events = [Event(LOST, SLOW, f"{begin + number}.{line}", FIRST, FIRST + DAY) for line in range(lines)]
        Ledger.read(tree, IDENTITY).append(events, at)
    return tree


def months(tree: Tree) -> dict[str, bytes]:
    return {name: tree.read(name) or b"" for name in tree.names("")}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=RUNS)
def test_segments_of_any_runs_are_the_ledger_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[int, int]]
) -> None:
    folder, at, segments = tmp_path_factory.mktemp("ledger"), START, []
    for number in range(1, len(runs) + 1):
        tree = written(folder, runs[number - 1 : number], number)
        new = fresh(tree, at)
        assert new is not None
        for segment in new:
            segments.append(segment)
            at = after(at, segment)
    ledger = Ledger.read(tree, IDENTITY)
    assert (at.lines, at.head) == (ledger.lines, ledger.head)
    assert ledger_files(segments) == months(tree)
    assert list(gaps(segments)) == []
    assert len({segment.key for segment in segments}) == len(segments)
    # What is written beside objects gets lost when they are copied.
    file = ""
    for segment in segments:
        file = file_of("", segment.data, file)
        assert file == segment.file == file_of(segment.about()["month"], b"", "")
    assert fresh(tree, at) == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=RUNS, cut=st.integers(0, 20))
def test_what_a_killed_run_left_is_taken_up(
    tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[int, int]], cut: int
) -> None:
    tree = written(tmp_path_factory.mktemp("ledger"), runs)
    new = fresh(tree, START) or []
    left = new[:1] if not new else [new[0]._replace(data=b"".join(new[0].data.splitlines(keepends=True)[:cut]))]
    found = [(segment.first, segment.data) for segment in left if segment.data]
    at, rest = taken_up(START, new, found, "s3://bucket")
    joined = [Segment(first, new[0].file, data) for first, data in found] + rest
    assert ledger_files(joined) == months(tree)
    assert list(gaps(joined)) == []
    assert fresh(tree, at) == rest
    assert has(tree, rest, at)


def test_a_line_that_a_run_is_just_writing_is_left_for_the_next(tmp_path: Path) -> None:
    tree = written(tmp_path, [(2, 0)])
    whole = fresh(tree, START)
    with (tmp_path / tree.names("")[0]).open("ab") as file:
        file.write(b'{"v":1,"half')
    assert fresh(tree, START) == whole


def test_a_ledger_that_is_another_or_was_cut_is_seen(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one", [(3, 0), (2, 40)]), written(tmp_path / "other", [(3, 0), (2, 40)], 7)
    at = START
    for segment in fresh(one, START) or []:
        at = after(at, segment)
    assert fresh(other, at) is None
    assert fresh(written(tmp_path / "short", [(3, 0)]), at) is None
    assert fresh(written(tmp_path / "empty", [(0, 0)]), at) is None
    assert fresh(one, at._replace(offset=at.offset - 1)) is None
    assert fresh(one, at._replace(head="0" * 64)) is None
    for found in ((1, b"{}\n"), (2, b"{}\n"), (1, b"")):
        with pytest.raises(ArchiveError) as raised:
            taken_up(START, fresh(one, START) or [], [found], "s3://bucket")
        assert raised.value.code == ANOTHER_RUN
    first = (fresh(one, START) or [])[0]
    assert not has(one, [first._replace(data=first.data + b"{}\n")], START)
    assert not has(one, [first, first, first], START)
    assert not has(other, [first], START)


def test_a_line_of_any_length_ends_where_the_head_says(tmp_path: Path) -> None:
    tree = written(tmp_path, [(1, 0)])
    reason = "x" * 200_000
    Ledger.read(tree, IDENTITY).append([Event(LOST, SLOW, "long", FIRST, FIRST + DAY, reason=reason)], FIRST)
    at = START
    for segment in fresh(tree, START) or []:
        at = after(at, segment)
    assert fresh(tree, at) == []


def test_a_head_says_what_was_written() -> None:
    head = Head(Position(7, "a" * 64, "ledger-2026-03.jsonl", 900), "b" * 64, {"a/b": "v1"}, (("*", "*", 1, 2),))
    assert Head.of(head.document(IDENTITY, FIRST), "there") == head
    assert json.loads(head.document(IDENTITY, FIRST))["instance"] == "i"
    assert Head.of(Head().document(IDENTITY, FIRST), "there") == Head()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"lines": "many"}', b"[" * 100_000])
def test_a_head_that_cannot_be_read_is_told(data: bytes) -> None:
    with pytest.raises(ArchiveError, match="there cannot be read"):
        Head.of(data, "there")


def test_lines_that_are_missing_or_stand_twice_are_told() -> None:
    segments = [Segment(1, "f", b"1\n2\n"), Segment(5, "f", b"5\n"), Segment(5, "f", b"5\n")]
    assert list(gaps(segments)) == [
        "ledger/000000000005.jsonl begins with line 5 where line 3 is missing",
        "ledger/000000000005.jsonl begins with line 5 where line 6 should follow",
    ]
    assert file_of("", b"no json\n", "") == "ledger-0000-00.jsonl"
    assert file_of("", b'{"at": 7}\n', "ledger-2026-03.jsonl") == "ledger-2026-03.jsonl"
