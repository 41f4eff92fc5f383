# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the codes of both clouds mean, and what to do next: the one table. The troubleshooting guide is made from it."""

from __future__ import annotations

from typing import NamedTuple

CREDENTIALS, PERMISSION, CLOCK, THROTTLED = "credentials", "permission", "clock", "throttled"
BUSY, NOT_FOUND, PARAMETER, CLOUD_FAULT, CONNECTION = "busy", "not_found", "parameter", "cloud_fault", "connection"

KINDS = {
    CREDENTIALS: "Signing in was refused. The run ends at once, as keys that fail on and on get locked.",
    PERMISSION: "The account may not do this.",
    CLOCK: "The time of this host is too far off for what it signs, or too far from the cloud's to tell what is over or expired.",
    THROTTLED: "The cloud asks to be called less often; all threads of a run wait before they go on.",
    BUSY: "The instance is doing something else; reads are repeated until the deadline.",
    NOT_FOUND: "What was named is not there, or not for this account.",
    PARAMETER: "The cloud does not take a value, or does not offer the call.",
    CLOUD_FAULT: "The cloud failed. Reads are repeated; what creates something only where it cannot have taken effect.",
    CONNECTION: "The cloud could not be reached, or something else answered in its place.",
}

UMONGODB, DDS, S3, ANY = "umongodb", "dds", "s3", "any"

_OFTEN = "Collect from fewer instances at a time, or raise deadline."
_KEYS = "Check the keys or the token, and that they belong to this cloud and region."
_PROJECT = "Check project_id first, then region and instance_id."
_LATER = "Run again later; if it stays, give the request id to the cloud's support."
_INSTANCE = "Check instance_id first, then region and project_id."
_GRANT = "Grant this user the permission for the call in the cloud's IAM."
_UNKNOWN = "Look the code up in the cloud's reference; its support wants the request id."
# The family publishes no list of the codes of this product, so a cluster that is not there may have any.
_UNLISTED = (
    "Check cluster_id first, if one was given, then region, zone and project_id; if they are right, "
    "give the request id to the cloud's support."
)


class Cause(NamedTuple):
    """A row of the table: the codes of a cloud that mean the same, what that is, and what to do next."""

    cloud: str
    codes: tuple[str, ...]
    kind: str
    meaning: str
    hint: str


def _of_gateway(*numbers: str) -> tuple[str, ...]:
    return tuple(f"{gateway}.{number}" for number in numbers for gateway in ("APIGW", "APIG"))


CAUSES = (
    Cause(
        UMONGODB,
        ("110",),
        CLOUD_FAULT,
        "the API gave up waiting, and the call may have taken effect",
        "Run again: what was asked for is looked for on the list before it is asked for again.",
    ),
    Cause(UMONGODB, ("130", "150"), CLOUD_FAULT, "a service behind the gateway failed", _LATER),
    Cause(UMONGODB, ("153",), THROTTLED, "too many calls", _OFTEN),
    Cause(
        UMONGODB,
        ("160", "161"),
        PARAMETER,
        "no such action",
        "Check api_url: this API does not offer UMongoDB's logs.",
    ),
    Cause(UMONGODB, ("170",), CREDENTIALS, "no signature", "Check api_url: another kind of API answered."),
    Cause(
        UMONGODB,
        ("171",),
        CREDENTIALS,
        "wrong signature",
        "Check private_key: it is not the one of public_key, or a character of it or of another option was lost in copying.",
    ),
    Cause(
        UMONGODB,
        ("172",),
        CREDENTIALS,
        "no such user",
        "Check public_key, and that api_url belongs to the cloud that issued it.",
    ),
    Cause(
        UMONGODB,
        ("174",),
        CREDENTIALS,
        "no such token",
        "Renew security_token together with its keys; on a dedicated cloud check channel_key.",
    ),
    Cause(
        UMONGODB,
        ("220", "230"),
        PARAMETER,
        "a parameter is missing or not available",
        "Check region first, then zone, project_id and ids, unless the cloud's own words name another parameter.",
    ),
    Cause(
        UMONGODB,
        ("not_found", "8039"),
        NOT_FOUND,
        "no such cluster",
        "Check cluster_id first, then region and project_id.",
    ),
    Cause(
        UMONGODB,
        ("292",),
        NOT_FOUND,
        "no such project",
        "Check project_id first, then whether public_key is of the account that has it.",
    ),
    Cause(
        UMONGODB, ("293",), PERMISSION, "no permission for the zone", "Check zone, and whether this account may use it."
    ),
    Cause(
        UMONGODB,
        ("294",),
        CREDENTIALS,
        "address refused",
        "Add the address of this host to the white list of the account.",
    ),
    Cause(UMONGODB, ("295",), CREDENTIALS, "security lock", "Unlock the account in the cloud's console."),
    Cause(
        UMONGODB,
        ("299",),
        PERMISSION,
        "IAM denied it",
        "Grant this key the permission for the action in the cloud's IAM; sub-accounts must give project_id too.",
    ),
    Cause(
        UMONGODB,
        ("7096", "7097", "7139"),
        BUSY,
        "the database does not run, or a packaging still does",
        "Run again when the cluster is running and idle.",
    ),
    Cause(
        UMONGODB,
        ("unknown_host",),
        CONNECTION,
        "there is no host of that name",
        "Check api_url first, then the name servers of this host.",
    ),
    Cause(
        DDS,
        _of_gateway("0101", "0103"),
        PARAMETER,
        "the call is not offered, or what answers it is away",
        "Check endpoint and region: this says nothing of the instance.",
    ),
    Cause(DDS, _of_gateway("0301"), CREDENTIALS, "wrong key, signature, clock or token", _KEYS),
    Cause(
        DDS,
        _of_gateway("0303", "0305", "0311"),
        CREDENTIALS,
        "another kind of key is wanted, that of an application",
        "Check endpoint; if it is the cloud's own, check secret_key and the clock of this host.",
    ),
    Cause(DDS, _of_gateway("0302", "0304", "0306"), PERMISSION, "not authorised for the API", _GRANT),
    Cause(
        DDS,
        _of_gateway("0310"),
        PERMISSION,
        "the project is not available",
        "Check project_id, and in the console whether the project is frozen.",
    ),
    Cause(
        DDS,
        _of_gateway("0401", "0402"),
        PERMISSION,
        "address refused",
        "Add the address of this host to those that the account or the API allows.",
    ),
    Cause(DDS, _of_gateway("0613"), CLOUD_FAULT, "the identity service is away", _LATER),
    Cause(
        DDS,
        _of_gateway("0801", "0802"),
        PERMISSION,
        "the service or this user is not allowed in the region",
        "Check region and endpoint, and whether the account may use DDS there.",
    ),
    Cause(
        DDS,
        _of_gateway("0307"),
        CREDENTIALS,
        "the token expired, or is of another region or project",
        "Get a new token for this project, or sign in with a key or a password instead.",
    ),
    Cause(DDS, ("DBS.280056",), CREDENTIALS, "invalid token", "Get a new token for this project."),
    Cause(DDS, (*_of_gateway("0308"), "DBS.280443"), THROTTLED, "too many calls", _OFTEN),
    Cause(
        DDS,
        (
            *("DBS.200011", "DBS.200018", "DBS.200019", "DBS.200076", "DBS.201000", "DBS.201014", "DBS.201015"),
            *("DBS.200047", "DBS.200998", "DBS.201202", "DBS.280042", "DBS.212003", "DBS.00010009", "DBS.239037"),
        ),
        BUSY,
        "the instance is doing something else",
        "The instance is busy; run again later.",
    ),
    Cause(
        DDS,
        ("not_found", "DBS.200002", "DBS.201028", "DBS.280110", "DBS.201501", "DBS.201502", "DBS.280404"),
        NOT_FOUND,
        "no such instance",
        _INSTANCE,
    ),
    Cause(
        DDS,
        ("DBS.200013", "DBS.200451", "DBS.216026", "DBS.280407", "DBS.216030"),
        NOT_FOUND,
        "no such node",
        "Check the node ids against those of the instance.",
    ),
    Cause(
        DDS,
        ("DBS.200010", "DBS.200604", "DBS.280015", "DBS.280408"),
        NOT_FOUND,
        "no such project or tenant",
        _PROJECT,
    ),
    Cause(DDS, ("DBS.280016",), NOT_FOUND, "not found", _INSTANCE),
    Cause(
        DDS,
        ("DBS.280067", "DBS.280068", "DBS.280409"),
        PARAMETER,
        "a time is refused",
        "Check begin and end: the end must be after the begin, and neither too old.",
    ),
    Cause(DDS, ("DBS.280439", "DBS.280440"), PARAMETER, "paging is refused", _UNKNOWN),
    Cause(
        DDS,
        (
            *("DBS.280066", "DBS.280361", "DBS.280416", "DBS.200001", "DBS.200004", "DBS.200095", "DBS.201006"),
            *("DBS.280001", "DBS.290000"),
        ),
        PARAMETER,
        "a parameter is refused",
        _UNKNOWN,
    ),
    Cause(
        DDS,
        ("DBS.280343", "DBS.280347"),
        PARAMETER,
        "not supported by this instance",
        "Upgrade this instance, or do without what it cannot have.",
    ),
    Cause(DDS, ("DBS.280032", "DBS.280063"), PERMISSION, "no permission for the call or the project", _GRANT),
    Cause(
        DDS,
        ("DBS.280433",),
        PERMISSION,
        "no permission for the enterprise project",
        "Grant this user the permission in the instance's enterprise project.",
    ),
    Cause(
        DDS,
        ("DBS.280019",),
        PERMISSION,
        "the account is suspended",
        "Look in the console at what the account owes, as it is suspended.",
    ),
    Cause(
        DDS,
        ("DBS.280064",),
        CLOUD_FAULT,
        "the cloud could not look the permission up",
        "Run again later; if it stays, it is for the cloud's support, as the keys are not the reason.",
    ),
    Cause(DDS, ("DBS.201509",), CLOUD_FAULT, "the object storage failed", _LATER),
    Cause(DDS, ("DBS.280005",), CLOUD_FAULT, "the server failed", _LATER),
    Cause(
        S3,
        ("no_credentials",),
        CREDENTIALS,
        "no keys of the bucket are given or found",
        "Give access_key and secret_key, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ),
    Cause(
        S3,
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidClientTokenId"),
        CREDENTIALS,
        "the keys of the bucket are refused",
        "Check access_key, secret_key and session_token, and that they belong to endpoint_url and region.",
    ),
    Cause(
        S3,
        ("ExpiredToken", "TokenRefreshRequired"),
        CREDENTIALS,
        "the keys of the bucket have expired",
        "Renew session_token together with its keys.",
    ),
    Cause(
        S3,
        ("AccessDenied", "AllAccessDisabled", "403"),
        PERMISSION,
        "the account may not do this with the bucket",
        "Grant this key to list, read and write below the prefix, and what Object Lock needs where it is used.",
    ),
    Cause(
        S3,
        ("RequestTimeTooSkewed",),
        CLOCK,
        "the time of this host is too far from the store's",
        "Set the clock of this host, as by NTP.",
    ),
    Cause(
        S3,
        ("SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "RequestLimitExceeded", "503"),
        THROTTLED,
        "the store asks to be called less often, and did so to the end",
        "Run again later, with fewer workers; what was put stays.",
    ),
    Cause(
        S3,
        ("NoSuchBucket",),
        NOT_FOUND,
        "there is no such bucket",
        "Make the bucket, or check bucket and endpoint_url.",
    ),
    Cause(
        S3,
        ("BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch"),
        CONNECTION,
        "what reached the store is not what was sent",
        "Look for a proxy between this host and the store; run again.",
    ),
    Cause(
        S3,
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"),
        PARAMETER,
        "the bucket is elsewhere",
        "Check the region of the bucket, and endpoint_url.",
    ),
    Cause(
        S3,
        ("InvalidRequest", "InvalidBucketState", "ObjectLockConfigurationNotFoundError"),
        PARAMETER,
        "the store does not take what was asked for; mostly it is Object Lock, and the bucket was made without it",
        "Make a bucket with Object Lock, or leave retention out.",
    ),
    Cause(ANY, ("400",), PARAMETER, "the request is refused", _UNKNOWN),
    Cause(ANY, ("401",), CREDENTIALS, "signing in is refused", _KEYS),
    Cause(ANY, ("403",), PERMISSION, "the call is refused", _GRANT),
    Cause(
        ANY, ("404",), NOT_FOUND, "there is nothing at that address", "Check the ids first, then region and endpoint."
    ),
    Cause(ANY, ("429", "throttled"), THROTTLED, "too many calls", _OFTEN),
    Cause(ANY, ("500", "502", "503", "504"), CLOUD_FAULT, "the cloud failed", _LATER),
    Cause(
        ANY,
        ("unreachable",),
        CONNECTION,
        "no connection can be made",
        "Check the endpoint, name resolution and the firewall.",
    ),
    Cause(
        ANY,
        ("unknown_host",),
        CONNECTION,
        "there is no host of that name",
        "Check region first, which is part of the name, then endpoint, and the name servers of this host.",
    ),
    Cause(ANY, ("timeout",), CONNECTION, "no answer in time", "Raise timeout, or check the way to the cloud."),
    Cause(ANY, ("cut",), CONNECTION, "the connection was cut", "Run again; what was received in whole stays."),
    Cause(
        ANY,
        ("proxy",),
        CONNECTION,
        "the proxy refused",
        "Have the proxy let this host there, or check HTTPS_PROXY and NO_PROXY.",
    ),
    Cause(
        ANY,
        ("proxy_failed",),
        CONNECTION,
        "the proxy could not get there",
        "Check region and endpoint or api_url first, then the way from the proxy, and HTTPS_PROXY and NO_PROXY.",
    ),
    Cause(
        ANY,
        ("proxy_unreachable",),
        CONNECTION,
        "the proxy cannot be reached",
        "Correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, in which special characters of a password are percent-encoded,"
        " or leave this host out with NO_PROXY.",
    ),
    Cause(
        ANY,
        ("proxy_tls",),
        CONNECTION,
        "no TLS connection to the proxy can be made",
        "Give the proxy as http:// unless it speaks TLS itself; if it does, give its authority with ca_path.",
    ),
    Cause(
        ANY,
        ("proxy_unusable",),
        CONNECTION,
        "what is set as a proxy cannot be used",
        "Correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: a proxy is given such as http://proxy.example.com:3128.",
    ),
    Cause(
        ANY,
        ("tls",),
        CONNECTION,
        "no TLS connection can be made",
        "Check that HTTPS is spoken there, and that ca_path holds certificates.",
    ),
    Cause(
        ANY,
        ("tls_untrusted",),
        CONNECTION,
        "the certificate is not trusted",
        "Give the certificate of its authority with ca_path.",
    ),
    Cause(
        ANY,
        ("not_json",),
        CONNECTION,
        "something else than an API answered",
        "Check the endpoint, and whether a proxy answers in its place.",
    ),
    Cause(
        ANY,
        ("bad_answer",),
        CLOUD_FAULT,
        "an answer lacks what it must have, or has it in another form",
        "Run again; if it stays, the API is another one than this was made for, or it changed: look for a newer release.",
    ),
    Cause(
        ANY,
        ("bad_request",),
        PARAMETER,
        "the request cannot be sent",
        "Check address and keys for characters that do not belong there.",
    ),
    Cause(
        ANY,
        ("short_body", "bad_range", "oversize_body", "corrupt_body", "empty_body", "wrong_size", "unproven_body"),
        CLOUD_FAULT,
        "a file did not arrive as it was promised",
        "Nothing was kept; run again.",
    ),
    Cause(
        ANY,
        ("not_a_log",),
        CLOUD_FAULT,
        "a web page or an error document came in place of a file",
        "Look for a proxy or a login page between this host and the object storage; nothing was kept.",
    ),
    Cause(
        ANY,
        ("301", "302", "303", "307", "308"),
        CONNECTION,
        "a server leads elsewhere, which is not followed",
        "Check region and endpoint, and whether a proxy or a login page answers in its place.",
    ),
    Cause(
        ANY,
        ("link_refused",),
        CLOUD_FAULT,
        "the object storage refuses a link for another reason than its age",
        "Look the store's code up: the account may be suspended, the bucket's policy may deny this host, or the object is archived.",
    ),
    Cause(
        ANY,
        ("link_expired",),
        CLOUD_FAULT,
        "even a fresh link is refused",
        "Check that this host may reach the object storage, and that its clock is right.",
    ),
    Cause(ANY, ("bad_link", "no_link"), CLOUD_FAULT, "the API gave no link that can be followed", _LATER),
)

_BY_CODE = {(cause.cloud, code): cause for cause in CAUSES for code in cause.codes}


def is_known(cloud: str, code: str) -> bool:
    """Tell whether the table has a row for this very code of a cloud."""
    return (cloud, code) in _BY_CODE


def cause_of(cloud: str, code: str, status: int = 0) -> Cause:
    """Return the row for a code of a cloud; for a code that is not in the table, the one of its HTTP status."""
    known = _BY_CODE.get((cloud, code)) or _BY_CODE.get((ANY, code)) or _BY_CODE.get((ANY, str(status)))
    if known:
        return known
    if not status or status >= 500:
        return Cause(cloud, (code,), CLOUD_FAULT, "", _LATER if status else "")
    return Cause(cloud, (code,), PARAMETER, "", _UNLISTED if cloud == UMONGODB else _UNKNOWN)
