# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bucket is read as a folder is: whatever reads of a disk reads of a bucket too."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Access, Bucket
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.tree import BucketTree
from ansible_collections.clouddb.mongodb_logs.tests.stores import RcloneStore

from ...archives import Made
from ...running import run_module

WRITING = {"make", "append", "cut", "publish", "replace", "remove", "remove_folders"}
# Of a disk alone, or made of the others.
OTHERS = {"warnings", "warn", "state", "free", "files", "is_folder"}


def test_whatever_reads_of_a_disk_reads_of_a_bucket() -> None:
    methods = {name for name in vars(Tree) if not name.startswith("_")}
    assert methods - {*vars(BucketTree)} == WRITING | OTHERS


def test_the_ledger_is_read_as_it_is_on_the_disk(tmp_path: Path) -> None:
    made = Made(tmp_path / "archive")
    made.collected(0, 1, 2)
    [ledger] = made.path.glob("ledger-*.jsonl")
    with RcloneStore(tmp_path / "store") as store:
        options = {**store.options, "prefix": "logs"}
        assert "failed" not in run_module("log_archive_mirror", {**options, "archive": str(tmp_path / "archive")})
        bucket = Bucket(Access.of({**options, "session_token": None}, "region", print), 2)
        tree = BucketTree(bucket, made.folder, 2)
        for offset in (0, 7):
            assert [*tree.lines(ledger.name, offset)] == [*made.tree.lines(ledger.name, offset)]
            assert tree.part(ledger.name, offset, 50) == made.tree.part(ledger.name, offset, 50)
        assert tree.size(ledger.name) == made.tree.size(ledger.name)
