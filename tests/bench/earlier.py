# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as it was at a commit, built and installed as users do that, to be measured against."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.clouddb.mongodb_logs.tests.bench.measure import run
from ansible_collections.clouddb.mongodb_logs.tests.tools import checkout

# The last one that read a ledger whole in every run, and ran every module in a process of its own.
COMMIT = "8bad35271ce533d12c1460de951bead5d9b6d271"


def installed(folder: Path) -> Path:
    """Build and install it below a folder, and return the path of collections. Raises BenchError, as without the history."""
    source, collections = folder / "source", folder / "collections"
    source.mkdir(parents=True)
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    tar = folder / "source.tar"
    steps: list[list[str | Path]] = [
        ["git", "-C", checkout.ROOT, "archive", "--output", tar, COMMIT],
        ["tar", "-x", "-f", tar, "-C", source],
        [galaxy, "collection", "build", "--output-path", folder, source],
    ]
    for step in steps:
        run(step, folder / "build.log")
    [built] = folder.glob("*.tar.gz")
    # By force, as the checkout is one that is installed.
    install = ["collection", "install", "--offline", "--no-deps", "--force", "-p"]
    run([galaxy, *install, collections, built], folder / "install.log")
    return collections
