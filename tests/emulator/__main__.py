# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the emulator: `python3 tests/emulator`, from any folder, or `python3 -m tests.emulator`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

if not __package__:
    # Started by its path: the folder itself is on the path, but the modules belong to a package.
    folder = Path(__file__).resolve().parent
    sys.path[0] = str(folder.parent)
    __package__ = folder.name

sys.exit(importlib.import_module(".command", __package__).main())
