# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One writer an instance."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock, Locked
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import FakeTime

NOON = 1_795_176_000
# Another process that holds the lock until it is ended, and says so.
HOLDER = """
import fcntl, sys, time
lock = open(sys.argv[1], "a+")
fcntl.flock(lock, fcntl.LOCK_EX)
lock.truncate(0)
lock.write(sys.argv[2])
lock.flush()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An archive that is there and empty."""
    return Tree(str(tmp_path), Ownership())


@contextmanager
def another(tree: Tree, note: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock."""
    command = [sys.executable, "-c", HOLDER, f"{tree.root}/.lock", note]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def refused(tree: Tree, wait: float = 0) -> tuple[Locked, float]:
    """Return the error of somebody who wants the lock too, and how long they waited."""
    time = FakeTime()
    with pytest.raises(Locked) as caught, held(tree, wait, time):
        pytest.fail("two hold the lock")
    return caught.value, sum(time.pauses)


def held(tree: Tree, wait: float, time: FakeTime) -> AbstractContextManager[bool]:
    return Lock(tree, ".lock").held(wait, NOON, sleep=time.sleep, monotonic=time.monotonic)


def test_the_holder_is_named_to_the_second(tree: Tree) -> None:
    with Lock(tree, ".lock").held(0, NOON):
        error, waited = refused(tree)
    holder = f"process {os.getpid()} on {socket.gethostname()} since 2026-11-20T12:00:00Z"
    assert error.message == f"{tree.root} is being written by {holder}."
    assert (error.code, "lock_timeout" in error.hint, waited) == ("locked", True, 0)


def test_the_second_waits_as_long_as_it_was_told(tree: Tree) -> None:
    with another(tree, json.dumps({"host": "archive-1", "pid": 42, "since": "2026-11-20T11:00:00Z"})):
        error, waited = refused(tree, 7)
    assert "process 42 on archive-1 since 2026-11-20T11:00:00Z" in error.message
    assert error.left_to() == {"host": "archive-1", "pid": 42, "since": "2026-11-20T11:00:00Z"}
    assert 7 <= waited < 8


def test_the_second_gets_the_lock_when_the_first_ends(tree: Tree) -> None:
    time = FakeTime()
    with another(tree, "{}") as process:

        def sleep(seconds: float) -> None:
            process.kill()
            process.wait()
            time.sleep(seconds)

        with Lock(tree, ".lock").held(5, NOON, sleep=sleep, monotonic=time.monotonic):
            assert len(time.pauses) == 1


@pytest.mark.parametrize("note", ["", "{}", "[]", "null", "half of {", "[" * 4096, '{"pid": 1}', "\xff"])
def test_a_holder_that_left_no_name_is_another_process(tree: Tree, note: str) -> None:
    with another(tree, note):
        error = refused(tree)[0]
        assert "is being written by another process." in error.message
        assert error.left_to() == {"host": None, "pid": None, "since": None}


def test_the_lock_of_a_dead_process_is_no_obstacle(tree: Tree) -> None:
    long_gone = {"host": "x" * 500, "pid": 42, "since": "2026-11-20T11:00:00Z"}
    with another(tree, json.dumps(long_gone)) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with Lock(tree, ".lock").held(0, NOON):
        holder = json.loads(tree.read(".lock") or b"")
    assert holder == {"host": socket.gethostname(), "pid": os.getpid(), "since": "2026-11-20T12:00:00Z"}


def test_the_lock_ends_with_an_error_too(tree: Tree) -> None:
    with pytest.raises(ZeroDivisionError), Lock(tree, ".lock").held(0, NOON):
        raise ZeroDivisionError
    with Lock(tree, ".lock").held(0, NOON):
        pass


def test_a_disk_that_knows_no_locks_says_so(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_arguments: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ArchiveError, match="No locks available"), Lock(tree, ".lock").held(0, NOON):
        pytest.fail("held")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS])
def test_a_lock_that_cannot_be_had_is_told_with_its_cause(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def flock(*_arguments: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    time = FakeTime()
    with pytest.raises(ArchiveError) as caught, held(tree, 30, time):
        pytest.fail("held")
    error = caught.value
    assert (error.code, time.pauses) == (errno.errorcode[code], [])
    assert error.message == (
        f"The disk of {tree.root} gives no lock ({os.strerror(code)}), so two runs could write there at once."
    )
    assert "Mount it with locks" in error.hint
    assert not tree.read(".lock")


def test_a_lock_that_another_host_has_on_a_windows_share_is_waited_for(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_arguments: object) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(fcntl, "flock", denied)
    monkeypatch.setattr(os, "pread", denied)
    error, waited = refused(tree, 7)
    assert (error.message, error.code) == (f"{tree.root} is being written by another process.", "locked")
    assert 7 <= waited < 8


def test_a_lock_that_fails_otherwise_is_an_error_of_the_disk(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_arguments: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ArchiveError) as caught, Lock(tree, ".lock").held(7, NOON):
        pytest.fail("held")
    assert caught.value.code == "EIO"


def test_a_link_planted_as_lock_is_not_followed(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_text("ours")
    os.symlink(outside, f"{tree.root}/.lock")
    with pytest.raises(ArchiveError), Lock(tree, ".lock").held(0, NOON):
        pytest.fail("held")
    assert outside.read_text() == "ours"
