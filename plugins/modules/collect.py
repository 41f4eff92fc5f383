# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: collect
short_description: Collect the logs of a host of the inventory, or tell whether that would work
version_added: 0.3.0
description:
  - What the role P(clouddb.mongodb_logs.collect#role) runs. It reads the variables of the host, picks the module of its
    C(collect_provider), and runs that on the host to which the task is delegated.
  - The module is M(clouddb.mongodb_logs.umongodb_log_archive) or M(clouddb.mongodb_logs.dds_log_archive), or with
    O(examine=true) M(clouddb.mongodb_logs.umongodb_doctor) or M(clouddb.mongodb_logs.dds_doctor).
  - Each option of that module is set by the variable of its name with C(collect_) before it. What no variable sets is taken
    from C(module_defaults) for that module or its group, then from the environment of the controller, and else is left to
    the module. The options that name the cluster or the instance are set by C(collect_instance), which is the name of the
    host when absent.
  - A host that C(collect_include) does not name is skipped, as is one without C(collect_provider) that C(collect_archive_host)
    of any host names.
  - In a job of AWX it fails when the archive would be on the disk of the controller, unless C(collect_archive_persistent).
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
  - clouddb.mongodb_logs.attributes.action
options:
  examine:
    description:
      - Whether to tell whether collecting would work, and change nothing. A failed check does not fail the task;
        RV(verdict) tells.
      - Where C(collect_mirror_bucket) is set, the bucket is looked at as well, by the variables C(collect_mirror_*).
    type: bool
    default: false
  compare:
    description:
      - Hosts of which to tell whether several name the same instance and archive, with a warning for each such instance. Then
        nothing else is done, and O(examine) is not used.
      - Hosts that take different types of log or nodes of an instance are told apart. What is set by no variable is not looked at.
      - One task with C(run_once) tells it of all hosts, as the playbook C(clouddb.mongodb_logs.collect) does. Registered as
        C(collect_compared), the failure of a host that finds the archive locked repeats it.
      - RV(archive_hosts) tells which hosts the playbook has to make known, as C(collect_archive_host_vars) of a host says how
        its archive host is reached.
    type: list
    elements: str
notes:
  - This plugin is no member of the action groups, since the defaults of both groups would be mixed in a task that serves both
    clouds. It takes those of the group of the module that it picks.
seealso:
  - module: clouddb.mongodb_logs.umongodb_log_archive
  - module: clouddb.mongodb_logs.dds_log_archive
"""

EXAMPLES = r"""
- name: Collect from every host, each by its variables
  hosts: all
  gather_facts: false
  vars:
    collect_archive: /srv/mongodb-logs
    collect_archive_host: archive.example.com
  tasks:
    - name: Collect what the archive does not hold yet
      clouddb.mongodb_logs.collect:
      delegate_to: "{{ collect_archive_host }}"
      register: collect_result
"""

RETURN = r"""
same:
  description: Instances that several hosts name for the same archive.
  returned: with O(compare)
  type: list
  elements: dict
  contains:
    instance:
      description: The cluster or the instance.
      type: str
    hosts:
      description: The hosts that name it.
      type: list
      elements: str
  sample:
    - instance: uclmongo-4f1d2c3b
      hosts: [orders, shop]
archive_hosts:
  description: Archive hosts of which C(collect_archive_host_vars) tells how they are reached.
  returned: with O(compare)
  type: list
  elements: dict
  contains:
    name:
      description: The archive host.
      type: str
    of:
      description: A host of the inventory that has the variable.
      type: str
  sample:
    - name: archive.example.com
      of: shop
left_to:
  description: The run that was writing to the same part of the archive, as the module returns it.
  returned: when it was so and C(collect_when_locked) is V(skip)
  type: dict
verdict:
  description: The worst that was found, V(ok), V(warning) or V(failure).
  returned: with O(examine=true)
  type: str
failure:
  description: What went wrong, as the module returns it. Besides all that the module returns.
  returned: failure
  type: dict
"""
