# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role, in runs of ansible-playbook against the emulator, with the credentials in the environment alone."""

from __future__ import annotations

import fcntl
import json
import re
import shlex
import subprocess
import sys
import unittest
from typing import Any

import yaml
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Fault
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout, clock, demo_archive
from ansible_collections.clouddb.mongodb_logs.tests.tools.collect_runs import CollectTest, Variables

SPECIFICATION = checkout.ROOT / "roles" / "collect" / "meta" / "argument_specs.yml"


PLUGIN_ALONE = yaml.safe_load("""
- clouddb.mongodb_logs.collect:
  delegate_to: localhost
""")


class RoleTest(CollectTest):
    def test_check_then_collect_twice(self) -> None:
        check = self.play(self.fleet, "--check", "--diff")
        self.assertEqual(check.code, 0, check.text)
        self.assertEqual(check.changed(), set(self.fleet))
        self.assertFalse(self.archive.exists())
        self.assertEqual(self.emulator.requests.of("BackupUMongoDBLog"), [])

        both = self.play(self.fleet, "--diff", playbook=self.collecting({}, {}))
        self.assertEqual(both.code, 0, both.text)
        first, second = both.parts()
        self.assertEqual(first.changed(), set(self.fleet))
        for host in self.clusters:
            said, result = check.results[host], first.results[host]
            self.assertEqual(said["plan"], result["plan"])
            # that nothing was logged in a window shows only when its package is there
            self.assertEqual(
                said["counts"]["collected"], result["counts"]["collected"] + result["counts"]["empty"], host
            )
        for host in self.instances:
            said, result = check.results[host], first.results[host]
            if any(claim["by"] == "export" for claim in result["claims"]):
                # what there is to export shows only when exports are made, which a check does not
                self.assertLess(said["plan"]["units"], result["plan"]["units"])
            else:
                self.assertEqual(said["plan"], result["plan"])

        self.assertEqual((set(second.results), second.changed()), (set(self.fleet), set()))
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

    def test_one_host_fails(self) -> None:
        self.emulator.faults.add(
            Fault(
                "ListUMongoDBLogPackage", "retcode", times=None, match={"ClusterId": self.cluster["collect_instance"]}
            )
        )
        # the others have all the time that a busy machine takes
        run = self.play(self.fleet | {"shop-replica-set": self.cluster | {"collect_deadline": 10}})
        self.assertEqual(run.code, 2)
        self.assertEqual(set(run.failures), {"shop-replica-set"})
        self.assertIn("RetCode 130", run.message("shop-replica-set"))
        self.assertEqual(run.changed(), set(self.fleet) - {"shop-replica-set"})
        self.no_leaks()

    def test_another_run_is_at_work(self) -> None:
        """What is left to another run is no failure, and the verdict counts it."""
        hosts = {
            "fails": self.instance,
            "skips": self.instance | {"collect_when_locked": "skip"},
            "works": self.cluster,
        }
        two, one = ({"collect_hosts": names} for names in ("skips,works", "fails,skips"))
        places = ("dds", self.instance["collect_region"], "default", self.instance["collect_instance"])
        folder = self.archive.joinpath(*places)
        folder.mkdir(parents=True)
        with (folder / ".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            both = self.play(hosts, playbook=self.collecting(two | {"collect_max_fail_percentage": "1"}, one))
        self.assertEqual(both.code, 2, both.text)
        left, run = both.parts()
        self.assertEqual(set(run.failures), {"fails"})
        self.assertIn("is being written by", run.message("fails"))
        same = f"fails and skips name the same instance {self.instance['collect_instance']} and archive"
        self.assertIn(same, run.message("fails"))
        self.assertIn(f"[WARNING]: {same}", " ".join(both.text.split()))

        self.assertEqual((left.failures, left.changed()), ({}, {"works"}), left.text)
        self.assertRegex(left.text, r'"left_to": \{\s*"host": null,')
        self.assertIn("0 of 2 hosts failed, and 1 % may. Left to another run: skips.", left.text)

    def test_module_defaults(self) -> None:
        """Those of either cloud reach its own hosts, through the role and through the plugin alone."""
        values = {
            "umongodb": {"api_url": self.cluster["collect_api_url"], "region": self.cluster["collect_region"]},
            "dds": {
                "endpoint": self.instance["collect_endpoint"],
                "iam_endpoint": self.instance["collect_iam_endpoint"],
                "region": self.instance["collect_region"],
            },
        }
        names = {f"collect_{name}" for options in values.values() for name in options}
        hosts = {
            name: {key: value for key, value in row.items() if key not in names}
            for name, row in (("cluster", self.cluster), ("instance", self.instance))
        }
        defaults: Variables = {
            **{f"group/clouddb.mongodb_logs.{cloud}": options for cloud, options in values.items()},
            "clouddb.mongodb_logs.dds_log_archive": {"return_limit": 1},
        }
        play: Variables = {"name": "Collect", "hosts": "all", "gather_facts": False}
        role: Variables = {"roles": ["clouddb.mongodb_logs.collect"]}
        plays = [
            play | role | {"ignore_errors": True},
            play | role | {"module_defaults": defaults},
            play | {"tasks": PLUGIN_ALONE, "module_defaults": defaults},
        ]
        run = self.play(hosts, "--check", playbook=self.own_playbook(plays))
        self.assertEqual(run.code, 0, run.text)
        without, *with_them = run.parts("Collect")
        self.assertEqual(set(without.failures), set(hosts), "the defaults are needed")
        self.assertEqual(len(with_them), 2)
        for part in with_them:
            self.assertEqual((part.failures, part.changed()), ({}, set(hosts)), part.text)
            self.assertEqual(len(part.results["instance"]["units"]), 1)

    def test_a_host_that_only_holds_the_archive(self) -> None:
        store = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {"store": store, "stranger": {}, "shop": self.cluster | {"collect_archive_host": "store"}}
        both = self.own_playbook(
            [{"import_playbook": f"clouddb.mongodb_logs.{name}"} for name in ("collect", "doctor")]
        )
        run = self.play(hosts, "--check", playbook=both)
        self.assertEqual(run.code, 2, run.text)
        collected, examined = run.parts("See that there is anything to ")
        self.assertEqual((set(collected.failures), collected.changed()), ({"stranger"}, {"shop"}), run.text)
        self.assertEqual(collected.message("stranger"), "collect_provider must be given: umongodb or dds.")
        self.assertIn("store is an archive host without collect_provider", collected.text)
        # of those that did not fail before
        self.assertEqual(examined.failures, {}, run.text)
        self.assertIn("Collecting will work", examined.text)

    def vaulted(self) -> str:
        """Let a key of the host vaulted stand vaulted beside the inventory; return the argument that opens it."""
        secret = self.folder / "password"
        secret.write_text("open sesame")
        command = ["ansible-vault", "encrypt_string", "--vault-password-file", secret, self.keys["UCLOUD_PRIVATE_KEY"]]
        vaulted = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        (self.folder / "host_vars").mkdir()
        (self.folder / "host_vars" / "vaulted.yml").write_text(f"collect_private_key: {vaulted}\n")
        return f"--vault-password-file={secret}"

    def test_awx(self) -> None:
        """What goes on after errors does not collect into an archive that ends with the job, either."""
        store = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {
            "controller": self.instance | {"awx_job_id": 7},
            "tower": self.instance | {"tower_job_id": 7},
            "local": self.instance | store | {"awx_job_id": 7, "collect_archive_host": "local"},
            "persistent": self.instance | {"awx_job_id": 7, "collect_archive_persistent": "yes"},
        }
        run = self.play(hosts, "--check", "--extra-vars=collect_max_fail_percentage=100")
        self.assertEqual((run.code, set(run.failures)), (2, {"controller", "tower", "local"}))
        for host in run.failures:
            self.assertIn("AWX throws away", run.message(host))
            self.assertEqual(len(run.message(host).splitlines()), 1)
        self.assertEqual(run.changed(), {"persistent"})
        self.assertFalse(self.archive.exists())

    def test_strings_and_blanks(self) -> None:
        """A survey gives strings, and blanks where nothing was answered."""
        words = {
            "collect_archive_persistent": "no",
            "collect_begin": "1749427200",
            "collect_create": "yes",
            "collect_deadline": "20",
            "collect_end": "2025-06-10T00:00:00Z",
            "collect_lock_timeout": "1",
            "collect_max_fail_percentage": "50",
            "collect_max_packaging": "0",
            "collect_poll_interval": "0.05",
            "collect_rebuild": "false",
            "collect_return_limit": "1",
            "collect_timeout": "10.5",
            "collect_validate_certs": "no",
            "collect_wait_timeout": "30",
            "collect_window": "12",
            "collect_workers": "2",
        }
        node = min(node.node_id for node in self.emulator.world.clusters[0].nodes())
        first = {
            "collect_include": "dds-*\nshop-replica-se?\n",
            "collect_log_types": "slow\nerror\n",
        }
        second = {
            "collect_hosts": "shop-replica-set",
            "collect_include": "",
            "collect_log_types": "error,slow",
            "collect_node_ids": f" {node}, {node}",
        }
        both = self.play(
            self.fleet,
            f"--extra-vars={json.dumps(words)}",
            "--limit",
            "shop-*",
            playbook=self.collecting(first, second),
        )
        self.assertEqual(both.code, 0, both.text)
        run, again = both.parts()
        self.assertEqual(set(run.results), {"shop-replica-set"})
        counts = run.results["shop-replica-set"]["counts"]
        collected, empty = counts["collected"], counts["empty"]
        self.assertEqual((collected + empty, counts["opened"]), (12, 0), "three nodes, two types, two windows")
        self.assertEqual(len(run.results["shop-replica-set"]["units"]), 1)
        self.assertEqual((set(again.results), again.changed()), ({"shop-replica-set"}, set()), again.text)

    def test_blanks(self) -> None:
        """Where all that can be is blank, keys are also taken from the environment by their other names."""
        names = set(re.findall(r"^      (collect_\w+):$", SPECIFICATION.read_text(), re.MULTILINE))
        needed = {"archive", "provider", "region", "api_url", "endpoint", "iam_endpoint"}
        blanks = dict.fromkeys(names - {f"collect_{name}" for name in needed}, "") | {"collect_max_fail_percentage": ""}
        self.assertGreater(len(blanks), 40)
        hosts = {row["collect_instance"]: row for row in (self.cluster, self.instance)}
        second = {
            "HUAWEICLOUD_SDK_AK": self.keys["HW_ACCESS_KEY"],
            "HUAWEICLOUD_SDK_SK": self.keys["HW_SECRET_KEY"],
        }
        empty = {"HW_ACCESS_KEY": "", "HW_SECRET_KEY": "", "HW_AUTH_TOKEN": ""}
        run = self.play(hosts, f"--extra-vars={json.dumps(blanks)}", "--check", **empty, **second)
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(run.changed(), set(hosts))
        self.assertIn("0 of 2 hosts failed", run.text)

    def test_include(self) -> None:
        """Hosts that are left out do not fail, not even when none is left."""
        chosen = ["dds-sh*", self.cluster["collect_instance"][:-1] + "?"]
        cases: list[tuple[str | list[str], set[str]]] = [
            (chosen, {"dds-shop", "shop-replica-set"}),
            ("[shop]-set", set()),
            ("shop", set()),
            ("*s*", set(self.fleet)),
        ]
        run = self.play(
            self.fleet, "--check", playbook=self.collecting(*({"collect_include": include} for include, _left in cases))
        )
        self.assertEqual(run.code, 0, run.text)
        for (include, left), part in zip(cases, run.parts(), strict=True):
            self.assertEqual(part.changed(), left, include)
            self.assertIn(f"0 of {len(left)} hosts failed", part.text)

    def test_where_credentials_come_from(self) -> None:
        """What is given goes before the environment, and may be vaulted where it stands; the module gets its text."""
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
        hosts["vaulted"] = {name: value for name, value in hosts["cluster"].items() if name != "collect_private_key"}
        run = self.play(hosts, "--check", self.vaulted(), **wrong, **tokens, **places)
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(run.changed(), {"cluster", "instance", "vaulted"})
        said = [self.folder / "ansible.log", self.folder / "output.txt"]
        self.assertEqual(demo_archive.leaks(said, self.keys.values()), [])

        run = self.play({"cluster": self.cluster, "instance": self.instance}, **dict.fromkeys(self.keys, ""))
        of_the_role = "or give the role collect collect_public_key and collect_private_key."
        hint = f"Export UCLOUD_PUBLIC_KEY and UCLOUD_PRIVATE_KEY, {of_the_role}"
        self.assertEqual(run.message("cluster"), f"public_key and private_key must not be empty. {hint}")
        self.assertIn("access_key", run.message("instance"))

    def test_archive_host(self) -> None:
        """The module gets its credentials as options where the controller's environment does not reach."""
        python = self.folder / "python"
        time = [f"{name}={value}" for name, value in clock.environment(self.emulator.clock.now()).items()]
        python.write_text(f'#!/bin/sh\nexec env -i {shlex.join(time)} {sys.executable} "$@"\n')
        python.chmod(0o755)
        store = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
        instance = self.instance | {"collect_archive_host": "store", "collect_log_types": ["audit"]}
        hosts = {"store": store, "instance": instance}
        run = self.play(hosts, "--limit", "instance")
        self.assertEqual(run.code, 0, run.text)
        self.assertIn("changed: [instance -> store]", run.text)

    def test_bad_input(self) -> None:
        """Of the many that are broken, the first twenty are named at the end."""
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
            "when_locked": ["wait"],
            "window": [5],
            "workers": [0, "many"],
            "zone": ["a/b"],
            "api_url": ["ftp://x"],
        }
        instance: dict[str, list[Any]] = {
            "end": ["2025-06-10T00:00:00"],
            "endpoint": ["api.example.com"],
            "iam_endpoint": ["http://"],
            "instance": ["a b"],
            "log_types": ["full"],
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
        run = self.play(hosts, "--extra-vars=collect_max_fail_percentage=100")
        self.assertEqual((run.code, set(hosts) - set(run.failures)), (0, set()), run.text)
        [said] = re.findall(r'"msg": "(\d+ of \d+ hosts failed.*)"', run.text)
        self.assertEqual(
            [host for host in sorted(hosts) if f"{host}: " in said], sorted(hosts)[:20], "the first are named"
        )
        self.assertTrue(said.endswith(f" And {len(hosts) - 20} more."), said)
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
