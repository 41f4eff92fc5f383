# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan is made from: of the bucket its head and, where there is anything new, what stands where that is to go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout, survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import plan as planning
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Bucket, Stored
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import (
    HEAD,
    SEGMENTS,
    START,
    Head,
    Position,
    segment_key,
    segment_number,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.local import fresh
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.plan import Plan


def head_of(bucket: Bucket, folder: str) -> Head | None:
    """Return the head of an instance in the bucket; None when there is none. Raises ArchiveError and CloudError."""
    found = bucket.get(f"{folder}/{HEAD}")
    return None if found is None else Head.of(found[0], bucket.place(f"{folder}/{HEAD}"))


def look(bucket: Bucket, archive: str, folder: str, head: Head | None, pool: Executor, *, locks: bool) -> Plan:
    """Return what the bucket lacks of an instance. Raises ArchiveError and CloudError.

    ``locks``: whether objects get the legal holds of the archive.
    """
    place, tree = bucket.place(folder), survey.tree_of(archive, folder)
    at = head.at if head else START
    # The status first: what it tells of is then in the ledger.
    status, new = tree.read(layout.STATUS), fresh(tree, at)
    if new is None:
        raise planning.another_run(place)
    if head and not new:
        return planning.plan(head, at, [], status, holds=([], head.holds))
    held = survey.holding(archive, folder, whole=not at.lines)
    if held.ledger.breaks:
        raise ArchiveError(
            f"{folder}: {held.ledger.breaks[0]}, and nothing of an altered ledger is mirrored.",
            code="altered",
            hint="Compare it with an earlier head, and accept the break with log_archive_accept.",
        )
    events = planning.wanted(held.ledger, new)
    found = list(_segments(bucket, folder, at))
    at, new = planning.taken_up(at, new, found, place)
    stored = _stored(bucket, folder, events, pool)
    holds = planning.changed_holds(held.ledger, head, {event.path or "" for event in events}) if locks else []
    told = planning.told_holds(held.ledger.legal_holds) if locks else (head.holds if head else ())
    return planning.plan(head, at, new, status, events, stored, (holds, told), place)


def _segments(bucket: Bucket, folder: str, at: Position) -> Iterator[tuple[int, bytes]]:
    """Yield the segments of which no head tells: a run that was killed left them, or another is at work."""
    before = f"{folder}/{segment_key(at.lines)}"
    for one in bucket.listed(f"{folder}/{SEGMENTS}", before):
        number = segment_number(one.key.removeprefix(f"{folder}/"))
        got = bucket.get(one.key) if number is not None else None
        if number is not None and got:
            yield number, got[0]


def _stored(bucket: Bucket, folder: str, events: Iterable[Event], pool: Executor) -> Mapping[str, Stored]:
    """Return what stands at the paths of units, as far as anything does, with its SHA-256."""
    paths: dict[str, list[str]] = {}
    for event in events:
        path = event.path or ""
        paths.setdefault("/".join(path.split("/")[:2]), []).append(path)

    def listed(series: str) -> list[str]:
        wanted = set(paths[series])
        first, last = f"{folder}/{min(wanted)}", f"{folder}/{max(wanted)}"
        found = []
        for one in bucket.listed(f"{folder}/{series}/", first[:-1]):
            if one.key > last:
                break
            path = one.key.removeprefix(f"{folder}/")
            found += [path] if path in wanted else []
        return found

    there = [path for several in pool.map(listed, paths) for path in several]
    told = pool.map(lambda path: described(bucket, f"{folder}/{path}"), there)
    return {path: stored for path, stored in zip(there, told) if stored}


def described(bucket: Bucket, key: str, version: str = "") -> Stored | None:
    """Return what is told of an object, read to its end where nobody says its SHA-256: copies made by others lack that."""
    stored = bucket.head(key, version)
    if stored is None or stored.sha256:
        return stored
    sha256 = hashlib.sha256()
    for piece in bucket.read(key, version):
        sha256.update(piece)
    return stored._replace(sha256=sha256.hexdigest())
