# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Object stores that speak S3 and that others wrote, for tests, and a way between that makes faults.

``rclone serve s3`` checks signatures, ignores conditional writes and knows no versions; moto knows versions, Object Lock and
conditions, and checks no signature.
"""

from __future__ import annotations

from .between import Between, Call, Fault
from .moto_store import LEAST_PART, MotoStore
from .rclone import RcloneStore
from .store import Store

__all__ = ["LEAST_PART", "Between", "Call", "Fault", "MotoStore", "RcloneStore", "Store"]
