# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The UCloud side refuses what the real gateway and product refuse."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client

HOUR = 3600
ZONE = "cn-bj2-04"
REPLICA, SHARDED = "uclmongo-shop0rs1xq", "uclmongo-shop0sh2zk"


def window(emu: Emulator, **changes: Any) -> dict[str, Any]:
    """Return good parameters of BackupUMongoDBLog: yesterday, all of it."""
    end = int(emu.clock.now()) // 86400 * 86400
    node = emu.world.cluster(REPLICA).nodes()[0].node_id
    good = {"Zone": ZONE, "ClusterId": REPLICA, "NodeId": node, "LogType": "SlowLog", "Name": "yesterday"}
    return {**good, "Begin": end - 24 * HOUR, "End": end, **changes}


def packages(client: Client, cluster: str = REPLICA) -> list[dict[str, Any]]:
    """Return what the list shows, by id."""
    rows: list[dict[str, Any]] = client.ucloud("ListUMongoDBLogPackage", Zone=ZONE, ClusterId=cluster)["DataSet"]
    return sorted(rows, key=lambda row: row["Id"])


def test_a_package_from_asking_to_its_lines(emu: Emulator, client: Client) -> None:
    """The whole way: ask, wait, list, link, download, read."""
    good = window(emu)
    assert client.ucloud("BackupUMongoDBLog", **good) == {"RetCode": 0, "Action": "BackupUMongoDBLogResponse"}
    [row] = packages(client)
    assert (row["State"], row["Size"], row["FinishTime"]) == ("Package_Running", 0, 0)
    refused = client.ucloud("DescribeUMongoDBBackupURL", ClusterId=REPLICA, PackageId=row["Id"])
    assert refused["RetCode"] == 65104
    emu.clock.advance(30)
    [row] = packages(client)
    assert row["State"] == "Package_Success"
    assert {name: row[name] for name in ("Begin", "End", "NodeId", "Name")} == {
        name: good[name] for name in ("Begin", "End", "NodeId", "Name")
    }
    links = client.ucloud("DescribeUMongoDBBackupURL", ClusterId=REPLICA, PackageId=row["Id"])
    internet, intranet = client.get(links["InternetAddress"]), client.get(links["IntranetAddress"])
    assert "/objects/internal/" in links["IntranetAddress"]
    assert internet.content == intranet.content
    assert len(internet.content) == row["Size"]
    with tarfile.open(fileobj=io.BytesIO(internet.content), mode="r:gz") as archive:
        member = archive.extractfile(archive.getmembers()[0])
        assert member is not None
        lines = [json.loads(line) for line in member.read().splitlines()]
    assert len(lines) > 20
    assert {line["id"] for line in lines} == {51803}
    assert all(line["msg"] == "Slow query" and line["attr"]["durationMillis"] >= 100 for line in lines)
    assert [line["t"]["$date"] for line in lines] == sorted(line["t"]["$date"] for line in lines)


def test_every_accepted_call_makes_one_more_package(emu: Emulator, client: Client) -> None:
    """Creating is not idempotent; ids ascend, the list has no order."""
    for _turn in range(8):
        client.ucloud("BackupUMongoDBLog", **window(emu))
    shown = [row["Id"] for row in client.ucloud("ListUMongoDBLogPackage", Zone=ZONE, ClusterId=REPLICA)["DataSet"]]
    assert sorted(shown) == list(range(4021, 4029))
    assert shown != sorted(shown)


@pytest.mark.parametrize("name", ["Region", "Zone", "Name", "ClusterId", "NodeId", "Begin", "End", "LogType"])
@pytest.mark.parametrize("value", [None, ""])
def test_required_parameters(emu: Emulator, client: Client, name: str, value: str | None) -> None:
    """Each of them is missed, absent or empty."""
    answer = client.ucloud("BackupUMongoDBLog", **window(emu, **{name: value}))
    assert (answer["RetCode"], answer["Message"]) == (220, f"Missing params [{name}]")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("Region", "cn-nowhere", 230),
        ("Zone", "cn-bj2-99", 230),
        ("Zone", "hk-02", 293),
        ("Zone", "cn-bj2-05", 65101),
        ("ClusterId", "uclmongo-other", 65101),
        ("NodeId", "unmongo-other", 65102),
        ("LogType", "Slow_Log", 230),
        ("LogType", "AuditLog", 230),
        ("Begin", "2026-03-09", 230),
        ("Begin", "-1", 230),
        ("ProjectId", "org-other", 292),
        ("ProjectId", "org-kx20ab", 65101),
    ],
)
def test_wrong_values(emu: Emulator, client: Client, name: str, value: str, code: int) -> None:
    """What does not exist, or is not allowed, is refused."""
    assert client.ucloud("BackupUMongoDBLog", **window(emu, **{name: value}))["RetCode"] == code


def test_the_limits_of_a_window(emu: Emulator, client: Client) -> None:
    """Seven times 24 hours back, 24 hours long, and End after Begin: on the second."""
    now = int(emu.clock.now())
    oldest = now - 7 * 24 * HOUR + 60

    def code(begin: int, end: int) -> int:
        return int(client.ucloud("BackupUMongoDBLog", **window(emu, Begin=begin, End=end))["RetCode"])

    assert code(oldest, oldest + 24 * HOUR) == 0
    assert code(oldest - 61, oldest) == 230
    assert code(oldest, oldest + 24 * HOUR + 1) == 230
    assert code(oldest, oldest) == 230
    emu.clock.advance(61)
    assert code(oldest, oldest + HOUR) == 230
    assert len(packages(client)) == 1


def test_a_mongos_has_no_slow_log(emu: Emulator, client: Client) -> None:
    """Its error log is there."""
    mongos = emu.world.cluster(SHARDED).mongos[0].node_id
    there = {"ClusterId": SHARDED, "NodeId": mongos}
    assert client.ucloud("BackupUMongoDBLog", **window(emu, **there))["RetCode"] == 230
    assert client.ucloud("BackupUMongoDBLog", **window(emu, **there, LogType="ErrorLog"))["RetCode"] == 0


def test_the_list_needs_a_zone(client: Client) -> None:
    """The sibling calls do not, this one does."""
    assert client.ucloud("ListUMongoDBLogPackage", ClusterId=REPLICA)["Message"] == "Missing params [Zone]"
    assert client.ucloud("ListUMongoDBBackup", ClusterId=REPLICA)["Message"] == "Missing params [Zone]"


def test_the_zone_rules_of_a_cluster_across_zones(emu: Emulator, client: Client) -> None:
    """Which zone to send is undocumented: the world can be made to want the cluster's or the node's."""
    node = emu.world.cluster(SHARDED).replicas[0].nodes[1]
    assert node.zone == "cn-bj2-05"

    def codes() -> list[int]:
        there = {"ClusterId": SHARDED, "NodeId": node.node_id}
        answers = [client.ucloud("BackupUMongoDBLog", **window(emu, **there, Zone=z)) for z in (ZONE, "cn-bj2-05")]
        return [answer["RetCode"] for answer in answers]

    assert codes() == [0, 0]
    emu.world.zone_rule = "cluster"
    assert codes() == [0, 65101]
    emu.world.zone_rule = "node"
    assert codes() == [65102, 0]
    assert packages(client, SHARDED) == []


def test_sub_accounts_must_name_their_project(emu: Emulator, client: Client) -> None:
    """And no other one."""
    client.account = emu.world.ucloud_accounts[1]
    assert client.ucloud("ListUMongoDBInstances")["Message"] == "Missing params [ProjectId]"
    assert client.ucloud("ListUMongoDBInstances", ProjectId="org-kx20ab")["RetCode"] == 292
    assert len(client.ucloud("ListUMongoDBInstances", ProjectId="org-w1f3qz")["DataSet"]) == 2


def test_a_denied_action(client: Client) -> None:
    """IAM says no."""
    client.account.denied_actions.append("BackupUMongoDBLog")
    assert client.ucloud("BackupUMongoDBLog")["RetCode"] == 299


def test_signatures(emu: Emulator, client: Client) -> None:
    """No action, no signature, no user, a wrong key, one changed byte: each has its code."""
    good = client.signed("ListUMongoDBInstances", {})

    def code(**changes: str | None) -> int:
        form = {name: value for name, value in {**good, **changes}.items() if value is not None}
        return int(client.post(form).json()["RetCode"])

    assert code() == 0
    assert code(Action=None) == 160
    assert code(Signature=None) == 170
    assert code(Signature="0" * 40) == 171
    assert code(Region="cn-bj3") == 171
    assert code(Extra="1") == 171
    assert code(PublicKey="nobody") == 172
    assert client.ucloud("DropEverything")["RetCode"] == 161
    client.account.private_key = "another"
    assert code() == 171
    assert [record.signed for record in emu.requests][-1] is False


def test_temporary_keys(emu: Emulator, client: Client) -> None:
    """Their token is one more signed parameter, and must be the right one."""
    client.account = emu.world.ucloud_accounts[2]
    assert client.ucloud("ListUMongoDBInstances")["RetCode"] == 0
    assert client.ucloud("ListUMongoDBInstances", SecurityToken=None)["RetCode"] == 0
    token, client.account.security_token = client.account.security_token, "stolen"
    form = client.signed("ListUMongoDBInstances", {})
    client.account.security_token = token
    assert client.post(form).json()["RetCode"] == 174
    del form["SecurityToken"], form["Signature"]
    assert client.post(form).json()["RetCode"] == 170


def test_json_bodies_are_signed_like_forms(client: Client) -> None:
    """Numbers and booleans too."""
    url, params = client.emulator.url, client.signed("ListUMongoDBInstances", {"Limit": 10, "Deep": True, "Rate": 2.5})
    document = {**params, "Limit": 10, "Deep": True, "Rate": 2.5}
    assert client.session.post(url, json=document, timeout=5).json()["RetCode"] == 0
    assert client.session.post(url, json={**document, "Limit": 11}, timeout=5).json()["RetCode"] == 171
    assert client.session.post(url, json=[1], timeout=60).status_code == 400
    assert (
        client.session.post(url, data=b"{", headers={"Content-Type": "application/json"}, timeout=60).status_code == 400
    )
    assert client.session.post(url, data=b"x", headers={"Content-Type": "text/plain"}, timeout=60).status_code == 400


def test_query_strings_are_refused_and_noted(emu: Emulator, client: Client) -> None:
    """They would leave the signature in access logs."""
    params = client.signed("ListUMongoDBInstances", {})
    assert client.session.get(emu.url, params=params, timeout=60).status_code == 400
    assert client.session.post(emu.url, params=params, timeout=60).status_code == 400
    assert len(emu.violations) == 2
    assert params["Signature"] not in json.dumps(client.control("GET", "requests"))


def test_the_channel_key(emu: Emulator, client: Client) -> None:
    """Dedicated clouds need theirs; an empty one is never right."""
    form = client.signed("ListUMongoDBInstances", {})
    assert client.post(form, channel_key="").json()["RetCode"] == 174
    assert emu.violations[0].kind == "an empty channel-key was sent"
    assert client.post(form, channel_key="any").json()["RetCode"] == 174
    emu.world.channel_key = "dedicated"
    assert client.post(form).json()["RetCode"] == 174
    assert client.post(form, channel_key="dedicated").json()["RetCode"] == 0


def test_the_request_id_and_the_date(emu: Emulator, client: Client) -> None:
    """Every answer carries both; the date is the emulator's."""
    first, second = (client.post(client.signed("ListUMongoDBInstances", {})) for _turn in range(2))
    assert first.headers["X-UCLOUD-REQUEST-UUID"] != second.headers["X-UCLOUD-REQUEST-UUID"]
    assert first.headers["Date"].startswith("Tue, 10 Mar 2026 00:30:")


def test_instances_and_their_nodes(client: Client) -> None:
    """The list has no nodes, the description has all kinds of them."""
    rows = client.ucloud("ListUMongoDBInstances")["DataSet"]
    assert [row["ClusterType"] for row in rows] == ["ReplicaSet", "SharedCluster"]
    assert not any("Node" in name for row in rows for name in row)
    assert len(client.ucloud("ListUMongoDBInstances", ClusterId=SHARDED)["DataSet"]) == 1
    assert client.ucloud("ListUMongoDBInstances", Region="hk")["DataSet"] == []
    info = client.ucloud("DescribeUMongoDBInstance", ClusterId=SHARDED)["ClusterInfo"]
    shards = [len(replica["NodeInfos"]) for replica in info["DataReplicaInfos"]]
    assert (shards, len(info["ConfigReplicaInfo"]["NodeInfos"]), len(info["MongosInfo"])) == ([3, 3], 3, 2)
    assert {node["NodeType"] for node in info["MongosInfo"]} == {"MongosNode"}
    assert client.ucloud("DescribeUMongoDBInstance", ClusterId=REPLICA)["ClusterInfo"].get("MongosInfo") is None
    wrong = client.ucloud("DescribeUMongoDBInstance", ClusterId=REPLICA, ClusterType="SharedCluster")
    assert wrong["RetCode"] == 230


def test_a_preview_is_cut(emu: Emulator, client: Client) -> None:
    """It says so; its span is shorter than a day."""
    emu.world.preview_lines = 5
    good = {name: value for name, value in window(emu).items() if name not in ("Zone", "Name")}
    answer = client.ucloud("GetUMongoDBLog", **{**good, "End": good["End"] - 1})
    assert (answer["Log"].count("\n"), answer["MaxLine"], answer["IsTruncate"]) == (5, 5, True)
    assert client.ucloud("GetUMongoDBLog", **good)["RetCode"] == 230
    short = client.ucloud("GetUMongoDBLog", **{**good, "End": good["Begin"] + 1})
    assert (short["Log"], short["IsTruncate"]) == ("", False)


def test_a_package_made_too_early_is_cut_short(emu: Emulator, client: Client) -> None:
    """What was logged after it was made is not in it."""
    begin = int(emu.clock.now()) - 12 * HOUR
    early = window(emu, Begin=begin, End=begin + 24 * HOUR)
    client.ucloud("BackupUMongoDBLog", **early)
    emu.clock.advance(24 * HOUR)
    client.ucloud("BackupUMongoDBLog", **early)
    emu.clock.advance(60)
    first, second = packages(client)
    assert 0 < first["Size"] < second["Size"]


def test_quiet_nodes_make_packages_of_size_zero(emu: Emulator, client: Client) -> None:
    """They succeed; there is just nothing in them."""
    good = window(emu)
    emu.world.quiet(good["NodeId"], "SlowLog")
    client.ucloud("BackupUMongoDBLog", **good)
    emu.clock.advance(60)
    [row] = packages(client)
    assert (row["State"], row["Size"]) == ("Package_Success", 0)
    link = client.ucloud("DescribeUMongoDBBackupURL", ClusterId=REPLICA, PackageId=row["Id"])["InternetAddress"]
    assert client.get(link).content == b""


def test_nodes_come_and_go(emu: Emulator, client: Client) -> None:
    """A new node has no past, a removed one takes no requests, and its packages stay."""
    fresh = emu.world.add_node(REPLICA, "unmongo-fresh")
    gone = emu.world.cluster(REPLICA).nodes()[0].node_id
    client.ucloud("BackupUMongoDBLog", **window(emu, NodeId=gone))
    emu.world.remove_node(gone)
    info = client.ucloud("DescribeUMongoDBInstance", ClusterId=REPLICA)["ClusterInfo"]
    ids = {node["NodeId"] for node in info["DataReplicaInfos"][0]["NodeInfos"]}
    assert (len(ids), gone in ids, "unmongo-fresh" in ids) == (3, False, True)
    assert client.ucloud("BackupUMongoDBLog", **window(emu, NodeId=gone))["RetCode"] == 65102
    assert client.ucloud("BackupUMongoDBLog", **window(emu, NodeId="unmongo-fresh"))["RetCode"] == 0
    emu.clock.advance(60)
    assert fresh.removed_at is None
    assert [row["Size"] > 0 for row in packages(client)] == [True, False]


def test_sparse_answers(emu: Emulator, client: Client) -> None:
    """Every field may be absent; the world can be told which."""
    client.ucloud("BackupUMongoDBLog", **window(emu))
    emu.world.sparse = True
    [row] = packages(client)
    assert not {"Role", "FinishTime", "CreateTime"} & set(row)
    emu.world.absent_fields = ["Size", "DataSet"]
    assert "DataSet" not in client.ucloud("ListUMongoDBLogPackage", Zone=ZONE, ClusterId=REPLICA)


def test_the_life_of_links(emu: Emulator, client: Client) -> None:
    """ValidTime is between four hours and seven days."""
    client.ucloud("BackupUMongoDBLog", **window(emu))
    emu.clock.advance(60)
    [row] = packages(client)
    ask = {"ClusterId": REPLICA, "PackageId": row["Id"]}
    for seconds in (0, 4 * HOUR - 1, 7 * 24 * HOUR + 1):
        assert client.ucloud("DescribeUMongoDBBackupURL", **ask, ValidTime=seconds)["RetCode"] == 230
    link = client.ucloud("DescribeUMongoDBBackupURL", **ask, ValidTime=4 * HOUR)["InternetAddress"]
    assert client.get(link).status_code == 200
    emu.clock.advance(4 * HOUR)
    assert client.get(link).status_code == 403
    assert client.ucloud("DescribeUMongoDBBackupURL", ClusterId=REPLICA)["RetCode"] == 220
    assert client.ucloud("DescribeUMongoDBBackupURL", ClusterId=REPLICA, PackageId=1)["RetCode"] == 65103


def test_the_same_seed_makes_the_same_bytes(emu: Emulator) -> None:
    """Whoever asks, whenever; another seed makes others."""
    at, node = emu.clock.now(), emu.world.cluster(REPLICA).nodes()[0].node_id

    def content(seed: int) -> bytes:
        other = Emulator(seed=seed, clock=at)
        package = other.world.add_package(REPLICA, node, "ErrorLog", at - 86400, at)
        return other.packages.content(package)

    assert content(7) == content(7) != content(8)
