# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module with options that are good, for tests to spoil or to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator

MODULES = sorted(path.stem for path in Path(__file__).parents[3].glob("plugins/modules/*.py"))


@pytest.fixture
def good(
    emulator: Emulator, umongodb_options: dict[str, Any], dds_options: dict[str, Any], tmp_path: Path
) -> dict[str, dict[str, Any]]:
    """Options with which each module succeeds against the emulator."""
    cluster = emulator.world.clusters[0]
    instance = emulator.world.instances[0]
    # The emulator's gateway checks signatures by its own clock; a token spares the tests the difference.
    dds = {name: value for name, value in dds_options.items() if name not in ("access_key", "secret_key")}
    dds["auth_token"] = emulator.credentials["dds"]["auth_token"]
    archive = {"archive": str(tmp_path / "archive"), "lookback": "1d"}
    zone = {"zone": cluster.zone, "cluster_id": cluster.cluster_id}
    window = {"begin": "2026-03-09T00:00:00Z", "end": "2026-03-10T00:00:00Z"}
    node = {"node_id": cluster.nodes()[0].node_id, "log_type": "slow"}
    return {
        "umongodb_instance_info": umongodb_options,
        "umongodb_log_package": {**umongodb_options, **zone, **node, **window, "poll_interval": 0.05},
        "umongodb_log_package_info": {**umongodb_options, **zone},
        "umongodb_log_archive": {**umongodb_options, **zone, **archive, "poll_interval": 0.05},
        "dds_instance_info": dds,
        "dds_audit_log_info": {
            **dds,
            "instance_id": instance.id,
            "start_time": window["begin"],
            "end_time": window["end"],
        },
        "dds_log_archive": {**dds, "instance_id": instance.id, **archive},
    }
