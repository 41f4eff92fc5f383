# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forward proxy: what goes through comes out unchanged, and it knows who was asked for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault, ForwardProxy
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client, dds_time


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    """Run a proxy that serves everybody."""
    with ForwardProxy() as running:
        yield running


def through(proxy: ForwardProxy, client: Client, credentials: str = "") -> Client:
    """Let a client use the proxy."""
    address = proxy.url.replace("//", f"//{credentials}@") if credentials else proxy.url
    client.session.proxies = {"http": address, "https": address}
    return client


def netloc(emu: Emulator) -> str:
    """Return the emulator's host and port."""
    return urlsplit(emu.url).netloc


def test_plain_http(emu: Emulator, client: Client, proxy: ForwardProxy) -> None:
    """GET and POST with query, headers and body arrive as they were signed."""
    through(proxy, client)
    instance, now = emu.world.instances[0].id, emu.clock.now()
    assert client.ucloud("ListUMongoDBInstances")["RetCode"] == 0
    query = {"start_time": dds_time(now - 86400), "end_time": dds_time(now)}
    [log, *_rest] = client.dds("GET", f"/{instance}/auditlog", query).json()["audit_logs"]
    [link] = client.dds("POST", f"/{instance}/auditlog-links", None, {"ids": [log["id"]]}).json()["links"]
    assert len(client.get(link).content) == log["size"]
    assert [record.signed for record in emu.requests] == [True] * 4
    assert proxy.asked == [netloc(emu)] * 4


def test_a_tunnel(emu: Emulator, proxy: ForwardProxy) -> None:
    """Whatever is said inside it, as many times as one likes."""
    host, port = netloc(emu).split(":")
    near = urlsplit(proxy.url)
    with socket.create_connection((near.hostname, near.port), timeout=5) as connection:
        connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        answers = connection.makefile("rb")
        assert answers.readline().split()[1] == b"200"
        while answers.readline().strip():
            pass
        for _turn in range(2):
            connection.sendall(b"GET /_emulator/clock HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answers.readline().split()[1] == b"200"
            length = 0
            while line := answers.readline().strip():
                name, _colon, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            assert b'"now"' in answers.read(length)
        emu.stop()
        assert answers.read() == b""
    assert proxy.asked == [f"{host}:{port}"]


def test_a_cut_answer_stays_cut(emu: Emulator, client: Client, proxy: ForwardProxy) -> None:
    """The proxy hides nothing and adds nothing."""
    through(proxy, client)
    emu.faults.add(Fault("ListInstances", "cut_body", args={"keep": 10}), Fault("ListProjects", "cut_before"))
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.dds("GET", "")
    with pytest.raises(requests.ConnectionError):
        client.huawei("GET", "/v3/projects")
    assert client.dds("GET", "").status_code == 200


def test_credentials(emu: Emulator, client: Client) -> None:
    """Without them 407; they go no further than the proxy."""
    with ForwardProxy(user="joe", password="p@ss") as proxy:
        through(proxy, client)
        answer = client.dds("POST", "/x/auditlog-links", None, {"ids": ["x"]})
        assert (answer.status_code, answer.headers["Proxy-Authenticate"]) == (407, 'Basic realm="proxy"')
        assert through(proxy, client, "joe:wrong").dds("GET", "").status_code == 407
        with pytest.raises(requests.exceptions.ProxyError, match="407"):
            client.session.get("https://127.0.0.1:1/", timeout=5)
        assert len(emu.requests) == 0
        assert through(proxy, client, "joe:p%40ss").dds("GET", "").status_code == 200
        assert proxy.asked == [netloc(emu)] * 2 + ["127.0.0.1:1", netloc(emu)]


def test_refusing(emu: Emulator, client: Client, proxy: ForwardProxy) -> None:
    """It answers itself, until it is told not to."""
    through(proxy, client)
    proxy.refusing = True
    assert client.dds("GET", "").status_code == 403
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        client.session.get("https://localhost:1/", timeout=5)
    proxy.refusing = False
    assert client.dds("GET", "").status_code == 200
    assert proxy.asked == [netloc(emu), "localhost:1", netloc(emu)]
    assert len(emu.requests) == 1


def test_nobody_there(proxy: ForwardProxy, client: Client) -> None:
    """Where nobody listens the proxy says 502; it is no server itself."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert through(proxy, client).get(f"http://127.0.0.1:{port}/").status_code == 502
    assert requests.get(f"{proxy.url}/x", timeout=5).status_code == 400
    assert proxy.asked == [f"127.0.0.1:{port}"]
