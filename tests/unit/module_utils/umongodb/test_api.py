# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each call of UMongoDB's API, what its answers mean, and what its errors mean."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import UMONGODB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import Node, Package, UMongoDB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.instance import instance_fields
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.unit.clients import http, umongodb
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import Reply, Scripted, scripted

REPLICA, SHARDED = "uclmongo-shop0rs1xq", "uclmongo-shop0sh2zk"
ZONE = "cn-bj2-04"


def yesterday(emulator: Emulator) -> Span:
    end = int(emulator.clock.now()) // DAY * DAY
    return Span(end - DAY, end)


def ask(emulator: Emulator, api: UMongoDB, **changes: Any) -> None:
    """Ask for yesterday's slow log of the replica set's first node."""
    node = emulator.world.cluster(REPLICA).nodes()[0].node_id
    usual = {"zone": ZONE, "node_id": node, "log_type": "slow", "span": yesterday(emulator), "name": "a label"}
    api.create_package(REPLICA, **{**usual, **changes})


# -- the calls


def test_instances_are_listed_as_the_api_gives_them(emulator: Emulator) -> None:
    api = umongodb(emulator)
    assert [row["ClusterId"] for row in api.instances()] == [REPLICA, SHARDED]
    assert [row["ClusterType"] for row in api.instances(cluster_id=SHARDED)] == ["SharedCluster"]
    assert [row["ClusterId"] for row in api.instances(zone="cn-bj2-05")] == [SHARDED]
    assert api.instances(cluster_id="uclmongo-none") == []


def test_a_cluster_has_data_config_and_mongos_nodes(emulator: Emulator) -> None:
    cluster = umongodb(emulator).cluster(SHARDED, zone=ZONE)
    assert [node.kind for node in cluster.nodes] == ["data"] * 6 + ["config"] * 3 + ["mongos"] * 2
    assert {node.id for node in cluster.nodes} == {node.node_id for node in emulator.world.cluster(SHARDED).nodes()}
    assert {node.zone for node in cluster.nodes} == {"cn-bj2-04", "cn-bj2-05"}
    assert (cluster.zone, cluster.info["InstanceName"]) == (ZONE, "shop-sharded")


def test_a_replica_set_has_data_nodes_only(emulator: Emulator) -> None:
    nodes = umongodb(emulator).cluster(REPLICA).nodes
    assert [(node.kind, node.role, node.state) for node in nodes] == [
        ("data", "Primary", "Running"),
        ("data", "Secondary", "Running"),
        ("data", "Secondary", "Running"),
    ]


@pytest.mark.parametrize(
    ("kind", "log_type", "can"),
    [
        ("data", "slow", True),
        ("config", "slow", True),
        ("mongos", "slow", False),
        ("data", "error", True),
        ("mongos", "error", True),
    ],
)
def test_mongos_nodes_have_no_slow_logs(kind: str, log_type: str, can: bool) -> None:
    assert Node("n", kind, None, None, None).can_have(log_type) is can


@pytest.mark.parametrize(("log_type", "spelling"), [("slow", "SlowLog"), ("error", "ErrorLog")])
def test_a_package_is_asked_for_listed_and_linked(emulator: Emulator, log_type: str, spelling: str) -> None:
    api, span = umongodb(emulator), yesterday(emulator)
    ask(emulator, api, log_type=log_type)
    [package] = api.packages(REPLICA, zone=ZONE)
    node = emulator.world.cluster(REPLICA).nodes()[0].node_id
    assert package[1:7] == ("a label", "Package_Success", node, log_type, "Primary", span)
    assert package.size == emulator.packages.size(emulator.world.packages[0])
    assert package.created is not None
    assert abs(package.created - emulator.clock.now()) < 60
    assert emulator.requests.of("BackupUMongoDBLog")[0].params["LogType"] == spelling
    for intranet in (False, True):
        link = api.package_link(REPLICA, package.id, zone=ZONE, intranet=intranet)
        assert ("/internal/" in link) is intranet


def test_packages_come_by_id_and_of_one_node_when_asked(emulator: Emulator) -> None:
    nodes = [node.node_id for node in emulator.world.cluster(REPLICA).nodes()]
    for node in nodes * 3:
        emulator.world.add_package(REPLICA, node, "SlowLog", *yesterday(emulator))
    api = umongodb(emulator)
    ids = [package.id for package in api.packages(REPLICA, zone=ZONE)]
    assert ids == sorted(package.id for package in emulator.world.packages)
    assert {package.node_id for package in api.packages(REPLICA, zone=ZONE, node_id=nodes[1])} == {nodes[1]}


def test_every_call_is_signed_and_in_the_body_alone(emulator: Emulator) -> None:
    api = umongodb(emulator)
    api.instances()
    api.cluster(REPLICA)
    ask(emulator, api, name="\u65e5 & + % =")
    assert api.packages(REPLICA, zone=ZONE)[0].name == "\u65e5 & + % ="
    assert all(record.signed and record.method == "POST" and record.path == "/" for record in emulator.requests)
    assert all("channel-key" not in record.headers for record in emulator.requests)
    assert emulator.violations == []


def test_what_is_not_given_is_not_sent(emulator: Emulator) -> None:
    api = umongodb(emulator, project_id=None)
    api.instances()
    # The gateway takes the account's default project.
    assert set(emulator.requests[0].params) == {"Action", "PublicKey", "Region", "Signature", "ProjectId"}
    with scripted(answer()) as server:
        of_server(server).instances()
        sent = dict(parse_qsl(server.requests[0].body.decode(), keep_blank_values=True))
    assert set(sent) == {"Action", "PublicKey", "Region", "Signature"}


def test_temporary_keys_send_and_sign_their_token(emulator: Emulator) -> None:
    account = emulator.world.ucloud_accounts[2]
    keys: dict[str, Any] = {"public_key": account.public_key, "private_key": account.private_key}
    api = umongodb(emulator, **keys, security_token=account.security_token)
    assert len(api.instances()) == 2


def test_a_sub_account_must_give_a_project_and_is_told(emulator: Emulator) -> None:
    account = emulator.world.ucloud_accounts[1]
    keys: dict[str, Any] = {"public_key": account.public_key, "private_key": account.private_key}
    assert len(umongodb(emulator, **keys).instances()) == 2
    with pytest.raises(CloudError, match="ProjectId"):
        umongodb(emulator, **keys, project_id=None).instances()


def test_a_path_before_the_api_is_kept() -> None:
    with scripted(Reply(body=b'{"RetCode": 0}')) as server:
        of_server(server, api_url=server.url + "/gateway").instances()
        assert server.requests[0].target == "/gateway/"


# -- answers that leave things out


def of_server(server: Scripted, **changes: Any) -> UMongoDB:
    """Return a client of a scripted server, whose patience ends soon."""
    session, keys = http(Emulator(), deadline=3), {"public_key": "public", "private_key": "private"}
    usual = {"api_url": server.url, **keys, "security_token": None, "region": "cn-bj2", "project_id": None}
    return UMongoDB(session, **{**usual, **changes})


def answer(**fields: Any) -> Reply:
    return Reply(body=json.dumps({"RetCode": 0, **fields}).encode())


def test_optional_fields_may_be_absent(emulator: Emulator) -> None:
    emulator.world.sparse = True
    emulator.world.add_package(REPLICA, emulator.world.cluster(REPLICA).nodes()[0].node_id, "SlowLog", 1, 2)
    api = umongodb(emulator)
    [package] = api.packages(REPLICA, zone=ZONE)
    assert (package.created, package.finished, package.role, package.span) == (None, None, None, Span(1, 2))
    assert len(api.cluster(SHARDED).nodes) == 11


@pytest.mark.parametrize(
    ("row", "package"),
    [
        ({"Id": 5}, Package(5, "", "", None, None, None, None, None, None, None)),
        ({"Id": 5, "Begin": 1}, Package(5, "", "", None, None, None, None, None, None, None)),
        ({"Id": 5, "Begin": 1, "End": 2}, Package(5, "", "", None, None, None, Span(1, 2), None, None, None)),
        (
            {"Id": 5, "PackageType": "AuditLog", "State": "Package_New"},
            Package(5, "", "Package_New", None, None, None, None, None, None, None),
        ),
        ({"Name": "without an id"}, None),
        ({"Id": "5"}, Package(5, "", "", None, None, None, None, None, None, None)),
        ({"Id": 5, "Begin": "1", "End": 2.0}, Package(5, "", "", None, None, None, Span(1, 2), None, None, None)),
        ({"Id": 5, "Begin": 2, "End": 2, "Size": ""}, Package(5, "", "", None, None, None, None, None, None, None)),
        ("no row", None),
        (None, None),
    ],
)
def test_every_field_of_a_package_may_be_absent(row: object, package: Package | None) -> None:
    with scripted(answer(DataSet=[row])) as server:
        assert of_server(server).packages(REPLICA, zone=ZONE) == [package] * bool(package)


def test_an_instance_that_is_no_object_is_not_left_out_as_if_it_were_gone() -> None:
    rows = [{"ClusterId": REPLICA}, None]
    with scripted(answer(DataSet=rows)) as server, pytest.raises(CloudError, match="DataSet is no list of objects"):
        of_server(server).instances()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (5, "DataSet is no list"),
        ("none", "DataSet is no list"),
        ({"0": {}}, "DataSet is no list"),
        ([{"Id": 5, "PackageType": {"Name": "SlowLog"}}], r"DataSet\[0\].PackageType is no text"),
        ([{"Id": 5}, {"Id": True}], r"DataSet\[1\].Id is no whole number"),
        ([{"Id": -5}], r"DataSet\[0\].Id is no whole number"),
        ([{"Id": 5, "Size": [0]}], r"DataSet\[0\].Size is no whole number"),
        ([{"Id": 5, "Begin": 1.7e12}], r"DataSet\[0\].Begin is no time in seconds"),
        ([{"Id": 5, "End": float("inf")}], r"DataSet\[0\].End is no whole number"),
        ([{"Id": 5, "NodeId": "un\u202emongo"}], r"DataSet\[0\].NodeId is no id"),
        ([{"Id": 5, "State": False}], r"DataSet\[0\].State is no text"),
    ],
)
def test_a_list_of_another_form_is_a_fault_with_a_name(rows: object, message: str) -> None:
    with scripted(answer(DataSet=rows)) as server, pytest.raises(CloudError, match=message) as caught:
        of_server(server).packages(REPLICA, zone=ZONE)
    assert caught.value.message.startswith("The answer cannot be understood: ListUMongoDBLogPackage.DataSet")
    assert (caught.value.code, caught.value.passing) == ("bad_answer", False)


def test_what_is_not_printable_is_left_out_of_words() -> None:
    row = {"Id": 5, "Name": "a\x1b[31mb\u202ec\ud800d\u3000e\n"}
    with scripted(answer(DataSet=[row])) as server:
        [package] = of_server(server).packages(REPLICA, zone=ZONE)
    assert package.name == "a[31mbcd e "


def test_a_preview_keeps_its_lines_and_nothing_that_moves_a_terminal() -> None:
    with scripted(answer(Log="a\tb\r\n\x1b]0;c\x07\u2066d\n", IsTruncate="true", MaxLine="7")) as server:
        preview = of_server(server).log(REPLICA, node_id="n", log_type="slow", begin=1, end=2, zone=None)
    assert preview == ("a\tb\n]0;cd\n", True, 7)


@pytest.mark.parametrize("fields", [{}, {"DataSet": None}, {"DataSet": []}])
def test_an_absent_data_set_is_empty(fields: dict[str, Any]) -> None:
    with scripted(answer(**fields)) as server:
        assert of_server(server).packages(REPLICA, zone=ZONE) == []
        assert of_server(server).instances() == []


@pytest.mark.parametrize("fields", [{}, {"ClusterInfo": None}, {"ClusterInfo": []}])
def test_an_absent_cluster_is_not_found(fields: dict[str, Any]) -> None:
    with scripted(answer(**fields)) as server, pytest.raises(CloudError) as caught:
        of_server(server).cluster(REPLICA)
    assert (caught.value.code, "Check cluster_id" in caught.value.hint) == ("not_found", True)


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"DataReplicaInfos": None, "ConfigReplicaInfo": None, "MongosInfo": None},
        {"DataReplicaInfos": [None, {}, {"NodeInfos": None}], "ConfigReplicaInfo": {}},
        {"MongosInfo": [{"NodeRole": "Mongos"}]},
    ],
)
def test_a_cluster_may_have_no_nodes_that_it_names(info: dict[str, Any]) -> None:
    with scripted(answer(ClusterInfo=info)) as server:
        cluster = of_server(server).cluster(REPLICA)
    assert (cluster.nodes, cluster.zone) == ((), None)


def member(node_id: str | None, **fields: object) -> dict[str, object]:
    return {"NodeId": node_id, **fields}


REPLICAS = [{"NodeInfos": [member("a"), member("b")]}]
SHARDS = {"ConfigReplicaInfo": {"NodeInfos": [member("c")]}, "MongosInfo": [member("m")]}


@pytest.mark.parametrize(
    ("info", "complete"),
    [
        ({"ClusterType": "ReplicaSet", "DataReplicaInfos": REPLICAS}, True),
        ({"ClusterType": "SharedCluster", "DataReplicaInfos": REPLICAS, **SHARDS}, True),
        ({"ClusterType": "SharedCluster", "DataReplicaInfos": REPLICAS}, False),
        ({"DataReplicaInfos": REPLICAS}, False),
        ({"ClusterType": "SharedCluster", **SHARDS}, False),
        ({"ClusterType": "ReplicaSet", "DataReplicaInfos": [*REPLICAS, {}]}, False),
        ({"ClusterType": "ReplicaSet", "DataReplicaInfos": [*REPLICAS, "?"]}, False),
        ({"ClusterType": "ReplicaSet", "DataReplicaInfos": [{"NodeInfos": [member("a"), member(None)]}]}, False),
        ({"ClusterType": "ReplicaSet", "DataReplicaInfos": [{"NodeInfos": [member("a"), 7]}]}, False),
    ],
)
def test_only_a_cluster_that_names_all_its_nodes_tells_that_one_is_gone(info: dict[str, Any], complete: bool) -> None:
    with scripted(answer(ClusterInfo=info)) as server:
        assert of_server(server).cluster(REPLICA).complete is complete


@pytest.mark.parametrize("fields", [{}, {"InternetAddress": ""}, {"InternetAddress": None}, {"IntranetAddress": "x"}])
def test_an_absent_link_is_an_error_that_may_pass(fields: dict[str, Any]) -> None:
    with scripted(answer(**fields)) as server, pytest.raises(CloudError) as caught:
        of_server(server).package_link(REPLICA, 17, zone=ZONE, intranet=False)
    assert (caught.value.code, caught.value.passing) == ("no_link", True)
    assert caught.value.message == "The API gave no link to package 17."


# -- errors


def test_a_host_that_there_is_not_is_told_by_the_option_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_arguments: object, **_named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "as a resolver says")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with scripted() as server, pytest.raises(CloudError) as caught:
        of_server(server).instances()
    assert caught.value.hint.startswith("Check api_url first")


def refused(reply: Reply, *, write: bool = False) -> tuple[CloudError, int]:
    """Return the error that a reply means, and how many times the call was sent."""
    with scripted(reply) as server, pytest.raises(CloudError) as caught:
        api = of_server(server)
        if write:
            api.create_package(REPLICA, zone=ZONE, node_id="n", log_type="slow", span=Span(0, 1), name="x")
        else:
            api.packages(REPLICA, zone=ZONE)
    return caught.value, len(server.requests)


def refusal(code: object, status: int = 200, message: str = "no") -> Reply:
    headers = {"X-UCLOUD-REQUEST-UUID": "req-1"}
    return Reply(status, json.dumps({"RetCode": code, "Message": message}).encode(), headers)


@pytest.mark.parametrize("code", [110, 130, 150])
def test_a_fault_behind_the_gateway_passes_and_may_have_taken_effect(code: int) -> None:
    error, calls = refused(refusal(code))
    assert (error.code, error.passing, error.uncertain, error.final) == (str(code), True, True, False)
    assert calls > 1
    assert refused(refusal(code), write=True)[1] == 1


def test_throttling_passes_and_cannot_have_taken_effect() -> None:
    error, calls = refused(refusal(153), write=True)
    assert (error.passing, error.uncertain, "deadline" in error.hint) == (True, False, True)
    assert calls > 1


@pytest.mark.parametrize("code", [170, 171, 172, 174, 294, 295])
def test_wrong_credentials_are_final_and_not_repeated(code: int) -> None:
    error, calls = refused(refusal(code))
    assert (error.passing, error.uncertain, error.final, bool(error.hint)) == (False, False, True, True)
    assert calls == 1


@pytest.mark.parametrize(("code", "hint"), [(292, "project_id"), (293, "zone"), (299, "permission")])
def test_a_refusal_that_the_reader_can_mend_says_how(code: int, hint: str) -> None:
    error, calls = refused(refusal(code))
    assert (error.passing, error.final, calls) == (False, False, 1)
    assert hint in error.hint


@pytest.mark.parametrize("code", [160, 161, 220, 230, 65101, -1])
def test_any_other_refusal_is_told_as_it_came(code: int) -> None:
    error, calls = refused(refusal(code, message="Params [Zone] not available."))
    assert error.message == f"ListUMongoDBLogPackage was refused with RetCode {code}: Params [Zone] not available."
    assert (error.code, error.request_id, error.passing, calls) == (str(code), "req-1", False, 1)


@pytest.mark.parametrize(
    ("status", "passing", "uncertain"), [(400, False, False), (429, True, False), (500, True, True), (503, True, True)]
)
def test_the_http_status_counts_too(status: int, passing: bool, uncertain: bool) -> None:
    for reply in (refusal(0, status), refusal(230, status), Reply(status, b"{}")):
        error, _calls = refused(reply)
        assert (error.status, error.passing, error.uncertain) == (status, passing, uncertain)


@pytest.mark.parametrize("code", [None, [], {}, "Success", False, "-"])
def test_an_answer_without_a_number_is_no_success_and_may_have_taken_effect(code: object) -> None:
    error, calls = refused(refusal(code), write=True)
    assert (error.uncertain, calls, error.message) == (
        True,
        1,
        "BackupUMongoDBLog was refused with HTTP 200: no.",
    )


def test_a_number_in_quotes_is_a_success_too() -> None:
    with scripted(Reply(body=b'{"RetCode": "0", "DataSet": []}')) as server:
        assert of_server(server).instances() == []
    assert refused(refusal("230"))[0].code == "230"


@pytest.mark.parametrize("code", [7096, 7097, 7139])
def test_a_busy_cluster_is_asked_again(code: int) -> None:
    error, calls = refused(refusal(code), write=True)
    assert (error.kind, error.passing, error.uncertain, calls > 1) == ("busy", True, False, True)


def test_a_refusal_that_repeats_what_was_sent_shows_neither_key_nor_signature() -> None:
    key = "someone+x@example.com"
    with scripted(refusal(171, message=f"PublicKey={quote_plus(key)}&k={key} wrong")) as server:
        with pytest.raises(CloudError) as caught:
            of_server(server, public_key=key).instances()
        sent = dict(parse_qsl(server.requests[0].body.decode()))
    assert caught.value.message == "ListUMongoDBInstances was refused with RetCode 171: PublicKey=...&k=... wrong."
    assert sent["Signature"] not in str(caught.value.result())


def test_words_of_the_server_are_shortened_and_show_no_key() -> None:
    token = "ab01" * 20
    error, _calls = refused(refusal(230, message=f"line\nbreak {token} http://x/?Signature={token[:8]} " + "n " * 300))
    assert len(error.message) < 400
    assert "\n" not in error.message
    assert token[:8] not in error.message


@pytest.mark.parametrize(
    ("change", "code"), [({"private_key": "wrong"}, "171"), ({"public_key": "x"}, "172"), ({"region": "mars"}, "230")]
)
def test_what_the_emulator_refuses_is_understood(emulator: Emulator, change: dict[str, Any], code: str) -> None:
    with pytest.raises(CloudError) as caught:
        umongodb(emulator, **change).instances()
    assert caught.value.code == code
    assert caught.value.request_id
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("kind", ["throttled", "retcode", "http", "html", "cut_before", "cut_after"])
def test_a_list_is_read_in_spite_of_faults(emulator: Emulator, kind: str) -> None:
    emulator.faults.add(Fault("ListUMongoDBInstances", kind, times=2))
    assert len(umongodb(emulator).instances()) == 2
    assert len(emulator.requests) == 3


# -- from options to a client


def test_options_lead_to_a_client_and_call_nothing(emulator: Emulator, umongodb_options: dict[str, Any]) -> None:
    params = {name: option.get("default") for name, option in UMONGODB.options.items()} | umongodb_options
    warnings = list[str]()
    api = connect(UMONGODB.checked(params), warnings.append)
    assert (len(emulator.requests), warnings) == (0, [])
    assert len(api.instances()) == 2
    with pytest.raises(BadInput, match="api_url"):
        connect(UMONGODB.checked({**params, "api_url": "nowhere"}), warnings.append)
    connect(UMONGODB.checked({**params, "api_url": "http://api.service.ucloud.cn"}), warnings.append)
    assert [warning.startswith("api_url is not HTTPS") for warning in warnings] == [True]


# -- dedicated clouds, and previews


def test_the_key_of_a_dedicated_cloud_is_sent_with_every_call(emulator: Emulator) -> None:
    emulator.world.channel_key = "channel-7"
    api = umongodb(emulator, channel_key="channel-7")
    api.instances()
    api.cluster(REPLICA)
    assert [record.headers["channel-key"] for record in emulator.requests] == ["channel-7"] * 2
    with pytest.raises(CloudError) as caught:
        umongodb(emulator).instances()
    assert (caught.value.code, caught.value.final, "channel_key" in caught.value.hint) == ("174", True, True)


@pytest.mark.parametrize("given", ["", " ", None])
@pytest.mark.parametrize("by", ["option", "environment"])
def test_an_empty_channel_key_is_never_sent(
    emulator: Emulator,
    umongodb_options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    by: str,
) -> None:
    params = {name: option.get("default") for name, option in UMONGODB.options.items()} | umongodb_options
    if by == "environment" and given is not None:
        monkeypatch.setenv("UCLOUD_CHANNEL_KEY", given)
    api = connect(UMONGODB.checked({**params, "channel_key": given}), lambda _warning: None)
    assert len(api.instances()) == 2
    assert "channel-key" not in emulator.requests[0].headers
    assert len(umongodb(emulator, channel_key=given and given.strip()).instances()) == 2
    assert emulator.violations == []


def test_lines_of_a_log_are_previewed(emulator: Emulator) -> None:
    node, span = emulator.world.cluster(REPLICA).nodes()[0].node_id, yesterday(emulator)
    api = umongodb(emulator)
    wanted: dict[str, Any] = {"node_id": node, "log_type": "slow", "zone": None}
    some = api.log(REPLICA, **wanted, begin=span.begin, end=span.end - 1)
    assert (some.truncated, some.most, some.text.count("\n") > 20) == (False, 100, True)
    emulator.world.preview_lines = 5
    few = api.log(REPLICA, **wanted, begin=span.begin, end=None)
    assert (few.truncated, few.most, few.text) == (True, 5, "".join(some.text.splitlines(True)[:5]))
    assert "End" not in emulator.requests[-1].params


@pytest.mark.parametrize("fields", [{}, {"Log": None, "IsTruncate": None, "MaxLine": None}, {"Log": ""}])
def test_every_field_of_a_preview_may_be_absent(fields: dict[str, Any]) -> None:
    with scripted(answer(**fields)) as server:
        preview = of_server(server).log(REPLICA, node_id="n", log_type="slow", begin=1, end=2, zone=None)
    assert preview == ("", False, None)


@pytest.mark.parametrize("own", [None, 5, "uclmongo-\ud800", "uclmongo-\n"])
def test_what_cannot_be_the_id_of_a_cluster_is_none(own: object) -> None:
    assert instance_fields(Record({"ClusterId": own}, ""), "cn-bj2")["cluster_id"] is None
