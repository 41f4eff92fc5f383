# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventory plugins loaded by Ansible in this process, so that coverage counts them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from ansible.utils.display import Display
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator

COLLECTION = "ansible_collections.clouddb.mongodb_logs"


class Loaded(NamedTuple):
    """What an inventory came to: variables by host, hosts by group, and the warnings."""

    hosts: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]
    warnings: list[str]


Load = Callable[..., Loaded]


@pytest.fixture(scope="session", autouse=True)
def found_by_ansible() -> None:
    """Tell Ansible's loader of the collection, as Python has found it already and not by Ansible's own importer."""
    importlib.import_module(COLLECTION)._collection_meta = {}  # type: ignore[attr-defined]
    for name in ("inventory", "doc_fragments"):
        package = importlib.import_module(f"{COLLECTION}.plugins.{name}")
        package.__file__ = str(Path(next(iter(package.__path__))) / "__init__.py")


@pytest.fixture
def cloud() -> Iterator[Emulator]:
    """Run an emulator by the machine's clock, as access keys sign with it."""
    with Emulator(seed=7) as running:
        yield running
        assert [fault.detail for fault in running.violations] == []


@pytest.fixture
def keys(cloud: Emulator) -> dict[str, dict[str, Any]]:
    """Options that reach the emulator, by provider, without any region."""
    umongodb, dds = cloud.credentials["umongodb"], cloud.credentials["dds"]
    quick = {"timeout": 5, "deadline": 5}
    return {
        "umongodb": {name: umongodb[name] for name in ("api_url", "public_key", "private_key")} | quick,
        "dds": {name: dds[name] for name in ("endpoint", "iam_endpoint", "access_key", "secret_key")} | quick,
    }


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function that loads an inventory as ``ansible-inventory`` does."""
    warnings: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, text, *_more, **_named: warnings.append(text))

    def load(provider: str, options: dict[str, Any], *, cache: bool = True) -> Loaded:
        warnings.clear()
        path = tmp_path / f"fleet.{provider}.yml"
        path.write_text(json.dumps({"plugin": f"clouddb.mongodb_logs.{provider}", **options}))
        plugin, found = inventory_loader.get(f"clouddb.mongodb_logs.{provider}"), InventoryData()
        assert plugin.verify_file(str(path))
        plugin.parse(found, DataLoader(), str(path), cache=cache)
        if options.get("cache"):
            plugin.update_cache_if_changed()
        found.reconcile_inventory()
        internal = ("inventory_file", "inventory_dir")
        hosts = {
            name: {key: value for key, value in host.vars.items() if key not in internal}
            for name, host in found.hosts.items()
        }
        groups = {name: [host.name for host in group.hosts] for name, group in found.groups.items() if group.hosts}
        return Loaded(hosts, groups, list(warnings))

    return load
