# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the engine against the emulator on a timeline: waiting moves the emulator's clock instead of sleeping."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import instance_folder
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import logs, windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Engine, Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.outcome import Outcome
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import AccessKey, Token
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.entries import REACH
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.slow_error import AUTO, EXPORT
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.source import AUDIT, LogSource
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, MINUTE, Clock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import UMongoDB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.source import PackageSource
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator

START = "2026-03-10T05:57:00Z"


class Timeline:
    """An emulated cloud, an archive, and runs of the engine at moments that the test chooses."""

    def __init__(self, emulator: Emulator, archive: Path) -> None:
        self.emulator = emulator
        self.archive = archive
        self.ahead = 0.0
        self.verifies = True

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        self.emulator.clock.advance(days * DAY + hours * HOUR + seconds)

    def http(self) -> Http:
        """Return a session whose pauses and clock are the emulator's."""
        clock = Clock(lambda: self.emulator.clock.now() + self.ahead)
        return Http(
            timeout=5,
            deadline=30,
            verify=True,
            clock=clock,
            sleep=self.emulator.clock.advance,
            monotonic=self.emulator.clock.now,
        )

    def run(self, source: Source, folder: str, identity: dict[str, str], check: bool, **settings: Any) -> Outcome:
        """Run the engine once and, unless it is check mode, make sure of what is always true of an archive."""
        settings = {"poll_interval": 1.0, "wait_timeout": 3600.0, **settings}
        engine = Engine(
            source,
            Settings(str(self.archive), folder, identity, Ownership(), **settings),
            sleep=self.emulator.clock.advance,
            monotonic=self.emulator.clock.now,
        )
        outcome = engine.preview() if check else engine.run()
        if self.verifies and not check:
            verify(self.archive / folder)
        return outcome

    def calls(self, action: str) -> int:
        """Return how often an action was called so far."""
        return sum(record.action == action for record in self.emulator.requests)


class Cluster(Timeline):
    """A timeline of one UMongoDB cluster."""

    def __init__(self, emulator: Emulator, archive: Path) -> None:
        super().__init__(emulator, archive)
        self.cluster = emulator.world.clusters[0]
        self.node = self.cluster.nodes()[0].node_id
        self.node_ids: list[str] | None = [self.node]
        self.zone: str | None = self.cluster.zone

    @property
    def folder(self) -> str:
        """Return the instance's folder in the archive."""
        return instance_folder("umongodb", self.cluster.region, None, self.cluster.cluster_id)

    def collect(self, *, check: bool = False, settings: dict[str, Any] | None = None, **rules: Any) -> Outcome:
        """Collect slow logs of one node, unless told otherwise."""
        known = self.emulator.credentials["umongodb"]
        http = self.http()
        api = UMongoDB(
            http,
            api_url=self.emulator.url,
            public_key=known["public_key"],
            private_key=known["private_key"],
            security_token=None,
            region=self.cluster.region,
            project_id=known["project_id"],
        )
        wanted = {"window": DAY, "settle": 10 * MINUTE, "lookback": 7 * DAY, "log_types": ("slow",), **rules}
        source = PackageSource(
            api,
            windows.Rules(**wanted),
            cluster_id=self.cluster.cluster_id,
            zone=self.zone,
            node_ids=self.node_ids,
            intranet=False,
        )
        identity = {"provider": "umongodb", "instance": self.cluster.cluster_id}
        return self.run(source, self.folder, identity, check, **settings or {})

    def packages(self) -> Counter[tuple[str, str, int, int]]:
        """Return how many packages the cloud has of each identity."""
        return Counter((p.node_id, p.log_type, p.begin, p.end) for p in self.emulator.world.packages)


class Instance(Timeline):
    """A timeline of one DDS instance, without any audit log at first."""

    def __init__(self, emulator: Emulator, archive: Path) -> None:
        super().__init__(emulator, archive)
        self.instance = emulator.world.instances[0]
        self.instance.audit_every = 0.0
        self.nodes: tuple[str, ...] = ()
        self.log_types: tuple[str, ...] = (AUDIT,)
        self.signs = False
        emulator.clock.signer = emulator.clock.now
        self.by = EXPORT
        self.window, self.settle, self.recheck = DAY, 15 * MINUTE, DAY

    @property
    def folder(self) -> str:
        """Return the instance's folder in the archive."""
        return instance_folder("dds", self.instance.region, None, self.instance.id)

    def collect(self, *, check: bool = False, settings: dict[str, Any] | None = None, **rules: Any) -> Outcome:
        """Collect audit logs, unless told otherwise."""
        known = self.emulator.credentials["dds"]
        http = self.http()
        key = AccessKey(known["access_key"], known["secret_key"], None, http.clock)
        api = Dds(
            http,
            key if self.signs else Token(known["auth_token"]),
            endpoint=self.emulator.url,
            iam_endpoint=self.emulator.url,
            region=known["region"],
            project_id=known["project_id"],
        )
        source = LogSource(
            api,
            logs.Rules(**{"log_type": AUDIT, "lookback": 7 * DAY, **rules}),
            windows.Rules(
                self.window,
                self.settle,
                rules.get("lookback", 7 * DAY),
                (),
                rules.get("span"),
                reach=REACH,
                made=False,
                recheck=self.recheck,
            ),
            self.log_types,
            instance_id=self.instance.id,
            node_ids=self.nodes,
            by=self.by,
            asks=not check,
        )
        identity = {"provider": "dds", "instance": self.instance.id}
        return self.run(source, self.folder, identity, check, **settings or {})

    def add_log(self, hours_ago: float, *, late: float = 0, size: int = 2000) -> str:
        """Add an hour of audit log that ended ``hours_ago``, listed ``late`` hours after it ended. Returns its id."""
        end = self.emulator.clock.now() - hours_ago * HOUR
        log = self.emulator.world.add_audit_log(
            self.instance.id, start=end - HOUR, end=end, size=size, listed_at=end + late * HOUR
        )
        return log.id


def verify(folder: Path) -> list[dict[str, Any]]:
    """Check an archive with nothing but the format's description; return its ledger lines."""
    prev, lines, held = "0" * 64, [], set()
    for ledger in sorted(folder.glob("ledger-*.jsonl")):
        data = ledger.read_bytes()
        assert data.endswith(b"\n")
        for raw in data.splitlines():
            line = json.loads(raw)
            assert line["prev"] == prev
            prev = hashlib.sha256(raw).hexdigest()
            lines.append(line)
    for line in lines:
        if line["status"] == "collected":
            content = (folder / line["path"]).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (line["size"], line["sha256"])
            held.add(line["path"])
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {path for path in files if "/" in path} == held
    assert json.loads((folder / "status.json").read_text())["head"] == prev
    agree(folder)
    return lines


def agree(folder: Path) -> None:
    """Check that the checkpoint, whatever there is of it, says what the ledger does."""
    tree = Tree(str(folder), Ownership())
    recalled, read = Ledger.recall(tree, {}), Ledger.read(tree, {})
    for ledger in (recalled, read):
        assert (ledger.head, ledger.lines, ledger.scopes) == (read.head, read.lines, read.scopes)
        assert (ledger.opened_for, ledger.legal_holds, ledger.breaks) == (
            read.opened_for,
            read.legal_holds,
            read.breaks,
        )
    for key, event in read.units.items():
        assert recalled.units.get(key) == event
        assert recalled.paths.get(event.path or "") == read.paths.get(event.path or "")
    for series in read.series:
        tallies = [ledger.units.tally(series) for ledger in (recalled, read)]
        assert tallies[0].plain()[:7] == tallies[1].plain()[:7]
        assert recalled.units.bounds(series) == read.units.bounds(series)
    assert recalled.units.lost == read.units.lost


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Return a UMongoDB timeline that begins at ``START``."""
    with Emulator(seed=11, clock=START, packaging_seconds=5) as emulator:
        yield Cluster(emulator, tmp_path / "archive")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """Return a DDS timeline that begins at ``START``."""
    with Emulator(seed=11, clock=START) as emulator:
        yield Instance(emulator, tmp_path / "archive")


@pytest.fixture
def queried(instance: Instance) -> Instance:
    """Return an instance whose slow logs are read by query, without any entry at first."""
    return quiet(instance)


def quiet(instance: Instance) -> Instance:
    """Let an instance's slow logs be read by query, and let no node write any by itself."""
    instance.by, instance.log_types = AUTO, ("slow",)
    for node in (node for one in instance.emulator.world.instances for node in one.all_nodes()):
        node.slow_per_hour = node.error_per_hour = 0.0
    return instance
