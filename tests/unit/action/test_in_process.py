# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a module is called in the worker, and when it gets a process of its own; whole runs are in the integration tests."""

from __future__ import annotations

import os
import sys
from typing import Any
from unittest import mock

import pytest
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils import _in_process
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._in_process import SWITCH, Function, Module

from ..templating import trust_as_template

FUNCTION = Function(
    OptionSet({"name": {"type": "str"}}), lambda context, options: {"seen": options, "in": context.diff}
)


class Plugin(Module):
    functions = {"known": FUNCTION}


def run(
    *,
    variables: dict[str, Any] | None = None,
    action: str = "clouddb.mongodb_logs.known",
    transport: str | None = "local",
    become: Any = None,
    connection: Any = None,
    **task: Any,
) -> tuple[dict[str, Any], str]:
    """Return the result, and what was said at the third level of verbosity."""
    known: dict[str, Any] = {"inventory_hostname": "host", **(variables or {})}
    common = {"async_val": 0, "environment": [{}], "timeout": 0, "delegate_to": None, "check_mode": False, "diff": True}
    asked = mock.Mock(action=action, args={"name": "x"}, **(common | task))
    known_as = {"transport": transport, "become": become, "has_native_async": False}
    known_as["get_option_and_origin.return_value"] = (False, "default")
    connection = connection or mock.Mock(**known_as)
    templar = Templar(loader=DataLoader(), variables=known)
    plugin = Plugin(asked, connection, mock.Mock(), DataLoader(), templar, mock.Mock())
    said = []
    with (
        mock.patch.object(plugin._display, "vvv", lambda text, host: said.append(f"{host}: {text}")),
        mock.patch.object(ActionBase, "_execute_module", return_value={"came": "by a process"}),
    ):
        return plugin.run(task_vars=known), "".join(said)


HERE = {"seen": {"name": "x"}, "in": True}


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {SWITCH: True},
        {SWITCH: ""},
        {SWITCH: None},
        {SWITCH: "yes"},
        {"ansible_python_interpreter": sys.executable},
        {"ansible_python_interpreter": trust_as_template("{{ python }}"), "python": sys.executable},
        {"ansible_python_interpreter": "auto_silent"},
    ],
)
@pytest.mark.parametrize("action", ["known", "clouddb.mongodb_logs.known"])
def test_a_module_is_called_in_the_worker(variables: dict[str, Any], action: str) -> None:
    assert run(variables=variables, action=action) == (HERE, f"host: {action} runs in the worker.")


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        (f"{SWITCH} is False", {"variables": {SWITCH: False}}),
        (f"{SWITCH} is no", {"variables": {SWITCH: "no"}}),
        (f"{SWITCH} is off", {"variables": {SWITCH: trust_as_template("{{ 'off' }}")}}),
        (f"{SWITCH} is maybe", {"variables": {SWITCH: "maybe"}}),
        ("the connection is ssh", {"transport": "ssh"}),
        ("the connection is ansible.netcommon.local", {"transport": "ansible.netcommon.local"}),
        ("become", {"become": mock.Mock()}),
        ("async", {"async_val": 10}),
        ("environment", {"environment": [{}, {"HTTPS_PROXY": "http://proxy"}]}),
        ("environment", {"environment": {"HTTPS_PROXY": "http://proxy"}}),
        ("environment", {"environment": ["{{ proxies }}"]}),
        ("timeout", {"timeout": 10}),
        ("the interpreter is /usr/bin/another", {"variables": {"ansible_python_interpreter": "/usr/bin/another"}}),
    ],
)
def test_what_asks_for_a_process_gets_one(reason: str, changes: dict[str, Any]) -> None:
    result, said = run(**changes)
    assert result == {"came": "by a process"}
    assert said == f"host: clouddb.mongodb_logs.known runs in a process of its own: {reason}."


@pytest.mark.parametrize("python", ["/usr/bin/another", sys.executable])
def test_the_python_is_that_of_the_host_to_which_it_is_delegated(python: str) -> None:
    of_hosts = {
        "store": {"ansible_python_interpreter": python},
        "host": {"ansible_python_interpreter": "/usr/bin/third"},
    }
    variables = {"ansible_python_interpreter": "/usr/bin/third", "ansible_delegated_vars": of_hosts}
    result, _said = run(variables=variables, delegate_to="store")
    assert (result == HERE) is (python == sys.executable)


def test_the_python_of_the_settings_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants.config, "get_config_value", lambda _name, variables: variables.get("of_settings"))
    assert run()[0] == HERE
    assert run(variables={"of_settings": "/usr/bin/another"})[0] == {"came": "by a process"}


def test_without_requests_a_python_with_them_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_in_process, "REQUESTS_IMPORT_ERROR", "Traceback: No module named requests")
    result, said = run()
    assert result == {"came": "by a process"}
    assert said.endswith("runs in a process of its own: requests cannot be imported here.")


@pytest.mark.parametrize(("library", "way"), [("json", HERE), ("of_nobody", {"came": "by a process"})])
def test_without_what_a_function_needs_a_python_with_it_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, library: str, way: dict[str, Any]
) -> None:
    monkeypatch.setattr(Plugin, "functions", {"known": FUNCTION._replace(library=library)})
    result, said = run()
    assert result == way
    assert said.endswith(": of_nobody cannot be imported here.") is (way != HERE)


def test_another_module_is_run_as_ever() -> None:
    assert run(action="clouddb.mongodb_logs.other") == ({"came": "by a process"}, "")


def ssh() -> Any:
    return connection_loader.get("ssh", PlayContext(), os.devnull)


@pytest.mark.parametrize(
    ("changes", "by_pipe"),
    [
        ({}, True),
        ({"variables": {SWITCH: False}}, True),
        ({"variables": {"ansible_pipelining": False}}, False),
        ({"variables": {"ansible_ssh_pipelining": "no"}}, False),
        ({"become": mock.Mock()}, False),
        ({"action": "clouddb.mongodb_logs.other"}, False),
    ],
)
def test_a_module_is_sent_through_the_connection_where_nobody_said_how(changes: Any, by_pipe: bool) -> None:
    connection = ssh()
    connection.become = changes.get("become")
    # As Ansible sets them before it asks for the action.
    connection.set_options(var_options=changes.get("variables", {}))
    result, _said = run(connection=connection, transport=None, **changes)
    assert result == {"came": "by a process"}
    assert connection.get_option("pipelining") is by_pipe


@pytest.mark.parametrize("value", ["false", "true"])
def test_the_settings_say_how_too(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ANSIBLE_PIPELINING", value)
    connection = ssh()
    connection.set_options()
    run(connection=connection, transport=None)
    assert connection.get_option("pipelining") is (value == "true")
