# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module that talks to the Huawei family."""

from __future__ import annotations


class ModuleDocFragment:
    """How to reach and sign in to the Huawei family."""

    DOCUMENTATION = r"""
options:
  endpoint:
    description:
      - Base URL of DDS. Made from O(region) for Huawei Cloud when absent, such as
        V(https://dds.cn-north-4.myhuaweicloud.com).
      - Other clouds of the family have their own, such as V(https://dds.eu-de.otc.t-systems.com).
      - Without O(endpoint), the environment variable E(HW_DDS_ENDPOINT) is used.
    type: str
  iam_endpoint:
    description:
      - Base URL of the identity service, used to look the project up and to sign in with O(password). Made from O(region) for Huawei Cloud when absent.
      - Without O(iam_endpoint), the environment variables E(HW_IAM_ENDPOINT) and E(HUAWEICLOUD_SDK_IAM_ENDPOINT) are used.
    type: str
  access_key:
    description:
      - Access key. Either it, O(auth_token) or O(username) is needed.
      - Without O(access_key), the environment variables E(HW_ACCESS_KEY) and E(HUAWEICLOUD_SDK_AK) are used.
    type: str
  secret_key:
    description:
      - Secret key that belongs to O(access_key). It signs the requests and is never sent.
      - Without O(secret_key), the environment variables E(HW_SECRET_KEY) and E(HUAWEICLOUD_SDK_SK) are used.
    type: str
  security_token:
    description:
      - Token that belongs to a temporary O(access_key).
      - Without O(security_token), the environment variable E(HW_SECURITY_TOKEN) is used.
    type: str
  auth_token:
    description:
      - Token of the identity service, scoped to the project. It is used in place of O(access_key) when both are given.
      - Without O(auth_token), the environment variable E(HW_AUTH_TOKEN) is used.
    type: str
  username:
    description:
      - Name of a user who signs in with O(password), where no key and no token is given. The token that this yields is kept in
        memory for the run, and renewed when it runs out.
      - Without O(username), the environment variable E(HW_USER_NAME) is used.
    type: str
    version_added: 0.2.0
  password:
    description:
      - Password of O(username).
      - Without O(password), the environment variable E(HW_USER_PASSWORD) is used.
    type: str
    version_added: 0.2.0
  domain_name:
    description:
      - Name of the domain, that is the account, of O(username).
      - Without O(domain_name), the environment variable E(HW_DOMAIN_NAME) is used.
    type: str
    version_added: 0.2.0
  region:
    description:
      - Region of the instance, such as V(cn-north-4).
      - Without O(region), the environment variable E(HW_REGION_NAME) is used.
    type: str
    required: true
  project_id:
    description:
      - Project of the instance. Looked up by the name of O(region) when absent.
      - Without O(project_id), the environment variables E(HW_PROJECT_ID) and E(HUAWEICLOUD_SDK_PROJECT_ID) are used.
    type: str
"""

    # For inventory plugins, before the fragment itself. Of several variables Ansible takes the last that is set.
    ENVIRONMENT = r"""
options:
  endpoint:
    env:
      - name: HW_DDS_ENDPOINT
  iam_endpoint:
    env:
      - name: HUAWEICLOUD_SDK_IAM_ENDPOINT
      - name: HW_IAM_ENDPOINT
  access_key:
    env:
      - name: HUAWEICLOUD_SDK_AK
      - name: HW_ACCESS_KEY
  secret_key:
    env:
      - name: HUAWEICLOUD_SDK_SK
      - name: HW_SECRET_KEY
  security_token:
    env:
      - name: HW_SECURITY_TOKEN
  auth_token:
    env:
      - name: HW_AUTH_TOKEN
  username:
    env:
      - name: HW_USER_NAME
  password:
    env:
      - name: HW_USER_PASSWORD
  domain_name:
    env:
      - name: HW_DOMAIN_NAME
  region:
    required: false
    env:
      - name: HW_REGION_NAME
  project_id:
    env:
      - name: HUAWEICLOUD_SDK_PROJECT_ID
      - name: HW_PROJECT_ID
"""
