# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive before collecting: whether this user may write it, who does so now, and what its ledger says. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import holder_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.under_way import under_way
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.access import (
    Place,
    User,
    check_place,
    find_place,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import (
    Examination,
    Finding,
    ok,
    warning,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso


def examine(examination: Examination, settings: Settings) -> None:
    """Look at everything that the archive alone tells."""
    tree = Tree(settings.archive, settings.ownership, settings.folder)
    examination.look("archive", lambda: judge_place(find_place(settings), settings, User.current()))
    examination.look("lock", lambda: lock(tree, settings.identity, settings.lock_timeout), "archive")
    examination.look("ledger", lambda: ledger(tree, settings.identity), "archive")


def judge_place(place: Place, settings: Settings, user: User) -> Finding:
    """Return whether files can be written there. Raises ArchiveError when they cannot."""
    check_place(place, settings, user)
    if place.is_there and place.mode & 0o002:
        hint = f"Take that right away, as by chmod o-w {place.deepest}."
        return warning(f"Everybody may write to {place.deepest}.", hint, "mode")
    if place.devices > 1:
        hint = "The space that is free is reckoned where the instance is; mount the whole archive."
        return warning(f"Parts of {place.archive} are on different file systems.", hint, "file_systems")
    if not place.is_there:
        return ok(f"{place.archive} will be made; user {user.uid} may write to {place.deepest}.")
    return ok(f"User {user.uid} may write to {place.deepest}.")


def lock(tree: Tree, identity: Mapping[str, str], lock_timeout: float) -> Finding:
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
    run = under_way(tree, Status.read(tree, identity), identity["instance"], holder.since)
    so_far = f" ({run['sentence']})" if run and run["progress"] else ""
    message = (
        f"{who} has been writing there since {since}{so_far}; a run that starts now waits {lock_timeout:g} s for it."
    )
    return warning(message, "Wait for it to end, or let runs wait with lock_timeout.", "locked")


def ledger(tree: Tree, identity: Mapping[str, str]) -> Finding:
    """Tell whether the chain is whole and what is recorded. Raises ArchiveError when it was altered."""
    held = Ledger.recall(tree, identity)
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
    lost = len(held.units.lost)
    if lost:
        return warning(f"{message} {lost} units are lost.", "Acknowledge them with log_archive_accept.", "lost")
    return ok(message)


def _last_run(run: Mapping[str, Any]) -> str:
    ended = run.get("ended")
    return f"; the last run ended {ended}" if isinstance(ended, str) else ""
