# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One writer an instance: the advisory lock of its folder, and the name that whoever holds it leaves in it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, NamedTuple

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Tree, explained
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._errors import ArchiveError
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import from_iso, iso

# Bytes that a name has at most.
_LONGEST = 4096

# What the disks of a network answer that lend no locks.
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}


class Holder(NamedTuple):
    """Who holds, or held and came to no orderly end. ``since`` in Unix seconds."""

    host: str
    pid: int
    since: int

    @property
    def is_here(self) -> bool:
        """Tell whether it is a process of this host."""
        return self.host == socket.gethostname()

    def runs(self) -> bool:
        """Tell whether there is such a process on this host."""
        if self.pid <= 0:
            return False
        try:
            os.kill(self.pid, 0)
        except PermissionError:
            return True  # another user's
        except (ProcessLookupError, OverflowError):
            return False
        return True


class Locked(ArchiveError):
    """Another run holds the lock of an instance's folder. ``holder`` says which, where it could be read."""

    def __init__(self, folder: str, holder: Holder | None) -> None:
        who = f"process {holder.pid} on {holder.host} since {iso(holder.since)}" if holder else "another process"
        super().__init__(
            f"{folder} is being written by {who}.",
            code="locked",
            hint="Wait for it to end, or let this run wait with lock_timeout.",
        )
        self.holder = holder

    def left_to(self) -> dict[str, Any]:
        """Return the run that holds the lock as a result tells it; what could not be read is None."""
        if self.holder is None:
            return dict.fromkeys(("host", "pid", "since"))
        return {"host": self.holder.host, "pid": self.holder.pid, "since": iso(self.holder.since)}


def holder_of(tree: Tree) -> Holder | None:
    """Return whose name is in the lock, without taking it, which would refuse a run; None when there is no name."""
    return _parsed(tree.read(layout.LOCK, _LONGEST) or b"")


def _parsed(name: bytes) -> Holder | None:
    try:
        holder = json.loads(name)
        return Holder(str(holder["host"]), int(holder["pid"]), from_iso(holder["since"]))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None


class Lock:
    """The advisory lock of an instance's folder: one writer. It ends with the process, however that ends."""

    def __init__(self, tree: Tree, name: str) -> None:
        self._tree = tree
        self._name = name
        self._marked = False

    def stay_marked(self) -> None:
        """Leave the name behind all the same: something is left for the next run to mend."""
        self._marked = True

    @contextmanager
    def held(
        self,
        wait: float,
        now: int,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Iterator[bool]:
        """Hold the lock, waiting up to ``wait`` seconds for it. Raises Locked.

        Yields whether the holder before came to an orderly end: it leaves no name behind. One that ends by an error
        does leave its name.
        """
        give_up = monotonic() + wait
        with self._tree.writing(self._name) as descriptor:
            with explained(os.path.join(self._tree.root, self._name)):
                while not self._locked(descriptor):
                    if monotonic() >= give_up:
                        raise Locked(self._tree.root, _holder(descriptor))
                    sleep(0.2)
                clean = os.fstat(descriptor).st_size == 0
                holder = {"host": socket.gethostname(), "pid": os.getpid(), "since": iso(now)}
                name = json.dumps(holder).encode("utf-8") + b"\n"
                os.pwrite(descriptor, name, 0)
                os.ftruncate(descriptor, len(name))
            yield clean
            if not self._marked:
                with explained(os.path.join(self._tree.root, self._name)):
                    os.ftruncate(descriptor, 0)

    def _locked(self, descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # SMB says the latter of what another host has locked
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            raise ArchiveError(
                f"The disk of {self._tree.root} gives no lock ({error.strerror}), so two runs could write there at once.",
                code=errno.errorcode[error.errno],
                hint="Mount it with locks (NFS: rpc.statd runs, or nolock where one host alone writes), or use another disk.",
            ) from None
        return True


def _holder(descriptor: int) -> Holder | None:
    try:
        return _parsed(os.pread(descriptor, _LONGEST, 0))
    except PermissionError:
        return None  # SMB lets nobody else read what is locked
