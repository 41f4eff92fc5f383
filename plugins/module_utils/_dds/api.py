# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DDS of the Huawei family: typed calls. Paging, spelling and error codes of the API end here.

Source: Huawei Cloud and Open Telekom Cloud API references, products DDS and IAM.
"""

from __future__ import annotations

import calendar
import json
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import Auth
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.sign import Query
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer, Http, is_passing, plain, whole
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR

PAGE = 100
LINKS_AT_ONCE = 50
LONGEST_QUERY = 30 * DAY

# Which of a log's times the query compares is not documented: parts overlap by more than a log is long.
_PART_OVERLAP = 2 * HOUR
_MOST_READINGS = 20
_READERS = 8

_BUSY = {
    *("DBS.200011", "DBS.200018", "DBS.200019", "DBS.200076", "DBS.201000", "DBS.201014", "DBS.201015"),
    *("DBS.200047", "DBS.200998", "DBS.201202"),
}
_THROTTLED = "DBS.280443"
_NO_INSTANCE = {"DBS.200002", "DBS.201028", "DBS.280110", "DBS.201501", "DBS.201502", "DBS.280404"}
_NO_NODE = {"DBS.200013", "DBS.200451", "DBS.216026", "DBS.280407", "DBS.216030"}
_HINTS = {
    401: "Check the keys or the token, their region, and the clock of this host.",
    403: "Grant this user the permission for the call in the cloud's IAM.",
    429: "Collect from fewer instances at a time, or raise deadline.",
}


class AuditLog(NamedTuple):
    """An audit log file as the list names it, ``size`` in bytes.

    Where the API left its times out, ``span`` is the one that was asked for, as the log lies somewhere in it.
    """

    id: str
    name: str
    node_id: str
    size: int | None
    span: Span


class Page(NamedTuple):
    """What one call showed of a list, and how long it said that the list is."""

    rows: list[Mapping[str, Any]]
    total: int | None


class Dds:
    """The calls of one project in one region. Every method raises CloudError."""

    def __init__(
        self, http: Http, auth: Auth, *, endpoint: str, iam_endpoint: str, region: str, project_id: str | None
    ) -> None:
        self.http = http
        self._auth = auth
        self._endpoint = endpoint
        self._iam_endpoint = iam_endpoint
        self._region = region
        self._project_id = project_id

    @property
    def project_id(self) -> str:
        """Return the project, looked up by the region's name when none was given (``GET /v3/projects``)."""
        if self._project_id is None:
            answer = self._read("GET", self._iam_endpoint, "/v3/projects", [("name", self._region)])
            found = [row["id"] for row in _rows(answer, "projects") if row.get("id")]
            if len(found) != 1:
                raise CloudError(
                    f"{len(found) or 'No'} projects are named {self._region}"
                    + (": " + ", ".join(found) if found else "")
                    + ".",
                    code="project",
                    hint="Give project_id.",
                )
            self._project_id = found[0]
        return self._project_id

    def instances(self, *, instance_id: str | None = None, name: str | None = None) -> list[Mapping[str, Any]]:
        """Return the instances with their nodes as the API gives them (``GET .../instances``), every page."""
        wanted = [(key, value) for key, value in (("id", instance_id), ("name", name)) if value]
        found: dict[str, Mapping[str, Any]] = {}
        for page, _total in self._pages("/instances", wanted, "instances", "total_count"):
            found.update((instance["id"], instance) for instance in page if instance.get("id"))
        return [found[key] for key in sorted(found)]

    def audit_logs(self, instance_id: str, span: Span, *, node_id: str | None = None) -> list[AuditLog]:
        """Return the audit logs that the API lists for a span, each once, by begin (``GET .../auditlog``).

        A span over 30 days is split into parts that overlap.
        """
        found: dict[str, AuditLog] = {}
        for part in _parts(span):
            found.update(self._audit_logs_of(instance_id, part, node_id))
        return sorted(found.values(), key=lambda log: (log.span, log.id))

    def _audit_logs_of(self, instance_id: str, part: Span, node_id: str | None) -> dict[str, AuditLog]:
        query = [("start_time", api_time(part.begin)), ("end_time", api_time(part.end))]
        if node_id:
            query.append(("node_id", node_id))
        path = f"/instances/{quote(instance_id)}/auditlog"
        found: dict[str, AuditLog] = {}
        for _reading in range(_MOST_READINGS):
            totals = set()
            for page, total in self._pages_at_once(path, query, "audit_logs", "total_record"):
                totals.add(total)
                found.update((log.id, log) for log in (_audit_log(row, part) for row in page if row.get("id")))
            if len(totals) == 1 and len(found) >= (totals.pop() or 0):
                return found
        raise CloudError(
            f"The list of audit logs of {instance_id} changed in each of {_MOST_READINGS} readings.",
            code="list_moves",
            hint="Run again, or ask for a shorter span.",
            passing=True,
        )

    def audit_log_links(self, instance_id: str, ids: Sequence[str]) -> list[str]:
        """Return links to at most 50 audit logs, good for five minutes, in no promised order. They are secrets."""
        body = json.dumps({"ids": list(ids)}).encode("utf-8")
        answer = self._read(
            "POST", self._endpoint, self._path(f"/instances/{quote(instance_id)}/auditlog-links"), [], body
        )
        return [link for link in answer.get("links") or [] if isinstance(link, str)]

    def _page(self, path: str, query: Query, field: str, total_field: str, offset: int) -> Page:
        paging = [("offset", str(offset)), ("limit", str(PAGE))]
        answer = self._read("GET", self._endpoint, self._path(path), [*query, *paging])
        total = answer.get(total_field)
        return Page(_rows(answer, field), total if isinstance(total, int) else None)

    def _pages(self, path: str, query: Query, field: str, total_field: str, offset: int = 0) -> Iterator[Page]:
        """Yield pages from ``offset`` up to the total: a page that is short is not taken for the last."""
        while True:
            page = self._page(path, query, field, total_field, offset)
            offset += len(page.rows)
            yield page
            if not page.rows or (page.total is not None and offset >= page.total):
                return

    def _pages_at_once(self, path: str, query: Query, field: str, total_field: str) -> Iterator[Page]:
        """Yield the same pages, read several at a time, as far as the list stays as long as the first page said."""
        first = self._page(path, query, field, total_field, 0)
        yield first
        step, total = len(first.rows), first.total
        if not step:
            return
        if total is None:
            yield from self._pages(path, query, field, total_field, step)
            return

        def read(begin: int) -> list[Page]:
            pages, offset, end = [], begin, min(begin + step, total)
            while offset < end:
                pages.append(self._page(path, query, field, total_field, offset))
                offset += len(pages[-1].rows) or end
            return pages

        under_way: deque[Future[list[Page]]] = deque()
        begins = iter(range(step, total, step))
        with ThreadPoolExecutor(_READERS, "list") as pool:
            try:
                under_way.extend(pool.submit(read, begin) for begin in islice(begins, 2 * _READERS))
                while under_way:
                    pages = under_way.popleft().result()
                    yield from pages
                    if not all(page.rows and page.total == total for page in pages):
                        return
                    under_way.extend(pool.submit(read, begin) for begin in islice(begins, 1))
            finally:
                for future in under_way:
                    future.cancel()

    def _path(self, path: str) -> str:
        return f"/v3/{quote(self.project_id)}{path}"

    def _read(self, method: str, endpoint: str, path: str, query: Query, body: bytes = b"") -> dict[str, Any]:
        return self.http.read(lambda: self._auth.request(method, endpoint, path, query, body), _judge)


def api_time(instant: int) -> str:
    """Return an instant as the API wants it: with a numeric offset, which travels as ``%2B0000``."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(instant))


def _rows(answer: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    return [row for row in answer.get(field) or [] if isinstance(row, dict)]


def _parts(span: Span) -> Iterable[Span]:
    begin = span.begin
    while span.end - begin > LONGEST_QUERY:
        yield Span(begin, begin + LONGEST_QUERY)
        begin += LONGEST_QUERY - _PART_OVERLAP
    yield Span(begin, span.end)


def _judge(answer: Answer) -> dict[str, Any]:
    value = answer.json()
    if answer.status < 300:
        return value
    inner = value.get("error")
    said = inner if isinstance(inner, dict) else value
    code = str(said.get("error_code") or said.get("errorCode") or said.get("code") or answer.status)
    words = plain(said.get("error_msg") or said.get("errorMsg") or said.get("message") or "no message")
    busy = code in _BUSY
    raise CloudError(
        f"The API refused with HTTP {answer.status} {code}: {words}".rstrip(".") + ".",
        code=code,
        hint=_hint(answer.status, code),
        status=answer.status,
        passing=busy or code == _THROTTLED or is_passing(answer.status),
        uncertain=answer.status >= 500,
        final=answer.status == 401,
        throttled=answer.status == 429 or code == _THROTTLED,
        retry_after=answer.retry_after,
        request_id=answer.headers.get("X-Request-Id") or "",
    )


def _hint(status: int, code: str) -> str:
    if code in _BUSY or code == _THROTTLED:
        return "The instance is busy; run again later."
    if code in _NO_INSTANCE:
        return "Check instance_id, region and project_id."
    if code in _NO_NODE:
        return "Check the node ids against those of the instance."
    return _HINTS.get(status, "")


def _audit_log(row: Mapping[str, Any], asked: Span) -> AuditLog:
    try:
        span = Span(_instant(row["start_time"]), _instant(row["end_time"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        span = asked
    log_id = str(row.get("id"))
    node_id = str(row.get("node_id") or log_id.rpartition("_")[0])
    return AuditLog(log_id, str(row.get("name") or log_id), node_id, whole(row.get("size")), span)


def _instant(text: str) -> int:
    stamp = time.strptime(text.replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S%z")
    return calendar.timegm(stamp) - (stamp.tm_gmtoff or 0)
