# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's options to a client of the Huawei family."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import (
    AccessKey,
    Auth,
    Password,
    Token,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http, check_endpoint

# The one region of Huawei Cloud under another domain.
_EUROPE = "eu-west-101"

_REGION = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


def connect(options: Mapping[str, Any], warn: Callable[[str], None]) -> Dds:
    """Return a client. Calls nothing. Raises BadInput when an endpoint is not a server's address, or the region cannot be part of one.

    Of several ways to sign in, a token goes before an access key, and that before a password.
    """
    http = Http.of(options)
    region = options["region"]
    if not options["endpoint"] and not _REGION.match(region):
        raise BadInput(
            f"region: '{region}' is none of Huawei Cloud, whose ids are such as cn-north-4; of another cloud, give endpoint too."
        )
    endpoint = check_endpoint(options["endpoint"] or default_endpoint("dds", region), "endpoint", warn)
    iam_endpoint = check_endpoint(options["iam_endpoint"] or default_endpoint("iam", region), "iam_endpoint", warn)
    return Dds(
        http,
        _auth(options, http, iam_endpoint),
        endpoint=endpoint,
        iam_endpoint=iam_endpoint,
        region=region,
        project_id=options["project_id"],
    )


def _auth(options: Mapping[str, Any], http: Http, iam_endpoint: str) -> Auth:
    if options["auth_token"]:
        return Token(options["auth_token"])
    if options["access_key"]:
        return AccessKey(options["access_key"], options["secret_key"], options["security_token"], http.clock)
    names = ("username", "password", "domain_name", "region", "project_id")
    return Password(http, iam_endpoint=iam_endpoint, **{name: options[name] for name in names})


def default_endpoint(service: str, region: str) -> str:
    """Return where Huawei Cloud runs a service, ``dds`` or ``iam``, of a region."""
    return f"https://{service}.{region}.myhuaweicloud.{'eu' if region == _EUROPE else 'com'}"
