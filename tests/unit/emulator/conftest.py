# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulator in March 2026 with one replica set, one sharded cluster and one instance of each kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.clouddb.mongodb_logs.tests.emulator import Emulator
from ansible_collections.clouddb.mongodb_logs.tests.unit.emulator.client import Client


@pytest.fixture
def emu() -> Iterator[Emulator]:
    """Run an emulator; nothing may be wrong with it afterwards."""
    with Emulator(seed=7, clock="2026-03-10T00:30:00Z", packaging_seconds=30) as emulator:
        yield emulator
        bugs = [violation.detail for violation in emulator.violations if "emulator itself" in violation.kind]
        assert not bugs, bugs[0]


@pytest.fixture
def client(emu: Emulator) -> Client:
    """Talk to it."""
    return Client(emu)
