# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of what a run would do now."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import OK, SKIPPED, WARNING
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.due import judge_due, judge_loss
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso

NOW = 1_795_176_000


def foreseen(**changes: Any) -> dict[str, Any]:
    """Return what a preview tells."""
    plan = {"files": 3, "known_bytes": changes.pop("known_bytes", 1000), "first_expires": changes.pop("expires", None)}
    return {"plan": plan, "notices": [], "missing": [], "counts": {"missing": 0}, "next_loss": None, **changes}


@pytest.mark.parametrize(("free", "code"), [(None, ""), (2000, ""), (1999, "ENOSPC"), (1000, "ENOSPC")])
def test_space(free: int | None, code: str) -> None:
    finding = judge_due(foreseen(), free)
    assert (finding.state, finding.code) == (WARNING if code else OK, code)
    assert finding.message.startswith("3 files are due, 1000 bytes as far as")


def test_less_space_than_is_due_is_a_failure() -> None:
    with pytest.raises(ArchiveError, match=r"12\.0 TiB .* 7 MiB are free") as raised:
        judge_due(foreseen(known_bytes=12 * 1024**4), 7 * 1024**2)
    assert raised.value.code == "ENOSPC"


def test_what_cannot_be_known_beforehand_is_named() -> None:
    notices = [{"code": code, "log_type": kind} for code, kind in (("not_asked", "slow"), ("cannot_have", "error"))]
    assert judge_due(foreseen(notices=notices), 10**6).message.endswith(
        "What slow logs there are shows only when they are exported."
    )


def test_what_cannot_be_had_now_is_a_warning() -> None:
    missing = [{"unit": "one", "reason": "its packaging failed 2 times"}]
    finding = judge_due(foreseen(missing=missing, counts={"missing": 4}), 10**6)
    assert (finding.state, finding.code) == (WARNING, "missing")
    assert finding.message.endswith("4 more cannot be had now, first one: its packaging failed 2 times")


@pytest.mark.parametrize(
    ("expires", "pending", "began", "state", "first"),
    [
        (None, None, True, SKIPPED, None),
        (DAY - 1, 2 * DAY, True, WARNING, DAY - 1),
        (2 * DAY, DAY - 1, True, WARNING, DAY - 1),
        (DAY, None, True, OK, DAY),
        (60, None, False, OK, 60),
    ],
)
def test_next_loss(expires: int | None, pending: int | None, began: bool, state: str, first: int | None) -> None:
    ends = {name: value and iso(NOW + value) for name, value in (("expires", expires), ("next_loss", pending))}
    finding = judge_loss(foreseen(**ends), NOW, began=began)
    assert finding.state == state
    assert first is None or iso(NOW + first) in finding.message
