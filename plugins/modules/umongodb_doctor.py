#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: umongodb_doctor
short_description: Tell whether collecting the logs of a UMongoDB cluster will work
version_added: 0.2.0
description:
  - Looks at everything that M(clouddb.mongodb_logs.umongodb_log_archive) needs, in the order of its mending. That is the
    way to the cloud, the clock, signing in, the permission for each call, the cluster and its nodes, the archive with its
    lock and its ledger, and the space that is free against what is due.
  - Takes the same options, so that a task can run either, and O(mirror). It changes nothing, neither in the cloud nor in the
    archive nor in a bucket, and takes no lock. Calls that cannot be tried without changing something are named as V(skipped).
  - Fails when collecting would not work, unless O(fail_on=never). Warnings do not make it fail.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.archive
  - clouddb.mongodb_logs.archive.collect_umongodb
  - clouddb.mongodb_logs.umongodb
  - clouddb.mongodb_logs.connection
  - clouddb.mongodb_logs.archive.doctor
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.reads
  - clouddb.mongodb_logs.attributes.group_umongodb
seealso:
  - module: clouddb.mongodb_logs.umongodb_log_archive
"""

EXAMPLES = r"""
- name: See whether collecting will work
  clouddb.mongodb_logs.umongodb_doctor:
    public_key: "{{ ucloud_public_key }}"
    private_key: "{{ ucloud_private_key }}"
    region: cn-bj2
    cluster_id: uclmongo-4f1d2c3b
    archive: /srv/mongodb-logs
  register: doctor

- name: Show it
  ansible.builtin.debug:
    var: doctor.screen
"""

RETURN = r"""
verdict:
  description: The worst that was found, V(ok), V(warning) or V(failure).
  returned: always, unless an option cannot be meant
  type: str
  sample: ok
checks:
  description:
    - What was looked at, in the order of its mending. What needs something that failed is V(skipped).
  returned: always, unless an option cannot be meant
  type: list
  elements: dict
  contains:
    check:
      description: What was looked at; for a permission, the name of the action.
      type: str
    state:
      description: V(ok), V(warning), V(failure) or V(skipped).
      type: str
    message:
      description: What was found, or why it was skipped.
      type: str
    hint:
      description: What to do, empty when there is nothing to do.
      type: str
    code:
      description: Code of the API, or a word for what is wrong; empty when nothing is.
      type: str
  sample:
    - check: ListUMongoDBLogPackage
      state: failure
      message: "ListUMongoDBLogPackage was refused with RetCode 299: IAM permission denied."
      hint: Grant this key the permission for the action in the cloud's IAM; sub-accounts must give project_id too.
      code: "299"
screen:
  description: The same as lines of at most 88 columns for a person.
  returned: always, unless an option cannot be meant
  type: list
  elements: str
failure:
  description: The first check that failed.
  returned: when a check failed
  type: dict
  contains:
    code:
      description: Code of the API, or a word for what went wrong.
      type: str
    kind:
      description:
        - Kind of fault, such as V(credentials), V(permission), V(clock), V(not_found), V(connection), V(archive) or
          V(bad_input).
      type: str
    message:
      description: What is wrong.
      type: str
    hint:
      description: What to do.
      type: str
    request_id:
      description: The id that the cloud gave the request, when it was the cloud that failed.
      type: str
"""

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import DOCTOR
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.entry import settings_of
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._doctor import bucket
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.options import EXAMINED
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.connect import connect
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.doctor import examine
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.options import OPTIONS, rules_of, source_of


def doctor(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Tell whether collecting from one cluster will work."""
    rules = rules_of(options)
    settings = settings_of(options, "umongodb", options["cluster_id"])
    api = connect(options, lambda _told_by_a_check: None)
    examination = examine(api, options, settings, lambda: source_of(api, options, rules))
    bucket.examine(examination, options["mirror"], settings.folder)
    return examination.result(options["fail_on"])


def main() -> None:
    """Run the module."""
    run_module(OPTIONS + EXAMINED + DOCTOR, doctor)


if __name__ == "__main__":
    main()
