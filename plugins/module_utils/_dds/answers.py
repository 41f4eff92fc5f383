# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What answers of the Huawei family mean: one of five shapes of error, or the document that was asked for."""

from __future__ import annotations

import re
from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import (
    BUSY,
    CLOCK,
    CREDENTIALS,
    DDS,
    THROTTLED,
    cause_of,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._patience import is_passing
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import MINUTE

# What signs may be a quarter of an hour off; less than this is never the reason of a refusal.
_TOLERATED_SKEW = 14 * MINUTE


# What the gateway says of one who is not let in, and what that is about.
_REASONS = (
    (
        re.compile(r"reach the limit|\block"),
        "The key is locked after too many failures: wait five minutes and check secret_key.",
    ),
    (re.compile(r"\bak\b.* not exist", re.IGNORECASE), "Check access_key, and that it belongs to this cloud."),
    (
        re.compile(r"verify aksk signature fail"),
        "Check secret_key, that it belongs to access_key, and the clock of this host.",
    ),
)
# From here on such a message may repeat the request that was signed, with key and signature.
_ECHO = re.compile(
    r"\W*\b(canonical|string.?to.?sign|signed.?headers|signature\s*[=:]|access=|authorization|sdk-hmac|x-sdk-).*",
    re.IGNORECASE,
)


def _reason(words: str) -> tuple[str, str | None]:
    """Return what may be shown of the words of a refusal to let in, and what to do where they tell it."""
    hint = next((hint for pattern, hint in _REASONS if pattern.search(words)), None)
    return _ECHO.sub("", words) or "no message", hint


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
    code = answer.plain(said.get("error_code") or said.get("errorCode") or said.get("code") or answer.status)
    words = answer.plain(said.get("error_msg") or said.get("errorMsg") or said.get("message") or "no message")
    kind, hint = cause_of(DDS, code, answer.status).kind, None
    if kind == CREDENTIALS:
        words, hint = _reason(words)
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
        final=final and answer.status == 401 and kind in (CREDENTIALS, CLOCK),
        throttled=kind == THROTTLED or answer.status == 429,
        retry_after=answer.retry_after,
        request_id=answer.headers.get("X-Request-Id") or "",
    )
