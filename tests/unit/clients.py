# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of both clouds whose clock and pauses are the emulator's, so that waiting takes no time."""

from __future__ import annotations

from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.api import Dds
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._dds.auth import AccessKey, Auth
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._http import Http
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import Clock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._umongodb.api import UMongoDB
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator


def http(emulator: Emulator, *, ahead: float = 0.0, **settings: Any) -> Http:
    """Return a session; the host's clock is ``ahead`` of the cloud's."""
    clock = emulator.clock
    usual = {"timeout": 5.0, "deadline": 60.0, "verify": True, "clock": Clock(lambda: clock.now() + ahead)}
    return Http(**{**usual, **settings}, sleep=clock.advance, monotonic=clock.now)


def umongodb(emulator: Emulator, session: Http | None = None, **changes: Any) -> UMongoDB:
    """Return a client of the first account of the UCloud family."""
    account = emulator.world.ucloud_accounts[0]
    usual = {
        "api_url": emulator.url,
        "public_key": account.public_key,
        "private_key": account.private_key,
        "security_token": None,
        "region": "cn-bj2",
        "project_id": account.projects[0],
    }
    return UMongoDB(session or http(emulator), **{**usual, **changes})


def dds(emulator: Emulator, session: Http | None = None, auth: Auth | None = None, **changes: Any) -> Dds:
    """Return a client of the first account of the Huawei family, signing with the machine's clock as it must."""
    keys, project = emulator.world.huawei_accounts[0], emulator.world.projects[0]
    usual = {
        "endpoint": emulator.url,
        "iam_endpoint": emulator.url,
        "region": project.region,
        "project_id": project.id,
    }
    signing = auth or AccessKey(keys.access_key, keys.secret_key, None, Clock())
    return Dds(session or http(emulator), signing, **{**usual, **changes})
