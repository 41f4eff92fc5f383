# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes an object of a controller as it is wanted, with the modules of the collection that is installed for that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._controller import (
    KINDS,
    LINKED,
    NODES,
    RELATED,
    SECRETIVE,
    address,
    difference,
    filled,
    found,
    nodes_for_module,
    nodes_of,
    ordered,
    query,
    told,
)

# Of each option of a connection, what the modules call it; the lookup has the first name.
_CONNECTION = {
    "host": "controller_host",
    "username": "controller_username",
    "password": "controller_password",
    "oauth_token": "controller_oauthtoken",
    "verify_ssl": "validate_certs",
    "request_timeout": "request_timeout",
}

# What goes with an organization when that is removed.
_HELD = ("project", "inventory", "credential", "notification_template", "workflow_job_template", "job_template")


class ActionModule(ActionBase):
    """The modules know no diff, and cannot look ahead where what an object needs is still to be made: that is done here."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return whether anything changed, and the difference."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _seen, own = self.validate_argument_spec(
            {
                "kind": {"type": "str", "required": True, "choices": list(KINDS)},
                "name": {"type": "str"},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
                "wanted": {"type": "dict", "default": {}},
                "secrets": {"type": "dict", "default": {}, "no_log": True},
                "given": {"type": "bool", "default": False},
                "revision": {"type": "str"},
                "keep": {"type": "list", "elements": "str", "default": []},
            },
            required_if=[("state", "present", ["name"])],
        )
        self._variables = task_vars or {}
        self._collection = str(self._value("awx_collection") or "awx.awx")
        self._connection_options = {
            name: value for name, value in (self._value("awx_controller") or {}).items() if value not in (None, "")
        }
        self._mark = f"[clouddb.mongodb_logs.awx: {self._value('awx_name')}]"
        self._kind = own["kind"]
        try:
            self._check_connection()
            return {**result, **(self._remove(own["keep"]) if own["state"] == "absent" else self._make(own))}
        except BadInput as error:
            return {**result, "failed": True, **error.result()}
        except AnsibleError as error:
            return {**result, "failed": True, "msg": f"{self._kind} {own['name'] or ''}: {error.message}"}

    def _value(self, name: str) -> Any:
        return self._templar.template(self._variables.get(name))

    def _check_connection(self) -> None:
        unknown = set(self._connection_options) - set(_CONNECTION)
        if unknown:
            raise BadInput(f"awx_controller: {min(unknown)} is none of {', '.join(_CONNECTION)}.")

    def _look(self, endpoint: str, **wanted: Any) -> list[dict[str, Any]]:
        """Return what the API has there. Raises BadInput where the collection is missing, and AnsibleError."""
        lookup = lookup_loader.get(f"{self._collection}.controller_api", loader=self._loader, templar=self._templar)
        if lookup is None:
            raise BadInput(
                f"The collection {self._collection} was not found; install it, or name the one that is there with "
                "awx_collection: awx.awx or ansible.controller."
            )
        answer: list[dict[str, Any]] = lookup.run(
            [endpoint], variables=self._variables, query_params=wanted, return_all=True, **self._connection_options
        )
        return answer

    def _make(self, own: Mapping[str, Any]) -> dict[str, Any]:
        kind, name = KINDS[self._kind], own["name"]
        wanted = self._wanted(own)
        things = self._look(kind.endpoint, **query(self._kind, name, wanted))
        thing = things[0] if things else None
        if thing and self._kind != "label" and self._mark not in thing["description"]:
            if own["given"]:
                return {"changed": False, "id": thing["id"]}
            raise BadInput(
                f"{self._kind} {name} is there already, and this role did not make it; rename it, or choose another awx_name."
            )
        asked = {option: wanted.pop(option) for option in kind.asked if option in wanted}
        known = found(wanted, self._with_what_it_links_to(thing, wanted)) if thing else None
        for option in SECRETIVE:
            if known and known.get(option):
                wanted[option] = filled(wanted[option], known[option])
        before, after = difference(wanted, known, secrets=bool(self._value("awx_update_secrets")))
        revision = thing["scm_revision"] if thing and self._kind == "project" else None
        if own["revision"] and own["revision"] != revision:
            before["scm_revision"], after["scm_revision"] = revision, own["revision"]
        result: dict[str, Any] = {
            "changed": bool(after),
            "diff": self._diff(name, told(before, own["secrets"]), told(after, own["secrets"])),
        }
        if not after or self._task.check_mode:
            return {**result, **({"id": thing["id"]} if thing else {})}
        ran = self._run(self._arguments({"name": name, **asked, **wanted}, after, there=bool(thing)))
        if ran.get("failed"):
            return {**result, **ran}
        # A project is not changed to its module where it only was updated, or was updated besides.
        if not ran["changed"] and self._kind != "project":
            result["warnings"] = [f"{self._kind} {name} is still not as wanted: {', '.join(after)}."]
        return {**ran, **result}

    @staticmethod
    def _arguments(wanted: dict[str, Any], after: Mapping[str, Any], *, there: bool) -> dict[str, Any]:
        """Return what the module is given."""
        arguments = dict(wanted)
        if NODES in wanted:
            arguments[NODES] = nodes_for_module(wanted[NODES], wanted["organization"])
            # The module takes no link away.
            arguments["destroy_current_nodes"] = there and NODES in after
        if "scm_revision" in after:
            arguments.update(update_project=True, wait=True)
        return arguments

    def _wanted(self, own: Mapping[str, Any]) -> dict[str, Any]:
        # Before ansible-core 2.19 a template makes a blank of nothing.
        wanted = {
            option: value
            for option, value in own["wanted"].items()
            if value is not None and not (option in RELATED and value == "")
        }
        if self._kind != "label":
            wanted["description"] = f"{wanted.get('description', '')} {self._mark}".strip()
        for option in SECRETIVE:
            if option in wanted:
                wanted[option] = filled(own["secrets"], filled(wanted[option], {}))
        return ordered(wanted)

    def _with_what_it_links_to(self, thing: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
        linked: dict[str, Any] = {}
        for option in LINKED & set(wanted):
            answer = self._look(thing["related"][option])
            linked[option] = answer[0] if option == "survey_spec" else sorted(one["name"] for one in answer)
        if NODES in wanted:
            linked[NODES] = nodes_of(self._look("workflow_job_template_nodes", workflow_job_template=thing["id"]))
        return {**thing, "linked": linked}

    def _remove(self, keep: list[str]) -> dict[str, Any]:
        """Remove what the role made and is not to be kept."""
        removed: list[str] = []
        result: dict[str, Any] = {"changed": False, "removed": removed, "warnings": []}
        # A label has no description to be known by, and goes by itself with the last that has it.
        things = (
            [] if self._kind == "label" else self._look(KINDS[self._kind].endpoint, description__contains=self._mark)
        )
        for thing in things:
            if thing["name"] in keep:
                continue
            others = self._others(thing)
            if others:
                result["warnings"].append(f"The {self._kind} {thing['name']} stays, as there is more in it: {others}.")
                continue
            removed.append(thing["name"])
            ran = {} if self._task.check_mode else self._run({**address(self._kind, thing), "state": "absent"})
            if ran.get("failed"):
                return {**result, **ran}
        before = {"names": removed} if removed else {}
        return {**result, "changed": bool(removed), "diff": self._diff(self._kind, before, {})}

    def _others(self, thing: Mapping[str, Any]) -> str:
        """Return what would go together with an object, and is none of this role's."""
        if self._kind == "inventory":
            rows = self._look("inventory_sources", inventory=thing["id"])
            rows = [row for row in rows if self._mark not in row["description"]]
            return ", ".join(f"inventory_source {row['name']}" for row in rows)
        if self._kind != "organization":
            return ""
        held = [(kind, self._look(KINDS[kind].endpoint, organization=thing["id"])) for kind in _HELD]
        return ", ".join(
            f"{kind} {row['name']}" for kind, rows in held for row in rows if self._mark not in row["description"]
        )

    def _run(self, arguments: dict[str, Any]) -> dict[str, Any]:
        connection = {_CONNECTION[name]: value for name, value in self._connection_options.items()}
        ran: dict[str, Any] = self._execute_module(
            module_name=f"{self._collection}.{self._kind}",
            module_args={**arguments, **connection},
            task_vars=self._variables,
        )
        if ran.get("failed"):
            ran["msg"] = f"{self._kind} {arguments['name']}: {ran.get('msg', 'failed')}"
        # Not all modules know what is secret among their arguments.
        return {name: value for name, value in ran.items() if name in ("changed", "failed", "msg", "id", "warnings")}

    def _diff(self, name: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
        header = f"{self._kind} {name}"
        return {"before": before, "after": after, "before_header": header, "after_header": header}
