# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of an archive module to the engine, and from its outcome to the result."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Locked
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import NONE
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import owner_number, parse_mode
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.access import complaint
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Engine, Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, Incomplete
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, parse_age, parse_instant


def collect(context: Context, options: Mapping[str, Any], source: Source, settings: Settings) -> dict[str, Any]:
    """Make the archive complete, or tell what that takes in check mode, and return the module's result.

    With ``when_locked=skip``, what another run writes to is left to it, and the result names that run alone.
    Raises Incomplete, with the result of what was done, when something is missing, newly lost or altered.
    """
    engine = Engine(source, settings, tellers=context.tellers)
    try:
        outcome = engine.preview() if context.check_mode else engine.run()
    except Locked as error:
        if options["when_locked"] != "skip":
            raise
        return {"changed": False, "left_to": error.left_to(), "msg": f"Left to another run. {error.message}"}
    refusal = complaint(settings) if context.check_mode else None
    for warning in [*outcome.warnings, *filter(None, [refusal])]:
        context.warn(warning)
    folder = os.path.join(settings.archive, settings.folder)
    result = outcome.result(folder, options["return_limit"])
    if context.diff:
        result["diff"] = outcome.diff(folder)
    message = outcome.message()
    if message:
        raise Incomplete(message, result, outcome.cause)
    return result


def settings_of(options: Mapping[str, Any], provider: str, instance: str) -> Settings:
    """Return where the archive is and how to treat it.

    Raises BadInput for an owner or group that is not known, and for a repair of an explicit span.
    """
    if options["repair"] != NONE and options["begin"] is not None:
        raise BadInput("repair looks at the whole archive: leave out begin and end.")
    region, project = options["region"], options["project_id"] or "default"
    return Settings(
        archive=options["archive"],
        folder=layout.instance_folder(provider, region, project, instance),
        identity={"provider": provider, "region": region, "project": project, "instance": instance},
        ownership=Ownership(
            parse_mode("mode", options["mode"]),
            parse_mode("directory_mode", options["directory_mode"]),
            owner_number("owner", options["owner"]),
            owner_number("group", options["group"]),
        ),
        create=options["create"],
        rebuild=options["rebuild"],
        repair=options["repair"],
        chosen=Chosen(nodes=_some(options["node_ids"]), log_types=_some(options["log_types"])),
        lock_timeout=options["lock_timeout"],
        wait_timeout=options.get("wait_timeout", 0),
        poll_interval=options.get("poll_interval", 0),
        workers=options["workers"],
    )


def _some(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(names) if names else None


def wait_within_reach(options: Mapping[str, Any], name: str, reach: int) -> int:
    """Return how long a window is waited for. Raises BadInput for an age that is none, and for one that lets it expire meanwhile."""
    seconds, days = parse_age(options[name], name), reach // DAY
    if seconds > reach - 2 * DAY:
        raise BadInput(f"{name} must be at most {days - 2} days, as the cloud keeps entries for {days} days.")
    return seconds


def explicit_span(options: Mapping[str, Any]) -> Span | None:
    """Return the span from ``begin`` to ``end`` when they are given. Raises BadInput when it is empty or not a time."""
    if options["begin"] is None or options["end"] is None:
        return None
    span = Span(parse_instant(options["begin"], "begin"), parse_instant(options["end"], "end"))
    if span.empty:
        raise BadInput(f"end ({options['end']}) must be after begin ({options['begin']}).")
    return span
