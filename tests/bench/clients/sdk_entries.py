# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's SDK reads slow logs node by node, following the cursor, and writes them. Prints seconds and how many there are."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkdds.v3 import DdsClient, ListInstancesRequest, ListLtsSlowLogsRequest, ListLtsSlowLogsRequestBody


def main() -> None:
    """Read."""
    facts = json.loads(sys.argv[1])
    who = BasicCredentials(facts["access_key"], facts["secret_key"], facts["project_id"])
    begin = time.monotonic()
    client = DdsClient.new_builder().with_credentials(who).with_endpoint(facts["endpoint"]).build()
    [instance] = client.list_instances(ListInstancesRequest(id=facts["instance_id"])).instances
    numbers: set[str] = set()
    for node in (node for group in instance.groups for node in group.nodes):
        with Path(facts["folder"], f"{node.id}.jsonl").open("w") as file:
            after: dict[str, str] = {}
            while True:
                body = ListLtsSlowLogsRequestBody(
                    start_time=facts["begin"], end_time=facts["end"], node_id=node.id, limit=100, **after
                )
                page = client.list_lts_slow_logs(ListLtsSlowLogsRequest(instance_id=instance.id, body=body)).slow_logs
                if not page:
                    break
                file.writelines(json.dumps(row.to_dict(), sort_keys=True) + "\n" for row in page)
                numbers.update(row.line_num for row in page)
                after = {"line_num": page[-1].line_num}
    print(json.dumps([time.monotonic() - begin, len(numbers)]))


if __name__ == "__main__":
    main()
