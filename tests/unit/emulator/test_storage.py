# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Object storage: links that expire and cannot be changed, ranges, and credentials that do not belong there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client, dds_time


@pytest.fixture
def link(emu: Emulator, client: Client) -> str:
    """Return a link to an audit log of 5000 bytes."""
    instance = emu.world.add_dds_instance(mode="Single")
    now = int(emu.clock.now())
    log = emu.world.add_audit_log(instance.id, start=now - 3600, end=now - 60, size=5000)
    query = {"start_time": dds_time(now - 3600), "end_time": dds_time(now)}
    assert client.dds("GET", f"/{instance.id}/auditlog", query).json()["total_size"] == 5000
    answer = client.dds("POST", f"/{instance.id}/auditlog-links", None, {"ids": [log.id]}).json()
    return str(answer["links"][0])


def test_a_whole_object(client: Client, link: str) -> None:
    """Its entity tag is its MD5, its length is said, ranges are offered."""
    answer = client.get(link)
    assert answer.headers["ETag"] == f'"{hashlib.md5(answer.content).hexdigest()}"'
    assert answer.headers["Content-Length"] == "5000"
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-99", 206, (0, 100)),
        ("bytes=4000-", 206, (4000, 5000)),
        ("bytes=4900-9999", 206, (4900, 5000)),
        ("bytes=-100", 206, (4900, 5000)),
        ("bytes=-9000", 206, (0, 5000)),
        ("bytes=5000-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-1", 200, (0, 5000)),
        ("bytes=-", 200, (0, 5000)),
        ("bytes=0-1,3-4", 200, (0, 5000)),
        ("lines=0-1", 200, (0, 5000)),
    ],
)
def test_ranges(client: Client, link: str, asked: str, status: int, span: tuple[int, int] | None) -> None:
    """A part, all of it when the range is nonsense, 416 when there is nothing there."""
    whole, answer = client.get(link).content, client.get(link, Range=asked)
    assert answer.status_code == status
    if span is None:
        assert answer.headers["Content-Range"] == "bytes */5000"
        return
    assert answer.content == whole[slice(*span)]
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/5000"


def test_a_range_of_what_it_was(client: Client, link: str) -> None:
    """With If-Range a part comes only of the same object."""
    headers = client.get(link).headers
    for condition, status in ((headers["ETag"], 206), (headers["Last-Modified"], 206), ('"other"', 200)):
        assert client.get(link, Range="bytes=100-", If_Range=condition).status_code == status


@pytest.mark.parametrize("header", ["Authorization", "X-Auth-Token", "X-Security-Token"])
def test_credentials_are_refused_and_noted(emu: Emulator, client: Client, link: str, header: str) -> None:
    """They must never reach the storage's host."""
    assert client.get(link, **{header: "secret"}).status_code == 400
    assert [(violation.kind, violation.detail) for violation in emu.violations] == [
        ("credentials sent to object storage", header.lower())
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.split("?")[0],
        lambda link: link.replace("Expires=1", "Expires=2"),
        lambda link: link[:-4] + "AAAA",
        lambda link: link.replace("AccessKeyId=OBS", "AccessKeyId=XXX"),
        lambda link: link.replace("/dds-auditlog/", "/dds-auditlog/a"),
    ],
)
def test_changed_links(client: Client, link: str, change: Callable[[str], str]) -> None:
    """Not a byte of a link can be changed."""
    assert client.get(change(link)).status_code == 403


def test_other_methods_are_not_signed_for(client: Client, link: str) -> None:
    """A link to get is none to ask for the head, as at the real thing."""
    assert client.session.head(link, timeout=5).status_code == 403


def test_links_expire(emu: Emulator, client: Client, link: str) -> None:
    """By the emulator's clock; the link says when."""
    expires = int(link.split("Expires=")[1].split("&")[0])
    assert 290 < expires - emu.clock.now() <= 300
    emu.clock.advance(301)
    answer = client.get(link)
    assert (answer.status_code, "Request has expired" in answer.text) == (403, True)


def test_no_link_is_recorded(client: Client, link: str) -> None:
    """Its signature opens the object."""
    client.get(link)
    signature = link.split("Signature=")[1]
    text = str(client.control("GET", "requests"))
    assert signature not in text
    assert signature.replace("%3D", "=") not in text


def test_an_object_that_is_a_file(emu: Emulator, client: Client, tmp_path: Path) -> None:
    """It has ranges as others have, and the entity tag of parts when it is larger than one."""
    emu.world.part_bytes = 40
    path = tmp_path / "log"
    path.write_bytes(bytes(range(100)))
    instance = emu.world.add_dds_instance(mode="Single")
    [log] = emu.world.add_audit_logs(instance.id, 1, 1, file=str(path))
    [link] = client.dds("POST", f"/{instance.id}/auditlog-links", None, {"ids": [log.id]}).json()["links"]
    whole, part = client.get(link), client.get(link, Range="bytes=90-")
    assert (log.size, whole.content, part.content) == (100, path.read_bytes(), path.read_bytes()[90:])
    assert part.headers["Content-Range"] == "bytes 90-99/100"
    parts = [hashlib.md5(path.read_bytes()[at : at + 40]).digest() for at in (0, 40, 80)]
    assert whole.headers["ETag"] == f'"{hashlib.md5(b"".join(parts)).hexdigest()}-3"'
