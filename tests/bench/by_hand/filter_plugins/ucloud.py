# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one filter that a hand-written playbook for UCloud needs: it signs a request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any


def ucloud_signed(params: dict[str, Any], private_key: str) -> dict[str, Any]:
    """Return the parameters of a call with their signature."""
    text = "".join(f"{name}{params[name]}" for name in sorted(params))
    return {**params, "Signature": hashlib.sha1(f"{text}{private_key}".encode()).hexdigest()}


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"ucloud_signed": ucloud_signed}
