# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of the archive, its lock and its ledger, without changing anything."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.access import Place, User, find_place
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor import archive
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import OK, WARNING, Examination
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Moment, Seen
from ansible_collections.clouddb.mongodb_logs.tests.unit.archives import FIRST, Made

# Another process that holds the lock as a run does, until it is ended.
HOLDER = """
import sys
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
with Lock(Tree(sys.argv[1], Ownership()), ".lock").held(0, 1_795_176_000):
    print("held", flush=True)
    sys.stdin.read()
"""

ROOT, USER = User(0, frozenset({0})), User(1000, frozenset({1000, 50}))
THERE = Place("/a", True, "/a", stat.S_IFDIR | 0o750, False, None, 1)
SETTINGS = Settings("/a", "dds/eu/p/i", {}, Ownership())


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive of one instance, with three windows."""
    made = Made(tmp_path)
    made.opened()
    made.collected(0, 1, 2)
    return made


@pytest.fixture
def settings(tmp_path: Path, made: Made) -> Settings:
    """Where that archive is."""
    return Settings(str(tmp_path), made.folder, made.identity, Ownership())


@pytest.mark.parametrize(
    ("place", "changes", "code"),
    [
        (THERE._replace(is_there=False), {"create": False}, "no_archive"),
        (THERE._replace(mode=stat.S_IFREG | 0o640), {}, "ENOTDIR"),
        (THERE._replace(read_only=True), {}, "EROFS"),
        (THERE._replace(closed="/a/.lock"), {}, "EACCES"),
        (THERE, {"ownership": Ownership(uid=0)}, "EPERM"),
        (THERE, {"ownership": Ownership(gid=7)}, "EPERM"),
    ],
)
def test_where_nothing_can_be_written(place: Place, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ArchiveError) as raised:
        archive.judge_place(place, SETTINGS._replace(**changes), USER)
    assert raised.value.code == code
    assert raised.value.hint


@pytest.mark.parametrize(
    ("place", "ownership", "user", "code"),
    [
        (THERE._replace(mode=stat.S_IFDIR | 0o775), Ownership(), USER, ""),
        (THERE._replace(is_there=False), Ownership(), USER, ""),
        (THERE, Ownership(uid=1000, gid=50), USER, ""),
        (THERE, Ownership(uid=7, gid=7), ROOT, ""),
        (THERE._replace(mode=stat.S_IFDIR | 0o777), Ownership(), USER, "mode"),
        (THERE._replace(mode=stat.S_IFDIR | 0o1777, is_there=False), Ownership(), USER, ""),
        (THERE._replace(devices=2), Ownership(), USER, "file_systems"),
    ],
)
def test_where_files_can_be_written(place: Place, ownership: Ownership, user: User, code: str) -> None:
    finding = archive.judge_place(place, SETTINGS._replace(ownership=ownership), user)
    assert (finding.state, finding.code) == (WARNING if code else OK, code)


def test_an_absent_archive_is_judged_by_the_folder_above(tmp_path: Path) -> None:
    settings = SETTINGS._replace(archive=str(tmp_path / "far" / "away"))
    place = find_place(settings)
    assert (place.is_there, place.deepest, place.devices) == (False, str(tmp_path), 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["ledger-2026-03.jsonl", ".lock", ""])
def test_what_a_run_writes_again_is_looked_at_too(
    settings: Settings, made: Made, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made.file(".lock")
    assert find_place(settings).closed is None
    closed = os.path.join(made.path, name).rstrip("/")
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed and access(path, mode))
    assert find_place(settings).closed == closed


def test_looking_leaves_everything_as_it_is(settings: Settings, made: Made) -> None:
    before = made.snapshot(), [path.stat().st_mtime_ns for path in sorted(made.path.rglob("*"))]
    examination = Examination()
    archive.examine(examination, settings)
    assert [check.state for check in examination.checks] == [OK, OK, OK]
    assert (made.snapshot(), [path.stat().st_mtime_ns for path in sorted(made.path.rglob("*"))]) == before


def test_a_run_at_work_is_named_and_goes_on(made: Made) -> None:
    command = [sys.executable, "-c", HOLDER, made.tree.root]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        finding = archive.lock(made.tree, made.identity, 30)
        assert process.poll() is None
        process.communicate()
    assert (finding.state, finding.code) == (WARNING, "locked")
    assert f"Process {process.pid} on {socket.gethostname()} has been writing" in finding.message
    assert "since 2026-11-20T12:00:00Z; a run that starts now waits 30 s" in finding.message
    assert archive.lock(made.tree, made.identity, 0).message == "Nobody is writing to this part of the archive."


@pytest.mark.parametrize(
    ("note", "state", "words"),
    [
        ("{}", WARNING, "names nobody"),
        ("[1]", WARNING, "names nobody"),
        ('{"pid": 7, "host": "elsewhere", "since": "2026-11-20T12:00:00Z"}', WARNING, "cannot be told from here"),
        (json.dumps({"pid": 0, "host": socket.gethostname(), "since": "2026-11-20T12:00:00Z"}), OK, "no orderly end"),
        (
            json.dumps({"pid": 2**70, "host": socket.gethostname(), "since": "2026-11-20T12:00:00Z"}),
            OK,
            "no orderly end",
        ),
    ],
)
def test_what_stands_in_a_lock(made: Made, note: str, state: str, words: str) -> None:
    made.file(".lock", note.encode())
    finding = archive.lock(made.tree, made.identity, 0)
    assert finding.state == state
    assert words in finding.message


def test_a_run_that_was_killed_is_no_run_at_work(made: Made) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    made.file(
        ".lock", json.dumps({"pid": ended.pid, "host": socket.gethostname(), "since": "2026-11-20T12:00:00Z"}).encode()
    )
    assert "no orderly end" in archive.lock(made.tree, made.identity, 0).message


def test_a_run_at_work_is_told_with_how_far_it_has_come(made: Made) -> None:
    since = "2026-11-20T12:00:00Z"
    made.file(".lock", json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}).encode())
    status = made.status
    status.progress = {"at": since, **Moment("", Seen(3, 12, 5 << 20), 30.0, None, 90.0).as_dict()}
    status.save(FIRST, made.ledger.head)
    message = archive.lock(made.tree, made.identity, 30).message
    assert f"since {since} (uclmongo-1: 3 of 12 files, 5.0 MiB, 1 min 30 s left); a run that starts" in message


def test_another_users_run_is_alive(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    made.file(".lock", json.dumps({"pid": 7, "host": socket.gethostname(), "since": "2026-11-20T12:00:00Z"}).encode())
    assert archive.lock(made.tree, made.identity, 0).code == "locked"


def test_the_ledger_is_told(made: Made, tmp_path: Path) -> None:
    finding = archive.ledger(made.tree, made.identity)
    assert finding.state == OK
    assert f"4 lines, 3 units, head {made.ledger.head[:16]}..." in finding.message
    status = made.status
    status.run = {"ended": "2026-03-21T00:00:00Z"}
    status.save(0, made.ledger.head)
    assert "the last run ended 2026-03-21T00:00:00Z" in archive.ledger(made.tree, made.identity).message
    made.lost(3)
    lost = archive.ledger(made.tree, made.identity)
    assert (lost.state, lost.code) == (WARNING, "lost")
    nothing = archive.ledger(Tree(str(tmp_path / "none"), Ownership()), made.identity)
    assert nothing.message == "Nothing is recorded yet."


def test_a_broken_chain_is_a_failure(made: Made) -> None:
    made.altered(1)
    with pytest.raises(ArchiveError, match="line 3 does not follow") as raised:
        archive.ledger(made.tree, made.identity)
    assert raised.value.code == "ledger_broken"
