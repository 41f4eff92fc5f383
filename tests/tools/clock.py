# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs programs at another time than the machine's: that of the emulator which they talk to."""

from __future__ import annotations

import os
import time
from pathlib import Path

# What is on the path of Python here is run when it starts.
SHIFTED = Path(__file__).with_name("shifted")


def environment(now: float) -> dict[str, str]:
    """Return the environment of programs in Python whose time is ``now`` when it is that of this moment."""
    paths = [str(SHIFTED), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths), "MONGODB_LOGS_TESTS_AHEAD": str(now - time.time())}
