# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as metrics: a file that the textfile collector of Prometheus' node_exporter reads. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._report.facts import TAKEN, last_success
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import from_iso
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._words import printable_lines

_IDENTITY = ("provider", "region", "project", "instance")
# As much of a head as a person compares.
_SHORT = 12

_PREFIX = "mongodb_logs_"
METRICS = {
    "last_success_timestamp_seconds": "When everything that was to be had was last held; 0 when that never was.",
    "oldest_missing_timestamp_seconds": "Begin of the oldest time that is missing.",
    "next_loss_timestamp_seconds": "When the first of what is missing or pending can no longer be had.",
    "units": "Units by what is known of them; gaps are spans of time that no unit covers.",
    "held_bytes": "Bytes of the files that are held.",
    "ledger_lines": "Lines of the ledger.",
    "ledger_breaks": "Lines of the ledger that were altered and that nobody accepted.",
    "ledger_info": "Always 1; the label head has the first digits of the ledger's head.",
    "last_run_seconds": "How long the last run took.",
    "last_run_throttled_seconds": "How long the last run waited because the cloud asked for it.",
    "last_run_calls": "Calls of the API that the last run made.",
    "last_run_bytes": "Bytes that the last run downloaded.",
    "report_timestamp_seconds": "When the report was made.",
    "report_instances": "Instances that the archive holds.",
}


class Sample(NamedTuple):
    """A value of a metric, with its labels."""

    name: str
    labels: Mapping[str, str]
    value: float


def metrics(report: Mapping[str, Any]) -> str:
    """Return the metrics of a report in the text format of Prometheus."""
    samples: dict[str, list[Sample]] = {name: [] for name in METRICS}
    for sample in _samples(report):
        samples[sample.name].append(sample)
    return "".join(
        f"# HELP {_PREFIX}{name} {METRICS[name]}\n# TYPE {_PREFIX}{name} gauge\n{''.join(map(_line, found))}"
        for name, found in samples.items()
        if found
    )


def _samples(report: Mapping[str, Any]) -> Iterator[Sample]:
    # One folder of the node exporter may have the files of several archives, and takes each series only once.
    archive = {"archive": report["archive"]}
    yield Sample("report_timestamp_seconds", archive, from_iso(report["at"]))
    yield Sample("report_instances", archive, len(report["instances"]))
    for one in report["instances"]:
        labels = {**{name: one[name] for name in _IDENTITY}, **archive}
        yield Sample("ledger_lines", labels, one["lines"])
        yield Sample("ledger_breaks", labels, len(one["breaks"]) + bool(one["cut"]))
        yield Sample("ledger_info", {**labels, "head": one["head"][:_SHORT]}, 1)
        for name in TAKEN:
            if name in one["run"]:
                yield Sample(f"last_run_{name}", labels, one["run"][name])
        for log_type in sorted({series["log_type"] for series in one["series"]}):
            series = [found for found in one["series"] if found["log_type"] == log_type]
            yield from _of_type(series, {**labels, "log_type": log_type})


def _of_type(series: list[Mapping[str, Any]], labels: Mapping[str, str]) -> Iterator[Sample]:
    if any(one["since"] and not one["closed"] for one in series):
        success = last_success(series)
        yield Sample("last_success_timestamp_seconds", labels, from_iso(success) if success else 0)
    missing = _earliest(one["begin"] for found in series for name in ("missing", "gaps") for one in found[name])
    if missing is not None:
        yield Sample("oldest_missing_timestamp_seconds", labels, missing)
    loss = _earliest(one["next_loss"] for one in series)
    if loss is not None:
        yield Sample("next_loss_timestamp_seconds", labels, loss)
    counts: Counter[str] = Counter()
    for one in series:
        counts.update(one["counts"])
    for status, count in counts.items():
        yield Sample("units", {**labels, "status": status}, count)
    yield Sample("held_bytes", labels, sum(one["bytes"] for one in series))


def _earliest(instants: Iterable[str | None]) -> int | None:
    return min((from_iso(instant) for instant in instants if instant), default=None)


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{_quoted(value)}"' for name, value in sample.labels.items())
    return f"{_PREFIX}{sample.name}{{{labels}}} {sample.value}\n"


def _quoted(text: str) -> str:
    return printable_lines(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
