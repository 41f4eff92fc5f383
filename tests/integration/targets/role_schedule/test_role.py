# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role, in runs of ansible-playbook that write into a folder of their own: no rights of root, no systemd that runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from ansible_collections.clouddb.mongodb_logs.tests.tools import programs

PLAYBOOK = """
- hosts: all
  gather_facts: false
  roles:
    - clouddb.mongodb_logs.schedule
"""

# Tells what it was called with, and ends when somebody opens the gate.
STAND_IN = """#!/bin/sh
printf '%s\\n' "$PWD" "$KEY" "$@" >>"$HOME/said"
: >"$HOME/begun"
: <"$HOME/gate"
"""

KEY = "se\"cr\\et $HOME `id` '%s'"

Variables = dict[str, Any]


class Run(NamedTuple):
    """What a run of the playbook came to; of the hosts that failed the message."""

    code: int
    text: str
    changed: set[str]
    failures: dict[str, str]


def command_lines() -> list[bytes]:
    """Return the command lines of all processes that do not end meanwhile."""
    found = []
    for path in Path("/proc").glob("[1-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found.append(path.read_bytes())
    return found


class RoleTest(unittest.TestCase):
    def setUp(self) -> None:
        for program in ("systemd-analyze", "flock"):
            programs.needed(program)
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        # what is said is kept apart from what the role writes
        self.host = self.folder / "host"
        for name in ("units", "cron", "bin"):
            (self.host / name).mkdir(parents=True)
        self.program = self.host / "bin" / "ansible-playbook"
        self.program.write_text(STAND_IN)
        self.program.chmod(0o755)
        self.common: Variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "schedule_ansible_playbook": str(self.program),
            "schedule_arguments": ["-e", "100 % $HOME"],
            "schedule_collections_path": "/opt/collections",
            "schedule_cron_directory": str(self.host / "cron"),
            "schedule_directory": str(self.host),
            "schedule_environment": {"KEY": KEY},
            "schedule_environment_file": str(self.host / "{{ schedule_name }}.env"),
            "schedule_inventory": "inventory.yml",
            "schedule_name": "{{ inventory_hostname }}",
            "schedule_randomized_delay": 0,
            "schedule_start": False,
            "schedule_unit_directory": str(self.host / "units"),
            "schedule_user": str(os.getuid()),
        }
        self.hosts: dict[str, Variables] = {name: {"schedule_method": name} for name in ("systemd", "cron")}

    def play(self, *arguments: str, hosts: dict[str, Variables] | None = None, **variables: Any) -> Run:
        playbook = self.folder / "playbook.yml"
        playbook.write_text(PLAYBOOK)
        inventory = self.folder / "inventory.json"
        inventory.write_text(json.dumps({"all": {"vars": self.common | variables, "hosts": hosts or self.hosts}}))
        done = subprocess.run(
            ["ansible-playbook", "-vvv", "-i", inventory, *arguments, playbook],
            env=os.environ | {"ANSIBLE_NOCOLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.assertNotIn("Traceback", done.stdout)
        for said in ("se\\", "cr\\", "et $HOME", "`id`"):
            self.assertNotIn(said, done.stdout)
        counts = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+)", done.stdout, re.MULTILINE)
        failures = {}
        for match in re.finditer(r"^fatal: \[(\S+)\]: FAILED! => (?={)", done.stdout, re.MULTILINE):
            failures[match[1]] = json.JSONDecoder().raw_decode(done.stdout, match.end())[0]["msg"]
        return Run(done.returncode, done.stdout, {host for host, number in counts if int(number)}, failures)

    def written(self) -> dict[str, str]:
        """Return the files and links on the host, and what is in them."""
        return {
            str(path.relative_to(self.host)): os.readlink(path) if path.is_symlink() else path.read_text()
            for path in sorted(self.host.rglob("*"))
            if path.is_symlink() or path.is_file()
        }

    def expect(self, run: Run, changed: bool) -> None:
        self.assertEqual(run.code, 0, run.text)
        self.assertEqual(run.changed, set(self.hosts) if changed else set(), run.text)

    def test_life(self) -> None:
        nothing = self.written()
        self.expect(self.play("--check", "--diff"), changed=True)
        self.assertEqual(self.written(), nothing)

        self.expect(self.play(), changed=True)
        hourly = self.written()
        units = {"units/systemd.service", "units/systemd.timer", "units/timers.target.wants/systemd.timer"}
        self.assertEqual(set(hourly) - set(nothing), units | {"cron/cron", "cron.env", "systemd.env"})
        self.assertEqual(hourly["units/timers.target.wants/systemd.timer"], "../systemd.timer")
        for name, text in hourly.items():
            self.assertEqual("cr\\" in text, name.endswith(".env"), name)
            if name not in nothing:
                mode = (self.host / name).stat().st_mode & 0o777
                self.assertEqual(mode, 0o600 if name.endswith(".env") else 0o644, name)
        self.verify()
        for options in ((), ("--check",)):
            same = self.play(*options)
            self.expect(same, changed=False)
            # it only looks
            used = re.findall(r"Using module file \S+/(\w+)\.py", same.text)
            self.assertEqual(sorted(used), [*["command"] * 2, *["stat"] * 2])

        self.expect(self.play("--check", "--diff", schedule_on_calendar="weekly"), changed=True)
        self.assertEqual(self.written(), hourly)
        # rights and a link that somebody changed are mended too
        link, environment = self.host / "units/timers.target.wants/systemd.timer", self.host / "cron.env"
        environment.chmod(0o644)
        link.unlink()
        link.symlink_to("../other.timer")
        self.expect(self.play("--diff", schedule_on_calendar="weekly"), changed=True)
        weekly = self.written()
        self.assertEqual(environment.stat().st_mode & 0o777, 0o600)
        altered = {name for name, text in weekly.items() if text != hourly[name]}
        self.assertEqual(altered, {"cron/cron", "units/systemd.timer"})
        self.assertIn("OnCalendar=weekly\n", weekly["units/systemd.timer"])

        self.hosts = {"systemd": {"schedule_method": "cron"}, "cron": {"schedule_method": "systemd"}}
        self.expect(self.play(), changed=True)
        # what the other method left is removed, and cron runs one at a time
        other = self.written()
        units = {"units/cron.service", "units/cron.timer", "units/timers.target.wants/cron.timer"}
        self.assertEqual(set(other) - set(nothing), units | {"cron/systemd", "cron.env", "systemd.env"})
        self.runs_one_at_a_time("systemd")

        self.expect(self.play("--check", schedule_state="absent"), changed=True)
        self.assertEqual(self.written(), other)
        self.expect(self.play(schedule_state="absent"), changed=True)
        self.assertEqual(self.written(), nothing)
        self.expect(self.play(schedule_state="absent"), changed=False)

    def verify(self) -> None:
        units = self.host / "units"
        names = [units / "systemd.timer", units / "systemd.service"]
        done = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        # the test is one that can fail
        wrong = units / "wrong.service"
        wrong.write_text(names[1].read_text().replace("Type=oneshot", "Type=oneshots"))
        done = subprocess.run(["systemd-analyze", "verify", wrong], capture_output=True, text=True, check=False)
        self.assertIn("oneshots", done.stderr)
        wrong.unlink()

    @unittest.skipIf(Path("/run/systemd/system").exists(), "systemd runs here")
    def test_a_daemon_of_cron(self) -> None:
        """Where systemd does not run, one has to be there."""
        hosts: dict[str, Variables] = {"one": {"schedule_method": "auto"}}
        programs = self.folder / "programs"
        programs.mkdir()
        path = os.pathsep.join([str(programs), os.environ["PATH"]])
        if not any(shutil.which(name, path=f"{path}:/usr/sbin:/sbin") for name in ("cron", "crond")):
            nothing = self.written()
            run = self.play(hosts=hosts)
            self.assertEqual((run.code, set(run.failures)), (2, {"one"}), run.text)
            self.assertRegex(run.failures["one"], "^Nothing on this host can start the runs")
            self.assertEqual(self.written(), nothing)
        daemon = programs / "crond"
        daemon.write_text("#!/bin/sh\n")
        daemon.chmod(0o755)
        with mock.patch.dict(os.environ, PATH=path):
            run = self.play(hosts=hosts)
        self.assertEqual((run.code, run.changed), (0, {"one"}), run.text)
        self.assertIn("cron/one", self.written())

    def runs_one_at_a_time(self, name: str) -> None:
        """Run what cron has under a name twice at once."""
        line = re.search(r"^@hourly \S+ (.*)$", self.written()[f"cron/{name}"], re.MULTILINE)
        assert line
        # as cron does
        command = ["sh", "-c", line[1].replace("\\%", "%")]
        environment = {"HOME": str(self.host), "PATH": os.defpath}
        for pipe in ("gate", "begun"):
            os.mkfifo(self.host / pipe)
        first = subprocess.Popen(command, env=environment)
        try:
            (self.host / "begun").read_text()
            processes = command_lines()
            self.assertTrue(any(str(self.program).encode() in process for process in processes))
            self.assertFalse(any(b"cr\\" in process for process in processes))
            subprocess.run(command, env=environment, timeout=60, check=False)
            self.assertIsNone(first.poll())
        finally:
            (self.host / "gate").write_text("")
            first.wait()
        wanted = [str(self.host), KEY, "-i", "inventory.yml", "clouddb.mongodb_logs.collect", "-e", "100 % $HOME"]
        self.assertEqual((self.host / "said").read_text().splitlines(), wanted)
        for left in ("begun", "gate", "said", f".{name}.lock"):
            (self.host / left).unlink()

    def test_bad_input(self) -> None:
        """What has to be looked up, what the specification refuses, and one of all else, which unit tests evaluate."""
        cases: dict[str, list[Any]] = {
            "ansible_playbook": ["no-program-of-this-name", "/nowhere/ansible-playbook"],
            "environment": [{"KEY": KEY + "\n"}, KEY],
            "method": ["at"],
            "on_calendar": ["sometimes"],
            "randomized_delay": ["5m"],
            "state": ["perhaps"],
            "user": ["nobody-of-this-name"],
        }
        hosts: dict[str, Variables] = {
            f"{name}-{number}": {
                "schedule_method": "systemd" if name == "on_calendar" else "cron",
                "schedule_name": "x",
                f"schedule_{name}": value,
            }
            for name, values in cases.items()
            for number, value in enumerate(values)
        }
        nothing = self.written()
        run = self.play(hosts=hosts)
        self.assertEqual(set(hosts) - set(run.failures), set())
        for host, message in run.failures.items():
            with self.subTest(host=host, message=message):
                self.assertIn(host.split("-")[0].replace("ansible_playbook", "ansible-playbook"), message)
                self.assertLessEqual(len(message.removeprefix("Validation of arguments failed:\n").splitlines()), 1)
        self.assertEqual(self.written(), nothing)


if __name__ == "__main__":
    unittest.main()
