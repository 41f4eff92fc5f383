# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module supports."""

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of modules."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff mode.
  platform:
    description: Target OS and families that can be operated against.
    platforms: posix
    support: full
"""

    CHANGES = r"""
options: {}
attributes:
  diff_mode:
    support: full
"""

    READS = r"""
options: {}
attributes:
  diff_mode:
    support: none
    details: The module changes nothing.
"""

    GROUP_UMONGODB = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/clouddb.mongodb_logs.umongodb) in C(module_defaults) to set options once for all modules of the group.
    support: full
    membership:
      - clouddb.mongodb_logs.umongodb
"""

    GROUP_DDS = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/clouddb.mongodb_logs.dds) in C(module_defaults) to set options once for all modules of the group.
    support: full
    membership:
      - clouddb.mongodb_logs.dds
"""

    ACTION = r"""
options: {}
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
"""

    IN_PROCESS = r"""
options: {}
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details:
      - Where the host is the controller and nothing asks for a process of its own, the module runs in the worker of Ansible that
        carries out the task. The guide on running it every hour says when, and what is given up for it.
      - The variable C(clouddb_mongodb_logs_in_process) turns that off when it is false.
"""
