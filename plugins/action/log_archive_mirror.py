# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module of this name, in the worker where nothing asks for a process of its own."""

from __future__ import annotations

from ansible_collections.clouddb.mongodb_logs.plugins.modules.log_archive_mirror import OPTIONS, mirror
from ansible_collections.clouddb.mongodb_logs.plugins.plugin_utils._in_process import Function, Module


class ActionModule(Module):
    """Runs the module."""

    functions = {"log_archive_mirror": Function(OPTIONS, mirror, "boto3")}
