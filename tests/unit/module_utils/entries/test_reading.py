# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lines say, in every form; other software agrees where there is some."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import bson
import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import bson as our_bson
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries import reading, shape, values
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._entries.entry import Facts
from ansible_collections.clouddb.mongodb_logs.tests.emulator import auditlines, mongolog
from bson import json_util
from hypothesis import given
from hypothesis import strategies as st

# As mongod's manual writes them, with other values.
STRUCTURED = (
    '{"t":{"$date":"2026-03-01T15:16:17.180+02:00"},"s":"I", "c":"NETWORK", "id":22943, "ctx":"listener", "svc": "R",'
    ' "msg":"Connection accepted","attr":{"remote":"10.1.2.3:4711","connectionId":7}}'
)
SLOW = (
    '{"t":{"$date":"2026-03-01T00:00:00.001Z"},"s":"I","c":"COMMAND","id":51803,"ctx":"conn9","msg":"Slow query","attr":'
    '{"type":"command","ns":"shop.orders","appName":"api","command":{"find":"orders","filter":{"a":{"$oid":"00"}}},'
    '"planSummary":"COLLSCAN","keysExamined":0,"docsExamined":7,"nreturned":1,"queryHash":"0A1B2C3D",'
    '"queryShapeHash":"FF","remote":"[::1]:5","durationMillis":{"$numberLong":"812"}}}'
)
OLD = (
    '2019-08-01T12:00:00.123+0800 I  COMMAND  [conn12] command shop.orders appName: "api" command: find { find: "orders",'
    ' filter: { a: "x: { 1", b: { $gte: new Date(1564) } }, lsid: { id: UUID("00") }, $db: "shop" } planSummary: IXSCAN { a: 1 }'
    " keysExamined:3 docsExamined:2 nreturned:1 queryHash:0A1B2C3D reslen:99 locks:{ Global: { acquireCount: { r: 1 } } }"
    " protocol:op_msg 1812ms"
)


def facts(line: str | bytes) -> Facts:
    return reading.facts_of(line.encode() if isinstance(line, str) else line)


def test_structured_lines() -> None:
    found = facts(STRUCTURED)
    assert values.iso_ms(found["time"]) == "2026-03-01T13:16:17.180Z"
    assert found["written"] == "2026-03-01T15:16:17.180+02:00"
    assert (found["severity"], found["component"], found["context"], found["id"]) == ("I", "NETWORK", "listener", 22943)
    assert (found["address"], found["port"], found["message"]) == ("10.1.2.3", 4711, "Connection accepted")
    found = facts(SLOW)
    assert (found["namespace"], found["operation"], found["kind"], found["duration"]) == (
        "shop.orders",
        "find",
        "command",
        812,
    )
    assert (found["docs_examined"], found["keys_examined"], found["returned"]) == (7, 0, 1)
    assert (found["plan"], found["shape"], found["app"], found["address"]) == ("COLLSCAN", "FF", "api", "::1")


def test_older_lines() -> None:
    found = facts(OLD)
    assert values.iso_ms(found["time"]) == "2019-08-01T04:00:00.123Z"
    assert (found["form"], found["severity"], found["component"], found["context"]) == (
        "text",
        "I",
        "COMMAND",
        "conn12",
    )
    assert (found["namespace"], found["operation"], found["duration"], found["app"]) == (
        "shop.orders",
        "find",
        1812,
        "api",
    )
    assert (found["docs_examined"], found["keys_examined"], found["returned"]) == (2, 3, 1)
    assert (found["plan"], found["shape"]) == ("IXSCAN { a: 1 }", "0A1B2C3D")
    assert shape.pattern(found["command"]) == '{"a": 1, "b": 1}'
    found = facts("2017-01-01T00:00:00.000Z [conn1] update a.b query: { x: 1 } 5ms")
    assert (found["operation"], found["duration"], shape.pattern(found["command"])) == ("update", 5, '{"x": 1}')
    found = facts(
        "2019-08-01T12:00:00.123Z I  ACCESS   [conn1] Successfully authenticated as principal app on admin from client 10.0.0.1:77"
    )
    assert (found["user"], found["address"], found["port"]) == ("app@admin", "10.0.0.1", 77)


def test_entries_of_dds() -> None:
    row = {
        "node_id": "n", "node_name": "x", "whole_message": SLOW, "operate_type": "query", "cost_time": "900", "lock_time": 1,
        "docs_returned": 5, "docs_scanned": 6, "database": "shop", "collection": "orders", "line_num": "1595659490239433658",
        "log_time": "2026-03-01T00:00:00.001234Z", "index_recommendation": "{a: 1}",
    }  # fmt: skip
    found = facts(json.dumps(row))
    assert (found["form"], found["operation"], found["kind"], found["duration"]) == ("offered", "find", "query", 900)
    assert (found["docs_examined"], found["returned"], found["index"], found["shape"]) == (6, 5, "{a: 1}", "FF")
    profiled = {
        "op": "query",
        "ns": "shop.orders",
        "command": "{N}",
        "millis": 5,
        "ts": {"$date": 1660989843204},
        "user": "u@admin",
    }
    found = facts(json.dumps({**row, "whole_message": json.dumps(profiled)}))
    assert (found["operation"], found["user"], found["time"]) == ("query", "u@admin", 1772323200001)
    error = {"log_time": "2026-03-01T00:00:00.000+0000", "raw_message": OLD, "severity": "Warning", "line_num": "1"}
    found = facts(json.dumps(error))
    assert (found["form"], found["severity"], found["component"]) == ("offered", "W", "COMMAND")
    found = facts(json.dumps({**error, "raw_message": "Out of paper"}))
    assert (found["message"], found["severity"]) == ("Out of paper", "W")
    assert facts(json.dumps(profiled))["form"] == "profile"


def test_audited_actions_in_json_and_in_bson() -> None:
    content = auditlines.content(1, "log", 20_000, 1772323200, 1772326800)
    document = {
        "atype": "authCheck",
        "ts": datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC),
        "remote": {"ip": "10.0.0.1", "port": 4711},
        "users": [{"user": "app", "db": "admin"}],
        "param": {"command": "drop", "ns": "shop.orders"},
        "result": 13,
    }
    for found in (facts(json_util.dumps(document)), read_bson(bson.encode(document))[0]):
        assert (found["form"], found["message"], found["operation"]) == ("audit", "authCheck", "drop")
        assert (found["namespace"], found["user"], found["result"]) == ("shop.orders", "app@admin", 13)
        assert (found["time"], found["address"], found["port"]) == (1772323200000, "10.0.0.1", 4711)
    whole = [facts(line) for line in content.splitlines() if line]
    assert {one["form"] for one in whole} == {"audit"}
    assert all("time" in one and "user" in one for one in whole)


def read_bson(data: bytes) -> list[Facts]:
    return [e.facts for _m, block in reading.parts(io.BytesIO(data), len(data)) for e in reading.entries(block)]


BSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=9)
    | st.binary(max_size=9) | st.builds(bson.ObjectId, st.binary(min_size=12, max_size=12)) | st.builds(bson.Int64, st.integers(0, 9))
    | st.builds(bson.Timestamp, st.integers(0, 9), st.integers(0, 9)) | st.just(bson.MinKey()) | st.just(bson.MaxKey())
    | st.just(bson.Regex("a", "i")) | st.just(bson.Code("x")) | st.just(bson.Code("x", {"y": 1})) | st.just(bson.Decimal128("1.5")),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5).filter(lambda name: "\0" not in name), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from("abcd"), BSON, min_size=1), st.integers(0, 40))
def test_bson_is_read_as_pymongo_reads_it(document: dict[str, Any], cut: int) -> None:
    data = bson.encode(document)
    decoded = our_bson.decoded(data)
    assert set(decoded) == set(document)
    options = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL)
    assert plain(decoded) == plain(json.loads(json_util.dumps(bson.decode(data), json_options=options)))
    if 0 < cut < len(data):
        with contextlib.suppress(ValueError):
            our_bson.decoded(data[:-cut])
        reasons = [facts.get("reason") for facts in read_bson(data + data[:-cut])]
        assert reasons[-1]


def plain(value: Any) -> Any:
    """Return a value with numbers in one spelling, and without those that are spelled in more ways than one."""
    if isinstance(value, dict):
        for name in ("$numberInt", "$numberLong"):
            if name in value:
                return int(value[name])
        if "$numberDouble" in value:
            return float(value["$numberDouble"])
        if "$numberDecimalBytes" in value or "$numberDecimal" in value:
            return "decimal"
        if "$uuid" in value or "$binary" in value:
            return "binary"
        return {name: plain(below) for name, below in value.items()}
    return [plain(below) for below in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "line",
    [
        '{"t":{"$date":"2026-03-01T00:00:00.000Z"},"s":"I","c":"X","id":1,"ctx":"x","msg":"cut of',
        '{"t":{"$date":"2026-03-01T00:00:00.000Z"},"msg":"lacks"}',
        '{"t":{"$date":"2026-03-01T00:00:00.000Z"},"s":1,"c":"X","ctx":"x","msg":"no text"}',
        '{"atype":7,"ts":{"$date":1}}',
        "[" * 10 + '{"' + "a",
        "{" + '"a":{' * 100_000,
    ],
)
def test_a_line_that_cannot_be_read_is_an_entry(line: str) -> None:
    found = facts(line)
    assert found["form"] in ("unreadable", "raw")
    assert ("reason" in found) == line.startswith("{")


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: b"{" + text.encode("utf-8", "replace")))
def test_whatever_stands_there_is_an_entry(line: bytes) -> None:
    assert reading.facts_of(line)["form"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(
    st.fixed_dictionaries(dict.fromkeys(("t", "s", "c", "ctx", "msg"), JSON))
    | st.fixed_dictionaries(
        dict.fromkeys(("atype", "ts"), JSON), optional={"users": JSON, "param": JSON, "remote": JSON}
    )
    | st.fixed_dictionaries(
        {"log_time": JSON, "whole_message": JSON}, optional={"cost_time": JSON, "operate_type": JSON}
    )
    | st.fixed_dictionaries(
        {"op": JSON, "ns": JSON, "ts": JSON}, optional={"command": JSON, "millis": JSON, "client": JSON}
    )
)
def test_any_values_are_taken_and_both_parsers_say_the_same(document: dict[str, Any]) -> None:
    line = json.dumps(document).encode()
    found = reading.facts_of(line)
    with mock.patch.object(values, "_quick", None):
        slow = reading.facts_of(line)
    if found.get("form") == slow["form"] == "unreadable":
        return
    assert repr(found) == repr(slow)


@given(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(9999, 12, 31)), st.integers(-840, 840))
def test_times(moment: datetime.datetime, offset: int) -> None:
    zone = datetime.timezone(datetime.timedelta(minutes=offset))
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    aware = moment.replace(tzinfo=zone)
    expected = round((aware - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) / datetime.timedelta(milliseconds=1))
    for written in (aware.isoformat(timespec="milliseconds"), aware.strftime("%Y-%m-%dT%H:%M:%S.%f%z").zfill(31)):
        assert values.milliseconds(written) == expected
    utc = moment.replace(tzinfo=datetime.UTC)
    assert values.iso_ms(round(utc.timestamp() * 1000)) == moment.isoformat(timespec="milliseconds") + "Z"


@pytest.mark.parametrize(
    "written",
    ["", "2026-13-01T00:00:00Z", "2026-03-01T00:00:99.000+00:00", "yesterday", "2026-03-01T00:00:xx.000+00:00"],
)
def test_what_is_no_time(written: str) -> None:
    assert values.milliseconds(written) is None


def test_the_lines_of_the_emulator() -> None:
    for log_type in ("SlowLog", "ErrorLog"):
        found = [facts(line) for line in mongolog.lines(3, "n", "DataNode", log_type, 60, 1772323200, 1772330400)]
        assert {one["form"] for one in found} == {"structured"}
        if log_type == "SlowLog":
            assert all(
                {"duration", "namespace", "operation", "shape", "plan", "address"} <= one.keys() for one in found
            )


# -- shapes


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ({"find": "c", "filter": {"b": 1, "a": {"$gt": 1}}}, '{"a": 1, "b": 1}'),
        ({"q": {"a": {"$oid": "0"}}, "u": {}}, '{"a": 1}'),
        ({"update": "c", "updates": [{"q": {"a": 1}, "u": {}}]}, '{"a": 1}'),
        ({"aggregate": "c", "pipeline": [{"$match": {"a": 1}}]}, '[{"$match": {"a": 1}}]'),
        ({"count": "c", "query": {"$or": [{"a": 1}, {"b": [1, 2]}]}}, '{"$or": [{"a": 1}, {"b": [1]}]}'),
        ({"ping": 1}, None),
        ("command: ping { ping: 1 }", None),
        ("query: { $query: { a: 1 }, orderby: { b: 1 } }", '{"a": 1}'),
        (
            "command: { q: { a: /x{/i, b: BinData(0, ab), c: null, d: -1.5e3 }, u: {} }",
            '{"a": 1, "b": 1, "c": 1, "d": 1}',
        ),
        ("filter: { a: [ 1, 2 ], b: { $elemMatch: { c: true } } }", '{"a": [1], "b": {"$elemMatch": {"c": 1}}}'),
        ("filter: { a: ", None),
        ("filter: { a ]", None),
        ("filter: " + "{ a: " * 200, None),
    ],
)
def test_patterns(command: Any, expected: str | None) -> None:
    assert shape.pattern(command) == expected


def old_lines(count: int) -> list[str]:
    lines = []
    fields = (
        'state: "paid"',
        "n: 7",
        "at: { $gte: new Date(1564600000000) }",
        "id: ObjectId('5d42f0f0f0f0f0f0f0f0f0f0')",
    )
    kinds = (
        'COMMAND  [conn1] command shop.{c} appName: "api" command: find {{ find: "{c}", filter: {q}, $db: "shop" }}',
        'COMMAND  [conn1] command shop.{c} command: count {{ count: "{c}", query: {q} }}',
        "WRITE    [conn1] update shop.{c} command: {{ q: {q}, u: {{ $set: {{ a: 1 }} }}, multi: false, upsert: false }}",
        "WRITE    [conn1] remove shop.{c} command: {{ q: {q}, limit: 1 }}",
    )
    for number in range(count):
        asked = [field for at, field in enumerate(fields) if (number * 7 + number // 5) >> at & 1] or ["n: 1"]
        kind = kinds[number % 4].format(c=("orders", "carts")[number % 3 // 2], q="{ " + ", ".join(asked) + " }")
        after = "planSummary: COLLSCAN keysExamined:0 docsExamined:5 numYields:0 reslen:100 locks:{ Global: { acquireCount: { r: 1 } } }"
        lines.append(
            f"2019-08-01T12:{number // 60 % 60:02d}:{number % 60:02d}.000+0000 I  {kind} {after} protocol:op_msg {100 + number}ms"
        )
        lines.append(
            f"2019-08-01T12:{number // 60 % 60:02d}:{number % 60:02d}.000+0000 I  NETWORK  [listener] waiting for 27 connections"
        )
    return lines


@contextlib.contextmanager
def closed_pipes_are_errors() -> Iterator[None]:
    """Undo that a tool has its process ended by a pipe or socket that the other side closed: a server of a later test would end it."""
    before = signal.getsignal(signal.SIGPIPE)
    try:
        yield
    finally:
        signal.signal(signal.SIGPIPE, before)


def test_mtools_counts_the_same_shapes_in_older_lines(tmp_path: Path) -> None:
    from mtools.mloginfo.mloginfo import MLogInfoTool

    lines = old_lines(400)
    path = tmp_path / "mongod.log"
    path.write_text("\n".join(lines) + "\n")
    said = io.StringIO()
    # It reads a terminal only.
    terminal = mock.Mock(isatty=lambda: True)
    with mock.patch.object(sys, "stdin", terminal), contextlib.redirect_stdout(said), closed_pipes_are_errors():
        arguments = ["mloginfo", "--queries", "--no-progressbar", str(path)]
        with mock.patch.object(sys, "argv", arguments):
            MLogInfoTool().run()
    theirs = {}
    for row in re.findall(
        r"^(shop\.\w+) +(\w+) +(\{.*?\}|None) {2,}(\d+) +\d+ +\d+ +\S+ +(\d+) ", said.getvalue(), re.MULTILINE
    ):
        theirs[row[:3]] = (int(row[3]), int(row[4]))
    ours: dict[Any, tuple[int, int]] = {}
    for line in lines:
        found = facts(line)
        if "duration" in found:
            key = (found["namespace"], found["operation"], str(shape.pattern(found["command"])))
            count, total = ours.get(key, (0, 0))
            ours[key] = (count + 1, total + found["duration"])
    assert len(ours) > 20
    assert ours == theirs
