# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module with options that are good, for tests to spoil or to run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils import _http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import (
    Series,
    instance_folder,
    named_path,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import COLLECTED, Event, Ledger
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import Clock
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.emulator.dds_model import AuditLog, DdsInstance

from ..scripted import FakeTime

FILES = Path(__file__).parents[3].glob("plugins/modules/*.py")
# What has no main() is the documentation of an action plugin.
MODULES = sorted(path.stem for path in FILES if "\ndef main()" in path.read_text("utf-8"))
CALLING = [module for module in MODULES if not module.startswith("log_archive_")]


class Good(dict[str, dict[str, Any]]):
    """Options of modules; what some of them need is prepared when they are asked for."""

    def __init__(self, known: dict[str, dict[str, Any]], prepared: dict[str, Callable[[], dict[str, Any]]]) -> None:
        super().__init__(known)
        self._prepared = prepared

    def __missing__(self, module: str) -> dict[str, Any]:
        self[module] = self._prepared[module]()
        return self[module]


def hold(emulator: Emulator, instance: DdsInstance, archive: Path, count: int | None) -> list[AuditLog]:
    """Make an archive hold the oldest audit logs of an instance, without a call; return these."""
    folder = instance_folder("dds", instance.region, instance.project_id, instance.id)
    tree = Tree(str(archive / folder), Ownership())
    tree.make()
    logs, events = emulator.audit_logs.held(instance)[:count], []
    for log in logs:
        content, series = emulator.audit_logs.content(log), Series(log.node_id, "audit")
        path = named_path(series, int(log.start), log.name, log.id)
        tree.append(path, content)
        digest = hashlib.sha256(content).hexdigest()
        events.append(
            Event(COLLECTED, series, log.id, int(log.start), int(log.end), path, size=len(content), sha256=digest)
        )
    parts = ("dds", instance.region, instance.project_id, instance.id)
    identity = dict(zip(("provider", "region", "project", "instance"), parts, strict=True))
    Ledger.read(tree, identity).append(events, int(emulator.clock.now()))
    return logs


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """Let a deadline come nearer by pauses alone, whatever else the machine has to do."""
    time = FakeTime()
    monkeypatch.setattr(Http, "__init__", partialmethod(Http.__init__, sleep=time.sleep, monotonic=time.monotonic))
    return time


def share_time(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this host have the time of the cloud, which is in March."""
    emulator.clock.signer = emulator.clock.now
    monkeypatch.setattr(_http, "Clock", lambda: Clock(emulator.clock.now))


@pytest.fixture
def emulator(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Return an emulator in whose time this host is, too."""
    share_time(emulator, monkeypatch)
    return emulator


@pytest.fixture
def good(
    emulator: Emulator,
    umongodb_options: dict[str, Any],
    dds_options: dict[str, Any],
    tmp_path: Path,
) -> dict[str, dict[str, Any]]:
    """Options with which each module succeeds against the emulator."""
    cluster = emulator.world.clusters[0]
    instance = emulator.world.instances[0]
    # One way to sign in, which a test can take away.
    dds = {name: value for name, value in dds_options.items() if name not in ("access_key", "secret_key")}
    dds["auth_token"] = emulator.credentials["dds"]["auth_token"]
    archive = {"archive": str(tmp_path / "archive"), "lookback": "1d"}
    zone = {"zone": cluster.zone, "cluster_id": cluster.cluster_id}
    window = {"begin": "2026-03-09T00:00:00Z", "end": "2026-03-10T00:00:00Z"}
    node = {"node_id": cluster.nodes()[0].node_id, "log_type": "slow"}
    known = {
        "umongodb_instance_info": umongodb_options,
        "umongodb_log_package": {**umongodb_options, **zone, **node, **window, "poll_interval": 0.05},
        "umongodb_log_package_info": {**umongodb_options, **zone},
        "umongodb_log_archive": {**umongodb_options, **zone, **archive, "poll_interval": 0.05},
        "dds_instance_info": dds,
        "log_archive_info": {"archive": archive["archive"]},
        "log_archive_prune": {"archive": archive["archive"], "max_age": "365d"},
        "log_archive_report": {"archive": archive["archive"], "dest": str(tmp_path / "report")},
        "log_archive_search": {"archive": archive["archive"]},
        "log_archive_slow": {"archive": archive["archive"]},
        "log_archive_export": {"archive": archive["archive"], "dest": str(tmp_path / "export")},
        "log_archive_mirror": {"archive": archive["archive"], "bucket": "mirror", "endpoint_url": "http://127.0.0.1:9"},
        "log_archive_accept": {"archive": archive["archive"], "instance": "one", "what": "loss", "reason": "known"},
        "dds_audit_log_info": {
            **dds,
            "instance_id": instance.id,
            "start_time": window["begin"],
            "end_time": window["end"],
        },
        "dds_log_archive": {**dds, "instance_id": instance.id, **archive, "log_types": ["audit"]},
        "dds_audit_policy": {**dds, "instance_id": instance.id, "keep_days": 365},
        "dds_audit_policy_info": {**dds, "instance_id": instance.id},
        "dds_audit_stream": {
            **dds,
            "instance_id": instance.id,
            "lts_group_id": "ec6dc499-1a63-4229-a0c2-a2afa8bcfc95",
            "lts_stream_id": "cae69d2e-378b-41dd-b3c9-3ca1cd5335bc",
        },
        "dds_audit_stream_info": dds,
        "dds_slow_log_masking": {**dds, "instance_id": instance.id, "enabled": False, "allow_plain_values": True},
        "dds_slow_log_masking_info": {**dds, "instance_id": instance.id},
        "dds_log_info": {**dds, "instance_id": instance.id, "log_type": "slow", "begin": window["begin"], "end": "1h"},
        "umongodb_log_info": {**umongodb_options, **zone, **node, "begin": "2h"},
    }
    known |= {f"{cloud}_doctor": known[f"{cloud}_log_archive"] for cloud in ("umongodb", "dds")}

    def deleting() -> dict[str, Any]:
        held = tmp_path / "held"
        hold(emulator, instance, held, 3)
        waiting = {"poll_interval": 0.02, "min_age": "1d"}
        return {**dds, "instance_id": instance.id, "archive": str(held), "state": "absent", **waiting}

    return Good(known, {"dds_audit_log": deleting})
