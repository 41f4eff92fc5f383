# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of every request, for assertions; it never holds a secret."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

_SECRET_PARAMS = {"signature", "securitytoken", "password", "token"}


def without_secrets(value: Any) -> Any:
    """Copy a value with everything that authenticates somebody replaced by stars."""
    if isinstance(value, dict):
        return {
            key: "***" if str(key).replace("_", "").lower() in _SECRET_PARAMS else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


@dataclass
class RequestRecord:
    """What one request was and how it was answered.

    `status` 0 means that the connection was closed without an answer. `started` and `finished` are
    monotonic seconds (so that requests in flight at the same time can be counted), `at` is the
    emulator's time.
    """

    index: int
    method: str
    path: str
    action: str
    params: dict[str, Any]
    headers: dict[str, str]
    auth: str
    signed: bool | None
    status: int
    code: str
    faults: list[str]
    at: float
    started: float
    finished: float = 0.0
    sent: int = 0


@dataclass
class Violation:
    """Something that no correct client does, whether or not it was refused."""

    kind: str
    detail: str
    path: str


@dataclass
class RequestLog:
    """All requests in order of arrival at the services."""

    records: list[RequestRecord] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __iter__(self) -> Iterator[RequestRecord]:
        """Iterate over a copy, so that requests may go on."""
        with self._changed:
            return iter(list(self.records))

    def __len__(self) -> int:
        """Return how many requests came."""
        return len(self.records)

    def __getitem__(self, index: int) -> RequestRecord:
        """Return one request."""
        return self.records[index]

    def add(self, record: RequestRecord) -> None:
        """Append a record and wake whoever waits for it."""
        with self._changed:
            record.index = len(self.records)
            self.records.append(record)
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget everything."""
        with self._changed:
            self.records.clear()

    def of(self, action: str) -> list[RequestRecord]:
        """Return the requests of one action."""
        return [record for record in self if record.action == action]

    def wait_for(self, action: str, count: int = 1, timeout: float = 60.0) -> list[RequestRecord]:
        """Block until an action was requested `count` times; raise TimeoutError when it is not."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while len(found := [record for record in self.records if record.action == action]) < count:
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{len(found)} of {count} requests for {action} came in {timeout} s")
            return found

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the records as plain data."""
        return [asdict(record) for record in self]
