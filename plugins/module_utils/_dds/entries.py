# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of slow and error logs by query: a span is read to its end, or not at all.

Source: Huawei Cloud API reference, ``POST /v3.1/.../slow-logs`` and ``error-logs``. The order of entries, whether both ends
of a span count, how long a page is and whether an entry comes once are not documented: nothing here relies on any of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds, api_time
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.walk import LEAD, Walk
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.window import Number, Window
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import CONNECTION, DDS, is_known
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, MINUTE

REACH = 30 * DAY
PAGE = 100

# The gateway has no such call; the instance cannot do it.
_NOT_HERE = ("APIGW.0101", "APIG.0101", "DBS.280343", "DBS.280347")


class CannotQuery(CloudError):
    """Entries cannot be queried of this cloud or this instance; exports may serve instead. The code and words are the cloud's."""


def read(
    api: Dds,
    instance_id: str,
    log_type: str,
    span: Span,
    *,
    node_id: str = "",
    filters: Mapping[str, Any] | None = None,
    limit: int = PAGE,
    threads: Threads | None = None,
) -> Window:
    """Return every entry of a span that the cloud offers now, of one node or of all that can be asked.

    ``log_type``: slow or error. The span is within :data:`REACH`, and its end not after now. ``filters`` are those of the
    API. Those of the ``threads`` that have nothing to do help with a span that is long. Raises CannotQuery where there is no such call, and CloudError;
    half a window is nothing.
    """
    wanted = {"limit": limit, **({"node_id": node_id} if node_id else {}), **(filters or {})}

    def page(asked: Span, after: str | None) -> Sequence[Mapping[str, Any]]:
        body = {"start_time": api_time(asked.begin), "end_time": api_time(asked.end), **wanted}
        return _page(api, instance_id, log_type, body if after is None else {**body, "line_num": after})

    return Walk(page, span, threads).whole(_asked(span, api.http.clock.now()))


def probe(api: Dds, instance_id: str, log_type: str, span: Span, *, node_id: str = "") -> None:
    """Ask for one entry. Raises CannotQuery where there is no such call, and CloudError where it is refused."""
    body: dict[str, Any] = {"start_time": api_time(span.begin), "end_time": api_time(span.end), "limit": 1}
    if node_id:
        body["node_id"] = node_id
    _page(api, instance_id, log_type, body)


def _asked(span: Span, now: int) -> Span:
    """Return what to ask for, which is not out of reach."""
    begin = span.begin - LEAD
    return Span(begin if begin > now - REACH + MINUTE else span.begin, span.end)


def _page(api: Dds, instance_id: str, log_type: str, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    path, field = f"/instances/{quote(instance_id)}/{log_type}-logs", f"{log_type}_logs"
    try:
        answer = api.call("POST", path, body=body, version="v3.1", number=Number)
    except CloudError as error:
        raise (_cannot(error) if is_not_here(error) and "line_num" not in body else error) from None
    return answer.every_record(field, needed=True)


def is_not_here(error: CloudError) -> bool:
    """Tell whether a refusal means that there are no entries to be asked for, and not that the call was wrong.

    With which codes instances are refused that are too old is not documented: any that stands for nothing else. A proxy that
    answers in the place of the API says nothing of it.
    """
    if error.kind == CONNECTION:
        return False
    return error.code in _NOT_HERE or (error.status in (400, 403) and not is_known(DDS, error.code))


def _cannot(error: CloudError) -> CannotQuery:
    return CannotQuery(
        error.message,
        code=error.code,
        kind=error.kind,
        hint=error.hint,
        status=error.status,
        request_id=error.request_id,
    )
