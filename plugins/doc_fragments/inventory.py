# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of every inventory plugin."""

from __future__ import annotations


class ModuleDocFragment:
    """Which accounts and regions are read, and what becomes a host."""

    DOCUMENTATION = r"""
options:
  regions:
    description:
      - Regions to read, in place of O(region).
    type: list
    elements: str
  accounts:
    description:
      - Accounts to read, each with a C(name) of its own and any of the options that tell how to reach and sign in to the
        cloud, its region or C(regions) among them.
      - What an account leaves out is taken from the options of the plugin. An account with a key or a token of its own takes
        no key, token or project from there.
      - A single account with the name V(default) when absent.
    type: list
    elements: dict
  include_filters:
    description:
      - Fields with the values, or lists of values, that an instance must have to be a host. In values, V(*) and V(?) stand
        for any characters and any one character.
    type: dict
    default: {}
  strict:
    description:
      - Whether an expression that cannot be evaluated is an error, and an account or region that cannot be read one also
        with O(partial=warn).
  partial:
    description:
      - What to do when some of the accounts or regions cannot be read, or the nodes of an instance that are asked for, or when
        the id of an instance is none.
      - With V(fail) it is an error that names them, so that whatever takes hosts away that an inventory no longer names, as
        AWX does with C(overwrite), takes none away then.
      - With V(warn) a warning names them, and the others are there. It is an error when none can be read.
    type: str
    choices: [fail, warn]
    default: fail
    version_added: 0.3.0
notes:
  - What is read without error can be cached, an entry for each account and region. No credentials are in it.
  - An instance that several accounts see is one host, as the first account in order sees it.
  - What a cloud says, such as a name, is never evaluated as a template. Options other than O(compose), O(groups) and
    O(keyed_groups) may be templates themselves.
"""
