# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two clouds' signatures, computed the way their gateways do to verify them. Pure functions."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"^{ALGORITHM} Access=(?P<key>[^,\s]+), "
    r"SignedHeaders=(?P<headers>[^,\s]+), Signature=(?P<signature>[0-9a-f]{64})$"
)


def ucloud_text(value: object) -> str:
    """Write a parameter's value as it is signed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return str(value)


def ucloud_flatten(value: object, name: str = "") -> dict[str, object]:
    """Flatten a JSON body: lists and objects become `Name.0.Key`, as in a form."""
    members: Iterable[tuple[object, object]]
    if isinstance(value, Mapping):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    else:
        return {name: value}
    flat: dict[str, object] = {}
    for key, item in members:
        flat.update(ucloud_flatten(item, f"{name}.{key}" if name else str(key)))
    return flat


def ucloud_signature(params: Mapping[str, object], private_key: str) -> str:
    """Sign flat UCloud parameters; a `Signature` among them is left out."""
    text = "".join(name + ucloud_text(params[name]) for name in sorted(params) if name != "Signature")
    return hashlib.sha1((text + private_key).encode()).hexdigest()


@dataclass(frozen=True)
class Authorization:
    """The parts of an `Authorization: SDK-HMAC-SHA256 ...` header."""

    access_key: str
    signed_headers: tuple[str, ...]
    signature: str


def parse_authorization(value: str) -> Authorization | None:
    """Take the header apart; None when it is not of this kind or its header names are not in order."""
    match = _AUTHORIZATION.match(value)
    if match is None:
        return None
    names = tuple(match["headers"].split(";"))
    proper = list(names) == sorted(set(names)) and all(name == name.lower() and "_" not in name for name in names)
    return Authorization(match["key"], names, match["signature"]) if proper else None


def _canonical_path(path: str) -> str:
    encoded = "/".join(quote(segment, safe="~") for segment in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def _canonical_query(pairs: Sequence[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(pairs))


def sdk_hmac_signature(
    *,
    method: str,
    path: str,
    query: Sequence[tuple[str, str]],
    headers: Mapping[str, str],
    signed_headers: Sequence[str],
    payload_hash: str,
    secret_key: str,
) -> str:
    """Compute the signature of a request as it arrived; `headers` has lower-case names."""
    canonical = "\n".join(
        [
            method.upper(),
            _canonical_path(path),
            _canonical_query(query),
            "".join(f"{name}:{headers[name].strip()}\n" for name in signed_headers),
            ";".join(signed_headers),
            payload_hash,
        ]
    )
    to_sign = f"{ALGORITHM}\n{headers['x-sdk-date']}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def link_signature(method: str, expires: int, path: str, secret_key: str) -> str:
    """Compute the signature of a pre-signed link, as both clouds' object storages do."""
    to_sign = f"{method}\n\n\n{expires}\n{path}"
    return base64.b64encode(hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha1).digest()).decode()
