# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module that talks to a cloud."""

from __future__ import annotations


class ModuleDocFragment:
    """How requests are sent."""

    DOCUMENTATION = r"""
options:
  validate_certs:
    description:
      - Whether TLS certificates are checked.
    type: bool
    default: true
  ca_path:
    description:
      - File or folder with certificates of authorities to trust, on the host where the module runs.
    type: path
  timeout:
    description:
      - Seconds that one request may take.
    type: float
    default: 30
  deadline:
    description:
      - Seconds that one request may take together with its repetitions.
      - What reads is repeated with a growing pause after connection faults, server errors and throttling. What creates
        something is never repeated when it may have taken effect.
    type: float
    default: 120
requirements:
  - requests
notes:
  - Where an option names environment variables, they are read on the host where the module runs.
"""
