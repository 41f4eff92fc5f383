# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bucket that is to keep a copy: whether it can be reached, and whether it does what is asked of it. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import (
    Examination,
    Finding,
    ok,
    skipped,
    warning,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import put
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Access, Bucket
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import Head
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.look import head_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.options import OPTIONS

_ALONE = "Let no two jobs mirror the same instance at once; under AWX, leave concurrent jobs off."


def examine(examination: Examination, given: Mapping[str, Any] | None, folder: str) -> None:
    """Look at the bucket that ``given`` options name, where they name one, and at what it has of an instance's folder."""
    if given is None:
        return
    visit = _Visit(given, folder)
    examination.look("bucket", visit.bucket)
    examination.look("conditional_writes", visit.conditions, "bucket")
    examination.look("object_lock", visit.lock, "bucket")


class _Visit:
    """One look at a bucket; what it answered is kept for the next."""

    def __init__(self, given: Mapping[str, Any], folder: str) -> None:
        self._given, self._folder = given, folder

    def bucket(self) -> Finding:
        """Read and list what there is of the instance."""
        options = OPTIONS.checked(self._given)
        words: list[str] = []
        self._asked, self._retention = options["conditional_writes"], options["retention"]
        self._bucket = Bucket(Access.of(options, "region", words.append), 1)
        self._head = head_of(self._bucket, self._folder)
        next(self._bucket.listed(f"{self._folder}/"), None)
        return judge_place(self._bucket.url, words, self._head)

    def conditions(self) -> Finding:
        """Tell what the last run that mirrored saw."""
        return judge_conditions(self._asked, self._head)

    def lock(self) -> Finding:
        """Ask whether versions are kept, and with retention whether they can be locked."""
        return judge_lock(self._retention, self._bucket.keeps_versions, self._bucket.can_lock)


def judge_place(url: str, words: list[str], head: Head | None) -> Finding:
    """Return what is to be known of a bucket that answered; ``words`` are what its address alone is warned of for."""
    place = f"{url} can be read and listed"
    if words:
        return warning(f"{place}. {words[0]}", "Use HTTPS where the store offers it.", "http")
    if head is None:
        return ok(f"{place}; nothing of this instance is there yet.")
    return ok(f"{place}; the ledger is there up to line {head.at.lines}, head {head.at.head[:16]}...")


def judge_conditions(asked: str, head: Head | None) -> Finding:
    """Return whether of two jobs that mirror at once one ends. Raises CloudError where that was required and is not so."""
    if asked == put.NEVER:
        return skipped(f"Conditional writes are not asked for. {_ALONE}")
    if head is None or head.conditional is None:
        return skipped(f"It cannot be tried without writing; the first run that mirrors sees it. Until then: {_ALONE}")
    if head.conditional:
        return ok("The store refuses to put over what is there; of two jobs that mirror the same at once, one ends.")
    if asked == put.REQUIRED:
        raise put.unconditional("The store", "has no")
    message = "The store has no conditional writes, as the last run saw; it puts over what is there."
    return warning(message, _ALONE, put.UNCONDITIONAL)


def judge_lock(retention: Mapping[str, Any] | None, keeps_versions: bool, can_lock: bool | None) -> Finding:
    """Return whether versions are kept and can be locked; ``can_lock`` is None where that may not be asked.

    Raises CloudError where it was asked for and is not so.
    """
    kept = "The bucket keeps versions" if keeps_versions else "The bucket keeps no versions"
    if not retention:
        return ok(f"{kept}; no retention is asked for.")
    if can_lock is None:
        message = f"{kept}. Whether it has Object Lock may not be asked; the first run reads back what became of it."
        return warning(message, "Grant this key to read the bucket's Object Lock configuration.", "not_asked")
    if not (keeps_versions and can_lock):
        raise put.unlocked(f"{kept}{'' if can_lock else ' and has no Object Lock'}, and retention is asked for.")
    return ok(f"{kept} and has Object Lock: {retention['mode']}, {retention['days']} days from when each is put.")
