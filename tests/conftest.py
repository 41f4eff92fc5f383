# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What coverage is counted by, when garbage is looked for, and where temporary folders are."""

from __future__ import annotations

import gc
import os
import socketserver
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Archives of tests need no disk that is safe; waiting for one takes a while at every file.
_MEMORY = Path("/dev/shm")
_ROOM = 2 * 1024 * 1024 * 1024


def _is_roomy(folder: Path) -> bool:
    """Return whether temporary folders can be there; containers often have little room in memory, and run no programs from it."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize > _ROOM and not found.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK)


def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary folders in memory where that has room, and count coverage of nothing that only serves.

    No server of the tests runs code of plugins, and counting makes it twice as slow.
    """

    def uncounted(serve: Callable[..., None]) -> Callable[..., None]:
        def run(*args: Any, **kwargs: Any) -> None:
            sys.settrace(None)  # of this thread alone
            serve(*args, **kwargs)

        return run

    if _is_roomy(_MEMORY):
        tempfile.tempdir = str(_MEMORY)
    if config.pluginmanager.hasplugin("_cov"):
        for server, name in (
            (socketserver.BaseServer, "serve_forever"),
            (socketserver.ThreadingMixIn, "process_request_thread"),
        ):
            setattr(server, name, uncounted(getattr(server, name)))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """End the coverage that a worker of pytest-xdist begins with: a second one takes its place, and nothing would pause the first."""
    if hasattr(session.config, "workerinput") and (plugin := session.config.pluginmanager.getplugin("_cov")):
        plugin.cov_controller.cov.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Count what an import runs in one worker alone."""
    worker = getattr(session.config, "workerinput", {}).get("workerid", "gw0")
    if worker != "gw0" and (plugin := session.config.pluginmanager.getplugin("_cov")):
        plugin.cov_controller.pause()


def pytest_collection_finish() -> None:
    """Look for garbage less often, and never among thousands of tests and the modules of SDKs: it took a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


# Folders of tests of the tests' own servers, by SDKs too.
_OWN = ("controller", "emulator", "vendors")


def _counts(item: pytest.Item) -> bool:
    """Return whether coverage is counted by a test: examples of plugins do, but not what runs the same lines hundreds of times.

    Those are properties, and what is marked as uncounted: counting makes them twice as slow.
    """
    is_property = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return not (is_property or item.path.parent.name in _OWN or item.get_closest_marker("uncounted"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Pause and resume coverage where the next test is of another kind; the mark that is there for it does so at every test."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    if plugin and plugin.cov_controller.started != (counts := _counts(item)):
        if counts:
            plugin.cov_controller.resume()
        else:
            plugin.cov_controller.pause()
