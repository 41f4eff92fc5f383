# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a job of a template is run with, by what the controller holds: environment, inventory, variables."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2.sandbox import ImmutableSandboxedEnvironment

from .store import Object, Store


def environment(store: Store, one: Object) -> dict[str, str]:
    """Return the variables that the credentials of a template or an inventory source give."""
    found = {}
    for credential in store.associated(one, "credentials"):
        injectors = store.objects[credential["credential_type"]]["injectors"]
        for name, template in injectors.get("env", {}).items():
            found[name] = ImmutableSandboxedEnvironment().from_string(template).render(credential["inputs"])
    return found


def inventory(store: Store, number: int, folder: Path, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return an inventory as all its sources fill it, each with its own credential. ``folder`` is the checked out project."""
    hosts: dict[str, Any] = {}
    groups: dict[str, Any] = {}
    for source in store.of("inventory_source"):
        if source["inventory"] != number:
            continue
        done = subprocess.run(
            ["ansible-inventory", "-i", str(folder / source["source_path"]), "--list", "--export"],
            env={**variables, **environment(store, source), "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        listed = json.loads(done.stdout)
        hosts.update(listed.pop("_meta")["hostvars"])
        for name, group in listed.items():
            if name not in ("all", "ungrouped"):
                groups[name] = {"hosts": dict.fromkeys(group.get("hosts", [])), "vars": group.get("vars", {})}
    own = json.loads(store.objects[number]["variables"] or "{}")
    return {"all": {"vars": own, "hosts": hosts, "children": groups}}
