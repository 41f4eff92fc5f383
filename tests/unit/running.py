# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules run in this process, so that coverage counts them."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils import _internal
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args

_MODULES = "ansible_collections.clouddb.mongodb_logs.plugins.modules"


def run_module(name: str, options: Mapping[str, Any], *, check: bool = False, diff: bool = False) -> dict[str, Any]:
    """Run a module's ``main()``; return the result that Ansible would read. A traceback goes through to the test."""
    main = importlib.import_module(f"{_MODULES}.{name}").main
    # Ansible collects warnings for a whole process, as one runs one module.
    warnings._global_warnings.clear()
    warnings._global_deprecations.clear()
    written = io.StringIO()
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": None}
    # Tests of inventories make this process a controller, in which warnings would not be part of a result.
    target = mock.patch.object(_internal, "is_controller", False)
    with target, patch_module_args(arguments), redirect_stdout(written), pytest.raises(SystemExit) as ended:
        main()
    result: dict[str, Any] = json.loads(written.getvalue())
    assert ended.value.code == (1 if result.get("failed") else 0)
    return result
