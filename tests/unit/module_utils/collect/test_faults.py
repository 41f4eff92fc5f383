# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with the disk, the way and the server: a clear error, nothing half done, and the next run carries on."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from .conftest import Cluster, Instance, verify

needs_mount = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[Callable[[str], None]]:
    """Mount a file system of a size; yields what remounts it with other options."""
    path.mkdir()

    def mount(options: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
        subprocess.run(command, check=True, capture_output=True, text=True)

    try:
        mount(f"size={size}")
    except subprocess.CalledProcessError as error:
        # not every root may, as in a container
        pytest.skip(f"a small file system cannot be mounted here: {error.stderr.strip()}")
    try:
        yield lambda options: mount(f"remount,{options}")
    finally:
        subprocess.run(["umount", str(path)], check=True)


@needs_mount
def test_a_full_disk_is_told_of_and_the_next_run_carries_on(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in range(1, 9):
        instance.add_log(hours, size=16_000)
    sizes = [log.size for log in instance.instance.audit_logs]
    with small_disk(instance.archive, "128k") as remount:
        with monkeypatch.context() as patch:
            # The room goes to others once the run has begun, or nothing would be begun at all.
            patch.setattr(Tree, "free", lambda _tree: 1_000_000)
            outcome = collect_on_full_disk(instance)
        assert "No space left on device" in (outcome.message() or "")
        assert 0 < outcome.result("", 9)["counts"]["collected"] < 8
        remount("size=1m")
        later = instance.collect()
        assert later.message() is None
        assert outcome.result("", 9)["counts"]["collected"] + later.result("", 9)["counts"]["collected"] == 8
        assert sum(line["size"] or 0 for line in verify(instance.archive / instance.folder)) == sum(sizes)


def collect_on_full_disk(instance: Instance) -> Any:
    """Collect without the verification that a written status is part of."""
    instance.verifies = False
    try:
        return instance.collect()
    finally:
        instance.verifies = True


@needs_mount
def test_too_little_room_is_told_of_before_anything_is_begun(instance: Instance) -> None:
    instance.add_log(1, size=900_000)
    with small_disk(instance.archive, "256k"):
        outcome = instance.collect()
        assert "900000 bytes are due" in (outcome.message() or "")
        assert instance.calls("object") == 0


@needs_mount
def test_a_read_only_disk_is_told_of(cluster: Cluster) -> None:
    with small_disk(cluster.archive, "1m") as remount:
        cluster.collect(lookback=DAY)
        remount("ro")
        assert cluster.collect(lookback=DAY, check=True).changed is False
        with pytest.raises(ArchiveError, match="Read-only file system"):
            cluster.collect(lookback=DAY)


@pytest.mark.parametrize("depth", range(1, 7))
@pytest.mark.parametrize("plant", ["link", "file", "folder"])
def test_what_stands_in_the_way_is_named_and_left_alone(cluster: Cluster, plant: str, depth: int) -> None:
    cluster.collect(lookback=DAY)
    folder = cluster.archive / cluster.folder
    file = next(path for path in folder.rglob("*.tar.gz"))
    place = folder.joinpath(*file.relative_to(folder).parts[:depth])
    outside = cluster.archive.parent / "outside"
    outside.mkdir()
    shutil.rmtree(folder)
    place.parent.mkdir(parents=True)
    if plant == "link":
        place.symlink_to(outside, target_is_directory=True)
    elif plant == "file":
        place.write_text("in the way")
    else:
        place.mkdir()
    harmless = (plant == "folder" and depth < 6) or (plant == "file" and depth == 6)
    cluster.verifies = False
    if harmless and plant == "folder":
        assert cluster.collect(lookback=DAY).message() is None
    elif harmless:
        with pytest.raises(ArchiveError, match="holds files but no ledger"):
            cluster.collect(lookback=DAY)
    else:
        try:
            message = cluster.collect(lookback=DAY).message()
        except ArchiveError as error:
            message = error.message
        assert str(place.relative_to(folder)) in (message or "")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", [".lock", "status.json", "ledger-2026-03.jsonl"])
def test_a_symbolic_link_in_place_of_a_file_is_not_followed(cluster: Cluster, name: str) -> None:
    cluster.collect(lookback=DAY)
    path = cluster.archive / cluster.folder / name
    path.unlink(missing_ok=True)
    target = cluster.archive.parent / "target"
    target.write_text("untouched")
    path.symlink_to(target)
    cluster.verifies = False
    with pytest.raises(ArchiveError, match=name):
        cluster.collect(lookback=DAY)
    assert target.read_text() == "untouched"


def test_an_fsync_that_fails_commits_nothing(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Cluster(cluster.emulator, cluster.archive.parent / "whole")
    count = 0

    def counting(descriptor: int) -> None:
        nonlocal count
        count += 1
        real(descriptor)

    real = os.fsync
    monkeypatch.setattr(os, "fsync", counting)
    whole.collect(lookback=2 * DAY)
    for fatal in range(1, count + 1, 3):
        calls = 0

        def failing(descriptor: int, fatal: int = fatal) -> None:
            nonlocal calls
            calls += 1
            if calls == fatal:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            real(descriptor)

        one = Cluster(cluster.emulator, cluster.archive.parent / str(fatal))
        one.verifies = False
        monkeypatch.setattr(os, "fsync", failing)
        try:
            outcome = one.collect(lookback=2 * DAY)
            # Without a checkpoint, which only spares reading, nothing is missing.
            message = outcome.message() or " ".join(outcome.warnings)
        except ArchiveError as error:
            message = error.message
        assert "Input/output error" in message or calls < fatal
        monkeypatch.setattr(os, "fsync", real)
        one.verifies = True
        assert one.collect(lookback=2 * DAY).message() is None
        assert one.collect(lookback=2 * DAY).changed is False


def test_a_second_run_is_told_who_is_at_work_or_waits(cluster: Cluster) -> None:
    cluster.collect(lookback=DAY)
    tree = Tree(str(cluster.archive / cluster.folder), Ownership())
    with Lock(tree, ".lock").held(0, 0):
        calls = len(cluster.emulator.requests)
        with pytest.raises(ArchiveError, match=f"process {os.getpid()} on ") as caught:
            cluster.collect(lookback=DAY)
        assert caught.value.code == "locked"
        with pytest.raises(ArchiveError, match="is being written by"):
            cluster.collect(lookback=DAY, settings={"lock_timeout": 3.0})
        assert len(cluster.emulator.requests) == calls
    assert cluster.collect(lookback=DAY).message() is None


def test_a_cut_download_goes_on_where_it_stopped(instance: Instance) -> None:
    log = instance.add_log(1, size=3_000_000)
    instance.emulator.faults.add(Fault("object", "cut_body", times=2, args={"keep": 1_000_000}))
    outcome = instance.collect()
    assert outcome.message() is None
    assert outcome.resumed == 2
    ranges = [record.headers.get("range") for record in instance.emulator.requests if record.action == "object"]
    assert ranges[0] is None
    assert all(asked and asked.startswith("bytes=") for asked in ranges[1:])
    assert [event.unit for event in outcome.done if event.status == "collected"] == [log]


def test_a_link_that_expires_in_mid_download_is_renewed_and_the_download_goes_on(instance: Instance) -> None:
    instance.add_log(1, size=3_000_000)
    instance.emulator.faults.add(Fault("object", "cut_body", args={"keep": 1_500_000}))
    instance.emulator.faults.add(Fault("object", "expired_link", skip=1))
    outcome = instance.collect()
    assert outcome.message() is None
    assert outcome.resumed == 1
    assert instance.calls("AuditLogLinks") == 3


def test_a_link_that_is_always_refused_is_renewed_once(instance: Instance) -> None:
    instance.add_log(1)
    instance.emulator.faults.add(Fault("object", "expired_link", times=None))
    assert "no longer accepts the link" in (instance.collect().message() or "")
    assert instance.calls("AuditLogLinks") == 2


def test_throttling_slows_the_run_and_is_told(cluster: Cluster) -> None:
    cluster.emulator.faults.add(Fault("ListUMongoDBLogPackage", "throttled", times=2))
    cluster.emulator.faults.add(Fault("BackupUMongoDBLog", "throttled", times=2))
    outcome = cluster.collect()
    assert outcome.message() is None
    assert outcome.result("", 1)["throttled_seconds"] > 0.5
    assert set(cluster.packages().values()) == {1}


def test_retry_after_is_honoured(instance: Instance) -> None:
    instance.add_log(1)
    instance.emulator.faults.add(Fault("ListAuditLogs", "throttled", args={"retry_after": 7}))
    outcome = instance.collect()
    assert outcome.message() is None
    assert 7 <= outcome.throttled < 8


def test_an_api_that_goes_down_in_mid_run_costs_a_few_deadlines_and_the_next_run_goes_on(instance: Instance) -> None:
    logs = {instance.add_log(hours) for hours in range(1, 121)}
    emulator = instance.emulator
    emulator.faults.add(Fault("AuditLogLinks", "http", times=None, skip=1, args={"status": 503}))
    begin = emulator.clock.now()
    outcome = instance.collect(settings={"workers": 2})
    assert emulator.clock.now() - begin < 4 * 30
    kept = {event.unit for event in outcome.done if event.status == "collected"}
    missing = outcome.result("", 999)["missing"]
    assert 0 < len(kept) < len(logs)
    assert {unit["unit"] for unit in missing} == logs - kept
    assert {unit["failure"]["code"] for unit in missing} == {"DBS.280005"}
    emulator.faults.clear()
    assert {event.unit for event in instance.collect().done if event.status == "collected"} == logs - kept


@pytest.mark.parametrize("seconds", [None, 20, 3600])
def test_a_store_that_throttles_for_ever_costs_a_few_deadlines_whatever_it_asks_for(
    instance: Instance, seconds: int | None
) -> None:
    for hours in range(1, 61):
        instance.add_log(hours)
    emulator = instance.emulator
    args = {"retry_after": seconds} if seconds else {}
    emulator.faults.add(Fault("object", "throttled", times=None, args=args))
    begin = emulator.clock.now()
    outcome = instance.collect()
    assert emulator.clock.now() - begin < 4 * 30
    assert {unit["failure"]["code"] for unit in outcome.result("", 99)["missing"]} == {"503"}
