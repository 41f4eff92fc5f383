# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way into an object store that speaks S3: boto3 signs and repeats, every fault becomes a sentence.

boto3 is imported when a bucket is opened, as it takes a third of a second that nobody else should wait.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Callable, NamedTuple

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import CHUNK
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput, CloudError, LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._failures import S3
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import check_endpoint, plain
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.quick import Quick
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso

SCHEME = "s3://"

# botocore knows conditional writes, and can leave its own checksums out, since then.
OLDEST = (1, 36)

# Seconds. The repetitions of botocore wait longer each time.
_CONNECT, _READ, _ATTEMPTS = 20, 60, 6
# How often bytes are sent that did not arrive as they were.
_SENDINGS = 3

_SHA256 = "sha256"
_BUSY = (429, 503)
_MISSING = ("404", "NoSuchKey", "NotFound", "NoSuchVersion")
_EXISTS = ("412", "PreconditionFailed", "409", "ConditionalRequestConflict")
_UNKNOWN = ("501", "NotImplemented", "405", "MethodNotAllowed")


class Access(NamedTuple):
    """Which bucket, where in it, and how to sign in; what is None is found as boto3 finds it."""

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    region: str | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any], region: str, warn: Callable[[str], None], url: str = "") -> Access:
        """Return what the options of a module say, of which ``region`` names the bucket's. Raises BadInput.

        ``url``: bucket and prefix as one, instead of the options.
        """
        bucket, prefix = options.get("bucket") or "", options.get("prefix") or ""
        if url:
            bucket, _slash, prefix = url.removeprefix(SCHEME).partition("/")
        endpoint = options["endpoint_url"]
        checked = check_endpoint(endpoint, "endpoint_url", warn) if endpoint else None
        access_key, secret_key, token = (options[name] for name in ("access_key", "secret_key", "session_token"))
        return cls(bucket, prefix.strip("/"), checked, access_key, secret_key, token, options[region])

    @property
    def url(self) -> str:
        """Return the place as ``s3://bucket/prefix``."""
        return SCHEME + "/".join(filter(None, (self.bucket, self.prefix)))


class Stored(NamedTuple):
    """An object as the store tells of it. ``version`` is empty where the bucket has none, ``at`` in Unix seconds.

    ``sha256`` and ``about`` are what was written beside it, and empty in listings.
    """

    key: str
    size: int
    at: int = 0
    version: str = ""
    etag: str = ""
    sha256: str = ""
    about: Mapping[str, str] = {}
    locked: str = ""
    until: int = 0


class Version(NamedTuple):
    """One of the versions that a bucket keeps of an object, or a delete marker. ``at`` in Unix seconds."""

    key: str
    version: str
    at: int
    size: int
    etag: str
    marker: bool

    def __str__(self) -> str:
        """Return it as a person reads it."""
        return f"{'the delete marker' if self.marker else 'version'} {self.version} of {iso(self.at)}"


class Exists(LogsError):
    """Something stands there already, and was not to be replaced."""

    kind = "exists"


class Lock(NamedTuple):
    """What a new object gets of Object Lock: a mode and until when, in Unix seconds, and whether it is held."""

    mode: str = ""
    until: int = 0
    hold: bool = False

    def arguments(self) -> dict[str, Any]:
        """Return what boto3 takes for it."""
        given: dict[str, Any] = {}
        if self.mode:
            given.update(ObjectLockMode=self.mode.upper(), ObjectLockRetainUntilDate=_moment(self.until))
        if self.hold:
            given["ObjectLockLegalHoldStatus"] = "ON"
        return given


class Bucket:
    """Objects below the prefix of a bucket, by keys without it. Safe to be used by threads. Raises CloudError."""

    def __init__(self, access: Access, workers: int) -> None:
        self.url = access.url
        self._bucket = access.bucket
        self._prefix = f"{access.prefix}/" if access.prefix else ""
        self._client, self._quick, self._keys = _clients(access, workers)
        self._throttled = threading.Event()
        self._client.meta.events.register("needs-retry.s3", self._note)
        self._keeps: bool | None = None

    def throttled(self) -> bool:
        """Tell whether the store asked to be called less often since this was asked last."""
        told = self._throttled.is_set()
        if told:  # what a thread notes from now on is for the next time
            self._throttled.clear()
        return told

    def _note(self, response: Any = None, **_more: Any) -> None:
        if response is not None and response[0].status_code in _BUSY:
            self._throttled.set()

    def place(self, key: str) -> str:
        """Return an object as a person reads it."""
        return f"{SCHEME}{self._bucket}/{self._prefix}{key}"

    def get(self, key: str, version: str = "") -> tuple[bytes, Stored] | None:
        """Return the bytes of an object that is not large, with what is told of it; None when there is none."""
        for sending in range(1, _SENDINGS + 1):
            with self._explained(key):
                try:
                    answer = self._client.get_object(**self._named(key, version))
                except self._failure as error:
                    if _code(error) in _MISSING:
                        return None
                    raise
                try:
                    return answer["Body"].read(), self._stored(key, answer)
                except self._cuts:
                    if sending == _SENDINGS:
                        raise
        raise AssertionError("not reached")

    def read(self, key: str, version: str = "") -> Iterator[bytes]:
        """Yield the bytes of an object in pieces. A cut goes on where it was."""
        at, cuts = 0, 0
        while True:
            with self._explained(key):
                answer = self._client.get_object(
                    **self._named(key, version), **({"Range": f"bytes={at}-"} if at else {})
                )
                size = at + int(answer["ContentLength"])
                try:
                    for piece in answer["Body"].iter_chunks(CHUNK):
                        at += len(piece)
                        yield piece
                except self._cuts:
                    cuts += 1
                    if cuts == _SENDINGS:
                        raise
            if at >= size:
                return

    def head(self, key: str, version: str = "") -> Stored | None:
        """Return what is told of an object; None when there is none."""
        with self._explained(key):
            try:
                answer = self._client.head_object(**self._named(key, version))
            except self._failure as error:
                # Of a HEAD there is no code but the status; what hides an object answers like nothing.
                if _code(error) in _MISSING:
                    return None
                raise
            return self._stored(key, answer)

    def listed(self, below: str, after: str = "") -> Iterator[Stored]:
        """Yield the objects below a key, in the order of their keys, from behind ``after`` on."""
        more = {"StartAfter": self._prefix + after} if after else {}
        for page in self._pages("list_objects_v2", below, **more):
            for one in page.get("Contents") or ():
                key = one["Key"].removeprefix(self._prefix)
                if key > after:
                    yield Stored(key, one["Size"], int(one["LastModified"].timestamp()), etag=one["ETag"].strip('"'))

    def versions(self, below: str) -> dict[str, list[Version]] | None:
        """Return what was ever put at the keys below one, the oldest first; None where the bucket keeps no versions."""
        if not self.keeps_versions:
            return None
        found: dict[str, list[tuple[bool, Any, Version]]] = {}
        for page in self._pages("list_object_versions", below):
            entries = [(one, False) for one in page.get("Versions") or ()]
            entries += [(one, True) for one in page.get("DeleteMarkers") or ()]
            for one, marker in entries:
                key, when = one["Key"].removeprefix(self._prefix), one["LastModified"]
                etag = "" if marker else one["ETag"].strip('"')
                version = Version(key, one["VersionId"], int(when.timestamp()), one.get("Size", 0), etag, marker)
                found.setdefault(key, []).append((bool(one["IsLatest"]), when, version))
        # Of several with one time, the store says which is the latest.
        return {
            key: [version for _latest, _when, version in sorted(several, key=lambda one: one[:2])]
            for key, several in found.items()
        }

    def folders(self, below: str) -> list[str]:
        """Return the names of the folders right below one, in order, also of those in which everything is hidden."""
        pages = self._pages(self._listing, below, Delimiter="/")
        return sorted({_last(one["Prefix"]) for page in pages for one in page.get("CommonPrefixes") or ()})

    def entries(self, below: str) -> list[str]:
        """Return the names of the folders and objects right below a folder, in order, also of those that are hidden."""
        found = set()
        for page in self._pages(self._listing, below, Delimiter="/"):
            found |= {_last(one["Prefix"]) for one in page.get("CommonPrefixes") or ()}
            for kind in ("Contents", "Versions", "DeleteMarkers"):
                found |= {_last(one["Key"]) for one in page.get(kind) or ()}
        return sorted(found)

    @property
    def _listing(self) -> str:
        return "list_object_versions" if self.keeps_versions else "list_objects_v2"

    @property
    def keeps_versions(self) -> bool:
        """Tell whether the bucket keeps versions. One that does not know, or may not tell, does not."""
        if self._keeps is None:
            with self._explained(""):
                try:
                    answer = self._client.get_bucket_versioning(Bucket=self._bucket)
                except self._failure as error:
                    if _code(error) not in (*_UNKNOWN, "AccessDenied"):
                        raise
                    answer = {}
            self._keeps = bool(answer.get("Status"))
        return self._keeps

    @property
    def can_lock(self) -> bool | None:
        """Tell whether the bucket has Object Lock; None where this key may not ask."""
        with self._explained(""):
            try:
                answer = self._client.get_object_lock_configuration(Bucket=self._bucket)
            except self._failure as error:
                if _code(error) == "AccessDenied":
                    return None
                if _code(error) not in (*_UNKNOWN, "ObjectLockConfigurationNotFoundError"):
                    raise
                return False
        # A store that does not know the call may answer with something else.
        return bool(answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")

    def put(
        self, key: str, data: bytes, about: Mapping[str, str], *, new: bool = False, lock: Lock | None = None
    ) -> str:
        """Write an object; return its version. Raises Exists where it is to be ``new`` and the store knows that it is not."""
        if self._quick and lock is None:
            headers = {"Content-MD5": _md5(data), **{f"x-amz-meta-{name}": value for name, value in about.items()}}
            version = self._quick.put(self._prefix + key, data, {**headers, **({"If-None-Match": "*"} if new else {})})
            if version is not None:
                return version.replace("null", "")
        arguments: dict[str, Any] = {**self._named(key), "Body": data, "Metadata": dict(about)}
        arguments.update(ContentMD5=_md5(data), **(lock or Lock()).arguments())
        if new:
            arguments["IfNoneMatch"] = "*"
        return self._sent(key, lambda: self._client.put_object(**arguments))

    def begin(self, key: str, about: Mapping[str, str], lock: Lock | None = None) -> str:
        """Begin to write a large object, and return what its parts are put under."""
        with self._explained(key):
            arguments = {**self._named(key), "Metadata": dict(about), **(lock or Lock()).arguments()}
            upload: str = self._client.create_multipart_upload(**arguments)["UploadId"]
            return upload

    def begun(self, key: str) -> dict[str, dict[int, tuple[int, str]]]:
        """Return the large objects of a key that were begun and not ended: their parts, each with size and ETag."""
        found: dict[str, dict[int, tuple[int, str]]] = {}
        with self._explained(key):
            try:
                pages = self._client.get_paginator("list_multipart_uploads").paginate(
                    Bucket=self._bucket, Prefix=self._prefix + key
                )
                uploads = [one for page in pages for one in page.get("Uploads") or ()]
                for one in uploads:
                    if one["Key"] == self._prefix + key:
                        parts = self._client.get_paginator("list_parts").paginate(
                            **self._named(key), UploadId=one["UploadId"]
                        )
                        found[one["UploadId"]] = {
                            part["PartNumber"]: (part["Size"], part["ETag"].strip('"'))
                            for page in parts
                            for part in page.get("Parts") or ()
                        }
            except self._failure as error:
                if _code(error) not in (*_UNKNOWN, "NoSuchUpload"):
                    raise
        return found

    def put_part(self, key: str, upload: str, number: int, data: bytes) -> str:
        """Write a part of a large object; return its ETag."""
        arguments = {**self._named(key), "UploadId": upload, "PartNumber": number, "Body": data}
        return self._sent(key, lambda: self._client.upload_part(**arguments, ContentMD5=_md5(data)), "ETag")

    def end(self, key: str, upload: str, etags: Mapping[int, str], *, new: bool = False) -> str:
        """Make the parts an object; return its version. Raises Exists as :meth:`put` does."""
        parts = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
        arguments = {**self._named(key), "UploadId": upload, "MultipartUpload": {"Parts": parts}}
        if new:
            arguments["IfNoneMatch"] = "*"
        return self._sent(key, lambda: self._client.complete_multipart_upload(**arguments))

    def set_hold(self, key: str, version: str, on: bool) -> None:
        """Put a legal hold on a version, or take it off."""
        with self._explained(key):
            status = {"Status": "ON" if on else "OFF"}
            self._client.put_object_legal_hold(**self._named(key, version), LegalHold=status)

    def abort(self, key: str, upload: str) -> None:
        """Throw away what was written of a large object."""
        with self._explained(key):
            self._client.abort_multipart_upload(**self._named(key), UploadId=upload)

    def _sent(self, key: str, call: Any, told: str = "VersionId") -> str:
        for sending in range(1, _SENDINGS + 1):
            with self._explained(key):
                try:
                    return str(call().get(told) or "").strip('"').replace("null", "")
                except self._failure as error:
                    if _code(error) in _EXISTS:
                        raise Exists(f"{self.place(key)} is there already.") from None
                    if _code(error) != "BadDigest" or sending == _SENDINGS:
                        raise
        raise AssertionError("not reached")

    def _pages(self, call: str, below: str, **more: Any) -> Iterator[dict[str, Any]]:
        with self._explained(below):
            yield from self._client.get_paginator(call).paginate(
                Bucket=self._bucket, Prefix=self._prefix + below, **more
            )

    def _named(self, key: str, version: str = "") -> dict[str, Any]:
        return {
            "Bucket": self._bucket,
            "Key": self._prefix + key,
            **({"VersionId": version} if version else {}),
        }

    def _stored(self, key: str, answer: Mapping[str, Any]) -> Stored:
        # Some stores give back the names of headers in other letters.
        about = {name.lower(): value for name, value in (answer.get("Metadata") or {}).items()}
        return Stored(
            key,
            int(answer["ContentLength"]),
            int(answer["LastModified"].timestamp()),
            (answer.get("VersionId") or "").replace("null", ""),
            (answer.get("ETag") or "").strip('"'),
            about.get(_SHA256, ""),
            about,
            (answer.get("ObjectLockMode") or "").lower(),
            int(answer["ObjectLockRetainUntilDate"].timestamp()) if answer.get("ObjectLockRetainUntilDate") else 0,
        )

    @property
    def _failure(self) -> Any:
        from botocore.exceptions import ClientError

        return ClientError

    @property
    def _cuts(self) -> tuple[type[BaseException], ...]:
        from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

        return (IncompleteReadError, ResponseStreamingError, ReadTimeoutError, http.client.IncompleteRead)

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        from botocore import exceptions

        place = self.place(key)
        try:
            yield
        except exceptions.ClientError as error:
            raise _refused(error, place, self._secrets()) from None
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError):
            raise CloudError(
                f"There are no keys for {self.url}.",
                code="no_credentials",
                cloud=S3,
                final=True,
            ) from None
        except exceptions.SSLError:
            raise CloudError(f"{self.url}: the store's certificate is not trusted.", code="tls_untrusted") from None
        except exceptions.BotoCoreError as error:
            code = "timeout" if "Timeout" in type(error).__name__ else "cut"
            raise CloudError(
                f"{place}: the store could not be reached ({type(error).__name__}).", code=code, passing=True
            ) from None

    def _secrets(self) -> tuple[str, ...]:
        """Return the keys that requests are signed with, wherever they come from."""
        from botocore.exceptions import BotoCoreError

        with suppress(BotoCoreError):  # of keys that cannot be had anew, the next request tells
            return tuple(filter(None, self._keys.get_frozen_credentials() if self._keys else ()))
        return ()


def _clients(access: Access, workers: int) -> tuple[Any, Quick | None, Any]:
    """Return the SDK's client, where the way to the store is plain a quicker one for small objects, and the keys."""
    try:
        import boto3
        import botocore
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.config import Config
        from botocore.utils import get_environ_proxies
    except ImportError:
        raise BadInput(missing_required_lib("boto3"), code="missing_library") from None
    if tuple(int(part) for part in botocore.__version__.split(".")[:2]) < OLDEST:
        raise BadInput(missing_required_lib("boto3 >= 1.36"), code="missing_library")
    config = Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        max_pool_connections=workers + 2,
        # What botocore sends by itself since 1.36 is not understood by every store; the MD5 that is sent here is.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if access.endpoint_url else "auto"},
    )
    try:
        session = boto3.session.Session(
            aws_access_key_id=access.access_key,
            aws_secret_access_key=access.secret_key,
            aws_session_token=access.session_token,
            region_name=access.region,
        )
        region = session.region_name or "us-east-1"
        client = session.client("s3", region_name=region, endpoint_url=access.endpoint_url, config=config)
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        raise BadInput(f"endpoint_url, access_key, region: {error}") from None
    verify = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    proxies = get_environ_proxies(client.meta.endpoint_url)
    keys = session.get_credentials()
    if not access.endpoint_url or proxies or keys is None:
        return client, None, keys

    def sign(method: str, url: str, headers: dict[str, str], data: bytes) -> dict[str, str]:
        request = AWSRequest(method, url, headers, data)
        S3SigV4Auth(keys.get_frozen_credentials(), "s3", region).add_auth(request)
        return dict(request.headers.items())

    return client, Quick(access.endpoint_url, access.bucket, sign, verify), keys


def _refused(error: Any, place: str, secrets: tuple[str, ...]) -> CloudError:
    answer = error.response
    code, status = _code(error), int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    words = plain(answer.get("Error", {}).get("Message") or "", secrets).rstrip(".")
    return CloudError(
        f"{place}: the store answers {plain(code, secrets)}{f' ({words})' if words not in ('', code) else ''}.",
        code=code,
        cloud=S3,
        status=status,
        final=status in (401, 403),
        request_id=str(answer.get("ResponseMetadata", {}).get("RequestId") or ""),
    )


def _last(key: str) -> str:
    return key.rstrip("/").rpartition("/")[2]


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code") or "")


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode("ascii")


def _moment(instant: int) -> Any:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(instant, timezone.utc)
