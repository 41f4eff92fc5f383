# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stores and gateways send in place of a file: the right one is kept with its proof, of a wrong one nothing stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault

from .conftest import START, Cluster, Instance, verify

# Each row is a whole run of the engine; what runs do is counted by the timelines.
pytestmark = pytest.mark.uncounted

Faulty = tuple[str, dict[str, Any]]

OBS = "x-obs-server-side-encryption"
SEALED: Faulty = ("foreign_tag", {"header": OBS})


class Subject:
    """One way of collecting; ``named``: whether the API names the size of its files in bytes."""

    def __init__(self, timeline: Cluster | Instance, rules: dict[str, Any], *, named: bool) -> None:
        self.timeline = timeline
        self.named = named
        self._rules = rules

    @property
    def folder(self) -> Path:
        """Return the instance's folder."""
        return self.timeline.archive / self.timeline.folder

    def collect(self) -> Outcome:
        """Run once."""
        return self.timeline.collect(**self._rules)

    def fail(self, *faults: Faulty, times: int | None = None) -> None:
        """Have something go wrong with so many objects."""
        for kind, args in faults:
            self.timeline.emulator.faults.add(Fault("object", kind, times=times, args=args))

    def held(self) -> list[dict[str, Any]]:
        """Return what the ledger has of files that are there as they should be."""
        return [line for line in verify(self.folder) if line["status"] == "collected"]

    def nothing_stays(self) -> bool:
        """Tell whether no file, in whole or in part, and no line of one is there."""
        return self.held() == [] and not [path for path in self.folder.rglob("*") if path.is_file() and in_node(path)]

    def mends(self) -> list[dict[str, Any]]:
        """Collect from a healthy store; return what is held then, as the cloud has it."""
        self.timeline.emulator.faults.clear()
        assert self.collect().message() is None
        assert self.collect().changed is False
        return self.held()


def in_node(path: Path) -> bool:
    return path.name not in ("status.json", ".lock", "checkpoint.json") and not path.name.startswith("ledger-")


@pytest.fixture(params=["packages", "audit", "exports"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    """Return each way in which files are downloaded."""
    with Emulator(seed=11, clock=START, packaging_seconds=5) as emulator:
        if request.param == "packages":
            yield Subject(Cluster(emulator, tmp_path / "archive"), {"lookback": DAY}, named=True)
            return
        instance = Instance(emulator, tmp_path / "archive")
        if request.param == "audit":
            instance.add_log(1, size=300_000)
        else:
            instance.log_types, emulator.world.export_seconds = ("slow",), 1
        yield Subject(instance, {}, named=request.param == "audit")


@pytest.mark.parametrize(
    ("faults", "named", "unnamed"),
    [
        ([], "checksum", "checksum"),
        ([("us3_tag", {})], "checksum", "checksum"),
        ([("no_length", {})], "checksum", "checksum"),
        ([SEALED], "size", "length"),
        ([("foreign_tag", {"header": "x-amz-server-side-encryption"})], "size", "length"),
        ([("foreign_tag", {"header": "x-amz-server-side-encryption-customer-algorithm"})], "size", "length"),
        ([("foreign_tag", {})], "size", "length"),
        ([SEALED, ("chunked", {})], "size", "framing"),
        ([("foreign_tag", {}), ("chunked", {})], "size", "framing"),
        ([SEALED, ("no_length", {})], "size", "twice"),
        ([("foreign_tag", {}), ("no_length", {})], "size", "twice"),
        ([("whole_206", {})], "checksum", "checksum"),
        ([SEALED, ("whole_206", {})], "size", "length"),
        ([("compressed", {})], "checksum", "checksum"),
        ([("compressed", {"coding": "deflate"})], "checksum", "checksum"),
        ([SEALED, ("compressed", {})], "size", "length"),
    ],
)
def test_a_file_is_kept_with_what_vouched_for_it(
    subject: Subject, faults: list[Faulty], named: str, unnamed: str
) -> None:
    subject.fail(*faults)
    outcome = subject.collect()
    assert outcome.message() is None
    kept = subject.held()
    assert {line["source"]["proof"] for line in kept} == {named if subject.named else unnamed}
    # What a healthy store gives is the same.
    assert subject.mends() == kept


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (("no_length", {"keep": 0}), {"empty_body", "corrupt_body"}),
        (("chunked", {"keep": 0}), {"cut"}),
        (("cut_body", {"keep": 0}), {"cut"}),
        (("html", {}), {"not_a_log"}),
        (("http", {"status": 200, "code": "AccessDenied"}), {"not_a_log"}),
        (("compressed", {"keep": 300}), {"short_body"}),
        (("corrupt_body", {}), {"corrupt_body"}),
        (("redirect", {}), {"302"}),
        (("redirect", {"status": 308, "location": "//["}), {"308"}),
        (("http", {"status": 503}), {"503"}),
        (("throttled", {}), {"503"}),
        (("cut_before", {}), {"cut"}),
        (("http", {"status": 403, "code": "AccountProblem"}), {"link_refused"}),
    ],
)
def test_of_a_wrong_file_nothing_stays_and_the_next_run_mends(subject: Subject, fault: Faulty, code: set[str]) -> None:
    subject.fail(fault)
    outcome = subject.collect()
    failed = outcome.result("", 99)["missing"]
    assert {unit["failure"]["code"] for unit in failed} <= code
    assert outcome.message() is not None
    assert "elsewhere.example.com/" not in json.dumps(outcome.result("", 99))
    assert subject.nothing_stays()
    assert {line["source"]["proof"] for line in subject.mends()} == {"checksum"}


@pytest.mark.parametrize(
    "fault",
    [
        ("no_length", {"keep": 500}),
        ("chunked", {"keep": 500}),
        ("cut_body", {"keep": 500}),
        ("corrupt_body", {"count": 40}),
        ("html", {}),
        ("http", {"status": 200}),
        ("compressed", {"keep": 300}),
    ],
)
@pytest.mark.parametrize("sealed", [False, True])
def test_what_goes_wrong_once_is_mended_within_the_run(subject: Subject, fault: Faulty, sealed: bool) -> None:
    if sealed and fault[0] == "corrupt_body":
        return  # which nothing but a checksum shows
    if sealed:
        subject.fail(SEALED)
    subject.fail(fault, times=1)
    assert subject.collect().message() is None
    kept = subject.held()
    subject.mends()
    assert [line["sha256"] for line in subject.held()] == [line["sha256"] for line in kept]


@pytest.mark.parametrize(
    ("once", "always", "answered"),
    [
        (("cut_body", {"keep": 500}), [], 206),
        (("cut_body", {"keep": 500}), [("range_ignored", {})], 200),
        (("cut_body", {"keep": 500}), [("whole_206", {})], 206),
        (("throttled", {"retry_after": 1, "retry_as": "date"}), [], 200),
    ],
)
def test_whatever_a_store_answers_to_a_second_attempt_that_holds_all_of_the_rest_is_taken(
    subject: Subject, once: Faulty, always: list[Faulty], answered: int
) -> None:
    subject.fail(*always)
    subject.fail(once, times=1)
    assert subject.collect().message() is None
    requests = subject.timeline.emulator.requests.of("object")
    again = [one for at, one in enumerate(requests) if one.path in {before.path for before in requests[:at]}]
    assert [one.status for one in again] == [answered]
    kept = subject.held()
    assert subject.mends() == kept
