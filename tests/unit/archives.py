# Copyright: (c) 2026, clouddb.mongodb_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives that are made by hand: files with their lines, as runs would have left them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive import layout
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.files import Ownership, Tree
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.layout import Series
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.ledger import (
    COLLECTED,
    LOST,
    OPENED,
    Event,
    Ledger,
)
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._archive.status import Status
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._spans import Span
from ansible_collections.clouddb.mongodb_logs.plugins.module_utils._time import DAY, from_iso

# The first day that archives hold.
FIRST = from_iso("2026-03-01T00:00:00Z")
SLOW = Series("node-1", "slow")


class Made:
    """The part of an archive that is of one instance."""

    def __init__(self, archive: Path, instance: str = "uclmongo-1", provider: str = "umongodb") -> None:
        self.folder = layout.instance_folder(provider, "cn-bj2", None, instance)
        self.path = archive / self.folder
        self.identity = {"provider": provider, "region": "cn-bj2", "project": "default", "instance": instance}
        self.tree = Tree(str(self.path), Ownership())
        self.tree.make()

    @property
    def ledger(self) -> Ledger:
        """Return what the ledger says now."""
        return Ledger.read(self.tree, self.identity)

    @property
    def status(self) -> Status:
        """Return what the last run noted."""
        return Status.read(self.tree, self.identity)

    def write(self, *events: Event) -> None:
        """Add lines to the ledger."""
        self.ledger.append(events, FIRST + 20 * DAY)

    def opened(self, series: Series = SLOW) -> None:
        """Put a series in scope from the first day on."""
        self.write(Event(OPENED, series, begin=FIRST))

    def collected(self, *days: int, series: Series = SLOW, size: int = 100) -> list[Event]:
        """Hold windows of a day with that many bytes."""
        events = [self._file(self._window(COLLECTED, day, series), size) for day in days]
        self.write(*events)
        return events

    def exported(self, *days: int, series: Series = SLOW, size: int = 100) -> list[Event]:
        """Hold files of which no time is known but the day of their folder."""
        events = []
        for day in days:
            path = f"{layout.day_folder(series, FIRST + day * DAY)}/mongod.log.{day:08x}"
            events.append(self._file(Event(COLLECTED, series, f"export-{day}", path=path), size))
        self.write(*events)
        return events

    def holds(self, content: bytes, day: int = 0, series: Series = SLOW, extension: str = ".log") -> Event:
        """Hold a window of a day with this content."""
        event = self._window(COLLECTED, day, series)
        span = Span(FIRST + day * DAY, FIRST + (day + 1) * DAY)
        path = layout.window_path(series, span, extension)
        return self._held(event._replace(path=path), content)

    def holds_named(self, content: bytes, name: str, day: int = 0, series: Series = SLOW) -> Event:
        """Hold a file of which no time is known but the day of its folder."""
        path = layout.named_path(series, FIRST + day * DAY, name, name)
        return self._held(Event(COLLECTED, series, name, path=path), content)

    def _held(self, event: Event, content: bytes) -> Event:
        self.file(event.path or "", content)
        event = event._replace(size=len(content), sha256=hashlib.sha256(content).hexdigest())
        self.write(event)
        return event

    def lost(self, *days: int, series: Series = SLOW) -> list[Event]:
        """Have lost windows of a day."""
        events = [self._window(LOST, day, series)._replace(reason="too late") for day in days]
        self.write(*events)
        return events

    def noted(self, series: Series = SLOW, **fields: Any) -> None:
        """Let the last run have noted something of a series."""
        status = self.status
        status.update(series, **fields)
        status.save(FIRST, self.ledger.head)

    def file(self, path: str, content: bytes = b"") -> Path:
        """Put a file somewhere below the instance's folder."""
        full = self.path / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content)
        return full

    def altered(self, number: int = 0) -> None:
        """Alter a line of the first month."""
        path = min(self.path.glob("ledger-*.jsonl"))
        lines = path.read_bytes().splitlines(keepends=True)
        lines[number] = lines[number].replace(b'"v":1', b'"v":2')
        path.write_bytes(b"".join(lines))

    def files(self) -> list[str]:
        """Return every file but those of the archive itself."""
        paths = (str(path.relative_to(self.path)) for path in self.path.rglob("*") if path.is_file())
        return sorted(path for path in paths if "/" in path)

    def snapshot(self) -> dict[str, bytes]:
        """Return every file with its bytes."""
        return {str(path): path.read_bytes() for path in sorted(self.path.rglob("*")) if path.is_file()}

    def _window(self, status: str, day: int, series: Series) -> Event:
        span = Span(FIRST + day * DAY, FIRST + (day + 1) * DAY)
        path = layout.window_path(series, span, ".tar.gz") if status == COLLECTED else None
        return Event(status, series, layout.window_unit(span), *span, path=path)

    def _file(self, event: Event, size: int) -> Event:
        path = event.path or ""
        content = hashlib.sha256(path.encode()).digest() * (size // 32 + 1)
        self.file(path, content[:size])
        return event._replace(size=size, sha256=hashlib.sha256(content[:size]).hexdigest())
