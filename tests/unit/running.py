# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules run in this process, so that coverage counts them."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils import _internal, basic
from ansible.module_utils.common import parameters, warnings

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # before ansible-core 2.19

    @contextmanager
    def patch_module_args(args: dict[str, Any]) -> Iterator[None]:
        given = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        with mock.patch.object(basic, "_ANSIBLE_ARGS", given):
            yield


try:
    from ansible.module_utils.secrets import mask_secrets
except ImportError:  # before ansible-core 2.22
    mask_secrets = None

_MODULES = "ansible_collections.clouddb.mongodb_logs.plugins.modules"


def run_module(name: str, options: Mapping[str, Any], *, check: bool = False, diff: bool = False) -> dict[str, Any]:
    """Run a module; return the result that Ansible would read, with ``invocation``. A traceback goes through to the test."""
    return run_main(importlib.import_module(f"{_MODULES}.{name}").main, options, check=check, diff=diff)


def run_main(
    main: Callable[[], object], options: Mapping[str, Any], *, check: bool = False, diff: bool = False
) -> dict[str, Any]:
    """Run what is a module's ``main()``; return as :func:`run_module`."""
    # Ansible collects warnings for a whole process, as one runs one module.
    warnings._global_warnings.clear()
    warnings._global_deprecations.clear()
    written = io.StringIO()
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": None}
    if "inject_invocation" in parameters.PASS_VARS:  # from ansible-core 2.21 on it is left out unless asked for
        arguments["_ansible_inject_invocation"] = True
    # Tests of inventories make this process a controller, in which warnings would not be part of a result.
    target = mock.patch.object(_internal, "is_controller", False, create=True)  # not there before ansible-core 2.19
    with target, patch_module_args(arguments), redirect_stdout(written), pytest.raises(SystemExit) as ended:
        main()
    result: dict[str, Any] = json.loads(written.getvalue())
    if mask_secrets:
        # What is to be masked is handed over, and Ansible takes that out; of `invocation` nothing is masked before.
        result.pop("_ansible_new_secrets", None)
        result["invocation"] = json.loads(mask_secrets(json.dumps(result["invocation"])))
    assert ended.value.code == (1 if result.get("failed") else 0)
    return result
