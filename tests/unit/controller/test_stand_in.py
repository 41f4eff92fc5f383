# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in for a controller's API refuses what a server was seen to refuse, in its words, and awxkit can speak with it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.clouddb.mongodb_logs.tests.controller import Controller

Ids = dict[str, int]
FIELDS = {"fields": [{"id": "key", "type": "string", "label": "Key", "secret": True}]}
QUESTION = {"question_name": "n", "variable": "workers", "type": "integer", "required": False, "min": 1, "max": 9}


class Client:
    """Speaks with the API."""

    def __init__(self, controller: Controller) -> None:
        self.url = f"{controller.url}/api/v2/"
        self.session = requests.Session()
        self.session.auth = (controller.username, controller.password)

    def ask(self, method: str, path: str, **given: Any) -> tuple[int, Any]:
        """Return status and body of an answer."""
        answer = self.session.request(method, self.url + path, json=given or None, timeout=30)
        return answer.status_code, answer.json() if answer.content else None

    def make(self, endpoint: str, **given: Any) -> int:
        """Make an object, and return its number."""
        status, body = self.ask("POST", f"{endpoint}/", **given)
        assert status == 201, body
        return int(body["id"])


@pytest.fixture
def controller() -> Iterator[Controller]:
    """Run one with short pages."""
    with Controller(page=2) as running:
        yield running


@pytest.fixture
def client(controller: Controller) -> Client:
    """Speak with it as its admin."""
    return Client(controller)


@pytest.fixture
def there(client: Client, tmp_path: Path) -> Ids:
    """Make what a job template needs."""
    (tmp_path / "run.yml").write_text("- hosts: all\n")
    for command in (
        ["init", "-q"],
        ["add", "run.yml"],
        ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "one"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    ids = {"organization": client.make("organizations", name="o")}
    ids["project"] = client.make("projects", name="p", scm_type="git", scm_url=f"file://{tmp_path}", **ids)
    update = client.ask("GET", f"projects/{ids['project']}/")[1]["summary_fields"]["current_update"]["id"]
    assert client.ask("GET", f"project_updates/{update}/")[1]["status"] == "successful"
    ids["inventory"] = client.make("inventories", name="i", organization=ids["organization"])
    ids["type"] = client.make("credential_types", name="Cloud", kind="cloud", inputs=FIELDS)
    for name in ("one", "other"):
        ids[name] = client.make(
            "credentials", name=name, organization=ids["organization"], credential_type=ids["type"], inputs={"key": "k"}
        )
    ids["template"] = client.make(
        "job_templates",
        name="t",
        project=ids["project"],
        inventory=ids["inventory"],
        playbook="run.yml",
        survey_enabled=True,
    )
    spec = {"name": "", "description": "", "spec": [QUESTION]}
    assert client.ask("POST", f"job_templates/{ids['template']}/survey_spec/", **spec)[0] == 200
    return ids


@pytest.mark.parametrize(
    ("method", "path", "given", "status", "body"),
    [
        ("POST", "organizations/", {}, 400, {"name": ["This field is required."]}),
        ("POST", "organizations/", {"name": "o"}, 400, {"name": ["Organization with this Name already exists."]}),
        (
            "POST",
            "inventories/",
            {"name": "i", "organization": "{organization}"},
            400,
            {"__all__": ["Inventory with this Name and Organization already exists."]},
        ),
        (
            "POST",
            "inventories/",
            {"name": "j", "organization": 99},
            400,
            {"organization": ['Invalid pk "99" - object does not exist.']},
        ),
        (
            "PATCH",
            "job_templates/{template}/",
            {"playbook": "clouddb.mongodb_logs.collect"},
            400,
            {"playbook": ["Playbook not found for project."]},
        ),
        ("PATCH", "job_templates/{template}/", {"forks": "many"}, 400, {"forks": ["A valid integer is required."]}),
        ("PATCH", "projects/{project}/", {"scm_type": "cvs"}, 400, {"scm_type": ['"cvs" is not a valid choice.']}),
        (
            "POST",
            "inventory_sources/",
            {"name": "s", "inventory": "{inventory}", "source": "scm"},
            400,
            {"source_project": ["Project required for scm type sources."]},
        ),
        (
            "POST",
            "credentials/",
            {"name": "c", "credential_type": "{type}"},
            400,
            {"detail": ["Missing 'user', 'team', or 'organization'."]},
        ),
        (
            "PATCH",
            "credential_types/{type}/",
            {"inputs": {"fields": []}},
            403,
            {"detail": "Modifications to inputs are not allowed for credential types that are in use"},
        ),
        (
            "DELETE",
            "credential_types/{type}/",
            {},
            403,
            {"detail": "Credential types that are in use cannot be deleted"},
        ),
        (
            "POST",
            "job_templates/{template}/launch/",
            {"extra_vars": {"workers": ""}},
            400,
            {"variables_needed_to_start": ["Value  for 'workers' expected to be an integer."]},
        ),
        ("GET", "job_templates/?shoe_size=4", {}, 400, {"detail": "JobTemplate has no field named 'shoe_size'"}),
        ("GET", "job_templates/99/", {}, 404, {"detail": "No JobTemplate matches the given query."}),
        (
            "POST",
            "schedules/",
            {"name": "s", "unified_job_template": "{template}", "rrule": "DTSTART:20260101T000000Z RRULE:FREQ=HOURLY"},
            400,
            {"rrule": ["INTERVAL required in rrule: RULE:FREQ=HOURLY"]},
        ),
    ],
)
def test_refusals(
    client: Client, there: Ids, method: str, path: str, given: dict[str, Any], status: int, body: dict[str, Any]
) -> None:
    numbers = {
        name: there[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
        for name, value in given.items()
    }
    assert client.ask(method, path.format(**there), **numbers) == (status, body)


def test_one_credential_of_a_type(client: Client, there: Ids) -> None:
    path = f"job_templates/{there['template']}/credentials/"
    assert client.ask("POST", path, id=there["one"]) == (204, None)
    message = {"error": "Cannot assign multiple Cloud credentials."}
    assert client.ask("POST", path, id=there["other"]) == (400, message)
    assert client.ask("POST", path, id=there["one"], disassociate=True) == (204, None)
    assert client.ask("POST", path, id=there["other"]) == (204, None)


def test_one_credential_of_an_inventory_source(client: Client, there: Ids) -> None:
    common = {"inventory": there["inventory"], "source": "scm"}
    manual = client.make("projects", name="manual", organization=there["organization"])
    refused = {"source_project": ["Cannot use manual project for SCM-based inventory."]}
    assert client.ask("POST", "inventory_sources/", name="s", source_project=manual, **common) == (400, refused)
    source = client.make(
        "inventory_sources", name="s", source_project=there["project"], credential=there["one"], **common
    )
    path = f"inventory_sources/{source}/credentials/"
    assert client.ask("POST", path, id=there["other"]) == (400, {"msg": "Source already has credential assigned."})


def test_secrets_are_shown_to_nobody(controller: Controller, client: Client, there: Ids) -> None:
    path = f"credentials/{there['one']}/"
    assert client.ask("GET", path)[1]["inputs"] == {"key": "$encrypted$"}
    client.ask("PATCH", path, inputs={"key": "$encrypted$"})
    assert controller.store.objects[there["one"]]["inputs"] == {"key": "k"}


def test_pages_and_related_lookups(client: Client, there: Ids) -> None:
    for name in "abc":
        client.make("labels", name=name, organization=there["organization"])
    first = client.ask("GET", "labels/")[1]
    assert (first["count"], len(first["results"]), first["next"]) == (3, 2, "/api/v2/labels/?page=2")
    assert client.ask("GET", "labels/?page=2")[1]["next"] is None
    assert client.ask("GET", "labels/?page=3")[0] == 404
    assert client.ask("GET", "labels/?organization__name=o&name=a")[1]["count"] == 1
    assert client.ask("GET", "labels/?organization__name=other")[1]["count"] == 0
    assert client.ask("GET", f"labels/?or__id={first['results'][0]['id']}&or__name=b")[1]["count"] == 2
    assert client.ask("GET", "unified_job_templates/?name=t&type=job_template")[1]["count"] == 1


def test_a_launch_answers_with_a_job_or_a_workflow(controller: Controller, client: Client, there: Ids) -> None:
    path = f"job_templates/{there['template']}/"
    assert client.ask("POST", f"{path}launch/")[1]["type"] == "job"
    client.ask("PATCH", path, job_slice_count=2)
    # an inventory that was never filled, or has one host
    for hosts in (0, 1):
        controller.store.hosts[there["inventory"]] = hosts
        assert client.ask("POST", f"{path}launch/")[1]["type"] == "job"
    controller.store.hosts[there["inventory"]] = 2
    launched = client.ask("POST", f"{path}launch/", extra_vars={"workers": 3})[1]
    assert (launched["type"], launched["extra_vars"]) == ("workflow_job", '{"workers": 3}')
    assert client.ask("POST", f"workflow_jobs/{launched['id']}/cancel/") == (202, None)
    ended = client.ask("POST", f"workflow_jobs/{launched['id']}/cancel/")
    assert ended == (405, {"detail": 'Method "POST" not allowed.'})


def test_variables_that_nobody_asks_for(client: Client, there: Ids) -> None:
    launched = client.ask("POST", f"job_templates/{there['template']}/launch/", extra_vars={"other": 1})[1]
    assert (launched["extra_vars"], launched["ignored_fields"]) == ("{}", {"extra_vars": {"other": 1}})
    workflow = client.make("workflow_job_templates", name="w", organization=there["organization"])
    message = (
        "Variables other are not allowed on launch. Check the Prompt on Launch setting "
        "on the Workflow Job Template to include Extra Variables."
    )
    refused = client.ask("POST", f"workflow_job_templates/{workflow}/launch/", extra_vars={"other": 1})
    assert refused == (400, {"extra_vars": [message]})


@pytest.mark.parametrize(
    ("question", "default", "given"),
    [
        ({"type": "text"}, "", {"n": ""}),
        ({"type": "text"}, None, {}),
        ({"type": "integer"}, "", {}),
        ({"type": "integer"}, 3, {"n": 3}),
        ({"type": "multiplechoice", "choices": ["a", "b"]}, "", {}),
        ({"type": "multiplechoice", "choices": ["a", "b"]}, "a", {"n": "a"}),
        ({"type": "multiselect", "choices": ["a", "b"]}, "a", {}),
    ],
)
def test_a_default_is_given_to_a_job_where_it_is_a_right_answer(
    client: Client, there: Ids, question: dict[str, Any], default: Any, given: dict[str, Any]
) -> None:
    path = f"job_templates/{there['template']}/"
    asked = {"question_name": "n", "variable": "n", "required": False, **question}
    spec = [asked if default is None else {**asked, "default": default}]
    assert client.ask("POST", f"{path}survey_spec/", name="", description="", spec=spec)[0] == 200
    assert client.ask("POST", f"{path}launch/")[1]["extra_vars"] == json.dumps(given)


def test_nodes_of_a_workflow(client: Client, there: Ids) -> None:
    workflow = client.make("workflow_job_templates", name="w", organization=there["organization"])
    one, two = (
        client.make(
            "workflow_job_template_nodes",
            workflow_job_template=workflow,
            identifier=name,
            unified_job_template=there["template"],
        )
        for name in ("one", "two")
    )
    assert client.ask("POST", f"workflow_job_template_nodes/{one}/success_nodes/", id=two) == (204, None)
    cycle = client.ask("POST", f"workflow_job_template_nodes/{two}/always_nodes/", id=one)
    assert cycle == (400, {"Error": "Cycle detected."})
    again = client.ask("POST", f"workflow_job_template_nodes/{one}/failure_nodes/", id=two)
    assert again == (400, {"Error": "Relationship not allowed."})
    path = f"workflow_job_template_nodes/{two}/create_approval_template/"
    assert client.ask("POST", path, name="Prune?", timeout=60)[0] == 201
    shown = client.ask("GET", f"workflow_job_template_nodes/{two}/")[1]["summary_fields"]["unified_job_template"]
    assert (shown["unified_job_type"], shown["timeout"]) == ("workflow_approval", 60)
    assert client.ask("DELETE", f"workflow_job_templates/{workflow}/") == (204, None)
    assert client.ask("GET", f"workflow_approval_templates/{shown['id']}/")[0] == 404


def test_nobody_is_let_in_without_credentials(controller: Controller) -> None:
    words = "Authentication credentials were not provided."
    for auth in (None, ("admin", "wrong")):
        answer = requests.get(f"{controller.url}/api/v2/organizations/", auth=auth, timeout=30)
        assert answer.status_code == 401
        assert answer.json()["detail"].startswith(words)


def test_awxkit_speaks_with_it(controller: Controller, there: Ids) -> None:
    from awxkit import api, config, utils  # its settings are those of a process

    config.base_url = controller.url
    config.credentials = utils.PseudoNamespace(
        {"default": {"username": controller.username, "password": controller.password}}
    )
    root = api.Api()
    root.connection.login(controller.username, controller.password)
    v2 = root.get().available_versions.v2.get()
    template = v2.job_templates.get(name="t").results[0]
    assert (template.id, template.related.survey_spec.get().spec[0].variable) == (there["template"], "workers")
    assert template.summary_fields.organization.name == "o"
