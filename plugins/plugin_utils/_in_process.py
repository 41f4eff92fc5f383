# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The functions of modules, called in the worker that Ansible already has, where nothing asks for a process of its own.

To start an interpreter and to import takes nine tenths of the time of a module that has nothing to do.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from typing import Any, NamedTuple

from ansible import constants
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as Normal
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import REQUESTS_IMPORT_ERROR
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Body, Context
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Teller
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import parse_instant
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._shown import SWITCH as PROGRESS_SWITCH
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._shown import teller

# Of a host, a play or all: whether modules may run in the worker.
SWITCH = "clouddb_mongodb_logs_in_process"

# Python imports what reads times when that is done first: here it is once, and not in every worker.
parse_instant("2026-01-01T00:00:00Z", "first")

# What stands for any Python that is found.
_ANY = ("auto", "auto_legacy", "auto_silent", "auto_legacy_silent")


class Function(NamedTuple):
    """What a module is without its process: its options, and the function that it calls with them; what has to be importable for it."""

    options: OptionSet
    body: Body
    library: str = ""


class InProcess(ActionBase):
    """An action that calls modules by their functions, those of ``functions`` by their short names, where it can."""

    functions: Mapping[str, Function] = {}

    def _execute_module(
        self,
        module_name: str | None = None,
        module_args: Mapping[str, Any] | None = None,
        *more: Any,
        task_vars: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> dict[str, Any]:
        """Return the result of a module, of the task's own where none is named."""
        name = module_name or self._task.action
        function = self.functions.get(name.rpartition(".")[2])
        variables = task_vars or {}
        if function:
            reason = self._why_apart(variables, function)
            where = f"in a process of its own: {reason}" if reason else "in the worker"
            self._display.vvv(f"{name} runs {where}.", host=variables.get("inventory_hostname"))
            if not reason:
                given = self._task.args if module_args is None else module_args
                task = self._task
                return called(
                    name,
                    function,
                    given,
                    check_mode=task.check_mode,
                    diff=task.diff,
                    tellers=self._tellers(variables),
                )
            self._pipeline()
        result: dict[str, Any] = super()._execute_module(module_name, module_args, *more, task_vars=task_vars, **others)
        return result

    def _tellers(self, variables: Mapping[str, Any]) -> tuple[Teller, ...]:
        """Return what shows how far the function has come, unless that is turned off."""
        switch = self._templar.template(variables.get(PROGRESS_SWITCH))
        wanted = switch in (None, "") or boolean(switch, strict=False)
        return (teller(self._display, str(variables.get("inventory_hostname"))),) if wanted else ()

    def _why_apart(self, variables: Mapping[str, Any], function: Function) -> str:
        """Return what asks for a process of its own; a blank where nothing does."""
        task, connection = self._task, self._connection
        switch = self._templar.template(variables.get(SWITCH))
        asked = {
            f"{SWITCH} is {switch}": not (switch in (None, "") or boolean(switch, strict=False)),
            f"the connection is {connection.transport}": connection.transport != "local",
            "become": connection.become is not None,
            "async": task.async_val,
            "environment": any(task.environment or ()),
            "timeout": task.timeout,
            "requests cannot be imported here": REQUESTS_IMPORT_ERROR,
            f"{function.library} cannot be imported here": function.library and find_spec(function.library) is None,
        }
        return next((reason for reason, is_so in asked.items() if is_so), "") or self._why_another(variables)

    def _why_another(self, variables: Mapping[str, Any]) -> str:
        """Return which other Python is to run the module; a blank where it is this one, or any that is found."""
        host = self._task.delegate_to
        of_host = variables["ansible_delegated_vars"][host] if host else variables
        value = constants.config.get_config_value("INTERPRETER_PYTHON", variables=dict(of_host))
        python = self._templar.template(value)
        return "" if not python or python in (*_ANY, sys.executable) else f"the interpreter is {python}"

    def _pipeline(self) -> None:
        """Send a module through a connection of SSH in one step, not in six that copy it first, unless somebody said which.

        With become it is left as it is, as that may want a terminal.
        """
        connection = self._connection
        if connection.transport != "ssh" or connection.become is not None:
            return
        _value, origin = connection.get_option_and_origin("pipelining")
        if origin == "default":
            connection.set_option("pipelining", True)


class Module(InProcess, Normal):
    """The action of a module's own name: its function where it can be called, else the module as any other."""


def called(
    name: str,
    function: Function,
    given: Mapping[str, Any],
    *,
    check_mode: bool,
    diff: bool,
    tellers: tuple[Teller, ...] = (),
) -> dict[str, Any]:
    """Return the result of a module by calling its function: what the module returns but for ``invocation``.

    As from a module, no value of a secret option comes out of it.
    """
    options = function.options
    given = json.loads(json.dumps(given, default=_plain))
    validated = ArgumentSpecValidator(options.options, **options.constraints).validate(given)
    told: dict[str, None] = {}
    context = Context(bool(check_mode), bool(diff), lambda words: told.setdefault(printable(words)), tellers)
    try:
        with _unheard():
            result = _refused(name, validated) or function.body(
                context, options.checked(validated.validated_parameters)
            )
        result = json.loads(json.dumps(result))
    except LogsError as error:
        result = {**json.loads(json.dumps(error.result())), "failed": True}
    except Exception as error:
        message = f"{name} ended by a defect ({type(error).__name__}: {error})."
        result = {"failed": True, "msg": message, "exception": traceback.format_exc()}
    if told:
        result["warnings"] = list(told)
    hidden: dict[str, Any] = _without(_secrets(options, given, validated.validated_parameters), result)
    return hidden


@contextmanager
def _unheard() -> Iterator[None]:
    """Keep to itself what libraries warn of and log, as a module does: signed links may stand there, and Ansible may keep a log."""
    logs = [logging.getLogger(name) for name in ("urllib3", "boto3", "botocore")]
    before = [log.propagate for log in logs]
    for log in logs:
        log.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, told in zip(logs, before):
            log.propagate = told


def _plain(value: Any) -> str:
    """Return as text what JSON does not know: times, and before ansible-core 2.19 texts that are vaulted where they stand."""
    return str(value.isoformat() if isinstance(value, date) else value)


def _refused(name: str, validated: ValidationResult) -> dict[str, Any]:
    """Return the result for options that Ansible has something against; empty for others."""
    if not validated.error_messages:
        return {}
    message = validated.error_messages[0]
    if isinstance(validated.errors[0], UnsupportedError):
        message = f"Unsupported parameters for ({name}) module: {message}"
    return {"failed": True, "msg": message}


def _secrets(options: OptionSet, *values: Mapping[str, Any]) -> list[str]:
    """Return the values of secret options, and first those that others stand in."""
    names = [name for name, option in options.options.items() if option.get("no_log")]
    found = {str(known.get(name) or "").strip() for known in values for name in names} - {""}
    return sorted(found, key=len, reverse=True)


def _without(secrets: Sequence[str], value: Any) -> Any:
    """Return what JSON may hold with every secret hidden that stands in its texts; Ansible's own function is on its way out."""
    if isinstance(value, dict):
        return {name: _without(secrets, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without(secrets, item) for item in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "********")
    return value
