# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts, regions, filters and cache keys, without Ansible's loader and without a cloud."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible import constants
from ansible.plugins.loader import inventory_loader
from ansible_collections.clouddb.mongodb_logs.plugins.inventory import dds, umongodb
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.instance import instance_fields
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._sources import (
    Provider,
    Source,
    Wanted,
    cache_key,
    options_of,
)
from hypothesis import given
from hypothesis import strategies as st

PROVIDERS = {plugin.provider.name: plugin.provider for plugin in (umongodb.InventoryModule, dds.InventoryModule)}
KEYS = {
    "umongodb": {"public_key": "shared-public", "private_key": "shared-private"},
    "dds": {"access_key": "shared-access", "secret_key": "shared-secret"},
}
ANY = Wanted({}, False)


def sources(name: str = "umongodb", **options: Any) -> list[Source]:
    provider = PROVIDERS[name]
    nothing = dict.fromkeys([*provider.options.options, "accounts", "regions", "include_filters", "nodes"])
    return options_of(provider, {**nothing, **KEYS[name], **options})[0]


def places(found: list[Source]) -> list[str]:
    return [str(source) for source in found]


def test_one_account() -> None:
    assert places(sources(region="cn-bj2")) == ["default, cn-bj2"]
    assert places(sources(region=" cn-bj2 ", regions=["", " "])) == ["default, cn-bj2"]
    assert places(sources(region="cn-bj2", regions=["hk", " hk ", "", "sg"])) == ["default, hk", "default, sg"]


def test_accounts_come_in_their_order_with_their_own_regions() -> None:
    accounts = [
        {"name": "b", "region": "", "project_id": ""},
        {"name": "a", "region": "sg"},
        {"name": "c", "regions": "hk,th"},
    ]
    found = sources(regions=["cn-bj2", "cn-sh2"], accounts=accounts)
    assert places(found) == ["b, cn-bj2", "b, cn-sh2", "a, sg", "c, hk", "c, th"]
    assert {source.options["private_key"] for source in found} == {"shared-private"}


def test_keys_of_an_account_stand_alone() -> None:
    own = {"name": "own", "public_key": "p", "private_key": "q"}
    shared = {"security_token": "shared-token", "project_id": "shared-project", "api_url": "https://shared.example.com"}
    [found] = sources(region="hk", accounts=[own], **shared)
    assert [found.options[name] for name in ("public_key", "private_key", "security_token", "project_id")] == [
        *("p", "q", None, None)
    ]
    assert found.options["api_url"] == "https://shared.example.com"
    one = {"name": "project", "project_id": "other", "validate_certs": False}
    [found] = sources(region="hk", accounts=[one], **shared)
    assert found.options["validate_certs"] is False
    assert [found.options[name] for name in ("public_key", "security_token", "project_id")] == [
        *("shared-public", "shared-token", "other")
    ]


class FromVault:
    """What Ansible 2.18 makes of a value that is encrypted in a file."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        return "decrypted"


def test_keys_may_be_encrypted() -> None:
    own = {"name": "own", "public_key": "p", "private_key": FromVault()}
    [found] = sources(region="hk", accounts=[own])
    assert found.options["private_key"] == "decrypted"


def test_a_user_of_an_account_goes_before_the_shared_key() -> None:
    user = {"name": "user", "username": "u", "password": "p", "domain_name": "d"}
    [found] = sources("dds", region="eu-de", accounts=[user])
    assert found.options["name"] is None, "an account's name is no filter"
    assert (found.options["username"], found.options["access_key"], found.options["secret_key"]) == ("u", None, None)


@pytest.mark.parametrize(
    ("provider", "options", "message"),
    [
        ("umongodb", {}, "region or regions must be given."),
        ("umongodb", {"regions": ["no region"]}, "region: 'no region' is not an id"),
        ("umongodb", {"region": "hk", "public_key": " "}, "public_key must not be empty."),
        ("umongodb", {"regions": ["hk", "sg"], "zone": "hk-02"}, "zone belongs to one region; leave it out"),
        ("umongodb", {"region": "hk", "timeout": 0}, "timeout must be from 0.1 to 3600 seconds"),
        ("umongodb", {"region": "hk", "timeout": "soon"}, "'timeout'"),
        ("umongodb", {"region": "hk", "accounts": ["shop"]}, "accounts: each must be a dictionary."),
        ("umongodb", {"region": "hk", "accounts": [{}]}, "accounts: missing required arguments: name."),
        ("umongodb", {"region": "hk", "accounts": [{"name": "a"}, {"name": "a"}]}, "every account needs a name of its own"),
        ("umongodb", {"region": "hk", "accounts": [{"name": "a", "key": "x"}]}, "accounts: key. Supported parameters include"),
        ("umongodb", {"region": "hk", "accounts": [{"name": "a", "public_key": ""}]}, "accounts: a: public_key and private_key must not"),
        ("umongodb", {"region": "hk", "accounts": [{"name": "a", "public_key": "x"}]}, "accounts: a: private_key must not"),
        ("umongodb", {"region": "hk", "include_filters": {"stat": "Running"}}, "include_filters: stat is none of cluster_id"),
        ("dds", {"region": "eu-de", "access_key": "x", "secret_key": ""}, "must be given together"),
        ("dds", {"regions": ["a", "b"], "project_id": "x"}, "project_id belongs to one region"),
        ("dds", {"regions": ["a", "b"], "auth_token": "x"}, "auth_token belongs to one region"),
    ],
)  # fmt: skip
def test_bad_input_is_told_in_a_sentence(provider: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)) as error:
        sources(provider, **options)
    assert "\n" not in error.value.message
    assert "shared-private" not in error.value.message


def test_filters() -> None:
    wanted = Wanted({"name": ["shop-*", "orders"], "state": ["Running"]}, False)
    assert wanted.keeps({"name": "shop-1", "state": "Running"})
    assert wanted.keeps({"name": "orders", "state": "Running"})
    assert not wanted.keeps({"name": "orders-2", "state": "Running"})
    assert not wanted.keeps({"name": "shop-1", "state": None})


@pytest.mark.parametrize("name", PROVIDERS)
@given(data=st.data())
def test_cache_keys_tell_apart_what_differs(name: str, data: st.DataObject) -> None:
    provider = PROVIDERS[name]
    told = [*provider.who, *provider.what]
    values = st.fixed_dictionaries({option: st.sampled_from(["a", "b", None]) for option in told})
    secrets = [option for option in provider.options.options if option not in told]

    def key(options: dict[str, Any], wanted: Wanted) -> str:
        return cache_key(
            provider, Source(data.draw(st.text()), dict.fromkeys(secrets, data.draw(st.text())) | options), wanted
        )

    wanted = st.builds(Wanted, st.dictionaries(st.sampled_from("xy"), st.lists(st.sampled_from("ab"))), st.booleans())
    one, other = data.draw(st.tuples(values, wanted)), data.draw(st.tuples(values, wanted))
    assert (key(*one) == key(*other)) == (one == other)
    assert re.fullmatch("[0-9a-f]{64}", key(*one))


@pytest.mark.parametrize(
    ("name", "option"), [("umongodb", "channel_key"), ("umongodb", "security_token"), ("dds", "security_token")]
)
def test_accounts_that_differ_in_what_goes_with_a_key_are_two(name: str, option: str) -> None:
    accounts = [{"name": value, **KEYS[name], option: value} for value in ("one", "other")]
    one, other = sources(name, region="hk", accounts=accounts)
    assert cache_key(PROVIDERS[name], one, ANY) != cache_key(PROVIDERS[name], other, ANY)


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_option_is_documented_with_its_environment(name: str) -> None:
    provider: Provider = PROVIDERS[name]
    plugin = inventory_loader.get(f"clouddb.mongodb_logs.{name}")
    documented = constants.config.get_configuration_definitions("inventory", plugin._load_name)
    for option, described in provider.options.options.items():
        # of several variables Ansible takes the last, a module the first
        wanted = [{"name": variable} for variable in reversed(described.get("fallback", (None, []))[1])]
        assert documented[option].get("env", []) == wanted, option
        assert documented[option]["type"] == described["type"]
        assert documented[option].get("default") == described.get("default")
        assert not documented[option].get("required")


def test_tags_of_an_instance() -> None:
    row = {"id": "x", "tags": [{"key": "team", "value": "shop"}, {"key": "empty", "value": ""}]}
    assert instance_fields(row)["tags"] == {"team": "shop", "empty": ""}
