# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mirroring an archive to ``rclone serve s3``: by our module, and by rclone itself."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.events import COLLECTED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import (
    Series,
    instance_folder,
    window_path,
    window_unit,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.bench.measure import Ran, environment, run
from ansible_collections.clouddb.mongodb_logs.tests.stores.rclone import PROGRAM
from ansible_collections.clouddb.mongodb_logs.tests.stores.store import ACCESS_KEY, SECRET_KEY, Store

MODULE = "ansible_collections.clouddb.mongodb_logs.plugins.modules.log_archive_mirror"
FIRST = 20_000 * DAY
SMALL = 4096


def archive(path: Path, files: int, large: int = 0) -> None:
    """Make an archive of one instance: many small files and, where that is asked for, a sparse one of so many bytes."""
    identity = {"provider": "umongodb", "region": "cn-bj2", "project": "default", "instance": "uclmongo-1"}
    tree = Tree(str(path / instance_folder("umongodb", "cn-bj2", None, "uclmongo-1")), Ownership())
    tree.make()
    events = []
    for number in range(files):
        content = hashlib.sha256(str(number).encode()).digest() * (SMALL // 32)
        event = _event(Series(f"node-{number % 10}", "slow"), number // 10, content)
        tree.append(event.path or "", content)
        events.append(event)
    if large:
        event = _event(Series("node-0", "error"), 0, b"")
        with tree.writing(event.path or "") as descriptor:
            os.ftruncate(descriptor, large)
        digest = tree.digest(event.path or "")
        events.append(event._replace(size=large, sha256=digest.sha256 if digest else None))
    Ledger.read(tree, identity).append(events, FIRST)


def _event(series: Series, day: int, content: bytes) -> Event:
    span = Span(FIRST + day * DAY, FIRST + (day + 1) * DAY)
    path = window_path(series, span, ".tar.gz")
    known = Event(COLLECTED, series, window_unit(span), *span, path=path)
    return known._replace(size=len(content), sha256=hashlib.sha256(content).hexdigest())


class Sides:
    """Ours and rclone's way to one store, each to a prefix of its own, a new one for each run from nothing."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._folder, self._store, self._turn = folder, store, 0
        self.peak = 0

    def ours(self, *, fresh: bool = True) -> float:
        """Mirror by the module, run as a process of its own."""
        return self._ours(fresh=fresh).seconds

    def ours_beyond_start(self) -> float:
        """Mirror where there is nothing to do, less what it takes to start Python and to import boto3."""
        started = run([sys.executable, "-c", f"import boto3, {MODULE}"], self._folder / "start.log").seconds
        return max(0.001, self._ours(fresh=False).seconds - started)

    def _ours(self, *, fresh: bool) -> Ran:
        self._turn += fresh
        arguments = self._folder / "arguments.json"
        options = {**self._store.options, "archive": str(self._folder / "archive"), "prefix": f"ours-{self._turn}"}
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        ran = run([sys.executable, "-m", MODULE, arguments], self._folder / "ours.log", watch=True)
        self.peak = max(self.peak, ran.peak)
        return ran

    def copy(self) -> float:
        """Copy by rclone, with checksums."""
        self._turn += 1
        return self._rclone("copy")

    def sync(self) -> float:
        """Let rclone find that there is nothing to do."""
        return self._rclone("sync")

    def _rclone(self, what: str) -> float:
        keys = f"access_key_id='{ACCESS_KEY}',secret_access_key='{SECRET_KEY}'"
        remote = f":s3,provider=Rclone,endpoint='{self._store.url}',{keys}:{self._store.bucket}/theirs"
        command: list[str | Path] = [PROGRAM, what, "--config", "/dev/null", "--checksum"]
        command += [self._folder / "archive", f"{remote}-{self._turn}"]
        return run(command, self._folder / "rclone.log", environment()).seconds
