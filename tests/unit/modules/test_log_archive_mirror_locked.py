# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Object Lock: what it keeps from being deleted, and what is put over it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import EVERY, HOLD, RELEASED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.stores import MotoStore, RcloneStore, Store
from botocore.exceptions import ClientError

from ..archives import FIRST, Made
from ..running import run_module

pytestmark = pytest.mark.usefixtures("data_read_once")

PREFIX = "logs"
LOCKED: dict[str, Any] = {"retention": {"mode": "compliance", "days": 30}}


@pytest.fixture
def store() -> Iterator[Store]:
    with MotoStore(lock=True) as store:
        yield store


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "archive")
    made.opened()
    made.collected(0, 1, 2)
    made.noted()
    return made


def mirror(made: Made, store: Store, to: Path | None = None, **options: Any) -> dict[str, Any]:
    arguments = {"archive": str(to or made.path.parents[3]), **store.options, "prefix": PREFIX, **options}
    return run_module("log_archive_mirror", arguments)


def info(store: Store, **options: Any) -> dict[str, Any]:
    reached = {name: value for name, value in store.options.items() if name != "bucket"}
    return run_module("log_archive_info", {"archive": f"s3://mirror/{PREFIX}", **reached, **options})


def key_of(made: Made, path: str) -> dict[str, str]:
    return {"Bucket": "mirror", "Key": f"{PREFIX}/{made.folder}/{path}"}


def test_everything_is_locked_and_its_version_recorded(made: Made, store: Store) -> None:
    assert not mirror(made, store, **LOCKED).get("failed")
    head = json.loads(store.objects(f"{PREFIX}/{made.folder}/")["head.json"])
    written = [*made.files(), "ledger/000000000001.jsonl"]
    assert sorted(head["versions"]) == sorted(written)
    for path in (*written, "head.json", "status.json"):
        told = store.client.head_object(**key_of(made, path))
        assert told["ObjectLockMode"] == "COMPLIANCE"
        assert abs(told["ObjectLockRetainUntilDate"].timestamp() - time.time() - 30 * DAY) < 3600
        assert head["versions"].get(path, told["VersionId"]) == told["VersionId"]
        with pytest.raises(ClientError) as refused:
            store.client.delete_object(**key_of(made, path), VersionId=told["VersionId"])
        assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert mirror(made, store, **LOCKED)["changed"] is False
    assert not info(store, verify="sha256").get("failed")


@pytest.mark.parametrize("over", ["deleted", "overwritten"])
def test_what_hides_a_locked_version_is_named_and_the_version_brought(
    made: Made, store: Store, tmp_path: Path, over: str
) -> None:
    mirror(made, store, **LOCKED)
    first, segment = made.files()[0], "ledger/000000000001.jsonl"
    for path in (first, segment):
        if over == "deleted":
            store.client.delete_object(**key_of(made, path))
        else:
            store.client.put_object(**key_of(made, path), Body=b"?" * 100)
    told = info(store, verify="sha256")
    assert {(one["kind"], one["path"]) for one in told["problems"]} == {("hidden", first), ("hidden", segment)}
    what = "the delete marker" if over == "deleted" else "version"
    for one in told["problems"]:
        assert "which is locked until" in one["message"] and f"is hidden by {what}" in one["message"]
    brought = mirror(made, store, tmp_path / "new", state="restored")
    assert (brought.get("failed"), brought["restored"], len(brought["warnings"])) == (None, 3, 2)
    assert made.snapshot().keys()
    new = Made(tmp_path / "new")
    assert {path: (new.path / path).read_bytes() for path in new.files()} == {
        path: (made.path / path).read_bytes() for path in made.files()
    }
    assert new.ledger.head == made.ledger.head


def test_an_instance_of_which_everything_is_hidden_is_found(made: Made, store: Store, tmp_path: Path) -> None:
    mirror(made, store, **LOCKED)
    for path in store.objects(f"{PREFIX}/{made.folder}/"):
        store.client.delete_object(**key_of(made, path))
    told = info(store, verify="size")
    assert {one["kind"] for one in told["problems"]} == {"hidden", "head"}
    assert told["counts"]["collected"] == 3


def test_a_file_that_was_collected_again_hides_nothing(made: Made, store: Store) -> None:
    mirror(made, store, **LOCKED)
    event = next(iter(made.ledger.units.values()))
    (made.path / (event.path or "")).write_bytes(b"anew")
    made.write(made._held(event._replace(reason="fetched again, as its file was damaged"), b"anew"))
    mirror(made, store, **LOCKED)
    assert not info(store, verify="sha256").get("failed")


def held(store: Store, made: Made) -> list[str]:
    """Return the files under a legal hold."""

    def holds(path: str) -> bool:
        return bool(store.client.head_object(**key_of(made, path)).get("ObjectLockLegalHoldStatus") == "ON")

    return [path for path in made.files() if holds(path)]


def test_legal_holds_are_those_of_the_archive(made: Made, store: Store) -> None:
    about = Event(HOLD, Series(EVERY, EVERY), begin=FIRST + DAY, end=FIRST + 4 * DAY, reason="a case")
    mirror(made, store, **LOCKED)
    assert held(store, made) == []
    made.write(about)
    made.collected(3, 4)
    result = mirror(made, store, **LOCKED)
    assert result["changed"] and held(store, made) == made.files()[1:4]
    assert mirror(made, store, **LOCKED)["changed"] is False
    made.write(about._replace(status=RELEASED, reason=None))
    mirror(made, store, **LOCKED)
    assert held(store, made) == []


def test_a_store_that_takes_a_retention_and_does_not_keep_it_is_an_error(made: Made, tmp_path: Path) -> None:
    with RcloneStore(tmp_path / "store") as store:
        result = mirror(made, store, **LOCKED)
        assert (result["failed"], result["failure"]["code"]) == (True, "no_retention")
        assert {path.rpartition("/")[2] for path in store.objects()} == {"head.json"}


def test_a_bucket_without_object_lock_is_told(made: Made) -> None:
    with MotoStore() as store:
        result = mirror(made, store, **LOCKED)
        assert result["failed"]
        assert result["failure"]["kind"] == "parameter"


def test_days_must_be_some(made: Made, store: Store) -> None:
    result = mirror(made, store, retention={"mode": "governance", "days": 0})
    assert "retention: days must be from 1" in result["msg"]
