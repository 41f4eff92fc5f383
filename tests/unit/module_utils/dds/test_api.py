# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each call of DDS's API: pages that move, projects to be found, and what errors mean."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import DDS
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import (
    LINKS_AT_ONCE,
    LONGEST_QUERY,
    AuditLog,
    Dds,
    api_time,
    names_every_node,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import AccessKey, Token
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer, Http, Request
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span, subtract
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, Clock
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.unit.clients import dds, http
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import FakeTime, Reply, scripted
from hypothesis import given, settings
from hypothesis import strategies as st

NOON = 1_795_176_000


def days(emulator: Emulator, count: float) -> Span:
    """Return the days before the emulator's now."""
    now = int(emulator.clock.now())
    return Span(now - int(count * DAY), now)


class Scripted(Http):
    """A session whose answers a function makes, of the path and query of each request."""

    def __init__(self, answer: Callable[[str, dict[str, str]], dict[str, Any]]) -> None:
        """Wait in no time."""
        time = FakeTime()
        self.queries: list[dict[str, str]] = []
        self._answer = answer
        super().__init__(timeout=5, deadline=5, verify=True, clock=Clock(), sleep=time.sleep, monotonic=time.monotonic)

    def _send(self, request: Request, timeout: float) -> Answer:
        parts = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.queries.append(query)
        return Answer("api", 200, {}, json.dumps(self._answer(parts.path, query)).encode())


def client(session: Http, **changes: Any) -> Dds:
    """Return a client with this session."""
    usual = {"endpoint": "https://dds", "iam_endpoint": "https://iam", "region": "eu-de", "project_id": "p"}
    return Dds(session, Token("t"), **{**usual, **changes})


# -- audit logs


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("where", ["newest", "middle", "oldest"])
def test_1234_logs_over_45_days_come_once_each_in_order_while_two_more_appear(
    emulator: Emulator, order: str, where: str
) -> None:
    emulator.world.audit_order = order
    instance = emulator.world.add_dds_instance(name="busy")
    first = {log.id for log in emulator.world.add_audit_logs(instance.id, 1234, 45)}
    growth = emulator.faults.add(Fault("ListAuditLogs", "growing_list", times=2, skip=2, args={"where": where}))
    logs = dds(emulator).audit_logs(instance.id, days(emulator, 45))
    assert growth.fired == 2
    ids = [log.id for log in logs]
    assert len(ids) == len(set(ids))
    # What appears in a part of the span that was read already is the next run's.
    assert first < set(ids) <= {log.id for log in instance.audit_logs}
    assert len(ids) >= 1235
    assert [log.span for log in logs] == sorted(log.span for log in logs)
    assert all(record.signed for record in emulator.requests)
    assert emulator.violations == []


@pytest.mark.parametrize("window", ["overlap", "start", "end", "contained"])
def test_no_log_falls_between_two_parts_whatever_time_the_api_compares(emulator: Emulator, window: str) -> None:
    emulator.world.audit_window = window
    instance = emulator.world.add_dds_instance(name="busy")
    span = days(emulator, 70)
    edges = [span.begin + part * LONGEST_QUERY for part in (1, 2)]
    for edge in edges:
        for minutes in range(-180, 180, 7):
            end = edge + minutes * 60
            emulator.world.add_audit_log(instance.id, start=end - HOUR, end=end)
    found = {log.id for log in dds(emulator).audit_logs(instance.id, span)}
    assert found == {log.id for log in instance.audit_logs}


def test_a_log_has_what_the_list_tells(emulator: Emulator) -> None:
    instance = emulator.world.add_dds_instance(name="busy")
    now = int(emulator.clock.now())
    log = emulator.world.add_audit_log(instance.id, start=now - HOUR, end=now - 60, size=1234)
    [found] = dds(emulator).audit_logs(instance.id, days(emulator, 1))
    assert found == AuditLog(log.id, log.name, log.node_id, 1234, Span(now - HOUR, now - 60))


def test_logs_of_one_node_are_asked_for_by_the_node(emulator: Emulator) -> None:
    instance = emulator.world.instances[0]
    node = instance.nodes()[1].id
    api = dds(emulator)
    assert {log.node_id for log in api.audit_logs(instance.id, days(emulator, 3), node_id=node)} == {node}
    assert len({log.node_id for log in api.audit_logs(instance.id, days(emulator, 3))}) == 3


@settings(max_examples=60)
@given(
    st.integers(0, 450), st.lists(st.integers(1, 100), min_size=1, max_size=5), st.sets(st.integers(0, 12), max_size=3)
)
def test_pages_of_any_size_of_a_list_that_grows_are_read_to_the_end(
    count: int, sizes: list[int], grows_after: set[int]
) -> None:
    listed = [f"n_{number}" for number in range(count)]
    calls = 0

    def answer(_path: str, query: dict[str, str]) -> dict[str, Any]:
        nonlocal calls
        offset, limit = int(query["offset"]), min(int(query["limit"]), sizes[calls % len(sizes)])
        rows = [{"id": log, "start_time": "x"} for log in listed[offset : offset + limit]]
        total = len(listed)
        if calls in grows_after:
            listed.insert(0, f"n_late_{calls}")
        calls += 1
        return {"audit_logs": rows, "total_record": total}

    logs = client(Scripted(answer)).audit_logs("i", Span(0, DAY))
    ids = [log.id for log in logs]
    assert len(ids) == len(set(ids))
    assert {f"n_{number}" for number in range(count)} <= set(ids)


def test_a_list_that_never_stands_still_is_an_error() -> None:
    total = 1

    def answer(_path: str, query: dict[str, str]) -> dict[str, Any]:
        nonlocal total
        total += 1
        return {"audit_logs": [{"id": "n_1"}] if query["offset"] == "0" else [], "total_record": total}

    with pytest.raises(CloudError) as caught:
        client(Scripted(answer)).audit_logs("i", Span(0, DAY))
    assert (caught.value.code, caught.value.passing) == ("list_moves", True)


def test_a_list_that_promises_more_than_it_shows_is_an_error() -> None:
    session = Scripted(lambda _path, _query: {"audit_logs": [], "total_record": 5})
    with pytest.raises(CloudError, match="changed in each of 20 readings, or says that there is more"):
        client(session).audit_logs("i", Span(0, DAY))
    assert len(session.queries) < 10


def test_a_list_in_another_order_at_every_call_is_read_until_all_of_it_was_seen() -> None:
    rows = [{"id": f"n_{number}"} for number in range(150)]

    def answer(_path: str, query: dict[str, str]) -> dict[str, Any]:
        random.shuffle(rows)
        return {"audit_logs": rows[int(query["offset"]) :][:100], "total_record": 150}

    assert len(client(Scripted(answer)).audit_logs("i", Span(0, DAY))) == 150


@pytest.mark.parametrize(
    "answer", [{"audit_logs": []}, {"audit_logs": None, "total_record": 0}, {"audit_logs": [], "total_record": "0"}]
)
def test_an_empty_list_is_one(answer: dict[str, Any]) -> None:
    session = Scripted(lambda _path, _query: answer)
    assert client(session).audit_logs("i", Span(0, DAY)) == []
    assert len(session.queries) == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({}, "audit_logs is missing"),
        ({"audit_logs": None}, "audit_logs is missing"),
        ({"audit_logs": None, "total_record": 3}, "audit_logs is missing"),
        ({"audit_logs": 5}, "audit_logs is no list"),
        ({"audit_logs": {}, "total_record": 0}, "audit_logs is no list"),
        ({"audit_logs": [{"name": "nameless"}]}, r"audit_logs\[0\].id is missing"),
        ({"audit_logs": [{"id": "n_1", "size": {}}]}, r"audit_logs\[0\].size is no whole number"),
        ({"audit_logs": [], "total_record": "many"}, "total_record is no whole number"),
    ],
)
def test_what_is_no_list_of_logs_is_a_fault_with_a_name(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(CloudError, match=f"cannot be understood: {message}") as caught:
        client(Scripted(lambda _path, _query: answer)).audit_logs("i", Span(0, DAY))
    assert (caught.value.code, caught.value.kind, caught.value.final) == ("bad_answer", "cloud_fault", False)


def test_digits_in_quotes_are_numbers() -> None:
    answer = {"audit_logs": [{"id": "n_1", "size": "17"}], "total_record": "1"}
    [log] = client(Scripted(lambda _path, _query: answer)).audit_logs("i", Span(0, DAY))
    assert log.size == 17


@pytest.mark.parametrize(
    "times",
    [("2026-11-20T12:00:00Z", "2026-11-20T11:59:59Z"), ("0001-01-01T00:00:00Z", "2026-11-20T12:00:00Z"), ({}, [])],
)
def test_times_that_no_log_can_have_are_left_out_or_told(times: tuple[object, object]) -> None:
    row = {"id": "n_1", "start_time": times[0], "end_time": times[1]}
    session = Scripted(lambda _path, _query: {"audit_logs": [row], "total_record": 1})
    try:
        [log] = client(session).audit_logs("i", Span(100, 200))
    except CloudError as error:
        assert "start_time is no text" in error.message
    else:
        assert log.span == Span(100, 200)


@pytest.mark.parametrize("answer", [{}, {"status": {}}, {"status": "FINISH"}, {"status": "FINISH", "list": 7}])
def test_exports_that_are_not_told_are_no_empty_ones(answer: dict[str, Any]) -> None:
    with pytest.raises(CloudError, match=r"cannot be understood: (status|list) is "):
        client(Scripted(lambda _path, _query: answer)).exports("i", "slow")


@pytest.mark.parametrize("answer", [{}, {"keep_days": None}, {"keep_days": "some"}])
def test_a_policy_that_does_not_tell_is_no_auditing_switched_off(answer: dict[str, Any]) -> None:
    with pytest.raises(CloudError, match="cannot be understood: keep_days is "):
        client(Scripted(lambda _path, _query: answer)).audit_policy("i")


def test_without_a_total_it_is_read_until_a_page_is_empty() -> None:
    rows = [{"id": f"n_{number}"} for number in range(250)]
    session = Scripted(lambda _path, query: {"audit_logs": rows[int(query["offset"]) :][:100]})
    assert len(client(session).audit_logs("i", Span(0, DAY))) == 250


def test_fields_of_a_log_may_be_absent() -> None:
    rows: list[Any] = [{"id": "node_17"}, {"id": "node_18", "start_time": None, "end_time": "soon"}, "no row", None]
    session = Scripted(lambda _path, query: {"audit_logs": rows if query["offset"] == "0" else []})
    logs = client(session).audit_logs("i", Span(100, 200))
    assert logs == [AuditLog(f"node_{n}", f"node_{n}", "node", None, Span(100, 200)) for n in (17, 18)]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20T12:00:00+0000", NOON),
        ("2026-11-20T20:00:00+0800", NOON),
        ("2026-11-20T20:00:00+08:00", NOON),
        ("2026-11-20T12:00:00Z", NOON),
        ("2026-11-20T06:30:00-0530", NOON),
    ],
)
def test_times_of_every_offset_are_understood(text: str, instant: int) -> None:
    row = {"id": "n_1", "start_time": text, "end_time": text}
    [log] = client(Scripted(lambda *_: {"audit_logs": [row], "total_record": 1})).audit_logs("i", Span(0, DAY))
    assert log.span == Span(instant, instant)


@given(st.integers(0, 4 * 10**9), st.integers(1, 200 * DAY))
def test_a_long_span_is_asked_for_in_parts_that_overlap_and_leave_nothing_out(begin: int, length: int) -> None:
    session = Scripted(lambda _path, _query: {"audit_logs": []})
    client(session).audit_logs("i", Span(begin, begin + length))
    stamps = [(query["start_time"], query["end_time"]) for query in session.queries]
    known = {api_time(begin): begin, api_time(begin + length): begin + length}
    assert known.keys() <= {stamp for pair in stamps for stamp in pair}
    parts = [Span(*map(at, pair)) for pair in stamps]
    assert subtract(Span(begin, begin + length), parts) == []
    assert all(not part.empty and part.end - part.begin <= LONGEST_QUERY for part in parts)
    assert all(later.begin <= earlier.end - HOUR for earlier, later in pairwise(parts))


def test_a_span_of_thirty_days_is_asked_for_whole() -> None:
    session = Scripted(lambda _path, _query: {"audit_logs": []})
    client(session).audit_logs("i", Span(0, LONGEST_QUERY))
    client(session).audit_logs("i", Span(0, LONGEST_QUERY + 1))
    assert len(session.queries) == 1 + 2


def at(stamp: str) -> int:
    return int(datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S%z").timestamp())


def test_links_come_for_as_many_logs_as_the_api_allows(emulator: Emulator) -> None:
    instance = emulator.world.add_dds_instance(name="busy")
    ids = [log.id for log in emulator.world.add_audit_logs(instance.id, LINKS_AT_ONCE + 1, 5)]
    api = dds(emulator)
    links = api.audit_log_links(instance.id, ids[:LINKS_AT_ONCE])
    assert len(links) == LINKS_AT_ONCE
    with pytest.raises(CloudError, match="at most 50"):
        api.audit_log_links(instance.id, ids)


def test_what_is_no_link_is_left_out() -> None:
    session = Scripted(lambda _path, _query: {"links": ["https://a", None, {"url": "https://b"}]})
    assert client(session).audit_log_links("i", ["n_1"]) == ["https://a"]
    assert client(Scripted(lambda _path, _query: {})).audit_log_links("i", ["n_1"]) == []


# -- instances and projects


def test_instances_come_with_their_nodes(emulator: Emulator) -> None:
    api = dds(emulator)
    found = {row["name"]: row for row in api.instances()}
    assert set(found) == {"dds-shop", "dds-orders"}
    assert [group["type"] for group in found["dds-orders"]["groups"]] == ["mongos", "shard", "shard", "config"]
    assert [row["name"] for row in api.instances(name="dds-shop")] == ["dds-shop"]
    assert [row["id"] for row in api.instances(instance_id=found["dds-shop"]["id"])] == [found["dds-shop"]["id"]]
    assert len(api.instances(name="*dds")) == 2


def test_every_page_of_instances_is_read(emulator: Emulator) -> None:
    for number in range(230):
        emulator.world.add_dds_instance(name=f"i-{number}", mode="Single")
    ids = [row["id"] for row in dds(emulator).instances()]
    assert (len(ids), ids) == (232, sorted(ids))
    assert len(emulator.requests.of("ListInstances")) == 3


def test_an_instance_without_an_id_is_left_out() -> None:
    rows: list[Any] = [{"name": "nameless"}, {"id": "a"}, None]
    session = Scripted(lambda _path, query: {"instances": rows if query["offset"] == "0" else []})
    assert client(session).instances() == [{"id": "a"}]


@pytest.mark.parametrize("row", [None, {"name": "nameless"}])
def test_an_instance_that_the_total_counts_and_nothing_names_is_missed(row: object) -> None:
    session = Scripted(lambda _path, query: {"instances": [{"id": "a"}, row][int(query["offset"]) :], "total_count": 2})
    with pytest.raises(CloudError, match="list of instances"):
        client(session).instances()


def test_the_project_is_looked_up_once_by_the_name_of_the_region(emulator: Emulator) -> None:
    api = dds(emulator, project_id=None)
    assert api.project_id == emulator.world.projects[0].id
    assert len(api.instances()) == 2
    [lookup] = emulator.requests.of("ListProjects")
    assert (lookup.params, lookup.signed) == ({"name": "ap-southeast-3"}, True)


def test_a_project_that_was_given_is_not_looked_up(emulator: Emulator) -> None:
    dds(emulator).instances()
    assert emulator.requests.of("ListProjects") == []


@pytest.mark.parametrize(
    ("projects", "message"),
    [
        ([], "No projects are named eu-de; this account has none."),
        (None, "No projects are named eu-de; this account has none."),
        ([{"name": "eu-de"}], "No projects are named eu-de; this account has none."),
        ([{"id": "a"}, {"id": "b", "name": "eu-de"}], "2 projects are named eu-de; this account has a, b (eu-de)."),
    ],
)
def test_none_or_several_projects_are_an_error_that_says_so(projects: object, message: str) -> None:
    api = client(Scripted(lambda _path, _query: {"projects": projects}), project_id=None)
    with pytest.raises(CloudError) as caught:
        api.instances()
    assert (caught.value.message, caught.value.hint) == (message, "Give project_id.")


@pytest.mark.parametrize("account", [0, 1])
def test_permanent_and_temporary_keys_are_accepted(
    emulator: Emulator, dds_options: dict[str, Any], account: int
) -> None:
    keys = emulator.world.huawei_accounts[account]
    changes = {"access_key": keys.access_key, "secret_key": keys.secret_key, "security_token": keys.security_token}
    assert len(connected({**dds_options, **changes}).instances()) == 2


# -- errors


def refused(reply: Reply) -> tuple[CloudError, int]:
    """Return the error that a reply means, and how many times the call was sent."""
    time = FakeTime()
    session = Http(timeout=5, deadline=3, verify=True, clock=Clock(), sleep=time.sleep, monotonic=time.monotonic)
    with scripted(reply) as server, pytest.raises(CloudError) as caught:
        client(session, endpoint=server.url).instances()
    return caught.value, len(server.requests)


def refusal(status: int, code: str, message: str = "no", shape: str = "error_code") -> Reply:
    shapes: dict[str, dict[str, Any]] = {
        "error_code": {"error_code": code, "error_msg": message},
        "errorCode": {"errorCode": code, "errorMsg": message},
        "code": {"code": code, "message": message},
        "error": {"error": {"code": code, "message": message, "title": "Error"}},
    }
    return Reply(status, json.dumps(shapes[shape]).encode(), {"X-Request-Id": "req-1"})


@pytest.mark.parametrize("shape", ["error_code", "errorCode", "code", "error"])
def test_every_shape_of_an_error_is_understood(shape: str) -> None:
    error, _calls = refused(refusal(400, "DBS.280001", "Parameter error.", shape))
    assert error.message == "The API refused with HTTP 400 DBS.280001: Parameter error."
    assert (error.code, error.status, error.request_id) == ("DBS.280001", 400, "req-1")


@pytest.mark.parametrize("body", [b"{}", b'{"error": "invalid"}', b'{"error": null}'])
def test_an_error_without_a_code_has_its_status(body: bytes) -> None:
    error, _calls = refused(Reply(404, body))
    assert (error.code, error.message) == ("404", "The API refused with HTTP 404 404: no message.")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((403, f"DBS.{code}") for code in (200011, 200018, 200019, 200076, 201000, 201014, 201015)),
        *((400, f"DBS.{code}") for code in (200047, 200998, 201202)),
    ],
)
def test_a_busy_instance_is_asked_again(status: int, code: str) -> None:
    error, calls = refused(refusal(status, code))
    assert (error.passing, error.uncertain, error.kind) == (True, False, "busy")
    assert error.hint == "The instance is busy; run again later."
    assert calls > 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "APIG.0308"), (429, "APIGW.0308"), (429, "DBS.280443"), (400, "DBS.280443"), (429, "X.1")],
)
def test_throttling_is_waited_out(status: int, code: str) -> None:
    error, calls = refused(refusal(status, code))
    assert (error.passing, error.uncertain, error.throttled, error.kind) == (True, False, True, "throttled")
    assert "raise deadline" in error.hint
    assert calls > 1


@pytest.mark.parametrize("code", ["DBS.201509", "DBS.280005"])
def test_a_fault_of_the_server_is_waited_out(code: str) -> None:
    error, calls = refused(refusal(500, code))
    assert (error.passing, error.uncertain, calls > 1) == (True, True, True)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("APIGW.0301", "Check the keys or the token"),
        ("APIG.0301", "Check the keys or the token"),
        ("APIGW.0303", "the clock of this host"),
        ("APIGW.0307", "Get a new token"),
        ("DBS.280056", "Get a new token"),
        ("X.1", "Check the keys or the token"),
    ],
)
def test_a_401_is_final_and_never_repeated_as_keys_get_locked(code: str, hint: str) -> None:
    error, calls = refused(refusal(401, code))
    assert (error.passing, error.final, error.kind, calls) == (False, True, "credentials", 1)
    assert hint in error.hint


@pytest.mark.parametrize(
    ("message", "shown", "hint"),
    [
        ("verify aksk signature fail", "verify aksk signature fail", "Check secret_key"),
        (
            "AK access failed to reach the limit,forbidden",
            "AK access failed to reach the limit,forbidden",
            "five minutes",
        ),
        ("ak ABCDEFGH12345678 not exist", "ak ... not exist", "Check access_key"),
        ("decrypt token fail", "decrypt token fail", "Check the keys or the token"),
        (
            "verify aksk signature fail, canonical request: GET\n/v3/p/\n\nhost:h\nAK=ABCDEFGH12345678",
            "verify aksk signature fail",
            "Check secret_key",
        ),
        ("StringToSign=SDK-HMAC-SHA256 20261120T120000Z 0f0f", "no message", "Check the keys or the token"),
        ("refused. Authorization: SDK-HMAC-SHA256 Access=ABCDEFGH12345678", "refused", "Check the keys"),
    ],
)
def test_a_gateway_that_repeats_what_was_signed_is_not_shown(message: str, shown: str, hint: str) -> None:
    session = Http(timeout=5, deadline=3, verify=True, clock=Clock())
    signing = AccessKey("ABCDEFGH12345678", "secret", None, Clock())
    with scripted(refusal(401, "APIG.0301", message)) as server, pytest.raises(CloudError) as caught:
        usual = {"iam_endpoint": server.url, "region": "r", "project_id": "p"}
        Dds(session, signing, endpoint=server.url, **usual).instances()
    assert caught.value.message == f"The API refused with HTTP 401 APIG.0301: {shown}."
    assert hint in caught.value.hint


def test_a_permission_service_that_failed_is_no_fault_of_the_keys() -> None:
    error, calls = refused(refusal(401, "DBS.280064"))
    assert (error.kind, error.final, calls) == ("cloud_fault", False, 1)


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (404, "DBS.200002", "Check instance_id first, then region and project_id."),
        (403, "DBS.201028", "Check instance_id first, then region and project_id."),
        (400, "DBS.280110", "Check instance_id first, then region and project_id."),
        (400, "DBS.201501", "Check instance_id first, then region and project_id."),
        (400, "DBS.201502", "Check instance_id first, then region and project_id."),
        (400, "DBS.280404", "Check instance_id first, then region and project_id."),
        (404, "DBS.200013", "Check the node ids against those of the instance."),
        (400, "DBS.200451", "Check the node ids against those of the instance."),
        (400, "DBS.216026", "Check the node ids against those of the instance."),
        (400, "DBS.280407", "Check the node ids against those of the instance."),
        (403, "DBS.216030", "Check the node ids against those of the instance."),
        (403, "DBS.280032", "Grant this user the permission for the call in the cloud's IAM."),
        (403, "DBS.280063", "Grant this user the permission for the call in the cloud's IAM."),
        *(
            (400, f"DBS.{code}", "Check begin and end: the end must be after the begin, and neither too old.")
            for code in (280067, 280068, 280409)
        ),
        *(
            (400, code, "Look the code up in the cloud's reference; its support wants the request id.")
            for code in ("DBS.280439", "DBS.280440", "DBS.280001")
        ),
    ],
)
def test_a_refusal_says_what_to_do_and_is_not_repeated(status: int, code: str, hint: str) -> None:
    error, calls = refused(refusal(status, code))
    assert (error.hint, error.passing, error.final, calls) == (hint, False, False, 1)


def test_a_wrong_key_is_tried_once(emulator: Emulator, dds_options: dict[str, Any]) -> None:
    with pytest.raises(CloudError) as caught:
        connected({**dds_options, "secret_key": "wrong"}).instances()
    assert (caught.value.code, caught.value.final, len(emulator.requests)) == ("APIGW.0301", True, 1)
    assert dds_options["access_key"] not in str(caught.value.result())


@pytest.mark.parametrize("kind", ["throttled", "http", "html", "cut_before", "cut_after"])
def test_a_list_is_read_in_spite_of_faults(emulator: Emulator, kind: str) -> None:
    emulator.faults.add(Fault("ListInstances", kind, times=2))
    assert len(dds(emulator).instances()) == 2
    assert len(emulator.requests) == 3


# -- from options to a client


def connected(given_options: dict[str, Any], warn: Callable[[str], None] = lambda _warning: None) -> Dds:
    """Return the client of a module's options."""
    params = {name: option.get("default") for name, option in DDS.options.items()} | given_options
    return connect(DDS.checked(params), warn)


@pytest.mark.parametrize(
    ("region", "domain"), [("cn-north-4", "myhuaweicloud.com"), ("eu-west-101", "myhuaweicloud.eu")]
)
def test_endpoints_are_made_from_the_region(region: str, domain: str) -> None:
    api = connected({"auth_token": "t", "region": region})
    assert api._endpoint == f"https://dds.{region}.{domain}"
    assert api._iam_endpoint == f"https://iam.{region}.{domain}"


@pytest.mark.parametrize("region", ["cn:north", "CN-NORTH-4", "eu_de", "cn-north-4."])
def test_a_region_that_makes_no_address_is_refused(region: str) -> None:
    given_options = {"auth_token": "t", "region": region}
    with pytest.raises(BadInput, match=f"^region: '{re.escape(region)}' is none of Huawei Cloud.* give endpoint"):
        connected(given_options)
    endpoints = {name: f"https://{name}.example.com" for name in ("endpoint", "iam_endpoint")}
    connected({**given_options, **endpoints})


def test_options_lead_to_a_client_and_call_nothing(emulator: Emulator, dds_options: dict[str, Any]) -> None:
    api = connected(dds_options)
    assert len(emulator.requests) == 0
    assert len(api.instances()) == 2
    assert emulator.requests[0].auth == "aksk"


def test_a_token_goes_before_a_key(emulator: Emulator, dds_options: dict[str, Any]) -> None:
    token = emulator.credentials["dds"]["auth_token"]
    connected({**dds_options, "auth_token": token}).instances()
    assert emulator.requests[0].auth == "token"


def test_each_endpoint_in_clear_is_warned_of() -> None:
    warnings = list[str]()
    given_options = {"auth_token": "t", "region": "r", "endpoint": "http://dds.example.com"}
    connected({**given_options, "iam_endpoint": "http://iam.example.com/"}, warnings.append)
    assert [warning.partition(" is not")[0] for warning in warnings] == ["endpoint", "iam_endpoint"]


GROUP = {"type": "mongos", "nodes": [{"id": "a"}, {"id": "b"}]}


@pytest.mark.parametrize(
    ("fields", "complete"),
    [
        ({"mode": "Sharding", "groups": [GROUP, {"type": "shard", "nodes": [{"id": "c"}]}]}, True),
        ({"groups": [GROUP]}, False),
        ({"mode": "Sharding"}, False),
        ({"mode": "Sharding", "groups": []}, False),
        ({"mode": "Sharding", "groups": [GROUP, None]}, False),
        ({"mode": "Sharding", "groups": [{**GROUP, "type": None}]}, False),
        ({"mode": "Sharding", "groups": [GROUP, {"type": "shard", "nodes": None}]}, False),
        ({"mode": "Sharding", "groups": [{**GROUP, "nodes": [{"id": "a"}, []]}]}, False),
        ({"mode": "Sharding", "groups": [{**GROUP, "nodes": [{"id": "a"}, {"name": "b"}]}]}, False),
    ],
)
def test_a_node_is_gone_only_where_every_other_one_is_named(fields: dict[str, Any], complete: bool) -> None:
    assert names_every_node(Record(fields, "")) is complete


# -- what an answer proves


@pytest.mark.parametrize("signed", [True, False])
def test_an_accepted_signature_proves_the_clock_unless_a_cache_answered(emulator: Emulator, signed: bool) -> None:
    session = http(emulator)
    emulator.clock.signer, emulator.clock.date_offset = emulator.clock.now, -DAY
    keys = emulator.credentials["dds"]
    key = AccessKey(keys["access_key"], keys["secret_key"], None, session.clock)
    api = dds(emulator, session, key if signed else Token(keys["auth_token"]))
    emulator.faults.add(Fault("ListInstances", "cached"), Fault("ListInstances", "http", skip=1, args={"status": 403}))
    api.instances()
    session.clock.check()  # as no answer told a time
    for _turn in range(2):
        session.clock.observe(datetime.fromtimestamp(emulator.clock.now() - DAY, UTC))
        with pytest.raises(CloudError, match="API's answers say 2026-03-09T00:30"):
            session.clock.check()
        with suppress(CloudError):
            api.instances()
    if signed:
        session.clock.check()
    else:
        with pytest.raises(CloudError, match="clock"):
            session.clock.check()
