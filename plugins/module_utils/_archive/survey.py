# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the instances of an archive, and reading what it holds of one. Takes no lock."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import Ledger, Where
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.lock import Lock
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError, BadInput

_LEVELS = ("provider", "region", "project", "instance")

# A line of a ledger is far shorter.
_LINE = 64 * 1024


class Chosen(NamedTuple):
    """Which instances to look at, and which of their series; None is all."""

    provider: str | None = None
    region: str | None = None
    project: str | None = None
    instances: tuple[str, ...] | None = None
    nodes: tuple[str, ...] | None = None
    log_types: tuple[str, ...] | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Chosen:
        """Return what the options of a module choose."""
        names = ("instances", "node_ids", "log_types")
        several = (tuple(options[name]) if options.get(name) else None for name in names)
        return cls(options["provider"], options["region"], options["project_id"], *several)

    def has(self, series: Series) -> bool:
        """Tell whether a series is chosen."""
        return (self.nodes is None or series.node in self.nodes) and (
            self.log_types is None or series.log_type in self.log_types
        )

    def folders(self) -> list[set[str] | None]:
        """Return the names of the folders to go into, level by level."""
        levels = [(name,) if name else None for name in (self.provider, self.region, self.project)]
        return [
            None if names is None else {layout.safe_name(name, name) for name in names}
            for names in (*levels, self.instances)
        ]


class Holding(NamedTuple):
    """What the archive holds of one instance; ``folder`` is relative to the archive."""

    folder: str
    identity: Mapping[str, str]
    tree: Tree
    ledger: Ledger
    status: Status

    @property
    def nodes(self) -> set[str]:
        """Return every node of which anything is known."""
        series = self.ledger.series | self.status.series.keys()
        return {one.node for one in series}


def folders(archive: str, chosen: Chosen) -> list[str]:
    """Return the folders of the chosen instances, relative to the archive, in order. No symbolic link is followed.

    Raises ArchiveError when there is no archive or a link stands in the place of one of its folders, and BadInput for an
    instance that it does not hold. Of a link in place of an instance's own folder, whoever reads that is told.
    """
    if not os.path.isdir(archive):
        raise ArchiveError(
            f"There is no archive at {archive}.", code="no_archive", hint="Mount it, or correct archive."
        )
    found = levels(Tree(archive, Ownership()), chosen)
    found = [folder for folder in found if _is_instance(Tree(archive, Ownership(), folder))]
    check_instances(archive, chosen, found)
    return found


def levels(tree: Tree, chosen: Chosen) -> list[str]:
    """Return the folders that stand where those of the chosen instances do, in order."""
    found = [""]
    for names in chosen.folders():
        found = [path for above in found for path in _below(tree, above, names)]
    return found


def check_instances(archive: str, chosen: Chosen, found: Collection[str]) -> None:
    """Raise BadInput for a chosen instance that has none of the folders that were found."""
    names = {folder.rpartition("/")[2] for folder in found}
    for instance in chosen.instances or ():
        if layout.safe_name(instance, instance) not in names:
            raise BadInput(
                f"{archive} holds no instance {instance} of this provider, region and project.",
                code="no_instance",
                hint="log_archive_info lists what it holds.",
            )


def some_folders(archive: str, chosen: Chosen) -> list[str]:
    """Return what :func:`folders` does. Raises ArchiveError for none: more likely a disk is not mounted than all is well."""
    return some(archive, folders(archive, chosen))


def some(archive: str, found: list[str]) -> list[str]:
    """Return the folders that were found. Raises ArchiveError for none."""
    if not found:
        raise ArchiveError(
            f"{archive} holds no instance of those that were chosen.",
            code="no_instance",
            hint="Mount it, or correct archive, provider, region or project_id.",
        )
    return found


def check_nodes(chosen: Chosen, known: Collection[str]) -> None:
    """Raise BadInput for a chosen node that is none of those that are known."""
    for node in chosen.nodes or ():
        if node not in known:
            raise BadInput(
                f"node_ids: the archive holds nothing of {node}; it has {', '.join(sorted(known)) or 'no node'}."
            )


def only_folder(archive: str, chosen: Chosen) -> str:
    """Return the folder of the one instance that is chosen. Raises BadInput when there is none, or several."""
    return only(folders(archive, chosen))


def only(found: Sequence[str]) -> str:
    """Return the one folder that was found. Raises BadInput for none, and for several."""
    if len(found) != 1:
        several = ", ".join(found[:3]) or "none"
        raise BadInput(
            f"One instance must be chosen, and these are: {several}.",
            code="several_instances" if found else "no_instance",
            hint="Choose with provider, region, project_id and the id of the instance.",
        )
    return found[0]


def holding(
    archive: str,
    folder: str,
    sought: str | None = None,
    at: Where | None = None,
    *,
    whole: bool = True,
    keeps: bool = False,
) -> Holding:
    """Return what one instance's folder holds. ``sought`` is a head that its ledger had once, ``at`` where. Raises ArchiveError.

    ``whole``: whether the ledger is to be read from its beginning. ``keeps``: whether its checkpoint is going to be written.
    """
    tree = tree_of(archive, folder)
    identity = identity_of(folder, tree)
    if whole:
        ledger = Ledger.read(tree, identity, sought, keeps=keeps)
    else:
        ledger = Ledger.recall(tree, identity, sought, at, keeps=keeps)
    return Holding(folder, identity, tree, ledger, Status.read(tree, identity))


def holdings(archive: str, chosen: Chosen) -> Iterator[Holding]:
    """Yield what the chosen instances hold, each read when its turn comes. Raises ArchiveError."""
    for folder in folders(archive, chosen):
        yield holding(archive, folder)


@contextmanager
def writing(archive: str, folder: str, wait: float, now: int) -> Iterator[Holding]:
    """Yield what one instance's folder holds, under its lock, and write its checkpoint at the end.

    What a killed run left stays for the next run to mend.
    """
    tree = tree_of(archive, folder)
    lock = Lock(tree, layout.LOCK)
    with ExitStack() as stack:
        if not stack.enter_context(lock.held(wait, now)):
            lock.stay_marked()
        held = holding(archive, folder, whole=False, keeps=True)
        yield held
        held.ledger.remember()


def _below(tree: Tree, above: str, names: Collection[str] | None) -> list[str]:
    # What has another kind of name is none of ours, such as the lost+found of a disk.
    ours = [name for name in tree.folders(above, names) if layout.safe_name(name, name) == name]
    return [os.path.join(above, name) for name in ours]


def _is_instance(tree: Tree) -> bool:
    try:
        return any(name == layout.STATUS or layout.LEDGER.match(name) for name in tree.names(""))
    except ArchiveError:
        return True  # whoever reads it is told why that cannot be


def identity_of(folder: str, tree: Tree) -> dict[str, str]:
    """Return who the instance is: names that no folder can have are told by the first line of the ledger alone."""
    ledgers = [name for name in tree.names("") if layout.LEDGER.match(name)]
    identity = dict(zip(_LEVELS, folder.split("/")))
    try:
        line = (tree.read(ledgers[0], _LINE) if ledgers else tree.read(layout.STATUS)) or b""
        known = json.loads(line.split(b"\n", 1)[0] if ledgers else line)
        told = {level: known[level] for level in _LEVELS if isinstance(known.get(level), str)}
    except (ValueError, AttributeError, RecursionError):
        return identity  # the ledger itself says which line cannot be read
    # A ledger that was put into another instance's folder does not speak for it.
    fits = {level: name for level, name in told.items() if layout.safe_name(name, name) == identity[level]}
    return {**identity, **fits}


def tree_of(archive: str, folder: str) -> Tree:
    """Return the tree of an instance, in which new files get the mode and, where it can be given, the owner of its folder."""
    there = Tree(archive, Ownership(), folder).state()
    mode = stat.S_IMODE(there.st_mode)
    owner = (there.st_uid, there.st_gid) if os.geteuid() == 0 else (-1, -1)
    return Tree(archive, Ownership(mode & 0o666, mode, *owner), folder)
