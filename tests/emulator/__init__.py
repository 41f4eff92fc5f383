# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulator of two clouds' MongoDB log APIs, for tests and for trying the collection without an account.

In a test:

    with Emulator(seed=7, clock="2026-03-01T00:30:00Z") as emu:
        emu.world.add_cluster("uclmongo-abc")
        emu.faults.add(Fault("BackupUMongoDBLog", "cut_after"))
        ...  # let the code under test talk to emu.url
        assert len(emu.requests.of("BackupUMongoDBLog")) == 1
"""

from __future__ import annotations

from .clock import Clock
from .emulator import Emulator
from .faults import Fault
from .fleet import accounts, broken, default_world
from .proxy import ForwardProxy
from .world import World

__all__ = ["Clock", "Emulator", "Fault", "ForwardProxy", "World", "accounts", "broken", "default_world"]
