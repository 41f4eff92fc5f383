# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults that a test switches on: what goes wrong, where, and how often."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

ACTIONS = frozenset(
    {
        "*",
        "object",
        *("BackupUMongoDBLog", "ListUMongoDBLogPackage", "ListUMongoDBBackup", "DescribeUMongoDBBackupURL"),
        *("GetUMongoDBLog", "ListUMongoDBInstances", "DescribeUMongoDBInstance"),
        *("ListInstances", "ListAuditLogs", "AuditLogLinks", "DeleteAuditLogs"),
        *("ShowAuditLogPolicy", "SetAuditLogPolicy", "DownloadSlowLog", "DownloadErrorLog"),
        *("ListSlowLogs", "ListErrorLogs", "ShowSlowLogMasking", "SwitchSlowLogMasking"),
        *("ListLtsConfigs", "SetLtsConfigs", "DeleteLtsConfigs"),
        *("ListProjects", "ListDomains", "CreateToken"),
    }
)
# A vendor's refusal, or a broken proxy's answer, comes back instead of what the request deserves.
REFUSALS = frozenset({"throttled", "retcode", "http", "html", "redirect", "unauthorized", "expired_link"})
_NOT_FOR_OBJECTS = frozenset({"retcode", "unauthorized"})
# What only these actions can do.
_EXPORTS = {"DownloadSlowLog", "DownloadErrorLog"}
_ENTRIES = {"ListSlowLogs", "ListErrorLogs"}
_LINKS = {"DescribeUMongoDBBackupURL", "AuditLogLinks", *_EXPORTS}
EFFECTS = {
    "slow_packaging": {"BackupUMongoDBLog"},
    "fail_package": {"BackupUMongoDBLog"},
    "list_lag": {"BackupUMongoDBLog"},
    "growing_list": {"ListAuditLogs"},
    "hostile_names": {"ListUMongoDBLogPackage", "ListAuditLogs", *_LINKS},
    "wrong_size": {"ListUMongoDBLogPackage", "ListAuditLogs", *_EXPORTS},
    "shuffle_links": {"AuditLogLinks"},
    "opaque_names": _LINKS,
    "expired_link": {"object"},
    "foreign_tag": {"object"},
    "us3_tag": {"object"},
    "compressed": {"object"},
    "whole_206": {"object"},
    "range_ignored": {"object"},
    "slow_export": _EXPORTS,
    "fail_export": _EXPORTS,
    "export_again": _EXPORTS,
    "unknown_node_names": _EXPORTS,
    "short_links": _EXPORTS,
    "short_page": _ENTRIES,
    "doubled_entries": _ENTRIES,
    "stuck_cursor": _ENTRIES,
    "outside_entries": _ENTRIES,
}
# Each kind of fault, and the arguments that it takes.
KINDS = {
    "throttled": {"http", "retry_after", "retry_as", "code"},
    "retcode": {"code", "message", "effect"},
    "http": {"status", "code", "message", "shape", "retry_after", "retry_as", "effect"},
    "html": {"status", "effect"},
    "redirect": {"status", "location"},
    "unauthorized": {"code", "message"},
    "expired_link": set(),
    "stale_date": {"seconds"},
    "cached": {"seconds"},
    "delay": {"seconds"},
    "stall": {"seconds"},
    "cut_before": set(),
    "cut_after": set(),
    "cut_body": {"keep"},
    "corrupt_body": {"position", "count", "mask"},
    "oversize_body": {"extra"},
    "no_length": {"keep"},
    "chunked": {"keep"},
    "foreign_tag": {"header"},
    "us3_tag": set(),
    "compressed": {"coding", "keep"},
    "whole_206": set(),
    "range_ignored": set(),
    "slow_packaging": {"seconds"},
    "fail_package": set(),
    "list_lag": {"seconds"},
    "growing_list": {"count", "where"},
    "hostile_names": {"form"},
    "wrong_size": {"by"},
    "shuffle_links": set(),
    "opaque_names": set(),
    "slow_export": {"seconds", "node"},
    "fail_export": {"node"},
    "export_again": set(),
    "unknown_node_names": set(),
    "short_links": {"seconds"},
    "short_page": {"count"},
    "doubled_entries": {"count"},
    "stuck_cursor": {"how"},
    "outside_entries": set(),
}


@dataclass
class Fault:
    """One thing that goes wrong.

    `on` is an action (`BackupUMongoDBLog`, `ListAuditLogs`, `AuditLogLinks`, `object`, ...) or `*`.
    The first `skip` requests that fit pass unharmed, the next `times` are hit (None: all of them).
    `match` narrows by the request's parameters; its key `path` is looked for inside the path, `node` and `instance`
    (the id of an instance or cluster, also in the links to its objects) anywhere in path and parameters. `seen` and
    `fired` count, so that a test can assert them.

    Kinds and their `args` (all optional):

    - `throttled`: RetCode 153 or HTTP 429, of an object 503; `http` (True: 429 at UCloud too), `retry_after` (seconds), `code`.
      With `retry_as` (`date`) the time until then is told as a date, also of `http`
    - `retcode`: `code` (130), `message`; `http`: `status` (500), `code`, `message`, `shape` (DDS: `error_code`,
      `errorCode`, `code`, `error`); `html`: `status` (200). With `effect` (True) the request has its effect all the
      same, as when a gateway gives up waiting (RetCode 110)
    - `html` and `http` with status 200 on an object are a login page, and an error document, in place of it.
      `redirect`: `status` (302), `location` (another host)
    - `unauthorized`: 401 (UCloud: RetCode 174); `code`, `message`. `expired_link`: the object answers 403
    - `stale_date`: the answer's `Date` is `seconds` (86400) old; fewer than 0: it is ahead. `cached`: so it is, and `Age`
      says so. `Clock.date_offset` does it to every answer, also to those of no action
    - `delay`: `seconds` (1). `stall`: half of the answer, then silence; `seconds` (3600)
    - `cut_before`, `cut_after`: closed without an answer, without or with the effect
    - `cut_body`: closed inside the body; `keep` bytes (half). `corrupt_body`: flipped bytes; `position`
      (middle), `count` (1), `mask` (the same bits each time; by default others each time). `oversize_body`: `extra`
      more bytes (1024), and a length that says so
    - `no_length`: no length is told, and the connection is closed behind the body; `chunked`: it comes in chunks. With `keep`
      it ends after so many bytes, in chunks without the last one
    - objects: `foreign_tag`: the ETag looks like an MD5 and is none, as of encrypted objects; `header` names the one that
      tells. `us3_tag`: the ETag of US3. `compressed`: coded for the way though nobody asked; `coding` (`gzip`, `deflate`),
      `keep` bytes of it, and a length that says so. `whole_206`: all of it as a part. `range_ignored`: all of it where a
      part was asked for
    - `slow_packaging`: `seconds` (60). `fail_package`. `list_lag`: `seconds` (5)
    - `growing_list`: `count` (1) logs appear after each page; `where`: newest (default), middle, oldest
    - `hostile_names`: `form`: one of `parent`, `absolute`, `newline`, `long`, `dash`, `same`, `empty`;
      by default a different one for each row. `wrong_size`: `by` (1) is added to every size, which DDS
      exports have in KB
    - `shuffle_links`, `opaque_names`
    - DDS exports. Those that this request starts: `slow_export`: `seconds` (300), `fail_export`, both of one `node`
      (id) or of all. `export_again`: what was exported already is EXPORTING again; with `skip` it hits a later call.
      `unknown_node_names`: no node is called like that. `short_links`: good for `seconds` (180)
    - entries of logs: `short_page`: at most `count` (1). `doubled_entries`: the `count` (1) before come once more.
      `stuck_cursor`: the page before comes again or, with `how` `first`, the first one. `outside_entries`: the page begins
      with the entries next to the span, on either side
    """

    on: str
    kind: str
    times: int | None = 1
    skip: int = 0
    match: dict[str, str] = field(default_factory=dict)
    args: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        """Refuse what would never fire, or not as it was meant."""
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind} (one of {', '.join(sorted(KINDS))})")
        if self.on not in ACTIONS:
            raise ValueError(f"no such action: {self.on} (one of {', '.join(sorted(ACTIONS))})")
        if self.on != "*" and not self._can_happen_on(self.on):
            raise ValueError(f"{self.kind} cannot happen on {self.on}")
        unknown = set(self.args) - KINDS[self.kind]
        if unknown:
            raise ValueError(f"{self.kind} takes no {', '.join(sorted(unknown))}")

    def _can_happen_on(self, action: str) -> bool:
        if action == "object" and self.kind in _NOT_FOR_OBJECTS:
            return False
        return self.kind not in EFFECTS or action in EFFECTS[self.kind]

    def fits(self, action: str, path: str, params: dict[str, Any]) -> bool:
        """Say whether this request is one that the fault is about."""
        if self.on not in ("*", action) or not self._can_happen_on(action):
            return False
        return all(_matches(key, wanted, path, params) for key, wanted in self.match.items())

    @property
    def replaces(self) -> bool:
        """Whether a request that is hit gets another answer than its own, or none."""
        return self.kind in REFUSALS or self.kind in ("cut_before", "cut_after")

    @property
    def prevents(self) -> bool:
        """Whether a request that is hit has no effect."""
        return self.kind == "cut_before" or (self.kind in REFUSALS and not self.args.get("effect"))

    def take(self) -> bool:
        """Count a request that fits; say whether it is hit."""
        self.seen += 1
        hit = self.seen > self.skip and (self.times is None or self.fired < self.times)
        self.fired += hit
        return hit


def _matches(key: str, wanted: str, path: str, params: dict[str, Any]) -> bool:
    if key == "path":
        return wanted in path
    if key in ("node", "instance"):
        return wanted in path or any(wanted in str(value) for value in params.values())
    return str(params.get(key)) == str(wanted)


class Faults:
    """The faults that are switched on now."""

    def __init__(self) -> None:
        """Start with a cloud in good health."""
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Fault]:
        """Iterate over the faults in the order they were added."""
        return iter(list(self._faults))

    def add(self, *faults: Fault) -> Fault:
        """Switch faults on; return the last one, to look at its counts."""
        with self._lock:
            self._faults.extend(faults)
        return faults[-1]

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._faults.clear()

    def fire(self, action: str, path: str, params: dict[str, Any]) -> list[Fault]:
        """Return the faults that hit this request, and count them.

        At most one of them takes the place of the answer: the first that was added. When it keeps the request from
        having an effect, none that needs the effect or its answer is used up.
        """
        hits: list[Fault] = []
        with self._lock:
            fitting = [fault for fault in self._faults if fault.fits(action, path, params)]
            replacing = next((fault for fault in fitting if fault.replaces and fault.take()), None)
            if replacing is not None:
                hits.append(replacing)
            prevented = replacing is not None and replacing.prevents
            for fault in fitting:
                if not fault.replaces and (fault.kind == "delay" or not prevented) and fault.take():
                    hits.append(fault)
        return hits

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the faults as plain data."""
        return [asdict(fault) for fault in self]
