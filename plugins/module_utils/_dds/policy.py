# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance audits: what a change of it would change, and what would be lost by that."""

from __future__ import annotations

import re
import time
from typing import Any, Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import AuditPolicy, Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import PERMISSION
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, iso

AUDIT_TYPES = ["auth", "insert", "delete", "update", "query", "command"]
EVERYTHING = "all"
LONGEST_KEPT = 732

_POLL = 1.0
# A scope lists names with commas between them; a dollar sign makes a comma part of a name.
_COMMA = re.compile(r"(?<!\$),")


class Wanted(NamedTuple):
    """What a policy shall say; None leaves it as it is. ``reserve``: whether files stay when auditing is switched off."""

    keep_days: int | None = None
    scope: str | None = None
    types: tuple[str, ...] | None = None
    reserve: bool = True


class Loss(NamedTuple):
    """What a change would destroy for good.

    ``older``: the age in seconds beyond which existing files go, 0 for all of them, None where none do. ``proven``: it is a
    loss even when no such file is there.
    """

    what: str
    older: int | None = None
    proven: bool = True


class Change(NamedTuple):
    """What a policy becomes, and what is lost by that."""

    after: AuditPolicy
    losses: tuple[Loss, ...] = ()


def decide(current: AuditPolicy, wanted: Wanted) -> Change | None:
    """Return what to change so that a policy says what is wanted; None when it does already.

    Scope and types have a meaning only while auditing is on. Raises BadInput when they are wanted where it is off.
    """
    days = current.keep_days if wanted.keep_days is None else wanted.keep_days
    if not days:
        if wanted.scope is not None or wanted.types is not None:
            raise BadInput("audit_scope and audit_types need auditing to be on: give keep_days from 7 to 732.")
        losses = () if wanted.reserve else (Loss("all audit logs in the cloud", older=0),)
        return Change(current._replace(keep_days=0), losses) if current.keep_days else None
    after = AuditPolicy(
        days,
        current.scope if wanted.scope is None else wanted.scope,
        current.types if wanted.types is None else tuple(sorted(set(wanted.types))),
    )
    return None if shows(current, after) else Change(after, tuple(_losses(current, after)))


def shows(policy: AuditPolicy, expected: AuditPolicy) -> bool:
    """Tell whether a policy means what is expected, however it is spelled."""
    if not expected.keep_days:
        return not policy.keep_days
    return (policy.keep_days, _scope(policy), _types(policy)) == (
        expected.keep_days,
        _scope(expected),
        _types(expected),
    )


def _losses(current: AuditPolicy, after: AuditPolicy) -> list[Loss]:
    older = Loss(f"audit logs older than {after.keep_days} days", after.keep_days * DAY)
    if not current.keep_days:
        # Files may be left of an earlier time when auditing was on.
        return [older._replace(proven=False)]
    losses = [older] if after.keep_days < current.keep_days else []
    if not _within(_scope(current), _scope(after)):
        losses.append(Loss(f"the audit of operations outside '{after.scope}'"))
    fewer = [name for name in _types(current) if name not in _types(after)]
    if fewer:
        losses.append(Loss(f"the audit of {', '.join(fewer)}"))
    return losses


def _scope(policy: AuditPolicy) -> frozenset[str]:
    return frozenset(name for name in map(str.strip, _COMMA.split(policy.scope or EVERYTHING)) if name)


def _types(policy: AuditPolicy) -> tuple[str, ...]:
    return tuple(sorted(policy.types or AUDIT_TYPES))


def _within(names: frozenset[str], others: frozenset[str]) -> bool:
    return EVERYTHING in others or (EVERYTHING not in names and names <= others)


def described(policy: AuditPolicy) -> dict[str, Any]:
    """Return a policy as results show it."""
    return {
        "enabled": policy.keep_days > 0,
        "keep_days": policy.keep_days,
        "audit_scope": policy.scope,
        "audit_types": list(policy.types),
    }


def told(api: Dds, instance_id: str, current: AuditPolicy, losses: tuple[Loss, ...]) -> list[str]:
    """Return what would be lost, with the number of files as far as it may be counted. Raises CloudError."""
    found = []
    for loss in losses:
        if loss.older is None:
            found.append(loss.what)
            continue
        try:
            files = _files(api, instance_id, current.keep_days or LONGEST_KEPT, loss.older)
        except CloudError as error:
            if error.kind != PERMISSION:
                raise
            if loss.proven:
                found.append(f"{loss.what} (how many there are may not be listed)")
            continue
        if files:
            count = f"{len(files)} file{'s' if len(files) > 1 else ''}"
            found.append(f"{loss.what}, {count} in the cloud since {iso(min(files).begin)}")
        elif loss.proven:
            found.append(f"{loss.what}, no file in the cloud now")
    return found


def _files(api: Dds, instance_id: str, days: int, older: int) -> list[Span]:
    """Return the spans of the files that are older than so many seconds."""
    span = Span(api.http.clock.now() - days * DAY - DAY, api.http.clock.latest())
    logs = api.audit_logs(instance_id, span)
    api.http.clock.check()
    end = api.http.clock.now() - older  # again, as the answer told the cloud's time
    return [log.span for log in logs if not older or log.span.end <= end]


def send(api: Dds, instance_id: str, after: AuditPolicy, *, reserve: bool) -> None:
    """Ask for a policy, in doubt without an answer: reading tells. Raises CloudError when it is refused."""
    try:
        if after.keep_days:
            api.set_audit_policy(instance_id, after)
        else:
            # The rest has no meaning where nothing is audited.
            api.set_audit_policy(instance_id, AuditPolicy(0, None, ()), reserve=reserve)
    except CloudError as error:
        if not error.uncertain:
            raise


def confirmed(
    api: Dds,
    instance_id: str,
    expected: AuditPolicy,
    within: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> AuditPolicy:
    """Return the policy as soon as the cloud shows it as expected. Raises CloudError when it does not in time."""
    give_up = monotonic() + within
    while True:
        policy = api.audit_policy(instance_id)
        if shows(policy, expected):
            return policy
        left = give_up - monotonic()
        if left <= 0:
            raise CloudError(
                f"The policy was sent, but {within:g} s later the cloud still shows another one: {_text(policy)}.",
                code="not_shown",
                hint="Read it with dds_audit_policy_info, and run again if it has not changed by then.",
            )
        sleep(min(_POLL, left))


def _text(policy: AuditPolicy) -> str:
    return ", ".join(f"{name} {value}" for name, value in described(policy).items())
