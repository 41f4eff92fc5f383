# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole modules over archives in which somebody planted a link, that may not be written, or that are on a network's disk."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import access

from ..running import run_module
from .conftest import MODULES

ARCHIVING = [name for name in MODULES if name.endswith(("_archive", "_doctor")) or name.startswith("log_archive")]
ARCHIVING += ["dds_audit_log"]
TOLERANT = ["log_archive_report", "log_archive_search", "log_archive_slow", "log_archive_export"]
COLLECTING = ["umongodb_log_archive", "dds_log_archive"]


@pytest.fixture
def held(good: dict[str, dict[str, Any]], tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Options of every module that knows archives, all over one that holds an instance of each cloud."""
    for name in COLLECTING:
        assert run_module(name, good[name])["counts"]["collected"] > 0
    options = {name: {**good[name], "archive": str(tmp_path / "archive")} for name in ARCHIVING}
    instance = next((tmp_path / "archive").glob("dds/*/*/*"))
    options["log_archive_accept"] |= {"instance": instance.name, "what": "series_end", "node_id": "n"}
    options["log_archive_info"] |= {"verify": "sha256"}
    # Nobody listens there, and nobody has to.
    options["log_archive_mirror"] |= {
        "access_key": "of-nobody",
        "secret_key": "of-nobody-either",
        "endpoint_url": "http://127.0.0.1:9",
    }
    return options


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def warned(result: dict[str, Any]) -> list[str]:
    """Return the warnings of a result but that of the emulator's clock."""
    texts = [one if isinstance(one, str) else one["event"]["msg"] for one in result.get("warnings", [])]
    return [text for text in texts if not text.startswith("The clock of this host")]


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_a_link_in_place_of_an_instance_or_above_is_refused_by_every_module(
    held: dict[str, dict[str, Any]], tmp_path: Path, depth: int
) -> None:
    for provider in ("umongodb", "dds"):
        place = next((tmp_path / "archive").glob("/".join([provider, *["*"] * (depth - 1)])))
        place.rename(tmp_path / f"moved-{provider}")
        place.symlink_to(tmp_path / f"moved-{provider}")
    before = snapshot(tmp_path)
    for name, options in held.items():
        for check in (True, False):
            result = run_module(name, options, check=check)
            if name not in TOLERANT or depth < 4:
                assert result["failed"], name
                words = result["msg"]
            else:
                # One instance that cannot be read hides no other from whoever reads them all.
                words = " ".join([result.get("msg") or "", result.get("urgent") or "", *warned(result)])
            assert "is a symbolic link, which was not followed." in words, (name, words)
    own = {str(path) for folder in ("report", "export") for path in (tmp_path / folder).rglob("*")}
    assert {path: data for path, data in snapshot(tmp_path).items() if path not in own} == before


def test_the_path_of_the_archive_may_be_a_link(held: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "archive").rename(tmp_path / "moved")
    (tmp_path / "archive").symlink_to(tmp_path / "moved")
    for name in (*COLLECTING, "log_archive_info", "log_archive_report"):
        assert not run_module(name, held[name]).get("failed"), name


@pytest.mark.parametrize("name", COLLECTING)
def test_a_plan_for_an_archive_that_cannot_be_written_says_so(
    good: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    plain = run_module(name, good[name], check=True)
    assert warned(plain) == []
    (tmp_path / "archive").mkdir()
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(tmp_path / "archive") and may(path, mode))
    result = run_module(name, good[name], check=True)
    assert warned(result) == [
        f"A run could not write here. User {os.geteuid()} may not write {tmp_path / 'archive'}."
        " Run as a user who may write there, or change its owner or mode."
    ]
    assert (result["changed"], result["counts"], result["plan"]) == (True, plain["counts"], plain["plan"])
    assert list((tmp_path / "archive").iterdir()) == []


def test_who_only_reads_a_plan_of_a_read_only_disk_is_told(
    good: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = access.find_place
    monkeypatch.setattr(access, "find_place", lambda settings: find(settings)._replace(read_only=True))
    result = run_module("dds_log_archive", good["dds_log_archive"], check=True)
    [warning] = warned(result)
    assert warning.startswith("A run could not write here. ")
    assert warning.endswith("is mounted read-only. Mount it for writing.")


def test_on_a_network_disk_everything_works_and_says_once_what_is_not_promised(
    held: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def no_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    def no_modes(_file: object, _mode: int, **_named: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    statvfs = os.statvfs

    def no_size(path: str) -> os.statvfs_result:
        return os.statvfs_result(number if at in (0, 1, 8, 9) else 0 for at, number in enumerate(statvfs(path)))

    monkeypatch.setattr(os, "fsync", no_folders)
    monkeypatch.setattr(os, "chmod", no_modes)
    monkeypatch.setattr(os, "statvfs", no_size)
    share = {"archive": str(tmp_path / "share")}
    for name in COLLECTING:
        result = run_module(name, {**held[name], **share})
        assert result["counts"]["collected"] > 0
        unsynced, modeless = warned(result)
        assert unsynced.startswith(f"The disk of {tmp_path / 'share'} cannot make names of files durable")
        assert modeless.startswith(f"The disk of {tmp_path / 'share'} does not take the mode or owner")
    pruned = run_module("log_archive_prune", {**share, "max_bytes": "1"})
    assert pruned["counts"]["pruned"] > 0
    assert not run_module("log_archive_info", {**share, "verify": "sha256"}).get("failed")
    report = run_module("log_archive_report", {**share, "dest": str(tmp_path / "share-report")})
    assert (report["counts"]["pruned"], warned(report)) == (pruned["counts"]["pruned"], [])
