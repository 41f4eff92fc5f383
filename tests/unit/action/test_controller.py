# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of a controller in the words of its modules, and what differs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._controller import (
    ENCRYPTED,
    SECRET,
    address,
    difference,
    differs,
    filled,
    found,
    nodes_for_module,
    nodes_of,
    ordered,
    query,
    told,
)
from hypothesis import given
from hypothesis import strategies as st

names = st.text("abc", min_size=1, max_size=3)
inputs = st.dictionaries(names, names | st.just(ENCRYPTED))
identifiers = ["collect", "doctor", "report"]
nodes = st.lists(
    st.fixed_dictionaries(
        {
            "success": st.sets(st.sampled_from(identifiers)).map(sorted),
            "failure": st.sets(st.sampled_from(identifiers)).map(sorted),
            "always": st.sets(st.sampled_from(identifiers)).map(sorted),
            "approval": st.booleans(),
        }
    ),
    min_size=3,
    max_size=3,
)


@given(nodes)
def test_nodes_come_back_as_they_were_wanted(rows: list[dict[str, Any]]) -> None:
    numbers = {name: number for number, name in enumerate(identifiers)}
    wanted, things = [], []
    for name, row in zip(identifiers, rows, strict=True):
        links = {link: row[link] for link in ("success", "failure", "always")}
        runs = (
            {"approval": "Prune", "timeout": 60} if row["approval"] else {"runs": f"x: {name}", "type": "job_template"}
        )
        wanted.append({"identifier": name, **runs, **{link: after for link, after in links.items() if after}})
        kind = {"name": "Prune", "timeout": 60, "unified_job_type": "workflow_approval"}
        summary = kind if row["approval"] else {"name": f"x: {name}", "unified_job_type": "job"}
        thing = {f"{link}_nodes": [numbers[one] for one in reversed(after)] for link, after in links.items()}
        things.append(
            {"id": numbers[name], "identifier": name, "summary_fields": {"unified_job_template": summary}, **thing}
        )
    assert nodes_of(reversed(things)) == [] if not things else nodes_of(things) == wanted
    for node, made in zip(wanted, nodes_for_module(wanted, "org"), strict=True):
        assert made["identifier"] == node["identifier"]
        assert made["unified_job_template"]["type"] == node.get("type", "workflow_approval")
        for link in ("success", "failure", "always"):
            assert [one["identifier"] for one in made["related"][f"{link}_nodes"]] == node.get(link, [])


@given(inputs, inputs)
def test_what_was_filled_in_by_hand_stays(wanted: dict[str, str], known: dict[str, str]) -> None:
    result = filled(wanted, known)
    assert set(result) == set(wanted) | set(known)
    assert not differs("inputs", filled({}, known), known, secrets=True)
    readable = {name: value for name, value in known.items() if value != ENCRYPTED}
    changed = any(wanted[name] != readable.get(name, wanted[name]) for name in wanted)
    assert differs("inputs", result, known, secrets=False) == (changed or set(result) != set(known))


def test_a_secret_differs_only_where_it_is_written_again() -> None:
    assert not differs("inputs", {"key": "new"}, {"key": ENCRYPTED}, secrets=False)
    assert differs("inputs", {"key": "new"}, {"key": ENCRYPTED}, secrets=True)
    assert differs("inputs", {"key": "new"}, None, secrets=False)
    assert differs("forks", 5, 6, secrets=False)
    assert not differs("forks", "5", 5, secrets=False)
    assert not differs("enabled", "True", True, secrets=False)
    assert differs("enabled", "False", True, secrets=False)


@given(inputs)
def test_no_secret_is_told(values: dict[str, str]) -> None:
    shown = told({"inputs": values, "name": "n"}, {"a"})
    assert shown["name"] == "n"
    assert shown["inputs"] == {
        name: SECRET if name == "a" or value == ENCRYPTED else value for name, value in values.items()
    }


def test_what_is_found_is_in_the_words_of_the_modules() -> None:
    thing = {
        "name": "n",
        "forks": 5,
        "project": 7,
        "extra_vars": "a: 1",
        "variables": "",
        "summary_fields": {
            "project": {"id": 7, "name": "p"},
            "organization": {"name": "o"},
            "credentials": [{"name": "z"}, {"name": "a"}],
            "labels": {"results": [{"name": "l"}]},
        },
        "linked": {"survey_spec": {"spec": []}},
    }
    wanted = ["forks", "project", "inventory", "extra_vars", "variables", "credentials", "labels", "survey_spec"]
    assert found(dict.fromkeys(wanted), thing) == {
        "forks": 5,
        "project": "p",
        "inventory": None,
        "extra_vars": {"a": 1},
        "variables": {},
        "credentials": ["a", "z"],
        "labels": ["l"],
        "survey_spec": {"spec": []},
    }
    assert address("job_template", thing) == {"name": "n", "organization": "o"}
    assert ordered({"credentials": ["z", "a"], "forks": 1}) == {"credentials": ["a", "z"], "forks": 1}
    nodes = [{"identifier": "n", "timeout": "60"}, {"identifier": "o"}]
    assert ordered({"workflow_nodes": nodes})["workflow_nodes"] == [
        {"identifier": "n", "timeout": 60},
        {"identifier": "o"},
    ]


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("organization", {"name": "n"}),
        ("inventory_source", {"name": "n", "inventory__name": "i"}),
        ("credential", {"name": "n", "organization__name": "o", "credential_type__name": "t"}),
    ],
)
def test_query(kind: str, asked: dict[str, str]) -> None:
    options = {"organization": "o", "inventory": "i", "credential_type": "t"}
    assert query(kind, "n", options) == asked


values = st.dictionaries(names, st.integers(0, 2))


@given(values, values | st.none())
def test_the_difference_is_what_is_not_as_wanted(wanted: dict[str, int], known: dict[str, int] | None) -> None:
    there = None if known is None else {name: known.get(name) for name in wanted}
    before, after = difference(wanted, there, secrets=False)
    assert {**(there or {}), **after} == wanted
    assert before == ({} if there is None else {name: there[name] for name in after})
    assert there is None or all(before[name] != after[name] for name in after)
