# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test needs to know of a store."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

ACCESS_KEY, SECRET_KEY = "AKIDOFTHETESTS", "the/secret+key/of/the+tests"


@cache
def _client(url: str) -> Any:
    """Make a client once: it takes longer than most of what it is asked."""
    return boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name="us-east-1").client(
        "s3",
        endpoint_url=url,
        config=Config(
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class Store(NamedTuple):
    """Where a store is, a bucket in it, and which store it is."""

    url: str
    bucket: str
    name: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """Return what a module is told to reach it."""
        keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        return {"endpoint_url": self.url, **keys, "bucket": self.bucket, "region": "us-east-1"}

    @property
    def client(self) -> Any:
        """Return a client of the SDK, to see and do what the collection does not."""
        return _client(self.url)

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Return every object below a prefix with its bytes, by keys without it."""
        client, found = self.client, {}
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for one in page.get("Contents") or ():
                body = client.get_object(Bucket=self.bucket, Key=one["Key"])["Body"].read()
                found[one["Key"].removeprefix(prefix)] = body
        return found
