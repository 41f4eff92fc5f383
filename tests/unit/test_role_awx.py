# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the role awx are what modules and playbooks are, no more and no less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import DDS, UMONGODB, Between, OptionSet
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._controller import KINDS
from ansible_collections.clouddb.mongodb_logs.tests.controller import checks
from ansible_collections.clouddb.mongodb_logs.tests.tools import surveys

from .templating import trust_as_template

ROOT = Path(__file__).parents[2]
ROLE = ROOT / "roles" / "awx"
# What a template is given and no survey asks for: a blank answer would take its place.
GIVEN = {"archive", "archive_host", "archive_host_vars", "dest", "max_age"}
CLOUDS = {"umongodb": UMONGODB, "dds": DDS}


def load(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text("utf-8"))


VARS = load("vars/main/main.yml")
SURVEYS = load("vars/main/surveys.yml")["_awx_surveys"]
QUESTIONS = [(playbook, question) for playbook, asked in SURVEYS.items() for question in asked]


def test_every_playbook_has_a_template() -> None:
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")} - {"awx", "demo"}
    assert {row["playbook"] for row in VARS["_awx_templates"]} == playbooks


def test_surveys_are_what_the_options_of_the_modules_are() -> None:
    assert surveys.written() == (ROLE / "vars/main/surveys.yml").read_text("utf-8"), "run tests/tools/surveys.py"


@pytest.mark.parametrize("bucket", ["", "logs"])
def test_whoever_looks_at_the_bucket_signs_in_there(bucket: str) -> None:
    [task] = [one for one in load("tasks/present.yml") if "_awx_signing_in" in one.get("vars", {})]
    known = {
        **load("defaults/main.yml"),
        **VARS,
        **task["vars"],
        "awx_machine_credential": "ssh",
        "awx_bucket_credential": "s3",
    }
    known["awx_variables"] = {"collect_mirror_bucket": bucket}
    marked = {name: trust_as_template(value) if isinstance(value, str) else value for name, value in known.items()}
    marked["_awx_signing_in"] = [trust_as_template(text) for text in known["_awx_signing_in"]]
    signing_in = {}
    for row in VARS["_awx_templates"]:
        templar = Templar(loader=DataLoader(), variables={**marked, "item": row})
        signing_in[row["playbook"]] = templar.template(marked["_awx_signing_in"])
    assert {name for name, keys in signing_in.items() if "s3" in keys} == ({"doctor", "mirror"} if bucket else set())


@pytest.mark.parametrize("playbook", SURVEYS)
def test_a_controller_takes_the_survey(playbook: str) -> None:
    checks.survey({"name": "", "description": "", "spec": SURVEYS[playbook]})


@pytest.mark.parametrize(("playbook", "question"), QUESTIONS)
def test_questions(playbook: str, question: dict[str, Any]) -> None:
    name = question["variable"].partition("_")[2]
    assert name not in GIVEN
    if name != "include":
        text = (ROOT / "playbooks" / f"{playbook}.yml").read_text("utf-8")
        assert question["variable"].startswith("collect_") or question["variable"] in text
    assert "(" not in question["question_description"].replace("(ISO", ""), "marks of the documentation are taken off"
    assert "" not in list(question["choices"])
    # What is not answered is left to the inventory and the role. A default, even a blank one, would be given to jobs in place of
    # the inventory's variables.
    assert not question["required"]
    assert "default" not in question


def test_bounds_are_those_that_are_checked() -> None:
    workers = next(question for _playbook, question in QUESTIONS if question["variable"] == "collect_workers")
    bounds = Between(workers["min"], workers["max"])
    assert (workers["type"], bounds) == ("integer", Between(1, 64))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_credentials_hold_what_signs_in(cloud: str) -> None:
    options: OptionSet = CLOUDS[cloud]
    fields = {field["id"]: field for field in VARS["_awx_clouds"][cloud]["fields"]}
    known = {name: option for name, option in options.options.items() if "fallback" in option and name != "region"}
    assert set(fields) == set(known)
    for name, field in fields.items():
        assert field["env"] == known[name]["fallback"][1][0]
        assert field["secret"] == bool(known[name].get("no_log"))


def test_every_kind_is_made_and_removed() -> None:
    assert sorted(VARS["_awx_kinds"]) == sorted(KINDS)
    made = [task["clouddb.mongodb_logs.awx_object"]["kind"] for task in load("tasks/present.yml")]
    assert made == VARS["_awx_kinds"]
    [removal] = [task for task in load("tasks/main.yml") if "clouddb.mongodb_logs.awx_object" in task]
    assert list(removal["vars"]["_awx_wanted"]) == VARS["_awx_kinds"]


def test_defaults() -> None:
    specified = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    assert load("defaults/main.yml") == {name: row["default"] for name, row in specified.items() if "default" in row}
    assert set(load("defaults/main.yml")) == set(specified)
