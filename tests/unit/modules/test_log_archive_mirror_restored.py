# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bucket read as an archive, and an archive brought back from it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.elsewhere import elsewhere
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import LOST, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.stores import Between, Fault, MotoStore, RcloneStore, Store

from ..archives import FIRST, SLOW, Made
from ..running import run_module

pytestmark = pytest.mark.usefixtures("data_read_once")

PREFIX = "logs/mongodb"
URL = f"s3://mirror/{PREFIX}"


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let repetitions come at once."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture
def store() -> Iterator[Store]:
    with MotoStore() as store:
        yield store


@pytest.fixture
def made(tmp_path: Path, store: Store) -> Made:
    """An archive of two instances, over two months, that the bucket has."""
    Made(tmp_path / "archive", "other", "dds").exported(0, 1)
    made = Made(tmp_path / "archive")
    made.opened()
    made.collected(0, 1, 2, 40)
    late = Event(LOST, SLOW, "20260411T000000Z_20260412T000000Z", FIRST + 41 * DAY, FIRST + 42 * DAY)
    made.ledger.append([late], FIRST + 45 * DAY)
    made.noted()
    assert mirror(made, store)["uploaded"] == 9
    return made


def archive(made: Made) -> Path:
    return made.path.parents[3]


def mirror(made: Made, store: Store, *, check: bool = False, to: Path | None = None, **options: Any) -> dict[str, Any]:
    arguments = {"archive": str(to or archive(made)), **store.options, "prefix": PREFIX, **options}
    result = run_module("log_archive_mirror", arguments, check=check, diff=True)
    result.pop("invocation", None)
    return result


def info(store: Store, **options: Any) -> dict[str, Any]:
    """Read the bucket as an archive."""
    reached = {name: value for name, value in store.options.items() if name != "bucket"}
    return run_module("log_archive_info", {"archive": URL, **reached, **options})


def same(one: Path, other: Path) -> bool:
    left_out = [argument for name in (".lock", "checkpoint.json", "status.json") for argument in ("-x", name)]
    compared = subprocess.run(["diff", "-r", *left_out, str(one), str(other)], capture_output=True, check=False)
    return compared.returncode == 0


@pytest.mark.parametrize("level", ["none", "size", "sha256"])
def test_a_bucket_is_told_of_as_its_archive(made: Made, store: Store, level: str) -> None:
    told = info(store, verify=level)
    own = run_module("log_archive_info", {"archive": str(archive(made)), "verify": level})
    for result in (told, own):
        result.pop("invocation", None)
        assert not result.get("failed"), result["msg"]
    assert told == own
    proven = info(store, verify=level, instances=["uclmongo-1"], expected_head=made.ledger.head)
    assert [one["folder"] for one in proven["instances"]] == [made.folder]


def test_the_other_store_is_read_as_well(made: Made, tmp_path: Path) -> None:
    with RcloneStore(tmp_path / "store") as store:
        mirror(made, store)
        assert not info(store, verify="sha256").get("failed")
        assert mirror(made, store, to=tmp_path / "new", state="restored")["restored"] == 6
    assert same(archive(made), tmp_path / "new")


def test_what_is_wrong_in_a_bucket_is_told(made: Made, store: Store) -> None:
    client, first, second = store.client, *made.files()[:2]
    for path, body in ((first, b"?" * 100), ("node-1/slow/other.log", b"who?")):
        client.put_object(Bucket="mirror", Key=f"{PREFIX}/{made.folder}/{path}", Body=body)
    client.delete_object(Bucket="mirror", Key=f"{PREFIX}/{made.folder}/{second}")
    told = info(store, verify="sha256")
    problems = {(one["kind"], one["path"]) for one in told["problems"]}
    assert problems == {("sha256", first), ("missing", second), ("unrecorded", "node-1/slow/other.log")}


def test_a_chain_with_a_hole_or_an_altered_line_is_told_and_not_restored(
    made: Made, store: Store, tmp_path: Path
) -> None:
    key = f"{PREFIX}/{made.folder}/ledger/000000000001.jsonl"
    whole = store.client.get_object(Bucket="mirror", Key=key)["Body"].read()
    store.client.put_object(Bucket="mirror", Key=key, Body=whole.replace(b'"v":1', b'"v":2', 1))
    assert {one["kind"] for one in info(store)["problems"]} == {"chain"}
    restored = mirror(made, store, to=tmp_path / "new", state="restored", instances=["uclmongo-1"])
    assert restored["failure"]["code"] == "altered"
    assert not (tmp_path / "new").exists()
    store.client.put_object(Bucket="mirror", Key=key, Body=whole.splitlines(keepends=True)[0])
    assert {one["kind"] for one in info(store)["problems"]} == {"chain", "head"}
    store.client.put_object(Bucket="mirror", Key=f"{PREFIX}/{made.folder}/head.json", Body=b"{}")
    assert "head" in {one["kind"] for one in info(store)["problems"]}


def test_a_bucket_without_instances_is_no_proof(made: Made, store: Store) -> None:
    nothing = store._replace(bucket="empty")
    store.client.create_bucket(Bucket="empty")
    reached = {name: value for name, value in nothing.options.items() if name != "bucket"}
    for level, failed in (("none", None), ("size", True)):
        result = run_module("log_archive_info", {"archive": "s3://empty", **reached, "verify": level})
        assert result.get("failed") is failed
    assert info(store, instances=["who"])["failure"]["code"] == "no_instance"


def test_check_mode_says_what_is_then_restored_once(made: Made, store: Store, tmp_path: Path) -> None:
    new = tmp_path / "new"
    planned = mirror(made, store, to=new, state="restored", check=True)
    assert not new.exists()
    done = mirror(made, store, to=new, state="restored")
    assert planned == done
    assert (done["changed"], done["restored"], done["left"], done["bytes"]) == (True, 6, 0, 600)
    assert done["heads"][made.folder] == made.ledger.head
    assert done["diff"]["after"].count("\n") == 9
    assert same(archive(made), new)
    assert (new / made.folder / "status.json").read_bytes() == (made.path / "status.json").read_bytes()
    assert (new / made.folder / made.files()[0]).stat().st_mode & 0o777 == 0o640
    for check in (True, False):
        again = mirror(made, store, to=new, state="restored", check=check)
        assert (again["changed"], again["restored"], again["diff"]["after"]) == (False, 0, "")
    # and what was restored is what the bucket has
    assert mirror(made, store, to=new)["changed"] is False


def test_some_days_of_some_instances_are_restored(made: Made, store: Store, tmp_path: Path) -> None:
    new = tmp_path / "new"
    some: dict[str, Any] = {"begin": "2026-03-02T00:00:00Z", "end": "2026-03-03T00:00:00Z", "instances": ["uclmongo-1"]}
    done = mirror(made, store, to=new, state="restored", **some)
    assert (done["restored"], done["left"]) == (1, 3)
    assert done["head"] == made.ledger.head
    there = run_module("log_archive_info", {"archive": str(new), "verify": "sha256"})
    assert not there.get("failed")
    assert there["instances"][0]["elsewhere"] == URL
    refused = mirror(made, store, to=new, state="restored", begin="2026-03-03T00:00:00Z", end="2026-03-02T00:00:00Z")
    assert "end" in refused["msg"]


def test_without_files_they_are_not_missing_and_what_is_lost_later_is(made: Made, store: Store, tmp_path: Path) -> None:
    new = tmp_path / "new"
    assert mirror(made, store, to=new, state="restored", files=False)["left"] == 6
    here = Made(new)
    assert here.files() == []
    here.collected(41)
    verified = {"archive": str(new), "verify": "size"}
    assert not run_module("log_archive_info", verified).get("failed")
    (here.path / here.files()[0]).unlink()
    assert [one["kind"] for one in run_module("log_archive_info", verified)["problems"]] == ["missing"]


def test_a_search_says_where_the_files_are_that_are_not_here(made: Made, store: Store, tmp_path: Path) -> None:
    new = tmp_path / "new"
    mirror(made, store, to=new, state="restored", begin="2026-03-02T00:00:00Z", end="2026-03-03T00:00:00Z")
    found = run_module("log_archive_search", {"archive": str(new), "instances": ["uclmongo-1"]})
    reasons = {one["file"].rpartition("/")[0][-10:]: one["reason"] for one in found["unread"] if URL in one["reason"]}
    assert reasons == dict.fromkeys(("2026/03/01", "2026/03/03", "2026/04/10"), f"not here, in {URL}")


@pytest.mark.parametrize("noted", ["", "ledger-2027-01.jsonl:0:1"])
def test_the_ledger_that_was_brought_is_not_read_again_unless_what_was_noted_of_it_does_not_fit(
    made: Made, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noted: str
) -> None:
    new = tmp_path / "new"
    mirror(made, store, to=new, state="restored", files=False)
    here = Made(new)
    [later] = here.collected(41)
    status = here.path / "status.json"
    value = json.loads(status.read_text())
    value["elsewhere"]["head_at"] = noted or value["elsewhere"]["head_at"]
    status.write_text(json.dumps(value))
    held = survey.holding(str(new), here.folder)
    read: list[tuple[str, int]] = []
    lines = Tree.lines

    def noting(self: Tree, path: str, offset: int = 0) -> Iterator[bytes]:
        read.append((path, offset))
        return lines(self, path, offset)

    monkeypatch.setattr(Tree, "lines", noting)
    away = elsewhere(held)
    assert away is not None
    assert [path for path, _offset in read] == (
        ["ledger-2026-03.jsonl", "ledger-2026-04.jsonl"] if noted else ["ledger-2026-04.jsonl"]
    )
    events = [event for event in (*made.ledger.units.values(), later) if event.status != LOST]
    assert [away.has(event) for event in events] == [True] * 4 + [False]


def test_a_ledger_that_is_another_hides_nothing_that_is_missing(made: Made, store: Store, tmp_path: Path) -> None:
    new = tmp_path / "new"
    mirror(made, store, to=new, state="restored", files=False)
    status = new / made.folder / "status.json"
    status.write_text(status.read_text().replace(made.ledger.head, "0" * 64))
    found = run_module("log_archive_info", {"archive": str(new), "verify": "size"})
    assert {one["kind"] for one in found["problems"]} == {"missing"}


def test_where_something_is_nothing_is_restored(made: Made, store: Store, tmp_path: Path) -> None:
    new = tmp_path / "new"
    mirror(made, store, to=new, state="restored")
    Made(new).collected(50)
    before = Made(new).snapshot()
    taken = mirror(made, store, to=new, state="restored", instances=["uclmongo-1"])
    assert taken["failure"]["code"] == "occupied"
    assert Made(new).snapshot() == before
    stray = Made(tmp_path / "stray")
    stray.file("node-1/slow/whose.log", b"?")
    assert mirror(made, store, to=tmp_path / "stray", state="restored")["failure"]["code"] in ("occupied", "incomplete")
    other = Made(tmp_path / "again")
    other.file(made.files()[0], b"?")
    result = mirror(made, store, to=tmp_path / "again", state="restored", instances=["uclmongo-1"])
    assert (result["failure"]["code"], other.files()) == ("occupied", [made.files()[0]])


def test_a_file_that_is_damaged_in_the_bucket_makes_no_archive(made: Made, store: Store, tmp_path: Path) -> None:
    new, first = tmp_path / "new", made.files()[0]
    key = f"{PREFIX}/{made.folder}/{first}"
    whole = (made.path / first).read_bytes()
    store.client.put_object(Bucket="mirror", Key=key, Body=b"?" * len(whole))
    result = mirror(made, store, to=new, state="restored", instances=["uclmongo-1"])
    assert [[one["kind"], one["path"]] for one in result["problems"]] == [["sha256", first]]
    assert list((new / made.folder).glob("ledger-*")) == []
    assert list(new.rglob("*.part")) == []
    store.client.put_object(Bucket="mirror", Key=key, Body=whole)
    assert mirror(made, store, to=new, state="restored", instances=["uclmongo-1"])["restored"] == 1
    assert same(made.path, new / made.folder)


@pytest.mark.parametrize("moment", range(14))
def test_a_restore_that_is_killed_is_carried_on(
    made: Made, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    new, steps = tmp_path / "new", iter(range(1000))
    with monkeypatch.context() as patch:
        for name in ("publish", "replace"):
            step = getattr(Tree, name)

            def watched(*args: Any, step: Any = step, **how: Any) -> Any:
                if next(steps) == moment:
                    raise Killed
                done = step(*args, **how)
                if next(steps) == moment:
                    raise Killed
                return done

            patch.setattr(Tree, name, watched)
        with pytest.raises(Killed):
            mirror(made, store, to=new, state="restored", instances=["uclmongo-1"], workers=1)
    assert not mirror(made, store, to=new, state="restored", instances=["uclmongo-1"]).get("failed")
    assert same(made.path, new / made.folder)
    assert not run_module("log_archive_info", {"archive": str(new), "verify": "sha256"}).get("failed")


@pytest.mark.parametrize("kind", ["cut_within", "503 SlowDown", "cut_before"])
def test_faults_that_pass_are_borne(made: Made, store: Store, tmp_path: Path, kind: str) -> None:
    way = Between(store)
    way.faults.append(Fault(kind, lambda call: call.key.endswith(".tar.gz"), 2))
    with way as seen:
        assert mirror(made, seen, to=tmp_path / "new", state="restored", workers=1)["restored"] == 6
    assert same(archive(made), tmp_path / "new")


def test_a_store_that_fails_is_told(made: Made, store: Store, tmp_path: Path) -> None:
    way = Between(store)
    way.faults.append(Fault("403 AccessDenied", lambda call: call.key.endswith(".tar.gz"), 99))
    with way as seen:
        result = mirror(made, seen, to=tmp_path / "new", state="restored")
    assert (result["failure"]["kind"], result["failed"]) == ("permission", True)


def test_of_an_instance_that_is_in_no_bucket_yet(made: Made, store: Store, tmp_path: Path) -> None:
    new = tmp_path / "new"
    assert mirror(made, store, to=new, state="restored", instances=["fresh"])["failure"]["code"] == "no_instance"
    result = mirror(made, store, to=new, state="restored", instances=["fresh"], must_exist=False)
    assert (result.get("failed"), result["changed"], result["heads"]) == (None, False, {})
    some = mirror(made, store, to=new, state="restored", instances=["uclmongo-1", "fresh"], must_exist=False)
    assert set(some["heads"]) == {made.folder}


def test_an_archive_that_was_lost_is_restored_and_collected_on_without_a_unit_asked_for_twice(
    emulator: Emulator, good: dict[str, dict[str, Any]], store: Store, tmp_path: Path
) -> None:
    options, new = good["umongodb_log_archive"], tmp_path / "new"
    first = run_module("umongodb_log_archive", options)
    place = {**store.options, "prefix": PREFIX}
    assert run_module("log_archive_mirror", {"archive": options["archive"], **place})["uploaded"] > 1
    restored = run_module("log_archive_mirror", {"archive": str(new), **place, "state": "restored"})
    assert restored["head"] == first["head"]
    assert same(Path(options["archive"]), new)
    asked = len(emulator.world.packages)
    assert run_module("umongodb_log_archive", {**options, "archive": str(new)})["changed"] is False
    emulator.clock.advance(86400)
    again = run_module("umongodb_log_archive", {**options, "archive": str(new), "lookback": "2d"})
    assert again["counts"]["collected"] > 0
    windows = [(p.node_id, p.log_type, p.begin, p.end) for p in emulator.world.packages]
    assert len(windows) > asked and len(set(windows)) == len(windows)
    # The archive that was lost comes up again, and must not be mirrored over the one that went on.
    run_module("log_archive_mirror", {"archive": str(new), **place})
    old = run_module("log_archive_mirror", {"archive": options["archive"], **place})
    assert old["failure"]["code"] == "another_run"
