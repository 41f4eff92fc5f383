# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in to the Huawei family: what makes a request the account's own."""

from __future__ import annotations

import time
from typing import Protocol
from urllib.parse import urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.sign import Query, encode_query, signed_headers
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Request
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import Clock


class Auth(Protocol):
    """A way to sign in."""

    def request(self, method: str, endpoint: str, path: str, query: Query, body: bytes) -> Request:
        """Return the request with the headers that prove who sends it."""


class AccessKey:
    """An access key, permanent or temporary: every request is signed, with the local clock's time."""

    def __init__(self, access_key: str, secret_key: str, security_token: str | None, clock: Clock) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._security_token = security_token
        self._clock = clock

    def request(self, method: str, endpoint: str, path: str, query: Query, body: bytes) -> Request:
        """Return the signed request. The signature is good for fifteen minutes."""
        headers = {
            "Content-Type": "application/json",
            "Host": urlsplit(endpoint).netloc,
            "X-Sdk-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock.local())),
        }
        if self._security_token:
            headers["X-Security-Token"] = self._security_token
        headers = signed_headers(
            method,
            urlsplit(endpoint).path + path,
            query,
            headers,
            body,
            access_key=self._access_key,
            secret_key=self._secret_key,
        )
        return Request(method, _url(endpoint, path, query), headers, body)


class Token:
    """A token of the identity service, scoped to the project."""

    def __init__(self, token: str) -> None:
        self._token = token

    def request(self, method: str, endpoint: str, path: str, query: Query, body: bytes) -> Request:
        """Return the request with the token."""
        headers = {"Content-Type": "application/json", "X-Auth-Token": self._token}
        return Request(method, _url(endpoint, path, query), headers, body)


def _url(endpoint: str, path: str, query: Query) -> str:
    return endpoint + path + ("?" + encode_query(query) if query else "")
