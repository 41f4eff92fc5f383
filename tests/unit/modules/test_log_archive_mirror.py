# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log_archive_mirror`` against two stores that others wrote, with faults on the way."""

from __future__ import annotations

import builtins
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import botocore
import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.action import log_archive_mirror
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import PRUNED
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import bucket, put
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Moment, Teller, words
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._in_process import called
from ansible_collections.clouddb.mongodb_logs.tests.stores import Between, Call, Fault, MotoStore, RcloneStore, Store
from ansible_collections.clouddb.mongodb_logs.tests.stores.rclone import PROGRAM
from ansible_collections.clouddb.mongodb_logs.tests.stores.store import ACCESS_KEY, SECRET_KEY

from ..archives import SLOW, Made
from ..certificates import issue
from ..running import run_module

pytestmark = pytest.mark.usefixtures("data_read_once")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let repetitions come at once."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture(params=["rclone", "moto"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Run a store that knows conditional writes, and one that ignores them."""
    with RcloneStore(tmp_path / "store") if request.param == "rclone" else MotoStore() as store:
        yield store


@pytest.fixture
def moto() -> Iterator[Store]:
    """Run the store that knows versions and conditions."""
    with MotoStore() as store:
        yield store


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive of an instance with three days, of which something was noted."""
    made = Made(tmp_path / "archive")
    made.opened()
    made.collected(0, 1, 2)
    made.noted()
    return made


def options_of(made: Made, store: Store, **options: Any) -> dict[str, Any]:
    return {"archive": str(made.path.parents[3]), **store.options, "prefix": "logs/mongodb", **options}


def mirror(made: Made, store: Store, *, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run the module; what it returns holds no key."""
    result = run_module("log_archive_mirror", options_of(made, store, **options), check=check, diff=True)
    result.pop("invocation", None)
    assert SECRET_KEY not in str(result)
    assert ACCESS_KEY not in str(result)
    return result


def watched(made: Made, store: Store, **options: Any) -> list[Moment]:
    """Call the module's function, as a worker of Ansible does, and return what is told meanwhile."""
    moments: list[Moment] = []
    function = log_archive_mirror.ActionModule.functions["log_archive_mirror"]

    def tell(moment: Moment) -> bool:
        moments.append(moment)
        return True

    given, tellers = options_of(made, store, **options), (Teller(tell, 0, 0),)
    result = called("log_archive_mirror", function, given, check_mode=False, diff=False, tellers=tellers)
    assert "failed" not in result, result
    return moments


def objects(store: Store, made: Made) -> dict[str, bytes]:
    """Return what the bucket has of the instance."""
    return store.objects(f"logs/mongodb/{made.folder}/")


def check_complete(store: Store, made: Made) -> None:
    """See that the bucket has every file and the whole chain, and says so."""
    found = objects(store, made)
    assert {path: data for path, data in found.items() if path in made.files()} == {
        path: (made.path / path).read_bytes() for path in made.files()
    }
    chain = b"".join(found[key] for key in sorted(found) if key.startswith("ledger/"))
    assert chain == b"".join(path.read_bytes() for path in sorted(made.path.glob("ledger-*.jsonl")))
    head = json.loads(found["head.json"])
    assert (head["head"], head["lines"]) == (made.ledger.head, made.ledger.lines)
    assert found["status.json"] == (made.path / "status.json").read_bytes()
    own = {"head.json", "status.json", *(key for key in found if key.startswith("ledger/"))}
    assert set(found) - own == set(made.files())


def test_check_mode_says_what_the_run_then_does_once(made: Made, store: Store) -> None:
    planned = mirror(made, store, check=True)
    assert store.objects() == {}
    done = mirror(made, store)
    assert done.pop("conditional_writes") in (True, False)
    assert planned == done
    lines = made.path.glob("ledger-*").__next__().stat().st_size
    assert (done["changed"], done["uploaded"], done["bytes"]) == (True, 4, 300 + lines)
    assert done["heads"] == {made.folder: made.ledger.head}
    assert done["head"] == made.ledger.head
    assert done["diff"]["after"].count("\n") == 5
    check_complete(store, made)
    for check in (True, False):
        again = mirror(made, store, check=check)
        assert (again["changed"], again["uploaded"], again["bytes"]) == (False, 0, 0)
        assert (again["diff"]["before"], again["diff"]["after"]) == ("", "")
        assert again["head"] == made.ledger.head


def test_with_nothing_to_do_one_object_an_instance_is_read(made: Made, store: Store, tmp_path: Path) -> None:
    Made(tmp_path / "archive", "other").collected(0)
    mirror(made, store)
    way = Between(store)
    with way as seen:
        mirror(made, seen)
    assert [(call.method, call.key.rpartition("/")[2]) for call in way.calls] == [("GET", "head.json")] * 2


def test_what_is_new_comes_in_the_order_of_a_commit(made: Made, store: Store) -> None:
    mirror(made, store)
    made.collected(3, 4)
    made.noted()
    way = Between(store)
    with way as seen:
        result = mirror(made, seen, workers=1, conditional_writes="never")
    assert result["uploaded"] == 3
    names = [call.key.removeprefix(f"mirror/logs/mongodb/{made.folder}/") for call in way.of("PUT")]
    assert names == [*made.files()[3:], "ledger/000000000005.jsonl", "status.json", "head.json"]
    check_complete(store, made)
    segment = told(store, made, "ledger/000000000005.jsonl")
    assert (segment["month"], segment["head"], segment["lines"]) == ("2026-03", made.ledger.head, "2")
    first = made.files()[0]
    assert told(store, made, first)["sha256"] == hashlib.sha256((made.path / first).read_bytes()).hexdigest()


def told(store: Store, made: Made, path: str) -> dict[str, str]:
    """Return what is written beside an object."""
    about = store.client.head_object(Bucket="mirror", Key=f"logs/mongodb/{made.folder}/{path}")["Metadata"]
    return {name.lower(): value for name, value in about.items()}


def test_a_new_look_of_the_last_run_is_told_and_is_no_change(made: Made, moto: Store) -> None:
    mirror(made, moto)
    made.noted(last_attempt="2026-03-02T00:00:00Z")
    way = Between(moto)
    with way as seen:
        result = mirror(made, seen)
    assert (result["changed"], result["uploaded"]) == (False, 0)
    assert [call.key.rpartition("/")[2] for call in way.of("PUT")] == ["status.json", "head.json"]
    check_complete(moto, made)


def test_what_a_run_pruned_before_is_not_missed(made: Made, moto: Store) -> None:
    gone = made.files()[0]
    event = next(event for event in made.ledger.units.values() if event.path == gone)
    made.write(event._replace(status=PRUNED))
    (made.path / gone).unlink()
    assert mirror(made, moto)["uploaded"] == 3
    check_complete(moto, made)


def test_a_damaged_file_is_named_and_holds_its_ledger_back(made: Made, moto: Store) -> None:
    first, second = made.files()[:2]
    whole = (made.path / first).read_bytes()
    (made.path / first).write_bytes(b"?" * 100)
    (made.path / second).unlink()
    result = mirror(made, moto)
    assert result["failed"] and result["failure"]["code"] == "incomplete"
    assert [[one["kind"], one["path"]] for one in result["problems"]] == [["sha256", first], ["missing", second]]
    assert result["uploaded"] == 1
    found = objects(moto, made)
    assert set(found) == {made.files()[-1], "head.json"}
    assert json.loads(found["head.json"])["lines"] == 0
    for path in (first, second):
        (made.path / path).write_bytes(whole if path == first else (hashlib.sha256(path.encode()).digest() * 4)[:100])
    assert mirror(made, moto)["uploaded"] == 3
    check_complete(moto, made)


def test_a_file_that_was_collected_again_takes_the_place_of_the_damaged_one(made: Made, moto: Store) -> None:
    mirror(made, moto)
    event = next(iter(made.ledger.units.values()))
    content = b"made anew"
    (made.path / (event.path or "")).write_bytes(content)
    fresh = event._replace(
        size=9, sha256=hashlib.sha256(content).hexdigest(), reason="fetched again, as its file was damaged"
    )
    made.write(fresh)
    assert mirror(made, moto)["uploaded"] == 2
    check_complete(moto, made)


def test_another_file_in_the_bucket_is_named_and_left(made: Made, store: Store) -> None:
    path = made.files()[1]
    key = f"logs/mongodb/{made.folder}/{path}"
    store.client.put_object(Bucket="mirror", Key=key, Body=b"somebody else's")
    result = mirror(made, store)
    assert [[one["kind"], one["path"]] for one in result["problems"]] == [["other", path]]
    assert objects(store, made)[path] == b"somebody else's"
    # A copy that somebody else made is as good.
    store.client.put_object(Bucket="mirror", Key=key, Body=(made.path / path).read_bytes())
    assert not mirror(made, store).get("failed")
    check_complete(store, made)


def test_an_archive_that_goes_on_differently_ends_with_that(made: Made, moto: Store, tmp_path: Path) -> None:
    mirror(made, moto)
    before = moto.objects()
    other = Made(tmp_path / "elsewhere")
    other.opened()
    other.collected(0, 5)
    for check in (True, False):
        result = mirror(other, moto, check=check)
        assert result["failure"]["code"] == "another_run"
        assert "another run has mirrored" in result["msg"]
        assert "changed" in result and result["uploaded"] == 0
    assert moto.objects() == before


def test_an_altered_ledger_is_not_mirrored(made: Made, moto: Store) -> None:
    made.altered(1)
    result = mirror(made, moto)
    assert result["failure"]["code"] == "altered"
    assert moto.objects() == {}


def test_a_fault_of_one_instance_does_not_stop_another(made: Made, moto: Store, tmp_path: Path) -> None:
    other = Made(tmp_path / "archive", "aaa")
    other.collected(0, 1)
    other.altered()
    result = mirror(made, moto)
    assert result["problems"][0]["instance"] == other.folder
    assert result["heads"] == {made.folder: made.ledger.head}
    check_complete(moto, made)


def test_large_files_go_in_parts_and_on_where_a_run_ended(
    made: Made, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(put, "LIMIT", 5 * 1024 * 1024)
    monkeypatch.setattr(put, "PART", 5 * 1024 * 1024)
    content = hashlib.sha256(b"large").digest() * (12 * 1024 * 32)
    made.holds(content, day=5)
    fails = Fault("403 AccessDenied", lambda call: call.method == "PUT" and "partNumber" in call.query)
    way = Between(store)
    with way as seen:
        fails.hits = lambda call: call.method == "PUT" and "partNumber" in call.query and call.size < 5 * 1024 * 1024
        way.faults.append(fails)
        result = mirror(made, seen, workers=1)
        assert (result["failed"], result["failure"]["kind"]) == (True, "permission")
        parts = len(way.of("PUT", query="partNumber"))
        assert not mirror(made, seen).get("failed")
    assert len(way.of("PUT", query="partNumber")) - parts <= 3
    check_complete(store, made)


def test_parts_are_as_large_and_as_few_as_stores_take() -> None:
    assert put.part_size(0) >= 5 * 2**20
    assert put.part_size(200 * 2**30) * 10_000 >= 200 * 2**30


def test_it_is_told_how_far_it_has_come_both_ways(
    made: Made, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(put, "LIMIT", 5 << 20)
    monkeypatch.setattr(put, "PART", 5 << 20)
    made.collected(3, size=11 << 20)
    way = Between(store)
    with way as seen:
        way.faults.append(Fault("503 SlowDown", lambda call: call.method == "PUT" and "partNumber" in call.query, 1))
        moments = watched(made, seen)
    assert {words(moment).partition(":")[0] for moment in moments} == {"uclmongo-1"}
    assert [moment.seen.files for moment in moments] == sorted(moment.seen.files for moment in moments)
    # What is large is told of part by part.
    held = [moment.seen.bytes for moment in moments]
    assert {300, 300 + (5 << 20), 300 + (10 << 20)} <= {*held}
    assert words(moments[-1]._replace(rate=None, left=None)) == "uclmongo-1: 3 of 4 files, 10.0 MiB of 11.0 MiB"
    assert "throttled by the store" in {moment.seen.waiting for moment in moments}
    moments = watched(made, store, archive=str(tmp_path / "restored"), state="restored")
    last = moments[-1].seen
    assert (last.files_total, last.bytes_total) == (4, 300 + (11 << 20))
    assert last.files <= 4
    assert last.bytes <= 300 + (11 << 20)
    assert {words(moment).partition(":")[0] for moment in moments} == {"uclmongo-1"}


def test_a_large_file_that_is_damaged_is_not_put(made: Made, moto: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(put, "LIMIT", 5 * 1024 * 1024)
    event = made.holds(b"7" * (6 * 1024 * 1024), day=5)
    (made.path / (event.path or "")).write_bytes(b"8" * (6 * 1024 * 1024))
    result = mirror(made, moto)
    assert [one["kind"] for one in result["problems"]] == ["sha256"]
    assert event.path not in objects(moto, made)


def a_unit(call: Call) -> bool:
    return call.method == "PUT" and call.key.endswith(".tar.gz")


def a_segment(call: Call) -> bool:
    return call.method == "PUT" and call.key.endswith(".jsonl")


@pytest.mark.parametrize("hits", [a_unit, a_segment], ids=["unit", "segment"])
@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "503 SlowDown", "500 InternalError", "damaged"])
def test_faults_that_pass_are_borne(made: Made, store: Store, kind: str, hits: Any) -> None:
    if kind == "damaged" and store.name == "moto":
        return  # which does not compare the MD5 that it is sent
    way = Between(store)
    way.faults.append(Fault(kind, hits, 2))
    with way as seen:
        assert not mirror(made, seen).get("failed")
    assert way.faults[0].times == 0
    check_complete(store, made)
    assert mirror(made, store)["changed"] is False


def test_an_answer_that_is_cut_is_read_again(made: Made, moto: Store) -> None:
    mirror(made, moto)
    way = Between(moto)
    way.faults.append(Fault("cut_within", lambda call: call.key.endswith("head.json"), 2))
    with way as seen:
        assert mirror(made, seen)["changed"] is False


@pytest.mark.parametrize(
    ("kind", "failure", "code"),
    [
        ("503 SlowDown", "throttled", "SlowDown"),
        ("403 RequestTimeTooSkewed", "clock", "RequestTimeTooSkewed"),
        ("403 SignatureDoesNotMatch", "credentials", "SignatureDoesNotMatch"),
        ("403 AccessDenied", "permission", "AccessDenied"),
        ("400 BadDigest", "connection", "BadDigest"),
        ("301 PermanentRedirect", "parameter", "PermanentRedirect"),
        ("cut_before", "connection", "cut"),
    ],
)
def test_faults_that_stay_end_the_run_in_one_sentence(
    made: Made, moto: Store, kind: str, failure: str, code: str
) -> None:
    way = Between(moto)
    way.faults.append(Fault(kind, a_unit, 1000))
    with way as seen:
        result = mirror(made, seen)
    assert (result["failed"], result["failure"]["kind"], result["failure"]["code"]) == (True, failure, code)
    assert "\n" not in result["msg"]
    assert result["failure"]["hint"]
    assert "Traceback" not in str(result)
    assert not any(key.startswith("ledger/") for key in objects(moto, made))
    assert not mirror(made, moto).get("failed")
    check_complete(moto, made)


def test_a_bucket_that_is_not_there_and_keys_that_are_wrong_are_told(made: Made, store: Store, tmp_path: Path) -> None:
    result = mirror(made, store._replace(bucket="no-such-bucket"))
    assert result["failed"] and result["failure"]["code"] in ("NoSuchBucket", "NoSuchKey")
    assert mirror(made, Store("http://127.0.0.1:9", "mirror"))["failure"]["kind"] == "connection"


def test_an_archive_that_is_not_there_is_told(made: Made, store: Store, tmp_path: Path) -> None:
    assert mirror(made, store, archive=str(tmp_path / "nothing"))["failure"]["code"] == "no_archive"


def test_keys_that_are_refused_are_told_without_them(made: Made, tmp_path: Path) -> None:
    with RcloneStore(tmp_path / "store") as store:
        result = run_module("log_archive_mirror", options_of(made, store, secret_key="not/the+right/one"))
    assert result["failure"]["kind"] in ("credentials", "permission")
    result.pop("invocation", None)
    assert "not/the+right" not in str(result)
    assert ACCESS_KEY not in str(result)


def test_a_refusal_that_repeats_keys_is_told_without_them() -> None:
    words = f"The key {ACCESS_KEY.lower()}\u202e of {quote(SECRET_KEY, safe='')}\n\x1b[2J is not known."
    answer = {"Error": {"Code": "InvalidAccessKeyId", "Message": words}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    error = bucket._refused(SimpleNamespace(response=answer), "s3://b/k", (ACCESS_KEY, SECRET_KEY))
    assert error.message == "s3://b/k: the store answers InvalidAccessKeyId (The key ... of ... [2J is not known)."


def test_keys_come_from_the_environment_or_are_asked_for(
    made: Made, moto: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = {"endpoint_url", "access_key", "secret_key", "region"}
    options = {name: value for name, value in options_of(made, moto).items() if name not in own}
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    result = run_module("log_archive_mirror", options)
    assert (result["failure"]["kind"], result["failure"]["code"]) == ("credentials", "no_credentials")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    assert run_module("log_archive_mirror", options)["uploaded"] == 4
    check_complete(moto, made)


@pytest.mark.parametrize("version", [None, "1.35.99"])
def test_boto3_that_is_missing_or_too_old_is_named(
    made: Made, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    importing = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "boto3" and version is None:
            raise ImportError(name)
        return importing(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(botocore, "__version__", version or botocore.__version__)
    result = mirror(made, Store("http://127.0.0.1:9", "mirror"))
    assert result["failed"]
    assert "boto3" in result["msg"]
    assert "Traceback" not in str(result)


def test_a_store_with_tls_by_an_authority_of_its_own(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, certificate = issue(tmp_path, "company")
    with RcloneStore(tmp_path / "store", certificate=certificate) as store:
        assert store.url.startswith("https://")
        refused = mirror(made, store)
        assert (refused["failed"], refused["failure"]["code"]) == (True, "tls_untrusted")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
        assert mirror(made, store)["uploaded"] == 4
        assert mirror(made, store)["changed"] is False


def test_a_store_that_ignores_conditions_is_an_error_where_they_were_asked_for(made: Made, tmp_path: Path) -> None:
    with RcloneStore(tmp_path / "store") as store:
        result = mirror(made, store, conditional_writes="required")
        assert (result["failed"], result["failure"]["code"]) == (True, "no_conditional_writes")
        assert set(objects(store, made)) == {"head.json"}
        done = mirror(made, store)
        assert (done.get("failed"), done["conditional_writes"]) == (None, False)
        way = Between(store)
        made.collected(3)
        with way as seen:
            way.faults.append(Fault("501 NotImplemented", lambda call: call.key.endswith("head.json"), 0))
            assert mirror(made, seen, conditional_writes="never")["uploaded"] == 2
        check_complete(store, made)


def test_of_two_jobs_one_ends_and_the_chain_is_one(made: Made, tmp_path: Path) -> None:
    """Both read the same head; the other's segment comes in between."""
    with MotoStore() as store:
        mirror(made, store)
        key = f"logs/mongodb/{made.folder}/ledger/{made.ledger.lines + 1:012d}.jsonl"
        made.collected(3)
        way = Between(store)

        def other_first(call: Call) -> bool:
            if a_segment(call):
                store.client.put_object(Bucket="mirror", Key=key, Body=b'{"another":"line"}\n')
            return False

        way.faults.append(Fault("cut_before", other_first))
        with way as seen:
            result = mirror(made, seen, conditional_writes="required")
        assert (result["failed"], result["failure"]["code"]) == (True, "another_run")
        assert "another run has mirrored" in result["msg"]
        found = objects(store, made)
        assert found[f"ledger/{made.ledger.lines:012d}.jsonl"] == b'{"another":"line"}\n'
        assert json.loads(found["head.json"])["lines"] == made.ledger.lines - 1


def test_rclone_check_agrees(made: Made, store: Store) -> None:
    mirror(made, store)
    keys = f"access_key_id='{ACCESS_KEY}',secret_access_key='{SECRET_KEY}'"
    remote = f":s3,provider=Rclone,endpoint='{store.url}',{keys}:mirror/logs/mongodb"
    left_out = [".lock", "checkpoint.json", "ledger-*.jsonl", "head.json", "ledger/*.jsonl"]
    filters = [argument for name in left_out for argument in ("--exclude", name)]
    command = [PROGRAM, "check", "--config", "/dev/null", *filters, str(made.path.parents[3]), remote]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "0 differences found" in checked.stderr
    assert f"{len(made.files()) + 1} matching files" in checked.stderr


def test_memory_stays_small(tmp_path: Path, moto: Store) -> None:
    """A run of its own, as what is measured is the most that a process ever had."""
    made = Made(tmp_path / "archive")
    made.holds(b"0" * (96 * 1024 * 1024))
    script = (
        "import re; from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import run;"
        "from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Access;"
        f"o = {options_of(made, moto)!r};"
        "a = Access(o['bucket'], o['prefix'], o['endpoint_url'], o['access_key'], o['secret_key']);"
        "o.update(workers=4, return_limit=1, provider=None, project_id=None, conditional_writes='auto');"
        "assert run.present(o, a, check=False, diff=False)['uploaded'] == 2;"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 150
    assert SLOW
