# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees while runs over four instances take long: on a terminal of 80 columns, in a log, and from elsewhere."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import time
import unittest
from threading import Thread

from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault
from ansible_collections.clouddb.mongodb_logs.tests.tools import clock
from ansible_collections.clouddb.mongodb_logs.tests.tools.collect_runs import CollectTest, Run, Variables

LINE = re.compile(r"^([\w-]+): (\d+) of (\d+) files?(, .*)?$", re.MULTILINE)
COLUMNS = 80


def read(terminal: int) -> bytes:
    """Return what is shown next; nothing once nobody holds the other end."""
    try:
        return os.read(terminal, 65536)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""


class ProgressTest(CollectTest):
    poll = 1

    def setUp(self) -> None:
        super().setUp()
        # What takes long: packages that are being made, and objects that are slow to begin.
        self.emulator.world.packaging_seconds = 12
        self.emulator.faults.add(Fault("object", "delay", times=None, args={"seconds": 4}))

    def recorded(self, hosts: dict[str, Variables]) -> str:
        """Run the playbook `collect` on a terminal, and return all that it shows."""
        variables = {**os.environ, **self.keys, **clock.environment(self.emulator.clock.now()), "ANSIBLE_NOCOLOR": "1"}
        own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        command = ["ansible-playbook", "-i", str(self.inventory(hosts)), "clouddb.mongodb_logs.collect"]
        with subprocess.Popen(command, env=variables, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            shown = b"".join(iter(lambda: read(own), b""))
        os.close(own)
        text = shown.decode("utf-8").replace("\r\n", "\n")
        self.assertEqual(process.returncode, 0, text)
        return text

    def test_a_terminal(self) -> None:
        """On which somebody wants to know nothing of one host."""
        self.emulator.world.add_cluster("uclmongo-quiet", name="quiet", region=self.cluster["collect_region"])
        quiet = {"collect_instance": "uclmongo-quiet", "clouddb_mongodb_logs_progress": False}
        hosts = self.fleet | {"quiet": self.cluster | quiet}
        begin = time.monotonic()
        text = self.recorded(hosts)
        seconds = time.monotonic() - begin
        (self.folder / "session.txt").write_text(text)
        found = list(LINE.finditer(text))
        self.assertEqual({match[1] for match in found}, set(self.fleet), text)
        self.assertLessEqual(max(len(match[0]) for match in found), COLUMNS)
        self.assertLessEqual(len(found), seconds / 2 + 4)
        self.assertTrue(any("being made" in match[0] for match in found), text)
        # What was done grows.
        for host in self.fleet:
            done = [int(match[2]) for match in found if match[1] == host]
            self.assertEqual(done, sorted(done), text)
        print("\n".join(["", *(match[0] for match in found)]))
        # With little to do there is nothing to tell.
        self.emulator.faults.clear()
        self.assertEqual(LINE.findall(self.recorded(hosts)), [])

    def test_a_log_and_runs_elsewhere(self) -> None:
        """Two hosts are collected from in the worker, which tells a log how far they are; all can be watched from elsewhere."""
        elsewhere = {name for name, host in self.fleet.items() if host in (self.cluster, self.instance)}
        hosts = {
            name: host | {"clouddb_mongodb_logs_in_process": name not in elsewhere} for name, host in self.fleet.items()
        }
        processes = {self.fleet[name]["collect_instance"] for name in elsewhere}
        runs: list[Run] = []
        begin = time.monotonic()
        collecting = Thread(target=lambda: runs.append(self.play(hosts, "--forks=4")))
        collecting.start()
        try:
            end = time.monotonic() + 120
            while not self.noted() & processes and time.monotonic() < end:
                time.sleep(0.1)
            self.assertTrue(self.noted() & processes)
            places = json.dumps({"watch_archive": str(self.archive), "watch_pause": 2})
            watched = self.play(self.fleet, f"--extra-vars={places}", playbook="watch")
        finally:
            collecting.join()
        seconds = time.monotonic() - begin
        self.assertEqual((runs[0].code, watched.code), (0, 0), watched.text)
        told = LINE.findall(runs[0].text)
        self.assertGreaterEqual(len(told), 1, runs[0].text)
        self.assertLessEqual(len(told), seconds / 15 + 1)
        self.assertEqual({name for name, *_rest in told} & elsewhere, set())
        lines = re.findall(r"^ *([\w-]+): \d+ of \d+ files?", watched.text, re.MULTILINE)
        named = {*self.fleet, *(host["collect_instance"] for host in self.fleet.values())}
        self.assertLessEqual({*lines}, named)
        self.assertGreaterEqual(len(lines), 2, watched.text)
        self.assertIn("Nothing is under way.", watched.text)
        self.assertEqual(self.noted(), set())

    def noted(self) -> set[str]:
        """Return the instances whose status has the progress of a run."""
        statuses = self.archive.glob("*/*/*/*/status.json")
        return {path.parent.name for path in statuses if json.loads(path.read_text()).get("progress")}


if __name__ == "__main__":
    unittest.main()
