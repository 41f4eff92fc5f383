# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in to the Huawei family: what makes a request the account's own."""

from __future__ import annotations

import json
import threading
import time
from urllib.parse import urlsplit

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.answers import judge
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.sign import Query, encode_query, signed_headers
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer, Http, Request
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import Clock


class Auth:
    """A way to sign in."""

    def request(self, method: str, endpoint: str, path: str, query: Query, body: bytes) -> Request:
        """Return the request with the headers that prove who sends it. Raises CloudError."""
        raise NotImplementedError

    def accepted(self, request: Request) -> None:
        """Take note that the cloud itself, and no cache, took this request for the account's own."""

    def renews(self, request: Request) -> bool:
        """Tell whether this request, which the cloud did not take for the account's own, is worth sending once more."""
        return False


class AccessKey(Auth):
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
        signature = headers["Authorization"].rpartition("Signature=")[2]
        hidden = (self._access_key, self._secret_key, self._security_token or "", signature)
        return Request(method, _url(endpoint, path, query), headers, body, hidden)

    def accepted(self, request: Request) -> None:
        """Take note that the clock is right, by which it was signed."""
        self._clock.prove()


class Token(Auth):
    """A token of the identity service, scoped to the project."""

    def __init__(self, token: str) -> None:
        self._token = token

    def request(self, method: str, endpoint: str, path: str, query: Query, body: bytes) -> Request:
        """Return the request with the token."""
        return _with_token(self._token, method, endpoint, path, query, body)


class Password(Auth):
    """A user name and password: a token is asked for when it is first needed, kept in memory, and renewed once it ran out.

    Source: Huawei Cloud IAM "Obtaining a User Token Through Password Authentication".
    """

    def __init__(
        self,
        http: Http,
        *,
        iam_endpoint: str,
        username: str,
        password: str,
        domain_name: str,
        region: str,
        project_id: str | None,
    ) -> None:
        self._http = http
        self._iam_endpoint = iam_endpoint
        self._secret = password
        user = {"name": username, "password": password, "domain": {"name": domain_name}}
        project = {"id": project_id} if project_id else {"name": region}
        self._document = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": project},
            }
        }
        self._token: str | None = None
        self._proven = False
        self._attempts = 0
        self._refused: CloudError | None = None
        self._lock = threading.Lock()

    def request(self, method: str, endpoint: str, path: str, query: Query, body: bytes) -> Request:
        """Return the request with the token, signing in first where there is none."""
        attempts = self._attempts
        with self._lock:
            token = self._token or self._signed_in(attempts)
        return _with_token(token, method, endpoint, path, query, body)

    def _signed_in(self, attempts: int) -> str:
        """Return a new token, unless it could not be had while this thread waited for its turn."""
        if self._refused and attempts != self._attempts:
            raise self._refused
        self._attempts += 1
        try:
            self._token = self._http.read(self._sign_in, _subject_token)
        except CloudError as error:
            error.uncertain = False  # what the token was wanted for was not sent
            self._refused = error
            raise
        self._refused = None
        return self._token

    def accepted(self, request: Request) -> None:
        """Take note that this token works."""
        if request.headers["X-Auth-Token"] == self._token:
            self._proven = True

    def renews(self, request: Request) -> bool:
        """Tell whether another token may do: one that never worked is refused for a reason that stays."""
        with self._lock:
            if request.headers["X-Auth-Token"] != self._token:
                return True  # another thread has dropped it already
            if self._proven:
                self._token, self._proven = None, False
            return self._token is None

    def _sign_in(self) -> Request:
        body = json.dumps(self._document).encode("utf-8")
        url, headers = f"{self._iam_endpoint}/v3/auth/tokens", {"Content-Type": "application/json"}
        return Request("POST", url, headers, body, (self._secret,))


def _subject_token(answer: Answer) -> str:
    try:
        judge(answer)
    except CloudError as error:
        if error.status == 401:
            error.hint = (
                "Check username, password and domain_name, and that region or project_id names a project of it."
            )
        raise
    token = answer.headers.get("X-Subject-Token")
    if not token:
        raise CloudError(f"{answer.host} answered without a token.", code="401", status=401, final=True)
    return token


def _with_token(token: str, method: str, endpoint: str, path: str, query: Query, body: bytes) -> Request:
    headers = {"Content-Type": "application/json", "X-Auth-Token": token}
    return Request(method, _url(endpoint, path, query), headers, body, (token,))


def _url(endpoint: str, path: str, query: Query) -> str:
    return endpoint + path + ("?" + encode_query(query) if query else "")
