# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing requests to the Huawei family with an access key (SDK-HMAC-SHA256). Pure: no clock, no network."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"

Query = Sequence[tuple[str, str]]


def signed_headers(
    method: str,
    path: str,
    query: Query,
    headers: Mapping[str, str],
    body: bytes,
    *,
    access_key: str,
    secret_key: str,
) -> dict[str, str]:
    """Return ``headers`` with the ``Authorization`` that signs the request.

    ``headers`` must hold ``Host`` as it will be sent, with its port, and ``X-Sdk-Date``. All of them are signed, except
    names with an underscore, which gateways drop. ``query`` holds decoded pairs.

    Source: Huawei Cloud "API request signing guide".
    """
    signed = {name.lower(): value.strip() for name, value in headers.items() if "_" not in name}
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        (
            method.upper(),
            canonical_path(path),
            encode_query(sorted(query)),
            "".join(f"{name}:{signed[name]}\n" for name in sorted(signed)),
            names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    to_sign = "\n".join((ALGORITHM, signed["x-sdk-date"], hashlib.sha256(canonical.encode("utf-8")).hexdigest()))
    digest = hmac.new(secret_key.encode("utf-8"), to_sign.encode("utf-8"), hashlib.sha256).hexdigest()
    authorization = f"{ALGORITHM} Access={access_key}, SignedHeaders={names}, Signature={digest}"
    return {**headers, "Authorization": authorization}


def canonical_path(path: str) -> str:
    """Return the path as it is signed: each segment decoded once and encoded again, always ending in a slash."""
    encoded = "/".join(_encode(segment) for segment in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def encode_query(query: Query) -> str:
    """Return the pairs as a query string, in the order given: what is sent is encoded as what is signed."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in query)


def _encode(part: str) -> str:
    return quote(part, safe="~")
