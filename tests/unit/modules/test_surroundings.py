# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole modules inside a company's network: behind its proxy, with TLS by its own authority."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator, ForwardProxy
from ansible_collections.clouddb.mongodb_logs.tests.unit.certificates import issue

from ..running import run_module
from .conftest import share_time


@pytest.fixture
def authority(tmp_path: Path) -> tuple[Path, Path]:
    """Return the certificate of an authority, and one with its key that it gave to loopback."""
    return issue(tmp_path, "company")


@pytest.fixture
def emulator(authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Run an emulator that speaks TLS alone."""
    with Emulator(seed=7, clock="2026-03-10T00:30:00Z", packaging_seconds=0, certificate=str(authority[1])) as running:
        running.world.export_seconds = 0
        share_time(running, monkeypatch)
        yield running


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForwardProxy]:
    """Run a proxy that wants a name and a password, and name it as a company does."""
    with ForwardProxy(user="joe", password="open sesame") as running:
        monkeypatch.setenv("HTTPS_PROXY", running.url.replace("://", "://joe:open%20sesame@"))
        yield running


@pytest.fixture
def archives(
    authority: tuple[Path, Path],
    umongodb_options: dict[str, Any],
    dds_options: dict[str, Any],
    emulator: Emulator,
    tmp_path: Path,
) -> dict[str, dict[str, Any]]:
    """Options of the modules that collect; DDS is signed in to with a password."""
    user, cluster = emulator.world.huawei_users[0], emulator.world.clusters[0]
    common = {
        "archive": str(tmp_path / "archive"),
        "ca_path": str(authority[0]),
        "lookback": "1d",
        "poll_interval": 0.05,
    }
    keys = ("access_key", "secret_key")
    dds = {name: value for name, value in dds_options.items() if name not in keys}
    names = {"username": user.name, "password": user.password, "domain_name": user.domain_name}
    instance = {"instance_id": emulator.world.instances[0].id}
    return {
        "umongodb_log_archive": {**umongodb_options, **common, "cluster_id": cluster.cluster_id},
        "dds_log_archive": {**dds, **names, **common, **instance},
    }


@pytest.mark.parametrize("module", ["umongodb_log_archive", "dds_log_archive"])
def test_everything_goes_through_the_proxy(
    archives: dict[str, dict[str, Any]], proxy: ForwardProxy, emulator: Emulator, module: str
) -> None:
    result = run_module(module, archives[module])
    assert result.get("failed") is None, result
    assert result["counts"]["collected"] > 0
    assert {*proxy.asked} == {emulator.url.removeprefix("https://")}
    assert "open sesame" not in str(result)


@pytest.mark.parametrize("module", ["umongodb_log_archive", "dds_log_archive"])
def test_without_its_authority_nothing_is_sent(
    archives: dict[str, dict[str, Any]], emulator: Emulator, module: str
) -> None:
    del archives[module]["ca_path"]
    result = run_module(module, archives[module])
    assert (result["failure"]["kind"], result["failure"]["code"]) == ("connection", "tls_untrusted")
    assert "ca_path" in result["msg"]
    assert len(emulator.requests) == 0


def test_a_proxy_that_refuses_is_named_with_what_to_check(
    archives: dict[str, dict[str, Any]], proxy: ForwardProxy
) -> None:
    proxy.refusing = True
    result = run_module("dds_log_archive", archives["dds_log_archive"])
    assert (result["failure"]["kind"], result["failure"]["code"]) == ("connection", "proxy")
    assert "HTTPS_PROXY" in result["msg"]
    assert "open" not in result["msg"]


def test_hosts_of_no_proxy_are_reached_straight(
    archives: dict[str, dict[str, Any]], proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert run_module("dds_log_archive", archives["dds_log_archive"])["counts"]["collected"] > 0
    assert proxy.asked == []
