# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's options to a client of the UCloud family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http, check_endpoint
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import UMongoDB


def connect(options: Mapping[str, Any], warn: Callable[[str], None]) -> UMongoDB:
    """Return a client. Calls nothing. Raises BadInput when ``api_url`` is not a server's address."""
    return UMongoDB(
        Http.of(options),
        api_url=check_endpoint(options["api_url"], "api_url", warn),
        public_key=options["public_key"],
        private_key=options["private_key"],
        security_token=options["security_token"],
        channel_key=options["channel_key"],
        region=options["region"],
        project_id=options["project_id"],
    )
