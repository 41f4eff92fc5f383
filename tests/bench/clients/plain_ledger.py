# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain Python reads a ledger with json.loads, and does nothing with it. Prints seconds and how many lines there are."""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    """Read."""
    begin, lines = time.monotonic(), 0
    with open(sys.argv[1], encoding="ascii") as ledger:
        for line in ledger:
            json.loads(line)
            lines += 1
    print(json.dumps([time.monotonic() - begin, lines]))


if __name__ == "__main__":
    main()
