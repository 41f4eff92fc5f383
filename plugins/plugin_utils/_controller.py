# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of a controller of the AWX family: what is found of one in the words of its module, and what differs. Pure.

The shapes of what is found are those of the controller's API, version 2; the words are the options of the modules of the collections
``awx.awx`` and ``ansible.controller``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

Thing = Mapping[str, Any]

ENCRYPTED = "$encrypted$"
# Options that may have secrets in them: the inputs of a credential, the settings of a notification.
SECRETIVE = ("inputs", "notification_configuration")
SECRET = "(a secret)"
NODES = "workflow_nodes"

# Options that name another object, of which a thing has the number, and the name among its summary fields.
RELATED = {
    "credential",
    "credential_type",
    "default_environment",
    "execution_environment",
    "inventory",
    "organization",
    "project",
    "source_project",
    "unified_job_template",
}
# Options that are dictionaries, and texts of JSON or YAML in the API.
_TEXTS = {"extra_vars", "source_vars", "variables"}
# What a thing has only a link to.
LINKED = {
    "survey_spec",
    "notification_templates_started",
    "notification_templates_success",
    "notification_templates_error",
    "notification_templates_approvals",
}
_LINKS = ("success", "failure", "always")
# What a node runs, in the words of the API and of the modules.
_RUNS = {"job": "job_template", "inventory_update": "inventory_source", "project_update": "project"}


class Kind(NamedTuple):
    """A kind of object: where the API lists it, and which options besides its name tell one from others.

    ``asked`` are options that the module only looks other objects up with.
    """

    endpoint: str
    within: Sequence[str] = ()
    asked: Sequence[str] = ()


KINDS = {
    "organization": Kind("organizations"),
    "execution_environment": Kind("execution_environments"),
    "credential_type": Kind("credential_types"),
    "notification_template": Kind("notification_templates", ["organization"]),
    "credential": Kind("credentials", ["organization", "credential_type"]),
    "project": Kind("projects", ["organization"]),
    "inventory": Kind("inventories", ["organization"]),
    "inventory_source": Kind("inventory_sources", ["inventory"], ["organization"]),
    "label": Kind("labels", ["organization"]),
    "job_template": Kind("job_templates", ["organization"]),
    "workflow_job_template": Kind("workflow_job_templates", ["organization"]),
    "schedule": Kind("schedules", ["unified_job_template"], ["organization"]),
}


def query(kind: str, name: str, options: Mapping[str, Any]) -> dict[str, str]:
    """Return what the API is asked with for one object."""
    return {"name": name, **{f"{other}__name": options[other] for other in KINDS[kind].within if options.get(other)}}


def address(kind: str, thing: Thing) -> dict[str, Any]:
    """Return the options that name an object that is there, for its removal."""
    options = {other: _related(other, thing) for other in KINDS[kind].within}
    return {"name": thing["name"], **{other: name for other, name in options.items() if name}}


def found(wanted: Mapping[str, Any], thing: Thing) -> dict[str, Any]:
    """Return what a thing is of each option that is wanted. ``linked`` in it has what it only links to."""
    return {name: _found(name, thing) for name in wanted}


def _found(name: str, thing: Thing) -> Any:
    if name in RELATED:
        return _related(name, thing)
    if name == "credentials":
        return sorted(one["name"] for one in thing["summary_fields"][name])
    if name == "labels":
        return sorted(one["name"] for one in thing["summary_fields"][name]["results"])
    if name in _TEXTS:
        return yaml.safe_load(thing.get(name) or "{}") or {}
    if name in LINKED or name == NODES:
        return thing["linked"][name]
    return thing.get(name)


def _related(name: str, thing: Thing) -> Any:
    return (thing.get("summary_fields", {}).get(name) or {}).get("name")


def nodes_of(things: Iterable[Thing]) -> list[dict[str, Any]]:
    """Return the nodes of a workflow as they are wanted: each with what it runs, and the identifiers of those after it."""
    by_number = {thing["id"]: thing["identifier"] for thing in things}
    nodes = []
    for thing in things:
        runs = thing["summary_fields"].get("unified_job_template") or {}
        node: dict[str, Any] = {"identifier": thing["identifier"]}
        if runs.get("unified_job_type") == "workflow_approval":
            node.update(approval=runs["name"], timeout=runs.get("timeout", 0))
        else:
            node.update(
                runs=runs.get("name"), type=_RUNS.get(runs.get("unified_job_type", ""), "workflow_job_template")
            )
        after = {link: sorted(by_number[number] for number in thing[f"{link}_nodes"]) for link in _LINKS}
        nodes.append({**node, **{link: names for link, names in after.items() if names}})
    return sorted(nodes, key=lambda node: str(node["identifier"]))


def nodes_for_module(nodes: Iterable[Mapping[str, Any]], organization: str) -> list[dict[str, Any]]:
    """Return nodes as the module takes them."""
    made = []
    for node in nodes:
        runs = (
            {"name": node["approval"], "type": "workflow_approval", "timeout": node["timeout"]}
            if "approval" in node
            else {"name": node["runs"], "type": node["type"], "organization": {"name": organization}}
        )
        related = {f"{link}_nodes": [{"identifier": name} for name in node.get(link, [])] for link in _LINKS}
        made.append({"identifier": node["identifier"], "unified_job_template": runs, "related": related})
    return made


def ordered(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return options in the form of what is found: what has no order of its own sorted, and the time of an approval a number."""
    made = dict(wanted)
    for name in wanted:
        if name in ("credentials", "labels") or name.startswith("notification_templates"):
            made[name] = sorted(wanted[name])
    if NODES in wanted:
        # Before ansible-core 2.19 a template makes a text of it.
        made[NODES] = [
            {**node, "timeout": int(node["timeout"])} if "timeout" in node else node for node in wanted[NODES]
        ]
    return made


def filled(wanted: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs: what somebody filled in by hand stays where nothing is wanted in its place."""
    return {**known, **{name: value for name, value in wanted.items() if value not in (None, "")}}


def differs(name: str, wanted: Any, known: Any, *, secrets: bool) -> bool:
    """Tell whether an option is not as wanted. With ``secrets``, one that nobody can read never is."""
    if name not in SECRETIVE or not isinstance(known, Mapping):
        # Before ansible-core 2.19 a template makes texts of numbers and truth values.
        texts = isinstance(wanted, str) and isinstance(known, int)
        return str(wanted).lower() != str(known).lower() if texts else bool(wanted != known)
    return set(wanted) != set(known) or any(
        secrets and value != ENCRYPTED if known[key] == ENCRYPTED else value != known[key]
        for key, value in wanted.items()
    )


def difference(
    wanted: Mapping[str, Any], known: Mapping[str, Any] | None, *, secrets: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is, and what is wanted in its place, of each option that differs; ``known`` is None where there is nothing."""
    if known is None:
        return {}, dict(wanted)
    changed = [name for name in wanted if differs(name, wanted[name], known[name], secrets=secrets)]
    return {name: known[name] for name in changed}, {name: wanted[name] for name in changed}


def told(options: Mapping[str, Any], secret: Iterable[str]) -> dict[str, Any]:
    """Return options for people, without what is secret."""
    hidden = set(secret)
    return {
        name: {key: SECRET if key in hidden or one == ENCRYPTED else one for key, one in value.items()}
        if name in SECRETIVE and isinstance(value, Mapping)
        else value
        for name, value in options.items()
    }
