# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module that reads an archive alone, and calls no cloud."""

from __future__ import annotations


class ModuleDocFragment:
    """Which instances of which archive."""

    DOCUMENTATION = r"""
options:
  archive:
    description:
      - Absolute path of the archive, on the host where the module runs.
    type: path
    required: true
  provider:
    description:
      - Only instances of this provider.
    type: str
    choices: [umongodb, dds]
  region:
    description:
      - Only instances of this region.
    type: str
  project_id:
    description:
      - Only instances of this project. V(default) names those that were collected without one.
    type: str
notes:
  - No cloud is called and no credentials are needed, so the instances need not exist any more.
"""

    SERIES = r"""
options:
  instances:
    description:
      - Only these clusters and instances, by id. All when absent.
    type: list
    elements: str
  node_ids:
    description:
      - Only logs of these nodes. All when absent.
    type: list
    elements: str
  log_types:
    description:
      - Only logs of these types. All when absent.
    type: list
    elements: str
    choices: [slow, error, audit]
  return_limit:
    description:
      - Most items in each list of units or problems of the result.
    type: int
    default: 100
"""

    WRITES = r"""
options:
  lock_timeout:
    description:
      - Seconds to wait while a run writes to the same cluster's or instance's part of the archive.
    type: float
    default: 0
"""

    READING = r"""
options:
  begin:
    description:
      - Only entries from this time on, as Unix seconds, as ISO 8601 with an offset such as V(2026-11-20T00:00:00Z), or as an age
        such as V(36h) or V(7d).
    type: str
  end:
    description:
      - Only entries before this time, in the same forms as O(begin).
    type: str
"""

    WORKERS = r"""
options:
  workers:
    description:
      - How many files are read at a time, each in a process of its own. As many as there are cores when absent.
    type: int
"""

    BESIDE = r"""
options:
  dest:
    description:
      - Absolute path of the folder for the files, outside of the archive. It is made when it is missing.
    type: path
    required: true
  mode:
    description:
      - Mode of the files, as octal digits in quotes. Folders that are made may be entered by whoever may read them.
    type: raw
    default: "0640"
  owner:
    description:
      - Owner of the files, by name or number.
    type: str
  group:
    description:
      - Group of the files, by name or number.
    type: str
"""
