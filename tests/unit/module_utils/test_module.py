# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge of a module: where errors become results."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _http, _module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet, between
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError

from ..running import run_main

OPTIONS = OptionSet({"count": {"type": "int"}, "name": {"type": "str"}}, checks={"count": between(1, 9)})


def run(body: _module.Body, **options: Any) -> dict[str, Any]:
    """Run a module with this body."""
    return run_main(lambda: _module.run_module(OPTIONS, body), options)


def test_a_body_gets_checked_options() -> None:
    result = run(lambda _module, options: {"changed": True, "seen": options}, count=3, name=" ")
    assert result["seen"] == {"count": 3, "name": None}
    assert result["changed"] is True


def test_an_error_of_the_family_becomes_a_failure() -> None:
    def body(_module: object, _options: dict[str, Any]) -> dict[str, Any]:
        raise CloudError("It rained.", code="153", cloud="umongodb", hint="Wait.", request_id="abc")

    result = run(body)
    assert (result["failed"], result["msg"]) == (True, "It rained. Wait.")
    assert result["failure"] == {
        "code": "153",
        "kind": "throttled",
        "message": "It rained.",
        "hint": "Wait.",
        "request_id": "abc",
    }


def test_what_is_warned_of_can_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setattr("ansible.module_utils.basic.AnsibleModule.warn", lambda _self, words: warned.append(words))

    def body(context: _module.Context, _options: dict[str, Any]) -> dict[str, Any]:
        context.warn("a\x1b[2J\u202eb")
        return {}

    run(body)
    assert warned == ["a[2Jb"]


def test_bad_input_is_refused_before_the_body_runs() -> None:
    result = run(lambda _module, _options: pytest.fail("ran"), count=10)
    assert result["msg"] == "count must be from 1 to 9, not 10."


def test_a_host_without_requests_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "REQUESTS_IMPORT_ERROR", "Traceback: No module named requests")
    result = run(lambda _module, _options: pytest.fail("ran"))
    assert "Failed to import the required Python library (requests)" in result["msg"]
