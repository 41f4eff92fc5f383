# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive before collecting: whether this user may write it, who does so now, and what its ledger says. Changes nothing."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree, explained
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import LOST, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import holder_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import (
    Examination,
    Finding,
    ok,
    warning,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso


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


def examine(examination: Examination, settings: Settings) -> None:
    """Look at everything that the archive alone tells."""
    tree = Tree(os.path.join(settings.archive, settings.folder), settings.ownership)
    user = User(os.geteuid(), frozenset([os.getegid(), *os.getgroups()]))
    examination.look("archive", lambda: judge_place(find_place(settings), settings, user))
    examination.look("lock", lambda: lock(tree, settings.lock_timeout), "archive")
    examination.look("ledger", lambda: ledger(tree, settings.identity), "archive")


def find_place(settings: Settings) -> Place:
    """Return where the files will be. Writes nothing, not even to try."""
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


def judge_place(place: Place, settings: Settings, user: User) -> Finding:
    """Return whether files can be written there. Raises ArchiveError when they cannot."""
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
    if place.is_there and place.mode & 0o002:
        hint = f"Take that right away, as by chmod o-w {place.deepest}."
        return warning(f"Everybody may write to {place.deepest}.", hint, "mode")
    if place.devices > 1:
        hint = "The space that is free is reckoned where the instance is; mount the whole archive."
        return warning(f"Parts of {place.archive} are on different file systems.", hint, "file_systems")
    if not place.is_there:
        return ok(f"{place.archive} will be made; user {user.uid} may write to {place.deepest}.")
    return ok(f"User {user.uid} may write to {place.deepest}.")


def _check_owner(ownership: Ownership, user: User) -> None:
    if user.uid == 0:
        return
    if ownership.uid not in (-1, user.uid) or (ownership.gid != -1 and ownership.gid not in user.groups):
        raise ArchiveError(
            f"User {user.uid} may not give files that owner or group.",
            code=errno.errorcode[errno.EPERM],
            hint="Run as root, or leave out owner and give a group that this user is in.",
        )


def lock(tree: Tree, lock_timeout: float) -> Finding:
    """Tell who writes to the instance's part now, by the name in the lock: taking it, even shared, would refuse a run."""
    if not tree.read(layout.LOCK, 1):
        return ok("Nobody is writing to this part of the archive.")
    holder = holder_of(tree)
    if holder is None:
        return warning("The lock names nobody.", "See which process has the file .lock open.", "locked")
    who, since = f"Process {holder.pid} on {holder.host}", iso(holder.since)
    if not holder.is_here:
        message = f"{who} wrote there last, since {since}; whether it still does cannot be told from here."
        return warning(message, "Look there, if that is long ago.", "locked")
    if not holder.runs():
        return ok(f"{who} wrote there since {since} and came to no orderly end; the next run clears up after it.")
    message = f"{who} has been writing there since {since}; a run that starts now waits {lock_timeout:g} s for it."
    return warning(message, "Wait for it to end, or let runs wait with lock_timeout.", "locked")


def ledger(tree: Tree, identity: Mapping[str, str]) -> Finding:
    """Tell whether the chain is whole and what is recorded. Raises ArchiveError when it was altered."""
    held = Ledger.read(tree, identity)
    if held.breaks:
        raise ArchiveError(
            f"The ledger was altered: {held.breaks[0]}.",
            code="ledger_broken",
            hint="Find out who did that and restore it, or acknowledge it with log_archive_accept.",
        )
    if not held.lines:
        return ok("Nothing is recorded yet.")
    last = _last_run(Status.read(tree, identity).run)
    message = f"The chain is whole: {held.lines} lines, {len(held.units)} units, head {held.head[:16]}...{last}."
    lost = sum(event.status == LOST for event in held.units.values())
    if lost:
        return warning(f"{message} {lost} units are lost.", "Acknowledge them with log_archive_accept.", "lost")
    return ok(message)


def _last_run(run: Mapping[str, Any]) -> str:
    ended = run.get("ended")
    return f"; the last run ended {ended}" if isinstance(ended, str) else ""
