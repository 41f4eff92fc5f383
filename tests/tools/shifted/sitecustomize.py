# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets the clock of every Python program that has this folder on its path: so many seconds ahead of the machine's.

Tests that run programs live in a time of their own, as what is closed or expired would else depend on when they run.
"""

from __future__ import annotations

import os
import time

_machine, _ahead = time.time, float(os.environ.get("MONGODB_LOGS_TESTS_AHEAD", "0"))
time.time = lambda: _machine() + _ahead
