# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading entries of an archive, against what a DBA pipes together."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso
from ansible_collections.clouddb.mongodb_logs.tests.bench.cloud import DAY, MIB
from ansible_collections.clouddb.mongodb_logs.tests.bench.measure import BenchError, Ran, run
from ansible_collections.clouddb.mongodb_logs.tests.emulator import mongolog

MODULES = "ansible_collections.clouddb.mongodb_logs.plugins.modules"
# The first day that the archives hold.
FIRST = 1772323200
SLOW = Series("node-1", "slow")
_IDENTITY = {"provider": "umongodb", "region": "cn-bj2", "project": "default", "instance": "uclmongo-bench"}

_JQ_SHAPES = "[.attr.ns, .attr.queryHash, .attr.durationMillis] | @tsv"
_AWK_SHAPES = "{n[$1 FS $2]++; s[$1 FS $2] += $3} END {for (k in n) print k, n[k], s[k]}"
_JQ_OTLP = """
def s($k; $v): {key: $k, value: {stringValue: $v}}; def i($k; $v): {key: $k, value: {intValue: $v}};
{resourceLogs: [{resource: {attributes: [s("db.system.name"; "mongodb")]}, scopeLogs: [{logRecords: [{
  timeUnixNano: .t["$date"], severityText: .s, body: {stringValue: tostring}, attributes: [
    s("db.namespace"; .attr.ns), s("db.operation.name"; .attr.type), s("client.address"; .attr.remote),
    s("mongodb.plan"; .attr.planSummary), i("mongodb.duration_ms"; .attr.durationMillis),
    i("mongodb.docs_examined"; .attr.docsExamined), i("db.response.returned_rows"; .attr.nreturned)]}]}]}]}
"""


class Made:
    """An archive of files of a day each, made of the same lines."""

    def __init__(self, folder: Path, content: bytes, files: int, extension: str) -> None:
        self.folder = folder
        self.path = folder / "archive"
        self.files: list[Path] = []
        shutil.rmtree(self.path, ignore_errors=True)
        root = self.path / layout.instance_folder(*_IDENTITY.values())
        tree = Tree(str(root), Ownership())
        tree.make()
        events = []
        for day in range(files):
            span = Span(FIRST + day * DAY, FIRST + (day + 1) * DAY)
            path = layout.window_path(SLOW, span, extension)
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
            self.files.append(root / path)
            event = Event(COLLECTED, SLOW, layout.window_unit(span), *span, path=path)
            events.append(event._replace(size=len(content), sha256=hashlib.sha256(content).hexdigest()))
        Ledger.read(tree, _IDENTITY).append(events, FIRST + files * DAY)

    def module(self, name: str, *, watch: bool = False, **options: Any) -> tuple[Ran, dict[str, Any]]:
        """Run a module as a process of its own."""
        path = self.folder / "arguments.json"
        path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"archive": str(self.path), **options}}))
        command: list[str | Path] = [sys.executable, "-m", f"{MODULES}.log_archive_{name}", path]
        ran = run(command, self.folder / f"{name}.log", watch=watch)
        return ran, json.loads(ran.output.splitlines()[-1])

    def shell(self, command: str) -> float:
        """Run a command over all files."""
        script = self.folder / "theirs.sh"
        names = " ".join(f"'{path}'" for path in self.files)
        script.write_text(f"set -eo pipefail\n{command.format(files=names)}\n")
        return run(["bash", script], self.folder / "theirs.log").seconds


def structured(size: int) -> bytes:
    """Return lines of slow operations, as mongod 7 writes them."""
    lines = mongolog.lines(5, "node-1", "DataNode", "SlowLog", 3000, FIRST, FIRST + 8 * 3600)
    block = ("\n".join(lines) + "\n").encode()
    return block * (size // len(block) + 1)


def older(count: int) -> bytes:
    """Return lines of slow operations, as mongod 4.0 writes them."""
    rng = random.Random(5)
    lines = []
    for number in range(count):
        fields = [
            f"a: {rng.randrange(9)}",
            'state: "paid"',
            f"n: {{ $gt: {number} }}",
            f"id: ObjectId('{rng.getrandbits(96):024x}')",
        ]
        asked = "{ " + ", ".join(rng.sample(fields, 2)) + " }"
        name = rng.choice(("orders", "carts", "products"))
        clock = f"{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.{number % 1000:03d}"
        lines.append(
            f'2026-03-01T{clock}+0000 I  COMMAND  [conn{number % 90}] command shop.{name} appName: "api" command: find'
            f' {{ find: "{name}", filter: {asked}, lsid: {{ id: UUID("{rng.getrandbits(128):032x}") }}, $db: "shop" }}'
            f" planSummary: IXSCAN {{ a: 1 }} keysExamined:{number} docsExamined:{number} numYields:3 nreturned:1 reslen:99"
            f" locks:{{ Global: {{ acquireCount: {{ r: 8 }} }} }} protocol:op_msg {rng.randrange(100, 3000)}ms"
        )
    return ("\n".join(lines) + "\n").encode()


def shapes(made: Made) -> Callable[[], float]:
    """Return how to measure the shapes of everything that an archive holds."""

    def measured() -> float:
        ran, result = made.module("slow")
        if not result["operations"]["count"] or result["unread_count"]:
            raise BenchError("No slow operation was read.")
        return ran.seconds

    return measured


def structured_shapes(made: Made) -> float:
    """Measure jq and awk."""
    script = made.folder / "shapes.awk"
    script.write_text(_AWK_SHAPES)
    return made.shell(f"cat {{files}} | jq -r '{_JQ_SHAPES}' | awk -F'\\t' -f '{script}'")


def exported(made: Made) -> float:
    """Measure an export of everything."""
    dest = made.folder / "export"
    shutil.rmtree(dest, ignore_errors=True)
    ran, result = made.module("export", dest=str(dest))
    if not result["exported"]:
        raise BenchError("Nothing was exported.")
    return ran.seconds


def structured_export(made: Made) -> float:
    """Measure jq with a comparable mapping."""
    script = made.folder / "otlp.jq"
    script.write_text(_JQ_OTLP)
    return made.shell(f"cat {{files}} | jq -c -f '{script}' >'{made.folder}/theirs.ndjson'")


def searches(folder: Path) -> tuple[Made, Callable[[], float], Callable[[], float], Callable[[], float]]:
    """Return an archive of a thousand files, and how to measure a search of all of it, of a tenth, and zgrep."""
    made = Made(folder, gzip.compress(structured(MIB)[: 2 * MIB]), 1000, ".gz")

    def search(**options: Any) -> float:
        ran, result = made.module("search", match="word that is nowhere", **options)
        if result["matched"] or result["files_read"] != (100 if options else 1000):
            raise BenchError(f"{result['files_read']} files were read.")
        return ran.seconds

    return (
        made,
        search,
        lambda: search(begin=iso(FIRST + 900 * DAY)),
        lambda: made.shell("zgrep -c 'word that is nowhere' {files} >/dev/null || true"),
    )


def old_shapes_of_mtools(made: Made) -> float:
    """Measure mloginfo, which wants a terminal."""
    program = Path(sys.executable).with_name("mloginfo")
    return made.shell(f"script -qec '{program} --queries --no-progressbar {made.files[0]}' /dev/null")


def peaks(made: Made) -> Iterator[tuple[str, int]]:
    """Yield the peak memory of each module, its processes together."""
    yield "search", made.module("search", watch=True, match="word that is nowhere")[0].peak
    yield "slow shapes", made.module("slow", watch=True)[0].peak
    yield "export", made.module("export", watch=True, dest=str(made.folder / "export-watched"))[0].peak
