# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run would do now: how much is due against the space that is free, and what would be lost next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Engine, Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import (
    Examination,
    Finding,
    ok,
    skipped,
    warning,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, from_iso

# How far off a loss may be before somebody should see to it.
_SOON = DAY


def examine(
    examination: Examination, settings: Settings, source: Callable[[], Source], now: Callable[[], int], *needs: str
) -> None:
    """Look at what a run would do, which the plan of check mode tells."""
    tree = Tree(settings.archive, settings.ownership, settings.folder)
    foreseen: dict[str, Any] = {}

    def due() -> Finding:
        foreseen.update(Engine(source(), settings).preview().result(tree.root, 1))
        return judge_due(foreseen, tree.free())

    def loss() -> Finding:
        return judge_loss(foreseen, now(), began=Ledger.recall(tree, settings.identity).lines > 0)

    examination.look("due", due, "archive", "ledger", *needs)
    examination.look("next_loss", loss, "due")


def judge_due(foreseen: Mapping[str, Any], free: int | None) -> Finding:
    """Return how the bytes that are due fit the space that is free, None where the disk does not tell. Raises ArchiveError when they do not."""
    plan = foreseen["plan"]
    known = plan["known_bytes"]
    unknown = [notice["log_type"] for notice in foreseen["notices"] if notice["code"] == "not_asked"]
    room = "the disk does not tell what is free" if free is None else f"{_size(free)} are free"
    message = f"{plan['files']} files are due, {_size(known)} as far as the cloud names sizes; {room}."
    if unknown:
        message += f" What {' and '.join(unknown)} logs there are shows only when they are exported."
    if free is not None and known > free:
        raise ArchiveError(message, code="ENOSPC", hint="Free some space.")
    if free is not None and 2 * known > free:
        return warning(message, "Free some space, as logs grow.", "ENOSPC")
    if foreseen["missing"]:
        first = foreseen["missing"][0]
        message += f" {foreseen['counts']['missing']} more cannot be had now, first {first['unit']}: {first['reason']}"
        return warning(message, "Run again later; this is tried anew by every run.", "missing")
    return ok(message)


def judge_loss(foreseen: Mapping[str, Any], now: int, *, began: bool) -> Finding:
    """Return when the first unit that is not held can no longer be had. ``began``: whether there was any run."""
    ends = [at for at in (foreseen["plan"]["first_expires"], foreseen["next_loss"]) if at]
    if not ends:
        return skipped("Nothing that is not held is known to expire.")
    first = min(ends)
    if not began:
        return ok(f"Nothing was collected yet; the oldest of what is due can be had until {first}.")
    if from_iso(first) - now < _SOON:
        return warning(f"The first unit is lost at {first}.", "Run the collection before that.", "next_loss")
    return ok(f"The first unit that is not held would be lost at {first}; run the collection before that.")


def _size(number: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
