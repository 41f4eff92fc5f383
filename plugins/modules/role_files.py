#!/usr/bin/python
# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_files
short_description: Have the files of a role as they are wanted, in one task
version_added: 0.3.0
description:
  - What the roles P(clouddb.mongodb_logs.schedule#role) and P(clouddb.mongodb_logs.awx#role) write with. It removes files, makes
    folders and links, and writes files, all in one process on the host, where a task for each takes two.
  - A file is replaced at once, so that nobody reads half of it. A folder where a file or a link is wanted is an error, and so is the reverse.
  - It is not for writing secrets, as a diff shows what is in the files. Of a file that is removed it shows nothing.
author:
  - clouddb.mongodb_logs contributors (@clouddb)
extends_documentation_fragment:
  - clouddb.mongodb_logs.attributes
  - clouddb.mongodb_logs.attributes.changes
options:
  absent:
    description:
      - Paths of files and links that are removed, in this order and before anything is written.
    type: list
    elements: path
    default: []
  present:
    description:
      - What is made, in this order. Without O(present[].content) and O(present[].link) it is a folder, with those above it.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description:
          - Where it is.
        type: path
        required: true
      content:
        description:
          - Text that is in the file.
        type: str
      link:
        description:
          - What the link points to. It need not be there.
        type: str
      mode:
        description:
          - Permissions of the file or folder, as an octal number in quotes.
        type: str
"""

EXAMPLES = r"""
- name: Have a timer, and no entry of cron
  clouddb.mongodb_logs.role_files:
    absent: [/etc/cron.d/mongodb-logs]
    present:
      - path: /etc/systemd/system/mongodb-logs.timer
        content: "{{ lookup('ansible.builtin.template', 'schedule.timer.j2') }}"
        mode: "0644"
      - path: /etc/systemd/system/timers.target.wants
        mode: "0755"
      - path: /etc/systemd/system/timers.target.wants/mongodb-logs.timer
        link: ../mongodb-logs.timer
"""

RETURN = r"""
made:
  description: Paths of what was made or changed, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/etc/systemd/system/mongodb-logs.timer]
removed:
  description: Paths of what was removed, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [/etc/cron.d/mongodb-logs]
"""

import errno
import os
import stat
import tempfile
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._argspec import OptionSet

OPTIONS = OptionSet(
    {
        "absent": {"type": "list", "elements": "path", "default": []},
        "present": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "path": {"type": "path", "required": True},
                "content": {"type": "str"},
                "link": {"type": "str"},
                "mode": {"type": "str"},
            },
            "mutually_exclusive": [["content", "link"]],
        },
    }
)
FILE = "file"
FOLDER = "folder"
LINK = "link"
NOTHING = "nothing"
OTHER = "device, pipe or socket"


class Thing(NamedTuple):
    """What is at a path: of a file its text, of a link what it points to."""

    kind: str
    text: str = ""


class Role:
    """Brings one path after the other to what is wanted, and notes what differed. Raises OSError."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        self.made: list[str] = []
        self.removed: list[str] = []
        self.diff: list[dict[str, str]] = []

    def remove(self, path: str) -> None:
        """Remove a file or a link that is there."""
        if self._bring(path, Thing(NOTHING)):
            self.removed.append(path)

    def make(self, path: str, wanted: Thing, mode: str | None) -> None:
        """Make what is wanted, or change what is there to it."""
        changed = self._bring(path, wanted)
        difference: dict[str, Any] = {}
        if mode and seen(path).kind == wanted.kind:
            other = self._module.set_mode_if_different(path, mode, False, difference)
            if other and not changed:
                changed = True
                self._tell(path, *(f"mode {difference[side]['mode']}\n" for side in ("before", "after")))
        if changed:
            self.made.append(path)

    def _bring(self, path: str, wanted: Thing) -> bool:
        found = seen(path)
        if found == wanted or (wanted.kind == FOLDER and os.path.isdir(path)):
            return False
        if found.kind in (FOLDER, OTHER) or (wanted.kind == FOLDER and found.kind != NOTHING):
            raise FileExistsError(
                errno.EEXIST, f"a {found.kind} is there, which is not wanted; remove it, or choose another place"
            )
        # What is in a file that goes is nobody's business.
        before = found.text if wanted.kind != NOTHING else ""
        self._tell(path, f"{found.kind}\n{before}", f"{wanted.kind}\n{wanted.text}")
        if not self._module.check_mode:
            self._write(path, wanted)
        return True

    def _tell(self, path: str, before: str, after: str) -> None:
        self.diff.append({"before_header": path, "after_header": path, "before": before, "after": after})

    def _write(self, path: str, wanted: Thing) -> None:
        if wanted.kind == NOTHING:
            os.unlink(path)
        elif wanted.kind == FOLDER:
            os.makedirs(path)
        else:
            beside = tempfile.mkdtemp(prefix=".ansible", dir=os.path.dirname(path))
            made = os.path.join(beside, "made")
            try:
                if wanted.kind == LINK:
                    os.symlink(wanted.text, made)
                    os.replace(made, path)
                else:
                    with open(made, "w", encoding="utf-8", newline="") as file:
                        file.write(wanted.text)
                    self._module.atomic_move(made, path)
            finally:
                os.rmdir(beside)


def seen(path: str) -> Thing:
    """Return what is at a path. Raises OSError."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return Thing(NOTHING)
    if stat.S_ISDIR(mode):
        return Thing(FOLDER)
    if stat.S_ISLNK(mode):
        return Thing(LINK, os.readlink(path))
    if not stat.S_ISREG(mode):
        return Thing(OTHER)
    with open(path, encoding="utf-8", errors="backslashreplace", newline="") as file:
        return Thing(FILE, file.read())


def wanted_of(row: dict[str, str | None]) -> Thing:
    """Return what a row of the option ``present`` is."""
    content, link = row["content"], row["link"]
    if content is not None:
        return Thing(FILE, content)
    return Thing(FOLDER) if link is None else Thing(LINK, link)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=OPTIONS.options, supports_check_mode=True)
    role = Role(module)
    path = ""
    try:
        for path in module.params["absent"]:
            role.remove(path)
        for row in module.params["present"]:
            path = row["path"]
            role.make(path, wanted_of(row), row["mode"])
    except OSError as error:
        module.fail_json(msg=f"{path}: {error.strerror}.")
    diff = {"diff": role.diff} if module._diff else {}
    module.exit_json(changed=bool(role.made or role.removed), made=role.made, removed=role.removed, **diff)


if __name__ == "__main__":
    main()
