# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of the archive: opened below one root without following symbolic links, with mode and owner, made durable."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError

CHUNK = 1024 * 1024

# No symbolic link is followed, and a pipe planted in place of a file holds nobody.
_CAREFUL = os.O_NOFOLLOW | os.O_NONBLOCK

_HINTS = {
    errno.ENOSPC: "Free some space and run again; what was collected so far stays.",
    errno.EDQUOT: "Raise the quota and run again; what was collected so far stays.",
    errno.EROFS: "Mount it for writing.",
    errno.EACCES: "Run as a user who may write there.",
    errno.EPERM: "Run as a user who may write there and give files this owner.",
    errno.ELOOP: "Remove the symbolic link: an archive holds none.",
    errno.ENOTDIR: "Move away what stands where a folder should be.",
    errno.EISDIR: "Move away what stands where a file should be.",
}


class Ownership(NamedTuple):
    """Modes of new files and folders, and their owner and group as numbers (-1 leaves them as they come)."""

    mode: int = 0o640
    directory_mode: int = 0o750
    uid: int = -1
    gid: int = -1


class Digest(NamedTuple):
    """What the bytes of a file are."""

    size: int
    sha256: str


class Tree:
    """The files below ``root``, named by paths relative to it. Raises ArchiveError for every fault of the disk."""

    def __init__(self, root: str, ownership: Ownership) -> None:
        self.root = root
        self._ownership = ownership

    def exists(self) -> bool:
        """Tell whether the root is there."""
        return os.path.isdir(self.root)

    def make(self) -> None:
        """Make the root and what is missing above it."""
        with explained(self.root):
            missing = []
            path = os.path.abspath(self.root)
            while not os.path.lexists(path):
                missing.append(path)
                path = os.path.dirname(path)
            for path in reversed(missing):
                try:
                    os.mkdir(path, 0o700)
                except FileExistsError:
                    continue  # another run, of another instance, was quicker
                self._own(path, self._ownership.directory_mode)
                _sync_folder(os.path.dirname(path))

    def read(self, path: str, most: int = -1) -> bytes | None:
        """Return the bytes of a file, the first ``most`` of them when that is given; None when there is none."""
        with explained(self._full(path)):
            try:
                with os.fdopen(self._open(path), "rb") as file:
                    return file.read(most)
            except FileNotFoundError:
                return None

    def size(self, path: str) -> int:
        """Return how many bytes a file has."""
        with explained(self._full(path)), os.fdopen(self._open(path), "rb") as file:
            return os.fstat(file.fileno()).st_size

    def digest(self, path: str) -> Digest | None:
        """Return what the bytes of a file are; None when there is none."""
        with explained(self._full(path)):
            try:
                with os.fdopen(self._open(path), "rb") as file:
                    return _digest(file.fileno())
            except FileNotFoundError:
                return None

    @contextmanager
    def writing(self, path: str) -> Iterator[int]:
        """Open a file for writing, with the folders above it made. Yields the descriptor.

        Faults of what the caller does with it are the caller's to explain.
        """
        with explained(self._full(path)):
            self._make_folders(os.path.dirname(path))
            descriptor = self._create(path)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def append(self, path: str, data: bytes) -> None:
        """Add bytes to the end of a file, durably: all of them or, when that fails, none."""
        with self.writing(path) as descriptor, explained(self._full(path)):
            size = os.lseek(descriptor, 0, os.SEEK_END)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
                if size == 0:
                    self._sync(os.path.dirname(path))
            except OSError:
                os.ftruncate(descriptor, size)
                raise

    def cut(self, path: str, size: int) -> None:
        """Cut a file to its first ``size`` bytes, durably."""
        with self.writing(path) as descriptor, explained(self._full(path)):
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)

    def publish(self, paths: Mapping[str, str]) -> None:
        """Give files that are written and synced their final names, durably: from ``.part`` to path.

        When that fails, no ``.part`` is left.
        """
        try:
            for folder in sorted({os.path.dirname(path) for path in paths.values()}):
                self._publish_in(folder, paths)
        except ArchiveError:
            for part in paths:
                with suppress(ArchiveError):
                    self.remove(part)
            raise

    def _publish_in(self, path: str, paths: Mapping[str, str]) -> None:
        with explained(self._full(path)), self._folder(path) as folder:
            for part, final in paths.items():
                if os.path.dirname(final) == path:
                    os.rename(os.path.basename(part), os.path.basename(final), src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)

    def free(self) -> int:
        """Return the bytes that are free for this user where the files are, or will be."""
        path = os.path.abspath(self.root)
        while not os.path.isdir(path):
            path = os.path.dirname(path)
        with explained(path):
            room = os.statvfs(path)
        return room.f_bavail * room.f_frsize

    def replace(self, path: str, data: bytes) -> None:
        """Replace a file at once: a reader sees the old bytes or the new ones."""
        part = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.part")
        self.remove(part)
        try:
            self.append(part, data)
            self.publish({part: path})
        except ArchiveError:
            with suppress(ArchiveError):
                self.remove(part)
            raise

    def remove(self, path: str) -> None:
        """Remove a file if it is there."""
        with explained(self._full(path)):
            try:
                with self._folder(os.path.dirname(path)) as folder:
                    os.unlink(os.path.basename(path), dir_fd=folder)
            except FileNotFoundError:
                return

    def remove_folders(self, path: str) -> None:
        """Remove a folder and those above it up to the root, as far as nothing is in them."""
        while path:
            with explained(self._full(path)):
                try:
                    with self._folder(os.path.dirname(path)) as above:
                        os.rmdir(os.path.basename(path), dir_fd=above)
                except FileNotFoundError:
                    pass
                except OSError as error:
                    if error.errno != errno.ENOTEMPTY:
                        raise
                    return
            path = os.path.dirname(path)

    def names(self, path: str) -> list[str]:
        """Return the names in a folder, in order; none when there is no such folder."""
        with explained(self._full(path)):
            try:
                with self._folder(path) as folder:
                    return sorted(os.listdir(folder))
            except FileNotFoundError:
                return []

    def files(self, below: str = "") -> Iterator[str]:
        """Yield the paths of the regular files below a folder, in order, symbolic links neither yielded nor followed."""
        for path, _stat in self.stats(below):
            yield path

    def stats(self, below: str = "") -> Iterator[tuple[str, os.stat_result]]:
        """Yield what :meth:`files` does, each with what the disk knows of it. What goes away meanwhile is left out."""
        start = self._full(below)
        with explained(start):
            if not os.path.isdir(start):
                return
            for folder, folders, names in os.walk(start, onerror=_raise, followlinks=False):
                folders.sort()
                for name in sorted(names):
                    full = os.path.join(folder, name)
                    with suppress(FileNotFoundError):
                        found = os.lstat(full)
                        if stat.S_ISREG(found.st_mode):
                            yield os.path.relpath(full, self.root), found

    def _full(self, path: str) -> str:
        if path and not is_inside(path):
            raise ArchiveError(f"{self.root}: {path!r} leads elsewhere; it was not followed.", code="bad_path")
        return os.path.join(self.root, path)

    @contextmanager
    def _folder(self, path: str) -> Iterator[int]:
        flags = os.O_RDONLY | os.O_DIRECTORY
        descriptor = os.open(self.root, flags)
        try:
            for name in path.split("/") if path else ():
                below = os.open(name, flags | os.O_NOFOLLOW, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def _open(self, path: str) -> int:
        with self._folder(os.path.dirname(path)) as folder:
            return _regular(os.open(os.path.basename(path), os.O_RDONLY | _CAREFUL, dir_fd=folder))

    def _create(self, path: str) -> int:
        with self._folder(os.path.dirname(path)) as folder:
            name = os.path.basename(path)
            try:
                descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
            except FileExistsError:
                return _regular(os.open(name, os.O_RDWR | _CAREFUL, dir_fd=folder))
            try:
                self._own(descriptor, self._ownership.mode)
            except OSError:
                os.close(descriptor)
                os.unlink(name, dir_fd=folder)
                raise
            return descriptor

    def _sync(self, folder_path: str) -> None:
        with self._folder(folder_path) as folder:
            os.fsync(folder)

    def _make_folders(self, path: str) -> None:
        # Mostly they are there.
        with suppress(FileNotFoundError), self._folder(path):
            return
        made = ""
        for name in path.split("/") if path else ():
            with self._folder(made) as folder:
                try:
                    os.mkdir(name, 0o700, dir_fd=folder)
                except FileExistsError:
                    pass
                else:
                    below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                    try:
                        self._own(below, self._ownership.directory_mode)
                    finally:
                        os.close(below)
                    os.fsync(folder)
            made = f"{made}/{name}" if made else name

    def _own(self, file: int | str, mode: int) -> None:
        if self._ownership.uid != -1 or self._ownership.gid != -1:
            os.chown(file, self._ownership.uid, self._ownership.gid)
        os.chmod(file, mode)


def is_inside(path: str) -> bool:
    """Tell whether a relative path stays below where it begins, and is one that a disk can have. Quick, as ledgers are long."""
    framed = f"/{path}/"
    if "//" in framed or "/./" in framed or "/../" in framed or "\0" in framed:
        return False
    try:
        return path.isascii() or bool(os.fsencode(path))
    except UnicodeEncodeError:
        return False


def _regular(descriptor: int) -> int:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise IsADirectoryError(errno.EISDIR, "Not a regular file")


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def write_all(descriptor: int, data: bytes) -> None:
    """Write all bytes, however many calls that takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _digest(descriptor: int) -> Digest:
    sha256, size = hashlib.sha256(), 0
    while True:
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            return Digest(size, sha256.hexdigest())
        sha256.update(chunk)
        size += len(chunk)


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Turn a fault of the disk into an ArchiveError that names the path and what to do."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"{path}: {error.strerror or error}.",
            code=errno.errorcode.get(error.errno or 0, "archive"),
            hint=_HINTS.get(error.errno or 0, ""),
        ) from None
