# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault does what it says, as often as it was told to, and nothing else."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import threading
import time
import zlib
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

import pytest
import requests
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client, dds_time
from urllib3.exceptions import HTTPError

ZONE, REPLICA = "cn-bj2-04", "uclmongo-shop0rs1xq"


def create(emu: Emulator, client: Client) -> dict[str, Any]:
    """Ask for a package of the last hour."""
    now, node = int(emu.clock.now()), emu.world.cluster(REPLICA).nodes()[0].node_id
    place = {"Zone": ZONE, "ClusterId": REPLICA, "NodeId": node, "Name": "p"}
    return client.ucloud("BackupUMongoDBLog", **place, LogType="SlowLog", Begin=now - 86000, End=now)


def packages(client: Client) -> list[dict[str, Any]]:
    """Return what the list shows."""
    rows: list[dict[str, Any]] = client.ucloud("ListUMongoDBLogPackage", Zone=ZONE, ClusterId=REPLICA)["DataSet"]
    return rows


def audit_page(emu: Emulator, client: Client, **query: Any) -> dict[str, Any]:
    """Return a page of the first instance's audit logs."""
    now = emu.clock.now()
    span = {"start_time": dds_time(now - 7 * 86400), "end_time": dds_time(now)}
    page: dict[str, Any] = client.dds("GET", f"/{emu.world.instances[0].id}/auditlog", {**span, **query}).json()
    return page


def audit_links(emu: Emulator, client: Client, ids: list[str]) -> list[str]:
    """Return links to audit logs of the first instance."""
    path = f"/{emu.world.instances[0].id}/auditlog-links"
    links: list[str] = client.dds("POST", path, None, {"ids": ids}).json()["links"]
    return links


@pytest.fixture
def link(emu: Emulator, client: Client) -> str:
    """Return a link to an audit log."""
    return audit_links(emu, client, [audit_page(emu, client, limit=1)["audit_logs"][0]["id"]])[0]


# -- counting and matching


def test_skip_and_times(emu: Emulator, client: Client) -> None:
    """The first go through, the next are hit, the rest go through; both are counted."""
    fault = emu.faults.add(Fault("ListUMongoDBInstances", "retcode", times=2, skip=1, args={"code": 150}))
    codes = [client.ucloud("ListUMongoDBInstances")["RetCode"] for _turn in range(5)]
    assert codes == [0, 150, 150, 0, 0]
    assert (fault.seen, fault.fired) == (5, 2)


def test_for_ever_and_everywhere(emu: Emulator, client: Client) -> None:
    """Until it is switched off."""
    fault = emu.faults.add(Fault("*", "http", times=None))
    assert client.post(client.signed("ListUMongoDBInstances", {})).status_code == 500
    assert client.dds("GET", "").status_code == 500
    assert client.huawei("GET", "/v3/projects").status_code == 500
    emu.faults.clear()
    assert client.dds("GET", "").status_code == 200
    assert fault.fired == 3


def test_matching(emu: Emulator, client: Client) -> None:
    """By a parameter, a node, a piece of the path."""
    client.ucloud("ListUMongoDBInstances")
    emu.faults.add(Fault("*", "retcode", times=None, match={"Region": "hk"}))
    emu.faults.add(Fault("*", "http", times=None, match={"node": "abc"}))
    emu.faults.add(Fault("*", "http", times=None, match={"path": "/auditlog"}))
    assert client.ucloud("ListUMongoDBInstances", Region="hk")["RetCode"] == 130
    assert client.ucloud("ListUMongoDBInstances")["RetCode"] == 0
    assert client.dds("GET", "").status_code == 200
    assert client.dds("GET", f"/{emu.world.instances[0].id}/auditlog-policy").status_code == 500


def test_refusals_do_not_pile_up(emu: Emulator, client: Client) -> None:
    """One request is refused once; the next refusal waits for the next request."""
    emu.faults.add(
        Fault("ListUMongoDBInstances", "throttled"),
        Fault("ListUMongoDBInstances", "retcode", args={"code": 130}),
    )
    assert [client.ucloud("ListUMongoDBInstances")["RetCode"] for _turn in range(3)] == [153, 130, 0]


def test_what_has_no_effect_uses_up_no_effect(emu: Emulator, client: Client) -> None:
    """A throttled create leaves the lag for the one that succeeds; a lost answer and a lag go together."""
    lag = Fault("BackupUMongoDBLog", "list_lag")
    lost = Fault("BackupUMongoDBLog", "cut_after")
    emu.faults.add(lag, Fault("BackupUMongoDBLog", "throttled"), Fault("BackupUMongoDBLog", "cut_before"), lost)
    assert create(emu, client)["RetCode"] == 153
    for fired in (0, 1):
        with pytest.raises(requests.ConnectionError):
            create(emu, client)
        assert (lag.fired, lost.fired, packages(client)) == (fired, fired, [])
    emu.clock.advance(5)
    assert len(packages(client)) == 1


@pytest.mark.parametrize(
    ("kind", "args"), [("retcode", {"code": 110}), ("http", {"status": 502}), ("html", {"status": 504})]
)
def test_an_answer_that_lies(emu: Emulator, client: Client, kind: str, args: dict[str, Any]) -> None:
    """A gateway gave up, but the package is being made; with a lag on top it is not even listed yet."""
    emu.faults.add(Fault("BackupUMongoDBLog", kind, args=args), Fault("BackupUMongoDBLog", "list_lag"))
    emu.faults.add(Fault("BackupUMongoDBLog", kind, args={**args, "effect": True}))
    client.post(client.signed("BackupUMongoDBLog", {}))
    now, node = int(emu.clock.now()), emu.world.cluster(REPLICA).nodes()[0].node_id
    what = {"Zone": ZONE, "ClusterId": REPLICA, "NodeId": node, "Name": "p", "LogType": "SlowLog"}
    answer = client.post(client.signed("BackupUMongoDBLog", {**what, "Begin": now - 60, "End": now}))
    assert kind != "retcode" or answer.json()["RetCode"] == 110
    assert kind == "retcode" or answer.status_code == args["status"]
    assert packages(client) == []
    emu.clock.advance(6)
    assert len(packages(client)) == 1


def test_nonsense_is_refused() -> None:
    """A fault that could never fire is a mistake in a test."""
    for on, kind in (("*", "nothing"), ("ListAuditLogs", "list_lag"), ("object", "retcode")):
        with pytest.raises(ValueError, match=kind):
            Fault(on, kind)
    with pytest.raises(ValueError, match="no such action: ListAuditlogs"):
        Fault("ListAuditlogs", "html")
    with pytest.raises(ValueError, match="list_lag takes no second"):
        Fault("BackupUMongoDBLog", "list_lag", args={"second": 5})


def test_a_wrong_signature_is_refused_all_the_same(emu: Emulator, client: Client) -> None:
    """And uses up no fault."""
    fault = emu.faults.add(Fault("*", "retcode"))
    assert client.post({**client.signed("ListUMongoDBInstances", {}), "Signature": "0"}).json()["RetCode"] == 171
    assert fault.fired == 0


# -- refusals


def test_throttling(emu: Emulator, client: Client) -> None:
    """A RetCode or a status, with or without Retry-After."""
    signed = client.signed("ListUMongoDBInstances", {})
    emu.faults.add(Fault("ListUMongoDBInstances", "throttled"))
    assert client.post(signed).json()["RetCode"] == 153
    emu.faults.add(Fault("ListUMongoDBInstances", "throttled", args={"retry_after": 3}))
    answer = client.post(signed)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    emu.faults.add(Fault("ListInstances", "throttled", times=2, args={"code": "DBS.280443"}))
    answer = client.dds("GET", "")
    assert (answer.status_code, answer.json()["error_code"]) == (429, "DBS.280443")
    assert "Retry-After" not in answer.headers
    emu.faults.clear()
    at = formatdate(emu.clock.now() + 60, usegmt=True)[:-7]
    emu.faults.add(Fault("ListInstances", "http", args={"retry_after": 60, "retry_as": "date"}))
    assert client.dds("GET", "").headers["Retry-After"][:-7] == at
    emu.faults.add(Fault("ListProjects", "throttled", args={"retry_after": 1}))
    assert client.huawei("GET", "/v3/projects").status_code == 429


def test_http_errors_in_all_shapes(emu: Emulator, client: Client) -> None:
    """As the vendors' services vary them."""
    for shape in ("error_code", "errorCode", "code", "error"):
        args = {"status": 403, "code": "DBS.200019", "message": "busy", "shape": shape}
        emu.faults.add(Fault("ListInstances", "http", args=args))
        answer = client.dds("GET", "")
        assert answer.status_code == 403
        assert "DBS.200019" in answer.text
        assert shape in answer.json()
    emu.faults.add(Fault("ListUMongoDBInstances", "http", args={"status": 502}))
    answer = client.post(client.signed("ListUMongoDBInstances", {}))
    assert (answer.status_code, answer.json()["RetCode"]) == (502, 130)


def test_html_instead_of_json(emu: Emulator, client: Client) -> None:
    """Even with status 200."""
    emu.faults.add(Fault("*", "html", times=2))
    for answer in (client.post(client.signed("ListUMongoDBInstances", {})), client.dds("GET", "")):
        assert (answer.status_code, answer.text[:15]) == (200, "<!DOCTYPE html>")


def test_unauthorized_in_mid_run(emu: Emulator, client: Client) -> None:
    """The key was good a moment ago; being refused does not count towards its lock."""
    emu.faults.add(Fault("ListInstances", "unauthorized", times=9))
    for _turn in range(9):
        assert client.dds("GET", "").json()["error_code"] == "APIGW.0307"
    assert client.dds("GET", "").status_code == 200
    emu.faults.add(Fault("ListUMongoDBInstances", "unauthorized"))
    assert client.ucloud("ListUMongoDBInstances")["RetCode"] == 174


def test_an_expired_link(emu: Emulator, client: Client, link: str) -> None:
    """A link that dies before its time."""
    emu.faults.add(Fault("object", "expired_link"))
    assert [client.get(link).status_code for _turn in range(2)] == [403, 200]


# -- connections


def test_cut_before_and_after_the_effect(emu: Emulator, client: Client) -> None:
    """No answer either way; only one of them made a package."""
    for kind, made in (("cut_before", 0), ("cut_after", 1)):
        emu.faults.add(Fault("BackupUMongoDBLog", kind))
        with pytest.raises(requests.ConnectionError):
            create(emu, client)
        assert len(packages(client)) == made
    assert [record.status for record in emu.requests.of("BackupUMongoDBLog")] == [0, 0]


def test_delay(emu: Emulator, client: Client) -> None:
    """The answer comes late, and others do not wait for it."""
    emu.faults.add(Fault("ListInstances", "delay", args={"seconds": 0.5}))
    late: list[float] = []
    started = time.monotonic()
    slow = threading.Thread(target=lambda: late.append(bool(client.dds("GET", "")) and time.monotonic()))
    slow.start()
    assert Client(emu).ucloud("ListUMongoDBInstances")["RetCode"] == 0
    quick = time.monotonic()
    slow.join()
    assert late[0] - started >= 0.5
    assert quick < late[0]


def test_stall(emu: Emulator, client: Client, link: str) -> None:
    """Half of it comes, then nothing more; a client's own timeout ends it."""
    emu.faults.add(Fault("object", "stall"))
    size = int(client.session.get(link, timeout=5, stream=True).headers["Content-Length"])
    emu.faults.add(Fault("object", "stall"))
    with pytest.raises((requests.ConnectionError, requests.Timeout), match="timed out"):
        client.session.get(link, timeout=0.3)
    assert len(client.get(link).content) == size


def test_a_body_cut_short(emu: Emulator, client: Client, link: str) -> None:
    """The length was promised; the bytes do not come."""
    whole = client.get(link).content
    emu.faults.add(Fault("object", "cut_body", args={"keep": 1000}))
    answer = client.session.get(link, stream=True, timeout=5)
    assert answer.headers["Content-Length"] == str(len(whole))
    assert answer.raw.read(1000, decode_content=False) == whole[:1000]
    emu.faults.add(Fault("object", "cut_body"))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get(link)
    assert client.get(link, Range="bytes=1000-").content == whole[1000:]


def test_a_corrupt_body(emu: Emulator, client: Client, link: str) -> None:
    """As long as the true one, and with its entity tag."""
    whole = client.get(link)
    emu.faults.add(Fault("object", "corrupt_body", args={"position": 10, "count": 3}))
    damaged = client.get(link)
    assert damaged.headers["ETag"] == whole.headers["ETag"]
    wrong = [at for at, (a, b) in enumerate(zip(whole.content, damaged.content, strict=True)) if a != b]
    assert wrong == [10, 11, 12]


def test_an_oversize_body(emu: Emulator, client: Client, link: str) -> None:
    """More than the API said."""
    size = len(client.get(link).content)
    emu.faults.add(Fault("object", "oversize_body", args={"extra": 7}))
    assert len(client.get(link).content) == size + 7


def raw(client: Client, link: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    """Return status, headers and bytes of an answer that may end anywhere, as they came."""
    with client.session.get(link, timeout=5, stream=True, headers=headers) as answer:
        body = b""
        with contextlib.suppress(HTTPError):
            for piece in iter(lambda: answer.raw.read1(decode_content=False), b""):
                body += piece
        return answer.status_code, answer.headers, body


@pytest.mark.parametrize("kind", ["no_length", "chunked"])
def test_a_body_whose_length_nobody_tells(emu: Emulator, client: Client, link: str, kind: str) -> None:
    """Whole, and cut, which only chunks show."""
    whole = client.get(link).content
    emu.faults.add(Fault("object", kind))
    status, headers, body = raw(client, link)
    assert (status, "Content-Length" in headers, body) == (200, False, whole)
    emu.faults.add(Fault("object", kind, args={"keep": 1000}))
    assert raw(client, link)[2] == whole[:1000]
    emu.faults.add(Fault("object", kind, args={"keep": 1000}))
    if kind == "chunked":
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            client.get(link)
    else:
        assert client.get(link).content == whole[:1000]


def test_tags_of_encrypted_objects_and_of_us3(emu: Emulator, client: Client, link: str) -> None:
    """One looks like an MD5, and may be told from it by a header; the other is none."""
    whole = client.get(link)
    emu.faults.add(Fault("object", "foreign_tag", args={"header": "x-obs-server-side-encryption"}))
    told = client.get(link)
    assert re.fullmatch('"[0-9a-f]{32}"', told.headers["ETag"])
    assert told.headers["ETag"] != whole.headers["ETag"]
    assert (told.headers["x-obs-server-side-encryption"], told.content) == ("kms", whole.content)
    emu.faults.add(Fault("object", "foreign_tag", times=2))
    untold = client.get(link)
    assert (untold.headers["ETag"], "x-obs-server-side-encryption" in untold.headers) == (told.headers["ETag"], False)
    resumed = {"Range": "bytes=10-", "If-Range": untold.headers["ETag"]}
    assert client.session.get(link, timeout=60, headers=resumed).content == whole.content[10:]
    emu.faults.add(Fault("object", "us3_tag"))
    assert base64.urlsafe_b64decode(client.get(link).headers["ETag"]) == (
        b"\1\0\0\0" + hashlib.sha1(whole.content).digest()
    )


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_gateway_that_compresses(emu: Emulator, client: Client, link: str, coding: str) -> None:
    """Though nobody asked; cut, it has a length that says so."""
    whole = client.get(link).content
    emu.faults.add(Fault("object", "compressed", args={"coding": coding}))
    _status, headers, body = raw(client, link)
    assert headers["Content-Encoding"] == coding
    assert zlib.decompress(body, wbits=zlib.MAX_WBITS | 32) == whole
    emu.faults.add(Fault("object", "compressed", args={"coding": coding, "keep": 100}))
    _status, headers, cut = raw(client, link)
    assert (headers["Content-Length"], cut) == ("100", body[:100])


def test_all_of_it_whatever_was_asked_for(emu: Emulator, client: Client, link: str) -> None:
    """As a part that nobody asked for, and whole where a part was asked for."""
    whole = client.get(link).content
    emu.faults.add(Fault("object", "whole_206"))
    part = client.get(link)
    assert (part.status_code, part.content) == (206, whole)
    assert part.headers["Content-Range"] == f"bytes 0-{len(whole) - 1}/{len(whole)}"
    emu.faults.add(Fault("object", "range_ignored"))
    ignored = client.get(link, Range="bytes=10-")
    assert (ignored.status_code, ignored.content) == (200, whole)


def test_a_redirect(emu: Emulator, client: Client, link: str) -> None:
    """Of links and of APIs."""
    emu.faults.add(Fault("*", "redirect", times=2, args={"status": 307}))
    signed = client.headers("GET", "/v3/projects", {}, b"")
    for url, headers in ((link, {}), (f"{emu.url}/v3/projects", signed)):
        answer = client.session.get(url, timeout=5, headers=headers, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"][:29]) == (307, "http://elsewhere.example.com/")


# -- packages


def test_slow_packaging_failed_packages_and_a_list_that_lags(emu: Emulator, client: Client) -> None:
    """Each for the package it was asked for."""
    emu.faults.add(
        Fault("BackupUMongoDBLog", "slow_packaging", args={"seconds": 90}),
        Fault("BackupUMongoDBLog", "fail_package", skip=1),
        Fault("BackupUMongoDBLog", "list_lag", skip=2, args={"seconds": 70}),
    )
    for _turn in range(4):
        assert create(emu, client)["RetCode"] == 0
    assert sorted(row["Id"] for row in packages(client)) == [4021, 4022, 4024]
    emu.clock.advance(60)
    states = {row["Id"]: row["State"] for row in packages(client)}
    assert states == {4021: "Package_Running", 4022: "Package_Failed", 4024: "Package_Success"}
    emu.clock.advance(40)
    states = {row["Id"]: row["State"] for row in packages(client)}
    assert states[4021] == states[4023] == "Package_Success"


# -- lists and links


def test_wrong_sizes(emu: Emulator, client: Client, link: str) -> None:
    """The API says one thing, the object is another."""
    emu.faults.add(Fault("ListAuditLogs", "wrong_size", args={"by": -3}))
    said = audit_page(emu, client, limit=1)["audit_logs"][0]["size"]
    assert len(client.get(link).content) == said + 3


@pytest.mark.parametrize("where", ["newest", "middle", "oldest"])
def test_a_growing_list(emu: Emulator, client: Client, where: str) -> None:
    """New logs come between two pages."""
    emu.faults.add(Fault("ListAuditLogs", "growing_list", times=2, args={"where": where}))
    pages = [audit_page(emu, client, limit=10, offset=offset) for offset in (0, 10, 20, 30)]
    totals = [page["total_record"] for page in pages]
    assert totals == [totals[0], totals[0] + 1, totals[0] + 2, totals[0] + 2]
    ids = [log["id"] for page in pages for log in page["audit_logs"]]
    assert (len(ids) > len(set(ids))) == (where == "newest")


def test_shuffled_links(emu: Emulator, client: Client) -> None:
    """All of them, in another order than was asked for."""
    ids = [log["id"] for log in audit_page(emu, client, limit=5)["audit_logs"]]
    emu.faults.add(Fault("AuditLogLinks", "shuffle_links"))
    shuffled = [next(i for i in ids if i in link) for link in audit_links(emu, client, ids)]
    assert sorted(shuffled) == sorted(ids)
    assert shuffled != ids
    emu.faults.add(Fault("AuditLogLinks", "shuffle_links"))
    assert ids[0] not in audit_links(emu, client, ids[:2])[0]


def test_opaque_names(emu: Emulator, client: Client) -> None:
    """The link tells nothing about its object."""
    log = audit_page(emu, client, limit=1)["audit_logs"][0]
    emu.faults.add(Fault("AuditLogLinks", "opaque_names"))
    [link] = audit_links(emu, client, [log["id"]])
    assert log["id"] not in link
    assert log["node_id"] not in link
    assert len(client.get(link).content) == log["size"]


@pytest.mark.parametrize(
    ("form", "piece"),
    [
        ("parent", "../../"),
        ("absolute", "/tmp/"),
        ("newline", "\n"),
        ("long", "nnnnnnnn"),
        ("dash", "-rf "),
        ("same", "audit.log"),
        ("empty", ""),
    ],
)
def test_hostile_names(emu: Emulator, client: Client, form: str, piece: str) -> None:
    """In lists and links of both clouds; the objects are there all the same."""
    emu.faults.add(Fault("*", "hostile_names", times=None, args={"form": form}))
    logs = audit_page(emu, client, limit=3)["audit_logs"]
    assert all(piece in log["name"] for log in logs)
    for log, link in zip(logs, audit_links(emu, client, [log["id"] for log in logs]), strict=True):
        assert len(client.get(link).content) == log["size"]
    create(emu, client)
    emu.clock.advance(60)
    [row] = packages(client)
    assert piece in row["Name"]
    links = client.ucloud("DescribeUMongoDBBackupURL", ClusterId=REPLICA, PackageId=row["Id"])
    assert len(client.get(links["InternetAddress"]).content) == row["Size"]


def test_hostile_names_of_all_forms_at_once(emu: Emulator, client: Client) -> None:
    """Without a form each row has one of its own."""
    emu.faults.add(Fault("ListAuditLogs", "hostile_names"))
    names = [log["name"] for log in audit_page(emu, client, limit=100)["audit_logs"]]
    assert any(name == "" for name in names)
    assert any("\n" in name for name in names)
    assert any(name.startswith("/") for name in names)
    assert max(len(name) for name in names) == 300
