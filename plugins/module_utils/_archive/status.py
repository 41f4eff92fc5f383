# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``status.json``: what the last run saw, an entry a series. Lost, it comes back with the next run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, merge
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import from_iso, iso

VERSION = 1

# The entry that says which bucket has the files that were not brought from it: its URL, and the head of the ledger that was.
ELSEWHERE = "elsewhere"


class Asked(NamedTuple):
    """A package that was asked for: when, and how many of the same window were on the list before."""

    series: Series
    span: Span
    at: int
    listed_before: int

    @property
    def window(self) -> tuple[Series, Span]:
        """Return what names the package."""
        return self.series, self.span


class Seen(NamedTuple):
    """A unit that the cloud offered and the archive does not hold."""

    series: Series
    unit: str
    span: Span | None


class Status:
    """The status of one instance, as plain data, with the parts that a later run decides by.

    ``name`` is the one that people gave the instance, as the cloud told it last. ``progress`` is how far a run has come that is
    under way or was killed. ``elsewhere`` says where files are that are not here.
    """

    def __init__(self, tree: Tree, identity: Mapping[str, str]) -> None:
        self._tree = tree
        self._identity = identity
        self.known = False
        self.series: dict[Series, dict[str, Any]] = {}
        self.listed: dict[str, dict[str, str]] = {}
        self.run: dict[str, Any] = {}
        self.name = ""
        self.progress: dict[str, Any] | None = None
        self.elsewhere: dict[str, str] = {}

    @classmethod
    def read(cls, tree: Tree, identity: Mapping[str, str]) -> Status:
        """Return the status in the tree; an empty one, with ``known`` unset, when there is none or it cannot be read."""
        status = cls(tree, identity)
        try:
            value = json.loads(tree.read(layout.STATUS) or b"")
            status.series = {Series(entry["node"], entry["log_type"]): entry for entry in value["series"]}
            status.listed = dict(value.get("listed") or {})
            status.run = dict(value.get("run") or {})
            status.name = str(value.get("name") or "")
            status.progress = dict(value["progress"]) if value.get("progress") else None
            status.elsewhere = {name: str(what) for name, what in (value.get(ELSEWHERE) or {}).items()}
            status._check()
            status.known = True
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return cls(tree, identity)
        return status

    def _check(self) -> None:
        """Read everything once that a later run decides by. Raises what reading anything else raises."""
        for log_type in self.listed:
            self.listed_span(log_type)
        for series in self.series:
            self.listed_span(series.log_type, series.node)
        texts = [text for series in self.series for text in series]
        for series in self.series:
            self.last_attempt(series)
            for one in self.units(series):
                span_of(one)
                texts += [one["unit"], one["status"], one.get("expires") or ""]
        self.rechecked()
        counts = [one.listed_before for one in self.asked()]
        if not all(isinstance(text, str) for text in texts) or not all(isinstance(count, int) for count in counts):
            raise TypeError

    def asked(self) -> list[Asked]:
        """Return the packages that were asked for."""
        return [
            Asked(series, Span(from_iso(one["begin"]), from_iso(one["end"])), from_iso(one["at"]), one["listed_before"])
            for series, entry in self.series.items()
            for one in entry.get("asked") or []
        ]

    def set_asked(self, asked: Iterable[Asked]) -> None:
        """Set the packages that were asked for, of all series."""
        for entry in self.series.values():
            entry["asked"] = []
        for one in asked:
            entry = self._entry(one.series)
            entry["asked"].append(
                {
                    "begin": iso(one.span.begin),
                    "end": iso(one.span.end),
                    "at": iso(one.at),
                    "listed_before": one.listed_before,
                }
            )

    def missing(self) -> list[Seen]:
        """Return the units that were offered when last looked, and not held."""
        return [
            Seen(series, one["unit"], span_of(one))
            for series, entry in self.series.items()
            for one in entry.get("units") or []
            if one["status"] == "missing"
        ]

    def units(self, series: Series) -> list[dict[str, Any]]:
        """Return the missing and pending units of a series as they were noted."""
        return list(self.series.get(series, {}).get("units") or [])

    def rechecked(self) -> dict[Series, list[Span]]:
        """Return the time of each series of which nothing late is to be expected any more."""
        found = {
            series: [span_of(one) for one in entry.get("rechecked") or []] for series, entry in self.series.items()
        }
        return {series: [span for span in spans if span] for series, spans in found.items()}

    def add_rechecked(self, series: Series, span: Span) -> None:
        """Note that nothing late is to be expected of a span any more."""
        spans = merge([*self.rechecked().get(series, ()), span])
        self._entry(series)["rechecked"] = [{"begin": iso(one.begin), "end": iso(one.end)} for one in spans]

    def last_attempt(self, series: Series) -> int | None:
        """Return when a run last examined a series."""
        at = self.series.get(series, {}).get("last_attempt")
        return from_iso(at) if at else None

    def listed_span(self, log_type: str, node: str | None = None) -> Span | None:
        """Return the span that was last listed without an error: of a node, or of the whole instance."""
        if node is not None:
            entry = self.series.get(Series(node, log_type), {}).get("listed")
            if entry:
                return span_of(entry)
        entry = self.listed.get(log_type)
        return span_of(entry) if entry else None

    def set_listed(self, log_type: str, span: Span, nodes: Iterable[str] | None) -> None:
        """Set the span that was listed, of nodes or (None) of the whole instance."""
        value = {"begin": iso(span.begin), "end": iso(span.end)}
        if nodes is None:
            self.listed[log_type] = value
            nodes = [series.node for series in self.series if series.log_type == log_type]
        for node in nodes:
            self._entry(Series(node, log_type))["listed"] = value

    def update(self, series: Series, **fields: Any) -> None:
        """Replace fields of a series' entry."""
        self._entry(series).update(fields)

    def save(self, at: int, head: str) -> None:
        """Write the status. Raises ArchiveError."""
        value = {"v": VERSION, **self._identity, "at": iso(at), "head": head}
        value.update(name=self.name, run=self.run)
        if self.progress:
            value["progress"] = self.progress
        if self.elsewhere:
            value[ELSEWHERE] = self.elsewhere
        value["listed"] = self.listed
        value["series"] = [self.series[series] for series in sorted(self.series)]
        self._tree.replace(layout.STATUS, (json.dumps(value, indent=1) + "\n").encode("ascii"))

    def _entry(self, series: Series) -> dict[str, Any]:
        return self.series.setdefault(series, {"node": series.node, "log_type": series.log_type, "asked": []})


def span_of(entry: Mapping[str, Any]) -> Span | None:
    """Return the span of what the status names, when it is known."""
    begin, end = entry.get("begin"), entry.get("end")
    return Span(from_iso(begin), from_iso(end)) if begin and end else None
