# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator as a process of its own, and the worlds that the rows are measured in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible_collections.clouddb.mongodb_logs.tests.bench.measure import BenchError, environment
from ansible_collections.clouddb.mongodb_logs.tests.emulator import World, accounts
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout

MIB = 1024 * 1024
GIB = 1024 * MIB
DAY = 86400
_BLOCK = 8 * MIB


class Cloud:
    """An emulator with a world; a context. It is another process, as a cloud is another machine."""

    def __init__(self, folder: Path, world: World, *, clock: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._command = [sys.executable, str(checkout.ROOT / "tests" / "emulator")]
        self._command += ["--world", str(folder / "world.json"), "--ready-file", str(folder / "ready.json")]
        self._command += ["--clock", clock] if clock else []
        (folder / "world.json").write_text(json.dumps(world.as_dict()))

    def __enter__(self) -> Cloud:
        """Start it."""
        ready, log = self._folder / "ready.json", self._folder / "emulator.log"
        ready.unlink(missing_ok=True)
        with log.open("w") as output:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment()
            )
        until = time.monotonic() + 30
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                self._process.kill()
                raise BenchError(f"The emulator did not start: {log.read_text()[-600:]}")
            time.sleep(0.02)
        self.facts: dict[str, Any] = json.loads(ready.read_text())
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Stop it. Raises BenchError when a client did what no correct client does."""
        violations = self.control("GET", "state")["violations"] if _kind is None else []
        self._process.terminate()
        self._process.wait()
        if violations:
            raise BenchError(f"The emulator complains: {violations[0]}")

    def control(self, method: str, what: str, body: Any = None) -> Any:
        """Ask the emulator's control."""
        return self.ask(method, f"_emulator/{what}", body, {})

    def ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        """Ask the emulator."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.facts['url']}/{path}", data=data, headers=headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def calls(self) -> dict[str, int]:
        """Return how often each action was called since last asked."""
        counts: dict[str, int] = {}
        for record in self.control("GET", "requests"):
            counts[record["action"]] = counts.get(record["action"], 0) + 1
        self.control("DELETE", "requests")
        return counts


def clusters(count: int) -> World:
    """Return clusters of three nodes; packaging takes two seconds."""
    world = accounts(7)
    world.packaging_seconds = 2.0
    for number in range(count):
        world.add_cluster(f"uclmongo-bench{number:02}", name=f"bench-{number:02}", region="cn-bj2")
    return world


def audited(count: int, *, file: Path | None = None, part_bytes: int | None = None) -> World:
    """Return an instance with so many audit logs of the last days, each with the bytes of the file."""
    world = accounts(7)
    if part_bytes is not None:
        world.part_bytes = part_bytes
    instance = world.add_dds_instance(name="dds-bench")
    world.add_audit_logs(instance.id, count, 6, file=None if file is None else str(file))
    return world


def queried(count: int, days: float) -> World:
    """Return an instance of three nodes with so many entries of slow logs in the days that are over, unevenly spread."""
    world = accounts(7)
    instance = world.add_dds_instance(name="dds-bench")
    for node in instance.all_nodes():
        node.slow_per_hour = node.error_per_hour = 0.0
    world.add_entries(
        instance.id, count, days, until=world.now() // DAY * DAY, log_types=("SlowLog",), late=0, doubled=0
    )
    return world


def make_file(path: Path, size: int) -> Path:
    """Make a file that cannot be compressed, and have it on the disk."""
    if not path.exists() or path.stat().st_size != size:
        path.parent.mkdir(parents=True, exist_ok=True)
        block = os.urandom(min(size, _BLOCK))
        with path.open("wb") as file:
            for begin in range(0, size, len(block)):
                file.write(block[: size - begin])
            file.flush()
            os.fsync(file.fileno())
    return path
