# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What DDS calls share: errors in the family's shapes, answers, paging, times, finding an instance."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from .dds_model import DdsInstance, DdsNode
from .messages import Answer, RefusedError, Request, json_answer
from .world import World

_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{4}$")
_NUMBER = re.compile(r"^\d{1,9}$")


def shaped(status: int, code: str, message: str, shape: str = "error_code") -> Answer:
    """Build an error in one of the shapes that the family's services use."""
    shapes: dict[str, dict[str, Any]] = {
        "error_code": {"error_code": code, "error_msg": message},
        "errorCode": {"errorCode": code, "errorMsg": message},
        "code": {"code": code, "message": message},
        "error": {"error": {"code": code, "message": message, "title": "Error"}},
    }
    return json_answer(status, shapes[shape], code, X_Request_Id=uuid.uuid4().hex)


def gateway_error(status: int, code: str, message: str) -> Answer:
    """Build an error as the API gateway does."""
    request_id = uuid.uuid4().hex
    document = {"error_msg": message, "error_code": code, "request_id": request_id}
    return json_answer(status, document, code, X_Request_Id=request_id)


def dds_time(instant: float) -> str:
    """Write an instant as DDS does, with a numeric offset."""
    return datetime.fromtimestamp(instant, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def wrong(message: str, code: str = "DBS.280001") -> RefusedError:
    """Refuse a parameter."""
    return RefusedError(shaped(400, code, f"Parameter error: {message}"))


def ok(document: Any, status: int = 200) -> Answer:
    """Answer with a document."""
    return json_answer(status, document, X_Request_Id=uuid.uuid4().hex)


def find_instance(world: World, request: Request) -> DdsInstance:
    """Return the instance that the path names."""
    instance_id = request.params["instance_id"]
    if not re.match(r"^[0-9a-f]{32}in02$", instance_id):
        raise wrong("invalid instance id", "DBS.280404")
    for instance in world.instances:
        if instance.id == instance_id and instance.project_id == request.params["project_id"]:
            return instance
    raise RefusedError(shaped(404, "DBS.200002", "The instance does not exist"))


def find_node(nodes: list[DdsNode], node_id: str) -> DdsNode:
    """Return the node of that id."""
    if not re.match(r"^[0-9a-f]{32}no02$", node_id):
        raise wrong("invalid node id", "DBS.280407")
    for node in nodes:
        if node.id == node_id:
            return node
    raise RefusedError(shaped(404, "DBS.200013", "The node does not exist"))


def page(request: Request, *, least: int = 1, most: int = 100) -> tuple[int, int]:
    """Return offset and limit; the largest page is what a request without a limit gets."""
    limit, offset = str(request.params.get("limit", most)), str(request.params.get("offset", 0))
    if not _NUMBER.match(limit) or not least <= int(limit) <= most:
        raise wrong(f"limit must be within {least} and {most}", "DBS.280439")
    if not _NUMBER.match(offset):
        raise wrong("offset must not be negative", "DBS.280440")
    return int(offset), int(limit)


def time_param(request: Request, name: str, code: str) -> float:
    """Return a time of the query."""
    return body_time(request.params, name, code)


def body_time(values: dict[str, Any], name: str, code: str) -> float:
    """Return a time, in the only format there is."""
    text = values.get(name, "")
    try:
        if not isinstance(text, str) or not _TIME.match(text):
            raise ValueError(text)
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        raise wrong(f"invalid {name}", code) from None
