# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries of DDS's logs by query: spans, cursors, filters, what comes late or twice, and what is refused."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault, World
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_entries import DdsEntries
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_model import DdsInstance
from ansible_collections.clouddb.mongodb_logs.tests.emulator.entries import Span
from ansible_collections.clouddb.mongodb_logs.tests.emulator.messages import Request
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client, dds_time

HOUR, DAY = 3600, 86400
TYPES = {"slow": "SlowLog", "error": "ErrorLog"}


class Entries:
    """The entries of one kind of log of the first instance, or of another."""

    def __init__(self, emu: Emulator, client: Client, kind: str = "slow", number: int = 0) -> None:
        """Ask for the last day."""
        self.emu, self.client, self.kind, self.instance = emu, client, kind, emu.world.instances[number]
        self.span = (emu.clock.now() - DAY, emu.clock.now() - HOUR)

    def send(self, **body: Any) -> Any:
        """Send a call."""
        start, end = map(dds_time, self.span)
        project = self.emu.world.projects[0].id
        path = f"/v3.1/{project}/instances/{self.instance.id}/{self.kind}-logs"
        wanted = {"start_time": start, "end_time": end, "limit": 100, **body}
        return self.client.huawei("POST", path, None, {k: v for k, v in wanted.items() if v is not None})

    def page(self, **body: Any) -> list[dict[str, Any]]:
        """Return a page."""
        answer = self.send(**body)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()[f"{self.kind}_logs"]
        return rows

    def all(self, most: int = 500, **body: Any) -> list[dict[str, Any]]:
        """Follow the cursor until a page is empty."""
        found: list[dict[str, Any]] = []
        for _turn in range(most):
            rows = self.page(**body, **({"line_num": found[-1]["line_num"]} if found else {}))
            if not rows:
                return found
            found += rows
        raise AssertionError("it does not end")

    def refused(self, **body: Any) -> tuple[int, str]:
        """Return the status and code of the refusal."""
        answer = self.send(**body)
        return answer.status_code, answer.json().get("error_code", "")

    def offered(self) -> list[dict[str, Any]]:
        """Return what the emulator itself says that there is in the span."""
        first, last = (dds_time(at)[:19] for at in self.span)
        rows = self.emu.entries.listed(self.instance, TYPES[self.kind], span=Span.around(*self.span))
        return [row for row in rows if first <= row["log_time"][:19] < last]


@pytest.fixture
def slow(emu: Emulator, client: Client) -> Entries:
    """Entries of the replica set's slow logs."""
    return Entries(emu, client)


@pytest.mark.parametrize("kind", ["slow", "error"])
@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("limit", [2, 7, 100])
def test_the_cursor_leads_through_everything(emu: Emulator, client: Client, kind: str, order: str, limit: int) -> None:
    """Each entry once, in either order, with pages of any size; the lines are those that exports have."""
    emu.world.entry_order = order
    entries = Entries(emu, client, kind)
    found, offered = entries.all(limit=limit), entries.offered()
    assert found == (offered if order == "oldest" else offered[::-1])
    assert len(found) > 20
    fields = {"node_name", "node_id", "log_time", "line_num"}
    more = {"whole_message", "operate_type", "cost_time", "lock_time", "docs_returned", "docs_scanned", "database"}
    more |= {"collection", "index_recommendation"}
    assert set(found[0]) == fields | (more if kind == "slow" else {"raw_message", "severity"})
    assert all(len(row["line_num"]) == 19 for row in found)
    assert {row.signed for row in emu.requests} == {True}
    message = json.loads(found[0]["whole_message" if kind == "slow" else "raw_message"])
    assert message["t"]["$date"][:23] == found[0]["log_time"][:23]


def test_a_body_that_was_changed_after_signing_is_refused(emu: Emulator, client: Client, slow: Entries) -> None:
    """The signature is of the body too."""
    path = f"/v3.1/{emu.world.projects[0].id}/instances/{slow.instance.id}/slow-logs"
    body = json.dumps({"start_time": "x", "end_time": "y", "limit": 1}).encode()
    answer = client.send("POST", path, client.headers("POST", path, {}, body), body=body.replace(b"1", b"2"))
    assert (answer.status_code, answer.json()["error_code"]) == (401, "APIGW.0301")


@pytest.mark.parametrize(("number", "nodes"), [(0, 3), (1, 6)])
def test_nodes(emu: Emulator, client: Client, number: int, nodes: int) -> None:
    """One, all that can have it with an empty id, and those of a cluster's shards only."""
    for kind in ("slow", "error"):
        entries = Entries(emu, client, kind, number)
        entries.span = (emu.clock.now() - 3 * DAY, emu.clock.now())
        found = entries.all(node_id="")
        assert found == entries.all()
        ids = {row["node_id"] for row in found}
        assert len(ids) == nodes
        one = sorted(ids)[0]
        assert entries.all(node_id=one) == [row for row in found if row["node_id"] == one]
        mongos = emu.world.instances[1].groups[0].nodes[0].id
        assert entries.refused(node_id=mongos) in ((400, "DBS.280407"), (404, "DBS.200013"))
        assert entries.refused(node_id="x") == (400, "DBS.280407")
        assert entries.refused(node_id="0" * 32 + "no02") == (404, "DBS.200013")


def test_a_node_that_is_gone(emu: Emulator, slow: Entries) -> None:
    """Its entries go with it or, elsewhere, stay."""
    node, before = slow.instance.nodes()[0].id, slow.all()
    emu.world.remove_node(node)
    assert slow.refused(node_id=node) == (404, "DBS.200013")
    assert slow.all() == [row for row in before if row["node_id"] != node]
    emu.world.removed_nodes = True
    assert slow.all() == before
    assert slow.all(node_id=node)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        *[({"limit": limit}, "DBS.280439") for limit in (None, 0, 101, -1, "10", True, 1.5)],
        *[({"start_time": text}, "DBS.280067") for text in (None, "", "soon", "2026-03-09T00:00:00Z", 5)],
        *[
            ({"end_time": text}, "DBS.280068")
            for text in (None, "2026-03-10T00:40:00+0000", "2026-03-09 00:00:00+0000")
        ],
        ({"start_time": "2026-02-08T00:29:59+0000"}, "DBS.280067"),
        ({"start_time": "2026-03-09T12:00:00+0000", "end_time": "2026-03-09T12:00:00+0000"}, "DBS.280409"),
        *[({"line_num": number}, "DBS.280001") for number in ("", "x", 5, "-1", "1" * 20, "1" * 19)],
        *[({"operate_type": name}, "DBS.280001") for name in ("QUERY", "find", 1)],
        *[({"keywords": words}, "DBS.280001") for words in ("x", ["x"] * 11, [""], ["x" * 513], [1])],
        ({"database_keywords": ["x" * 65]}, "DBS.280001"),
        ({"collection_keywords": ["x" * 129]}, "DBS.280001"),
        *[({"min_cost_time": cost}, "DBS.280001") for cost in (-1, "1", True)],
        *[({name: "Error"}, "DBS.280001") for name in ("severity", "offset", "search_type")],
    ],
)
def test_wrong_parameters(slow: Entries, changes: dict[str, Any], code: str) -> None:
    """Refused with the code of what is wrong."""
    assert slow.refused(**changes) == (400, code)


def test_30_days_to_the_second(emu: Emulator, slow: Entries) -> None:
    """Thirty days can be asked for, a second more cannot."""
    now = emu.clock.now()
    slow.span = (now - 30 * DAY + 2, now - 29 * DAY)
    assert slow.page()
    slow.span = (now - 30 * DAY - 2, now - 29 * DAY)
    assert slow.refused() == (400, "DBS.280067")


def test_a_cursor_of_another_span_is_refused(slow: Entries) -> None:
    """The number must lie within the span that is asked for."""
    number = slow.page(limit=1)[0]["line_num"]
    slow.span = (slow.span[1] - HOUR, slow.span[1])
    assert slow.refused(line_num=number) == (400, "DBS.280001")


@pytest.mark.parametrize(("rule", "counted"), [("begin", [1, 2]), ("end", [2, 3]), ("both", [1, 2, 3]), ("none", [2])])
def test_which_ends_count(emu: Emulator, slow: Entries, rule: str, counted: list[int]) -> None:
    """Undocumented, so all are possible."""
    emu.world.entry_ends = rule
    for node in slow.instance.nodes():
        emu.world.quiet(node.id)
    begin = int(emu.clock.now()) - DAY
    slow.span = (begin, begin + HOUR)
    for number, at in enumerate((begin, begin + 60, begin + HOUR), 1):
        emu.world.add_entry(slow.instance.id, "SlowLog", at, line_num=number)
    assert [int(row["line_num"]) for row in slow.all()] == counted


def test_entries_come_late(emu: Emulator, slow: Entries) -> None:
    """Not shown before their time; by then they stand where they belong, behind the cursor of who read before."""
    now = emu.clock.now()
    before = slow.all()
    late = emu.world.add_entry(slow.instance.id, "SlowLog", now - 2 * HOUR, shown=now + HOUR, line_num=77, message="m")
    assert slow.all() == before
    emu.clock.advance(HOUR)
    after = slow.all()
    assert [row for row in after if row not in before] == [row for row in after if row["line_num"] == "77"] != []
    assert late.shown_at > now * 1e6
    emu.world.entry_lag = 600
    slow.span = (emu.clock.now() - 300, emu.clock.now())
    emu.world.add_entries(slow.instance.id, 1000, 1, until=emu.clock.now() + HOUR, late=0)
    assert len(slow.all()) < len([r for r in _later(emu, slow) if r["log_time"] >= dds_time(slow.span[0])[:19]])


def _later(emu: Emulator, entries: Entries) -> list[dict[str, Any]]:
    emu.clock.advance(700)
    return entries.offered()


@pytest.mark.parametrize(
    ("kind", "wanted", "fits"),
    [
        ("slow", {"operate_type": "update"}, lambda row: row["operate_type"] == "update"),
        ("slow", {"min_cost_time": 300, "max_cost_time": 900}, lambda row: 300 <= row["cost_time"] <= 900),
        ("slow", {"collection_keywords": ["ord", "cart"]}, lambda row: row["collection"] in ("orders", "carts")),
        ("slow", {"database_keywords": ["none"]}, lambda _row: False),
        ("slow", {"keywords": ["COLL", "Slow"]}, lambda row: "COLLSCAN" in row["whole_message"]),
        ("error", {"severity": "Error"}, lambda row: row["severity"] == "Error"),
        ("error", {"severity": ""}, lambda _row: True),
        ("error", {"keywords": ["Heart"]}, lambda row: "Heartbeat" in row["raw_message"]),
    ],
)
def test_filters(emu: Emulator, client: Client, kind: str, wanted: dict[str, Any], fits: Any) -> None:
    """Each narrows; words count from their begin."""
    entries = Entries(emu, client, kind)
    entries.span = (emu.clock.now() - 3 * DAY, emu.clock.now() - HOUR)
    everything = entries.all()
    assert entries.all(limit=9, **wanted) == list(filter(fits, everything))


def test_backwards(emu: Emulator, client: Client) -> None:
    """Error logs can be read towards the begin of the list."""
    entries = Entries(emu, client, "error")
    found = entries.all()
    middle = found[len(found) // 2]["line_num"]
    before = entries.page(line_num=middle, search_type="backwards", limit=5)
    assert before == found[len(found) // 2 - 5 : len(found) // 2]
    assert entries.page(line_num=middle, search_type="forwards", limit=5) == entries.page(line_num=middle, limit=5)
    assert entries.refused(search_type="backwards") == (400, "DBS.280001")
    assert entries.refused(line_num=middle, search_type="") == (400, "DBS.280001")


def test_a_cloud_without_the_call(emu: Emulator, slow: Entries) -> None:
    """Its gateway knows no such API; nobody is asked who they are."""
    emu.world.absent_actions = ["ListSlowLogs"]
    assert slow.refused() == (404, "APIGW.0101")
    slow.kind = "error"
    assert slow.page()


def test_an_instance_that_is_too_old(emu: Emulator, slow: Entries) -> None:
    """As its version says."""
    slow.instance.version = "3.4"
    assert slow.refused() == (400, "DBS.280343")
    emu.world.entry_refusal = "403 DBS.280347"
    assert slow.refused() == (403, "DBS.280347")


def test_forms(emu: Emulator, slow: Entries) -> None:
    """Of times and numbers, and what is left out."""
    assert slow.page(limit=1)[0]["log_time"].endswith("+0000")
    emu.world.entry_time_form, emu.world.quoted_numbers, emu.world.sparse = "microseconds", True, True
    [row] = slow.page(limit=1)
    assert len(row["log_time"]) == 27 and row["log_time"].endswith("Z")
    assert all(isinstance(value, str) for value in row.values())
    assert "index_recommendation" not in row


def test_faults_of_pages(emu: Emulator, slow: Entries) -> None:
    """Short pages, doubles, a cursor that stays or goes back, entries beyond the span."""
    everything = slow.all(limit=10)
    numbers = [row["line_num"] for row in everything]
    second = [row["line_num"] for row in slow.page(limit=10, line_num=numbers[9])]
    assert second == numbers[10:20]

    def with_fault(kind: str, **args: Any) -> list[str]:
        emu.faults.clear()
        emu.faults.add(Fault("ListSlowLogs", kind, args=args))
        return [row["line_num"] for row in slow.page(limit=10, line_num=numbers[9])]

    assert with_fault("short_page") == numbers[10:11]
    assert with_fault("doubled_entries", count=2) == numbers[8:18]
    assert with_fault("stuck_cursor") == numbers[:10]
    assert with_fault("stuck_cursor", how="first") == numbers[:10]
    outside = with_fault("outside_entries")
    assert outside[2:] == numbers[10:20]
    assert not set(outside[:2]) & set(numbers)


def test_a_mask(emu: Emulator, client: Client, slow: Entries) -> None:
    """While it is on, values in statements cannot be read."""
    emu.world.add_entries(slow.instance.id, 100, 1)
    path = f"/{slow.instance.id}/slowlog-desensitization"
    assert client.dds("GET", f"{path}/status").json() == {"status": "on"}
    masked = slow.all()
    assert all("***" in row["whole_message"] and "SKU-" not in row["whole_message"] for row in masked)
    assert client.dds("PUT", f"{path}/off").json() == {}
    assert client.dds("GET", f"{path}/status").json() == {"status": "off"}
    plain = slow.all()
    assert "SKU-" in str(plain)
    assert [row["line_num"] for row in plain] == [row["line_num"] for row in masked]
    assert client.dds("PUT", f"{path}/maybe").status_code == 404
    slow.instance.status = "abnormal"
    assert client.dds("PUT", f"{path}/on").json()["error_code"] == "DBS.280042"


def test_200_000_entries_over_30_days_are_listed_and_paged_quickly(emu: Emulator) -> None:
    """In bursts, some late, some doubled, with pages in descending order."""
    instance = emu.world.add_dds_instance(name="busy")
    for node in instance.nodes():
        emu.world.quiet(node.id)
    emu.world.add_entries(instance.id, 200_000, 29.9, doubled=0.02)
    emu.world.entry_order = "newest"
    emu.clock.advance(60)
    now = len(emu.entries.listed(instance, "SlowLog"))
    emu.clock.advance(7 * HOUR - 60)
    emu.world.entry_keep_seconds += DAY
    rows = {kind: emu.entries.listed(instance, kind) for kind in ("SlowLog", "ErrorLog")}
    assert sum(map(len, rows.values())) == 200_000
    assert len({row["line_num"] for row in rows["SlowLog"]}) == len(rows["SlowLog"]) > now
    busiest = max(max(flow.counts) for flow in instance.traffic)
    assert busiest > 500
    body = {
        "start_time": dds_time(emu.clock.now() - 29 * DAY),
        "end_time": dds_time(emu.clock.now() - DAY),
        "limit": 100,
    }
    took, number = [], None
    for _turn in range(200):
        started = time.thread_time()
        page = _page(emu, instance, {**body, **({"line_num": number} if number else {})})
        took.append(time.thread_time() - started)
        number = page[-1]["line_num"]
    assert sorted(took)[100] < 0.005


def _page(emu: Emulator, instance: DdsInstance, body: dict[str, Any]) -> list[dict[str, Any]]:
    params = {"project_id": instance.project_id, "instance_id": instance.id, "body": body}
    rows: list[dict[str, Any]] = json.loads(DdsEntries(emu).slow(Request("POST", "/", {}, params=params)).body)[
        "slow_logs"
    ]
    return rows


def test_entries_survive_being_written_down(emu: Emulator) -> None:
    """A world as plain data has the same entries."""
    instance = emu.world.instances[0]
    emu.world.add_entry(instance.id, "ErrorLog", emu.clock.now() - HOUR, message="told")
    emu.world.add_entries(instance.id, 50, 1)
    first = emu.entries.listed(instance, "ErrorLog")
    with Emulator(world=World.from_dict(emu.world.as_dict()), clock=emu.clock.now()) as again:
        assert again.entries.listed(again.world.instances[0], "ErrorLog") == first
    assert "told" in str(first)


def test_control(emu: Emulator, client: Client) -> None:
    """Entries can be added and listed from another process."""
    instance = emu.world.instances[0].id
    client.control(
        "POST", "world", {"op": "add_entry", "instance_id": instance, "log_type": "SlowLog", "at": 1773000000}
    )
    client.control("POST", "world", {"op": "add_entries", "instance_id": instance, "count": 10, "days": 1})
    client.control("POST", "world", {"set": {"absent_actions": ["ListErrorLogs"]}})
    rows = client.control("POST", "entries", {"instance_id": instance, "log_type": "SlowLog"})
    assert rows == emu.entries.listed(emu.world.instances[0], "SlowLog") != []
    assert emu.world.absent_actions == ["ListErrorLogs"]


# -- log streams


def configs(emu: Emulator, client: Client) -> list[Any]:
    """Return what is listed of the first project's instances."""
    answer = client.dds("GET", "/logs/lts-configs").json()
    assert answer["total_count"] == len(emu.world.instances)
    return [row.get("lts_configs") for row in answer["instance_lts_configs"]]


def test_streams(emu: Emulator, client: Client) -> None:
    """Set, shown after a while, deleted, which leaves them switched off."""
    ids = {
        "lts_group_id": "ec6dc499-1a63-4229-a0c2-a2afa8bcfc95",
        "lts_stream_id": "cae69d2e-378b-41dd-b3c9-3ca1cd5335bc",
    }
    what = {"instance_id": emu.world.instances[0].id, "log_type": "audit_log"}
    emu.world.stream_lag = 60
    assert configs(emu, client) == [None, None]
    assert client.dds("POST", "/logs/lts-configs", None, {"lts_configs": [{**what, **ids}]}).status_code == 202
    assert configs(emu, client) == [None, None]
    emu.clock.advance(60)
    assert configs(emu, client) == [[{"log_type": "audit_log", **ids, "enabled": True}], None]
    assert client.dds("DELETE", "/logs/lts-configs", None, {"lts_configs": [what]}).status_code == 202
    assert configs(emu, client) == [[{"log_type": "audit_log", **ids, "enabled": False}], None]
    row = client.dds("GET", "/logs/lts-configs", {"limit": 1}).json()["instance_lts_configs"][0]["instance"]
    assert (row["mode"], row["datastore"]["version"]) == ("Replica", 4.4)


@pytest.mark.parametrize(
    "rows",
    [
        *([], [{}], "x", [{"instance_id": "x"}]),
        [{"log_type": "slow_log"}],
        [{"lts_group_id": "x"}],
        [{"lts_stream_id": None}],
        [{"more": "x"}],
        [{}] * 101,
    ],
)
def test_wrong_streams(emu: Emulator, client: Client, rows: Any) -> None:
    """Refused as a whole."""
    good = {
        "instance_id": emu.world.instances[0].id,
        "log_type": "audit_log",
        "lts_group_id": "0",
        "lts_stream_id": "0",
    }
    wanted = [{**good, **row} for row in rows] if isinstance(rows, list) else rows
    answer = client.dds("POST", "/logs/lts-configs", None, {"lts_configs": wanted})
    assert answer.status_code == 400
    assert emu.world.instances[0].stream is None


def test_streams_that_cannot_be_set(emu: Emulator, client: Client) -> None:
    """Pages too large, instances that are frozen, and what was never there to be deleted."""
    assert client.dds("GET", "/logs/lts-configs", {"limit": 51}).json()["error_code"] == "DBS.280439"
    assert client.dds("GET", "/logs/lts-configs", {"limit": 0}).json()["instance_lts_configs"] == []
    what = {"instance_id": emu.world.instances[0].id, "log_type": "audit_log"}
    assert client.dds("DELETE", "/logs/lts-configs", None, {"lts_configs": [what]}).status_code == 400
    emu.world.instances[0].status = "frozen"
    assert client.dds("DELETE", "/logs/lts-configs", None, {"lts_configs": [what]}).status_code == 403


def test_an_export_has_at_most_so_many_bytes(emu: Emulator, client: Client) -> None:
    """The newest whole lines."""
    instance, whole = emu.world.instances[0], b""
    for most in (40 * 1024 * 1024, 5000):
        emu.world.export_most_bytes = most
        instance.exports.clear()
        client.dds("POST", f"/{instance.id}/slowlog-download")
        emu.clock.advance(30)
        row = client.dds("POST", f"/{instance.id}/slowlog-download").json()["list"][0]
        content = client.get(row["file_link"]).content
        whole = whole or content
        assert len(content) <= most
        assert whole.endswith(content)
        assert json.loads(content.splitlines()[0])["msg"] == "Slow query"
    assert len(whole) > 5000
