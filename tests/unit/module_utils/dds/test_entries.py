# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the entries of a span: everything that the documents leave open, and refusals that mean that there is no such call."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import cycle, repeat
from typing import Any, TypeVar

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds, api_time
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import Token
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.entries import CannotQuery, probe, read
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer, Http, Request
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._threads import Threads
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, Clock
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault, entries
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_model import DdsInstance
from ansible_collections.clouddb.mongodb_logs.tests.unit.clients import dds
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import FakeTime
from hypothesis import given, settings
from hypothesis import strategies as st

TYPES = {"slow": "SlowLog", "error": "ErrorLog"}
NOON = 1_795_176_000
T = TypeVar("T")


@pytest.fixture
def instance(emulator: Emulator) -> DdsInstance:
    """Return an instance whose first node wrote six hundred entries of each kind yesterday, some of them twice."""
    busy = emulator.world.add_dds_instance(name="busy")
    node = busy.nodes()[0].id
    emulator.world.add_entries(busy.id, 1200, 1, node_ids=[node], late=0, doubled=0.1)
    return busy


def last_day(emulator: Emulator) -> Span:
    """Return the day that ended an hour ago."""
    now = int(emulator.clock.now())
    return Span(now - DAY - HOUR, now - HOUR)


def offered(
    emulator: Emulator, instance: DdsInstance, span: Span, log_type: str, node_id: str | None = None
) -> list[int]:
    """Return the numbers of what the emulator itself says that there is."""
    around = entries.Span.around(*span)
    rows = emulator.entries.listed(instance, TYPES[log_type], node_id=node_id, span=around)
    first, last = (_text(at) for at in span)
    return [int(row["line_num"]) for row in rows if first <= row["log_time"] < last]


def _text(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


def numbers(lines: Any) -> list[int]:
    """Return the numbers of lines in their order."""
    return [int(json.loads(line)["line_num"]) for line in lines]


@pytest.mark.parametrize("log_type", ["slow", "error"])
@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("form", ["milliseconds", "microseconds"])
def test_every_entry_of_a_node_is_read_once(
    emulator: Emulator, instance: DdsInstance, log_type: str, order: str, form: str
) -> None:
    emulator.world.entry_order, emulator.world.entry_time_form = order, form
    span, node = last_day(emulator), instance.nodes()[0].id
    window = read(dds(emulator), instance.id, log_type, span, node_id=node)
    expected = offered(emulator, instance, span, log_type, node)
    found = numbers(window.lines())
    assert sorted(found) == sorted(expected)
    assert len(found) == len(window) > 500
    bodies = [record.params["body"] for record in emulator.requests.of(f"List{log_type.title()}Logs")]
    assert len({(body["start_time"], body["end_time"], body["node_id"]) for body in bodies}) == 1
    assert all(record.signed for record in emulator.requests)


FAULTS = [
    *[("short_page", {"count": count}, 3) for count in (1, 2, 99)],
    *[("doubled_entries", {"count": count}, None) for count in (1, 3, 50)],
    ("outside_entries", {}, None),
    ("throttled", {}, 2),
    ("http", {"status": 503}, 1),
    ("cut_after", {}, 1),
    ("cut_body", {}, 1),
    ("html", {}, 1),
]


@pytest.mark.uncounted
@pytest.mark.parametrize(("kind", "args", "times"), FAULTS)
@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_what_can_happen_to_a_page_changes_no_byte(
    emulator: Emulator, instance: DdsInstance, kind: str, args: dict[str, Any], times: int | None, order: str
) -> None:
    span, node = last_day(emulator), instance.nodes()[0].id
    api = dds(emulator)
    expected = b"".join(read(api, instance.id, "slow", span, node_id=node).lines())
    emulator.world.entry_order = order
    fault = emulator.faults.add(Fault("ListSlowLogs", kind, times=times, skip=1, args=args))
    assert b"".join(read(api, instance.id, "slow", span, node_id=node).lines()) == expected
    assert fault.fired
    assert expected.count(b"\n") > 500


@pytest.mark.parametrize("rule", ["begin", "end", "both", "none"])
def test_no_entry_falls_between_two_windows_whichever_ends_count(emulator: Emulator, rule: str) -> None:
    emulator.world.entry_ends = rule
    quiet = emulator.world.add_dds_instance(name="quiet")
    for node in quiet.nodes():
        emulator.world.quiet(node.id)
    edge = int(emulator.clock.now()) - 5 * HOUR
    for number, at in enumerate((-HOUR, -1, 0, 1, HOUR - 1, HOUR)):
        emulator.world.add_entry(quiet.id, "SlowLog", edge + at, line_num=number)
        emulator.world.add_entry(quiet.id, "SlowLog", edge + at, line_num=number + 100, microseconds=1)
    api = dds(emulator)
    found = [numbers(read(api, quiet.id, "slow", Span(edge + at, edge + at + HOUR)).lines()) for at in (-HOUR, 0, HOUR)]
    assert found == [[0, 100, 1, 101], [2, 102, 3, 103, 4, 104], [5, 105]]


@pytest.mark.parametrize("how", ["before", "first"])
def test_a_cursor_that_does_not_move_or_comes_back_is_an_error(
    emulator: Emulator, instance: DdsInstance, how: str
) -> None:
    emulator.faults.add(Fault("ListSlowLogs", "stuck_cursor", times=None, skip=2, args={"how": how}))
    with pytest.raises(CloudError, match="comes back") as caught:
        read(dds(emulator), instance.id, "slow", last_day(emulator), node_id=instance.nodes()[0].id)
    assert (caught.value.code, caught.value.passing) == ("list_moves", True)
    assert len(emulator.requests) < 8


def test_30_days_back_are_within_reach(emulator: Emulator, instance: DdsInstance) -> None:
    now = int(emulator.clock.now())
    read(dds(emulator), instance.id, "error", Span(now - 30 * DAY + 5, now - 29 * DAY))
    read(dds(emulator), instance.id, "error", Span(now - HOUR, now))


@pytest.mark.parametrize(
    ("status", "code", "cannot"),
    [
        (404, "APIGW.0101", True),
        (404, "APIG.0101", True),
        (400, "DBS.280343", True),
        (400, "DBS.280347", True),
        (403, "DBS.280347", True),
        (400, "DBS.999999", True),
        (403, "DBS.999999", True),
        (403, "DBS.280032", False),
        (403, "DBS.280063", False),
        (400, "DBS.280067", False),
        (404, "DBS.200002", False),
        (401, "APIGW.0301", False),
        (500, "DBS.280005", False),
        (429, "APIGW.0308", False),
    ],
)
def test_that_there_is_no_such_call_is_told_from_other_refusals(
    emulator: Emulator, instance: DdsInstance, status: int, code: str, cannot: bool
) -> None:
    emulator.faults.add(Fault("*", "http", times=None, args={"status": status, "code": code, "message": "not here"}))
    api = dds(emulator)
    for ask in (read, probe):
        with pytest.raises(CloudError, match="not here") as caught:
            ask(api, instance.id, "slow", last_day(emulator))
        assert isinstance(caught.value, CannotQuery) is cannot
        assert (caught.value.code, caught.value.status) == (code, status)


def test_a_page_of_a_proxy_says_nothing_of_what_a_cloud_has(emulator: Emulator, instance: DdsInstance) -> None:
    emulator.faults.add(Fault("*", "html", times=None, args={"status": 403}))
    with pytest.raises(CloudError) as caught:
        probe(dds(emulator), instance.id, "slow", last_day(emulator))
    assert (caught.value.code, isinstance(caught.value, CannotQuery)) == ("not_json", False)


def test_an_old_instance_and_a_cloud_without_the_call_are_told(emulator: Emulator, instance: DdsInstance) -> None:
    probe(dds(emulator), instance.id, "error", last_day(emulator))
    instance.version = "3.4"
    with pytest.raises(CannotQuery):
        probe(dds(emulator), instance.id, "error", last_day(emulator))
    emulator.world.absent_actions = ["ListErrorLogs"]
    with pytest.raises(CannotQuery):
        read(dds(emulator), emulator.world.instances[0].id, "error", last_day(emulator))


def test_a_call_that_is_refused_in_the_middle_is_no_missing_call(emulator: Emulator, instance: DdsInstance) -> None:
    emulator.faults.add(Fault("ListSlowLogs", "http", skip=1, args={"status": 404, "code": "APIGW.0101"}))
    with pytest.raises(CloudError) as caught:
        read(dds(emulator), instance.id, "slow", last_day(emulator))
    assert not isinstance(caught.value, CannotQuery)


# -- any order that a list may have


class Scripted(Http):
    """A session whose pages a function makes of the body of each request."""

    def __init__(self, answer: Callable[[dict[str, Any]], str]) -> None:
        fake = FakeTime()
        self._answer = answer
        super().__init__(timeout=5, deadline=5, verify=True, clock=Clock(), sleep=fake.sleep, monotonic=fake.monotonic)

    def _send(self, request: Request, timeout: float) -> Answer:
        return Answer("api", 200, {}, self._answer(json.loads(request.body)).encode())


def client(answer: Callable[[dict[str, Any]], str]) -> Dds:
    """Return a client of these pages."""
    usual = {"endpoint": "https://dds", "iam_endpoint": "https://iam", "region": "eu-de", "project_id": "p"}
    return Dds(Scripted(answer), Token("t"), **usual)


@settings(max_examples=100, deadline=None)
@given(
    st.permutations(range(30)),
    st.lists(st.integers(1, 9), min_size=1, max_size=9),
    st.sets(st.integers(0, 29)),
    st.randoms(use_true_random=False),
)
def test_pages_of_any_size_order_and_doubles_are_read_to_the_end(
    order: list[int], sizes: list[int], doubled: set[int], dice: Any
) -> None:
    calls = 0

    def answer(body: dict[str, Any]) -> str:
        nonlocal calls
        begin = order.index(int(body["line_num"])) + 1 if "line_num" in body else 0
        page = order[begin : begin + sizes[calls % len(sizes)]]
        calls += 1
        if page:
            page = [number for number in order[:begin] if number in doubled and dice.random() < 0.3] + page
        rows = [{"line_num": str(number), "log_time": f"2026-11-20T12:00:{number // 2:02d}Z"} for number in page]
        return json.dumps({"slow_logs": rows})

    window = read(client(answer), "i", "slow", Span(NOON, NOON + 60))
    assert numbers(window.lines()) == list(range(30))


class Lending(Threads):
    """Threads, of which some have nothing to do when a test says so."""

    def __init__(self, lends: Iterable[bool] = repeat(True)) -> None:
        super().__init__(100, "helper")
        self.lent = 0
        self._lends = iter(lends)

    def spare(self, work: Callable[..., T], *arguments: Any) -> Future[T] | None:
        """Lend a thread if it is its turn."""
        if not next(self._lends):
            return None
        self.lent += 1
        return super().spare(work, *arguments)

    def run(self, work: Callable[[], T]) -> T:
        """Do something as one of the threads."""
        done = super().spare(work)
        assert done
        return done.result()


@pytest.fixture
def threads() -> Iterator[Lending]:
    """Lend a thread whenever one is asked for."""
    found = Lending()
    yield found
    found.stop()


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("rule", ["begin", "end", "both", "none"])
def test_a_busy_window_that_many_read_has_the_same_bytes(
    emulator: Emulator, instance: DdsInstance, threads: Lending, order: str, rule: str
) -> None:
    span, node = last_day(emulator), instance.nodes()[0].id
    api = dds(emulator)
    expected = b"".join(read(api, instance.id, "slow", span, node_id=node).lines())
    emulator.world.entry_order, emulator.world.entry_ends = order, rule
    found = threads.run(lambda: read(api, instance.id, "slow", span, node_id=node, threads=threads))
    assert b"".join(found.lines()) == expected
    assert threads.lent > 1


@settings(deadline=None)
@given(
    st.permutations(range(60)),
    st.lists(st.integers(1, 4), min_size=1),
    st.lists(st.booleans(), min_size=1),
    st.integers(1, 20),
)
def test_in_whatever_order_the_cloud_lists_parts_read_by_others_add_up(
    order: list[int], sizes: list[int], lends: list[bool], seconds: int
) -> None:
    size = cycle(sizes)

    def moment(number: int) -> int:
        return NOON + number * seconds

    def answer(body: dict[str, Any]) -> str:
        first, end = body["start_time"], body["end_time"]
        shown = [number for number in order if first <= api_time(moment(number)) < end]
        begin = shown.index(int(body["line_num"])) + 1 if "line_num" in body else 0
        page = shown[begin : begin + next(size)]
        return json.dumps(
            {"slow_logs": [{"line_num": str(number), "log_time": _text(moment(number)) + "Z"} for number in page]}
        )

    threads = Lending(cycle(lends))
    window = threads.run(lambda: read(client(answer), "i", "slow", Span(NOON, moment(60)), threads=threads))
    threads.stop()
    assert numbers(window.lines()) == list(range(60))


def test_a_fault_in_a_part_that_another_reads_is_that_of_the_window(
    emulator: Emulator, instance: DdsInstance, threads: Lending
) -> None:
    span, node = last_day(emulator), instance.nodes()[0].id
    emulator.faults.add(Fault("ListSlowLogs", "http", times=None, skip=6, args={"status": 403}))
    with pytest.raises(CloudError):
        threads.run(lambda: read(dds(emulator), instance.id, "slow", span, node_id=node, threads=threads))
    assert threads.lent


@pytest.mark.parametrize(
    "text", ["{}", '{"slow_logs":null}', '{"slow_logs":{}}', '{"slow_logs":[1]}', '{"slow_logs":[null]}']
)
def test_an_answer_without_a_list_is_no_end(text: str) -> None:
    with pytest.raises(CloudError) as caught:
        read(client(lambda _body: text), "i", "slow", Span(NOON, NOON + 60))
    assert caught.value.code == "bad_answer"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_json(number: str) -> None:
    text = f'{{"slow_logs":[{{"line_num":"1","log_time":"2026-11-20T12:00:00Z","cost_time":{number}}}]}}'
    with pytest.raises(CloudError) as caught:
        read(client(lambda _body: text), "i", "slow", Span(NOON, NOON + 60))
    assert caught.value.code == "not_json"


def test_numbers_stay_as_they_were_sent_and_a_cursor_goes_back_as_it_came() -> None:
    asked: list[str | None] = []

    def answer(body: dict[str, Any]) -> str:
        asked.append(body.get("line_num"))
        row = '{"log_time":"2026-11-20T12:00:00Z","line_num":0017,"cost_time":1.50}'.replace("0017", '"0017"')
        return f'{{"slow_logs":[{row if len(asked) == 1 else ""}]}}'

    [line] = read(client(answer), "i", "slow", Span(NOON, NOON + 60)).lines()
    assert line == b'{"cost_time":1.50,"line_num":"0017","log_time":"2026-11-20T12:00:00Z"}\n'
    assert asked == [None, "0017"]
