# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checkout as a clean collection tree, for the tools that want a real one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"


def git_files(folder: Path) -> list[str]:
    """What git knows of, and what is new and not ignored: the files a clone of the next commit would have."""
    # safe.directory: a checkout may belong to somebody else (a mounted folder, say), and is only read here.
    git = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, cwd=folder, capture_output=True, text=True, check=False)
    if listed.returncode:
        sys.exit(f"{folder} is not a git checkout, which this test needs: {listed.stderr.strip()}")
    return sorted({name for name in listed.stdout.split("\0") if name and (folder / name).exists()})


def copy(parent: Path) -> tuple[Path, list[str]]:
    """Copy the checkout into a collection tree below a folder; return the copy's folder and its files."""
    target = parent / "ansible_collections" / "clouddb" / "mongodb_logs"
    files = git_files(ROOT)
    for file in files:
        place = target / file
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, place, follow_symlinks=False)
    return target, files
