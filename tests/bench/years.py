# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives as they are after years: ledgers of a million units, thousands of files, a thousand instances."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.codec import line_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.events import COLLECTED, OPENED, Event
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import (
    Series,
    instance_folder,
    named_path,
    window_path,
    window_unit,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import HOUR, MINUTE, iso
from ansible_collections.clouddb.mongodb_logs.tests.bench.cloud import DAY, Cloud
from ansible_collections.clouddb.mongodb_logs.tests.bench.measure import BenchError, Ran, environment, run

MODULES = "ansible_collections.clouddb.mongodb_logs.plugins.modules"
NODES = 3

# Seconds in which the times of a disk prove nothing.
_BLUR = 2.1


def write_ledger(folder: Path, identity: Mapping[str, str], told: Iterable[tuple[int, Event]]) -> None:
    """Write a ledger, month by month, of events each with the time of its line; as runs would have done, but all at once."""
    folder.mkdir(parents=True)
    prev, name = "0" * 64, ""
    lines: list[bytes] = []
    for at, event in told:
        month = f"ledger-{iso(at)[:7]}.jsonl"
        if month != name:
            _append(folder / name, lines)
            name, lines = month, []
        line = line_of(event, identity, at, prev)
        prev = hashlib.sha256(line).hexdigest()
        lines.append(line + b"\n")
    _append(folder / name, lines)


def _append(path: Path, lines: list[bytes]) -> None:
    if lines:
        path.write_bytes(b"".join(lines))


class Audited:
    """Archives of the audit logs of one instance, of which so many were collected long ago, a file a minute of each node."""

    def __init__(self, folder: Path, cloud: Cloud) -> None:
        self._folder = folder
        self._cloud = cloud
        facts = cloud.facts["dds"]
        self._options = {
            "instance_id": facts["instances"][0]["instance_id"],
            "log_types": ["audit"],
            **{name: facts[name] for name in ("endpoint", "iam_endpoint", "region", "project_id")},
            **{name: facts[name] for name in ("access_key", "secret_key")},
        }

    def make(self, units: int) -> None:
        """Write an archive, and let runs make it complete until one has nothing to do and nothing to write."""
        names = (self._options["region"], self._options["project_id"], self._options["instance_id"])
        identity = dict(zip(("provider", "region", "project", "instance"), ("dds", *names), strict=True))
        folder = self._archive(units) / instance_folder(*identity.values())
        if units:
            write_ledger(folder, identity, _audit_logs(units, int(time.time()) // DAY * DAY - 10 * DAY, names[2]))
        self._run(units)
        # What was written just now is not told by the disk's times alone.
        until = time.monotonic() + 60
        checkpoint = folder / "checkpoint.json"
        while True:
            before = checkpoint.stat().st_mtime_ns
            self.idle(units)
            if checkpoint.stat().st_mtime_ns == before:
                return
            if time.monotonic() > until:
                raise BenchError("The checkpoint is written by every run.")

    def _archive(self, units: int) -> Path:
        return self._folder / f"archive-{units}"

    def _run(self, units: int, *, watch: bool = False) -> tuple[Ran, Any]:
        arguments = self._folder / "arguments.json"
        arguments.write_text(
            json.dumps({"ANSIBLE_MODULE_ARGS": {**self._options, "archive": str(self._archive(units))}})
        )
        ran = run(
            [sys.executable, "-m", f"{MODULES}.dds_log_archive", arguments], self._folder / "run.log", watch=watch
        )
        return ran, json.loads(ran.output.splitlines()[-1])

    def idle(self, units: int, *, watch: bool = False) -> Ran:
        """Run the module, which finds nothing to do."""
        ran, result = self._run(units, watch=watch)
        if result["changed"]:
            raise BenchError(f"With {units} units there was something to do.")
        return ran

    def add(self, count: int) -> None:
        """Let the cloud list so many new logs."""
        arguments = {"instance_id": self._options["instance_id"], "count": count, "days": 0.1}
        self._cloud.control("POST", "world", {"op": "add_audit_logs", **arguments})

    def collect(self, units: int, count: int) -> float:
        """Run the module, which finds so many new logs."""
        ran, result = self._run(units)
        if result["counts"]["collected"] != count:
            raise BenchError(f"{result['counts']['collected']} of {count} logs were collected.")
        return ran.seconds


def _audit_logs(units: int, end: int, instance: str) -> Iterable[tuple[int, Event]]:
    nodes = [Series(f"{number:032x}no02", "audit") for number in range(NODES)]
    begin = end - units // NODES * MINUTE
    yield from ((begin, Event(OPENED, series, begin=begin)) for series in nodes)
    for number in range(units):
        series, first = nodes[number % NODES], begin + number // NODES * MINUTE
        log_id = f"{series.node}_{first * 1000}"
        name = f"{instance}_audit_log_{instance}_{log_id}"
        source = {"id": log_id, "name": name, "size": 102400, "proof": "length"}
        path, sha256 = named_path(series, first, name, log_id), hashlib.sha256(name.encode()).hexdigest()
        yield first + MINUTE, Event(COLLECTED, series, log_id, first, first + 59, path, 102400, sha256, source)


class Files:
    """An archive of so many files of the same size, and a list of their SHA-256."""

    def __init__(self, folder: Path, count: int, size: int) -> None:
        self._folder = folder
        self._count = count
        identity = {"provider": "dds", "region": "r", "project": "p", "instance": "i"}
        place = folder / "archive" / instance_folder(*identity.values())
        block = os.urandom(size - 8)
        events, sums = [], []
        for number, (at, event) in enumerate(_audit_logs(count, 1_795_000_000 // DAY * DAY, "i")):
            if event.status == COLLECTED:
                content = number.to_bytes(8, "big") + block
                path = place / (event.path or "")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                sha256 = hashlib.sha256(content).hexdigest()
                event = event._replace(size=size, sha256=sha256)
                sums.append(f"{sha256}  {path}\n")
            events.append((at, event))
        (folder / "sums").write_text("".join(sums))
        held = folder / "ledger"
        write_ledger(held, identity, events)
        for ledger in held.iterdir():
            ledger.rename(place / ledger.name)

    def verify(self) -> float:
        """Verify the archive by the module."""
        options = {"archive": str(self._folder / "archive"), "verify": "sha256"}
        arguments = self._folder / "arguments.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        ran = run([sys.executable, "-m", f"{MODULES}.log_archive_info", arguments], self._folder / "verify.log")
        read = json.loads(ran.output.splitlines()[-1])["files_read"]
        if read != self._count:
            raise BenchError(f"{read} of {self._count} files were read.")
        return ran.seconds

    def check(self) -> float:
        """Have the same list checked by sha256sum."""
        return run(["sha256sum", "--check", "--quiet", self._folder / "sums"], self._folder / "check.log").seconds


class Fleet:
    """An archive of many instances, each with windows of six hours of six series up to now, as runs leave it."""

    def __init__(self, folder: Path, instances: int, days: int) -> None:
        self._folder = folder
        self.units = 0
        places: list[str] = []
        end = int(time.time()) // DAY * DAY
        series = [Series(f"node-{number}", log_type) for number in range(NODES) for log_type in ("slow", "error")]
        for number in range(instances):
            identity = {"provider": "umongodb", "region": "cn-bj2", "project": "p", "instance": f"uclmongo-{number:04}"}
            place = instance_folder(*identity.values())
            told = [(end - days * DAY, Event(OPENED, one, begin=end - days * DAY)) for one in series]
            for begin in range(end - days * DAY, end, 6 * HOUR):
                span = Span(begin, begin + 6 * HOUR)
                for one in series:
                    source = {"id": str(begin), "name": window_unit(span), "size": 4711, "proof": "length"}
                    path, sha256 = window_path(one, span, ".tar.gz"), f"{begin:064x}"
                    unit = window_unit(span)
                    told.append((span.end, Event(COLLECTED, one, unit, *span, path, 4711, sha256, source)))
            self.units += len(told) - len(series)
            write_ledger(self._archive / place, identity, told)
            self._hold(place)
            places.append(place)
        # As after a run with nothing to do, which looks six times as often as a window ends.
        time.sleep(_BLUR)
        for place in places:
            self._hold(place)

    def _hold(self, place: str) -> None:
        with survey.writing(str(self._archive), place, 0, int(time.time())):
            pass

    @property
    def _archive(self) -> Path:
        return self._folder / "archive"

    def report(self, collections: Path | None = None, *, watch: bool = False) -> Ran:
        """Make the report of a module, of this collection or of the one in a path of collections."""
        shutil.rmtree(self._folder / "report", ignore_errors=True)
        options = {"archive": str(self._archive), "dest": str(self._folder / "report")}
        arguments = self._folder / "arguments.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
        variables = environment(**({"PYTHONPATH": str(collections)} if collections else {}))
        command: list[str | Path] = [sys.executable, "-m", f"{MODULES}.log_archive_report", arguments]
        ran = run(command, self._folder / "report.log", variables, watch=watch)
        counts = json.loads(ran.output.splitlines()[-1])["counts"]
        if counts["collected"] != self.units:
            raise BenchError(f"The report tells of {counts['collected']} units of {self.units}.")
        return ran
