# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules in the worker and in processes of their own, by Ansible itself: which way they go, and that nobody sees a difference."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from ansible_collections.clouddb.mongodb_logs.tests.emulator import Fault
from ansible_collections.clouddb.mongodb_logs.tests.stores import RcloneStore
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout, demo_archive
from ansible_collections.clouddb.mongodb_logs.tests.tools.collect_runs import CollectTest, Run, Variables

NAME = "clouddb.mongodb_logs"
SWITCH = "clouddb_mongodb_logs_in_process"
PLUGINS = checkout.ROOT / "plugins"
# Of an action that is no more than that, the module is the documentation.
MODULES = sorted(
    path.stem
    for path in (PLUGINS / "action").glob("*.py")
    if "def main(" in (PLUGINS / "modules" / path.name).read_text()
)
# One of each kind: what collects, mirrors, asks a cloud, and reads an archive; and the first, which is given what is bad.
APART = (
    MODULES[0],
    "dds_instance_info",
    "log_archive_mirror",
    "log_archive_search",
    "umongodb_log_archive",
)
WAY = re.compile(r"([a-z_]+) runs (in the worker|in a process of its own: (.*))\.")
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}

T = TypeVar("T")

# A name that a cloud gives and nobody is to take for a template.
TEMPLATE = "{{ 7 * 7 }}"


class InProcessTest(CollectTest):
    maxDiff = None

    def setUp(self) -> None:
        super().setUp()
        self.emulator.world.clusters[0].name = self.emulator.world.instances[0].name = TEMPLATE
        facts = self.emulator.credentials
        self.umongodb: Variables = {name: facts["umongodb"][name] for name in ("api_url", "project_id")}
        cluster = facts["umongodb"]["clusters"][0]
        self.umongodb |= {"region": cluster["region"]}
        names = ("endpoint", "iam_endpoint", "region", "project_id")
        self.dds: Variables = {name: facts["dds"][name] for name in names}
        self.of_cluster: Variables = {"cluster_id": cluster["cluster_id"]}
        self.of_instance: Variables = {"instance_id": facts["dds"]["instances"][0]["instance_id"]}
        self.day: Variables = {"begin": "2025-06-10T00:00:00Z", "end": "2025-06-11T00:00:00Z"}
        self.node: Variables = {"node_id": self.emulator.world.clusters[0].nodes()[0].node_id}

    def options(self) -> dict[str, Variables]:
        """Return options of every module that it succeeds with."""
        day = self.day
        span = {"start_time": day["begin"], "end_time": day["end"]}
        archive: Variables = {"archive": "{{ archive }}", "workers": 1, "poll_interval": 0.05} | day
        good: dict[str, Variables] = {
            "dds_audit_log_info": self.dds | self.of_instance | span,
            "dds_audit_policy_info": self.dds | self.of_instance,
            "dds_audit_stream_info": self.dds,
            "dds_instance_info": self.dds,
            "dds_log_archive": self.dds | self.of_instance | archive | {"log_types": "audit"},
            "dds_log_info": self.dds | self.of_instance | day | {"log_type": "slow", "limit": 3},
            "dds_slow_log_masking_info": self.dds | self.of_instance,
            "log_archive_export": {"archive": "{{ archive }}", "dest": "{{ archive }}-export"},
            "log_archive_info": {"archive": "{{ archive }}", "verify": "sha256"},
            "log_archive_mirror": {"archive": "{{ archive }}", "provider": "umongodb"}
            | {name: f"{{{{ store.{name} }}}}" for name in ("endpoint_url", "access_key", "secret_key", "bucket")},
            "log_archive_report": {"archive": "{{ archive }}", "dest": "{{ archive }}-report", "slow": True},
            "log_archive_search": {
                "archive": "{{ archive }}",
                "provider": "umongodb",
                "match": "Slow query",
                "limit": 3,
                "workers": 2,
            },
            "log_archive_slow": {"archive": "{{ archive }}", "limit": 3, "workers": 2},
            "umongodb_instance_info": self.umongodb,
            "umongodb_log_archive": self.umongodb | self.of_cluster | archive,
            "umongodb_log_info": self.umongodb
            | self.of_cluster
            | self.node
            | day
            | {"log_type": "slow", "end": "2025-06-10T06:00:00Z"},
            "umongodb_log_package_info": self.umongodb | self.of_cluster,
        }
        self.assertEqual(sorted(good), MODULES)
        return good

    def run_tasks(
        self, tasks: list[Variables], *arguments: str, hosts: dict[str, Variables] | None = None, **environment: str
    ) -> Run:
        playbook = self.own_playbook([{"hosts": "all", "gather_facts": False, "tasks": tasks}])
        return self.play(hosts or {"here": LOCAL}, *arguments, playbook=playbook, **environment)

    def ways(self, run: Run) -> list[tuple[str, str]]:
        return [(match[1], match[3] or "") for match in WAY.finditer(run.text)]

    def results(self, archive: str, modules: Sequence[str], *, in_process: bool) -> list[tuple[str, Variables]]:
        """Run modules, those that collect into an archive of this name; return what is left to later tasks of each.

        What is bad in which module is a matter of the module alone, and tried without Ansible; here is one of each kind.
        """
        tasks: list[Variables] = []
        given = [(module, options) for module, options in self.options().items() if module in modules]
        given += [(MODULES[0], given[0][1] | bad) for bad in ({"no_such_option": 1}, {"region": "../up"})]
        for module, options in given:
            for check in (True, False) if module.endswith("_archive") else (False,):
                task = {f"{NAME}.{module}": options, "check_mode": check, "diff": True, "ignore_errors": True}
                tasks.append({"name": module, "register": f"result_{len(tasks)}", **task})
        tasks.sort(key=lambda task: task["name"].startswith("log_archive_"))  # which look at what was collected
        registered = ", ".join(task["register"] for task in tasks)
        tell = {"name": "Tell", "ansible.builtin.debug": {"msg": f"{{{{ [{registered}] | to_json }}}}"}}
        # Packages are made but once.
        before = self.of_cluster | {
            "archive": "{{ archive }}-before",
            "begin": self.day["begin"],
            "end": self.day["end"],
        }
        make = {
            f"{NAME}.umongodb_log_archive": self.umongodb | before | {"poll_interval": 0.05},
            "vars": {SWITCH: True},
        }
        with RcloneStore(self.folder / f"{archive}-store") as store:
            values = {"archive": str(self.folder / archive), "store": store.options}
            hosts = {"here": LOCAL | {SWITCH: in_process}}
            run = self.run_tasks([make, *tasks, tell], "-e", json.dumps(values), hosts=hosts)
        self.assertEqual(run.code, 0, run.text)
        reason = "" if in_process else f"{SWITCH} is False"
        ways = [("umongodb_log_archive", ""), *((task["name"], reason) for task in tasks)]
        self.assertEqual(self.ways(run), ways)
        self.assertNotIn("errantly", run.text)
        [told] = run.parts("all")[0].text.split("TASK [Tell]")[1:]
        text = json.JSONDecoder().raw_decode(told, told.index("=> {") + 3)[0]["msg"]
        found = json.loads(text.replace(str(self.folder / archive), "/archive"))
        self.assertEqual(len(found), len(tasks))
        return [(task["name"], plain(result)) for task, result in zip(tasks, found, strict=True)]

    def test_results_are_equal(self) -> None:
        """All modules are called in the worker. That a module and its function say the same is tried without Ansible, of all of them."""
        apart = self.results("apart", APART, in_process=False)
        together = self.results("together", MODULES, in_process=True)
        self.assertEqual(apart, [(module, result) for module, result in together if module in APART])
        self.assertIn(TEMPLATE, json.dumps(apart))
        self.assertEqual({module for module, _result in together}, {*MODULES})
        for name, instances in (("apart", 1), ("together", 2)):
            files = [demo_archive.verify(instance)[0] for instance in demo_archive.instances(self.folder / name)]
            self.assertEqual(len(files), instances)
            self.assertGreater(min(files), 0)
        self.no_leaks()

    def test_what_asks_for_a_process(self) -> None:
        """Each way of asking is seen as Ansible itself passes it, from tasks, variables and settings."""
        options = {"archive": str(self.archive), "return_limit": 0}
        self.archive.mkdir()
        task: Variables = {f"{NAME}.log_archive_info": options}
        another = self.folder / "python"
        another.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        another.chmod(0o755)
        of_the_settings = self.folder / "python-of-the-settings"
        of_the_settings.symlink_to(another)
        asking: list[tuple[str, Variables]] = [
            ("", {}),
            ("", {"vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}),
            ("", {"environment": {}}),
            ("", {"become": False}),
            ("environment", {"environment": {"HTTPS_PROXY": "http://127.0.0.1:9"}}),
            ("async", {"async": 60, "poll": 1}),
            ("timeout", {"timeout": 60}),
            ("become", {"become": True, "become_exe": "/bin/false", "ignore_errors": True}),
            (f"the interpreter is {another}", {"vars": {"ansible_python_interpreter": str(another)}}),
            (f"{SWITCH} is False", {"vars": {SWITCH: False}}),
            ("", {"delegate_to": "here"}),
            (f"the interpreter is {another}", {"delegate_to": "there"}),
            (f"the interpreter is {of_the_settings}", {"delegate_to": "anywhere"}),
        ]
        hosts = {
            "here": LOCAL,
            "there": {"ansible_connection": "local", "ansible_python_interpreter": str(another)},
            "anywhere": {"ansible_connection": "local"},
        }
        run = self.run_tasks(
            [task | more for _reason, more in asking],
            "--limit",
            "here",
            hosts=hosts,
            ANSIBLE_PYTHON_INTERPRETER=str(of_the_settings),
            ANSIBLE_ASYNC_DIR=str(self.folder / "async"),  # not where the home may be another than the user's own
        )
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual([reason for _module, reason in self.ways(run)], [reason for reason, _more in asking])

    def test_values_come_as_modules_get_them(self) -> None:
        """Times that YAML made of texts, vaulted texts, defaults of a group, and a name without its collection."""
        playbook, password = self.folder / "values.yml", self.folder / "password"
        password.write_text("open sesame")
        command = ["ansible-vault", "encrypt_string", "--vault-password-file", password, self.keys["HW_SECRET_KEY"]]
        vaulted = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        defaults = self.dds | {"access_key": self.keys["HW_ACCESS_KEY"]}
        playbook.write_text(f"""
- hosts: all
  gather_facts: false
  collections: [clouddb.mongodb_logs]
  module_defaults:
    group/clouddb.mongodb_logs.dds: {json.dumps(defaults)}
  tasks:
    - dds_audit_log_info:
        instance_id: {self.of_instance["instance_id"]}
        start_time: 2025-06-10T00:00:00Z
        end_time: 2025-06-11 08:00:00+08:00
        limit: "2"
        secret_key: {vaulted}
      register: listed
    - ansible.builtin.assert:
        that: listed.audit_logs | length == 2
""")
        hosts = {name: LOCAL | {SWITCH: way} for name, way in (("together", True), ("apart", False))}
        run = self.play(hosts, f"--vault-password-file={password}", "--forks=1", playbook=playbook, HW_SECRET_KEY="")
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual([reason for _module, reason in self.ways(run)], ["", f"{SWITCH} is False"])
        said = [self.folder / "ansible.log", self.folder / "output.txt"]
        self.assertEqual(demo_archive.leaks(said, self.keys.values()), [])

    def test_an_interrupt_ends_a_run_in_the_worker(self) -> None:
        """Ctrl-C in the middle of downloads: everything ends at once, and the next run carries on."""
        # What a shell starts in the background may ignore it, and hands that on.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.emulator.faults.add(Fault("object", "stall", times=None))
        hosts = {"dds-shop": self.instance | {"collect_log_types": ["audit"]}}
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(self.play, hosts)
            worker = self.awaited(self.worker)
            self.awaited(lambda: next(self.archive.rglob(".*.part"), None))
            os.kill(int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1]), signal.SIGINT)
            ended = run.result(timeout=60)
        self.assertEqual(ended.code, 99, ended.text)
        self.assertFalse(Path(f"/proc/{worker}").exists())

        self.emulator.faults.clear()
        again = self.play(hosts)
        self.assertEqual((again.code, again.changed()), (0, set(hosts)), again.text)
        [instance] = demo_archive.instances(self.archive)
        self.assertGreater(demo_archive.verify(instance)[0], 0)
        self.assertEqual(list(self.archive.rglob(".*.part")), [])

    def worker(self) -> int | None:
        """Return the process that writes to the archive, once there is one."""
        for lock in self.archive.rglob(".lock"):
            with suppress(ValueError):
                return int(json.loads(lock.read_text())["pid"])
        return None

    def awaited(self, look: Callable[[], T | None]) -> T:
        until = time.monotonic() + 60
        while (found := look()) is None:
            self.assertLess(time.monotonic(), until, "it did not come to that")
            time.sleep(0.05)
        return found


def plain(value: Any) -> Any:
    """Return a result without what differs between two runs: when they were, the digests of lines, and ids of requests."""
    if isinstance(value, dict):
        of_a_run = {"head", "heads", "request_id", "last_attempt", "last_success"}
        # With -vvv ansible-core 2.18 adds where a module failed, and 2.22 that its output could be read.
        of_a_process = {"ansible_facts", "invocation", "exception", "ansible_parsed"}
        return {name: plain(item) for name, item in value.items() if name not in of_a_run | of_a_process}
    if isinstance(value, str):
        return re.sub(r"\bhead [0-9a-f]{64}\b", "head", value)
    return [plain(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    unittest.main()
