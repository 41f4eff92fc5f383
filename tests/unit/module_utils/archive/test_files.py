# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of the archive on a disk that is full, tampered with, or shared."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import files
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import (
    CHUNK,
    Digest,
    Ownership,
    Tree,
    write_all,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError

FILE = "node/slow/2026/11/20/a.log"
LEVELS = ["node", "node/slow", "node/slow/2026", "node/slow/2026/11", "node/slow/2026/11/20", FILE]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An archive that is there and empty."""
    tree = Tree(str(tmp_path / "archive"), Ownership())
    tree.make()
    return tree


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def refused(call: Callable[[], object]) -> ArchiveError:
    """Return the error of a call, which names a path and what is wrong."""
    with pytest.raises(ArchiveError) as caught:
        call()
    assert caught.value.message.startswith("/")
    return caught.value


def failing(code: int) -> Callable[..., None]:
    """Return something that fails as the disk does."""

    def fail(*_arguments: object, **_named: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def operations(tree: Tree) -> dict[str, Callable[[], object]]:
    """Return everything that can be done with a file."""

    def write() -> None:
        with tree.writing(FILE) as descriptor:
            write_all(descriptor, b"theirs")

    return {
        "read": lambda: tree.read(FILE),
        "digest": lambda: tree.digest(FILE),
        "write": write,
        "append": lambda: tree.append(FILE, b"theirs"),
        "cut": lambda: tree.cut(FILE, 0),
    }


# -- what is written and read


def test_what_is_appended_is_read_back(tree: Tree) -> None:
    tree.append(FILE, b"one\n")
    tree.append(FILE, b"two\n")
    assert tree.read(FILE) == b"one\ntwo\n"
    assert tree.digest(FILE) == Digest(8, hashlib.sha256(b"one\ntwo\n").hexdigest())


def test_a_file_of_many_chunks_has_the_digest_of_all_of_it(tree: Tree) -> None:
    data = os.urandom(1000) * (2 * CHUNK // 1000) + b"rest"
    tree.append(FILE, data)
    assert tree.digest(FILE) == Digest(len(data), hashlib.sha256(data).hexdigest())


def test_what_is_not_there_is_none(tree: Tree) -> None:
    assert tree.read(FILE) is None
    assert tree.digest(FILE) is None
    assert tree.names("node") == []
    assert list(tree.files()) == []
    tree.remove(FILE)
    assert os.listdir(tree.root) == []


def test_a_tree_that_is_not_there_is_read_as_empty(tmp_path: Path) -> None:
    tree = Tree(str(tmp_path / "none"), Ownership())
    assert not tree.exists()
    assert (tree.read("status.json"), tree.names(""), list(tree.files())) == (None, [], [])
    assert refused(lambda: tree.append(FILE, b"x")).code == "ENOENT"
    assert os.listdir(tmp_path) == []


def test_a_file_is_cut_to_its_first_bytes(tree: Tree) -> None:
    tree.append(FILE, b"whole\nto")
    tree.cut(FILE, 6)
    assert tree.read(FILE) == b"whole\n"


def test_a_published_file_has_its_final_name_only(tree: Tree) -> None:
    tree.append(f"{os.path.dirname(FILE)}/.a.log.part", b"new")
    tree.publish({f"{os.path.dirname(FILE)}/.a.log.part": FILE})
    assert tree.names(os.path.dirname(FILE)) == ["a.log"]
    assert tree.read(FILE) == b"new"


def test_a_removed_file_is_gone(tree: Tree) -> None:
    tree.append(FILE, b"x")
    tree.remove(FILE)
    assert tree.read(FILE) is None


def test_names_and_files_come_in_order(tree: Tree) -> None:
    for name in ("b/2", "a/9", "a/10", "c", "a/.x.part"):
        tree.append(name, b"x")
    assert tree.names("") == ["a", "b", "c"]
    assert list(tree.files()) == ["c", "a/.x.part", "a/10", "a/9", "b/2"]
    assert list(tree.files("b")) == ["b/2"]


def test_files_are_regular_files_within(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("x")
    os.symlink(tmp_path / "outside", f"{tree.root}/folder")
    os.symlink(tmp_path / "outside" / "file", f"{tree.root}/link")
    os.mkfifo(f"{tree.root}/pipe")
    assert list(tree.files()) == []


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.append(FILE, b"x")
    scan = os.scandir

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("11"):
            failing(errno.EIO)()
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert refused(lambda: list(tree.files())).code == "EIO"


# -- modes and owners


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_new_files_and_folders_have_the_given_modes_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        tree = Tree(str(tmp_path / "a" / "b"), Ownership(0o644, 0o751))
        tree.make()
        tree.append(FILE, b"x")
        tree.replace("status.json", b"{}")
    finally:
        os.umask(before)
    assert [mode(tmp_path / "a"), mode(tree.root)] == [0o751, 0o751]
    assert {mode(f"{tree.root}/{level}") for level in LEVELS[:-1]} == {0o751}
    assert [mode(f"{tree.root}/{FILE}"), mode(f"{tree.root}/status.json")] == [0o644, 0o644]


def test_what_was_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "archive" / "node").mkdir(parents=True)
    for path in (tmp_path, tmp_path / "archive", tmp_path / "archive" / "node"):
        path.chmod(0o700)
    tree = Tree(str(tmp_path / "archive"), Ownership())
    tree.make()
    tree.append(FILE, b"x")
    os.chmod(f"{tree.root}/{FILE}", 0o600)
    tree.append(FILE, b"y")
    assert [mode(tmp_path), mode(tree.root), mode(f"{tree.root}/node")] == [0o700] * 3
    assert mode(f"{tree.root}/{FILE}") == 0o600


def test_without_an_owner_files_are_the_users_own(tree: Tree) -> None:
    tree.append(FILE, b"x")
    status = os.stat(f"{tree.root}/{FILE}")
    assert (status.st_uid, status.st_gid) == (os.geteuid(), os.getegid())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_new_files_and_folders_have_the_given_owner_and_old_ones_keep_theirs(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    tree = Tree(str(tmp_path / "archive"), Ownership(uid=12345, gid=54321))
    tree.append(FILE, b"x")
    owners = [os.stat(f"{tree.root}/{level}") for level in LEVELS]
    assert {(status.st_uid, status.st_gid) for status in owners} == {(12345, 54321)}
    assert os.stat(tree.root).st_uid == 0
    os.chown(f"{tree.root}/{FILE}", 7, 7)
    tree.append(FILE, b"y")
    assert os.stat(f"{tree.root}/{FILE}").st_uid == 7


def test_a_file_that_cannot_get_its_owner_is_not_left_behind(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.append("node/x", b"x")
    theirs = Tree(tree.root, Ownership(uid=1))
    monkeypatch.setattr(os, "chown", failing(errno.EPERM))
    error = refused(lambda: theirs.append("node/y", b"y"))
    assert (error.code, "give files this owner" in error.hint) == ("EPERM", True)
    assert tree.names("node") == ["x"]


@pytest.mark.parametrize("umask", [0o022, 0o077])
@pytest.mark.parametrize(("directory_mode", "bit"), [(0o750, stat.S_ISGID), (0o2750, stat.S_ISGID), (0o1750, 0)])
def test_a_group_that_a_folder_hands_on_goes_all_the_way_down(
    tmp_path: Path, umask: int, directory_mode: int, bit: int
) -> None:
    group = next((group for group in os.getgroups() if group != os.getegid()), 54321 if os.geteuid() == 0 else -1)
    os.chown(tmp_path, -1, group)
    tmp_path.chmod(0o2770)
    before = os.umask(umask)
    try:
        tree = Tree(str(tmp_path / "archive"), Ownership(directory_mode=directory_mode), "dds/eu/default/i")
        tree.make()
        tree.append(FILE, b"x")
    finally:
        os.umask(before)
    folders = [path for path in sorted(tmp_path.rglob("*")) if path.is_dir()]
    assert len(folders) == 1 + 4 + len(LEVELS) - 1
    assert {mode(path) for path in folders} == {directory_mode | bit}
    if bit:
        assert {path.stat().st_gid for path in tmp_path.rglob("*")} == {tmp_path.stat().st_gid}


@pytest.mark.parametrize("directory_mode", [0o750, 0o2750])
def test_without_such_a_folder_only_the_mode_counts(tmp_path: Path, directory_mode: int) -> None:
    tree = Tree(str(tmp_path / "archive"), Ownership(directory_mode=directory_mode))
    tree.make()
    tree.append(FILE, b"x")
    assert {mode(path) for path in tmp_path.rglob("*") if path.is_dir()} == {directory_mode}


# -- disks of a network


def without(name: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a call of the system fail, ``fsync`` only for folders: files can be made durable on every disk."""
    real = getattr(os, name)

    def call(file: int | str, *arguments: object) -> None:
        if name != "fsync" or stat.S_ISDIR(os.stat(file).st_mode):
            failing(code)()
        real(file, *arguments)

    monkeypatch.setattr(os, name, call)


def worked_on(tree: Tree) -> None:
    """Do everything that a run does with files."""
    tree.make()
    tree.append("ledger-2026-03.jsonl", b"one\n")
    tree.append(f"{os.path.dirname(FILE)}/.a.log.part", b"new")
    tree.publish({f"{os.path.dirname(FILE)}/.a.log.part": FILE})
    tree.replace("status.json", b"{}")
    assert (tree.read(FILE), tree.read("status.json"), tree.read("ledger-2026-03.jsonl")) == (b"new", b"{}", b"one\n")


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_where_folders_cannot_be_made_durable_work_goes_on_and_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    tree = Tree(str(tmp_path / "archive"), Ownership(), "dds/eu/default/i")
    without("fsync", code, monkeypatch)
    worked_on(tree)
    [warning] = tree.warnings()
    assert warning.startswith(f"The disk of {tmp_path / 'archive'} cannot make names of files durable")
    assert "log_archive_info" in warning


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EBADF, errno.ESTALE])
def test_a_folder_that_failed_is_no_folder_that_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    tree = Tree(str(tmp_path / "archive"), Ownership())
    without("fsync", code, monkeypatch)
    assert refused(tree.make).code == errno.errorcode[code]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_has_to_be_durable_everywhere(tree: Tree, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(os, "fsync", failing(code))
    assert refused(lambda: tree.append(FILE, b"x")).code == errno.errorcode[code]
    assert not tree.read(FILE)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_where_files_have_no_modes_work_goes_on_and_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    tree = Tree(str(tmp_path / "archive"), Ownership())
    without("chmod", code, monkeypatch)
    worked_on(tree)
    [warning] = tree.warnings()
    assert warning.startswith(f"The disk of {tmp_path / 'archive'} does not take the mode or owner of new files")


def test_a_mode_that_is_taken_and_not_kept_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = Tree(str(tmp_path / "archive"), Ownership())
    monkeypatch.setattr(os, "chmod", lambda _file, _mode: None)
    worked_on(tree)
    assert len(tree.warnings()) == 1


def test_a_mode_that_is_as_it_shall_be_all_the_same_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(str(tmp_path / "archive"), Ownership(0o600, 0o700))
    without("chmod", errno.EPERM, monkeypatch)
    worked_on(tree)
    assert tree.warnings() == []


@pytest.mark.parametrize("code", [errno.EIO, errno.EROFS])
def test_a_mode_that_failed_is_an_error(tree: Tree, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    without("chmod", code, monkeypatch)
    assert refused(lambda: tree.append(FILE, b"x")).code == errno.errorcode[code]


def test_who_may_not_give_files_away_is_refused_and_a_disk_without_owners_is_not(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = Tree(tree.root, Ownership(uid=os.geteuid() + 1))
    for code in (errno.EPERM, errno.EACCES):
        without("chown", code, monkeypatch)
        assert "leave out owner" in refused(lambda: theirs.append(FILE, b"x")).hint or code != errno.EPERM
    assert list(tree.files()) == []
    without("chown", errno.ENOTSUP, monkeypatch)
    worked_on(theirs)
    assert len(theirs.warnings()) == 1
    own = Tree(tree.root, Ownership(uid=os.geteuid(), gid=os.getegid()))
    own.append("node/mine", b"x")  # who has the owner already needs no right to give
    assert own.warnings() == []


def test_a_good_disk_has_nothing_to_be_told(tree: Tree) -> None:
    worked_on(tree)
    assert tree.warnings() == []


# -- what somebody planted


PLACES = ["dds", "dds/eu", "dds/eu/default", "dds/eu/default/i"]


@pytest.mark.parametrize("name", [*operations(Tree("/", Ownership())), "exists", "state", "names", "files", "remove"])
@pytest.mark.parametrize("place", PLACES)
def test_no_symbolic_link_in_place_of_an_instance_or_above_is_followed(tmp_path: Path, place: str, name: str) -> None:
    tree = Tree(str(tmp_path / "archive"), Ownership(), PLACES[-1])
    tree.make()
    tree.append(FILE, b"ours")
    tree.append("status.json", b"ours")
    os.rename(tmp_path / "archive" / place, tmp_path / "outside")
    os.symlink(tmp_path / "outside", tmp_path / "archive" / place)
    before = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    calls = {
        **operations(tree),
        "exists": tree.exists,
        "state": tree.state,
        "names": lambda: tree.names(""),
        "files": lambda: list(tree.files()),
        "remove": lambda: tree.remove("status.json"),
    }
    error = refused(calls[name])
    assert error.message == f"{tmp_path}/archive/{place} is a symbolic link, which was not followed."
    assert (error.code, error.hint) == ("ELOOP", "Remove the symbolic link: an archive holds none.")
    assert {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_link_to_nowhere_is_refused_and_nothing_is_made_there(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    os.symlink(tmp_path / "nowhere", tmp_path / "archive" / "dds")
    tree = Tree(str(tmp_path / "archive"), Ownership(), PLACES[-1])
    for call in (tree.exists, tree.make):
        assert refused(call).code == "ELOOP"
    assert sorted(os.listdir(tmp_path)) == ["archive"]


def test_the_archives_own_path_may_lead_over_links(tmp_path: Path) -> None:
    (tmp_path / "disk" / "logs").mkdir(parents=True)
    os.symlink(tmp_path / "disk", tmp_path / "srv")
    os.symlink("logs", tmp_path / "disk" / "mongodb")
    tree = Tree(str(tmp_path / "srv" / "mongodb"), Ownership(), PLACES[-1])
    assert not tree.exists()
    tree.make()
    worked_on(tree)
    assert (tmp_path / "disk" / "logs" / PLACES[-1] / FILE).read_bytes() == b"new"


@pytest.mark.parametrize("name", operations(Tree("/", Ownership())))
@pytest.mark.parametrize("level", LEVELS)
def test_no_symbolic_link_is_followed(tree: Tree, tmp_path: Path, level: str, name: str) -> None:
    outside = tmp_path / "outside" / (os.path.relpath(FILE, level) if level != FILE else "a.log")
    outside.parent.mkdir(parents=True)
    outside.write_bytes(b"ours")
    place = Path(tree.root, level)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(outside if level == FILE else tmp_path / "outside")
    error = refused(operations(tree)[name])
    assert error.code in ("ELOOP", "ENOTDIR")
    assert error.hint
    assert outside.read_bytes() == b"ours"


@pytest.mark.parametrize(
    "path", ["../theirs", "node/../../theirs", "..", ".", "./theirs", "/theirs", "node//x", "node/", "a\0b", "\ud800"]
)
def test_a_path_that_leads_elsewhere_is_not_followed(tree: Tree, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "theirs"
    outside.write_bytes(b"theirs")
    tree.append(FILE, b"ours")
    calls = [
        *(tree.read, tree.size, tree.digest, tree.remove, tree.remove_folders, tree.names),
        *(lambda path: tree.append(path, b"ours"), lambda path: tree.cut(path, 0), lambda path: list(tree.files(path))),
    ]
    for call in calls:
        assert refused(lambda call=call: call(path)).code == "bad_path"  # type: ignore[misc]
    assert (outside.read_bytes(), list(tree.files())) == (b"theirs", [FILE])


def test_a_link_in_place_of_a_new_file_is_replaced_and_what_it_leads_to_stays(tree: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"ours")
    os.symlink(outside, f"{tree.root}/status.json")
    tree.replace("status.json", b"new")
    assert (outside.read_bytes(), tree.read("status.json")) == (b"ours", b"new")
    os.symlink(outside, f"{tree.root}/link")
    tree.remove("link")
    assert outside.read_bytes() == b"ours"


@pytest.mark.parametrize("name", operations(Tree("/", Ownership())))
@pytest.mark.parametrize("plant", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused_and_holds_nobody(tree: Tree, plant: Callable[[str], None], name: str) -> None:
    os.makedirs(f"{tree.root}/{os.path.dirname(FILE)}")
    plant(f"{tree.root}/{FILE}")
    error = refused(operations(tree)[name])
    assert (error.code, error.hint) == ("EISDIR", "Move away what stands where a file should be.")


@pytest.mark.parametrize("level", LEVELS[:-1])
def test_a_file_in_place_of_a_folder_is_refused(tree: Tree, level: str) -> None:
    tree.append(level, b"a file")
    error = refused(lambda: tree.append(FILE, b"x"))
    assert (error.code, error.hint) == ("ENOTDIR", "Move away what stands where a folder should be.")
    assert tree.read(level) == b"a file"


def test_a_folder_in_place_of_a_file_is_not_replaced(tree: Tree) -> None:
    tree.append("status.json/inside", b"x")
    assert refused(lambda: tree.replace("status.json", b"{}")).code == "EISDIR"
    assert tree.names("") == ["status.json"]


def test_a_file_in_place_of_the_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("x")
    tree = Tree(str(tmp_path / "archive"), Ownership())
    assert not tree.exists()
    assert refused(lambda: tree.append(FILE, b"x")).code == "ENOTDIR"
    assert refused(Tree(str(tmp_path / "archive" / "below"), Ownership()).make).code == "ENOTDIR"


# -- a disk that fails


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_what_cannot_be_appended_whole_is_not_appended_at_all(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    tree.append(FILE, b"before\n")

    def half(descriptor: int, data: bytes) -> None:
        os.write(descriptor, data[: len(data) // 2])
        failing(code)()

    monkeypatch.setattr(files, "write_all", half)
    error = refused(lambda: tree.append(FILE, b"after\n"))
    assert error.code == errno.errorcode[code]
    assert bool(error.hint) == (code != errno.EIO)
    assert tree.read(FILE) == b"before\n"


def test_a_file_that_may_grow_no_more_stays_as_it_was(tree: Tree) -> None:
    tree.append(FILE, b"before\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        error = refused(lambda: tree.append(FILE, b"after\n"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.code == "EFBIG"
    assert tree.read(FILE) == b"before\n"


@pytest.mark.parametrize("before", [b"", b"before\n"])
def test_what_cannot_be_made_durable_is_not_appended(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, before: bytes
) -> None:
    tree.append(FILE, before)
    fsync = os.fsync

    def folders_fail(descriptor: int) -> None:
        if before or stat.S_ISDIR(os.fstat(descriptor).st_mode):
            failing(errno.EIO)()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", folders_fail)
    assert refused(lambda: tree.append(FILE, b"after\n")).code == "EIO"
    assert tree.read(FILE) == before


@pytest.mark.parametrize("step", ["write_all", "rename", "fsync"])
def test_a_file_that_cannot_be_replaced_stays_and_nothing_is_left_beside_it(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    tree.replace("status.json", b"old")
    with monkeypatch.context() as patch:
        where = files if step == "write_all" else os
        patch.setattr(where, step, failing(errno.ENOSPC))
        assert refused(lambda: tree.replace("status.json", b"new")).code == "ENOSPC"
    assert tree.read("status.json") == b"old"
    assert tree.names("") == ["status.json"]


@pytest.mark.parametrize("code", [errno.EDQUOT, errno.EIO, errno.ESTALE])
def test_a_disk_that_tells_only_on_closing_is_explained_too(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    tree.replace("status.json", b"old")
    close = os.close

    def late(descriptor: int) -> None:
        written = stat.S_ISREG(os.fstat(descriptor).st_mode) and os.lseek(descriptor, 0, os.SEEK_CUR) > 0
        close(descriptor)
        if written:
            failing(code)()

    with monkeypatch.context() as patch:
        patch.setattr(os, "close", late)
        error = refused(lambda: tree.replace("status.json", b"new"))
    assert (error.code, bool(error.hint)) == (errno.errorcode[code], code != errno.EIO)
    assert tree.read("status.json") == b"old"
    assert tree.names("") == ["status.json"]


def test_what_a_killed_run_left_is_replaced(tree: Tree) -> None:
    tree.append(".status.json.part", b"half of something longer")
    tree.replace("status.json", b"new")
    assert tree.read("status.json") == b"new"
    assert tree.names("") == ["status.json"]


def test_a_reader_sees_the_old_bytes_or_the_new_ones(tree: Tree) -> None:
    values = [bytes([letter]) * 5000 for letter in b"abcdef"]
    tree.replace("status.json", values[0])
    seen: set[bytes | None] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(tree.read("status.json"))

    reader = threading.Thread(target=read)
    reader.start()
    for value in values * 5:
        tree.replace("status.json", value)
    done.set()
    reader.join()
    assert seen <= set(values)


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_disk_that_is_not_for_writing_says_what_to_do(tree: Tree, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(os, "mkdir", failing(code))
    error = refused(lambda: tree.append(FILE, b"x"))
    assert (error.code, bool(error.hint)) == (errno.errorcode[code], True)
    assert os.strerror(code) in error.message


# -- several at once


def test_two_runs_make_the_same_folders_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir = os.mkdir

    def late(path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        mkdir(path, mode, dir_fd=dir_fd)  # the other run
        mkdir(path, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "mkdir", late)
    tree = Tree(str(tmp_path / "a" / "b" / "c"), Ownership())
    tree.make()
    tree.append(FILE, b"x")
    assert tree.read(FILE) == b"x"


def test_making_what_is_there_changes_nothing(tree: Tree) -> None:
    os.chmod(tree.root, 0o700)
    tree.make()
    assert mode(tree.root) == 0o700


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors are counted in /proc")
def test_no_descriptor_is_left_open(tree: Tree) -> None:
    tree.append(FILE, b"x")
    os.mkfifo(f"{tree.root}/pipe")
    before = len(os.listdir("/proc/self/fd"))
    tree.append(FILE, b"y")
    tree.replace("status.json", b"{}")
    refused(lambda: tree.append("pipe", b"x"))
    refused(lambda: tree.append(f"{FILE}/below", b"x"))
    refused(lambda: tree.publish({"none/.x.part": "none/x"}))
    assert tree.read("none/x") is None
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EIO])
def test_a_disk_that_cannot_tell_its_size_is_not_a_full_one(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    assert (tree.free() or 0) > 0
    monkeypatch.setattr(os, "statvfs", failing(code))
    if code == errno.ENOSYS:
        assert tree.free() is None
    else:
        assert refused(tree.free).code == "EIO"


def test_folders_of_a_file_server_are_not_gone_into_as_it_may_let_nobody_in(tree: Tree) -> None:
    tree.append(FILE, b"x")
    for name in ("@eaDir", ".snapshot"):
        tree.append(f"{os.path.dirname(FILE)}/{name}/own", b"x")
    assert list(tree.files()) == [FILE]
