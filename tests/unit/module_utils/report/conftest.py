# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports on archives that are made by hand, at a time that is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report import facts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, iso

from ...archives import FIRST, SLOW, Made

NOW = FIRST + 7 * DAY + 9 * HOUR
FRAME = facts.Frame(NOW, 10, DAY, 26 * HOUR)
HOSTILE = "</script><script>alert('\"1&')</script>"

Report = Callable[..., dict[str, Any]]


def day(number: int) -> str:
    """Return when a day begins."""
    return iso(FIRST + number * DAY)


def unit(number: int, status: str, reason: str = "cut") -> dict[str, Any]:
    """Return a window of a day as a run notes it."""
    span = {"begin": day(number), "end": day(number + 1), "expires": day(number + 7)}
    return {"unit": f"day-{number}", "status": status, "reason": reason, **span}


def complete(made: Made, until: int = 7) -> None:
    """Let a series be complete up to a day, in the eyes of a run early on that day."""
    made.opened()
    made.collected(*range(until))
    at = iso(FIRST + until * DAY + 60)
    made.noted(SLOW, last_attempt=at, last_success=at, units=[unit(until, "pending", "not over")])


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Return what is reported of the archive of this test."""

    def told(frame: facts.Frame = FRAME) -> dict[str, Any]:
        chosen = Chosen()
        found = [facts.instance(held, chosen, frame) for held in survey.holdings(str(tmp_path), chosen)]
        return facts.report(str(tmp_path), found, frame)

    return told
