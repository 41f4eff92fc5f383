# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small client that signs like a correct one, and wrongly on request."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, signing

Params = Mapping[str, Any]


def dds_time(instant: float, offset: str = "+0000") -> str:
    """Write an instant as DDS wants it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant)) + offset


class Client:
    """Talks to an emulator as both clouds' customers do."""

    def __init__(self, emulator: Emulator) -> None:
        """Use the emulator's first accounts."""
        self.emulator = emulator
        self.session = requests.Session()
        self.session.trust_env = False
        self.account = emulator.world.ucloud_accounts[0]
        self.keys = emulator.world.huawei_accounts[0]
        self.timeout = 60.0

    # -- UCloud

    def signed(self, action: str, params: Params) -> dict[str, str]:
        """Return a call's parameters with their signature."""
        call = {"Action": action, "PublicKey": self.account.public_key, "Region": "cn-bj2", **params}
        if self.account.security_token:
            call["SecurityToken"] = self.account.security_token
        sent = {name: signing.ucloud_text(value) for name, value in call.items() if value is not None}
        return {**sent, "Signature": signing.ucloud_signature(sent, self.account.private_key)}

    def post(self, form: Params, **headers: str) -> requests.Response:
        """Send a form."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.post(self.emulator.url, data=form, headers=named, timeout=self.timeout)

    def ucloud(self, action: str, **params: Any) -> dict[str, Any]:
        """Call an action; return what it answers."""
        answer: dict[str, Any] = self.post(self.signed(action, params)).json()
        return answer

    # -- Huawei

    def headers(
        self, method: str, path: str, query: Params, body: bytes, *, skew: float = 0.0, secret_key: str | None = None
    ) -> dict[str, str]:
        """Return the headers that sign a request."""
        headers = {
            "Host": urlsplit(self.emulator.url).netloc,
            "X-Sdk-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + skew)),
            "Content-Type": "application/json",
        }
        if self.keys.security_token:
            headers["X-Security-Token"] = self.keys.security_token
        lowered = {name.lower(): value for name, value in headers.items()}
        signature = signing.sdk_hmac_signature(
            method=method,
            path=path,
            query=[(name, str(value)) for name, value in query.items()],
            headers=lowered,
            signed_headers=sorted(lowered),
            payload_hash=hashlib.sha256(body).hexdigest(),
            secret_key=secret_key or self.keys.secret_key,
        )
        names = ";".join(sorted(lowered))
        access = f"Access={self.keys.access_key}, SignedHeaders={names}, Signature={signature}"
        return {**headers, "Authorization": f"{signing.ALGORITHM} {access}"}

    def send(
        self, method: str, path: str, headers: Mapping[str, str], query: Params | None = None, body: bytes = b""
    ) -> requests.Response:
        """Send a request with exactly these headers and this encoding."""
        pairs = "&".join(
            f"{quote(name, safe='~')}={quote(str(value), safe='~')}" for name, value in (query or {}).items()
        )
        url = f"{self.emulator.url}{path}{'?' if pairs else ''}{pairs}"
        return self.session.request(method, url, headers=dict(headers), data=body, timeout=self.timeout)

    def huawei(
        self, method: str, path: str, query: Params | None = None, document: Any = None, **how: Any
    ) -> requests.Response:
        """Send a signed request."""
        body = b"" if document is None else json.dumps(document).encode()
        headers = self.headers(method, path, query or {}, body, **how)
        return self.send(method, path, headers, query, body)

    def dds(self, method: str, what: str, query: Params | None = None, document: Any = None) -> requests.Response:
        """Send a signed request below the first project's `instances`."""
        project = self.emulator.world.projects[0].id
        return self.huawei(method, f"/v3/{project}/instances{what}", query, document)

    # -- both

    def get(self, link: str, **headers: str) -> requests.Response:
        """Download from a link."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.get(link, headers=named, timeout=self.timeout)

    def control(self, method: str, what: str, document: Any = None) -> Any:
        """Send a control request."""
        url = f"{self.emulator.url}/_emulator/{what}"
        return self.session.request(method, url, json=document, timeout=self.timeout).json()
