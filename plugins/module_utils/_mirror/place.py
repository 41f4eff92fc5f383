# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an archive is that is only read: a folder, or a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Protocol

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import survey
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Where
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.survey import Chosen, Holding
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.verify import Problem
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror import tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._mirror.bucket import SCHEME, Access, Bucket


class Place(Protocol):
    """A place that holds instances. ``name`` is what people call it."""

    name: str

    def folders(self, chosen: Chosen) -> list[str]:
        """Return the folders of the chosen instances, in order."""

    def holding(
        self, folder: str, sought: str | None, at: Where | None, *, whole: bool
    ) -> tuple[Holding, list[Problem]]:
        """Return what :func:`survey.holding` does of an instance, and what is wrong with how it is held."""


class _Folder:
    def __init__(self, archive: str) -> None:
        self.name = archive

    def folders(self, chosen: Chosen) -> list[str]:
        return survey.folders(self.name, chosen)

    def holding(
        self, folder: str, sought: str | None, at: Where | None, *, whole: bool
    ) -> tuple[Holding, list[Problem]]:
        return survey.holding(self.name, folder, sought, at, whole=whole), []


class _InBucket:
    def __init__(self, access: Access, workers: int) -> None:
        self.name = access.url
        self._bucket, self._workers = Bucket(access, workers), workers

    def folders(self, chosen: Chosen) -> list[str]:
        return tree.folders(self._bucket, chosen, self._workers)

    def holding(
        self, folder: str, sought: str | None, at: Where | None, *, whole: bool
    ) -> tuple[Holding, list[Problem]]:
        # There is no checkpoint.
        return tree.holding(self._bucket, folder, self._workers, sought)


def place_of(options: Mapping[str, Any], workers: int, warn: Callable[[str], None]) -> Place:
    """Return the place that the options of a module name, whose region is the bucket's where it is one."""
    archive = options["archive"]
    if archive.startswith(SCHEME):
        return _InBucket(Access.of(options, "region", warn, archive), workers)
    # What is not needed is checked all the same.
    Access.of(options, "region", lambda _words: None)
    return _Folder(archive)


def chosen_of(options: Mapping[str, Any]) -> Chosen:
    """Return what the options of a module choose of such a place."""
    chosen = Chosen.of(options)
    return chosen._replace(region=None) if options["archive"].startswith(SCHEME) else chosen
