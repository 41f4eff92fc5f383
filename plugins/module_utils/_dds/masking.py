# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether values in the statements of slow logs are masked.

Source: Huawei Cloud API reference, ``GET .../slowlog-desensitization/status`` and ``PUT .../slowlog-desensitization/{on|off}``.
"""

from __future__ import annotations

import time
from typing import Callable
from urllib.parse import quote

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import CloudError

_POLL = 1.0


def masks(api: Dds, instance_id: str) -> bool:
    """Return whether values are masked. Raises CloudError."""
    status = api.call("GET", _path(instance_id, "status")).needed_id("status")
    if status not in ("on", "off"):
        raise CloudError("The answer cannot be understood: status is neither on nor off.", code="bad_answer")
    return status == "on"


def mask(api: Dds, instance_id: str, enabled: bool) -> None:
    """State whether values shall be masked; the same statement twice does no harm. Raises CloudError when it is refused.

    Without an answer it is in doubt: reading tells.
    """
    try:
        api.call("PUT", _path(instance_id, "on" if enabled else "off"))
    except CloudError as error:
        if not error.uncertain:
            raise


def confirm(
    api: Dds,
    instance_id: str,
    enabled: bool,
    within: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until the cloud shows what was stated. Raises CloudError when it does not in time."""
    give_up = monotonic() + within
    while masks(api, instance_id) is not enabled:
        left = give_up - monotonic()
        if left <= 0:
            raise CloudError(
                f"The switch was sent, but {within:g} s later the cloud still shows masking {'off' if enabled else 'on'}.",
                code="not_shown",
                hint="Read it with dds_slow_log_masking_info, and run again if it has not changed by then.",
            )
        sleep(min(_POLL, left))


def _path(instance_id: str, what: str) -> str:
    return f"/instances/{quote(instance_id)}/slowlog-desensitization/{what}"
