# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook collect with its archive on another host: a server of SSH on the loopback, of a user without rights."""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

from ansible_collections.clouddb.mongodb_logs.tests.tools import clock, demo_archive, programs
from ansible_collections.clouddb.mongodb_logs.tests.tools.collect_runs import CollectTest, Variables

ROOT = os.geteuid() == 0
# Names the user of the server, whatever the machine knows: one without rights has no shell there, and a container's none.
WRAPPER = "libnss_wrapper.so"
NAME = "archivist"
PACKAGES = ("requests", "urllib3", "idna", "certifi", "charset_normalizer")

# Runs as the user of the server and looks at all processes of its sessions, until its input ends. Tells what was seen.
WATCH = """
import glob, json, select, sys
session = f" 127.0.0.1 {sys.argv[1]}\\0".encode()
seen = set()
while not select.select([sys.stdin], [], [], 0.02)[0]:
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            environment = open(folder + "/environ", "rb").read()
            if b"SSH_CONNECTION=" in environment and session in environment:
                seen |= {environment, open(folder + "/cmdline", "rb").read()}
        except OSError:
            pass  # of another user, or at its end
print(json.dumps([text.decode(errors="replace") for text in seen]))
"""


class SshTest(CollectTest):
    def setUp(self) -> None:
        super().setUp()
        for name in ("ssh", "ssh-keygen", WRAPPER):
            programs.needed(name)
        self.server = programs.needed("sshd")
        user = pwd.getpwnam("nobody") if ROOT else None
        self.uid, self.gid = (user.pw_uid, user.pw_gid) if user else (os.getuid(), os.getgid())
        self.switch: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if ROOT else {}
        self.folder.chmod(0o711)
        # one of each, as every module there is a Python that has to start
        self.clusters, self.instances = {"shop-replica-set": self.cluster}, {"dds-shop": self.instance}
        self.fleet = self.clusters | self.instances
        self.home = self.own("home")
        self.own("home/tmp")
        self.archive = self.home / "archive"
        self.own("server")
        (self.folder / "controller" / "tmp").mkdir(parents=True)
        (self.folder / "passwd").write_text(f"{NAME}:x:{self.uid}:{self.gid}::{self.home}:/bin/sh\n")
        (self.folder / "group").write_text(f"{NAME}:x:{self.gid}:\n")
        self.names = {
            "LD_PRELOAD": WRAPPER,
            "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(self.folder / "group"),
        }
        for name in ("server/host_key", "user_key"):
            self.run_program("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name))
        os.chown(self.folder / "server" / "host_key", self.uid, self.gid)
        self.port = self.serve()
        host_key = (self.folder / "server" / "host_key.pub").read_text()
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {host_key}")
        self.addCleanup(self.hang_up)
        options = f"-F /dev/null -o IdentitiesOnly=yes -o UserKnownHostsFile={self.folder / 'known_hosts'}"
        self.store = {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": self.port,
            "ansible_user": NAME,
            "ansible_ssh_private_key_file": str(self.folder / "user_key"),
            "ansible_ssh_common_args": f"{options} -o StrictHostKeyChecking=yes",
            "ansible_python_interpreter": str(self.python()),
        }
        # of the controller, for whatever it might write
        self.places = {
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "controller" / "ansible"),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.folder / "c"),
            "TMPDIR": str(self.folder / "controller" / "tmp"),
        } | ({} if ROOT else self.names)

    def own(self, name: str) -> Path:
        """Make a folder of the server's user."""
        path = self.folder / name
        path.mkdir()
        os.chown(path, self.uid, self.gid)
        return path

    def run_program(self, *command: str) -> None:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def serve(self) -> int:
        """Start the server, and return its port, which nobody else had taken meanwhile."""
        (self.folder / "server" / "authorized_keys").write_text((self.folder / "user_key.pub").read_text())
        settings = {
            "AuthorizedKeysFile": self.folder / "server" / "authorized_keys",
            "HostKey": self.folder / "server" / "host_key",
            "PasswordAuthentication": "no",
            "PidFile": "none",
            "SetEnv": f"TMPDIR={self.home / 'tmp'}",
            "StrictModes": "no",  # for /tmp above
            "Subsystem": "sftp internal-sftp",
            "UsePAM": "no",
        }
        said = ""
        for _attempt in range(10):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port: int = free.getsockname()[1]
            options = [f"-o{name}={value}" for name, value in settings.items()]
            server = subprocess.Popen(
                [self.server, "-D", "-e", "-f", "/dev/null", f"-oListenAddress=127.0.0.1:{port}", *options],
                env={"PATH": os.defpath} | self.names,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                **self.switch,
            )
            assert server.stderr is not None
            self.addCleanup(server.stderr.close)
            for line in server.stderr:
                said += line
                if line.startswith("Server listening"):
                    self.addCleanup(server.wait)
                    self.addCleanup(server.terminate)
                    return port
            server.wait()
        self.fail(f"The server of SSH did not start: {said}")

    def hang_up(self) -> None:
        """End the connections that Ansible keeps open."""
        for path in (self.folder / "c").glob("*"):
            subprocess.run(["ssh", "-F", "/dev/null", f"-oControlPath={path}", "-O", "exit", "127.0.0.1"], check=True)

    def python(self) -> Path:
        """Return an interpreter for the server's user, who may not look into the folders of the one that runs here."""
        for python in (os.path.realpath(sys.executable), shutil.which("python3", path="/usr/local/bin:/usr/bin")):
            try:
                test = [str(python), "-c", "import ssl, sys; sys.exit(sys.version_info < (3, 9))"]
                subprocess.run(test, check=True, capture_output=True, **self.switch)
            except (OSError, subprocess.CalledProcessError):
                continue
            for name in PACKAGES:
                [place] = importlib.util.find_spec(name).submodule_search_locations  # type: ignore[union-attr, misc]
                shutil.copytree(place, self.folder / "packages" / name)
            script = self.folder / "python"
            shutil.copy(clock.SHIFTED / "sitecustomize.py", self.folder / "packages")
            ahead = clock.environment(self.emulator.clock.now())["MONGODB_LOGS_TESTS_AHEAD"]
            settings = f"PYTHONPATH={self.folder / 'packages'} MONGODB_LOGS_TESTS_AHEAD={ahead}"
            script.write_text(f'#!/bin/sh\n{settings} exec {python} "$@"\n')
            script.chmod(0o755)
            return script
        self.skipTest(f"No Python from 3.9 on was found that user {self.uid} may run; install python3 for all users.")

    def test_archive_host(self) -> None:
        hosts = {name: row | {"collect_archive_host": "store"} for name, row in self.fleet.items()}
        watch = subprocess.Popen(
            [str(self.folder / "python"), "-c", WATCH, str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **self.switch,
        )
        try:
            both = self.play(
                hosts | {"store": self.store}, "--limit", "!store", playbook=self.collecting({}, {}), **self.places
            )
        finally:
            seen = json.loads(watch.communicate()[0])
        self.assertEqual(both.code, 0, both.text)
        run, again = both.parts()
        self.assertEqual(run.changed(), set(hosts))
        self.assertIn("changed: [dds-shop -> store(127.0.0.1)]", run.text)
        self.owned()

        python = str(self.folder / "python")
        self.assertTrue([text for text in seen if python in text], "no module was seen at work")
        self.assertEqual([text for text in seen if "AnsiballZ" in text], [], "a module was a file there")
        for secret in self.keys.values():
            self.assertEqual([text for text in seen if secret in text], [])
        log = self.folder / "ansible.log"
        self.assertIn("ESTABLISH SSH CONNECTION FOR USER: " + NAME, log.read_text())
        said = [log, self.folder / "output.txt"]
        self.assertEqual(demo_archive.leaks(self.files(self.home) + said, self.keys.values()), [])

        self.assertEqual((set(again.results), again.changed()), (set(hosts), set()), again.text)

    def test_archive_host_that_no_inventory_has(self) -> None:
        """As in a slice: whatever tells how the archive host is reached is a variable of the hosts that are there."""
        common = {"collect_archive_host": "store", "collect_archive_host_vars": self.store}
        run = self.play({name: row | common for name, row in self.fleet.items()}, "--limit", "dds-*", **self.places)
        self.assertEqual((run.code, run.changed()), (0, set(self.instances)), run.text)
        self.assertIn("changed: [dds-shop -> store(127.0.0.1)]", run.text)

        playbooks: dict[str, dict[str, object]] = {
            "verify": {},
            "watch": {},
            "prune": {"max_age": "3650d"},
            "report": {"dest": str(self.home / "report")},
            "search": {"limit": 1},
            "slow": {},
            "export": {"dest": str(self.home / "export")},
        }
        plays: list[Variables] = [
            {"import_playbook": "clouddb.mongodb_logs.collect"},
            {"import_playbook": "clouddb.mongodb_logs.doctor", "vars": {"collect_hosts": "dds-shop"}},
        ]
        # each makes a host of another name known
        for playbook, more in playbooks.items():
            given = {"archive": str(self.archive), "archive_host": f"for-{playbook}", "archive_host_vars": self.store}
            variables = {f"{playbook}_{name}": value for name, value in (given | more).items()}
            plays.append({"import_playbook": f"clouddb.mongodb_logs.{playbook}", "vars": variables})
        run = self.play(
            {name: row | common for name, row in self.fleet.items()}, playbook=self.own_playbook(plays), **self.places
        )
        self.assertEqual(run.code, 0, run.text)
        # without a limit it is one of the hosts, and no cluster although all hosts are
        collected, others = run.parts("See that there is anything to ")
        self.assertEqual(collected.changed(), set(self.clusters), collected.text)
        self.assertIn("store is an archive host without collect_provider", collected.text)
        for host in ("store", *(f"for-{playbook}" for playbook in playbooks)):
            self.assertIn(f"-> {host}(127.0.0.1)]", others.text)
        self.assertTrue((self.home / "report" / "report.json").exists())
        for made in ("report", "export"):
            shutil.rmtree(self.home / made)
        self.owned()

        other = {"ansible_port": 1}
        hosts = {"one": self.instance | common, "two": self.cluster | common | {"collect_archive_host_vars": other}}
        run = self.play(hosts, **self.places)
        self.assertEqual((run.code, run.results), (2, {}), run.text)
        self.assertIn("collect_archive_host_vars of one and two are not the same, and both are about store.", run.text)

    def files(self, folder: Path) -> list[Path]:
        return [path for path in folder.rglob("*") if path.is_file()]

    def owned(self) -> None:
        """Look at what the archive host has now: an archive of the user, and nothing besides; the controller has none."""
        archive = demo_archive.instances(self.archive)
        self.assertEqual(len(archive), len(self.fleet))
        for instance in archive:
            self.assertGreater(demo_archive.verify(instance)[0], 0)
        for path in [self.archive, *self.archive.rglob("*")]:
            status = path.lstat()
            self.assertEqual((status.st_uid, status.st_gid), (self.uid, self.gid), path)
            self.assertEqual(stat.S_IMODE(status.st_mode), 0o750 if path.is_dir() else 0o640, path)
        self.assertEqual([path for path in self.files(self.home) if self.archive not in path.parents], [])
        self.assertEqual(list((self.home / "tmp").iterdir()), [])
        self.assertEqual(self.files(self.folder / "controller"), [])

    def test_archive_host_is_away(self) -> None:
        """A host whose archive host cannot be reached is one that failed, also where failures are recorded."""
        away = self.store | {"ansible_port": 1}
        audit = self.instance | {"collect_log_types": ["audit"]}
        hosts = {name: audit | {"collect_archive_host": name.partition("-")[2]} for name in ("on-store", "on-away")}
        inventory = hosts | {"store": self.store, "away": away}
        alone = self.play(inventory, "--limit", "on-*", **self.places)
        self.assertEqual(alone.code, 4, alone.text)
        # When ssh ends before it was told all, as on a busy machine, Ansible says that and not what ssh said.
        reason = "(port 1: Connection refused|Data could not be sent to remote host)"
        for run in (alone, *self.borne_and_not(inventory, ("50", "49"), "--limit", "on-*", **self.places)):
            self.assertRegex(run.text, rf'"1 of 2 hosts failed.*: on-away: .*{reason}')
            self.assertEqual(set(run.results), {"on-store"})


if __name__ == "__main__":
    unittest.main()
