# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which module the plugin runs with what, from the variables of a host; whole runs are in the integration tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unittest import mock

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.clouddb.mongodb_logs.plugins.action.collect import ActionModule

from ..templating import trust_as_template

Variables = dict[str, Any]
CLUSTER: Variables = {"collect_provider": "umongodb", "collect_archive": "/srv/logs"}


class Broken(Mapping[str, Any]):
    """The variables of a host that cannot be made out."""

    def __getitem__(self, name: str) -> Any:
        raise AnsibleError(f"{name} is undefined")

    def __iter__(self) -> Any:
        return iter(["collect_instance"])  # names need not be made out

    def __len__(self) -> int:
        return 1

    def get(self, key: str, default: Any = None) -> Any:
        return self[key]


def run(
    variables: Variables,
    *,
    came: Variables | None = None,
    others: Mapping[str, Mapping[str, Any]] | None = None,
    defaults: list[Variables] | None = None,
    transport: str = "ssh",
    **arguments: Any,
) -> tuple[Variables, list[tuple[str, Variables]]]:
    """Return the result, and the modules that were run with their arguments."""
    known: Variables = {"inventory_hostname": "host", **variables}
    known["hostvars"] = {"host": known, **(others or {})}
    task = mock.Mock(args=arguments, module_defaults=defaults or [], async_val=0, check_mode=False, diff=False)
    connection = mock.Mock(transport=transport)
    templar = Templar(loader=DataLoader(), variables=known)
    plugin = ActionModule(task, connection, mock.Mock(), DataLoader(), templar, mock.Mock())
    plugin._load_name = "clouddb.mongodb_logs.collect"  # as whatever loads plugins does
    runs: list[tuple[str, Variables]] = []

    def execute(module_name: str, module_args: Variables, task_vars: Variables) -> Variables:
        assert task_vars["hostvars"] is known["hostvars"]
        runs.append((module_name, module_args))
        return came or {"changed": True}

    with mock.patch.object(plugin, "_execute_module", execute):
        return plugin.run(task_vars=known), runs


def only(**arguments: Any) -> Variables:
    """Return the arguments that are no blank."""
    return {name: value for name, value in arguments.items() if value != ""}


@pytest.mark.usefixtures("no_environment")
@pytest.mark.parametrize("examine", [False, True, "yes"])
def test_the_module_of_the_provider_gets_what_is_set(examine: Any) -> None:
    region = trust_as_template("{{ 'cn-' ~ place }}")
    result, [(module, arguments)] = run({**CLUSTER, "place": "bj2", "collect_region": region}, examine=examine)
    assert result["changed"] is True
    wanted: Variables = {"archive": "/srv/logs", "cluster_id": "host", "region": "cn-bj2"}
    assert module == f"clouddb.mongodb_logs.umongodb_{'doctor' if examine else 'log_archive'}"
    assert only(**arguments) == wanted | ({"fail_on": "never"} if examine else {})


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the machine may know."""
    for name in ("UCLOUD_REGION", "UCLOUD_PUBLIC_KEY", "UCLOUD_PRIVATE_KEY", "UCLOUD_PROJECT_ID", "UCLOUD_ZONE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("UCLOUD_API_URL", "UCLOUD_SECURITY_TOKEN", "UCLOUD_CHANNEL_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_is_that_of_the_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UCLOUD_PUBLIC_KEY", "of the environment")
    assert run(CLUSTER)[1][0][1]["public_key"] == "of the environment"


def test_module_defaults_are_used_where_no_variable_is_set() -> None:
    group, module = "group/clouddb.mongodb_logs.umongodb", "clouddb.mongodb_logs.umongodb_log_archive"
    defaults: list[Variables] = [
        {group: trust_as_template("{{ dict(region='of the group', workers=7) }}")},
        {module: {"settle": trust_as_template("{{ minutes }}m"), "workers": 9}},
    ]
    [(_module, arguments)] = run({**CLUSTER, "minutes": 5, "collect_workers": 3}, defaults=defaults)[1]
    assert [arguments[name] for name in ("region", "settle", "workers")] == ["of the group", "5m", 3]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "collect_provider must be given: umongodb or dds."),
        ({"collect_provider": "aws"}, "collect_provider must be umongodb or dds, not aws."),
        (
            {"collect_provider": "dds"},
            "collect_archive must be given: the absolute path of the archive on the archive host.",
        ),
    ],
)
def test_what_is_missing_is_told_in_one_sentence(variables: Variables, message: str) -> None:
    result, runs = run(variables, others={"other": {"collect_archive_host": "store"}, "broken": Broken()})
    assert (result["failed"], result["msg"], runs) == (True, message, [])
    assert result["failure"]["kind"] == "bad_input"


def test_a_host_that_only_holds_the_archive_is_left_out_with_a_notice() -> None:
    others = {"broken": Broken(), "other": {"collect_archive_host": "host"}}
    for result, runs in (
        run({"collect_archive_host": "host"}, others={"broken": Broken()}),
        run({}, others=others),
        run({"collect_provider": ""}, others=others),
    ):
        assert (result["skipped"], runs) == (True, [])
        assert "failed" not in result
        assert result["msg"] == "host is an archive host without collect_provider; nothing is collected from it."
        assert result["_ansible_verbose_always"]


def test_a_host_with_a_provider_does_not_ask_the_others() -> None:
    assert run({**CLUSTER, "collect_archive_host": "host"}, others={"broken": Broken()})[1]


def test_a_host_that_is_not_included_is_skipped() -> None:
    for variables in ({"collect_include": "other"}, {"collect_include": ["h?"], "collect_instance": "uclmongo-1"}):
        result, runs = run({**CLUSTER, **variables})
        assert (result["skipped"], result["msg"], runs) == (True, "host is none of those in collect_include.", [])
        assert not result["_ansible_verbose_always"]
    assert run({**CLUSTER, "collect_include": ["ucl*"], "collect_instance": "uclmongo-1"})[1]


@pytest.mark.parametrize("job", ["awx_job_id", "tower_job_id"])
def test_an_archive_that_ends_with_the_job_is_refused(job: str) -> None:
    in_a_job = {**CLUSTER, job: 7}
    result, runs = run(in_a_job, transport="local")
    assert (result["failed"], result["failure"]["code"], runs) == (True, "archive_of_a_job", [])
    assert result["msg"].startswith("The archive /srv/logs would be on the disk of this job, which AWX throws away")
    assert run(in_a_job)[1]
    assert run({**in_a_job, "collect_archive_persistent": "yes"}, transport="local")[1]
    assert "skipped" in run({**in_a_job, "collect_include": "other"}, transport="local")[0]
    assert run(CLUSTER, transport="local")[1]


SAME = "host and other name the same instance uclmongo-1 and archive"


def test_hosts_of_one_instance_are_told_by_name() -> None:
    same = {**CLUSTER, "collect_instance": "uclmongo-1"}
    others = {
        "other": same,
        "third": CLUSTER,
        "broken": Broken(),
        "uclmongo-1": CLUSTER | {"collect_archive": "/other"},
    }
    result, runs = run(same, others=others, compare=["third", "other", "host", "broken", "uclmongo-1"])
    assert (result["same"], runs) == ([{"instance": "uclmongo-1", "hosts": ["host", "other"]}], [])
    [warning] = result["warnings"]
    assert warning.startswith(SAME)
    assert run(CLUSTER, others={"third": CLUSTER}, compare=["third", "host"])[0]["same"] == []


def test_a_variable_that_is_nearly_one_of_the_role_is_told_once() -> None:
    wrong = {**CLUSTER, "collect_lookbak": "3d", "collect_instance_id": "uclmongo-1", "collect_team": "shop"}
    result, _runs = run(CLUSTER, others={"first": wrong, "second": wrong}, compare=["host", "second", "first"])
    end = "is no variable of the role collect and is ignored"
    assert result["warnings"] == [
        f"collect_instance_id of first and 1 more {end}; collect_instance is one.",
        f"collect_lookbak of first and 1 more {end}; collect_lookback is one.",
    ]


def test_archive_hosts_are_told_and_not_how_they_are_reached() -> None:
    own = {**CLUSTER, "collect_archive_host": "store", "collect_archive_host_vars": {"ansible_password": "secret"}}
    result, runs = run(own, others={"other": own, "broken": Broken()}, compare=["host", "other", "broken"])
    assert (result["archive_hosts"], runs) == ([{"name": "store", "of": "host"}], [])
    assert "secret" not in str(result)

    result, _runs = run(own, others={"other": {**own, "collect_archive_host_vars": "port"}}, compare=["other"])
    assert result["failed"]
    assert result["msg"].startswith("collect_archive_host_vars of other must be a dictionary")


def test_a_host_that_finds_the_archive_locked_names_the_other_one() -> None:
    compared = {"collect_compared": {"same": [{"instance": "uclmongo-1", "hosts": ["host", "other"]}]}}
    locked: Variables = {"failed": True, "msg": "Locked.", "failure": {"code": "locked"}}
    assert run({**CLUSTER, **compared}, came=dict(locked))[0]["msg"].startswith(f"Locked. {SAME}")
    assert run(CLUSTER, came=dict(locked))[0]["msg"] == "Locked."
    other = {**locked, "failure": {"code": "130"}}
    assert run({**CLUSTER, **compared}, came=other)[0]["msg"] == "Locked."


def test_an_archive_host_that_cannot_be_made_out_is_not_the_controller() -> None:
    with pytest.raises(AnsibleError, match="nowhere"):
        run({**CLUSTER, "collect_archive_host": trust_as_template("{{ nowhere }}")})


def test_an_argument_that_there_is_not_is_an_error() -> None:
    with pytest.raises(AnsibleError, match="region"):
        run(CLUSTER, region="cn-bj2")
