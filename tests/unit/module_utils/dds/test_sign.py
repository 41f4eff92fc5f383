# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in to the Huawei family: the contract's vectors, what is signed, and what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import AccessKey, Token
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.sign import (
    Query,
    canonical_path,
    encode_query,
    signed_headers,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import Clock
from hypothesis import given
from hypothesis import strategies as st

DATE = {"Host": "service.endpoint.myhuaweicloud.com", "X-Sdk-Date": "20200608T023900Z"}
JUNE = 1_591_583_940  # 2020-06-08T02:39:00Z


def signature(
    method: str,
    path: str,
    query: Query,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    key: str = "SecretKey",
) -> str:
    """Return the signature of a request."""
    headers = DATE if headers is None else headers
    signed = signed_headers(method, path, query, headers, body, access_key="AccessKey", secret_key=key)
    return signed["Authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("method", "body", "expected"),
    [
        ("GET", b"", "cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842"),
        ("POST", b'{"name":"test","id":1}', "436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f"),
    ],
)
def test_the_published_vectors_are_met(method: str, body: bytes, expected: str) -> None:
    query = [("size", "1")]
    assert signature(method, "/resources", query, body) == expected
    assert signature(method.lower(), "/resources/", query, body) == expected


def test_the_authorization_names_the_key_and_what_is_signed() -> None:
    headers = {**DATE, "X-Security-Token": " token ", "X_Odd": "dropped by gateways"}
    signed = signed_headers("GET", "/", [], headers, b"", access_key="AccessKey", secret_key="SecretKey")
    assert {name: signed[name] for name in headers} == headers
    authorization = signed["Authorization"]
    assert authorization.startswith(
        "SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=host;x-sdk-date;x-security-token, Signature="
    )
    assert "SecretKey" not in authorization
    assert signature("GET", "/", [], headers=headers) == signature(
        "GET", "/", [], headers={**DATE, "x-security-token": "token"}
    )


pairs = st.lists(st.tuples(st.text("ab+ /%é", min_size=1), st.text("ab+ /%é")), max_size=5)


@given(pairs)
def test_the_order_of_the_query_does_not_matter(query: Query) -> None:
    assert signature("GET", "/x", query) == signature("GET", "/x", list(reversed(query)))


@given(pairs)
def test_a_query_is_read_back_as_it_was(query: Query) -> None:
    assert parse_qsl(encode_query(query), keep_blank_values=True) == query


@pytest.mark.parametrize(
    ("path", "signed"),
    [
        ("/v3/abc/instances", "/v3/abc/instances/"),
        ("/v3/abc/", "/v3/abc/"),
        ("/", "/"),
        ("/a b/~c", "/a%20b/~c/"),
        ("/a%20b", "/a%20b/"),
        ("/a+b", "/a%2Bb/"),
    ],
)
def test_the_signed_path_ends_in_a_slash_and_is_encoded_once(path: str, signed: str) -> None:
    assert canonical_path(path) == signed


def test_a_plus_in_a_time_travels_encoded() -> None:
    query = [("start_time", "2020-12-11T18:14:49+0800"), ("empty", "")]
    assert encode_query(query) == "start_time=2020-12-11T18%3A14%3A49%2B0800&empty="


@pytest.mark.parametrize(
    "change",
    [
        {"method": "POST"},
        {"path": "/y"},
        {"query": [("a", "2")]},
        {"body": b"x"},
        {"headers": {**DATE, "Host": "other"}},
        {"key": "another"},
    ],
)
def test_a_changed_request_has_another_signature(change: dict[str, object]) -> None:
    usual: dict[str, object] = {"method": "GET", "path": "/x", "query": [("a", "1")]}
    assert signature(**{**usual, **change}) != signature(**usual)  # type: ignore[arg-type]


# -- requests


def test_an_access_key_signs_with_the_local_time_and_the_host_as_sent() -> None:
    clock = Clock(lambda: JUNE)
    key = AccessKey("AccessKey", "SecretKey", None, clock)
    request = key.request("GET", "https://dds.example.com:8443", "/v3/p/instances", [("name", "a b")], b"")
    assert request.url == "https://dds.example.com:8443/v3/p/instances?name=a%20b"
    assert request.headers["Host"] == "dds.example.com:8443"
    assert request.headers["X-Sdk-Date"] == "20200608T023900Z"
    assert "X-Security-Token" not in request.headers
    assert "SecretKey" not in str(request)


def test_a_temporary_key_sends_and_signs_its_token() -> None:
    key = AccessKey("AccessKey", "SecretKey", "temporary", Clock(lambda: JUNE))
    headers = key.request("GET", "https://dds.example.com", "/v3", [], b"").headers
    assert headers["X-Security-Token"] == "temporary"
    assert "x-security-token" in headers["Authorization"]


def test_a_path_before_the_api_is_signed_too() -> None:
    key = AccessKey("AccessKey", "SecretKey", None, Clock(lambda: JUNE))
    request = key.request("GET", "https://gateway.example.com/dds", "/v3/p", [], b"")
    headers = {name: value for name, value in request.headers.items() if name != "Authorization"}
    assert urlsplit(request.url).path == "/dds/v3/p"
    assert request.headers["Authorization"].endswith(signature("GET", "/dds/v3/p", [], headers=headers))


def test_a_token_is_all_that_proves_who_asks() -> None:
    request = Token("MIItoken").request("POST", "https://dds.example.com", "/v3/p", [], b"{}")
    assert dict(request.headers) == {"Content-Type": "application/json", "X-Auth-Token": "MIItoken"}
    assert (request.method, request.url, request.body) == ("POST", "https://dds.example.com/v3/p", b"{}")
