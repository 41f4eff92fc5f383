# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the playbook collect against the emulator, with the credentials in the environment alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.tools import clock, demo_archive

# The time of the emulator, and of the programs that are run: for a while nothing becomes due, and no file is listed, by itself.
CLOCK = "2025-06-11T10:20:00Z"

# With it the playbook collect begins.
FIRST_PLAY = "See that there is anything to do"

# With these begins what Ansible says of the next result, task or play.
NEXT = re.compile(r"^(ok|changed|fatal|skipping|TASK|PLAY)\b", re.MULTILINE)

Variables = dict[str, Any]

# Of those that failed, Ansible runs nothing more, and it ends where none is left.
FORGIVE: Variables = {
    "name": "Take hosts that failed for hosts again",
    "hosts": "all,localhost",
    "gather_facts": False,
    "strategy": "linear",
    "tasks": [{"ansible.builtin.meta": "clear_host_errors"}],
}


class Run(NamedTuple):
    """What a run of the playbook came to: its results by host, of the hosts that failed the failed one."""

    code: int
    text: str
    results: dict[str, Variables]
    failures: dict[str, Variables]

    def changed(self) -> set[str]:
        """Return the hosts that were changed."""
        return {host for host, result in self.results.items() if result["changed"]}

    def unchanged(self) -> dict[str, Variables]:
        """Return the results of the hosts that were neither changed nor failed."""
        return {host: result for host, result in self.results.items() if not result["changed"]}

    def message(self, host: str) -> str:
        """Return what was said of a host that failed."""
        return str(self.failures[host]["msg"])

    def failed(self) -> list[str]:
        """Return the hosts that failed by themselves, once for each time; not those of which that was only recorded."""
        found = outcomes(self.text)
        return [host for kind, host, _result, then in found if kind == "fatal" and "\n...ignoring\n" not in then]

    def parts(self, play: str = FIRST_PLAY) -> list[Run]:
        """Return what several playbooks in one run came to, each of which begins with this play."""
        texts = re.split(rf"^(?=PLAY \[{re.escape(play)})", self.text, flags=re.MULTILINE)[1:]
        return [told(self.code, text) for text in texts]


def outcomes(text: str) -> Iterator[tuple[str, str, Variables, str]]:
    """Yield what came of each task at -vvv: what Ansible calls that, the host, the result, and what was said up to the next."""
    for match in re.finditer(r"^(ok|changed|fatal): \[([\w-]+)[^]]*\][^={]*=> (?={)", text, re.MULTILINE):
        result, end = json.JSONDecoder().raw_decode(text, match.end())
        then = NEXT.search(text, end)
        yield match[1], match[2], result, text[end : then.start() if then else None]


def told(code: int, text: str) -> Run:
    """Return what was told of a run at -vvv."""
    results: dict[str, Variables] = {}
    failures: dict[str, Variables] = {}
    for kind, host, result, _then in outcomes(text):
        if kind == "fatal":
            failures[host] = result
        elif "counts" in result:
            results[host] = result
    return Run(code, text, results, failures)


class CollectTest(unittest.TestCase):
    """An emulator, what its clusters and instances are in an inventory, and an archive that is removed afterwards."""

    # how many small clusters, and as many instances, there are besides
    small = 0
    # how often it is looked whether a package is made; seconds
    poll = 0.05

    def setUp(self) -> None:
        """Start the emulator."""
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.archive = self.folder / "archive"
        self.emulator = Emulator(clock=CLOCK, packaging_seconds=0.05).start()
        self.addCleanup(self.emulator.stop)
        self.emulator.clock.signer = self.emulator.clock.now
        self.emulator.world.export_seconds = 0.05
        self.emulator.world.add_fleet(self.small)
        facts = self.emulator.credentials
        umongodb, dds = facts["umongodb"], facts["dds"]
        self.keys = {
            "UCLOUD_PUBLIC_KEY": umongodb["public_key"],
            "UCLOUD_PRIVATE_KEY": umongodb["private_key"],
            "HW_ACCESS_KEY": dds["access_key"],
            "HW_SECRET_KEY": dds["secret_key"],
        }
        self.clusters = {
            row["name"]: {
                "collect_provider": "umongodb",
                "collect_instance": row["cluster_id"],
                "collect_api_url": umongodb["api_url"],
                "collect_region": row["region"],
                "collect_max_packaging": 0,
            }
            for row in umongodb["clusters"]
        }
        self.instances = {
            row["name"]: {
                "collect_provider": "dds",
                "collect_instance": row["instance_id"],
                "collect_endpoint": dds["endpoint"],
                "collect_iam_endpoint": dds["iam_endpoint"],
                "collect_region": row["region"],
            }
            for row in dds["instances"]
        }
        self.fleet = self.clusters | self.instances
        self.cluster = self.clusters["shop-replica-set"]
        self.instance = self.instances["dds-shop"]

    def inventory(self, hosts: dict[str, Variables]) -> Path:
        """Write an inventory, and return where it is."""
        common = {"collect_archive": str(self.archive), "collect_lookback": "1d", "collect_poll_interval": self.poll}
        path = self.folder / "inventory.json"
        path.write_text(json.dumps({"all": {"vars": common, "hosts": hosts}}))
        return path

    def play(
        self, hosts: dict[str, Variables], *arguments: str, playbook: str | Path = "collect", **environment: str
    ) -> Run:
        """Run a playbook of ours, or a file, and keep everything that it says in the folder."""
        inventory = self.inventory(hosts)
        foreign = re.compile("(UCLOUD|HW|HUAWEICLOUD)_")
        variables = {name: value for name, value in os.environ.items() if not foreign.match(name)}
        variables |= {"ANSIBLE_LOG_PATH": str(self.folder / "ansible.log"), "ANSIBLE_NOCOLOR": "1"}
        name = playbook if isinstance(playbook, Path) else f"clouddb.mongodb_logs.{playbook}"
        done = subprocess.run(
            ["ansible-playbook", "-vvv", "-i", inventory, *arguments, name],
            env=variables | self.keys | clock.environment(self.emulator.clock.now()) | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        # Apart, as what somebody says on one side could come between the lines of the other.
        text = done.stdout + done.stderr
        with (self.folder / "output.txt").open("a") as output:
            output.write(text)
        self.assertNotIn("Traceback", text)
        return told(done.returncode, text)

    def own_playbook(self, plays: list[Variables]) -> Path:
        """Write a playbook. To start Ansible takes as long as much of what it does, so what can goes into one run."""
        playbook = self.folder / "own.yml"
        playbook.write_text(json.dumps(plays))
        return playbook

    def collecting(self, *variables: Variables, forgiving: bool = False) -> Path:
        """Write a playbook that collects once with each of these variables, if ``forgiving`` also from hosts that failed before."""
        plays: list[Variables] = []
        for one in variables:
            plays += [FORGIVE] if forgiving and plays else []
            plays.append({"import_playbook": "clouddb.mongodb_logs.collect", "vars": one})
        return self.own_playbook(plays)

    def borne_and_not(
        self, hosts: dict[str, Variables], percentages: tuple[str, str], *arguments: str, **environment: str
    ) -> list[Run]:
        """Collect twice, while one percentage of failed hosts may fail and then another; only the second run fails.

        What fails ends a run of Ansible, so that the second is there means that the first did not.
        """
        twice = self.collecting(*({"collect_max_fail_percentage": percentage} for percentage in percentages))
        run = self.play(hosts, *arguments, playbook=twice, **environment)
        self.assertEqual(run.code, 2, run.text)
        parts = run.parts()
        self.assertEqual(len(parts), 2, run.text)
        return parts

    def no_leaks(self) -> None:
        """Look for secrets in the archive, and in all that was said at -vvv, logged and returned."""
        log = (self.folder / "ansible.log").read_text()
        self.assertIn("log_archive runs in ", log)
        self.assertIn('"counts": {', log)
        world = self.emulator.world
        secrets = [*self.keys.values(), *(token.token for token in world.tokens)]
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        self.assertGreater(len(files), 50)
        self.assertEqual(demo_archive.leaks(files, secrets), [])
