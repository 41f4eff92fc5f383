# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an instance somebody should know of, and the one sentence about all instances. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import from_iso

# The kinds of alerts, the gravest first, and what to do about each.
BROKEN, LOST, EXPIRING, MISSING = "broken", "lost", "expiring", "missing"
FAILING, STALLED = "failing", "stalled"
HINTS = {
    BROKEN: "Find out who altered the ledger, compare with a copy, and accept the break with log_archive_accept.",
    LOST: "Nothing brings it back; say why with log_archive_accept, and it is not reported any more.",
    EXPIRING: "Collect now; when the run fails, its message tells why.",
    MISSING: "Collect again; when the run fails, its message tells why.",
    FAILING: "Mend that, and collect again; the playbook doctor tells what else would fail.",
    STALLED: "Check that the collection still runs. If the instance is gone, log_archive_accept ends its series.",
}

_CUT_HINT = "Put the ledger back from a copy; if what is there is meant, remove report.json, and this is forgotten."

COMPLETE, NOTHING = "complete", "nothing"
_STATES = {BROKEN: "broken", LOST: "lost", EXPIRING: "missing", MISSING: "missing"}
STATES = ("broken", "lost", "missing", FAILING, STALLED, COMPLETE, NOTHING)


def alerts_of(told: Mapping[str, Any], now: int, alert_before: int, stalled_after: int) -> list[dict[str, Any]]:
    """Return the alerts of an instance as it is described, with every unit, the gravest first."""
    found = [*_broken(told), *_of_series(told, now, alert_before), *_failing(told)]
    found += _stalled(told, now - stalled_after)
    return sorted(found, key=lambda one: list(HINTS).index(one["kind"]))


def state_of(alerts: Sequence[Mapping[str, Any]]) -> str:
    """Return the state that alerts make, the gravest first."""
    return _STATES.get(alerts[0]["kind"], alerts[0]["kind"]) if alerts else COMPLETE


def verdict(instances: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the gravest state of all instances, and everything about them in as few words as can be."""
    if not instances:
        return _verdict(NOTHING, ["Nothing: the archive holds no instance that was chosen."])
    state = min((one["state"] for one in instances), key=STATES.index)
    if state == COMPLETE:
        times = [one["last_success"] for one in instances if one["last_success"]]
        seen = f", at {min(times)} or later" if times else ""
        return _verdict(state, [f"Complete: nothing was missing when the collection last looked{seen}."])
    named = ("folder", "last_success")
    alerts = [{**alert, **{name: one[name] for name in named}} for one in instances for alert in one["alerts"]]
    parts = [_part(kinds, [one for one in alerts if one["kind"] in kinds]) for kinds in _PARTS]
    return _verdict(state, [part for part in parts if part])


def _verdict(state: str, parts: Sequence[str]) -> dict[str, Any]:
    return {"state": state, "sentence": " ".join(parts), "parts": list(parts)}


_PARTS = ((BROKEN,), (EXPIRING, MISSING), (LOST,), (FAILING,), (STALLED,))


def _part(kinds: Sequence[str], alerts: Sequence[Mapping[str, Any]]) -> str:
    if not alerts:
        return ""
    units = sum(one["units"] for one in alerts)
    of = _count(len({one["folder"] for one in alerts}), "instance")
    until = min((one["until"] for one in alerts if one["until"]), default=None)
    if BROKEN in kinds:
        return f"Broken: the ledger of {of} is not as it was written."
    if LOST in kinds:
        return f"Lost: {_count(units, 'unit')} of {of} can never be had any more, and nobody accepted that."
    if FAILING in kinds:
        return f"Failing: the last run over {of} failed."
    if STALLED in kinds:
        times = [one["last_success"] for one in alerts]
        return f"Stalled: {of} had no success {f'since {min(times)}' if all(times) else 'yet'}."
    had = f"; the first can be had until {until}" if until else ""
    return f"Missing: {_count(units, 'unit')} of {of} {'is' if units == 1 else 'are'} not held yet{had}."


def _of_series(told: Mapping[str, Any], now: int, alert_before: int) -> Iterator[dict[str, Any]]:
    for one in told["series"]:
        name = f"{one['node']} {one['log_type']} of {told['instance']}"
        if one["lost"]:
            first = one["lost"][0]
            rest = f"can never be had any more, first {_unit(first)}"
            yield _alert(LOST, told, one, len(one["lost"]), None, f"{name}: {_count(len(one['lost']), 'unit')} {rest}")
        soon = [unit for unit in one["missing"] + one["pending"] if _expires_by(unit, now + alert_before)]
        later = [unit for unit in one["missing"] if unit not in soon]
        for kind, units, gaps in ((EXPIRING, soon, []), (MISSING, later, one["gaps"])):
            if units or gaps:
                until = min((unit["expires"] for unit in units if unit["expires"]), default=None)
                what = _how_long(len(units) + len(gaps), until, now)
                first = _unit(units[0]) if units else f"{gaps[0]['begin']} to {gaps[0]['end']}: no run knows of it."
                yield _alert(kind, told, one, len(units) + len(gaps), until, f"{name}: {what}, first {first}")


def _how_long(count: int, until: str | None, now: int) -> str:
    what = f"{_count(count, 'unit')} {'is' if count == 1 else 'are'} not held"
    if until is None:
        return f"{what}, and can be had as long as the cloud has it"
    if from_iso(until) <= now:
        return f"{what}, and could be had for certain only until {until}"
    return f"{what}, and can be had until {until}"


def _unit(unit: Mapping[str, Any]) -> str:
    reason = (unit["reason"] or "").rstrip(".")
    name = f"{unit['begin']} to {unit['end']}" if unit["begin"] and unit["end"] else unit["unit"]
    return f"{name}: {reason}." if reason else f"{name}."


def _expires_by(unit: Mapping[str, Any], instant: int) -> bool:
    return bool(unit["expires"]) and from_iso(unit["expires"]) <= instant


def _broken(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if told["breaks"]:
        sentence = f"The ledger of {told['instance']} was altered: {told['breaks'][0]}."
        yield _alert(BROKEN, told, None, len(told["breaks"]), None, sentence)
    if told["cut"]:
        seen = f"the head that the report of {told['cut']['at']} saw"
        sentence = f"The ledger of {told['instance']} no longer has {seen}: lines were cut off or altered."
        yield {**_alert(BROKEN, told, None, 1, None, sentence), "hint": _CUT_HINT}


def _failing(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    failure = told["run"]["failure"]
    if failure:
        sentence = f"The last run over {told['instance']} failed: {failure['message']}"
        yield {**_alert(FAILING, told, None, 0, None, sentence), "hint": failure["hint"] or HINTS[FAILING]}


def _stalled(told: Mapping[str, Any], limit: int) -> Iterator[dict[str, Any]]:
    """Yield an alert when a series that goes on had no success since ``limit``, and what is missing does not tell it."""
    going_on = [one for one in told["series"] if one["since"] and not one["closed"]]
    late = [
        one
        for one in going_on
        if not _since(one["last_success"], limit) and not (one["missing"] and _since(one["last_attempt"], limit))
    ]
    if late:
        times = [one["last_success"] for one in late]
        when = f"since {min(times)}" if all(times) else "yet"
        name = f"{late[0]['node']} {late[0]['log_type']}"
        sentence = f"{told['instance']} had no success {when}, of {_count(len(late), 'series')}, first {name}."
        yield _alert(STALLED, told, None, len(late), None, sentence)


def _since(instant: str | None, limit: int) -> bool:
    return bool(instant) and from_iso(instant or "") >= limit


def _alert(
    kind: str, told: Mapping[str, Any], one: Mapping[str, Any] | None, units: int, until: str | None, sentence: str
) -> dict[str, Any]:
    return {
        "kind": kind,
        "provider": told["provider"],
        "region": told["region"],
        "project": told["project"],
        "instance": told["instance"],
        "node": one["node"] if one else None,
        "log_type": one["log_type"] if one else None,
        "units": units,
        "until": until,
        "sentence": sentence,
        "hint": HINTS[kind],
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 or what == "series" else "s")
