# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From variables, defaults and the environment to the arguments of a module."""

from __future__ import annotations

import fnmatch
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._arguments import (
    PROVIDERS,
    Provider,
    alike,
    archive_hosts,
    arguments,
    defaults_of,
    is_blank,
    is_included,
    mirror_of,
    provider_of,
    told_alike,
    words,
)
from hypothesis import given
from hypothesis import strategies as st

UMONGODB, DDS = PROVIDERS["umongodb"], PROVIDERS["dds"]
ARCHIVE = {"archive": "/srv/logs"}
blanks = st.sampled_from([None, "", "  ", "\n"])
texts = st.text("abc-", min_size=1)
clouds = st.sampled_from([UMONGODB, DDS])


def made(provider: Provider, variables: dict[str, Any], *, defaults: Any = (), **environment: str) -> dict[str, Any]:
    return arguments(provider, ARCHIVE | variables, dict(defaults), environment, "host")


def of_the_environment(provider: Provider) -> dict[str, list[str]]:
    options = provider.options.options
    return {name: option["fallback"][1] for name, option in options.items() if "fallback" in option}


@given(clouds, st.data())
def test_only_what_is_set_is_passed_and_blanks_for_the_environment(provider: Provider, data: st.DataObject) -> None:
    plain = sorted(name for name, option in provider.options.options.items() if option["type"] in ("str", "raw"))
    chosen = data.draw(st.dictionaries(st.sampled_from(plain), texts | blanks))
    result = made(provider, chosen)
    for name in provider.options.options:
        if not is_blank(chosen.get(name)):
            assert result[name] == chosen[name]
        elif name in of_the_environment(provider):
            assert result[name] == ""
        else:
            assert name not in result or name in ("archive", provider.instance)
    assert result[provider.instance] == ((chosen.get(provider.instance) or "").strip() or "host")
    assert set(result) <= set(provider.options.options)


@given(clouds, st.data())
def test_variables_go_before_defaults_and_these_before_the_environment(provider: Provider, data: st.DataObject) -> None:
    option, names = data.draw(st.sampled_from(sorted(of_the_environment(provider).items())))
    variable, default, first, second = (data.draw(st.none() | texts) for _place in range(4))
    environment = {name: value for name, value in zip(names, (first, second), strict=False) if value}
    defaults = {} if default is None else {option: default}
    if option in ("password", "domain_name"):
        environment["HW_USER_NAME"] = "somebody"
    result = made(provider, {option: variable}, defaults=defaults, **environment)
    found = next((environment[name] for name in names if name in environment), "")
    assert result[option] == (variable or default or found)


@pytest.mark.parametrize(("option", "value"), [("create", False), ("workers", 0), ("return_limit", "0"), ("begin", 0)])
def test_what_is_false_is_set_all_the_same(option: str, value: Any) -> None:
    assert made(UMONGODB, {option: value})[option] == value


@given(st.lists(texts), st.sampled_from([",", " ", "\n", ", ", " ,\n "]))
def test_a_list_may_be_a_text_or_a_list_of_texts(items: list[str], between: str) -> None:
    for value in (between.join(items), items, [between.join(items)], tuple(items), [items, None]):
        assert words(value) == items
        assert made(DDS, {"node_ids": value}).get("node_ids", []) == items


@given(st.text("ab.[]!-*?", max_size=6), st.text("ab.[]!-\n", max_size=6))
def test_only_stars_and_question_marks_mean_something_in_what_to_include(pattern: str, name: str) -> None:
    escaped = pattern.replace("[", "[[]")
    assert is_included([pattern], [name]) == (not pattern or fnmatch.fnmatchcase(name, escaped))


def test_names_are_matched_as_a_whole() -> None:
    assert not is_included("shop", ["shop-1", "my-shop"])
    assert is_included("nobody shop", ["x", "shop"])
    assert is_included("", ["x"])
    assert not is_included("nobody", ["x"])


@pytest.mark.parametrize(
    ("given_option", "left_aside"),
    [
        ("access_key", {"security_token", "auth_token", "username", "password", "domain_name"}),
        ("username", {"access_key", "secret_key", "auth_token"}),
        ("auth_token", {"username", "password", "domain_name"}),
        ("secret_key", set()),
    ],
)
@pytest.mark.parametrize("by", ["variables", "defaults"])
def test_the_environment_does_not_mix_with_another_way_to_sign_in(
    given_option: str, left_aside: set[str], by: str
) -> None:
    environment = {names[-1]: f"of {option}" for option, names in of_the_environment(DDS).items()}
    own = {by: {given_option: "own"}}
    result = made(DDS, own.get("variables", {}), defaults=own.get("defaults", {}), **environment)
    assert result.pop(given_option) == "own"
    assert {option for option in of_the_environment(DDS) if result.get(option) == ""} == left_aside
    assert all(result[option] in ("", f"of {option}") for option in of_the_environment(DDS) if option in result)


def test_a_token_of_the_environment_belongs_to_its_key() -> None:
    tokens = {"UCLOUD_SECURITY_TOKEN": "token", "UCLOUD_PRIVATE_KEY": "private"}
    assert made(UMONGODB, {}, **tokens)["security_token"] == "token"
    with_key = made(UMONGODB, {"public_key": "own"}, **tokens)
    assert (with_key["security_token"], with_key["private_key"]) == ("", "private")


def test_the_instance_is_the_host_unless_it_is_named() -> None:
    assert made(UMONGODB, {})["cluster_id"] == "host"
    assert made(DDS, {"instance_id": "in02"})["instance_id"] == "in02"
    assert made(DDS, {}, defaults={"instance_id": "of all"})["instance_id"] == "of all"


@pytest.mark.parametrize("archive", [None, "", " "])
def test_the_archive_has_to_be_given(archive: str | None) -> None:
    with pytest.raises(BadInput, match="collect_archive must be given"):
        made(DDS, {"archive": archive})
    assert made(DDS, {"archive": archive}, defaults={"archive": "/srv"})["archive"] == "/srv"


def test_a_provider_has_to_be_one_of_ours() -> None:
    assert [provider_of(name) for name in PROVIDERS] == [UMONGODB, DDS]
    for value in (None, "", " "):
        with pytest.raises(BadInput, match=r"collect_provider must be given: umongodb or dds\."):
            provider_of(value)
    foreign: list[Any] = ["aws", ["dds"], {"a": 1}]
    for other in foreign:
        with pytest.raises(BadInput, match="collect_provider must be umongodb or dds, not "):
            provider_of(other)


def test_modules() -> None:
    assert [DDS.module(examine=examine) for examine in (False, True)] == [
        "clouddb.mongodb_logs.dds_log_archive",
        "clouddb.mongodb_logs.dds_doctor",
    ]


def test_defaults_are_those_of_the_group_and_then_of_the_module() -> None:
    module = DDS.module(examine=False)
    group, other = "group/clouddb.mongodb_logs.dds", "group/clouddb.mongodb_logs.umongodb"
    layers = [
        {group: {"region": "outer"}, other: {"region": "foreign"}, module: {"workers": 1}},
        {group: {"region": "inner"}, DDS.module(examine=True): {"workers": 3}},
    ]
    assert defaults_of(module, DDS, layers) == [{"region": "inner"}, {"workers": 1}]
    assert defaults_of(module, UMONGODB, []) == []
    assert defaults_of(module, DDS, [{group: None}]) == []


rows = st.fixed_dictionaries(
    {
        "collect_instance": st.sampled_from([None, "a", "b", "host-0"]),
        "collect_archive": st.sampled_from(["/one", "/two"]),
        "collect_log_types": st.sampled_from([None, "slow, error", ["slow", "error"], ["audit"]]),
        "collect_include": st.sampled_from([None, "a"]),
    }
)


@given(st.lists(rows, max_size=6))
def test_hosts_of_one_place_are_found_and_others_are_not(found: list[dict[str, Any]]) -> None:
    hosts = {f"host-{number}": row for number, row in enumerate(found)}

    def place(host: str) -> tuple[str, ...]:
        row = hosts[host]
        return (row["collect_instance"] or host, row["collect_archive"], *words(row["collect_log_types"]))

    wanted = [
        {"instance": place(host)[0], "hosts": sorted(other for other in same)}
        for host in hosts
        for same in [[other for other in hosts if place(other) == place(host) and included(hosts, other)]]
        if len(same) > 1 and same[0] == host
    ]

    def order(one: dict[str, Any]) -> list[str]:
        return list(one["hosts"])

    seen = alike(reversed(list(hosts)), lambda host, name: hosts[host].get(name))
    assert sorted(seen, key=order) == sorted(wanted, key=order)


def included(hosts: dict[str, dict[str, Any]], host: str) -> bool:
    row = hosts[host]
    return row["collect_include"] is None or "a" in (host, row["collect_instance"])


def test_hosts_that_name_different_instances_are_asked_for_nothing_else() -> None:
    asked: list[tuple[str, str]] = []

    def value(host: str, name: str) -> None:
        asked.append((host, name))

    hosts = [f"host-{number}" for number in range(100)]
    assert alike(hosts, value) == []
    assert sorted(asked) == sorted((host, "collect_instance") for host in hosts)


def test_many_hosts_of_one_instance_are_told_in_short() -> None:
    said = told_alike("a", [f"host-{number:02}" for number in range(23)])
    assert said.startswith("host-00, host-01")
    assert "host-19 and 3 more name the same instance a" in said


stores = st.fixed_dictionaries(
    {
        "collect_archive_host": st.sampled_from([None, "", "localhost", "store", "other"]),
        "collect_archive_host_vars": st.sampled_from([None, "", {}, {"ansible_port": 1}, {"ansible_port": 2}, "port"]),
    }
)


@given(st.lists(stores, max_size=4))
def test_each_archive_host_is_told_of_once_and_nothing_that_contradicts(found: list[dict[str, Any]]) -> None:
    hosts = {f"host-{number}": row for number, row in enumerate(found)}
    telling = {host: row for host, row in hosts.items() if row["collect_archive_host_vars"]}
    names = {row["collect_archive_host"] for row in telling.values()}
    told = [(row["collect_archive_host"], str(row["collect_archive_host_vars"])) for row in telling.values()]
    wrong = names & {None, "", "localhost"} or any(text == "port" for _name, text in told)
    try:
        seen = archive_hosts(hosts, lambda host, name: hosts[host].get(name))
    except BadInput as error:
        assert wrong or len(set(told)) > len(names)
        assert "collect_archive_host_vars of host-" in error.message
        return
    assert not wrong
    assert {one["name"] for one in seen} == names
    assert len(seen) == len(names)
    assert all(telling[one["of"]]["collect_archive_host"] == one["name"] for one in seen)


def test_a_bucket_is_taken_as_it_is_named_with_the_keys_of_the_controller() -> None:
    assert mirror_of({"bucket": " ", "prefix": "logs"}, {"AWS_ACCESS_KEY_ID": "key"}) is None
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
    found = mirror_of({"bucket": "logs", "region": "eu", "prefix": None}, keys) or {}
    assert {name: value for name, value in found.items() if value} == {
        "bucket": "logs",
        "region": "eu",
        "access_key": "key",
        "secret_key": "secret",
        "session_token": "token",
    }
    # The token of the environment belongs to its keys.
    own = mirror_of({"bucket": "logs", "access_key": "own", "secret_key": "own"}, keys) or {}
    assert own["session_token"] == ""


@pytest.mark.parametrize("retention", ["{mode: compliance, days: 400}", {"mode": "compliance", "days": 400}])
def test_a_retention_may_be_a_text(retention: Any) -> None:
    found = mirror_of({"bucket": "logs", "retention": retention}, {}) or {}
    assert found["retention"] == {"mode": "compliance", "days": 400}


def test_a_retention_that_is_none_is_told() -> None:
    with pytest.raises(BadInput, match="collect_mirror_retention is no mapping"):
        mirror_of({"bucket": "logs", "retention": "{"}, {})
