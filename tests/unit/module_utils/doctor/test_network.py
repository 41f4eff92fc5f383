# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of a server's address, its certificate, and its clock."""

from __future__ import annotations

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.checks import OK, SKIPPED, WARNING
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor.network import (
    Way,
    after_signing_in,
    clock,
    download,
    endpoint,
    judge_clock,
    judge_way,
    unless_needed,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, Clock
from ansible_collections.clouddb.mongodb_logs.tests.unit.scripted import CUT, Reply, scripted

NOW = 1_795_176_000
SECRET = "Signature=c2VjcmV0"
PLAIN = Way("api.example.com", None, encrypted=True, verified=True, ends=NOW + 30 * DAY)


def session() -> Http:
    """Return a session whose clock stands still."""
    return Http(timeout=5.0, deadline=5.0, verify=True, clock=Clock(lambda: NOW))


@pytest.mark.parametrize("reply", [Reply(), Reply(503), Reply(404, b"<html>"), Reply(302, headers={"Location": "/"})])
def test_a_server_that_says_anything_is_there_and_is_asked_nothing_else(reply: Reply) -> None:
    with scripted(reply) as server:
        assert endpoint(session(), server.url, "api_url", verified=True).state == OK
        assert [(got.method, got.target, got.body) for got in server.requests] == [("GET", "/favicon.ico", b"")]
        assert {*server.requests[0].headers} <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_a_server_that_hangs_up_is_not_there() -> None:
    with scripted(CUT) as server, pytest.raises(CloudError) as raised:
        endpoint(session(), server.url, "api_url", verified=True)
    assert raised.value.kind == "connection"


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({}, SKIPPED),
        ({"Date": "yesterday"}, SKIPPED),
        ({"Date": "Fri, 20 Nov 2026 12:00:30 GMT"}, OK),
        ({"Date": "Fri, 20 Nov 2026 12:02:00 GMT"}, WARNING),
    ],
)
def test_the_servers_time(told: dict[str, str], state: str) -> None:
    with scripted(Reply(404, headers=told)) as server:
        assert clock(session(), server.url, signs=True).state == state


@pytest.mark.parametrize(("status", "code"), [(200, ""), (206, ""), (302, "302"), (403, "link_expired"), (500, "500")])
def test_where_a_link_leads(status: int, code: str) -> None:
    with scripted(Reply(status)) as server:
        link = f"{server.url}/bucket/log?{SECRET}"
        if code:
            with pytest.raises(CloudError) as raised:
                download(session(), link)
            assert (raised.value.code, bool(raised.value.hint)) == (code, True)
            assert SECRET not in str(raised.value.result())
        else:
            assert download(session(), link).message == "127.0.0.1 gives out files."
        assert server.requests[0].headers["range"] == "bytes=0-0"


@pytest.mark.parametrize(
    ("way", "words", "state", "code"),
    [
        (PLAIN, [], OK, ""),
        (PLAIN._replace(ends=None), [], OK, ""),
        (PLAIN._replace(ends=NOW + 13 * DAY), [], WARNING, "tls_ends"),
        (PLAIN._replace(verified=False, ends=None), [], WARNING, "tls_unchecked"),
        (PLAIN._replace(encrypted=False), ["It is not HTTPS."], WARNING, "http"),
        (PLAIN._replace(encrypted=False), [], OK, ""),
    ],
)
def test_way(way: Way, words: list[str], state: str, code: str) -> None:
    finding = judge_way(way, words, NOW)
    assert (finding.state, finding.code) == (state, code)
    assert finding.message.startswith("api.example.com answers")
    assert (state == OK) == (not finding.hint)


def test_the_proxy_and_the_end_of_the_certificate_are_named() -> None:
    finding = judge_way(PLAIN._replace(proxy="proxy.example.com:3128", ends=NOW + 13 * DAY), [], NOW)
    assert "through the proxy proxy.example.com:3128" in finding.message
    assert "2026-12-03T12:00:00Z, for 13 more days" in finding.message


@pytest.mark.parametrize(("skew", "state"), [(0.0, OK), (60.0, OK), (-61.0, WARNING), (-840.0, WARNING)])
@pytest.mark.parametrize("signs", [False, True])
def test_clock(skew: float, state: str, signs: bool) -> None:
    assert judge_clock(skew, signs=signs).state == state


def test_a_clock_that_is_far_off_fails_only_where_the_time_is_signed() -> None:
    assert judge_clock(841.0, signs=False).state == WARNING
    with pytest.raises(CloudError, match="841 s ahead") as raised:
        judge_clock(841.0, signs=True)
    assert raised.value.kind == "clock"
    assert judge_clock(-900.0, signs=False).state == WARNING
    with pytest.raises(CloudError, match=r"901 s behind .* cannot be told") as raised:
        judge_clock(-901.0, signs=False)
    assert raised.value.kind == "clock"


def test_only_a_missing_permission_is_forgiven() -> None:
    denied = CloudError("No.", kind="permission", code="299")
    assert unless_needed(denied, "It does not matter.").message == "No. It does not matter."
    assert after_signing_in(denied) is denied
    for error in (CloudError("No.", kind="cloud_fault"), CloudError("No.", kind="credentials")):
        with pytest.raises(CloudError):
            unless_needed(error, "It does not matter.")
        with pytest.raises(CloudError):
            after_signing_in(error)
