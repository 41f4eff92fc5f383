# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifying an archive: everything that is wrong is named, and nothing else, also beside a run."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, survey, verify
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import PRUNED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import (
    NONE,
    SHA256,
    SIZE,
    Part,
    Reading,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Moment, Progress, Teller
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso
from hypothesis import given
from hypothesis import strategies as st

from ...archives import Made

ALL = Chosen()


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive of thirty files, none of them damaged."""
    made = Made(tmp_path)
    made.collected(*range(30))
    return made


def read(made: Made) -> Holding:
    """Return what an instance holds."""
    return survey.holding(str(made.path.parents[3]), made.folder)


def found(
    held: Holding, level: str = SHA256, chosen: Chosen = ALL, head: str | None = None, reading: Reading | None = None
) -> list[list[str]]:
    """Return the kind and the path of every problem."""
    problems = list(verify.check(held, chosen, level, reading or Reading(3), head))
    assert all(one.message.endswith(".") and "\n" not in one.message for one in problems)
    return [[one.kind, one.path] for one in problems]


def test_an_intact_archive_has_no_problem(made: Made) -> None:
    assert [found(read(made), level) for level in (NONE, SIZE, SHA256)] == [[], [], []]


def remove(path: Path) -> None:
    path.unlink()


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def alter(path: Path) -> None:
    path.write_bytes(b"?" + path.read_bytes()[1:])


def link(path: Path) -> None:
    path.rename(path.parents[6] / "elsewhere")
    path.symlink_to(path.parents[6] / "elsewhere")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "by_size", "by_bytes"),
    [
        (remove, "missing", "missing"),
        (shorten, "size", "size"),
        (alter, None, "sha256"),
        (folder, "missing", "missing"),
    ],
)
def test_a_damaged_file_is_named(
    made: Made, damage: Callable[[Path], None], by_size: str | None, by_bytes: str
) -> None:
    path = made.files()[7]
    damage(made.path / path)
    assert found(read(made), NONE) == []
    assert found(read(made), SIZE) == ([[by_size, path]] if by_size else [])
    assert found(read(made), SHA256) == [[by_bytes, path]]


def test_a_symbolic_link_is_no_file(made: Made) -> None:
    path = made.files()[7]
    link(made.path / path)
    assert found(read(made)) == [["missing", path]]


def test_a_file_that_cannot_be_read_is_named(made: Made) -> None:
    path = made.files()[7]
    held = read(made)
    event = held.ledger.units[held.ledger.paths[path]]
    link(made.path / path)
    problem = verify.check_file(held.tree, event)
    assert problem is not None
    assert (problem.kind, problem.path) == ("unreadable", path)


def test_what_has_no_line_is_named(made: Made) -> None:
    paths = ["node-1/slow/2026/03/01/extra", "README", "node-2/slow/2026/03/01/20260301T000000Z_20260302T000000Z.gz"]
    for path in paths:
        made.file(path)
    assert sorted(found(read(made))) == sorted(["unrecorded", path] for path in paths)
    assert found(read(made), SIZE, Chosen(nodes=("node-2",))) == [["unrecorded", paths[2]]]
    assert found(read(made), SIZE, Chosen(log_types=("error",))) == []


def test_what_file_servers_and_desktops_leave_is_no_problem(made: Made) -> None:
    names = [pattern.replace("*", "1a") for pattern in layout.LITTER]
    for name in names:
        for folder in ("", "node-1/", "node-1/slow/2026/03/01/"):
            made.file(f"{folder}{name}", b"x")
            (made.path / f"{folder}{name}").unlink()
            made.file(f"{folder}{name}/x/y", b"x")
    made.file("node-1/Thumbs.db.gz", b"x")
    assert found(read(made)) == [["unrecorded", "node-1/Thumbs.db.gz"]]


def test_only_files_of_the_chosen_series_are_looked_at(made: Made) -> None:
    made.collected(0, series=Series("node-2", "error"))
    for path in made.files():
        remove(made.path / path)
    assert len(found(read(made))) == 31
    assert [path for _kind, path in found(read(made), SIZE, Chosen(nodes=("node-2",)))] == [
        "node-2/error/2026/03/01/20260301T000000Z_20260302T000000Z.tar.gz"
    ]


def test_a_pruned_file_that_still_stands_is_named(made: Made) -> None:
    unit = next(iter(made.ledger.units.values()))
    made.write(unit._replace(status=PRUNED))
    assert found(read(made)) == [["pruned", unit.path]]
    remove(made.path / str(unit.path))
    assert found(read(made)) == []


# -- beside a run


def test_what_a_run_did_since_is_no_problem(made: Made) -> None:
    held = read(made)
    made.collected(40)
    units = list(made.ledger.units.values())
    made.write(units[0]._replace(status=PRUNED), units[1]._replace(status=PRUNED))
    remove(made.path / str(units[0].path))
    remove(made.path / str(units[1].path))
    assert found(held) == []


def test_a_file_that_is_gone_meanwhile_is_no_unrecorded_one(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    part = made.file("node-1/slow/2026/03/01/.x.part")
    held = read(made)
    monkeypatch.setattr(verify, "_run_since", lambda _tree: remove(part))
    assert found(held) == []


def locked(made: Made, pid: int, host: str = "", since: str = "2026-01-01T00:00:00Z") -> None:
    """Let the lock name who holds it."""
    holder = {"host": host or socket.gethostname(), "pid": pid, "since": since}
    made.file(".lock", json.dumps(holder).encode())


def test_what_a_run_is_about_to_record_is_no_problem(made: Made) -> None:
    made.file("node-1/slow/2026/03/01/.x.part")
    made.file("node-1/slow/2026/03/01/y")
    unit = next(iter(made.ledger.units.values()))
    made.write(unit._replace(status=PRUNED))
    expected = [
        ["part", "node-1/slow/2026/03/01/.x.part"],
        ["pruned", str(unit.path)],
        ["unrecorded", "node-1/slow/2026/03/01/y"],
    ]
    assert sorted(found(read(made))) == expected
    for host in ("", "another-host"):
        locked(made, os.getpid(), host)
        assert found(read(made)) == []
    # What was there before the run began is none of its.
    locked(made, os.getpid(), since=iso(4_000_000_000))
    assert sorted(found(read(made))) == [expected[0], expected[2]]
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    locked(made, ended.pid)
    assert sorted(found(read(made))) == expected
    locked(made, 10**30)
    assert sorted(found(read(made))) == expected
    for junk in (b"", b"{", b"[]", b"[" * 200_000, b'{"since": 7, "pid": 1, "host": "x"}'):
        made.file(".lock", junk)
        assert sorted(found(read(made))) == expected


def test_a_run_of_another_user_runs(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    made.file("node-1/slow/2026/03/01/.x.part")
    locked(made, 1)
    monkeypatch.setattr(os, "kill", refuse)
    assert found(read(made)) == []


def test_a_torn_last_line_is_no_problem(made: Made) -> None:
    [ledger] = made.path.glob("ledger-*")
    ledger.write_bytes(ledger.read_bytes() + b'{"v":1')
    assert found(read(made)) == []


# -- the chain


def test_an_altered_ledger_is_named_at_every_level(made: Made) -> None:
    made.collected(30)
    made.altered(4)
    assert [found(read(made), level) for level in (NONE, SIZE, SHA256)] == [[["chain", "ledger-2026-03.jsonl"]]] * 3


def test_a_known_head_tells_what_happened_since(made: Made) -> None:
    before = made.ledger.head
    made.collected(30)
    archive = str(made.path.parents[3])
    for head in (before, made.ledger.head, "0" * 64):
        assert found(survey.holding(archive, made.folder, head), NONE, head=head) == []
    made.collected(31)
    made.altered(30)
    kinds = [["chain", "ledger-2026-03.jsonl"], ["head", "ledger-2026-03.jsonl"]]
    assert found(survey.holding(archive, made.folder, before), NONE, head=before) == kinds
    [ledger] = made.path.glob("ledger-*")
    after = made.ledger.head
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:30]))
    assert found(survey.holding(archive, made.folder, after), NONE, head=after) == [["head", ""]]


# -- parts


@given(st.text(min_size=1), st.integers(1, 40))
def test_a_file_is_in_one_part_of_so_many(path: str, count: int) -> None:
    assert sum(Part(number, count).has(path) for number in range(1, count + 1)) == 1


@pytest.mark.parametrize("text", ["", "3", "0/3", "4/3", "3/0", "-1/3", "1/3 ", "1/30000", "a/b", "\u0661/3"])
def test_what_is_no_part_is_told(text: str) -> None:
    assert Part.of(text) is None


def test_all_parts_together_read_every_file_once(made: Made) -> None:
    held = read(made)
    for path in made.files():
        alter(made.path / path)
    damaged, files, size = [], 0, 0
    for number in range(1, 8):
        reading = Reading(2, Part.of(f"{number}/7"))
        damaged += found(held, reading=reading)
        files, size = files + reading.files, size + reading.bytes
    assert sorted(damaged) == [["sha256", path] for path in made.files()]
    assert (files, size) == (30, 30 * 100)


def test_a_part_leaves_no_file_out_that_is_missing_or_of_another_size(made: Made) -> None:
    first, second, *_others = made.files()
    (made.path / first).unlink()
    shorten(made.path / second)
    for number in range(1, 4):
        reading = Reading(2, Part(number, 3))
        assert sorted(found(read(made), reading=reading)) == [["missing", first], ["size", second]]


def test_files_are_read_as_they_lie_and_problems_told_in_the_order_of_the_ledger(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in reversed(made.files()):
        # A new file in place of the old one, in another order.
        content = (made.path / path).read_bytes()
        (made.path / f"{path}.new").write_bytes(content[:-1] + b"?")
        os.replace(made.path / f"{path}.new", made.path / path)
    inodes: list[int] = []
    real = verify.check_file

    def checking(tree: Tree, event: Event) -> verify.Problem | None:
        inodes.append(os.stat(made.path / (event.path or "")).st_ino)
        return real(tree, event)

    monkeypatch.setattr(verify, "check_file", checking)
    assert found(read(made), reading=Reading(1)) == [["sha256", path] for path in made.files()]
    assert inodes == sorted(inodes)


def test_whoever_watches_sees_how_much_was_read_of_how_much(made: Made) -> None:
    moments: list[Moment] = []

    def tell(moment: Moment) -> bool:
        moments.append(moment)
        return True

    reading = Reading(2, progress=Progress("", Teller(tell, 0, 0)))
    for _instance in range(2):
        assert found(read(made), reading=reading) == []
    seen = [(one.seen.files, one.seen.files_total, one.seen.bytes, one.seen.bytes_total) for one in moments]
    assert seen == 2 * [(number, 30, number * 100, 3000) for number in range(1, 31)]
    assert {one.of for one in moments} == {made.identity["instance"]}
    assert (reading.files, reading.bytes) == (60, 6000)
