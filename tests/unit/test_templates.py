# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No template has an escape in a text that Jinja does not know: a warning of Python's today, an error one day."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import jinja2
import pytest
import yaml
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout

PLACES = ("roles/", "playbooks/", "tests/integration/targets/", "tests/bench/", "docs/alerts/")
FILES = [name for name in checkout.git_files(checkout.ROOT) if name.startswith(PLACES)]
YAML = [name for name in FILES if name.endswith((".yml", ".yaml"))]
EXPRESSIONS = {"when", "that", "until", "changed_when", "failed_when", "break_when"}
JINJA = jinja2.Environment()


class Loader(yaml.SafeLoader):
    """Reads Ansible's own tags as what they are put to."""


Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))


def templates(value: Any, key: str = "") -> Iterator[str]:
    """Return every template of a document, however deep; expressions with the braces that Ansible spares people."""
    if isinstance(value, str):
        if "{{" in value or "{%" in value:
            yield value
        elif key in EXPRESSIONS:
            yield "{{" + value + "}}"
    elif isinstance(value, list):
        for item in value:
            yield from templates(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from templates(item, name)


def complaint(source: str) -> str:
    """Return what Python says of the escapes in a template."""
    with warnings.catch_warnings(record=True) as seen, suppress(jinja2.TemplateSyntaxError):
        warnings.simplefilter("always")
        JINJA.parse(source)
    return " ".join(str(one.message) for one in seen)


@pytest.mark.parametrize("name", YAML)
def test_expressions_in_yaml(name: str) -> None:
    documents = yaml.load_all((checkout.ROOT / name).read_text("utf-8"), Loader)
    assert [text for text in templates(list(documents)) if complaint(text)] == []


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".j2")])
def test_templates(name: str) -> None:
    assert complaint((checkout.ROOT / name).read_text("utf-8")) == ""


def test_what_is_wrong_is_seen() -> None:
    document = {"that": [r"x is match('\d+')"], "vars": {"x": r"{{ x | regex_replace('\s+', ' ') }}", "y": r"^\d+$"}}
    assert len([text for text in templates(document) if "invalid escape sequence" in complaint(text)]) == 2
    fine = {"when": r"x is match('[0-9]')", "msg": r"{{ x | replace('\\', '\n') }}"}
    assert [complaint(text) for text in templates(fine)] == ["", ""]
