# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the Huawei family: signed in, sent, and sent once more where a token ran out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.answers import judge
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import Auth
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.sign import Query
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import CLOCK, CREDENTIALS
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Answer, Http, Request
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._reader import Record

Carry = Callable[[Callable[[], Request], Callable[[Answer], Record]], Record]


class Client:
    """Requests to the endpoints of one account. Every method raises CloudError."""

    def __init__(self, http: Http, auth: Auth) -> None:
        self.http = http
        self._auth = auth

    def read(
        self,
        method: str,
        endpoint: str,
        path: str,
        query: Query = (),
        body: Mapping[str, Any] | None = None,
        number: Callable[[str], Any] | None = None,
    ) -> Record:
        """Send a request that may be repeated: it changes nothing, or states what is to be.

        ``number`` is that of :meth:`Answer.json`.
        """
        return self._send(self.http.read, method, endpoint, path, query, body, number)

    def write(self, method: str, endpoint: str, path: str, body: Mapping[str, Any]) -> Record:
        """Send a request that is not repeated where it may have taken effect."""
        return self._send(self.http.write, method, endpoint, path, (), body)

    def _send(
        self,
        carry: Carry,
        method: str,
        endpoint: str,
        path: str,
        query: Query,
        body: Mapping[str, Any] | None,
        number: Callable[[str], Any] | None = None,
    ) -> Record:
        content = b"" if body is None else json.dumps(body).encode("utf-8")
        sent: list[Request] = []

        def build() -> Request:
            sent.append(self._auth.request(method, endpoint, path, query, content))
            return sent[-1]

        def understand(answer: Answer) -> Record:
            request = sent[-1]
            renewable = answer.status == 401 and self._auth.renews(request)
            skew = self.http.clock.skew() if "X-Sdk-Date" in request.headers else 0.0
            value = judge(answer, skew=skew, final=not renewable, number=number)
            if not answer.cached:
                self._auth.accepted(request)
            return value

        try:
            return carry(build, understand)
        except CloudError as error:
            if error.status != 401 or error.final or error.kind not in (CREDENTIALS, CLOCK):
                raise
        return carry(build, understand)
