# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DDS of the Huawei family: typed calls. Paging, spelling and error codes of the API end here.

Source: Huawei Cloud and Open Telekom Cloud API references, products DDS and IAM.
"""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Callable, NamedTuple, TypeVar
from urllib.parse import quote

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import Auth
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.client import Client
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.paging import Page, pages, pages_at_once
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.sign import Query
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import DDS, NOT_FOUND
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, LATEST

T = TypeVar("T")

PAGE = 100
LINKS_AT_ONCE = 50
LONGEST_QUERY = 30 * DAY

# Which of a log's times the query compares is not documented: parts overlap by more than a log is long.
PART_OVERLAP = 2 * HOUR
_MOST_READINGS = 20
# A total may be told before the row shows, but not for as long as this.
_EQUAL_READINGS = 5

# In a sharded cluster each type of log is written by some groups only; elsewhere every node has every type.
_GROUPS_WITH = {"audit": {"mongos"}, "slow": {"shard"}, "error": {"mongos", "shard", "config"}}


class AuditLog(NamedTuple):
    """An audit log file as the list names it, ``size`` in bytes.

    Where the API left its times out, ``span`` is the one that was asked for, as the log lies somewhere in it.
    """

    id: str
    name: str
    node_id: str
    size: int | None
    span: Span


class AuditPolicy(NamedTuple):
    """What an instance audits, and for how many days the files are kept; 0 days: nothing is audited."""

    keep_days: int
    scope: str | None
    types: tuple[str, ...]


class Node(NamedTuple):
    """A member of an instance. ``group`` is the type of the group it belongs to, such as ``shard`` or ``mongos``."""

    id: str
    name: str
    group: str

    def can_have(self, log_type: str, mode: str) -> bool:
        """Tell whether this node writes this type of log in an instance of this mode."""
        return mode != "Sharding" or self.group in _GROUPS_WITH[log_type]

    def can_be_queried(self, mode: str) -> bool:
        """Tell whether entries of this node's slow and error logs can be queried in an instance of this mode."""
        return mode != "Sharding" or self.group == "shard"


class Export(NamedTuple):
    """A slow or error log that the cloud exports when asked; ``link`` is a secret, None while it is being made.

    ``state``: EXPORTING, SUCCESS or FAILED. The API gives sizes in KB, too coarse to be checked against.
    """

    name: str
    node_name: str
    state: str
    link: str | None


class Exports(NamedTuple):
    """The exports of a type of log, and how far they are as a whole: CREATING, FINISH or FAILED."""

    state: str
    files: list[Export]


class Dds:
    """The calls of one project in one region. Every method raises CloudError."""

    def __init__(
        self, http: Http, auth: Auth, *, endpoint: str, iam_endpoint: str, region: str, project_id: str | None
    ) -> None:
        self.http = http
        self._client = Client(http, auth)
        self._endpoint = endpoint
        self._iam_endpoint = iam_endpoint
        self._region = region
        self._project_id = project_id

    @property
    def project_id(self) -> str:
        """Return the project, looked up by the region's name when none was given (``GET /v3/projects``)."""
        if self._project_id is None:
            found = self._projects(("name", self._region))
            if len(found) != 1:
                others = found or self._projects()
                raise CloudError(
                    f"{len(found) or 'No'} projects are named {self._region}; this account has "
                    + (", ".join(map(_project, others)) or "none")
                    + ".",
                    code="project",
                    kind=NOT_FOUND,
                    hint="Give project_id.",
                )
            self._project_id = found[0].needed_id("id")
        return self._project_id

    def _projects(self, *query: tuple[str, str]) -> list[Record]:
        answer = self._client.read("GET", self._iam_endpoint, "/v3/projects", query)
        return [row for row in answer.records("projects") if row.id("id")]

    def instances(self, *, instance_id: str | None = None, name: str | None = None) -> list[Record]:
        """Return the instances with their nodes as the API gives them (``GET .../instances``), every page."""
        wanted = [(key, value) for key, value in (("id", instance_id), ("name", name)) if value]
        read = partial(pages, partial(self._page, "/instances", wanted, "instances", "total_count"))
        rows = _read_whole(read, lambda row: [(row.needed_id("id"), row)] if row.id("id") else [], "instances")
        return [rows[key] for key in sorted(rows)]

    def instance(self, instance_id: str) -> Record:
        """Return an instance as the API gives it."""
        for row in self.instances(instance_id=instance_id):
            if row.id("id") == instance_id:
                return row
        raise CloudError(f"There is no instance {instance_id} in {self._region}.", code="not_found", cloud=DDS)

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
        read = partial(pages_at_once, partial(self._page, path, query, "audit_logs", "total_record"))

        def named(row: Record) -> list[tuple[str, AuditLog]]:
            log = _audit_log(row, part)
            return [(log.id, log)]

        return _read_whole(read, named, f"audit logs of {instance_id}")

    def audit_log_links(self, instance_id: str, ids: Sequence[str]) -> list[str]:
        """Return links to at most 50 audit logs, good for five minutes, in no promised order. They are secrets."""
        answer = self._post(instance_id, "auditlog-links", {"ids": list(ids)})
        return answer.texts("links")

    def delete_audit_logs(self, instance_id: str, names: Sequence[str]) -> None:
        """Ask for audit logs to be deleted, for ever, by the names of their files (``DELETE .../auditlog``).

        The job cannot be queried: list until they are gone.
        """
        path = self._path(f"/instances/{quote(instance_id)}/auditlog")
        self._client.write("DELETE", self._endpoint, path, {"file_names": list(names)})

    def audit_policy(self, instance_id: str) -> AuditPolicy:
        """Return what an instance audits (``GET .../auditlog-policy``)."""
        answer = self._client.read(
            "GET", self._endpoint, self._path(f"/instances/{quote(instance_id)}/auditlog-policy")
        )
        return AuditPolicy(
            answer.needed_whole("keep_days"), answer.text("audit_scope"), tuple(sorted(answer.texts("audit_types")))
        )

    def set_audit_policy(self, instance_id: str, policy: AuditPolicy, *, reserve: bool | None = None) -> None:
        """State what an instance shall audit (``POST .../auditlog-policy``); the same statement twice does no harm.

        ``reserve``: whether the files stay when auditing is switched off. Shorter ``keep_days`` delete older files.
        """
        body: dict[str, Any] = {"keep_days": policy.keep_days}
        if policy.scope is not None:
            body["audit_scope"] = policy.scope
        if policy.types:
            body["audit_types"] = list(policy.types)
        if reserve is not None:
            body["reserve_auditlogs"] = "true" if reserve else "false"
        self._post(instance_id, "auditlog-policy", body)

    def exports(
        self, instance_id: str, log_type: str, *, names: Sequence[str] = (), node_ids: Sequence[str] = ()
    ) -> Exports:
        """Return the exports of slow or error logs, begun by the first call (``POST .../slowlog-download``, ``errorlog-``).

        Links are good for 3 to 15 minutes, as their ``Expires`` says; a later call gives fresh ones, or begins anew.
        """
        lists = (("file_name_list", names), ("node_id_list", node_ids))
        answer = self._post(instance_id, f"{log_type}log-download", {key: list(value) for key, value in lists if value})
        state = answer.needed_id("status")
        if state == "FINISH":
            answer.needed_records("list")
        files = answer.every_record("list")
        return Exports(state, [_export(row) for row in files])

    def call(
        self,
        method: str,
        path: str,
        query: Query = (),
        body: Mapping[str, Any] | None = None,
        *,
        version: str = "v3",
        number: Callable[[str], Any] | None = None,
    ) -> Record:
        """Send a request that may be repeated to a path below the project's; ``number`` is that of :meth:`Answer.json`."""
        return self._client.read(method, self._endpoint, self._path(path, version), query, body, number)

    def _post(self, instance_id: str, what: str, body: Mapping[str, Any]) -> Record:
        path = self._path(f"/instances/{quote(instance_id)}/{what}")
        return self._client.read("POST", self._endpoint, path, body=body)

    def _page(self, path: str, query: Query, field: str, total_field: str, offset: int) -> Page:
        paging = [("offset", str(offset)), ("limit", str(PAGE))]
        answer = self._client.read("GET", self._endpoint, self._path(path), [*query, *paging])
        total = answer.whole(total_field)
        # A list that is null is one only where the total says that it is empty.
        return Page(answer.records(field) if total == 0 else answer.needed_records(field), total)

    def _path(self, path: str, version: str = "v3") -> str:
        return f"/{version}/{quote(self.project_id)}{path}"


def _read_whole(
    read: Callable[[], Iterator[Page]], named: Callable[[Record], Iterable[tuple[str, T]]], what: str
) -> dict[str, T]:
    """Return what a list holds by its id, read again until as much came as the list said at its begin and at its end.

    Raises CloudError where it never stands still, and where it shows the same again and again, and less than it says.
    """
    found: dict[str, T] = {}
    before, equal = list[str](), 0
    for _reading in range(_MOST_READINGS):
        totals, shown = set(), list[str]()
        for page in read():
            totals.add(page.total)
            rows = [pair for row in page.rows for pair in named(row)]
            shown += [name for name, _row in rows]
            found.update(rows)
        if len(totals) == 1 and len(found) >= (next(iter(totals)) or 0):
            return found
        equal = equal + 1 if before == shown and len(totals) == 1 else 1
        if equal == _EQUAL_READINGS:
            break
        before = shown
    raise CloudError(
        f"The list of {what} changed in each of {_MOST_READINGS} readings, or says that there is more than it shows.",
        code="list_moves",
        hint="Run again; if it stays, ask for a shorter span, or tell the cloud's support.",
        passing=True,
    )


def nodes_of(instance: Record) -> list[Node]:
    """Return the nodes of an instance that the API gave."""
    return [
        Node(node.needed_id("id"), node.text("name") or "", group.text("type") or "")
        for group in instance.records("groups")
        for node in group.records("nodes")
        if node.id("id")
    ]


def names_every_node(instance: Record) -> bool:
    """Tell whether the API left nothing out that would name a node or tell what it logs, so that one that is not there is gone."""
    groups = instance.records("groups")
    rows = sum(len(group.sequence("nodes")) for group in groups)
    return (
        bool(instance.text("mode"))
        and len(groups) == len(instance.sequence("groups")) > 0
        and all(group.text("type") and group.sequence("nodes") for group in groups)
        and len(nodes_of(instance)) == rows
    )


def api_time(instant: int) -> str:
    """Return an instant as the API wants it: with a numeric offset, which travels as ``%2B0000``."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(instant))


def _project(row: Record) -> str:
    name = row.text("name")
    return row.needed_id("id") + (f" ({name})" if name else "")


def _parts(span: Span) -> Iterable[Span]:
    begin = span.begin
    while span.end - begin > LONGEST_QUERY:
        yield Span(begin, begin + LONGEST_QUERY)
        begin += LONGEST_QUERY - PART_OVERLAP
    yield Span(begin, span.end)


def _export(row: Record) -> Export:
    return Export(
        row.text("file_name") or "unnamed",
        row.text("node_name") or "",
        row.text("status") or "",
        row.id("file_link"),
    )


def _audit_log(row: Record, asked: Span) -> AuditLog:
    begin, end = _instant(row.text("start_time")), _instant(row.text("end_time"))
    span = asked if begin is None or end is None or end < begin else Span(begin, end)
    log_id = row.needed_id("id")
    node_id = row.id("node_id") or log_id.rpartition("_")[0]
    return AuditLog(log_id, row.text("name") or log_id, node_id, row.whole("size"), span)


def _instant(text: str | None) -> int | None:
    try:
        stamp = time.strptime((text or "").replace("Z", "+0000"), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
    instant = calendar.timegm(stamp) - (stamp.tm_gmtoff or 0)
    return instant if 0 <= instant < LATEST else None
