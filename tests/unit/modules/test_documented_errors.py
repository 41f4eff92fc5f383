# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module with every cause of an error of its cloud, by every documented code: the result says of what kind it is and what to do."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _failures
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import CAUSES, Cause
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault

from ..running import run_module
from .conftest import CALLING

# Coverage is counted by smaller examples of the same.
pytestmark = pytest.mark.uncounted


STATUS = {
    _failures.CREDENTIALS: 401,
    _failures.PERMISSION: 403,
    _failures.THROTTLED: 429,
    _failures.BUSY: 403,
    _failures.NOT_FOUND: 404,
    _failures.PARAMETER: 400,
    _failures.CLOUD_FAULT: 500,
}


def cases() -> list[Any]:
    """Return every cause with every module of its cloud, and with all of its codes."""
    found = []
    for cause in CAUSES:
        modules = [module for module in CALLING if module.startswith(cause.cloud)]
        # Words of the collection are none of a cloud.
        codes = [code for code in cause.codes if code not in ("not_found", "unknown_host")]
        pairs = zip(itertools.cycle(modules), itertools.cycle(codes))
        for module, code in itertools.islice(pairs, max(len(modules), len(codes))):
            found.append(pytest.param(module, cause, code, id=f"{module}-{code}"))
    return found


def fault(cause: Cause, code: str) -> Fault:
    if cause.cloud == "umongodb":
        return Fault("*", "retcode", times=None, args={"code": int(code)})
    return Fault("*", "http", times=None, args={"status": STATUS[cause.kind], "code": code, "message": "no"})


def signed(emulator: Emulator) -> int:
    return sum(record.action != "" for record in emulator.requests)


@pytest.mark.parametrize(("module", "cause", "code"), cases())
def test_a_documented_error_is_told_with_its_kind_and_its_hint(
    emulator: Emulator,
    good: dict[str, dict[str, Any]],
    module: str,
    cause: Cause,
    code: str,
) -> None:
    before = signed(emulator)
    emulator.faults.add(fault(cause, code))
    result = run_module(module, good[module])
    failure = result["failure"]
    assert (result["failed"], failure["code"], failure["kind"], failure["hint"]) == (True, code, cause.kind, cause.hint)
    assert result["msg"].endswith(cause.hint)
    assert failure["request_id"]
    if cause.kind == _failures.CREDENTIALS:
        assert signed(emulator) == before + 1  # keys that fail on and on get locked
