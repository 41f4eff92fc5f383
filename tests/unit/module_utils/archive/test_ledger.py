# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger: it only grows, and nothing in it can be altered, dropped or reordered unseen."""

from __future__ import annotations

import calendar
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    ACCEPTED,
    CLOSED,
    COLLECTED,
    EMPTY,
    EVERY,
    GENESIS,
    HOLD,
    LOST,
    OPENED,
    PRUNED,
    RELEASED,
    Break,
    Event,
    Hold,
    Key,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso
from hypothesis import example, given, settings
from hypothesis import strategies as st

IDENTITY = {"provider": "umongodb", "region": "cn-bj2", "project": "default", "instance": "uclmongo-1"}
NOVEMBER = calendar.timegm((2026, 11, 20, 12, 0, 0))
NODE = Series("node-1", "slow")

quick = settings(max_examples=40)
instants = st.integers(0, 253_370_764_799)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1).filter(lambda name: name.strip("."))
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
events = st.builds(
    Event,
    st.sampled_from([COLLECTED, EMPTY, LOST, PRUNED, ACCEPTED]),
    st.builds(Series, texts, st.sampled_from(["slow", "error", "audit"])),
    texts.filter(bool),
    begin=st.none() | instants,
    end=st.none() | instants,
    path=st.none() | paths,
    size=st.none() | st.integers(0, 2**50),
    sha256=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    source=st.none() | st.dictionaries(texts, texts, max_size=3),
    reason=st.none() | texts.filter(bool),
    adopted=st.booleans(),
    by=st.none(),
    broken=st.none(),
)
batches = st.lists(st.lists(events, min_size=1, max_size=4), min_size=1, max_size=4)


@contextmanager
def an_archive() -> Iterator[Tree]:
    """Make an empty archive for one example."""
    with tempfile.TemporaryDirectory() as folder:
        yield Tree(folder, Ownership())


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk: what becomes durable when is another file's matter."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An archive that is there and empty."""
    return Tree(str(tmp_path), Ownership())


def collected(number: int, **more: Any) -> Event:
    """Return that a window of a day was collected."""
    begin = NOVEMBER // DAY * DAY + number * DAY
    return Event(COLLECTED, NODE, f"unit-{number}", begin, begin + DAY, path=f"file-{number}", size=number, **more)


def written(tree: Tree, *of: Event, at: int = NOVEMBER) -> Ledger:
    """Write events, each by a run of its own."""
    for event in of:
        ledger = Ledger.read(tree, IDENTITY)
        ledger.append([event], at)
    return Ledger.read(tree, IDENTITY)


def lines_of(tree: Tree) -> list[bytes]:
    """Return the lines of all files, as any tool would."""
    names = sorted(path.name for path in Path(tree.root).glob("ledger-*.jsonl"))
    return [line for name in names for line in Path(tree.root, name).read_bytes().splitlines()]


def texts_of(ledger: Ledger) -> list[str]:
    """Return the breaks of a ledger as a person reads them."""
    return [str(one) for one in ledger.breaks]


def known(ledger: Ledger) -> object:
    """Return what a ledger says, whatever its files are."""
    return (ledger.head, ledger.lines, ledger.units, ledger.scopes, ledger.paths, ledger.breaks)


# -- the chain


@quick
@given(batches)
def test_the_chain_is_what_anybody_can_reckon(of: list[list[Event]]) -> None:
    with an_archive() as tree:
        ledger = Ledger(tree, IDENTITY)
        for batch in of:
            ledger.append(batch, NOVEMBER)
        prev, lines = "0" * 64, lines_of(tree)
        for line in lines:
            assert json.loads(line)["prev"] == prev
            prev = hashlib.sha256(line).hexdigest()
        assert ledger.head == prev
        assert ledger.lines == len(lines) == sum(map(len, of))


@quick
@given(batches)
def test_what_is_read_is_what_was_written(of: list[list[Event]]) -> None:
    with an_archive() as tree:
        ledger = Ledger(tree, IDENTITY)
        for batch in of:
            ledger.append(batch, NOVEMBER)
        again = Ledger.read(tree, IDENTITY)
        assert again.breaks == []
        # Where a file came from is for people: nothing is decided by it, so it is not kept in memory.
        of_units = {key: event._replace(source=None) for key, event in ledger.units.items()}
        assert known(again) == (ledger.head, ledger.lines, of_units, ledger.scopes, ledger.paths, [])


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="there is no sha256sum")
def test_the_head_is_what_sha256sum_says_of_the_last_line(tree: Tree) -> None:
    ledger = written(tree, collected(1), collected(2))
    last = lines_of(tree)[-1]
    said = subprocess.run(["sha256sum"], input=last, capture_output=True, check=True).stdout
    assert said.split()[0].decode() == ledger.head


def test_a_line_has_the_fields_of_the_format(tree: Tree) -> None:
    source = {"package_id": 17, "name": "slow", "request_id": "abc"}
    written(tree, collected(0, sha256="ab" * 32, source=source, adopted=True, reason="found"))
    assert json.loads(lines_of(tree)[0]) == {
        "v": 1,
        **IDENTITY,
        "node": "node-1",
        "log_type": "slow",
        "unit": "unit-0",
        "status": "collected",
        "begin": "2026-11-20T00:00:00Z",
        "end": "2026-11-21T00:00:00Z",
        "path": "file-0",
        "size": 0,
        "sha256": "ab" * 32,
        "source": source,
        "reason": "found",
        "adopted": True,
        "at": "2026-11-20T12:00:00Z",
        "prev": GENESIS,
    }


def test_an_empty_ledger_has_the_first_head_and_no_file(tree: Tree) -> None:
    ledger = Ledger.read(tree, IDENTITY)
    ledger.append([], NOVEMBER)
    ledger.mend()
    assert known(ledger) == (GENESIS, 0, {}, {}, {}, [])
    assert tree.names("") == []


# -- tampering


def tampered(lines: list[bytes], draw: st.DataObject) -> tuple[list[bytes], str]:
    """Return lines with something done to them that a careful eye should see."""
    number = draw.draw(st.integers(0, len(lines) - 1))
    what = draw.draw(st.sampled_from(["alter", "drop", "repeat", "swap", "empty"]))
    if what == "alter":
        line = bytearray(lines[number])
        position = draw.draw(st.integers(0, len(line) - 1))
        line[position] ^= draw.draw(st.sampled_from([0x01, 0x20, 0x80]))
        return [*lines[:number], bytes(line).replace(b"\n", b"?"), *lines[number + 1 :]], what
    if what == "drop":
        return lines[:number] + lines[number + 1 :], what
    if what == "repeat":
        return [*lines[:number], lines[number], *lines[number:]], what
    if what == "empty":
        return [*lines[:number], b"", *lines[number:]], what
    other = draw.draw(st.integers(0, len(lines) - 1).filter(lambda other: other != number))
    changed = list(lines)
    changed[number], changed[other] = changed[other], changed[number]
    return changed, what


@settings(max_examples=80)
@given(st.data())
def test_tampering_breaks_the_chain_or_changes_the_head(data: st.DataObject) -> None:
    with an_archive() as tree:
        ledger = Ledger(tree, IDENTITY)
        ledger.append([collected(number) for number in range(5)], NOVEMBER)
        lines, _what = tampered(lines_of(tree), data)
        Path(tree.root, "ledger-2026-11.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        read = Ledger.read(tree, IDENTITY)
        assert read.breaks or read.head != ledger.head


def test_an_altered_line_is_named_by_the_next_one_and_the_rest_still_counts(tree: Tree) -> None:
    written(tree, *map(collected, range(4)))
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"size":1,', b'"size":9,'))
    ledger = Ledger.read(tree, IDENTITY)
    assert texts_of(ledger) == ["ledger-2026-11.jsonl line 3 does not follow from the line before it"]
    assert [ledger.units[Key(NODE, f"unit-{number}")].size for number in range(4)] == [0, 9, 2, 3]


def test_a_dropped_line_is_named(tree: Tree) -> None:
    written(tree, *map(collected, range(4)))
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    read = Ledger.read(tree, IDENTITY)
    assert texts_of(read) == ["ledger-2026-11.jsonl line 1 does not follow from the line before it"]


def test_a_ledger_cut_at_its_end_is_whole_but_its_head_is_an_earlier_one(tree: Tree) -> None:
    heads = [written(tree, collected(number)).head for number in range(3)]
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    ledger = Ledger.read(tree, IDENTITY)
    assert (ledger.breaks, ledger.head) == ([], heads[1])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(["prev", "status", "node", "log_type", "unit", "begin", "end", "path", "size", "sha256", "at"])


@settings(max_examples=80)
@given(st.one_of(st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"")), st.tuples(fields, json_values)))
@example(("size", "9"))
@example(("path", ["a"]))
@example(("node", ["n"]))
@example(("begin", ""))
def test_a_line_of_any_kind_is_read_or_named(junk: bytes | tuple[str, object]) -> None:
    with an_archive() as tree:
        ledger = written(tree, collected(0), collected(1))
        if isinstance(junk, bytes):
            line = junk
        else:
            line = json.dumps({**json.loads(lines_of(tree)[1]), "prev": ledger.head, junk[0]: junk[1]}).encode()
        path = Path(tree.root, "ledger-2026-11.jsonl")
        path.write_bytes(path.read_bytes() + line + b"\n")
        read = Ledger.read(tree, IDENTITY)
        assert read.head == hashlib.sha256(line).hexdigest()
        assert all("line 3" in found for found in texts_of(read))
        for key, event in read.units.items():
            assert {type(text) for text in (*key.series, key.unit, event.status)} == {str}
            assert isinstance(event.path, str | None)
            assert isinstance(event.size, int | None)
            assert event.span is None or event.span.begin + event.span.end >= 0
        # What is written next follows from it, and is no break.
        assert len(written(tree, collected(2)).breaks) == len(read.breaks)


def followed_by(tree: Tree, **changes: object) -> list[str]:
    """Return the breaks of a ledger after a line like its last one with something changed."""
    ledger = Ledger.read(tree, IDENTITY)
    line = {**json.loads(lines_of(tree)[-1]), "prev": ledger.head, **changes}
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(path.read_bytes() + json.dumps(line).encode() + b"\n")
    return texts_of(Ledger.read(tree, IDENTITY))


@pytest.mark.parametrize(
    "path",
    ["", "../x", "a/../../x", "a/..", "..", ".", "./x", "a/./x", "/etc/passwd", "a//x", "a/", "/", "a\0x", "\ud800"],
)
def test_a_path_that_leads_elsewhere_cannot_be_read(tree: Tree, path: str) -> None:
    written(tree, collected(0))
    assert followed_by(tree, unit="evil", path=path) == ["ledger-2026-11.jsonl line 2 cannot be read"]
    ledger = Ledger.read(tree, IDENTITY)
    assert (list(ledger.units), list(ledger.paths)) == ([Key(NODE, "unit-0")], ["file-0"])


def test_dots_in_names_lead_nowhere(tree: Tree) -> None:
    written(tree, collected(0))
    assert followed_by(tree, path="a..b/.../..c/d..") == []


@pytest.mark.parametrize("field", ["status", "node", "log_type", "unit", "sha256", "reason"])
def test_half_a_character_cannot_be_read(tree: Tree, field: str) -> None:
    written(tree, collected(0))
    assert followed_by(tree, **{field: "\ud83d\ude00"}) == []
    assert followed_by(tree, **{field: "x\ud83d"}) == ["ledger-2026-11.jsonl line 3 cannot be read"]


def test_a_line_that_is_nested_too_deeply_cannot_be_read(tree: Tree) -> None:
    written(tree, collected(0))
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(path.read_bytes() + b"[" * 200_000 + b"\n")
    assert texts_of(Ledger.read(tree, IDENTITY)) == ["ledger-2026-11.jsonl line 2 cannot be read"]


# -- what an operator accepted


def altered(tree: Tree, number: int, byte: bytes) -> None:
    """Alter one line of the ledger."""
    path = Path(tree.root, "ledger-2026-11.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number] = re.sub(rb'"at":".', b'"at":"' + byte, lines[number])
    path.write_bytes(b"".join(lines))


def accepting(*breaks: Break) -> list[Event]:
    """Return the acceptance of breaks."""
    return [Event(ACCEPTED, Series(EVERY, EVERY), reason="restored by hand", by="ann", broken=one) for one in breaks]


def test_an_accepted_break_is_none_until_the_bytes_change_again(tree: Tree) -> None:
    written(tree, *map(collected, range(4)))
    altered(tree, 1, b"3")
    ledger = Ledger.read(tree, IDENTITY)
    assert len(ledger.breaks) == 1
    ledger.append(accepting(*ledger.breaks), NOVEMBER)
    assert ledger.breaks == []
    assert Ledger.read(tree, IDENTITY).breaks == []
    line = json.loads(lines_of(tree)[-1])
    assert (line["by"], line["reason"], line["break"]["line"]) == ("ann", "restored by hand", 3)
    # Neither that line nor the one that does not follow from it can be altered once more unseen.
    altered(tree, 1, b"4")
    assert texts_of(Ledger.read(tree, IDENTITY)) == [
        "ledger-2026-11.jsonl line 3 does not follow from the line before it"
    ]
    altered(tree, 1, b"3")
    assert Ledger.read(tree, IDENTITY).breaks == []
    altered(tree, 2, b"3")
    assert len(Ledger.read(tree, IDENTITY).breaks) == 2


def test_a_line_that_cannot_be_read_and_a_torn_month_can_be_accepted(tree: Tree) -> None:
    written(tree, collected(0), collected(1))
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(path.read_bytes() + b"junk\n")
    written(tree, collected(2), at=NOVEMBER + 30 * DAY)
    path.write_bytes(path.read_bytes() + b"torn")
    ledger = Ledger.read(tree, IDENTITY)
    assert texts_of(ledger) == [
        "ledger-2026-11.jsonl line 3 cannot be read",
        "ledger-2026-11.jsonl ends in the middle of a line",
    ]
    ledger.append(accepting(*ledger.breaks), NOVEMBER)
    assert Ledger.read(tree, IDENTITY).breaks == []
    path.write_bytes(path.read_bytes() + b"!")
    assert len(Ledger.read(tree, IDENTITY).breaks) == 1


@pytest.mark.parametrize("junk", [1, {"file": "x"}, {"file": 1, "line": 1, "what": "", "sha256": "", "prev": ""}])
def test_the_acceptance_of_what_is_no_break_cannot_be_read(tree: Tree, junk: object) -> None:
    ledger = written(tree, *accepting(Break("ledger-2026-11.jsonl", 1, "x", "y", "z")))
    line = {**json.loads(lines_of(tree)[0]), "prev": ledger.head, "break": junk}
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(path.read_bytes() + json.dumps(line).encode() + b"\n")
    assert texts_of(Ledger.read(tree, IDENTITY)) == ["ledger-2026-11.jsonl line 2 cannot be read"]


def test_an_accepted_loss_is_not_held(tree: Tree) -> None:
    lost = collected(1)._replace(status=LOST)
    ledger = written(tree, lost, lost._replace(status=ACCEPTED, reason="known"))
    assert ledger.units[Key(NODE, "unit-1")].status == ACCEPTED
    assert not ledger.holds(Key(NODE, "unit-1"))
    assert written(tree, collected(1)).holds(Key(NODE, "unit-1"))


# -- a head that was known once


def test_what_was_altered_since_a_known_head_is_told(tree: Tree) -> None:
    heads = [GENESIS, *(written(tree, collected(number)).head for number in range(4))]
    for head in heads:
        assert Ledger.read(tree, IDENTITY, head).breaks_since == []
    assert Ledger.read(tree, IDENTITY).breaks_since is None
    altered(tree, 1, b"3")
    since = [Ledger.read(tree, IDENTITY, head).breaks_since for head in heads]
    assert [None if found is None else len(found) for found in since] == [1, 1, None, 0, 0]


# -- holds


def test_a_hold_lasts_until_it_is_released(tree: Tree) -> None:
    everything, node = Series(EVERY, EVERY), Series(EVERY, "slow")
    hold = Event(HOLD, everything, begin=10, end=20, reason="case 7")
    ledger = written(tree, hold, hold, hold._replace(series=node), hold._replace(status=RELEASED, series=node))
    assert ledger.legal_holds == {Hold(everything, Span(10, 20)): "case 7"}
    assert written(tree, hold._replace(status=RELEASED, end=30)).legal_holds == ledger.legal_holds
    assert written(tree, hold._replace(status=RELEASED)).legal_holds == {}
    assert written(tree, hold._replace(end=None)).legal_holds == {}


@pytest.mark.parametrize(
    ("series", "span", "covered"),
    [
        (Series(EVERY, EVERY), Span(19, 30), True),
        (Series(EVERY, EVERY), Span(20, 30), False),
        (Series("node-1", EVERY), Span(0, 11), True),
        (Series("node-1", "slow"), Span(12, 13), True),
        (Series("node-2", EVERY), Span(12, 13), False),
        (Series(EVERY, "error"), Span(12, 13), False),
    ],
)
def test_a_hold_is_of_some_series_and_of_a_span(series: Series, span: Span, covered: bool) -> None:
    assert Hold(series, Span(10, 20)).covers(NODE, span) is covered


# -- runs that were ended


def test_a_line_torn_anywhere_is_cut_and_the_next_run_goes_on(tree: Tree) -> None:
    whole = written(tree, collected(0))
    path = Path(tree.root, "ledger-2026-11.jsonl")
    before = path.read_bytes()
    written(tree, collected(1))
    after = path.read_bytes()
    for size in range(len(before), len(after)):
        path.write_bytes(after[:size])
        ledger = Ledger.read(tree, IDENTITY)
        assert known(ledger) == known(whole)
        assert path.read_bytes() == after[:size]
        ledger.mend()
        assert path.read_bytes() == before
    ledger.append([collected(1)], NOVEMBER)
    assert path.read_bytes() == after


def test_a_torn_line_is_cut_when_there_is_something_to_append(tree: Tree) -> None:
    before = written(tree, collected(0))
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(path.read_bytes() + b"torn")
    torn = path.read_bytes()
    Ledger.read(tree, IDENTITY).append([], NOVEMBER)
    assert path.read_bytes() == torn
    Ledger.read(tree, IDENTITY).append([collected(1)], NOVEMBER + 30 * DAY)
    read = Ledger.read(tree, IDENTITY)
    assert (read.breaks, read.lines, path.read_bytes()) == ([], 2, torn.removesuffix(b"torn"))
    assert json.loads(lines_of(tree)[-1])["prev"] == before.head


def test_a_torn_first_line_leaves_nothing(tree: Tree) -> None:
    written(tree, collected(0))
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(path.read_bytes()[:-1])
    ledger = Ledger.read(tree, IDENTITY)
    ledger.mend()
    assert (ledger.head, dict(ledger.units), path.read_bytes()) == (GENESIS, {}, b"")
    assert written(tree, collected(0)).breaks == []


def test_a_line_torn_in_an_earlier_month_is_a_break(tree: Tree) -> None:
    written(tree, collected(0), collected(1))
    written(tree, collected(2), at=NOVEMBER + 30 * DAY)
    path = Path(tree.root, "ledger-2026-11.jsonl")
    path.write_bytes(path.read_bytes()[:-10])
    breaks = texts_of(Ledger.read(tree, IDENTITY))
    assert breaks[0] == "ledger-2026-11.jsonl ends in the middle of a line"
    assert breaks[1] == "ledger-2026-12.jsonl line 1 does not follow from the line before it"


def test_what_cannot_be_written_is_not_reckoned_with(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = written(tree, collected(0))
    before = known(ledger)

    def full(_path: str, _data: bytes) -> None:
        raise ArchiveError("full")

    with monkeypatch.context() as patch:
        patch.setattr(ledger._tree, "append", full)
        with pytest.raises(ArchiveError):
            ledger.append([collected(1)], NOVEMBER)
    assert known(ledger) == before
    ledger.append([collected(2)], NOVEMBER)
    assert Ledger.read(tree, IDENTITY).breaks == []


def test_a_preview_writes_nothing(tree: Tree) -> None:
    ledger = Ledger.read(tree, IDENTITY)
    ledger.preview([collected(0)])
    assert list(ledger.units) == [Key(NODE, "unit-0")]
    assert (ledger.head, tree.names("")) == (GENESIS, [])


# -- months


def test_a_later_month_opens_a_file_and_an_earlier_clock_never_goes_back(tree: Tree) -> None:
    for at in (NOVEMBER, NOVEMBER + 11 * DAY, NOVEMBER, NOVEMBER + 45 * DAY, NOVEMBER + 20 * DAY):
        written(tree, collected(at // DAY), at=at)
    assert tree.names("") == ["ledger-2026-11.jsonl", "ledger-2026-12.jsonl", "ledger-2027-01.jsonl"]
    counts = [len(Path(tree.root, name).read_bytes().splitlines()) for name in tree.names("")]
    assert counts == [1, 2, 2]
    ledger = Ledger.read(tree, IDENTITY)
    assert (ledger.breaks, ledger.lines) == ([], 5)


def test_other_files_are_no_ledgers(tree: Tree) -> None:
    written(tree, collected(0))
    for name in (".ledger-2026-12.jsonl.part", "ledger-2026-12.jsonl.bak", "ledger.jsonl", "status.json"):
        tree.append(name, b"something\n")
    assert Ledger.read(tree, IDENTITY).breaks == []


# -- what the lines mean


def test_the_newest_line_of_a_unit_wins(tree: Tree) -> None:
    ledger = written(tree, collected(1), collected(1)._replace(status=PRUNED), collected(2))
    assert ledger.units[Key(NODE, "unit-1")].status == PRUNED
    assert ledger.paths == {"file-1": Key(NODE, "unit-1"), "file-2": Key(NODE, "unit-2")}


@pytest.mark.parametrize(
    ("story", "scope"),
    [
        ([(OPENED, 10, None)], (10, None)),
        ([(OPENED, 10, None), (OPENED, 5, None)], (5, None)),
        ([(OPENED, 10, None), (OPENED, 15, None)], (10, None)),
        ([(OPENED, 10, None), (CLOSED, 10, 20)], (10, 20)),
        ([(OPENED, 10, None), (CLOSED, 10, 20), (OPENED, 30, None)], (30, None)),
        ([(CLOSED, 10, 20)], None),
    ],
)
def test_a_series_is_in_scope_from_its_opening_to_its_end(
    tree: Tree, story: list[tuple[str, int, int | None]], scope: tuple[int, int | None] | None
) -> None:
    ledger = written(tree, *(Event(status, NODE, begin=begin, end=end) for status, begin, end in story))
    assert ledger.scopes.get(NODE) == scope
    assert ledger.units == {}


def test_an_event_has_a_span_when_both_ends_are_known() -> None:
    assert collected(0).span == Span(NOVEMBER // DAY * DAY, NOVEMBER // DAY * DAY + DAY)
    assert collected(0)._replace(end=None).span is None
    assert collected(0)._replace(begin=None).span is None
    assert iso(collected(0)._replace(begin=0).begin or 0) == "1970-01-01T00:00:00Z"


def test_the_period_of_a_unit_without_a_span_is_the_day_of_its_folder() -> None:
    event = Event(COLLECTED, NODE, "x", path="node-1/slow/2026/11/20/mongod.log.0a1b2c3d")
    day = NOVEMBER // DAY * DAY
    assert event.period == Span(day, day + DAY)
    assert event._replace(path="elsewhere").period is None
    assert event._replace(path=None).period is None
    assert event._replace(begin=1, end=2).period == Span(1, 2)


def test_the_period_of_an_instant_is_its_day() -> None:
    day = NOVEMBER // DAY * DAY
    for path in (None, "node-1/slow/2026/11/20/x"):
        event = Event(COLLECTED, NODE, "x", NOVEMBER, NOVEMBER, path)
        assert (event.period, event.reach) == (Span(day, day + DAY), Span(day, day + DAY))


def test_what_has_no_time_of_its_own_may_be_of_the_days_before() -> None:
    event = Event(COLLECTED, NODE, "x", path="node-1/slow/2026/11/20/mongod.log.0a1b2c3d")
    day = NOVEMBER // DAY * DAY
    assert event.reach == Span(day - 8 * DAY, day + DAY)
    assert event._replace(path=None).reach is None
    assert event._replace(begin=1, end=2).reach == Span(1, 2)
