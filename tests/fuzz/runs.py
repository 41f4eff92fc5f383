# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole runs over an archive, their answers made wrong: the ledger tells no lie, and a run with sound answers completes it."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import instance_folder
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect import logs, windows
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.engine import Engine, Settings
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._collect.source import Source
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import Token
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.entries import REACH
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.source import AUDIT, LogSource
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import LogsError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, HOUR, MINUTE, Clock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import UMongoDB
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.source import PackageSource
from ansible_collections.clouddb.mongodb_logs.tests.emulator.faults import Fault
from ansible_collections.clouddb.mongodb_logs.tests.emulator.world import World
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.calls import START, Broken
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.mutations import Served, mutate, mutate_object
from ansible_collections.clouddb.mongodb_logs.tests.fuzz.wire import URL, Cloud, Sent, StillClock, answered_by

SEED = 11
# What no run of these small worlds comes near; whoever sends more never comes to an end.
MOST_REQUESTS = 5000

Unit = tuple[str, str, str]
Held = dict[Unit, dict[str, Any]]


def http_of(clock: StillClock) -> Http:
    """Return a session that waits in no time."""
    return Http(timeout=5, deadline=20, verify=True, clock=Clock(clock.now), sleep=clock.advance, monotonic=clock.now)


class Umongodb:
    """A cluster, its first days collected; since then more than the cloud keeps has gone by, and others had packages made."""

    provider = "umongodb"
    size_is_word = True

    @staticmethod
    def made() -> World:
        """Return the world as it is before the first run."""
        world = Cloud(seed=SEED, clock=StillClock(START), packaging_seconds=5).world
        cluster = world.clusters[0]
        for node in cluster.nodes()[:2]:
            node.error_per_hour, node.slow_per_hour = 0.2, 0.5
        for node in cluster.nodes()[2:]:
            node.removed_at = START - 30 * DAY
        return world

    @staticmethod
    def grown(cloud: Cloud) -> None:
        """Let time pass after the first run."""
        cloud.clock.advance(8 * DAY)
        cluster = cloud.world.clusters[0]
        begin = START // DAY * DAY
        for node in cluster.nodes():
            for log_type in ("SlowLog", "ErrorLog"):
                cloud.world.add_package(
                    cluster.cluster_id, node.node_id, log_type, begin, begin + DAY, created=begin + DAY + HOUR
                )

    @staticmethod
    def identity(cloud: Cloud) -> tuple[str, dict[str, str]]:
        """Return the folder in the archive, and what its ledger calls it."""
        cluster = cloud.world.clusters[0]
        folder = instance_folder("umongodb", cluster.region, None, cluster.cluster_id)
        return folder, {"provider": "umongodb", "instance": cluster.cluster_id}

    @staticmethod
    def source(cloud: Cloud, http: Http, _check: bool) -> Source:
        """Return what a run collects."""
        world = cloud.world
        account, cluster = world.ucloud_accounts[0], world.clusters[0]
        api = UMongoDB(
            http,
            api_url=URL,
            public_key=account.public_key,
            private_key=account.private_key,
            security_token=None,
            region=cluster.region,
            project_id=account.projects[0],
        )
        rules = windows.Rules(window=DAY, settle=10 * MINUTE, lookback=2 * DAY, log_types=("slow", "error"))
        return PackageSource(api, rules, cluster_id=cluster.cluster_id, zone=None, node_ids=None, intranet=False)


class Huawei:
    """An instance whose first run listed audit logs that it could not get."""

    provider = "dds"

    @staticmethod
    def made() -> World:
        """Return the world as it is before the first run."""
        world = Cloud(seed=SEED, clock=StillClock(START), packaging_seconds=5).world
        instance = world.instances[0]
        instance.audit_every = 0.0
        for hours in (30, 20, 10):
            end = START - hours * HOUR
            world.add_audit_log(instance.id, start=end - HOUR, end=end, size=600, listed_at=end)
        return world

    @staticmethod
    def grown(cloud: Cloud) -> None:
        """Let time pass after the first run."""
        cloud.clock.advance(DAY + 3 * HOUR)
        instance = cloud.world.instances[0]
        end = cloud.clock.now() - HOUR
        cloud.world.add_audit_log(instance.id, start=end - HOUR, end=end, size=600, listed_at=end)

    @staticmethod
    def identity(cloud: Cloud) -> tuple[str, dict[str, str]]:
        """Return the folder in the archive, and what its ledger calls it."""
        instance = cloud.world.instances[0]
        folder = instance_folder("dds", instance.region, None, instance.id)
        return folder, {"provider": "dds", "instance": instance.id}

    @staticmethod
    def source(cloud: Cloud, http: Http, check: bool) -> Source:
        """Return what a run collects."""
        world = cloud.world
        project, instance = world.projects[0], world.instances[0]
        token = next(token.token for token in world.tokens if token.project_id == project.id)
        usual = {"endpoint": URL, "iam_endpoint": URL, "region": project.region, "project_id": project.id}
        rules = logs.Rules(log_type=AUDIT, lookback=2 * DAY)
        reading = windows.Rules(DAY, HOUR, 2 * DAY, (), reach=REACH, made=False, recheck=DAY)
        return LogSource(
            Dds(http, Token(token), **usual),
            rules,
            reading,
            (AUDIT, "slow", "error"),
            instance_id=instance.id,
            node_ids=(),
            by="auto",
            asks=not check,
        )


Scenario = type[Umongodb] | type[Huawei]


class Base(NamedTuple):
    """A scenario as it stands before every run: the world, the archive, the time, and what a sound run makes of it."""

    world: World
    archive: Path
    now: float
    reference: Held


class Mutating:
    """A cloud some of whose answers are made wrong, the same ones for the same seed whatever the threads do.

    ``plain``: none of these can be taken for the cloud's own word about something else. ``said``: one of them may be.
    """

    def __init__(self, cloud: Cloud, seed: str, share: float, plain: bool = False) -> None:
        self.count = 0
        self.sent = 0
        self.said = False
        self.what: list[str] = []
        self.bodies: set[str] = set()
        self._cloud = cloud
        self._seed = seed
        self._share = share
        self._plain = plain
        self._times: Counter[str] = Counter()

    def __call__(self, sent: Sent) -> Served:
        """Answer."""
        request, answer = self._cloud.asked(sent)
        with self._cloud.lock:
            self.sent += 1
            if self.sent > MOST_REQUESTS:
                raise Broken("the run does not come to an end")
            is_object = request.action == "object"
            if is_object:
                self.bodies.add(hashlib.sha256(answer.body).hexdigest())
            key = f"{request.action} {_told_by(request.params) if not is_object else request.path}"
            self._times[key] += 1
            dice = Random(f"{self._seed} {key} {self._times[key]}")
            if dice.random() >= self._share:
                return answer
            mutated = (mutate_object if is_object else mutate)(dice, answer)
            while self._plain and (mutated.says or _tells_entries(request.action, mutated.answer)):
                mutated = mutate(dice, answer)
            self.count += 1
            self.said |= mutated.says or _tells_entries(request.action, mutated.answer)
            self.what.append(f"{request.action}: {mutated.what}")
        return mutated.answer


def _tells_entries(action: str, answer: Served) -> bool:
    """Tell whether an answer holds entries: whatever stands in them, they are what the cloud says that was logged."""
    if action not in ("ListSlowLogs", "ListErrorLogs") or answer.status >= 300:
        return False
    try:
        return isinstance(json.loads(answer.body), dict)
    except (ValueError, RecursionError):
        return False


def _told_by(params: dict[str, Any]) -> str:
    """Return what a request is about, without its times."""
    left_out = ("Signature", "Begin", "End", "Name", "start_time", "end_time", "line_num")
    body = params.get("body")
    shown = {**params, **(body if isinstance(body, dict) else {})}
    return str(sorted((key, str(value)) for key, value in shown.items() if key not in (*left_out, "body")))


class RunFuzzer:
    """Runs over copies of an archive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bases = {scenario: self._base(scenario) for scenario in (Umongodb, Huawei)}

    def run(self, seed: int) -> int:
        """Do a run with answers made wrong and a sound one; return how many answers were made wrong. Raises Broken."""
        dice = Random(f"run {seed}")
        scenario = dice.choice(tuple(self._bases))
        base = self._bases[scenario]
        cloud, archive = self._fresh(base, "archive")
        mutating = Mutating(cloud, str(seed), dice.choice((0.02, 0.05, 0.1, 0.3)), dice.random() < 0.7)
        try:
            for check in (True, False):
                self._attempt(scenario, cloud, archive, mutating, check)
            lines = verify(archive / scenario.identity(cloud)[0])
            self._check_told(base, mutating, lines)
            sound = Mutating(cloud, str(seed), 0.0)
            self._attempt(scenario, cloud, archive, sound, False)
            lines = verify(archive / scenario.identity(cloud)[0])
            mutating.bodies |= sound.bodies
            self._check_told(base, mutating, lines)
            if not mutating.said:
                self._check_complete(base, lines)
        except Broken as error:
            raise Broken(f"{scenario.provider}: {error}; answers: {' | '.join(mutating.what)}") from error.__cause__
        return mutating.count

    def _base(self, scenario: Scenario) -> Base:
        world = scenario.made()
        archive = self._folder / f"{scenario.provider}-base"
        cloud = Cloud(clock=StillClock(START), world=world)
        cloud.faults.add(Fault("object", "http", times=None, args={"status": 404}, skip=2))
        with answered_by(lambda sent: cloud.asked(sent)[1]):
            collect(scenario, cloud, archive, check=False)
        scenario.grown(cloud)
        world.now = float
        base = Base(world, archive, cloud.clock.now(), {})
        cloud, reference = self._fresh(base, "reference")
        self._attempt(scenario, cloud, reference, Mutating(cloud, "", 0.0), False)
        return base._replace(reference=held(verify(reference / scenario.identity(cloud)[0])))

    def _fresh(self, base: Base, name: str) -> tuple[Cloud, Path]:
        archive = self._folder / name
        shutil.rmtree(archive, ignore_errors=True)
        shutil.copytree(base.archive, archive)
        return Cloud(clock=StillClock(base.now), world=copy.deepcopy(base.world)), archive

    @staticmethod
    def _attempt(scenario: Scenario, cloud: Cloud, archive: Path, answering: Mutating, check: bool) -> None:
        try:
            with answered_by(answering):
                collect(scenario, cloud, archive, check=check)
        except (LogsError, Broken) as error:
            if isinstance(error, Broken):
                raise
        except Exception as error:
            raise Broken(f"the run ended in {type(error).__name__} ({error})") from error

    @staticmethod
    def _check_told(base: Base, mutating: Mutating, lines: list[dict[str, Any]]) -> None:
        """Make sure that everything collected was served so, and that nothing else is lost or empty but what is or was said."""
        for unit, line in held(lines).items():
            before = base.reference.get(unit)
            if line["status"] == "collected" and "call" not in line["source"]:
                known = mutating.bodies | {one.get("sha256") for one in base.reference.values()}
                if line["sha256"] not in known:
                    raise Broken(f"{unit} holds what was never served")
            elif (
                line["status"] in ("lost", "empty")
                and not mutating.said
                and (before or {}).get("status") != line["status"]
            ):
                raise Broken(f"{unit} is called {line['status']} ({line.get('reason')}), though nobody said so")

    @staticmethod
    def _check_complete(base: Base, lines: list[dict[str, Any]]) -> None:
        now = held(lines)
        for unit, line in base.reference.items():
            one = now.get(unit)
            if not one or (one["status"], one.get("sha256")) != (line["status"], line.get("sha256")):
                raise Broken(
                    f"{unit} is {one and one['status']} after a sound run, where {line['status']} was to be had"
                )


def collect(scenario: Scenario, cloud: Cloud, archive: Path, *, check: bool) -> None:
    """Run once. What could not be done stays for the next run."""
    clock = cloud.clock
    assert isinstance(clock, StillClock)
    folder, identity = scenario.identity(cloud)
    settings = Settings(str(archive), folder, identity, Ownership(), poll_interval=10.0, wait_timeout=300.0, workers=2)
    engine = Engine(scenario.source(cloud, http_of(clock), check), settings, sleep=clock.advance, monotonic=clock.now)
    outcome = engine.preview() if check else engine.run()
    if outcome.fatal and not isinstance(outcome.fatal, LogsError):
        raise outcome.fatal


def verify(folder: Path) -> list[dict[str, Any]]:
    """Check an archive with nothing but the format's description; return its ledger lines. Raises Broken."""
    prev, lines, files = "0" * 64, [], set()
    for ledger in sorted(folder.glob("ledger-*.jsonl")):
        for raw in ledger.read_bytes().splitlines():
            line = json.loads(raw)
            if line["prev"] != prev:
                raise Broken("the chain of the ledger is broken")
            prev = hashlib.sha256(raw).hexdigest()
            lines.append(line)
    for line in held(lines).values():
        if line["status"] != "collected":
            continue
        path = folder / line["path"]
        content = path.read_bytes() if path.is_file() else None
        if content is None or (len(content), hashlib.sha256(content).hexdigest()) != (line["size"], line["sha256"]):
            raise Broken(f"{line['path']} is not what the ledger says")
        files.add(line["path"])
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    others = {path for path in there if "/" in path} - files
    if others:
        raise Broken(f"{min(others)} has no line")
    if folder.exists():
        json.loads((folder / "status.json").read_text())
    return lines


def held(lines: list[dict[str, Any]]) -> Held:
    """Return the newest line of every unit."""
    return {(line["node"], line["log_type"], line["unit"]): line for line in lines if line.get("unit")}


Fuzzing = Callable[[int], int]
