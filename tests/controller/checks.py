# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server refuses, in its words. Each check raises Refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

QUESTIONS: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": (float, int),
}


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        """Keep the status and the body of the answer."""
        super().__init__(body)
        self.status, self.body = status, body


def refuse(field: str, *messages: str, status: int = 400) -> Refused:
    """Return a refusal for a field."""
    return Refused(status, {field: list(messages)})


def survey(spec: Any) -> None:
    """Check a survey as it is stored."""
    for name, kind, words in (("name", str, "string"), ("description", str, "string"), ("spec", list, "list of items")):
        if name not in spec:
            raise Refused(400, {"error": f"Field '{name}' is missing from survey spec."})
        if not isinstance(spec[name], kind):
            given = type(spec[name]).__name__
            raise Refused(400, {"error": f"Expected {words} for field '{name}', received {given} type."})
    if not spec["spec"]:
        raise Refused(400, {"error": "'spec' doesn't contain any items."})
    seen = set()
    for index, item in enumerate(spec["spec"]):
        for name in ("type", "question_name", "variable", "required"):
            if name not in item:
                raise Refused(400, {"error": f"'{name}' missing from survey question {index}"})
            wanted, words = (bool, "boolean") if name == "required" else (str, "string")
            if not isinstance(item[name], wanted):
                raise Refused(400, {"error": f"'{name}' in survey question {index} expected to be {words}."})
        if item["variable"] in seen:
            raise Refused(400, {"error": f"'variable' '{item['variable']}' duplicated in survey question {index}."})
        seen.add(item["variable"])
        _question(index, item)


def _question(index: int, item: Mapping[str, Any]) -> None:
    kind, default = item["type"], item.get("default", "")
    if kind not in QUESTIONS:
        names = ", ".join(QUESTIONS)
        raise Refused(
            400, {"error": f"'{kind}' in survey question {index} is not one of '{names}' allowed question types."}
        )
    if default != "" and not isinstance(default, QUESTIONS[kind]):
        words = kind if kind in ("integer", "float") else "string"
        raise Refused(400, {"error": f"Default value {default} in survey question {index} expected to be {words}."})
    for key in ("min", "max"):
        if item.get(key) is not None and not isinstance(item[key], int):
            raise Refused(400, {"error": f"The {key} limit in survey question {index} expected to be integer."})
    if kind not in ("multiselect", "multiplechoice"):
        return
    if "choices" not in item:
        raise Refused(400, {"error": f"Survey question {index} of type {kind} must specify choices."})
    defaults = default.splitlines()
    if kind == "multiplechoice" and len(defaults) > 1:
        raise Refused(400, {"error": "Multiple Choice (Single Select) can only have one default value."})
    if any(one not in item["choices"] for one in defaults):
        raise Refused(400, {"error": "Default choice must be answered from the choices listed."})


def answers(item: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the answer to a question at launch."""
    name, kind = item["variable"], item["type"]
    if name not in given:
        return [f"'{name}' value missing"] if item["required"] else []
    value, low, high = given[name], item.get("min"), item.get("max")
    if kind in ("text", "textarea", "password"):
        if not isinstance(value, str):
            return [f"Value {value} for '{name}' expected to be a string."]
        if low not in ("", None) and len(value) < low:
            return [f"'{name}' value {value} is too small (length is {len(value)} must be at least {low})."]
        return (
            [f"'{name}' value {value} is too large (must be no more than {high})."]
            if high and len(value) > high
            else []
        )
    if kind in ("integer", "float"):
        if type(value) not in ((int,) if kind == "integer" else (int, float)):
            words = "an integer" if kind == "integer" else "a numeric type"
            return [f"Value {value} for '{name}' expected to be {words}."]
        if low is not None and value < low:
            return [f"'{name}' value {value} is too small (must be at least {low})."]
        over = high is not None and value > high
        return [f"'{name}' value {value} is too large (must be no more than {high})."] if over else []
    if kind == "multiselect" and not isinstance(value, list):
        return [f"'{name}' value is expected to be a list."]
    values = value if kind == "multiselect" else [value]
    choices = item["choices"].splitlines() if isinstance(item["choices"], str) else item["choices"]
    return [f"Value {one} for '{name}' expected to be one of {choices}." for one in values if one not in choices]


def variables(field: str, value: str) -> None:
    """Check that a text is JSON or YAML of a dictionary."""
    try:
        found = json.loads(value) if value.startswith("{") else yaml.safe_load(value or "{}")
    except (ValueError, yaml.YAMLError) as error:
        raise refuse(field, f"Cannot parse as JSON (error: {error}) or YAML.") from None
    if not isinstance(found, dict):
        raise refuse(field, f"Input type `{type(found).__name__}` is not a dictionary")


def rrule(value: str) -> None:
    """Check the rule of a schedule."""
    starts = re.findall(r"DTSTART(?:;[^:]+)?:[0-9]+T[0-9]+Z?", value)
    errors = []
    if not starts:
        errors.append("Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ")
    if re.search(r"DTSTART:[0-9]+T[0-9]+ ", value):
        errors.append("DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ.")
    if len(starts) > 1:
        errors.append("Multiple DTSTART is not supported.")
    if "rrule:" not in value.lower():
        errors.append("One or more rule required in rrule.")
    for rule in re.findall(r"RULE:\S*", value):
        if "interval" not in rule.lower():
            errors.append(f"INTERVAL required in rrule: {rule}")
        elif "secondly" in rule.lower():
            errors.append(f"SECONDLY is not supported: {rule}")
        if re.search(r"BYDAY=[0-9]+[A-Z]{2}", rule):
            errors.append(f"BYDAY with numeric prefix not supported: {rule}")
    if errors:
        raise refuse("rrule", *errors)


def credential_type(inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> None:
    """Check what a type of credentials asks for, and what it gives to jobs."""
    _only("inputs", inputs, {"fields", "required"})
    ids = []
    for field in inputs.get("fields", []):
        _only(
            "inputs", field, {"id", "type", "label", "secret", "multiline", "help_text", "format", "choices", "default"}
        )
        if not re.fullmatch("[a-zA-Z_]+[a-zA-Z0-9_]*", field["id"]):
            raise refuse("inputs", f"{field['id']} is an invalid variable name")
        if field["id"] in ids:
            raise refuse("inputs", f"field IDs must be unique ({field['id']})")
        if "label" not in field:
            raise refuse("inputs", "'label' is a required property")
        ids.append(field["id"])
    _only("injectors", injectors, {"env", "file", "extra_vars"})
    for name, template in injectors.get("env", {}).items():
        if not re.fullmatch("[a-zA-Z_]+[a-zA-Z0-9_]*", name):
            raise refuse("injectors", f"'{name}' does not match any of the regexes")
        if name.startswith("ANSIBLE_"):
            message = f"Environment variable {name} may affect Ansible configuration so its use is not allowed in credentials."
            raise refuse("injectors", message)
        try:
            environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
            environment.from_string(template).render(dict.fromkeys(ids, "EXAMPLE"))
        except TemplateError as error:
            raise refuse("injectors", f"{name} uses an undefined field ({error})") from None


def credential_inputs(inputs: Mapping[str, Any], kind: Mapping[str, Any]) -> None:
    """Check the inputs of a credential against its type. What is required may be missing until it is used."""
    fields = {field["id"] for field in kind["inputs"].get("fields", [])}
    _only("inputs", inputs, fields)
    for name, value in inputs.items():
        if not isinstance(value, str):
            raise Refused(400, {"inputs": {name: [f"{value!r} is not of type 'string'"]}})


def _only(field: str, given: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        raise refuse(field, f"Additional properties are not allowed ({names} were unexpected)")
