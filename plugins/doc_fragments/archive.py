# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every module that makes an archive complete."""

from __future__ import annotations


class ModuleDocFragment:
    """Where the archive is, what is wanted in it, and how files are made."""

    DOCUMENTATION = r"""
options:
  archive:
    description:
      - Absolute path of the archive, on the host where the module runs. All clusters and instances may share one.
    type: path
    required: true
  create:
    description:
      - Whether a missing O(archive) is made. With V(false) its absence is an error, so that a disk that is not mounted
        is noticed.
    type: bool
    default: true
  rebuild:
    description:
      - Whether an archive that has files but lost its ledger takes them up as they are. Without it, that is an error.
    type: bool
    default: false
  repair:
    description:
      - Compares the files of the archive with the ledger before anything else, as O(clouddb.mongodb_logs.log_archive_info#module:verify)
        does, and collects again what is missing or damaged, as far as the cloud still has it. The new line in the ledger says why.
      - What the cloud does not have any more is reported as missing; the ledger keeps what it says of it.
      - Looks at the whole archive of the instance, so it does not go with O(begin) and O(end).
    type: str
    choices:
      none: Files are not looked at.
      size: Files that are missing or have another size.
      sha256: Files that have other bytes as well. All of them are read.
    default: none
    version_added: 0.3.0
  node_ids:
    description:
      - Nodes to collect from. All that can have the type of log when absent.
    type: list
    elements: str
  lookback:
    description:
      - How far back the first run looks, as a number with V(s), V(m), V(h), V(d) or V(w). Later runs complete everything
        since then; a longer value reaches further back.
      - Where it is more than the cloud keeps slow and error logs, the C(notices) of the archive modules say so.
    type: str
    default: 7d
  begin:
    description:
      - Begin of an explicit span, as Unix seconds or as ISO 8601 with an offset such as V(2026-11-20T00:00:00Z).
      - With O(begin) and O(end), just that span is collected, and O(lookback) is not used.
    type: str
  end:
    description:
      - End of an explicit span, in the same forms as O(begin).
    type: str
  mode:
    description:
      - Mode of new files, as octal digits in quotes.
    type: raw
    default: '0640'
  directory_mode:
    description:
      - Mode of new folders, as octal digits in quotes. The setgid bit of the folder above is kept, unless this has the setuid, the
        setgid or the sticky bit itself.
    type: raw
    default: '0750'
  owner:
    description:
      - Name or number of the owner of new files and folders.
    type: str
  group:
    description:
      - Name or number of the group of new files and folders.
    type: str
  lock_timeout:
    description:
      - Seconds to wait while another run writes to the same cluster's or instance's part of the archive.
    type: float
    default: 0
  when_locked:
    description:
      - What to do when another run is writing to the same part of the archive, and still is after O(lock_timeout).
      - V(skip) leaves the part to that run and does not fail, so that overlapping schedules are quiet. C(left_to) of the result then says
        which run that is, and nothing was changed.
    type: str
    choices: [fail, skip]
    default: fail
    version_added: 0.3.0
  workers:
    description:
      - How many files are downloaded, or windows of entries read, at a time. Of windows that are long, as many parts again.
      - While files take less than a second each and nothing is throttled, up to four times as many are downloaded at a time; with 1,
        always one.
    type: int
    default: 4
  return_limit:
    description:
      - Most units in each list of the result.
    type: int
    default: 100
notes:
  - What fails is reported unit by unit, and what succeeded stays. The module fails when something is missing or was
    newly found to be lost; the next run goes on from there.
  - In check mode the plan is returned; nothing is written, asked for or locked.
"""

    COLLECT_UMONGODB = r"""
options:
  cluster_id:
    description:
      - Cluster to collect from.
    type: str
    required: true
  zone:
    description:
      - Zone of the cluster, such as V(cn-bj2-02). Looked up when absent.
      - When O(zone) and O(node_ids) are given, a run with nothing to do calls no API at all.
      - Without O(zone), the environment variable E(UCLOUD_ZONE) is used.
    type: str
  log_types:
    description:
      - Types of log to collect.
    type: list
    elements: str
    choices: [slow, error]
    default: [slow, error]
  window:
    description:
      - Hours in a window. Windows lie on a fixed grid in UTC that meets midnight.
      - It can be changed at any time; what is held already is not fetched again.
    type: int
    choices: [1, 2, 3, 4, 6, 8, 12, 24]
    default: 24
  settle:
    description:
      - How long after its end a window is left alone, so that late lines are in it, as a number with V(s), V(m), V(h),
        V(d) or V(w), at most 5 days.
    type: str
    default: 10m
  max_packaging:
    description:
      - Most packages that the cluster makes at a time, as its nodes do this work. V(0) means no limit.
    type: int
    default: 6
  link:
    description:
      - Which address files are downloaded from. V(intranet) works only within the cloud's own network.
    type: str
    choices: [internet, intranet]
    default: internet
  wait_timeout:
    description:
      - Seconds to wait for packages that are being made. What is not ready by then is left to the next run.
    type: float
    default: 1800
  poll_interval:
    description:
      - Seconds between two looks at the list of packages.
    type: float
    default: 10
"""

    COLLECT_DDS = r"""
options:
  instance_id:
    description:
      - Instance to collect from.
    type: str
    required: true
  log_types:
    description:
      - Types of log to collect. All of them when absent; V(audit) alone with O(begin) and O(end), unless others are named.
    type: list
    elements: str
    choices: [audit, slow, error]
  entries_by:
    description:
      - How slow and error logs are collected.
    type: str
    choices:
      auto: By query where the cloud and the node have it, else by export. What was once collected by query is never left to exports
        unless that is said here.
      query: By query alone. Where the cloud cannot be queried, the run fails for this type of log.
      export: What the cloud exports when it is asked.
    default: auto
    version_added: 0.3.0
  window:
    description:
      - Hours in a window of slow and error logs that are read by query. Windows lie on a fixed grid in UTC that meets midnight.
      - It can be changed at any time; what is held already is not read again.
    type: int
    choices: [1, 2, 3, 4, 6, 8, 12, 24]
    default: 24
    version_added: 0.3.0
  settle:
    description:
      - How long after its end a window is left alone, as a number with V(s), V(m), V(h), V(d) or V(w), at most 28 days.
    type: str
    default: 15m
    version_added: 0.3.0
  recheck:
    description:
      - How long after its end a window is read once more, as a number with V(s), V(m), V(h), V(d) or V(w), at most 28 days. What
        showed up since then becomes a file of its own beside the first.
    type: str
    default: 24h
    version_added: 0.3.0
  wait_timeout:
    description:
      - Seconds to wait for exports that are being made. What is not ready by then is left to the next run.
    type: float
    default: 1800
    version_added: 0.2.0
  poll_interval:
    description:
      - Seconds between two looks at the exports.
    type: float
    default: 10
    version_added: 0.2.0
"""

    DOCTOR = r"""
options:
  fail_on:
    description:
      - When the module fails. V(failure) is when collecting would not work.
      - With V(never) it does not, and RV(verdict) tells; a wrong option is an error all the same.
    type: str
    choices: [failure, never]
    default: failure
    version_added: 0.3.0
  mirror:
    description:
      - The bucket that is to keep a copy of the archive, in the words of M(clouddb.mongodb_logs.log_archive_mirror). When given, the
        checks V(bucket), V(conditional_writes) and V(object_lock) look at it as well, and boto3 is needed.
      - Nothing is written there. Whether the store knows conditional writes is what the last run that mirrored saw.
    type: dict
    version_added: 0.3.0
    suboptions:
      bucket:
        description: Name of the bucket.
        type: str
        required: true
      prefix:
        description: Where in the bucket the archive is. At its top when absent.
        type: str
      endpoint_url:
        description:
          - Address of the object store, when it is not AWS.
          - When absent, E(AWS_ENDPOINT_URL_S3) or E(AWS_ENDPOINT_URL) of the host where the module runs.
        type: str
      access_key:
        description:
          - Access key of the bucket. When absent, E(AWS_ACCESS_KEY_ID) of the host where the module runs, or what boto3 finds there.
        type: str
      secret_key:
        description: Secret key of the bucket. When absent, E(AWS_SECRET_ACCESS_KEY).
        type: str
      session_token:
        description: Token of temporary keys. When absent, E(AWS_SESSION_TOKEN).
        type: str
      region:
        description: Region of the bucket. When absent, E(AWS_REGION) or E(AWS_DEFAULT_REGION).
        type: str
        aliases: [bucket_region]
      retention:
        description: Object Lock that is asked for; it is a failure when the bucket has none.
        type: dict
        suboptions:
          mode:
            description: The mode.
            type: str
            choices: [governance, compliance]
            required: true
          days:
            description: Days from when each object is put.
            type: int
            required: true
      conditional_writes:
        description: Whether two runs at once must not mix their ledgers; with V(required) a store that cannot do that is a failure.
        type: str
        choices: [auto, required, never]
        default: auto
"""
