# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bucket before anything is mirrored to it, and after: what it can is told, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor import bucket
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import Check, Examination
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.chain import Head
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.options import OPTIONS
from ansible_collections.clouddb.mongodb_logs.tests.stores import Between, Fault, MotoStore, RcloneStore, Store
from ansible_collections.clouddb.mongodb_logs.tests.stores.store import SECRET_KEY

from ...archives import Made
from ...running import run_module

pytestmark = pytest.mark.usefixtures("data_read_once")

UNSET = dict.fromkeys(OPTIONS.options)
LOCKED = {"mode": "governance", "days": 3}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive of an instance with three days."""
    made = Made(tmp_path / "archive")
    made.collected(0, 1, 2)
    return made


def mirror(made: Made, store: Store, **options: Any) -> None:
    given = {**store.options, "archive": str(made.path.parents[3]), "prefix": "logs", **options}
    assert "failed" not in run_module("log_archive_mirror", given)


def look(made: Made, store: Store, **options: Any) -> dict[str, Check]:
    """Look at the bucket; nothing is written, and no key is told."""
    examination = Examination()
    way = Between(store)
    with way as seen:
        bucket.examine(examination, {**UNSET, **seen.options, "prefix": "logs", **options}, made.folder)
    assert {call.method for call in way.calls} <= {"GET", "HEAD"}
    assert SECRET_KEY not in str(examination.checks)
    checks = {check.check: check for check in examination.checks}
    assert list(checks) == ["bucket", "conditional_writes", "object_lock"]
    return checks


def states(checks: dict[str, Check]) -> list[str]:
    return [check.state for check in checks.values()]


def test_without_a_bucket_nothing_is_looked_at() -> None:
    examination = Examination()
    bucket.examine(examination, None, "folder")
    assert examination.checks == []


def test_before_anything_is_mirrored(made: Made, tmp_path: Path) -> None:
    with RcloneStore(tmp_path / "store") as store:
        checks = look(made, store)
    assert states(checks) == ["ok", "skipped", "ok"]
    assert "nothing of this instance is there yet" in checks["bucket"].message
    assert "leave concurrent jobs off" in checks["conditional_writes"].message
    assert "keeps no versions" in checks["object_lock"].message


def test_a_store_without_conditional_writes(made: Made, tmp_path: Path) -> None:
    with RcloneStore(tmp_path / "store") as store:
        mirror(made, store)
        checks = look(made, store)
        assert states(checks) == ["ok", "warning", "ok"]
        assert f"up to line {made.ledger.lines}, head {made.ledger.head[:16]}" in checks["bucket"].message
        assert "leave concurrent jobs off" in checks["conditional_writes"].hint
        required = look(made, store, conditional_writes="required")["conditional_writes"]
        assert (required.state, required.code) == ("failure", "no_conditional_writes")
        never = look(made, store, conditional_writes="never")["conditional_writes"]
        assert (never.state, "concurrent jobs off" in never.message) == ("skipped", True)
        # A run that asks for none keeps what is known.
        made.collected(3)
        mirror(made, store, conditional_writes="never")
        assert states(look(made, store)) == ["ok", "warning", "ok"]


def test_a_store_that_can_all_that_is_asked_for(made: Made) -> None:
    with MotoStore(lock=True) as store:
        mirror(made, store, retention=LOCKED)
        checks = look(made, store, retention=LOCKED, conditional_writes="required")
    assert states(checks) == ["ok", "ok", "ok"]
    assert "keeps versions and has Object Lock: governance, 3 days" in checks["object_lock"].message


@pytest.mark.parametrize("kept", [False, True])
def test_a_bucket_without_object_lock(made: Made, kept: bool) -> None:
    with MotoStore() as store:
        if kept:
            store.client.put_bucket_versioning(Bucket="mirror", VersioningConfiguration={"Status": "Enabled"})
        checks = look(made, store, retention=LOCKED)
        lock = checks["object_lock"]
        assert (lock.state, lock.code) == ("failure", "no_retention")
        assert lock.message.startswith(f"The bucket keeps {'' if kept else 'no '}versions")
        assert look(made, store)["object_lock"].state == "ok"


def test_a_store_that_takes_every_header_is_not_believed(made: Made, tmp_path: Path) -> None:
    with RcloneStore(tmp_path / "store") as store:
        assert look(made, store, retention=LOCKED)["object_lock"].code == "no_retention"


@pytest.mark.parametrize(
    ("answer", "state"), [("403 AccessDenied", "warning"), ("501 NotImplemented", "failure"), ("400 Odd", "failure")]
)
def test_a_key_that_may_not_ask_for_object_lock(made: Made, answer: str, state: str) -> None:
    with MotoStore(lock=True) as store:
        way = Between(store)
        way.faults.append(Fault(answer, lambda call: "object-lock" in call.query))
        with way as seen:
            assert look(made, seen, retention=LOCKED)["object_lock"].state == state


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"bucket": "of-nobody"}, "NoSuchBucket"),
        ({"bucket": "A"}, "bad_input"),
        ({"secret_key": "not-the-key"}, "SignatureDoesNotMatch"),
    ],
)
def test_a_bucket_that_cannot_be_reached_is_what_to_mend(
    made: Made, tmp_path: Path, options: dict[str, str], kind: str
) -> None:
    with RcloneStore(tmp_path / "store") as store:
        checks = look(made, store, **options)
    assert states(checks) == ["failure", "skipped", "skipped"]
    assert checks["bucket"].code == kind


def test_a_head_that_cannot_be_read_is_what_to_mend(made: Made) -> None:
    with MotoStore() as store:
        store.client.put_object(Bucket="mirror", Key=f"logs/{made.folder}/head.json", Body=b"{")
        assert look(made, store)["bucket"].code == "bad_head"


def test_a_way_that_anybody_can_read_is_warned_of() -> None:
    finding = bucket.judge_place("s3://logs", ["In the clear."], None)
    assert (finding.state, finding.code) == ("warning", "http")


@pytest.mark.parametrize("known", [None, False, True])
def test_a_head_keeps_what_was_seen(known: bool | None) -> None:
    head = Head(conditional=known)
    assert Head.of(head.document({}, 0), "head.json") == head


def test_what_was_required_and_is_not_so_is_raised() -> None:
    with pytest.raises(CloudError, match="has no conditional writes"):
        bucket.judge_conditions("required", Head(conditional=False))
