# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a controller holds, and every change to it: objects by kind and number, as the API shows them."""

from __future__ import annotations

import copy
import itertools
import json
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from . import checks
from .checks import Refused, refuse
from .kinds import COMBINED, HIDDEN, KINDS, NOTIFICATIONS, RUNS, UNIFIED, Field

Object = dict[str, Any]
ENCRYPTED = "$encrypted$"
MOMENT = "2026-11-27T12:00:00.000000Z"


class Store:
    """Objects, each a dictionary of its fields with ``id`` and ``type``; what they are associated with, and what was run."""

    def __init__(self) -> None:
        """Begin with what a new server has: nothing of ours."""
        self.objects: dict[int, Object] = {}
        self.links: dict[tuple[int, str], list[int]] = {}
        self.surveys: dict[int, dict[str, Any]] = {}
        self.runs: dict[int, Object] = {}
        # How many hosts an inventory has; there are never more slices than that.
        self.hosts: dict[int | None, int] = {}
        self.writes: list[tuple[str, str]] = []
        self._numbers = itertools.count(1)

    def of(self, kind: str) -> list[Object]:
        """Return all objects of a kind, in the order they were made."""
        kinds = UNIFIED if kind == "unified_job_template" else (kind,)
        return [one for one in self.objects.values() if one["type"] in kinds]

    def named(self, kind: str, name: str) -> Object:
        """Return the one object of that name."""
        [found] = [one for one in self.of(kind) if one.get("name", one.get("identifier")) == name]
        return found

    def get(self, kind: str, number: int) -> Object:
        """Return an object. Raises Refused."""
        found = self.objects.get(number)
        if found is None or found not in self.of(kind):
            raise Refused(404, {"detail": f"No {self._model(kind)} matches the given query."})
        return found

    @staticmethod
    def _model(kind: str) -> str:
        return "".join(word.capitalize() for word in kind.split("_"))

    # -- making and changing

    def create(self, kind: str, given: Mapping[str, Any]) -> Object:
        """Make an object of what is given. Raises Refused."""
        fields = KINDS[kind].fields
        missing = [name for name, field in fields.items() if field.required and name not in given]
        if missing:
            raise Refused(400, {name: ["This field is required."] for name in missing})
        new = {name: copy.deepcopy(given.get(name, field.default)) for name, field in fields.items()}
        new = {"id": next(self._numbers), "type": kind, **new}
        self._check(kind, new, given)
        self.objects[new["id"]] = new
        self._made(kind, new)
        return new

    def update(self, old: Object, given: Mapping[str, Any]) -> Object:
        """Change an object as is given. Raises Refused, and then nothing is changed."""
        given = self._with_secrets_kept(old, given)
        new = {**old, **{name: copy.deepcopy(given[name]) for name in KINDS[old["type"]].fields if name in given}}
        if old["type"] == "credential_type" and new["inputs"] != old["inputs"] and self._used(old):
            raise Refused(
                403, {"detail": "Modifications to inputs are not allowed for credential types that are in use"}
            )
        if old["type"] == "inventory_source":
            new["inventory"] = old["inventory"]
        self._check(old["type"], new, given)
        old.update(new)
        if old["type"] == "project" and {"scm_url", "scm_branch", "scm_type"} & set(given):
            self.update_project(old)
        if old["type"] == "inventory_source" and "credential" in given:
            self.links[old["id"], "credentials"] = [given["credential"]] if given["credential"] else []
        return old

    @staticmethod
    def _with_secrets_kept(old: Object, given: Mapping[str, Any]) -> Mapping[str, Any]:
        name = {"credential": "inputs", "notification_template": "notification_configuration"}.get(old["type"], "")
        if name not in given:
            return given
        kept = {key: old[name].get(key, "") if value == ENCRYPTED else value for key, value in given[name].items()}
        return {**given, name: kept}

    def _check(self, kind: str, new: Object, given: Mapping[str, Any]) -> None:
        for name, field in KINDS[kind].fields.items():
            if name in given:
                new[name] = self._value(name, field, given[name])
        if kind == "job_template" and new["project"]:
            new["organization"] = self.objects[new["project"]]["organization"]
        unique = KINDS[kind].unique
        same = [
            one
            for one in self.of(kind)
            if one["id"] != new["id"] and unique and all(one[name] == new.get(name) for name in unique)
        ]
        if same:
            words = KINDS[kind].words or kind.capitalize()
            titles = [name.replace("_", " ").capitalize() for name in unique]
            which = " and ".join([", ".join(titles[:-1])] * bool(titles[1:]) + titles[-1:])
            if kind in COMBINED:
                words, which = self._model(kind), f"({', '.join(unique)}) combination"
            message = f"{words} with this {which} already exists."
            raise refuse("name" if len(unique) == 1 else "__all__", message)
        check = getattr(self, f"_check_{kind}", None)
        if check:
            check(new)

    def _value(self, name: str, field: Field, value: Any) -> Any:
        if value is None:
            if field.null or ((field.default is None or field.type == "dict") and not field.required):
                return field.default
            raise refuse(name, "This field may not be null.")
        if field.type == "id":
            if isinstance(value, bool) or not isinstance(value, int):
                if value == "":
                    return None
                raise refuse(name, f"Incorrect type. Expected pk value, received {type(value).__name__}.")
            if not any(one["id"] == value for one in self.of(field.of)):
                raise refuse(name, f'Invalid pk "{value}" - object does not exist.')
        elif field.type == "int" and (isinstance(value, bool) or not str(value).lstrip("-").isdigit()):
            raise refuse(name, "A valid integer is required.")
        elif field.type == "bool" and not isinstance(value, bool):
            raise refuse(name, "Must be a valid boolean.")
        elif field.type == "dict" and not isinstance(value, dict):
            raise refuse(name, "Value must be valid JSON.")
        elif field.type == "str" and not isinstance(value, str):
            raise refuse(name, "Not a valid string.")
        elif value == "" and field.required:
            raise refuse(name, "This field may not be blank.")
        if field.choices and value not in field.choices:
            raise refuse(name, f'"{value}" is not a valid choice.')
        return int(value) if field.type == "int" else value

    # -- checks of a kind

    def _check_credential_type(self, new: Object) -> None:
        checks.credential_type(new["inputs"], new["injectors"])

    def _check_credential(self, new: Object) -> None:
        if new["organization"] is None:
            raise Refused(400, {"detail": ["Missing 'user', 'team', or 'organization'."]})
        checks.credential_inputs(new["inputs"], self.objects[new["credential_type"]])

    def _check_notification_template(self, new: Object) -> None:
        known, given = NOTIFICATIONS[new["notification_type"]], new["notification_configuration"]
        missing = [name for name, default in known.items() if default is ... and name not in given]
        if missing:
            raise refuse(
                "notification_configuration", f"Missing required fields for Notification Configuration: {missing}."
            )
        new["notification_configuration"] = {
            **{name: default for name, default in known.items() if default is not ...},
            **given,
        }

    def _check_inventory(self, new: Object) -> None:
        checks.variables("variables", new["variables"])

    def _check_inventory_source(self, new: Object) -> None:
        if new["source"] == "scm" and new["source_project"] is None:
            raise refuse("source_project", "Project required for scm type sources.")
        if new["source_project"] and not self.objects[new["source_project"]]["scm_type"]:
            raise refuse("source_project", "Cannot use manual project for SCM-based inventory.")

    def _check_job_template(self, new: Object) -> None:
        checks.variables("extra_vars", new["extra_vars"])
        if new["project"] is None:
            raise refuse("project", "Job Templates must have a project assigned.")
        if new["inventory"] is None and not new["ask_inventory_on_launch"]:
            raise refuse("inventory", "You must either set a default value or ask to prompt on launch.")
        project = self.objects[new["project"]]
        if new["playbook"] not in project["playbooks"]:
            raise refuse("playbook", "Playbook not found for project.")

    def _check_schedule(self, new: Object) -> None:
        checks.rrule(new["rrule"])

    def _check_workflow_job_template(self, new: Object) -> None:
        checks.variables("extra_vars", new["extra_vars"])

    def _made(self, kind: str, new: Object) -> None:
        if kind == "project":
            new.update(scm_revision="", playbooks=[], status="never updated")
            if new["scm_type"]:
                self.update_project(new)
        if kind == "inventory_source" and new["credential"]:
            self.links[new["id"], "credentials"] = [new["credential"]]

    # -- associations

    def associated(self, one: Object, link: str) -> list[Object]:
        """Return what an object is associated with."""
        return [self.objects[number] for number in self.links.get((one["id"], link), [])]

    def associate(self, one: Object, link: str, given: Mapping[str, Any]) -> None:
        """Associate an object with another, or end that. Raises Refused."""
        number = given.get("id")
        if not isinstance(number, int):
            raise Refused(400, {"msg": '"id" field must be an integer.'})
        numbers = self.links.setdefault((one["id"], link), [])
        if given.get("disassociate"):
            numbers[:] = [other for other in numbers if other != number]
            return
        other = self.objects.get(number)
        if other is None or other["type"] != KINDS[one["type"]].links[link]:
            raise Refused(400, {"detail": f"{number} does not exist."})
        if number not in numbers:
            self._check_association(one, link, other)
            numbers.append(number)

    def _check_association(self, one: Object, link: str, other: Object) -> None:
        there = self.associated(one, link)
        if link == "credentials" and one["type"] == "inventory_source" and there:
            raise Refused(400, {"msg": "Source already has credential assigned."})
        if link == "credentials" and other["credential_type"] in [
            credential["credential_type"] for credential in there
        ]:
            name = self.objects[other["credential_type"]]["name"]
            raise Refused(400, {"error": f"Cannot assign multiple {name} credentials."})
        if one["type"] == "workflow_job_template_node":
            if other["workflow_job_template"] != one["workflow_job_template"]:
                raise Refused(400, {"Error": "Relationship not allowed."})
            others = {name for name in KINDS[one["type"]].links if name != link}
            if any(other in self.associated(one, name) for name in others):
                raise Refused(400, {"Error": "Relationship not allowed."})
            if one in self._after(other):
                raise Refused(400, {"Error": "Cycle detected."})

    def _after(self, node: Object) -> list[Object]:
        found = [node]
        for one in found:
            for link in KINDS[node["type"]].links:
                found += [child for child in self.associated(one, link) if child not in found]
        return found

    # -- removing

    def delete(self, one: Object) -> None:
        """Remove an object with all that cannot be without it. Raises Refused."""
        if not KINDS[one["type"]].deletable:
            raise Refused(405, {"detail": 'Method "DELETE" not allowed.'})
        if one["type"] == "credential_type" and self._used(one):
            raise Refused(403, {"detail": "Credential types that are in use cannot be deleted"})
        self._remove(one)
        for label in self.of("label"):
            if not any(label["id"] in others for (_number, link), others in self.links.items() if link == "labels"):
                self._remove(label)

    def _remove(self, one: Object) -> None:
        self.objects.pop(one["id"], None)
        runs = self.objects.get(one.get("unified_job_template") or 0)
        if one["type"] == "workflow_job_template_node" and runs and runs["type"] == "workflow_approval_template":
            self._remove(runs)
        for other in [*self.objects.values()]:
            for name, field in KINDS[other["type"]].fields.items():
                if field.type == "id" and other.get(name) == one["id"]:
                    whole = (one["type"], name) == ("organization", "organization") or field.required
                    if whole and other["id"] in self.objects:
                        self._remove(other)
                    else:
                        other[name] = None
        self.links = {
            (number, link): [other for other in others if other != one["id"]]
            for (number, link), others in self.links.items()
            if number != one["id"]
        }
        self.surveys.pop(one["id"], None)

    def _used(self, kind: Object) -> bool:
        return any(credential["credential_type"] == kind["id"] for credential in self.of("credential"))

    # -- what runs

    def update_project(self, project: Object) -> Object:
        """Begin to read the repository of a project."""
        run = self.add_run("project_update", project, status="pending", scm_revision=project["scm_revision"])
        project["current_update"] = run["id"]
        return run

    def finish_project_update(self, run: Object) -> None:
        """Read the repository. A server does so by itself; here it is done when somebody looks whether it is done."""
        project = self.objects[run["unified_job_template"]]
        if project.pop("current_update", None) is None:
            return

        def git(*arguments: str) -> str:
            folder = project["scm_url"].removeprefix("file://")
            return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout

        branch = project["scm_branch"] or "HEAD"
        try:
            project["scm_revision"] = git("rev-parse", branch).strip()
            files = git("ls-tree", "-r", "--name-only", branch).splitlines()
            texts = {name: git("show", f"{branch}:{name}") for name in files if name.endswith((".yml", ".yaml"))}
            project["playbooks"] = sorted(name for name, content in texts.items() if _is_playbook(content))
            project["status"] = "successful"
        except (OSError, subprocess.CalledProcessError):
            project["status"] = "failed"
        self.finish(run, project["status"], scm_revision=project["scm_revision"])

    def finish(self, run: Object, status: str, **more: Any) -> None:
        """Note that what ran has ended."""
        run.update(
            status=status, failed=status != "successful", finished=MOMENT, event_processing_finished=True, **more
        )

    def add_run(self, kind: str, of: Object, *, status: str, **more: Any) -> Object:
        """Note something that is to run."""
        run = {
            "id": next(self._numbers),
            "type": kind,
            "name": of["name"],
            "status": status,
            "failed": False,
            "finished": None,
            "event_processing_finished": False,
            "elapsed": 0.0,
            "started": MOMENT,
            "unified_job_template": of["id"],
            **more,
        }
        self.runs[run["id"]] = run
        return run

    def launch(self, template: Object, given: Mapping[str, Any]) -> Object:
        """Launch a job template or a workflow with the variables that its survey takes. Raises Refused."""
        extra = given.get("extra_vars") or {}
        extra = json.loads(extra) if isinstance(extra, str) else dict(extra)
        spec = self.surveys.get(template["id"], {}).get("spec", []) if template["survey_enabled"] else []
        wrong = [message for item in spec for message in checks.answers(item, extra)]
        if wrong:
            raise Refused(400, {"variables_needed_to_start": wrong})
        asked = {item["variable"] for item in spec}
        strange = [] if template["ask_variables_on_launch"] else sorted(set(extra) - asked)
        if strange and template["type"] == "workflow_job_template":
            words = KINDS[template["type"]].words.title()
            message = (
                f"Variables {', '.join(strange)} are not allowed on launch. Check the Prompt on Launch setting "
                f"on the {words} to include Extra Variables."
            )
            raise refuse("extra_vars", message)
        # A job template leaves out what it may not take. A default that would be no right answer, as of a multi-select, is not given.
        ignored = {name: extra.pop(name) for name in strange}
        defaults = {item["variable"]: item["default"] for item in spec if item.get("default") is not None}
        wrong = [item["variable"] for item in spec if checks.answers(item, defaults)]
        defaults = {name: value for name, value in defaults.items() if name not in wrong}
        merged = {**(yaml.safe_load(template["extra_vars"] or "{}") or {}), **defaults, **extra}
        slices = min(template.get("job_slice_count", 1), self.hosts.get(template.get("inventory"), 0))
        kind = "workflow_job" if slices > 1 else RUNS[template["type"]]
        run = self.add_run(kind, template, status="pending", extra_vars=json.dumps(merged))
        return {**run, "ignored_fields": {"extra_vars": ignored} if ignored else {}}

    # -- how it is shown

    def shown(self, one: Object) -> Object:
        """Return an object as the API shows it."""
        kind, number = one["type"], one["id"]
        url = f"/api/v2/{KINDS[kind].endpoint}/{number}/"
        related = {link: f"{url}{link}/" for link in KINDS[kind].links}
        summary: dict[str, Any] = {}
        for name, field in KINDS[kind].fields.items():
            other = self.objects.get(one.get(name) or 0) if field.type == "id" else None
            if other:
                summary[name] = self._summary(other)
                related[name] = f"/api/v2/{KINDS[other['type']].endpoint}/{other['id']}/"
        shown = {**copy.deepcopy(one), "url": url, "related": related, "summary_fields": summary, "created": MOMENT}
        shown.pop("playbooks", None)
        if kind in ("job_template", "workflow_job_template"):
            related.update(survey_spec=f"{url}survey_spec/", launch=f"{url}launch/")
            labels = [{"id": label["id"], "name": label["name"]} for label in self.associated(one, "labels")]
            summary["labels"] = {"count": len(labels), "results": labels[:10]}
        if kind == "job_template":
            summary["organization"] = self._summary(self.objects[one["organization"]])
            summary["credentials"] = [
                {**self._summary(credential), "kind": "cloud", "cloud": True}
                for credential in self.associated(one, "credentials")
            ]
        if kind == "workflow_job_template_node":
            for link in KINDS[kind].links:
                shown[link] = [node["id"] for node in self.associated(one, link)]
        if kind == "project":
            if "current_update" in shown:
                summary["current_update"] = {"id": shown.pop("current_update"), "status": "pending"}
            related.update(update=f"{url}update/", playbooks=f"{url}playbooks/")
        if kind in ("credential", "notification_template"):
            self._hide(shown)
        return shown

    def _hide(self, shown: Object) -> None:
        if shown["type"] == "credential":
            fields = self.objects[shown["credential_type"]]["inputs"].get("fields", [])
            name, hidden = "inputs", {field["id"] for field in fields if field.get("secret")}
        else:
            name, hidden = "notification_configuration", HIDDEN
        shown[name] = {key: ENCRYPTED if key in hidden and value else value for key, value in shown[name].items()}

    @staticmethod
    def _summary(other: Object) -> Object:
        summary = {"id": other["id"], "name": other.get("name", ""), "description": other.get("description", "")}
        if other["type"] in RUNS:
            words = {"project_update": "project_update", "inventory_update": "inventory_update"}
            runs = RUNS[other["type"]]
            summary["unified_job_type"] = words.get(runs, runs)
        if other["type"] == "workflow_approval_template":
            summary["timeout"] = other["timeout"]
        return summary

    def find(self, kind: str, asked: Mapping[str, str]) -> list[Object]:
        """Return the objects that a query asks for. Raises Refused."""
        either = [(name[4:], value) for name, value in asked.items() if name.startswith("or__")]
        rest = [(name, value) for name, value in asked.items() if not name.startswith("or__")]
        return [
            one
            for one in self.of(kind)
            if all(self._matches(one, name, value) for name, value in rest)
            and (not either or any(self._matches(one, name, value) for name, value in either))
        ]

    def _matches(self, one: Object, path: str, value: str) -> bool:
        name, _under, rest = path.partition("__")
        fields = {"id": Field("int"), "type": Field("str"), **KINDS[one["type"]].fields}
        if one["type"] == "job_template":
            fields["organization"] = Field("id", of="organization")
        if one["type"] == "inventory_source" and name == "organization":
            return self._matches(self.objects[one["inventory"]], path, value)
        if name not in fields:
            raise Refused(400, {"detail": f"{self._model(one['type'])} has no field named '{name}'"})
        found = one.get(name)
        if rest == "contains":
            return value in str(found)
        if rest:
            other = self.objects.get(found or 0)
            return other is not None and self._matches(other, rest, value)
        return str(found) == value


def _is_playbook(content: str) -> bool:
    try:
        found = yaml.safe_load(content)
    except yaml.YAMLError:
        return False
    plays: Iterable[Any] = found if isinstance(found, list) else []
    return any(
        isinstance(play, dict) and {"hosts", "ansible.builtin.import_playbook", "import_playbook"} & set(play)
        for play in plays
    )
