# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log streams of the Log Tank Service that get the audit logs of instances as well.

Source: Huawei Cloud API reference, ``GET``, ``POST`` and ``DELETE /v3/{project_id}/instances/logs/lts-configs``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.paging import Page, pages
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import DDS
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record

_PATH = "/instances/logs/lts-configs"
_PAGE = 50
_AUDIT = "audit_log"


class Stream(NamedTuple):
    """Where the audit logs of an instance are sent to, if ``enabled``; the ids are None where it was never set."""

    instance_id: str
    name: str | None
    enabled: bool = False
    lts_group_id: str | None = None
    lts_stream_id: str | None = None


def streams(api: Dds) -> list[Stream]:
    """Return what is set for each instance of the project, by id. Raises CloudError."""
    found: dict[str, Stream] = {}
    for page in pages(lambda offset: _page(api, offset)):
        for row in page.rows:
            stream = _stream(row)
            found[stream.instance_id] = stream
    return [found[key] for key in sorted(found)]


def stream_of(api: Dds, instance_id: str) -> Stream:
    """Return what is set for an instance. Raises CloudError, also where there is no such instance."""
    for stream in streams(api):
        if stream.instance_id == instance_id:
            return stream
    raise CloudError(f"The list of log streams names no instance {instance_id}.", code="not_found", cloud=DDS)


def send_to(api: Dds, instance_id: str, lts_group_id: str, lts_stream_id: str) -> None:
    """State where audit logs shall be sent to as well; the cloud acts on it after some ten minutes. Raises CloudError."""
    ids = {"lts_group_id": lts_group_id, "lts_stream_id": lts_stream_id}
    api.call("POST", _PATH, body={"lts_configs": [{"instance_id": instance_id, "log_type": _AUDIT, **ids}]})


def send_no_more(api: Dds, instance_id: str) -> None:
    """State that audit logs shall be sent nowhere else. Raises CloudError."""
    api.call("DELETE", _PATH, body={"lts_configs": [{"instance_id": instance_id, "log_type": _AUDIT}]})


def described(stream: Stream) -> dict[str, Any]:
    """Return a stream as results show it; where nothing is sent, what was set before says nothing."""
    shown = stream if stream.enabled else Stream(stream.instance_id, stream.name)
    return shown._asdict()


def _page(api: Dds, offset: int) -> Page:
    answer = api.call("GET", _PATH, [("offset", str(offset)), ("limit", str(_PAGE))])
    total, field = answer.whole("total_count"), "instance_lts_configs"
    return Page(answer.records(field) if total == 0 else answer.needed_records(field), total)


def _stream(row: Record) -> Stream:
    instance = row.record("instance") or Record({}, "instance")
    for config in row.records("lts_configs"):
        if config.text("log_type") == _AUDIT:
            return Stream(
                instance.needed_id("id"),
                instance.text("name"),
                config.flag("enabled") is not False,
                config.id("lts_group_id"),
                config.id("lts_stream_id"),
            )
    return Stream(instance.needed_id("id"), instance.text("name"))
