# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``status.json``: what the last run saw comes back, and what cannot be read counts as lost."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import STATUS, Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Asked, Seen, Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso
from hypothesis import example, given, settings
from hypothesis import strategies as st

IDENTITY = {"provider": "dds", "region": "eu-de", "project": "default", "instance": "abc"}
NOON = 1_795_176_000
ONE, TWO = Series("node-1", "slow"), Series("node-2", "slow")
AUDIT = Series("node-1", "audit")

instants = st.integers(0, 253_370_764_799)
spans = st.builds(Span, instants, instants)
names = st.text(st.characters(codec="utf-8"), max_size=8)
series = st.builds(Series, names, names)
asked = st.lists(st.builds(Asked, series, spans, instants, st.integers(0, 9)), max_size=6)


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk: what becomes durable when is another file's matter."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An archive that is there and empty."""
    return Tree(str(tmp_path), Ownership())


def saved(status: Status) -> Status:
    """Save a status and read it again."""
    status.save(NOON, "ab" * 32)
    return Status.read(status._tree, IDENTITY)


@settings(max_examples=40)
@given(asked)
def test_what_was_asked_for_is_known_to_the_next_run(of: list[Asked]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        status = Status(Tree(folder, Ownership()), IDENTITY)
        status.set_asked(of)
        read = saved(status)
        assert read.known
        assert sorted(read.asked()) == sorted(of)
        read.set_asked([])
        assert saved(read).asked() == []


def test_only_missing_units_were_offered_and_are_not_held(tree: Tree) -> None:
    status = Status(tree, IDENTITY)
    units = [
        {"unit": "log-1", "status": "missing", "begin": "2026-11-20T00:00:00Z", "end": "2026-11-20T01:00:00Z"},
        {"unit": "log-2", "status": "missing", "begin": None, "end": None},
        {"unit": "log-3", "status": "pending", "begin": "2026-11-20T00:00:00Z", "end": "2026-11-20T01:00:00Z"},
    ]
    status.update(AUDIT, units=units)
    midnight = NOON - 12 * 3600
    assert saved(status).missing() == [
        Seen(AUDIT, "log-1", Span(midnight, midnight + 3600)),
        Seen(AUDIT, "log-2", None),
    ]


def test_what_was_listed_is_known_of_a_node_or_of_the_whole_instance(tree: Tree) -> None:
    status = Status(tree, IDENTITY)
    status.update(TWO, counts={})
    status.set_listed("slow", Span(10, 20), None)
    status.set_listed("slow", Span(30, 40), ["node-1"])
    read = saved(status)
    assert read.listed_span("slow") == Span(10, 20)
    assert read.listed_span("slow", "node-1") == Span(30, 40)
    assert read.listed_span("slow", "node-2") == Span(10, 20)
    assert read.listed_span("slow", "node-3") == Span(10, 20)
    assert read.listed_span("audit") is None
    assert read.listed_span("audit", "node-1") is None


def test_listing_the_whole_instance_goes_before_what_was_listed_of_a_node(tree: Tree) -> None:
    status = Status(tree, IDENTITY)
    status.set_listed("slow", Span(30, 40), ["node-1"])
    status.set_listed("slow", Span(50, 60), None)
    assert saved(status).listed_span("slow", "node-1") == Span(50, 60)


def test_a_run_replaces_only_the_series_that_it_examined(tree: Tree) -> None:
    status = Status(tree, IDENTITY)
    status.update(ONE, last_success="2026-11-19T00:00:00Z", counts={"held": 1})
    status.update(TWO, last_success="2026-11-19T00:00:00Z")
    later = saved(status)
    later.update(ONE, last_success="2026-11-20T00:00:00Z")
    read = saved(later)
    assert read.series[ONE]["last_success"] == "2026-11-20T00:00:00Z"
    assert read.series[ONE]["counts"] == {"held": 1}
    assert read.series[TWO]["last_success"] == "2026-11-19T00:00:00Z"


def test_the_file_is_plain_and_in_order(tree: Tree) -> None:
    status = Status(tree, IDENTITY)
    for of in (TWO, AUDIT, ONE):
        status.update(of, counts={})
    status.save(NOON, "ab" * 32)
    value = json.loads(tree.read(STATUS) or b"")
    assert {name: value[name] for name in value if name not in ("series", "listed", "run")} == {
        "v": 1,
        **IDENTITY,
        "name": "",
        "at": "2026-11-20T12:00:00Z",
        "head": "ab" * 32,
    }
    assert [(entry["node"], entry["log_type"]) for entry in value["series"]] == sorted([ONE, TWO, AUDIT])
    assert tree.names("") == [STATUS]


def test_without_a_file_nothing_is_known(tree: Tree) -> None:
    status = Status.read(tree, IDENTITY)
    assert (status.known, status.series, status.listed) == (False, {}, {})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-11-20T00:00:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
entries = st.fixed_dictionaries(
    {"node": st.just("node-1") | json_values, "log_type": st.just("slow")},
    optional=dict.fromkeys(("asked", "units", "listed"), json_values),
)
documents = st.one_of(
    st.binary(max_size=20),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"series": st.lists(entries, max_size=2) | json_values},
        optional={"listed": st.dictionaries(st.sampled_from(["slow"]), json_values) | json_values},
    ).map(lambda value: json.dumps(value).encode()),
)


def entry(**fields: object) -> bytes:
    return json.dumps({"series": [{"node": "node-1", "log_type": "slow", **fields}]}).encode()


@settings(max_examples=100)
@given(documents)
@example(entry(node=None))
@example(entry(asked=[{"begin": iso(0), "end": iso(1), "at": iso(2), "listed_before": "many"}]))
@example(entry(units=[{"unit": 5, "status": "missing"}]))
@example(entry(units=[{"unit": "a", "status": "missing", "begin": 5, "end": 6}]))
@example(entry(listed={"begin": "yesterday", "end": "today"}))
@example(entry(listed="all"))
@example(b"[" * 200_000)
def test_whatever_stands_in_the_file_a_run_goes_on(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(folder, Ownership())
        tree.append(STATUS, data)
        status = Status.read(tree, IDENTITY)
        if not status.known:
            assert (status.series, status.listed) == ({}, {})
        assert all(isinstance(one.listed_before, int) for one in status.asked())
        assert all(isinstance(one.unit, str) for one in status.missing())
        status.listed_span("slow"), status.listed_span("slow", "node-1")
        status.set_asked([Asked(ONE, Span(0, 1), 0, 0)])
        status.set_listed("slow", Span(0, 1), None)
        status.update(ONE, counts={})
        assert saved(status).known
