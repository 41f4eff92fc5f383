# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module that reaches a bucket."""

from __future__ import annotations


class ModuleDocFragment:
    """How to reach an object store that speaks S3."""

    DOCUMENTATION = r"""
options:
  endpoint_url:
    description:
      - Address of the object store, when it is not AWS. The bucket is then named in the path.
      - When absent, E(AWS_ENDPOINT_URL_S3) or E(AWS_ENDPOINT_URL) of the host where the module runs.
    type: str
  access_key:
    description:
      - Access key of the bucket. When absent, E(AWS_ACCESS_KEY_ID) of the host where the module runs, or what boto3 finds there,
        such as a profile or the role of the machine.
    type: str
  secret_key:
    description:
      - Secret key of the bucket. When absent, E(AWS_SECRET_ACCESS_KEY).
    type: str
  session_token:
    description:
      - Token of temporary keys. When absent, E(AWS_SESSION_TOKEN).
    type: str
requirements:
  - boto3 >= 1.36
"""
