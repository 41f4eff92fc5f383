# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet is quick to build and to list, and any of its members can be broken alone."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, accounts, broken
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client, dds_time


@pytest.fixture
def client(emu: Emulator) -> Client:
    """Talk to an emulator with three more of each kind."""
    emu.world.add_fleet(3)
    return Client(emu)


def members(emu: Emulator) -> tuple[list[str], list[str]]:
    """Return the ids of the fleet's clusters and instances."""
    clusters = [c.cluster_id for c in emu.world.clusters if c.name.startswith("fleet-")]
    return clusters, [i.id for i in emu.world.instances if i.name.startswith("fleet-")]


def test_a_thousand() -> None:
    """Built and listed in seconds: one call, or ten pages; everyone has an id of its own and something to collect."""
    started = time.monotonic()
    world = accounts(7)
    world.add_fleet(1000)
    with Emulator(world=world) as emu:
        client = Client(emu)
        rows = client.ucloud("ListUMongoDBInstances")["DataSet"]
        pages = [client.dds("GET", "", {"limit": 100, "offset": offset}).json() for offset in range(0, 1000, 100)]
        assert time.monotonic() - started < 5
        assert {row["ClusterId"] for row in rows} == set(members(emu)[0])
        ids = [instance["id"] for page in pages for instance in page["instances"]]
        assert (ids, {page["total_count"] for page in pages}) == (members(emu)[1], {1000})
        assert len(set(ids)) == 1000
        assert client.ucloud("DescribeUMongoDBInstance", ClusterId=rows[-1]["ClusterId"])["RetCode"] == 0
        span = {"start_time": dds_time(emu.clock.now() - 86400), "end_time": dds_time(emu.clock.now())}
        assert client.dds("GET", f"/{ids[-1]}/auditlog", span).json()["total_record"] > 0


def test_from_outside(emu: Emulator, client: Client) -> None:
    """More of them, by a control request."""
    client.control("POST", "world", {"op": "add_fleet", "count": 2, "audit_every": 0})
    assert [len(ids) for ids in members(emu)] == [5, 5]


def asked(emu: Emulator, client: Client, cluster: str) -> int:
    """Ask for a package of a cluster; return its RetCode, or -1 without an answer, or -2 for HTTP 500."""
    now, node = int(emu.clock.now()), emu.world.cluster(cluster).nodes()[0].node_id
    what = {"Zone": "cn-bj2-04", "ClusterId": cluster, "NodeId": node, "Name": "p", "LogType": "SlowLog"}
    try:
        answer = client.post(client.signed("BackupUMongoDBLog", {**what, "Begin": now - 86000, "End": now}))
    except requests.ConnectionError:
        return -1
    return -2 if answer.status_code == 500 else int(answer.json()["RetCode"])


def exported(client: Client, instance: str) -> int:
    """Ask for an export of an instance; return the status, or -1 without an answer."""
    try:
        return client.dds("POST", f"/{instance}/slowlog-download", None, {}).status_code
    except requests.ConnectionError:
        return -1


@pytest.mark.parametrize(
    ("how", "retcode", "status"),
    [
        ("denied", 299, 403),
        ("missing", 65101, 404),
        ("failing", -2, 500),
        ("cut", -1, -1),
        ("throttled", 153, 429),
        ("packaging", 0, 200),
    ],
)
def test_one_that_does_not_work(emu: Emulator, client: Client, how: str, retcode: int, status: int) -> None:
    """The first answers as it was told to, the others are well."""
    clusters, instances = members(emu)
    emu.faults.add(broken(clusters[0], how), broken(instances[0], how))
    assert [asked(emu, client, cluster) for cluster in clusters] == [retcode, 0, 0]
    assert [exported(client, instance) for instance in instances] == [status, 200, 200]
    emu.clock.advance(60)
    if how != "packaging":
        return
    place = {"Zone": "cn-bj2-04"}
    states = [
        client.ucloud("ListUMongoDBLogPackage", ClusterId=cluster, **place)["DataSet"][0]["State"]
        for cluster in clusters
    ]
    assert states == ["Package_Failed", "Package_Success", "Package_Success"]
    ends = [client.dds("POST", f"/{id_}/slowlog-download", None, {}).json()["status"] for id_ in instances]
    assert ends == ["FAILED", "FINISH", "FINISH"]


def links(emu: Emulator, client: Client) -> list[list[str]]:
    """Return for each member number links to its objects: a package, an export, an audit log."""
    clusters, instances = members(emu)
    for cluster, instance in zip(clusters, instances, strict=True):
        assert (asked(emu, client, cluster), exported(client, instance)) == (0, 200)
    emu.clock.advance(60)
    span = {"start_time": dds_time(emu.clock.now() - 86400), "end_time": dds_time(emu.clock.now())}
    found = []
    for cluster, instance in zip(clusters, instances, strict=True):
        [row] = client.ucloud("ListUMongoDBLogPackage", ClusterId=cluster, Zone="cn-bj2-04")["DataSet"]
        package = client.ucloud("DescribeUMongoDBBackupURL", ClusterId=cluster, PackageId=row["Id"])
        [export] = client.dds("POST", f"/{instance}/slowlog-download", None, {}).json()["list"]
        logs = client.dds("GET", f"/{instance}/auditlog", span).json()["audit_logs"]
        audit: dict[str, Any] = client.dds("POST", f"/{instance}/auditlog-links", None, {"ids": [logs[0]["id"]]}).json()
        found.append([package["InternetAddress"], export["file_link"], audit["links"][0]])
    return found


def test_one_whose_objects_are_not_given(emu: Emulator, client: Client) -> None:
    """The storage says 403 for all kinds of its objects."""
    clusters, instances = members(emu)
    emu.faults.add(*(broken(owner, "forbidden_objects") for owner in (clusters[0], instances[0])))
    assert [{client.get(link).status_code for link in own} for own in links(emu, client)] == [{403}, {200}, {200}]


def test_one_whose_objects_are_short(emu: Emulator, client: Client) -> None:
    """The connection ends in the middle of them."""
    clusters, instances = members(emu)
    emu.faults.add(*(broken(owner, "short_objects") for owner in (clusters[0], instances[0])))
    [short, *whole] = links(emu, client)
    for link in short:
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            client.get(link)
    assert {client.get(link).status_code for own in whole for link in own} == {200}
