# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say which bucket keeps a copy of an archive, and how that is to be put there."""

from __future__ import annotations

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    STORE,
    OptionSet,
    between,
    bucket_name,
    bucket_prefix,
    identifier,
    store_region,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import put


def _retention(name: str, value: Any) -> None:
    between(1, 36500, " days")(f"{name}: days", value["days"])


OPTIONS = STORE + OptionSet(
    {
        "bucket": {"type": "str", "required": True},
        "prefix": {"type": "str"},
        "region": store_region(aliases=["bucket_region"]),
        "retention": {
            "type": "dict",
            "options": {
                "mode": {"type": "str", "choices": ["governance", "compliance"], "required": True},
                "days": {"type": "int", "required": True},
            },
        },
        "conditional_writes": {"type": "str", "choices": put.CONDITIONAL, "default": put.AUTO},
    },
    checks={"bucket": bucket_name, "prefix": bucket_prefix, "region": identifier, "retention": _retention},
)

# What the doctors take of them.
EXAMINED = OptionSet({"mirror": {"type": "dict", "options": OPTIONS.options}})
