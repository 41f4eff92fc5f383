# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plugin awx_object looks at, tells, and hands to the modules of a controller; whole runs are in the integration tests."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar
from ansible_collections.clouddb.mongodb_logs.plugins.action.awx_object import ActionModule
from ansible_collections.clouddb.mongodb_logs.tests.controller.kinds import KINDS
from ansible_collections.clouddb.mongodb_logs.tests.controller.store import Store

MARK = "[clouddb.mongodb_logs.awx: logs]"
Variables = dict[str, Any]


class Lookup:
    """The lookup of a collection, that looks into a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.reached: Variables = {}

    def run(self, terms: list[str], variables: Any, query_params: Any, return_all: bool, **reached: Any) -> Any:
        assert return_all
        assert "awx_name" in variables
        self.reached = reached
        [term] = terms
        parts = term.removeprefix("/api/v2/").strip("/").split("/")
        kind = next(name for name, kind in KINDS.items() if kind.endpoint == parts[0])
        if len(parts) == 1:
            if "broken" in query_params.values():
                raise AnsibleError("Failed to query the API: no")
            return [
                self.store.shown(one) for one in self.store.find(kind, {k: str(v) for k, v in query_params.items()})
            ]
        number = int(parts[1])
        if parts[2] == "survey_spec":
            return [self.store.surveys.get(number, {})]
        return [self.store.shown(one) for one in self.store.associated(self.store.objects[number], parts[2])]


@pytest.fixture
def store() -> Store:
    """A controller with an organization of ours and one of somebody else."""
    made = Store()
    made.create("organization", {"name": "ours", "description": MARK})
    made.create("organization", {"name": "theirs"})
    return made


def run(
    store: Store,
    *,
    check: bool = False,
    came: Variables | None = None,
    variables: Variables | None = None,
    **arguments: Any,
) -> tuple[Variables, list[tuple[str, Variables]]]:
    """Return the result, and the modules that were run with their arguments."""
    known = {"awx_name": "logs", "awx_controller": {"host": "https://c", "password": ""}, **(variables or {})}
    task = mock.Mock(args=arguments, async_val=0, check_mode=check, diff=True)
    there = {"awx.awx.controller_api": Lookup(store)}
    templar = Templar(DataLoader(), variables=known)
    plugin = ActionModule(task, mock.Mock(), mock.Mock(), DataLoader(), templar, mock.Mock())
    runs: list[tuple[str, Variables]] = []

    def execute(module_name: str, module_args: Variables, task_vars: Variables) -> Variables:
        assert task_vars is known
        runs.append((module_name, module_args))
        return {"changed": True, "id": 7, "invocation": {"module_args": module_args}, **(came or {})}

    found = mock.patch.object(lookup_loader, "get", lambda name, **_more: there.get(name))
    with mock.patch.object(plugin, "_execute_module", execute), found:
        return plugin.run(task_vars=known), runs


INVENTORY: Variables = {"organization": "ours", "variables": {"a": 1}}


def test_what_is_not_there_is_made(store: Store) -> None:
    for check in (True, False):
        result, runs = run(store, check=check, kind="inventory", name="i", wanted=INVENTORY)
        assert result["changed"]
        assert result["diff"]["after"] == {**INVENTORY, "description": MARK}
        assert result["diff"]["before"] == {}
        assert "invocation" not in result
        arguments = {"name": "i", **INVENTORY, "description": MARK, "controller_host": "https://c"}
        assert runs == ([] if check else [("awx.awx.inventory", arguments)])


def test_what_is_there_is_left_or_changed(store: Store) -> None:
    given = {"name": "i", "organization": 1, "description": f"Hosts. {MARK}", "variables": '{"a": 1}'}
    store.create("inventory", given)
    wanted = {**INVENTORY, "description": "Hosts."}
    result, runs = run(store, kind="inventory", name="i", wanted=wanted)
    assert (result["changed"], result["id"], runs) == (False, 3, [])
    result, runs = run(store, kind="inventory", name="i", wanted={**wanted, "variables": {"a": 2}})
    assert (result["diff"]["before"], result["diff"]["after"]) == ({"variables": {"a": 1}}, {"variables": {"a": 2}})
    assert len(runs) == 1

    result, _runs = run(store, came={"changed": False}, kind="inventory", name="i", wanted={**wanted, "variables": {}})
    assert result["warnings"] == ["inventory i is still not as wanted: variables."]
    result, _runs = run(store, came={"failed": True, "msg": "No."}, kind="inventory", name="i", wanted=INVENTORY)
    assert (result["failed"], result["msg"]) == (True, "inventory i: No.")


def test_what_somebody_else_made_is_used_or_an_error(store: Store) -> None:
    result, runs = run(store, kind="organization", name="theirs", given=True)
    assert (result["changed"], result["id"], runs) == (False, 2, [])
    result, runs = run(store, kind="organization", name="theirs")
    assert result["failed"]
    assert result["msg"].startswith("organization theirs is there already, and this role did not make it")
    assert runs == []


def test_secrets_are_handed_on_and_not_told(store: Store) -> None:
    fields = [{"id": name, "label": name, "secret": name == "key"} for name in ("key", "url")]
    store.create("credential_type", {"name": "t", "kind": "cloud", "inputs": {"fields": fields}, "description": MARK})
    wanted = {"organization": "ours", "credential_type": "t", "inputs": {"url": "u"}}
    result, [(_module, arguments)] = run(store, kind="credential", name="c", wanted=wanted, secrets={"key": "hush"})
    assert arguments["inputs"] == {"url": "u", "key": "hush"}
    assert "hush" not in str(result)

    own = {
        "name": "c",
        "organization": 1,
        "credential_type": 3,
        "description": MARK,
        "inputs": {"key": "hush", "url": "u"},
    }
    store.create("credential", own)
    assert not run(store, kind="credential", name="c", wanted=wanted, secrets={"key": "other"})[0]["changed"]
    again = {"awx_update_secrets": True}
    result, [(_module, arguments)] = run(
        store, variables=again, kind="credential", name="c", wanted=wanted, secrets={"key": "other"}
    )
    assert (result["changed"], arguments["inputs"]["key"]) == (True, "other")
    assert "other" not in str(result)
    # without it in the variables it stays as somebody filled it in
    moved = {**wanted, "inputs": {"url": "v"}}
    _result, [(_module, arguments)] = run(store, kind="credential", name="c", wanted=moved)
    assert arguments["inputs"] == {"key": "$encrypted$", "url": "v"}


def test_a_project_is_updated_to_the_revision(store: Store) -> None:
    wanted = {"organization": "ours", "scm_url": "", "credential": ""}
    _result, [(_module, arguments)] = run(store, kind="project", name="p", wanted=wanted, revision="abc")
    assert (arguments["update_project"], arguments["wait"]) == (True, True)
    assert "credential" not in arguments, "blank is none"
    store.create("project", {"name": "p", "organization": 1, "description": MARK})
    result, runs = run(store, came={"changed": False}, kind="project", name="p", wanted=wanted, revision="abc")
    assert (result["changed"], result["diff"]["after"], len(runs)) == (True, {"scm_revision": "abc"}, 1)
    assert "warnings" not in result
    store.of("project")[0]["scm_revision"] = "abc"
    assert not run(store, kind="project", name="p", wanted=wanted, revision="abc")[0]["changed"]


def test_nodes_surveys_and_notifications_are_looked_at(store: Store) -> None:
    workflow = store.create("workflow_job_template", {"name": "w", "organization": 1, "description": MARK})
    spec = {"name": "", "description": "", "spec": []}
    store.surveys[workflow["id"]] = spec
    node = {"identifier": "n", "approval": "Prune?", "timeout": 60}
    wanted: Variables = {
        "organization": "ours",
        "workflow_nodes": [node],
        "survey_spec": spec,
        "notification_templates_error": [],
    }
    result, [(_module, arguments)] = run(store, kind="workflow_job_template", name="w", wanted=wanted)
    assert result["diff"]["after"] == {"workflow_nodes": [node]}
    assert arguments["destroy_current_nodes"]
    assert arguments["workflow_nodes"][0]["unified_job_template"]["type"] == "workflow_approval"


def test_removal_takes_what_has_the_mark(store: Store) -> None:
    result, runs = run(store, kind="organization", state="absent")
    assert (result["removed"], [arguments["name"] for _name, arguments in runs]) == (["ours"], ["ours"])
    assert runs[0][1]["state"] == "absent"
    assert run(store, kind="organization", state="absent", keep=["ours"])[0]["changed"] is False
    assert run(store, check=True, kind="organization", state="absent")[1] == []
    assert run(store, kind="label", state="absent")[0]["changed"] is False
    result, _runs = run(store, came={"failed": True, "msg": "No."}, kind="organization", state="absent")
    assert result["msg"] == "organization ours: No."

    inventory = store.create("inventory", {"name": "i", "organization": 1})
    result, runs = run(store, kind="organization", state="absent")
    assert (result["removed"], runs) == ([], [])
    assert result["warnings"] == ["The organization ours stays, as there is more in it: inventory i."]
    inventory["description"] = MARK
    assert run(store, kind="organization", state="absent")[0]["changed"]
    store.create("inventory_source", {"name": "s", "inventory": inventory["id"], "source": "file"})
    result, runs = run(store, kind="inventory", state="absent")
    assert (result["warnings"], runs) == (["The inventory i stays, as there is more in it: inventory_source s."], [])


@pytest.mark.parametrize(
    ("variables", "arguments", "message"),
    [
        ({"awx_collection": "ansible.controller"}, {}, "The collection ansible.controller was not found; install it"),
        ({"awx_controller": {"hots": "h"}}, {}, "awx_controller: hots is none of host, username"),
        ({}, {"name": "broken"}, "organization broken: Failed to query the API: no"),
    ],
)
def test_what_cannot_work_is_told_in_a_sentence(
    store: Store, variables: Variables, arguments: Variables, message: str
) -> None:
    result, runs = run(store, variables=variables, **{"kind": "organization", "name": "n", **arguments})
    assert (result["failed"], runs) == (True, [])
    assert result["msg"].startswith(message)


def test_a_name_is_needed(store: Store) -> None:
    with pytest.raises(AnsibleError, match="name"):
        run(store, kind="organization")
