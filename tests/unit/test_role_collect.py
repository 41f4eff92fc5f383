# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's variables are the options of the modules that it runs, no more and no fewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds import options as dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb import options as umongodb

ROLE = Path(__file__).parents[2] / "roles" / "collect"
MODULES = {"umongodb": umongodb.OPTIONS.options, "dds": dds.OPTIONS.options}
OPTIONS = MODULES["umongodb"] | MODULES["dds"]
OWN = {f"collect_{name}" for name in ("provider", "archive_host", "archive_persistent", "include", "when_locked")}
TAKE_NO_BLANK = {"bool", "int", "float"}


def load(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text("utf-8"))


SPEC: dict[str, dict[str, Any]] = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
TASK: dict[str, Any] = load("tasks/main.yml")[-1]


def variable(option: str) -> str:
    return "collect_instance" if option in ("cluster_id", "instance_id") else f"collect_{option}"


def test_every_option_has_a_variable() -> None:
    assert set(SPEC) == OWN | set(map(variable, OPTIONS))
    assert set(TASK["args"]) == set(OPTIONS)


@pytest.mark.parametrize("option", OPTIONS)
def test_option(option: str) -> None:
    specified, passed = SPEC[variable(option)], TASK["args"][option]
    kind = OPTIONS[option]["type"]
    assert specified["type"] == ("raw" if kind in TAKE_NO_BLANK else kind)
    assert specified.get("elements") == OPTIONS[option].get("elements")
    assert specified.get("choices") in (None, OPTIONS[option].get("choices"))
    assert variable(option) in passed
    owners = {provider for provider, options in MODULES.items() if option in options}
    assert ("_collect_umongodb" in passed and "omit" in passed) == (len(owners) == 1)
    if len(owners) == 1 and option not in ("cluster_id", "instance_id"):
        assert f"Only for V({owners.pop()})" in str(specified["description"])


@pytest.mark.parametrize("provider", MODULES)
def test_environment(provider: str) -> None:
    for option, described in MODULES[provider].items():
        for name in described.get("fallback", (None, []))[1]:
            assert f"'{name}'" in TASK["args"][option]
            assert f"E({name})" in str(SPEC[variable(option)]["description"])
            assert f"`{name}`" in (ROLE / "README.md").read_text("utf-8")


def test_defaults() -> None:
    assert load("defaults/main.yml") == {name: row["default"] for name, row in SPEC.items() if "default" in row}
    assert not any(row.get("required") and "default" in row for row in SPEC.values())
