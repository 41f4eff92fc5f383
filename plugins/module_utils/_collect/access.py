# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether this user could write an instance's part of the archive, as far as looking tells. Changes nothing."""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree, explained
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError


class Place(NamedTuple):
    """Where an instance's files are, or will be, as the disk knows it now.

    ``deepest`` is the deepest folder that is there already; ``closed`` the first path that this user may not write.
    """

    archive: str
    is_there: bool
    deepest: str
    mode: int
    read_only: bool
    closed: str | None
    devices: int


class User(NamedTuple):
    """Who runs this."""

    uid: int
    groups: frozenset[int]

    @classmethod
    def current(cls) -> User:
        """Return who runs this process."""
        return cls(os.geteuid(), frozenset([os.getegid(), *os.getgroups()]))


def find_place(settings: Settings) -> Place:
    """Return where the files will be. Writes nothing, not even to try. Raises ArchiveError for a symbolic link on the way."""
    Tree(settings.archive, settings.ownership, settings.folder).exists()
    levels = [settings.archive]
    for name in settings.folder.split("/"):
        levels.append(os.path.join(levels[-1], name))
    known = [level for level in levels if os.path.lexists(level)]
    deepest = known[-1] if known else os.path.dirname(os.path.abspath(settings.archive))
    while not os.path.lexists(deepest):
        deepest = os.path.dirname(deepest)
    with explained(deepest):
        stats = [os.stat(level) for level in known or [deepest]]
        read_only = bool(os.statvfs(deepest).f_flag & os.ST_RDONLY)
        files = [deepest]
        if os.path.isdir(deepest):
            names = sorted(os.listdir(deepest)) if deepest == levels[-1] and os.access(deepest, os.R_OK) else []
            files += [os.path.join(deepest, name) for name in names if name == layout.LOCK or layout.LEDGER.match(name)]
    needed = {True: os.R_OK | os.W_OK | os.X_OK, False: os.R_OK | os.W_OK}
    closed = (path for path in files if not os.access(path, needed[os.path.isdir(path)]))
    return Place(
        settings.archive,
        bool(known),
        deepest,
        stats[-1].st_mode,
        read_only,
        next(closed, None),
        len({one.st_dev for one in stats}),
    )


def check_place(place: Place, settings: Settings, user: User) -> None:
    """Raise ArchiveError when files cannot be written there."""
    if not place.is_there and not settings.create:
        raise ArchiveError(
            f"There is no archive at {place.archive}.",
            code="no_archive",
            hint="Mount it, or let it be made with create=true.",
        )
    if not stat.S_ISDIR(place.mode):
        raise ArchiveError(
            f"{place.deepest} is not a folder.", code="ENOTDIR", hint="Move away what stands where a folder should be."
        )
    if place.read_only:
        raise ArchiveError(f"{place.deepest} is mounted read-only.", code="EROFS", hint="Mount it for writing.")
    if place.closed:
        raise ArchiveError(
            f"User {user.uid} may not write {place.closed}.",
            code="EACCES",
            hint="Run as a user who may write there, or change its owner or mode.",
        )
    _check_owner(settings.ownership, user)


def complaint(settings: Settings) -> str | None:
    """Return why the archive cannot be written, as a sentence for who only made a plan; None when it can."""
    try:
        check_place(find_place(settings), settings, User.current())
    except ArchiveError as error:
        return f"A run could not write here. {error.message} {error.hint}"
    return None


def _check_owner(ownership: Ownership, user: User) -> None:
    if user.uid == 0:
        return
    if ownership.uid not in (-1, user.uid) or (ownership.gid != -1 and ownership.gid not in user.groups):
        raise ArchiveError(
            f"User {user.uid} may not give files that owner or group.",
            code=errno.errorcode[errno.EPERM],
            hint="Run as root, or leave out owner and give a group that this user is in.",
        )
