# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugins against the emulator: hosts, accounts that fail, the cache, groups, what must not be told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.plugins.loader import inventory_loader
from ansible.utils.display import Display
from ansible_collections.clouddb.mongodb_logs.plugins.inventory import dds, umongodb
from ansible_collections.clouddb.mongodb_logs.plugins.modules import dds_log_archive, umongodb_log_archive
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils import _inventory
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault, World
from ansible_collections.clouddb.mongodb_logs.tests.unit.inventory.conftest import Load

Keys = dict[str, dict[str, Any]]
HERE = {"umongodb": "cn-bj2", "dds": "ap-southeast-3"}
THERE = {"umongodb": "hk", "dds": "eu-west-101"}
LISTS = {"umongodb": "ListUMongoDBInstances", "dds": "ListInstances"}
HOSTILE = "{{ lookup('ansible.builtin.pipe', 'echo evaluated') }}"

both = pytest.mark.parametrize("provider", ["umongodb", "dds"])


def ids(world: World, provider: str) -> list[str]:
    if provider == "umongodb":
        return [cluster.cluster_id for cluster in world.clusters]
    return sorted(instance.id for instance in world.instances)


def rename(world: World, provider: str, name: str) -> str:
    """Give the first instance a name, and return its id."""
    one: Any = (world.clusters if provider == "umongodb" else world.instances)[0]
    one.name = name
    return ids(world, provider)[0] if provider == "umongodb" else str(one.id)


def abroad(world: World, provider: str) -> str:
    """Add an instance in the other region, and return its id."""
    if provider == "umongodb":
        return world.add_cluster("uclmongo-abroad", name="abroad", region="hk").cluster_id
    return str(world.add_dds_instance(name="abroad", project_id=world.projects[1].id).id)


@both
def test_every_instance_is_a_host(cloud: Emulator, keys: Keys, load: Load, provider: str) -> None:
    far = abroad(cloud.world, provider)
    found = load(provider, {**keys[provider], "regions": [THERE[provider], HERE[provider]]})
    assert sorted(found.hosts) == sorted(ids(cloud.world, provider)) == sorted(found.groups[provider])
    assert found.warnings == []
    assert next(iter(found.hosts)) == far, "in the order of the regions"
    for host, variables in found.hosts.items():
        assert variables["collect_instance"] == host
        assert variables["collect_provider"] == provider
        assert variables["collect_region"] == (THERE if host == far else HERE)[provider]
        assert variables[f"{provider}_account"] == "default"
        assert f"{provider}_nodes" not in variables
    assert len(cloud.requests.of(LISTS[provider])) == 2


def test_variables_of_a_cluster(cloud: Emulator, keys: Keys, load: Load) -> None:
    project = cloud.world.clusters[0].project
    options = {**keys["umongodb"], "region": "cn-bj2", "project_id": project}
    found = load("umongodb", options)
    assert found.hosts["uclmongo-shop0rs1xq"] == {
        "collect_api_url": cloud.url,
        "collect_instance": "uclmongo-shop0rs1xq",
        "collect_project_id": project,
        "collect_provider": "umongodb",
        "collect_region": "cn-bj2",
        "collect_zone": "cn-bj2-04",
        "umongodb_account": "default",
        "umongodb_cluster_id": "uclmongo-shop0rs1xq",
        "umongodb_created": "2025-01-01T00:00:00Z",
        "umongodb_name": "shop-replica-set",
        "umongodb_region": "cn-bj2",
        "umongodb_state": "Running",
        "umongodb_tag": "Default",
        "umongodb_type": "ReplicaSet",
        "umongodb_version": "MongoDB-4.4",
        "umongodb_zone": "cn-bj2-04",
    }


def test_variables_of_an_instance(cloud: Emulator, keys: Keys, load: Load) -> None:
    found = load("dds", {**keys["dds"], "region": HERE["dds"], "name": "*shop"})
    [(host, variables)] = found.hosts.items()
    assert variables == {
        "collect_endpoint": cloud.url,
        "collect_iam_endpoint": cloud.url,
        "collect_instance": host,
        "collect_provider": "dds",
        "collect_region": "ap-southeast-3",
        "dds_account": "default",
        "dds_instance_id": host,
        "dds_mode": "ReplicaSet",
        "dds_name": "dds-shop",
        "dds_region": "ap-southeast-3",
        "dds_status": "normal",
        "dds_tags": {},
        "dds_version": "4.4",
    }
    assert cloud.requests.of("ListInstances")[0].params["name"] == "*shop"


@both
def test_variables_for_the_role_are_options_of_its_module(
    cloud: Emulator, keys: Keys, load: Load, provider: str
) -> None:
    module = {"umongodb": umongodb_log_archive, "dds": dds_log_archive}[provider]
    known = {f"collect_{option}" for option in module.OPTIONS.options} | {"collect_provider", "collect_instance"}
    found = load(provider, {**keys[provider], "region": HERE[provider], "nodes": True})
    for variables in found.hosts.values():
        taken = {name for name in variables if name.startswith("collect_")}
        assert taken <= known
        assert "collect_node_ids" not in taken


@both
def test_nodes_on_request(cloud: Emulator, keys: Keys, load: Load, provider: str) -> None:
    found = load(provider, {**keys[provider], "region": HERE[provider], "nodes": True})
    counts = sorted(len(variables[f"{provider}_nodes"]) for variables in found.hosts.values())
    owners: list[Any] = [*(cloud.world.clusters if provider == "umongodb" else cloud.world.instances)]
    assert counts == sorted(len(owner.nodes()) for owner in owners)


def test_nodes_that_cannot_be_read_hide_no_host(cloud: Emulator, keys: Keys, load: Load) -> None:
    broken, whole = (cluster.cluster_id for cluster in cloud.world.clusters)
    cloud.faults.add(Fault("DescribeUMongoDBInstance", "unauthorized", match={"ClusterId": broken}, args={"code": 299}))
    options = {**keys["umongodb"], "region": "cn-bj2", "nodes": True, "partial": "warn"}
    found = load("umongodb", options)
    assert found.hosts[broken]["umongodb_nodes"] is None
    assert found.hosts[whole]["umongodb_nodes"]
    [warning] = found.warnings
    assert warning.startswith(f"default, cn-bj2: The nodes of {broken} cannot be read: ")


@both
def test_filters(cloud: Emulator, keys: Keys, load: Load, provider: str) -> None:
    host = rename(cloud.world, provider, "wanted-1")
    options = {**keys[provider], "region": HERE[provider], "include_filters": {"name": ["wanted-?", "other"]}}
    assert list(load(provider, options).hosts) == [host]


def test_only_a_zone(cloud: Emulator, keys: Keys, load: Load) -> None:
    found = load("umongodb", {**keys["umongodb"], "region": "cn-bj2", "zone": "cn-bj2-05"})
    assert list(found.hosts) == ["uclmongo-shop0sh2zk"]


# -- the environment


def test_environment(cloud: Emulator, keys: Keys, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster, instance = keys["umongodb"], keys["dds"]
    for name, value in {
        "UCLOUD_API_URL": cluster["api_url"],
        "UCLOUD_PUBLIC_KEY": cluster["public_key"],
        "UCLOUD_PRIVATE_KEY": cluster["private_key"],
        "UCLOUD_REGION": "cn-bj2",
        "UCLOUD_ZONE": "cn-bj2-05",
        # as in a module, the first name counts
        "HW_ACCESS_KEY": instance["access_key"],
        "HW_SECRET_KEY": instance["secret_key"],
        "HUAWEICLOUD_SDK_AK": "not-this-one",
        "HUAWEICLOUD_SDK_SK": "not-this-one",
        "HW_REGION_NAME": HERE["dds"],
        "HW_DDS_ENDPOINT": instance["endpoint"],
        "HW_IAM_ENDPOINT": instance["iam_endpoint"],
        "HUAWEICLOUD_SDK_IAM_ENDPOINT": "http://not-this-one",
    }.items():
        monkeypatch.setenv(name, value)
    assert list(load("umongodb", {}).hosts) == ["uclmongo-shop0sh2zk"]
    assert list(load("dds", {}).hosts) == ids(cloud.world, "dds")


def test_a_token_of_the_environment_does_not_go_with_a_key_of_the_file(
    cloud: Emulator, keys: Keys, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UCLOUD_SECURITY_TOKEN", "of-another-key")
    monkeypatch.setenv("HW_AUTH_TOKEN", "of-another-key")
    for provider in HERE:
        account = {"name": "own", **keys[provider], "region": HERE[provider]}
        assert list(load(provider, {"accounts": [account]}).hosts) == ids(cloud.world, provider)


def test_options_may_be_templates(cloud: Emulator, keys: Keys, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", keys["umongodb"]["private_key"])
    account = {"name": "shop", "private_key": "{{ lookup('env', 'SHOP_KEY') }}"}
    account["public_key"] = keys["umongodb"]["public_key"]
    options = {"api_url": cloud.url, "region": "cn-bj2", "accounts": [account]}
    assert len(load("umongodb", options).hosts) == 2


# -- accounts


def two_accounts(cloud: Emulator, keys: Keys) -> dict[str, Any]:
    """Return options with two accounts, each with a project of its own."""
    first, second = cloud.world.ucloud_accounts[:2]
    second.projects[:] = ["org-second"]
    cloud.world.add_cluster("uclmongo-second", name="second", project="org-second")
    accounts = [
        {"name": name, "public_key": one.public_key, "private_key": one.private_key, "project_id": one.projects[0]}
        for name, one in (("first", first), ("second", second))
    ]
    return {"api_url": cloud.url, "region": "cn-bj2", "accounts": accounts, "timeout": 5, "deadline": 5}


def test_two_accounts(cloud: Emulator, keys: Keys, load: Load) -> None:
    found = load("umongodb", two_accounts(cloud, keys))
    assert {host: variables["umongodb_account"] for host, variables in found.hosts.items()} == {
        "uclmongo-shop0rs1xq": "first",
        "uclmongo-shop0sh2zk": "first",
        "uclmongo-second": "second",
    }
    assert found.hosts["uclmongo-second"]["collect_project_id"] == "org-second"


def test_accounts_are_read_at_once_and_told_in_their_order(cloud: Emulator, keys: Keys, load: Load) -> None:
    options = two_accounts(cloud, keys)
    slow = {"PublicKey": options["accounts"][0]["public_key"]}
    cloud.faults.add(Fault("ListUMongoDBInstances", "delay", match=slow, args={"seconds": 0.5}))
    found = load("umongodb", options)
    assert list(found.hosts) == ["uclmongo-shop0rs1xq", "uclmongo-shop0sh2zk", "uclmongo-second"]
    second, first = cloud.requests.of("ListUMongoDBInstances")
    assert second.params["ProjectId"] == "org-second"
    assert second.finished < first.finished


def test_what_two_accounts_see_is_one_host(cloud: Emulator, keys: Keys, load: Load) -> None:
    accounts = [{"name": "z"}, {"name": "a"}]
    found = load("umongodb", {**keys["umongodb"], "region": "cn-bj2", "accounts": accounts})
    assert [variables["umongodb_account"] for variables in found.hosts.values()] == ["z", "z"]


def test_one_account_fails(cloud: Emulator, keys: Keys, load: Load) -> None:
    options = two_accounts(cloud, keys)
    options["accounts"][0]["private_key"] = "wrong"
    found = load("umongodb", {**options, "partial": "warn"})
    assert list(found.hosts) == ["uclmongo-second"]
    [warning] = found.warnings
    assert warning.startswith("first, cn-bj2: ListUMongoDBInstances was refused with RetCode 171")

    for more in ({}, {"partial": "fail"}, {"partial": "warn", "strict": True}):
        with pytest.raises(
            AnsibleError, match=r"first, cn-bj2: ListUMongoDBInstances was refused.*partial: warn"
        ) as error:
            load("umongodb", {**options, **more})
        assert "second" not in str(error.value)

    options["accounts"][1]["private_key"] = "wrong"
    with pytest.raises(AnsibleError, match=r"first, cn-bj2: .* second, cn-bj2: ") as error:
        load("umongodb", {**options, "partial": "warn"})
    assert "\n" not in error.value.message
    assert "partial" not in error.value.message


@both
def test_one_region_fails(cloud: Emulator, keys: Keys, load: Load, provider: str) -> None:
    options = {**keys[provider], "regions": ["nowhere", HERE[provider]]}
    with pytest.raises(AnsibleError, match="default, nowhere: "):
        load(provider, options)
    found = load(provider, {**options, "partial": "warn"})
    assert sorted(found.hosts) == sorted(ids(cloud.world, provider))
    assert [warning.partition(":")[0] for warning in found.warnings] == ["default, nowhere"]


@both
def test_a_key_that_is_refused_is_not_tried_in_every_region(
    cloud: Emulator, keys: Keys, load: Load, provider: str
) -> None:
    secret = {"umongodb": "private_key", "dds": "secret_key"}[provider]
    regions = [HERE[provider], *(f"region-{number}" for number in range(10))]
    with pytest.raises(AnsibleError, match="region-9: "):
        load(provider, {**keys[provider], secret: "wrong", "regions": regions})
    assert len(list(cloud.requests)) == 1
    assert cloud.auth.locked() == []


def test_an_id_that_is_none_is_left_out(cloud: Emulator, keys: Keys, load: Load) -> None:
    cloud.world.clusters[0].cluster_id = HOSTILE
    cloud.world.add_cluster().cluster_id = ["no", "text"]  # type: ignore[assignment]
    options = {**keys["umongodb"], "region": "cn-bj2"}
    with pytest.raises(AnsibleError, match="2 of its instances are left out"):
        load("umongodb", options)
    found = load("umongodb", {**options, "partial": "warn"})
    assert list(found.hosts) == ["uclmongo-shop0sh2zk"]
    assert found.warnings == ["default, cn-bj2: 2 of its instances are left out, as their ids are none."]


# -- the cache


@pytest.fixture
def cached(tmp_path: Path) -> dict[str, Any]:
    """Options that keep a cache in a folder."""
    folder = str(tmp_path / "cache")
    return {"cache": True, "cache_plugin": "jsonfile", "cache_connection": folder}


@both
def test_cache(cloud: Emulator, keys: Keys, load: Load, cached: dict[str, Any], provider: str) -> None:
    options = {**keys[provider], **cached, "regions": [HERE[provider], THERE[provider]]}
    first = load(provider, options)
    cloud.requests.clear()
    assert load(provider, options) == first
    assert list(cloud.requests) == []

    abroad(cloud.world, provider)
    assert load(provider, options) == first
    assert len(load(provider, options, cache=False).hosts) == len(first.hosts) + 1
    cloud.requests.clear()
    assert len(load(provider, options).hosts) == len(first.hosts) + 1
    assert list(cloud.requests) == []


def test_cache_keeps_no_secret_and_no_failure(cloud: Emulator, keys: Keys, load: Load, cached: dict[str, Any]) -> None:
    options = {**two_accounts(cloud, keys), **cached}
    fault = cloud.faults.add(Fault("ListUMongoDBInstances", "retcode", times=1, args={"code": 299}))
    one = load("umongodb", {**options, "partial": "warn"})
    assert fault.fired == 1
    assert len(one.warnings) == 1
    folder = Path(cached["cache_connection"])
    assert len(list(folder.iterdir())) == 1, "one account"

    cloud.requests.clear()
    assert len(load("umongodb", options).hosts) == 3
    assert len(cloud.requests.of("ListUMongoDBInstances")) == 1
    assert len(list(folder.iterdir())) == 2, "each account has its own"
    kept = "".join(f"{path.name} {path.read_text()}" for path in folder.iterdir())
    assert "uclmongo-second" in kept
    for account in options["accounts"]:
        assert account["private_key"] not in kept
        assert account["public_key"] not in kept


def test_cache_is_not_for_another_account_or_another_question(
    cloud: Emulator, keys: Keys, load: Load, cached: dict[str, Any]
) -> None:
    both_accounts = two_accounts(cloud, keys)
    shared = {name: value for name, value in both_accounts.items() if name != "accounts"} | cached
    first, second = (
        {name: value for name, value in one.items() if name != "name"} for one in both_accounts["accounts"]
    )
    assert len(load("umongodb", {**shared, **first}).hosts) == 2
    assert len(load("umongodb", {**shared, **second}).hosts) == 1
    assert len(load("umongodb", {**shared, **first, "zone": "cn-bj2-05"}).hosts) == 1
    assert len(load("umongodb", {**shared, **first, "include_filters": {"state": "Gone"}}).hosts) == 0
    found = load("umongodb", {**shared, **first, "nodes": True})
    assert all(variables["umongodb_nodes"] for variables in found.hosts.values())


# -- groups, and strings that a cloud makes up


@both
def test_constructed_groups(cloud: Emulator, keys: Keys, load: Load, provider: str) -> None:
    host = rename(cloud.world, provider, "a name: with {{ signs }}")
    options = {
        **keys[provider],
        "region": HERE[provider],
        "compose": {"label": f"{provider}_name | upper"},
        "groups": {"named": f"'signs' in {provider}_name"},
        "keyed_groups": [{"key": f"{provider}_name"}, {"key": f"{provider}_account", "prefix": "account"}],
        "leading_separator": False,
    }
    found = load(provider, options)
    assert found.hosts[host]["label"] == "A NAME: WITH {{ SIGNS }}"
    assert found.groups["named"] == [host]
    assert found.groups["a_name__with____signs___"] == [host]
    assert sorted(found.groups["account_default"]) == sorted(found.hosts)

    options["compose"] = {"label": "no_such_variable"}
    assert "label" not in load(provider, options).hosts[host]
    with pytest.raises(AnsibleError, match="Could not set label"):
        load(provider, {**options, "strict": True})


def command(cloud: Emulator, keys: dict[str, Any], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's programs on an inventory file, its credentials in the environment."""
    (folder / "fleet.umongodb.yml").write_text("plugin: clouddb.mongodb_logs.umongodb\nnodes: true\n")
    variables = {f"UCLOUD_{name.upper()}": value for name, value in keys.items() if isinstance(value, str)}
    program = Path(sys.executable).with_name(arguments[0])
    return subprocess.run(
        [program, "-i", folder / "fleet.umongodb.yml", *arguments[1:]],
        env={**os.environ, **variables, "UCLOUD_REGION": "cn-bj2", "ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_a_cloud_says_is_no_template(cloud: Emulator, keys: Keys, tmp_path: Path) -> None:
    host = rename(cloud.world, "umongodb", HOSTILE)
    cloud.world.clusters[0].state = HOSTILE
    ran = command(cloud, keys["umongodb"], tmp_path, "ansible", host, "-m", "debug", "-a", "msg='{{ umongodb_name ~ umongodb_state }}'")  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert HOSTILE * 2 in ran.stdout
    assert "evaluated\n" not in ran.stdout


def test_nothing_is_told(cloud: Emulator, keys: Keys, tmp_path: Path) -> None:
    ran = command(cloud, keys["umongodb"], tmp_path, "ansible-inventory", "--list", "-vvvv")
    listed = json.loads(ran.stdout[ran.stdout.index("\n{") :])
    assert len(listed["_meta"]["hostvars"]) == 2
    assert listed["umongodb"]["hosts"] == ids(cloud.world, "umongodb")
    for name in ("public_key", "private_key"):
        assert keys["umongodb"][name] not in ran.stdout + ran.stderr
    # the test is one that can fail
    assert keys["umongodb"]["api_url"] in ran.stdout


def test_wrong_keys_are_told_in_a_sentence(cloud: Emulator, keys: Keys, tmp_path: Path) -> None:
    wrong = {**keys["umongodb"], "private_key": "wrong-private-key"}
    ran = command(cloud, wrong, tmp_path, "ansible-inventory", "--list")
    assert "default, cn-bj2: ListUMongoDBInstances was refused with RetCode 171" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "wrong-private-key" not in ran.stderr


# -- files


def test_names_of_files(tmp_path: Path) -> None:
    for plugin, name in ((umongodb, "umongodb"), (dds, "dds")):
        inventory = plugin.InventoryModule()
        for ending, good in ((f".{name}.yml", True), (f".{name}.yaml", True), (".yml", False), (f"{name}.yml", False)):
            path = tmp_path / f"fleet{ending}"
            path.touch()
            assert inventory.verify_file(str(path)) is good
        assert not inventory.verify_file(str(tmp_path / f"absent.{name}.yml"))


def test_a_file_that_only_has_another_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, text: warnings.append(text))
    inventory = umongodb.InventoryModule()
    for name, text in (
        ("fleet.yml", "plugin: clouddb.mongodb_logs.umongodb"),
        ("other.yml", "plugin: clouddb.mongodb_logs.dds"),
        ("fleet.umongodb.yml", "plugin: clouddb.mongodb_logs.umongodb"),
        ("fleet.txt", "clouddb.mongodb_logs.umongodb"),
    ):
        (tmp_path / name).write_text(text)
        inventory.verify_file(str(tmp_path / name))
    [warning] = warnings
    assert warning.startswith(f"{tmp_path}/fleet.yml is not read as an inventory of clouddb.mongodb_logs.umongodb")
    assert warning.endswith(
        "does not end with .umongodb.yml or .umongodb.yaml: rename it, such as to fleet.umongodb.yml."
    )


KEYS, EXPORTED = "public_key and private_key", "UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"plugin": "clouddb.mongodb_logs.other"}, "Incorrect plugin name"),
        ({}, "region or regions must be given."),
        ({"region": "hk"}, f"{KEYS} must not be empty. Export {EXPORTED}, or give {KEYS} in the file of the inventory."),
        ({"region": "hk", "accounts": [{"name": "a", "public_key": "b"}]}, "accounts: a: private_key must not be empty."),
        ({"region": "hk", "public_key": "a", "private_key": "b", "api_url": "somewhere"}, "api_url: this is not the address"),
    ],
)  # fmt: skip
def test_bad_files(load: Load, options: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleError, match=message) as error:
        load("umongodb", options)
    assert "Traceback" not in str(error.value)


def test_requests_is_needed(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_inventory, "REQUESTS_IMPORT_ERROR", "a traceback")
    assert inventory_loader.get("clouddb.mongodb_logs.dds")
    with pytest.raises(AnsibleError, match="requests"):
        load("dds", {})


def test_an_address_in_clear_is_warned_of(cloud: Emulator, keys: Keys, load: Load) -> None:
    accounts = [{"name": "clear", "endpoint": "http://dds.example.com", "region": "nowhere"}, {"name": "other"}]
    found = load("dds", {**keys["dds"], "region": HERE["dds"], "accounts": accounts, "partial": "warn"})
    assert len(found.hosts) == 2
    assert found.warnings[0].startswith("endpoint is not HTTPS")
    assert found.warnings[1].startswith("clear, nowhere: ")
