# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as plain data, which the page and the metrics are made from. Pure."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.describe import describe, total
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import GENESIS
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report import days
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.alerts import (
    NOTHING,
    alerts_of,
    state_of,
    verdict,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable

VERSION = 1

# What a run takes, as its status tells.
TAKEN = ("seconds", "throttled_seconds", "calls", "bytes")

# What changes though nothing did.
_FLEETING = ("at",)


class Frame(NamedTuple):
    """When the report is made, how many days it shows, and the ages in seconds that make an alert."""

    now: int
    days: int
    alert_before: int
    stalled_after: int


def instance(held: Holding, chosen: Chosen, frame: Frame, known: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what the report says of one instance. ``known``: a head that its ledger had, and the report that saw it."""
    cut = {name: known[name] for name in ("head", "at")} if known and held.ledger.breaks_since is None else None
    told = {**describe(held, chosen, sys.maxsize), "run": _run(held.status.run), "cut": cut}
    span = days.shown(frame.now, frame.days)
    for series in told["series"]:
        tally = held.ledger.units.tally(Series(series["node"], series["log_type"]))
        found = days.runs(span, series, tally)
        series["days"] = [run._asdict() for run in found]
    return _judged(told, frame)


def unreadable(folder: str, message: str, frame: Frame) -> dict[str, Any]:
    """Return what the report says of an instance whose ledger cannot be read."""
    identity = dict(zip(("provider", "region", "project", "instance"), folder.split("/")))
    nothing = {"name": None, "holds": [], **total(()), "series": [], "run": _run({}), "cut": None}
    return _judged(
        {**identity, "folder": folder, "head": GENESIS, "head_at": None, "lines": 0, "breaks": [message], **nothing},
        frame,
    )


def _judged(told: Mapping[str, Any], frame: Frame) -> dict[str, Any]:
    alerts = alerts_of(told, frame.now, frame.alert_before, frame.stalled_after)
    return {
        **told,
        "state": state_of(alerts),
        "since": min((one["since"] for one in told["series"] if one["since"]), default=None),
        "last_success": last_success(told["series"]),
        "alerts": alerts,
    }


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the status tells of the last run: what it took, as far as that is known, and why it failed."""
    failure = run.get("failure")
    names = ("code", "message", "hint")
    return {
        **{name: run[name] for name in TAKEN if isinstance(run.get(name), (int, float))},
        "failure": {name: printable(str(failure.get(name) or "")) for name in names}
        if isinstance(failure, dict)
        else None,
    }


def last_success(series: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the oldest last success of the series that go on; None when one of them never had any, or none goes on."""
    times = [one["last_success"] for one in series if one["since"] and not one["closed"]]
    return min(times) if times and all(times) else None


def report(
    archive: str, instances: Sequence[Mapping[str, Any]], frame: Frame, slow: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the whole report: what ``report.json`` holds. ``slow``: of slow operations, where these were read."""
    span = days.shown(frame.now, frame.days)
    # The map begins where the archive does.
    early = days.leading([series["days"] for one in instances for series in one["series"]])
    span = span._replace(begin=span.begin + early * DAY)
    instances = [
        {**one, "series": [{**series, "days": days.without(series["days"], early)} for series in one["series"]]}
        for one in instances
    ]
    return {
        "v": VERSION,
        "at": iso(frame.now),
        "archive": archive,
        "alert_before": frame.alert_before,
        "stalled_after": frame.stalled_after,
        "first_day": iso(span.begin)[:10],
        "last_day": iso(span.end - DAY)[:10],
        "verdict": verdict(instances),
        "since": min((one["since"] for one in instances if one["since"]), default=None),
        **total(instances),
        "slow": slow,
        "instances": list(instances),
    }


def heads(before: Mapping[str, Any] | None, archive: str) -> dict[str, dict[str, str]]:
    """Return the heads by which the report before knew the ledgers of an archive, with when it was and where they stood, by folder."""
    if before is None:
        return {}
    known = {
        one["folder"]: one["cut"] or {"head": one["head"], "at": before["at"], "head_at": one.get("head_at") or ""}
        for one in before["instances"]
    }
    return known if before["archive"] == archive else {}


def lasting(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what stays of a report as long as neither the archive nor the day changes; None when there is none."""
    return None if found is None else {name: value for name, value in found.items() if name not in _FLEETING}


def alerts(found: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the alerts of a report, the most urgent first, with ``new`` set where the report before did not have it all."""
    known = _losses(before) if before else set()
    several = [
        {**alert, "new": not _losses_of(one, alert) <= known} for one in found["instances"] for alert in one["alerts"]
    ]
    return sorted(several, key=lambda one: (not is_urgent(one), one["until"] or "~"))


def is_urgent(alert: Mapping[str, Any]) -> bool:
    """Tell whether somebody has to act now: something can soon be had no more, or is newly lost or altered."""
    return bool(alert["kind"] == "expiring" or (alert["kind"] in ("lost", "broken") and alert["new"]))


def urgent(found: Mapping[str, Any], told: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the sentence of the most urgent alert of a report, with how many more there are; None when nothing is urgent."""
    if found["verdict"]["state"] == NOTHING:
        # A disk that is not mounted looks like this.
        return str(found["verdict"]["sentence"])
    sentences = [one["sentence"] for one in told if is_urgent(one)]
    more = len(sentences) - 1
    if more > 0:
        return f"{sentences[0]} There {'is 1 more alert' if more == 1 else f'are {more} more alerts'} like this."
    return sentences[0] if sentences else None


def _losses(found: Mapping[str, Any]) -> set[tuple[str, ...]]:
    return {loss for one in found["instances"] for alert in one["alerts"] for loss in _losses_of(one, alert)}


def _losses_of(of: Mapping[str, Any], alert: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """Return what can never be mended of what an alert is about."""
    if alert["kind"] == "broken":
        return {(of["folder"], line) for line in (*of["breaks"], *(of["cut"] or {}).values())}
    if alert["kind"] != "lost":
        return set()
    return {
        (of["folder"], one["node"], one["log_type"], lost["unit"])
        for one in of["series"]
        if (one["node"], one["log_type"]) == (alert["node"], alert["log_type"])
        for lost in one["lost"]
    }


def lines(found: Mapping[str, Any] | None) -> str:
    """Return a report as a person compares it with another."""
    if found is None:
        return ""
    rows = [found["verdict"]["sentence"]]
    for one in found["instances"]:
        counts = ", ".join(f"{count} {name}" for name, count in one["counts"].items() if count)
        rows.append(f"{one['folder']}: {one['state']}; {counts or 'no units'}; head {one['head']}")
    return "".join(f"{row}\n" for row in rows)
