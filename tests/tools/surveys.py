# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the surveys of the role awx: types, bounds and choices from the modules' options, texts from their documentation."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import Between, OptionSet
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._arguments import PROVIDERS

ROOT = Path(__file__).parents[2]
COLLECTION = "ansible_collections.clouddb.mongodb_logs.plugins"
ROLE = ROOT / "roles" / "awx" / "vars" / "main"
ABOUT = "Written by tests/tools/surveys.py from the table of templates, the options of the modules, and their documentation."
HEADER = f"""{(ROLE / "main.yml").read_text("utf-8").partition("# What")[0]}# {ABOUT}
"""

MODULES = {"verify": "log_archive_info", "watch": "log_archive_info"}
# Where a playbook calls an option by another name.
NAMES = {"verify_level": "verify"}
TEXT = re.compile(r"[A-Z]+\(([^)]*)\)")
FRAGMENTS = ("survey",)


def surveys() -> dict[str, list[dict[str, Any]]]:
    """Return the questions of each playbook in the table."""
    table = yaml.safe_load((ROLE / "main.yml").read_text("utf-8"))["_awx_templates"]
    return {
        row["playbook"]: [question(row["playbook"], name, cloud=row["cloud"]) for name in row["asks"]] for row in table
    }


def question(playbook: str, name: str, *, cloud: bool) -> dict[str, Any]:
    """Return a question as the API of a controller takes it. None is required, and none has a default: a role has its own."""
    variable = f"collect_{name}" if cloud else f"{playbook}_{name}"
    option = NAMES.get(variable, name)
    text = _of_the_role(variable) if cloud else _of_the_module(MODULES.get(playbook, f"log_archive_{playbook}"), option)
    sets = (
        [provider.options for provider in PROVIDERS.values()]
        if cloud
        else [_module(MODULES.get(playbook, f"log_archive_{playbook}")).OPTIONS]
    )
    asked: dict[str, Any] = {
        "question_name": variable.partition("_")[2].replace("_", " ").capitalize(),
        "question_description": TEXT.sub(r"\1", text),
        "variable": variable,
        "required": False,
        **_kind([one for one in sets if option in one.options], option),
    }
    return asked


def _kind(sets: list[OptionSet], option: str) -> dict[str, Any]:
    """Return type, choices and bounds. Choices of several clouds are put together."""
    if not sets:
        return {"type": "text", "min": 0, "max": 1024, "choices": ""}
    kind = sets[0].options[option]["type"]
    choices = dict.fromkeys(str(choice) for one in sets for choice in one.options[option].get("choices", ()))
    if kind == "bool":
        choices = dict.fromkeys(("true", "false"))
    if choices:
        several = kind == "list"
        return {"type": "multiselect" if several else "multiplechoice", "choices": [*filter(None, choices)]}
    if kind in ("int", "float"):
        [bounds] = {check for one in sets for check in [one.checks.get(option)] if isinstance(check, Between)} or [None]
        limits = {"min": int(bounds.lowest), "max": int(bounds.highest)} if bounds else {"min": None, "max": None}
        return {"type": {"int": "integer", "float": "float"}[kind], **limits, "choices": ""}
    return {"type": "text", "min": 0, "max": 1024, "choices": ""}


def _module(name: str) -> Any:
    return importlib.import_module(f"{COLLECTION}.modules.{name}")


def _of_the_role(variable: str) -> str:
    path = ROOT / "roles" / "collect" / "meta" / "argument_specs.yml"
    return _first(yaml.safe_load(path.read_text("utf-8"))["argument_specs"]["main"]["options"][variable]["description"])


def _of_the_module(name: str, option: str) -> str:
    documentation = yaml.safe_load(_module(name).DOCUMENTATION)
    described = dict(documentation["options"])
    for fragment in documentation["extends_documentation_fragment"]:
        _collection, _dot, rest = fragment.partition("mongodb_logs.")
        file, _dot, part = rest.partition(".")
        fragments = importlib.import_module(f"{COLLECTION}.doc_fragments.{file}").ModuleDocFragment
        more = yaml.safe_load(getattr(fragments, part.upper() or "DOCUMENTATION"))["options"]
        described = {**more, **described}
    return _first(described[option]["description"])


def _first(description: str | list[str]) -> str:
    return description if isinstance(description, str) else description[0]


class Dumper(yaml.SafeDumper):
    """Writes lists as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent a list below its name."""
        super().increase_indent(flow, False)


def written() -> str:
    """Return the file of the role."""
    return HEADER + yaml.dump({"_awx_surveys": surveys()}, Dumper=Dumper, sort_keys=False, width=100)


if __name__ == "__main__":
    (ROLE / "surveys.yml").write_text(written(), "utf-8")
