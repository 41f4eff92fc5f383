# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: awx_object
short_description: Make one object of a controller of the AWX family as it is wanted
version_added: 0.3.0
description:
  - What the role P(clouddb.mongodb_logs.awx#role) is made of. It looks at the object through the lookup C(controller_api) of the
    collection C(awx.awx) or C(ansible.controller), tells what differs, and has the module of that collection change it.
  - So there is what these modules have not, a diff, a check before anything is made, and a second run that changes nothing.
  - An object that was made so has a mark in its description. Another of the same name is an error, or is used as it is with O(given).
  - The variables C(awx_collection), C(awx_controller), C(awx_name) and C(awx_update_secrets) of the role say with what, where, under
    which mark, and whether secrets are written again.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
  - clouddb.mongodb_logs.attributes.action
options:
  kind:
    description:
      - Kind of the object, which is the name of its module.
    type: str
    required: true
    choices:
      - organization
      - execution_environment
      - credential_type
      - notification_template
      - credential
      - project
      - inventory
      - inventory_source
      - label
      - job_template
      - workflow_job_template
      - schedule
  name:
    description:
      - Name of the object. Needed with O(state=present).
    type: str
  state:
    description:
      - With V(present) the object is made or changed.
      - With V(absent) all objects of the kind that have the mark are removed, but for those that O(keep) names. An organization and an
        inventory with something else in them stay, with a warning.
    type: str
    choices: [present, absent]
    default: present
  wanted:
    description:
      - Options of the module, with names where it takes names or numbers.
      - The nodes of a workflow are each a dictionary of C(identifier), C(runs) and C(type), or C(approval) and C(timeout), and of lists of
        identifiers in C(success), C(failure) and C(always).
    type: dict
    default: {}
  secrets:
    description:
      - Secrets among the inputs of a credential or the settings of a notification. They are shown nowhere.
    type: dict
    default: {}
  given:
    description:
      - Whether an object of the name that has no mark is used as it is.
    type: bool
    default: false
  revision:
    description:
      - Revision that a project has to be updated to.
    type: str
  keep:
    description:
      - Names of objects that are not removed.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Have an inventory
  clouddb.mongodb_logs.awx_object:
    kind: inventory
    name: MongoDB logs
    wanted:
      organization: Databases
      variables:
        collect_archive: /srv/mongodb-logs
  vars:
    awx_name: MongoDB logs
    awx_controller:
      host: https://awx.example.com
      oauth_token: "{{ token }}"
"""

RETURN = r"""
id:
  description: Number of the object.
  returned: where it is there
  type: int
  sample: 42
removed:
  description: Names of what was removed.
  returned: with O(state=absent)
  type: list
  elements: str
  sample: ["MongoDB logs: shop"]
"""
