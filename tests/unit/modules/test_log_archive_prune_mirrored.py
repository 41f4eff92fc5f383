# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pruning what a bucket is proven to have."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.stores import Between, Fault, MotoStore, Store

from ..archives import FIRST, Made
from ..running import run_module

pytestmark = pytest.mark.usefixtures("data_read_once")


@pytest.fixture
def store() -> Iterator[Store]:
    with MotoStore() as store:
        yield store


@pytest.fixture
def made(tmp_path: Path, store: Store) -> Made:
    """An archive of five days, of which the bucket has the first three."""
    made = Made(tmp_path / "archive")
    made.opened()
    made.collected(0, 1, 2)
    mirror(made, store)
    made.collected(3, 4)
    return made


def mirror(made: Made, store: Store) -> dict[str, Any]:
    return run_module("log_archive_mirror", {"archive": str(made.path.parents[3]), **store.options, "prefix": "p"})


def prune(
    made: Made, store: Store, monkeypatch: pytest.MonkeyPatch, *, check: bool = False, **more: Any
) -> dict[str, Any]:
    reached = {name: value for name, value in store.options.items() if name != "region"}
    options = {"archive": str(made.path.parents[3]), "max_age": "1h", "only_mirrored": True, **reached, "prefix": "p"}
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: FIRST + 9.5 * DAY)
        result = run_module("log_archive_prune", {**options, **more}, check=check, diff=True)
    result.pop("invocation", None)
    return result


def test_what_is_proven_there_goes_and_the_ledger_says_where_it_is(
    made: Made, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planned = prune(made, store, monkeypatch, check=True)
    done = prune(made, store, monkeypatch)
    assert planned == done
    assert (done["counts"]["pruned"], done["kept"]["unmirrored"], done["kept"]["newest"]) == (3, 1, 1)
    assert len(made.files()) == 2
    line = json.loads(max(made.path.glob("ledger-*")).read_bytes().splitlines()[-1])
    assert line["reason"] == "max_age 1h; its file is in s3://mirror/p"
    assert {event.kept_in for event in made.ledger.units.values()} == {None, "s3://mirror/p"}
    mirror(made, store)
    # In the bucket it counts, and is missed when it is gone.
    reached = {name: value for name, value in store.options.items() if name != "bucket"}
    look = {"archive": "s3://mirror/p", **reached, "verify": "sha256"}
    assert run_module("log_archive_info", look)["counts"]["collected"] == 5
    key = next(key for key in store.objects() if "/01/" in key)
    store.client.delete_object(Bucket="mirror", Key=key)
    assert [one["kind"] for one in run_module("log_archive_info", look)["problems"]] == ["missing"]
    # What was pruned does not come back with the archive.
    new = Made(tmp_path / "new")
    run_module(
        "log_archive_mirror", {"archive": str(tmp_path / "new"), **store.options, "prefix": "p", "state": "restored"}
    )
    assert new.files() == made.files()


def test_bytes_that_differ_prove_nothing(made: Made, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key = next(key for key in store.objects() if "/01/" in key)
    about = {"sha256": "as if"}
    store.client.put_object(Bucket="mirror", Key=key, Body=b"?" * 100, Metadata=about)
    done = prune(made, store, monkeypatch)
    assert (done["counts"]["pruned"], done["kept"]["unmirrored"]) == (2, 2)


def test_a_bucket_whose_chain_is_broken_proves_nothing(
    made: Made, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = next(key for key in store.objects() if "ledger/" in key)
    store.client.put_object(Bucket="mirror", Key=key, Body=b"{}\n")
    result = prune(made, store, monkeypatch)
    assert result["failed"] and result["counts"]["pruned"] == 0
    assert len(made.files()) == 5


def test_a_store_that_fails_keeps_everything(made: Made, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    way = Between(store)
    way.faults.append(Fault("403 AccessDenied", lambda _call: True, 99))
    with way as seen:
        result = prune(made, seen, monkeypatch)
    assert result["failed"] and "AccessDenied" in result["msg"]
    assert len(made.files()) == 5


def test_the_bucket_must_be_named(made: Made, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "bucket" in prune(made, store, monkeypatch, bucket=None)["msg"]
