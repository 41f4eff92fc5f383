# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module that talks to the UCloud family."""

from __future__ import annotations


class ModuleDocFragment:
    """How to reach and sign in to the UCloud family."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Base URL of the API. The UCloud family runs under many names, such as V(https://api.ucloud.cn),
        V(https://api.dezai.com), V(https://api.surfercloud.com) and V(https://api.ucloud-global.com).
      - Without O(api_url), the environment variable E(UCLOUD_API_URL) is used.
    type: str
    default: https://api.dezai.com
  public_key:
    description:
      - Public key of the account.
      - Without O(public_key), the environment variable E(UCLOUD_PUBLIC_KEY) is used.
    type: str
    required: true
  private_key:
    description:
      - Private key of the account. It signs the requests and is never sent.
      - Without O(private_key), the environment variable E(UCLOUD_PRIVATE_KEY) is used.
    type: str
    required: true
  security_token:
    description:
      - Token that belongs to temporary keys.
      - Without O(security_token), the environment variable E(UCLOUD_SECURITY_TOKEN) is used.
    type: str
  channel_key:
    description:
      - Key of a dedicated cloud that shares its address with others; only such clouds want one.
      - Without O(channel_key), the environment variable E(UCLOUD_CHANNEL_KEY) is used.
    type: str
    version_added: 0.2.0
  region:
    description:
      - Region of the cluster, such as V(cn-bj2).
      - Without O(region), the environment variable E(UCLOUD_REGION) is used.
    type: str
    required: true
  project_id:
    description:
      - Project of the cluster. Sub-accounts must give it.
      - Without O(project_id), the environment variable E(UCLOUD_PROJECT_ID) is used.
    type: str
"""

    # For inventory plugins, before the fragment itself. Of several variables Ansible takes the last that is set.
    ENVIRONMENT = r"""
options:
  api_url:
    env:
      - name: UCLOUD_API_URL
  public_key:
    required: false
    env:
      - name: UCLOUD_PUBLIC_KEY
  private_key:
    required: false
    env:
      - name: UCLOUD_PRIVATE_KEY
  security_token:
    env:
      - name: UCLOUD_SECURITY_TOKEN
  channel_key:
    env:
      - name: UCLOUD_CHANNEL_KEY
  region:
    required: false
    env:
      - name: UCLOUD_REGION
  project_id:
    env:
      - name: UCLOUD_PROJECT_ID
"""
