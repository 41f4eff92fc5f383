# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three signers, written apart, agree: the vendors' own, the collection's, and the emulator's.

The vendors' signers are the reference; random requests show that nothing but the contract is in ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds import sign as dds_sign
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb import sign as umongodb_sign
from ansible_collections.clouddb.mongodb_logs.tests.emulator import signing
from ansible_collections.clouddb.mongodb_logs.tests.emulator.messages import Request

hypothesis = pytest.importorskip("hypothesis")
ucloud_auth = pytest.importorskip("ucloud.core.auth._cfg")
ucloud_encoder = pytest.importorskip("ucloud.core.typesystem.encoder")
huawei_signer = pytest.importorskip("huaweicloudsdkcore.signer.signer")
huawei_request = pytest.importorskip("huaweicloudsdkcore.sdk_request")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

MANY = settings(max_examples=500, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

# -- UCloud

PRIVATE_KEY = "46f09bb9fab4f12dfc160dae12273d5332b5debe"
DESCRIBE = {"Action": "DescribeUHostInstance", "Region": "cn-bj2", "Limit": 10}
TEMPORARY = {
    "Action": "foo",
    "Name": "foo",
    "ProjectId": "bar",
    "PublicKey": "foo",
    "Region": "cn-bj2",
    "SecurityToken": "42",
    "Zone": "cn-bj2-02",
}
UCLOUD_VECTORS = [
    (
        {**DESCRIBE, "PublicKey": "ucloudsomeone@example.com1296235120854146120"},
        PRIVATE_KEY,
        "cba5cf5ec4d4233d206b1b54951e3787350a642f",
    ),
    (
        {**DESCRIBE, "PublicKey": "someone@example.com1296235120854146120"},
        PRIVATE_KEY,
        "4201919d267504385deb93af19e0197870fed36b",
    ),
    (TEMPORARY, "bar", "170de002e3ca3acdc3a790badc4d14b09d183e4b"),
]

text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)
name = st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters="._"), min_size=1, max_size=12)
# Where the vendor's client writes an exponent, it does what its own documents forbid.
plain_floats = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: "e" not in repr(value))
ucloud_params = st.dictionaries(
    name.filter(lambda key: key != "Signature"),
    st.one_of(text, st.integers(), st.booleans(), plain_floats),
    max_size=12,
)


@pytest.mark.parametrize(("params", "private_key", "expected"), UCLOUD_VECTORS)
def test_ucloud_vectors(params: dict[str, Any], private_key: str, expected: str) -> None:
    """The published ones."""
    assert ucloud_auth.verify_ac(private_key, dict(params)) == expected
    assert umongodb_sign.signature(params, private_key) == expected
    assert signing.ucloud_signature(params, private_key) == expected


@MANY
@given(params=ucloud_params, private_key=text)
def test_ucloud_signatures_are_equal(params: dict[str, Any], private_key: str) -> None:
    """For any parameters, with or without a signature among them; and what is sent is what was signed."""
    for value in params.values():
        assert ucloud_encoder.encode_value(value) == umongodb_sign.text(value) == signing.ucloud_text(value)
    expected = ucloud_auth.verify_ac(private_key, dict(params))
    signed = {**params, "Signature": expected}
    assert umongodb_sign.signature(params, private_key) == umongodb_sign.signature(signed, private_key) == expected
    assert signing.ucloud_signature(params, private_key) == signing.ucloud_signature(signed, private_key) == expected


# -- Huawei

HUAWEI_VECTORS = [
    ("GET", b"", "cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842"),
    ("POST", b'{"name":"test","id":1}', "436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f"),
]

segment = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="/?#%"), max_size=12)
paths = st.lists(segment, min_size=1, max_size=6).map(lambda parts: "/" + "/".join(parts))
queries = st.lists(st.tuples(text.filter(bool), text), max_size=6)
header_names = st.text(
    st.characters(codec="ascii", categories=["L", "N"], include_characters="-_"), min_size=1, max_size=12
)
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
extra_headers = st.dictionaries(
    header_names.filter(lambda key: key.lower() not in ("host", "x-sdk-date", "authorization", "content-type")),
    header_values,
    max_size=4,
).filter(lambda headers: len({key.lower() for key in headers}) == len(headers))
keys = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=40)


def vendor(
    method: str, path: str, query: Sequence[tuple[str, str]], headers: dict[str, str], body: bytes, ak: str, sk: str
) -> tuple[str, str]:
    """Have the vendor's signer sign; return the Authorization header and the target that it would send."""
    request = huawei_request.SdkRequest(
        method=method,
        schema="https",
        host=headers["Host"],
        resource_path=path,
        query_params=list(query),
        header_params=dict(headers),
        body=body,
    )
    signed = huawei_signer.Signer(SimpleNamespace(ak=ak, sk=sk)).sign(request)
    return signed.header_params["Authorization"], signed.uri


def emulator(
    method: str, target: str, headers: dict[str, str], body: bytes, authorization: str, secret_key: str
) -> str:
    """Compute the signature as the emulator does, from what arrives at it."""
    parsed = signing.parse_authorization(authorization)
    assert parsed is not None
    arrived = Request(method, target, {key.lower(): value for key, value in headers.items()}, body)
    return signing.sdk_hmac_signature(
        method=arrived.method,
        path=arrived.path,
        query=arrived.query,
        headers=arrived.headers,
        signed_headers=parsed.signed_headers,
        payload_hash=hashlib.sha256(arrived.body).hexdigest(),
        secret_key=secret_key,
    )


@pytest.mark.parametrize(("method", "body", "expected"), HUAWEI_VECTORS)
def test_huawei_vectors(method: str, body: bytes, expected: str) -> None:
    """The published ones."""
    headers = {"Host": "service.endpoint.myhuaweicloud.com", "X-Sdk-Date": "20200608T023900Z"}
    query = [("size", "1")]
    theirs, target = vendor(method, "/resources", query, headers, body, "AccessKey", "SecretKey")
    ours = dds_sign.signed_headers(
        method, "/resources", query, headers, body, access_key="AccessKey", secret_key="SecretKey"
    )["Authorization"]
    access = f"Access=AccessKey, SignedHeaders=host;x-sdk-date, Signature={expected}"
    assert theirs == ours == f"SDK-HMAC-SHA256 {access}"
    assert emulator(method, target, headers, body, ours, "SecretKey") == expected


@MANY
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=paths,
    query=queries,
    extra=extra_headers,
    body=st.binary(max_size=40),
    access_key=keys,
    secret_key=keys,
)
def test_huawei_signatures_are_equal(
    method: str,
    path: str,
    query: list[tuple[str, str]],
    extra: dict[str, str],
    body: bytes,
    access_key: str,
    secret_key: str,
) -> None:
    """For any path, query, headers and body; and what is sent is what was signed."""
    fixed = {"Host": "dds.ap-southeast-3.myhuaweicloud.com", "X-Sdk-Date": "20260310T003000Z"}
    headers = {**fixed, "Content-Type": "application/json", **extra}
    theirs, target = vendor(method, path, query, headers, body, access_key, secret_key)
    signed = dds_sign.signed_headers(method, path, query, headers, body, access_key=access_key, secret_key=secret_key)
    assert signed["Authorization"] == theirs
    # The vendor's signer leaves the encoding of the path to the library that sends it.
    sent = quote(path, safe="/~") + target[len(path) :]
    verified = emulator(method, sent, headers, body, theirs, secret_key)
    assert theirs.endswith(f"Signature={verified}")
