# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exports of DDS's slow and error logs, from being asked for to being forgotten."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client

HOUR, DAY = 3600, 86400
KINDS = ["slow", "error"]


class Exports:
    """The exports of the first instance, or of another."""

    def __init__(self, emu: Emulator, client: Client, kind: str = "slow", number: int = 0) -> None:
        """Ask for one kind of log."""
        self.emu, self.client, self.instance = emu, client, emu.world.instances[number]
        self.path = f"/{self.instance.id}/{kind}log-download"

    def call(self, **body: Any) -> dict[str, Any]:
        """Ask; return what is answered."""
        answer: dict[str, Any] = self.client.dds("POST", self.path, None, body).json()
        return answer

    def done(self, **body: Any) -> list[dict[str, Any]]:
        """Ask, wait, ask again; return the rows."""
        self.call(**body)
        self.emu.clock.advance(self.emu.world.export_seconds)
        answer = self.call(**body)
        assert answer["status"] == "FINISH"
        rows: list[dict[str, Any]] = answer["list"]
        return rows

    def contents(self, **body: Any) -> dict[str, bytes]:
        """Return each file's bytes."""
        return {row["file_name"]: self.client.get(row["file_link"]).content for row in self.done(**body)}

    def refused(self, **body: Any) -> tuple[int, str]:
        """Ask; return the status and code of the refusal."""
        answer = self.client.dds("POST", self.path, None, body)
        return answer.status_code, answer.json()["error_code"]


def states(answer: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the state of all, and of each."""
    return answer["status"], [row["status"] for row in answer["list"]]


@pytest.fixture
def slow(emu: Emulator, client: Client) -> Exports:
    """Export slow logs of the replica set."""
    return Exports(emu, client)


@pytest.mark.parametrize("kind", KINDS)
def test_from_asking_to_the_lines(emu: Emulator, client: Client, kind: str) -> None:
    """Being made without size and link, then with both; a name of the node, whose id is in the file's name."""
    exports = Exports(emu, client, kind)
    first = exports.call()
    assert (states(first), first["count"]) == (("CREATING", ["EXPORTING"] * 3), 3)
    assert all(row["file_size"] is row["file_link"] is None for row in first["list"])
    emu.clock.advance(29)
    assert states(exports.call())[0] == "CREATING"
    emu.clock.advance(1)
    second = exports.call()
    assert states(second) == ("FINISH", ["SUCCESS"] * 3)
    for node, row in zip(exports.instance.nodes(), second["list"], strict=True):
        assert row["node_name"] == node.name
        assert row["file_name"].startswith(f"{exports.instance.project_id}_{node.id}_{kind}log_")
        assert abs(row["update_at" if kind == "slow" else "updated_at"] / 1000 - emu.clock.now()) < 5
        text = client.get(row["file_link"]).content
        assert row["file_size"] == f"{round(len(text) / 1024, 2):g}"
        lines = [json.loads(line) for line in text.splitlines()]
        assert len(lines) > 20
        assert (lines[0]["msg"] == "Slow query") == (kind == "slow")
        assert [line["t"]["$date"] for line in lines] == sorted(line["t"]["$date"] for line in lines)
        assert lines[0]["t"]["$date"] > "2026-03-03T00:00" and lines[-1]["t"]["$date"] < "2026-03-10T00:00"
    assert [record.params["instance_id"] for record in emu.requests.of(f"Download{kind.title()}Log")] == [
        exports.instance.id
    ] * 3


@pytest.mark.parametrize(("kind", "groups"), [("slow", ["shard"] * 6), ("error", None)])
def test_nodes_of_a_cluster(emu: Emulator, client: Client, kind: str, groups: list[str] | None) -> None:
    """Slow logs live on the shards, error logs on all of them."""
    exports = Exports(emu, client, kind, number=1)
    kinds = {node.name: group.type for group in exports.instance.groups for node in group.nodes}
    assert [kinds[row["node_name"]] for row in exports.call()["list"]] == (groups or list(kinds.values()))
    mongos = exports.instance.groups[0].nodes[0].id
    if kind == "slow":
        assert exports.refused(node_id_list=[mongos]) == (400, "DBS.280407")
    else:
        assert len(exports.call(node_id_list=[mongos])["list"]) == 1


def test_what_is_asked_for(emu: Emulator, client: Client, slow: Exports) -> None:
    """Nodes, files, or all of them with an empty list, an empty object, no body at all."""
    path = f"/v3/{emu.world.projects[0].id}/instances{slow.path}"
    assert client.huawei("POST", path).json()["count"] == 3
    assert slow.call(node_id_list=[], file_name_list=[])["count"] == 3
    one, two, _three = slow.instance.nodes()
    [row] = slow.call(node_id_list=[one.id])["list"]
    assert row["node_name"] == one.name
    assert slow.call(file_name_list=[row["file_name"]])["list"] == [row]
    assert slow.call(file_name_list=[row["file_name"]], node_id_list=[one.id, two.id])["count"] == 1
    assert slow.refused(file_name_list=[row["file_name"]], node_id_list=[two.id]) == (400, "DBS.280001")


@pytest.mark.parametrize("name", ["node_id_list", "file_name_list"])
@pytest.mark.parametrize("value", ["x", [1], [None], {}, None])
def test_wrong_lists(slow: Exports, name: str, value: Any) -> None:
    """Lists of strings, nothing else."""
    assert slow.refused(**{name: value}) == (400, "DBS.280001")


def test_what_does_not_exist(emu: Emulator, client: Client, slow: Exports) -> None:
    """A node, a file, an instance; a node that is gone has no export either."""
    node = slow.instance.nodes()[0].id
    assert slow.refused(node_id_list=["x"]) == (400, "DBS.280407")
    assert slow.refused(node_id_list=[node, "0" * 32 + "no02"]) == (404, "DBS.200013")
    assert slow.refused(file_name_list=["x"]) == (400, "DBS.280001")
    emu.world.remove_node(node)
    assert slow.refused(node_id_list=[node]) == (404, "DBS.200013")
    assert slow.call()["count"] == 2
    slow.path = f"/{'0' * 32}in02/slowlog-download"
    assert slow.refused() == (404, "DBS.200002")
    assert client.dds("GET", slow.path).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_permissions(emu: Emulator, client: Client, kind: str) -> None:
    """Each kind has its own."""
    client.keys.denied.append(f"dds:instance:download{kind.title()}Log")
    assert Exports(emu, client, kind).refused() == (403, "DBS.280032")
    other = next(name for name in KINDS if name != kind)
    assert Exports(emu, client, other).call()["status"] == "CREATING"


def test_exports_are_forgotten(emu: Emulator, slow: Exports) -> None:
    """Kept for a while; then the same call starts anew, under the same names."""
    before = slow.done()
    emu.clock.advance(890)
    assert states(slow.call())[0] == "FINISH"
    emu.clock.advance(20)
    again = slow.call()
    assert states(again) == ("CREATING", ["EXPORTING"] * 3)
    assert [row["file_name"] for row in again["list"]] == [row["file_name"] for row in before]
    emu.clock.advance(30)
    assert states(slow.call())[0] == "FINISH"


def test_some_are_older_than_others(emu: Emulator, slow: Exports) -> None:
    """Who asks for one node has that one sooner."""
    slow.call(node_id_list=[slow.instance.nodes()[0].id])
    emu.clock.advance(20)
    slow.call()
    emu.clock.advance(10)
    assert states(slow.call()) == ("CREATING", ["SUCCESS", "EXPORTING", "EXPORTING"])


def test_the_life_of_links(emu: Emulator, client: Client, slow: Exports) -> None:
    """Five minutes from each call, as `Expires` says; or from when the export was made."""
    link = slow.done()[0]["file_link"]
    [expires] = parse_qs(urlsplit(link).query)["Expires"]
    assert abs(int(expires) - emu.clock.now() - 300) < 5
    emu.clock.advance(290)
    fresh = slow.call()["list"][0]["file_link"]
    assert [client.get(url).status_code for url in (link, fresh)] == [200, 200]
    emu.clock.advance(20)
    assert [client.get(url).status_code for url in (link, fresh)] == [403, 200]
    emu.world.export_links = "once"
    assert client.get(slow.call()["list"][0]["file_link"]).status_code == 403
    emu.world.export_links, emu.world.export_link_seconds = "fresh", 60
    short = slow.call()["list"][0]["file_link"]
    emu.clock.advance(61)
    assert client.get(short).status_code == 403


def test_the_same_bytes_within_an_hour(emu: Emulator, slow: Exports) -> None:
    """Then more of them at one end and fewer at the other: it is what the cloud holds of seven days."""
    first = slow.contents()
    emu.clock.advance(1000)
    assert slow.contents() == first
    emu.clock.advance(6 * HOUR)
    later = slow.contents()
    assert list(later) == list(first)
    for name, old in first.items():
        old_lines, new_lines = old.splitlines(), later[name].splitlines()
        assert new_lines[-1] not in old_lines
        assert set(old_lines[old_lines.index(new_lines[0]) :]) <= set(new_lines)
    emu.world.export_every = 0
    emu.clock.advance(1000 + HOUR)
    newest = json.loads(next(iter(slow.contents().values())).splitlines()[-1])["t"]["$date"]
    assert newest > json.loads(next(iter(later.values())).splitlines()[-1])["t"]["$date"]


def test_a_file_a_day(emu: Emulator, slow: Exports) -> None:
    """Seven days; as the day goes by only today's grows, and a new day brings a new one."""
    emu.world.export_daily = True
    node = [slow.instance.nodes()[0].id]
    first = slow.contents(node_id_list=node)
    names = list(first)
    assert [name.split("_")[-1] for name in names] == [f"202603{day:02d}000000" for day in range(4, 11)]
    emu.clock.advance(12 * HOUR)
    second = slow.contents(node_id_list=node)
    assert [name for name in names if first[name] != second[name]] == names[-1:]
    assert second[names[-1]].startswith(first[names[-1]])
    assert slow.call(node_id_list=node, file_name_list=names[2:4])["count"] == 2
    emu.clock.advance(DAY)
    third = slow.contents(node_id_list=node)
    assert list(third)[:-1] == names[1:]
    assert [third[name] for name in names[1:-1]] == [first[name] for name in names[1:-1]]
    assert len(slow.instance.exports) == 7


@pytest.mark.parametrize("daily", [False, True])
def test_names(emu: Emulator, slow: Exports, daily: bool) -> None:
    """Without the node's id, or new for every export; never the same for two files."""
    emu.world.export_daily = daily
    ids = [node.id for node in slow.instance.nodes()]

    def names() -> list[str]:
        found = [row["file_name"] for row in slow.done()]
        assert len(set(found)) == len(found) == 3 * (7 if daily else 1)
        emu.clock.advance(1000)
        return found

    usual = names()
    assert all(any(node in name for node in ids) for name in usual)
    emu.world.export_names = "new"
    first, second = names(), names()
    assert not set(first) & set(second)
    emu.world.export_names = "anonymous"
    anonymous = names()
    assert not any(node in name for node in ids for name in anonymous)
    assert names() == anonymous


def test_nodes_that_are_quiet_or_new(emu: Emulator, client: Client, slow: Exports) -> None:
    """Their files are empty, and there all the same."""
    quiet = slow.instance.nodes()[0].id
    emu.world.quiet(quiet, "SlowLog")
    fresh = emu.world.add_node(slow.instance.id)
    rows = slow.done()
    assert [row["file_size"] == "0" for row in rows] == [True, False, False, True]
    assert rows[-1]["node_name"] == getattr(fresh, "name", None)
    assert client.get(rows[0]["file_link"]).content == b""
    assert Exports(emu, client, "error").done(node_id_list=[quiet])[0]["file_size"] != "0"


def test_how_answers_vary(emu: Emulator, client: Client, slow: Exports) -> None:
    """One spelling for both kinds; or nothing that may be left out."""
    emu.world.export_time_field = "updated_at"
    assert {"updated_at"} == {name for name in slow.call()["list"][0] if name.startswith("update")}
    emu.world.sparse = True
    answer = slow.call()
    assert (set(answer), set(answer["list"][0])) == ({"list", "status"}, {"node_name", "file_name", "status"})
    assert set(slow.done()[0]) == {"node_name", "file_name", "status", "file_size", "file_link"}


def test_a_busy_instance(emu: Emulator, client: Client, slow: Exports) -> None:
    """For a time, from inside or outside."""
    emu.world.busy(slow.instance.id, 60)
    assert slow.refused() == (403, "DBS.200019")
    assert Exports(emu, client, number=1).call()["status"] == "CREATING"
    emu.clock.advance(61)
    assert slow.call()["status"] == "CREATING"
    client.control("POST", "world", {"op": "busy", "instance_id": slow.instance.id, "seconds": 60})
    assert slow.refused() == (403, "DBS.200019")


# -- faults


@pytest.mark.parametrize("all_of_them", [True, False])
def test_exports_that_fail(emu: Emulator, slow: Exports, all_of_them: bool) -> None:
    """All, or one node's, which makes the whole FAILED; without a link; the next export is another chance."""
    args = {} if all_of_them else {"node": slow.instance.nodes()[1].id}
    emu.faults.add(Fault("DownloadSlowLog", "fail_export", args=args))
    assert states(slow.call()) == ("CREATING", ["EXPORTING"] * 3)
    emu.clock.advance(30)
    answer = slow.call()
    other = "FAILED" if all_of_them else "SUCCESS"
    assert states(answer) == ("FAILED", [other, "FAILED", other])
    assert answer["list"][1]["file_link"] is answer["list"][1]["file_size"] is None
    emu.clock.advance(901)
    assert len(slow.done()) == 3


def test_a_slow_export(emu: Emulator, slow: Exports) -> None:
    """One node keeps the others waiting."""
    node = slow.instance.nodes()[2].id
    emu.faults.add(Fault("*", "slow_export", args={"node": node, "seconds": 90}))
    slow.call()
    emu.clock.advance(31)
    assert states(slow.call()) == ("CREATING", ["SUCCESS", "SUCCESS", "EXPORTING"])
    emu.clock.advance(60)
    assert states(slow.call())[0] == "FINISH"


def test_an_export_that_starts_again(emu: Emulator, slow: Exports) -> None:
    """It was done, it is being made, it is done."""
    fault = emu.faults.add(Fault("DownloadSlowLog", "export_again", skip=2))
    slow.done()
    assert states(slow.call()) == ("CREATING", ["EXPORTING"] * 3)
    emu.clock.advance(30)
    assert states(slow.call())[0] == "FINISH"
    assert fault.fired == 1


def test_links_that_are_short_lived(emu: Emulator, client: Client, slow: Exports) -> None:
    """Three minutes in place of five."""
    slow.done()
    emu.faults.add(Fault("DownloadSlowLog", "short_links"))
    link = slow.call()["list"][0]["file_link"]
    emu.clock.advance(175)
    assert client.get(link).status_code == 200
    emu.clock.advance(10)
    assert client.get(link).status_code == 403


def test_names_and_sizes_that_mislead(emu: Emulator, client: Client, slow: Exports) -> None:
    """No such node, a path for a file's name, a link that tells nothing, a wrong size."""
    rows = slow.done()
    size = len(client.get(rows[0]["file_link"]).content)

    def row(kind: str, **args: Any) -> dict[str, Any]:
        emu.faults.add(Fault("DownloadSlowLog", kind, args=args))
        found: dict[str, Any] = slow.call()["list"][0]
        assert len(client.get(found["file_link"]).content) == size
        return found

    assert row("unknown_node_names")["node_name"] == "node_1"
    assert row("hostile_names", form="parent")["file_name"] == f"../../../../{rows[0]['file_name']}"
    assert rows[0]["file_name"] not in row("opaque_names")["file_link"]
    assert float(row("wrong_size", by=2)["file_size"]) == round(size / 1024 + 2, 2)
    assert slow.call()["list"][0]["file_size"] == rows[0]["file_size"]


def test_a_fault_for_one_node(emu: Emulator, slow: Exports) -> None:
    """Bodies are looked into as well."""
    one, two, _three = slow.instance.nodes()
    emu.faults.add(Fault("*", "http", times=None, match={"node": two.id}, args={"status": 403, "code": "DBS.200011"}))
    assert slow.call(node_id_list=[one.id])["status"] == "CREATING"
    assert slow.refused(node_id_list=[two.id]) == (403, "DBS.200011")


def test_exports_are_plain_data(emu: Emulator, slow: Exports) -> None:
    """A world that is written and read back goes on with them."""
    slow.done()
    world = type(emu.world).from_dict(emu.world.as_dict())
    assert world.instances[0].exports == slow.instance.exports
    with Emulator(world=world, clock=emu.clock.now()) as other:
        assert states(Exports(other, Client(other)).call())[0] == "FINISH"
