# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What answers of the Huawei family mean: one of five shapes of error, or the document that was asked for."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import (
    BUSY,
    CLOCK,
    DDS,
    THROTTLED,
    cause_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer, is_passing, plain
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import MINUTE

# What signs may be a quarter of an hour off; less than this is never the reason of a refusal.
_TOLERATED_SKEW = 14 * MINUTE


def judge(
    answer: Answer, *, skew: float = 0.0, final: bool = True, number: Callable[[str], Any] | None = None
) -> Record:
    """Return the document of an answer, or raise the CloudError that it tells of.

    ``skew``: seconds that the clock which signed the request is ahead of the cloud's. ``final``: whether a 401 says that no
    other request can succeed either. ``number`` is that of :meth:`Answer.json`.
    """
    value = answer.json(number if answer.status < 300 else None)
    if answer.status < 300:
        return Record(value, "")
    inner = value.get("error")
    said = inner if isinstance(inner, dict) else value
    code = plain(said.get("error_code") or said.get("errorCode") or said.get("code") or answer.status)
    words = plain(said.get("error_msg") or said.get("errorMsg") or said.get("message") or "no message")
    kind, hint = cause_of(DDS, code, answer.status).kind, None
    if answer.status == 401 and abs(skew) > _TOLERATED_SKEW:
        side = "ahead of" if skew > 0 else "behind"
        kind, hint = CLOCK, f"The clock of this host is off by {abs(skew):.0f} s, {side} the cloud's: synchronise it."
    raise CloudError(
        f"The API refused with HTTP {answer.status} {code}: {words}".rstrip(".") + ".",
        code=code,
        cloud=DDS,
        kind=kind,
        hint=hint,
        status=answer.status,
        passing=kind in (BUSY, THROTTLED) or is_passing(answer.status),
        uncertain=answer.status >= 500,
        final=final and answer.status == 401,
        throttled=kind == THROTTLED or answer.status == 429,
        retry_after=answer.retry_after,
        request_id=answer.headers.get("X-Request-Id") or "",
    )
