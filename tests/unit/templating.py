# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that are templates, under every ansible-core."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader

TRUST: dict[str, bool] = {}
try:
    from ansible.template import trust_as_template

    TRUST["trusted_as_template"] = True

    def no_template(value: Any) -> Any:
        return value
except ImportError:  # before ansible-core 2.19 every text is one, unless it is marked
    from ansible.utils.unsafe_proxy import wrap_var

    def no_template(value: Any) -> Any:
        return wrap_var(value)

    def trust_as_template(value: str) -> str:
        return value


def variables_in(path: Path) -> Any:
    """Return what a file of variables holds, as Ansible reads it."""
    return DataLoader().load_from_file(str(path), **TRUST)


__all__ = ["no_template", "trust_as_template", "variables_in"]
