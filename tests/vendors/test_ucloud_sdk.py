# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""UCloud's own client, unmodified, against the emulator."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault

ucloud_client = pytest.importorskip("ucloud.client")
ucloud_exc = pytest.importorskip("ucloud.core.exc")

HOUR = 3600
PLACE = {"ClusterId": "uclmongo-shop0rs1xq", "Zone": "cn-bj2-04"}


@pytest.fixture
def emu() -> Iterator[Emulator]:
    """Run an emulator on which packages are ready at once."""
    with Emulator(seed=7, clock="2026-03-10T00:30:00Z", packaging_seconds=0) as emulator:
        yield emulator


def sdk(emu: Emulator, **changes: Any) -> Any:
    """Return the product's client, configured as its documents say."""
    account = emu.world.ucloud_accounts[0]
    keys = {"public_key": account.public_key, "private_key": account.private_key}
    place = {"region": "cn-bj2", "project_id": account.projects[0], "base_url": emu.url}
    return ucloud_client.Client({**keys, **place, "max_retries": 0, "timeout": 5, **changes}).umongodb()


def ask(emu: Emulator, client: Any, log_type: str = "SlowLog") -> dict[str, Any]:
    """Have a package of yesterday made."""
    end = int(emu.clock.now()) // 86400 * 86400
    what = {"LogType": log_type, "Begin": end - 24 * HOUR, "End": end, "Name": "yesterday"}
    node = emu.world.cluster(PLACE["ClusterId"]).nodes()[0].node_id
    answer: dict[str, Any] = client.backup_umon_go_db_log({**PLACE, **what, "NodeId": node})
    return answer


def test_instances(emu: Emulator) -> None:
    """The list, and a cluster with all its nodes, as the client's models see them."""
    client = sdk(emu)
    rows = client.list_umon_go_db_instances()["DataSet"]
    assert [row["ClusterType"] for row in rows] == ["ReplicaSet", "SharedCluster"]
    info = client.describe_umon_go_db_instance({"ClusterId": rows[1]["ClusterId"]})["ClusterInfo"]
    assert [len(replica["NodeInfos"]) for replica in info["DataReplicaInfos"]] == [3, 3]
    assert len(info["ConfigReplicaInfo"]["NodeInfos"]) == 3
    assert {node["NodeType"] for node in info["MongosInfo"]} == {"MongosNode"}


@pytest.mark.parametrize("log_type", ["SlowLog", "ErrorLog"])
def test_a_package(emu: Emulator, log_type: str) -> None:
    """Asked for, listed, linked, downloaded."""
    client = sdk(emu)
    assert ask(emu, client, log_type) == {}
    [row] = client.list_umon_go_db_log_package(PLACE)["DataSet"]
    assert (row["State"], row["PackageType"], row["Name"]) == ("Package_Success", log_type, "yesterday")
    links = client.describe_umon_go_db_backup_url({"ClusterId": PLACE["ClusterId"], "PackageId": row["Id"]})
    for which in ("InternetAddress", "IntranetAddress"):
        with urllib.request.urlopen(links[which], timeout=5) as answer:
            assert len(answer.read()) == row["Size"] > 0


def test_a_preview(emu: Emulator) -> None:
    """Text, and whether there is more."""
    now, node = int(emu.clock.now()), emu.world.cluster(PLACE["ClusterId"]).nodes()[0].node_id
    what = {"ClusterId": PLACE["ClusterId"], "NodeId": node, "LogType": "SlowLog", "Begin": now - 23 * HOUR}
    answer = sdk(emu).get_umon_go_db_log({**what, "End": now})
    assert '"msg":"Slow query"' in answer["Log"]
    assert (answer["MaxLine"], answer["IsTruncate"]) == (100, answer["Log"].count("\n") == 100)


def test_a_preview_of_more_than_it_shows(emu: Emulator) -> None:
    """It says that it is cut, and at how many lines."""
    emu.world.preview_lines = 5
    now, node = int(emu.clock.now()), emu.world.cluster(PLACE["ClusterId"]).nodes()[0].node_id
    what = {"ClusterId": PLACE["ClusterId"], "NodeId": node, "LogType": "SlowLog", "Begin": now - 23 * HOUR}
    answer = sdk(emu).get_umon_go_db_log(what)
    assert (answer["Log"].count("\n"), answer["MaxLine"], answer["IsTruncate"]) == (5, 5, True)


@pytest.mark.parametrize(
    ("begin", "end", "mongos"),
    [(-7 * 24 * HOUR - 60, -7 * 24 * HOUR, False), (-24 * HOUR, 0, False), (-HOUR, -HOUR, False), (-HOUR, 0, True)],
)
def test_previews_that_there_are_none_of(emu: Emulator, begin: int, end: int, mongos: bool) -> None:
    """Older than seven days, of a day, of no time at all, of a mongos' slow log."""
    now, cluster = int(emu.clock.now()), emu.world.clusters[1]
    node = (cluster.mongos if mongos else cluster.replicas[0].nodes)[0].node_id
    what = {"ClusterId": cluster.cluster_id, "NodeId": node, "Begin": now + begin, "End": now + end}
    with pytest.raises(ucloud_exc.RetCodeException) as caught:
        sdk(emu).get_umon_go_db_log({**what, "LogType": "SlowLog"})
    assert caught.value.code == 230
    error = {**what, "LogType": "ErrorLog", "Begin": now - 24 * HOUR + 1, "End": now}
    assert "Log" in sdk(emu).get_umon_go_db_log(error)


def test_temporary_keys(emu: Emulator) -> None:
    """Their token is one more parameter, signed like the others."""
    keys = emu.world.ucloud_accounts[2]
    pair = {"public_key": keys.public_key, "private_key": keys.private_key}
    for token, code in ((keys.security_token, 0), ("stolen", 174), (None, 174)):
        client = sdk(emu, **pair)
        client.middleware.request(lambda args, token=token: {**args, **({"SecurityToken": token} if token else {})})
        if code == 0:
            assert len(client.list_umon_go_db_instances()["DataSet"]) == 2
            continue
        with pytest.raises(ucloud_exc.RetCodeException) as caught:
            client.list_umon_go_db_instances()
        assert caught.value.code == code
    assert all(record.signed for record in emu.requests)


def test_the_channel_key(emu: Emulator) -> None:
    """A header that dedicated clouds on a shared domain want."""
    emu.world.channel_key = "dedicated"
    client = sdk(emu)
    with pytest.raises(ucloud_exc.RetCodeException) as caught:
        client.list_umon_go_db_instances()
    assert caught.value.code == 174

    def add_header(request: Any) -> Any:
        request.headers = {**(request.headers or {}), "channel-key": "dedicated"}
        return request

    client.transport.middleware.request(add_header)
    assert len(client.list_umon_go_db_instances()["DataSet"]) == 2


def test_sparse_answers(emu: Emulator) -> None:
    """What may be absent is absent, and the client does not mind."""
    client = sdk(emu)
    ask(emu, client)
    emu.world.sparse = True
    [row] = client.list_umon_go_db_log_package(PLACE)["DataSet"]
    assert row.get("Role") is None
    info = client.describe_umon_go_db_instance({"ClusterId": PLACE["ClusterId"]})["ClusterInfo"]
    assert len(info["DataReplicaInfos"][0]["NodeInfos"]) == 3


def test_errors(emu: Emulator) -> None:
    """A wrong key, a missing project, throttling: each arrives with its code and a request id."""
    with pytest.raises(ucloud_exc.RetCodeException) as caught:
        sdk(emu, private_key="wrong").list_umon_go_db_instances()
    assert caught.value.code == 171
    assert caught.value.request_uuid
    sub = emu.world.ucloud_accounts[1]
    keys = {"public_key": sub.public_key, "private_key": sub.private_key, "project_id": None}
    with pytest.raises(ucloud_exc.RetCodeException) as caught:
        sdk(emu, **keys).list_umon_go_db_instances()
    assert caught.value.code == 220
    emu.faults.add(Fault("ListUMongoDBInstances", "throttled"))
    with pytest.raises(ucloud_exc.RetCodeException) as caught:
        sdk(emu).list_umon_go_db_instances()
    assert (caught.value.code, caught.value.retryable) == (153, False)


def test_every_request_was_signed(emu: Emulator) -> None:
    """And there was nothing to complain about."""
    client = sdk(emu)
    ask(emu, client)
    client.list_umon_go_db_log_package(PLACE)
    assert [record.signed for record in emu.requests] == [True, True]
    assert emu.violations == []
