# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many clusters whose archive is complete, gone through by the playbook of this collection and of an earlier one."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import iso
from ansible_collections.clouddb.mongodb_logs.tests.bench.cloud import DAY, Cloud
from ansible_collections.clouddb.mongodb_logs.tests.bench.measure import BenchError, environment, run
from ansible_collections.clouddb.mongodb_logs.tests.bench.ssh import Ssh

FORKS = "5"
# One window of one type of log of each node.
_LOG_TYPE = "slow"


class Idle:
    """An inventory of all clusters of a cloud; their archive is on this host, and reached by SSH where there is a server."""

    def __init__(self, folder: Path, cloud: Cloud, ssh: Ssh | None = None) -> None:
        self._folder = folder
        facts = cloud.facts["umongodb"]
        end = int(time.time()) // DAY * DAY - DAY
        self._count = len(facts["clusters"])
        common = {
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "collect_provider": "umongodb",
            "collect_api_url": facts["api_url"],
            "collect_region": facts["clusters"][0]["region"],
            "collect_project_id": facts["project_id"],
            "collect_archive": str(folder / "archive"),
            "collect_begin": iso(end - DAY),
            "collect_end": iso(end),
            "collect_log_types": [_LOG_TYPE],
            "collect_max_packaging": 0,
            "collect_poll_interval": 0.1,
        }
        hosts: dict[str, Any] = dict.fromkeys(cluster["cluster_id"] for cluster in facts["clusters"])
        if ssh:
            common["collect_archive_host"] = "store"
            hosts["store"] = {**ssh.store, "collect_provider": ""}
        inventory = {"all": {"vars": common, "hosts": hosts}}
        (folder / "inventory.json").write_text(json.dumps(inventory, indent=1))
        (folder / "ansible.cfg").write_text("[defaults]\nnocolor = true\n")
        self._variables = environment(
            ANSIBLE_CONFIG=str(folder / "ansible.cfg"),
            UCLOUD_PUBLIC_KEY=facts["public_key"],
            UCLOUD_PRIVATE_KEY=facts["private_key"],
            **(ssh.places if ssh else {}),
        )

    def fill(self) -> None:
        """Collect all that there is."""
        self._play(self._count, self._variables)

    def ours(self) -> float:
        """Run the playbook of this collection with nothing to do."""
        return self._play(0, self._variables)

    def before(self, collections: Path) -> float:
        """Run the playbook of the collection in a path of collections with nothing to do."""
        return self._play(0, {**self._variables, "ANSIBLE_COLLECTIONS_PATH": str(collections)})

    def _play(self, wanted: int, variables: Mapping[str, str]) -> float:
        program = Path(sys.executable).with_name("ansible-playbook")
        command: list[str | Path] = [
            program,
            "-f",
            FORKS,
            "-i",
            self._folder / "inventory.json",
            "clouddb.mongodb_logs.collect",
        ]
        ran = run(command, self._folder / "play.log", variables)
        changed = ran.output.count("\nchanged: [")
        if changed != wanted or f"0 of {self._count} hosts failed" not in ran.output:
            raise BenchError(f"{changed} of {wanted} hosts were changed: {ran.output[-600:]}")
        return ran.seconds
