# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log_archive_export``: every entry once, in a form that others take, going on where it ended."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import export
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso
from google.protobuf import json_format
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData

from ..archives import FIRST, Made
from ..loglines import other, slow, text
from ..running import run_module
from .test_log_archive_search import AUDIT

DAY = 86400
ACTION = {
    "atype": "dropCollection",
    "ts": {"$date": "2026-03-01T00:00:07.000Z"},
    "users": [{"user": "app", "db": "admin"}],
    "remote": {"ip": "10.0.0.1", "port": 7},
    "param": {"ns": "shop.orders"},
    "result": 13,
}
WRITTEN = [
    slow(10, 100, appName="api", queryHash="0A"),
    other(11, "E"),
    "at \ud7ff frame \x7f",
    '{"t": half of',
    '{"a":"\\ud800"}',
]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """An archive of two days and of audit logs."""
    made = Made(tmp_path / "archive")
    made.holds(text(*WRITTEN) + b"\xff\xfe no text\n\n", 0)
    made.holds(gzip.compress(text(slow(DAY + 10, 200))), 1, extension=".gz")
    made.holds(text(json.dumps(ACTION)), 0, series=AUDIT)
    return made


def run(made: Made, *, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
    archive = made.path.parents[3]
    return run_module(
        "log_archive_export",
        {"archive": str(archive), "dest": str(archive.parent / "out"), **options},
        check=check,
        diff=diff,
    )


def out(made: Made) -> Path:
    return made.path.parents[4] / "out"


def exported(folder: Path) -> list[str]:
    found: list[str] = []
    for path in sorted(folder.rglob("*.ndjson*")):
        data = path.read_bytes()
        found += (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()
    return found


def records(lines: list[str]) -> list[dict[str, Any]]:
    """Return records as OpenTelemetry's own reader understands the lines."""
    found = []
    for line in lines:
        data = json_format.Parse(line, LogsData())
        [resource] = data.resource_logs
        [scope] = resource.scope_logs
        about = {one.key: one.value.string_value for one in resource.resource.attributes}
        for record in scope.log_records:
            values = {one.key: one.value.string_value or one.value.int_value for one in record.attributes}
            found.append({**about, **values, "body": record.body.string_value, "time": record.time_unix_nano,
                          "severity": (record.severity_number, record.severity_text)})  # fmt: skip
    return found


def test_opentelemetry_reads_every_line(made: Made) -> None:
    result = run(made, return_limit=1)
    assert (result["changed"], result["exported"], result["units"], result["left"]) == (True, 8, 3, 0)
    assert result["files"] == ["2026-03-01/uclmongo-1-node-1-audit-20260301T000000Z_20260302T000000Z.ndjson"]
    found = records(exported(out(made)))
    assert [one["body"] for one in found[1:7]] == [*WRITTEN, "\\xff\\xfe no text"]
    first = found[1]
    assert (first["time"], first["severity"]) == ((FIRST + 10) * 10**9, (9, "I"))
    assert {name: first[name] for name in ("db.namespace", "db.collection.name", "db.operation.name", "mongodb.duration_ms")} == {
        "db.namespace": "shop", "db.collection.name": "orders", "db.operation.name": "find", "mongodb.duration_ms": 100}  # fmt: skip
    assert (first["service.name"], first["service.instance.id"], first["cloud.provider"]) == (
        "uclmongo-1",
        "node-1",
        "ucloud",
    )
    assert "no JSON" in found[4]["mongodb.unread.reason"]
    assert (found[0]["user.name"], found[0]["client.port"], found[0]["db.response.status_code"]) == (
        "app@admin",
        7,
        "13",
    )
    uids = [one["log.record.uid"] for one in found]
    assert len(set(uids)) == 8
    event = next(event for event in made.ledger.units.values() if event.series.log_type == "slow")
    assert uids[1] == hashlib.sha256(f"{made.folder}\0{event.sha256}\0\x001".encode()).hexdigest()


def test_ecs(made: Made) -> None:
    assert run(made, format="ecs", compress=True)["exported"] == 8
    found = [json.loads(line) for line in exported(out(made))]
    for one in found:
        assert {"@timestamp", "ecs", "event", "message", "log", "cloud", "service"} <= one.keys()
        assert one["event"]["kind"] == "event"
        assert set(one["event"]["type"]) <= {"access", "change", "error", "info", "start"}
        assert set(one["event"]["category"]) <= {"database", "authentication"}
    audit, first = found[:2]
    assert (audit["event"]["action"], audit["event"]["outcome"], audit["event"]["type"]) == (
        "dropCollection",
        "failure",
        ["change"],
    )
    assert (audit["user"], audit["source"]) == (
        {"name": "app@admin"},
        {"address": "10.0.0.1", "ip": "10.0.0.1", "port": 7},
    )
    assert (first["event"]["duration"], first["event"]["original"], first["log"]["level"]) == (
        100_000_000,
        WRITTEN[0],
        "info",
    )
    assert found[2]["event"]["type"] == ["error"]
    assert [path.suffix for path in sorted(out(made).rglob("*.ndjson*"))] == [".gz"] * 3


def test_it_goes_on_where_it_ended(made: Made) -> None:
    run(made)
    before = {path: path.stat().st_mtime_ns for path in out(made).rglob("*.ndjson")}
    assert (run(made)["changed"], run(made, check=True)["exported"]) == (False, 0)
    # What was read is moved away, and comes no second time.
    for path in before:
        path.unlink()
    made.holds(text(slow(3 * DAY, 1)), 3)
    result = run(made)
    assert (result["exported"], len(exported(out(made)))) == (1, 1)
    made.holds(text(slow(4 * DAY, 1)), 4, series=Series("node-2", "slow"))
    assert run(made)["files"] == ["2026-03-05/uclmongo-1-node-2-slow-20260305T000000Z_20260306T000000Z.ndjson"]


def test_what_was_left_out_is_exported_by_whoever_asks_for_it(made: Made) -> None:
    assert run(made, log_types=["audit"])["exported"] == 1
    result = run(made, begin=iso(FIRST + DAY), end=iso(FIRST + 2 * DAY))
    assert (result["exported"], result["left"]) == (1, 1)
    assert run(made, begin=iso(FIRST + DAY))["exported"] == 0
    assert run(made)["exported"] == 6
    assert len(exported(out(made))) == 8
    assert run(made)["left"] == 0


def test_check_mode_counts_and_writes_nothing(made: Made) -> None:
    result = run(made, check=True, diff=True)
    assert (result["changed"], result["exported"], out(made).exists()) == (True, 8, False)
    assert result["diff"]["after"].count("\n") == 3
    assert run(made, diff=True)["diff"] == result["diff"]


def test_a_folder_is_for_one_way_to_export(made: Made) -> None:
    run(made)
    for options, name in (
        ({"format": "ecs"}, "format"),
        ({"compress": True}, "compress"),
        ({"redact": ["user"]}, "redact"),
    ):
        result = run(made, **options)
        assert (result["failure"]["kind"], f"another {name}" in result["msg"]) == ("bad_input", True)
    (out(made) / "export.json").write_text("{}")
    assert "cannot be read" in run(made)["msg"]
    assert "is in the archive" in run(made, dest=str(made.path))["msg"]


@pytest.mark.parametrize("form", ["otlp", "ecs"])
def test_what_is_redacted_is_nowhere(made: Made, form: str) -> None:
    run(made, format=form, redact=["statement", "user", "address", "app", "namespace"])
    said = "\n".join(exported(out(made)))
    for secret in ("filter", "app@admin", "10.0.0.1", '"api"', "shop", "no text", "half of", "frame"):
        assert secret not in said
    assert len(exported(out(made))) == 8


def test_instances_of_one_id_have_files_of_their_own(made: Made) -> None:
    twin = Made(made.path.parents[3], provider="dds")
    twin.holds(text(slow(1, 1)), 0)
    assert run(made)["exported"] == 9
    assert len(list(out(made).rglob("*.ndjson"))) == 4


def test_what_cannot_be_exported_is_tried_again(made: Made) -> None:
    path = next(made.path.rglob("*.gz"))
    content = path.read_bytes()
    path.unlink()
    result = run(made)
    assert (result["failed"], result["exported"], result["left"], result["unread_count"]) == (True, 7, 1, 1)
    path.write_bytes(content)
    assert run(made)["exported"] == 1
    ledger = min(made.path.glob("ledger-*"))
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:-1]))
    assert "no longer has the head" in run(made)["msg"]


KILLED = """
import os, sys
from ansible_collections.clouddb.mongodb_logs.plugins.modules import log_archive_export as module
count = int(sys.argv.pop(1))
real = os.fsync
def fsync(descriptor):
    global count
    count -= 1
    if count == 0:
        os.kill(os.getpid(), 9)
    real(descriptor)
os.fsync = fsync
module.main()
"""


@pytest.mark.parametrize("moment", [1, 2, 4, 6, 8, 11])
def test_killed_anywhere_it_neither_loses_nor_doubles(made: Made, moment: int, tmp_path: Path) -> None:
    arguments = {"archive": str(made.path.parents[3]), "dest": str(out(made)), "workers": 1}
    (tmp_path / "arguments.json").write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
    command = [sys.executable, "-c", KILLED, str(moment), str(tmp_path / "arguments.json")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL
    result = run(made)
    assert not result.get("failed")
    uids = [one["log.record.uid"] for one in records(exported(out(made)))]
    assert (len(uids), len(set(uids))) == (8, 8)
    assert not list(out(made).rglob("*.part"))
    assert run(made)["exported"] == 0


class Collector(http.server.BaseHTTPRequestHandler):
    """A receiver of OTLP over HTTP."""

    protocol_version = "HTTP/1.1"
    answers: list[tuple[int, bytes]] = []
    taken: list[str] = []
    seen: list[dict[str, str]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        status, answer = self.answers.pop(0) if self.answers else (200, b"{}")
        if status == 200:
            self.taken.append(body.decode())
        self.seen.append({"path": self.path, **dict(self.headers)})
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[str]:
    """A collector on a free port; yields its address."""
    Collector.answers, Collector.taken, Collector.seen = [], [], []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("compress", [False, True])
def test_entries_are_sent(made: Made, collector: str, monkeypatch: pytest.MonkeyPatch, compress: bool) -> None:
    monkeypatch.setattr(export, "_PIECE", 1000)
    Collector.answers = [(503, b"busy")]
    result = run(made, endpoint=collector, headers={"X-Key": "secret-key"}, compress=compress, workers=1)
    assert (result["exported"], result["files"]) == (8, [])
    uids = {one["log.record.uid"] for one in records(Collector.taken)}
    assert len(uids) == 8
    assert {(one["path"], one["X-Key"], one["Content-Type"]) for one in Collector.seen} == {
        ("/v1/logs", "secret-key", "application/json")
    }
    assert "secret-key" not in json.dumps({**result, "invocation": None}) + (out(made) / "export.json").read_text()
    assert run(made, endpoint=collector, compress=compress)["exported"] == 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, b""), "HTTP 400"),
        ((200, b'{"partialSuccess":{"rejectedLogRecords":"2"}}'), "refused 2"),
        ((200, b"<html>"), "JSON"),
    ],
)
def test_what_is_not_taken_is_sent_again_by_the_next_run(
    made: Made, collector: str, answer: tuple[int, bytes], words: str
) -> None:
    Collector.answers = [answer] * 3
    result = run(made, endpoint=collector, workers=1, deadline=1)
    assert (result["failed"], result["left"], words in result["msg"]) == (True, 3, True)
    Collector.answers = []
    assert run(made, endpoint=collector)["exported"] == 8


def test_bad_input(made: Made) -> None:
    assert "only format: otlp" in run(made, endpoint="https://x.example", format="ecs")["msg"]
    assert "not the address" in run(made, endpoint="nowhere")["msg"]
    assert os.path.basename(str(out(made))) == "out"
