# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's SDK lists audit logs page by page, as its users do. Prints seconds and how many there are."""

from __future__ import annotations

import json
import sys
import time

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkdds.v3 import DdsClient, ListAuditlogsRequest


def main() -> None:
    """List."""
    facts = json.loads(sys.argv[1])
    who = BasicCredentials(facts["access_key"], facts["secret_key"], facts["project_id"])
    begin = time.monotonic()
    client = DdsClient.new_builder().with_credentials(who).with_endpoint(facts["endpoint"]).build()
    logs: list[object] = []
    total = 1
    while len(logs) < total:
        page = client.list_auditlogs(
            ListAuditlogsRequest(
                instance_id=facts["instance_id"],
                start_time=facts["begin"],
                end_time=facts["end"],
                offset=len(logs),
                limit=100,
            )
        )
        total = page.total_record
        logs += page.audit_logs
    print(json.dumps([time.monotonic() - begin, len({log.id for log in logs})]))  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
