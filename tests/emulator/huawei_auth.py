# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may call the Huawei family's APIs: signed requests and tokens, and keys that get locked."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import signing
from .messages import Request
from .model import HuaweiAccount

if TYPE_CHECKING:
    from .emulator import Emulator

_SKEW = 15 * 60
_FAILURES_ALLOWED = 5
_LOCK_SECONDS = 5 * 60


class AuthError(Exception):
    """A request is not authenticated; the service that refuses it finds the shape."""

    def __init__(self, code: str, message: str) -> None:
        """Carry the gateway's code and message."""
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Identity:
    """Who asks; a token is good for one project, or for none when its scope is the domain."""

    domain_id: str
    project_id: str | None = None
    denied: tuple[str, ...] = ()


class HuaweiAuth:
    """Checks requests, and counts each key's failures in a row."""

    def __init__(self, emulator: Emulator) -> None:
        """Know this emulator's accounts and tokens."""
        self._emulator = emulator
        self._failures: dict[str, int] = {}
        self._locked_until: dict[str, float] = {}

    def locked(self) -> list[str]:
        """Return the access keys that are locked now."""
        now = self._emulator.clock.now()
        return sorted(key for key, until in self._locked_until.items() if now < until)

    def check(self, request: Request) -> Identity:
        """Return who asks; raise AuthError when nobody can tell."""
        token = request.header("X-Auth-Token")
        if token is not None:
            return self._check_token(request, token)
        value = request.header("Authorization")
        if value is None:
            raise AuthError("APIGW.0301", "Incorrect IAM authentication information: x-auth-token not found")
        request.auth = "aksk"
        request.signed = False
        authorization = signing.parse_authorization(value)
        if authorization is None:
            raise AuthError("APIGW.0301", "Incorrect IAM authentication information: Authorization format incorrect")
        return self._check_signature(request, authorization)

    def _check_token(self, request: Request, text: str) -> Identity:
        request.auth = "token"
        request.signed = False
        token = next((token for token in self._emulator.world.tokens if token.token == text), None)
        if token is None:
            raise AuthError("APIGW.0301", "Incorrect IAM authentication information: decrypt token fail")
        if token.revoked or (token.expires_at is not None and self._emulator.clock.now() >= token.expires_at):
            raise AuthError("APIGW.0307", "The token must be updated: token expired")
        request.signed = True
        return Identity(token.domain_id, token.project_id)

    def _check_signature(self, request: Request, authorization: signing.Authorization) -> Identity:
        key, now = authorization.access_key, self._emulator.clock.now()
        if now < self._locked_until.get(key, 0.0):
            raise AuthError("APIGW.0301", "Incorrect IAM authentication information: AK locked, try again later")
        account = next((a for a in self._emulator.world.huawei_accounts if a.access_key == key), None)
        if account is None:
            raise AuthError("APIGW.0301", f"Incorrect IAM authentication information: AK {key} not exist")
        try:
            _verify(request, authorization, account, self._emulator.clock.signature_now)
        except AuthError:
            self._failures[key] = self._failures.get(key, 0) + 1
            if self._failures[key] > _FAILURES_ALLOWED:
                self._failures[key] = 0
                self._locked_until[key] = now + _LOCK_SECONDS
            raise
        self._failures[key] = 0
        request.signed = True
        return Identity(account.domain_id, denied=tuple(account.denied))


def _verify(
    request: Request, authorization: signing.Authorization, account: HuaweiAccount, now: Callable[[], float]
) -> None:
    names, date = authorization.signed_headers, request.header("X-Sdk-Date") or ""
    try:
        sent = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise AuthError(
            "APIGW.0301", "Incorrect IAM authentication information: X-Sdk-Date is missing or wrong"
        ) from None
    if abs(now() - sent.timestamp()) > _SKEW:
        raise AuthError("APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail, expired")
    if "x-sdk-date" not in names or any(name not in request.headers for name in names):
        raise AuthError("APIGW.0301", "Incorrect IAM authentication information: a signed header is missing")
    signature = signing.sdk_hmac_signature(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=request.headers,
        signed_headers=names,
        payload_hash=_payload_hash(request, names),
        secret_key=account.secret_key,
    )
    if not hmac.compare_digest(signature, authorization.signature):
        raise AuthError("APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail")
    token = request.header("X-Security-Token")
    if token != account.security_token or (token is not None and "x-security-token" not in names):
        raise AuthError("APIGW.0301", "Incorrect IAM authentication information: verify security token fail")


def _payload_hash(request: Request, signed_headers: tuple[str, ...]) -> str:
    unsigned = request.header("X-Sdk-Content-Sha256") == "UNSIGNED-PAYLOAD"
    if request.body and unsigned and "x-sdk-content-sha256" in signed_headers:
        return "UNSIGNED-PAYLOAD"
    return hashlib.sha256(request.body).hexdigest()
