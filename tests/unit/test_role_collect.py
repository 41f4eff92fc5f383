# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's variables are the options of the modules that it runs, no more and no fewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._arguments import KNOWN, PROVIDERS

from .templating import trust_as_template

ROLE = Path(__file__).parents[2] / "roles" / "collect"
OPTIONS = {name: option for cloud in PROVIDERS.values() for name, option in cloud.options.options.items()}
VARIABLES = {name: variable for cloud in PROVIDERS.values() for name, variable in cloud.variables().items()}
OWN = {f"collect_{name}" for name in ("provider", "archive_host", "archive_host_vars", "archive_persistent", "include")}
TAKE_NO_BLANK = {"bool", "int", "float"}


def load(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text("utf-8"))


SPEC: dict[str, dict[str, Any]] = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]


@pytest.mark.parametrize(
    ("value", "fine"),
    [
        *((value, False) for value in ("many", "101", "-1", "5%", "nan", "100.5")),
        *((value, True) for value in ("0", 0, "", "49.9", 49.9, "100")),
    ],
)
def test_a_percentage_is_a_number_from_0_to_100(value: Any, fine: bool) -> None:
    """By the expressions that the playbook has for it."""
    play = yaml.safe_load((ROLE.parents[1] / "playbooks" / "collect.yml").read_text("utf-8"))[0]
    [check] = [row["ansible.builtin.assert"] for row in play["tasks"] if row["name"].startswith("Check the percentage")]
    known = {name: trust_as_template(text) for name, text in play["vars"].items()}
    templar = Templar(loader=DataLoader(), variables={**known, "collect_max_fail_percentage": value})
    assert templar.template(trust_as_template("{{ " + check["that"] + " }}")) is fine
    told = templar.template(trust_as_template(check["fail_msg"]))
    assert told == f"collect_max_fail_percentage must be a number from 0 to 100, not {value or 0}."


def test_every_option_has_a_variable() -> None:
    assert set(SPEC) == OWN | set(VARIABLES.values())
    assert set(VARIABLES) == set(OPTIONS)
    assert VARIABLES["cluster_id"] == VARIABLES["instance_id"] == "collect_instance"
    assert set(SPEC) < KNOWN


@pytest.mark.parametrize("option", OPTIONS)
def test_option(option: str) -> None:
    specified = SPEC[VARIABLES[option]]
    kind = OPTIONS[option]["type"]
    assert specified["type"] == ("raw" if kind in TAKE_NO_BLANK else kind)
    assert specified.get("elements") == OPTIONS[option].get("elements")
    assert {*specified.get("choices", ())} - {""} in (set(), {*OPTIONS[option].get("choices", ())})
    owners = {name for name, provider in PROVIDERS.items() if option in provider.options.options}
    if len(owners) == 1 and option not in ("cluster_id", "instance_id"):
        assert f"Only for V({owners.pop()})" in str(specified["description"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_environment(provider: str) -> None:
    for option, described in PROVIDERS[provider].options.options.items():
        for name in described.get("fallback", (None, []))[1]:
            assert f"E({name})" in str(SPEC[VARIABLES[option]]["description"])
            assert f"`{name}`" in (ROLE / "README.md").read_text("utf-8")


def test_the_role_passes_nothing_that_is_a_variable() -> None:
    """What is not passed is not templated either."""
    name = "clouddb.mongodb_logs.collect"
    passed = [task[name] for file in ("main", "examine") for task in load(f"tasks/{file}.yml") if name in task]
    assert passed == [None, {"examine": True}]


def test_defaults() -> None:
    assert load("defaults/main.yml") == {name: row["default"] for name, row in SPEC.items() if "default" in row}
    assert not any(row.get("required") and "default" in row for row in SPEC.values())


@pytest.mark.parametrize(
    ("serial", "wrong"),
    [
        (None, []),
        ("", []),
        (2, []),
        ("20%", []),
        ([1, "50%", "100%"], []),
        ("1/2", ["1/2"]),
        ("1,2", ["1,2"]),
        ([1, "half", -1], ["half", "-1"]),
        ("5.5%", ["5.5%"]),
    ],
)
def test_batches_that_ansible_would_fall_over_are_refused_before(serial: object, wrong: list[str]) -> None:
    [first, *_plays] = yaml.safe_load((ROLE.parents[1] / "playbooks" / "collect.yml").read_text("utf-8"))
    variables = {} if serial is None else {"collect_serial": serial}
    templar = Templar(loader=DataLoader(), variables=variables)
    assert list(templar.template(trust_as_template(first["vars"]["_collect_no_serial"]))) == wrong
