# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role awx, spoken by the unmodified modules of awx.awx to a stand-in that is as strict as a controller; and what it makes, run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.clouddb.mongodb_logs.tests.controller import Controller, jobs
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout, clock, demo_archive
from ansible_collections.clouddb.mongodb_logs.tests.tools.collect_runs import CollectTest, Run

PLUGIN_ALONE = """
- clouddb.mongodb_logs.awx_object:
    kind: inventory
    name: mine
    wanted: {organization: Databases, variables: {collect_archive: /srv/logs}}
"""
TEMPLATES = {"collect", "doctor", "report", "verify", "watch", "prune", "search", "slow", "export"}
ROLE = checkout.ROOT / "roles" / "awx"
SIGNS_IN = ("UCLOUD_", "HW_", "HUAWEICLOUD_", "CONTROLLER_", "TOWER_")


class AwxTest(CollectTest):
    awx: Path

    @classmethod
    def setUpClass(cls) -> None:
        found = subprocess.run(
            ["ansible-doc", "--json", "-t", "lookup", "awx.awx.controller_api"],
            capture_output=True,
            text=True,
            check=False,
        )
        lookups = list(json.loads(found.stdout or "{}").values())
        if not lookups:
            raise unittest.SkipTest("The collection awx.awx was not found; make setup brings it.")
        cls.awx = Path(lookups[0]["doc"]["filename"]).parents[2]

    def setUp(self) -> None:
        super().setUp()
        self.controller = Controller(page=3)
        self.controller.__enter__()
        self.addCleanup(self.controller.__exit__)
        self.store = self.controller.store
        umongodb, dds = self.emulator.credentials["umongodb"], self.emulator.credentials["dds"]
        self.repository = self.folder / "repository"
        self.variables: dict[str, Any] = {
            "awx_controller": {"host": self.controller.url, "oauth_token": self.controller.token()},
            "awx_execution_environment_image": "registry.example.com/mongodb-logs:1",
            "awx_accounts": [
                {
                    "name": "shop",
                    "provider": "umongodb",
                    "regions": [self.cluster["collect_region"]],
                    "public_key": self.keys["UCLOUD_PUBLIC_KEY"],
                    "private_key": self.keys["UCLOUD_PRIVATE_KEY"],
                    "api_url": umongodb["api_url"],
                },
                {
                    "name": "huawei",
                    "provider": "dds",
                    "regions": [self.instance["collect_region"]],
                    "access_key": self.keys["HW_ACCESS_KEY"],
                    "secret_key": self.keys["HW_SECRET_KEY"],
                    "endpoint": dds["endpoint"],
                    "iam_endpoint": dds["iam_endpoint"],
                },
            ],
            "awx_archive": str(self.archive),
            "awx_variables": {
                "collect_archive_persistent": True,
                "collect_lookback": "1d",
                "collect_poll_interval": 0.05,
            },
            "awx_max_age": "365d",
            "awx_repository_path": str(self.repository),
            "awx_repository_url": f"file://{self.repository}",
            "awx_slices": 2,
            "awx_labels": ["mongodb"],
            "awx_notifications": [
                {
                    "name": "on call",
                    "type": "webhook",
                    "configuration": {"url": "https://hooks.example.com", "headers": {}, "username": "logs"},
                    "secrets": {"password": "a-password-of-the-hook"},
                }
            ],
        }
        self.own = {name: value for name, value in os.environ.items() if not name.startswith(SIGNS_IN)}
        # Each request would read all certificates of the machine, though none here is encrypted: a tenth of the time.
        self.own |= {"ANSIBLE_NOCOLOR": "1", "SSL_CERT_FILE": os.devnull}
        self.secrets = [*self.keys.values(), "a-password-of-the-hook", *self.controller.tokens.values()]

    def set_up(self, *arguments: str) -> Run:
        """Run the playbook awx; what it wrote is in the store."""
        path = self.folder / "awx.json"
        path.write_text(json.dumps(self.variables))
        self.store.writes.clear()
        done = subprocess.run(
            ["ansible-playbook", "-vv", "-e", f"@{path}", *arguments, "clouddb.mongodb_logs.awx"],
            env=self.own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.assertNotIn("Traceback", done.stdout)
        self.assertEqual([secret for secret in self.secrets if secret in done.stdout], [])
        return Run(done.returncode, done.stdout, {}, {})

    def changed(self, run: Run) -> list[str]:
        """Return the tasks that changed something, with the item where there are several."""
        found, task = [], ""
        for line in run.text.splitlines():
            if match := re.match(r"TASK \[clouddb.mongodb_logs.awx : (.*?)\]", line):
                task = match[1]
            elif match := re.match(r"changed: \[localhost\](?: => \(item=(.*?)\))?", line):
                found.append(f"{task}: {match[1]}" if match[1] else task)
        return found

    def files(self) -> set[str]:
        """Return the files of accounts that are committed."""
        done = subprocess.run(
            ["git", "-C", str(self.repository), "ls-files", "inventory"], capture_output=True, text=True, check=True
        )
        return set(done.stdout.split())

    def names(self, kind: str) -> set[str]:
        return {one["name"].partition(": ")[2] or one["name"] for one in self.store.of(kind)}

    def test_from_nothing_to_nothing(self) -> None:
        # a second account of a cloud, whose keys a job has under names of their own
        self.emulator.world.add_cluster("uclmongo-abroad", name="abroad", region="hk")
        shop, huawei = self.variables["awx_accounts"]
        self.variables["awx_accounts"].append({**shop, "name": "far-away", "regions": ["hk"]})
        # a run that was interrupted wrote playbooks; each file more takes as long as any other
        written = self.write_playbooks("doctor", "mirror", "verify", "watch", "prune", "search", "slow", "export")
        check = self.set_up("--check", "--diff")
        self.assertEqual((check.code, self.store.writes, self.store.objects), (0, [], {}), check.text)
        self.assertEqual(self.times(), written)

        first = self.set_up()
        self.assertEqual(first.code, 0, first.text)
        self.assertEqual(written.items() - self.times().items(), set())
        self.assertEqual(
            {row.partition(": ")[2] for row in self.changed(first) if row.startswith("Write ")},
            {"collect.yml", "report.yml"}
            | {f"inventory/{name}.yml" for name in ("far-away.umongodb", "huawei.dds", "shop.umongodb")}
            | {f"inventory/group_vars/account_{name}.yml" for name in ("far_away", "shop")},
        )
        self.assertNotIn("still not as wanted", first.text)
        self.assertEqual(self.names("job_template"), TEMPLATES)
        self.assertEqual(self.names("credential"), {"shop", "huawei", "far-away"})
        # a check has nothing to commit yet
        self.assertEqual([*self.changed(check)], [row for row in self.changed(first) if row != "Commit it"])
        credential = self.store.named("credential", "MongoDB logs: shop")
        self.assertEqual(credential["inputs"]["private_key"], self.keys["UCLOUD_PRIVATE_KEY"])
        collect = self.store.named("job_template", "MongoDB logs: collect")
        self.assertEqual(len(self.store.associated(collect, "credentials")), 3)
        self.assertEqual(len(self.store.associated(collect, "notification_templates_error")), 1)
        self.assertEqual(collect["job_slice_count"], 2)
        workflow = self.store.named("workflow_job_template", "MongoDB logs: workflow")
        self.assertEqual(len(self.store.associated(workflow, "notification_templates_error")), 1)
        self.collects(collect)

        second = self.set_up()
        self.assertEqual((second.code, self.changed(second), self.store.writes), (0, [], []), second.text)
        left = re.findall(r"^skipping: \[localhost\] => \(item=(\S+)\.yml\)", second.text, re.MULTILINE)
        self.assertEqual(len(left), len(TEMPLATES) + 1 + 5, "what is as it should be is left alone")

        # an admin asks something else, fills a credential in by hand, and adds something of their own
        spec = self.store.surveys[collect["id"]]["spec"]
        spec[0]["question_name"] = "Which ones?"
        credential["inputs"]["security_token"] = "by hand"
        own = {"name": "my own", "organization": collect["organization"], "kind": ""}
        self.store.create("inventory", own)
        # a playbook that somebody edited, and one that a controller can no longer read
        report, watch = self.repository / "report.yml", self.repository / "watch.yml"
        before = report.read_text()
        report.write_text(f"{before}# more\n")
        watch.chmod(0o600)
        self.variables["awx_accounts"].remove(huawei)
        told = self.set_up("--check", "--diff")
        self.assertEqual(self.store.writes, [])
        self.assertIn("Which ones?", told.text)
        removed = {
            f"Remove what is not wanted: {kind}" for kind in ("inventory_source", "credential", "credential_type")
        }
        file = "inventory/huawei.dds.yml"
        removed.add(f"Remove the files of accounts that are not wanted: {self.repository}/{file}")
        mends = {f"Write playbooks and inventories: {name}.yml" for name in ("report", "watch")}
        mends |= {"Job templates: collect", "Job templates: doctor"}
        self.assertEqual(set(self.changed(told)), mends | removed, told.text)
        self.assertTrue((self.repository / file).exists())
        mended = self.set_up()
        self.assertEqual(mended.code, 0, mended.text)
        # a check has nothing to commit yet
        self.assertEqual(set(self.changed(mended)), {*self.changed(told), "Commit it", "Project"})
        self.assertEqual((report.read_text(), watch.stat().st_mode & 0o777), (before, 0o644))
        names = {"inventory/far-away.umongodb.yml", "inventory/shop.umongodb.yml"}
        self.assertEqual(
            self.files(), names | {f"inventory/group_vars/account_{name}.yml" for name in ("far_away", "shop")}
        )
        self.assertNotEqual(self.store.surveys[collect["id"]]["spec"][0]["question_name"], "Which ones?")
        self.assertEqual(credential["inputs"]["security_token"], "by hand")
        self.assertEqual(self.names("credential"), {"shop", "far-away"})

        # somebody removed templates, as a controller has them, by hand
        for name in ("doctor", "verify", "watch", "search", "slow", "export"):
            self.store.delete(self.store.named("job_template", f"MongoDB logs: {name}"))
        gone = self.set_up("-e", "awx_state=absent")
        self.assertEqual(gone.code, 0, gone.text)
        self.assertIn("stays, as there is more in it: inventory my own", " ".join(gone.text.split()))
        self.assertEqual({one["name"] for one in self.store.objects.values()}, {"my own", "MongoDB logs"})
        self.assertEqual(self.files(), set())

    def write_playbooks(self, *names: str) -> dict[str, int]:
        """Write playbooks as the role does."""
        self.repository.mkdir()
        text = (ROLE / "templates" / "playbook.yml.j2").read_text()
        for name in names:
            path = self.repository / f"{name}.yml"
            path.write_text(text.replace("{{ item.playbook }}", name))
            path.chmod(0o644)
        return self.times()

    def times(self) -> dict[str, int]:
        """Return everything in the repository that is not git's, and when it was written."""
        paths = [path.relative_to(self.repository) for path in self.repository.rglob("*")]
        return {str(path): (self.repository / path).stat().st_mtime_ns for path in paths if path.parts[0] != ".git"}

    def collects(self, collect: dict[str, Any]) -> None:
        """Run the templates' playbooks, with the credentials, the inventory and the answers of a survey as a job has them."""
        own = self.own | clock.environment(self.emulator.clock.now())
        hosts = jobs.inventory(self.store, collect["inventory"], self.repository, own)
        self.assertEqual(len(hosts["all"]["hosts"]), len(self.fleet) + 1)
        self.store.hosts[collect["inventory"]] = len(hosts["all"]["hosts"])
        self.assertIn("FAR_AWAY_UCLOUD_PRIVATE_KEY", jobs.environment(self.store, collect))
        self.assertEqual([secret for secret in self.secrets if secret in json.dumps(hosts)], [])

        answers = {
            "collect_include": "",
            "collect_log_types": ["slow", "error"],
            "collect_workers": 3,
            "collect_end": "",
        }
        run = self.store.launch(collect, {"extra_vars": answers})
        self.assertEqual(run["type"], "workflow_job")
        self.assertEqual(self.job(collect, run, hosts).returncode, 0)
        archive = demo_archive.instances(self.archive)
        self.assertEqual(len(archive), len(self.fleet) + 1)
        for playbook in ("report", "verify", "prune"):
            template = self.store.named("job_template", f"MongoDB logs: {playbook}")
            done = self.job(template, self.store.launch(template, {}), hosts)
            self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue((self.folder / "archive-report" / "report.json").exists())

    def test_what_cannot_work_is_told_in_a_sentence(self) -> None:
        wrong = [
            ({"awx_archive": ""}, "awx_archive must be given"),
            ({"awx_variables": {}}, "awx_archive_host must be given, or collect_archive_persistent"),
            ({"awx_repository_url": ""}, "awx_repository_url must be given"),
            ({"awx_accounts": []}, "awx_accounts must name at least one account"),
            (
                {"awx_accounts": [{"name": "collect", "provider": "dds", "regions": []}]},
                "the name collect is that of a playbook",
            ),
            (
                {"awx_max_age": "", "awx_schedules": [{"name": "n", "runs": "prune", "rrule": "r"}]},
                "awx_schedules: runs must be",
            ),
            ({"awx_collection": "ansible.controller"}, "The collection ansible.controller was not found"),
        ]
        tasks = [
            {
                "block": [{"ansible.builtin.include_role": {"name": "clouddb.mongodb_logs.awx"}, "vars": given}],
                "rescue": [{"ansible.builtin.debug": {"msg": f"case {number}: {{{{ ansible_failed_result.msg }}}}"}}],
            }
            for number, (given, _message) in enumerate(wrong)
        ]
        run = self.own_play(tasks, {**self.variables, "awx_repository_path": ""}, "-vvv", "--check")
        self.assertEqual((run.returncode, self.store.writes), (0, []), run.stdout)
        for number, (_given, message) in enumerate(wrong):
            self.assertRegex(run.stdout, f"case {number}: .*{re.escape(message)}")

    def test_plugin_alone(self) -> None:
        """In a play of one's own, in an organization that is there."""
        self.store.create("organization", {"name": "Databases"})
        # by the name of a user, and not by a token
        named = {"username": self.controller.username, "password": self.controller.password}
        variables = {**self.variables, "awx_name": "mine", "awx_controller": {"host": self.controller.url, **named}}
        self.rename()
        [task] = yaml.safe_load(PLUGIN_ALONE)
        tasks = [{**task, "vars": {"awx_collection": name}} for name in ("ansible.controller", "awx.awx")]
        done = self.own_play(tasks, variables)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(re.findall(r"^(\w+): \[localhost\]", done.stdout, re.MULTILINE), ["changed", "ok"])
        self.assertNotIn(self.controller.password, done.stdout)
        self.assertEqual(self.store.named("inventory", "mine")["description"], "[clouddb.mongodb_logs.awx: mine]")

    def rename(self) -> None:
        """Have the modules as ansible.controller as well, which is made of the same source under the other name."""
        root = self.folder / "ansible_collections" / "ansible" / "controller"
        for name in ("meta", "plugins"):
            shutil.copytree(self.awx / name, root / name)
        for path in [*root.rglob("*.py"), *root.rglob("*.yml")]:
            path.write_text(path.read_text().replace("awx.awx", "ansible.controller"))
        paths = [str(self.folder), *filter(None, [os.environ.get("ANSIBLE_COLLECTIONS_PATH")])]
        self.own["ANSIBLE_COLLECTIONS_PATH"] = os.pathsep.join(paths)

    def own_play(
        self, tasks: list[dict[str, Any]], variables: dict[str, Any], *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a play of somebody's own."""
        path = self.folder / "own.yml"
        path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks, "vars": variables}]))
        done = subprocess.run(
            ["ansible-playbook", path, *arguments],
            env=self.own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.assertEqual([secret for secret in self.secrets if secret in done.stdout], [])
        return done

    def job(
        self, template: dict[str, Any], run: dict[str, Any], hosts: dict[str, Any]
    ) -> subprocess.CompletedProcess[str]:
        """Do what a job does."""
        path = self.folder / "hosts.json"
        path.write_text(json.dumps(hosts))
        extra = self.folder / "extra.json"
        extra.write_text(json.dumps({**json.loads(run["extra_vars"]), "awx_job_id": run["id"]}))
        done = subprocess.run(
            ["ansible-playbook", "-i", str(path), "-e", f"@{extra}", str(self.repository / template["playbook"])],
            env=self.own | clock.environment(self.emulator.clock.now()) | jobs.environment(self.store, template),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.assertEqual([secret for secret in self.secrets if secret in done.stdout], [])
        return done


if __name__ == "__main__":
    unittest.main()
