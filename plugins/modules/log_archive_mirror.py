#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_archive_mirror
short_description: Keep a copy of an archive in a bucket, and bring it back
version_added: 0.3.0
description:
  - Uploads what a bucket lacks of an archive, in an object store that speaks S3, such as AWS, Huawei OBS, UCloud US3, Ceph, MinIO
    or Cloudflare R2.
  - The files of units come first, at the paths that they have in the archive, then the new lines of the ledger, then the status of
    the last run and a head that stands for all of it. Killed anywhere, the next run goes on.
  - Nothing is ever deleted. Only C(head.json) and C(status.json) get newer versions, and a file that the archive collected again
    as it was damaged.
  - With nothing to do, one object an instance is read.
  - Every file is compared with its SHA-256 in the ledger on its way. What is damaged is not put, and the module fails; the ledger of
    its instance waits until the file is repaired.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.store
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
  - clouddb.mongodb_logs.attributes.in_process
options:
  archive:
    description:
      - Absolute path of the archive, on the host where the module runs.
    type: path
    required: true
  bucket:
    description:
      - Name of the bucket, which must exist.
    type: str
    required: true
  prefix:
    description:
      - Where in the bucket the archive is, such as V(logs/mongodb). At its top when absent.
    type: str
  region:
    description:
      - Region of the bucket. When absent, E(AWS_REGION) or E(AWS_DEFAULT_REGION) of the host where the module runs.
    type: str
    aliases: [bucket_region]
  state:
    description:
      - V(present) brings the bucket up to the archive.
      - V(restored) brings instances back from the bucket to a place where nothing is of them, each file compared with its SHA-256 in the
        ledger. The ledger comes last, and makes an archive of it; a run that was killed goes on. What is there already, whole and
        the same, is no change.
    type: str
    choices: [present, restored]
    default: present
  provider:
    description:
      - Only instances of this provider.
    type: str
    choices: [umongodb, dds]
  project_id:
    description:
      - Only instances of this project. V(default) names those that were collected without one.
    type: str
  instances:
    description:
      - Only these clusters and instances, by id. All when absent.
    type: list
    elements: str
  retention:
    description:
      - Object Lock for every version that is put; the bucket must have been made with it. Also puts legal holds on the objects of units that
        the holds of the archive cover, and takes them off when these are released.
      - A locked version cannot be deleted, nor its retention be shortened. It can be hidden, by a newer version or a delete marker;
        M(clouddb.mongodb_logs.log_archive_info) names what hides it, and O(state=restored) brings the locked version.
      - What the store has made of it is read back once a run, and it is an error when the store did not keep it.
    type: dict
    suboptions:
      mode:
        description:
          - V(governance) lets accounts with a permission of their own lift the lock, V(compliance) nobody.
        type: str
        choices: [governance, compliance]
        required: true
      days:
        description:
          - Days from when it is put.
        type: int
        required: true
  conditional_writes:
    description:
      - Whether what is new is put so that the store refuses it where something stands already. Then two runs that mirror the same
        instance at once cannot mix their ledgers.
      - V(auto) sees once a run whether the store does that. V(required) fails when it does not. V(never) does without.
    type: str
    choices: [auto, required, never]
    default: auto
  files:
    description:
      - With O(state=restored), whether files are brought, or the ledger and the status alone. What is not brought is then not missing
        here, but in the bucket. A collecting run goes on from that.
    type: bool
    default: true
  begin:
    description:
      - With O(state=restored), only files with logs from this time on, as Unix seconds, as ISO 8601 with an offset such as
        V(2026-11-20T00:00:00Z), or as an age such as V(36h) or V(7d). The ledger is brought whole.
    type: str
  end:
    description:
      - With O(state=restored), only files with logs before this time, in the same forms as O(begin).
    type: str
  node_ids:
    description:
      - With O(state=restored), only files of these nodes. All when absent.
    type: list
    elements: str
  log_types:
    description:
      - With O(state=restored), only files of these types. All when absent.
    type: list
    elements: str
    choices: [slow, error, audit]
  must_exist:
    description:
      - With O(state=restored), whether it is an error that the bucket holds none of the chosen instances, as before the first run of a
        job that brings, collects and mirrors.
    type: bool
    default: true
  mode:
    description:
      - With O(state=restored), mode of new files, as octal digits in quotes.
    type: raw
    default: "0640"
  directory_mode:
    description:
      - With O(state=restored), mode of new folders, as octal digits in quotes.
    type: raw
    default: "0750"
  owner:
    description:
      - With O(state=restored), owner of new files and folders, by name or number.
    type: str
  group:
    description:
      - With O(state=restored), group of new files and folders, by name or number.
    type: str
  lock_timeout:
    description:
      - With O(state=restored), seconds to wait while a run writes to the same place.
    type: float
    default: 0
  workers:
    description:
      - How many objects are put or read at a time.
    type: int
    default: 4
  return_limit:
    description:
      - Most items in each list of problems of the result.
    type: int
    default: 100
notes:
  - No cloud but the store is called, and with O(state=present) no lock is taken, so it can run while logs are being collected.
  - In check mode the same objects are read, and nothing is put.
seealso:
  - module: clouddb.mongodb_logs.log_archive_info
"""

EXAMPLES = r"""
- name: Keep a copy of an archive in a bucket
  clouddb.mongodb_logs.log_archive_mirror:
    archive: /srv/mongodb-logs
    bucket: logs-of-mongodb
    prefix: production
    endpoint_url: https://obs.eu-west-101.myhuaweicloud.eu
    region: eu-west-101

- name: Bring an archive back that was lost with its disk
  clouddb.mongodb_logs.log_archive_mirror:
    archive: /srv/mongodb-logs
    bucket: logs-of-mongodb
    prefix: production
    endpoint_url: https://obs.eu-west-101.myhuaweicloud.eu
    region: eu-west-101
    state: restored
"""

RETURN = r"""
uploaded:
  description: Files of units and segments of ledgers that were put, or would be in check mode.
  returned: when the bucket was reached
  type: int
restored:
  description: Files that were brought back, or would be in check mode.
  returned: when the bucket was reached
  type: int
left:
  description: Files of the restored instances that are in the bucket alone, as they were not asked for.
  returned: when the bucket was reached
  type: int
bytes:
  description: The bytes of what was put or brought.
  returned: when the bucket was reached
  type: int
heads:
  description: Heads of the ledgers that the bucket has now, or that were restored, by folder of the instance.
  returned: when the bucket was reached
  type: dict
  sample: {"umongodb/cn-bj2/default/uclmongo-4f1d2c3b": "8f0e1c7d4a5b6c7d8e9f0a1b2c3d4e5f8f0e1c7d4a5b6c7d8e9f0a1b2c3d4e5f"}
head:
  description: The one of these heads that there is.
  returned: when one instance is chosen
  type: str
conditional_writes:
  description: Whether the store refuses to put what is new where something stands; absent when nothing was put.
  returned: when the store was asked
  type: bool
problems:
  description: What could not be put, or stands in the bucket in its place, with O(return_limit) at most.
  returned: when the bucket was reached
  type: list
  elements: dict
  contains:
    kind:
      description:
        - V(missing), V(unreadable), V(size) or V(sha256) as in RV(clouddb.mongodb_logs.log_archive_info#module:problems[].kind).
          V(other) another file stands in the bucket. V(archive) the instance could not be mirrored.
      type: str
    instance:
      description: Folder of the instance.
      type: str
    path:
      description: File, relative to that folder.
      type: str
    message:
      description: What is wrong, as a sentence.
      type: str
problems_omitted:
  description: Problems that RV(problems) leaves out.
  returned: when the bucket was reached
  type: int
failure:
  description: What went wrong.
  returned: failure
  type: dict
  contains:
    code:
      description: V(another_run), V(occupied), V(no_conditional_writes), V(no_retention), V(incomplete), the store's own code, or a word for the kind of fault.
      type: str
    kind:
      description: Kind of fault, such as V(credentials).
      type: str
    message:
      description: What is wrong.
      type: str
    hint:
      description: What to do.
      type: str
    request_id:
      description: Id of the request that the store refused, for its support.
      type: str
"""

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import (
    LOG_TYPES,
    OptionSet,
    absolute_path,
    between,
    identifier,
    mode_with,
    seconds,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import run
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import Access
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.options import OPTIONS as MIRROR
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._module import Context, run_module
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._progress import Progress

OPTIONS = MIRROR + OptionSet(
    {
        "archive": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["present", "restored"], "default": "present"},
        "provider": {"type": "str", "choices": ["umongodb", "dds"]},
        "project_id": {"type": "str"},
        "instances": {"type": "list", "elements": "str"},
        "files": {"type": "bool", "default": True},
        "begin": {"type": "str"},
        "end": {"type": "str"},
        "node_ids": {"type": "list", "elements": "str"},
        "log_types": {"type": "list", "elements": "str", "choices": LOG_TYPES},
        "must_exist": {"type": "bool", "default": True},
        "mode": {"type": "raw", "default": "0640"},
        "directory_mode": {"type": "raw", "default": "0750"},
        "owner": {"type": "str"},
        "group": {"type": "str"},
        "lock_timeout": {"type": "float", "default": 0},
        "workers": {"type": "int", "default": 4},
        "return_limit": {"type": "int", "default": 100},
    },
    checks={
        "archive": absolute_path,
        "project_id": identifier,
        "instances": identifier,
        "node_ids": identifier,
        "mode": mode_with(0o600),
        "directory_mode": mode_with(0o700),
        "lock_timeout": seconds(),
        "workers": between(1, 64),
        "return_limit": between(0, 100000),
    },
)


def mirror(context: Context, options: dict[str, Any]) -> dict[str, Any]:
    """Bring a bucket up to an archive, or an archive back from a bucket."""
    access = Access.of(options, "region", context.warn)
    target = run.target_of(options)
    progress, modes = Progress("mirror", *context.tellers), {"check": context.check_mode, "diff": context.diff}
    if options["state"] == "restored":
        return run.restored(options, access, target, context.warn, progress, **modes)
    return run.present(options, access, progress, **modes)


def main() -> None:
    """Run the module."""
    run_module(OPTIONS, mirror, cloud=False)


if __name__ == "__main__":
    main()
