# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that mongod and mongos write up to 4.2: text."""

from __future__ import annotations

import re

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import TEXT, Facts
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.structured import SLOW
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.values import milliseconds

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.,]\d{3}(?:Z|[+-]\d\d:?\d\d)) (?:([FEWID]\d?) +(\S+) +)?\[([^\]]*)\] (.*)",
    re.ASCII | re.DOTALL,
)
_TOO_LONG = re.compile(r"warning: log line attempted \(.*?\) over max size \(.*?\), printing beginning and end \.\.\. ")
_SLOW = re.compile(
    r"(command|query|getmore|insert|update|remove|aggregate) (\S+) (.* )?(\d{1,12})ms\Z", re.ASCII | re.DOTALL
)
_VERB = re.compile(r"command: (\w+) \{")
_CLIENT = re.compile(r"\b(?:from|connection|client) (?:client )?(\[?[0-9A-Fa-f.:]+\]?):(\d{1,5})\b")
_PRINCIPAL = re.compile(r"\bprincipal (\S+) on (\S+)")

# What is said of an operation after its statement, in this order; the first that is there ends the statement.
_AFTER = (" planSummary: ", " keysExamined:", " ninserted:", " numYields:", " reslen:")
_NUMBERS = {
    "docs_examined": ("docsExamined:", "nscannedObjects:"),
    "keys_examined": ("keysExamined:", "nscanned:"),
    "returned": ("nreturned:",),
}
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)
_HASH = re.compile(r"queryHash:([0-9A-F]{8})\b")
_APP = re.compile(r'appName: "([^"]*)" ')


def facts_of(line: str) -> Facts | None:
    """Return what a line says; None for one that is no such line."""
    match = _LINE.match(line)
    if not match:
        return None
    written, severity, component, context, message = match.groups()
    time = milliseconds(written)
    facts: Facts = {"form": TEXT, "written": written, "context": context, "message": message}
    if time is not None:
        facts["time"] = time
    if severity:
        facts["severity"], facts["component"] = severity, component
    if message.startswith("warning: log line attempted"):
        message = _TOO_LONG.sub("", message, count=1)
        facts["truncated"] = True
    operation = _SLOW.match(message) if message.endswith("ms") else None
    if operation:
        facts["message"] = SLOW
        _add(operation, facts)
    else:
        _add_client(message, facts)
    return facts


def _add(operation: re.Match[str], facts: Facts) -> None:
    kind, facts["namespace"], rest, duration = operation.groups()
    facts["duration"] = int(duration)
    facts["kind"] = facts["operation"] = kind
    if not rest:
        return
    app = _APP.match(rest)
    if app:
        facts["app"] = app.group(1)
    verb = _VERB.search(rest) if kind == "command" else None
    if verb:
        facts["operation"] = verb.group(1)
    end = next((at for at in map(rest.rfind, _AFTER) if at >= 0), len(rest))
    facts["command"] = rest[:end]
    after = rest[end:]
    if after.startswith(_AFTER[0]):
        plan, _found, _more = after[len(_AFTER[0]) :].partition(" keysExamined:")
        facts["plan"] = plan if _found else plan.split(" ", 1)[0]
    for fact, names in _NUMBERS.items():
        for name in names:
            at = after.rfind(name)
            digits = _DIGITS.match(after, at + len(name)) if at >= 0 else None
            if digits:
                facts[fact] = int(digits.group())  # type: ignore[literal-required]
                break
    shape = _HASH.search(after) if "queryHash:" in after else None
    if shape:
        facts["shape"] = shape.group(1)


def _add_client(message: str, facts: Facts) -> None:
    client = _CLIENT.search(message)
    if client:
        facts["address"], facts["port"] = client.group(1).strip("[]"), int(client.group(2))
        principal = _PRINCIPAL.search(message)
        if principal:
            facts["user"] = "@".join(principal.groups())
