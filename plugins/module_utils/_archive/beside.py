# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder outside of the archive for what is made of it, such as a report or an export."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    OptionSet,
    absolute_path,
    mode_with,
    owner_number,
    parse_mode,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import BadInput

# The folder, and the mode and owners of its files.
BESIDE = OptionSet(
    {
        "dest": {"type": "path", "required": True},
        "mode": {"type": "raw", "default": "0640"},
        "owner": {"type": "str"},
        "group": {"type": "str"},
    },
    checks={"dest": absolute_path, "mode": mode_with(0o600)},
)


def destination(options: Mapping[str, Any]) -> Tree:
    """Return the folder, with the modes and owners for it. Raises BadInput."""
    archive, dest = (os.path.realpath(options[name]) for name in ("archive", "dest"))
    if os.path.commonpath([archive, dest]) == archive:
        raise BadInput(f"dest: {options['dest']} is in the archive, which holds nothing else; give a folder outside.")
    mode = parse_mode("mode", options["mode"])
    owners = [owner_number(name, options[name]) for name in ("owner", "group")]
    return Tree(options["dest"], Ownership(mode, mode | (mode & 0o444) >> 2, *owners))
