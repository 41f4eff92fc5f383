# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of dds_audit_log_info lists audit logs. Prints seconds and how many there are."""

from __future__ import annotations

import json
import sys
import time

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import parse_instant


def main() -> None:
    """List."""
    facts = json.loads(sys.argv[1])
    span = Span(parse_instant(facts["begin"], "begin"), parse_instant(facts["end"], "end"))
    options = {"auth_token": None, "security_token": None, "timeout": 30, "deadline": 120, "validate_certs": True}
    options.update(facts, ca_path=None)
    begin = time.monotonic()
    logs = connect(options, print).audit_logs(facts["instance_id"], span)
    print(json.dumps([time.monotonic() - begin, len({log.id for log in logs})]))


if __name__ == "__main__":
    main()
