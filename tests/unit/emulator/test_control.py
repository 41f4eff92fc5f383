# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock, the record, the control requests and the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Clock, Emulator, Fault, World, accounts
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client

COMMAND = Path(sys.modules[Emulator.__module__].__file__ or "").parent


def test_the_clock_ticks_and_moves() -> None:
    """Set to any instant, it goes on from there."""
    clock = Clock("2026-11-20T00:30:00Z")
    first = clock.now()
    assert 1795134600 <= first < 1795134601
    time.sleep(0.01)
    assert clock.now() > first
    clock.advance(3600)
    assert 1795138200 <= clock.now() < 1795138201
    clock.set(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=8))))
    assert clock.http_date() == "Wed, 31 Dec 2025 16:00:00 GMT"
    assert abs(clock.signature_now() - time.time()) < 1


def test_an_instant_needs_an_offset() -> None:
    """A guess would be an hour off in some test, some day."""
    with pytest.raises(ValueError, match="offset"):
        Clock("2026-11-20T00:30:00")


def test_it_starts_and_stops_at_once() -> None:
    """Tests start hundreds of them."""
    started = time.monotonic()
    for _turn in range(5):
        with Emulator():
            pass
    assert (time.monotonic() - started) / 5 < 0.5


def test_stopping_hangs_up(emu: Emulator, client: Client) -> None:
    """A stalled client is let go, and nobody answers any more."""
    client.ucloud("ListUMongoDBInstances")
    url = emu.url
    emu.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=2)
    with pytest.raises(RuntimeError):
        raise AssertionError(emu.url)


def test_connections_are_kept_alive(emu: Emulator, client: Client) -> None:
    """Fifty calls go over one connection."""
    for _turn in range(50):
        client.ucloud("ListUMongoDBInstances")
    pools = client.session.adapters["http://"].poolmanager.pools  # type: ignore[attr-defined]
    [key] = pools.keys()
    assert (pools[key].num_connections, pools[key].num_requests) == (1, 50)


def test_the_record(emu: Emulator, client: Client) -> None:
    """Everything about a request, and nothing secret."""
    client.ucloud("ListUMongoDBInstances")
    client.dds("GET", "")
    first, second = emu.requests
    assert (first.method, first.action, first.status, first.code) == ("POST", "ListUMongoDBInstances", 200, "0")
    assert (first.auth, first.signed, second.auth, second.signed) == ("key", True, "aksk", True)
    assert abs(first.at - emu.clock.now()) < 5
    assert first.started <= first.finished
    assert first.params["Signature"] == "***"
    assert [record.index for record in emu.requests.wait_for("ListInstances")] == [1]
    with pytest.raises(TimeoutError):
        emu.requests.wait_for("ListInstances", count=2, timeout=0.01)
    text = json.dumps(client.control("GET", "requests"))
    assert client.keys.secret_key not in text
    assert client.account.private_key not in text
    client.control("DELETE", "requests")
    assert len(emu.requests) == 0


def test_the_clock_from_outside(emu: Emulator, client: Client) -> None:
    """Set, advanced, and the signature's clock put wrong."""
    assert client.control("POST", "clock", {"now": "2026-05-01T00:00:00Z"})["now"].startswith("2026-05-01T00:00:0")
    assert client.control("POST", "clock", {"advance": 86400})["now"].startswith("2026-05-02T00:00:0")
    assert client.control("POST", "clock", {"signature_offset": -7})["signature_offset"] == -7
    assert client.control("POST", "clock", {"date_offset": -60})["date_offset"] == -60
    assert "error" in client.control("POST", "clock", {"now": "yesterday"})
    assert "error" in client.control("GET", "nothing")


def test_faults_from_outside(emu: Emulator, client: Client) -> None:
    """One or several; counted; switched off."""
    client.control("POST", "faults", {"on": "ListInstances", "kind": "html"})
    client.control("POST", "faults", [{"on": "*", "kind": "throttled", "times": None}])
    assert client.dds("GET", "").text.startswith("<!DOCTYPE")
    assert [fault["fired"] for fault in client.control("GET", "faults")] == [1, 0]
    client.control("DELETE", "faults")
    assert client.dds("GET", "").status_code == 200
    assert "no such fault" in client.control("POST", "faults", {"on": "*", "kind": "nothing"})["error"]


def test_the_world_from_outside(emu: Emulator, client: Client) -> None:
    """Builders by name, values of the world itself, and nothing else."""
    [cluster] = client.control("POST", "world", {"op": "add_cluster", "cluster_id": "uclmongo-new", "name": "new"})
    node = cluster["replicas"][0]["nodes"][0]["node_id"]
    instance = emu.world.instances[0].id
    client.control(
        "POST",
        "world",
        [
            {"op": "remove_node", "node_id": node},
            {"op": "add_node", "owner_id": "uclmongo-new", "node_id": "unmongo-new"},
            {"op": "add_audit_logs", "instance_id": instance, "count": 5, "days": 1},
            {"set": {"packaging_seconds": 0, "zone_rule": "node", "absent_fields": ["Tag"]}},
        ],
    )
    assert [n.node_id for n in emu.world.cluster("uclmongo-new").nodes()][-1] == "unmongo-new"
    assert (len(emu.world.instances[0].audit_logs), emu.world.packaging_seconds) == (5, 0)
    values: list[dict[str, Any]] = [{"clusters": []}, {"no": 1}]
    refused = [{"op": "from_dict"}, {"op": "quiet", "node_id": "x"}, *({"set": value} for value in values)]
    for wrong in refused:
        assert "error" in client.control("POST", "world", wrong)


def test_the_state(emu: Emulator, client: Client) -> None:
    """Packages, audit logs, violations, locked keys."""
    emu.world.add_package("uclmongo-shop0rs1xq", emu.world.clusters[0].nodes()[0].node_id, "SlowLog", 0, 1)
    state = client.control("GET", "state")
    assert [package["Id"] for package in state["packages"]] == [4021]
    assert all(len(logs) > 10 for logs in state["audit_logs"].values())
    assert (state["violations"], state["locked_keys"]) == ([], [])
    assert client.control("GET", "credentials")["dds"]["endpoint"] == emu.url


def test_a_world_is_plain_data(emu: Emulator, client: Client) -> None:
    """Written as JSON and read back it is the same; a misspelt field is an error."""
    data = client.control("GET", "world")
    assert World.from_dict(data).as_dict() == emu.world.as_dict()
    with pytest.raises(ValueError, match="clutters"):
        World.from_dict({"clutters": []})


def test_a_world_of_ones_own() -> None:
    """Accounts alone, then what a test needs."""
    world = accounts(3)
    world.add_cluster("uclmongo-mine", nodes=1)
    with Emulator(world=world) as emu:
        assert len(Client(emu).ucloud("ListUMongoDBInstances")["DataSet"]) == 1
        assert emu.credentials["umongodb"]["clusters"][0]["cluster_id"] == "uclmongo-mine"


def start(arguments: list[str], folder: Path) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """Start the command in a folder; wait until it is ready."""
    ready = folder / "ready.json"
    command = [sys.executable, "-I", str(COMMAND), "--ready-file", str(ready), *arguments]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    until = time.monotonic() + 20
    while not ready.exists():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    return process, json.loads(ready.read_text())


def test_the_command(tmp_path: Path, emu: Emulator) -> None:
    """From any folder, on any port, until SIGTERM; the same seed means the same world."""
    world = tmp_path / "world.json"
    world.write_text(json.dumps(emu.world.as_dict()))
    arguments = ["--port", "0", "--clock", "2026-11-20T00:30:00Z", "--packaging-seconds", "2", "--world", str(world)]
    arguments += ["--export-seconds", "3", "--fleet", "4"]
    process, ready = start(arguments, tmp_path)
    try:
        assert (tmp_path / "ready.json").stat().st_mode & 0o777 == 0o600
        assert requests.get(f"{ready['url']}/_emulator/clock", timeout=5).json()["now"].startswith("2026-11-20T00:30")
        found = requests.get(f"{ready['url']}/_emulator/world", timeout=5).json()
        assert (found["packaging_seconds"], found["export_seconds"], len(found["clusters"])) == (2, 3, 6)
    finally:
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 0
    assert output.startswith(f"The emulator listens on {ready['url']}: 6 UMongoDB clusters, 6 DDS instances")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ready.json", "world.json"]


@pytest.mark.parametrize("arguments", [["--clock", "now"], ["--world", "missing.json"], ["--port", "99999"]])
def test_the_command_refuses_nonsense(arguments: list[str], tmp_path: Path) -> None:
    """In one sentence."""
    command = [sys.executable, "-I", str(COMMAND), *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_many_at_once(emu: Emulator) -> None:
    """Twenty clients, each with its own connection, lose nothing."""
    emu.faults.add(Fault("ListUMongoDBInstances", "retcode", times=30))

    def calls(_number: int) -> list[int]:
        client = Client(emu)
        return [client.ucloud("ListUMongoDBInstances")["RetCode"] for _turn in range(10)]

    with ThreadPoolExecutor(20) as pool:
        codes = [code for found in pool.map(calls, range(20)) for code in found]
    assert (codes.count(130), codes.count(0), len(emu.requests)) == (30, 170, 200)


def test_tls(tmp_path: Path) -> None:
    """With a certificate it speaks TLS, to whoever trusts that certificate."""
    x509 = pytest.importorskip("cryptography.x509")
    hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "emulator")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = tmp_path / "both.pem"
    file.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, pkcs8, plain))
    with Emulator(certificate=str(file)) as emu:
        client = Client(emu)
        with pytest.raises(requests.exceptions.SSLError):
            client.ucloud("ListUMongoDBInstances")
        client.session.verify = str(file)
        assert client.ucloud("ListUMongoDBInstances")["RetCode"] == 0
        assert client.dds("GET", "").status_code == 200
