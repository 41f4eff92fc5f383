# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What unit tests share: an emulator of both clouds, and options of modules that reach it."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from hypothesis import settings

# A busy machine makes no test fail, and no example is remembered from one checkout to the next.
settings.register_profile("house", deadline=None, database=None)
settings.load_profile("house")


_FOREIGN = ("UCLOUD_", "HW_", "HUAWEICLOUD_", "AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_foreign_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody's credentials, proxies or authorities reach a test."""
    for name in list(os.environ):
        if name.upper().startswith(_FOREIGN) or name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def data_read_once() -> Iterator[None]:
    """Have the SDK of object stores find and read its descriptions of services once, and not for each of hundreds of clients."""
    from botocore import session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "create_loader", functools.cache(session.create_loader))
        yield


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator at half past midnight in March 2026, its packages ready in no time; it must not fail itself."""
    with Emulator(seed=7, clock="2026-03-10T00:30:00Z", packaging_seconds=0) as running:
        yield running
        assert [fault.detail for fault in running.violations if "emulator itself" in fault.kind] == []


@pytest.fixture
def umongodb_options(emulator: Emulator) -> dict[str, Any]:
    """Options of the umongodb modules that reach the emulator, without those that name a cluster."""
    known = emulator.credentials["umongodb"]
    keys = {name: known[name] for name in ("api_url", "public_key", "private_key", "project_id")}
    return {**keys, "region": known["clusters"][0]["region"], "timeout": 60, "deadline": 60}


@pytest.fixture
def dds_options(emulator: Emulator) -> dict[str, Any]:
    """Options of the dds modules that reach the emulator with an access key, without those that name an instance."""
    known = emulator.credentials["dds"]
    names = ("endpoint", "iam_endpoint", "access_key", "secret_key", "region", "project_id")
    return {**{name: known[name] for name in names}, "timeout": 60, "deadline": 60}
