# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs and libraries that tests run and no Python package brings: found, installed where that may be, or left out."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import unittest

# Packages of Debian and Ubuntu, by what is looked for.
PACKAGES = {
    "/usr/bin/python3": "python3",
    "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator": "systemd",
    "bash": "bash",
    "chromium": "chromium",
    "flock": "util-linux",
    "libnss_wrapper.so": "libnss-wrapper",
    "promtool": "prometheus",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sshd": "openssh-server",
    "systemd-analyze": "systemd",
}


def find(name: str) -> str | None:
    """Return the path of a program, or the name of a library that can be loaded; None where it is missing."""
    if ".so" in name:
        try:
            ctypes.CDLL(name)
        except OSError:
            return None
        return name
    # Servers are not on everybody's PATH.
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def lack(name: str) -> str:
    """Return the sentence that says what is missing and what to do."""
    return f"{name} was not found; install it (Debian and Ubuntu: apt-get install {PACKAGES.get(name, name)})."


def needed(name: str) -> str:
    """Return :func:`find`. Raises SkipTest, which leaves the test out, where it is missing."""
    found = find(name)
    if not found:
        raise unittest.SkipTest(lack(name))
    return found


def provide() -> None:
    """Install what is missing, as root where there is apt; say what is missing after that."""
    packages = sorted({package for name, package in PACKAGES.items() if not find(name)})
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {', '.join(packages)}", flush=True)
        _apt("update")
        for package in packages:
            _apt("install", "--yes", "--no-install-recommends", package)
    for name in PACKAGES:
        if not find(name):
            print(f"left out: {lack(name)}", flush=True)


def _apt(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"apt-get {' '.join(arguments)}: {done.stdout.strip()}", flush=True)
