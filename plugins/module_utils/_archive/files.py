# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of the archive: opened below its own path without following symbolic links, with mode and owner, made durable."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import is_litter
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError

CHUNK = 1024 * 1024

# No symbolic link is followed, and a pipe planted in place of a file holds nobody.
_CAREFUL = os.O_NOFOLLOW | os.O_NONBLOCK

# A folder that is only gone through need not be readable, where the system can tell the two apart.
_THROUGH = getattr(os, "O_PATH", os.O_RDONLY)

# What disks answer, as those of a network do, that have no such thing as a folder's fsync or a file's owner.
_UNABLE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
# Of a file that was made just now, nobody but the disk can refuse to change the mode.
_NO_MODES = _UNABLE | {errno.EPERM, errno.EACCES}

_HINTS = {
    errno.ENOSPC: "Free some space and run again; what was collected so far stays.",
    errno.EDQUOT: "Raise the quota and run again; what was collected so far stays.",
    errno.EROFS: "Mount it for writing.",
    errno.ESTALE: "Mount it again, of a CIFS share with noserverino where this stays: the server no longer knows the file.",
    errno.ENOTCONN: "Mount it again: what was mounted is no longer connected.",
    errno.EACCES: "Run as a user who may write there.",
    errno.EPERM: "Run as a user who may write there and give files this owner, or leave out owner and group.",
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


class Mark(NamedTuple):
    """What the disk knows of a file. Written to in any way, it has another one; times in nanoseconds."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


class Tree:
    """The files below ``root``, named by paths relative to it. Raises ArchiveError for every fault of the disk.

    ``root`` is ``folder`` of ``archive``. The archive's own path may lead over symbolic links, and nothing below it.
    """

    def __init__(self, archive: str, ownership: Ownership, folder: str = "") -> None:
        self.root = os.path.join(archive, folder) if folder else archive
        self._archive = archive
        self._levels = _parts(folder)
        self._ownership = ownership
        self._syncs_folders = True
        self._takes_modes = True
        self._warnings: list[str] = []

    def exists(self) -> bool:
        """Tell whether the root is there."""
        with explained(self.root):
            try:
                with self._folder(""):
                    return True
            except (FileNotFoundError, NotADirectoryError):
                return False

    def warnings(self) -> list[str]:
        """Return what the disk turned out to be unable to do, what is not promised there for that, and what else was warned of."""
        words = [*self._warnings]
        if not self._syncs_folders:
            words.append(
                f"The disk of {self._archive} cannot make names of files durable: after a power failure, files that the ledger"
                " names, or the newest ledger, may be missing there. Verify the archive then with log_archive_info."
            )
        if not self._takes_modes:
            words.append(
                f"The disk of {self._archive} does not take the mode or owner of new files; its mount options decide who may"
                " read them."
            )
        return words

    def warn(self, words: str) -> None:
        """Take note of what whoever wrote here is to be warned of."""
        self._warnings.append(words)

    def make(self) -> None:
        """Make the root and what is missing above it."""
        with explained(self.root):
            missing = []
            path = os.path.abspath(self._archive)
            while not os.path.lexists(path):
                missing.append(path)
                path = os.path.dirname(path)
            for path in reversed(missing):
                try:
                    os.mkdir(path, 0o700)
                except FileExistsError:
                    continue  # another run, of another instance, was quicker
                self._own(path, self._ownership.directory_mode)
                descriptor = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
                try:
                    self._sync(descriptor)
                finally:
                    os.close(descriptor)
            self._make_levels(self._levels, 0)

    def state(self) -> os.stat_result:
        """Return what the disk knows of the root."""
        with explained(self.root), self._folder("") as folder:
            return os.fstat(folder)

    def read(self, path: str, most: int = -1) -> bytes | None:
        """Return the bytes of a file, the first ``most`` of them when that is given; None when there is none."""
        with explained(self._full(path)):
            try:
                with os.fdopen(self._open(path), "rb") as file:
                    return file.read(most)
            except FileNotFoundError:
                return None

    def part(self, path: str, offset: int, size: int) -> bytes:
        """Return bytes of a file from an offset on, fewer where it ends before."""
        with explained(self._full(path)), os.fdopen(self._open(path), "rb") as file:
            file.seek(offset)
            return file.read(size)

    def mark(self, path: str) -> Mark | None:
        """Return what the disk knows of a file, by which it is told whether it changed; None when there is none."""
        found = self._seen(path)
        return found and Mark(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def is_folder(self, path: str) -> bool:
        """Tell whether a folder stands where a file should be."""
        found = self._seen(path)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def _seen(self, path: str) -> os.stat_result | None:
        with explained(self._full(path)):
            try:
                with self._folder(os.path.dirname(path)) as folder:
                    return os.stat(os.path.basename(path), dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                return None

    def lines(self, path: str, offset: int = 0) -> Iterator[bytes]:
        """Yield the lines of a file from an offset on, each with its end. Raises ArchiveError also where there is none."""
        with explained(self._full(path)), os.fdopen(self._open(path), "rb", CHUNK) as file:
            file.seek(offset)
            yield from file

    def size(self, path: str) -> int:
        """Return how many bytes a file has."""
        with explained(self._full(path)), os.fdopen(self._open(path), "rb") as file:
            return os.fstat(file.fileno()).st_size

    def digest(self, path: str) -> Digest | None:
        """Return what the bytes of a file are; None when there is none."""
        with explained(self._full(path)):
            try:
                with os.fdopen(self._open(path), "rb") as file:
                    return digest_of(_pieces(file.fileno()))
            except FileNotFoundError:
                return None

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield the bytes of a file in pieces. Raises ArchiveError also where there is none."""
        with self.reading(path) as descriptor:
            yield from _pieces(descriptor)

    @contextmanager
    def reading(self, path: str) -> Iterator[int]:
        """Open a file for reading. Yields the descriptor; faults of reading it are explained too."""
        with explained(self._full(path)):
            descriptor = self._open(path)
            try:
                yield descriptor
            finally:
                os.close(descriptor)

    @contextmanager
    def writing(self, path: str, *, anew: bool = False) -> Iterator[int]:
        """Open a file for writing, with the folders above it made. Yields the descriptor.

        ``anew``: in place of what stands there. Faults of what the caller does with it are the caller's to explain. Closing it is
        where disks of a network tell that there is no room.
        """
        with explained(self._full(path)):
            try:
                descriptor = self._create(path, anew)
            except FileNotFoundError:
                self._make_levels([*self._levels, *_parts(os.path.dirname(path))], len(self._levels))
                descriptor = self._create(path, anew)
        try:
            yield descriptor
        finally:
            with explained(self._full(path)):
                os.close(descriptor)

    def append(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """Add bytes to the end of a file, durably: all of them or, when that fails, none."""
        with self.writing(path) as descriptor, explained(self._full(path)):
            size = os.lseek(descriptor, 0, os.SEEK_END)
            try:
                write_all(descriptor, data)
                if durable:
                    os.fsync(descriptor)
                if durable and size == 0:
                    with self._folder(os.path.dirname(path)) as folder:
                        self._sync(folder)
            except OSError:
                os.ftruncate(descriptor, size)
                raise

    def cut(self, path: str, size: int) -> None:
        """Cut a file to its first ``size`` bytes, durably."""
        with self.writing(path) as descriptor, explained(self._full(path)):
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)

    def publish(self, paths: Mapping[str, str], *, durable: bool = True) -> None:
        """Give files that are written and synced their final names, durably: from ``.part`` to path.

        When that fails, no ``.part`` is left.
        """
        try:
            for folder in sorted({os.path.dirname(path) for path in paths.values()}):
                self._publish_in(folder, paths, durable)
        except ArchiveError:
            for part in paths:
                with suppress(ArchiveError):
                    self.remove(part)
            raise

    def _publish_in(self, path: str, paths: Mapping[str, str], durable: bool) -> None:
        with explained(self._full(path)), self._folder(path) as folder:
            for part, final in paths.items():
                if os.path.dirname(final) == path:
                    with explained(self._full(final)):
                        os.rename(os.path.basename(part), os.path.basename(final), src_dir_fd=folder, dst_dir_fd=folder)
            if durable:
                self._sync(folder)

    def free(self) -> int | None:
        """Return the bytes that are free for this user where the files are, or will be; None where the disk does not tell.

        Those of some networks name no size at all, which is not the same as none that is free.
        """
        path = os.path.abspath(self.root)
        while not os.path.isdir(path):
            path = os.path.dirname(path)
        with explained(path):
            try:
                room = os.statvfs(path)
            except OSError as error:
                if error.errno not in _UNABLE:
                    raise
                return None
        return room.f_bavail * room.f_frsize if room.f_blocks else None

    def replace(self, path: str, data: bytes, *, durable: bool = True) -> None:
        """Replace a file at once: a reader sees the old bytes or the new ones.

        ``durable``: whether that lasts through a power failure, which one waits for the disk for.
        """
        part = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.part")
        self.remove(part)
        try:
            self.append(part, data, durable=durable)
            self.publish({part: path}, durable=durable)
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

    def folders(self, path: str, wanted: Collection[str] | None) -> list[str]:
        """Return the names of the folders in a folder, in order: those that are wanted, or (None) all.

        A symbolic link in place of one is among them, so that whoever goes into it is told; but none that is not wanted by its
        name and leads to another folder of the archive, as that hides nothing.
        """

        def counts(entry: os.DirEntry[str]) -> bool:
            if not entry.is_symlink() or wanted is not None:
                return entry.is_dir()
            leads_to = os.path.realpath(os.path.join(self._full(path), entry.name))
            return entry.is_dir() and os.path.commonpath([leads_to, inside]) != inside

        inside = os.path.realpath(self._archive)
        with explained(self._full(path)), self._folder(path) as folder, os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if (wanted is None or entry.name in wanted) and counts(entry))

    def files(self, below: str = "") -> Iterator[str]:
        """Yield the paths of the regular files below a folder, in order, symbolic links neither yielded nor followed.

        Folders of the file server's own are not gone into.
        """
        for path, _stat in self.stats(below):
            yield path

    def stats(self, below: str = "") -> Iterator[tuple[str, os.stat_result]]:
        """Yield what :meth:`files` does, each with what the disk knows of it. What goes away meanwhile is left out."""
        start = self._full(below)
        with explained(start):
            try:
                with self._folder(below):
                    pass
            except (FileNotFoundError, NotADirectoryError):
                return
            for folder, folders, names in os.walk(start, onerror=_raise, followlinks=False):
                # A file server may let nobody into its own.
                folders[:] = sorted(name for name in folders if not is_litter(name))
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
        with self._descended([*self._levels, *_parts(path)]) as descriptor:
            yield descriptor

    @contextmanager
    def _descended(self, levels: Sequence[str]) -> Iterator[int]:
        """Open the folder that is so many levels below the archive's own path."""
        descriptor = os.open(self._archive, (_THROUGH if levels else os.O_RDONLY) | os.O_DIRECTORY)
        try:
            for depth, name in enumerate(levels, 1):
                access = os.O_RDONLY if depth == len(levels) else _THROUGH
                try:
                    below = os.open(name, access | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
                except NotADirectoryError:
                    if stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                        raise _refused(os.path.join(self._archive, *levels[:depth])) from None
                    raise
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def _open(self, path: str) -> int:
        with self._folder(os.path.dirname(path)) as folder:
            return _regular(os.open(os.path.basename(path), os.O_RDONLY | _CAREFUL, dir_fd=folder))

    def _create(self, path: str, anew: bool) -> int:
        with self._folder(os.path.dirname(path)) as folder:
            name = os.path.basename(path)
            if anew:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)
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

    def _sync(self, folder: int) -> None:
        """Make the names in a folder durable, where the disk can do that at all."""
        try:
            os.fsync(folder)
        except OSError as error:
            if error.errno not in _UNABLE:
                raise
            self._syncs_folders = False

    def _make_levels(self, levels: Sequence[str], there: int) -> None:
        """Make what is missing of these levels below the archive's own path, of which the first are there."""
        for depth in range(there, len(levels)):
            name = levels[depth]
            with self._descended(levels[:depth]) as folder:
                try:
                    os.mkdir(name, 0o700, dir_fd=folder)
                except FileExistsError:
                    continue
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                try:
                    self._own(below, self._ownership.directory_mode)
                finally:
                    os.close(below)
                self._sync(folder)

    def _own(self, file: int | str, mode: int) -> None:
        """Give a file or folder that was made just now its owner and mode, as far as the disk knows such things."""
        made = os.stat(file)
        uid, gid = self._ownership.uid, self._ownership.gid
        if uid not in (-1, made.st_uid) or gid not in (-1, made.st_gid):
            try:
                os.chown(file, uid, gid)
            except OSError as error:
                if error.errno not in _UNABLE:
                    raise
                self._takes_modes = False
        if stat.S_ISDIR(made.st_mode) and not mode & 0o7000:
            # What hands its group on does so all the way down.
            mode |= made.st_mode & stat.S_ISGID
        try:
            os.chmod(file, mode)
        except OSError as error:
            if error.errno not in _NO_MODES:
                raise
        if (os.stat(file).st_mode ^ mode) & 0o777:
            self._takes_modes = False


def is_inside(path: str) -> bool:
    """Tell whether a relative path stays below where it begins, and is one that a disk can have. Quick, as ledgers are long."""
    framed = f"/{path}/"
    if "//" in framed or "/./" in framed or "/../" in framed or "\0" in framed:
        return False
    try:
        return path.isascii() or bool(os.fsencode(path))
    except UnicodeEncodeError:
        return False


def _parts(path: str) -> list[str]:
    return path.split("/") if path else []


def _refused(path: str) -> ArchiveError:
    return ArchiveError(
        f"{path} is a symbolic link, which was not followed.",
        code=errno.errorcode[errno.ELOOP],
        hint=_HINTS[errno.ELOOP],
    )


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


def digest_of(pieces: Iterable[bytes]) -> Digest:
    """Return what bytes are that come in pieces."""
    sha256, size = hashlib.sha256(), 0
    for piece in pieces:
        sha256.update(piece)
        size += len(piece)
    return Digest(size, sha256.hexdigest())


def _pieces(descriptor: int) -> Iterator[bytes]:
    while True:
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            return
        yield chunk


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
