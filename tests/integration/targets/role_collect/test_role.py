# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role, in runs of ansible-playbook against the emulator, with the credentials in the environment alone."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, Fault
from ansible_collections.clouddb.mongodb_logs.tests.tools import demo_archive

# In the past, because the modules use the earlier of the local clock and the API's.
CLOCK = "2025-06-11T10:00:00Z"

PLAYBOOK = """
- import_playbook: clouddb.mongodb_logs.collect

- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        var: collect_result
"""

Variables = dict[str, Any]


class Run(NamedTuple):
    """What a run of the playbook came to: its results by host, of the hosts that failed the failed one."""

    code: int
    text: str
    results: dict[str, Variables]
    failures: dict[str, Variables]

    def changed(self) -> set[str]:
        return {host for host, result in self.results.items() if result["changed"]}

    def message(self, host: str) -> str:
        return str(self.failures[host]["msg"])


class RoleTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.archive = self.folder / "archive"
        self.emulator = Emulator(clock=CLOCK, packaging_seconds=0.05).start()
        self.addCleanup(self.emulator.stop)
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
                "collect_poll_interval": 0.05,
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

    def play(self, hosts: dict[str, Variables], *arguments: str, **environment: str) -> Run:
        """Run the playbook, and keep everything that it says in the folder."""
        playbook = self.folder / "playbook.yml"
        playbook.write_text(PLAYBOOK)
        common = {"collect_archive": str(self.archive), "collect_lookback": "1d"}
        inventory = self.folder / "inventory.json"
        inventory.write_text(json.dumps({"all": {"vars": common, "hosts": hosts}}))
        foreign = re.compile("(UCLOUD|HW|HUAWEICLOUD)_")
        variables = {name: value for name, value in os.environ.items() if not foreign.match(name)}
        variables |= {"ANSIBLE_LOG_PATH": str(self.folder / "ansible.log"), "ANSIBLE_NOCOLOR": "1"}
        done = subprocess.run(
            ["ansible-playbook", "-vvv", "-i", inventory, *arguments, playbook],
            env=variables | self.keys | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        with (self.folder / "output.txt").open("a") as output:
            output.write(done.stdout)
        self.assertNotIn("Traceback", done.stdout)
        results: dict[str, Variables] = {}
        failures: dict[str, Variables] = {}
        for match in re.finditer(r"^(ok|fatal): \[([\w-]+)[^]]*\][^={]*=> (?={)", done.stdout, re.MULTILINE):
            found = json.JSONDecoder().raw_decode(done.stdout, match.end())[0]
            if match[1] == "fatal":
                failures[match[2]] = found
            elif "collect_result" in found:
                results[match[2]] = found["collect_result"]
        return Run(done.returncode, done.stdout, results, failures)

    def test_check_then_collect_twice(self) -> None:
        check = self.play(self.fleet, "--check", "--diff")
        self.assertEqual(check.code, 0, check.text)
        self.assertEqual(check.changed(), set(self.fleet))
        self.assertFalse(self.archive.exists())
        self.assertEqual(self.emulator.requests.of("BackupUMongoDBLog"), [])

        first = self.play(self.fleet, "--diff")
        self.assertEqual(first.code, 0, first.text)
        self.assertEqual(first.changed(), set(self.fleet))
        for host, result in first.results.items():
            said = check.results[host]
            self.assertEqual(said["plan"], result["plan"])
            # that nothing was logged in a window shows only when its package is there
            self.assertEqual(
                said["counts"]["collected"], result["counts"]["collected"] + result["counts"]["empty"], host
            )

        second = self.play(self.fleet)
        self.assertEqual(second.code, 0, second.text)
        self.assertEqual(second.changed(), set())
        self.assertEqual(self.play(self.fleet, "--check").changed(), set())

        archive = demo_archive.instances(self.archive)
        files = sum(demo_archive.verify(instance)[0] for instance in archive)
        self.assertEqual(files, sum(result["counts"]["collected"] for result in first.results.values()))
        for run in (first, second):
            self.assertEqual({instance.head for instance in archive}, {r["head"] for r in run.results.values()})
        self.no_leaks()

        # the test is one that can fail
        path = self.archive / "leak"
        path.write_text(self.keys["HW_SECRET_KEY"])
        self.assertEqual(len(demo_archive.leaks([path], self.keys.values())), 1)
        altered = archive[0].folder / archive[0].held()[0]["path"]
        altered.write_bytes(altered.read_bytes()[:-1] + b"\0")
        with self.assertRaises(demo_archive.BrokenError):
            demo_archive.verify(archive[0])

    def no_leaks(self) -> None:
        """Look for secrets in the archive, and in all that was said at -vvv, logged and returned."""
        log = (self.folder / "ansible.log").read_text()
        self.assertIn("ESTABLISH LOCAL CONNECTION", log)
        self.assertIn('"collect_result": {', log)
        world = self.emulator.world
        secrets = [*self.keys.values(), *(token.token for token in world.tokens)]
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        self.assertGreater(len(files), 50)
        self.assertEqual(demo_archive.leaks(files, secrets), [])

    def test_one_host_fails(self) -> None:
        self.emulator.faults.add(
            Fault(
                "ListUMongoDBLogPackage", "retcode", times=None, match={"ClusterId": self.cluster["collect_instance"]}
            )
        )
        run = self.play(self.fleet, "--extra-vars=collect_deadline=1")
        self.assertEqual(run.code, 2)
        self.assertEqual(set(run.failures), {"shop-replica-set"})
        self.assertIn("RetCode 130", run.message("shop-replica-set"))
        self.assertEqual(run.changed(), set(self.fleet) - {"shop-replica-set"})

        self.emulator.faults.clear()
        run = self.play(self.fleet)
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(run.changed(), {"shop-replica-set"})
        self.no_leaks()

    def test_another_run_is_at_work(self) -> None:
        self.assertEqual(self.play({"first": self.instance}).code, 0)
        lock = next(self.archive.rglob(".lock"))
        with lock.open("r+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            run = self.play({"fails": self.instance, "skips": self.instance | {"collect_when_locked": "skip"}})
        self.assertEqual(set(run.failures), {"fails"})
        self.assertIn("is being written by", run.message("fails"))

    def test_awx(self) -> None:
        store = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {
            "controller": self.instance,
            "local": self.instance | store | {"collect_archive_host": "local"},
            "persistent": self.instance | {"collect_archive_persistent": "yes"},
        }
        run = self.play(hosts, "-e", "awx_job_id=7", "--check")
        self.assertEqual(set(run.failures), {"controller", "local"})
        for host in run.failures:
            self.assertIn("AWX throws away", run.message(host))
            self.assertEqual(len(run.message(host).splitlines()), 1)
        self.assertEqual(run.changed(), {"persistent"})
        self.assertEqual(set(self.play({"controller": self.instance}, "-e", "tower_job_id=7").failures), {"controller"})
        self.assertFalse(self.archive.exists())

    def test_strings_and_blanks(self) -> None:
        """A survey gives strings, and blanks where nothing was answered."""
        words = {
            "collect_begin": "1749427200",
            "collect_end": "2025-06-10T00:00:00Z",
            "collect_create": "yes",
            "collect_deadline": "20",
            "collect_lock_timeout": "1",
            "collect_log_types": "slow",
            "collect_max_packaging": "0",
            "collect_poll_interval": "0.05",
            "collect_rebuild": "false",
            "collect_return_limit": "1",
            "collect_timeout": "10.5",
            "collect_validate_certs": "no",
            "collect_wait_timeout": "30",
            "collect_window": "12",
        }
        blanks = [
            *("archive_host", "ca_path", "directory_mode", "group", "link", "lookback", "mode", "node_ids", "owner"),
            *("private_key", "project_id", "public_key", "security_token", "settle", "zone"),
        ]
        extra = [f"--extra-vars={name}={value}" for name, value in words.items()]
        extra += [f"--extra-vars=collect_{name}=" for name in blanks]
        run = self.play({"shop": self.cluster}, *extra)
        self.assertEqual(run.code, 0, run.text)
        counts = run.results["shop"]["counts"]
        self.assertEqual((counts["collected"], counts["opened"]), (6, 0), "three nodes, two windows")
        self.assertEqual(len(run.results["shop"]["units"]), 1)

    def test_where_credentials_come_from(self) -> None:
        facts = self.emulator.credentials
        given = {name: facts["dds"][name] for name in ("access_key", "secret_key")}
        given |= {name: facts["umongodb"][name] for name in ("public_key", "private_key")}
        hosts = {
            name: variables | {f"collect_{key}": value for key, value in given.items()}
            for name, variables in (("cluster", self.cluster), ("instance", self.instance))
        }
        for variables in hosts.values():
            del variables["collect_region"]
        tokens = dict.fromkeys(["UCLOUD_SECURITY_TOKEN", "HW_SECURITY_TOKEN", "HW_AUTH_TOKEN"], "not-of-these-keys")
        wrong = dict.fromkeys(self.keys, "wrong")
        places = {"UCLOUD_REGION": "cn-bj2", "HW_REGION_NAME": facts["dds"]["region"]}
        run = self.play(hosts, "--check", **wrong, **tokens, **places)
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(run.changed(), {"cluster", "instance"})

        second = {"HUAWEICLOUD_SDK_AK": given["access_key"], "HUAWEICLOUD_SDK_SK": given["secret_key"]}
        empty = {"HW_ACCESS_KEY": "", "HW_SECRET_KEY": "", "HW_AUTH_TOKEN": ""}
        run = self.play({"instance": self.instance}, "--check", **empty, **second)
        self.assertEqual(run.code, 0, run.text)

        run = self.play({"cluster": self.cluster, "instance": self.instance}, **dict.fromkeys(self.keys, ""))
        self.assertEqual(run.message("cluster"), "public_key must not be empty.")
        self.assertIn("access_key", run.message("instance"))

    def test_archive_host(self) -> None:
        """The module gets its credentials as options where the controller's environment does not reach."""
        python = self.folder / "python"
        python.write_text(f'#!/bin/sh\nexec env -i {sys.executable} "$@"\n')
        python.chmod(0o755)
        store = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
        hosts = {"store": store, "instance": self.instance | {"collect_archive_host": "store"}}
        run = self.play(hosts, "--limit", "instance")
        self.assertEqual(run.code, 0, run.text)
        self.assertIn("changed: [instance -> store]", run.text)

    def test_bad_input(self) -> None:
        cluster: dict[str, list[Any]] = {
            "archive": ["archive", ""],
            "begin": ["2025-06-10"],
            "ca_path": ["/nowhere"],
            "create": ["perhaps"],
            "deadline": [-1],
            "directory_mode": ["rwx"],
            "group": ["nobody-of-this-name"],
            "instance": ["../etc"],
            "link": ["carrier-pigeon"],
            "lock_timeout": ["long"],
            "log_types": ["audit"],
            "lookback": ["7"],
            "max_packaging": [-1],
            "mode": ["0999"],
            "node_ids": [["a/b"]],
            "owner": ["nobody-of-this-name"],
            "poll_interval": [0],
            "project_id": ["a/b"],
            "provider": ["aws", ""],
            "rebuild": ["perhaps"],
            "region": ["a b"],
            "return_limit": [-1],
            "settle": ["soon"],
            "timeout": ["nan"],
            "validate_certs": ["perhaps"],
            "wait_timeout": ["long"],
            "window": [5],
            "zone": ["a/b"],
            "api_url": ["ftp://x"],
        }
        instance: dict[str, list[Any]] = {
            "end": ["2025-06-10T00:00:00"],
            "endpoint": ["api.example.com"],
            "iam_endpoint": ["http://"],
            "instance": ["a b"],
            "log_types": ["slow"],
        }
        hosts = {}
        for base, cases in ((self.cluster, cluster), (self.instance, instance)):
            for name, values in cases.items():
                for number, value in enumerate(values):
                    variables = base | {f"collect_{name}": value}
                    if name in ("begin", "end"):
                        variables = {"collect_begin": "2025-06-09T00:00:00Z", "collect_end": "1749600000"} | variables
                    hosts[f"{base['collect_provider']}-{name}-{number}"] = variables
        self.emulator.requests.clear()
        run = self.play(hosts)
        self.assertEqual(set(hosts) - set(run.failures), set())
        for host in hosts:
            message = run.message(host)
            name = host.split("-")[1]
            with self.subTest(host=host, message=message):
                option = "(cluster|instance)_id" if name == "instance" else name
                self.assertRegex(message, rf"\b(collect_)?{option}\b")
                self.assertLessEqual(len(message.removeprefix("Validation of arguments failed:\n").splitlines()), 1)
        self.assertEqual(len(self.emulator.requests), 0)
        self.assertFalse(self.archive.exists())


if __name__ == "__main__":
    unittest.main()
