# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A line of the ledger, and the event that it tells. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.events import ACCEPTED, Break, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import is_inside
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import from_iso, iso, iso_or_none

VERSION = 1


def line_of(event: Event, identity: Mapping[str, str], at: int, prev: str) -> bytes:
    """Return the line, without its newline, that tells an event of an instance ``at`` an instant, after the line ``prev``."""
    line: dict[str, Any] = {"v": VERSION, **identity, "node": event.series.node}
    line.update(log_type=event.series.log_type, unit=event.unit or None, status=event.status)
    line.update(begin=iso_or_none(event.begin), end=iso_or_none(event.end))
    line.update(path=event.path, size=event.size, sha256=event.sha256, source=event.source)
    if event.reason:
        line["reason"] = event.reason
    if event.adopted:
        line["adopted"] = True
    if event.by:
        line["by"] = event.by
    if event.broken:
        line["break"] = event.broken._asdict()
    line.update(at=iso(at), prev=prev)
    return json.dumps(line, separators=(",", ":"), ensure_ascii=True).encode("ascii")


class Reader:
    """Reads lines. There are few series and many lines: those of a series share its name."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], Series] = {}

    def read(self, line: bytes) -> tuple[Any, Event] | None:
        """Return what a line names as the one before it, and its event; None for what is no line of a ledger.

        Where a file came from is for people: nothing is decided by it, so it is left out.
        """
        try:
            value = _decoded(str(line, "utf-8"))
            return value["prev"], self._event(value)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def _event(self, line: Mapping[str, Any]) -> Event:
        get = line.get
        name = (line["node"], line["log_type"])
        # There are few series and many lines.
        series = self._series.get(name) or self._series.setdefault(name, Series(*name))
        begin, end, size = get("begin"), get("end"), get("size")
        event = Event(
            line["status"],
            series,
            get("unit") or "",
            None if begin is None else from_iso(begin),
            None if end is None else from_iso(end),
            get("path"),
            size,
            get("sha256") or None,
            None,
            get("reason") or None,
            bool(get("adopted")),
        )
        if event.status == ACCEPTED and not event.unit:
            event = event._replace(broken=_break(line["break"]))
        _check_texts(event.status, *name, event.unit, event.path or "", event.sha256 or "", event.reason or "")
        if event.path is not None and not is_inside(event.path):
            raise ValueError(event.path)
        if size is not None and not isinstance(size, int):
            raise TypeError(size)
        return event


def _break(value: Any) -> Break:
    broken = Break(**value)
    _check_texts(broken.file, broken.what, broken.sha256, broken.prev)
    return broken._replace(line=int(broken.line))


def _check_texts(*texts: str) -> None:
    """Raise TypeError for what is no text, and ValueError for half of a character, which JSON can spell and no file can hold."""
    # Joining is quicker than asking one by one.
    text = "".join(texts)
    if not text.isascii():
        text.encode("utf-8")


_decode = json.JSONDecoder().raw_decode


def _decoded(text: str) -> Any:
    """Return what ``json.loads`` returns, in two thirds of its time where the line is as this collection writes it."""
    try:
        value, end = _decode(text)
    except ValueError:
        return json.loads(text)
    return value if end == len(text) else json.loads(text)
