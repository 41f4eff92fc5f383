# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One family of errors. Only the edge of a module turns one into a failed result."""

from __future__ import annotations

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import ANY, cause_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable


class LogsError(Exception):
    """Something that the reader of the message can act on.

    The message is one sentence that says what is wrong and what to do, without any key, token or signed link.
    """

    kind = "error"
    request_id = ""

    def __init__(self, message: str, *, code: str = "", hint: str = "") -> None:
        # Names in it may come from a cloud, or from a file that somebody put into the archive.
        self.message = printable(message)
        super().__init__(self.message)
        self.code = printable(code) or self.kind
        self.hint = printable(hint)

    def failure(self) -> dict[str, Any]:
        """Return what a result tells of this error.

        ``code`` and ``kind`` are for programs, ``message`` and ``hint`` for people, ``request_id`` for the cloud's support.
        """
        fields = ("code", "kind", "message", "hint", "request_id")
        return {name: getattr(self, name) for name in fields}

    def result(self) -> dict[str, Any]:
        """Return the arguments of ``fail_json``."""
        return {"msg": " ".join(part for part in (self.message, self.hint) if part), "failure": self.failure()}


class BadInput(LogsError):
    """An option that cannot be meant so. Raised before anything is called or written."""

    kind = "bad_input"


class DataLoss(LogsError):
    """A change that would destroy what cannot be had again, and was not said to be meant so. Nothing was changed."""

    kind = "data_loss"


class Exposure(LogsError):
    """A change by which data would be shown that is hidden now, and that was not said to be meant. Nothing was changed."""

    kind = "exposure"


class ArchiveError(LogsError):
    """The archive cannot be read or written."""

    kind = "archive"


class Incomplete(LogsError):
    """A run that did what it could, and could not do everything. Carries the result of what was done."""

    kind = "incomplete"

    def __init__(self, message: str, done: dict[str, Any], cause: LogsError | None = None) -> None:
        super().__init__(message, code=cause.code if cause else "", hint=cause.hint if cause else "")
        self.done = done
        if cause:
            self.kind, self.request_id = cause.kind, cause.request_id

    def result(self) -> dict[str, Any]:
        """Return the arguments of ``fail_json``: the message and everything that was done."""
        return {**self.done, **super().result()}


class CloudError(LogsError):
    """An API or an object store refused, failed or could not be reached.

    ``kind`` and ``hint`` are those of the table of failures for the ``code`` of this ``cloud`` unless they are given.
    ``passing``: the same call may succeed a little later.
    ``uncertain``: the call may have taken effect although no good answer came.
    ``throttled``: the cloud asks to be called less often.
    ``final``: no other call of this run can succeed either, as with a wrong key.
    ``spent``: its host was silent for a whole deadline, so that nobody needs to wait for it once more.
    ``status``: the HTTP status, 0 when there was no answer. ``retry_after``: seconds the server asked to wait.
    """

    kind = "cloud"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        cloud: str = ANY,
        kind: str | None = None,
        hint: str | None = None,
        status: int = 0,
        passing: bool = False,
        uncertain: bool = False,
        final: bool = False,
        throttled: bool = False,
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        cause = cause_of(cloud, code, status)
        super().__init__(message, code=code, hint=cause.hint if hint is None else hint)
        self.kind = kind or cause.kind
        self.status = status
        self.passing = passing
        self.uncertain = uncertain
        self.final = final
        self.throttled = throttled
        self.spent = False
        self.retry_after = retry_after
        self.request_id = printable(request_id)
